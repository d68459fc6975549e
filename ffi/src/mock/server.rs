//! Servers that are scripts.

use crate::{
    core::stream::MOCK,
    event_loop::stream::Stream,
    wire::{address::Address, slots::SLOTS},
};
use redis::cluster_topology::get_slot;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, Weak,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    sync::Notify,
};

/// The servers that there are.
static SERVERS: Mutex<Option<HashMap<Address, Weak<Server>>>> = Mutex::new(None);

/// Returns a connection to a server, if it is one of these.
fn connect(address: &Address) -> Option<Stream> {
    let server = servers().get_or_insert_default().get(address)?.upgrade()?;
    let (near, far) = duplex(64 << 10);
    let connection = server.connections.fetch_add(1, Ordering::SeqCst);
    tokio::spawn(serve(server, far, connection));
    Some(Box::pin(near))
}

fn servers() -> MutexGuard<'static, Option<HashMap<Address, Weak<Server>>>> {
    SERVERS.lock().unwrap_or_else(|e| e.into_inner())
}

/// A command as a server gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Counts the server's connections.
    pub connection: usize,
    /// Its words, separated by spaces.
    pub text: String,
}

/// What a server does with a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// It sends this.
    Say(String),
    /// It sends this, and the connection is lost.
    Cut(String),
    /// It does not answer until it is told to go on.
    Hold,
    /// It answers as its kind does: see [`usual`].
    Usual,
}

type Script = Box<dyn FnMut(&Command) -> Act + Send>;

pub struct Server {
    pub address: Address,
    script: Mutex<Script>,
    /// What was sent by its clients but for what each connection begins with.
    seen: Mutex<Vec<Command>>,
    connections: AtomicUsize,
    closed: AtomicUsize,
    /// Says who has which slots; a standalone server has none of this.
    topology: Mutex<Option<String>>,
    going_on: Notify,
}

impl Server {
    pub fn new(script: impl FnMut(&Command) -> Act + Send + 'static) -> Arc<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let host = format!("mock-{}.invalid", NEXT.fetch_add(1, Ordering::Relaxed));
        Self::at(Address::new(&host, 6379), script)
    }

    pub fn at(address: Address, script: impl FnMut(&Command) -> Act + Send + 'static) -> Arc<Self> {
        let server = Arc::new(Server {
            address: address.clone(),
            script: Mutex::new(Box::new(script)),
            seen: Mutex::default(),
            connections: AtomicUsize::new(0),
            closed: AtomicUsize::new(0),
            topology: Mutex::default(),
            going_on: Notify::new(),
        });
        let _ = MOCK.set(connect);
        servers().get_or_insert_default().insert(address, Arc::downgrade(&server));
        server
    }

    /// A server that always does as servers do.
    pub fn usual() -> Arc<Self> {
        Self::new(|_| Act::Usual)
    }

    /// Has it answer by another script.
    pub fn change(&self, script: impl FnMut(&Command) -> Act + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    /// What it was sent.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|command| command.text.clone()).collect()
    }

    /// On how many connections it was sent a command that begins so.
    pub fn connections_of(&self, beginning: &str) -> usize {
        let seen = self.seen.lock().unwrap();
        let mut numbers: Vec<usize> = seen
            .iter()
            .filter(|command| command.text.starts_with(beginning))
            .map(|command| command.connection)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.len()
    }

    /// How many connections have ended.
    pub fn closed(&self) -> usize {
        self.closed.load(Ordering::SeqCst)
    }

    /// Has it answer one command that it has held.
    pub fn go_on(&self) {
        self.going_on.notify_one();
    }

    fn act(&self, command: &Command) -> Act {
        let begins = ["HELLO", "CLIENT", "AUTH", "INFO", "CLUSTER", "PING", "READONLY"];
        if !begins.iter().any(|name| command.text.starts_with(name)) {
            self.seen.lock().unwrap().push(command.clone());
        }
        (self.script.lock().unwrap())(command)
    }

    fn usual_to(&self, text: &str) -> String {
        match self.topology.lock().unwrap().as_ref() {
            Some(topology) if text == "CLUSTER SLOTS" => topology.clone(),
            _ => usual(text),
        }
    }
}

/// Assigns slots to servers: each has as many as the others.
pub fn cluster(servers: &[&Arc<Server>]) {
    let mut topology = format!("*{}\r\n", servers.len());
    for (index, server) in servers.iter().enumerate() {
        let (first, last) = range(index, servers.len());
        let Address { host, port } = &server.address;
        let node = format!("*3\r\n{}:{port}\r\n{}", bulk(host), bulk(&format!("id-{index}")));
        topology += &format!("*3\r\n:{first}\r\n:{last}\r\n{node}");
    }
    for server in servers {
        *server.topology.lock().unwrap() = Some(topology.clone());
    }
}

fn range(index: usize, servers: usize) -> (u16, u16) {
    let start = |index| (usize::from(SLOTS) * index / servers) as u16;
    (start(index), start(index + 1) - 1)
}

/// Returns the first key of a series that some server of a cluster has.
pub fn key_of(index: usize, servers: usize, series: &str) -> String {
    let (first, last) = range(index, servers);
    let mut keys = (0..).map(|n| format!("{series}{n}"));
    keys.find(|key| (first..=last).contains(&get_slot(key.as_bytes()))).unwrap()
}

pub fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

/// How servers answer: values are made of their keys.
pub fn usual(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let value = |key: &str| bulk(&format!("value of {key}"));
    match words[..] {
        ["HELLO", ..] => format!("%1\r\n{}{}", bulk("server"), bulk("mock")),
        ["CLIENT", "ID"] => ":7\r\n".to_owned(),
        ["INFO", ..] => bulk("# Replication\r\nrole:master\r\nconnected_slaves:0\r\n"),
        ["PING"] => "+PONG\r\n".to_owned(),
        ["GET", key] => value(key),
        ["MGET", ref keys @ ..] => {
            let values: String = keys.iter().map(|key| value(key)).collect();
            format!("*{}\r\n{values}", keys.len())
        }
        ["INCR" | "LPUSH", ..] => ":1\r\n".to_owned(),
        ["DEL" | "EXISTS", ref keys @ ..] => format!(":{}\r\n", keys.len()),
        ["BLPOP", key, _] => format!("*2\r\n{}{}", bulk(key), value(key)),
        ["EXPIRE", ..] => ":1\r\n".to_owned(),
        _ => "+OK\r\n".to_owned(),
    }
}

async fn serve(server: Arc<Server>, mut stream: DuplexStream, connection: usize) {
    let _ = talk(&server, &mut stream, connection).await;
    drop(stream);
    server.closed.fetch_add(1, Ordering::SeqCst);
}

async fn talk(
    server: &Arc<Server>,
    stream: &mut DuplexStream,
    connection: usize,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        while let Some((text, length)) = command(&bytes) {
            bytes.drain(..length);
            let command = Command { connection, text };
            let mut act = server.act(&command);
            if act == Act::Hold {
                let mut byte = [0];
                tokio::select! {
                    () = server.going_on.notified() => act = Act::Usual,
                    // A client that waits sends nothing more: it is the end.
                    _ = stream.read(&mut byte) => return Ok(()),
                }
            }
            let (reply, ends) = match act {
                Act::Say(reply) => (reply, false),
                Act::Cut(reply) => (reply, true),
                Act::Hold | Act::Usual => (server.usual_to(&command.text), false),
            };
            stream.write_all(reply.as_bytes()).await?;
            if ends {
                return Ok(());
            }
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await? {
            0 => return Ok(()),
            some => bytes.extend_from_slice(&piece[..some]),
        }
    }
}

/// Reads a command and how long it is, if all of it is there.
fn command(bytes: &[u8]) -> Option<(String, usize)> {
    let (words, mut at) = number(bytes, b'*', 0)?;
    let mut text = Vec::new();
    for _ in 0..words {
        let (length, start) = number(bytes, b'$', at)?;
        let word = bytes.get(start..start + length)?;
        text.push(String::from_utf8_lossy(word).into_owned());
        at = start + length + 2;
    }
    (at <= bytes.len()).then(|| (text.join(" "), at))
}

/// Reads the line at a place, which is of one kind, and returns where the next
/// begins.
fn number(bytes: &[u8], kind: u8, at: usize) -> Option<(usize, usize)> {
    let rest = bytes.get(at..)?;
    let end = rest.windows(2).position(|two| two == b"\r\n")?;
    assert_eq!(rest[0], kind, "no command");
    Some((str::from_utf8(&rest[1..end]).unwrap().parse().unwrap(), at + end + 2))
}
