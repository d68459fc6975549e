//! The router: keeps the topology up to date.

use super::slot_map::SlotMap;
use super::{
    node::Common,
    topology::{GUEST, Topology},
};
use crate::{
    abi::Outcome,
    core::{calls::Patience, connect::retries, refusal::silent},
    wire::{
        address::Address,
        failure::{self, Failure},
    },
};
use glide_core::{
    ConnectionRequest,
    client::{PeriodicCheck, ReadFrom},
};
use std::{
    ops::Deref,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

/// How long to wait before a cluster is asked again for its topology: at first
/// and at most, as long as something is wrong.
const AGAIN: Duration = Duration::from_millis(100);

const AGAIN_MAX: Duration = Duration::from_secs(1);

/// How long a new client waits for the connections to all primaries, once it
/// knows the topology.
const WARM_UP: Duration = Duration::from_millis(500);

/// Knows the topology, and looks it up.
pub struct Router {
    topology: Topology,
    discovering: tokio::sync::Mutex<()>,
}

impl Deref for Router {
    type Target = Topology;

    fn deref(&self) -> &Topology {
        &self.topology
    }
}

impl Router {
    pub fn new(common: Common, request: &ConnectionRequest) -> Arc<Self> {
        let topology = Topology::new(common, request);
        Arc::new(Router { topology, discovering: tokio::sync::Mutex::default() })
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

    /// Discovers the topology for the first time, within the connection
    /// timeout.
    async fn discover(self: &Arc<Self>) -> Result<(), Failure> {
        let request = self.common.connector.request();
        let bound = request.get_connection_timeout();
        let discovering = async {
            match self.is_cluster() {
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
            Some(PeriodicCheck::ManualInterval(period)) if self.is_cluster() => Some(period),
            _ if !self.is_cluster() => self.roles_check(),
            _ => None,
        };
        let router = self.clone();
        self.common.engine.runtime.spawn(async move {
            router.closing.run_until_cancelled(router.keep(period)).await;
        });
        Ok(())
    }

    /// Returns why none of the configured servers could be talked to.
    async fn why_unreachable(&self) -> Failure {
        let request = self.common.connector.request();
        let candidates = self.candidates.addresses().await;
        let nodes = self.nodes();
        let why = |address: &Address| {
            let node = nodes.get(address).map(|guest| &guest.node);
            if !self.is_cluster() && node.is_some_and(|node| node.has_link()) {
                let text = "connected, but not known to be a primary";
                return Failure::new(Outcome::Unreachable, text).at(address);
            }
            node.and_then(|node| node.failure()).unwrap_or_else(|| silent(&request, address))
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
            // Node clients of servers that have left are removed after a while.
            let guests = self.is_cluster() && self.nodes().values().any(|guest| guest.invited);
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
                let again_within = match self.is_cluster() {
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
}
