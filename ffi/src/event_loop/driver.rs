//! Which thread drives the event loop.
//!
//! A caller that waits for a reply is idle anyway, so it drives: it submits,
//! runs the event loop on its own thread until something is completed, and
//! carries the completions away, all in one crossing and without waking any
//! other thread. When no caller drives, the background thread does, so that
//! pushes, timers and reconnection never wait for a caller.
//!
//! | state      | entered by                                   | left by                        |
//! |------------|----------------------------------------------|--------------------------------|
//! | Free       | a drive that ends; the background thread     | either of the two below        |
//! | Caller     | `drive`                                      | the end of the drive → Free    |
//! | Background | a poke, or [`GRACE`] after the last drive    | a caller that wants the role → Free |
//!
//! Between two drives the role is free: a caller in a loop drives
//! again at once, and waking the background thread for every gap would cost
//! more than the commands. A thread that leaves work behind with no caller to
//! drive it pokes the background thread instead.
//!
//! While callers drive, the background thread only looks whether they still
//! do, less and less often. A drive that ends while something is expected
//! brings it back to looking every [`GRACE`].

use std::{
    sync::{Condvar, Mutex, MutexGuard},
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// For how long the role may be free before the background thread does, if
/// something is expected.
const GRACE: Duration = Duration::from_millis(1);

/// How rarely the background thread looks while callers drive, and so how
/// late it may be for what no caller waits for, such as a timer of the core's.
const PATIENCE_MAX: Duration = Duration::from_millis(16);

/// For how long a caller waits for the background thread to release the role.
/// It does so between two tasks; only a reply of many megabytes takes longer.
const HANDOVER: Duration = Duration::from_millis(2);

pub struct Driver {
    role: Mutex<Role>,
    changed: Condvar,
    /// Asks the background thread for the role.
    release_asked: Notify,
}

struct Role {
    holder: Holder,
    /// When the last drive of a caller ended.
    released: Instant,
    poked: bool,
    /// A caller is waiting for the background thread to release the role.
    wanted: bool,
    /// The background thread waits for longer than it may if something is
    /// expected.
    patient: bool,
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Holder {
    Free,
    Caller,
    Background,
}

impl Default for Driver {
    fn default() -> Self {
        Driver {
            role: Mutex::new(Role {
                holder: Holder::Free,
                released: Instant::now(),
                poked: false,
                wanted: false,
                patient: false,
            }),
            changed: Condvar::new(),
            release_asked: Notify::new(),
        }
    }
}

impl Driver {
    /// Wakes the background thread unless the role is taken.
    pub fn poke(&self) {
        let mut role = self.role();
        if role.holder == Holder::Free {
            role.poked = true;
            self.changed.notify_all();
        }
    }

    /// Takes the role for a caller, if it can be had at once, and reports whether
    /// the caller has it. Then `begin` is called before any other party can notice.
    pub fn take(&self, begin: impl FnOnce()) -> bool {
        let mut role = self.role();
        match role.holder {
            Holder::Free => {}
            Holder::Caller => return false,
            Holder::Background if role.wanted => return false,
            Holder::Background => {
                role.wanted = true;
                self.release_asked.notify_one();
                let deadline = Instant::now() + HANDOVER;
                while role.holder != Holder::Free {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        // The background thread will find that no caller wants
                        // the role, and go on.
                        role.wanted = false;
                        return false;
                    }
                    role = self.wait(role, left);
                }
                role.wanted = false;
            }
        }
        role.holder = Holder::Caller;
        begin();
        true
    }

    /// Releases the role of a caller. `expects` reports whether something may
    /// arrive that a caller waits for.
    pub fn release(&self, expects: impl Fn() -> bool) {
        let mut role = self.role();
        role.holder = Holder::Free;
        role.released = Instant::now();
        if role.patient && expects() {
            role.patient = false;
            drop(role);
            self.changed.notify_all();
        }
    }

    /// Waits until the background thread has the role.
    pub fn wait_for_role(&self, expects: impl Fn() -> bool) {
        let mut role = self.role();
        let mut patience = GRACE;
        while role.holder != Holder::Free
            || role.wanted
            || !(role.poked || role.released.elapsed() >= GRACE)
        {
            role.patient = patience > GRACE;
            role = self.wait(role, patience);
            patience = match role.holder {
                Holder::Free if expects() => GRACE,
                _ => (2 * patience).min(PATIENCE_MAX),
            };
        }
        role.patient = false;
        role.poked = false;
        role.holder = Holder::Background;
    }

    /// Waits until the background thread is asked to release the role.
    pub async fn asked_to_release(&self) {
        self.release_asked.notified().await;
    }

    /// Releases the role of the background thread.
    pub fn release_background(&self) {
        let mut role = self.role();
        role.holder = Holder::Free;
        // A caller that no longer waits for the role has left the work to us.
        role.poked = !role.wanted;
        self.changed.notify_all();
    }

    fn role(&self) -> MutexGuard<'_, Role> {
        self.role.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn wait<'a>(&self, role: MutexGuard<'a, Role>, time: Duration) -> MutexGuard<'a, Role> {
        match self.changed.wait_timeout(role, time) {
            Ok((role, _)) => role,
            Err(poisoned) => poisoned.into_inner().0,
        }
    }
}
