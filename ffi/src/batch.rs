//! Batches: transactions and pipelines that the caller made.

use crate::{
    client::{Client, Ticket},
    compress::compress,
    dispatch::{Follow, answer, command, milliseconds, within},
    failure,
    reply::Failure,
    request::{Batch, Route},
    route::{ANY_PRIMARY, has_slot, reads, routing, to_any_primary},
    search,
    status::Outcome,
};
use glide_core::{client::Client as Core, compression::try_decompress_batch_response};
use redis::{
    Cmd, Pipeline, PipelineRetryStrategy, Value, cluster_async::InflightRequestTracker,
    cluster_routing::RoutingInfo,
};
use std::{sync::Arc, time::Duration};

/// A batch on its way.
struct Running {
    pipeline: Pipeline,
    /// Commands of a cluster's pipeline that do not travel in it, by their
    /// places, and where they go: the core would send them to just any node.
    strays: Vec<(usize, Cmd, RoutingInfo)>,
    routing: Option<RoutingInfo>,
    strategy: PipelineRetryStrategy,
    timeout: Option<Duration>,
    /// Whether the last reply is to a command that the caller did not queue.
    restores_database: bool,
    /// Its place in the inflight limit.
    place: InflightRequestTracker,
}

/// Starts a batch. Called on any thread; the work is done by the runtime.
pub fn start(
    client: &Arc<Client>,
    core: &Core,
    ticket: Ticket,
    timeout: Option<Duration>,
    route: Route<'_>,
    batch: Batch<'_>,
) {
    let Some(place) = core.reserve_inflight_request() else {
        return ticket.complete(Err(failure::inflight_limit()));
    };
    let mut commands = match commands(client, core, batch) {
        Ok(commands) => commands,
        Err(failure) => return ticket.complete(Err(failure)),
    };
    let mut strays = Vec::new();
    let mut routing = None;
    if client.policy.cluster {
        // A transaction is run by primaries only, whatever it reads.
        routing = self::routing(route, false);
        if routing.is_none() && batch.atomic && !commands.iter().any(has_slot) {
            routing = commands
                .iter()
                .find_map(|cmd| search::home(cmd, false))
                .or(Some(ANY_PRIMARY));
        } else if routing.is_none() && !batch.atomic {
            let mut others = Vec::with_capacity(commands.len());
            for (index, cmd) in commands.into_iter().enumerate() {
                match search::home(&cmd, true).or_else(|| to_any_primary(&cmd)) {
                    Some(routing) => strays.push((index, cmd, routing)),
                    None => others.push(cmd),
                }
            }
            commands = others;
        }
    }
    // The connection is everybody's: what comes after the batch is not to
    // find itself in another database.
    let restores_database = !client.policy.cluster && commands.iter().any(selects);
    if restores_database {
        let mut select = redis::cmd("SELECT");
        select.arg(core.current_database());
        commands.push(select);
    }
    let mut pipeline = Pipeline::with_capacity(commands.len());
    for cmd in commands {
        pipeline.add_command(cmd);
    }
    if batch.atomic {
        pipeline.atomic();
    }
    let running = Running {
        pipeline,
        strays,
        routing,
        strategy: PipelineRetryStrategy {
            retry_server_error: batch.retry_server_errors,
            retry_connection_error: batch.retry_connection_errors,
        },
        timeout,
        restores_database,
        place,
    };
    client.engine.runtime.spawn(run(client.clone(), core.clone(), ticket, running));
}

fn selects(cmd: &Cmd) -> bool {
    cmd.arg_idx(0).is_some_and(|name| name.eq_ignore_ascii_case(b"SELECT"))
}

/// Gives a batch's commands, with room for one more.
pub fn commands(client: &Client, core: &Core, batch: Batch<'_>) -> Result<Vec<Cmd>, Failure> {
    let mut commands = Vec::with_capacity(batch.count + 1);
    for words in batch.commands() {
        let cmd = command(&words);
        if client.policy.read_only && !reads(&cmd) {
            return Err(failure::read_only());
        }
        commands.push(compress(core, search::scripted(cmd))?);
    }
    Ok(commands)
}

async fn run(client: Arc<Client>, mut core: Core, ticket: Ticket, batch: Running) {
    let Running { pipeline, strays, routing, strategy, timeout, restores_database, place } = batch;
    let timeout_ms = timeout.map(milliseconds);
    let work = async {
        let value = if pipeline.is_empty() {
            Ok(Value::Array(Vec::new()))
        } else if pipeline.is_atomic() {
            // One that ends in a redirection was refused as a whole.
            let mut follow = Follow::default();
            loop {
                let sent = core.send_transaction(&pipeline, routing.clone(), timeout_ms, false);
                let result = sent.await;
                if !follow.again(&result).await {
                    break result;
                }
            }
        } else {
            core.send_pipeline(&pipeline, routing, false, timeout_ms, strategy).await
        };
        let mut value = value.map_err(Failure::from).and_then(answer)?;
        if let Value::Array(replies) = &mut value {
            if restores_database {
                replies.pop();
            }
            for (index, mut cmd, routing) in strays {
                let sent = async {
                    let reply = core.send_command(&mut cmd, Some(routing)).await;
                    Ok(reply.unwrap_or_else(|error| Value::ServerError(error.into())))
                };
                replies.insert(index.min(replies.len()), within(timeout, sent).await?);
            }
        }
        try_decompress_batch_response(value, core.compression_manager().as_deref())
            .map_err(|error| Failure::new(Outcome::UnexpectedReply, error.to_string()))
    };
    let result = client.until_closed(work).await;
    // The place is free before the caller can ask for another.
    drop(place);
    if let Some(result) = result {
        ticket.complete(result);
    }
}
