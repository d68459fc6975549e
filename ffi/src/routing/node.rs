//! Node clients: for each server in use, one connection that many requests
//! share.
//!
//! A node client connects when it is first used, and again when its connection
//! is lost, according to the client's retry strategy, until it is retired. It
//! never sends anything twice: who sends learns whether a request may have run.
//!
//! ```text
//!   Idle -- used ----------> Connecting -- connected --> Connected
//!   Connected -- lost -----> Connecting
//!   Connected -- replaced by a probe ------------------> Connected
//!   any -- retired --------> Retired
//! ```
//!
//! When a request is overdue, a probe finds out why (see [`NodeClient::overdue`]).
//! A node that does not answer new connections either is *suspect*: requests
//! wait for what becomes of it, unsent, and the topology is looked up anew.

use super::address::Address;
use crate::{
    core::{
        connect::{Connector, is_final, retry_strategy},
        task::ConnectionTask,
    },
    ending::Ending,
    event_loop::Engine,
    failure,
    reply::Failure,
    status::Outcome,
};
use redis::{
    Cmd, ErrorKind, Pipeline, PushInfo, RedisError, RedisResult, Value,
    aio::{ConnectionLike, DisconnectNotifier, MultiplexedConnection},
    cluster_async::InflightRequestTracker,
};
use std::{
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard, Weak,
        atomic::{AtomicBool, AtomicIsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, mpsc::UnboundedSender},
    time::{sleep, timeout},
};

/// How long a connection may take to answer a PING before it is asked whether
/// the server answers others.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long a server may take to answer a new connection before it is suspect,
/// and how long to wait before it is asked again.
const PROBE: Duration = Duration::from_secs(1);
const PROBE_AGAIN: Duration = Duration::from_millis(250);

/// How long what is in flight on a connection that is no longer in use may
/// still be answered before the connection is closed.
const LAST_REPLIES: Duration = Duration::from_secs(10);

/// What the node clients of a client have in common.
pub struct Common {
    pub engine: &'static Engine,
    pub connector: Arc<Connector>,
    /// A cluster's replicas refuse to be read from unless they are told.
    pub reads_replicas_of_cluster: bool,
    pub discover_zone: bool,
    /// How many requests may be in flight on each connection.
    pub inflight_limit: usize,
    /// Takes what servers send unasked, if that is messages.
    pub pushes: Option<UnboundedSender<PushInfo>>,
    /// Told of anything that may mean that the topology has changed.
    pub trouble: Notify,
}

pub struct NodeClient {
    pub address: Address,
    common: Arc<Common>,
    permits: Arc<AtomicIsize>,
    state: Mutex<State>,
    /// The state has changed.
    changed: Notify,
    /// There is reason to connect at once.
    hurry: Notify,
    suspect: AtomicBool,
    retired: Ending,
}

struct State {
    phase: Phase,
    generation: u64,
    probing: bool,
    /// Why the last attempt to connect failed, and how many have in a row.
    failure: Option<Failure>,
    failures: u32,
}

enum Phase {
    Idle,
    Connecting,
    Connected(Link),
    Retired,
}

/// A connection. Its node client keeps it as long as it is the one in use, and
/// each request does that waits for a reply on it; the connection is closed with
/// the last of them.
#[derive(Clone)]
pub struct Link {
    connection: MultiplexedConnection,
    generation: u64,
    life: Arc<Life>,
}

impl Link {
    /// Closes the connection, whoever waits for replies on it.
    pub fn end(&self) {
        self.life.end();
    }
}

/// What all clones of a link share.
struct Life {
    /// Ends when the connection is replaced or its node client is closed.
    ended: Ending,
    task: ConnectionTask,
}

impl Life {
    /// Closes the connection and ends everything that is in flight on it.
    fn end(&self) {
        self.ended.come();
        self.task.end();
    }
}

/// Why a request has no reply.
#[derive(Debug)]
pub enum Unanswered {
    /// Nothing of it was sent.
    Unsent(Failure),
    /// The server may have run it.
    MayHaveRun(Failure),
}

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        unanswered.into_failure()
    }
}

impl Unanswered {
    pub fn into_failure(self) -> Failure {
        match self {
            Unanswered::Unsent(failure) | Unanswered::MayHaveRun(failure) => failure,
        }
    }
}

impl NodeClient {
    pub fn new(address: Address, common: Arc<Common>) -> Arc<Self> {
        Arc::new(NodeClient {
            address,
            permits: Arc::new(AtomicIsize::new(
                common.inflight_limit.try_into().unwrap_or(isize::MAX),
            )),
            common,
            state: Mutex::new(State {
                phase: Phase::Idle,
                generation: 0,
                probing: false,
                failure: None,
                failures: 0,
            }),
            changed: Notify::new(),
            hurry: Notify::new(),
            suspect: AtomicBool::new(false),
            retired: Ending::default(),
        })
    }

    /// Reserves a permit of this node's inflight limit, which is free again
    /// when it is dropped.
    pub fn reserve(&self) -> Result<InflightRequestTracker, Failure> {
        InflightRequestTracker::try_new(self.permits.clone()).ok_or_else(failure::inflight_limit)
    }

    /// Reports whether the node is believed not to answer.
    pub fn is_suspect(&self) -> bool {
        self.suspect.load(Ordering::Relaxed)
    }

    pub fn is_connected(&self) -> bool {
        matches!(self.state().phase, Phase::Connected(_)) && !self.is_suspect()
    }

    /// Reports whether it has tried to connect and could not.
    pub fn is_unreachable(&self) -> bool {
        let state = self.state();
        matches!(state.phase, Phase::Connecting) && state.failure.is_some()
    }

    pub fn is_in_use(&self) -> bool {
        !matches!(self.state().phase, Phase::Idle | Phase::Retired)
    }

    /// Returns the zone that the server says it is in.
    pub fn zone(&self) -> Option<String> {
        match &self.state().phase {
            Phase::Connected(link) => link.connection.get_az(),
            _ => None,
        }
    }

    /// Returns why the node cannot be used at the moment.
    pub fn failure(&self) -> Option<Failure> {
        self.state().failure.clone()
    }

    /// Begins to connect, if it has not.
    pub fn warm_up(self: &Arc<Self>) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Idle) {
            self.begin_connecting(&mut state);
        }
    }

    /// Waits until it is connected. It fails when that many retries have failed,
    /// or when another one would be useless.
    pub async fn connected_within(self: &Arc<Self>, retries: u32) -> Result<Link, Failure> {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            {
                let mut state = self.state();
                match &state.phase {
                    Phase::Connected(link) => return Ok(link.clone()),
                    Phase::Retired => return Err(failure::closed()),
                    Phase::Connecting => {
                        if let Some(failure) = &state.failure
                            && (state.failures > retries || is_final(failure))
                        {
                            return Err(failure.clone());
                        }
                    }
                    Phase::Idle => self.begin_connecting(&mut state),
                }
            }
            changed.await;
        }
    }

    /// Returns the connection in use. It waits while there is none, and while
    /// the node is suspect; it fails, without having sent anything, when the
    /// node client is retired.
    pub async fn link(self: &Arc<Self>) -> Result<Link, Unanswered> {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            {
                let mut state = self.state();
                match &state.phase {
                    Phase::Connected(link) if !self.is_suspect() => return Ok(link.clone()),
                    Phase::Connected(_) | Phase::Connecting => {}
                    Phase::Idle => self.begin_connecting(&mut state),
                    Phase::Retired => return Err(Unanswered::Unsent(self.gone())),
                }
            }
            changed.await;
        }
    }

    /// Returns the connection if there is one that can be used at once.
    pub fn connected(&self) -> Option<Link> {
        match &self.state().phase {
            Phase::Connected(link) if !self.is_suspect() => Some(link.clone()),
            _ => None,
        }
    }

    /// Waits until a connection is no longer the one in use.
    pub async fn until_lost(&self, link: &Link) {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            match &self.state().phase {
                Phase::Connected(current) if current.generation == link.generation => {}
                _ => return,
            }
            changed.await;
        }
    }

    /// Returns the connection even if the node is suspect.
    pub fn any_link(&self) -> Option<Link> {
        match &self.state().phase {
            Phase::Connected(link) => Some(link.clone()),
            _ => None,
        }
    }

    /// Sends commands as one pipeline and returns the reply to each, errors
    /// among them.
    pub async fn send_all(
        self: &Arc<Self>,
        link: &Link,
        pipeline: &Pipeline,
    ) -> Result<Vec<Value>, Unanswered> {
        let mut connection = link.connection.clone();
        let commands = pipeline.commands().len();
        let sending = connection.send_packed_commands(pipeline, 0, commands);
        self.outcome(link, link.life.ended.until(sending).await)
    }

    /// Sends a transaction and returns EXEC's reply, or the error because of
    /// which there is none.
    pub async fn send_transaction(
        self: &Arc<Self>,
        link: &Link,
        pipeline: &Pipeline,
    ) -> Result<RedisResult<Value>, Unanswered> {
        let mut connection = link.connection.clone();
        // MULTI and the commands, whose replies say nothing but errors.
        let skipped = pipeline.commands().len() + 1;
        let sending = connection.send_packed_commands(pipeline, skipped, 1);
        let result = link.life.ended.until(sending).await;
        match result {
            Some(Err(error)) if !breaks(&error) => Ok(Err(error)),
            result => {
                let mut replies = self.outcome(link, result)?;
                Ok(Ok(replies.pop().unwrap_or(Value::Nil)))
            }
        }
    }

    /// Runs something that sends one command on the connection. An error reply
    /// is an error, too.
    pub async fn run<T>(
        self: &Arc<Self>,
        link: &Link,
        work: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<RedisResult<T>, Unanswered> {
        let mut connection = link.connection.clone();
        let result = link.life.ended.until(work(&mut connection)).await;
        match result {
            Some(Err(error)) if !breaks(&error) => Ok(Err(error)),
            result => self.outcome(link, result).map(Ok),
        }
    }

    /// Sends one command as it is and returns its reply as it comes.
    pub async fn send(
        self: &Arc<Self>,
        link: &Link,
        cmd: &Cmd,
    ) -> Result<RedisResult<Value>, Unanswered> {
        self.run(link, async |connection| connection.send_packed_command(cmd).await).await
    }

    fn outcome<T>(
        self: &Arc<Self>,
        link: &Link,
        result: Option<RedisResult<T>>,
    ) -> Result<T, Unanswered> {
        match result {
            Some(Ok(done)) => Ok(done),
            Some(Err(error)) => {
                // Neither a task that has ended nor a queue that is full was handed
                // anything. The server of a full queue may be slow.
                let unsent = error.kind() == ErrorKind::FatalSendError;
                match unsent && error.to_string().contains("full") {
                    true => self.overdue(link),
                    false => self.lost(link.generation),
                }
                Err(match unsent {
                    true => Unanswered::Unsent(self.gone()),
                    false => Unanswered::MayHaveRun(self.gone()),
                })
            }
            None => Err(Unanswered::MayHaveRun(self.gone())),
        }
    }

    fn gone(&self) -> Failure {
        Failure::new(Outcome::ConnectionLost, self.address.to_string())
    }

    /// Takes note that a connection is lost, and connects anew.
    fn lost(self: &Arc<Self>, generation: u64) {
        let mut state = self.state();
        if let Phase::Connected(link) = &state.phase
            && link.generation == generation
        {
            let before = std::mem::replace(&mut state.phase, Phase::Idle);
            self.begin_connecting(&mut state);
            drop(state);
            self.part_with(before);
            tracing::warn!(target: "glide", "{}: the connection was lost", self.address);
            self.settle_suspicion(false);
            self.common.trouble.notify_one();
        }
    }

    /// Connects anew, though there is a connection: it leads to a server that
    /// is not the one that is to be at this address.
    pub fn reconnect(self: &Arc<Self>, link: &Link) {
        self.lost(link.generation);
    }

    /// Connects at once, if it is waiting to: something has changed.
    pub fn hurry(&self) {
        self.hurry.notify_one();
    }

    /// Ends the node client. What is in flight may still be answered, within
    /// [`LAST_REPLIES`]; requests that wait for a connection fail unsent.
    pub fn retire(&self) {
        let phase = std::mem::replace(&mut self.state().phase, Phase::Retired);
        self.retired.come();
        self.settle_suspicion(false);
        self.part_with(phase);
    }

    /// Lets go of the connection of a phase that is over. It is closed at once,
    /// or within [`LAST_REPLIES`] if somebody waits for replies on it.
    fn part_with(&self, phase: Phase) {
        let Phase::Connected(link) = phase else { return };
        let life = Arc::downgrade(&link.life);
        drop(link);
        if life.strong_count() == 0 {
            return;
        }
        self.common.engine.runtime.spawn(async move {
            sleep(LAST_REPLIES).await;
            if let Some(life) = life.upgrade() {
                life.end();
            }
        });
    }

    /// Ends the node client and everything that is in flight.
    pub fn close(&self) {
        let phase = std::mem::replace(&mut self.state().phase, Phase::Retired);
        if let Phase::Connected(link) = phase {
            link.life.end();
        }
        self.retire();
    }

    fn begin_connecting(self: &Arc<Self>, state: &mut State) {
        state.phase = Phase::Connecting;
        state.generation += 1;
        (state.failure, state.failures) = (None, 0);
        let (node, generation) = (self.clone(), state.generation);
        self.common.engine.runtime.spawn(async move {
            node.retired.until(node.connect(generation)).await;
        });
    }

    async fn connect(self: &Arc<Self>, generation: u64) {
        let begun = Instant::now();
        let strategy = retry_strategy(&self.common.connector.request());
        for delay in strategy.get_infinite_backoff_dur_iterator() {
            let opened = self.open(generation).await;
            {
                let mut state = self.state();
                if !matches!(state.phase, Phase::Connecting) || state.generation != generation {
                    return;
                }
                match opened {
                    Ok(link) => {
                        state.phase = Phase::Connected(link);
                        (state.failure, state.failures) = (None, 0);
                        self.changed.notify_waiters();
                        let took = begun.elapsed();
                        tracing::info!(target: "glide", "{}: connected after {took:.1?}", self.address);
                        return;
                    }
                    Err(failure) => {
                        if state.failures == 0 {
                            tracing::warn!(target: "glide", "cannot connect: {}", failure.message);
                        }
                        state.failure = Some(failure);
                        state.failures += 1;
                    }
                }
            }
            self.changed.notify_waiters();
            self.common.trouble.notify_one();
            tokio::select! {
                () = sleep(delay) => {}
                () = self.hurry.notified() => {}
            }
        }
    }

    async fn open(self: &Arc<Self>, generation: u64) -> Result<Link, Failure> {
        let notifier = Disconnected { node: Arc::downgrade(self), generation };
        let Common { connector, discover_zone, reads_replicas_of_cluster, pushes, .. } = &*self.common;
        let (mut connection, task) = connector
            .multiplexed(&self.address, *discover_zone, Box::new(notifier), pushes.clone())
            .await?;
        if *reads_replicas_of_cluster {
            connection.send_packed_command(&redis::cmd("READONLY")).await?;
        }
        let life = Arc::new(Life { ended: Ending::default(), task });
        Ok(Link { connection, generation, life })
    }

    /// Takes note that a request on this connection was not answered in time,
    /// and finds out why. If the connection answers a PING, the server was slow.
    /// If only new connections are answered, this one was half-open and is
    /// replaced. If they are not answered either, the node is suspect until one
    /// or the other is.
    pub fn overdue(self: &Arc<Self>, link: &Link) {
        let mut state = self.state();
        let current = matches!(&state.phase, Phase::Connected(l) if l.generation == link.generation);
        if !current || state.probing {
            return;
        }
        state.probing = true;
        let (node, link) = (self.clone(), link.clone());
        self.common.engine.runtime.spawn(async move {
            let probing = node.retired.until(node.probe(&link));
            let replacement = link.life.ended.until(probing).await.flatten().flatten();
            let mut state = node.state();
            state.probing = false;
            if let Phase::Connected(current) = &state.phase
                && current.generation == link.generation
                && let Some(replacement) = replacement
            {
                state.generation = replacement.generation;
                state.phase = Phase::Connected(replacement);
                drop(state);
                link.life.end();
            } else {
                drop(state);
            }
            node.settle_suspicion(false);
        });
    }

    /// Returns a connection to replace this one with, or nothing if it answers
    /// or is lost.
    async fn probe(self: &Arc<Self>, link: &Link) -> Option<Link> {
        let mut connection = link.connection.clone();
        let ping = redis::cmd("PING");
        let mut answer = pin!(connection.send_packed_command(&ping));
        if timeout(PATIENCE, &mut answer).await.is_ok() {
            return None;
        }
        let generation = link.generation + 1;
        loop {
            let opened = tokio::select! {
                biased;
                _ = &mut answer => return None,
                opened = timeout(PROBE, self.open(generation)) => opened,
            };
            match opened {
                Ok(Ok(replacement)) => {
                    // The server serves again: so does this connection, unless
                    // it is half-open.
                    return match timeout(PATIENCE, &mut answer).await {
                        Ok(_) => None,
                        Err(_) => Some(replacement),
                    };
                }
                Ok(Err(failure)) => self.state().failure = Some(failure),
                Err(_) => {
                    let text = format!("{}: no answer", self.address);
                    self.state().failure = Some(Failure::new(Outcome::Unreachable, text));
                }
            }
            self.settle_suspicion(true);
            tokio::select! {
                biased;
                _ = &mut answer => return None,
                () = sleep(PROBE_AGAIN) => {}
            }
        }
    }

    fn settle_suspicion(&self, suspect: bool) {
        if self.suspect.swap(suspect, Ordering::Relaxed) != suspect || !suspect {
            self.changed.notify_waiters();
        }
        if suspect {
            self.common.trouble.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Reports whether an error means that the connection cannot be used any more.
/// All others are about one command.
fn breaks(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::FatalSendError
            | ErrorKind::FatalReceiveError
            | ErrorKind::IoError
            | ErrorKind::ParseError
            | ErrorKind::ProtocolDesync
    )
}

/// Tells a node client that its connection was closed from the other side.
#[derive(Clone)]
struct Disconnected {
    node: Weak<NodeClient>,
    generation: u64,
}

impl DisconnectNotifier for Disconnected {
    fn notify_disconnect(&mut self) {
        if let Some(node) = self.node.upgrade() {
            node.lost(self.generation);
        }
    }

    fn wait_for_disconnect_with_timeout<'a, 'b, 'c>(
        &'a self,
        _: &'b Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'c>>
    where
        'a: 'c,
        'b: 'c,
    {
        // Nobody waits: the node client is told.
        Box::pin(std::future::pending())
    }

    fn clone_box(&self) -> Box<dyn DisconnectNotifier> {
        Box::new(self.clone())
    }
}
