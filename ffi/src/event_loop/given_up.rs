//! Calls that their callers have given up: nothing is begun for them any more.
//!
//! A call that is given up is noted before its caller goes on. So what of it
//! was not sent by then is not sent after what the caller sends next.

use std::{
    iter,
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

/// The last of them. A note that is not needed any more stays until another one
/// replaces it. It is lost too early only if thousands of calls are given up
/// before the request is looked at, which then counts on its deadline.
pub struct GivenUp {
    /// Whether any was ever noted. Programs that cancel no call read only this.
    any: AtomicBool,
    notes: Box<[Notes]>,
}

/// Notes of some tickets, in one cache line, which is all that a look-up reads.
#[repr(align(64))]
#[derive(Default)]
struct Notes {
    next: AtomicUsize,
    tickets: [AtomicU64; 7],
}

impl Default for GivenUp {
    fn default() -> Self {
        let notes = iter::repeat_with(Notes::default).take(1 << Self::BITS).collect();
        GivenUp { any: AtomicBool::new(false), notes }
    }
}

impl GivenUp {
    const BITS: u32 = 11;

    /// Notes a call, by its ticket.
    pub fn note(&self, ticket: u64) {
        let Some(Notes { next, tickets }) = self.notes(ticket) else { return };
        self.any.store(true, Ordering::Relaxed);
        let index = next.fetch_add(1, Ordering::Relaxed) % tickets.len();
        tickets[index].store(ticket, Ordering::Release);
    }

    pub fn contains(&self, ticket: u64) -> bool {
        if !self.any.load(Ordering::Relaxed) {
            return false;
        }
        let Some(Notes { tickets, .. }) = self.notes(ticket) else { return false };
        tickets.iter().any(|noted| noted.load(Ordering::Acquire) == ticket)
    }

    fn notes(&self, ticket: u64) -> Option<&Notes> {
        // Tickets of calls at one time differ in few bits.
        let spread = ticket.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.notes.get((spread >> (u64::BITS - Self::BITS)) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_that_were_given_up_are_known() {
        let given_up = GivenUp::default();
        let tickets =
            || (1..=10u64).flat_map(|generation| (0..100).map(move |i| generation << 24 | i));
        assert!(tickets().all(|ticket| !given_up.contains(ticket)));
        for ticket in tickets() {
            given_up.note(ticket);
            assert!(given_up.contains(ticket));
        }
        let known = tickets().filter(|ticket| given_up.contains(*ticket)).count();
        assert!(known > 990, "{known} of 1000");
        assert!(!given_up.contains(11 << 24));
    }
}
