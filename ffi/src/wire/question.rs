//! Questions: what the library asks the program that uses it, whenever a
//! connection is made.
//!
//! `abi/contract.md` describes the form.

use super::{address::Address, reply::ReplyBuffer};
use crate::abi::{Outcome, QuestionKind};
use std::time::Duration;

/// What a question is about.
#[derive(Clone, Copy)]
pub enum Question<'a> {
    Address(&'a Address),
    Credentials,
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
