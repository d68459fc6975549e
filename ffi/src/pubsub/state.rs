//! The subscriptions of a client: what is desired and what is actual, and the
//! servers that are used for them.

use super::{
    account::{Account, Names, Progress, Subscription, Work},
    server::Server,
};
use crate::{
    routing::Router,
    wire::{
        address::Address,
        failure::{self, Failure},
        request::Kind,
    },
};
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
    pub account: Account<Failure>,
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

    pub fn list(&self, kind: Kind) -> Names {
        self.state().account.list(kind)
    }

    /// Waits for something of the account.
    pub async fn until<T>(&self, mut found: impl FnMut(&Account<Failure>) -> Option<T>) -> T {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if let Some(found) = found(&self.state().account) {
                return found;
            }
            changed.await;
        }
    }

    /// Waits until the servers have confirmed subscriptions, or one refuses.
    pub async fn settled(&self, subscriptions: &[Subscription]) -> Result<(), Failure> {
        self.until(|account| match account.progress(subscriptions) {
            Progress::Waiting => None,
            Progress::Done => Some(Ok(())),
            Progress::Refused(failure) => Some(Err(failure)),
        })
        .await
    }

    /// Waits until the servers have confirmed the end of subscriptions.
    pub async fn over(&self, subscriptions: &[Subscription]) {
        self.until(|account| account.are_over(subscriptions).then_some(())).await;
    }

    /// Returns why a change of subscriptions has not been made in time.
    pub fn why_not(&self, subscriptions: &[Subscription]) -> Failure {
        let state = self.state();
        let awaited = state.account.awaited(subscriptions);
        let mut servers = state.servers.values().filter(|server| awaited.contains(&server.id));
        match servers.find_map(|server| server.node.failure()) {
            Some(failure) => failure.when_time_was_over(),
            None => failure::timeout(),
        }
    }

    /// Changes the account, and sees to it that what follows is done.
    pub fn update<T>(&self, change: impl FnOnce(&mut Account<Failure>) -> T) -> T {
        let mut state = self.state();
        let result = change(&mut state.account);
        self.settle(state);
        result
    }

    pub fn settle(&self, state: MutexGuard<'_, State>) {
        for server in state.servers.values() {
            if state.account.has_work(server.id) {
                server.wake.notify_one();
            }
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Returns what is to be told a server next, at most so much.
    pub fn take(&self, server: &Server, most: usize) -> Work {
        self.state().account.take(server.id, most)
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub fn drop_desire(&self, subscriptions: &[Subscription]) {
        self.update(|account| account.drop_desire(subscriptions));
    }

    /// Desires subscriptions no more, without names all of a kind, and returns
    /// them.
    pub fn drop_named(&self, kind: Kind, names: &[Vec<u8>]) -> Vec<Subscription> {
        self.update(|account| {
            let named = account.named(kind, names);
            account.drop_desire(&named);
            named
        })
    }
}
