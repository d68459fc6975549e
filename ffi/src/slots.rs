//! Which slots have the same primary, as the core says.
//!
//! To ask the core for a slot takes a lock, a search and a string. What it said
//! counts for a while: it only decides which commands travel together, and the
//! core where to. If a slot has moved meanwhile, its commands are refused by the
//! node that the others are for and sent again, each for itself, as if it had
//! moved on their way; then the core is asked anew.

use crate::slotset::SLOTS;
use glide_core::client::Client as Core;
use redis::cluster_topology::get_slot;
use std::{
    num::NonZeroU16,
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

/// For how long it counts what the core has said.
const FRESH: Duration = Duration::from_millis(100);

/// How long to wait before a cluster is asked again where a slot is.
pub const AGAIN: Duration = Duration::from_millis(25);

/// Of more addresses than this most are of servers that are gone.
const ADDRESSES_MAX: usize = 1 << 12;

/// Gives a key of a slot: each slot has four of two bytes.
pub fn key_in(slot: u16) -> [u8; 2] {
    let mut keys = (0..=u16::MAX).map(u16::to_be_bytes);
    keys.find(|key| get_slot(key) == slot).unwrap_or_default()
}

/// A slot's primary. Equal ones of one client are the same server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Primary(NonZeroU16);

#[derive(Default)]
pub struct Slots(Mutex<Known>);

#[derive(Default)]
struct Known {
    since: Option<Instant>,
    /// The addresses of the primaries, of all that there ever were.
    addresses: Vec<String>,
    /// The primary of each slot that was asked for. Empty as long as nobody
    /// asks.
    primaries: Vec<Option<Primary>>,
}

impl Slots {
    /// Gives what looks slots up, for one submission.
    pub fn look<'a>(&'a self, core: &'a Core) -> Look<'a> {
        Look { slots: self, core, begun: None }
    }

    /// Forgets what the core has said: a server says otherwise.
    pub fn forget(&self) {
        self.lock().since = None;
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

pub struct Look<'a> {
    slots: &'a Slots,
    core: &'a Core,
    begun: Option<Instant>,
}

impl Look<'_> {
    /// Gives the slot's primary, if the core knows it at this moment.
    pub fn primary(&mut self, slot: u16) -> Option<Primary> {
        let now = *self.begun.get_or_insert_with(Instant::now);
        let mut known = self.slots.lock();
        if !known.since.is_some_and(|since| now.saturating_duration_since(since) < FRESH) {
            known.since = Some(now);
            if known.addresses.len() > ADDRESSES_MAX {
                known.addresses.clear();
            }
            known.primaries.clear();
            known.primaries.resize(SLOTS.into(), None);
        }
        let index = usize::from(slot);
        if known.primaries[index].is_none() {
            let address = self.core.try_address_for_slot(slot).ok()?;
            known.primaries[index] = known.primary(address);
        }
        known.primaries[index]
    }
}

impl Known {
    fn primary(&mut self, address: String) -> Option<Primary> {
        let place = self.addresses.iter().position(|a| *a == address).unwrap_or_else(|| {
            self.addresses.push(address);
            self.addresses.len() - 1
        });
        NonZeroU16::new(u16::try_from(place + 1).ok()?).map(Primary)
    }
}
