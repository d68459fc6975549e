//! A client, as far as all that runs its requests has to know it.

use crate::{
    abi::Outcome,
    core::{calls::Deadline, config::Policy, connect::Connector, settings::Settings},
    defects::conversion::Conversion,
    event_loop::{Engine, cancellation::CancellationToken, observer::Observer},
    routing::{
        Router,
        node::Common,
        outages::Outages,
        reserve::{Reserved, Waits},
    },
    wire::{
        event::Event,
        failure::Failure,
        reply::{Answer, Reply},
    },
};
use glide_core::{
    ConnectionRequest,
    client::{
        ReadFrom,
        circuit_breaker::{CircuitState, ClientCircuitBreaker, ClientCircuitBreakerConfig},
    },
};
use std::{
    pin::{Pin, pin},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

pub struct Client {
    pub engine: &'static Engine,
    pub backend: Backend,
    pub policy: Policy,
    /// Requests that wait for permits of inflight limits.
    pub waits: Arc<Waits>,
    /// Held while what the client authenticates with is changed.
    pub credentials_change: tokio::sync::Mutex<()>,
    pub settings: Arc<Settings>,
    pub observer: Arc<Observer>,
    breaker: Option<Breaker>,
    closing: CancellationToken,
}

/// What answers a client's requests.
pub enum Backend {
    Servers(Box<Connecting>),
    /// No server: each command is answered with its own arguments.
    Echo,
}

/// The way to servers, before and after it is known that there is one.
pub struct Connecting {
    pub router: Arc<Router>,
    /// Set when requests may come.
    pub conversion: OnceLock<Arc<Conversion>>,
}

impl Backend {
    /// Returns the way to the servers that a request names.
    pub fn servers(
        engine: &'static Engine,
        settings: &Arc<Settings>,
        observer: &Arc<Observer>,
    ) -> Self {
        let request = settings.request();
        let read_from = request.read_from.clone().unwrap_or_default();
        let common = Common {
            engine,
            connector: Arc::new(Connector::new(engine, settings.clone(), observer.clone())),
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
            outages: Arc::new(Outages::new(observer.clone())),
            observer: observer.clone(),
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
        settings: Arc<Settings>,
        observer: Arc<Observer>,
    ) -> Arc<Self> {
        Arc::new(Client {
            engine,
            backend,
            policy,
            waits: Arc::default(),
            credentials_change: tokio::sync::Mutex::default(),
            breaker: breaker(&settings.request()),
            settings,
            observer,
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

    /// Ends every task of this client; each completes its tickets. The tasks need
    /// the event loop to run.
    pub fn close(&self) {
        self.closing.cancel();
        if let Backend::Servers(connecting) = &self.backend {
            connecting.router.close();
        }
    }

    pub fn is_closed(&self) -> bool {
        self.closing.is_cancelled()
    }

    /// Runs `work` until it is done or the client is closed.
    pub async fn until_closed<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.closing.run_until_cancelled(work).await
    }

    /// Runs a request on the event loop. It waits for its permits, does its work,
    /// and returns the permits before it is completed, so that they are free for
    /// the caller's next request. If the client is closed first, `complete` is
    /// dropped without being called.
    pub fn run<T, W>(
        self: &Arc<Self>,
        reserved: Reserved,
        deadline: Deadline,
        // Not a future: where it is polled it would be stored a second time.
        work: impl FnOnce() -> W + Send + 'static,
        complete: impl FnOnce(Result<T, Failure>) + Send + 'static,
    ) where
        T: Send + 'static,
        W: Future<Output = Result<T, Failure>> + Send,
    {
        let client = self.clone();
        let task = async move {
            // Pinned here, it is not copied into what waits for it.
            let running = pin!(async {
                let permits = reserved.permits(deadline).await?;
                let result = work().await;
                drop(permits);
                result
            });
            if let Some(result) = client.until_closed(running).await {
                complete(result);
            }
        };
        self.engine.runtime.spawn(task);
    }

    /// Reports whether the circuit breaker lets requests pass.
    pub fn is_healthy(&self) -> bool {
        self.breaker.as_ref().is_none_or(|breaker| breaker.circuit.is_healthy())
    }

    /// Tells the circuit breaker what became of a request.
    pub fn report(&self, result: &Reply) {
        let Some(breaker) = &self.breaker else { return };
        let circuit = &breaker.circuit;
        let kind = match result {
            Err(Failure { outcome: Outcome::Timeout, .. }) if circuit.counts_timeouts() => {
                Some("Timeout")
            }
            Err(Failure { outcome: Outcome::ConnectionLost, .. }) => Some("ConnectionLost"),
            Err(Failure { outcome: Outcome::Unreachable, .. }) => Some("Unreachable"),
            _ => None,
        };
        circuit.on_result(kind.is_some(), kind, 0);
        // It is half open until it is known whether it closes.
        let is_open = match circuit.state() {
            CircuitState::Open => true,
            CircuitState::Closed => false,
            CircuitState::HalfOpen => return,
        };
        if breaker.is_open.swap(is_open, Ordering::SeqCst) != is_open {
            self.observer.report(if is_open { Event::CircuitOpened } else { Event::CircuitClosed });
        }
    }
}

/// A circuit breaker, and what was told of it last.
struct Breaker {
    circuit: ClientCircuitBreaker,
    is_open: AtomicBool,
}

/// Makes the circuit breaker of a client that has one.
fn breaker(request: &ConnectionRequest) -> Option<Breaker> {
    let meant = request.client_circuit_breaker.as_ref()?;
    let default = ClientCircuitBreakerConfig::default();
    let or = |number: u32, default: u32| if number > 0 { number } else { default };
    let time = |ms: u32, default: Duration| match ms {
        0 => default,
        ms => Duration::from_millis(ms.into()),
    };
    let rate = meant.failure_rate_threshold;
    let config = ClientCircuitBreakerConfig {
        window_size: time(meant.window_size_ms, default.window_size),
        failure_rate_threshold: match rate > 0.0 && rate <= 1.0 {
            true => rate,
            false => default.failure_rate_threshold,
        },
        min_errors: or(meant.min_errors, default.min_errors),
        open_timeout: time(meant.open_timeout_ms, default.open_timeout),
        count_timeouts: meant.count_timeouts,
        consecutive_successes: or(meant.consecutive_successes, default.consecutive_successes),
    };
    let circuit = ClientCircuitBreaker::new(config);
    Some(Breaker { circuit, is_open: AtomicBool::new(false) })
}

/// A request that can be run.
pub struct Prepared {
    pub reserved: Reserved,
    pub work: Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send>>,
}

impl Prepared {
    /// Returns a request with what is reserved for it and its work.
    pub fn new(
        reserved: Reserved,
        work: impl Future<Output = Result<Answer, Failure>> + Send + 'static,
    ) -> Self {
        Prepared { reserved, work: Box::pin(work) }
    }
}
