//! The runtime and who drives it.
//!
//! The core runs on a Tokio runtime of one thread, and that thread is
//! whichever one drives it. A caller that waits for a reply is idle anyway,
//! so it drives: it submits, runs the runtime on its own thread until
//! something is answered, and carries the answers away, all in one crossing
//! and without waking any other thread. When no caller drives, a background
//! thread does, so that pushes, timers and reconnection never wait for one.
//!
//! The role of driver has three states:
//!
//! ```text
//!             drive()                    drive() returns
//!   Nobody ------------> Caller ------------------------> Nobody
//!   Nobody -- poked, or nobody drove for GRACE --> Background
//!   Background -- a caller asks for the role ----> Nobody
//! ```
//!
//! Between two drives the role is left with nobody for up to [`GRACE`]: a
//! caller in a loop comes back at once, and waking the background thread for
//! every gap would cost more than the commands. Whoever leaves work behind
//! with no caller to drive it pokes the background thread instead.

use crate::{
    budget::Budget,
    client::Clients,
    completions::{Completions, Ready},
    reply::ReplyBuffer,
    scan::Scans,
};
use std::{
    io,
    sync::{
        Condvar, Mutex, MutexGuard,
        atomic::{AtomicI64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Notify,
};

/// For how long nobody may drive before the background thread does.
const GRACE: Duration = Duration::from_millis(1);

/// For how long a caller waits for the background thread to give the role up.
/// It does so between two tasks; only a reply of many megabytes takes longer.
const HANDOVER: Duration = Duration::from_millis(2);

pub struct Engine {
    pub runtime: Runtime,
    pub completions: Completions,
    pub clients: Clients,
    /// The states of scans that somebody may go on from.
    pub scans: Scans,
    /// Requests that were accepted and not yet completed.
    pub tickets: AtomicI64,
    /// Reply buffers that were handed out and not yet released.
    pub buffers: AtomicI64,
    /// Connections that are not shared.
    pub connections: AtomicI64,
    /// Connections of subscribers that are not ended yet.
    pub subscribers: AtomicI64,
    role: Mutex<Role>,
    changed: Condvar,
    /// Asks the background thread for the role.
    give_up: Notify,
    budget: Budget,
}

#[derive(Default)]
struct Role {
    holder: Holder,
    /// Counts the drives of callers, so that the background thread can tell
    /// a gap between two of them from silence.
    drives: u64,
    poked: bool,
    /// A caller is waiting for the background thread to give the role up.
    wanted: bool,
}

#[derive(Default, PartialEq, Eq, Clone, Copy)]
enum Holder {
    #[default]
    Nobody,
    Caller,
    Background,
}

impl Engine {
    /// Starts an engine. It lives as long as the process: clients come and
    /// go, and a thread of ours may be inside it at any moment.
    pub fn start(ready: Ready, context: usize) -> io::Result<&'static Engine> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let budget = {
            let _context = runtime.enter();
            Budget::new()?
        };
        let engine: &'static Engine = Box::leak(Box::new(Engine {
            runtime,
            budget,
            completions: Completions::new(ready, context),
            clients: Clients::default(),
            scans: Scans::default(),
            tickets: AtomicI64::new(0),
            buffers: AtomicI64::new(0),
            connections: AtomicI64::new(0),
            subscribers: AtomicI64::new(0),
            role: Mutex::default(),
            changed: Condvar::new(),
            give_up: Notify::new(),
        }));
        thread::Builder::new().name("glide-background".into()).spawn(|| engine.background())?;
        Ok(engine)
    }

    /// Drives the runtime on this thread until something is answered, at most
    /// for `budget`, of which it need not sleep for the first `spin`. `submit`
    /// runs first, inside the runtime. Gives `None` without having called it if
    /// somebody else drives.
    pub fn drive(
        &self,
        budget: Duration,
        spin: Duration,
        submit: impl FnOnce(),
    ) -> Option<Option<Box<ReplyBuffer>>> {
        let driving = self.take_role()?;
        self.runtime.block_on(async {
            submit();
            let more = || self.tickets.load(Ordering::Relaxed) > 0;
            tokio::select! {
                biased;
                () = self.completions.available(spin, more) => {}
                // No failure: the caller has waited enough.
                () = self.budget.spent(budget) => {}
            }
        });
        drop(driving);
        Some(self.completions.take())
    }

    /// Makes sure that somebody drives: wakes the background thread unless
    /// the role is taken.
    pub fn poke(&self) {
        let mut role = self.role();
        if role.holder == Holder::Nobody {
            role.poked = true;
            self.changed.notify_all();
        }
    }

    fn take_role(&self) -> Option<Driving<'_>> {
        let mut role = self.role();
        match role.holder {
            Holder::Nobody => {}
            Holder::Caller => return None,
            Holder::Background if role.wanted => return None,
            Holder::Background => {
                role.wanted = true;
                self.give_up.notify_one();
                let deadline = Instant::now() + HANDOVER;
                while role.holder != Holder::Nobody {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        // The background thread will find nobody wanting the
                        // role and go on.
                        role.wanted = false;
                        return None;
                    }
                    role = self.wait(role, left);
                }
                role.wanted = false;
            }
        }
        role.holder = Holder::Caller;
        self.completions.begin_drive();
        Some(Driving(self))
    }

    fn background(&self) {
        ignore_broken_pipes();
        loop {
            let mut role = self.role();
            let mut silent = false;
            while role.holder != Holder::Nobody || role.wanted || !(role.poked || silent) {
                let drives = role.drives;
                role = self.wait(role, GRACE);
                silent = role.drives == drives;
            }
            role.poked = false;
            role.holder = Holder::Background;
            drop(role);

            self.runtime.block_on(self.give_up.notified());

            let mut role = self.role();
            role.holder = Holder::Nobody;
            // A caller that gave up waiting has left the work to us.
            role.poked = !role.wanted;
            self.changed.notify_all();
        }
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

    pub fn count(&self, what: Count) -> i64 {
        match what {
            Count::Tickets => self.tickets.load(Ordering::Relaxed),
            Count::Buffers => self.buffers.load(Ordering::Relaxed),
            Count::Clients => self.clients.count() as i64,
            Count::Scans => self.scans.count() as i64,
            Count::Connections => self.connections.load(Ordering::Relaxed),
            Count::Subscribers => self.subscribers.load(Ordering::Relaxed),
        }
    }
}

/// Lets a write to a connection that the server has closed fail on this
/// thread, instead of ending the process. On the callers' threads that is
/// their program's matter; Go's runtime sees to it.
fn ignore_broken_pipes() {
    #[cfg(unix)]
    // SAFETY: the set is initialized by sigemptyset before it is used.
    unsafe {
        let mut signals = std::mem::MaybeUninit::uninit();
        libc::sigemptyset(signals.as_mut_ptr());
        libc::sigaddset(signals.as_mut_ptr(), libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, signals.as_ptr(), std::ptr::null_mut());
    }
}

/// What `glide_count` can count.
#[derive(Clone, Copy)]
pub enum Count {
    Tickets,
    Buffers,
    Clients,
    Scans,
    Connections,
    Subscribers,
}

/// Holds the role of driver; gives it back on every way out.
struct Driving<'a>(&'a Engine);

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        // First, while no other driver can have begun.
        self.0.completions.end_drive();
        let mut role = self.0.role();
        role.holder = Holder::Nobody;
        role.drives += 1;
    }
}
