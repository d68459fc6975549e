//! Questions: what the library asks the program that uses it, whenever a
//! connection is made.
//!
//! A question is handed out among the completions (`Outcome::Question`), under
//! the name that the program gave to its functions, and `glide_answer` brings
//! the answer. An entry has the question's number (8 bytes), what it is about (1
//! byte), how long somebody waits for the answer (4 bytes, milliseconds), and,
//! if it is about an address, the port (4 bytes) and the host (a 4-byte length
//! and that many bytes).
//!
//! | byte | about | the answer has |
//! |------|-------|----------------|
//! | 0    | where a server is reached that announces this address | an address |
//! | 1    | what to authenticate with | credentials |
//!
//! A question waits for as long as who asks does. An answer that comes later, or
//! a second time, finds nobody.

use crate::{
    event_loop::Engine,
    reply::ReplyBuffer,
    routing::address::Address,
    status::Outcome,
    wire::Answer,
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};
use tokio::{
    sync::oneshot::{Receiver, Sender, channel},
    time::timeout,
};

/// What a question is about.
#[derive(Clone, Copy)]
pub enum Question<'a> {
    Address(&'a Address),
    Credentials,
}

/// The questions of an engine that are not answered.
#[derive(Default)]
pub struct Questions(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    last: u64,
    senders: HashMap<u64, Sender<Answer>>,
}

/// A question that somebody waits with; it is forgotten when this is dropped.
struct Open<'a> {
    questions: &'a Questions,
    number: u64,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.questions.lock().senders.remove(&self.number);
    }
}

impl Questions {
    fn open(&self) -> (Open<'_>, Receiver<Answer>) {
        let (sender, receiver) = channel();
        let mut waiting = self.lock();
        waiting.last += 1;
        let number = waiting.last;
        waiting.senders.insert(number, sender);
        (Open { questions: self, number }, receiver)
    }

    /// Hands an answer to who waits for it, and reports whether anybody does.
    pub fn answer(&self, number: u64, answer: Answer) -> bool {
        let sender = self.lock().senders.remove(&number);
        sender.is_some_and(|sender| sender.send(answer).is_ok())
    }

    /// Returns how many are not answered.
    pub fn count(&self) -> usize {
        self.lock().senders.len()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Engine {
    /// Asks functions of the program, and returns the answer or why there is
    /// none.
    pub async fn ask(
        &self,
        functions: u64,
        question: Question<'_>,
        time: Duration,
    ) -> Result<Answer, String> {
        let (open, answered) = self.questions.open();
        self.completions.push_question(functions, open.number, question, time);
        match timeout(time, answered).await {
            Ok(Ok(answer)) if answer.failure.is_empty() => Ok(answer),
            Ok(Ok(answer)) => Err(answer.failure),
            Ok(Err(_)) | Err(_) => Err(format!("no answer within {time:?}")),
        }
    }
}

impl ReplyBuffer {
    pub fn push_question(
        &mut self,
        functions: u64,
        number: u64,
        question: Question<'_>,
        time: Duration,
    ) {
        let start = self.begin(functions, Outcome::Question);
        self.data.extend_from_slice(&number.to_le_bytes());
        self.data.push(match question {
            Question::Address(_) => 0,
            Question::Credentials => 1,
        });
        let milliseconds = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
        self.data.extend_from_slice(&milliseconds.to_le_bytes());
        if let Question::Address(address) = question {
            self.data.extend_from_slice(&u32::from(address.port).to_le_bytes());
            self.text(address.host.as_bytes());
        }
        // A host is short.
        let _ = self.end(start);
    }
}
