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
    client::Client,
    command::servers::Servers,
    core::calls::{Deadline, Patience},
    event_loop::ticket::Ticket,
    routing::reserve::reserve_all,
    wire::{
        failure::{self, Failure},
        request::Scan,
    },
};
use redis::Value;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};
use step::{Page, Selection, State};

/// The states by their names; none for a step that is under way.
#[derive(Default)]
pub struct Scans(Mutex<HashMap<u64, Option<Arc<State>>>>);

impl Scans {
    fn states(&self) -> MutexGuard<'_, HashMap<u64, Option<Arc<State>>>> {
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

    /// Keeps the state that a step has made, if it made one and its name was
    /// not dropped meanwhile.
    fn settle(&self, name: u64, state: Option<State>) {
        let mut states = self.states();
        match (states.get_mut(&name), state) {
            (Some(place), Some(state)) => *place = Some(Arc::new(state)),
            _ => drop(states.remove(&name)),
        }
    }

    fn get(&self, name: u64) -> Option<Arc<State>> {
        match name {
            0 => Some(Arc::default()),
            name => self.states().get(&name).cloned().flatten(),
        }
    }
}

/// Starts a step. It is answered with whether it was the last, and its keys.
pub fn start(
    client: &Arc<Client>,
    servers: &Servers,
    ticket: Ticket,
    deadline: Deadline,
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
    let nodes = step::node(servers, &from).into_iter().collect();
    let reserved = match reserve_all(&client.waits, ticket.id(), nodes) {
        Ok(reserved) => reserved,
        Err(failure) => return ticket.complete(Err(failure)),
    };
    if !scans.begin(scan.next) {
        return ticket.complete(invalid("the name of the new state is taken"));
    }
    let (engine, next, selection) = (client.engine, scan.next, selection(scan));
    let (client, servers) = (client.clone(), servers.clone());
    engine.runtime.spawn(async move {
        let step = async {
            let permits = reserved.permits(deadline).await?;
            let patience = Patience::until(deadline);
            let page = deadline.bound(step::make(&servers, &from, &selection, patience)).await;
            drop(permits);
            page
        };
        let result = client.until_closed(step).await;
        let page = result.unwrap_or_else(|| Err(failure::closed())).flatten();
        let (state, answer) = match page {
            Ok(Page { next: state, keys }) => {
                let last = Value::Boolean(state.is_none());
                (state, Ok(Value::Array(vec![last, keys])))
            }
            Err(failure) => (None, Err(failure)),
        };
        engine.scans.settle(next, state);
        ticket.complete(answer);
    });
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
