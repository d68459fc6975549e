//! The flat form in which replies cross the boundary.
//!
//! `abi/contract.md` describes it.
//!
//! Strings of [`SHARED_MIN`] bytes and more are not copied: the buffer keeps
//! the core's own bytes alive until it is released and names them by index.
//!
//! The Go side reads this in glide/internal/wire.

use super::{
    failure::{Failure, shortened},
    trace::Trace,
};
use crate::abi::{GLIDE_BLOCKING_TICKET, GLIDE_TRACED_OUTCOME, GlideSlice, Outcome, Tag};
use bytes::Bytes;
use redis::{PushKind, Value, VerbatimFormat};

/// From here on a string is shared instead of copied.
const SHARED_MIN: usize = 4096;

/// Deeper replies than this do not occur and would cost stack.
const DEPTH_MAX: usize = 128;

/// What a command is completed with.
pub type Reply = Result<Value, Failure>;

/// What a request is answered with.
pub enum Answer {
    One(Value),
    /// The reply to each command of a batch.
    Each(Vec<Reply>),
}

/// From so much on a reply is large: for each value one, and for each KiB that is
/// copied one more.
const LARGE: usize = 20_000;

/// Reports whether it takes long to write an answer.
pub fn is_large(answer: &Answer) -> bool {
    match answer {
        Answer::One(value) => is_large_value(value),
        Answer::Each(replies) => {
            let mut left = LARGE;
            !replies.iter().flatten().all(|value| fits(value, &mut left))
        }
    }
}

/// Reports whether it takes long to write a value, or to convert it.
pub fn is_large_value(value: &Value) -> bool {
    !fits(value, &mut { LARGE })
}

/// Takes what a value weighs off what is left, and reports whether that was
/// enough.
fn fits(value: &Value, left: &mut usize) -> bool {
    let weight = match value {
        Value::BulkString(bytes) if bytes.len() < SHARED_MIN => 1 + bytes.len() / 1024,
        _ => 1,
    };
    let Some(rest) = left.checked_sub(weight) else { return false };
    *left = rest;
    match value {
        Value::Array(items) | Value::Set(items) | Value::Push { data: items, .. } => {
            items.iter().all(|item| fits(item, left))
        }
        Value::Map(pairs) => pairs.iter().all(|(key, value)| fits(key, left) && fits(value, left)),
        Value::Attribute { data, .. } => fits(data, left),
        _ => true,
    }
}

/// Completions waiting to be taken.
#[derive(Default)]
pub struct ReplyBuffer {
    pub(crate) data: Vec<u8>,
    shared: Vec<Bytes>,
    /// Where the shared strings lie; filled when the buffer is handed out.
    slices: Vec<GlideSlice>,
    /// How many entries complete a ticket, and how many of those that of a
    /// blocking command.
    pub completed: u32,
    pub blocking: u32,
    /// The ticket that the driver has named is among them.
    pub own_completed: bool,
    /// What is written now is a reply as the server sent it.
    as_sent: bool,
}

// SAFETY: `slices` points only into `shared`, whose heap bytes do not move
// when the buffer does.
unsafe impl Send for ReplyBuffer {}

impl ReplyBuffer {
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    pub fn capacity(&self) -> usize {
        self.data.capacity()
    }

    pub fn clear(&mut self) {
        self.data.clear();
        self.shared.clear();
        self.slices.clear();
        (self.completed, self.blocking, self.own_completed) = (0, 0, false);
    }

    pub fn bytes(&self) -> &[u8] {
        &self.data
    }

    /// The shared strings, in the order of their indexes.
    pub fn slices(&mut self) -> &[GlideSlice] {
        self.slices.clear();
        self.slices
            .extend(self.shared.iter().map(|b| GlideSlice { data: b.as_ptr(), len: b.len() }));
        &self.slices
    }

    /// Appends the completion of `ticket`, with values in the form of `as_sent` or
    /// the usual one. A value that cannot be expressed becomes an error of this
    /// ticket alone.
    pub fn push(
        &mut self,
        ticket: u64,
        trace: Trace,
        as_sent: bool,
        answer: Result<Answer, Failure>,
    ) {
        self.as_sent = as_sent;
        self.completed += 1;
        self.blocking += u32::from(ticket & GLIDE_BLOCKING_TICKET != 0);
        let mark = (self.data.len(), self.shared.len());
        let failure = match answer {
            Ok(answer) => {
                let start = self.begin(ticket, Outcome::Reply);
                match self.answer(answer).and_then(|()| self.end_traced(start, trace)) {
                    Ok(()) => return,
                    Err(failure) => failure,
                }
            }
            Err(failure) => failure,
        };
        self.data.truncate(mark.0);
        self.shared.truncate(mark.1);
        let timed_out = u8::from(failure.timed_out);
        let start = self.begin(ticket, failure.outcome);
        self.texts(&failure.code, &failure.message, timed_out);
        let _ = self.end_traced(start, trace);
    }

    fn answer(&mut self, answer: Answer) -> Result<(), Failure> {
        let replies = match answer {
            Answer::One(value) => return self.value(value, 0),
            Answer::Each(replies) => replies,
        };
        self.count(Tag::Array, replies.len());
        replies.into_iter().try_for_each(|reply| match reply {
            Ok(value) => self.value(value, 1),
            Err(failure) => {
                self.failure(&failure);
                Ok(())
            }
        })
    }

    /// Writes what a command of a batch failed with.
    fn failure(&mut self, failure: &Failure) {
        match failure.outcome {
            Outcome::ServerError if !failure.timed_out => self.tag(Tag::Error),
            outcome => {
                let timed_out = u8::from(failure.timed_out);
                self.data.extend_from_slice(&[Tag::Failure as u8, outcome as u8, timed_out]);
            }
        }
        self.error_text(&failure.code);
        self.error_text(&failure.message);
    }

    /// Appends a record of the log, of the client that an observer names or of none.
    pub fn push_log(&mut self, observer: u64, level: u8, target: &str, message: &str) {
        let start = self.begin(observer, Outcome::Log);
        self.texts(target, message, level);
        let _ = self.end(start);
    }

    /// Writes two texts, which are ours or a server's error line, much shorter than 4 GiB.
    fn texts(&mut self, first: &str, second: &str, last: u8) {
        self.error_text(first);
        self.error_text(second);
        self.data.push(last);
    }

    /// Appends an address, for who asks for nothing else.
    pub fn push_address(&mut self, host: &str, port: u16) {
        let start = self.begin(0, Outcome::Reply);
        self.count(Tag::Array, 2);
        self.tag(Tag::String);
        self.text(host.as_bytes());
        self.tag(Tag::Integer);
        self.data.extend_from_slice(&i64::from(port).to_le_bytes());
        let _ = self.end(start);
    }

    pub(crate) fn shared_len(&self) -> usize {
        self.shared.len()
    }

    pub(crate) fn begin(&mut self, ticket: u64, outcome: Outcome) -> usize {
        self.data.extend_from_slice(&ticket.to_le_bytes());
        self.data.extend_from_slice(&[0; 4]);
        self.data.push(outcome as u8);
        self.data.len()
    }

    /// Ends a completion, with the trace of its request if there is one.
    fn end_traced(&mut self, start: usize, trace: Trace) -> Result<(), Failure> {
        if !trace.is_empty() {
            self.data.extend_from_slice(&trace.node.to_le_bytes());
            self.data.extend_from_slice(&trace.resends.to_le_bytes());
            self.data[start - 1] |= GLIDE_TRACED_OUTCOME;
        }
        self.end(start)
    }

    pub(crate) fn end(&mut self, start: usize) -> Result<(), Failure> {
        let Ok(len) = u32::try_from(self.data.len() - start) else {
            return Err(Failure::new(Outcome::UnexpectedReply, "the reply is larger than 4 GiB"));
        };
        self.data[start - 5..start - 1].copy_from_slice(&len.to_le_bytes());
        Ok(())
    }

    pub(crate) fn error_text(&mut self, text: &str) {
        self.text(shortened(text).as_bytes());
    }

    pub(crate) fn text(&mut self, text: &[u8]) {
        let text = &text[..text.len().min(u32::MAX as usize)];
        self.data.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.data.extend_from_slice(text);
    }

    pub(crate) fn string(&mut self, bytes: &Bytes) {
        if bytes.len() < SHARED_MIN {
            self.tag(Tag::String);
            self.text(bytes);
        } else {
            self.tag(Tag::Shared);
            self.data.extend_from_slice(&(self.shared.len() as u32).to_le_bytes());
            self.shared.push(bytes.clone());
        }
    }

    fn tag(&mut self, tag: Tag) {
        self.data.push(tag as u8);
    }

    fn count(&mut self, tag: Tag, count: usize) {
        self.tag(tag);
        self.data.extend_from_slice(&(count as u32).to_le_bytes());
    }

    fn value(&mut self, value: Value, depth: usize) -> Result<(), Failure> {
        if depth > DEPTH_MAX {
            return Err(Failure::new(Outcome::UnexpectedReply, "the reply is nested too deeply"));
        }
        match value {
            Value::Nil => self.tag(Tag::Nil),
            Value::Okay => self.tag(Tag::Ok),
            Value::Boolean(b) => self.tag(if b { Tag::True } else { Tag::False }),
            Value::Int(i) => {
                self.tag(Tag::Integer);
                self.data.extend_from_slice(&i.to_le_bytes());
            }
            Value::Double(d) => {
                self.tag(Tag::Double);
                self.data.extend_from_slice(&d.to_le_bytes());
            }
            Value::BulkString(bytes) => self.string(&bytes),
            Value::SimpleString(text) if self.as_sent => {
                self.tag(Tag::Simple);
                self.text(text.as_bytes());
            }
            Value::VerbatimString { format, text } if self.as_sent => {
                self.tag(Tag::Verbatim);
                self.text(verbatim_format(&format).as_bytes());
                self.string(&Bytes::from(text));
            }
            Value::SimpleString(text) | Value::VerbatimString { text, .. } => {
                self.string(&Bytes::from(text))
            }
            Value::BigNumber(number) => {
                self.tag(Tag::BigNumber);
                self.text(number.to_string().as_bytes());
            }
            Value::Array(items) => self.sequence(Tag::Array, items, depth)?,
            Value::Set(items) => self.sequence(Tag::Set, items, depth)?,
            Value::Map(pairs) => self.pairs(Tag::Map, pairs, depth)?,
            Value::Attribute { data, attributes } if self.as_sent => {
                self.pairs(Tag::Attribute, attributes, depth)?;
                self.value(*data, depth + 1)?;
            }
            // What attributes say belongs to no command of ours.
            Value::Attribute { data, .. } => self.value(*data, depth + 1)?,
            Value::Push { kind, data } => {
                self.count(Tag::Push, data.len() + 1);
                self.string(&Bytes::from(push_kind(&kind)));
                for value in data {
                    self.value(value, depth + 1)?;
                }
            }
            Value::ServerError(error) => {
                self.tag(Tag::Error);
                self.error_text(error.err_code());
                self.error_text(error.details().unwrap_or_default());
            }
        }
        Ok(())
    }

    fn pairs(&mut self, tag: Tag, pairs: Vec<(Value, Value)>, depth: usize) -> Result<(), Failure> {
        self.count(tag, pairs.len());
        for (key, value) in pairs {
            self.value(key, depth + 1)?;
            self.value(value, depth + 1)?;
        }
        Ok(())
    }

    fn sequence(&mut self, tag: Tag, items: Vec<Value>, depth: usize) -> Result<(), Failure> {
        self.count(tag, items.len());
        items.into_iter().try_for_each(|item| self.value(item, depth + 1))
    }
}

fn verbatim_format(format: &VerbatimFormat) -> &str {
    match format {
        VerbatimFormat::Unknown(name) => name,
        VerbatimFormat::Markdown => "mkd",
        VerbatimFormat::Text => "txt",
    }
}

fn push_kind(kind: &PushKind) -> String {
    kind.to_string()
}
