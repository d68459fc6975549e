//! A step of a scan: a page of one node's keys, and which node is next.
//!
//! A node is visited from its first cursor to its last. What it had at the
//! beginning of the visit and still has at the end is done then. If it was
//! started again meanwhile, or slots came back to it, or it is lost, nothing of
//! it is done, and who has the slots now is visited again. Keys of a slot that is
//! being moved are in two nodes: the one that they go to is visited after the
//! other, within one visit.
//!
//! The core has a scan, too, which cannot be ended safely: in it, within
//! the core's loop, the topology is refreshed. If its caller leaves just then
//! the core takes the refresh for one that goes on, and never makes another; if
//! a connection is lost just then the loop waits for what only it could end.

use super::{
    ask,
    node::{Member, Node, View},
};
use crate::{
    abi::Outcome,
    command::{
        call::{Start, call},
        servers::Servers,
        target,
    },
    core::calls::Patience,
    routing::node::NodeClient,
    wire::{
        address::Address,
        failure::{Failure, may_pass, timeout},
        slots::{SlotSet, key_in},
    },
};
use redis::Value;
use std::{sync::Arc, time::Duration};

/// How long to wait before a cluster is asked again where a slot is.
const AGAIN: Duration = Duration::from_millis(25);

/// How far a scan has come.
#[derive(Clone, Default)]
pub struct ScanState {
    done: SlotSet,
    visit: Option<Visit>,
}

/// Where in one node, or in two after one another, a scan is.
#[derive(Clone)]
struct Visit {
    nodes: Arc<[VisitedNode]>,
    /// In which of them, and how far.
    at: usize,
    cursor: Vec<u8>,
}

struct VisitedNode {
    route: target::Node,
    /// As it was at the beginning.
    before: Node,
}

/// What is gone over.
pub struct Selection {
    /// The words after the cursor.
    pub words: Vec<Vec<u8>>,
    pub allow_uncovered_slots: bool,
}

/// Some keys, and where it goes on, if it does.
pub struct Page {
    pub next: Option<ScanState>,
    pub keys: Value,
}

/// Makes a step, as soon as the cluster lets it.
pub async fn make(
    servers: &Servers,
    from: &ScanState,
    selection: &Selection,
    patience: Patience,
) -> Result<Page, Failure> {
    let mut state = from.clone();
    loop {
        let (visit, watching) = (state.visit.clone(), servers.clone());
        let result = tokio::select! {
            biased;
            result = attempt(servers, &mut state, selection, patience) => result,
            () = until_in_vain(watching, visit) => Err(Obstacle::Passing(None)),
        };
        match result {
            Ok(keys) => {
                let next = state.done.first_missing().is_some().then_some(state);
                return Ok(Page { next, keys });
            }
            Err(Obstacle::Lasting(failure)) => return Err(failure),
            Err(Obstacle::Passing(Some(failure))) if !servers.router.resends() => {
                return Err(failure);
            }
            Err(Obstacle::Passing(failure)) => {
                let pause = patience.at_most(AGAIN);
                if pause.is_zero() {
                    return Err(failure.map_or_else(timeout, Failure::when_time_was_over));
                }
                tokio::time::sleep(pause).await;
            }
        }
    }
}

enum Obstacle {
    /// A node that is lost or a slot that changes hands.
    Passing(Option<Failure>),
    Lasting(Failure),
}

impl From<Failure> for Obstacle {
    fn from(failure: Failure) -> Self {
        let lost = failure.outcome == Outcome::ConnectionLost || failure.is_about_connecting();
        match lost || may_pass(&failure) {
            true => Obstacle::Passing(Some(failure)),
            false => Obstacle::Lasting(failure),
        }
    }
}

/// Returns some keys. If it fails, the visit is over.
async fn attempt(
    servers: &Servers,
    state: &mut ScanState,
    selection: &Selection,
    patience: Patience,
) -> Result<Value, Obstacle> {
    let mut visit = match state.visit.take() {
        Some(visit) => visit,
        None => match begin(servers, &mut state.done, selection, patience).await? {
            Some(visit) => visit,
            None => return Ok(Value::Array(Vec::new())),
        },
    };
    let mut cmd = redis::cmd("SCAN");
    cmd.arg(&visit.cursor).arg(&selection.words);
    let route = visit.nodes[visit.at].route.clone();
    let page = call(servers, &cmd, route, Start::default(), patience).await?;
    let (cursor, keys) = read(page)?;
    visit.at += usize::from(cursor == FIRST);
    visit.cursor = cursor;
    if visit.at < visit.nodes.len() {
        state.visit = Some(visit);
    } else if let Ok(done) = done_by(servers, &visit.nodes, patience).await {
        state.done.insert_all(&done);
    }
    Ok(keys)
}

/// The cursor of a scan's beginning, and of its end.
const FIRST: &[u8] = b"0";

fn read(page: Value) -> Result<(Vec<u8>, Value), Failure> {
    if let Value::Array(page) = page
        && let Ok([Value::BulkString(cursor), keys]) = <[Value; 2]>::try_from(page)
    {
        return Ok((cursor.to_vec(), keys));
    }
    Err(ask::unexpected("SCAN"))
}

/// How long a step may take before it is asked whether it can end: less than
/// most callers wait for it.
const PATIENCE: Duration = Duration::from_millis(50);

/// Ends when a visit that takes its time need not be gone on with: its node has
/// lost a slot, as one that is lost has lost them all, or no slot is on its way
/// to the other any more. A command for a node that is lost waits for it to
/// come back.
async fn until_in_vain(servers: Servers, visit: Option<Visit>) {
    let Some(visit) = visit else { return std::future::pending().await };
    let mut patience = PATIENCE;
    loop {
        tokio::time::sleep(patience).await;
        patience *= 2;
        let VisitedNode { route, before } = &visit.nodes[0];
        // Slots are mostly moved beginning with the first.
        if let Some(slot) = before.slots.last() {
            discover(&servers, slot).await;
            if to_primary(&servers, slot).await.is_some_and(|primary| primary != *route) {
                return;
            }
        }
        if let Some(other) = visit.nodes.get(1)
            && let Ok((now, _)) = ask::node(&servers, route, Patience::of(None)).await
            && now.leaving.iter().all(|(_, id)| *id != other.before.id)
        {
            return;
        }
    }
}

/// Returns the slots all of whose keys were in the nodes while they were visited.
async fn done_by(
    servers: &Servers,
    nodes: &[VisitedNode],
    patience: Patience,
) -> Result<SlotSet, Failure> {
    let mut done = SlotSet::default();
    for (i, VisitedNode { route, before }) in nodes.iter().enumerate() {
        let (now, _) = ask::node(servers, route, patience).await?;
        if !now.is_still(before) {
            return Ok(SlotSet::default());
        }
        let mut slots = now.slots;
        slots.retain_common(&before.slots);
        for (slot, target) in &now.leaving {
            if !nodes[i + 1..].iter().any(|later| later.before.id == *target) {
                slots.remove(*slot);
            }
        }
        done.insert_all(&slots);
    }
    Ok(done)
}

/// Finds who has the keys of the first slot that is not done; none if all are.
async fn begin(
    servers: &Servers,
    done: &mut SlotSet,
    selection: &Selection,
    patience: Patience,
) -> Result<Option<Visit>, Obstacle> {
    while let Some(slot) = done.first_missing() {
        discover(servers, slot).await;
        let route = to_primary(servers, slot).await;
        let at = route.as_ref().unwrap_or(&target::Node::AnyPrimary);
        let (before, view) = ask::node(servers, at, patience).await?;
        if let Some(route) = route
            && before.slots.contains(slot)
        {
            let target = before.leaving.iter().find(|(leaving, _)| *leaving == slot);
            let other = match target {
                Some((_, id)) => Some(find(servers, &view, id, patience).await?),
                None => None,
            };
            let nodes = [VisitedNode { route, before }].into_iter().chain(other).collect();
            return Ok(Some(Visit { nodes, at: 0, cursor: FIRST.to_vec() }));
        }
        if view.covered.contains(slot) {
            return Err(Obstacle::Passing(None));
        }
        if !selection.allow_uncovered_slots {
            let text = format!("no node has slot {slot}");
            return Err(Obstacle::Lasting(Failure::new(Outcome::Unreachable, text)));
        }
        done.insert_missing(&view.covered);
    }
    Ok(None)
}

/// Finds out who has a slot, where its keys are being moved to too: a command
/// with a key in it is redirected by who does not have it. What is answered,
/// and whether it is, does not matter.
async fn discover(servers: &Servers, slot: u16) {
    let mut cmd = redis::cmd("EXISTS");
    cmd.arg(&key_in(slot));
    let patience = Patience::of(Some(PATIENCE * 2));
    let _ = call(servers, &cmd, target::Node::Primary(slot), Start::default(), patience).await;
}

/// Finds a node by its id. Where the core knows it, it may do so by another
/// address than others do.
async fn find(
    servers: &Servers,
    view: &View,
    id: &str,
    patience: Patience,
) -> Result<VisitedNode, Obstacle> {
    let member = view.members.iter().find(|member| member.id == id);
    let route = match member {
        Some(Member { slot: Some(slot), .. }) => to_primary(servers, *slot).await,
        Some(Member { address, .. }) => by_address(address),
        None => None,
    };
    let route = route.ok_or(Obstacle::Passing(None))?;
    let (before, _) = ask::node(servers, &route, patience).await?;
    match before.id == id {
        true => Ok(VisitedNode { route, before }),
        false => Err(Obstacle::Passing(None)),
    }
}

/// Returns a slot's primary by its address, so that a command without a key
/// comes to no other.
async fn to_primary(servers: &Servers, slot: u16) -> Option<target::Node> {
    let map = servers.router.map();
    map.primary(slot).map(|node| target::Node::At(node.address.clone()))
}

fn by_address(address: &str) -> Option<target::Node> {
    Address::parse(address).map(target::Node::At)
}

/// Returns the node that a step begins with, if it is known.
pub fn node(servers: &Servers, from: &ScanState) -> Option<Arc<NodeClient>> {
    let node = match (&from.visit, from.done.first_missing()) {
        (Some(visit), _) => visit.nodes[visit.at].route.clone(),
        (None, Some(slot)) => target::Node::Primary(slot),
        (None, None) => target::Node::AnyPrimary,
    };
    node.find(&servers.router, &servers.router.map())
}
