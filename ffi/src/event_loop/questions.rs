//! The questions that the program has not answered yet.
//!
//! A question waits as long as the task that asks it. An answer that comes later, or a
//! second time, is ignored.

use super::completions::Completions;
use crate::wire::{Answer, question::Question};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};
use tokio::{
    sync::oneshot::{Receiver, Sender, channel},
    time::timeout,
};

/// The questions of an engine that are not answered.
#[derive(Default)]
pub struct Questions(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    last: u64,
    senders: HashMap<u64, Sender<Answer>>,
}

/// A question whose answer is awaited; it is forgotten when this is dropped.
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

    /// Asks functions of the program.
    pub async fn ask(
        &self,
        completions: &Completions,
        functions: u64,
        question: Question<'_>,
        time: Duration,
    ) -> Result<Answer, String> {
        let (open, answered) = self.open();
        completions.push_question(functions, open.number, question, time);
        match timeout(time, answered).await {
            Ok(Ok(answer)) if answer.failure.is_empty() => Ok(answer),
            Ok(Ok(answer)) => Err(answer.failure),
            Ok(Err(_)) | Err(_) => Err(format!("no answer within {time:?}")),
        }
    }

    /// Passes an answer to the task that waits for it, and reports whether one does.
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
