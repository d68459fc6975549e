//! Events: what happens to a client's connections and topology.
//!
//! `abi/contract.md` describes the form.

use super::{address::Address, reply::ReplyBuffer};
use crate::abi::{EventKind, Outcome};
use std::time::Duration;

/// What has happened to a client.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A server is lost, and why.
    Lost(&'a Address, &'a str),
    /// It is back, after so long.
    Restored(&'a Address, Duration),
    /// The topology has this version now.
    TopologyChanged(u64),
    /// A server is the primary in place of another.
    FailedOver {
        to: &'a Address,
        from: &'a Address,
    },
    CircuitOpened,
    CircuitClosed,
}

/// What an event consists of.
#[derive(Default)]
struct Parts<'a> {
    number: u64,
    address: Option<&'a Address>,
    former: Option<&'a Address>,
    cause: &'a str,
}

impl<'a> Event<'a> {
    fn parts(self) -> (EventKind, Parts<'a>) {
        let none = Parts::default();
        match self {
            Event::Lost(address, cause) => {
                (EventKind::Lost, Parts { address: Some(address), cause, ..none })
            }
            Event::Restored(address, after) => {
                let number = u64::try_from(after.as_micros()).unwrap_or(u64::MAX);
                (EventKind::Restored, Parts { address: Some(address), number, ..none })
            }
            Event::TopologyChanged(number) => {
                (EventKind::TopologyChanged, Parts { number, ..none })
            }
            Event::FailedOver { to, from } => {
                (EventKind::FailedOver, Parts { address: Some(to), former: Some(from), ..none })
            }
            Event::CircuitOpened => (EventKind::CircuitOpened, none),
            Event::CircuitClosed => (EventKind::CircuitClosed, none),
        }
    }
}

impl ReplyBuffer {
    pub fn push_event(&mut self, observer: u64, event: Event<'_>) {
        let (kind, parts) = event.parts();
        let start = self.begin(observer, Outcome::Event);
        self.data.push(kind as u8);
        self.data.extend_from_slice(&parts.number.to_le_bytes());
        for address in [parts.address, parts.former] {
            let (port, host) = address.map_or((0, ""), |a| (a.port, &a.host[..]));
            self.data.extend_from_slice(&u32::from(port).to_le_bytes());
            self.text(host.as_bytes());
        }
        self.error_text(parts.cause);
        // Hosts and causes are short.
        let _ = self.end(start);
    }
}
