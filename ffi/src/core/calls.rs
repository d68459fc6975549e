//! What calls of the core and of servers have in common.

use crate::{
    event_loop::Engine,
    wire::{
        failure::{self, Failure},
        reply::Reply,
    },
};
use redis::Value;
use std::time::{Duration, Instant};

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

/// When a caller's time is over. Nothing is sent for it after that, nor when it
/// has given up before.
#[derive(Clone, Copy)]
pub struct Deadline {
    end: Option<Instant>,
    call: Option<(&'static Engine, u64)>,
}

impl Deadline {
    pub const NONE: Self = Deadline { end: None, call: None };

    /// Returns the deadline that is `timeout` after `from`, or none.
    pub fn of(from: Instant, timeout: Option<Duration>) -> Self {
        Deadline { end: timeout.and_then(|timeout| from.checked_add(timeout)), call: None }
    }

    /// Returns the same for a call, by its ticket: the caller may cancel it.
    pub fn of_call(self, engine: &'static Engine, ticket: u64) -> Self {
        Deadline { call: Some((engine, ticket)), ..self }
    }

    /// Returns how much time is left, if there is a deadline.
    pub fn left(self) -> Option<Duration> {
        self.end.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// Returns half of it: as much is left for something else.
    pub fn half(self) -> Option<Duration> {
        self.left().map(|left| left / 2)
    }

    pub fn is_over(self) -> bool {
        self.is_over_at(Instant::now())
    }

    pub fn is_over_at(self, now: Instant) -> bool {
        self.end.is_some_and(|end| end <= now)
            || self.call.is_some_and(|(engine, ticket)| engine.given_up.contains(ticket))
    }

    /// Returns the later end of two, which is no single call's.
    pub fn max(self, other: Self) -> Self {
        let end = self.end.zip(other.end).map(|(one, other)| one.max(other));
        Deadline { end, call: None }
    }

    /// Bounds work by it.
    pub async fn bound<T>(self, work: impl Future<Output = T>) -> Result<T, Failure> {
        match self.end {
            None => Ok(work.await),
            Some(end) => {
                tokio::time::timeout_at(end.into(), work).await.map_err(|_| failure::timeout())
            }
        }
    }
}

/// How long a request waits to be sent: until a little before its caller's
/// deadline, so that the caller still learns what it waited for.
#[derive(Clone, Copy)]
pub struct Patience {
    deadline: Deadline,
    end: Option<Instant>,
}

impl Patience {
    pub fn of(timeout: Option<Duration>) -> Self {
        Patience::until(Deadline::of(Instant::now(), timeout))
    }

    pub fn until(deadline: Deadline) -> Self {
        Patience::with_margin(deadline, Duration::from_millis(25))
    }

    /// Returns how long a request waits if it ends so long before the deadline, or an
    /// eighth of the time that is left.
    pub fn with_margin(deadline: Deadline, margin: Duration) -> Self {
        let margin = deadline.left().map(|time| margin.min(time / 8));
        let end = deadline.end.zip(margin).map(|(end, margin)| end - margin);
        Patience { deadline, end }
    }

    /// Reports whether the caller has given up.
    pub fn is_exhausted(self) -> bool {
        self.deadline.is_over()
    }

    /// Returns a time, or as much of it as leaves room for another try; zero if
    /// there is none.
    pub fn at_most(self, time: Duration) -> Duration {
        const TRY: Duration = Duration::from_millis(10);
        let left = |end: Instant| end.saturating_duration_since(Instant::now() + TRY);
        self.end.map_or(time, |end| time.min(left(end)))
    }

    /// Reports whether there is no time for another try.
    pub fn is_over(self) -> bool {
        self.at_most(Duration::MAX).is_zero()
    }

    /// Waits for something as long as it lasts.
    pub async fn wait<T>(self, work: impl Future<Output = T>) -> Option<T> {
        match self.end {
            None => Some(work.await),
            Some(end) => {
                // What is ready at the end is looked at before the clock.
                let done = tokio::time::timeout_at(end.into(), work).await.ok();
                done.filter(|_| !self.is_exhausted())
            }
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
