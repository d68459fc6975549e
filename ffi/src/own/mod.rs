//! Connections of one's own: requests that are not to meet others on a
//! connection, because they block it or change what it is.
//!
//! Who uses such a connection has a hold on it, by a name that the caller
//! chose. A blocking command's hold is its own and ends with its reply;
//! another lasts until the caller ends it. To end a hold while a request is
//! under way closes the connection: the server then forgets what it waited
//! for. pool.rs has the connections, connection.rs is one, target.rs says to
//! which server it goes, convert.rs gives replies their form.

mod connection;
mod convert;
mod pool;
mod target;

use crate::{
    batch,
    classify::{Policy, Travel, travel},
    client::{Client, Ticket},
    compress::compress,
    dispatch::{answer, bounded, command},
    ending::Ending,
    event_loop::Engine,
    failure::{self, may_pass},
    reply::{Failure, Reply},
    request::{Body, Request},
    route::reads,
    search,
    settings::Settings,
    status::Outcome,
};
use convert::Converter;
use glide_core::{ConnectionRequest, client::Client as Core};
use pool::{Lease, Pool};
use redis::{Cmd, Pipeline, RedisResult, Value};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};
use target::{Target, find_primary, redirection, resolve};
use tokio::sync::OnceCell;

/// How many connections of one's own there may be.
pub struct Limits {
    /// How many there may be to each server.
    pub limit: usize,
    /// For how long those that nobody uses are kept.
    pub idle_time: Duration,
}

/// What a client has of them.
pub struct Own {
    settings: Arc<Settings>,
    limits: Limits,
    pool: Arc<Pool>,
    holds: Mutex<HashMap<u64, Arc<Hold>>>,
    converter: OnceCell<Converter>,
    /// The address of a standalone client's primary, once it was found.
    primary: tokio::sync::Mutex<Option<String>>,
}

/// Somebody's hold on a connection.
#[derive(Default)]
pub struct Hold {
    ending: Ending,
    /// Requests take turns.
    line: tokio::sync::Mutex<Line>,
}

#[derive(Default)]
struct Line {
    lease: Option<Lease>,
    /// The connection was closed, or is in a state that nobody knows.
    lost: bool,
    state: State,
}

/// What a connection's next user would notice of this one.
#[derive(Default, Clone, Copy)]
struct State {
    watches: bool,
    /// Whatever else: such a connection is not used again.
    other: bool,
}

/// What a request sends.
enum Work {
    One(Cmd),
    Many(Pipeline),
}

impl Own {
    pub fn new(engine: &'static Engine, settings: Arc<Settings>) -> Self {
        Own {
            limits: settings.limits(),
            settings,
            pool: Arc::new(Pool::new(engine)),
            holds: Mutex::default(),
            converter: OnceCell::new(),
            primary: tokio::sync::Mutex::default(),
        }
    }

    /// How connections are made by now.
    fn request(&self) -> Arc<ConnectionRequest> {
        self.settings.request()
    }

    /// Ends a hold; one that has ended is no error. It reports whether somebody
    /// is now to run what that has set going.
    pub fn end(&self, engine: &'static Engine, name: u64) -> bool {
        let Some(hold) = self.holds().remove(&name) else { return false };
        hold.ending.come();
        // Whoever runs a request has the line, and closes the connection.
        let Ok(mut line) = hold.line.try_lock() else { return true };
        let Some(lease) = line.lease.take() else { return false };
        let awaited = lease.is_awaited();
        self.put_back(engine, lease, line.state);
        awaited || line.state.watches
    }

    /// Ends all of them and closes the connections.
    pub fn close(&self) {
        for (_, hold) in self.holds().drain() {
            hold.ending.come();
        }
        self.pool.close();
    }

    fn put_back(&self, engine: &'static Engine, mut lease: Lease, state: State) {
        if state.other {
            return;
        }
        if !state.watches {
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

    /// Begins a hold; its connection is taken with its first request.
    pub fn begin(&self, name: u64) -> Arc<Hold> {
        let hold = Arc::<Hold>::default();
        self.holds().insert(name, hold.clone());
        hold
    }

    fn holds(&self) -> MutexGuard<'_, HashMap<u64, Arc<Hold>>> {
        self.holds.lock().unwrap_or_else(|e| e.into_inner())
    }

    async fn primary(&self, core: &Core) -> Result<String, Failure> {
        let mut primary = self.primary.lock().await;
        if let Some(primary) = &*primary {
            return Ok(primary.clone());
        }
        let found = find_primary(self, core).await?;
        *primary = Some(found.clone());
        Ok(found)
    }

    /// Looks for the primary anew, unless it can be but one.
    async fn forget_primary(&self) {
        *self.primary.lock().await = None;
    }

    async fn take(&self, core: &Core, address: &str) -> Result<Lease, Failure> {
        self.pool.take(self, address, core.current_database()).await
    }

    async fn convert(&self, core: &Core, cmd: &Cmd, reply: Value) -> RedisResult<Value> {
        let query = cmd.arg_idx(0).is_some_and(search::is_query);
        let as_it_is = query || !core.is_compression_enabled() && !needs(cmd);
        if as_it_is || matches!(reply, Value::ServerError(_)) {
            return Ok(reply);
        }
        let converter = self.converter.get_or_try_init(Converter::new).await;
        let internal = |f: Failure| (redis::ErrorKind::ClientError, "no converter", f.message);
        converter.map_err(internal)?.convert(core, cmd, reply)
    }
}

/// How long a connection may take to become clean.
const RESET: Duration = Duration::from_secs(1);

/// Whether the core gives the command's replies another form.
fn needs(cmd: &Cmd) -> bool {
    manner(cmd) != Travel::Together
}

fn manner(cmd: &Cmd) -> Travel {
    let words = cmd.args_iter().count();
    travel(Policy::default(), cmd.arg_idx(0).unwrap_or_default(), words, true)
}

/// Starts a request on a connection of its own. Called on any thread; the
/// work is done by the runtime.
pub fn start(
    client: &Arc<Client>,
    core: &Core,
    ticket: Ticket,
    timeout: Option<Duration>,
    request: &Request<'_>,
) {
    if !core.is_circuit_breaker_healthy() {
        return ticket.complete(Err(failure::circuit_open()));
    }
    let Some(place) = core.reserve_inflight_request() else {
        return ticket.complete(Err(failure::inflight_limit()));
    };
    let prepared = work(client, core, request.body).and_then(|work| {
        let cmd = match &work {
            Work::One(cmd) => Some(cmd),
            Work::Many(_) => None,
        };
        Ok((Target::of(client, request.route, cmd)?, work))
    });
    let (target, work) = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => return ticket.complete(Err(failure)),
    };
    let name = if request.once { request.ticket } else { request.connection };
    let own = client.own();
    let hold = match request.once {
        true => Some(own.begin(name)),
        false => own.holds().get(&name).cloned(),
    };
    let Some(hold) = hold else { return ticket.complete(Err(lost())) };
    let (client, core, once) = (client.clone(), core.clone(), request.once);
    client.engine.runtime.spawn(async move {
        let running = async {
            match once {
                true => run_once(&own, &core, &target, &work).await,
                false => run_held(&own, &core, &hold, &target, &work).await,
            }
        };
        let bounded = bounded(timeout, running);
        let result = client.until_closed(hold.ending.until(bounded)).await;
        if once {
            own.holds().remove(&name);
        }
        // The place is free before the caller can ask for another.
        drop(place);
        match result {
            // The ticket is completed as it is dropped.
            None => {}
            Some(None) if client.is_closed() => {}
            Some(None) if once => ticket.complete(Err(failure::timeout())),
            Some(None) => ticket.complete(Err(lost())),
            Some(Some(result)) => ticket.complete(result.flatten().and_then(answer)),
        }
    });
}

fn work(client: &Client, core: &Core, body: Body<'_>) -> Result<Work, Failure> {
    match body {
        Body::Command(words) => {
            let cmd = command(&words);
            if client.policy.read_only && !reads(&cmd) {
                return Err(failure::read_only());
            }
            Ok(Work::One(compress(core, cmd)?))
        }
        Body::Batch(batch) => {
            let mut pipeline = Pipeline::with_capacity(batch.count);
            for words in batch.commands() {
                pipeline.add_command(batch::batched(client, core, &words)?);
            }
            if batch.atomic {
                pipeline.atomic();
            }
            Ok(Work::Many(pipeline))
        }
        Body::Scan(_) | Body::Subscribing(_) | Body::Login(_) => {
            Err(Failure::new(Outcome::InvalidRequest, "it has no connection of its own"))
        }
    }
}

fn lost() -> Failure {
    Failure::new(Outcome::ConnectionLost, "its connection was closed: a call on it was given up")
}

/// Runs a request that has a connection for itself alone. What no server has
/// run is sent again for a while; what one may have run is not.
async fn run_once(own: &Own, core: &Core, target: &Target, work: &Work) -> Reply {
    if let Work::One(cmd) = work {
        // A timeout that the core does not understand must not be noticed
        // when the reply is there.
        own.convert(core, cmd, Value::Nil).await?;
    }
    let mut patience = Patience::of(own)?;
    let mut redirected: Option<(String, bool)> = None;
    loop {
        let (address, asking) = match redirected.take() {
            Some(redirected) => redirected,
            None => match resolve(own, core, target).await {
                Ok(address) => (address, false),
                Err(failure) => {
                    patience.again(own, failure).await?;
                    continue;
                }
            },
        };
        let mut lease = match own.take(core, &address).await {
            Ok(lease) => lease,
            Err(failure) => {
                patience.again(own, failure).await?;
                continue;
            }
        };
        let result = exchange(own, core, &mut lease, work, asking).await;
        if !matches!(&result, Err(failure) if failure.outcome == Outcome::ConnectionLost) {
            own.pool.give_back(lease);
        }
        let failure = match result {
            Err(failure) => failure,
            done => return done,
        };
        redirected = redirection(&failure, &address);
        if redirected.is_some() || may_pass(&failure) {
            patience.again(own, failure).await?;
        } else {
            return Err(failure);
        }
    }
}

/// Runs a request on the connection of a hold, which is taken if it has none
/// yet and never replaced: what it watches or has selected is part of it.
async fn run_held(
    own: &Own,
    core: &Core,
    hold: &Hold,
    target: &Target,
    work: &Work,
) -> Reply {
    let mut line = hold.line.lock().await;
    if line.lost {
        return Err(lost());
    }
    let mut lease = match line.lease.take() {
        Some(lease) => lease,
        None => {
            let mut patience = Patience::of(own)?;
            loop {
                let taken = match resolve(own, core, target).await {
                    Ok(address) => own.take(core, &address).await,
                    Err(failure) => Err(failure),
                };
                match taken {
                    Ok(lease) => break lease,
                    Err(failure) => patience.again(own, failure).await?,
                }
            }
        }
    };
    // Until it is known how this ends: it may be cut short.
    line.lost = true;
    let result = exchange(own, core, &mut lease, work, false).await;
    if matches!(&result, Err(failure) if failure.outcome == Outcome::ConnectionLost) {
        return result;
    }
    line.lost = false;
    line.lease = Some(lease);
    line.state.note(work);
    result
}

/// Sends a request and gives its reply.
async fn exchange(
    own: &Own,
    core: &Core,
    lease: &mut Lease,
    work: &Work,
    asking: bool,
) -> Reply {
    match work {
        Work::One(cmd) if asking => {
            let mut pipeline = Pipeline::with_capacity(2);
            pipeline.add_command(redis::cmd("ASKING")).add_command(cmd.clone());
            let mut replies = lease.connection.send_all(&pipeline).await?;
            let reply = answer(replies.pop().unwrap_or(Value::Nil))?;
            Ok(own.convert(core, cmd, reply).await?)
        }
        Work::One(cmd) => {
            let reply = lease.connection.send(cmd).await?;
            Ok(own.convert(core, cmd, reply).await?)
        }
        Work::Many(pipeline) => {
            let mut replies = lease.connection.send_all(pipeline).await?;
            if pipeline.is_atomic() {
                replies = match answer(replies.pop().unwrap_or(Value::Nil))? {
                    Value::Array(replies) => replies,
                    other => return Ok(other),
                };
            }
            let mut converted = Vec::with_capacity(replies.len());
            for (cmd, reply) in pipeline.commands().iter().zip(replies) {
                // One that cannot be converted is an error in its own place.
                let reply = own.convert(core, cmd, reply).await;
                converted.push(reply.unwrap_or_else(|error| Value::ServerError(error.into())));
            }
            Ok(Value::Array(converted))
        }
    }
}

/// For how long what was not run is tried again.
struct Patience {
    end: Instant,
    tries: u32,
}

impl Patience {
    /// The longest pause between two tries; they begin short.
    const PAUSE: Duration = Duration::from_millis(100);

    /// As long as connecting may take.
    fn of(own: &Own) -> Result<Self, Failure> {
        let time = own.request().get_connection_timeout();
        Ok(Patience { end: Instant::now() + time, tries: 0 })
    }

    /// Waits before the next try, or gives the failure if there is none.
    async fn again(&mut self, own: &Own, failure: Failure) -> Result<(), Failure> {
        let redirected = redirection(&failure, "").is_some();
        // There is but one server that this one's primary could be.
        let settled = failure.code == "READONLY" && own.request().addresses.len() == 1
            && !own.request().cluster_mode_enabled;
        if !(redirected || may_pass(&failure)) || settled || Instant::now() >= self.end {
            return Err(failure);
        }
        self.tries += 1;
        own.forget_primary().await;
        // The first redirection is followed at once.
        if !redirected || self.tries > 1 {
            tokio::time::sleep((Self::PAUSE / 20 * self.tries).min(Self::PAUSE)).await;
        }
        Ok(())
    }
}

impl State {
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
            _ => self.other |= manner(cmd) == Travel::Alone,
        }
    }
}
