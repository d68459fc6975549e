//! Batches: transactions and pipelines that the caller made.

use crate::{
    client::{Client, Ticket},
    compress::compress,
    dispatch::{answer, command, milliseconds},
    failure,
    reply::Failure,
    request::{Batch, Route},
    route::{reads, routing},
    status::Outcome,
};
use glide_core::{client::Client as Core, compression::try_decompress_batch_response};
use redis::{
    Pipeline, PipelineRetryStrategy, Value, cluster_async::InflightRequestTracker,
    cluster_routing::RoutingInfo,
};
use std::{sync::Arc, time::Duration};

/// A batch on its way.
struct Running {
    pipeline: Pipeline,
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
    let (pipeline, restores_database) = match pipeline(client, core, batch) {
        Ok(made) => made,
        Err(failure) => return ticket.complete(Err(failure)),
    };
    let running = Running {
        pipeline,
        // A transaction is run by primaries only, whatever it reads.
        routing: client.policy.cluster.then(|| routing(route, false)).flatten(),
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

fn pipeline(client: &Client, core: &Core, batch: Batch<'_>) -> Result<(Pipeline, bool), Failure> {
    let mut pipeline = Pipeline::with_capacity(batch.count + 1);
    let mut selects = false;
    for words in batch.commands() {
        let cmd = command(&words);
        if client.policy.read_only && !reads(&cmd) {
            return Err(Failure::new(
                Outcome::InvalidRequest,
                "write commands are not allowed in read-only mode",
            ));
        }
        selects |= words.name.eq_ignore_ascii_case(b"SELECT");
        pipeline.add_command(compress(core, cmd)?);
    }
    if batch.atomic {
        pipeline.atomic();
    }
    // The connection is everybody's: what comes after the batch is not to
    // find itself in another database.
    if selects {
        pipeline.cmd("SELECT").arg(core.current_database());
    }
    Ok((pipeline, selects))
}

async fn run(client: Arc<Client>, mut core: Core, ticket: Ticket, batch: Running) {
    let Running { pipeline, routing, strategy, timeout, restores_database, place } = batch;
    let timeout_ms = timeout.map(milliseconds);
    let work = async {
        let value = if pipeline.is_atomic() {
            core.send_transaction(&pipeline, routing, timeout_ms, false).await
        } else {
            core.send_pipeline(&pipeline, routing, false, timeout_ms, strategy).await
        };
        let mut value = value.map_err(Failure::from).and_then(answer)?;
        if let Value::Array(replies) = &mut value && restores_database {
            replies.pop();
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
