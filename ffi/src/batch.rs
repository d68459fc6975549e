//! Batches: transactions and pipelines that the caller made.

use crate::{
    client::{Client, Ticket},
    compress::compress,
    dispatch::{Follow, answer, command, milliseconds, within},
    failure,
    reply::Failure,
    request::{Batch, Route, Words},
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
    // A transaction is run by primaries only, whatever it reads.
    let mut routing = match client.policy.cluster {
        true => self::routing(route, false),
        false => None,
    };
    let goes_by_command = client.policy.cluster && routing.is_none();
    let mut strays = Vec::new();
    // The connection is everybody's: what comes after the batch is not to
    // find itself in another database.
    let mut restores_database = false;
    let mut pipeline = Pipeline::with_capacity(batch.count + 1);
    for (index, words) in batch.commands().enumerate() {
        let cmd = match batched(client, core, &words) {
            Ok(cmd) => cmd,
            Err(failure) => return ticket.complete(Err(failure)),
        };
        restores_database |= !client.policy.cluster && words.name.eq_ignore_ascii_case(b"SELECT");
        if goes_by_command
            && !batch.atomic
            && let Some(routing) = search::home(&cmd, true).or_else(|| to_any_primary(&cmd))
        {
            strays.push((index, cmd, routing));
            continue;
        }
        pipeline.add_command(cmd);
    }
    if goes_by_command && batch.atomic && !pipeline.commands().iter().any(|cmd| has_slot(cmd)) {
        let home = pipeline.commands().iter().find_map(|cmd| search::home(cmd, false));
        routing = home.or(Some(ANY_PRIMARY));
    }
    if restores_database {
        let mut select = redis::cmd("SELECT");
        select.arg(core.current_database());
        pipeline.add_command(select);
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

/// Gives a batch's command.
pub fn batched(client: &Client, core: &Core, words: &Words<'_>) -> Result<Cmd, Failure> {
    let cmd = command(words);
    if client.policy.read_only && !reads(&cmd) {
        return Err(failure::read_only());
    }
    compress(core, if search::is_query(words.name) { search::scripted(&cmd) } else { cmd })
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
