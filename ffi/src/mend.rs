//! Cores that go on in a way that leads nowhere, and are replaced.

use crate::{
    client::{self, Backend, Client},
    dispatch::{send_as_pipeline, within},
    preflight,
    reply::Failure,
    route::node_address,
    slotset::SLOTS,
    status::Outcome,
};
use glide_core::{ConnectionRequest, client::Client as Core};
use redis::cluster_routing::{RoutingInfo, SingleNodeRoutingInfo};
use std::{collections::HashSet, sync::Arc, time::Duration};

/// How long a connection may take to answer before it is taken for lost.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long after a connection could not be made the next is tried.
const PAUSE: Duration = Duration::from_secs(1);

pub fn eager(settings: &ConnectionRequest) -> ConnectionRequest {
    ConnectionRequest { lazy_connect: false, ..settings.clone() }
}

/// Adds the primaries that a cluster's core knows to the addresses: those that
/// were configured may be gone by now, or silent.
pub fn with_known_nodes(core: Option<&Core>, mut settings: ConnectionRequest) -> ConnectionRequest {
    const STEP: usize = 64; // nodes mostly have many slots in a row
    let Some(core) = core.filter(|_| settings.cluster_mode_enabled) else { return settings };
    let known: HashSet<String> =
        (0..SLOTS).step_by(STEP).filter_map(|slot| core.try_address_for_slot(slot).ok()).collect();
    for address in known.iter().filter_map(|address| node_address(address)) {
        if !settings.addresses.iter().any(|a| a.host == address.host && a.port == address.port) {
            settings.addresses.push(address);
        }
    }
    settings
}

/// Puts a core in place that has connected with these settings.
pub async fn replace(client: &Arc<Client>, settings: &ConnectionRequest) -> Result<(), Failure> {
    let before = match &client.backend {
        Backend::Core(place) => place.get(),
        Backend::Echo => None,
    };
    let core = client::connect(with_known_nodes(before.as_ref(), eager(settings)), None).await?;
    if let Some(before) = client.put(core)
        && !client.policy.cluster
        && !client.policy.lazy
    {
        tokio::spawn(client::farewell(before, None));
    }
    Ok(())
}

/// Sees to it that a client which is reconnecting while its password is
/// changed does so with the new one; a cluster's core does not even store it
/// then.
pub async fn reconnecting(client: Arc<Client>, mut stored: bool) {
    let Backend::Core(place) = &client.backend else { return };
    let meant = client.settings.request().authentication_info.clone();
    let password = meant.as_ref().and_then(|login| login.password.clone());
    let work = async {
        while let Some(mut core) = place.get() {
            if !stored {
                let storing = core.update_connection_password(password.clone(), false);
                stored = within(Some(PATIENCE), storing).await.is_ok();
            }
            if stored && answers(core).await {
                return;
            }
            let reachable = preflight::check(&client.settings.request()).await.is_ok();
            let alone = client.login.lock().await;
            let settings = client.settings.request();
            if settings.authentication_info != meant {
                return; // it has been changed again
            }
            if reachable && replace(&client, &settings).await.is_ok() {
                return;
            }
            drop(alone);
            tokio::time::sleep(PAUSE).await;
        }
    };
    client.until_closed(work).await;
}

/// Whether a server is there: any answer will do. As a pipeline it is asked
/// however many requests are in flight.
async fn answers(mut core: Core) -> bool {
    let ping = redis::cmd("PING");
    let anywhere = RoutingInfo::SingleNode(SingleNodeRoutingInfo::Random);
    match within(Some(PATIENCE), send_as_pipeline(&mut core, &ping, Some(anywhere))).await {
        Ok(_) => true,
        Err(failure) => failure.outcome == Outcome::ServerError,
    }
}
