//! Permits for requests, of the inflight limits of the connections that they
//! use.
//!
//! A request that is given none may wait for one, if the client is to: in the
//! order of the submissions, for as long as its caller waits.

use crate::{
    core::calls::{Deadline, bounded},
    event_loop::cancellation::CancellationToken,
    routing::{
        node::NodeClient,
        permits::{Permit, Queued, Taken},
    },
    wire::failure::{self, Failure},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
    vec,
};

/// A request's permits, or its wait for them.
pub enum Reserved {
    Now(Vec<Permit>),
    Later(Waiting),
}

impl Default for Reserved {
    fn default() -> Self {
        Reserved::Now(Vec::new())
    }
}

/// A request that waits for permits.
pub struct Waiting {
    permits: Vec<Permit>,
    queued: Queued,
    /// The connections that it needs permits of after that one.
    others: vec::IntoIter<Arc<NodeClient>>,
    listed: Listed,
}

/// Reserves a permit of each node, always in the same order: of those that
/// want the same, one has them all.
pub fn reserve_all(
    waits: &Arc<Waits>,
    ticket: u64,
    mut nodes: Vec<Arc<NodeClient>>,
) -> Result<Reserved, Failure> {
    nodes.sort_by_key(|node| Arc::as_ptr(node).addr());
    let mut permits = Vec::with_capacity(nodes.len());
    let mut others = nodes.into_iter();
    while let Some(node) = others.next() {
        match node.reserve() {
            Taken::Permit(permit) => permits.push(permit),
            Taken::Rejected => return Err(failure::inflight_limit()),
            Taken::Queued(queued) => {
                let listed = Listed::new(waits, ticket);
                return Ok(Reserved::Later(Waiting { permits, queued, others, listed }));
            }
        }
    }
    Ok(Reserved::Now(permits))
}

impl Reserved {
    /// Reserves for a request that is in the queue of its one node.
    pub fn queued(waits: &Arc<Waits>, ticket: u64, queued: Queued) -> Self {
        let listed = Listed::new(waits, ticket);
        let (permits, others) = (Vec::new(), Vec::new().into_iter());
        Reserved::Later(Waiting { permits, queued, others, listed })
    }

    /// Returns the permits. It waits for them as long as the caller does, and then
    /// for the caller to end the wait, which knows by that that nothing was sent.
    pub async fn permits(self, deadline: Deadline) -> Result<Vec<Permit>, Failure> {
        const GRACE: Duration = Duration::from_secs(1);
        let Waiting { mut permits, queued, others, listed } = match self {
            Reserved::Now(permits) => return Ok(permits),
            Reserved::Later(waiting) => waiting,
        };
        let taking = async {
            permits.push(queued.permit().await.ok_or_else(failure::closed)?);
            for node in others {
                permits.push(match node.reserve() {
                    Taken::Permit(permit) => permit,
                    Taken::Rejected => return Err(failure::inflight_limit()),
                    Taken::Queued(queued) => queued.permit().await.ok_or_else(failure::closed)?,
                });
            }
            Ok(permits)
        };
        let bounded = bounded(deadline.left().map(|left| left + GRACE), taking);
        let taken = listed.ending.run_until_cancelled(bounded).await;
        match taken {
            // What ends the wait first decides how it ends.
            Some(Ok(taken)) if listed.claim() && !deadline.is_over() => taken,
            _ => Err(failure::inflight_limit().when_time_was_over()),
        }
    }
}

/// A client's requests that wait for permits, by their tickets.
#[derive(Default)]
pub struct Waits(Mutex<HashMap<u64, Arc<CancellationToken>>>);

impl Waits {
    /// Ends the wait of a request, because its caller does not wait any more. It reports whether
    /// the request was waiting; then it is never sent.
    pub fn end(&self, ticket: u64) -> bool {
        let listed = self.all().remove(&ticket);
        listed.inspect(|ending| ending.cancel()).is_some()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<u64, Arc<CancellationToken>>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// The entry of a request among those that wait.
struct Listed {
    waits: Arc<Waits>,
    ticket: u64,
    ending: Arc<CancellationToken>,
}

impl Listed {
    fn new(waits: &Arc<Waits>, ticket: u64) -> Self {
        let ending = Arc::<CancellationToken>::default();
        waits.all().insert(ticket, ending.clone());
        Listed { waits: waits.clone(), ticket, ending }
    }

    fn claim(&self) -> bool {
        self.waits.all().remove(&self.ticket).is_some()
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.claim();
    }
}
