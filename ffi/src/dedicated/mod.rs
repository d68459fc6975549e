//! Dedicated connections: for requests that must not meet others on a
//! connection, because they block it or change what it is.
//!
//! A caller uses such a connection in a session, by a name that the caller chose. A
//! blocking command has a separate session, which ends with its reply; another
//! lasts until the caller ends it. To end a session while a request is
//! in flight closes the connection: the server then forgets what it waited
//! for. pool.rs has the connections, connection.rs is one, target.rs says to
//! which server it goes.

mod connection;
mod pool;
mod silence;
mod target;
mod work;

use crate::{
    abi::Outcome,
    client::{Client, Prepared},
    command::{
        call::Attempts,
        changes::Changes,
        classify::{Mode, mode},
        read_only::changes_nothing,
        redirect::{Wait, is_passing},
        servers::Servers,
        target::Node,
    },
    core::{
        calls::{Deadline, Patience, answer},
        config::Policy,
        settings::{Limits, Settings},
    },
    event_loop::{Engine, cancellation::CancellationToken},
    routing::{Router, reserve::Reserved},
    wire::{
        address::{Address, Redirect},
        command::is_command,
        failure::{self, Failure},
        reply::{Answer, Reply},
        request::Request,
    },
};
use pool::{Lease, Pool};
use redis::{Cmd, Pipeline, Value};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use work::Work;

/// A client's dedicated connections.
pub struct Dedicated {
    servers: Servers,
    limits: Limits,
    /// For how long a connection may be silent when a reply is due.
    heartbeat: Option<Duration>,
    pool: Arc<Pool>,
    sessions: Mutex<HashMap<u64, Arc<Session>>>,
}

/// A caller's use of a connection.
#[derive(Default)]
pub struct Session {
    cancelled: CancellationToken,
    /// Requests take turns.
    connection: tokio::sync::Mutex<SessionConnection>,
}

#[derive(Default)]
struct SessionConnection {
    lease: Option<Lease>,
    /// The connection was closed, or is in an unknown state.
    lost: bool,
    leftovers: Leftovers,
}

impl SessionConnection {
    /// Keeps the connection on which a request was run.
    fn keep(&mut self, lease: Lease, work: &Work) {
        self.lost = false;
        self.lease = Some(lease);
        self.leftovers.note(work);
    }
}

/// What a connection's next user would notice of this one.
#[derive(Default, Clone, Copy)]
struct Leftovers {
    watches: bool,
    /// It leaves anything else: such a connection is not used again.
    other: bool,
}

impl Dedicated {
    pub fn new(engine: &'static Engine, settings: Arc<Settings>, servers: Servers) -> Self {
        Dedicated {
            servers,
            limits: settings.limits(),
            heartbeat: settings.heartbeat(),
            pool: Arc::new(Pool::new(engine)),
            sessions: Mutex::default(),
        }
    }

    /// Ends a session; one that has ended is no error. It reports whether the event
    /// loop has to run for what follows from that.
    pub fn end(&self, engine: &'static Engine, name: u64) -> bool {
        let Some(session) = self.sessions().remove(&name) else { return false };
        session.cancelled.cancel();
        // A request that runs holds the lock, and closes the connection.
        let Ok(mut connection) = session.connection.try_lock() else { return true };
        let Some(lease) = connection.lease.take() else { return false };
        let awaited = lease.is_awaited();
        self.put_back(engine, lease, connection.leftovers);
        awaited || connection.leftovers.watches
    }

    /// Returns how many connections are in use, how many are idle, and how many requests
    /// wait for one.
    pub fn load(&self) -> [u64; 3] {
        self.pool.load()
    }

    /// Ends all of them and closes the connections.
    pub fn close(&self) {
        for (_, session) in self.sessions().drain() {
            session.cancelled.cancel();
        }
        self.pool.close();
    }

    fn put_back(&self, engine: &'static Engine, mut lease: Lease, leftovers: Leftovers) {
        if leftovers.other {
            return;
        }
        if !leftovers.watches {
            return self.pool.give_back(lease);
        }
        let pool = self.pool.clone();
        engine.runtime.spawn(async move {
            let unwatch = redis::cmd("UNWATCH");
            let sent = tokio::time::timeout(RESET, lease.connection.send(&unwatch)).await;
            if let Ok(Ok(Value::Okay)) = sent {
                pool.give_back(lease);
            }
        });
    }

    /// Begins a session; its connection is taken with its first request.
    pub fn begin(&self, name: u64) -> Arc<Session> {
        let session = Arc::<Session>::default();
        self.sessions().insert(name, session.clone());
        session
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<u64, Arc<Session>>> {
        self.sessions.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Returns a connection for a session, and learns its id: by that the server says
    /// whether it is blocked.
    async fn take_for_session(
        &self,
        node: &Node,
        attempts: &mut Attempts<'_>,
        patience: Patience,
    ) -> Result<Lease, Failure> {
        let mut lease = self.connect(node, None, attempts, patience).await?;
        if self.heartbeat.is_some() {
            // Without one it is tested anyway.
            let _ = lease.connection.learn_id().await;
        }
        Ok(lease)
    }

    /// Whether a connection must not be used again. If that is because of its
    /// server, the topology is looked up.
    fn is_spent(&self, result: &Result<Answer, Failure>, address: &Address) -> bool {
        let (is_refused, is_lost) = match result {
            Err(failure) => (
                refuses(failure),
                failure.outcome == Outcome::ConnectionLost || failure.is_about_connecting(),
            ),
            Ok(Answer::Each(replies)) => {
                (replies.iter().filter_map(error_of).any(|failure| refuses(&failure)), false)
            }
            Ok(Answer::One(_)) => (false, false),
        };
        if is_refused {
            self.pool.forget(address);
        }
        if is_refused || is_lost {
            self.servers.router.refresh_soon();
        }
        is_refused || is_lost
    }

    /// Returns a connection to the server at an address, or nothing if the
    /// topology says meanwhile that the node is another one.
    async fn take(&self, node: Option<&Node>, address: &Address) -> Result<Option<Lease>, Failure> {
        let router = &self.servers.router;
        let taking = self.pool.take(router.connector(), &self.limits, address);
        let Some(node) = node else { return taking.await.map(Some) };
        tokio::select! {
            biased;
            lease = taking => lease.map(Some),
            () = target::moves_elsewhere(router, node, address) => Ok(None),
        }
    }
}

/// How long a connection may take to become clean.
const RESET: Duration = Duration::from_secs(1);

fn dispatch_mode(cmd: &Cmd) -> Mode {
    let words = cmd.args_iter().len();
    mode(Policy::default(), cmd.arg_idx(0).unwrap_or_default(), words, true)
}

/// Prepares a request on a dedicated connection.
pub fn prepare(
    servers: &Servers,
    dedicated: &Arc<Dedicated>,
    client: &Arc<Client>,
    deadline: Deadline,
    request: &Request<'_>,
) -> Result<Prepared, Failure> {
    if !client.is_healthy() {
        return Err(failure::circuit_open());
    }
    let work = Work::of(client, &dedicated.servers, request.body)?;
    let cmd = match &work {
        Work::One(cmd) => Some(&**cmd),
        Work::Many(_) => None,
    };
    let node = target::of(client, request.route, cmd)?;
    let session = match request.dedicated {
        true => Some(dedicated.begin(request.ticket)),
        false => dedicated.sessions().get(&request.session).cloned(),
    };
    let Some(session) = session else { return Err(lost()) };
    let own = request
        .dedicated
        .then(|| OwnSession { dedicated: dedicated.clone(), name: request.ticket });
    let (dedicated, client, servers) = (dedicated.clone(), client.clone(), servers.clone());
    let work = async move {
        let running = async {
            match own {
                Some(_) => run_once(&servers, &dedicated, &node, &work, deadline).await,
                None => {
                    run_in_session(&servers, &dedicated, &session, &node, &work, deadline).await
                }
            }
        };
        // What was changed is forgotten before the caller can read it.
        let _changes = Changes::of(dedicated.servers.cache(), work.commands());
        match session.cancelled.run_until_cancelled(deadline.bound(running)).await {
            None if client.is_closed() => Err(failure::closed()),
            None if own.is_some() => Err(failure::timeout()),
            None => Err(lost()),
            Some(result) => result.flatten(),
        }
    };
    Ok(Prepared::new(Reserved::default(), work))
}

/// The session of a single request, which ends with it.
struct OwnSession {
    dedicated: Arc<Dedicated>,
    name: u64,
}

impl Drop for OwnSession {
    fn drop(&mut self) {
        self.dedicated.sessions().remove(&self.name);
    }
}

fn lost() -> Failure {
    Failure::new(Outcome::ConnectionLost, "its connection was closed: a call on it was given up")
}

/// Runs a request that has a separate session. What no server has run is
/// sent again while the caller waits; what one may have run is not.
async fn run_once(
    servers: &Servers,
    dedicated: &Dedicated,
    node: &Node,
    work: &Work,
    deadline: Deadline,
) -> Result<Answer, Failure> {
    let leftovers = Leftovers::of(work);
    if let Work::One(cmd) = work {
        // A timeout that the core does not understand must not be noticed
        // when the reply is there.
        servers.convert(cmd, Value::Nil).await?;
    }
    let router = &dedicated.servers.router;
    let mut patience = dedicated.patience(deadline);
    let mut attempts = Attempts::new(servers, patience);
    let mut redirected: Option<(Address, bool)> = None;
    loop {
        let to = redirected.take();
        let expected = (!to.as_ref().is_some_and(|(_, asking)| *asking)).then_some(node);
        let mut lease = dedicated.connect(node, to, &mut attempts, patience).await?;
        let address = lease.address().clone();
        servers.tracer.sent_to(router.observer().number(&address));
        let result = exchange(dedicated, servers, &mut lease, &address, expected, work).await;
        if !dedicated.is_spent(&result, &address) {
            dedicated.put_back(lease.connection.engine(), lease, leftovers);
        }
        let failure = match result {
            Err(failure) if failure.outcome == Outcome::ServerError => failure,
            // Nothing was sent.
            Err(failure) if failure.is_about_connecting() => {
                attempts.lost(router, failure.at(&address)).await?;
                continue;
            }
            done => return done,
        };
        if deadline.left().is_none() {
            // It may have waited on the server for long.
            patience = dedicated.patience(deadline);
            attempts.renew(patience);
        }
        let redirect = match router.is_cluster() {
            true => Redirect::parse(&failure.code, &failure.message, &address),
            false => None,
        };
        if let Some(redirect) = redirect {
            redirected = Some((redirect.to.clone(), redirect.asking));
            router.redirected(&redirect);
            attempts.redirected(router, &address, failure).await?;
        } else if !work.runs_script() {
            dedicated.again(&mut attempts, &address, failure).await?;
        } else {
            return Err(failure);
        }
    }
}

/// Runs a request on the connection of a session, which is taken if it has none
/// yet and never replaced: what it watches or has selected is part of it. As
/// long as nothing was run on it another is as good.
async fn run_in_session(
    servers: &Servers,
    dedicated: &Dedicated,
    session: &Session,
    node: &Node,
    work: &Work,
    deadline: Deadline,
) -> Result<Answer, Failure> {
    let mut connection = session.connection.lock().await;
    if connection.lost {
        return Err(lost());
    }
    if deadline.is_over() {
        return Err(failure::timeout()); // while it waited for the call before it
    }
    let router = &dedicated.servers.router;
    let patience = dedicated.patience(deadline);
    let mut attempts = Attempts::new(servers, patience);
    loop {
        let is_first = connection.lease.is_none();
        let mut lease = match connection.lease.take() {
            Some(lease) => lease,
            None => dedicated.take_for_session(node, &mut attempts, patience).await?,
        };
        let address = lease.address().clone();
        servers.tracer.sent_to(router.observer().number(&address));
        // Until it is known how this ends: it may be cut short.
        connection.lost = true;
        let result = exchange(dedicated, servers, &mut lease, &address, Some(node), work).await;
        let is_spent = dedicated.is_spent(&result, &address);
        if is_first && let Some(failure) = refusal(work, &result) {
            let again = match failure.is_about_connecting() {
                true => attempts.lost(router, failure.at(&address)).await,
                false => dedicated.again(&mut attempts, &address, failure).await,
            };
            match (again, &result) {
                (Ok(()), _) => {
                    connection.lost = false;
                    if !is_spent {
                        let engine = lease.connection.engine();
                        dedicated.put_back(engine, lease, Leftovers::of(work));
                    }
                    continue;
                }
                (Err(failure), Err(_)) => {
                    connection.lost = false;
                    return Err(failure);
                }
                // Some of its commands may have been run.
                (Err(_), Ok(_)) => {}
            }
        }
        if is_spent && result.as_ref().is_err_and(|failure| !refuses(failure)) {
            return result.map_err(|failure| match failure.is_about_connecting() {
                true => lost(),
                false => failure,
            });
        }
        if !work.runs_script() {
            note_redirects(router, &result);
        }
        connection.keep(lease, work);
        return result;
    }
}

/// Returns why a request was refused of which nothing was run that changes
/// anything, if it may be run later or elsewhere.
fn refusal(work: &Work, result: &Result<Answer, Failure>) -> Option<Failure> {
    let may_pass = |failure: &Failure| {
        failure.outcome == Outcome::ServerError && (refuses(failure) || is_passing(&failure.code))
    };
    match (work, result) {
        // Nothing was sent.
        (_, Err(failure)) if failure.is_about_connecting() => Some(failure.clone()),
        _ if work.runs_script() => None,
        (_, Err(failure)) => may_pass(failure).then(|| failure.clone()),
        (Work::Many(pipeline), Ok(Answer::Each(replies))) if !pipeline.is_atomic() => {
            let mut first = None;
            for (cmd, reply) in pipeline.commands().iter().zip(replies) {
                match error_of(reply).filter(may_pass) {
                    Some(failure) => drop(first.get_or_insert(failure)),
                    None if changes_nothing(cmd) || is_command(cmd, b"WATCH") => {}
                    None => return None,
                }
            }
            first
        }
        _ => None,
    }
}

/// Returns the error that a reply is, if it is one.
fn error_of(reply: &Reply) -> Option<Failure> {
    match reply {
        Err(failure) => Some(failure.clone()),
        Ok(Value::ServerError(error)) => answer(Value::ServerError(error.clone())).err(),
        Ok(_) => None,
    }
}

/// Records redirects. The connection stays with its node; connections that are
/// taken later are to the nodes that have the slots.
fn note_redirects(router: &Router, result: &Result<Answer, Failure>) {
    if !router.is_cluster() {
        return;
    }
    let note = |failure: &Failure| {
        // One without a host names the node that is asked, which is known.
        let nowhere = Address::new("", 0);
        match Redirect::parse(&failure.code, &failure.message, &nowhere) {
            Some(redirect) if !redirect.to.host.is_empty() => drop(router.redirected(&redirect)),
            Some(_) => router.refresh_soon(),
            None => {}
        }
    };
    match result {
        Err(failure) if failure.outcome == Outcome::ServerError => note(failure),
        Ok(Answer::Each(replies)) => {
            replies.iter().filter_map(error_of).for_each(|failure| note(&failure));
        }
        _ => {}
    }
}

/// Whether a server has refused to write because it is a replica.
fn refuses(failure: &Failure) -> bool {
    failure.outcome == Outcome::ServerError
        && failure::refuses_writes(&failure.code, &failure.message)
}

/// Sends a request and returns its reply. A connection that is silent when the
/// reply is due, while the server answers others, is lost. The node is known
/// unless the server is asked because another one has named it.
async fn exchange(
    dedicated: &Dedicated,
    servers: &Servers,
    lease: &mut Lease,
    address: &Address,
    node: Option<&Node>,
    work: &Work,
) -> Result<Answer, Failure> {
    let (router, interval) = (&dedicated.servers.router, dedicated.heartbeat);
    let watch = silence::Watch::of(router, interval, lease, address, node, work);
    watch.unless_lost(send(servers, lease, work, node.is_none())).await
}

async fn send(
    servers: &Servers,
    lease: &mut Lease,
    work: &Work,
    asking: bool,
) -> Result<Answer, Failure> {
    match work {
        // As in command/call.rs.
        Work::One(cmd) if asking || servers.as_sent => {
            let mut pipeline = Pipeline::with_capacity(2);
            if asking {
                pipeline.add_command(redis::cmd("ASKING"));
            }
            pipeline.add_command(Cmd::clone(cmd));
            let mut replies = lease.connection.send_all(&pipeline).await?;
            let reply = answer(replies.pop().unwrap_or(Value::Nil))?;
            servers.convert(cmd, reply).await.and_then(answer).map(Answer::One)
        }
        Work::One(cmd) => {
            let reply = lease.connection.send(cmd).await?;
            servers.convert(cmd, reply).await.and_then(answer).map(Answer::One)
        }
        Work::Many(pipeline) => {
            let mut replies = lease.connection.send_all(pipeline).await?;
            if pipeline.is_atomic() {
                replies = match answer(replies.pop().unwrap_or(Value::Nil))? {
                    Value::Array(replies) => replies,
                    other => return Ok(Answer::One(other)),
                };
            }
            // One that cannot be converted is an error in its own place.
            let mut converted = Vec::with_capacity(replies.len());
            for (cmd, reply) in pipeline.commands().iter().zip(replies) {
                converted.push(servers.convert(cmd, reply).await);
            }
            Ok(Answer::Each(converted))
        }
    }
}

impl Dedicated {
    /// Returns for how long what was not sent is tried again: as long as the
    /// caller waits, or as connecting may take.
    fn patience(&self, deadline: Deadline) -> Patience {
        let connecting = || self.servers.router.connector().request().get_connection_timeout();
        match deadline.left() {
            Some(_) => Patience::until(deadline),
            None => Patience::of(Some(connecting())),
        }
    }

    /// Returns a connection to a node, or to the address that another node has
    /// named. It waits until there is one.
    async fn connect(
        &self,
        node: &Node,
        named: Option<(Address, bool)>,
        attempts: &mut Attempts<'_>,
        patience: Patience,
    ) -> Result<Lease, Failure> {
        let router = &self.servers.router;
        let mut named = named;
        let mut before: Option<Failure> = None;
        loop {
            let (address, asking) = match named.take() {
                Some(named) => named,
                None => (target::resolve(router, node).await?, false),
            };
            let taking = self.take((!asking).then_some(node), &address);
            let failure = match patience.wait(taking).await {
                Some(Ok(Some(lease))) => return Ok(lease),
                Some(Ok(None)) => continue,
                Some(Err(failure)) if !failure.is_about_connecting() => return Err(failure),
                Some(Err(failure)) => failure,
                None => return Err(self.time_over(&address, before)),
            };
            router.refresh_soon();
            attempts.lost(router, failure.clone()).await?;
            before = Some(failure);
        }
    }

    /// Says what a request waited for until its time was over.
    fn time_over(&self, address: &Address, before: Option<Failure>) -> Failure {
        let of_node = || self.servers.router.node(address).failure();
        let of_limit = || self.pool.is_exhausted(address).then(failure::dedicated_limit);
        before
            .or_else(of_node)
            .or_else(of_limit)
            .map_or_else(failure::timeout, Failure::when_time_was_over)
    }

    /// Waits before something is sent again that a server refused, or returns
    /// the failure if it is not.
    async fn again(
        &self,
        attempts: &mut Attempts<'_>,
        address: &Address,
        failure: Failure,
    ) -> Result<(), Failure> {
        let router = &self.servers.router;
        let refuses = refuses(&failure);
        if !router.resends() || !refuses && !is_passing(&failure.code) {
            return Err(failure);
        }
        router.refresh_soon();
        // A lone address may have become another server's, which is soon seen.
        let is_lone = refuses && !router.is_cluster() && router.addresses().len() == 1;
        attempts.again(router, address, failure, (!is_lone).then_some(Wait)).await
    }
}

impl Leftovers {
    /// Returns what a request has left behind.
    fn of(work: &Work) -> Self {
        let mut leftovers = Leftovers::default();
        leftovers.note(work);
        leftovers
    }

    /// Notes what a request has left behind. A connection on which anything
    /// was run that is not known to leave nothing is not used again.
    fn note(&mut self, work: &Work) {
        match work {
            Work::One(cmd) => self.note_command(cmd),
            Work::Many(pipeline) => {
                pipeline.commands().iter().for_each(|cmd| self.note_command(cmd));
                // EXEC forgets what was watched.
                self.watches &= !pipeline.is_atomic();
            }
        }
    }

    fn note_command(&mut self, cmd: &Cmd) {
        let name = cmd.arg_idx(0).unwrap_or_default().to_ascii_uppercase();
        match name.as_slice() {
            b"WATCH" => self.watches = true,
            b"UNWATCH" => self.watches = false,
            b"BLMOVE" | b"BLMPOP" | b"BLPOP" | b"BRPOP" | b"BRPOPLPUSH" | b"BZMPOP"
            | b"BZPOPMAX" | b"BZPOPMIN" | b"DBSIZE" | b"TIME" | b"WAIT" | b"WAITAOF" | b"XREAD"
            | b"XREADGROUP" => {}
            _ => self.other |= dispatch_mode(cmd) == Mode::Direct,
        }
    }
}
