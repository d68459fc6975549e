//! Going over all keys of a cluster, step by step.
//!
//! How far a scan has come is a state that never changes: each step makes a new
//! one. They are kept here under names that the caller chooses, until the caller
//! drops the name. A name is taken when its step is submitted, so that one which
//! is dropped before the step is done leaves nothing behind.

mod ask;
mod node;
mod step;

use crate::{
    abi::Outcome,
    client::{Client, Prepared},
    command::servers::Servers,
    core::calls::{Deadline, Patience},
    routing::reserve::reserve_all,
    wire::{failure::Failure, reply::Answer, request::Scan},
};
use redis::Value;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};
use step::{Page, ScanState, Selection};

/// The states by their names; none for a step that is in progress.
#[derive(Default)]
pub struct Scans(Mutex<HashMap<u64, Option<Arc<ScanState>>>>);

impl Scans {
    fn states(&self) -> MutexGuard<'_, HashMap<u64, Option<Arc<ScanState>>>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Drops a state by its name, if there is one.
    pub fn remove(&self, name: u64) {
        self.states().remove(&name);
    }

    pub fn count(&self) -> usize {
        self.states().len()
    }

    /// Takes a name, and reports whether it is new.
    fn begin(&self, name: u64) -> bool {
        self.states().insert(name, None).is_none()
    }

    /// Keeps the state that a step has made, unless its name was dropped meanwhile.
    fn keep(&self, name: u64, state: ScanState) {
        if let Some(entry) = self.states().get_mut(&name) {
            *entry = Some(Arc::new(state));
        }
    }

    fn get(&self, name: u64) -> Option<Arc<ScanState>> {
        match name {
            0 => Some(Arc::default()),
            name => self.states().get(&name).cloned().flatten(),
        }
    }
}

/// The name of a step's new state. It is dropped unless the step makes one.
struct Name {
    scans: Arc<Scans>,
    name: u64,
    made: bool,
}

impl Name {
    fn keep(mut self, state: ScanState) {
        self.scans.keep(self.name, state);
        self.made = true;
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        if !self.made {
            self.scans.remove(self.name);
        }
    }
}

/// Prepares a step. It is answered with whether it was the last, and its keys.
pub fn prepare(
    client: &Client,
    scans: &Arc<Scans>,
    servers: &Servers,
    ticket: u64,
    deadline: Deadline,
    scan: Scan<'_>,
) -> Result<Prepared, Failure> {
    let invalid = |message| Err(Failure::new(Outcome::InvalidRequest, message));
    if !client.policy.cluster {
        return invalid("a scan of a cluster needs a cluster");
    }
    let Some(from) = scans.get(scan.from) else {
        return invalid("the state to scan on from is not there");
    };
    let nodes = step::node(servers, &from).into_iter().collect();
    let reserved = reserve_all(&client.waits, ticket, nodes)?;
    if !scans.begin(scan.next) {
        return invalid("the name of the new state is taken");
    }
    let next = Name { scans: scans.clone(), name: scan.next, made: false };
    let (selection, servers) = (selection(scan), servers.clone());
    let work = async move {
        let patience = Patience::until(deadline);
        let step = step::make(&servers, &from, &selection, patience);
        let Page { next: state, keys } = deadline.bound(step).await??;
        let last = Value::Boolean(state.is_none());
        if let Some(state) = state {
            next.keep(state);
        }
        Ok(Answer::One(Value::Array(vec![last, keys])))
    };
    Ok(Prepared::new(reserved, work))
}

fn selection(scan: Scan<'_>) -> Selection {
    let mut words = Vec::new();
    let mut option = |name: &[u8], value: &[u8]| words.extend([name.to_vec(), value.to_vec()]);
    if let Some(pattern) = scan.pattern {
        option(b"MATCH", pattern);
    }
    if scan.count > 0 {
        option(b"COUNT", scan.count.to_string().as_bytes());
    }
    if !scan.kind.is_empty() {
        option(b"TYPE", scan.kind.as_bytes());
    }
    Selection { words, allow_uncovered_slots: scan.allow_uncovered_slots }
}
