//! Questions: what the library asks the program that uses it, whenever a
//! connection is made.
//!
//! `abi/contract.md` describes the form.
//!
//! A question waits for as long as who asks does. An answer that comes later, or
//! a second time, finds nobody.

use crate::{
    abi::{Outcome, QuestionKind},
    event_loop::Engine,
    reply::ReplyBuffer,
    routing::address::Address,
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
        let kind = match question {
            Question::Address(_) => QuestionKind::Address,
            Question::Credentials => QuestionKind::Credentials,
        };
        self.data.push(kind as u8);
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
