//! Which commands cannot be sent on a connection that many callers share.
//!
//! A shared connection needs one reply to each command, soon, and has to be the
//! same for the next caller. A dedicated connection may be used for anything: it
//! is closed afterwards.

use super::classify::is_coalesced;
use crate::{abi::Outcome, defects::search, wire::failure::Failure};

/// Why a command cannot share a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is answered never, several times, or at a time of the server's choice.
    Replies,
    /// It changes the connection for its next user.
    State,
    /// It is answered when something happens.
    Blocks,
    /// The client's cache is told of changes by the tracking that is in force.
    Tracking,
    /// The client records it, which it does of commands by themselves.
    Alone,
    /// The nodes of a cluster would be in different databases.
    Database,
    /// In a transaction one node would answer for all.
    Nodes,
}

impl Reason {
    pub fn text(self) -> &'static str {
        match self {
            Reason::Replies => {
                "it is not answered once, so it cannot share a connection: it takes a dedicated one"
            }
            Reason::State => {
                "it changes its connection, which other callers share: it takes a dedicated one"
            }
            Reason::Blocks => "it blocks its connection: it takes a dedicated one",
            Reason::Tracking => "the client's cache depends on the tracking that is in force",
            Reason::Alone => "it has to be sent by itself, not in a batch",
            Reason::Database => "the nodes of a cluster would be in different databases",
            Reason::Nodes => {
                "a transaction runs on one node, and its index may be of several: \
                 use a pipeline, or an index whose name has a hash tag"
            }
        }
    }
}

/// A command that cannot be sent on a connection that others use too.
pub fn cannot_share(reason: Reason) -> Failure {
    Failure::new(Outcome::InvalidRequest, reason.text())
}

/// How a command is sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sending {
    /// In a pipeline or a transaction that the caller made.
    pub batch: bool,
    /// Between MULTI and EXEC, where nothing blocks.
    pub atomic: bool,
    /// To some nodes of a cluster, which are not all of them or not known to be.
    pub some_nodes: bool,
    /// To a node of a cluster.
    pub of_cluster: bool,
    /// The client has a cache that the server assists.
    pub tracks: bool,
}

/// The longest name in the tables below.
const NAME_MAX: usize = 16;

/// Returns why a command cannot share a connection, and its name, if it cannot.
pub fn refusal<'a>(
    sending: Sending,
    mut words: impl Iterator<Item = &'a [u8]> + Clone,
) -> Option<(Reason, &'static str)> {
    let mut upper = [0; NAME_MAX];
    let name = uppercase(words.next()?, &mut upper)?;
    if is_coalesced(name) {
        return None; // most are: they share connections with anything
    }
    let rest = words.clone();
    let mut upper = [0; NAME_MAX];
    let second = words.next().and_then(|word| uppercase(word, &mut upper)).unwrap_or_default();
    by_name(name)
        .or_else(|| by_words(name, second, rest.clone().next().is_some()))
        .or_else(|| by_sending(sending, name, second))
        .or_else(|| by_index(sending, name, rest.clone().next()))
        .or_else(|| if sending.atomic { None } else { blocking(name, rest) })
}

/// A name that is longer than all that are looked for is none of them.
fn uppercase<'u>(word: &[u8], upper: &'u mut [u8; NAME_MAX]) -> Option<&'u [u8]> {
    let upper = upper.get_mut(..word.len())?;
    upper.copy_from_slice(word);
    upper.make_ascii_uppercase();
    Some(upper)
}

fn by_name(name: &[u8]) -> Option<(Reason, &'static str)> {
    Some(match name {
        b"MONITOR" => (Reason::Replies, "MONITOR"),
        b"PSYNC" => (Reason::Replies, "PSYNC"),
        b"REPLCONF" => (Reason::Replies, "REPLCONF"),
        b"SYNC" => (Reason::Replies, "SYNC"),
        b"PSUBSCRIBE" => (Reason::Replies, "PSUBSCRIBE"),
        b"PUNSUBSCRIBE" => (Reason::Replies, "PUNSUBSCRIBE"),
        b"SSUBSCRIBE" => (Reason::Replies, "SSUBSCRIBE"),
        b"SUBSCRIBE" => (Reason::Replies, "SUBSCRIBE"),
        b"SUNSUBSCRIBE" => (Reason::Replies, "SUNSUBSCRIBE"),
        b"UNSUBSCRIBE" => (Reason::Replies, "UNSUBSCRIBE"),
        // Servers take these for HTTP, and close the connection.
        b"HOST:" => (Reason::Replies, "HOST:"),
        b"POST" => (Reason::Replies, "POST"),
        b"ASKING" => (Reason::State, "ASKING"),
        b"DISCARD" => (Reason::State, "DISCARD"),
        b"EXEC" => (Reason::State, "EXEC"),
        b"MULTI" => (Reason::State, "MULTI"),
        b"QUIT" => (Reason::State, "QUIT"),
        b"READONLY" => (Reason::State, "READONLY"),
        b"READWRITE" => (Reason::State, "READWRITE"),
        b"RESET" => (Reason::State, "RESET"),
        b"UNWATCH" => (Reason::State, "UNWATCH"),
        b"WATCH" => (Reason::State, "WATCH"),
        _ => return None,
    })
}

fn by_words(name: &[u8], second: &[u8], has_second: bool) -> Option<(Reason, &'static str)> {
    Some(match (name, second) {
        (b"CLIENT", b"REPLY") => (Reason::Replies, "CLIENT REPLY"),
        // It makes the connection one over which slots are moved.
        (b"CLUSTER", b"SYNCSLOTS") => (Reason::Replies, "CLUSTER SYNCSLOTS"),
        // The next script is run step by step, in a dialogue.
        (b"SCRIPT", b"DEBUG") => (Reason::Replies, "SCRIPT DEBUG"),
        // By itself it only asks.
        (b"HELLO", _) if has_second => (Reason::State, "HELLO"),
        _ => return None,
    })
}

fn by_sending(sending: Sending, name: &[u8], second: &[u8]) -> Option<(Reason, &'static str)> {
    Some(match (name, second) {
        (b"CLIENT", b"TRACKING") if sending.tracks => (Reason::Tracking, "CLIENT TRACKING"),
        (b"AUTH", _) if sending.batch => (Reason::Alone, "AUTH"),
        (b"CLIENT", b"SETNAME") if sending.batch => (Reason::Alone, "CLIENT SETNAME"),
        (b"SELECT", _) if sending.some_nodes => (Reason::Database, "SELECT"),
        _ => return None,
    })
}

fn by_index(sending: Sending, name: &[u8], index: Option<&[u8]>) -> Option<(Reason, &'static str)> {
    let reaches_one = sending.atomic && sending.of_cluster;
    let query = reaches_one.then(|| search::of_several_nodes(name, index.unwrap_or_default()));
    query.flatten().map(|name| (Reason::Nodes, name))
}

fn blocking<'a>(
    name: &[u8],
    mut words: impl Iterator<Item = &'a [u8]>,
) -> Option<(Reason, &'static str)> {
    // Among the words before the streams' names, after the group's and the
    // consumer's names, which may be any words.
    let mut blocks = |from| {
        let options =
            words.by_ref().skip(from).take_while(|word| !word.eq_ignore_ascii_case(b"STREAMS"));
        options.into_iter().any(|word| word.eq_ignore_ascii_case(b"BLOCK"))
    };
    let name = match name {
        b"BLMOVE" => "BLMOVE",
        b"BLMPOP" => "BLMPOP",
        b"BLPOP" => "BLPOP",
        b"BRPOP" => "BRPOP",
        b"BRPOPLPUSH" => "BRPOPLPUSH",
        b"BZMPOP" => "BZMPOP",
        b"BZPOPMAX" => "BZPOPMAX",
        b"BZPOPMIN" => "BZPOPMIN",
        b"WAIT" => "WAIT",
        b"WAITAOF" => "WAITAOF",
        b"XREAD" if blocks(0) => "XREAD",
        b"XREADGROUP" if blocks(3) => "XREADGROUP",
        _ => return None,
    };
    Some((Reason::Blocks, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sending: Sending, text: &str) -> Option<(Reason, &'static str)> {
        refusal(sending, text.split(' ').map(str::as_bytes))
    }

    #[test]
    fn what_cannot_share_a_connection_is_refused_in_any_case() {
        let any = Sending::default();
        for (text, reason) in [
            ("monitor", Reason::Replies),
            ("Client Reply off", Reason::Replies),
            ("client REPLY", Reason::Replies),
            ("REPLCONF ACK 0", Reason::Replies),
            ("psync ? -1", Reason::Replies),
            ("ssubscribe c", Reason::Replies),
            ("host: example.org", Reason::Replies),
            ("script debug yes", Reason::Replies),
            ("hello 2", Reason::State),
            ("reset", Reason::State),
            ("quit", Reason::State),
            ("asking", Reason::State),
            ("blpop k 0", Reason::Blocks),
            ("xread count 1 block 0 streams s $", Reason::Blocks),
            ("XREADGROUP GROUP g c BLOCK 0 STREAMS s >", Reason::Blocks),
        ] {
            assert_eq!(of(any, text).map(|(reason, _)| reason), Some(reason), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_not_refused() {
        let any = Sending::default();
        for text in [
            "",
            "GET monitor",
            "HELLO",
            "CLIENT INFO",
            "CLIENT",
            "SCRIPT LOAD debug",
            "CLIENT TRACKING ON",
            "AUTH p",
            "SELECT 1",
            "CLIENT SETNAME n",
            "XREAD STREAMS block block 0 0",
            "XREADGROUP GROUP block block STREAMS s >",
            "XREAD COUNT 1 STREAMS s 0",
            "CLUSTER SLOTS",
            "MONITORMONITORMONITOR",
            "CLIENT REPLYREPLYREPLYREPLY",
        ] {
            assert_eq!(of(any, text), None, "{text}");
        }
    }

    #[test]
    fn how_it_is_sent_counts() {
        let batch = Sending { batch: true, ..Sending::default() };
        let atomic = Sending { atomic: true, ..batch };
        assert_eq!(of(batch, "auth p"), Some((Reason::Alone, "AUTH")));
        assert_eq!(of(batch, "CLIENT setname n"), Some((Reason::Alone, "CLIENT SETNAME")));
        assert_eq!(of(batch, "BLPOP k 0"), Some((Reason::Blocks, "BLPOP")));
        assert_eq!(of(atomic, "BLPOP k 0"), None);
        assert_eq!(of(atomic, "exec"), Some((Reason::State, "EXEC")));
        let tracks = Sending { tracks: true, ..Sending::default() };
        assert_eq!(of(tracks, "client tracking off"), Some((Reason::Tracking, "CLIENT TRACKING")));
        let of_cluster = Sending { of_cluster: true, ..batch };
        let transaction = Sending { atomic: true, ..of_cluster };
        for (sending, text, reason) in [
            (transaction, "ft.search idx *", Some(Reason::Nodes)),
            (transaction, "FT.AGGREGATE", Some(Reason::Nodes)),
            (transaction, "FT.SEARCH {a}idx *", None),
            (of_cluster, "FT.SEARCH idx *", None),
            (atomic, "FT.SEARCH idx *", None),
        ] {
            assert_eq!(of(sending, text).map(|(reason, _)| reason), reason, "{text}");
        }
        let some = Sending { some_nodes: true, ..Sending::default() };
        assert_eq!(of(some, "select 1"), Some((Reason::Database, "SELECT")));
    }
}
