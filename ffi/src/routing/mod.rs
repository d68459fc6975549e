//! Where requests go.
//!
//! The router knows the topology: which server is the primary of which slot,
//! and who its replicas are. It has a node client for each server in use. The
//! topology is looked up when the client connects, from time to time, after a
//! redirect, and as long as a primary cannot be reached; every look-up is
//! bounded in time, so that a node that hangs stops nothing.

pub mod candidates;
pub mod info;
pub mod node;
pub mod outages;
pub mod permits;
pub mod reserve;
pub mod roles;
pub mod slot_map;

use crate::wire::address::{Address, Redirect};
use crate::{
    abi::Outcome,
    core::{
        calls::Patience,
        connect::{Connector, retries},
        refusal::silent,
    },
    event_loop::cancellation::CancellationToken,
    wire::failure::{self, Failure},
};
use candidates::Candidates;
use glide_core::{
    ConnectionRequest,
    client::{NodeDiscoveryMode, PeriodicCheck, ReadFrom},
};
use node::{Common, NodeClient};
use outages::Outages;
use slot_map::{Shard, SlotMap, SlotRange, Slots};
use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{sleep, timeout},
};

/// How long to wait before a cluster is asked again for its topology: at first
/// and at most, as long as something is wrong.
const AGAIN: Duration = Duration::from_millis(100);
const AGAIN_MAX: Duration = Duration::from_secs(1);

/// How long a node may take to describe the topology, and how much longer than
/// the first to answer.
const LOOK_UP: Duration = Duration::from_secs(1);
const LOOK_UP_MORE: Duration = Duration::from_millis(100);

/// How many nodes are asked for the topology at once.
const ASKED: usize = 5;

/// How long a new client waits for the connections to all primaries, once it
/// knows the topology.
const WARM_UP: Duration = Duration::from_millis(500);

/// How long a node client that is not part of the topology is kept.
const GUEST: Duration = Duration::from_secs(10);

pub struct Router {
    common: Arc<Common>,
    cluster: bool,
    pub read_from: ReadFrom,
    /// Whether and how a standalone client learns of roles.
    discovery: NodeDiscoveryMode,
    candidates: Candidates,
    map: RwLock<Arc<SlotMap>>,
    nodes: Mutex<HashMap<Address, Guest>>,
    discovered: AtomicBool,
    discovering: tokio::sync::Mutex<()>,
    closing: CancellationToken,
}

/// A node client, since when there is one, and whether it was made for a
/// request rather than for the topology.
struct Guest {
    node: Arc<NodeClient>,
    since: Instant,
    invited: bool,
}

impl Router {
    pub fn new(common: Common, request: &ConnectionRequest) -> Arc<Self> {
        Arc::new(Router {
            common: Arc::new(common),
            cluster: request.cluster_mode_enabled,
            read_from: request.read_from.clone().unwrap_or_default(),
            discovery: match request.read_only {
                true => NodeDiscoveryMode::Static,
                false => request.node_discovery_mode,
            },
            candidates: Candidates::Configured(
                request.addresses.iter().map(Address::from).collect(),
            ),
            map: RwLock::default(),
            nodes: Mutex::default(),
            discovered: AtomicBool::new(false),
            discovering: tokio::sync::Mutex::default(),
            closing: CancellationToken::default(),
        })
    }

    /// Returns the topology as it is known; it is empty before the first
    /// discovery.
    pub fn map(&self) -> Arc<SlotMap> {
        self.map.read().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// Reports whether the topology was discovered.
    pub fn is_ready(&self) -> bool {
        self.discovered.load(Ordering::Acquire)
    }

    /// Returns the topology, which is discovered if it is not known yet.
    pub async fn ready(self: &Arc<Self>) -> Result<Arc<SlotMap>, Failure> {
        if !self.is_ready() {
            let _alone = self.discovering.lock().await;
            if !self.is_ready() {
                self.discover().await?;
            }
        }
        Ok(self.map())
    }

    /// The same, as long as a caller waits. It fails with what keeps the client
    /// from discovering it.
    pub async fn ready_within(self: &Arc<Self>, patience: Patience) -> Result<(), Failure> {
        match patience.wait(self.ready()).await {
            Some(ready) => ready.map(drop),
            None => Err(self.why_unreachable().await.when_time_was_over()),
        }
    }

    /// Returns what is notified when the topology changes, or when there is
    /// another server behind an address.
    pub fn changed(&self) -> &Notify {
        &self.common.changed
    }

    /// Returns what is notified when there is a connection in place of another.
    pub fn replaced(&self) -> &Notify {
        &self.common.replaced
    }

    /// Returns the node client for an address, if there is one.
    pub fn known(&self, address: &Address) -> Option<Arc<NodeClient>> {
        self.nodes().get(address).map(|guest| guest.node.clone())
    }

    /// Returns what makes the connections.
    pub fn connector(&self) -> &Connector {
        &self.common.connector
    }

    /// Returns what makes the connections, to share it.
    pub fn shared_connector(&self) -> Arc<Connector> {
        self.common.connector.clone()
    }

    /// Returns the servers that are lost.
    pub fn outages(&self) -> Arc<Outages> {
        self.common.outages.clone()
    }

    pub fn is_cluster(&self) -> bool {
        self.cluster
    }

    /// Reports whether requests may be sent again, if that is safe.
    pub fn resends(&self) -> bool {
        self.common.resends
    }

    pub fn is_closed(&self) -> bool {
        self.closing.is_over()
    }

    /// Returns the node client for an address, which need not be part of the
    /// topology.
    pub fn node(&self, address: &Address) -> Arc<NodeClient> {
        self.node_for(address, true)
    }

    fn node_for(&self, address: &Address, invited: bool) -> Arc<NodeClient> {
        let mut nodes = self.nodes();
        let guest = match nodes.entry(address.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let node = NodeClient::new(address.clone(), self.common.clone());
                if self.closing.is_over() {
                    node.close();
                }
                place.insert(Guest { node, since: Instant::now(), invited })
            }
        };
        guest.since = Instant::now();
        guest.node.clone()
    }

    /// Takes note of a redirect and returns the node that it names.
    pub fn redirected(&self, redirect: &Redirect) -> Arc<NodeClient> {
        let node = self.node(&redirect.to);
        if !redirect.asking && self.cluster {
            let mut map = self.map.write().unwrap_or_else(|e| e.into_inner());
            let known = map.primary(redirect.slot).is_some_and(|p| Arc::ptr_eq(p, &node));
            if !known {
                *map = Arc::new(map.with_moved(redirect.slot, &node));
                drop(map);
                self.changed().notify_waiters();
            }
            self.common.trouble.notify_one();
        }
        node
    }

    /// Has the topology looked up soon: a server says something that does not
    /// fit what is known.
    pub fn doubt(&self) {
        self.common.trouble.notify_one();
    }

    /// Returns a primary, each as likely as the others.
    pub fn any_primary(&self) -> Option<Arc<NodeClient>> {
        let map = self.map();
        let primaries: Vec<_> = map.shards.iter().map(|shard| &shard.primary).collect();
        chosen(&primaries)
    }

    /// Returns a node, each as likely as the others.
    pub fn any_node(&self) -> Option<Arc<NodeClient>> {
        let map = self.map();
        chosen(&map.nodes().collect::<Vec<_>>())
    }

    /// Returns the addresses of all servers that are known.
    pub fn addresses(&self) -> Vec<Address> {
        self.map().nodes().map(|node| node.address.clone()).collect()
    }

    /// Returns all node clients that have a connection, or try to.
    pub fn in_use(&self) -> Vec<Arc<NodeClient>> {
        let nodes = self.nodes();
        nodes.values().map(|guest| guest.node.clone()).filter(|node| node.is_in_use()).collect()
    }

    /// Ends all node clients and what is in flight.
    pub fn close(&self) {
        self.closing.come();
        for guest in self.nodes().values() {
            guest.node.close();
        }
    }

    /// Discovers the topology for the first time, within the connection
    /// timeout.
    async fn discover(self: &Arc<Self>) -> Result<(), Failure> {
        let request = self.common.connector.request();
        let bound = request.get_connection_timeout();
        let discovering = async {
            match self.cluster {
                true => self.discover_cluster(retries(&request)).await,
                false => self.discover_roles(retries(&request)).await,
            }
        };
        let discovered = match timeout(bound, discovering).await {
            Ok(discovered) => discovered,
            Err(_) => Err(self.why_unreachable().await),
        };
        if let Err(failure) = discovered {
            self.nodes().drain().for_each(|(_, guest)| guest.node.close());
            return Err(failure);
        }
        self.discovered.store(true, Ordering::Release);
        self.changed().notify_waiters();
        self.warm_up().await;
        let period = match request.periodic_checks {
            Some(PeriodicCheck::ManualInterval(period)) if self.cluster => Some(period),
            _ if !self.cluster => self.roles_check(),
            _ => None,
        };
        let router = self.clone();
        self.common.engine.runtime.spawn(async move {
            router.closing.until(router.keep(period)).await;
        });
        Ok(())
    }

    /// Returns why none of the configured servers could be talked to.
    async fn why_unreachable(&self) -> Failure {
        let request = self.common.connector.request();
        let candidates = self.candidates.addresses().await;
        let known = self.nodes();
        let why = |address: &Address| {
            let failure = known.get(address).and_then(|guest| guest.node.failure());
            failure.unwrap_or_else(|| silent(&request, address))
        };
        failure::joined(candidates.iter().map(why).collect())
    }

    /// Connects to the nodes that requests will go to.
    async fn warm_up(&self) {
        let map = self.map();
        let mut warming = JoinSet::new();
        let handle = self.common.engine.runtime.handle();
        for shard in &map.shards {
            let replicas = match self.read_from {
                ReadFrom::Primary => &[][..],
                _ => &shard.replicas[..],
            };
            for node in std::iter::once(&shard.primary).chain(replicas) {
                let node = node.clone();
                warming.spawn_on(async move { node.connected_within(0).await.map(drop) }, handle);
            }
        }
        let all = async { while warming.join_next().await.is_some() {} };
        let _ = timeout(WARM_UP, all).await;
        warming.detach_all();
    }

    /// Keeps the topology up to date.
    async fn keep(self: &Arc<Self>, period: Option<Duration>) {
        loop {
            // Those that have left are to be noticed when they may go.
            let guests = self.cluster && self.nodes().values().any(|guest| guest.invited);
            let guests = guests.then_some(GUEST);
            let period = [period, guests].into_iter().flatten().min();
            match period {
                Some(period) => {
                    let _ = timeout(period, self.common.trouble.notified()).await;
                }
                None => self.common.trouble.notified().await,
            }
            let mut pause = AGAIN;
            let mut first = true;
            loop {
                let again_within = match self.cluster {
                    true => {
                        self.refresh_cluster().await;
                        None
                    }
                    false => self.refresh_roles(first).await,
                };
                sleep(pause).await;
                if again_within.is_none() && !self.is_in_trouble() {
                    break;
                }
                pause = again_within.unwrap_or(AGAIN_MAX).min(pause * 2);
                first = false;
            }
        }
    }

    fn is_in_trouble(&self) -> bool {
        let map = self.map();
        map.shards.iter().any(|shard| shard.primary.is_suspect() || shard.primary.is_unreachable())
    }

    async fn discover_cluster(self: &Arc<Self>, retries: u32) -> Result<(), Failure> {
        let candidates = self.candidates.addresses().await;
        let seeds = candidates.iter().map(|address| self.node_for(address, false)).collect();
        let slots = look_up(seeds, retries).await?;
        self.install(&slots);
        Ok(())
    }

    async fn refresh_cluster(self: &Arc<Self>) {
        let from_seeds = self.common.connector.request().refresh_topology_from_initial_nodes;
        let known = self.map();
        let (trusted, suspects): (Vec<_>, Vec<_>) = known
            .nodes()
            .filter(|node| node.is_in_use())
            .cloned()
            .partition(|node| node.is_connected());
        let mut asked = trusted;
        shuffle(&mut asked);
        asked.truncate(ASKED);
        if from_seeds || asked.is_empty() {
            let candidates = self.candidates.addresses().await;
            let seeds = candidates.iter().map(|address| self.node_for(address, true));
            asked = if from_seeds {
                seeds.collect()
            } else {
                suspects.into_iter().chain(seeds).collect()
            };
        }
        if let Ok(slots) = look_up(asked, 0).await {
            self.install(&slots);
        }
    }

    /// Puts a topology in place. Node clients that it does not name are retired.
    fn install(self: &Arc<Self>, slots: &[Slots]) {
        let mut shards: Vec<(Vec<Address>, Vec<SlotRange>)> = Vec::new();
        for Slots { first, last, nodes } in slots {
            match shards.iter_mut().find(|(known, _)| known == nodes) {
                Some((_, ranges)) => ranges.push((*first, *last)),
                None => shards.push((nodes.clone(), vec![(*first, *last)])),
            }
        }
        let known = self.map();
        let shard = |addresses: &[Address]| {
            let nodes: Vec<_> = addresses.iter().map(|a| self.node_for(a, false)).collect();
            let same = known.shards.iter().find(|shard| {
                shard.nodes().count() == nodes.len()
                    && shard.nodes().zip(&nodes).all(|(a, b)| Arc::ptr_eq(a, b))
            });
            same.cloned()
                .unwrap_or_else(|| Arc::new(Shard::new(nodes[0].clone(), nodes[1..].to_vec())))
        };
        let shards = shards.into_iter().map(|(nodes, ranges)| (shard(&nodes), ranges)).collect();
        self.put(SlotMap::new(shards));
    }

    fn put(&self, map: SlotMap) {
        let map = Arc::new(map);
        let before = {
            let mut known = self.map.write().unwrap_or_else(|e| e.into_inner());
            std::mem::replace(&mut *known, map.clone())
        };
        let changed = !map.is_same(&before);
        if changed && self.is_ready() {
            for shard in &map.shards {
                shard.primary.warm_up();
                if self.read_from != ReadFrom::Primary {
                    shard.replicas.iter().for_each(NodeClient::warm_up);
                }
            }
        }
        self.nodes().retain(|_, guest| {
            let named = map.nodes().any(|node| Arc::ptr_eq(node, &guest.node));
            guest.invited &= !named;
            let kept = named || guest.invited && guest.since.elapsed() < self.guest_time();
            if !kept {
                guest.node.retire();
            }
            kept
        });
        if changed {
            self.changed().notify_waiters();
        }
    }

    /// Returns how long a node client that is not part of the topology is kept.
    fn guest_time(&self) -> Duration {
        match self.cluster {
            true => GUEST,
            false => roles::FORMER,
        }
    }

    fn nodes(&self) -> MutexGuard<'_, HashMap<Address, Guest>> {
        self.nodes.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Asks nodes for the topology and returns what most of those that answer in
/// time say.
async fn look_up(nodes: Vec<Arc<NodeClient>>, retries: u32) -> Result<Vec<Slots>, Failure> {
    let suspects: Vec<Address> =
        nodes.iter().filter(|n| n.is_suspect()).map(|n| n.address.clone()).collect();
    let mut asking = JoinSet::new();
    for node in nodes {
        asking.spawn(ask(node, retries));
    }
    let (mut views, mut failures) = (Vec::new(), Vec::new());
    let mut end = None;
    loop {
        let next = match end {
            None => asking.join_next().await,
            Some(end) => match tokio::time::timeout_at(end, asking.join_next()).await {
                Ok(next) => next,
                Err(_) => break,
            },
        };
        match next {
            None => break,
            Some(Ok(Ok(view))) => {
                views.push(view);
                end.get_or_insert_with(|| tokio::time::Instant::now() + LOOK_UP_MORE);
            }
            Some(Ok(Err(failure))) => failures.push(failure),
            Some(Err(_)) => failures.push(failure::panicked()),
        }
    }
    best(views, &suspects).ok_or_else(|| failure::joined(failures))
}

async fn ask(node: Arc<NodeClient>, retries: u32) -> Result<Vec<Slots>, Failure> {
    let asking = async {
        let link = node.connected_within(retries).await?;
        let mut question = redis::cmd("CLUSTER");
        question.arg("SLOTS");
        let reply = node.send(&link, &question).await.map_err(node::Unanswered::into_failure)?;
        let reply = reply.map_err(|error| not_a_cluster(&node, error.into()))?;
        match slot_map::read(&reply, &node.address) {
            Some(slots) if !slots.is_empty() => Ok(slots),
            Some(_) => Err(about(&node, "it knows no node that has slots")),
            None => Err(about(&node, "its reply to CLUSTER SLOTS is none")),
        }
    };
    match retries {
        // At first, the time to connect is what bounds it.
        1.. => asking.await,
        0 => match timeout(LOOK_UP, asking).await {
            Ok(answer) => answer,
            Err(_) => Err(about(&node, "timed out")),
        },
    }
}

/// Tells what it means that a server does not say who has which slot.
fn not_a_cluster(node: &NodeClient, answer: Failure) -> Failure {
    if answer.outcome != Outcome::ServerError {
        return answer;
    }
    let outcome = match answer.code.as_str() {
        code if failure::wants_credentials(code) => Outcome::Authentication,
        // It has cluster support disabled, or is no such server at all.
        "ERR" => Outcome::Configuration,
        _ => Outcome::Unreachable,
    };
    answer.meaning(outcome).at(&node.address)
}

fn about(node: &NodeClient, what: &str) -> Failure {
    Failure::new(Outcome::Unreachable, format!("{}: {what}", node.address))
}

/// Returns the view of most nodes; among those of as many the one that trusts
/// fewer suspects, and then the one that covers more slots.
fn best(views: Vec<Vec<Slots>>, suspects: &[Address]) -> Option<Vec<Slots>> {
    let score = |view: &Vec<Slots>| {
        let votes = views.iter().filter(|other| *other == view).count();
        let trusting = view.iter().filter(|slots| suspects.contains(&slots.nodes[0])).count();
        let covered: usize = view.iter().map(|s| usize::from(s.last - s.first) + 1).sum();
        (votes, usize::MAX - trusting, covered)
    };
    views.iter().max_by_key(|view| score(view)).cloned()
}

/// Returns one of some nodes, each as likely as the others.
fn chosen(nodes: &[&Arc<NodeClient>]) -> Option<Arc<NodeClient>> {
    match nodes {
        [] => None,
        // A node that is known not to answer is taken only if all are.
        nodes => {
            let start = random() % nodes.len();
            let in_turn = || (start..start + nodes.len()).map(|at| nodes[at % nodes.len()]);
            in_turn().find(|node| node.is_connected()).or_else(|| in_turn().next()).cloned()
        }
    }
}

fn shuffle<T>(items: &mut [T]) {
    for end in (1..items.len()).rev() {
        items.swap(end, random() % (end + 1));
    }
}

pub fn random() -> usize {
    RandomState::new().hash_one(0) as usize
}

/// Returns a key of a slot: each slot has four of two bytes.
pub fn key_in(slot: u16) -> [u8; 2] {
    let mut keys = (0..=u16::MAX).map(u16::to_be_bytes);
    keys.find(|key| redis::cluster_topology::get_slot(key) == slot).unwrap_or_default()
}
