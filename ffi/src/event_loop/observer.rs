//! What a client reports about itself: events, records of the log, statistics, and of
//! each request which node answered it and how often it was sent again.

use super::engine::Engine;
use crate::wire::{ConnectionRequest, address::Address, event::Event, trace::Trace};
use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

/// Records what happens to a client, and tells those who observe it.
pub struct Observer {
    engine: &'static Engine,
    /// What entries have in place of a ticket; 0 if no one observes the client.
    name: u64,
    /// Completions say which node answered.
    traces: bool,
    /// The nodes that completions name by number.
    nodes: Mutex<Vec<Address>>,
    pub counters: Arc<Counters>,
}

/// What is counted of a client as long as it lives.
#[derive(Default)]
pub struct Counters {
    /// What was read from and written to connections.
    pub received: AtomicU64,
    pub sent: AtomicU64,
    /// Requests that were sent again, each as often as it was.
    pub resends: AtomicU64,
    /// Connections that were made in place of others.
    pub reconnects: AtomicU64,
    /// Changes of the topology.
    pub topology: AtomicU64,
}

impl Counters {
    pub fn add(counter: &AtomicU64, number: u64) {
        counter.fetch_add(number, Ordering::Relaxed);
    }
}

impl Observer {
    pub fn of(engine: &'static Engine, request: &ConnectionRequest) -> Arc<Self> {
        Arc::new(Observer {
            engine,
            name: request.observer,
            traces: request.traces,
            nodes: Mutex::default(),
            counters: Arc::default(),
        })
    }

    /// Returns by which number its records of the log name the client.
    pub fn name(&self) -> u64 {
        self.name
    }

    /// Reports an event, if the client is observed.
    pub fn report(&self, event: Event<'_>) {
        if self.name != 0 {
            self.engine.completions.push_event(self.name, event);
        }
    }

    /// Returns the number by which completions name a node, or 0 if they do not.
    pub fn number(&self, address: &Address) -> u32 {
        if !self.traces {
            return 0;
        }
        let mut nodes = self.nodes();
        let at = nodes.iter().position(|known| known == address).unwrap_or_else(|| {
            nodes.push(address.clone());
            nodes.len() - 1
        });
        u32::try_from(at + 1).unwrap_or(0)
    }

    /// Returns the node that has a number.
    pub fn node(&self, number: u32) -> Option<Address> {
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        self.nodes().get(at).cloned()
    }

    /// Returns what records how one request goes.
    pub fn tracer(&self) -> Tracer {
        Tracer(self.traces.then(Arc::default))
    }

    fn nodes(&self) -> MutexGuard<'_, Vec<Address>> {
        self.nodes.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Records how a request goes, if its client is to tell that. All tasks that
/// work on a request share one.
#[derive(Clone, Default)]
pub struct Tracer(Option<Arc<Noted>>);

#[derive(Default)]
struct Noted {
    node: AtomicU32,
    resends: AtomicU32,
}

/// In place of a node: there were several.
const SEVERAL: u32 = u32::MAX;

impl Tracer {
    /// Records the node that the request is sent to now.
    pub fn sent_to(&self, node: u32) {
        if let Some(noted) = &self.0
            && noted.node.load(Ordering::Relaxed) != SEVERAL
        {
            noted.node.store(node, Ordering::Relaxed);
        }
    }

    /// Records that the request goes to several nodes.
    pub fn sent_to_several(&self) {
        if let Some(noted) = &self.0 {
            noted.node.store(SEVERAL, Ordering::Relaxed);
        }
    }

    /// Records that the request, or a part of it, is sent again.
    pub fn resent(&self) {
        if let Some(noted) = &self.0 {
            noted.resends.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns what was noted.
    pub fn trace(&self) -> Trace {
        let Some(noted) = &self.0 else { return Trace::default() };
        Trace {
            node: match noted.node.load(Ordering::Relaxed) {
                SEVERAL => 0,
                node => node,
            },
            resends: u16::try_from(noted.resends.load(Ordering::Relaxed)).unwrap_or(u16::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_node_is_told_unless_there_were_several() {
        let tracer = Tracer(Some(Arc::default()));
        assert!(tracer.trace().is_empty());
        tracer.sent_to(1);
        tracer.resent();
        tracer.sent_to(2);
        assert_eq!(tracer.trace(), Trace { node: 2, resends: 1 });
        tracer.sent_to_several();
        tracer.sent_to(3);
        assert_eq!(tracer.trace(), Trace { node: 0, resends: 1 });
    }

    #[test]
    fn nothing_is_noted_of_a_client_that_is_not_traced() {
        let tracer = Tracer::default();
        tracer.sent_to(1);
        tracer.resent();
        assert!(tracer.trace().is_empty());
    }
}
