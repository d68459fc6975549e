//! Turns a submission into core commands and pipelines, and their outcomes
//! into completions.

use crate::{
    batch,
    classify::{Travel, travel},
    client::{Backend, Client, Ticket},
    compress::compress,
    echo, failure, login, own,
    reply::{Failure, Reply},
    request::{Body, Request, Route, Words},
    route::{by_slot, reads, routing, to_any_primary},
    scan, search,
    slots::{Look, Primary},
    split::{self, Cut, Parts},
    subscriber,
};
use glide_core::client::Client as Core;
use redis::{
    Cmd, ErrorKind, Pipeline, PipelineRetryStrategy, RedisError, RedisResult, Value,
    cluster_async::InflightRequestTracker, cluster_routing::RoutingInfo,
    cluster_topology::get_slot,
};
use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

/// Who waits for coalesced commands on their way.
struct Member {
    waiter: Waiter,
    /// The place in the inflight limit; parts have that of their whole.
    place: Option<InflightRequestTracker>,
    timeout: Option<Duration>,
}

/// Who waits: a caller, for a command, or the command that some are parts of.
enum Waiter {
    Caller(Ticket),
    Whole(Parts),
}

impl Waiter {
    /// For how many commands.
    fn commands(&self) -> usize {
        match self {
            Waiter::Caller(_) => 1,
            Waiter::Whole(parts) => parts.len(),
        }
    }

    /// Completes them with their replies. Of those that have none it gives the
    /// places, and who waits for each.
    fn complete(
        self,
        mut replies: impl Iterator<Item = Option<Reply>>,
    ) -> Vec<(usize, Waiter)> {
        match self {
            Waiter::Whole(parts) => {
                let others = parts.complete(replies).into_iter();
                others.map(|(index, part)| (index, Waiter::Whole(part))).collect()
            }
            Waiter::Caller(ticket) => match replies.next().flatten() {
                Some(reply) => {
                    ticket.complete(reply);
                    Vec::new()
                }
                None => vec![(0, Waiter::Caller(ticket))],
            },
        }
    }

    fn fail(self, failure: Failure) {
        match self {
            Waiter::Caller(ticket) => ticket.complete(Err(failure)),
            Waiter::Whole(parts) => parts.fail(failure),
        }
    }
}

/// Commands that travel in one pipeline.
struct Group {
    pipeline: Pipeline,
    members: Vec<Member>,
    /// To the node, in a cluster.
    routing: Option<RoutingInfo>,
}

impl Group {
    /// Gives one that has room for so many.
    fn new(destination: Option<Destination>, commands: usize, members: usize) -> Self {
        Group {
            pipeline: Pipeline::with_capacity(commands),
            members: Vec::with_capacity(members),
            routing: destination.map(|d| by_slot(d.slot, d.reads)),
        }
    }
}

/// Where in a cluster a command goes.
#[derive(Clone, Copy)]
struct Destination {
    /// The slot's primary.
    primary: Primary,
    slot: u16,
    /// It only reads, so it may go to a replica instead.
    reads: bool,
}

impl Destination {
    fn is_that_of(self, other: Self) -> bool {
        self.primary == other.primary && self.reads == other.reads
    }
}

/// What one submission is sorted into: one group for each node and manner of
/// travel. There are few, so a list is searched faster than a map.
struct Groups {
    /// How many requests there are to sort.
    requests: usize,
    all: Vec<(Travel, Option<Destination>, Group)>,
}

impl Groups {
    /// Gives the group for a request of so many commands.
    fn of(&mut self, travel: Travel, to: Option<Destination>, commands: usize) -> &mut Group {
        let same = |other: &Option<Destination>| match (to, *other) {
            (Some(to), Some(other)) => to.is_that_of(other),
            (to, other) => to.is_none() && other.is_none(),
        };
        let index = self.all.iter().position(|(t, other, _)| *t == travel && same(other));
        let index = index.unwrap_or_else(|| {
            let group = Group::new(to, self.requests.max(commands), self.requests);
            self.all.push((travel, to, group));
            self.all.len() - 1
        });
        &mut self.all[index].2
    }
}

/// Starts every request of a submission. Called on any thread; the work is
/// done by the runtime.
pub fn submit(client: &Arc<Client>, requests: Vec<Request<'_>>) {
    let core = match &client.backend {
        Backend::Echo => return echo::submit(client, requests),
        Backend::Core(core) => core.get(),
    };
    let Some(core) = &core else {
        // Not connected: each ticket is completed as it is dropped.
        requests.iter().for_each(|r| drop(Ticket::new(client.engine, r.ticket)));
        return;
    };

    let mut starting = Starting {
        client,
        core,
        look: client.cluster.as_ref().map(|cluster| cluster.slots.look(core)),
        groups: Groups { requests: requests.len(), all: Vec::new() },
    };
    for request in requests {
        starting.start(request);
    }
    for (_, _, group) in starting.groups.all {
        spawn_group(client, core, group);
    }
    if let Some(cluster) = &client.cluster {
        cluster.submitted.notify_one();
    }
}

/// A submission whose requests are being started.
struct Starting<'a> {
    client: &'a Arc<Client>,
    core: &'a Core,
    /// In a cluster.
    look: Option<Look<'a>>,
    groups: Groups,
}

impl Starting<'_> {
    fn start(&mut self, request: Request<'_>) {
        let (client, core) = (self.client, self.core);
        if !matches!(request.body, Body::Login(_)) {
            client.used.store(true, Ordering::Relaxed);
        }
        let ticket = Ticket::new(client.engine, request.ticket);
        let timeout = (request.timeout_us > 0).then(|| Duration::from_micros(request.timeout_us));
        if request.once || request.connection != 0 {
            return own::start(client, core, ticket, timeout, &request);
        }
        match request.body {
            Body::Batch(batch) => batch::start(client, core, ticket, timeout, request.route, batch),
            Body::Scan(scan) => scan::start(client, core, ticket, timeout, scan),
            Body::Subscribing(subscribing) => {
                subscriber::start(client, ticket, timeout, subscribing);
            }
            Body::Login(login) => login::start(client, ticket, timeout, login),
            Body::Command(words) => self.start_command(ticket, timeout, request.route, &words),
        }
    }

    fn start_command(
        &mut self,
        ticket: Ticket,
        timeout: Option<Duration>,
        route: Route<'_>,
        words: &Words<'_>,
    ) {
        let (client, core) = (self.client, self.core);
        let splits = client.policy.cluster && !client.policy.singles_only;
        if splits && route == Route::ByCommand && split::applies(words) {
            return self.start_parts(ticket, timeout, words);
        }
        let cmd = command(words);
        let (travel, to) = self.manner(route, words, &cmd);
        if travel == Travel::Alone {
            let routing = match client.policy.cluster {
                true => routing(route, reads(&cmd)).or_else(|| to_any_primary(&cmd)),
                false => None,
            };
            return spawn_alone(client, core, cmd, routing, Waiter::Caller(ticket), timeout);
        }
        let Some(place) = core.reserve_inflight_request() else {
            return ticket.complete(Err(failure::inflight_limit()));
        };
        let member = Member { waiter: Waiter::Caller(ticket), place: Some(place), timeout };
        if travel == Travel::Single {
            let mut group = Group::new(to, 1, 1);
            group.pipeline.add_command(cmd);
            group.members.push(member);
            return spawn_group(client, core, group);
        }
        let group = self.groups.of(travel, to, 1);
        group.pipeline.add_command(cmd);
        group.members.push(member);
    }

    /// Starts the parts of a command over keys of several slots.
    fn start_parts(&mut self, ticket: Ticket, timeout: Option<Duration>, words: &Words<'_>) {
        let (client, core) = (self.client, self.core);
        let Some(place) = core.reserve_inflight_request() else {
            return ticket.complete(Err(failure::inflight_limit()));
        };
        let Some(cut) = Cut::new(words, ticket, place, |slot| self.primary(slot)) else { return };
        for (primary, slot, parts) in cut.by_node() {
            let count = parts.len();
            let mut commands = cut.commands(&parts).peekable();
            let reads = commands.peek().is_some_and(reads);
            let waiter = Waiter::Whole(parts);
            let Some(primary) = primary else {
                let routing = Some(by_slot(slot, reads));
                if let Some(cmd) = commands.next() {
                    spawn_alone(client, core, cmd, routing, waiter, timeout);
                }
                continue;
            };
            let reads = client.policy.reads_from_replicas && reads;
            let to = Some(Destination { primary, slot, reads });
            let group = self.groups.of(Travel::Together, to, count);
            for cmd in commands {
                group.pipeline.add_command(cmd);
            }
            group.members.push(Member { waiter, place: None, timeout });
        }
    }

    fn primary(&mut self, slot: u16) -> Option<Primary> {
        self.look.as_mut()?.primary(slot)
    }

    /// How a command travels, and in a cluster where to: what is cut by node
    /// delays nobody else when a node is slow.
    fn manner(
        &mut self,
        route: Route<'_>,
        words: &Words<'_>,
        cmd: &Cmd,
    ) -> (Travel, Option<Destination>) {
        let slot = match route {
            Route::ByCommand => None,
            Route::Slot(slot) => Some(slot),
            _ => return (Travel::Alone, None),
        };
        let policy = self.client.policy;
        let travel = travel(policy, words.name, words.count, slot.is_some());
        if travel == Travel::Alone || !policy.cluster {
            return (travel, None);
        }
        let slot = slot.or_else(|| words.iter().nth(1).map(get_slot));
        let known = slot.and_then(|slot| Some((slot, self.primary(slot)?)));
        let Some((slot, primary)) = known else {
            return (Travel::Alone, None);
        };
        let reads = policy.reads_from_replicas && reads(cmd);
        (travel, Some(Destination { primary, slot, reads }))
    }
}

/// Gives the words as the core's command.
pub fn command(words: &Words<'_>) -> Cmd {
    let mut cmd = Cmd::with_capacity(words.count, words.size());
    for word in words.iter() {
        cmd.arg(word);
    }
    cmd
}

fn spawn_group(client: &Arc<Client>, core: &Core, group: Group) {
    let work = run_group(client.clone(), core.clone(), group);
    client.engine.runtime.spawn(work);
}

async fn run_group(client: Arc<Client>, mut core: Core, group: Group) {
    let Group { pipeline, members, routing } = group;
    let started = Instant::now();
    // Each caller watches its own deadline; the pipeline gets the longest.
    let longest = members.iter().map(|m| m.timeout).max_by_key(|t| t.unwrap_or(Duration::MAX));
    let timeout_ms = longest.flatten().map(milliseconds);

    let work = core.send_pipeline(&pipeline, routing.clone(), false, timeout_ms, NEVER_TWICE);
    let result = client.until_closed(work).await;

    // Completes everybody, and sends again what has no reply.
    let settle = |members: Vec<Member>, replies: &mut dyn Iterator<Item = Option<Reply>>| {
        let mut first = 0;
        for member in members {
            // The place is free before the caller can ask for another.
            drop(member.place);
            let count = member.waiter.commands();
            for (index, waiter) in member.waiter.complete((&mut *replies).take(count)) {
                let cmd = Cmd::clone(&pipeline.commands()[first + index]);
                let left = member.timeout.map(|t| t.saturating_sub(started.elapsed()));
                spawn_alone(&client, &core, cmd, None, waiter, left);
            }
            first += count;
        }
    };
    let commands = pipeline.len();
    match result {
        // Closed: the tickets are completed as they are dropped.
        None => {}
        Some(Ok(Value::Array(values))) if values.len() == commands => {
            settle(members, &mut values.into_iter().map(|value| match &client.cluster {
                Some(cluster) if was_not_run(&value) => {
                    cluster.slots.forget();
                    None
                }
                _ => Some(answer(value)),
            }));
        }
        Some(Ok(_)) => fail(members, Failure::new(
            crate::status::Outcome::Internal,
            "the core answered a pipeline with another number of replies",
        )),
        Some(Err(error)) => {
            // Reads whose replies were converted together: one of them could
            // not be. Asked again alone, each gets its own answer.
            let unconverted = error.kind() == ErrorKind::TypeError && commands > 1;
            // Never written to a socket, so sending it is not a second time.
            let unsent = error.kind() == ErrorKind::FatalSendError && client.policy.cluster;
            if unconverted || unsent {
                settle(members, &mut std::iter::empty());
            } else {
                fail(members, error.into());
            }
        }
    }
}

/// A pipeline that broke is not sent again: what of it was run is unknown.
pub(crate) const NEVER_TWICE: PipelineRetryStrategy =
    PipelineRetryStrategy { retry_server_error: false, retry_connection_error: false };

/// Errors that mean "not here" or "not now": the server has run nothing, and
/// the core tries a single command again where it would leave them in a
/// pipeline's replies.
pub fn was_not_run(value: &Value) -> bool {
    match value {
        Value::ServerError(error) => {
            failure::is_unsent(error.err_code())
                || matches!(
                    error.kind(),
                    ErrorKind::Moved
                        | ErrorKind::Ask
                        | ErrorKind::TryAgain
                        | ErrorKind::ClusterDown
                        | ErrorKind::MasterDown
                        | ErrorKind::BusyLoadingError
                        | ErrorKind::ReadOnly
                )
        }
        _ => false,
    }
}

/// Sends again what ended in a redirection, which no server has run. The core
/// follows redirections itself, but where a slot is on its way it asks the
/// new node with ASKING and the command as two, between which others' commands
/// may come on the connection they share, and gives up after some rounds.
#[derive(Default)]
pub struct Follow(u32);

impl Follow {
    /// How often it does, and after how long at most the first time; each time
    /// after that it may be as much longer.
    const MOST: u32 = 12;
    const WITHIN: Duration = Duration::from_millis(10);

    /// Waits, if it is to be sent again. How long is left to chance: what got
    /// into each other's way once would do so again.
    pub async fn again(&mut self, result: &RedisResult<Value>) -> bool {
        let redirected = |e: &RedisError| matches!(e.kind(), ErrorKind::Moved | ErrorKind::Ask);
        if self.0 == Self::MOST || !result.as_ref().is_err_and(redirected) {
            return false;
        }
        self.0 += 1;
        let chance = RandomState::new().hash_one(self.0) as u8;
        tokio::time::sleep(Self::WITHIN * self.0 * u32::from(chance) / 255).await;
        true
    }
}

/// Sends one command as a pipeline: in it ASKING and the command stay
/// together.
pub async fn send_as_pipeline(
    core: &mut Core,
    cmd: &Cmd,
    routing: Option<RoutingInfo>,
) -> RedisResult<Value> {
    let mut pipeline = Pipeline::with_capacity(1);
    pipeline.add_command(cmd.clone());
    match core.send_pipeline(&pipeline, routing, false, None, NEVER_TWICE).await? {
        Value::Array(mut replies) if replies.len() == 1 => match replies.remove(0) {
            Value::ServerError(error) => Err(error.into()),
            reply => Ok(reply),
        },
        reply => Ok(reply),
    }
}

fn spawn_alone(
    client: &Arc<Client>,
    core: &Core,
    cmd: Cmd,
    routing: Option<RoutingInfo>,
    waiter: Waiter,
    timeout: Option<Duration>,
) {
    let work = run_alone(client.clone(), core.clone(), cmd, routing, waiter, timeout);
    client.engine.runtime.spawn(work);
}

async fn run_alone(
    client: Arc<Client>,
    mut core: Core,
    cmd: Cmd,
    routing: Option<RoutingInfo>,
    waiter: Waiter,
    timeout: Option<Duration>,
) {
    let work = async {
        // It is dropped with the work: it holds a place in the inflight limit.
        let mut cmd = compress(&core, cmd)?;
        let sent = async {
            let mut follow = Follow::default();
            let mut result = match cmd.arg_idx(0).is_some_and(search::is_query) {
                true => search::send(&mut core, &client.by_script, &cmd, routing.clone()).await,
                false => core.send_command(&mut cmd, routing.clone()).await,
            };
            while follow.again(&result).await {
                result = send_as_pipeline(&mut core, &cmd, routing.clone()).await;
            }
            result
        };
        let result = within(timeout, sent).await;
        if result.is_ok() {
            login::note(&client, &cmd);
        }
        result
    };
    if let Some(result) = client.until_closed(work).await {
        waiter.complete(std::iter::once(Some(result.and_then(answer))));
    }
}

/// Bounds work by the caller's time.
pub async fn bounded<T>(
    timeout: Option<Duration>,
    work: impl Future<Output = T>,
) -> Result<T, Failure> {
    match timeout {
        None => Ok(work.await),
        Some(timeout) => tokio::time::timeout(timeout, work).await.map_err(|_| failure::timeout()),
    }
}

/// Bounds work of the core by the caller's time.
pub async fn within<T>(
    timeout: Option<Duration>,
    work: impl Future<Output = RedisResult<T>>,
) -> Result<T, Failure> {
    bounded(timeout, work).await?.map_err(Failure::from)
}

/// An error reply fails its command, however it came.
pub fn answer(value: Value) -> Reply {
    match value {
        Value::ServerError(error) => Err(redis::RedisError::from(error).into()),
        value => Ok(value),
    }
}

fn fail(members: Vec<Member>, failure: Failure) {
    for member in members {
        drop(member.place);
        member.waiter.fail(failure.clone());
    }
}

/// Rounded up, so that the core never gives up before the caller does.
pub fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_micros().div_ceil(1000)).unwrap_or(u32::MAX)
}
