//! Which commands have keys.
//!
//! The core knows where the keys of a command are, but takes the first word of
//! what it does not know for one. In doubt a server is asked.

use super::{
    call::{Start, call},
    target::Node,
};
use crate::{
    abi::Outcome,
    client::Servers,
    core::calls::{Patience, is_command},
    reply::Failure,
};
use redis::{
    Cmd, Value,
    cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo, SingleNodeRoutingInfo},
};

/// Commands without keys that the core gives one, with all their subcommands.
const KEYLESS: [&[u8]; 21] = [
    b"ACL",
    b"CLIENT",
    b"CLUSTER",
    b"COMMAND",
    b"COMMANDLOG",
    b"CONFIG",
    b"FAILOVER",
    b"FUNCTION",
    b"HELLO",
    b"LATENCY",
    b"LOLWUT",
    b"MODULE",
    b"PUBLISH",
    b"PUBSUB",
    b"ROLE",
    b"SCRIPT",
    b"SENTINEL",
    b"SLOWLOG",
    b"SPUBLISH",
    b"SWAPDB",
    b"TIME",
];

/// Reports whether a command may have keys: it has, or nobody here knows.
pub fn may_have(cmd: &Cmd) -> bool {
    if KEYLESS.iter().any(|name| is_command(cmd, name)) {
        return false;
    }
    matches!(
        RoutingInfo::for_routable(cmd),
        Some(
            RoutingInfo::SingleNode(SingleNodeRoutingInfo::SpecificNode(_))
                | RoutingInfo::MultiNode((MultipleNodeRoutingInfo::MultiSlot(_), _))
        )
    )
}

/// Reports whether a command that may have keys has some, as a server says. A
/// command that the server does not know has none, and one that the server does
/// not tell about has.
pub async fn has(servers: &Servers, cmd: &Cmd, patience: Patience) -> Result<bool, Failure> {
    if is_command(cmd, b"MIGRATE") {
        return Ok(true); // its words may be a password, which is for one server only
    }
    let mut question = redis::cmd("COMMAND");
    question.arg("GETKEYS");
    let mut index = 0;
    while let Some(word) = cmd.arg_idx(index) {
        question.arg(word);
        index += 1;
    }
    match call(servers, &question, Node::AnyPrimary, Start::default(), patience).await {
        Ok(Value::Array(keys)) => Ok(!keys.is_empty()),
        Ok(_) => Ok(true),
        // There are no keys, or each server refuses the command for itself.
        Err(failure) if failure.outcome == Outcome::ServerError => Ok(failure.code != "ERR"),
        Err(failure) => Err(failure),
    }
}
