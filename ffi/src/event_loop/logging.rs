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
/// The name of the field that says which client a record is about.
const CLIENT: &str = "client";

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
        let mut record = Record::default();
        event.record(&mut record);
        let (metadata, Record { text, observer }) = (event.metadata(), record);
        let level = level_of(metadata) as u8;
        engine.completions.push_log(observer, level, metadata.target(), &text);
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

/// The text of a record, and the observer of the client that it is about, if it is
/// about one: the field `client` says so.
#[derive(Default)]
struct Record {
    text: String,
    observer: u64,
}

impl Visit for Record {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            CLIENT => self.observer = value,
            _ => self.record_debug(field, &value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.text, "{value:?}"),
            name => write!(self.text, " {name}={value:?}"),
        };
    }
}
