//! Which commands only read, and which write no key: the one table of them.
//!
//! What only reads goes where the client reads from, and is sent again if the
//! connection is lost before its reply has come. What writes no key leaves the
//! client's cache alone, and is allowed to a client that only reads. A command
//! that is missing here is taken for one that writes. Names are in capital
//! letters, with that of the subcommand if there is one, and in order. Tests
//! compare them with what servers say of their commands (glide/livetest/retries).

use crate::defects::search::makes_cursor;
use redis::{Cmd, cluster_routing::Routable};

/// Commands that servers flag as read-only and that do nothing else: they do not
/// block, and they are not replicated. CLUSTERSCAN is not among them: its cursors
/// are to stay with the primary, as a server's cursors mean nothing to another.
const FLAGGED: [&[u8]; 104] = [
    b"BITCOUNT",
    b"BITFIELD_RO",
    b"BITPOS",
    b"DBSIZE",
    b"DIGEST",
    b"DUMP",
    b"EVALSHA_RO",
    b"EVAL_RO",
    b"EXISTS",
    b"EXPIRETIME",
    b"FCALL_RO",
    b"GEODIST",
    b"GEOHASH",
    b"GEOPOS",
    b"GEORADIUSBYMEMBER_RO",
    b"GEORADIUS_RO",
    b"GEOSEARCH",
    b"GET",
    b"GETBIT",
    b"GETRANGE",
    b"HEXISTS",
    b"HEXPIRETIME",
    b"HGET",
    b"HGETALL",
    b"HKEYS",
    b"HLEN",
    b"HMGET",
    b"HPEXPIRETIME",
    b"HPTTL",
    b"HRANDFIELD",
    b"HSCAN",
    b"HSTRLEN",
    b"HTTL",
    b"HVALS",
    b"KEYS",
    b"LCS",
    b"LINDEX",
    b"LLEN",
    b"LOLWUT",
    b"LPOS",
    b"LRANGE",
    b"MEMORY USAGE",
    b"MGET",
    b"OBJECT ENCODING",
    b"OBJECT FREQ",
    b"OBJECT IDLETIME",
    b"OBJECT REFCOUNT",
    b"PEXPIRETIME",
    b"PFCOUNT",
    b"PTTL",
    b"RANDOMKEY",
    b"SCAN",
    b"SCARD",
    b"SDIFF",
    b"SINTER",
    b"SINTERCARD",
    b"SISMEMBER",
    b"SMEMBERS",
    b"SMISMEMBER",
    b"SORT_RO",
    b"SRANDMEMBER",
    b"SSCAN",
    b"STRLEN",
    b"SUBSTR",
    b"SUNION",
    b"TOUCH",
    b"TTL",
    b"TYPE",
    b"VCARD",
    b"VDIM",
    b"VEMB",
    b"VGETATTR",
    b"VINFO",
    b"VISMEMBER",
    b"VLINKS",
    b"VRANDMEMBER",
    b"VRANGE",
    b"VSIM",
    b"XINFO CONSUMERS",
    b"XINFO GROUPS",
    b"XINFO STREAM",
    b"XLEN",
    b"XPENDING",
    b"XRANGE",
    b"XREVRANGE",
    b"ZCARD",
    b"ZCOUNT",
    b"ZDIFF",
    b"ZINTER",
    b"ZINTERCARD",
    b"ZLEXCOUNT",
    b"ZMSCORE",
    b"ZRANDMEMBER",
    b"ZRANGE",
    b"ZRANGEBYLEX",
    b"ZRANGEBYSCORE",
    b"ZRANK",
    b"ZREVRANGE",
    b"ZREVRANGEBYLEX",
    b"ZREVRANGEBYSCORE",
    b"ZREVRANK",
    b"ZSCAN",
    b"ZSCORE",
    b"ZUNION",
];

/// Commands without that flag that only ask, and XREAD, which waits if it is told
/// to, but takes nothing.
const ASKING: [&[u8]; 16] = [
    b"CLUSTER INFO",
    b"CLUSTER NODES",
    b"CLUSTER SHARDS",
    b"CLUSTER SLOTS",
    b"CONFIG GET",
    b"ECHO",
    b"FUNCTION LIST",
    b"INFO",
    b"LASTSAVE",
    b"PING",
    b"PUBSUB CHANNELS",
    b"PUBSUB NUMPAT",
    b"PUBSUB NUMSUB",
    b"ROLE",
    b"TIME",
    b"XREAD",
];

/// The same of modules.
const OF_MODULES: [&[u8]; 43] = [
    b"BF.CARD",
    b"BF.EXISTS",
    b"BF.INFO",
    b"BF.MEXISTS",
    b"BF.SCANDUMP",
    b"CF.COUNT",
    b"CF.EXISTS",
    b"CF.INFO",
    b"CF.MEXISTS",
    b"CF.SCANDUMP",
    b"CMS.INFO",
    b"CMS.QUERY",
    b"FT.AGGREGATE",
    b"FT.EXPLAIN",
    b"FT.EXPLAINCLI",
    b"FT.INFO",
    b"FT.PROFILE",
    b"FT.SEARCH",
    b"FT._ALIASLIST",
    b"FT._LIST",
    b"JSON.ARRINDEX",
    b"JSON.ARRLEN",
    b"JSON.DEBUG",
    b"JSON.GET",
    b"JSON.MGET",
    b"JSON.OBJKEYS",
    b"JSON.OBJLEN",
    b"JSON.RESP",
    b"JSON.STRLEN",
    b"JSON.TYPE",
    b"TDIGEST.BYRANK",
    b"TDIGEST.BYREVRANK",
    b"TDIGEST.CDF",
    b"TDIGEST.INFO",
    b"TDIGEST.MAX",
    b"TDIGEST.MIN",
    b"TDIGEST.QUANTILE",
    b"TDIGEST.RANK",
    b"TDIGEST.REVRANK",
    b"TDIGEST.TRIMMED_MEAN",
    b"TOPK.INFO",
    b"TOPK.LIST",
    b"TOPK.QUERY",
];

/// Commands that do more than read, but write to no key: they are about the server,
/// its connections, its scripts, and messages.
const BESIDE_KEYS: [&[u8]; 125] = [
    b"ACL CAT",
    b"ACL DELUSER",
    b"ACL DRYRUN",
    b"ACL GENPASS",
    b"ACL GETUSER",
    b"ACL HELP",
    b"ACL LIST",
    b"ACL LOAD",
    b"ACL LOG",
    b"ACL SAVE",
    b"ACL SETUSER",
    b"ACL USERS",
    b"ACL WHOAMI",
    b"ASKING",
    b"AUTH",
    b"BGREWRITEAOF",
    b"BGSAVE",
    b"CLIENT CACHING",
    b"CLIENT CAPA",
    b"CLIENT GETNAME",
    b"CLIENT GETREDIR",
    b"CLIENT HELP",
    b"CLIENT ID",
    b"CLIENT IMPORT-SOURCE",
    b"CLIENT INFO",
    b"CLIENT KILL",
    b"CLIENT LIST",
    b"CLIENT NO-EVICT",
    b"CLIENT NO-TOUCH",
    b"CLIENT PAUSE",
    b"CLIENT REPLY",
    b"CLIENT SETINFO",
    b"CLIENT SETNAME",
    b"CLIENT TRACKING",
    b"CLIENT TRACKINGINFO",
    b"CLIENT UNBLOCK",
    b"CLIENT UNPAUSE",
    b"CLUSTER COUNT-FAILURE-REPORTS",
    b"CLUSTER COUNTKEYSINSLOT",
    b"CLUSTER FAILOVER",
    b"CLUSTER GETKEYSINSLOT",
    b"CLUSTER HELP",
    b"CLUSTER KEYSLOT",
    b"CLUSTER LINKS",
    b"CLUSTER MYID",
    b"CLUSTER MYSHARDID",
    b"CLUSTER REPLICATE",
    b"CLUSTER SAVECONFIG",
    b"COMMAND",
    b"COMMAND COUNT",
    b"COMMAND DOCS",
    b"COMMAND GETKEYS",
    b"COMMAND GETKEYSANDFLAGS",
    b"COMMAND HELP",
    b"COMMAND INFO",
    b"COMMAND LIST",
    b"COMMANDLOG",
    b"CONFIG HELP",
    b"CONFIG RESETSTAT",
    b"CONFIG REWRITE",
    b"CONFIG SET",
    b"DISCARD",
    b"FUNCTION DUMP",
    b"FUNCTION HELP",
    b"FUNCTION KILL",
    b"FUNCTION STATS",
    b"HELLO",
    b"HOTKEYS",
    b"LATENCY DOCTOR",
    b"LATENCY GRAPH",
    b"LATENCY HELP",
    b"LATENCY HISTOGRAM",
    b"LATENCY HISTORY",
    b"LATENCY LATEST",
    b"LATENCY RESET",
    b"MEMORY DOCTOR",
    b"MEMORY HELP",
    b"MEMORY MALLOC-STATS",
    b"MEMORY PURGE",
    b"MEMORY STATS",
    b"MODULE HELP",
    b"MODULE LIST",
    b"MODULE LOAD",
    b"MODULE LOADEX",
    b"MODULE UNLOAD",
    b"MULTI",
    b"OBJECT HELP",
    b"PSUBSCRIBE",
    b"PUBLISH",
    b"PUBSUB HELP",
    b"PUBSUB SHARDCHANNELS",
    b"PUBSUB SHARDNUMSUB",
    b"PUNSUBSCRIBE",
    b"READONLY",
    b"READWRITE",
    b"REPLICAOF",
    b"RESET",
    b"SAVE",
    b"SCRIPT DEBUG",
    b"SCRIPT EXISTS",
    b"SCRIPT FLUSH",
    b"SCRIPT KILL",
    b"SCRIPT LOAD",
    b"SCRIPT SHOW",
    b"SELECT",
    b"SENTINEL CKQUORUM",
    b"SENTINEL GET-MASTER-ADDR-BY-NAME",
    b"SENTINEL MASTER",
    b"SENTINEL MASTERS",
    b"SENTINEL REPLICAS",
    b"SHUTDOWN",
    b"SLOWLOG GET",
    b"SLOWLOG HELP",
    b"SLOWLOG LEN",
    b"SLOWLOG RESET",
    b"SPUBLISH",
    b"SSUBSCRIBE",
    b"SUBSCRIBE",
    b"SUNSUBSCRIBE",
    b"UNSUBSCRIBE",
    b"UNWATCH",
    b"WAIT",
    b"WAITAOF",
    b"WATCH",
    b"XINFO HELP",
];

/// Reports whether a command changes nothing: it may be run twice.
pub fn changes_nothing(cmd: &Cmd) -> bool {
    cmd.command().is_some_and(|name| only_reads(&name)) && !makes_cursor(cmd)
}

/// Reports whether a command writes to no key. A client that only reads may run
/// it.
pub fn writes_no_key(cmd: &Cmd) -> bool {
    // A cursor could not be read: that counts as writing.
    !makes_cursor(cmd)
        && cmd.command().is_some_and(|name| {
            only_reads(&name) || BESIDE_KEYS.binary_search(&name.as_slice()).is_ok()
        })
}

/// Reports whether a command changes nothing, by its name in capital letters,
/// with that of the subcommand if it has any.
pub fn only_reads(name: &[u8]) -> bool {
    [&FLAGGED[..], &ASKING[..], &OF_MODULES[..]]
        .iter()
        .any(|names| names.binary_search(&name).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::command::of_words as cmd;

    #[test]
    fn what_makes_a_cursor_is_not_sent_twice() {
        assert!(changes_nothing(&cmd("FT.AGGREGATE idx *")));
        assert!(!changes_nothing(&cmd("FT.AGGREGATE idx * WITHCURSOR")));
        assert!(!writes_no_key(&cmd("FT.AGGREGATE idx * WITHCURSOR")));
    }

    #[test]
    fn names_are_found() {
        for name in FLAGGED.iter().chain(&ASKING).chain(&OF_MODULES) {
            assert!(only_reads(name), "{}", String::from_utf8_lossy(name));
        }
        for name in [&b"SET"[..], b"get", b"GET ", b"", b"PUBLISH", b"XREADGROUP", b"CONFIG SET"] {
            assert!(!only_reads(name), "{}", String::from_utf8_lossy(name));
        }
    }

    #[test]
    fn names_beside_keys_are_found() {
        assert!(BESIDE_KEYS.is_sorted());
        for name in BESIDE_KEYS {
            let name = String::from_utf8_lossy(name);
            assert!(writes_no_key(&cmd(&name)), "{name}");
            assert!(!only_reads(name.as_bytes()), "{name} is in two lists");
        }
    }

    #[test]
    fn what_writes_keys_is_known_for_it() {
        for text in [
            "SET k v",
            "FLUSHALL",
            "EVAL x 0",
            "SORT k",
            "COPY a b",
            "RESTORE k 0 x",
            "XREADGROUP",
            "MIGRATE h 1 k 0 1",
            "FUNCTION LOAD x",
            "FUNCTION DELETE x",
            "SWAPDB 0 1",
            "nobody knows",
        ] {
            assert!(!writes_no_key(&cmd(text)), "{text}");
        }
        for text in ["publish c m", "Commandlog get 1 slow", "config set a b", "get k", "httl k"] {
            assert!(writes_no_key(&cmd(text)), "{text}");
        }
    }
}
