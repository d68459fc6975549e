//! Compares the writer of replies with the reader in Go: arbitrary values are
//! written, and a Go program that reads them must describe the same values.
//!
//! GLIDE_READBACK names that program (glide/internal/wire/readback).
#![no_main]

#[path = "../../src/wire"]
mod wire {
    #[allow(dead_code)] // the fuzz target does not use all of it
    pub mod failure;
    #[allow(dead_code)] // as above
    pub mod reply;
    pub mod trace;
}
/// What both sides agree on, less the guard, which knows the event loop.
#[path = "../../src/abi"]
mod abi {
    #[allow(dead_code)] // as above
    mod status;
    #[allow(dead_code)] // as above
    mod types;
    #[allow(dead_code)] // as above
    mod values;

    pub use status::*;
    #[allow(unused_imports)] // as above
    pub use types::*;
    pub use values::*;

    pub const GLIDE_BLOCKING_TICKET: u64 = 1 << 63;
    pub const GLIDE_TRACED_OUTCOME: u8 = 128;
}

use abi::Outcome;
use libfuzzer_sys::fuzz_target;
use num_bigint::BigInt;
use redis::{PushKind, Value, VerbatimFormat, parse_redis_value};
use std::{
    io::{Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Mutex,
};
use wire::{
    failure::Failure,
    reply::{Answer, Reply, ReplyBuffer},
    trace::Trace,
};

/// How deep values are; deeper ones are failures.
const DEPTH_MAX: usize = 128;

/// The maximum length of an error's text in bytes, and how much is kept of a longer one.
const ERROR_MAX: usize = 4096;
const ERROR_KEPT: usize = ERROR_MAX - 64;

fuzz_target!(|bytes: &[u8]| {
    let mut source = Source(bytes);
    let mut buffer = ReplyBuffer::default();
    let mut expected = Vec::new();
    let mut completed = 0;
    loop {
        let ticket = u64::from(source.byte()) | u64::from(source.byte()) << 56;
        let as_sent = source.byte() % 2 == 1;
        let answer = answer(&mut source);
        describe(ticket, as_sent, &answer, &mut expected);
        buffer.push(ticket, Trace::default(), as_sent, answer);
        completed += 1;
        if source.0.is_empty() {
            break;
        }
    }
    assert_eq!(buffer.completed, completed);
    let mut batch = BATCH.lock().unwrap_or_else(|e| e.into_inner());
    batch.add(bytes, &mut buffer, expected);
    batch.read_back_if_full();
});

/// Bytes that decide what is written; zeros after their end.
struct Source<'a>(&'a [u8]);

impl Source<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        byte
    }

    fn number(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    fn bytes(&mut self) -> Vec<u8> {
        // Some are long enough to be shared, or to be cut.
        let length = match self.byte() {
            length @ ..0xf0 => usize::from(length % 32),
            length => 4090 + usize::from(length & 15),
        };
        let mut some = Vec::with_capacity(length);
        some.extend((0..length.min(32)).map(|_| self.byte()));
        let fill = some.last().copied().unwrap_or(b'x');
        some.resize(length, fill);
        some
    }

    fn text(&mut self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    fn count(&mut self) -> usize {
        usize::from(self.byte() % 8).min(self.0.len())
    }
}

fn answer(source: &mut Source<'_>) -> Result<Answer, Failure> {
    match source.byte() % 8 {
        0 => Err(failure(source)),
        1 => Ok(Answer::Each((0..source.count()).map(|_| part(source)).collect())),
        _ => Ok(Answer::One(value(source, 0))),
    }
}

fn part(source: &mut Source<'_>) -> Reply {
    match source.byte() % 4 {
        0 => Err(failure(source)),
        _ => Ok(value(source, 1)),
    }
}

fn failure(source: &mut Source<'_>) -> Failure {
    const OUTCOMES: [Outcome; 13] = [
        Outcome::ServerError, Outcome::Timeout, Outcome::ConnectionLost, Outcome::Closed,
        Outcome::InflightLimit, Outcome::Configuration, Outcome::Unreachable,
        Outcome::Authentication, Outcome::CircuitOpen, Outcome::Internal,
        Outcome::InvalidRequest, Outcome::UnexpectedReply, Outcome::Certificate,
    ];
    let outcome = OUTCOMES[usize::from(source.byte()) % OUTCOMES.len()];
    let timed_out = source.byte() % 2 == 1;
    Failure { code: source.text(), timed_out, ..Failure::new(outcome, source.text()) }
}

fn values(source: &mut Source<'_>, depth: usize) -> Vec<Value> {
    (0..source.count()).map(|_| value(source, depth + 1)).collect()
}

fn pairs(source: &mut Source<'_>, depth: usize) -> Vec<(Value, Value)> {
    (0..source.count()).map(|_| (value(source, depth + 1), value(source, depth + 1))).collect()
}

fn value(source: &mut Source<'_>, depth: usize) -> Value {
    if depth > DEPTH_MAX + 2 {
        return Value::Nil;
    }
    match source.byte() % 18 {
        0 => Value::Nil,
        1 => Value::Okay,
        2 => Value::Boolean(source.byte() % 2 == 1),
        3 => Value::Int(source.number() as i64),
        4 => Value::Double(f64::from_bits(source.number())),
        5 | 6 => Value::BulkString(source.bytes().into()),
        7 => Value::SimpleString(source.text()),
        8 => {
            let format = match source.byte() % 4 {
                0 => VerbatimFormat::Markdown,
                1 => VerbatimFormat::Unknown(source.text()),
                _ => VerbatimFormat::Text,
            };
            Value::VerbatimString { format, text: source.text() }
        }
        9 => Value::BigNumber(BigInt::from_signed_bytes_le(&source.bytes())),
        10 | 11 => Value::Array(values(source, depth)),
        12 => Value::Set(values(source, depth)),
        13 => Value::Map(pairs(source, depth)),
        14 => {
            let attributes = pairs(source, depth);
            Value::Attribute { data: Box::new(value(source, depth + 1)), attributes }
        }
        15 => {
            let kind = match source.byte() % 4 {
                0 => PushKind::Message,
                1 => PushKind::Invalidate,
                2 => PushKind::SUnsubscribe,
                _ => PushKind::Other(source.text()),
            };
            Value::Push { kind, data: values(source, depth) }
        }
        16 => error(&source.text()),
        // Deep ones, of few bytes.
        _ => {
            let levels = usize::from(source.byte() % 140);
            let mut deep = value(source, depth + levels + 1);
            for _ in 0..levels {
                deep = Value::Array(vec![deep]);
            }
            deep
        }
    }
}

/// An error as the core's parser reads it.
fn error(text: &str) -> Value {
    let line = text.replace(['\r', '\n'], " ");
    parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap_or(Value::Nil)
}

/// Describes an answer. The program in Go does so with what it reads.
fn describe(ticket: u64, as_sent: bool, answer: &Result<Answer, Failure>, to: &mut Vec<u8>) {
    to.extend(ticket.to_le_bytes());
    let mark = to.len();
    let failure = match answer {
        Ok(answer) => {
            to.push(Outcome::Reply as u8);
            match answer {
                Answer::One(value) => describe_value(value, as_sent, 0, to),
                Answer::Each(parts) => {
                    head(b'A', parts.len(), to);
                    parts.iter().all(|part| match part {
                        Ok(value) => describe_value(value, as_sent, 1, to),
                        Err(failure) => {
                            describe_part(failure, to);
                            true
                        }
                    })
                }
            }
            .then_some(())
            .ok_or_else(|| Failure::new(Outcome::UnexpectedReply, "the reply is nested too deeply"))
            .err()
        }
        Err(failure) => Some(failure.clone()),
    };
    if let Some(failure) = failure {
        to.truncate(mark);
        to.push(failure.outcome as u8);
        describe_error(&failure.code, &failure.message, to);
        to.push(failure.timed_out.into());
    }
}

fn describe_part(failure: &Failure, to: &mut Vec<u8>) {
    match failure.outcome == Outcome::ServerError && !failure.timed_out {
        true => to.push(b'X'),
        false => to.extend([b'Y', failure.outcome as u8, failure.timed_out.into()]),
    }
    describe_error(&failure.code, &failure.message, to);
}

fn describe_error(code: &str, message: &str, to: &mut Vec<u8>) {
    for text in [code, message] {
        let mut end = text.len();
        if end > ERROR_MAX {
            end = (0..=ERROR_KEPT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        }
        let rest = match end < text.len() {
            true => format!(" ({} bytes in all)", text.len()),
            false => String::new(),
        };
        string(format!("{}{rest}", &text[..end]).as_bytes(), to);
    }
}

fn head(kind: u8, count: usize, to: &mut Vec<u8>) {
    to.push(kind);
    to.extend((count as u32).to_le_bytes());
}

fn string(bytes: &[u8], to: &mut Vec<u8>) {
    head(b'S', bytes.len(), to);
    to.extend_from_slice(bytes);
}

/// Describes a value, unless it is too deep.
fn describe_value(value: &Value, as_sent: bool, depth: usize, to: &mut Vec<u8>) -> bool {
    if depth > DEPTH_MAX {
        return false;
    }
    let all = |kind: u8, items: &[Value], count: usize, to: &mut Vec<u8>| {
        head(kind, count, to);
        items.iter().all(|item| describe_value(item, as_sent, depth + 1, to))
    };
    let all_pairs = |kind: u8, pairs: &[(Value, Value)], to: &mut Vec<u8>| {
        head(kind, pairs.len(), to);
        pairs.iter().all(|(key, value)| {
            describe_value(key, as_sent, depth + 1, to) && describe_value(value, as_sent, depth + 1, to)
        })
    };
    match value {
        Value::Nil => to.push(b'N'),
        Value::Okay => to.push(b'O'),
        Value::Boolean(is_true) => to.push(if *is_true { b'T' } else { b'F' }),
        Value::Int(number) => {
            to.push(b'I');
            to.extend(number.to_le_bytes());
        }
        Value::Double(number) => {
            to.push(b'D');
            to.extend(number.to_bits().to_le_bytes());
        }
        Value::BulkString(bytes) => string(bytes, to),
        Value::SimpleString(text) if as_sent => {
            to.push(b'L');
            string(text.as_bytes(), to);
        }
        Value::VerbatimString { format, text } if as_sent => {
            to.push(b'V');
            let format = match format {
                VerbatimFormat::Markdown => "mkd",
                VerbatimFormat::Text => "txt",
                VerbatimFormat::Unknown(format) => format,
            };
            string(format.as_bytes(), to);
            string(text.as_bytes(), to);
        }
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => string(text.as_bytes(), to),
        Value::BigNumber(number) => {
            to.push(b'B');
            string(number.to_str_radix(10).as_bytes(), to);
        }
        Value::Array(items) => return all(b'A', items, items.len(), to),
        Value::Set(items) => return all(b'E', items, items.len(), to),
        Value::Map(pairs) => return all_pairs(b'M', pairs, to),
        Value::Attribute { data, attributes } => {
            return (!as_sent || all_pairs(b'Z', attributes, to))
                && describe_value(data, as_sent, depth + 1, to);
        }
        Value::Push { kind, data } => {
            head(b'P', data.len() + 1, to);
            string(kind.to_string().as_bytes(), to);
            return data.iter().all(|item| describe_value(item, as_sent, depth + 1, to));
        }
        Value::ServerError(error) => {
            to.push(b'X');
            describe_error(error.err_code(), error.details().unwrap_or_default(), to);
        }
    }
    true
}

/// What is read back together: to switch to another process for each input would
/// take longer than all else. So what libFuzzer saves may be a later input than the
/// one that failed, which is printed. With GLIDE_READBACK_BATCH=1 it is the one.
struct Batch {
    size: usize,
    messages: Vec<u8>,
    /// The inputs, and the description that each must yield.
    expected: Vec<(Vec<u8>, Vec<u8>)>,
    reader: Option<Reader>,
}

static BATCH: Mutex<Batch> =
    Mutex::new(Batch { size: 0, messages: Vec::new(), expected: Vec::new(), reader: None });

/// The program in Go.
struct Reader {
    _program: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
}

fn start() -> Reader {
    let path = std::env::var_os("GLIDE_READBACK").expect("GLIDE_READBACK names the reader in Go");
    let mut program = Command::new(path);
    let mut program =
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the reader starts");
    let (stdin, stdout) = (program.stdin.take(), program.stdout.take());
    Reader { stdin: stdin.expect("piped"), stdout: stdout.expect("piped"), _program: program }
}

impl Batch {
    fn add(&mut self, input: &[u8], buffer: &mut ReplyBuffer, expected: Vec<u8>) {
        let start = self.messages.len();
        self.messages.extend([0; 4]);
        let slices = buffer.slices();
        self.messages.extend((slices.len() as u32).to_le_bytes());
        for slice in slices {
            // SAFETY: the buffer keeps its shared strings.
            let bytes = unsafe { std::slice::from_raw_parts(slice.data, slice.len) };
            self.messages.extend((bytes.len() as u32).to_le_bytes());
            self.messages.extend_from_slice(bytes);
        }
        self.messages.extend_from_slice(buffer.bytes());
        let length = (self.messages.len() - start - 4) as u32;
        self.messages[start..start + 4].copy_from_slice(&length.to_le_bytes());
        self.expected.push((input.to_vec(), expected));
    }

    /// Has the program read what there is, and compares.
    fn read_back_if_full(&mut self) {
        if self.size == 0 {
            let size = std::env::var("GLIDE_READBACK_BATCH").ok();
            self.size = size.and_then(|size| size.parse().ok()).unwrap_or(256);
        }
        if self.expected.len() < self.size {
            return;
        }
        let Reader { stdin, stdout, .. } = self.reader.get_or_insert_with(start);
        let length = (self.messages.len() as u32).to_le_bytes();
        stdin.write_all(&length).expect("the reader reads");
        stdin.write_all(&self.messages).expect("the reader reads");
        let described = framed(stdout);
        let mut rest = &described[..];
        for (input, expected) in std::mem::take(&mut self.expected) {
            let described = framed(&mut rest);
            let common = described.iter().zip(&expected).take_while(|(a, b)| a == b).count();
            assert!(
                described == expected,
                "input {input:?}: from byte {common} on read {}, written {}",
                excerpt(&described, common),
                excerpt(&expected, common)
            );
        }
        assert!(rest.is_empty());
        self.messages.clear();
    }
}

/// Returns some of what begins a bit before a byte, as text.
fn excerpt(bytes: &[u8], at: usize) -> String {
    let (start, end) = (at.saturating_sub(16), bytes.len().min(at + 48));
    format!("{:?}", String::from_utf8_lossy(&bytes[start..end]))
}

/// Reads something that has its length before it.
fn framed(from: &mut impl Read) -> Vec<u8> {
    let mut length = [0; 4];
    from.read_exact(&mut length).expect("the reader describes what it has read");
    let mut described = vec![0; u32::from_le_bytes(length) as usize];
    from.read_exact(&mut described).expect("the reader describes all of it");
    described
}
