//! Turns a submission into core commands and pipelines, and their outcomes
//! into completions.

use crate::{
    batch,
    classify::{Travel, travel},
    client::{Backend, Client, Ticket},
    compress::compress,
    echo, failure, login, own,
    reply::Failure,
    request::{Body, Request, Route, Words},
    scan, search, split, subscriber,
    split::Part,
    route::{by_slot, reads, routing, to_any_primary},
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

/// A coalesced command on its way.
struct Member {
    waiter: Waiter,
    /// Its place in the inflight limit; a part has that of its whole.
    place: Option<InflightRequestTracker>,
    timeout: Option<Duration>,
}

/// Who waits for a command: a caller, or the command that it is a part of.
enum Waiter {
    Caller(Ticket),
    Whole(Part),
}

impl Waiter {
    fn complete(self, result: Result<Value, Failure>) {
        match self {
            Waiter::Caller(ticket) => ticket.complete(result),
            Waiter::Whole(part) => part.complete(result),
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
    fn new(destination: &Option<Destination>, members: usize) -> Self {
        Group {
            pipeline: Pipeline::with_capacity(members),
            members: Vec::with_capacity(members),
            routing: destination.as_ref().map(|d| by_slot(d.slot, d.reads)),
        }
    }
}

/// Where in a cluster a command goes.
struct Destination {
    /// The slot's primary.
    primary: String,
    slot: u16,
    /// It only reads, so it may go to a replica instead.
    reads: bool,
}

impl Destination {
    fn is_that_of(&self, other: &Self) -> bool {
        self.primary == other.primary && self.reads == other.reads
    }
}

/// What one submission is sorted into: one group for each node and manner of
/// travel. There are few, so a list is searched faster than a map.
#[derive(Default)]
struct Groups(Vec<(Travel, Option<Destination>, Group)>);

impl Groups {
    /// Gives the group, which will have at most `most` members.
    fn of(&mut self, travel: Travel, to: Option<Destination>, most: usize) -> &mut Group {
        let same = |other: &Option<Destination>| match (&to, other) {
            (Some(to), Some(other)) => to.is_that_of(other),
            (to, other) => to.is_none() && other.is_none(),
        };
        let index = self.0.iter().position(|(t, other, _)| *t == travel && same(other));
        let index = index.unwrap_or_else(|| {
            let group = Group::new(&to, most);
            self.0.push((travel, to, group));
            self.0.len() - 1
        });
        &mut self.0[index].2
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

    let mut groups = Groups::default();
    let most = requests.len();
    for request in requests {
        start(client, core, &mut groups, most, request);
    }
    for (_, _, group) in groups.0 {
        spawn_group(client, core, group);
    }
    if client.policy.cluster {
        client.submitted.notify_one();
    }
}

fn start(
    client: &Arc<Client>,
    core: &Core,
    groups: &mut Groups,
    most: usize,
    request: Request<'_>,
) {
    if !matches!(request.body, Body::Login(_)) {
        client.used.store(true, Ordering::Relaxed);
    }
    let ticket = Ticket::new(client.engine, request.ticket);
    let timeout = (request.timeout_us > 0).then(|| Duration::from_micros(request.timeout_us));
    if request.once || request.connection != 0 {
        return own::start(client, core, ticket, timeout, &request);
    }
    let words = match request.body {
        Body::Batch(batch) => {
            return batch::start(client, core, ticket, timeout, request.route, batch);
        }
        Body::Scan(scan) => return scan::start(client, core, ticket, timeout, scan),
        Body::Subscribing(subscribing) => {
            return subscriber::start(client, ticket, timeout, subscribing);
        }
        Body::Login(login) => return login::start(client, ticket, timeout, login),
        Body::Command(words) => words,
    };
    let splits = client.policy.cluster && !client.policy.singles_only;
    if splits && request.route == Route::ByCommand && split::applies(&words) {
        return start_parts(client, core, groups, most, ticket, timeout, &words);
    }
    let cmd = command(&words);
    let (travel, to) = manner(client, core, request.route, &words, &cmd);
    if travel == Travel::Alone {
        let routing = match client.policy.cluster {
            true => routing(request.route, reads(&cmd)).or_else(|| to_any_primary(&cmd)),
            false => None,
        };
        let waiter = Waiter::Caller(ticket);
        let work = run_alone(client.clone(), core.clone(), cmd, routing, waiter, timeout);
        client.engine.runtime.spawn(work);
        return;
    }
    let Some(place) = core.reserve_inflight_request() else {
        ticket.complete(Err(failure::inflight_limit()));
        return;
    };
    let member = Member { waiter: Waiter::Caller(ticket), place: Some(place), timeout };
    if travel == Travel::Single {
        let mut group = Group::new(&to, 1);
        group.pipeline.add_command(cmd);
        group.members.push(member);
        spawn_group(client, core, group);
    } else {
        let group = groups.of(travel, to, most);
        group.pipeline.add_command(cmd);
        group.members.push(member);
    }
}

/// Starts the parts of a command over keys of several slots.
fn start_parts(
    client: &Arc<Client>,
    core: &Core,
    groups: &mut Groups,
    most: usize,
    ticket: Ticket,
    timeout: Option<Duration>,
    words: &Words<'_>,
) {
    let Some(place) = core.reserve_inflight_request() else {
        return ticket.complete(Err(failure::inflight_limit()));
    };
    for (slot, cmd, part) in split::cut(words, ticket, place) {
        let waiter = Waiter::Whole(part);
        let reads = reads(&cmd);
        let Ok(primary) = core.try_address_for_slot(slot) else {
            let routing = Some(by_slot(slot, reads));
            let work = run_alone(client.clone(), core.clone(), cmd, routing, waiter, timeout);
            client.engine.runtime.spawn(work);
            continue;
        };
        let reads = client.policy.reads_from_replicas && reads;
        let group = groups.of(Travel::Together, Some(Destination { primary, slot, reads }), most);
        group.pipeline.add_command(cmd);
        group.members.push(Member { waiter, place: None, timeout });
    }
}

/// How a command travels, and in a cluster where to: what is cut by node
/// delays nobody else when a node is slow.
fn manner(
    client: &Client,
    core: &Core,
    route: Route<'_>,
    words: &Words<'_>,
    cmd: &Cmd,
) -> (Travel, Option<Destination>) {
    let slot = match route {
        Route::ByCommand => None,
        Route::Slot(slot) => Some(slot),
        _ => return (Travel::Alone, None),
    };
    let travel = travel(client.policy, words.name, words.count, slot.is_some());
    if travel == Travel::Alone || !client.policy.cluster {
        return (travel, None);
    }
    let slot = slot.or_else(|| words.iter().nth(1).map(get_slot));
    let known = slot.and_then(|slot| Some((slot, core.try_address_for_slot(slot).ok()?)));
    let Some((slot, primary)) = known else {
        return (Travel::Alone, None);
    };
    let reads = client.policy.reads_from_replicas && reads(cmd);
    (travel, Some(Destination { primary, slot, reads }))
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

    let again = |index: usize, member: Member| {
        let cmd = Cmd::clone(&pipeline.commands()[index]);
        let left = member.timeout.map(|t| t.saturating_sub(started.elapsed()));
        drop(member.place);
        let work = run_alone(client.clone(), core.clone(), cmd, None, member.waiter, left);
        tokio::spawn(work);
    };
    match result {
        // Closed: the tickets are completed as they are dropped.
        None => {}
        Some(Ok(Value::Array(values))) if values.len() == members.len() => {
            for (index, (member, value)) in members.into_iter().zip(values).enumerate() {
                if client.policy.cluster && was_not_run(&value) {
                    again(index, member);
                    continue;
                }
                // The place is free before the caller can ask for another.
                drop(member.place);
                member.waiter.complete(answer(value));
            }
        }
        Some(Ok(_)) => fail(members, Failure::new(
            crate::status::Outcome::Internal,
            "the core answered a pipeline with another number of replies",
        )),
        Some(Err(error)) => {
            // Reads whose replies were converted together: one of them could
            // not be. Asked again alone, each gets its own answer.
            let unconverted = error.kind() == ErrorKind::TypeError && members.len() > 1;
            // Never written to a socket, so sending it is not a second time.
            let unsent = error.kind() == ErrorKind::FatalSendError && client.policy.cluster;
            if unconverted || unsent {
                members.into_iter().enumerate().for_each(|(index, member)| again(index, member));
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
        waiter.complete(result.and_then(answer));
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
pub fn answer(value: Value) -> Result<Value, Failure> {
    match value {
        Value::ServerError(error) => Err(match failure::of_the_core(error.err_code()) {
            Some(outcome) => Failure::new(outcome, error.details().unwrap_or_default()),
            None => redis::RedisError::from(error).into(),
        }),
        value => Ok(value),
    }
}

fn fail(members: Vec<Member>, failure: Failure) {
    for member in members {
        drop(member.place);
        member.waiter.complete(Err(failure.clone()));
    }
}

/// Rounded up, so that the core never gives up before the caller does.
pub fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_micros().div_ceil(1000)).unwrap_or(u32::MAX)
}
