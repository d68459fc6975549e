//! Clients of servers that are scripts.

use super::server::Server;
use crate::{
    abi::{Counter, GlideSlice},
    event_loop::Engine,
    session::{Instance, OpenClient},
    wire::{self, reply::ReplyBuffer, request},
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Longer than anything takes, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a request was completed with.
#[derive(Clone, Debug, PartialEq)]
pub enum Got {
    Nil,
    Ok,
    Boolean(bool),
    Integer(i64),
    Double(f64),
    Text(String),
    List(Vec<Got>),
    /// A status, its text.
    Simple(String),
    /// A verbatim string: its format and its content.
    Verbatim(String, Box<Got>),
    /// Attributes, and the value that they belong to.
    Attributes(Vec<Got>, Box<Got>),
    /// The number of the outcome, the code and the message.
    Failed(u8, String, String),
}

pub fn text(text: &str) -> Got {
    Got::Text(text.to_owned())
}

pub fn value_of(key: &str) -> Got {
    Got::Text(format!("value of {key}"))
}

/// A request: its words, and whether it has a dedicated connection.
pub struct Ask {
    words: Vec<String>,
    once: bool,
    as_sent: bool,
    timeout: Duration,
}

/// A command, its words separated by spaces.
pub fn ask(text: &str) -> Ask {
    let words = text.split(' ').map(str::to_owned).collect();
    Ask { words, once: false, as_sent: false, timeout: PATIENCE }
}

impl Ask {
    /// On a dedicated connection.
    pub fn once(self) -> Self {
        Ask { once: true, ..self }
    }

    /// Whose replies are as the server sends them.
    pub fn unconverted(self) -> Self {
        Ask { as_sent: true, ..self }
    }

    pub fn within(self, timeout: Duration) -> Self {
        Ask { timeout, ..self }
    }
}

pub struct Client {
    instance: &'static Instance,
    pub engine: &'static Engine,
    pub handle: u64,
    completed: Mutex<HashMap<u64, Got>>,
}

extern "C" fn ready(_: usize) {}

impl Client {
    /// Connects to a standalone server.
    pub fn standalone(server: &Server) -> Self {
        Self::with(server, |_| {})
    }

    pub fn cluster(server: &Server) -> Self {
        Self::with(server, |request| request.cluster = true)
    }

    pub fn with(server: &Server, change: impl FnOnce(&mut wire::ConnectionRequest)) -> Self {
        let (client, connected) = Self::connecting(server, change);
        assert_eq!(client.wait(connected), Got::Ok);
        client
    }

    /// Begins to connect, and returns the ticket that is completed when it is.
    pub fn connecting(
        server: &Server,
        change: impl FnOnce(&mut wire::ConnectionRequest),
    ) -> (Self, u64) {
        let instance = Instance::start(ready, 0).unwrap();
        let engine = instance.engine;
        let address = &server.address;
        let address = wire::Address { host: address.host.clone(), port: address.port.into() };
        let mut request = wire::ConnectionRequest {
            addresses: vec![address],
            connection_timeout_ms: 30_000,
            dedicated_limit: 10,
            dedicated_idle_ms: 60_000,
            ..wire::ConnectionRequest::default()
        };
        change(&mut request);
        let connected = ticket();
        let handle = instance.connect(request, connected);
        (Client { instance, engine, handle, completed: Mutex::default() }, connected)
    }

    /// Submits requests at once and returns what each was completed with.
    pub fn ask_all(&self, asks: &[Ask]) -> Vec<Got> {
        self.submit(asks).into_iter().map(|ticket| self.wait(ticket)).collect()
    }

    pub fn ask(&self, text: &str) -> Got {
        self.ask_all(&[ask(text)]).remove(0)
    }

    /// Submits requests at once and returns their tickets.
    pub fn submit(&self, asks: &[Ask]) -> Vec<u64> {
        let mut bytes = Vec::new();
        let mut tickets = Vec::new();
        for ask in asks {
            let ticket = ticket();
            tickets.push(ticket);
            let mut body = [&[0x09], &ticket.to_le_bytes()[..], &[0x10]].concat();
            prost::encoding::encode_varint(ask.timeout.as_micros() as u64, &mut body);
            if ask.once {
                body.extend([0x50, 1]);
            }
            if ask.as_sent {
                body.extend([0x58, 1]);
            }
            for word in &ask.words {
                field(3, word.as_bytes(), &mut body);
            }
            field(1, &body, &mut bytes);
        }
        let requests = request::parse(&bytes).unwrap();
        self.inner().submit(requests, &bytes);
        self.engine.poke();
        tickets
    }

    /// Begins to scan a cluster.
    pub fn scan(&self) -> Got {
        let (ticket, mut scan, mut body, mut bytes) =
            (ticket(), vec![0x10], vec![0x09], Vec::new());
        prost::encoding::encode_varint(ticket, &mut scan); // the name of its state
        body.extend(ticket.to_le_bytes());
        field(6, &scan, &mut body);
        field(1, &body, &mut bytes);
        self.inner().submit(request::parse(&bytes).unwrap(), &bytes);
        self.engine.poke();
        self.wait(ticket)
    }

    /// Waits until a ticket is completed.
    pub fn wait(&self, ticket: u64) -> Got {
        let begun = Instant::now();
        loop {
            if let Some(got) = self.take(ticket) {
                return got;
            }
            assert!(begun.elapsed() < PATIENCE, "ticket {ticket} is not completed");
            thread::sleep(Duration::from_micros(200));
        }
    }

    /// Returns what a ticket was completed with, if it was.
    pub fn take(&self, ticket: u64) -> Option<Got> {
        let mut completed = self.completed.lock().unwrap();
        while let Some(mut buffer) = self.engine.completions.take() {
            read(&mut buffer, &mut completed);
            self.engine.completions.release(buffer);
        }
        completed.remove(&ticket)
    }

    /// Ends a request on a dedicated connection.
    pub fn end(&self, ticket: u64) {
        self.inner().end(ticket);
        self.engine.poke();
    }

    pub fn close(&self) {
        if let Some(client) = self.instance.clients.remove(self.handle) {
            client.close();
        }
    }

    /// How many dedicated connections there are.
    pub fn connections(&self) -> i64 {
        self.instance.count(Counter::Dedicated)
    }

    pub fn inner(&self) -> Arc<OpenClient> {
        self.instance.clients.get(self.handle).unwrap()
    }
}

fn ticket() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Drop for Client {
    fn drop(&mut self) {
        self.close();
    }
}

/// Waits until something is so.
pub fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_micros(200));
    }
}

fn field(number: u8, bytes: &[u8], to: &mut Vec<u8>) {
    to.push(number << 3 | 2);
    prost::encoding::encode_varint(bytes.len() as u64, to);
    to.extend_from_slice(bytes);
}

fn read(buffer: &mut ReplyBuffer, completed: &mut HashMap<u64, Got>) {
    let shared = buffer.slices().to_vec();
    let mut rest = buffer.bytes();
    while !rest.is_empty() {
        let ticket = u64::from_le_bytes(take(&mut rest, 8).try_into().unwrap());
        let length = number(&mut rest);
        let outcome = take(&mut rest, 1)[0];
        let mut body = take(&mut rest, length);
        let got = match outcome {
            16 => value(&mut body, &shared),
            17.. => continue,
            _ => Got::Failed(outcome, string(&mut body), string(&mut body)),
        };
        assert!(completed.insert(ticket, got).is_none(), "ticket {ticket} was completed twice");
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (some, rest) = bytes.split_at(length);
    *bytes = rest;
    some
}

fn number(bytes: &mut &[u8]) -> usize {
    u32::from_le_bytes(take(bytes, 4).try_into().unwrap()) as usize
}

fn string(bytes: &mut &[u8]) -> String {
    let length = number(bytes);
    String::from_utf8(take(bytes, length).to_vec()).unwrap()
}

fn value(bytes: &mut &[u8], shared: &[GlideSlice]) -> Got {
    match take(bytes, 1)[0] {
        0 => Got::Nil,
        1 => Got::Ok,
        tag @ (2 | 3) => Got::Boolean(tag == 3),
        4 => Got::Integer(i64::from_le_bytes(take(bytes, 8).try_into().unwrap())),
        5 => Got::Double(f64::from_le_bytes(take(bytes, 8).try_into().unwrap())),
        6 | 8 => Got::Text(string(bytes)),
        7 => {
            let slice = shared[number(bytes)];
            // SAFETY: the buffer is not released yet.
            let text = unsafe { std::slice::from_raw_parts(slice.data, slice.len) };
            Got::Text(String::from_utf8(text.to_vec()).unwrap())
        }
        9 | 10 | 12 => Got::List((0..number(bytes)).map(|_| value(bytes, shared)).collect()),
        11 => Got::List((0..2 * number(bytes)).map(|_| value(bytes, shared)).collect()),
        13 => Got::Failed(1, string(bytes), string(bytes)),
        15 => Got::Simple(string(bytes)),
        16 => Got::Verbatim(string(bytes), value(bytes, shared).into()),
        17 => {
            let attributes = (0..2 * number(bytes)).map(|_| value(bytes, shared)).collect();
            Got::Attributes(attributes, value(bytes, shared).into())
        }
        tag => panic!("tag {tag}"),
    }
}
