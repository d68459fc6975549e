//! Which server a connection of one's own is to.

use super::Own;
use crate::{
    client::Client,
    reply::Failure,
    request::Route,
    route::ANY_PRIMARY,
    slots::AGAIN,
    slotset::SLOTS,
    status::Outcome,
};
use glide_core::client::{Client as Core, NodeDiscoveryMode};
use redis::{
    Cmd, Value,
    cluster_routing::{RoutingInfo, SingleNodeRoutingInfo},
};
use std::hash::{BuildHasher, RandomState};

pub enum Target {
    /// A standalone server's primary.
    Primary,
    /// The primary that has a slot.
    Slot(u16),
    AnyPrimary,
    Address(String),
}

impl Target {
    /// Where a request goes, by its route or else by its command.
    pub fn of(client: &Client, route: Route<'_>, cmd: Option<&Cmd>) -> Result<Target, Failure> {
        if !client.policy.cluster {
            return Ok(Target::Primary);
        }
        Ok(match route {
            Route::Slot(slot) | Route::SlotPrimary(slot) => Target::Slot(slot),
            Route::Address { host, port } => Target::Address(format!("{host}:{port}")),
            Route::Random => Target::AnyPrimary,
            Route::ByCommand => match cmd.and_then(RoutingInfo::for_routable) {
                Some(RoutingInfo::SingleNode(SingleNodeRoutingInfo::SpecificNode(route))) => {
                    Target::Slot(route.slot())
                }
                Some(RoutingInfo::MultiNode(_)) | None | Some(_) => Target::AnyPrimary,
            },
            Route::SlotReplica(_) | Route::AllNodes | Route::AllPrimaries => {
                return Err(Failure::new(
                    Outcome::InvalidRequest,
                    "a connection of its own is to a primary or to a node named by its address",
                ));
            }
        })
    }
}

/// Gives the address, as far as it is known by now; in a cluster it waits
/// until it is.
pub async fn resolve(own: &Own, core: &Core, target: &Target) -> Result<String, Failure> {
    let slot = match target {
        Target::Primary => return own.primary(core).await,
        Target::Address(address) => return Ok(address.clone()),
        Target::Slot(slot) => *slot,
        // Every slot is as likely: their number divides that of the hashes.
        Target::AnyPrimary => RandomState::new().hash_one(0) as u16 % SLOTS,
    };
    let mut first = true;
    loop {
        if let Ok(address) = core.address_for_slot(slot).await {
            return Ok(address);
        }
        if !std::mem::take(&mut first) {
            tokio::time::sleep(AGAIN).await;
        }
        // A lazy client connects with its first command.
        core.clone().send_command(&mut redis::cmd("PING"), Some(ANY_PRIMARY)).await?;
    }
}

/// Finds the primary among a standalone client's addresses.
pub async fn find_primary(own: &Own, core: &Core) -> Result<String, Failure> {
    let request = own.request();
    let mut addresses: Vec<String> =
        request.addresses.iter().map(|node| format!("{}:{}", node.host, node.port)).collect();
    // A proxy is taken at its word.
    let undiscovered = request.node_discovery_mode == NodeDiscoveryMode::Static;
    if addresses.len() == 1 || undiscovered {
        return Ok(addresses.remove(0));
    }
    let mut failures = Vec::new();
    let mut next = 0;
    while let Some(address) = addresses.get(next).cloned() {
        next += 1;
        let mut lease = match own.pool.take(own, &address, core.current_database()).await {
            Ok(lease) => lease,
            Err(failure) => {
                failures.push(failure);
                continue;
            }
        };
        if request.read_only {
            own.pool.give_back(lease);
            return Ok(address);
        }
        let role = match lease.connection.send(&redis::cmd("ROLE")).await {
            Ok(role) => role,
            Err(error) => {
                failures.push(error.into());
                continue;
            }
        };
        own.pool.give_back(lease);
        match primary_of(&role) {
            None => return Ok(address),
            Some(primary) if !addresses.contains(&primary) => addresses.push(primary),
            Some(_) => {}
        }
    }
    let none = || Failure::new(Outcome::Unreachable, "none of the addresses is a primary's");
    Err(failures.into_iter().next().unwrap_or_else(none))
}

/// Reads what ROLE says of a replica's primary; nothing if it is one itself.
fn primary_of(role: &Value) -> Option<String> {
    let Value::Array(fields) = role else { return None };
    let text = |value: &Value| match value {
        Value::BulkString(bytes) => String::from_utf8(bytes.to_vec()).ok(),
        Value::SimpleString(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    };
    match &fields[..] {
        [role, host, port, ..] if text(role)? == "slave" => {
            Some(format!("{}:{}", text(host)?, text(port)?))
        }
        _ => None,
    }
}

/// The node that a redirection names, and whether it is to be asked with
/// ASKING.
pub fn redirection(failure: &Failure, from: &str) -> Option<(String, bool)> {
    if failure.outcome != Outcome::ServerError || !matches!(failure.code.as_str(), "MOVED" | "ASK") {
        return None;
    }
    let address = failure.message.split_ascii_whitespace().nth(1)?;
    // Without a host it is another port of the same one.
    let address = match address.strip_prefix(':') {
        Some(port) => format!("{}:{port}", from.rsplit_once(':')?.0),
        None => address.to_owned(),
    };
    Some((address, failure.code == "ASK"))
}
