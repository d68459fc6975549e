//! An end that may come at any time, and that what runs has to notice.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

#[derive(Default)]
pub struct CancellationToken {
    over: AtomicBool,
    notify: Notify,
}

impl CancellationToken {
    pub fn come(&self) {
        self.over.store(true, Ordering::SeqCst);
        self.notify.notify_waiters();
    }

    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// Runs `work` until it is done or the end comes. It is dropped before
    /// this returns.
    pub async fn until<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut end = std::pin::pin!(self.notify.notified());
        // Registered before the flag is read, so that no end is missed.
        end.as_mut().enable();
        if self.is_over() {
            return None;
        }
        tokio::select! {
            biased;
            done = work => Some(done),
            _ = end => None,
        }
    }
}
