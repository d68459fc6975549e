//! Going over all keys of a cluster, step by step.
//!
//! The core keeps the state of a scan, which slots were gone over and where,
//! in an object that never changes: each step makes a new one. They are kept
//! here under names that the caller chooses, until the caller drops the name.
//! A name is taken when its step is submitted, so that one which is dropped
//! before the step is done leaves nothing behind.

use crate::{
    client::{Client, Ticket},
    dispatch::within,
    failure, mend,
    reply::Failure,
    request::Scan,
    status::Outcome,
};
use glide_core::{
    client::{Client as Core, FINISHED_SCAN_CURSOR},
    cluster_scan_container::{get_cluster_scan_cursor, remove_scan_state_cursor},
};
use redis::{ClusterScanArgs, ObjectType, ScanStateRC, Value};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

/// The states by their names; none for a step that is under way.
#[derive(Default)]
pub struct Scans(Mutex<HashMap<u64, Option<ScanStateRC>>>);

impl Scans {
    fn states(&self) -> MutexGuard<'_, HashMap<u64, Option<ScanStateRC>>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub fn drop(&self, name: u64) {
        self.states().remove(&name);
    }

    pub fn count(&self) -> usize {
        self.states().len()
    }

    /// Takes a name; it must be new.
    fn begin(&self, name: u64) -> bool {
        self.states().insert(name, None).is_none()
    }

    /// Keeps a state, if its name was not dropped meanwhile.
    fn keep(&self, name: u64, state: ScanStateRC) {
        if let Some(place) = self.states().get_mut(&name) {
            *place = Some(state);
        }
    }

    fn get(&self, name: u64) -> Option<ScanStateRC> {
        match name {
            0 => Some(ScanStateRC::new()),
            name => self.states().get(&name).cloned().flatten(),
        }
    }
}

/// Starts a step. It is answered with whether it was the last, and its keys.
pub fn start(
    client: &Arc<Client>,
    core: &Core,
    ticket: Ticket,
    timeout: Option<Duration>,
    scan: Scan<'_>,
) {
    let scans = &client.engine.scans;
    let invalid = |message| Err(Failure::new(Outcome::InvalidRequest, message));
    if !client.policy.cluster {
        return ticket.complete(invalid("a scan of a cluster needs a cluster"));
    }
    let Some(from) = scans.get(scan.from) else {
        return ticket.complete(invalid("the state to scan on from is not there"));
    };
    let Some(args) = arguments(scan) else {
        return ticket.complete(invalid("no such type"));
    };
    let Some(place) = core.reserve_inflight_request() else {
        return ticket.complete(Err(failure::inflight_limit()));
    };
    if !scans.begin(scan.next) {
        return ticket.complete(invalid("the name of the new state is taken"));
    }
    let (engine, next) = (client.engine, scan.next);
    let (client, mut core) = (client.clone(), core.clone());
    engine.runtime.spawn(async move {
        let step = within(timeout, core.cluster_scan(&from, args));
        let result = client.until_closed(step).await;
        drop(place);
        let scans = &engine.scans;
        let answer = result.unwrap_or_else(|| Err(failure::closed()));
        let answer = answer.and_then(|page| settle(scans, next, page));
        if let Err(failure) = &answer {
            scans.drop(next);
            if failure.outcome == Outcome::Timeout {
                tokio::spawn(mend::stuck(client));
            }
        }
        ticket.complete(answer);
    });
}

fn arguments(scan: Scan<'_>) -> Option<ClusterScanArgs> {
    let mut args = ClusterScanArgs::builder().allow_non_covered_slots(scan.allow_uncovered_slots);
    if let Some(pattern) = scan.pattern {
        args = args.with_match_pattern(pattern);
    }
    if scan.count > 0 {
        args = args.with_count(scan.count);
    }
    if !scan.kind.is_empty() {
        args = args.with_object_type(match scan.kind {
            "string" => ObjectType::String,
            "list" => ObjectType::List,
            "set" => ObjectType::Set,
            "zset" => ObjectType::ZSet,
            "hash" => ObjectType::Hash,
            "stream" => ObjectType::Stream,
            _ => return None,
        });
    }
    Some(args.build())
}

/// Takes the new state out of the core's own container into ours.
fn settle(scans: &Scans, next: u64, page: Value) -> Result<Value, Failure> {
    let unexpected = || Failure::new(Outcome::Internal, "the core answered a scan otherwise");
    let Value::Array(mut page) = page else { return Err(unexpected()) };
    let (Some(keys), Some(Value::BulkString(id))) = (page.pop(), page.pop()) else {
        return Err(unexpected());
    };
    let id = String::from_utf8(id.to_vec()).map_err(|_| unexpected())?;
    let last = id == FINISHED_SCAN_CURSOR;
    if last {
        scans.drop(next);
    } else {
        let state = get_cluster_scan_cursor(id.clone())?;
        remove_scan_state_cursor(id);
        scans.keep(next, state);
    }
    Ok(Value::Array(vec![Value::Boolean(last), keys]))
}
