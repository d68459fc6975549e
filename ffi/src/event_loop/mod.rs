//! The event loop, and what belongs to it.
//!
//! The core runs on a Tokio runtime of one thread, and that thread is
//! whichever one drives it: a caller that waits for a reply, or the
//! background thread. driver.rs says who drives when; completions.rs how what
//! was answered is carried away; spinning.rs and time_budget.rs for how long
//! a driver looks and sleeps.

pub mod allocator;
pub mod cancellation;
mod completions;
mod driver;
mod given_up;
pub mod logging;
pub mod questions;
mod spinning;
pub mod ticket;
mod time_budget;

pub use completions::Ready;

use crate::{
    abi::{Counter, guard::contained, signals},
    client::Clients,
    event_loop::questions::Questions,
    scan::Scans,
    wire::{
        failure::{self, Failure},
        reply::{Answer, ReplyBuffer, is_large},
    },
};
use completions::Completions;
use driver::Driver;
use given_up::GivenUp;
use std::{
    io,
    sync::atomic::{AtomicI64, Ordering},
    thread,
    time::Duration,
};
use time_budget::TimeBudget;
use tokio::runtime::{Builder, Runtime};

pub struct Engine {
    pub runtime: Runtime,
    pub completions: Completions,
    pub clients: Clients,
    /// The states of scans that somebody may go on from.
    pub scans: Scans,
    /// Calls that were given up, some of which may not have been sent yet.
    pub given_up: GivenUp,
    /// Those that the program has not answered.
    pub questions: Questions,
    /// Requests that were accepted and not yet completed.
    pub tickets: AtomicI64,
    /// Reply buffers that were handed out and not yet released.
    pub buffers: AtomicI64,
    /// Connections that are not shared.
    pub connections: AtomicI64,
    /// Connections of subscribers that are not ended yet.
    pub subscribers: AtomicI64,
    driver: Driver,
    budget: TimeBudget,
}

/// How a caller drives.
#[derive(Clone, Copy)]
pub struct Drive {
    /// The drive ends after so long at most; zero is no limit.
    pub budget: Duration,
    /// It does not sleep for the first so long.
    pub spin: Duration,
    /// A ticket whose completion is reported with the replies; 0 is none.
    pub own: u64,
}

impl Engine {
    /// Starts an engine. It lives as long as the process: clients come and
    /// go, and a thread of ours may be inside it at any moment.
    pub fn start(ready: Ready, context: usize) -> io::Result<&'static Engine> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            // Of the threads for what blocks.
            .on_thread_start(signals::block)
            .build()?;
        let budget = {
            let _context = runtime.enter();
            TimeBudget::new()?
        };
        let engine: &'static Engine = Box::leak(Box::new(Engine {
            runtime,
            budget,
            completions: Completions::new(ready, context),
            clients: Clients::default(),
            scans: Scans::default(),
            given_up: GivenUp::default(),
            questions: Questions::default(),
            tickets: AtomicI64::new(0),
            buffers: AtomicI64::new(0),
            connections: AtomicI64::new(0),
            subscribers: AtomicI64::new(0),
            driver: Driver::default(),
        }));
        thread::Builder::new().name("glide-background".into()).spawn(|| engine.background())?;
        Ok(engine)
    }

    /// Drives the event loop on this thread until something is completed, the
    /// drive is interrupted, or its budget is spent. `submit` runs first,
    /// inside the runtime. Returns `None` without having called it if
    /// somebody else drives.
    pub fn drive(&self, how: Drive, submit: impl FnOnce()) -> Option<Option<Box<ReplyBuffer>>> {
        let driving = self.take_role()?;
        self.completions.watch(how.own);
        self.runtime.block_on(async {
            submit();
            let more = || self.tickets.load(Ordering::Relaxed) > 0;
            if how.budget.is_zero() {
                return self.completions.available(how.spin, more).await;
            }
            tokio::select! {
                biased;
                () = self.completions.available(how.spin, more) => {}
                // No failure: the caller has waited enough.
                () = self.budget.spent(how.budget) => {}
            }
        });
        drop(driving);
        Some(self.completions.take())
    }

    /// Completes a ticket. A large reply is written beside the event loop.
    pub fn complete(&'static self, ticket: u64, answer: Result<Answer, Failure>) {
        if !answer.as_ref().is_ok_and(is_large) {
            self.tickets.fetch_sub(1, Ordering::Relaxed);
            return self.completions.push(ticket, answer);
        }
        self.runtime.spawn_blocking(move || {
            let mut buffer = Box::<ReplyBuffer>::default();
            if contained(|| buffer.push(ticket, answer)).is_none() {
                buffer.clear();
                buffer.push(ticket, Err(failure::panicked()));
            }
            self.tickets.fetch_sub(1, Ordering::Relaxed);
            self.completions.push_whole(ticket, buffer);
        });
    }

    /// Whether something may arrive that somebody waits for.
    fn expects(&self) -> bool {
        self.tickets.load(Ordering::Relaxed) > 0 || self.subscribers.load(Ordering::Relaxed) > 0
    }

    pub fn count(&self, what: Counter) -> i64 {
        match what {
            Counter::Tickets => self.tickets.load(Ordering::Relaxed),
            Counter::Buffers => self.buffers.load(Ordering::Relaxed),
            Counter::Clients => self.clients.count() as i64,
            Counter::Scans => self.scans.count() as i64,
            Counter::Dedicated => self.connections.load(Ordering::Relaxed),
            Counter::Subscribers => self.subscribers.load(Ordering::Relaxed),
            Counter::Questions => self.questions.count() as i64,
        }
    }
}

/// Does work that may take long beside the event loop.
pub async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|_| failure::panicked())
}
