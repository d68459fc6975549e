//! Where each subscription is wanted, and the servers that are used for it.

use super::{
    key_events,
    reconciliation::Subscription,
    server::{Server, answers},
    state::{State, Subscriptions},
};
use crate::{
    client::Client,
    event_loop::{Engine, cancellation::CancellationToken},
    routing::{
        Router,
        node::{Common, NodeClient},
        slot_map::SlotMap,
    },
    wire::{address::Address, request::SubscriptionKind},
};
use redis::{PushInfo, PushKind, Value, cluster_topology::get_slot};
use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::{
        Notify,
        mpsc::{UnboundedReceiver, unbounded_channel},
    },
    time::sleep,
};

/// How many messages are handed over at once at most.
const BATCH: usize = 1024;

/// How often the topology is looked up as long as a server that is used does
/// not answer, or is not part of it.
const AGAIN: Duration = Duration::from_millis(500);

/// How often the topology is looked up for events of keys. Nothing else tells
/// that a cluster has another primary: one that is not asked only says nothing,
/// and a former one goes on telling.
const PRIMARIES: Duration = Duration::from_secs(5);

/// How old a connection must be before it is made again because it may lead to
/// another server than commands do.
const UNSURE: Duration = Duration::from_secs(10);

pub struct Reconciler {
    pub subscriptions: Arc<Subscriptions>,
    /// What the node clients here have in common: their connections have pushes,
    /// and no cache.
    common: Arc<Common>,
    /// Any server will do, not only the primary.
    read_only: bool,
    closing: CancellationToken,
}

impl Reconciler {
    /// Starts to keep a client's subscriptions. What servers send goes to `deliver`.
    pub fn start(
        client: &Client,
        router: Arc<Router>,
        deliver: impl Fn(&[PushInfo]) + Send + 'static,
    ) -> Arc<Self> {
        let engine = client.engine;
        // One queue for all connections: messages keep the order in which they
        // came when a channel moves from one to another.
        let (pushes, receiver) = unbounded_channel();
        let request = router.connector().request();
        let common = Common {
            engine,
            connector: router.shared_connector(),
            cluster: router.is_cluster(),
            reads_replicas_of_cluster: false,
            discover_zone: false,
            resends: true,
            inflight_limit: 0,
            inflight_waits: false,
            pushes: Some(pushes),
            heartbeat: client.settings.heartbeat(),
            trouble: Notify::new(),
            changed: Notify::new(),
            replaced: Notify::new(),
            outages: router.outages(),
            observer: router.observer().clone(),
        };
        let reconciler = Arc::new(Reconciler {
            subscriptions: Subscriptions::new(router),
            common: Arc::new(common),
            read_only: request.read_only,
            closing: CancellationToken::default(),
        });
        let planning = reconciler.clone();
        let counted = Counted::new(engine);
        engine.runtime.spawn(async move {
            let _counted = counted;
            let plan = async {
                tokio::join!(
                    planning.plan(),
                    planning.follow_names(),
                    planning.look_for_primaries(),
                )
            };
            planning.closing.run_until_cancelled(plan).await;
        });
        let forwarding = reconciler.clone();
        engine.runtime.spawn(async move {
            forwarding.closing.run_until_cancelled(forwarding.forward(deliver, receiver)).await;
        });
        reconciler
    }

    fn router(&self) -> &Arc<Router> {
        &self.subscriptions.router
    }

    pub fn close(&self) {
        self.closing.cancel();
        for server in self.subscriptions.state().servers.values() {
            server.node.close();
        }
    }

    pub fn nodes(&self) -> Vec<Arc<NodeClient>> {
        self.subscriptions.servers().iter().map(|server| server.node.clone()).collect()
    }

    /// Makes subscriptions desired by a mailbox. Returns all of them, and those that
    /// it did not desire before.
    pub fn desire(
        self: &Arc<Self>,
        mailbox: u64,
        kind: SubscriptionKind,
        names: &[Vec<u8>],
    ) -> (Vec<Subscription>, Vec<Subscription>) {
        let map = self.router().map();
        let mut state = self.subscriptions.state();
        let State { reconciliation, servers, last_id } = &mut *state;
        let desired = reconciliation.desire(mailbox, kind, names, |subscription, wanted| {
            for at in self.choose(&map, subscription) {
                wanted.push(self.server(servers, last_id, at).id);
            }
        });
        self.subscriptions.settle(state);
        desired
    }

    /// Follows the topology.
    async fn plan(self: &Arc<Self>) {
        loop {
            let mut changed = pin!(self.router().changed().notified());
            changed.as_mut().enable();
            self.aim();
            let in_trouble = self.leave();
            tokio::select! {
                () = changed => {}
                () = self.common.trouble.notified() => self.router().refresh_soon(),
                () = sleep(AGAIN), if in_trouble => self.router().refresh_soon(),
            }
        }
    }

    /// Follows the names of servers: a connection for commands that is younger may
    /// lead to another server than that of the subscriptions.
    async fn follow_names(self: &Arc<Self>) {
        loop {
            let mut replaced = pin!(self.router().replaced().notified());
            replaced.as_mut().enable();
            for server in self.subscriptions.servers() {
                let (reconciler, comparing) = (self.clone(), server);
                self.common.engine.runtime.spawn(async move {
                    reconciler.closing.run_until_cancelled(reconciler.compare(&comparing)).await;
                });
            }
            replaced.await;
        }
    }

    /// Has a server's connection made again if it leads to another than commands
    /// do, unless there is nothing new to compare it with.
    async fn compare(&self, server: &Server) {
        let Some(commands) = self.router().find_node(&server.node.address) else { return };
        let (Some(theirs), Some(ours)) = (commands.connected(), server.node.connected()) else {
            return;
        };
        if theirs.since() < ours.since() || !server.is_new(theirs.since()) {
            return;
        }
        let leads_elsewhere = match ours.is_to_server_of(&theirs).await {
            Some(same) => !same,
            // Users may not ask. In a cluster a redirect would have told.
            None => !self.router().is_cluster() && ours.since().elapsed() > UNSURE,
        };
        if leads_elsewhere {
            let (client, address) = (self.router().observer().name(), &server.node.address);
            tracing::info!(target: "glide", client, "{address}: another server is there now");
            server.node.reconnect(&ours);
        }
    }

    /// Has the topology looked up as long as it decides how many servers are
    /// asked.
    async fn look_for_primaries(&self) {
        while self.router().is_cluster() {
            sleep(PRIMARIES).await;
            let each =
                |subscription: &Subscription| Source::of(subscription) == Source::EachPrimary;
            if self.subscriptions.state().reconciliation.desires_any(each) {
                self.router().refresh_soon();
            }
        }
    }

    /// Decides where each subscription is wanted.
    fn aim(self: &Arc<Self>) {
        let map = self.router().map();
        let mut state = self.subscriptions.state();
        let State { reconciliation, servers, last_id } = &mut *state;
        for server in servers.values() {
            server.note(&map);
        }
        reconciliation.aim(|subscription, before, wanted| {
            let known = before.and_then(|id| servers.values().find(|server| server.id == id));
            if let Some(server) = known.filter(|server| self.stays(subscription, server)) {
                return wanted.push(server.id);
            }
            for at in self.choose(&map, subscription) {
                wanted.push(self.server(servers, last_id, at).id);
            }
        });
        self.subscriptions.settle(state);
    }

    /// Reports whether a subscription stays at a server, though another might be
    /// chosen for it now.
    fn stays(&self, subscription: &Subscription, server: &Server) -> bool {
        let anywhere = match self.router().is_cluster() {
            true => Source::of(subscription) == Source::AllNodes,
            false => self.read_only,
        };
        anywhere && server.answers() && server.is_part()
    }

    /// Chooses the servers for a subscription: one, unless each publishes events of
    /// different keys. There is none as long as it is not known who has its slot.
    fn choose<'a>(&self, map: &'a SlotMap, subscription: &Subscription) -> Vec<&'a Address> {
        let any = || map.nodes().find(|node| node.is_connected()).or_else(|| map.nodes().next());
        let owner = || map.primary(get_slot(&subscription.1));
        let primaries = || map.shards.iter().map(|shard| &shard.primary);
        let chosen = match Source::of(subscription) {
            Source::EachPrimary if self.router().is_cluster() => {
                return primaries().map(|node| &node.address).collect();
            }
            Source::AllNodes if self.router().is_cluster() => {
                owner().filter(|node| answers(node)).or_else(any)
            }
            Source::Slot if self.router().is_cluster() => owner(),
            _ if self.read_only => any(),
            _ => primaries().next(),
        };
        chosen.map(|node| &node.address).into_iter().collect()
    }

    fn server<'a>(
        self: &Arc<Self>,
        servers: &'a mut HashMap<Address, Arc<Server>>,
        last_id: &mut u64,
        at: &Address,
    ) -> &'a Arc<Server> {
        servers.entry(at.clone()).or_insert_with(|| {
            *last_id += 1;
            let node = NodeClient::new(at.clone(), self.common.clone());
            if self.closing.is_cancelled() {
                node.close();
            }
            let server = Server::new(*last_id, node);
            let (reconciler, serving) = (self.clone(), server.clone());
            self.common.engine.runtime.spawn(async move {
                let serving = reconciler.subscriptions.serve(&serving);
                reconciler.closing.run_until_cancelled(serving).await;
            });
            server
        })
    }

    /// Closes connections that are not used any more: no subscription is wanted
    /// there, and the server has left, or does not answer. A subscription that is
    /// wanted elsewhere does not wait for a server that does not answer either.
    /// Reports whether that may become necessary soon.
    fn leave(&self) -> bool {
        let mut in_trouble = false;
        let mut state = self.subscriptions.state();
        let State { reconciliation, servers, .. } = &mut *state;
        servers.retain(|_, server| {
            let answers = server.answers();
            let named = server.is_named();
            let is_useful = answers && named;
            if !is_useful && !reconciliation.needs(server.id) {
                server.node.close();
                reconciliation.gone(server.id);
                return false;
            }
            if !answers
                && reconciliation.is_left(server.id)
                && let Some(link) = server.node.any_link()
            {
                server.node.reconnect(&link);
            }
            in_trouble |= !(answers && named);
            true
        });
        self.subscriptions.settle(state);
        in_trouble
    }

    /// Delivers messages.
    async fn forward(
        &self,
        deliver: impl Fn(&[PushInfo]),
        mut receiver: UnboundedReceiver<PushInfo>,
    ) {
        let mut pushes = Vec::with_capacity(BATCH);
        while receiver.recv_many(&mut pushes, BATCH).await > 0 {
            for push in &pushes {
                if let (PushKind::SUnsubscribe, [Value::BulkString(channel), ..]) =
                    (&push.kind, &push.data[..])
                {
                    self.ended_by_server(channel);
                }
            }
            deliver(&pushes);
            pushes.clear();
        }
    }

    /// Records that a server has ended the subscription to a sharded channel:
    /// its slot has moved, unless the end was asked for.
    fn ended_by_server(&self, channel: &[u8]) {
        let subscription = (SubscriptionKind::ShardedChannels, channel.into());
        if self.subscriptions.update(|reconciliation| reconciliation.mark_doubtful(&subscription)) {
            self.router().refresh_soon();
        }
    }
}

/// Which nodes of a cluster messages come from.
#[derive(PartialEq, Eq)]
enum Source {
    /// Each passes on what is published at any.
    AllNodes,
    /// Those that have the slot of the name.
    Slot,
    /// Each has messages that no other has.
    EachPrimary,
}

impl Source {
    fn of((kind, name): &Subscription) -> Self {
        match kind {
            SubscriptionKind::ShardedChannels => Source::Slot,
            kind if key_events::are_meant(*kind, name) => Source::EachPrimary,
            _ => Source::AllNodes,
        }
    }
}

/// Counts subscribers.
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
