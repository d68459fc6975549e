//! What a client is subscribed to, and how its messages come.
//!
//! Subscriptions have separate connections, one to each server that is
//! needed: a flood of messages delays no reply. They are made like all others,
//! by node clients (routing/node.rs), and go where the router's topology says:
//! of a standalone server to the primary, in a cluster to the primary of the
//! slot of the channel or pattern, or to all primaries for events of keys.
//!
//! Messages go to mailboxes, which the program has: that of the client, and one for
//! each independent subscription. Which receive a message is looked up when it is
//! handed over.
//!
//! - reconciliation.rs: what is desired, what is actual, and what to do about it.
//! - key_events.rs: which of them are to events of keys.
//! - reconciler.rs: decides where each subscription is wanted.
//! - state.rs, server.rs: the subscriptions of a client and their servers.
//! - serve.rs: subscribes and unsubscribes at one server.

mod key_events;
mod reconciler;
pub mod reconciliation;
mod serve;
mod server;
mod state;

use crate::{
    abi::Outcome,
    client::{Backend, Client, Prepared},
    core::calls::Patience,
    routing::{node::NodeClient, reserve::Reserved},
    wire::{
        self,
        failure::{self, Failure},
        messages::{Batches, message},
        reply::Answer,
        request::{Change, SubscriptionChange, SubscriptionKind},
    },
};
use reconciler::Reconciler;
use reconciliation::Subscription;
use redis::{PushInfo, Value};
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::sleep;

/// How long to wait before connecting is tried again for a lazy client.
const AGAIN: Duration = Duration::from_secs(1);

pub struct PubSub {
    client: Arc<Client>,
    /// The client's mailbox; 0 for none, which cannot subscribe.
    mailbox: u64,
    /// Those of independent subscriptions, while they are open. It is locked until
    /// what a mailbox desires is noted, so that nothing is noted after it was closed.
    open: Mutex<HashSet<u64>>,
    /// There was an independent subscription, so messages are addressed to mailboxes.
    /// This remains: a message may come later than its subscription has ended.
    addressed: AtomicBool,
    /// How many batches of messages there were.
    batches: AtomicU64,
    /// Empty until there is something to subscribe to.
    reconciler: OnceLock<Arc<Reconciler>>,
}

impl PubSub {
    pub fn new(client: Arc<Client>, mailbox: u64) -> Self {
        PubSub {
            client,
            mailbox,
            open: Mutex::default(),
            addressed: AtomicBool::new(false),
            batches: AtomicU64::new(0),
            reconciler: OnceLock::new(),
        }
    }

    /// Hands the messages among the pushes over.
    pub fn deliver(&self, pushes: &[PushInfo]) {
        let completions = &self.client.engine.completions;
        let batches = Batches { mailbox: self.mailbox, count: &self.batches };
        if let Some(reconciler) = self.reconciler.get().filter(|_| self.is_addressed()) {
            let mailboxes = reconciler.subscriptions.mailboxes(pushes);
            if mailboxes.iter().any(|mailboxes| !mailboxes.is_empty()) {
                completions.push_addressed_messages(batches, pushes, &mailboxes);
            }
        } else if pushes.iter().any(|push| message(push).is_some()) {
            completions.push_messages(batches, pushes);
        }
    }

    fn is_addressed(&self) -> bool {
        self.addressed.load(Ordering::Relaxed)
    }

    /// Opens the mailbox of an independent subscription, unless the client is closed.
    pub fn open_mailbox(&self, mailbox: u64) -> bool {
        let mut open = self.open();
        let is_open = !self.client.is_closed();
        if is_open && open.insert(mailbox) {
            self.client.engine.mailboxes.fetch_add(1, Ordering::Relaxed);
            self.addressed.store(true, Ordering::Relaxed);
        }
        is_open
    }

    /// Closes the mailbox of an independent subscription. It desires nothing any
    /// more; servers are told later, if no other does.
    pub fn close_mailbox(&self, mailbox: u64) {
        let engine = self.client.engine;
        if !self.open().remove(&mailbox) {
            return;
        }
        engine.mailboxes.fetch_sub(1, Ordering::Relaxed);
        if let Some(reconciler) = self.reconciler.get() {
            reconciler.subscriptions.update(|r| r.drop_mailbox(mailbox));
            engine.poke();
        }
    }

    /// Does something for a mailbox, which remains open meanwhile.
    fn with_open<T>(&self, mailbox: u64, work: impl FnOnce() -> T) -> Result<T, Failure> {
        let open = self.open();
        match mailbox == self.mailbox || open.contains(&mailbox) {
            true => Ok(work()),
            false => Err(failure::closed()),
        }
    }

    fn open(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.open.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Returns the node clients whose connections messages come on.
    pub fn nodes(&self) -> Vec<Arc<NodeClient>> {
        self.reconciler.get().map(|reconciler| reconciler.nodes()).unwrap_or_default()
    }

    /// Returns how many subscriptions are desired, and how many are actual.
    pub fn count(&self) -> (u64, u64) {
        let Some(reconciler) = self.reconciler.get() else { return (0, 0) };
        reconciler.subscriptions.state().reconciliation.count()
    }

    /// Ends the connections, and with them the subscriptions.
    pub fn close(&self) {
        let open = std::mem::take(&mut *self.open()).len();
        self.client.engine.mailboxes.fetch_sub(open as i64, Ordering::Relaxed);
        if let Some(reconciler) = self.reconciler.get() {
            reconciler.close();
        }
    }
}

/// Subscribes to what the client's configuration says. A lazy client does not
/// wait for it.
pub async fn begin(
    pubsub: &Arc<PubSub>,
    subscriptions: Option<wire::Subscriptions>,
) -> Result<(), Failure> {
    let Some(all) = subscriptions else { return Ok(()) };
    let all = [
        (SubscriptionKind::Channels, all.channels),
        (SubscriptionKind::Patterns, all.patterns),
        (SubscriptionKind::ShardedChannels, all.sharded_channels),
    ];
    let client = &pubsub.client;
    if client.policy.lazy {
        let pubsub = pubsub.clone();
        tokio::spawn(async move {
            let trying = async {
                while let Err(failure) =
                    connected(&pubsub).await.map(|r| desire_all(&pubsub, &r, &all))
                {
                    let client = pubsub.client.observer.name();
                    tracing::debug!(target: "glide", client, "cannot subscribe yet: {}", failure.message);
                    sleep(AGAIN).await;
                }
            };
            pubsub.client.until_closed(trying).await;
        });
        return Ok(());
    }
    let patience = Patience::of(Some(client.settings.request().get_connection_timeout()));
    let reconciler = connected(pubsub).await?;
    let subscriptions = desire_all(pubsub, &reconciler, &all);
    match patience.wait(reconciler.subscriptions.settled(&subscriptions)).await {
        Some(settled) => settled,
        None => Err(reconciler.subscriptions.why_not(&subscriptions)),
    }
}

fn desire_all(
    pubsub: &PubSub,
    reconciler: &Arc<Reconciler>,
    all: &[(SubscriptionKind, Vec<Vec<u8>>)],
) -> Vec<Subscription> {
    let desire = |(kind, names): &(SubscriptionKind, Vec<Vec<u8>>)| {
        reconciler.desire(pubsub.mailbox, *kind, names).0
    };
    all.iter().flat_map(desire).collect()
}

/// Prepares a change of the subscriptions, or a list of them.
pub fn prepare(
    pubsub: &Arc<PubSub>,
    timeout: Option<Duration>,
    change: SubscriptionChange<'_>,
) -> Result<Prepared, Failure> {
    let SubscriptionChange { change, kind, names, mailbox } = change;
    let mailbox = if mailbox == 0 { pubsub.mailbox } else { mailbox };
    let names: Vec<Vec<u8>> = names.iter().map(<[u8]>::to_vec).collect();
    let (pubsub, patience) = (pubsub.clone(), Patience::of(timeout));
    let work = async move {
        match change {
            Change::List => return Ok(Answer::One(list(&pubsub, mailbox))),
            Change::Subscribe => subscribe(&pubsub, mailbox, kind, &names, patience).await?,
            Change::Unsubscribe => unsubscribe(&pubsub, mailbox, kind, &names, patience).await?,
        }
        Ok(Answer::One(Value::Okay))
    };
    Ok(Prepared::new(Reserved::default(), work))
}

async fn subscribe(
    pubsub: &Arc<PubSub>,
    mailbox: u64,
    kind: SubscriptionKind,
    names: &[Vec<u8>],
    patience: Patience,
) -> Result<(), Failure> {
    let Some(reconciler) = patience.wait(connected(pubsub)).await else {
        return Err(failure::timeout());
    };
    let reconciler = reconciler?;
    let (all, new) = pubsub.with_open(mailbox, || reconciler.desire(mailbox, kind, names))?;
    match patience.wait(reconciler.subscriptions.settled(&all)).await {
        // It may have been closed.
        Some(Ok(())) => pubsub.with_open(mailbox, || ()),
        Some(Err(refusal)) => {
            // Nothing is to have changed.
            reconciler.subscriptions.drop_desire(mailbox, &new);
            Err(refusal)
        }
        None => Err(reconciler.subscriptions.why_not(&all)),
    }
}

async fn unsubscribe(
    pubsub: &PubSub,
    mailbox: u64,
    kind: SubscriptionKind,
    names: &[Vec<u8>],
    patience: Patience,
) -> Result<(), Failure> {
    let Some(reconciler) = pubsub.reconciler.get() else { return Ok(()) };
    let subscriptions = reconciler.subscriptions.drop_named(mailbox, kind, names);
    match patience.wait(reconciler.subscriptions.over(&subscriptions)).await {
        Some(()) => Ok(()),
        None => Err(reconciler.subscriptions.why_not(&subscriptions)),
    }
}

/// Lists what a mailbox desires and what of it is actual, each after its name, by
/// kind.
fn list(pubsub: &PubSub, mailbox: u64) -> Value {
    let Some(reconciler) = pubsub.reconciler.get() else { return Value::Array(Vec::new()) };
    let text = |text: &[u8]| Value::BulkString(text.to_vec().into());
    let (mut desired, mut actual) = (Vec::new(), Vec::new());
    for kind in SubscriptionKind::ALL {
        let names = reconciler.subscriptions.list(mailbox, kind);
        let key: &[u8] = match kind {
            SubscriptionKind::Channels => b"Exact",
            SubscriptionKind::Patterns => b"Pattern",
            SubscriptionKind::ShardedChannels => b"Sharded",
        };
        for (map, names) in [(&mut desired, names.0), (&mut actual, names.1)] {
            map.push((text(key), Value::Array(names.iter().map(|name| text(name)).collect())));
        }
    }
    Value::Array(vec![text(b"desired"), Value::Map(desired), text(b"actual"), Value::Map(actual)])
}

/// Returns what keeps the subscriptions, once the topology is known.
async fn connected(pubsub: &Arc<PubSub>) -> Result<Arc<Reconciler>, Failure> {
    let client = &pubsub.client;
    let router = match &client.backend {
        Backend::Servers(connecting) if pubsub.mailbox != 0 => connecting.router.clone(),
        _ => return Err(Failure::new(Outcome::InvalidRequest, "the client cannot subscribe")),
    };
    router.ready().await?;
    let start = || {
        let forwarding = pubsub.clone();
        let deliver = move |pushes: &[PushInfo]| forwarding.deliver(pushes);
        Reconciler::start(client, router, deliver)
    };
    let reconciler = pubsub.reconciler.get_or_init(start).clone();
    if client.is_closed() {
        // There was nothing yet that close could have closed.
        reconciler.close();
    }
    Ok(reconciler)
}
