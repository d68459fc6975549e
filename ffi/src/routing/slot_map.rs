//! Which nodes have which slots.
//!
//! A slot map never changes: a refresh of the topology, or a redirect, makes
//! another one. A standalone server is a map of one shard that has every slot.

use super::{info::text, node::NodeClient};
use crate::wire::{
    address::Address,
    slots::{self, SLOTS},
};
use glide_core::client::ReadFrom;
use redis::Value;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A primary and its replicas.
pub struct Shard {
    pub primary: Arc<NodeClient>,
    pub replicas: Vec<Arc<NodeClient>>,
    /// Counts the reads, so that they take turns.
    turn: AtomicUsize,
}

impl Shard {
    pub fn new(primary: Arc<NodeClient>, replicas: Vec<Arc<NodeClient>>) -> Self {
        Shard { primary, replicas, turn: AtomicUsize::new(0) }
    }

    pub fn nodes(&self) -> impl Iterator<Item = &Arc<NodeClient>> {
        std::iter::once(&self.primary).chain(&self.replicas)
    }

    /// Reports whether another shard has the same primary and the same replicas.
    pub fn has_same_nodes(&self, other: &Shard) -> bool {
        let has = |node| other.replicas.iter().any(|replica| Arc::ptr_eq(replica, node));
        Arc::ptr_eq(&self.primary, &other.primary)
            && self.replicas.len() == other.replicas.len()
            && self.replicas.iter().all(has)
    }

    /// Returns the node that the next read goes to. Nodes that are not
    /// connected are passed over; if none is, it is the primary.
    pub fn reader(&self, from: &ReadFrom) -> &Arc<NodeClient> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let connected = |node: &NodeClient| node.is_connected();
        let chosen = match from {
            ReadFrom::Primary => None,
            ReadFrom::PreferReplica => self.in_turn(turn, false, connected),
            ReadFrom::AllNodes => self.in_turn(turn, true, connected),
            ReadFrom::AZAffinity(zone) => self
                .in_turn(turn, false, local(zone))
                .or_else(|| self.in_turn(turn, false, connected)),
            ReadFrom::AZAffinityReplicasAndPrimary(zone) => {
                let primary = || local(zone)(&self.primary).then_some(&self.primary);
                let any = || self.in_turn(turn, true, connected);
                self.in_turn(turn, false, local(zone)).or_else(primary).or_else(any)
            }
            ReadFrom::AZAffinityAllNodes(zone) => self
                .in_turn(turn, true, local(zone))
                .or_else(|| self.in_turn(turn, true, connected)),
        };
        chosen.unwrap_or(&self.primary)
    }

    /// Returns a replica, connected if possible, or the primary if there is none.
    pub fn replica(&self) -> &Arc<NodeClient> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let connected = |node: &NodeClient| node.is_connected();
        self.in_turn(turn, false, connected)
            .or_else(|| self.in_turn(turn, false, |_| true))
            .unwrap_or(&self.primary)
    }

    /// Returns the one of the nodes that are meant whose turn it is.
    fn in_turn(
        &self,
        turn: usize,
        with_primary: bool,
        is_meant: impl Fn(&NodeClient) -> bool,
    ) -> Option<&Arc<NodeClient>> {
        let primary = with_primary.then_some(&self.primary);
        let meant: Vec<_> =
            self.replicas.iter().chain(primary).filter(|node| is_meant(node)).collect();
        meant.get(turn.checked_rem(meant.len())?).copied()
    }
}

/// Matches the nodes that are connected and in a zone.
fn local(zone: &str) -> impl Fn(&NodeClient) -> bool {
    move |node| node.is_connected() && node.zone().as_deref() == Some(zone)
}

/// A range of slots and the shard that has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: u16,
    last: u16,
    shard: u16,
}

/// The first and the last slot of a range.
pub type SlotRange = (u16, u16);

#[derive(Default)]
pub struct SlotMap {
    pub shards: Vec<Arc<Shard>>,
    /// In order, without overlap.
    ranges: Vec<Range>,
}

impl SlotMap {
    /// Makes a map of shards with the ranges of slots that each has.
    pub fn new(shards: Vec<(Arc<Shard>, Vec<SlotRange>)>) -> Self {
        let mut ranges: Vec<Range> = (0..)
            .zip(&shards)
            .flat_map(|(shard, (_, slots))| {
                slots.iter().map(move |&(first, last)| Range { first, last, shard })
            })
            .collect();
        ranges.sort_by_key(|range| range.first);
        SlotMap { shards: shards.into_iter().map(|(shard, _)| shard).collect(), ranges }
    }

    /// Makes the map of a standalone server.
    pub fn standalone(shard: Arc<Shard>) -> Self {
        SlotMap::new(vec![(shard, vec![(0, SLOTS - 1)])])
    }

    pub fn shard(&self, slot: u16) -> Option<&Arc<Shard>> {
        let at = self.ranges.partition_point(|range| range.last < slot);
        let range = self.ranges.get(at).filter(|range| range.first <= slot)?;
        self.shards.get(usize::from(range.shard))
    }

    pub fn primary(&self, slot: u16) -> Option<&Arc<NodeClient>> {
        self.shard(slot).map(|shard| &shard.primary)
    }

    /// Reports whether another map has the same shards at the same slots.
    pub fn is_same(&self, other: &SlotMap) -> bool {
        self.ranges == other.ranges
            && self.shards.len() == other.shards.len()
            && self.shards.iter().zip(&other.shards).all(|(a, b)| Arc::ptr_eq(a, b))
    }

    pub fn nodes(&self) -> impl Iterator<Item = &Arc<NodeClient>> {
        self.shards.iter().flat_map(|shard| shard.nodes())
    }

    /// Returns the primaries that have taken the place of others since an earlier map,
    /// each with the one before it. One that has only lost slots is still a primary.
    pub fn failovers<'a>(
        &'a self,
        earlier: &'a SlotMap,
    ) -> Vec<(&'a Arc<NodeClient>, &'a Arc<NodeClient>)> {
        let is_primary = |map: &SlotMap, node: &Arc<NodeClient>| {
            map.shards.iter().any(|shard| Arc::ptr_eq(&shard.primary, node))
        };
        let mut found: Vec<(&Arc<NodeClient>, &Arc<NodeClient>)> = Vec::new();
        for range in &self.ranges {
            let (Some(to), Some(from)) = (self.primary(range.first), earlier.primary(range.first))
            else {
                continue;
            };
            let is_new = !is_primary(earlier, to) && !is_primary(self, from);
            if is_new && !found.iter().any(|(known, _)| Arc::ptr_eq(known, to)) {
                found.push((to, from));
            }
        }
        found
    }

    /// Returns the map with one slot at another primary.
    pub fn with_moved(&self, slot: u16, primary: &Arc<NodeClient>) -> Self {
        let mut shards = self.shards.clone();
        let index = shards.iter().position(|shard| Arc::ptr_eq(&shard.primary, primary));
        let shard = index.unwrap_or_else(|| {
            shards.push(Arc::new(Shard::new(primary.clone(), Vec::new())));
            shards.len() - 1
        });
        let shard = u16::try_from(shard).unwrap_or(u16::MAX);
        let mut ranges = Vec::with_capacity(self.ranges.len() + 2);
        for range in &self.ranges {
            if !(range.first..=range.last).contains(&slot) {
                ranges.push(*range);
                continue;
            }
            if range.first < slot {
                ranges.push(Range { last: slot - 1, ..*range });
            }
            if slot < range.last {
                ranges.push(Range { first: slot + 1, ..*range });
            }
        }
        let at = ranges.partition_point(|range| range.last < slot);
        ranges.insert(at, Range { first: slot, last: slot, shard });
        SlotMap { shards, ranges }
    }
}

/// What a node says of one range of slots.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slots {
    pub first: u16,
    pub last: u16,
    /// The primary, and then the replicas.
    pub nodes: Vec<Address>,
}

/// Reads the reply to CLUSTER SLOTS. A node without a host, or whose host is not
/// known, is taken to be at the host that was asked. A reply with a slot that there
/// cannot be, or that has two owners, is none: what else it says is as doubtful.
pub fn read(reply: &Value, asked: &Address) -> Option<Vec<Slots>> {
    let Value::Array(ranges) = reply else { return None };
    let all: Option<Vec<Slots>> = ranges.iter().map(|range| read_range(range, asked)).collect();
    let mut all = all?;
    all.sort_by_key(|slots| slots.first);
    all.is_sorted_by(|before, after| before.last < after.first).then_some(all)
}

fn read_range(range: &Value, asked: &Address) -> Option<Slots> {
    let Value::Array(fields) = range else { return None };
    let [Value::Int(first), Value::Int(last), primary, replicas @ ..] = &fields[..] else {
        return None;
    };
    let (first, last) = slots::range(slots::slot(*first)?, slots::slot(*last)?)?.into_inner();
    let mut nodes = vec![read_node(primary, asked)?];
    let mut others: Vec<Address> =
        replicas.iter().filter_map(|replica| read_node(replica, asked)).collect();
    // Nodes list them in different orders.
    others.sort();
    nodes.append(&mut others);
    Some(Slots { first, last, nodes })
}

fn read_node(node: &Value, asked: &Address) -> Option<Address> {
    let Value::Array(fields) = node else { return None };
    let [host, Value::Int(port), rest @ ..] = &fields[..] else { return None };
    let host = match text(host) {
        None if matches!(host, Value::Nil) => asked.host.clone(),
        Some(host) if host.is_empty() => asked.host.clone(),
        // Its preferred endpoint is not known; its IP address may be.
        Some(host) if host == "?" => {
            rest.get(1).and_then(|m| metadata(m, "ip")).unwrap_or_else(|| asked.host.clone())
        }
        host => host?,
    };
    Some(Address::new(&host, u16::try_from(*port).ok()?))
}

/// Returns a field of a node's metadata, which are a map or pairs in a row.
fn metadata(value: &Value, name: &str) -> Option<String> {
    let found = match value {
        Value::Map(pairs) => pairs
            .iter()
            .find(|(key, _)| text(key).as_deref() == Some(name))
            .map(|(_, v)| text(v))?,
        Value::Array(fields) => fields
            .chunks_exact(2)
            .find(|pair| text(&pair[0]).as_deref() == Some(name))
            .map(|pair| text(&pair[1]))?,
        _ => None,
    };
    found.filter(|text| !text.is_empty() && text != "?")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(items: Vec<Value>) -> Value {
        Value::Array(items)
    }

    fn node(host: &str, port: i64) -> Value {
        array(vec![Value::BulkString(host.as_bytes().to_vec().into()), Value::Int(port)])
    }

    fn range(first: i64, last: i64) -> Value {
        array(vec![Value::Int(first), Value::Int(last), node("a", 1)])
    }

    fn read_all(ranges: Vec<Value>) -> Option<Vec<SlotRange>> {
        let slots = read(&array(ranges), &Address::new("asked", 1))?;
        Some(slots.iter().map(|slots| (slots.first, slots.last)).collect())
    }

    #[test]
    fn ranges_are_read_in_any_order() {
        let ranges = vec![range(5461, 16383), range(0, 0), range(1, 5460)];
        assert_eq!(read_all(ranges), Some(vec![(0, 0), (1, 5460), (5461, 16383)]));
        assert_eq!(read_all(vec![]), Some(vec![]));
    }

    #[test]
    fn slots_that_cannot_be_make_the_reply_none() {
        for (first, last) in [
            (0, 16384),
            (16384, 16384),
            (65535, 65535),
            (65536, 65536),
            (-1, 5),
            (0, -1),
            (9, 5),
            (0, i64::MAX),
            (i64::MIN, 5),
            (1 << 32, (1 << 32) + 5),
        ] {
            assert_eq!(read_all(vec![range(0, 0), range(first, last)]), None, "{first}-{last}");
        }
        // Two owners.
        assert_eq!(read_all(vec![range(0, 100), range(50, 150)]), None);
        assert_eq!(read_all(vec![range(0, 100), range(10, 20), range(30, 40)]), None);
        for cut in [
            array(vec![]),
            array(vec![Value::Int(0)]),
            array(vec![Value::Int(0), Value::Int(5)]),
            array(vec![Value::Int(0), Value::Int(5), array(vec![])]),
            array(vec![Value::Int(0), Value::Int(5), node("a", 65536)]),
            array(vec![Value::Nil, Value::Int(5), node("a", 1)]),
            Value::Nil,
            Value::Int(5),
        ] {
            assert_eq!(read_all(vec![cut.clone()]), None, "{cut:?}");
            assert_eq!(read(&cut, &Address::new("asked", 1)).filter(|all| !all.is_empty()), None);
        }
    }
}
