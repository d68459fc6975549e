//! What a client is subscribed to, and how its messages come.
//!
//! Subscriptions have connections of their own, one to each server that is
//! needed: a flood of messages delays no reply. They are made like all others,
//! by node clients (routing/node.rs), and go where the router's topology says:
//! of a standalone server to the primary, in a cluster to the primary of the
//! slot of the channel or pattern, or to all primaries for events of keys.
//!
//! - account.rs: what is desired, what is actual, and what to do about it.
//! - key_events.rs: which of them are to events of keys.
//! - reconciler.rs: decides where each subscription is to be.
//! - server.rs: subscribes and unsubscribes at one server.

pub mod account;
mod key_events;
mod reconciler;
mod server;

use crate::wire::messages::message;
use crate::{
    abi::Outcome,
    client::{Backend, Client},
    core::calls::Patience,
    event_loop::{Engine, ticket::Ticket},
    routing::{Router, node::NodeClient},
    wire::{
        self,
        failure::{self, Failure},
        request::{Change, Kind, Subscribing},
    },
};
use account::{Progress, Subscription};
use reconciler::Reconciler;
use redis::{PushInfo, Value};
use std::{
    sync::{Arc, OnceLock, atomic::AtomicU64},
    time::Duration,
};
use tokio::time::sleep;

/// How long to wait before connecting is tried again for a lazy client.
const AGAIN: Duration = Duration::from_secs(1);

pub struct PubSub {
    /// By which its messages are addressed; 0 for none, which cannot subscribe.
    name: u64,
    /// How many batches of messages there were.
    batches: AtomicU64,
    /// Empty until there is something to subscribe to.
    reconciler: OnceLock<Arc<Reconciler>>,
}

impl PubSub {
    pub fn new(name: u64) -> Self {
        PubSub { name, batches: AtomicU64::new(0), reconciler: OnceLock::new() }
    }

    /// Hands the messages among the pushes over.
    pub fn deliver(&self, engine: &Engine, pushes: &[PushInfo]) {
        if pushes.iter().any(|push| message(push).is_some()) {
            engine.completions.push_messages(self.name, &self.batches, pushes);
        }
    }

    /// Returns the node clients whose connections messages come on.
    pub fn nodes(&self) -> Vec<Arc<NodeClient>> {
        self.reconciler.get().map(|reconciler| reconciler.nodes()).unwrap_or_default()
    }

    /// Ends the connections, and with them the subscriptions.
    pub fn close(&self) {
        if let Some(reconciler) = self.reconciler.get() {
            reconciler.close();
        }
    }
}

/// Subscribes to what the client's configuration says. A lazy client does not
/// wait for it.
pub async fn begin(
    client: &Arc<Client>,
    subscriptions: Option<wire::Subscriptions>,
) -> Result<(), Failure> {
    let Some(all) = subscriptions else { return Ok(()) };
    let all = [
        (Kind::Channels, all.channels),
        (Kind::Patterns, all.patterns),
        (Kind::ShardedChannels, all.sharded_channels),
    ];
    if client.policy.lazy {
        let client = client.clone();
        tokio::spawn(async move {
            let trying = async {
                while let Err(failure) = connected(&client).await.map(|r| desire_all(&r, &all)) {
                    tracing::debug!(target: "glide", "cannot subscribe yet: {}", failure.message);
                    sleep(AGAIN).await;
                }
            };
            client.until_closed(trying).await;
        });
        return Ok(());
    }
    let patience = Patience::of(Some(client.settings.request().get_connection_timeout()));
    let reconciler = connected(client).await?;
    let subscriptions = desire_all(&reconciler, &all);
    match patience.wait(reconciler.settled(&subscriptions)).await {
        Some(settled) => settled,
        None => Err(reconciler.why_not(&subscriptions)),
    }
}

fn desire_all(reconciler: &Arc<Reconciler>, all: &[(Kind, Vec<Vec<u8>>)]) -> Vec<Subscription> {
    all.iter().flat_map(|(kind, names)| reconciler.desire(*kind, names).0).collect()
}

/// Starts a change of the subscriptions, or a look at them. Called on any
/// thread; the work is done by the runtime.
pub fn start(
    client: &Arc<Client>,
    ticket: Ticket,
    timeout: Option<Duration>,
    subscribing: Subscribing<'_>,
) {
    let Subscribing { change, kind, names } = subscribing;
    let names: Vec<Vec<u8>> = names.iter().map(<[u8]>::to_vec).collect();
    let client = client.clone();
    let patience = Patience::of(timeout);
    client.engine.runtime.spawn(async move {
        let work = async {
            match change {
                Change::List => return Ok(list(&client.pubsub)),
                Change::Subscribe => subscribe(&client, kind, &names, patience).await?,
                Change::Unsubscribe => unsubscribe(&client.pubsub, kind, &names, patience).await?,
            }
            Ok(Value::Okay)
        };
        if let Some(result) = client.until_closed(work).await {
            ticket.complete(result);
        }
    });
}

async fn subscribe(
    client: &Arc<Client>,
    kind: Kind,
    names: &[Vec<u8>],
    patience: Patience,
) -> Result<(), Failure> {
    let Some(reconciler) = patience.wait(connected(client)).await else {
        return Err(failure::timeout());
    };
    let reconciler = reconciler?;
    let (all, new) = reconciler.desire(kind, names);
    match patience.wait(reconciler.settled(&all)).await {
        Some(Ok(())) => Ok(()),
        Some(Err(refusal)) => {
            // Nothing is to have changed.
            reconciler.drop_desire(&new);
            Err(refusal)
        }
        None => Err(reconciler.why_not(&all)),
    }
}

async fn unsubscribe(
    pubsub: &PubSub,
    kind: Kind,
    names: &[Vec<u8>],
    patience: Patience,
) -> Result<(), Failure> {
    let Some(reconciler) = pubsub.reconciler.get() else { return Ok(()) };
    let subscriptions = reconciler.drop_named(kind, names);
    match patience.wait(reconciler.over(&subscriptions)).await {
        Some(()) => Ok(()),
        None => Err(reconciler.why_not(&subscriptions)),
    }
}

/// Lists what is desired and what is actual, each after its name, by kind.
fn list(pubsub: &PubSub) -> Value {
    let Some(reconciler) = pubsub.reconciler.get() else { return Value::Array(Vec::new()) };
    let text = |text: &[u8]| Value::BulkString(text.to_vec().into());
    let (mut desired, mut actual) = (Vec::new(), Vec::new());
    for kind in Kind::ALL {
        let names = reconciler.list(kind);
        let key: &[u8] = match kind {
            Kind::Channels => b"Exact",
            Kind::Patterns => b"Pattern",
            Kind::ShardedChannels => b"Sharded",
        };
        for (map, names) in [(&mut desired, names.0), (&mut actual, names.1)] {
            map.push((text(key), Value::Array(names.iter().map(|name| text(name)).collect())));
        }
    }
    Value::Array(vec![text(b"desired"), Value::Map(desired), text(b"actual"), Value::Map(actual)])
}

/// Returns what keeps the subscriptions, once the topology is known.
async fn connected(client: &Arc<Client>) -> Result<Arc<Reconciler>, Failure> {
    let router = router(client)?;
    router.ready().await?;
    let start = || Reconciler::start(client, router);
    let reconciler = client.pubsub.reconciler.get_or_init(start).clone();
    if client.is_closed() {
        // There was nothing yet that close could have closed.
        reconciler.close();
    }
    Ok(reconciler)
}

fn router(client: &Client) -> Result<Arc<Router>, Failure> {
    match &client.backend {
        Backend::Servers(connecting) if client.pubsub.name != 0 => Ok(connecting.router.clone()),
        _ => Err(Failure::new(Outcome::InvalidRequest, "the client cannot subscribe")),
    }
}

impl Reconciler {
    /// Waits until the servers have confirmed subscriptions, or one refuses.
    async fn settled(&self, subscriptions: &[Subscription]) -> Result<(), Failure> {
        self.until(|account| match account.progress(subscriptions) {
            Progress::Waiting => None,
            Progress::Done => Some(Ok(())),
            Progress::Refused(failure) => Some(Err(failure)),
        })
        .await
    }

    /// Waits until the servers have confirmed the end of subscriptions.
    async fn over(&self, subscriptions: &[Subscription]) {
        self.until(|account| account.are_over(subscriptions).then_some(())).await;
    }
}
