//! What a client is subscribed to, and how its messages come.
//!
//! A client that subscribes has a core of its own for that, with connections
//! of its own. The core answers a SUBSCRIBE of several channels with the first
//! of its several replies and takes the others for those of whatever command
//! is next on the connection: with commands beside it, each of them would get
//! the reply of another. A flood of messages holds up no reply either, and a
//! subscriber may have a timeout that suits it.
//!
//! The core keeps account of what it is subscribed to and what it should be,
//! and sees to it that they become the same, again after it has lost a
//! connection or the cluster has changed. Here subscriptions are made known to
//! it, and, one by one, to the server: its own attempts do not tell when the
//! server refuses.

use crate::{
    client::{self, Client, Ticket},
    core::{
        calls::{NEVER_TWICE, bounded},
        config,
    },
    defects::preflight,
    event_loop::Engine,
    failure,
    messages::message,
    reply::{Failure, Reply},
    request::{Change, Kind, Subscribing},
    route::EVERYWHERE,
    status::Outcome,
    wire,
};
use glide_core::{
    ConnectionRequest,
    client::{Client as Core, NodeAddress},
};
use redis::{
    Pipeline, PubSubSubscriptionInfo, PubSubSubscriptionKind, PushInfo,
    Value,
    cluster_routing::{MultipleNodeRoutingInfo, ResponsePolicy, RoutingInfo},
};
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{
        Mutex,
        mpsc::{UnboundedReceiver, unbounded_channel},
    },
    task::AbortHandle,
    time::{sleep, timeout},
};

/// How many messages are handed over at once at most.
const BATCH: usize = 1024;

/// How often the servers are asked for a sign of life: a connection on which
/// nothing is sent may be dead for hours before the system notices.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// After so many heartbeats without an answer the connections are given up. So
/// is what the core knows of a cluster: while it waits for the answer of a node
/// that is silent it does not learn that another has taken over.
const SILENT_MAX: u32 = 2;

/// How long to wait before connecting is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// How long a core that is to replace another may take to connect.
const CONNECTING: Duration = Duration::from_secs(4);

/// How often it is looked whether the core has got what it should, at first
/// and at most.
const LOOK: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

pub struct Subscriber {
    /// By which its messages are addressed; 0 for none, which cannot subscribe.
    name: u64,
    /// Empty until there is something to subscribe to.
    link: Mutex<Option<Link>>,
    /// How many batches of messages there were.
    batches: AtomicU64,
}

/// A core that subscribes.
struct Link {
    core: Core,
    forwarder: AbortHandle,
    _counted: Counted,
}

struct Counted(&'static Engine);

impl Counted {
    fn new(engine: &'static Engine) -> Self {
        engine.subscribers.fetch_add(1, Ordering::Relaxed);
        Counted(engine)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.subscribers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Subscriber {
    pub fn new(name: u64) -> Self {
        Subscriber {
            name,
            link: Mutex::default(),
            batches: AtomicU64::new(0),
        }
    }

    /// Hands the messages among the pushes over. Called by one at a time.
    pub fn deliver(&self, engine: &Engine, pushes: &[PushInfo]) {
        if pushes.iter().any(|push| message(push).is_some()) {
            engine.completions.push_messages(self.name, &self.batches, pushes);
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
                while subscribe_to_all(&client, &all).await.is_err() {
                    sleep(AGAIN).await;
                }
            };
            client.until_closed(trying).await;
        });
        return Ok(());
    }
    let time = configured(client)?.get_connection_timeout();
    bounded(Some(time), subscribe_to_all(client, &all)).await?
}

async fn subscribe_to_all(
    client: &Arc<Client>,
    all: &[(Kind, Vec<Vec<u8>>)],
) -> Result<(), Failure> {
    for (kind, names) in all.iter().filter(|(_, names)| !names.is_empty()) {
        subscribe(client, *kind, names).await?;
    }
    Ok(())
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
    client.engine.runtime.spawn(async move {
        let work = async {
            match change {
                Change::List => return list(&client).await,
                Change::Subscribe => subscribe(&client, kind, &names).await?,
                Change::Unsubscribe => unsubscribe(&client, kind, &names).await?,
            }
            Ok(Value::Okay)
        };
        if let Some(result) = client.until_closed(bounded(timeout, work)).await {
            ticket.complete(result.flatten());
        }
    });
}

/// Ends the connections of a closed client's subscriber.
pub async fn end(client: &Client) {
    let link = client.subscriber.link.lock().await.take();
    if let Some(link) = link {
        link.end(client.policy.cluster).await;
    }
}

async fn list(client: &Client) -> Reply {
    match current(client).await {
        None => Ok(Value::Array(Vec::new())),
        Some(mut core) => Ok(core.send_command(&mut redis::cmd("GET_SUBSCRIPTIONS"), None).await?),
    }
}

async fn subscribe(client: &Arc<Client>, kind: Kind, names: &[Vec<u8>]) -> Result<(), Failure> {
    let mut core = connected(client).await?;
    let before = State::of(&mut core).await?;
    // First, or else the core might undo what it does not know of.
    desire(&mut core, Change::Subscribe, kind, names).await?;
    if let Some(refusal) = send_each(&mut core, kind, names).await {
        let is_new = |name: &&Vec<u8>| !State::has(&before.desired, kind, name);
        let new: Vec<Vec<u8>> = names.iter().filter(is_new).cloned().collect();
        if !new.is_empty() {
            desire(&mut core, Change::Unsubscribe, kind, &new).await?;
        }
        return Err(refusal);
    }
    settled(&mut core, kind, names).await
}

async fn unsubscribe(client: &Client, kind: Kind, names: &[Vec<u8>]) -> Result<(), Failure> {
    let Some(mut core) = current(client).await else { return Ok(()) };
    desire(&mut core, Change::Unsubscribe, kind, names).await?;
    settled(&mut core, kind, names).await
}

/// Tells the core what is to be. Without names it is all of the kind.
async fn desire(
    core: &mut Core,
    change: Change,
    kind: Kind,
    names: &[Vec<u8>],
) -> Result<(), Failure> {
    let mut cmd = redis::cmd(match change {
        Change::Subscribe => kind.subscribe(),
        _ => kind.unsubscribe(),
    });
    for name in names {
        cmd.arg(name);
    }
    // The core takes it as a word to itself.
    core.send_command(&mut cmd, None).await?;
    Ok(())
}

/// Subscribes on the server, each with a command of its own, which has one
/// reply. Gives an error if the server refuses. That something else was in the
/// way does not matter: the core will try again.
async fn send_each(core: &mut Core, kind: Kind, names: &[Vec<u8>]) -> Option<Failure> {
    let mut pipeline = Pipeline::with_capacity(names.len());
    for name in names {
        pipeline.add_command({
            let mut cmd = redis::cmd(kind.subscribe());
            cmd.arg(name);
            cmd
        });
    }
    let replies = core.send_pipeline(&pipeline, None, false, None, NEVER_TWICE).await;
    let Ok(Value::Array(replies)) = replies else { return None };
    replies.into_iter().find_map(|reply| match reply {
        Value::ServerError(error) => {
            let failure = Failure::from(redis::RedisError::from(error));
            let is_refusal = !failure::may_pass(&failure)
                && !matches!(failure.code.as_str(), "MOVED" | "ASK");
            (is_refusal && failure.outcome == Outcome::ServerError).then_some(failure)
        }
        _ => None,
    })
}

/// Waits until the servers have done what is desired of these names; without
/// names, of all of the kind.
async fn settled(core: &mut Core, kind: Kind, names: &[Vec<u8>]) -> Result<(), Failure> {
    let mut wait = LOOK.0;
    loop {
        let State { desired, actual } = State::of(core).await?;
        let done = match names {
            [] => State::all(&desired, kind) == State::all(&actual, kind),
            names => names
                .iter()
                .all(|name| State::has(&desired, kind, name) == State::has(&actual, kind, name)),
        };
        if done {
            return Ok(());
        }
        sleep(wait).await;
        wait = LOOK.1.min(wait * 2);
    }
}

/// The core's account.
struct State {
    desired: PubSubSubscriptionInfo,
    actual: PubSubSubscriptionInfo,
}

impl State {
    async fn of(core: &mut Core) -> Result<Self, Failure> {
        let value = core.send_command(&mut redis::cmd("GET_SUBSCRIPTIONS"), None).await?;
        match value {
            Value::Array(mut parts) if parts.len() == 4 => {
                let actual = Self::read(parts.swap_remove(3));
                Ok(State { desired: Self::read(parts.swap_remove(1)), actual })
            }
            _ => Err(Failure::new(Outcome::Internal, "the core's account cannot be read")),
        }
    }

    fn read(value: Value) -> PubSubSubscriptionInfo {
        let Value::Map(kinds) = value else { return PubSubSubscriptionInfo::new() };
        let text = |value| match value {
            Value::BulkString(bytes) => Some(bytes.to_vec()),
            _ => None,
        };
        let read = |(kind, names)| {
            let kind = match text(kind)?.as_slice() {
                b"Exact" => PubSubSubscriptionKind::Exact,
                b"Pattern" => PubSubSubscriptionKind::Pattern,
                b"Sharded" => PubSubSubscriptionKind::Sharded,
                _ => return None,
            };
            let Value::Array(names) = names else { return None };
            Some((kind, names.into_iter().filter_map(text).collect()))
        };
        kinds.into_iter().filter_map(read).collect()
    }

    fn all(of: &PubSubSubscriptionInfo, kind: Kind) -> Option<&HashSet<Vec<u8>>> {
        of.get(&kind.of_the_core()).filter(|names| !names.is_empty())
    }

    fn has(of: &PubSubSubscriptionInfo, kind: Kind, name: &Vec<u8>) -> bool {
        Self::all(of, kind).is_some_and(|names| names.contains(name))
    }
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Channels, Kind::Patterns, Kind::ShardedChannels];

    fn subscribe(self) -> &'static str {
        match self {
            Kind::Channels => "SUBSCRIBE",
            Kind::Patterns => "PSUBSCRIBE",
            Kind::ShardedChannels => "SSUBSCRIBE",
        }
    }

    fn unsubscribe(self) -> &'static str {
        match self {
            Kind::Channels => "UNSUBSCRIBE",
            Kind::Patterns => "PUNSUBSCRIBE",
            Kind::ShardedChannels => "SUNSUBSCRIBE",
        }
    }

    fn of_the_core(self) -> PubSubSubscriptionKind {
        match self {
            Kind::Channels => PubSubSubscriptionKind::Exact,
            Kind::Patterns => PubSubSubscriptionKind::Pattern,
            Kind::ShardedChannels => PubSubSubscriptionKind::Sharded,
        }
    }
}

fn configured(client: &Client) -> Result<ConnectionRequest, Failure> {
    match client.subscriber.name {
        0 => Err(Failure::new(Outcome::InvalidRequest, "the client cannot subscribe")),
        _ => Ok(config::subscriber_request(&client.settings.request())),
    }
}

/// Authenticates as the client has done, now or with connections to come. A
/// core that cannot is replaced by one that does.
pub async fn authenticate(client: &Arc<Client>, password: Option<String>, now: bool) {
    let Some(mut core) = current(client).await else { return };
    let changing = timeout(AGAIN, core.update_connection_password(password, now));
    if !matches!(changing.await, Ok(Ok(_))) {
        let client = client.clone();
        tokio::spawn(async move { client.until_closed(replace(&client)).await });
    }
}

/// Gives the core that subscribes, if there is one.
async fn current(client: &Client) -> Option<Core> {
    client.subscriber.link.lock().await.as_ref().map(|link| link.core.clone())
}

/// Gives the core that subscribes, which is connected if there is none.
async fn connected(client: &Arc<Client>) -> Result<Core, Failure> {
    if let Some(core) = current(client).await {
        return Ok(core);
    }
    // Beside the caller, whose time may be too short for it: the next one has
    // the use of it.
    let client = client.clone();
    let connecting = async move { client.until_closed(connect(&client)).await };
    match tokio::spawn(connecting).await {
        Ok(connected) => connected.unwrap_or_else(|| Err(failure::closed())),
        Err(_) => Err(failure::panicked()),
    }
}

async fn connect(client: &Arc<Client>) -> Result<Core, Failure> {
    let mut place = client.subscriber.link.lock().await;
    if let Some(link) = &*place {
        return Ok(link.core.clone());
    }
    let link = Link::new(client, configured(client)?).await?;
    let core = link.core.clone();
    *place = Some(link);
    let client = client.clone();
    tokio::spawn(async move { client.until_closed(keep(&client)).await });
    Ok(core)
}

impl Link {
    async fn new(client: &Arc<Client>, request: ConnectionRequest) -> Result<Self, Failure> {
        preflight::check(&client.settings, &request).await?;
        let (sender, receiver) = unbounded_channel();
        // The messages of the first moment wait in the channel.
        let core = client::connect_core(request, Some(sender)).await?;
        let client = client.clone();
        let counted = Counted::new(client.engine);
        let forwarder = tokio::spawn(async move {
            client.until_closed(forward(&client, receiver)).await;
        });
        Ok(Link { core, forwarder: forwarder.abort_handle(), _counted: counted })
    }

    /// Ends the subscriptions at the servers, and the connections.
    async fn end(mut self, cluster: bool) {
        self.forwarder.abort();
        for kind in Kind::ALL {
            // The core is not to subscribe anew when it is disconnected.
            let _ = desire(&mut self.core, Change::Unsubscribe, kind, &[]).await;
        }
        client::quit(self.core, cluster.then_some(EVERYWHERE)).await;
    }
}

async fn forward(client: &Client, mut receiver: UnboundedReceiver<PushInfo>) {
    let mut pushes = Vec::with_capacity(BATCH);
    while receiver.recv_many(&mut pushes, BATCH).await > 0 {
        client.subscriber.deliver(client.engine, &pushes);
        pushes.clear();
    }
}

/// Sees to it that a connection which has died in silence is noticed: what is
/// sent lets the system find out, and if it does not, the core is replaced.
async fn keep(client: &Arc<Client>) {
    let mut silent = 0;
    loop {
        sleep(HEARTBEAT).await;
        let Some(mut core) = current(client).await else { return };
        match answers(client, &mut core).await {
            true => silent = 0,
            false => silent += 1,
        }
        drop(core);
        if silent >= SILENT_MAX {
            replace(client).await;
            silent = 0;
        }
    }
}

/// Whether all servers that matter answer in time. Any other error than that
/// they do not means that the core knows, and reconnects.
async fn answers(client: &Client, core: &mut Core) -> bool {
    let primaries = || {
        let all = Some(ResponsePolicy::AllSucceeded);
        RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, all))
    };
    let routing = client.policy.cluster.then(primaries);
    let result = core.send_command(&mut redis::cmd("PING"), routing).await;
    !result.is_err_and(|error| error.is_timeout())
}

/// Adds the servers that are known to the addresses: those that were configured
/// may be gone by now, or silent.
fn with_known_nodes(client: &Client, mut request: ConnectionRequest) -> ConnectionRequest {
    let Some(servers) = client.servers().filter(|_| client.policy.cluster) else { return request };
    for address in servers.router.addresses() {
        let node = NodeAddress { host: address.host, port: address.port };
        if !request.addresses.iter().any(|a| a.host == node.host && a.port == node.port) {
            request.addresses.push(node);
        }
    }
    request
}

/// Connects anew, and subscribes to the same there, unless a server is as
/// silent on new connections: then it is not the connection's fault, and what
/// comes on the others is not to be missed.
async fn replace(client: &Arc<Client>) {
    let Ok(request) = configured(client) else { return };
    let request = with_known_nodes(client, request);
    // A server that is silent may hold this up, too; the next try may begin
    // with another.
    let Ok(Ok(mut new)) = timeout(CONNECTING, Link::new(client, request)).await else { return };
    if !answers(client, &mut new.core).await {
        return new.end(client.policy.cluster).await;
    }
    let mut place = client.subscriber.link.lock().await;
    let Some(mut old) = place.take() else { return };
    // First: what comes on it now would come on both.
    old.forwarder.abort();
    let desired = State::of(&mut old.core).await.map(|state| state.desired);
    tokio::spawn(old.end(client.policy.cluster));
    for kind in Kind::ALL {
        let names: Vec<Vec<u8>> = match &desired {
            Ok(desired) => State::all(desired, kind).into_iter().flatten().cloned().collect(),
            Err(_) => Vec::new(),
        };
        if !names.is_empty() && desire(&mut new.core, Change::Subscribe, kind, &names).await.is_ok() {
            // What is refused now, or does not arrive, the core goes on trying.
            let _ = send_each(&mut new.core, kind, &names).await;
        }
    }
    *place = Some(new);
}
