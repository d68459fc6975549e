//! The topology of clusters: which nodes have which slots.

use super::{
    node::{NodeClient, Unanswered},
    slot_map::{self, Shard, SlotMap, SlotRange, Slots},
    topology::{LOOK_UP, LOOK_UP_MORE, Topology, random},
};
use crate::{
    abi::Outcome,
    wire::{
        address::Address,
        failure::{self, Failure},
    },
};
use std::sync::Arc;
use tokio::{task::JoinSet, time::timeout};

/// How many nodes are asked for the topology at once.
const ASKED: usize = 5;

impl Topology {
    pub(super) async fn discover_cluster(&self, retries: u32) -> Result<(), Failure> {
        let candidates = self.candidates.addresses().await;
        let seeds = candidates.iter().map(|address| self.node_for(address, false)).collect();
        let slots = look_up(seeds, retries).await?;
        self.install(&slots);
        Ok(())
    }

    pub(super) async fn refresh_cluster(&self) {
        let from_seeds = self.common.connector.request().refresh_topology_from_initial_nodes;
        let before = self.map();
        let (trusted, suspects): (Vec<_>, Vec<_>) = before
            .nodes()
            .filter(|node| node.is_in_use())
            .cloned()
            .partition(|node| node.is_connected());
        let mut asked = trusted;
        shuffle(&mut asked);
        asked.truncate(ASKED);
        if from_seeds || asked.is_empty() {
            let candidates = self.candidates.addresses().await;
            let seeds = candidates.iter().map(|address| self.node_for(address, true));
            asked = if from_seeds {
                seeds.collect()
            } else {
                suspects.into_iter().chain(seeds).collect()
            };
        }
        if let Ok(slots) = look_up(asked, 0).await {
            self.install(&slots);
        }
    }

    /// Puts a topology in place. Node clients that it does not name are retired.
    fn install(&self, slots: &[Slots]) {
        let mut shards: Vec<(Vec<Address>, Vec<SlotRange>)> = Vec::new();
        for Slots { first, last, nodes } in slots {
            match shards.iter_mut().find(|(others, _)| others == nodes) {
                Some((_, ranges)) => ranges.push((*first, *last)),
                None => shards.push((nodes.clone(), vec![(*first, *last)])),
            }
        }
        let before = self.map();
        let shard = |addresses: &[Address]| {
            let nodes: Vec<_> = addresses.iter().map(|a| self.node_for(a, false)).collect();
            let same = before.shards.iter().find(|shard| {
                shard.nodes().count() == nodes.len()
                    && shard.nodes().zip(&nodes).all(|(a, b)| Arc::ptr_eq(a, b))
            });
            same.cloned()
                .unwrap_or_else(|| Arc::new(Shard::new(nodes[0].clone(), nodes[1..].to_vec())))
        };
        let shards = shards.into_iter().map(|(nodes, ranges)| (shard(&nodes), ranges)).collect();
        self.put(SlotMap::new(shards));
    }
}

/// Asks nodes for the topology and returns the one that most of the nodes name
/// that answer in time.
async fn look_up(nodes: Vec<Arc<NodeClient>>, retries: u32) -> Result<Vec<Slots>, Failure> {
    let suspects: Vec<Address> =
        nodes.iter().filter(|n| n.is_suspect()).map(|n| n.address.clone()).collect();
    let mut asking = JoinSet::new();
    for node in nodes {
        asking.spawn(ask(node, retries));
    }
    let (mut views, mut failures) = (Vec::new(), Vec::new());
    let mut end = None;
    loop {
        let next = match end {
            None => asking.join_next().await,
            Some(end) => match tokio::time::timeout_at(end, asking.join_next()).await {
                Ok(next) => next,
                Err(_) => break,
            },
        };
        match next {
            None => break,
            Some(Ok(Ok(view))) => {
                views.push(view);
                end.get_or_insert_with(|| tokio::time::Instant::now() + LOOK_UP_MORE);
            }
            Some(Ok(Err(failure))) => failures.push(failure),
            Some(Err(_)) => failures.push(failure::panicked()),
        }
    }
    best(views, &suspects).ok_or_else(|| failure::joined(failures))
}

async fn ask(node: Arc<NodeClient>, retries: u32) -> Result<Vec<Slots>, Failure> {
    let asking = async {
        let link = node.connected_within(retries).await?;
        let mut question = redis::cmd("CLUSTER");
        question.arg("SLOTS");
        let reply = node.send(&link, &question).await.map_err(Unanswered::into_failure)?;
        let reply = reply.map_err(|error| not_a_cluster(&node, error.into()))?;
        match slot_map::read(&reply, &node.address) {
            Some(slots) if !slots.is_empty() => Ok(slots),
            Some(_) => Err(about(&node, "it knows no node that has slots")),
            None => Err(about(&node, "its reply to CLUSTER SLOTS is none")),
        }
    };
    match retries {
        // At first, the time to connect is what bounds it.
        1.. => asking.await,
        0 => match timeout(LOOK_UP, asking).await {
            Ok(answer) => answer,
            Err(_) => Err(about(&node, "timed out")),
        },
    }
}

/// Returns what it means that a server does not say who has which slot.
fn not_a_cluster(node: &NodeClient, answer: Failure) -> Failure {
    if answer.outcome != Outcome::ServerError {
        return answer;
    }
    let outcome = match answer.code.as_str() {
        code if failure::wants_credentials(code) => Outcome::Authentication,
        // It has cluster support disabled, or is no such server at all.
        "ERR" => Outcome::Configuration,
        _ => Outcome::Unreachable,
    };
    answer.meaning(outcome).at(&node.address)
}

fn about(node: &NodeClient, what: &str) -> Failure {
    Failure::new(Outcome::Unreachable, format!("{}: {what}", node.address))
}

/// Returns the view of most nodes; among those of as many the one that trusts
/// fewer suspects, and then the one that covers more slots.
fn best(views: Vec<Vec<Slots>>, suspects: &[Address]) -> Option<Vec<Slots>> {
    let score = |view: &Vec<Slots>| {
        let votes = views.iter().filter(|other| *other == view).count();
        let trusting = view.iter().filter(|slots| suspects.contains(&slots.nodes[0])).count();
        let covered: usize = view.iter().map(|s| usize::from(s.last - s.first) + 1).sum();
        (votes, usize::MAX - trusting, covered)
    };
    views.iter().max_by_key(|view| score(view)).cloned()
}

fn shuffle<T>(items: &mut [T]) {
    for end in (1..items.len()).rev() {
        items.swap(end, random() % (end + 1));
    }
}
