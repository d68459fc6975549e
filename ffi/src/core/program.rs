//! The functions of the program that uses the library, as far as they are
//! asked when connections are made.

use crate::{
    event_loop::Engine,
    wire::{Answer, ConnectionRequest, question::Question},
};
use std::time::Duration;

/// A client's functions.
#[derive(Clone, Copy)]
pub struct Program {
    engine: &'static Engine,
    functions: u64,
}

impl Program {
    pub fn of(engine: &'static Engine, request: &ConnectionRequest) -> Self {
        Program { engine, functions: request.answerer }
    }

    /// Asks them. There is no answer if they fail or do not return in time.
    pub async fn ask(self, question: Question<'_>, time: Duration) -> Result<Answer, String> {
        self.engine.ask(self.functions, question, time).await
    }
}
