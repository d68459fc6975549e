//! Which server a dedicated connection is to.

use crate::{
    abi::Outcome,
    client::Client,
    command::{
        call::find,
        target::{Node, Target},
    },
    core::config::Policy,
    routing::Router,
    wire::{address::Address, failure::Failure, request::Route},
};
use redis::Cmd;
use std::sync::Arc;

/// Returns where a request goes, by its route or else by its command: a
/// dedicated connection is to a primary, or to a node that is named.
pub fn of(client: &Client, route: Route<'_>, cmd: Option<&Cmd>) -> Result<Node, Failure> {
    let policy = client.policy;
    if !policy.cluster {
        return Ok(Node::Primary(0));
    }
    Ok(match route {
        Route::Slot(slot) | Route::SlotPrimary(slot) => Node::Primary(slot),
        Route::Address { host, port } => Node::At(Address::new(host, port)),
        Route::Random => Node::AnyPrimary,
        Route::ByCommand => by_command(policy, cmd),
        Route::SlotReplica(_) | Route::AllNodes | Route::AllPrimaries => {
            return Err(Failure::new(
                Outcome::InvalidRequest,
                "a dedicated connection is to a primary or to a node named by its address",
            ));
        }
    })
}

fn by_command(policy: Policy, cmd: Option<&Cmd>) -> Node {
    let Some(cmd) = cmd else { return Node::AnyPrimary };
    match Target::of(policy, Route::ByCommand, cmd) {
        Target::One(Node::Primary(slot) | Node::Reader(slot) | Node::Replica(slot)) => {
            Node::Primary(slot)
        }
        _ => Node::AnyPrimary,
    }
}

/// Reports whether the topology says that a request is for another server than
/// the one at an address.
pub fn is_elsewhere(router: &Router, node: &Node, address: &Address) -> bool {
    let map = router.map();
    match map.nodes().find(|known| known.address == *address) {
        Some(known) => !node.waits_for(&map, known),
        None => !matches!(node, Node::At(_)) && !map.shards.is_empty(),
    }
}

/// Waits until the topology says so.
pub async fn moves_elsewhere(router: &Router, node: &Node, address: &Address) {
    loop {
        let mut change = std::pin::pin!(router.changed().notified());
        change.as_mut().enable();
        if is_elsewhere(router, node, address) {
            return;
        }
        change.await;
    }
}

/// Returns the node's address; it waits until the topology has it.
pub async fn resolve(router: &Arc<Router>, node: &Node) -> Result<Address, Failure> {
    Ok(find(router, node).await?.address.clone())
}
