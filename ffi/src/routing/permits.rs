//! The permits of a connection's inflight limit.
//!
//! While permits are free, to take one or to return it is one atomic operation.
//! If none is, requests are rejected, or they queue and are given permits in the
//! order in which they came: no other request takes one that is returned meanwhile.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicIsize, Ordering},
    },
};
use tokio::sync::oneshot;

pub struct Permits {
    /// How many permits are free or, below zero, how many requests queue. It is
    /// below zero, and changes there, only while the queue is locked.
    free: AtomicIsize,
    limit: isize,
    queues: bool,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    /// The number of the next request that queues.
    next: u64,
    waiting: VecDeque<(u64, oneshot::Sender<Permit>)>,
}

/// A permit. It is returned when this is dropped.
pub struct Permit(Arc<Permits>);

/// An entry of the queue. It is removed when this is dropped.
pub struct Queued {
    permits: Arc<Permits>,
    number: u64,
    given: oneshot::Receiver<Permit>,
}

/// What there is for a request.
pub enum Taken {
    Permit(Permit),
    Queued(Queued),
    Rejected,
}

impl Permits {
    /// Returns so many permits. Requests without one queue, or are rejected.
    pub fn new(limit: usize, queues: bool) -> Arc<Self> {
        let limit = limit.try_into().unwrap_or(isize::MAX);
        let free = AtomicIsize::new(limit);
        Arc::new(Permits { free, limit, queues, queue: Mutex::default() })
    }

    /// Takes a permit, or enters the queue.
    pub fn take(self: &Arc<Self>) -> Taken {
        if self.change(|free| (free > 0).then(|| free - 1)) {
            return Taken::Permit(Permit(self.clone()));
        }
        if !self.queues {
            return Taken::Rejected;
        }
        let mut queue = self.queue();
        // One may have been returned just now.
        let mut has_permit = false;
        self.change(|free| {
            has_permit = free > 0;
            Some(free - 1)
        });
        if has_permit {
            return Taken::Permit(Permit(self.clone()));
        }
        let (give, given) = oneshot::channel();
        let number = queue.next;
        queue.next += 1;
        queue.waiting.push_back((number, give));
        Taken::Queued(Queued { permits: self.clone(), number, given })
    }

    /// Returns a permit, to the first in the queue if there is one.
    fn put(self: &Arc<Self>) {
        if self.change(|free| (free >= 0).then(|| free + 1)) {
            return;
        }
        let mut queue = self.queue();
        self.change(|free| Some(free + 1));
        let first = queue.waiting.pop_front();
        drop(queue);
        if let Some((_, give)) = first
            && let Err(permit) = give.send(Permit(self.clone()))
        {
            // It has just left the queue. Dropped, the permit is the next one's.
            drop(permit);
        }
    }

    /// Returns how many are taken, and how many requests queue.
    pub fn load(&self) -> (u64, u64) {
        let free = self.free.load(Ordering::Relaxed);
        (self.limit.abs_diff(free.max(0)) as u64, free.min(0).unsigned_abs() as u64)
    }

    fn change(&self, change: impl FnMut(isize) -> Option<isize>) -> bool {
        self.free.fetch_update(Ordering::SeqCst, Ordering::SeqCst, change).is_ok()
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.put();
    }
}

impl Queued {
    /// Waits for a permit.
    pub async fn permit(mut self) -> Option<Permit> {
        (&mut self.given).await.ok()
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        let mut queue = self.permits.queue();
        // Those who came before stand before it.
        if let Ok(at) = queue.waiting.binary_search_by_key(&self.number, |(number, _)| *number) {
            queue.waiting.remove(at);
            self.permits.change(|free| Some(free + 1));
        }
        // A permit that was given and not taken is returned as the channel is
        // dropped, when the queue is no longer locked.
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        pin::pin,
        sync::atomic::AtomicUsize,
        task::{Context, Poll, Waker},
        thread,
    };

    fn permit(permits: &Arc<Permits>) -> Permit {
        match permits.take() {
            Taken::Permit(permit) => permit,
            _ => panic!("there is no permit"),
        }
    }

    fn queued(permits: &Arc<Permits>) -> Queued {
        match permits.take() {
            Taken::Queued(queued) => queued,
            _ => panic!("there is no queue"),
        }
    }

    fn given(queued: Queued) -> Option<Permit> {
        let waiting = pin!(queued.permit());
        match waiting.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(permit) => permit,
            Poll::Pending => None,
        }
    }

    #[test]
    fn without_a_queue_the_excess_is_rejected() {
        let permits = Permits::new(2, false);
        let (first, _second) = (permit(&permits), permit(&permits));
        assert!(matches!(permits.take(), Taken::Rejected));
        drop(first);
        let _third = permit(&permits);
        assert!(matches!(permits.take(), Taken::Rejected));
    }

    #[test]
    fn permits_are_given_in_order_and_nobody_comes_between() {
        let permits = Permits::new(1, true);
        let held = permit(&permits);
        let (first, second, third) = (queued(&permits), queued(&permits), queued(&permits));
        drop(held);
        // The first has it, though it has not looked yet.
        let late = queued(&permits);
        let held = given(first).expect("it is the first one's");
        drop(second); // gives up
        drop(held);
        let held = given(third).expect("it is the third one's");
        drop(held);
        let held = given(late).expect("it is the last one's");
        drop(held);
        let _free = permit(&permits);
    }

    #[test]
    fn who_gives_up_with_a_permit_passes_it_on() {
        let permits = Permits::new(1, true);
        let held = permit(&permits);
        let (first, second) = (queued(&permits), queued(&permits));
        drop(held); // it is the first one's
        drop(first); // who does not take it
        drop(given(second).expect("it is the second one's"));
        let _free = permit(&permits);
    }

    #[test]
    fn no_permit_is_lost_among_threads() {
        const LIMIT: usize = 3;
        let (permits, held) = (Permits::new(LIMIT, true), AtomicUsize::new(0));
        thread::scope(|scope| {
            for seed in 0..6_usize {
                let (permits, held) = (&permits, &held);
                scope.spawn(move || {
                    for round in 0..3000 {
                        let permit = match permits.take() {
                            Taken::Permit(permit) => permit,
                            Taken::Queued(queued) if (seed + round) % 3 == 0 => {
                                drop(queued);
                                continue;
                            }
                            Taken::Queued(mut queued) => loop {
                                if let Ok(permit) = queued.given.try_recv() {
                                    break permit;
                                }
                                thread::yield_now();
                            },
                            Taken::Rejected => panic!("rejected"),
                        };
                        assert!(held.fetch_add(1, Ordering::SeqCst) < LIMIT);
                        held.fetch_sub(1, Ordering::SeqCst);
                        drop(permit);
                    }
                });
            }
        });
        assert_eq!(permits.free.load(Ordering::SeqCst), LIMIT as isize);
        assert!(permits.queue().waiting.is_empty());
    }
}
