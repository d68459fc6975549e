//! Where requests go in a cluster, in the core's terms.

use crate::request::Route;
use glide_core::client::NodeAddress;
use redis::{
    Cmd,
    cluster_routing::{
        MultipleNodeRoutingInfo, ResponsePolicy, Routable, Route as SlotRoute, RoutingInfo,
        SingleNodeRoutingInfo, SlotAddr, is_readonly_cmd,
    },
};

/// Gives the core's route, or none where the command itself says.
pub fn routing(route: Route<'_>, reads: bool) -> Option<RoutingInfo> {
    // Without a policy for the replies the core gives each node's.
    let nodes = |nodes| RoutingInfo::MultiNode((nodes, None));
    Some(match route {
        Route::ByCommand => return None,
        Route::AllNodes => nodes(MultipleNodeRoutingInfo::AllNodes),
        Route::AllPrimaries => nodes(MultipleNodeRoutingInfo::AllMasters),
        Route::Random => RoutingInfo::SingleNode(SingleNodeRoutingInfo::Random),
        Route::Slot(slot) => by_slot(slot, reads),
        Route::SlotPrimary(slot) => to_slot(slot, SlotAddr::Master),
        Route::SlotReplica(slot) => to_slot(slot, SlotAddr::ReplicaRequired),
        Route::Address { host, port } => to_node(NodeAddress { host: host.to_owned(), port }),
    })
}

/// Where the core would send a command that may write to just any node, a
/// replica too, it is to go to any primary.
pub fn to_any_primary(cmd: &Cmd) -> Option<RoutingInfo> {
    match RoutingInfo::for_routable(cmd) {
        None | Some(RoutingInfo::SingleNode(SingleNodeRoutingInfo::Random)) if !reads(cmd) => {
            Some(ANY_PRIMARY)
        }
        _ => None,
    }
}

/// Any primary.
pub const ANY_PRIMARY: RoutingInfo =
    RoutingInfo::SingleNode(SingleNodeRoutingInfo::RandomPrimary);

/// All nodes, each of which has to do it.
pub const EVERYWHERE: RoutingInfo = RoutingInfo::MultiNode((
    MultipleNodeRoutingInfo::AllNodes,
    Some(ResponsePolicy::AllSucceeded),
));

/// Whether the core finds a slot in a command.
pub fn has_slot(cmd: &Cmd) -> bool {
    matches!(
        RoutingInfo::for_routable(cmd),
        Some(RoutingInfo::SingleNode(SingleNodeRoutingInfo::SpecificNode(_)))
    )
}

/// The route to a slot's primary, or for reads to where reads go.
pub fn by_slot(slot: u16, reads: bool) -> RoutingInfo {
    to_slot(slot, if reads { SlotAddr::ReplicaOptional } else { SlotAddr::Master })
}

/// Gives the host and port of an address; the host of IPv6 may stand in
/// brackets or not.
pub fn node_address(address: &str) -> Option<NodeAddress> {
    let (host, port) = address.rsplit_once(':')?;
    Some(NodeAddress { host: host.to_owned(), port: port.parse().ok()? })
}

/// The route to a node by its address.
pub fn to_node(NodeAddress { host, port }: NodeAddress) -> RoutingInfo {
    RoutingInfo::SingleNode(SingleNodeRoutingInfo::ByAddress { host, port })
}

fn to_slot(slot: u16, node: SlotAddr) -> RoutingInfo {
    RoutingInfo::SingleNode(SingleNodeRoutingInfo::SpecificNode(SlotRoute::new(slot, node)))
}

/// Whether a command only reads.
pub fn reads(cmd: &Cmd) -> bool {
    cmd.command().is_some_and(|name| is_readonly_cmd(&name))
}
