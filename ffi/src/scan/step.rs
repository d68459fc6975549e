//! A step of a scan: a page of one node's keys, and which node is next.
//!
//! A node is visited from its first cursor to its last. What it had at the
//! beginning of the visit and still has at the end is done then. If it was
//! started again meanwhile, or slots came back to it, or it is lost, nothing of
//! it is done, and who has the slots now is visited anew. Keys of a slot that is
//! being moved are in two nodes: the one that they go to is visited after the
//! other, within one visit.
//!
//! The core has a scan of its own, which cannot be ended safely: in it, within
//! the core's loop, the topology is refreshed. If its caller leaves just then
//! the core takes the refresh for one that goes on, and never makes another; if
//! a connection is lost just then the loop waits for what only it could end.

use super::{
    ask,
    node::{Member, Node, View},
};
use crate::{
    dispatch::send_as_pipeline,
    failure::may_pass,
    reply::Failure,
    route::{ANY_PRIMARY, by_slot, node_address, to_node},
    slots::{self, AGAIN},
    slotset::SlotSet,
    status::Outcome,
};
use glide_core::client::Client as Core;
use redis::{Value, cluster_routing::RoutingInfo};
use std::{sync::Arc, time::Duration};

/// How far a scan has come.
#[derive(Clone, Default)]
pub struct State {
    done: SlotSet,
    visit: Option<Visit>,
}

/// Where in one node, or in two after one another, a scan is.
#[derive(Clone)]
struct Visit {
    places: Arc<[Place]>,
    /// In which of the places, and how far.
    at: usize,
    cursor: Vec<u8>,
}

struct Place {
    route: RoutingInfo,
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
    pub next: Option<State>,
    pub keys: Value,
}

/// Makes a step, as soon as the cluster lets it.
pub async fn make(core: &mut Core, from: &State, selection: &Selection) -> Result<Page, Failure> {
    let mut state = from.clone();
    loop {
        let (visit, watching) = (state.visit.clone(), core.clone());
        let result = tokio::select! {
            biased;
            result = attempt(core, &mut state, selection) => result,
            () = in_vain(watching, visit) => Err(Obstacle::Passing),
        };
        match result {
            Ok(keys) => {
                let next = state.done.first_missing().is_some().then_some(state);
                return Ok(Page { next, keys });
            }
            Err(Obstacle::Lasting(failure)) => return Err(failure),
            Err(Obstacle::Passing) => tokio::time::sleep(AGAIN).await,
        }
    }
}

enum Obstacle {
    /// A node that is lost or a slot that changes hands.
    Passing,
    Lasting(Failure),
}

impl From<Failure> for Obstacle {
    fn from(failure: Failure) -> Self {
        match failure.outcome {
            Outcome::ConnectionLost => Obstacle::Passing,
            _ if may_pass(&failure) => Obstacle::Passing,
            _ => Obstacle::Lasting(failure),
        }
    }
}

/// Gives some keys. If it fails, the visit is over.
async fn attempt(core: &mut Core, state: &mut State, selection: &Selection) -> Result<Value, Obstacle> {
    let mut visit = match state.visit.take() {
        Some(visit) => visit,
        None => match begin(core, &mut state.done, selection.allow_uncovered_slots).await? {
            Some(visit) => visit,
            None => return Ok(Value::Array(Vec::new())),
        },
    };
    let mut cmd = redis::cmd("SCAN");
    cmd.arg(&visit.cursor).arg(&selection.words);
    let route = visit.places[visit.at].route.clone();
    let page = send_as_pipeline(core, &cmd, Some(route)).await.map_err(Failure::from)?;
    let (cursor, keys) = read(page)?;
    visit.at += usize::from(cursor == FIRST);
    visit.cursor = cursor;
    if visit.at < visit.places.len() {
        state.visit = Some(visit);
    } else if let Ok(done) = done_by(core, &visit.places).await {
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
async fn in_vain(mut core: Core, visit: Option<Visit>) {
    let Some(visit) = visit else { return std::future::pending().await };
    let mut patience = PATIENCE;
    loop {
        tokio::time::sleep(patience).await;
        patience *= 2;
        let Place { route, before } = &visit.places[0];
        // Whoever moves slots mostly begins with the first.
        if let Some(slot) = before.slots.last() {
            discover(&mut core, slot).await;
            if to_primary(&core, slot).await.is_some_and(|primary| primary != *route) {
                return;
            }
        }
        if let Some(other) = visit.places.get(1)
            && let Ok((now, _)) = ask::node(&mut core, route).await
            && now.leaving.iter().all(|(_, id)| *id != other.before.id)
        {
            return;
        }
    }
}

/// Gives the slots all of whose keys were in the places while they were visited.
async fn done_by(core: &mut Core, places: &[Place]) -> Result<SlotSet, Failure> {
    let mut done = SlotSet::default();
    for (i, Place { route, before }) in places.iter().enumerate() {
        let (now, _) = ask::node(core, route).await?;
        if !now.is_still(before) {
            return Ok(SlotSet::default());
        }
        let mut slots = now.slots;
        slots.retain_common(&before.slots);
        for (slot, target) in &now.leaving {
            if !places[i + 1..].iter().any(|later| later.before.id == *target) {
                slots.remove(*slot);
            }
        }
        done.insert_all(&slots);
    }
    Ok(done)
}

/// Finds who has the keys of the first slot that is not done; none if all are.
async fn begin(
    core: &mut Core,
    done: &mut SlotSet,
    allow_uncovered_slots: bool,
) -> Result<Option<Visit>, Obstacle> {
    while let Some(slot) = done.first_missing() {
        discover(core, slot).await;
        let route = to_primary(core, slot).await;
        let (before, view) = ask::node(core, route.as_ref().unwrap_or(&ANY_PRIMARY)).await?;
        if let Some(route) = route
            && before.slots.contains(slot)
        {
            let target = before.leaving.iter().find(|(leaving, _)| *leaving == slot);
            let other = match target {
                Some((_, id)) => Some(find(core, &view, id).await?),
                None => None,
            };
            let places = [Place { route, before }].into_iter().chain(other).collect();
            return Ok(Some(Visit { places, at: 0, cursor: FIRST.to_vec() }));
        }
        if view.covered.contains(slot) {
            return Err(Obstacle::Passing);
        }
        if !allow_uncovered_slots {
            let text = format!("no node has slot {slot}");
            return Err(Obstacle::Lasting(Failure::new(Outcome::Unreachable, text)));
        }
        done.insert_missing(&view.covered);
    }
    Ok(None)
}

/// Has the core find out who has a slot, where its keys are being moved to too:
/// a command with a key in it is sent on by who does not have it, and the core
/// goes by that. What is answered, and whether it is, does not matter.
async fn discover(core: &mut Core, slot: u16) {
    let mut cmd = redis::cmd("EXISTS");
    cmd.arg(&slots::key_in(slot));
    let _ = send_as_pipeline(core, &cmd, Some(by_slot(slot, false))).await;
}

/// Finds a node by its id. Where the core knows it, it may do so by another
/// address than others do.
async fn find(core: &mut Core, view: &View, id: &str) -> Result<Place, Obstacle> {
    let member = view.members.iter().find(|member| member.id == id);
    let route = match member {
        Some(Member { slot: Some(slot), .. }) => to_primary(core, *slot).await,
        Some(Member { address, .. }) => by_address(address),
        None => None,
    };
    let route = route.ok_or(Obstacle::Passing)?;
    let (before, _) = ask::node(core, &route).await?;
    match before.id == id {
        true => Ok(Place { route, before }),
        false => Err(Obstacle::Passing),
    }
}

/// Gives the way to a slot's primary by its address, so that a command without
/// a key comes to no other.
async fn to_primary(core: &Core, slot: u16) -> Option<RoutingInfo> {
    by_address(&core.address_for_slot(slot).await.ok()?)
}

fn by_address(address: &str) -> Option<RoutingInfo> {
    node_address(address).map(to_node)
}
