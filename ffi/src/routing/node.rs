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
//!   Connected -- replaced, half-open or renewed -------> Connected
//!   any -- retired --------> Retired
//! ```
//!
//! When a request is overdue, or nothing has come for the heartbeat's interval,
//! a probe finds out why (see [`NodeClient::overdue`]). A node that does not
//! answer new connections either is *suspect*: requests wait for what happens to
//! it, unsent, and the topology is looked up again.

use super::{
    info::{field, is_blocked, text},
    outages::Outages,
    permits::{Permits, Taken},
};
use crate::{
    abi::Outcome,
    core::{
        connect::{Connector, is_final, retry_strategy},
        pulse::Pulse,
        task::ConnectionTask,
    },
    event_loop::{
        Engine,
        cancellation::CancellationToken,
        observer::{Counters, Observer},
    },
    wire::{
        address::Address,
        failure::{self, Failure},
    },
};
use redis::{
    Cmd, ErrorKind, Pipeline, PushInfo, RedisError, RedisResult, Value,
    aio::{ConnectionLike, DisconnectNotifier, MultiplexedConnection},
};
use std::{
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, mpsc::UnboundedSender},
    task::JoinHandle,
    time::{sleep, timeout},
};

/// How long a connection may take to answer a PING before it is asked whether
/// the server answers others.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long a server may take to answer a new connection before it is suspect,
/// and how long to wait before it is asked again.
const PROBE: Duration = Duration::from_secs(1);
const PROBE_AGAIN: Duration = Duration::from_millis(250);

/// How long the answer to a heartbeat may take, at most: a slow network is no
/// reason to connect again.
const HEARTBEAT_PATIENCE: Duration = Duration::from_secs(1);

/// How long connecting may take before the server counts as unreachable.
const CONNECTING: Duration = Duration::from_millis(500);

/// How long what is in flight on a connection that is no longer in use may
/// still be answered before the connection is closed.
const LAST_REPLIES: Duration = Duration::from_secs(10);

/// What the node clients of a client have in common.
pub struct Common {
    pub engine: &'static Engine,
    pub connector: Arc<Connector>,
    pub cluster: bool,
    /// A cluster's replicas refuse to be read from unless they are told.
    pub reads_replicas_of_cluster: bool,
    pub discover_zone: bool,
    /// Requests may be sent again.
    pub resends: bool,
    /// How many requests may be in flight on each connection.
    pub inflight_limit: usize,
    /// Those beyond that wait.
    pub inflight_waits: bool,
    /// Takes what servers send unasked, if that is messages.
    pub pushes: Option<UnboundedSender<PushInfo>>,
    /// For how long a connection may be silent before it is tested.
    pub heartbeat: Option<Duration>,
    /// Told of anything that may mean that the topology has changed.
    pub trouble: Notify,
    /// There is another map, or another server behind an address.
    pub changed: Notify,
    /// There is a connection in place of another. It may lead elsewhere.
    pub replaced: Notify,
    pub outages: Arc<Outages>,
    pub observer: Arc<Observer>,
}

pub struct NodeClient {
    pub address: Address,
    /// By which completions name it; 0 if they do not.
    pub number: u32,
    common: Arc<Common>,
    permits: Arc<Permits>,
    /// Taken while the topology's node clients or the state of subscriptions are
    /// locked. While it is held only the log is written: see DESIGN.md, Locks.
    state: Mutex<State>,
    /// The state has changed.
    changed: Notify,
    /// There is reason to connect at once.
    connect_now: Notify,
    suspect: AtomicBool,
    retired: CancellationToken,
    /// Its client is closed.
    closed: AtomicBool,
    /// There was a connection.
    used: AtomicBool,
}

struct State {
    phase: Phase,
    generation: u64,
    /// Whether the connection is being tested or renewed.
    probing: bool,
    /// Since when it connects.
    connecting: Instant,
    /// Why the last attempt to connect failed, and how many have in a row.
    failure: Option<Failure>,
    failures: u32,
}

impl State {
    /// Reports whether a connection is the one in use.
    fn uses(&self, generation: u64) -> bool {
        matches!(&self.phase, Phase::Connected(link) if link.generation == generation)
    }
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
    /// Closes the connection, even if requests wait for replies on it.
    pub fn end(&self) {
        self.life.end();
    }
}

/// What all clones of a link share.
struct Life {
    /// Ends when the connection is replaced or its node client is closed.
    ended: CancellationToken,
    task: ConnectionTask,
    pulse: Arc<Pulse>,
    /// When its making began.
    since: Instant,
    /// By which the server knows the connection, if it has told.
    id: OnceLock<i64>,
    /// Watches the connection while it is the one in use.
    watch: OnceLock<ConnectionTask>,
}

impl Life {
    /// Closes the connection and ends everything that is in flight on it.
    fn end(&self) {
        self.ended.cancel();
        self.task.end();
    }
}

impl Link {
    /// Asks for the id by which the server knows the connection.
    async fn learn_id(&self) -> RedisResult<()> {
        let mut connection = self.connection.clone();
        let mut question = redis::cmd("CLIENT");
        question.arg("ID");
        if let Value::Int(id) = connection.send_packed_command(&question).await? {
            let _ = self.life.id.set(id);
        }
        Ok(())
    }

    /// Asks the server for the id of its run, which no other server has. It is
    /// empty if the server does not tell; nothing is no answer.
    async fn run(&self) -> Option<String> {
        let mut connection = self.connection.clone();
        let mut question = redis::cmd("INFO");
        question.arg("SERVER");
        match timeout(PROBE, connection.send_packed_command(&question)).await {
            Ok(Ok(reply)) => {
                let run = text(&reply).and_then(|info| field(&info, "run_id").map(str::to_owned));
                Some(run.unwrap_or_default())
            }
            Ok(Err(error)) if !breaks(&error) => Some(String::new()),
            _ => None,
        }
    }

    /// Reports whether another connection leads to the same server. Nothing is
    /// that the servers do not tell; no answer is no sign that they are two.
    pub async fn is_to_server_of(&self, other: &Link) -> Option<bool> {
        match tokio::join!(self.run(), other.run()) {
            (Some(here), Some(there)) if here.is_empty() || there.is_empty() => None,
            (Some(here), Some(there)) => Some(here == there),
            _ => Some(true),
        }
    }

    /// Returns when its making began.
    pub fn since(&self) -> Instant {
        self.life.since
    }

    /// Asks the server whether another connection waits for something there: it
    /// is blocked by a command, or while writes are paused.
    async fn sees_blocked(&self, other: &Link) -> bool {
        let Some(id) = other.life.id.get() else { return false };
        let mut connection = self.connection.clone();
        let mut question = redis::cmd("CLIENT");
        question.arg("LIST").arg("ID").arg(*id);
        match timeout(PROBE, connection.send_packed_command(&question)).await {
            Ok(Ok(reply)) => text(&reply).is_some_and(|client| is_blocked(&client)),
            _ => false,
        }
    }
}

/// Watches a connection: its end is noticed even if no request waits for a reply, and
/// so is its silence.
async fn watch(
    node: Weak<NodeClient>,
    connection: MultiplexedConnection,
    life: Weak<Life>,
    generation: u64,
) {
    let Some(pulse) = life.upgrade().map(|life| life.pulse.clone()) else { return };
    let Some(heartbeat) = node.upgrade().map(|node| node.common.heartbeat) else { return };
    let link = || {
        let (node, life) = (node.upgrade()?, life.upgrade()?);
        Some((node, Link { connection: connection.clone(), generation, life }))
    };
    let silence = async {
        let Some(interval) = heartbeat else { return std::future::pending().await };
        let patience = interval.clamp(PATIENCE, HEARTBEAT_PATIENCE);
        // At the same time as the tests: one that is never silent may be later.
        let learning = async {
            loop {
                // Its answer is a sign of life before the first test.
                sleep(interval / 2).await;
                let Some((_, link)) = link() else { return };
                if timeout(patience, link.learn_id()).await.is_ok() {
                    return;
                }
            }
        };
        let testing = async {
            loop {
                pulse.silent(interval).await;
                let Some((node, link)) = link() else { return };
                if let Some(test) = node.test(&link, patience) {
                    drop((node, link));
                    let _ = test.await;
                }
            }
        };
        tokio::join!(learning, testing);
    };
    tokio::select! {
        () = pulse.ended() => {
            if let Some(node) = node.upgrade() {
                node.lost(generation);
            }
        }
        () = silence => {}
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
            number: common.observer.number(&address),
            address,
            permits: Permits::new(common.inflight_limit, common.inflight_waits),
            common,
            state: Mutex::new(State {
                phase: Phase::Idle,
                generation: 0,
                probing: false,
                connecting: Instant::now(),
                failure: None,
                failures: 0,
            }),
            changed: Notify::new(),
            connect_now: Notify::new(),
            suspect: AtomicBool::new(false),
            retired: CancellationToken::default(),
            closed: AtomicBool::new(false),
            used: AtomicBool::new(false),
        })
    }

    /// Takes a permit of this node's inflight limit, or enters the queue for
    /// one.
    pub fn reserve(&self) -> Taken {
        self.permits.take()
    }

    /// Returns how many requests have a permit, and how many wait for one.
    pub fn load(&self) -> (u64, u64) {
        self.permits.load()
    }

    /// Reports whether the node is believed not to answer.
    pub fn is_suspect(&self) -> bool {
        self.suspect.load(Ordering::Relaxed)
    }

    /// Reports whether there is a connection.
    pub fn has_link(&self) -> bool {
        matches!(self.state().phase, Phase::Connected(_))
    }

    pub fn is_connected(&self) -> bool {
        matches!(self.state().phase, Phase::Connected(_)) && !self.is_suspect()
    }

    /// Reports whether it has tried to connect and could not.
    pub fn is_unreachable(&self) -> bool {
        let state = self.state();
        matches!(state.phase, Phase::Connecting)
            && (state.failure.is_some() || state.connecting.elapsed() > CONNECTING)
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
        self.outcome(link, link.life.ended.run_until_cancelled(sending).await)
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
        let result = link.life.ended.run_until_cancelled(sending).await;
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
        let result = link.life.ended.run_until_cancelled(work(&mut connection)).await;
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
        if self.closed.load(Ordering::SeqCst) {
            return failure::closed();
        }
        Failure::new(Outcome::ConnectionLost, self.address.to_string())
    }

    /// Records that a connection is lost, and connects again.
    fn lost(self: &Arc<Self>, generation: u64) {
        if let Some(Phase::Connected(link)) = self.leave(generation) {
            let cause = link.life.pulse.end().unwrap_or("the connection broke");
            self.common.outages.begin(&self.address, cause);
            self.release(Phase::Connected(link));
            self.set_suspect(false);
            self.common.trouble.notify_one();
        }
    }

    /// Connects again, though there is a connection: it leads to a server that
    /// is not the one at this address any more.
    pub fn reconnect(self: &Arc<Self>, link: &Link) {
        if let Some(phase) = self.leave(link.generation) {
            self.release(phase);
            self.set_suspect(false);
            self.common.trouble.notify_one();
        }
    }

    /// Begins to connect, if the connection in use is still this one, and
    /// returns the phase that is over.
    fn leave(self: &Arc<Self>, generation: u64) -> Option<Phase> {
        let mut state = self.state();
        if !state.uses(generation) {
            return None;
        }
        let before = std::mem::replace(&mut state.phase, Phase::Idle);
        self.begin_connecting(&mut state);
        Some(before)
    }

    /// Makes a new connection and then replaces this one by it, unless it is
    /// younger than `age`: another server may answer at this address now.
    /// Nothing that is in flight is lost.
    pub fn renew(self: &Arc<Self>, link: &Link, age: Duration) {
        let mut state = self.state();
        if !state.uses(link.generation) || state.probing || link.life.since.elapsed() < age {
            return;
        }
        state.probing = true;
        let (node, link) = (self.clone(), link.clone());
        self.common.engine.runtime.spawn(async move {
            let opened = node.retired.run_until_cancelled(node.open(link.generation + 1)).await;
            if let Some(before) = node.conclude(&link, opened.and_then(Result::ok)) {
                node.release(before);
                // Who was refused by the server before tries this one.
                node.common.changed.notify_waiters();
                node.common.trouble.notify_one();
            }
        });
    }

    /// Ends a test or renewal of a connection: it is replaced, if it is still
    /// in use and there is another. What was in use before is returned.
    fn conclude(self: &Arc<Self>, link: &Link, replacement: Option<Link>) -> Option<Phase> {
        let mut state = self.state();
        state.probing = false;
        let replacement = replacement.filter(|_| state.uses(link.generation))?;
        state.generation = replacement.generation;
        self.watch(&replacement);
        let before = std::mem::replace(&mut state.phase, Phase::Connected(replacement));
        drop(state);
        Counters::add(&self.common.observer.counters.reconnects, 1);
        self.changed.notify_waiters();
        self.common.replaced.notify_waiters();
        Some(before)
    }

    /// Connects at once, if it is waiting to: something has changed.
    pub fn connect_now(&self) {
        self.connect_now.notify_one();
    }

    /// Ends the node client. What is in flight may still be answered, within
    /// [`LAST_REPLIES`]; requests that wait for a connection fail unsent.
    pub fn retire(&self) {
        let phase = std::mem::replace(&mut self.state().phase, Phase::Retired);
        self.retired.cancel();
        self.set_suspect(false);
        self.release(phase);
    }

    /// Releases the connection of a phase that is over. It is closed at once,
    /// or within [`LAST_REPLIES`] if requests wait for replies on it.
    fn release(&self, phase: Phase) {
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
        self.closed.store(true, Ordering::SeqCst);
        let phase = std::mem::replace(&mut self.state().phase, Phase::Retired);
        if let Phase::Connected(link) = phase {
            link.life.end();
        }
        self.retire();
    }

    fn begin_connecting(self: &Arc<Self>, state: &mut State) {
        state.phase = Phase::Connecting;
        state.connecting = Instant::now();
        state.generation += 1;
        (state.failure, state.failures) = (None, 0);
        let (node, generation) = (self.clone(), state.generation);
        self.common.engine.runtime.spawn(async move {
            node.retired.run_until_cancelled(node.connect(generation)).await;
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
                        self.watch(&link);
                        state.phase = Phase::Connected(link);
                        (state.failure, state.failures) = (None, 0);
                        drop(state);
                        self.note_connected(begun.elapsed());
                        return;
                    }
                    Err(failure) => {
                        self.common.outages.begin(&self.address, &failure.message);
                        state.failure = Some(failure);
                        state.failures += 1;
                    }
                }
            }
            self.changed.notify_waiters();
            self.common.trouble.notify_one();
            tokio::select! {
                () = sleep(delay) => {}
                () = self.connect_now.notified() => {}
            }
        }
    }

    /// Records that there is a connection.
    fn note_connected(&self, took: Duration) {
        self.changed.notify_waiters();
        let first = !self.used.swap(true, Ordering::Relaxed);
        if !first {
            Counters::add(&self.common.observer.counters.reconnects, 1);
            self.common.replaced.notify_waiters();
        }
        if self.common.outages.end(&self.address) {
            // A standalone server may have come back in another role.
            if !self.common.cluster {
                self.common.trouble.notify_one();
            }
        } else if first {
            let client = self.common.observer.name();
            tracing::info!(target: "glide", client, "{}: connected after {took:.1?}", self.address);
        }
    }

    /// Has a connection watched as long as it is in use.
    fn watch(self: &Arc<Self>, link: &Link) {
        let watching = watch(
            Arc::downgrade(self),
            link.connection.clone(),
            Arc::downgrade(&link.life),
            link.generation,
        );
        let _ = link.life.watch.set(ConnectionTask::spawn(watching));
    }

    async fn open(self: &Arc<Self>, generation: u64) -> Result<Link, Failure> {
        let notifier = Disconnected { node: Arc::downgrade(self), generation };
        let Common { connector, discover_zone, reads_replicas_of_cluster, pushes, .. } =
            &*self.common;
        // Before the name is looked up.
        let since = Instant::now();
        let (mut connection, task, pulse) = connector
            .multiplexed(&self.address, *discover_zone, Box::new(notifier), pushes.clone())
            .await?;
        if *reads_replicas_of_cluster {
            connection.send_packed_command(&redis::cmd("READONLY")).await?;
        }
        let life = Arc::new(Life {
            ended: CancellationToken::default(),
            task,
            pulse,
            since,
            id: OnceLock::new(),
            watch: OnceLock::new(),
        });
        Ok(Link { connection, generation, life })
    }

    /// Records that a request on this connection was not answered in time,
    /// and finds out why. If the connection answers a PING, the server was slow.
    /// If only new connections are answered, this one was half-open and is
    /// replaced. If they are not answered either, the node is suspect until one
    /// or the other is.
    pub fn overdue(self: &Arc<Self>, link: &Link) {
        let _ = self.test(link, PATIENCE);
    }

    /// Tests the connection, unless it is not in use or is being tested.
    fn test(self: &Arc<Self>, link: &Link, patience: Duration) -> Option<JoinHandle<()>> {
        let mut state = self.state();
        if !state.uses(link.generation) || state.probing {
            return None;
        }
        state.probing = true;
        let begun = Instant::now();
        let (node, link) = (self.clone(), link.clone());
        Some(self.common.engine.runtime.spawn(async move {
            let probing = node.retired.run_until_cancelled(node.probe(&link, patience));
            let ended = link.life.ended.run_until_cancelled(probing).await;
            let answers = matches!(ended, Some(Some(_)));
            let replacement = ended.flatten().flatten();
            if node.conclude(&link, replacement).is_some() {
                let cause = "the connection was silent while new ones were served";
                node.common.outages.begin_at(begun, &node.address, cause);
                link.life.end();
            }
            // A connection that is lost has begun another.
            if answers && link.life.pulse.end().is_none() && node.any_link().is_some() {
                node.common.outages.end(&node.address);
            }
            node.set_suspect(false);
        }))
    }

    /// Returns a connection to replace this one with, or nothing if it answers
    /// or is lost.
    async fn probe(self: &Arc<Self>, link: &Link, patience: Duration) -> Option<Link> {
        let pulse = &link.life.pulse;
        let beats = pulse.beats();
        let mut connection = link.connection.clone();
        let ping = redis::cmd("PING");
        let mut answer = pin!(connection.send_packed_command(&ping));
        // A long reply before it is a sign of life, too.
        if timeout(patience, &mut answer).await.is_ok() || pulse.beats() != beats {
            return None;
        }
        if !self.common.cluster {
            // Another server may have taken over.
            self.common.trouble.notify_one();
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
                        Err(_) if pulse.beats() != beats => None,
                        Err(_) if replacement.sees_blocked(link).await => None,
                        Err(_) => Some(replacement),
                    };
                }
                Ok(Err(failure)) => self.state().failure = Some(failure),
                Err(_) => {
                    let text = format!("{}: no answer", self.address);
                    self.state().failure = Some(Failure::new(Outcome::Unreachable, text));
                }
            }
            self.set_suspect(true);
            tokio::select! {
                biased;
                _ = &mut answer => return None,
                () = sleep(PROBE_AGAIN) => {}
            }
        }
    }

    fn set_suspect(&self, suspect: bool) {
        if suspect && let Some(failure) = self.failure() {
            self.common.outages.begin(&self.address, &failure.message);
        }
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

/// Waits for an answer of a node. If that is given up while the request is in
/// flight, the node client is told, which then doubts the connection.
pub async fn answered<T>(at: &Arc<NodeClient>, link: &Link, answer: impl Future<Output = T>) -> T {
    let overdue = Overdue(Some((at, link)));
    let answer = answer.await;
    overdue.answered();
    answer
}

/// Tells a node client that a request was given up, unless it was answered.
struct Overdue<'a>(Option<(&'a Arc<NodeClient>, &'a Link)>);

impl Overdue<'_> {
    fn answered(mut self) {
        self.0 = None;
    }
}

impl Drop for Overdue<'_> {
    fn drop(&mut self) {
        if let Some((node, link)) = self.0 {
            node.overdue(link);
        }
    }
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
        // No task waits: the node client is notified.
        Box::pin(std::future::pending())
    }

    fn clone_box(&self) -> Box<dyn DisconnectNotifier> {
        Box::new(self.clone())
    }
}
