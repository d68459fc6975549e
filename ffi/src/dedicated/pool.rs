//! The connections of one client that are not shared: so many to each server
//! at most, further callers wait in order, and idle connections are kept for a while.

use super::connection::Connection;
use crate::{
    core::{connect::Connector, settings::Limits},
    event_loop::Engine,
    wire::{
        address::Address,
        failure::{self, Failure},
    },
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub struct Pool {
    engine: &'static Engine,
    servers: Mutex<HashMap<Address, Arc<Server>>>,
    closed: AtomicBool,
    sweeping: AtomicBool,
}

/// The connections to one server.
struct Server {
    address: Address,
    /// Who has one of these has, or may open, a connection.
    permits: Arc<Semaphore>,
    /// How many there are.
    limit: usize,
    /// How many requests wait for one.
    awaited: AtomicUsize,
    /// For how long idle connections are kept.
    idle_time: Duration,
    /// Idle connections, the one that was used last at the end.
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

/// Counts a request as long as it waits for a connection.
struct Awaiting<'a>(&'a AtomicUsize);

impl<'a> Awaiting<'a> {
    fn new(awaited: &'a AtomicUsize) -> Self {
        awaited.fetch_add(1, Ordering::Relaxed);
        Awaiting(awaited)
    }
}

impl Drop for Awaiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection in use. Dropped, it is closed.
pub struct Lease {
    pub connection: Connection,
    server: Arc<Server>,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    /// Returns where the server is.
    pub fn address(&self) -> &Address {
        &self.server.address
    }

    /// Reports whether a caller may be waiting for a connection to this server.
    pub fn is_awaited(&self) -> bool {
        self.server.is_exhausted()
    }
}

impl Server {
    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Reports whether as many connections are in use as there may be.
    fn is_exhausted(&self) -> bool {
        self.permits.available_permits() == 0
    }
}

impl Pool {
    pub fn new(engine: &'static Engine) -> Self {
        Pool {
            engine,
            servers: Mutex::default(),
            closed: AtomicBool::new(false),
            sweeping: AtomicBool::new(false),
        }
    }

    /// Returns a connection to the server at an address: one that is idle, or a
    /// new one, once there is a permit for it.
    pub async fn take(
        &self,
        connector: &Connector,
        limits: &Limits,
        address: &Address,
    ) -> Result<Lease, Failure> {
        let server = self.server(limits, address);
        let permits = server.permits.clone();
        let acquired = {
            let _awaiting = Awaiting::new(&server.awaited);
            permits.acquire_owned().await
        };
        let Ok(_permit) = acquired else { return Err(failure::closed()) };
        loop {
            let Some(Idle { connection, .. }) = server.idle().pop() else { break };
            if connector.logins.is_current(connection.login()) && connection.is_usable().await {
                return Ok(Lease { connection, server, _permit });
            }
        }
        let connection = Connection::open(self.engine, connector, address).await?;
        Ok(Lease { connection, server, _permit })
    }

    /// Keeps a connection for the next who wants one.
    pub fn give_back(self: &Arc<Self>, lease: Lease) {
        let Lease { mut connection, server, _permit } = lease;
        connection.rest();
        server.idle().push(Idle { connection, since: Instant::now() });
        if self.closed.load(Ordering::SeqCst) {
            server.idle().clear();
        } else if !self.sweeping.swap(true, Ordering::SeqCst) {
            self.engine.runtime.spawn(sweep(Arc::downgrade(self)));
        }
    }

    /// Reports whether as many connections to an address are in use as there may be.
    pub fn is_exhausted(&self, address: &Address) -> bool {
        self.servers().get(address).is_some_and(|server| server.is_exhausted())
    }

    /// Closes the idle connections to an address: they lead to a server that is no
    /// longer the one at that address.
    pub fn forget(&self, address: &Address) {
        if let Some(server) = self.servers().get(address) {
            server.idle().clear();
        }
    }

    /// Returns how many connections are in use, how many are idle, and how many requests
    /// wait for one.
    pub fn load(&self) -> [u64; 3] {
        let mut sum = [0; 3];
        for server in self.servers().values() {
            let in_use = server.limit.saturating_sub(server.permits.available_permits());
            let counts = [in_use, server.idle().len(), server.awaited.load(Ordering::Relaxed)];
            for (sum, count) in sum.iter_mut().zip(counts) {
                *sum += count as u64;
            }
        }
        sum
    }

    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        for server in self.servers().values() {
            server.permits.close();
            server.idle().clear();
        }
    }

    /// Closes what was idle for too long, and returns the time when there is
    /// something to close again.
    fn close_idle(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut next = None;
        self.servers().retain(|_, server| {
            let mut idle = server.idle();
            let ends = |idle: &Idle| idle.since + server.idle_time;
            let over = idle.partition_point(|idle| ends(idle) <= now);
            idle.drain(..over);
            next = [next, idle.first().map(ends)].into_iter().flatten().min();
            !idle.is_empty() || Arc::strong_count(server) > 1
        });
        next
    }

    fn server(&self, limits: &Limits, address: &Address) -> Arc<Server> {
        let mut servers = self.servers();
        if let Some(server) = servers.get(address) {
            return server.clone();
        }
        let server = Arc::new(Server {
            address: address.clone(),
            permits: Arc::new(Semaphore::new(limits.limit)),
            limit: limits.limit,
            awaited: AtomicUsize::new(0),
            idle_time: limits.idle_time,
            idle: Mutex::default(),
        });
        if self.closed.load(Ordering::SeqCst) {
            server.permits.close();
        }
        servers.insert(address.clone(), server.clone());
        server
    }

    fn servers(&self) -> MutexGuard<'_, HashMap<Address, Arc<Server>>> {
        self.servers.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Closes what is idle for too long, as long as there is anything.
async fn sweep(pool: Weak<Pool>) {
    while let Some(held) = pool.upgrade() {
        let next = held.close_idle();
        if next.is_none() {
            held.sweeping.store(false, Ordering::SeqCst);
            // What came back just now has seen the sweep as going on.
            let left = held.servers().values().any(|server| !server.idle().is_empty());
            if !left || held.sweeping.swap(true, Ordering::SeqCst) {
                return;
            }
        }
        drop(held);
        if let Some(next) = next {
            tokio::time::sleep_until(next.into()).await;
        }
    }
}
