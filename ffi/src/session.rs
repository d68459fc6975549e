//! Engines with their clients, and what a client consists of: node clients,
//! dedicated connections, subscriptions and scans. Each request is handed to the
//! part that it is for.

use crate::{
    abi::{Counter, Stat, handles::Handles},
    auth,
    client::{Backend, Client, Prepared},
    command::{batch, dispatch::Dispatch, servers::Servers},
    core::{
        calls::{Deadline, Patience},
        config,
        settings::Settings,
    },
    dedicated::{self, Dedicated},
    echo,
    event_loop::{
        Engine, Ready, allocator, logging,
        observer::{Observer, Tracer},
        ticket::Ticket,
    },
    pubsub::{self, PubSub},
    routing::reserve::Reserved,
    scan::{self, Scans},
    wire::{
        self,
        failure::Failure,
        request::{self, Body, Request},
    },
};
use redis::Value;
use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

/// An engine and its clients: what a `GlideEngine` is.
pub struct Instance {
    pub engine: &'static Engine,
    pub clients: Handles<OpenClient>,
    /// Where scans have got to. A scan may be continued by another client.
    pub scans: Arc<Scans>,
}

impl Instance {
    /// Starts an engine. It lives as long as the process.
    pub fn start(ready: Ready, context: usize) -> io::Result<&'static Self> {
        let engine = Engine::start(ready, context)?;
        logging::install(engine);
        Ok(Box::leak(Box::new(Instance {
            engine,
            clients: Handles::default(),
            scans: Arc::default(),
        })))
    }

    pub fn count(&self, what: Counter) -> i64 {
        let engine = self.engine;
        let count = match what {
            Counter::Tickets => &engine.tickets,
            Counter::Buffers => &engine.buffers,
            Counter::Clients => return self.clients.count() as i64,
            Counter::Scans => return self.scans.count() as i64,
            Counter::Dedicated => &engine.connections,
            Counter::Subscribers => &engine.subscribers,
            Counter::Mailboxes => &engine.mailboxes,
            Counter::Questions => return engine.questions.count() as i64,
        };
        count.load(Ordering::Relaxed)
    }

    /// Starts to connect a client, and returns its handle. The ticket is completed
    /// when the client is connected, or with why it cannot be.
    pub fn connect(&self, mut request: wire::ConnectionRequest, ticket: u64) -> u64 {
        let engine = self.engine;
        let ticket = Ticket::new(engine, ticket);
        let mailbox = request.mailbox;
        let subscriptions = request.subscriptions.take();
        // It is checked before anything is made of it.
        let checked = config::connection_request(request.clone());
        let settings = Arc::new(Settings::new(&request));
        let observer = Observer::of(engine, &request);
        let backend = match request.echo {
            true => Backend::Echo,
            false => Backend::servers(engine, &settings, &observer),
        };
        let client = Client::new(engine, backend, config::policy(&request), settings, observer);
        let open = OpenClient::new(client.clone(), mailbox, self.scans.clone());
        let pubsub = open.pubsub.clone();
        let handle = self.clients.add(open);
        if request.echo {
            ticket.complete(Ok(Value::Okay));
            return handle;
        }
        let running = client.clone();
        let connecting = Box::pin(async move {
            checked?;
            client.connect().await?;
            allocator::give_back();
            pubsub::begin(&pubsub, subscriptions).await?;
            Ok(Value::Okay)
        });
        let (reserved, deadline) = (Reserved::default(), Deadline::NONE);
        running.run(reserved, deadline, || connecting, |result| ticket.complete(result));
        engine.poke();
        handle
    }
}

/// A client that is not closed.
pub struct OpenClient {
    pub client: Arc<Client>,
    pub pubsub: Arc<PubSub>,
    scans: Arc<Scans>,
    /// Dedicated connections, from when one is asked for.
    dedicated: Mutex<Option<Arc<Dedicated>>>,
}

impl OpenClient {
    fn new(client: Arc<Client>, mailbox: u64, scans: Arc<Scans>) -> Arc<Self> {
        Arc::new(OpenClient {
            pubsub: Arc::new(PubSub::new(client.clone(), mailbox)),
            scans,
            client,
            dedicated: Mutex::default(),
        })
    }

    /// Begins a session on a dedicated connection. A client that is not connected
    /// has none.
    pub fn begin_session(&self, name: u64) {
        if let Some(servers) = Servers::of(&self.client) {
            self.dedicated(&servers).begin(name);
        }
    }

    /// Ends a session, or a request that has this ticket, and reports whether the
    /// request was waiting for a permit.
    pub fn end(&self, name: u64) -> bool {
        let engine = self.client.engine;
        engine.given_up.note(name);
        let waited = self.client.waits.end(name);
        if self.dedicated_so_far().is_some_and(|dedicated| dedicated.end(engine, name)) || waited {
            engine.poke();
        }
        waited
    }

    /// Returns the statistics of the client, each at the place that a [`Stat`] names.
    pub fn stats(&self) -> [u64; Stat::COUNT] {
        let counters = &self.client.observer.counters;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let [connections, in_flight, waiting] = match &self.client.backend {
            Backend::Servers(connecting) => connecting.router.load(),
            Backend::Echo => [0; 3],
        };
        let messages = self.pubsub.nodes().iter().filter(|node| node.has_link()).count() as u64;
        let cache = Servers::of(&self.client).and_then(|servers| servers.cache().cloned());
        let (hits, misses) = cache.map_or((0, 0), |cache| cache.hits_and_misses());
        let dedicated = self.dedicated_so_far();
        let [in_use, idle, awaited] = dedicated.map_or([0; 3], |dedicated| dedicated.load());
        let (desired, actual) = self.pubsub.count();
        let mut stats = [0; Stat::COUNT];
        for (stat, number) in [
            (Stat::Connections, connections),
            (Stat::MessageConnections, messages),
            (Stat::InFlight, in_flight),
            (Stat::Waiting, waiting),
            (Stat::Resends, count(&counters.resends)),
            (Stat::Reconnects, count(&counters.reconnects)),
            (Stat::BytesReceived, count(&counters.received)),
            (Stat::BytesSent, count(&counters.sent)),
            (Stat::CacheHits, hits),
            (Stat::CacheMisses, misses),
            (Stat::DedicatedInUse, in_use),
            (Stat::DedicatedIdle, idle),
            (Stat::DedicatedAwaited, awaited),
            (Stat::SubscriptionsDesired, desired),
            (Stat::SubscriptionsActual, actual),
            (Stat::TopologyVersion, count(&counters.topology)),
        ] {
            stats[stat as usize] = number;
        }
        stats
    }

    /// Ends every task of this client; each completes its tickets.
    pub fn close(&self) {
        self.client.close();
        if let Some(dedicated) = self.dedicated_so_far() {
            dedicated.close();
        }
        self.pubsub.close();
        // The tasks need the event loop to run.
        self.client.engine.poke();
    }

    /// Starts every request of a submission, whose bytes are given too. Called on
    /// any thread; the work is done by the event loop.
    pub fn submit(self: &Arc<Self>, requests: Vec<Request<'_>>, bytes: &[u8]) {
        let client = &self.client;
        if let Backend::Echo = &client.backend {
            return echo::submit(client, &self.pubsub, requests);
        }
        let tickets: Vec<Ticket> =
            requests.iter().map(|request| Ticket::of(client.engine, request)).collect();
        // Not connected: each ticket is completed as it is dropped.
        let Some(servers) = Servers::of(client) else { return };
        let now = Instant::now();
        if servers.router.is_ready() {
            return self.start(&servers, now, requests, tickets);
        }
        let (lazy, for_servers): (Vec<_>, Vec<_>) = requests
            .into_iter()
            .zip(tickets)
            .partition(|(r, _)| matches!(r.body, Body::CredentialChange(_)));
        let (requests, tickets) = lazy.into_iter().unzip();
        self.start(&servers, now, requests, tickets);
        if !for_servers.is_empty() {
            let (requests, tickets): (Vec<_>, Vec<_>) = for_servers.into_iter().unzip();
            self.start_when_ready(servers, now, &requests, tickets, bytes);
        }
    }

    /// Starts requests once the topology is known. What they are is read again
    /// from a copy of the submission.
    fn start_when_ready(
        self: &Arc<Self>,
        servers: Servers,
        now: Instant,
        requests: &[Request<'_>],
        tickets: Vec<Ticket>,
        bytes: &[u8],
    ) {
        let deadlines = requests.iter().map(|request| self.deadline(now, request));
        let patience = Patience::until(deadlines.reduce(Deadline::max).unwrap_or(Deadline::NONE));
        // There may be a password among them.
        let (open, bytes) = (self.clone(), Zeroizing::new(bytes.to_vec()));
        self.client.engine.runtime.spawn(async move {
            let ready = servers.router.ready_within(patience);
            let Some(ready) = open.client.until_closed(ready).await else { return };
            if let Err(failure) = ready {
                return tickets
                    .into_iter()
                    .for_each(|ticket| ticket.complete(Err(failure.clone())));
            }
            let requests = request::parse(&bytes).unwrap_or_default();
            let meant = |r: &Request<'_>| tickets.iter().any(|ticket| ticket.id() == r.ticket);
            let requests = requests.into_iter().filter(meant).collect();
            open.start(&servers, now, requests, tickets);
        });
    }

    /// Returns when the time of a request is over that was submitted at a moment.
    fn deadline(&self, now: Instant, request: &Request<'_>) -> Deadline {
        let timeout = (request.timeout_us > 0).then(|| Duration::from_micros(request.timeout_us));
        Deadline::of(now, timeout).of_call(self.client.engine, request.ticket)
    }

    fn start(
        &self,
        servers: &Servers,
        now: Instant,
        requests: Vec<Request<'_>>,
        tickets: Vec<Ticket>,
    ) {
        let mut dispatch = Dispatch::new(&self.client, servers, requests.len());
        for (request, ticket) in requests.into_iter().zip(tickets) {
            let deadline = self.deadline(now, &request);
            match request.body {
                Body::Command(words) if !request.dedicated && request.session == 0 => {
                    dispatch.command(ticket, deadline, request.route, &words);
                }
                _ => self.start_one(servers, deadline, &request, ticket),
            }
        }
        dispatch.finish();
    }

    /// Starts a request that is no command to be sent on a shared connection.
    fn start_one(
        &self,
        servers: &Servers,
        deadline: Deadline,
        request: &Request<'_>,
        ticket: Ticket,
    ) {
        let (client, id) = (&self.client, ticket.id());
        let traced = &servers.traced().in_form(request.as_sent);
        let tracer = &traced.tracer;
        match request.body {
            _ if request.dedicated || request.session != 0 => {
                let dedicated = self.dedicated(servers);
                let prepared = dedicated::prepare(traced, &dedicated, client, deadline, request);
                self.run(ticket, tracer, deadline, prepared);
            }
            Body::Batch(batch) => {
                let prepared = batch::prepare(client, traced, id, deadline, request.route, batch);
                self.run(ticket, tracer, deadline, prepared);
            }
            Body::Scan(scan) => {
                let prepared = scan::prepare(client, &self.scans, traced, id, deadline, scan);
                self.run(ticket, tracer, deadline, prepared);
            }
            Body::SubscriptionChange(change) => {
                let prepared = pubsub::prepare(&self.pubsub, deadline.left(), change);
                self.run(ticket, tracer, deadline, prepared);
            }
            Body::CredentialChange(change) => {
                let router = &servers.router;
                let prepared = auth::prepare(client, router, &self.pubsub, deadline, change);
                self.run(ticket, tracer, deadline, prepared);
            }
            // They are dispatched.
            Body::Command(_) => {}
        }
    }

    /// Runs a request of which it is known what it reserves and what its work is.
    fn run(
        &self,
        mut ticket: Ticket,
        tracer: &Tracer,
        deadline: Deadline,
        prepared: Result<Prepared, Failure>,
    ) {
        match prepared {
            Ok(Prepared { reserved, work }) => {
                let tracer = tracer.clone();
                self.client.run(
                    reserved,
                    deadline,
                    || work,
                    move |answer| {
                        ticket.set_trace(tracer.trace());
                        ticket.answer(answer);
                    },
                );
            }
            Err(failure) => ticket.answer(Err(failure)),
        }
    }

    /// Returns the dedicated connections.
    fn dedicated(&self, servers: &Servers) -> Arc<Dedicated> {
        let client = &self.client;
        let make = || {
            let servers = servers.in_form(false); // each request says in which
            let dedicated = Dedicated::new(client.engine, client.settings.clone(), servers);
            if client.is_closed() {
                // There was nothing yet that close could have closed.
                dedicated.close();
            }
            Arc::new(dedicated)
        };
        self.lock_dedicated().get_or_insert_with(make).clone()
    }

    /// Returns them if there are any.
    fn dedicated_so_far(&self) -> Option<Arc<Dedicated>> {
        self.lock_dedicated().clone()
    }

    fn lock_dedicated(&self) -> MutexGuard<'_, Option<Arc<Dedicated>>> {
        self.dedicated.lock().unwrap_or_else(|e| e.into_inner())
    }
}
