//! The topology as it is known: which server is the primary of which slot, and the
//! node clients.

use super::{
    candidates::Candidates,
    node::{Common, Link, NodeClient},
    outages::Outages,
    slot_map::SlotMap,
};
use crate::{
    core::connect::Connector,
    event_loop::{
        cancellation::CancellationToken,
        observer::{Counters, Observer},
    },
    wire::{
        address::{Address, Redirect},
        event::Event,
    },
};
use glide_core::{
    ConnectionRequest,
    client::{NodeDiscoveryMode, ReadFrom},
};
use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// How long a node may take to describe the topology, and how much longer than
/// the first to answer.
pub(super) const LOOK_UP: Duration = Duration::from_secs(1);

pub(super) const LOOK_UP_MORE: Duration = Duration::from_millis(100);

/// How long a node client that is not part of the topology is kept.
pub(super) const GUEST: Duration = Duration::from_secs(10);

/// For how long a server that was part of the topology is remembered: it may come
/// back in another role.
pub(super) const FORMER: Duration = Duration::from_secs(600);

/// How old a connection must be before it is replaced because the server does not do
/// what the one at its address is to do: the first time at once, and then not too
/// often.
pub(super) const RENEWED: Duration = Duration::from_millis(250);

pub struct Topology {
    pub(super) common: Arc<Common>,
    cluster: bool,
    pub read_from: ReadFrom,
    /// Whether and how a standalone client learns of roles.
    pub(super) discovery: NodeDiscoveryMode,
    pub(super) candidates: Candidates,
    map: RwLock<Arc<SlotMap>>,
    nodes: Mutex<HashMap<Address, Guest>>,
    told: Mutex<Told>,
    pub(super) discovered: AtomicBool,
    pub(super) closing: CancellationToken,
}

/// A node client, since when there is one, and whether it was made for a
/// request rather than for the topology.
pub(super) struct Guest {
    pub node: Arc<NodeClient>,
    since: Instant,
    pub invited: bool,
}

/// Of which topology events have told.
#[derive(Default)]
struct Told {
    version: u64,
    map: Option<Arc<SlotMap>>,
}

impl Topology {
    pub(super) fn new(common: Common, request: &ConnectionRequest) -> Self {
        Topology {
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
            told: Mutex::default(),
            discovered: AtomicBool::new(false),
            closing: CancellationToken::default(),
        }
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
    pub fn find_node(&self, address: &Address) -> Option<Arc<NodeClient>> {
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

    pub fn observer(&self) -> &Arc<Observer> {
        &self.common.observer
    }

    pub fn is_cluster(&self) -> bool {
        self.cluster
    }

    /// Reports whether requests may be sent again, if that is safe.
    pub fn resends(&self) -> bool {
        self.common.resends
    }

    pub fn is_closed(&self) -> bool {
        self.closing.is_cancelled()
    }

    /// Returns the node client for an address, which need not be part of the
    /// topology.
    pub fn node(&self, address: &Address) -> Arc<NodeClient> {
        self.node_for(address, true)
    }

    pub(super) fn node_for(&self, address: &Address, invited: bool) -> Arc<NodeClient> {
        let mut nodes = self.nodes();
        let guest = match nodes.entry(address.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(vacant) => {
                let node = NodeClient::new(address.clone(), self.common.clone());
                if self.closing.is_cancelled() {
                    node.close();
                }
                vacant.insert(Guest { node, since: Instant::now(), invited })
            }
        };
        guest.since = Instant::now();
        guest.node.clone()
    }

    /// Records a redirect and returns the node that it names.
    pub fn redirected(&self, redirect: &Redirect) -> Arc<NodeClient> {
        let node = self.node(&redirect.to);
        if !redirect.asking && self.cluster {
            let mut map = self.map.write().unwrap_or_else(|e| e.into_inner());
            let is_current = map.primary(redirect.slot).is_some_and(|p| Arc::ptr_eq(p, &node));
            if !is_current {
                *map = Arc::new(map.with_moved(redirect.slot, &node));
                drop(map);
                Counters::add(&self.observer().counters.topology, 1);
                self.changed().notify_waiters();
            }
            self.common.trouble.notify_one();
        }
        node
    }

    /// Has the topology looked up soon: a server says something that does not
    /// fit what is known.
    pub fn refresh_soon(&self) {
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

    /// Returns how many connections there are, how many requests have a permit, and how
    /// many wait for one.
    pub fn load(&self) -> [u64; 3] {
        let mut sum = [0; 3];
        for guest in self.nodes().values() {
            let (in_flight, waiting) = guest.node.load();
            let counts = [u64::from(guest.node.has_link()), in_flight, waiting];
            for (sum, count) in sum.iter_mut().zip(counts) {
                *sum += count;
            }
        }
        sum
    }

    /// Ends all node clients and what is in flight.
    pub fn close(&self) {
        self.closing.cancel();
        for guest in self.nodes().values() {
            guest.node.close();
        }
    }

    pub(super) fn is_in_trouble(&self) -> bool {
        let map = self.map();
        map.shards.iter().any(|shard| shard.primary.is_suspect() || shard.primary.is_unreachable())
    }

    pub(super) fn put(&self, map: SlotMap) {
        let map = Arc::new(map);
        let before = {
            let mut current = self.map.write().unwrap_or_else(|e| e.into_inner());
            std::mem::replace(&mut *current, map.clone())
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
            Counters::add(&self.observer().counters.topology, 1);
            self.changed().notify_waiters();
        }
        self.report(map);
    }

    /// Reports what has changed since a topology was put in place before. What
    /// single redirects have changed is reported with the next.
    fn report(&self, map: Arc<SlotMap>) {
        let version = self.observer().counters.topology.load(Ordering::Relaxed);
        let now = Told { version, map: Some(map.clone()) };
        let before = {
            let mut told = self.told.lock().unwrap_or_else(|e| e.into_inner());
            std::mem::replace(&mut *told, now)
        };
        // The first one is no change.
        let Some(former) = before.map.filter(|_| before.version != version) else { return };
        self.observer().report(Event::TopologyChanged(version));
        for (to, from) in map.failovers(&former) {
            self.observer().report(Event::FailedOver { to: &to.address, from: &from.address });
        }
    }

    /// Returns how long a node client that is not part of the topology is kept.
    fn guest_time(&self) -> Duration {
        match self.cluster {
            true => GUEST,
            false => FORMER,
        }
    }

    pub(super) fn nodes(&self) -> MutexGuard<'_, HashMap<Address, Guest>> {
        self.nodes.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Records that a server has refused to write: it is not the primary, or
    /// not any more, or the connection leads to another than the one that is at
    /// its address now.
    pub fn refuses_writes(&self, at: &Arc<NodeClient>, link: &Link) {
        if !self.cluster && self.discovery == NodeDiscoveryMode::Static {
            at.renew(link, RENEWED);
        }
        self.refresh_soon();
    }
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

pub fn random() -> usize {
    RandomState::new().hash_one(0) as usize
}
