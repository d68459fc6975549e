//! The queue of completions between the event loop and the caller that takes them.
//!
//! Completions are collected in one buffer. A caller takes all of it. When it turns
//! non-empty, a caller must be notified: the one that drives the event loop is
//! woken and takes it at the end of its drive; if no caller drives, the ready
//! callback is called, once until the buffer has been taken. A large reply has
//! a separate buffer, which was filled on another thread.

use super::spinning::Spin;
use crate::wire::{
    event::Event,
    failure::Failure,
    messages::Batches,
    question::Question,
    reply::{Answer, ReplyBuffer},
    trace::Trace,
};
use redis::PushInfo;
use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard},
    task::{Poll, Waker},
    time::{Duration, Instant},
};

/// Called when there is something to take. It may come on any thread, must
/// return at once, and must not call back into this library.
pub type Ready = extern "C" fn(context: usize);

/// A buffer larger than this goes back to the allocator, not to the pool.
const POOLED_BYTES: usize = 1 << 20;
const POOLED_BUFFERS: usize = 4;

pub struct Completions {
    /// Taken last: every thread that logs takes it, also while it holds other locks. So
    /// nothing is logged or called while it is held.
    state: Mutex<State>,
    spin: Spin,
    ready: Ready,
    context: usize,
}

#[derive(Default)]
struct State {
    /// Boxed because it is handed out by address.
    buffer: Box<ReplyBuffer>,
    /// Those that are handed out before it, each by itself.
    whole: VecDeque<Box<ReplyBuffer>>,
    // Boxes, since what goes in comes from `buffer` and goes out to it.
    #[allow(clippy::vec_box)]
    pool: Vec<Box<ReplyBuffer>>,
    /// A caller drives and will take the buffer when it stops.
    driven: bool,
    /// The ready callback was called and nothing was taken since.
    announced: bool,
    driver: Option<Waker>,
    /// The drive that is under way, or else the next, is to end early.
    interrupted: bool,
    /// The ticket whose completion is reported with the replies; 0 is none.
    own: u64,
}

impl Completions {
    pub fn new(ready: Ready, context: usize) -> Self {
        Completions { state: Mutex::default(), spin: Spin::default(), ready, context }
    }

    pub fn push(&self, ticket: u64, trace: Trace, as_sent: bool, answer: Result<Answer, Failure>) {
        let mut state = self.lock();
        state.buffer.push(ticket, trace, as_sent, answer);
        let own = state.own;
        state.buffer.own_completed |= own != 0 && ticket == own;
        self.announce(state);
    }

    /// Adds a buffer that holds the completion of a ticket. It is handed out as
    /// it is.
    pub fn push_whole(&self, ticket: u64, mut buffer: Box<ReplyBuffer>) {
        let mut state = self.lock();
        buffer.own_completed = state.own != 0 && ticket == state.own;
        state.whole.push_back(buffer);
        self.announce(state);
    }

    pub fn push_log(&self, observer: u64, level: u8, target: &str, message: &str) {
        self.append(|buffer| buffer.push_log(observer, level, target, message));
    }

    pub fn push_event(&self, observer: u64, event: Event<'_>) {
        self.append(|buffer| buffer.push_event(observer, event));
    }

    pub fn push_messages(&self, batches: Batches<'_>, pushes: &[PushInfo]) {
        self.append(|buffer| buffer.push_messages(batches, pushes));
    }

    pub fn push_addressed_messages(
        &self,
        batches: Batches<'_>,
        pushes: &[PushInfo],
        mailboxes: &[Arc<Vec<u64>>],
    ) {
        self.append(|buffer| buffer.push_addressed_messages(batches, pushes, mailboxes));
    }

    pub fn push_question(
        &self,
        functions: u64,
        number: u64,
        question: Question<'_>,
        time: Duration,
    ) {
        self.append(|buffer| buffer.push_question(functions, number, question, time));
    }

    fn append(&self, write: impl FnOnce(&mut ReplyBuffer)) {
        let mut state = self.lock();
        write(&mut state.buffer);
        self.announce(state);
    }

    fn announce(&self, mut state: MutexGuard<'_, State>) {
        let driver = state.driver.take();
        let announce = !state.driven && !state.announced;
        state.announced |= announce;
        drop(state);
        if let Some(driver) = driver {
            driver.wake();
        }
        if announce {
            (self.ready)(self.context);
        }
    }

    /// Ends when there is something to take, or the drive is interrupted. It
    /// looks for that for as long as `spin` at most and then sleeps. If `more` may come at once, the tasks that are
    /// ready run first: what they complete is taken with it.
    pub async fn available(&self, spin: Duration, more: impl Fn() -> bool) {
        let spin = self.spin.limit(spin);
        if !spin.is_zero() {
            let begun = Instant::now();
            let mut found = self.is_over();
            while !found && begun.elapsed() < spin {
                // Runs what is ready and looks at the sockets, without sleeping.
                tokio::task::yield_now().await;
                found = self.is_over();
            }
            self.spin.looked(found);
        }
        poll_fn(|cx| {
            let mut state = self.lock();
            if state.is_over() {
                return Poll::Ready(());
            }
            state.driver = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
        if more() {
            tokio::task::yield_now().await;
        }
    }

    /// Sets the ticket whose completion is reported with the replies.
    pub fn watch(&self, own: u64) {
        self.lock().own = own;
    }

    /// Ends the drive that is under way, or else the next one.
    pub fn interrupt(&self) {
        let mut state = self.lock();
        state.interrupted = true;
        let driver = state.driver.take();
        drop(state);
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    /// From here on a driving caller will take what comes.
    pub fn begin_drive(&self) {
        self.lock().driven = true;
    }

    /// The caller drives no more and will now take what came.
    pub fn end_drive(&self) {
        let mut state = self.lock();
        state.driven = false;
        state.interrupted = false;
        state.driver = None;
    }

    pub fn take(&self) -> Option<Box<ReplyBuffer>> {
        let mut state = self.lock();
        let taken = state.take();
        if !state.is_empty() {
            self.announce(state);
        }
        taken
    }

    /// Returns a buffer whose replies have been read.
    pub fn release(&self, mut buffer: Box<ReplyBuffer>) {
        // Outside the lock: this frees the shared strings.
        buffer.clear();
        if buffer.capacity() > POOLED_BYTES {
            return;
        }
        let mut state = self.lock();
        if state.pool.len() < POOLED_BUFFERS {
            state.pool.push(buffer);
        }
    }

    fn is_over(&self) -> bool {
        self.lock().is_over()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while appending leaves at worst a cut entry, which the
        // reader answers with an error.
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl State {
    fn is_over(&self) -> bool {
        self.interrupted || !self.is_empty()
    }

    fn is_empty(&self) -> bool {
        self.buffer.is_empty() && self.whole.is_empty()
    }

    fn take(&mut self) -> Option<Box<ReplyBuffer>> {
        self.announced = false;
        if let Some(whole) = self.whole.pop_front() {
            return Some(whole);
        }
        if self.buffer.is_empty() {
            return None;
        }
        let fresh = self.pool.pop().unwrap_or_default();
        Some(std::mem::replace(&mut self.buffer, fresh))
    }
}
