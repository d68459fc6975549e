//! What calls of the core and of servers have in common.

use crate::{
    failure,
    reply::{Failure, Reply},
};
use redis::{Cmd, Value};
use std::time::{Duration, Instant};

/// Does work that may take long beside the event loop.
pub async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|_| failure::panicked())
}

/// Bounds work by the caller's time.
pub async fn bounded<T>(
    timeout: Option<Duration>,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    match timeout {
        None => Ok(work.await),
        Some(timeout) => tokio::time::timeout(timeout, work).await.map_err(|_| failure::timeout()),
    }
}

/// When a caller gives up. Something before that, so that it still gets to know
/// why, a request stops waiting for what keeps it from being sent.
#[derive(Clone, Copy)]
pub struct Patience(Option<Instant>);

impl Patience {
    pub fn of(timeout: Option<Duration>) -> Self {
        const MARGIN: Duration = Duration::from_millis(25);
        Patience(timeout.map(|time| Instant::now() + time - MARGIN.min(time / 8)))
    }

    /// Returns a time, or as much of it as leaves room for another try; zero if
    /// there is none.
    pub fn at_most(self, time: Duration) -> Duration {
        const TRY: Duration = Duration::from_millis(10);
        let left = |end: Instant| end.saturating_duration_since(Instant::now() + TRY);
        self.0.map_or(time, |end| time.min(left(end)))
    }

    /// Reports whether there is no time for another try.
    pub fn is_over(self) -> bool {
        self.at_most(Duration::MAX).is_zero()
    }

    /// Waits for something as long as it lasts.
    pub async fn wait<T>(self, work: impl Future<Output = T>) -> Option<T> {
        match self.0 {
            None => Some(work.await),
            Some(end) => tokio::time::timeout_at(end.into(), work).await.ok(),
        }
    }
}

/// An error reply fails its command, however it came.
pub fn answer(value: Value) -> Reply {
    match value {
        Value::ServerError(error) => Err(redis::RedisError::from(error).into()),
        value => Ok(value),
    }
}

/// Reports whether a command's name, or the first word of it, is this one.
pub fn is_command(cmd: &Cmd, name: &[u8]) -> bool {
    cmd.arg_idx(0).is_some_and(|word| word.eq_ignore_ascii_case(name))
}
