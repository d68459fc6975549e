//! Reads submissions (protobuf/submission.proto) in place.
//!
//! The generated types would copy every argument before the core copies it
//! into its command; this reader lends them instead. It checks a whole
//! submission before anything of it is run, so a malformed one does nothing.

use super::slots;
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
    pub route: Route<'a>,
    /// The session whose dedicated connection it runs on; 0 is none.
    pub session: u64,
    /// It runs on a dedicated connection, which its ticket names.
    pub dedicated: bool,
    /// Its replies are as the server sent them.
    pub as_sent: bool,
    pub body: Body<'a>,
}

#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    Command(Arguments<'a>),
    Batch(Batch<'a>),
    Scan(Scan<'a>),
    SubscriptionChange(SubscriptionChange<'a>),
    CredentialChange(CredentialChange<'a>),
}

/// A change of the client's subscriptions, or a look at them.
#[derive(Debug, Clone, Copy, Default)]
pub struct SubscriptionChange<'a> {
    pub change: Change,
    pub kind: SubscriptionKind,
    /// Of channels, or patterns.
    pub names: Arguments<'a>,
    /// Whose they are; 0 is the client's.
    pub mailbox: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Change {
    #[default]
    List,
    Subscribe,
    Unsubscribe,
}

/// What can be subscribed to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum SubscriptionKind {
    #[default]
    Channels,
    Patterns,
    ShardedChannels,
}

/// What the client is to authenticate with from now on.
#[derive(Clone, Copy, Default)]
pub struct CredentialChange<'a> {
    pub password: Option<&'a str>,
    pub immediately: bool,
    pub renew_token: bool,
}

/// Without the password, which must not be in any log.
impl std::fmt::Debug for CredentialChange<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CredentialChange")
            .field("immediately", &self.immediately)
            .finish_non_exhaustive()
    }
}

/// A step of going over all keys of a cluster.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scan<'a> {
    pub from: u64,
    pub next: u64,
    pub pattern: Option<&'a [u8]>,
    pub count: u32,
    pub kind: &'a str,
    pub allow_uncovered_slots: bool,
}

/// The arguments of a command.
#[derive(Debug, Clone, Copy, Default)]
pub struct Arguments<'a> {
    pub count: usize,
    /// The first: the command's name.
    pub name: &'a [u8],
    /// What comes after it in the message.
    rest: &'a [u8],
}

/// Commands that are answered together.
#[derive(Debug, Clone, Copy, Default)]
pub struct Batch<'a> {
    pub atomic: bool,
    pub retry_server_errors: bool,
    pub retry_connection_errors: bool,
    /// How many commands there are.
    pub count: usize,
    body: &'a [u8],
}

/// Where in a cluster a request goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Route<'a> {
    /// To where the command itself says.
    #[default]
    ByCommand,
    AllNodes,
    AllPrimaries,
    Random,
    /// To a node of the slot, by what the command does.
    Slot(u16),
    SlotPrimary(u16),
    SlotReplica(u16),
    Address {
        host: &'a str,
        port: u16,
    },
}

impl Route<'_> {
    /// Reports whether a request goes to several nodes, each of which has its own
    /// reply.
    pub fn names_nodes(self) -> bool {
        matches!(self, Route::AllNodes | Route::AllPrimaries)
    }
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
    let (mut ticket, mut timeout_us, mut route) = (0, 0, Route::ByCommand);
    let (mut session, mut dedicated, mut as_sent) = (0, false, false);
    let mut arguments = Arguments::default();
    let (mut batch, mut scan, mut subscription_change, mut credential_change) =
        (None, None, None, None);
    let mut rest = body;
    while let Some((field, payload)) = next_field(&mut rest)? {
        match (field, payload) {
            (1, Payload::Fixed64(value)) => ticket = value,
            (2, Payload::Varint(value)) => timeout_us = value,
            (3, Payload::Bytes(word)) => arguments.push(word, rest),
            (4, Payload::Bytes(body)) if batch.is_none() => batch = Some(parse_batch(body)?),
            (5, Payload::Bytes(body)) => route = parse_route(body)?,
            (6, Payload::Bytes(body)) if scan.is_none() => scan = Some(parse_scan(body)?),
            (9, Payload::Varint(value)) => session = value,
            (10, Payload::Varint(flag)) => dedicated = flag != 0,
            (11, Payload::Varint(flag)) => as_sent = flag != 0,
            (7, Payload::Bytes(body)) if subscription_change.is_none() => {
                subscription_change = Some(parse_subscription_change(body)?);
            }
            (8, Payload::Bytes(body)) if credential_change.is_none() => {
                credential_change = Some(parse_credential_change(body)?)
            }
            // A field of a newer version must not be ignored: it may say how
            // the command has to be run.
            _ => return Err(Malformed),
        }
    }
    let body = match (arguments.count, batch, scan, subscription_change, credential_change) {
        (1.., None, None, None, None) => Body::Command(arguments),
        (0, Some(batch), None, None, None) => Body::Batch(batch),
        (0, None, Some(scan), None, None) => Body::Scan(scan),
        (0, None, None, Some(subscription_change), None) => {
            Body::SubscriptionChange(subscription_change)
        }
        (0, None, None, None, Some(credential_change)) => Body::CredentialChange(credential_change),
        _ => return Err(Malformed),
    };
    Ok(Request { ticket, timeout_us, route, session, dedicated, as_sent, body })
}

fn parse_batch(body: &[u8]) -> Result<Batch<'_>, Malformed> {
    let mut batch = Batch { body, ..Batch::default() };
    let mut rest = body;
    while let Some((field, payload)) = next_field(&mut rest)? {
        match (field, payload) {
            (1, Payload::Varint(flag)) => batch.atomic = flag != 0,
            (2, Payload::Varint(flag)) => batch.retry_server_errors = flag != 0,
            (3, Payload::Varint(flag)) => batch.retry_connection_errors = flag != 0,
            (4, Payload::Bytes(command)) => {
                parse_arguments(command)?;
                batch.count += 1;
            }
            _ => return Err(Malformed),
        }
    }
    match batch.count {
        0 => Err(Malformed),
        _ => Ok(batch),
    }
}

fn parse_arguments(mut rest: &[u8]) -> Result<Arguments<'_>, Malformed> {
    let mut arguments = Arguments::default();
    while let Some((field, payload)) = next_field(&mut rest)? {
        match (field, payload) {
            (3, Payload::Bytes(word)) => arguments.push(word, rest),
            _ => return Err(Malformed),
        }
    }
    match arguments.count {
        0 => Err(Malformed),
        _ => Ok(arguments),
    }
}

fn parse_scan(mut rest: &[u8]) -> Result<Scan<'_>, Malformed> {
    let mut scan = Scan::default();
    while let Some((field, payload)) = next_field(&mut rest)? {
        match (field, payload) {
            (1, Payload::Varint(from)) => scan.from = from,
            (2, Payload::Varint(next)) => scan.next = next,
            (3, Payload::Bytes(pattern)) => scan.pattern = Some(pattern),
            (4, Payload::Varint(n)) => scan.count = u32::try_from(n).map_err(|_| Malformed)?,
            (5, Payload::Bytes(text)) => scan.kind = str::from_utf8(text).map_err(|_| Malformed)?,
            (6, Payload::Varint(flag)) => scan.allow_uncovered_slots = flag != 0,
            _ => return Err(Malformed),
        }
    }
    match scan.next {
        0 => Err(Malformed),
        _ => Ok(scan),
    }
}

fn parse_subscription_change(mut rest: &[u8]) -> Result<SubscriptionChange<'_>, Malformed> {
    let mut subscription_change = SubscriptionChange::default();
    while let Some((field, payload)) = next_field(&mut rest)? {
        match (field, payload) {
            (1, Payload::Varint(1)) => subscription_change.change = Change::Subscribe,
            (1, Payload::Varint(2)) => subscription_change.change = Change::Unsubscribe,
            (2, Payload::Varint(1)) => subscription_change.kind = SubscriptionKind::Patterns,
            (2, Payload::Varint(2)) => subscription_change.kind = SubscriptionKind::ShardedChannels,
            (3, Payload::Bytes(name)) => subscription_change.names.push(name, rest),
            (4, Payload::Varint(mailbox)) => subscription_change.mailbox = mailbox,
            _ => return Err(Malformed),
        }
    }
    match (subscription_change.change, subscription_change.names.count) {
        (Change::Subscribe, 0) | (Change::List, 1..) => Err(Malformed),
        _ => Ok(subscription_change),
    }
}

fn parse_credential_change(mut rest: &[u8]) -> Result<CredentialChange<'_>, Malformed> {
    let mut credential_change = CredentialChange::default();
    while let Some((field, payload)) = next_field(&mut rest)? {
        match (field, payload) {
            (1, Payload::Bytes(text)) => {
                credential_change.password = Some(str::from_utf8(text).map_err(|_| Malformed)?);
            }
            (2, Payload::Varint(flag)) => credential_change.immediately = flag != 0,
            (3, Payload::Varint(flag)) => credential_change.renew_token = flag != 0,
            _ => return Err(Malformed),
        }
    }
    Ok(credential_change)
}

fn parse_route(mut rest: &[u8]) -> Result<Route<'_>, Malformed> {
    let (mut kind, mut slot, mut host, mut port) = (0, 0, "", 0);
    while let Some((field, payload)) = next_field(&mut rest)? {
        match (field, payload) {
            (1, Payload::Varint(value)) => kind = value,
            (2, Payload::Varint(value)) => slot = slots::slot(value).ok_or(Malformed)?,
            (3, Payload::Bytes(text)) => host = str::from_utf8(text).map_err(|_| Malformed)?,
            (4, Payload::Varint(value)) => port = u16::try_from(value).map_err(|_| Malformed)?,
            _ => return Err(Malformed),
        }
    }
    Ok(match kind {
        0 => Route::ByCommand,
        1 => Route::AllNodes,
        2 => Route::AllPrimaries,
        3 => Route::Random,
        4 => Route::Slot(slot),
        5 => Route::SlotPrimary(slot),
        6 => Route::SlotReplica(slot),
        7 => Route::Address { host, port },
        _ => return Err(Malformed),
    })
}

impl<'a> Arguments<'a> {
    fn push(&mut self, word: &'a [u8], rest: &'a [u8]) {
        if self.count == 0 {
            (self.name, self.rest) = (word, rest);
        }
        self.count += 1;
    }

    /// All arguments, the name first.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        let mut rest = self.rest;
        let others = std::iter::from_fn(move || {
            // Every field was checked before, so an error is the end.
            while let Ok(Some((field, payload))) = next_field(&mut rest) {
                if let (3, Payload::Bytes(word)) = (field, payload) {
                    return Some(word);
                }
            }
            None
        });
        (self.count > 0).then_some(self.name).into_iter().chain(others)
    }

    /// An upper bound for the bytes of all arguments.
    pub fn size(&self) -> usize {
        self.name.len() + self.rest.len()
    }
}

impl<'a> Batch<'a> {
    pub fn commands(&self) -> impl Iterator<Item = Arguments<'a>> + use<'a> {
        let mut rest = self.body;
        std::iter::from_fn(move || {
            while let Ok(Some((field, payload))) = next_field(&mut rest) {
                if let (4, Payload::Bytes(command)) = (field, payload) {
                    return parse_arguments(command).ok();
                }
            }
            None
        })
    }
}

enum Payload<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
}

/// Returns the next field if it is what most are: bytes whose key and length are
/// of one byte each. Anything else is left.
#[inline]
fn next_short<'a>(bytes: &mut &'a [u8]) -> Option<(u32, &'a [u8])> {
    const DELIMITED: u8 = WireType::LengthDelimited as u8;
    let &[key @ 0x08..0x80, len @ ..0x80, ref tail @ ..] = *bytes else { return None };
    if key & 7 != DELIMITED {
        return None;
    }
    let (word, rest) = tail.split_at_checked(len.into())?;
    *bytes = rest;
    Some(((key >> 3).into(), word))
}

fn next_field<'a>(bytes: &mut &'a [u8]) -> Result<Option<(u32, Payload<'a>)>, Malformed> {
    if bytes.is_empty() {
        return Ok(None);
    }
    if let Some((field, word)) = next_short(bytes) {
        return Ok(Some((field, Payload::Bytes(word))));
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
