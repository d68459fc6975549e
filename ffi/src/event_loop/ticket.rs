//! Requests that wait for their completion.

use super::engine::Engine;
use crate::wire::{
    failure::{self, Failure},
    reply::{Answer, Reply},
};
use std::sync::atomic::Ordering;

/// A request that waits for its completion. It is completed exactly once:
/// `complete` consumes it, and one that is dropped (a task that panicked, a
/// client that was closed) is completed by that.
pub struct Ticket {
    id: u64,
    engine: &'static Engine,
    completed: bool,
}

impl Ticket {
    pub fn new(engine: &'static Engine, id: u64) -> Self {
        engine.tickets.fetch_add(1, Ordering::Relaxed);
        Ticket { id, engine, completed: false }
    }

    pub fn id(&self) -> u64 {
        self.id
    }

    pub fn complete(self, reply: Reply) {
        self.answer(reply.map(Answer::One));
    }

    pub fn answer(mut self, answer: Result<Answer, Failure>) {
        self.finish(answer);
    }

    fn finish(&mut self, answer: Result<Answer, Failure>) {
        self.completed = true;
        self.engine.complete(self.id, answer);
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
