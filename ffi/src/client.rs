//! Clients by handle, and the tickets of their requests.

use crate::{
    abi::Outcome,
    command::servers::Servers,
    core::{config::Policy, connect::Connector, settings::Settings},
    dedicated::Dedicated,
    defects::{conversion::Conversion, search::ByScript},
    event_loop::{Engine, cancellation::CancellationToken},
    pubsub::PubSub,
    routing::{Router, node::Common, outages::Outages, reserve::Waits},
    wire::{failure::Failure, reply::Reply},
};
use glide_core::{
    ConnectionRequest,
    client::{
        ReadFrom,
        circuit_breaker::{ClientCircuitBreaker, ClientCircuitBreakerConfig},
    },
};
use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, RwLock},
    time::Duration,
};
use tokio::sync::Notify;

/// The open clients. A handle is an index and the generation of its place,
/// so a handle that was closed names nobody, whatever took its place since.
#[derive(Default)]
pub struct Clients {
    places: RwLock<Vec<Place>>,
}

#[derive(Default)]
struct Place {
    generation: u32,
    client: Option<Arc<Client>>,
}

impl Clients {
    pub fn add(&self, client: Arc<Client>) -> u64 {
        let mut places = self.places.write().unwrap_or_else(|e| e.into_inner());
        let index = places.iter().position(|p| p.client.is_none()).unwrap_or_else(|| {
            places.push(Place::default());
            places.len() - 1
        });
        let place = &mut places[index];
        place.generation = place.generation.wrapping_add(1).max(1);
        place.client = Some(client);
        (u64::from(place.generation) << 32) | index as u64
    }

    pub fn get(&self, handle: u64) -> Option<Arc<Client>> {
        let places = self.places.read().unwrap_or_else(|e| e.into_inner());
        let place = places.get(handle as u32 as usize)?;
        if place.generation != (handle >> 32) as u32 {
            return None;
        }
        place.client.clone()
    }

    pub fn remove(&self, handle: u64) -> Option<Arc<Client>> {
        let mut places = self.places.write().unwrap_or_else(|e| e.into_inner());
        let place = places.get_mut(handle as u32 as usize)?;
        if place.generation != (handle >> 32) as u32 {
            return None;
        }
        place.client.take()
    }

    pub fn count(&self) -> usize {
        let places = self.places.read().unwrap_or_else(|e| e.into_inner());
        places.iter().filter(|p| p.client.is_some()).count()
    }
}

pub struct Client {
    pub engine: &'static Engine,
    pub backend: Backend,
    pub policy: Policy,
    pub pubsub: PubSub,
    /// Queries of a search module take a script here: see search.rs.
    pub by_script: ByScript,
    /// Requests that wait for permits of inflight limits.
    pub waits: Arc<Waits>,
    /// Held while what the client authenticates with is changed.
    pub login: tokio::sync::Mutex<()>,
    pub settings: Arc<Settings>,
    breaker: Option<ClientCircuitBreaker>,
    /// Dedicated connections, from when one is asked for.
    dedicated: Mutex<Option<Arc<Dedicated>>>,
    closing: CancellationToken,
}

/// What answers a client's requests.
pub enum Backend {
    Servers(Box<Connecting>),
    /// Nobody: each command is answered with its own arguments.
    Echo,
}

/// The way to servers, before and after it is known that there is one.
pub struct Connecting {
    pub router: Arc<Router>,
    /// Set when requests may come.
    conversion: OnceLock<Arc<Conversion>>,
}

impl Backend {
    /// Returns the way to the servers that a request names.
    pub fn servers(engine: &'static Engine, settings: &Arc<Settings>) -> Self {
        let request = settings.request();
        let read_from = request.read_from.clone().unwrap_or_default();
        let common = Common {
            engine,
            connector: Arc::new(Connector::new(engine, settings.clone())),
            cluster: request.cluster_mode_enabled,
            reads_replicas_of_cluster: request.cluster_mode_enabled
                && read_from != ReadFrom::Primary,
            discover_zone: matches!(
                read_from,
                ReadFrom::AZAffinity(_)
                    | ReadFrom::AZAffinityReplicasAndPrimary(_)
                    | ReadFrom::AZAffinityAllNodes(_)
            ),
            resends: settings.resends(),
            inflight_limit: request.inflight_requests_limit.unwrap_or(INFLIGHT_LIMIT) as usize,
            inflight_waits: settings.inflight_waits(),
            pushes: None,
            heartbeat: settings.heartbeat(),
            trouble: Notify::new(),
            changed: Notify::new(),
            replaced: Notify::new(),
            outages: Arc::new(Outages::default()),
        };
        let router = Router::new(common, &request);
        Backend::Servers(Box::new(Connecting { router, conversion: OnceLock::new() }))
    }
}

/// How many requests may be in flight on a connection, if the client does not
/// say.
const INFLIGHT_LIMIT: u32 = 1000;

impl Client {
    pub fn new(
        engine: &'static Engine,
        backend: Backend,
        policy: Policy,
        pubsub: PubSub,
        settings: Arc<Settings>,
    ) -> Arc<Self> {
        Arc::new(Client {
            engine,
            backend,
            policy,
            pubsub,
            by_script: ByScript::default(),
            waits: Arc::default(),
            login: tokio::sync::Mutex::default(),
            breaker: breaker(&settings.request()),
            settings,
            dedicated: Mutex::default(),
            closing: CancellationToken::default(),
        })
    }

    /// Connects, unless that is left to the first request.
    pub async fn connect(&self) -> Result<(), Failure> {
        let Backend::Servers(connecting) = &self.backend else { return Ok(()) };
        let conversion = Conversion::of(&self.settings.request()).await?;
        if !self.policy.lazy {
            connecting.router.ready().await?;
        }
        let _ = connecting.conversion.set(conversion);
        Ok(())
    }

    /// Returns what runs requests, once they may come.
    pub fn servers(&self) -> Option<Servers> {
        let Backend::Servers(connecting) = &self.backend else { return None };
        let conversion = connecting.conversion.get()?.clone();
        Some(Servers { router: connecting.router.clone(), conversion })
    }

    /// Returns the dedicated connections.
    pub fn dedicated(&self, servers: &Servers) -> Arc<Dedicated> {
        let make = || {
            let dedicated = Dedicated::new(self.engine, self.settings.clone(), servers.clone());
            if self.is_closed() {
                // There was nothing yet that close could have closed.
                dedicated.close();
            }
            Arc::new(dedicated)
        };
        self.dedicated_place().get_or_insert_with(make).clone()
    }

    /// Returns them if there are any.
    pub fn dedicated_so_far(&self) -> Option<Arc<Dedicated>> {
        self.dedicated_place().clone()
    }

    fn dedicated_place(&self) -> MutexGuard<'_, Option<Arc<Dedicated>>> {
        self.dedicated.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Ends every task of this client; each completes its tickets.
    pub fn close(&self) {
        self.closing.come();
        if let Backend::Servers(connecting) = &self.backend {
            connecting.router.close();
        }
        if let Some(dedicated) = self.dedicated_so_far() {
            dedicated.close();
        }
        self.pubsub.close();
        // The tasks need somebody to run them.
        self.engine.poke();
    }

    pub fn is_closed(&self) -> bool {
        self.closing.is_over()
    }

    /// Runs `work` until it is done or the client is closed.
    pub async fn until_closed<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.closing.until(work).await
    }

    /// Reports whether the circuit breaker lets requests pass.
    pub fn is_healthy(&self) -> bool {
        self.breaker.as_ref().is_none_or(ClientCircuitBreaker::is_healthy)
    }

    /// Tells the circuit breaker what became of a request.
    pub fn report(&self, result: &Reply) {
        let Some(breaker) = &self.breaker else { return };
        let kind = match result {
            Err(Failure { outcome: Outcome::Timeout, .. }) if breaker.counts_timeouts() => {
                Some("Timeout")
            }
            Err(Failure { outcome: Outcome::ConnectionLost, .. }) => Some("ConnectionLost"),
            Err(Failure { outcome: Outcome::Unreachable, .. }) => Some("Unreachable"),
            _ => None,
        };
        breaker.on_result(kind.is_some(), kind, 0);
    }
}

/// Makes the circuit breaker of a client that has one.
fn breaker(request: &ConnectionRequest) -> Option<ClientCircuitBreaker> {
    let meant = request.client_circuit_breaker.as_ref()?;
    let default = ClientCircuitBreakerConfig::default();
    let or = |number: u32, default: u32| if number > 0 { number } else { default };
    let time = |ms: u32, default: Duration| match ms {
        0 => default,
        ms => Duration::from_millis(ms.into()),
    };
    let rate = meant.failure_rate_threshold;
    Some(ClientCircuitBreaker::new(ClientCircuitBreakerConfig {
        window_size: time(meant.window_size_ms, default.window_size),
        failure_rate_threshold: match rate > 0.0 && rate <= 1.0 {
            true => rate,
            false => default.failure_rate_threshold,
        },
        min_errors: or(meant.min_errors, default.min_errors),
        open_timeout: time(meant.open_timeout_ms, default.open_timeout),
        count_timeouts: meant.count_timeouts,
        consecutive_successes: or(meant.consecutive_successes, default.consecutive_successes),
    }))
}
