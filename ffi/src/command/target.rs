//! Which servers a request goes to.

use super::read_only::changes_nothing;
use crate::{
    core::config::Policy,
    defects::{keys, search},
    routing::{Router, node::NodeClient, slot_map::SlotMap},
    wire::{address::Address, command::is_command, request::Route},
};
use redis::{
    Cmd,
    cluster_routing::{
        MultipleNodeRoutingInfo, ResponsePolicy, Routable, RoutingInfo, SingleNodeRoutingInfo,
        SlotAddr,
    },
    cluster_topology::get_slot,
};
use std::sync::Arc;

/// A server, or several.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    One(Node),
    Many(Nodes, Option<ResponsePolicy>),
}

/// One server, as the topology is at the moment that it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// The primary that has a slot.
    Primary(u16),
    /// The node of a slot that reads go to.
    Reader(u16),
    /// A replica of a slot's primary, if it has one.
    Replica(u16),
    Any,
    AnyPrimary,
    At(Address),
}

/// Several servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nodes {
    All,
    Primaries,
}

/// A standalone server has every slot.
const ANY_SLOT: u16 = 0;

impl Target {
    /// Returns where a command goes, by its route or else by itself.
    pub fn of(policy: Policy, route: Route<'_>, cmd: &Cmd) -> Self {
        if !policy.cluster {
            return Target::standalone(policy, cmd);
        }
        let reads = goes_to_readers(cmd);
        let by_slot =
            |slot| Target::One(if reads { Node::Reader(slot) } else { Node::Primary(slot) });
        match route {
            Route::ByCommand => Target::by_command(cmd),
            Route::AllNodes => Target::Many(Nodes::All, None),
            Route::AllPrimaries => Target::Many(Nodes::Primaries, None),
            Route::Random if reads => Target::One(Node::Any),
            Route::Random => Target::One(Node::AnyPrimary),
            Route::Slot(slot) => by_slot(slot),
            Route::SlotPrimary(slot) => Target::One(Node::Primary(slot)),
            Route::SlotReplica(slot) => Target::One(Node::Replica(slot)),
            Route::Address { host, port } => Target::One(Node::At(Address::new(host, port))),
        }
    }

    fn standalone(policy: Policy, cmd: &Cmd) -> Self {
        if let Some(name) = keys::command_log(cmd) {
            return Target::of_log(&name);
        }
        let name = cmd.command().unwrap_or_default();
        if RoutingInfo::is_all_nodes(&name) {
            return Target::Many(Nodes::All, ResponsePolicy::for_command(&name));
        }
        // A client that only reads may know no primary.
        Target::One(match policy.read_only || goes_to_readers(cmd) {
            true => Node::Reader(ANY_SLOT),
            false => Node::Primary(ANY_SLOT),
        })
    }

    fn by_command(cmd: &Cmd) -> Self {
        if let Some(slot) = search::cursor_slot(cmd) {
            return Target::One(Node::Primary(slot));
        }
        if let Some(name) = keys::command_log(cmd) {
            return Target::of_log(&name);
        }
        if let Some(stream) = keys::first_stream_of_group(cmd) {
            return Target::One(Node::Primary(get_slot(stream)));
        }
        match RoutingInfo::for_routable(cmd) {
            Some(RoutingInfo::SingleNode(SingleNodeRoutingInfo::SpecificNode(route))) => {
                Target::One(match route.slot_addr() {
                    SlotAddr::ReplicaOptional if goes_to_readers(cmd) => Node::Reader(route.slot()),
                    SlotAddr::ReplicaRequired => Node::Replica(route.slot()),
                    SlotAddr::Master | SlotAddr::ReplicaOptional => Node::Primary(route.slot()),
                })
            }
            Some(RoutingInfo::SingleNode(SingleNodeRoutingInfo::ByAddress { host, port })) => {
                Target::One(Node::At(Address::new(&host, port)))
            }
            Some(RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllNodes, policy))) => {
                Target::Many(Nodes::All, policy)
            }
            Some(RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, policy))) => {
                // Every server measures its own latency, and its tips say so.
                let all = is_command(cmd, b"LATENCY");
                Target::Many(if all { Nodes::All } else { Nodes::Primaries }, policy)
            }
            // The server says what is wrong with keys of several slots.
            Some(RoutingInfo::MultiNode((MultipleNodeRoutingInfo::MultiSlot(_), _))) => {
                Target::One(Node::Primary(get_slot(cmd.arg_idx(1).unwrap_or_default())))
            }
            // What may write goes to a primary.
            _ if goes_to_readers(cmd) => Target::One(Node::Any),
            _ => Target::One(Node::AnyPrimary),
        }
    }
}

impl Target {
    /// Returns where a command goes whose reply has to be one of a server's: if those
    /// of several nodes do not become one, a single node answers. Of standalone
    /// servers it is always one.
    pub fn with_single_reply(self, policy: Policy) -> Self {
        match self {
            Target::Many(_, None | Some(ResponsePolicy::Special)) => Target::One(Node::AnyPrimary),
            Target::Many(..) if !policy.cluster => Target::One(Node::AnyPrimary),
            target => target,
        }
    }

    /// Returns where a command about the logs of commands goes.
    fn of_log(name: &[u8]) -> Self {
        match RoutingInfo::is_all_nodes(name) {
            true => Target::Many(Nodes::All, ResponsePolicy::for_command(name)),
            false => Target::One(Node::AnyPrimary),
        }
    }
}

impl Node {
    /// Returns the node client, if the topology has one.
    pub fn find(&self, router: &Router, map: &SlotMap) -> Option<Arc<NodeClient>> {
        match self {
            Node::Primary(slot) => map.primary(*slot).cloned(),
            Node::Reader(slot) => {
                map.shard(*slot).map(|shard| shard.reader(&router.read_from).clone())
            }
            Node::Replica(slot) => map.shard(*slot).map(|shard| shard.replica().clone()),
            Node::Any => router.any_node(),
            Node::AnyPrimary => router.any_primary(),
            Node::At(address) => Some(router.node(address)),
        }
    }

    /// Returns the primary of the same slot, for what a replica refused.
    pub fn primary(self) -> Self {
        match self {
            Node::Reader(slot) => Node::Primary(slot),
            node => node,
        }
    }

    /// Reports whether a request waits for a node client that has no connection
    /// now. It does not wait for a replica: another node can answer.
    pub fn waits_for(&self, map: &SlotMap, node: &Arc<NodeClient>) -> bool {
        match self {
            Node::Reader(slot) => Node::Primary(*slot).may_be(map, node),
            meant => meant.may_be(map, node),
        }
    }

    /// Reports whether a node client is one that this may mean.
    pub fn may_be(&self, map: &SlotMap, node: &Arc<NodeClient>) -> bool {
        let is = |other: &Arc<NodeClient>| Arc::ptr_eq(other, node);
        match self {
            Node::Primary(slot) => map.primary(*slot).is_none_or(is),
            Node::Reader(slot) | Node::Replica(slot) => {
                map.shard(*slot).is_none_or(|shard| shard.nodes().any(is))
            }
            Node::Any => map.nodes().any(is),
            Node::AnyPrimary => map.shards.iter().any(|shard| is(&shard.primary)),
            Node::At(_) => true,
        }
    }
}

impl Nodes {
    pub fn find(self, map: &SlotMap) -> Vec<Arc<NodeClient>> {
        let mut nodes: Vec<Arc<NodeClient>> = Vec::new();
        let all = match self {
            Nodes::All => map.nodes().cloned().collect::<Vec<_>>(),
            Nodes::Primaries => map.shards.iter().map(|shard| shard.primary.clone()).collect(),
        };
        for node in all {
            if !nodes.iter().any(|known| Arc::ptr_eq(known, &node)) {
                nodes.push(node);
            }
        }
        nodes
    }
}

/// Reports whether a command goes where reads go. The core counts more among
/// those that read: what has an effect on the server, on its connections or on
/// those who listen goes to a primary.
pub fn goes_to_readers(cmd: &Cmd) -> bool {
    // A server that ends, or follows another, is rather one that is read from: to
    // do it to the primary may lose what was written.
    changes_nothing(cmd)
        || cmd.command().is_some_and(|name| matches!(&name[..], b"REPLICAOF" | b"SHUTDOWN"))
}
