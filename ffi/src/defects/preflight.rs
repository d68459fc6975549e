//! Whether a server can be talked to, found out before the core is asked to
//! connect.
//!
//! When the core's own first attempts fail it says "timed out", whatever the
//! reason was, and it goes on trying in the background for a client that will
//! never be. So each address is tried here first, within the connection
//! timeout: the caller learns why it failed, and nothing is left behind.

use crate::{
    core::{
        connect::{Connector, is_final, retry_strategy},
        settings::Settings,
    },
    failure,
    reply::Failure,
    routing::address::Address,
};
use glide_core::ConnectionRequest;
use std::sync::Arc;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

/// Returns as soon as one of the addresses can be talked to. It fails when none
/// could within the connection timeout, or when another try would be useless.
pub async fn check(settings: &Arc<Settings>, request: &ConnectionRequest) -> Result<(), Failure> {
    let connector = Arc::new(Connector::new(settings.clone()));
    let deadline = Instant::now() + request.get_connection_timeout();
    let mut attempts = JoinSet::new();
    for node in &request.addresses {
        attempts.spawn(attempt(connector.clone(), node.into(), deadline));
    }
    let mut failures: Vec<Failure> = Vec::new();
    while let Some(attempt) = attempts.join_next().await {
        match attempt {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(failure)) => failures.push(failure),
            Err(_) => failures.push(failure::panicked()),
        }
    }
    Err(failure::joined(failures))
}

async fn attempt(
    connector: Arc<Connector>,
    address: Address,
    deadline: Instant,
) -> Result<(), Failure> {
    let login = connector.login().await?;
    let mut delays = retry_strategy(&login.request).get_bounded_backoff_dur_iterator();
    loop {
        let failure = match connector.dedicated(&address, &login).await {
            Ok(_) => return Ok(()),
            Err(failure) => failure,
        };
        match delays.next() {
            Some(delay) if !is_final(&failure) && Instant::now() + delay < deadline => {
                sleep(delay).await;
            }
            _ => return Err(failure),
        }
    }
}
