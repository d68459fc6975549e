//! Queries of a search module, whose replies the core would convert.
//!
//! It does so as it knows them from one module with RESP2. RediSearch answers
//! otherwise with RESP3, and with RESP2 to some options too; then the core
//! fails the command, or the whole batch that it is in, after it was run. What
//! a script gives is not converted. So a query whose reply could not be
//! converted is asked again by a script, and those after it at once; in a
//! batch, where one failure is everybody's, all are.

use crate::route::by_slot;
use glide_core::client::Client as Core;
use redis::{
    Cmd, ErrorKind, RedisResult, Value,
    cluster_routing::{Routable, RoutingInfo},
    cluster_topology::get_slot,
};
use std::sync::atomic::{AtomicBool, Ordering};

/// Runs the command that it is given and hands its reply on, errors too. In
/// RESP3 it is the same whatever the client speaks.
const SCRIPT: &[u8] = b"redis.setresp(3) return redis.pcall(unpack(ARGV))";

const QUERIES: [&[u8]; 4] = [b"FT.AGGREGATE", b"FT.INFO", b"FT.PROFILE", b"FT.SEARCH"];

/// Options with which the core takes one part of a reply for another.
const BY_SCRIPT_ALONE: [&[u8]; 2] = [b"WITHPAYLOADS", b"WITHSCORES"];

/// Whether a command is such a query. All of them only read.
pub fn is_query(name: &[u8]) -> bool {
    QUERIES.iter().any(|query| query.eq_ignore_ascii_case(name))
}

/// The script that runs a query.
pub fn scripted(query: &Cmd) -> Cmd {
    let mut script = redis::cmd("EVAL_RO");
    script.arg(SCRIPT).arg(0);
    let mut index = 0;
    while let Some(word) = query.arg_idx(index) {
        script.arg(word);
        index += 1;
    }
    script
}

/// Where in a cluster a script that runs a query goes: to a node that has the
/// slot of the index's name, as the query itself would. `reads` is whether it
/// may go where reads go.
pub fn home(script: &Cmd, reads: bool) -> Option<RoutingInfo> {
    if script.arg_idx(1) != Some(SCRIPT) {
        return None;
    }
    Some(by_slot(get_slot(script.arg_idx(4)?), reads))
}

/// Sends a query. `by_script` is whether this server's replies are such that
/// only a script will do.
pub async fn send(
    core: &mut Core,
    by_script: &AtomicBool,
    cmd: &Cmd,
    routing: Option<RoutingInfo>,
) -> RedisResult<Value> {
    let by_script_alone = BY_SCRIPT_ALONE.iter().any(|word| cmd.position(word).is_some());
    if !by_script_alone && !by_script.load(Ordering::Relaxed) {
        let result = core.send_command(&mut cmd.clone(), routing.clone()).await;
        if !result.as_ref().is_err_and(|error| error.kind() == ErrorKind::TypeError) {
            return result;
        }
    }
    let mut script = scripted(cmd);
    let routing = routing.or_else(|| home(&script, true));
    let result = core.send_command(&mut script, routing).await;
    if result.is_ok() {
        by_script.store(true, Ordering::Relaxed);
    }
    result
}
