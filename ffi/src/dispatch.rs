//! Turns a submission into core commands and pipelines, and their outcomes
//! into completions.

use crate::{
    classify::{Travel, travel},
    client::{Backend, Client, Ticket},
    compress::compress,
    echo, failure,
    reply::Failure,
    request::Request,
};
use glide_core::client::Client as Core;
use redis::{
    Cmd, ErrorKind, Pipeline, PipelineRetryStrategy, Value,
    cluster_async::InflightRequestTracker, cluster_topology::get_slot,
};
use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

/// A coalesced command on its way.
struct Member {
    ticket: Ticket,
    /// Its place in the inflight limit.
    place: InflightRequestTracker,
    timeout: Option<Duration>,
}

/// Commands that travel in one pipeline.
struct Group {
    pipeline: Pipeline,
    members: Vec<Member>,
}

impl Group {
    fn with_capacity(members: usize) -> Self {
        Group {
            pipeline: Pipeline::with_capacity(members),
            members: Vec::with_capacity(members),
        }
    }
}

/// What one submission is sorted into: one group for each node and manner of
/// travel. There are few, so a list is searched faster than a map.
#[derive(Default)]
struct Groups(Vec<((Travel, Option<String>), Group)>);

impl Groups {
    /// Gives the group, which will have at most `most` members.
    fn of(&mut self, travel: Travel, node: Option<String>, most: usize) -> &mut Group {
        let key = (travel, node);
        let index = self.0.iter().position(|(k, _)| *k == key).unwrap_or_else(|| {
            self.0.push((key, Group::with_capacity(most)));
            self.0.len() - 1
        });
        &mut self.0[index].1
    }
}

/// Starts every request of a submission. Called on any thread; the work is
/// done by the runtime.
pub fn submit(client: &Arc<Client>, requests: Vec<Request<'_>>) {
    let core = match &client.backend {
        Backend::Echo => return echo::submit(client, requests),
        Backend::Core(core) => core.get(),
    };
    let Some(core) = core else {
        // Not connected: each ticket is completed as it is dropped.
        requests.iter().for_each(|r| drop(Ticket::new(client.engine, r.ticket)));
        return;
    };

    client.used.store(true, Ordering::Relaxed);
    let mut groups = Groups::default();
    let most = requests.len();
    for request in requests {
        start(client, core, &mut groups, most, request);
    }
    for ((_, _), group) in groups.0 {
        spawn_group(client, core, group);
    }
}

fn start(
    client: &Arc<Client>,
    core: &Core,
    groups: &mut Groups,
    most: usize,
    request: Request<'_>,
) {
    let ticket = Ticket::new(client.engine, request.ticket);
    let timeout = (request.timeout_us > 0).then(|| Duration::from_micros(request.timeout_us));
    let mut travel = travel(client.policy, request.name, request.argument_count);

    let mut node = None;
    if travel != Travel::Alone && client.policy.cluster {
        // Cut by node, so that a slow one delays only its own callers.
        node = request
            .arguments()
            .nth(1)
            .and_then(|key| core.try_address_for_slot(get_slot(key)).ok());
        if node.is_none() {
            travel = Travel::Alone;
        }
    }

    let cmd = command(&request);
    if travel == Travel::Alone {
        let work = run_alone(client.clone(), core.clone(), cmd, ticket, timeout);
        client.engine.runtime.spawn(work);
        return;
    }
    let Some(place) = core.reserve_inflight_request() else {
        ticket.complete(Err(failure::inflight_limit()));
        return;
    };
    let member = Member { ticket, place, timeout };
    if travel == Travel::Single {
        let mut group = Group::with_capacity(1);
        group.pipeline.add_command(cmd);
        group.members.push(member);
        spawn_group(client, core, group);
    } else {
        let group = groups.of(travel, node, most);
        group.pipeline.add_command(cmd);
        group.members.push(member);
    }
}

fn command(request: &Request<'_>) -> Cmd {
    let mut cmd = Cmd::with_capacity(request.argument_count, request.size());
    for argument in request.arguments() {
        cmd.arg(argument);
    }
    cmd
}

fn spawn_group(client: &Arc<Client>, core: &Core, group: Group) {
    let work = run_group(client.clone(), core.clone(), group);
    client.engine.runtime.spawn(work);
}

async fn run_group(client: Arc<Client>, mut core: Core, group: Group) {
    let Group { pipeline, members } = group;
    let started = Instant::now();
    // Each caller watches its own deadline; the pipeline gets the longest.
    let longest = members.iter().map(|m| m.timeout).max_by_key(|t| t.unwrap_or(Duration::MAX));
    let timeout_ms = longest.flatten().map(milliseconds);

    let work = core.send_pipeline(&pipeline, None, false, timeout_ms, NEVER_TWICE);
    let result = client.until_closed(work).await;

    let again = |index: usize, member: Member| {
        let cmd = Cmd::clone(&pipeline.commands()[index]);
        let left = member.timeout.map(|t| t.saturating_sub(started.elapsed()));
        drop(member.place);
        tokio::spawn(run_alone(client.clone(), core.clone(), cmd, member.ticket, left));
    };
    match result {
        // Closed: the tickets are completed as they are dropped.
        None => {}
        Some(Ok(Value::Array(values))) if values.len() == members.len() => {
            for (index, (member, value)) in members.into_iter().zip(values).enumerate() {
                if client.policy.cluster && is_redirection(&value) {
                    again(index, member);
                    continue;
                }
                // The place is free before the caller can ask for another.
                drop(member.place);
                member.ticket.complete(answer(value));
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
const NEVER_TWICE: PipelineRetryStrategy =
    PipelineRetryStrategy { retry_server_error: false, retry_connection_error: false };

/// Errors that mean "not here" or "not now": the server has run nothing, and
/// the core tries a single command again where it would leave them in a
/// pipeline's replies.
fn is_redirection(value: &Value) -> bool {
    match value {
        Value::ServerError(error) => matches!(
            error.kind(),
            ErrorKind::Moved
                | ErrorKind::Ask
                | ErrorKind::TryAgain
                | ErrorKind::ClusterDown
                | ErrorKind::MasterDown
                | ErrorKind::BusyLoadingError
        ),
        _ => false,
    }
}

async fn run_alone(
    client: Arc<Client>,
    mut core: Core,
    cmd: Cmd,
    ticket: Ticket,
    timeout: Option<Duration>,
) {
    let work = async {
        // It is dropped with the work: it holds a place in the inflight limit.
        let mut cmd = compress(&core, cmd)?;
        let sent = core.send_command(&mut cmd, None);
        match timeout {
            None => sent.await.map_err(Failure::from),
            Some(timeout) => match tokio::time::timeout(timeout, sent).await {
                Ok(result) => result.map_err(Failure::from),
                Err(_) => Err(failure::timeout()),
            },
        }
    };
    if let Some(result) = client.until_closed(work).await {
        ticket.complete(result.and_then(answer));
    }
}

/// An error reply fails its command, however it came.
fn answer(value: Value) -> Result<Value, Failure> {
    match value {
        Value::ServerError(error) => Err(redis::RedisError::from(error).into()),
        value => Ok(value),
    }
}

fn fail(members: Vec<Member>, failure: Failure) {
    for member in members {
        drop(member.place);
        member.ticket.complete(Err(failure.clone()));
    }
}

/// Rounded up, so that the core never gives up before the caller does.
fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_micros().div_ceil(1000)).unwrap_or(u32::MAX)
}
