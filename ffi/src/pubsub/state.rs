//! The subscriptions of a client: what is desired and what is actual, and the
//! servers that are used for them.

use super::{
    reconciliation::{Mailboxes, Names, Progress, Reconciliation, Subscription, Work},
    server::Server,
};
use crate::{
    routing::Router,
    wire::{
        address::Address,
        failure::{self, Failure},
        messages::source,
        request::SubscriptionKind,
    },
};
use redis::PushInfo;
use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::sync::Notify;

pub struct Subscriptions {
    pub router: Arc<Router>,
    state: Mutex<State>,
    /// The state has changed.
    changed: Notify,
}

#[derive(Default)]
pub struct State {
    pub reconciliation: Reconciliation<Failure>,
    pub servers: HashMap<Address, Arc<Server>>,
    pub last_id: u64,
}

impl Subscriptions {
    pub fn new(router: Arc<Router>) -> Arc<Self> {
        Arc::new(Subscriptions { router, state: Mutex::default(), changed: Notify::new() })
    }

    pub fn servers(&self) -> Vec<Arc<Server>> {
        self.state().servers.values().cloned().collect()
    }

    pub fn list(&self, mailbox: u64, kind: SubscriptionKind) -> Names {
        self.state().reconciliation.list(mailbox, kind)
    }

    /// Returns the mailboxes that receive each of some pushes. Those that are no
    /// messages have none.
    pub fn mailboxes(&self, pushes: &[PushInfo]) -> Vec<Mailboxes> {
        let state = self.state();
        let (mut last, mut mailboxes) = (None, Mailboxes::default());
        let each = |push| {
            let source = source(push);
            if source != last {
                mailboxes = match source {
                    Some((kind, name)) => state.reconciliation.mailboxes(&(kind, name[..].into())),
                    None => Mailboxes::default(),
                };
                last = source;
            }
            mailboxes.clone()
        };
        pushes.iter().map(each).collect()
    }

    /// Waits until something is found in the reconciliation.
    pub async fn until<T>(
        &self,
        mut found: impl FnMut(&Reconciliation<Failure>) -> Option<T>,
    ) -> T {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if let Some(found) = found(&self.state().reconciliation) {
                return found;
            }
            changed.await;
        }
    }

    /// Waits until the servers have confirmed subscriptions, or one refuses.
    pub async fn settled(&self, subscriptions: &[Subscription]) -> Result<(), Failure> {
        self.until(|reconciliation| match reconciliation.progress(subscriptions) {
            Progress::Waiting => None,
            Progress::Done => Some(Ok(())),
            Progress::Refused(failure) => Some(Err(failure)),
        })
        .await
    }

    /// Waits until the servers have confirmed the end of subscriptions.
    pub async fn over(&self, subscriptions: &[Subscription]) {
        self.until(|reconciliation| reconciliation.are_over(subscriptions).then_some(())).await;
    }

    /// Returns why a change of subscriptions has not been made in time.
    pub fn why_not(&self, subscriptions: &[Subscription]) -> Failure {
        let state = self.state();
        let awaited = state.reconciliation.awaited(subscriptions);
        let mut servers = state.servers.values().filter(|server| awaited.contains(&server.id));
        match servers.find_map(|server| server.node.failure()) {
            Some(failure) => failure.when_time_was_over(),
            None => failure::timeout(),
        }
    }

    /// Changes the reconciliation, and wakes the servers that have work.
    pub fn update<T>(&self, change: impl FnOnce(&mut Reconciliation<Failure>) -> T) -> T {
        let mut state = self.state();
        let result = change(&mut state.reconciliation);
        self.settle(state);
        result
    }

    pub fn settle(&self, state: MutexGuard<'_, State>) {
        for server in state.servers.values() {
            if state.reconciliation.has_work(server.id) {
                server.wake.notify_one();
            }
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Returns the next changes for a server, at most `most` of them.
    pub fn take(&self, server: &Server, most: usize) -> Work {
        self.state().reconciliation.take(server.id, most)
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub fn drop_desire(&self, mailbox: u64, subscriptions: &[Subscription]) {
        self.update(|reconciliation| reconciliation.drop_desire(mailbox, subscriptions));
    }

    /// A mailbox desires subscriptions no more, without names all of a kind. Returns
    /// them.
    pub fn drop_named(
        &self,
        mailbox: u64,
        kind: SubscriptionKind,
        names: &[Vec<u8>],
    ) -> Vec<Subscription> {
        self.update(|reconciliation| {
            let named = reconciliation.named(mailbox, kind, names);
            reconciliation.drop_desire(mailbox, &named);
            named
        })
    }
}
