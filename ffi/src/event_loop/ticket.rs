//! Requests that wait for their completion.

use super::engine::Engine;
use crate::wire::{
    failure::{self, Failure},
    reply::{Answer, Reply},
    request::Request,
    trace::Trace,
};
use std::sync::atomic::Ordering;

/// A request that waits for its completion. It is completed exactly once:
/// `complete` consumes it, and one that is dropped (a task that panicked, a
/// client that was closed) is completed by that.
pub struct Ticket {
    id: u64,
    engine: &'static Engine,
    // Not a `Trace`: so they fit into what would be padding.
    node: u32,
    resends: u16,
    completed: bool,
    as_sent: bool,
}

impl Ticket {
    pub fn new(engine: &'static Engine, id: u64) -> Self {
        engine.tickets.fetch_add(1, Ordering::Relaxed);
        Ticket { id, engine, node: 0, resends: 0, completed: false, as_sent: false }
    }

    /// Returns the ticket of a request, with the form of its replies.
    pub fn of(engine: &'static Engine, request: &Request<'_>) -> Self {
        let mut ticket = Ticket::new(engine, request.ticket);
        ticket.as_sent = request.as_sent;
        ticket
    }

    /// Reports whether the replies are as the server sent them.
    pub fn is_as_sent(&self) -> bool {
        self.as_sent
    }

    pub fn id(&self) -> u64 {
        self.id
    }

    /// Sets what the completion says of how the request went.
    pub fn set_trace(&mut self, trace: Trace) {
        (self.node, self.resends) = (trace.node, trace.resends);
    }

    /// Returns what the completion says of how the request went.
    pub fn trace(&self) -> Trace {
        Trace { node: self.node, resends: self.resends }
    }

    pub fn complete(self, reply: Reply) {
        self.answer(reply.map(Answer::One));
    }

    pub fn answer(mut self, answer: Result<Answer, Failure>) {
        self.finish(answer);
    }

    fn finish(&mut self, answer: Result<Answer, Failure>) {
        self.completed = true;
        self.engine.complete(self.id, self.trace(), self.as_sent, answer);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.completed {
            return;
        }
        self.finish(Err(match std::thread::panicking() {
            true => failure::panicked(),
            false => failure::closed(),
        }));
    }
}
