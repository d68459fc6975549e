//! The core's log, as completions.
//!
//! The core logs through `tracing`, and prints to standard output unless there
//! is a subscriber already. We subscribe first: records of the chosen level go into the
//! queue of completions, and the reader hands them to its own logger.

use crate::{
    abi::{LogLevel, guard},
    event_loop::engine::Engine,
};
use std::{
    fmt::{self, Write},
    sync::{
        Once, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// The [`LogLevel`] of the process.
static LEVEL: AtomicU32 = AtomicU32::new(LogLevel::Off as u32);
static SINK: OnceLock<&'static Engine> = OnceLock::new();

/// Subscribes to the log, which is off at first.
pub fn install(engine: &'static Engine) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = SINK.set(engine);
        // Fails if the process has a subscriber already; then that one has
        // the log, and nothing of ours is printed either.
        let _ = tracing::subscriber::set_global_default(Log);
        set_level(LogLevel::Off as u32);
        guard::log_panics();
    });
}

pub fn set_level(level: u32) {
    use glide_logger::Level;
    LEVEL.store(level, Ordering::Relaxed);
    let levels = [Level::Off, Level::Error, Level::Warn, Level::Info, Level::Debug];
    let core = levels.into_iter().nth(level as usize).unwrap_or(Level::Trace);
    // The core's own gate, which also keeps it from installing a subscriber.
    glide_logger::init(Some(core), None);
    tracing::callsite::rebuild_interest_cache();
}

struct Log;

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && level_of(metadata) as u32 <= LEVEL.load(Ordering::Relaxed)
            && ["glide", "redis"].iter().any(|prefix| metadata.target().starts_with(prefix))
    }

    fn event(&self, event: &Event<'_>) {
        let Some(engine) = SINK.get() else { return };
        let mut text = Text(String::new());
        event.record(&mut text);
        let metadata = event.metadata();
        engine.completions.push_log(level_of(metadata) as u8, metadata.target(), &text.0);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

fn level_of(metadata: &Metadata<'_>) -> LogLevel {
    match *metadata.level() {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warning,
        Level::INFO => LogLevel::Information,
        Level::DEBUG => LogLevel::Debugging,
        Level::TRACE => LogLevel::Tracing,
    }
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
    }
}
