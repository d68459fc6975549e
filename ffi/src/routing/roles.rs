//! The topology of standalone servers: which of some servers is the primary.
//!
//! The servers are asked for their roles when the client connects, when one of
//! them refuses to write, is lost, hangs or comes back, and from time to time.
//! As long as it is in doubt who the primary is they are asked again, with short
//! pauses. Without discovery the first address is the primary's,
//! regardless of which server answers there.

use super::{
    info::{field, text},
    node::{NodeClient, Unanswered, answered},
    slot_map::{Shard, SlotMap},
    topology::{LOOK_UP, LOOK_UP_MORE, RENEWED, Topology},
};
use crate::{
    abi::Outcome,
    wire::{
        address::Address,
        failure::{self, Failure},
    },
};
use glide_core::client::NodeDiscoveryMode;
use redis::{Pipeline, RedisError, Value};
use std::{sync::Arc, time::Duration};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};

/// How long to wait at most before servers are asked again: while there is no
/// primary, and while several servers claim to be it.
const AGAIN: Duration = Duration::from_millis(300);
const AGAIN_CONTESTED: Duration = Duration::from_secs(2);

/// How often servers are asked if there is no other reason to: it is how new
/// replicas are found.
const CHECK: Duration = Duration::from_secs(60);

/// The same of other servers than the one that is taken for the primary.
const RENEWED_OTHER: Duration = Duration::from_secs(1);

/// From a replica to its primary, and from there to its replicas; and the same
/// once more if the primary has just changed.
const STEPS: usize = 3;

/// What a server says of its replication.
#[derive(Debug, Default, PartialEq, Eq)]
struct Replication {
    is_primary: bool,
    /// It is handing its role over.
    fails_over: bool,
    /// Names the run of the server: two addresses may be one server's.
    run: String,
    /// Names the data and their history: a primary's and its replicas'.
    history: String,
    /// The history before the server was promoted.
    history_before: String,
    /// Its primary, or its replicas.
    others: Vec<Address>,
}

/// What is known of a server: its failure is why it cannot be asked. It has no
/// answer if it has not answered yet.
struct Asked {
    node: Arc<NodeClient>,
    answer: Option<Result<Replication, Failure>>,
}

impl Asked {
    fn replication(&self) -> Option<&Replication> {
        self.answer.as_ref()?.as_ref().ok()
    }

    fn claims(&self) -> bool {
        self.replication().is_some_and(|replication| replication.is_primary)
    }

    fn is(&self, node: &Arc<NodeClient>) -> bool {
        Arc::ptr_eq(&self.node, node)
    }
}

/// What was found, and how sure it is.
enum Found<'a> {
    Primary(&'a Asked),
    /// It is taken for the primary although another claims to be it.
    Contested(&'a Asked),
    /// The former primary has not answered, and may be only slow.
    Silent,
    None,
}

impl Topology {
    /// Returns how often the roles are asked for without a reason.
    pub(super) fn roles_check(&self) -> Option<Duration> {
        (self.discovery != NodeDiscoveryMode::Static).then_some(CHECK)
    }

    /// Finds the primary for the first time. Servers that cannot be reached are
    /// replicas until more is known, as long as there is a primary.
    pub(super) async fn discover_roles(&self, retries: u32) -> Result<(), Failure> {
        let candidates = self.candidates.addresses().await;
        let seeds: Vec<_> = candidates.iter().map(|a| self.node_for(a, false)).collect();
        if self.discovery == NodeDiscoveryMode::Static {
            return self.use_as_configured(&seeds, retries).await;
        }
        let asked = self.ask_around(seeds, retries, None).await;
        match primary_of(&asked, None) {
            Found::Primary(primary) | Found::Contested(primary) => {
                let shard = shard(&asked, primary, &candidates, &SlotMap::default());
                self.put(SlotMap::standalone(Arc::new(shard)));
                Ok(())
            }
            Found::Silent | Found::None => Err(why_none(&asked)),
        }
    }

    /// Uses the servers as they are configured: the first is the primary.
    async fn use_as_configured(
        &self,
        seeds: &[Arc<NodeClient>],
        retries: u32,
    ) -> Result<(), Failure> {
        let mut connecting = JoinSet::new();
        for node in seeds {
            let node = node.clone();
            connecting.spawn(async move { node.connected_within(retries).await.map(drop) });
        }
        let mut failures = Vec::new();
        while let Some(result) = connecting.join_next().await {
            match result {
                Ok(Ok(())) => {
                    let shard = Shard::new(seeds[0].clone(), seeds[1..].to_vec());
                    self.put(SlotMap::standalone(Arc::new(shard)));
                    return Ok(());
                }
                Ok(Err(failure)) => failures.push(failure),
                Err(_) => failures.push(failure::panicked()),
            }
        }
        Err(failure::joined(failures))
    }

    /// Asks the servers for their roles again. It returns how soon that has to be
    /// done again, if at all.
    pub(super) async fn refresh_roles(&self, first: bool) -> Option<Duration> {
        let before = self.map();
        let current = before.shards.first().map(|shard| shard.primary.clone())?;
        if self.discovery == NodeDiscoveryMode::Static {
            return None;
        }
        let candidates = self.candidates.addresses().await;
        let configured = candidates.iter().map(|address| self.node_for(address, false));
        let mut nodes: Vec<_> = before.nodes().cloned().collect();
        for node in configured.chain(self.remembered()) {
            if !nodes.iter().any(|asked| Arc::ptr_eq(asked, &node)) {
                nodes.push(node);
            }
        }
        if first {
            // The one that takes over may be waiting to connect.
            nodes.iter().filter(|node| !Arc::ptr_eq(node, &current)).for_each(|n| n.connect_now());
        }
        let asked = self.ask_around(nodes, 0, Some(&current)).await;
        match primary_of(&asked, Some(&current)) {
            Found::Primary(primary) => {
                self.settle(&asked, primary, &candidates, &before);
                None
            }
            Found::Contested(primary) => {
                self.settle(&asked, primary, &candidates, &before);
                Some(AGAIN_CONTESTED)
            }
            Found::Silent => Some(AGAIN),
            Found::None => {
                renew_replicas(&asked, &current);
                Some(AGAIN)
            }
        }
    }

    /// Puts in place what was found.
    fn settle(&self, asked: &[Asked], primary: &Asked, candidates: &[Address], before: &SlotMap) {
        let Some(former) = before.shards.first() else { return };
        let shard = shard(asked, primary, candidates, before);
        let (new, old) = (&shard.primary.address, &former.primary.address);
        if new != old {
            let client = self.observer().name();
            tracing::info!(target: "glide", client, "{new} is the primary now, it was {old}");
        }
        self.remember(asked, &shard, before);
        let shard = match shard.has_same_nodes(former) {
            true => former.clone(),
            false => Arc::new(shard),
        };
        self.put(SlotMap::standalone(shard));
    }

    /// Keeps the node clients of servers that may come back in another role, or
    /// that have to be asked again soon.
    fn remember(&self, asked: &[Asked], shard: &Shard, before: &SlotMap) {
        let mut guests = self.nodes();
        for k in asked {
            if shard.nodes().any(|node| k.is(node)) {
                continue;
            }
            let is_former = k.replication().is_none() && before.nodes().any(|node| k.is(node));
            if let Some(guest) = guests.get_mut(&k.node.address) {
                guest.invited = is_former || k.claims();
            }
        }
    }

    /// Returns the node clients that are kept although their servers are not known to
    /// belong to the primary. Perhaps no other server names them.
    fn remembered(&self) -> Vec<Arc<NodeClient>> {
        let guests = self.nodes();
        guests.values().filter(|guest| guest.invited).map(|guest| guest.node.clone()).collect()
    }

    /// Asks servers for their roles and, if all have to be discovered, those that
    /// they name.
    async fn ask_around(
        &self,
        nodes: Vec<Arc<NodeClient>>,
        retries: u32,
        current: Option<&Arc<NodeClient>>,
    ) -> Vec<Asked> {
        let mut asked = ask_all(nodes, retries, current).await;
        if self.discovery == NodeDiscoveryMode::DiscoverAll {
            for _ in 0..STEPS {
                let others = others(&asked);
                if others.is_empty() {
                    break;
                }
                let nodes = others.iter().map(|address| self.node_for(address, false)).collect();
                asked.extend(ask_all(nodes, 0, None).await);
            }
        }
        without_twins(asked)
    }
}

/// Connects again to servers that say they are replicas, where no server says it
/// is the primary: their names may lead elsewhere now.
fn renew_replicas(asked: &[Asked], current: &Arc<NodeClient>) {
    for k in asked.iter().filter(|k| k.replication().is_some()) {
        let age = if k.is(current) { RENEWED } else { RENEWED_OTHER };
        if let Some(link) = k.node.any_link() {
            k.node.renew(&link, age);
        }
    }
}

/// Asks nodes for their roles. Once there is a primary, and the former one has
/// answered, the others have little time left.
async fn ask_all(
    nodes: Vec<Arc<NodeClient>>,
    retries: u32,
    current: Option<&Arc<NodeClient>>,
) -> Vec<Asked> {
    let mut asked: Vec<Asked> =
        nodes.iter().map(|node| Asked { node: node.clone(), answer: None }).collect();
    let mut asking = JoinSet::new();
    for (index, node) in nodes.into_iter().enumerate() {
        asking.spawn(async move { (index, ask(&node, retries).await) });
    }
    let mut end: Option<Instant> = None;
    loop {
        let next = match end {
            None => asking.join_next().await,
            Some(end) => match timeout_at(end, asking.join_next()).await {
                Ok(next) => next,
                Err(_) => break,
            },
        };
        let Some(next) = next else { break };
        let Ok((index, answer)) = next else { continue };
        if let Some(asked) = asked.get_mut(index) {
            asked.answer = answer;
        }
        let awaits = |k: &Asked| {
            current.is_some_and(|node| k.is(node)) && k.answer.is_none() && may_be_slow(&k.node)
        };
        if asked.iter().any(Asked::claims) && !asked.iter().any(awaits) {
            end.get_or_insert_with(|| Instant::now() + LOOK_UP_MORE);
        }
    }
    asked
}

/// Reports whether a node may answer after all.
fn may_be_slow(node: &NodeClient) -> bool {
    !node.is_suspect() && !node.is_unreachable()
}

/// Asks a node for its role. There is no answer if it takes too long.
async fn ask(node: &Arc<NodeClient>, retries: u32) -> Option<Result<Replication, Failure>> {
    let asking = async {
        let link = node.connected_within(retries).await?;
        let mut questions = Pipeline::with_capacity(2);
        for section in ["SERVER", "REPLICATION"] {
            let mut question = redis::cmd("INFO");
            question.arg(section);
            questions.add_command(question);
        }
        let asking = answered(node, &link, node.send_all(&link, &questions));
        let replies = asking.await.map_err(Unanswered::into_failure)?;
        let [server, replication] = &replies[..] else { return Ok(Replication::default()) };
        if let Value::ServerError(error) = replication {
            let error = RedisError::from(error.clone());
            if knows_no_replication(error.code()) {
                return Ok(Replication { is_primary: true, ..Replication::default() });
            }
            return Err(failure::of_setup(error.into()).at(&node.address));
        }
        let replication = read(&text(replication).unwrap_or_default());
        let run = text(server).and_then(|text| field(&text, "run_id").map(str::to_owned));
        Ok(Replication { run: run.unwrap_or_default(), ..replication })
    };
    let bound = match retries {
        1.. => return Some(asking.await),
        _ if node.is_suspect() => LOOK_UP_MORE,
        _ => LOOK_UP,
    };
    timeout(bound, asking).await.ok()
}

/// Reports whether a server answers that it does not know the question, by the code
/// of its error: it is unknown, or no code at all. Such a server, one that imitates
/// Valkey in tests for example, has no replicas. Other codes say that it may not be
/// asked, or not now.
fn knows_no_replication(code: Option<&str>) -> bool {
    code.is_none_or(|code| code == "ERR" || code.bytes().any(|byte| byte.is_ascii_lowercase()))
}

/// Reads INFO REPLICATION.
fn read(text: &str) -> Replication {
    let field = |name| field(text, name);
    // What there was before the first promotion is all zeros.
    let history = |name| field(name).unwrap_or_default().trim_start_matches('0').to_owned();
    let (history, history_before) = (history("master_replid"), history("master_replid2"));
    let is_primary = field("role") == Some("master");
    let others = match is_primary {
        true => text.lines().filter_map(replica).collect(),
        false => {
            let port = || field("master_port")?.parse().ok();
            let primary = || Some(Address::new(field("master_host")?, port()?));
            primary().into_iter().collect()
        }
    };
    let fails_over = field("master_failover_state").is_some_and(|s| s != "no-failover");
    Replication { is_primary, fails_over, run: String::new(), history, history_before, others }
}

/// Reads a primary's line about a replica.
fn replica(line: &str) -> Option<Address> {
    let (name, fields) = line.trim().split_once(':')?;
    name.strip_prefix("slave")?.parse::<u32>().ok()?;
    let of = |name: &str| {
        fields.split(',').find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
    };
    Some(Address::new(of("ip")?, of("port")?.parse().ok()?))
}

/// Returns the addresses that the servers name and that are not known.
fn others(asked: &[Asked]) -> Vec<Address> {
    let mut others: Vec<Address> = Vec::new();
    for address in asked.iter().filter_map(Asked::replication).flat_map(|r| &r.others) {
        let is_known = asked.iter().any(|k| k.node.address == *address);
        if !is_known && !others.contains(address) {
            others.push(address.clone());
        }
    }
    others
}

/// Returns each server once, by the address that came first.
fn without_twins(mut asked: Vec<Asked>) -> Vec<Asked> {
    let mut runs: Vec<String> = Vec::new();
    asked.retain(|k| match k.replication() {
        Some(Replication { run, .. }) if !run.is_empty() => {
            let is_new = !runs.contains(run);
            runs.push(run.clone());
            is_new
        }
        _ => true,
    });
    asked
}

/// Finds the primary. If several servers claim to be it, it is the one that more
/// of the others follow, then the one that is known, and then the one that was
/// promoted from among the others' replicas.
fn primary_of<'a>(asked: &'a [Asked], current: Option<&Arc<NodeClient>>) -> Found<'a> {
    let former = current.and_then(|node| asked.iter().find(|k| k.is(node)));
    if let Some(former) = former
        && former.replication().is_none()
        && may_be_slow(&former.node)
    {
        return Found::Silent;
    }
    let claims: Vec<(&Asked, &Replication)> =
        asked.iter().filter(|k| k.claims()).filter_map(|k| Some((k, k.replication()?))).collect();
    let rank = |(k, claim): &(&Asked, &Replication)| {
        let follows = |other: &&Replication| !other.is_primary && other.history == claim.history;
        let followers = asked.iter().filter_map(Asked::replication).filter(follows).count();
        let descends = claims.iter().any(|(_, other)| {
            !claim.history_before.is_empty() && other.history == claim.history_before
        });
        (!claim.fails_over, followers, current.is_some_and(|node| k.is(node)), descends)
    };
    match claims[..] {
        [] => Found::None,
        [(primary, _)] => Found::Primary(primary),
        _ => {
            let best = claims.iter().map(rank).max();
            let mut best = claims.iter().filter(|claim| Some(rank(claim)) == best);
            match (best.next(), best.next()) {
                (Some((primary, _)), None) => Found::Contested(primary),
                _ => Found::None,
            }
        }
    }
}

/// Returns why there is no primary.
fn why_none(asked: &[Asked]) -> Failure {
    let claims: Vec<_> =
        asked.iter().filter(|k| k.claims()).map(|k| k.node.address.to_string()).collect();
    if claims.len() > 1 {
        let text = format!("more than one of the addresses is a primary's: {}", claims.join(", "));
        return Failure::new(Outcome::Unreachable, text);
    }
    let failures =
        asked.iter().filter_map(|k| k.answer.as_ref()?.as_ref().err().cloned()).collect();
    let none = Failure::new(Outcome::Unreachable, "none of the addresses is a primary's");
    failure::joined_or(failures, none)
}

/// Makes a shard of a primary and the others. One that claims to be a primary
/// is not its replica; one that cannot be asked may be, if it is configured.
fn shard(asked: &[Asked], primary: &Asked, candidates: &[Address], before: &SlotMap) -> Shard {
    let is_replica = |k: &&Asked| match k.answer {
        _ if k.is(&primary.node) => false,
        Some(Ok(_)) => !k.claims(),
        Some(Err(_)) => candidates.contains(&k.node.address),
        None => candidates.contains(&k.node.address) || before.nodes().any(|node| k.is(node)),
    };
    let replicas = asked.iter().filter(is_replica).map(|k| k.node.clone()).collect();
    Shard::new(primary.node.clone(), replicas)
}

#[cfg(test)]
mod tests {
    use super::knows_no_replication;

    #[test]
    fn what_a_server_does_not_know_is_told_from_what_it_refuses() {
        for code in [None, Some("ERR"), Some("section")] {
            assert!(knows_no_replication(code), "{code:?}");
        }
        for code in ["NOPERM", "NOAUTH", "LOADING", "MASTERDOWN", "BUSY"] {
            assert!(!knows_no_replication(Some(code)), "{code}");
        }
    }
}
