//! Which commands have keys, and where they are.
//!
//! The core knows where the keys of a command are, but takes the first word of
//! what it does not know for one. In doubt a server is asked.

use crate::{
    abi::Outcome,
    wire::{command::is_command, failure::Failure},
};
use redis::{
    Cmd, Value,
    cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo, SingleNodeRoutingInfo},
};

/// Commands without keys of which the core takes an argument for one, with all their subcommands.
const KEYLESS: [&[u8]; 22] = [
    b"ACL",
    b"CLIENT",
    b"CLUSTER",
    b"COMMAND",
    b"COMMANDLOG",
    b"CONFIG",
    b"FAILOVER",
    b"FUNCTION",
    b"HELLO",
    b"HOTKEYS",
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

/// Reports whether a command may have keys: it has, or that is not known here.
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

/// Returns the question to a server which of a command's words are keys, or nothing
/// if it must not be asked: the words of MIGRATE may be a password, which is for
/// one server only. That command has keys.
pub fn question(cmd: &Cmd) -> Option<Cmd> {
    if is_command(cmd, b"MIGRATE") {
        return None;
    }
    let mut question = redis::cmd("COMMAND");
    question.arg("GETKEYS");
    for at in 0..cmd.args_iter().len() {
        question.arg(cmd.arg_idx(at).unwrap_or_default());
    }
    Some(question)
}

/// Reports whether a command that may have keys has some, by the answer to that
/// question. A command that the server does not know has none, and one that the
/// server does not describe has.
pub fn are_there(answer: Result<Value, Failure>) -> Result<bool, Failure> {
    match answer {
        Ok(Value::Array(keys)) => Ok(!keys.is_empty()),
        Ok(_) => Ok(true),
        // There are no keys, or each server refuses the command for itself.
        Err(failure) if failure.outcome == Outcome::ServerError => Ok(failure.code != "ERR"),
        Err(failure) => Err(failure),
    }
}

/// Returns the name by which the core knows where a command about the logs of
/// commands goes. It does not know COMMANDLOG, which goes where SLOWLOG goes: the
/// log of slow commands has become one of them.
pub fn command_log(cmd: &Cmd) -> Option<Vec<u8>> {
    let part = || cmd.arg_idx(1).unwrap_or_default();
    is_command(cmd, b"COMMANDLOG").then(|| [b"SLOWLOG ", part()].concat().to_ascii_uppercase())
}

/// Returns the first key of XREADGROUP. The core looks for the word STREAMS from
/// the beginning, where the group or the consumer may be called that.
pub fn first_stream_of_group(cmd: &Cmd) -> Option<&[u8]> {
    if !is_command(cmd, b"XREADGROUP") {
        return None;
    }
    let at = (4..)
        .take_while(|at| cmd.arg_idx(*at).is_some())
        .find(|at| cmd.arg_idx(*at).is_some_and(|word| word.eq_ignore_ascii_case(b"STREAMS")))?;
    cmd.arg_idx(at + 1)
}
