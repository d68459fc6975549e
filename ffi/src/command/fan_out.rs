//! Commands for several servers, and how their replies become one.

use super::{
    call::{Start, call},
    target::{Node, Nodes, Target},
};
use crate::{
    abi::Outcome,
    command::servers::Servers,
    core::{
        calls::{Deadline, Patience, answer},
        config::Policy,
    },
    defects::keys,
    routing::node::NodeClient,
    wire::failure::{self, Failure},
};
use redis::{
    Cmd, Value,
    cluster_routing::{
        MultiSlotArgPattern, MultipleNodeRoutingInfo, ResponsePolicy, RoutingInfo, aggregate,
        aggregate_array, combine_array_results, combine_map_results,
        command_for_multi_slot_indices, logical_aggregate,
    },
};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// Runs a command on one server or several, or its parts where their slots are.
/// The reply is converted.
pub async fn call_target(
    servers: &Servers,
    policy: Policy,
    cmd: &Cmd,
    target: &Target,
    patience: Patience,
) -> Result<Value, Failure> {
    match target {
        Target::One(_) if policy.cluster && has_several_slots(cmd) => {
            call_slots(servers, cmd, patience).await
        }
        Target::One(node) => {
            let reply = call(servers, cmd, node.clone(), Start::default(), patience).await?;
            servers.convert(cmd, reply).await
        }
        Target::Many(nodes, policy) => call_nodes(servers, cmd, *nodes, *policy, patience).await,
    }
}

/// Reports whether a command has keys of several slots and can be split.
pub fn has_several_slots(cmd: &Cmd) -> bool {
    split(cmd).is_some()
}

type Split = (Vec<(u16, Vec<usize>)>, MultiSlotArgPattern, Option<ResponsePolicy>);

/// Returns for each slot which of a command's words are its, as the core cuts
/// it.
fn split(cmd: &Cmd) -> Option<Split> {
    match RoutingInfo::for_routable(cmd)? {
        RoutingInfo::MultiNode((MultipleNodeRoutingInfo::MultiSlot((parts, pattern)), policy)) => {
            let parts = parts.into_iter().map(|(route, words)| (route.slot(), words)).collect();
            Some((parts, pattern, policy))
        }
        _ => None,
    }
}

/// Runs the parts of a command over keys of several slots.
async fn call_slots(servers: &Servers, cmd: &Cmd, patience: Patience) -> Result<Value, Failure> {
    let Some((parts, pattern, policy)) = split(cmd) else { return Err(failure::panicked()) };
    servers.tracer.sent_to_several();
    let mut calls = JoinSet::new();
    for (slot, words) in parts {
        let (servers, cmd) = (servers.clone(), command_for_multi_slot_indices(cmd, words.iter()));
        calls.spawn(async move {
            (words, call(&servers, &cmd, Node::Primary(slot), Start::default(), patience).await)
        });
    }
    let (mut replies, mut positions, mut failed) = (Vec::new(), Vec::new(), None);
    while let Some(part) = calls.join_next().await {
        let (mut words, reply) = part.map_err(|_| failure::panicked())?;
        if pattern == MultiSlotArgPattern::KeysAndLastArg {
            words.pop();
        }
        match reply {
            Ok(reply) => replies.push(reply),
            Err(failure) => failed = failed.or(Some(failure)),
        }
        positions.push(words);
    }
    match (failed, policy) {
        (Some(failure), _) if replies.is_empty() => Err(failure),
        (Some(failure), _) => Err(failure.after_others_were_sent()),
        (None, Some(ResponsePolicy::CombineArrays)) => in_order(replies, positions),
        (None, Some(ResponsePolicy::Aggregate(op))) => Ok(aggregate(replies, op)?),
        (None, _) => Ok(replies.pop().unwrap_or(Value::Okay)),
    }
}

/// Puts the values of the parts where their keys are.
fn in_order(replies: Vec<Value>, positions: Vec<Vec<usize>>) -> Result<Value, Failure> {
    let mut values = vec![Value::Nil; positions.iter().map(Vec::len).sum()];
    for (reply, positions) in replies.into_iter().zip(positions) {
        match reply {
            Value::Array(items) if items.len() == positions.len() => {
                for (position, item) in positions.into_iter().zip(items) {
                    values[position] = item;
                }
            }
            _ => {
                let text = "a part of the command was answered otherwise";
                return Err(Failure::new(Outcome::UnexpectedReply, text));
            }
        }
    }
    Ok(Value::Array(values))
}

/// Runs a command on several servers. Without a policy for their replies the reply is
/// a map of them by the servers' addresses. They are converted when they have become
/// one.
async fn call_nodes(
    servers: &Servers,
    cmd: &Cmd,
    nodes: Nodes,
    policy: Option<ResponsePolicy>,
    patience: Patience,
) -> Result<Value, Failure> {
    let mut calls = JoinSet::new();
    for node in nodes_for(servers, cmd, nodes, patience).await? {
        let (servers, cmd) = (servers.clone(), cmd.clone());
        calls.spawn(async move {
            let at = Node::At(node.address.clone());
            let reply = call(&servers, &cmd, at, Start::default(), patience).await;
            (node, reply)
        });
    }
    servers.convert(cmd, collect(calls, policy).await?).await
}

/// Returns the nodes that a command for several runs on. It must have no keys: each
/// node would do to a key what one is asked to.
async fn nodes_for(
    servers: &Servers,
    cmd: &Cmd,
    nodes: Nodes,
    patience: Patience,
) -> Result<Vec<Arc<NodeClient>>, Failure> {
    if keys::may_have(cmd) && has_keys(servers, cmd, patience).await? {
        let text = "it has keys, so it is not for several nodes at once";
        return Err(Failure::new(Outcome::InvalidRequest, text));
    }
    let map = servers.router.ready().await?;
    match nodes.find(&map) {
        nodes if nodes.is_empty() => Err(Failure::new(Outcome::Unreachable, "no server is known")),
        nodes => {
            if nodes.len() > 1 {
                servers.tracer.sent_to_several();
            }
            Ok(nodes)
        }
    }
}

/// How long before the caller's time is over a node that has not answered fails, so
/// that the replies of the others still reach the caller.
const IN_TIME: Duration = Duration::from_millis(100);

/// Runs a command on several servers and returns what each replied or failed with.
pub async fn call_each(
    servers: &Servers,
    cmd: &Cmd,
    nodes: Nodes,
    deadline: Deadline,
) -> Result<Vec<Reply>, Failure> {
    let patience = Patience::with_margin(deadline, IN_TIME);
    let mut calls = JoinSet::new();
    for node in nodes_for(servers, cmd, nodes, patience).await? {
        let (servers, cmd) = (servers.clone(), cmd.clone());
        calls.spawn(async move {
            let at = Node::At(node.address.clone());
            let calling = async {
                let reply = call(&servers, &cmd, at, Start::default(), patience).await?;
                servers.convert(&cmd, reply).await.and_then(answer)
            };
            let reply = patience.wait(calling).await;
            (node, reply.unwrap_or_else(|| Err(failure::timeout())))
        });
    }
    let mut replies = Vec::new();
    while let Some(reply) = calls.join_next().await {
        replies.push(reply.map_err(|_| failure::panicked())?);
    }
    Ok(replies)
}

/// Asks a server whether a command that may have keys has some.
async fn has_keys(servers: &Servers, cmd: &Cmd, patience: Patience) -> Result<bool, Failure> {
    let Some(question) = keys::question(cmd) else { return Ok(true) };
    keys::are_there(call(servers, &question, Node::AnyPrimary, Start::default(), patience).await)
}

/// What a node replied or failed with.
pub type Reply = (Arc<NodeClient>, Result<Value, Failure>);

async fn collect(
    mut calls: JoinSet<Reply>,
    policy: Option<ResponsePolicy>,
) -> Result<Value, Failure> {
    let first_only = match policy {
        Some(ResponsePolicy::OneSucceeded) => Some(false),
        Some(ResponsePolicy::FirstSucceededNonEmptyOrAllEmpty) => Some(true),
        _ => None,
    };
    let (mut replies, mut last) = (Vec::new(), None);
    while let Some(reply) = calls.join_next().await {
        let (node, reply) = reply.map_err(|_| failure::panicked())?;
        match (first_only, reply) {
            (Some(true), Ok(Value::Nil)) => replies.push((node, Value::Nil)),
            (Some(_), Ok(value)) => return Ok(value),
            (None, Ok(value)) => replies.push((node, value)),
            // The others run it anyway.
            (_, Err(failure)) => last = last.or(Some(failure)),
        }
    }
    if let Some(failure) = last {
        return Err(match replies.is_empty() {
            true => failure,
            false => failure.after_others_were_sent(),
        });
    }
    if first_only.is_some() {
        return Ok(Value::Nil);
    }
    combine(replies, policy)
}

fn combine(
    replies: Vec<(Arc<NodeClient>, Value)>,
    policy: Option<ResponsePolicy>,
) -> Result<Value, Failure> {
    let values = |replies: Vec<(_, Value)>| replies.into_iter().map(|(_, value)| value).collect();
    Ok(match policy {
        Some(ResponsePolicy::Aggregate(op)) => aggregate(values(replies), op)?,
        Some(ResponsePolicy::AggregateArray(op)) => aggregate_array(values(replies), op)?,
        Some(ResponsePolicy::AggregateLogical(op)) => logical_aggregate(values(replies), op)?,
        Some(ResponsePolicy::CombineArrays) => combine_array_results(values(replies))?,
        Some(ResponsePolicy::CombineMaps) => combine_map_results(values(replies))?,
        Some(ResponsePolicy::AllSucceeded) => {
            replies.into_iter().next_back().map_or(Value::Nil, |(_, value)| value)
        }
        _ => {
            let named = |(node, value): (Arc<NodeClient>, Value)| {
                (Value::BulkString(node.address.to_string().into_bytes().into()), value)
            };
            Value::Map(replies.into_iter().map(named).collect())
        }
    })
}
