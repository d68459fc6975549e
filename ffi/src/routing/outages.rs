//! Which servers are lost, and since when, for the log and for who observes the client.

use crate::{
    event_loop::observer::Observer,
    wire::{address::Address, event::Event},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

/// The servers that a client has lost. The log has one line when a server is
/// lost and one when it is back, however many connections to it there are and
/// however often connecting is tried.
pub struct Outages {
    observer: Arc<Observer>,
    lost: Mutex<HashMap<Address, Instant>>,
}

/// Addresses that are never seen again are forgotten when there are so many.
const MOST: usize = 1000;

impl Outages {
    pub fn new(observer: Arc<Observer>) -> Self {
        Outages { observer, lost: Mutex::default() }
    }

    /// Records that a server is lost, and why.
    pub fn begin(&self, address: &Address, cause: &str) {
        self.begin_at(Instant::now(), address, cause);
    }

    /// Records that a server has been lost for a while.
    pub fn begin_at(&self, since: Instant, address: &Address, cause: &str) {
        let named = format!("{address}: ");
        let cause = cause.strip_prefix(&named).unwrap_or(cause);
        let client = self.observer.name();
        let mut lost = self.lost();
        if lost.contains_key(address) {
            tracing::debug!(target: "glide", client, "{address}: still lost: {cause}");
            return;
        }
        if lost.len() >= MOST {
            lost.clear();
        }
        lost.insert(address.clone(), since);
        drop(lost);
        tracing::warn!(target: "glide", client, "{address}: lost: {cause}");
        self.observer.report(Event::Lost(address, cause));
    }

    /// Records that a server is there, and reports whether it was lost.
    pub fn end(&self, address: &Address) -> bool {
        let Some(since) = self.lost().remove(address) else { return false };
        let lasted = since.elapsed();
        let client = self.observer.name();
        tracing::info!(target: "glide", client, "{address}: back after {lasted:.1?}");
        self.observer.report(Event::Restored(address, lasted));
        true
    }

    fn lost(&self) -> MutexGuard<'_, HashMap<Address, Instant>> {
        self.lost.lock().unwrap_or_else(|e| e.into_inner())
    }
}
