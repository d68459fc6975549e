//! The topology of standalone servers: which of some servers is the primary.

use super::{
    Router,
    address::Address,
    node::{NodeClient, Unanswered},
    slot_map::{Shard, SlotMap},
};
use crate::{failure, reply::Failure, status::Outcome};
use glide_core::client::NodeDiscoveryMode;
use redis::Value;
use std::sync::Arc;
use tokio::task::JoinSet;

/// What a server says of its replication.
#[derive(Debug, Default, PartialEq, Eq)]
struct Replication {
    is_primary: bool,
    /// Its primary, or its replicas.
    others: Vec<Address>,
}

/// What is known of a server: its failure is why it cannot be asked.
struct Known {
    node: Arc<NodeClient>,
    answer: Result<Replication, Failure>,
}

impl Router {
    /// Finds the primary for the first time. Servers that cannot be reached are
    /// replicas until more is known, as long as there is a primary.
    pub(super) async fn discover_roles(self: &Arc<Self>, retries: u32) -> Result<(), Failure> {
        let request = self.common.connector.request();
        let undiscovered = request.read_only
            || request.node_discovery_mode == NodeDiscoveryMode::Static;
        let seeds: Vec<_> = self.seeds.iter().map(|a| self.node_for(a, false)).collect();
        if undiscovered {
            return self.take_at_their_word(&seeds, retries).await;
        }
        let mut known = ask_all(seeds, retries).await;
        if request.node_discovery_mode == NodeDiscoveryMode::DiscoverAll {
            // From a replica to its primary, and from there to its replicas.
            for _ in 0..2 {
                let others = others(&known);
                if others.is_empty() {
                    break;
                }
                let nodes = others.iter().map(|address| self.node_for(address, false)).collect();
                known.extend(ask_all(nodes, 0).await.into_iter().filter(|k| k.answer.is_ok()));
            }
        }
        let shard = shard(&known)?;
        self.put(SlotMap::standalone(shard));
        Ok(())
    }

    /// Uses the servers as they are configured: the first is the primary.
    async fn take_at_their_word(
        self: &Arc<Self>,
        seeds: &[Arc<NodeClient>],
        retries: u32,
    ) -> Result<(), Failure> {
        let mut connecting = JoinSet::new();
        for node in seeds.iter().cloned() {
            connecting.spawn(async move { node.connected_within(retries).await.map(drop) });
        }
        let mut failures = Vec::new();
        while let Some(result) = connecting.join_next().await {
            match result {
                Ok(Ok(())) => {
                    let shard = Shard::new(seeds[0].clone(), seeds[1..].to_vec());
                    self.put(SlotMap::standalone(shard));
                    return Ok(());
                }
                Ok(Err(failure)) => failures.push(failure),
                Err(_) => failures.push(failure::panicked()),
            }
        }
        Err(failure::joined(failures))
    }

    /// Asks the known servers for their roles again. As long as they do not
    /// name one primary, nothing changes.
    pub(super) async fn refresh_roles(self: &Arc<Self>) {
        let request = self.common.connector.request();
        let undiscovered = request.read_only
            || request.node_discovery_mode == NodeDiscoveryMode::Static;
        let before = self.map();
        let known: Vec<_> = before.nodes().cloned().collect();
        if undiscovered || known.len() < 2 {
            return;
        }
        let known = ask_all(known, 0).await;
        if let Ok(shard) = shard(&known)
            && !before.shards.iter().any(|s| Arc::ptr_eq(&s.primary, &shard.primary))
        {
            self.put(SlotMap::standalone(shard));
        }
    }
}

async fn ask_all(nodes: Vec<Arc<NodeClient>>, retries: u32) -> Vec<Known> {
    let mut asking = JoinSet::new();
    for (index, node) in nodes.into_iter().enumerate() {
        asking.spawn(async move { (index, Known { answer: ask(&node, retries).await, node }) });
    }
    let mut known = Vec::new();
    while let Some(answer) = asking.join_next().await {
        known.extend(answer.ok());
    }
    known.sort_by_key(|(index, _)| *index);
    known.into_iter().map(|(_, known)| known).collect()
}

async fn ask(node: &Arc<NodeClient>, retries: u32) -> Result<Replication, Failure> {
    let asking = async {
        let link = node.connected_within(retries).await?;
        let mut question = redis::cmd("INFO");
        question.arg("REPLICATION");
        let reply = node.send(&link, &question).await.map_err(Unanswered::into_failure)?;
        let reply = reply.map_err(|error| failure::of_setup(error.into()))?;
        Ok(match reply {
            Value::BulkString(bytes) => read(&String::from_utf8_lossy(&bytes)),
            Value::VerbatimString { text, .. } | Value::SimpleString(text) => read(&text),
            _ => Replication::default(),
        })
    };
    match retries {
        1.. => asking.await,
        0 => match tokio::time::timeout(super::LOOK_UP, asking).await {
            Ok(answer) => answer,
            Err(_) => Err(super::about(node, "timed out")),
        },
    }
}

/// Reads INFO REPLICATION.
fn read(text: &str) -> Replication {
    let field = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    };
    if field("role") == Some("master") {
        let replica = |line: &str| {
            let (name, fields) = line.trim().split_once(':')?;
            name.strip_prefix("slave")?.parse::<u32>().ok()?;
            let of = |name: &str| {
                fields.split(',').find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
            };
            Some(Address::new(of("ip")?, of("port")?.parse().ok()?))
        };
        return Replication { is_primary: true, others: text.lines().filter_map(replica).collect() };
    }
    let primary = || {
        let port = field("master_port")?.parse().ok()?;
        Some(Address::new(field("master_host")?, port))
    };
    Replication { is_primary: false, others: primary().into_iter().collect() }
}

/// Returns the addresses that the servers name and that are not known.
fn others(known: &[Known]) -> Vec<Address> {
    let mut others: Vec<Address> = Vec::new();
    for address in known.iter().filter_map(|k| k.answer.as_ref().ok()).flat_map(|r| &r.others) {
        let is_known = known.iter().any(|k| k.node.address == *address);
        if !is_known && !others.contains(address) {
            others.push(address.clone());
        }
    }
    others
}

/// Makes a shard of servers of which one is the primary.
fn shard(known: &[Known]) -> Result<Shard, Failure> {
    let is_primary = |k: &&Known| k.answer.as_ref().is_ok_and(|answer| answer.is_primary);
    let primaries: Vec<&Known> = known.iter().filter(is_primary).collect();
    match primaries[..] {
        [primary] => {
            let replicas = known.iter().filter(|k| !Arc::ptr_eq(&k.node, &primary.node));
            Ok(Shard::new(primary.node.clone(), replicas.map(|k| k.node.clone()).collect()))
        }
        [] => {
            let failures = known.iter().filter_map(|k| k.answer.as_ref().err().cloned()).collect();
            let none = Failure::new(Outcome::Unreachable, "none of the addresses is a primary's");
            Err(failure::joined_or(failures, none))
        }
        _ => {
            let addresses: Vec<_> = primaries.iter().map(|k| k.node.address.to_string()).collect();
            let text = format!("more than one of the addresses is a primary's: {}", addresses.join(", "));
            Err(Failure::new(Outcome::Unreachable, text))
        }
    }
}
