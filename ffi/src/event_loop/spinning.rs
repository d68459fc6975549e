//! How long to look for completions before sleeping.
//!
//! A thread that sleeps takes some time to wake; one that looks instead keeps a
//! CPU busy. Looking is worth while if completions come about as soon as a
//! sleeper would wake. After they did not, it is left out for a while, twice
//! as long each time in a row.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// Of so many waits at least one looks.
const WAITS_MAX: u32 = 64;

/// Only the driver uses it.
#[derive(Default)]
pub struct Spin {
    /// How many waits are to come that do not look.
    left_out: AtomicU32,
    /// How many that was the last time.
    before: AtomicU32,
}

impl Spin {
    /// Returns for how long to look, at most so long.
    pub fn limit(&self, most: Duration) -> Duration {
        let left = self.left_out.load(Ordering::Relaxed);
        if most.is_zero() || left == 0 {
            return most;
        }
        self.left_out.store(left - 1, Ordering::Relaxed);
        Duration::ZERO
    }

    /// Takes how it went.
    pub fn looked(&self, found: bool) {
        let out = match found {
            true => 0,
            false => (2 * self.before.load(Ordering::Relaxed) + 1).min(WAITS_MAX - 1),
        };
        self.before.store(out, Ordering::Relaxed);
        self.left_out.store(out, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Duration = Duration::from_micros(50);

    /// How many waits pass until one looks.
    fn left_out(spin: &Spin) -> u32 {
        (0..).take_while(|_| spin.limit(MOST).is_zero()).count() as u32
    }

    #[test]
    fn it_is_left_out_for_longer_each_time_it_was_in_vain() {
        let spin = Spin::default();
        assert_eq!(left_out(&spin), 0);
        for expected in [1, 3, 7, 15, 31, 63, 63] {
            spin.looked(false);
            assert_eq!(left_out(&spin), expected);
        }
        spin.looked(true);
        assert_eq!(left_out(&spin), 0);
        spin.looked(false);
        assert_eq!(left_out(&spin), 1);
    }

    #[test]
    fn who_does_not_want_to_look_does_not_count() {
        let spin = Spin::default();
        spin.looked(false);
        for _ in 0..10 {
            assert_eq!(spin.limit(Duration::ZERO), Duration::ZERO);
        }
        assert_eq!(left_out(&spin), 1);
    }
}
