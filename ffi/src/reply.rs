//! The flat form in which replies cross the boundary.
//!
//! A reply buffer is a sequence of entries:
//!
//! | field   | bytes | |
//! |---------|-------|-|
//! | ticket  | 8     | names the call |
//! | length  | 4     | of what follows the outcome byte |
//! | outcome | 1     | [`Outcome`] |
//!
//! After `Outcome::Reply` one value follows; after an error its code and its
//! message, after a log record its target and its message, each as a 4-byte
//! length and that many bytes, and last a byte: of an error, whether the time
//! for it was over (1), of a record its level.
//!
//! A value is a tag byte and its content. All numbers are little-endian.
//!
//! | tag | content |
//! |-----|---------|
//! | 0 nil      | |
//! | 1 ok       | |
//! | 2 false, 3 true | |
//! | 4 integer  | 8 bytes, signed |
//! | 5 double   | 8 bytes, IEEE 754 |
//! | 6 string   | 4-byte length, bytes (bulk, simple and verbatim strings) |
//! | 7 shared   | 4-byte index into the buffer's table of shared strings |
//! | 8 big number | 4-byte length, decimal digits |
//! | 9 array, 10 set | 4-byte count, that many values |
//! | 11 map     | 4-byte count, that many pairs of values |
//! | 12 push    | 4-byte count, that many values, the kind first |
//! | 13 error   | code and message, each 4-byte length and bytes |
//! | 14 failure | an [`Outcome`], whether its time was over, code and message as after an error: a batch's command without a reply |
//!
//! What follows `Outcome::Messages`, pubsub/messages.rs says, and what follows
//! `Outcome::Question`, questions.rs.
//!
//! Strings of [`SHARED_MIN`] bytes and more are not copied: the buffer keeps
//! the core's own bytes alive until it is released and names them by index.
//!
//! The Go side reads this in glide/internal/resp.

use crate::{event_loop::GLIDE_BLOCKING_TICKET, status::Outcome};
use bytes::Bytes;
use redis::{PushKind, Value};

/// From here on a string is shared instead of copied.
const SHARED_MIN: usize = 4096;

/// The texts of errors and log records are cut after so many bytes.
const ERROR_MAX: usize = 4096;

/// Deeper replies than this do not occur and would cost stack.
const DEPTH_MAX: usize = 128;

/// cbindgen:ignore
mod tag {
    pub const NIL: u8 = 0;
    pub const OK: u8 = 1;
    pub const FALSE: u8 = 2;
    pub const TRUE: u8 = 3;
    pub const INTEGER: u8 = 4;
    pub const DOUBLE: u8 = 5;
    pub const STRING: u8 = 6;
    pub const SHARED: u8 = 7;
    pub const BIG_NUMBER: u8 = 8;
    pub const ARRAY: u8 = 9;
    pub const SET: u8 = 10;
    pub const MAP: u8 = 11;
    pub const PUSH: u8 = 12;
    pub const ERROR: u8 = 13;
    pub const FAILURE: u8 = 14;
}

/// A string that stays where it is until its buffer is released.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct GlideSlice {
    pub data: *const u8,
    pub len: usize,
}

/// What a command is completed with.
pub type Reply = Result<Value, Failure>;

/// What a request is answered with.
pub enum Answer {
    One(Value),
    /// The reply to each command of a batch.
    Each(Vec<Reply>),
}

/// A failure as it crosses the boundary. The message names no argument.
#[derive(Clone, Debug)]
pub struct Failure {
    pub outcome: Outcome,
    /// The server's, if one has said why. Unless it is the outcome, the
    /// message has it, too.
    pub code: String,
    pub message: String,
    /// It would have been tried again if there had been more time.
    pub timed_out: bool,
    /// Another try to connect would only meet the same.
    pub lasting: bool,
}

impl Failure {
    pub fn new(outcome: Outcome, message: impl Into<String>) -> Self {
        Failure {
            outcome,
            code: String::new(),
            message: message.into(),
            timed_out: false,
            lasting: false,
        }
    }
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
        self.slices.extend(self.shared.iter().map(|b| GlideSlice { data: b.as_ptr(), len: b.len() }));
        &self.slices
    }

    /// Appends the completion of `ticket`. A value that cannot be expressed
    /// becomes an error of this ticket alone.
    pub fn push(&mut self, ticket: u64, answer: Result<Answer, Failure>) {
        self.completed += 1;
        self.blocking += u32::from(ticket & GLIDE_BLOCKING_TICKET != 0);
        let mark = (self.data.len(), self.shared.len());
        let failure = match answer {
            Ok(answer) => {
                let start = self.begin(ticket, Outcome::Reply);
                match self.answer(answer).and_then(|()| self.end(start)) {
                    Ok(()) => return,
                    Err(failure) => failure,
                }
            }
            Err(failure) => failure,
        };
        self.data.truncate(mark.0);
        self.shared.truncate(mark.1);
        let timed_out = u8::from(failure.timed_out);
        self.record(ticket, failure.outcome, &failure.code, &failure.message, timed_out);
    }

    fn answer(&mut self, answer: Answer) -> Result<(), Failure> {
        let replies = match answer {
            Answer::One(value) => return self.value(value, 0),
            Answer::Each(replies) => replies,
        };
        self.count(tag::ARRAY, replies.len());
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
            Outcome::ServerError if !failure.timed_out => self.data.push(tag::ERROR),
            outcome => {
                let timed_out = u8::from(failure.timed_out);
                self.data.extend_from_slice(&[tag::FAILURE, outcome as u8, timed_out]);
            }
        }
        self.error_text(&failure.code);
        self.error_text(&failure.message);
    }

    /// Appends a record of the core's log.
    pub fn push_log(&mut self, level: u8, target: &str, message: &str) {
        self.record(0, Outcome::Log, target, message, level);
    }

    fn record(&mut self, ticket: u64, outcome: Outcome, first: &str, second: &str, last: u8) {
        // Both texts are ours or the server's error line: far below 4 GiB.
        let start = self.begin(ticket, outcome);
        self.error_text(first);
        self.error_text(second);
        self.data.push(last);
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

    pub(crate) fn end(&mut self, start: usize) -> Result<(), Failure> {
        let Ok(len) = u32::try_from(self.data.len() - start) else {
            return Err(Failure::new(Outcome::UnexpectedReply, "the reply is larger than 4 GiB"));
        };
        self.data[start - 5..start - 1].copy_from_slice(&len.to_le_bytes());
        Ok(())
    }

    /// Appends the text of an error, or as much of it as anybody would read.
    fn error_text(&mut self, text: &str) {
        if text.len() <= ERROR_MAX {
            return self.text(text.as_bytes());
        }
        let end = text.floor_char_boundary(ERROR_MAX);
        self.text(format!("{} ({} bytes in all)", &text[..end], text.len()).as_bytes());
    }

    pub(crate) fn text(&mut self, text: &[u8]) {
        let text = &text[..text.len().min(u32::MAX as usize)];
        self.data.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.data.extend_from_slice(text);
    }

    pub(crate) fn string(&mut self, bytes: &Bytes) {
        if bytes.len() < SHARED_MIN {
            self.data.push(tag::STRING);
            self.text(bytes);
        } else {
            self.data.push(tag::SHARED);
            self.data.extend_from_slice(&(self.shared.len() as u32).to_le_bytes());
            self.shared.push(bytes.clone());
        }
    }

    fn count(&mut self, tag: u8, count: usize) {
        self.data.push(tag);
        self.data.extend_from_slice(&(count as u32).to_le_bytes());
    }

    fn value(&mut self, value: Value, depth: usize) -> Result<(), Failure> {
        if depth > DEPTH_MAX {
            return Err(Failure::new(Outcome::UnexpectedReply, "the reply is nested too deeply"));
        }
        match value {
            Value::Nil => self.data.push(tag::NIL),
            Value::Okay => self.data.push(tag::OK),
            Value::Boolean(b) => self.data.push(if b { tag::TRUE } else { tag::FALSE }),
            Value::Int(i) => {
                self.data.push(tag::INTEGER);
                self.data.extend_from_slice(&i.to_le_bytes());
            }
            Value::Double(d) => {
                self.data.push(tag::DOUBLE);
                self.data.extend_from_slice(&d.to_le_bytes());
            }
            Value::BulkString(bytes) => self.string(&bytes),
            Value::SimpleString(text) | Value::VerbatimString { text, .. } => {
                self.string(&Bytes::from(text))
            }
            Value::BigNumber(number) => {
                self.data.push(tag::BIG_NUMBER);
                self.text(number.to_string().as_bytes());
            }
            Value::Array(items) => self.sequence(tag::ARRAY, items, depth)?,
            Value::Set(items) => self.sequence(tag::SET, items, depth)?,
            Value::Map(pairs) => {
                self.count(tag::MAP, pairs.len());
                for (key, value) in pairs {
                    self.value(key, depth + 1)?;
                    self.value(value, depth + 1)?;
                }
            }
            // What attributes say belongs to no command of ours.
            Value::Attribute { data, .. } => self.value(*data, depth + 1)?,
            Value::Push { kind, data } => {
                self.count(tag::PUSH, data.len() + 1);
                self.string(&Bytes::from(push_kind(&kind)));
                for value in data {
                    self.value(value, depth + 1)?;
                }
            }
            Value::ServerError(error) => {
                self.data.push(tag::ERROR);
                self.error_text(error.err_code());
                self.error_text(error.details().unwrap_or_default());
            }
        }
        Ok(())
    }

    fn sequence(&mut self, tag: u8, items: Vec<Value>, depth: usize) -> Result<(), Failure> {
        self.count(tag, items.len());
        items.into_iter().try_for_each(|item| self.value(item, depth + 1))
    }
}

fn push_kind(kind: &PushKind) -> String {
    kind.to_string()
}
