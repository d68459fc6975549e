//! Decides what an error reply means for a command: that it is redirected (MOVED,
//! ASK), sent again later, or final.

use super::read_only::changes_nothing;
use crate::{
    abi::Outcome,
    routing::{
        Router,
        node::{Link, NodeClient},
    },
    wire::{address::Redirect, command::is_command, failure::Failure},
};
use redis::{Cmd, RedisError};
use std::sync::Arc;

/// Where a command is sent first, if it is known better than by its target, and
/// whether with ASKING.
pub type Hint = (Arc<NodeClient>, bool);

/// What an error reply means for a command.
pub enum Verdict {
    Final(Failure),
    /// It was not run; another node has to be asked.
    Redirected(Failure, Hint),
    /// It was not run, or only reads. It may be run after a while, which may
    /// be as long as the caller waits if the server says so.
    Again(Failure, Option<Wait>),
}

/// The server says that it will do what it cannot do yet.
#[derive(Clone, Copy)]
pub struct Wait;

/// Reports whether a command may be sent again that may have run.
pub fn may_repeat(router: &Router, cmd: &Cmd) -> bool {
    router.resends() && changes_nothing(cmd)
}

/// Reports whether a code says that the server has not run a command, and will
/// run it later.
pub fn is_passing(code: &str) -> bool {
    matches!(code, "CLUSTERDOWN" | "LOADING" | "MASTERDOWN" | "TRYAGAIN")
}

/// Decides what happens to a command that a node answered with an error, as
/// the client is configured.
pub fn refused(
    router: &Router,
    cmd: &Cmd,
    at: &Arc<NodeClient>,
    link: &Link,
    error: RedisError,
) -> Verdict {
    match judged(router, cmd, at, link, error) {
        Verdict::Again(failure, _) if !router.resends() => Verdict::Final(failure),
        verdict => verdict,
    }
}

/// Decides what happens to a command that a node answered with an error, if it
/// may be sent again.
pub fn judged(
    router: &Router,
    cmd: &Cmd,
    at: &Arc<NodeClient>,
    link: &Link,
    error: RedisError,
) -> Verdict {
    let failure = Failure::from(error);
    if failure.outcome != Outcome::ServerError {
        return Verdict::Final(failure);
    }
    let (code, message) = (failure.code.clone(), failure.message.clone());
    // What a replica cannot answer now the primary can.
    let is_replica = !router.map().shards.iter().any(|shard| Arc::ptr_eq(&shard.primary, at));
    let refuses = matches!(code.as_str(), "LOADING" | "MASTERDOWN" | "READONLY");
    if is_replica && refuses && changes_nothing(cmd) {
        return Verdict::Again(failure, None);
    }
    if !router.is_cluster() && !is_passing(&code) {
        if code != "READONLY" {
            return Verdict::Final(failure);
        }
        router.refuses_writes(at, link);
        // A script may answer with any text it likes, after it has run.
        return match is_script(cmd) {
            true => Verdict::Final(failure),
            false => Verdict::Again(failure, Some(Wait)),
        };
    }
    if let Some(redirect) = Redirect::parse(&code, &message, &at.address) {
        return redirected(router, at, link, redirect, failure);
    }
    match code.as_str() {
        // A script may answer with any text it likes, after it has run.
        _ if is_script(cmd) => Verdict::Final(failure),
        code if is_passing(code) => {
            if matches!(code, "CLUSTERDOWN" | "MASTERDOWN") {
                router.refresh_soon();
            }
            Verdict::Again(failure, Some(Wait))
        }
        "READONLY" => {
            router.refresh_soon();
            Verdict::Again(failure, None)
        }
        _ => Verdict::Final(failure),
    }
}

/// Follows a redirect.
pub fn redirected(
    router: &Router,
    at: &Arc<NodeClient>,
    link: &Link,
    redirect: Redirect,
    failure: Failure,
) -> Verdict {
    let next = router.redirected(&redirect);
    if Arc::ptr_eq(&next, at) && !redirect.asking {
        // Another server answers at this address now, and this connection is
        // still to the one before.
        at.reconnect(link);
    }
    Verdict::Redirected(failure, (next, redirect.asking))
}

/// Reports whether a command runs a script or function.
pub fn is_script(cmd: &Cmd) -> bool {
    const SCRIPTS: [&[u8]; 6] =
        [b"EVAL", b"EVALSHA", b"EVAL_RO", b"EVALSHA_RO", b"FCALL", b"FCALL_RO"];
    SCRIPTS.iter().any(|name| is_command(cmd, name))
}
