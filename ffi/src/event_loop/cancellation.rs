//! Cancellation tokens: how what runs learns that it has to end.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

#[derive(Default)]
pub struct CancellationToken {
    cancelled: AtomicBool,
    notify: Notify,
}

impl CancellationToken {
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.notify.notify_waiters();
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// Runs `work` until it is done or the token is cancelled. `work` is dropped
    /// before this returns.
    pub async fn run_until_cancelled<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut cancelled = std::pin::pin!(self.notify.notified());
        // Registered before the flag is read, so that no cancellation is missed.
        cancelled.as_mut().enable();
        if self.is_cancelled() {
            return None;
        }
        tokio::select! {
            biased;
            done = work => Some(done),
            () = cancelled => None,
        }
    }
}
