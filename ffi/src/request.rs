//! Reads submissions (protobuf/submission.proto) in place.
//!
//! The generated types would copy every argument before the core copies it
//! into its command; this reader lends them instead. It checks a whole
//! submission before anything of it is run, so a malformed one does nothing.

use prost::encoding::{WireType, decode_key, decode_varint};

/// A submission that is not the message it should be.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

/// One request, its arguments still where the caller put them.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub ticket: u64,
    /// Microseconds until the caller's deadline; 0 means none.
    pub timeout_us: u64,
    pub argument_count: usize,
    /// The first argument: the command's name.
    pub name: &'a [u8],
    /// What comes after it in the message.
    rest: &'a [u8],
}

/// Checks a submission and lists its requests.
pub fn parse(mut bytes: &[u8]) -> Result<Vec<Request<'_>>, Malformed> {
    let mut requests = Vec::new();
    while let Some((field, payload)) = next_field(&mut bytes)? {
        match (field, payload) {
            (1, Payload::Bytes(body)) => requests.push(parse_request(body)?),
            _ => return Err(Malformed),
        }
    }
    Ok(requests)
}

fn parse_request(body: &[u8]) -> Result<Request<'_>, Malformed> {
    let mut request =
        Request { ticket: 0, timeout_us: 0, argument_count: 0, name: &[], rest: &[] };
    let mut rest = body;
    while let Some((field, payload)) = next_field(&mut rest)? {
        match (field, payload) {
            (1, Payload::Fixed64(ticket)) => request.ticket = ticket,
            (2, Payload::Varint(timeout)) => request.timeout_us = timeout,
            (3, Payload::Bytes(argument)) => {
                if request.argument_count == 0 {
                    (request.name, request.rest) = (argument, rest);
                }
                request.argument_count += 1;
            }
            // A field of a newer version must not be ignored: it may say how
            // the command is to be run.
            _ => return Err(Malformed),
        }
    }
    match request.argument_count {
        0 => Err(Malformed),
        _ => Ok(request),
    }
}

impl<'a> Request<'a> {
    /// The command's words, its name first.
    pub fn arguments(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut rest = self.rest;
        let others = std::iter::from_fn(move || {
            // `parse` has checked every field, so an error is the end.
            while let Ok(Some((field, payload))) = next_field(&mut rest) {
                if let (3, Payload::Bytes(argument)) = (field, payload) {
                    return Some(argument);
                }
            }
            None
        });
        std::iter::once(self.name).chain(others)
    }

    /// An upper bound for the bytes of all arguments.
    pub fn size(&self) -> usize {
        self.name.len() + self.rest.len()
    }
}

enum Payload<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
}

fn next_field<'a>(bytes: &mut &'a [u8]) -> Result<Option<(u32, Payload<'a>)>, Malformed> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let (field, wire_type) = decode_key(bytes).map_err(|_| Malformed)?;
    let payload = match wire_type {
        WireType::Varint => Payload::Varint(decode_varint(bytes).map_err(|_| Malformed)?),
        WireType::SixtyFourBit => {
            let (head, tail) = bytes.split_first_chunk::<8>().ok_or(Malformed)?;
            *bytes = tail;
            Payload::Fixed64(u64::from_le_bytes(*head))
        }
        WireType::LengthDelimited => {
            let len = decode_varint(bytes).map_err(|_| Malformed)?;
            let len = usize::try_from(len).map_err(|_| Malformed)?;
            let (head, tail) = bytes.split_at_checked(len).ok_or(Malformed)?;
            *bytes = tail;
            Payload::Bytes(head)
        }
        _ => return Err(Malformed),
    };
    Ok(Some((field, payload)))
}
