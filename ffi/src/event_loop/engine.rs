//! The engine: an event loop, and what belongs to it.

use super::{
    completions::{Completions, Ready},
    driver::Driver,
    given_up::GivenUp,
    questions::Questions,
    time_budget::TimeBudget,
};
use crate::{
    abi::{GlideReplies, GlideReplyBuffer, guard::contained, signals},
    wire::{
        Answer as Answered,
        failure::{self, Failure},
        question::Question,
        reply::{Answer, ReplyBuffer, is_large},
        trace::Trace,
    },
};
use std::{
    io, ptr,
    sync::atomic::{AtomicI64, Ordering},
    thread,
    time::Duration,
};
use tokio::runtime::{Builder, Runtime};

pub struct Engine {
    pub runtime: Runtime,
    pub completions: Completions,
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
    /// Mailboxes of independent subscriptions.
    pub mailboxes: AtomicI64,
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
            given_up: GivenUp::default(),
            questions: Questions::default(),
            tickets: AtomicI64::new(0),
            buffers: AtomicI64::new(0),
            connections: AtomicI64::new(0),
            subscribers: AtomicI64::new(0),
            mailboxes: AtomicI64::new(0),
            driver: Driver::default(),
        }));
        thread::Builder::new().name("glide-background".into()).spawn(|| engine.background())?;
        Ok(engine)
    }

    /// Drives the event loop on this thread until something is completed, the
    /// drive is interrupted, or its budget is spent. `submit` runs first,
    /// inside the runtime. Returns `None` without having called it if
    /// another thread drives.
    pub fn drive(&self, how: Drive, submit: impl FnOnce()) -> Option<Option<Box<ReplyBuffer>>> {
        if !self.driver.take(|| self.completions.begin_drive()) {
            return None;
        }
        let driving = Driving(self);
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

    /// Hands out completions, if there are any. Their memory is the library's until
    /// they are released.
    pub fn hand_out(&self, buffer: Option<Box<ReplyBuffer>>) -> GlideReplies {
        let Some(mut buffer) = buffer else {
            return GlideReplies {
                data: ptr::null(),
                len: 0,
                shared: ptr::null(),
                shared_len: 0,
                owner: ptr::null_mut(),
                completed: 0,
                blocking: 0,
                own: 0,
            };
        };
        self.buffers.fetch_add(1, Ordering::Relaxed);
        let slices = buffer.slices();
        let shared_len = slices.len();
        // Null, not dangling: the caller's garbage collector looks at pointers.
        let shared = if slices.is_empty() { ptr::null() } else { slices.as_ptr() };
        GlideReplies {
            data: buffer.bytes().as_ptr(),
            len: buffer.bytes().len(),
            shared,
            shared_len,
            completed: buffer.completed,
            blocking: buffer.blocking,
            own: buffer.own_completed.into(),
            owner: Box::into_raw(buffer).cast(),
        }
    }

    /// Releases what was handed out, by its owner.
    ///
    /// # Safety
    /// `owner` must be one that this engine handed out and that was not released.
    pub unsafe fn release(&self, owner: *mut GlideReplyBuffer) {
        // SAFETY: it was a box of this type when it was handed out, and the caller
        // vouches that it is released once.
        let buffer = unsafe { Box::from_raw(owner.cast::<ReplyBuffer>()) };
        self.buffers.fetch_sub(1, Ordering::Relaxed);
        self.completions.release(buffer);
    }

    /// Completes a ticket. A large reply is written on another thread.
    pub fn complete(
        &'static self,
        ticket: u64,
        trace: Trace,
        as_sent: bool,
        answer: Result<Answer, Failure>,
    ) {
        if !answer.as_ref().is_ok_and(is_large) {
            self.tickets.fetch_sub(1, Ordering::Relaxed);
            return self.completions.push(ticket, trace, as_sent, answer);
        }
        self.runtime.spawn_blocking(move || {
            let mut buffer = Box::<ReplyBuffer>::default();
            if contained(|| buffer.push(ticket, trace, as_sent, answer)).is_none() {
                buffer.clear();
                buffer.push(ticket, trace, as_sent, Err(failure::panicked()));
            }
            self.tickets.fetch_sub(1, Ordering::Relaxed);
            self.completions.push_whole(ticket, buffer);
        });
    }

    /// Makes sure that the event loop is driven: wakes the background thread
    /// unless the role is taken.
    pub fn poke(&self) {
        self.driver.poke();
    }

    /// Drives whenever no caller does, permanently.
    fn background(&self) {
        signals::block();
        loop {
            self.driver.wait_for_role(|| self.expects());
            self.runtime.block_on(self.driver.asked_to_release());
            self.driver.release_background();
        }
    }

    /// Asks functions of the program, and returns the answer or why there is
    /// none.
    pub async fn ask(
        &self,
        functions: u64,
        question: Question<'_>,
        time: Duration,
    ) -> Result<Answered, String> {
        self.questions.ask(&self.completions, functions, question, time).await
    }

    /// Reports whether something may arrive that a caller waits for.
    fn expects(&self) -> bool {
        self.tickets.load(Ordering::Relaxed) > 0 || self.subscribers.load(Ordering::Relaxed) > 0
    }
}

/// Holds the role of driver. It is released when this is dropped.
struct Driving<'a>(&'a Engine);

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        // First, while no other driver can have begun.
        self.0.completions.end_drive();
        self.0.driver.release(|| self.0.expects());
    }
}
