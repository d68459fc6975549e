//! Keeps the core's task for a cluster awake.
//!
//! That task carries all requests of a cluster client. It takes a pipeline, or
//! a command for several nodes, apart into requests of one node each, which it
//! puts into a queue of its own. It looks there when it is woken, and does not
//! wake itself for it while an earlier request is still waiting for its reply.
//! So a pipeline would be sent no sooner than something is answered or asked:
//! a round trip late on a busy client, and with a node that does not answer
//! not before a timeout.

use crate::client::Client;
use glide_core::client::Client as Core;
use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};
use tokio::{
    task::yield_now,
    time::{MissedTickBehavior, interval},
};

/// How often the task is woken while requests are under way: for what it puts
/// into its queue later, when it follows a redirection.
const INTERVAL: Duration = Duration::from_millis(5);

/// Wakes the core's task after each submission, until the client is closed.
pub async fn attend(client: Arc<Client>, mut core: Core) {
    let Some(cluster) = &client.cluster else { return };
    let mut again = interval(INTERVAL);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let idle = core.available_inflight_count();
    let attending = async {
        loop {
            cluster.submitted.notified().await;
            loop {
                // The requests are on their way to the task, and it takes them
                // apart, before this goes on.
                yield_now().await;
                if core.available_inflight_count() == idle {
                    break;
                }
                wake(&mut core);
                tokio::select! {
                    () = cluster.submitted.notified() => {}
                    _ = again.tick() => {}
                }
            }
        }
    };
    client.until_closed(attending).await;
}

/// Asks the task for something. Nobody waits for the answer, so it does not
/// even begin to look for it.
fn wake(core: &mut Core) {
    let mut question = pin!(core.get_username());
    let _ = question.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}
