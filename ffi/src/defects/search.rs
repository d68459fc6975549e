//! Queries of a search module, whose replies the core would convert.
//!
//! It does so as it knows them from one module with RESP2. RediSearch answers
//! otherwise with RESP3, and with RESP2 to some options too; then the
//! conversion fails, after the query was run. What a script returns is not
//! converted. So a query whose reply could not be converted is asked again by a
//! script, and those of the next minute at once; in a transaction, and in a
//! pipeline to one server, all are. In a pipeline of a cluster each is a request of
//! its own: valkey-search answers for the whole cluster, but a script asks one
//! shard.

use crate::{abi::Outcome, wire::failure::Failure};
use redis::{Cmd, Value, cluster_routing::Routable, cluster_topology::get_slot};
use std::{
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

/// Runs the command that it is given and hands its reply on, errors too. In
/// RESP3 it is the same for both protocols of the client.
const SCRIPT: &[u8] = b"redis.setresp(3) return redis.pcall(unpack(ARGV))";

const QUERIES: [&[u8]; 4] = [b"FT.AGGREGATE", b"FT.INFO", b"FT.PROFILE", b"FT.SEARCH"];

/// Options with which the core takes one part of a reply for another; and that
/// would leave a cursor at the server if the query were asked again.
const BY_SCRIPT_ALONE: [&[u8]; 3] = [b"WITHCURSOR", b"WITHPAYLOADS", b"WITHSCORES"];

/// For how long queries are asked by a script at once. The server may be another
/// one after that, or know better.
const BY_SCRIPT: Duration = Duration::from_secs(60);

/// Reports whether a command is such a query. All of them only read.
pub fn is_query(name: &[u8]) -> bool {
    QUERIES.iter().any(|query| query.eq_ignore_ascii_case(name))
}

/// Returns the script that runs a query.
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

/// Returns the slot of the node that a script which runs a query goes to: that
/// of the index's name, as for the query itself.
pub fn script_slot(script: &Cmd) -> Option<u16> {
    match script.arg_idx(1) {
        Some(SCRIPT) => Some(get_slot(script.arg_idx(4)?)),
        _ => None,
    }
}

/// Until when a client's queries are asked by a script at once.
#[derive(Default)]
pub struct ByScript(Mutex<Option<Instant>>);

impl ByScript {
    /// Reports whether a query is asked by a script at once.
    pub fn is_due(&self, query: &Cmd) -> bool {
        BY_SCRIPT_ALONE.iter().any(|word| query.position(word).is_some())
            || self.until().is_some_and(|until| Instant::now() < until)
    }

    /// Records that a query succeeded by a script only.
    pub fn note(&self) {
        *self.until() = Some(Instant::now() + BY_SCRIPT);
    }

    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Reports whether the core could not convert the reply to a query.
pub fn is_unconverted(result: &Result<Value, Failure>) -> bool {
    result.as_ref().is_err_and(|failure| failure.outcome == Outcome::UnexpectedReply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defects::conversion::Conversion;
    use tokio::runtime::Builder;

    /// When the core converts what RediSearch replies with RESP3, this file can go.
    #[test]
    fn core_cannot_convert_what_redisearch_replies() {
        let text = |text: &str| Value::BulkString(text.to_owned().into());
        let result = Value::Map(vec![
            (text("id"), text("key")),
            (text("extra_attributes"), Value::Map(vec![(text("field"), text("value"))])),
        ]);
        let reply = Value::Map(vec![
            (text("total_results"), Value::Int(1)),
            (text("results"), Value::Array(vec![result])),
        ]);
        let mut query = redis::cmd("FT.SEARCH");
        query.arg("index").arg("*");
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let converted = runtime.block_on(async {
            let conversion = Conversion::of(&Default::default()).await.expect("a conversion");
            conversion.convert_here(&query, reply)
        });
        assert!(is_unconverted(&converted), "{converted:?}");
    }
}
