//! What commands change of what the client has cached.
//!
//! A command that only reads changes nothing. Of one that writes it is known
//! which keys it writes to, or else the cache is cleared: for scripts, and for
//! unknown commands.

use super::{
    classify::{Mode, mode},
    read_only::writes_no_key,
};
use crate::core::{cache::Cache, config::Policy};
use redis::{Cmd, cluster_routing::Routable};
use std::sync::Arc;

/// What a command changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Nothing,
    /// The key that is its first argument.
    FirstKey,
    /// Keys among its arguments.
    Arguments,
    /// It may be anything.
    Anything,
    /// The database or the user of the connection.
    Connection,
}

/// Commands that run. When this is dropped the cache forgets what they have
/// changed; so it is dropped before their caller is answered.
pub struct Changes {
    cache: Arc<Cache>,
    commands: Vec<Arc<Cmd>>,
}

impl Changes {
    /// Returns this for commands that are about to be sent, by a client that has
    /// a cache, if they change anything.
    pub fn of(
        cache: Option<&Arc<Cache>>,
        commands: impl IntoIterator<Item = Arc<Cmd>>,
    ) -> Option<Self> {
        let cache = cache?.clone();
        let mut commands: Vec<Arc<Cmd>> = commands.into_iter().collect();
        commands.retain(|cmd| change(cmd) != Change::Nothing);
        if commands.iter().any(|cmd| change(cmd) == Change::Connection) {
            // Replies that come while this is under way are of the one database or
            // the other, so no other caller may read them.
            cache.leave();
        }
        (!commands.is_empty()).then_some(Changes { cache, commands })
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        for cmd in &self.commands {
            match change(cmd) {
                Change::Nothing => {}
                Change::FirstKey => {
                    if let Some(key) = cmd.arg_idx(1) {
                        self.cache.forget(key);
                    }
                }
                Change::Arguments => {
                    let words = (1..).map_while(|at| cmd.arg_idx(at));
                    words.for_each(|word| self.cache.forget(word));
                }
                Change::Anything | Change::Connection => return self.cache.clear(),
            }
        }
    }
}

fn change(cmd: &Cmd) -> Change {
    let Some(name) = cmd.command() else { return Change::Anything };
    match name.as_slice() {
        b"AUTH" | b"HELLO" | b"RESET" | b"SELECT" => Change::Connection,
        b"REPLICAOF" => Change::Anything,
        _ if writes_no_key(cmd) => Change::Nothing,
        b"EVAL" | b"EVALSHA" | b"FCALL" => Change::Anything,
        name if has_keys(name) => Change::Arguments,
        _ => {
            let words = cmd.args_iter().len();
            match mode(Policy::default(), cmd.arg_idx(0).unwrap_or_default(), words, true) {
                // What is coalesced writes at most to its first key.
                Mode::Coalesced | Mode::Converted => Change::FirstKey,
                Mode::Direct => Change::Anything,
            }
        }
    }
}

/// Commands that write to several keys, or not to the first argument. Their
/// other arguments do no harm.
fn has_keys(name: &[u8]) -> bool {
    matches!(
        name,
        b"BITOP"
            | b"BLMOVE"
            | b"BLMPOP"
            | b"BLPOP"
            | b"BRPOP"
            | b"BRPOPLPUSH"
            | b"BZMPOP"
            | b"BZPOPMAX"
            | b"BZPOPMIN"
            | b"COPY"
            | b"DEL"
            | b"GEORADIUS"
            | b"GEORADIUSBYMEMBER"
            | b"GEOSEARCHSTORE"
            | b"JSON.MSET"
            | b"LMOVE"
            | b"LMOVEM"
            | b"LMPOP"
            | b"MSET"
            | b"MSETEX"
            | b"MSETNX"
            | b"RENAME"
            | b"RENAMENX"
            | b"RPOPLPUSH"
            | b"SMOVE"
            | b"SORT"
            | b"UNLINK"
            | b"XAUTOCLAIM"
            | b"XCLAIM"
            | b"XGROUP CREATE"
            | b"XGROUP CREATECONSUMER"
            | b"XGROUP DELCONSUMER"
            | b"XGROUP DESTROY"
            | b"XGROUP SETID"
            | b"XREADGROUP"
            | b"XSETID"
            | b"ZDIFFSTORE"
            | b"ZINTERSTORE"
            | b"ZMPOP"
            | b"ZREMRANGEBYSCORE"
            | b"ZUNIONSTORE"
    )
}
