//! The core's log, as completions.
//!
//! The core logs through `tracing`, and unless somebody comes first it prints
//! to standard output. We come first: records of the chosen level go into the
//! queue of completions, and the reader hands them to its own logger.

use crate::{event_loop::Engine, guard};
use std::{
    fmt::{self, Write},
    sync::{
        Once, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// Verbosity in the core's order: 0 is off, 1 errors only, 5 everything.
static VERBOSITY: AtomicUsize = AtomicUsize::new(0);
static SINK: OnceLock<&'static Engine> = OnceLock::new();

/// Takes the log over, at first for nobody.
pub fn install(engine: &'static Engine) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = SINK.set(engine);
        // Fails if the process has a subscriber already; then that one has
        // the log, and nothing of ours is printed either.
        let _ = tracing::subscriber::set_global_default(Log);
        set_level(0);
        guard::log_panics();
    });
}

pub fn set_level(verbosity: usize) {
    VERBOSITY.store(verbosity, Ordering::Relaxed);
    // The core's own gate, which also keeps it from installing a subscriber.
    glide_logger::init(
        Some(match verbosity {
            0 => glide_logger::Level::Off,
            1 => glide_logger::Level::Error,
            2 => glide_logger::Level::Warn,
            3 => glide_logger::Level::Info,
            4 => glide_logger::Level::Debug,
            _ => glide_logger::Level::Trace,
        }),
        None,
    );
    tracing::callsite::rebuild_interest_cache();
}

struct Log;

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && rank(metadata.level()) <= VERBOSITY.load(Ordering::Relaxed)
            && ["glide", "redis"].iter().any(|prefix| metadata.target().starts_with(prefix))
    }

    fn event(&self, event: &Event<'_>) {
        let Some(engine) = SINK.get() else { return };
        let mut text = Text(String::new());
        event.record(&mut text);
        let metadata = event.metadata();
        let level = (rank(metadata.level()) - 1) as u8;
        engine.completions.push_log(level, metadata.target(), &text.0);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

fn rank(level: &Level) -> usize {
    match *level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
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
