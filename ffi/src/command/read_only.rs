//! Which commands only read: the one table of them.
//!
//! What only reads goes where the client reads from, and is sent again if the
//! connection is lost before its reply has come. A command that is missing here
//! is taken for one that writes. Names are in capital letters, with that of the
//! subcommand if there is one, and in order. A test compares them with what
//! servers say of their commands (glide/livetest/retries).

/// Commands that servers flag as read-only and that do nothing else: they do not
/// block, and they are not replicated. CLUSTERSCAN is not among them: its cursors
/// are to stay with the primary, as a server's cursors mean nothing to another.
const FLAGGED: [&[u8]; 93] = [
    b"BITCOUNT", b"BITFIELD_RO", b"BITPOS", b"DBSIZE", b"DUMP", b"EVALSHA_RO",
    b"EVAL_RO", b"EXISTS", b"EXPIRETIME", b"FCALL_RO", b"GEODIST", b"GEOHASH", b"GEOPOS",
    b"GEORADIUSBYMEMBER_RO", b"GEORADIUS_RO", b"GEOSEARCH", b"GET", b"GETBIT", b"GETRANGE",
    b"HEXISTS", b"HEXPIRETIME", b"HGET", b"HGETALL", b"HKEYS", b"HLEN", b"HMGET", b"HPEXPIRETIME",
    b"HPTTL", b"HRANDFIELD", b"HSCAN", b"HSTRLEN", b"HTTL", b"HVALS", b"KEYS", b"LCS", b"LINDEX",
    b"LLEN", b"LOLWUT", b"LPOS", b"LRANGE", b"MEMORY USAGE", b"MGET", b"OBJECT ENCODING",
    b"OBJECT FREQ", b"OBJECT IDLETIME", b"OBJECT REFCOUNT", b"PEXPIRETIME", b"PFCOUNT", b"PTTL",
    b"RANDOMKEY", b"SCAN", b"SCARD", b"SDIFF", b"SINTER", b"SINTERCARD", b"SISMEMBER", b"SMEMBERS",
    b"SMISMEMBER", b"SORT_RO", b"SRANDMEMBER", b"SSCAN", b"STRLEN", b"SUBSTR", b"SUNION", b"TOUCH",
    b"TTL", b"TYPE", b"XINFO CONSUMERS", b"XINFO GROUPS", b"XINFO STREAM", b"XLEN", b"XPENDING",
    b"XRANGE", b"XREVRANGE", b"ZCARD", b"ZCOUNT", b"ZDIFF", b"ZINTER", b"ZINTERCARD", b"ZLEXCOUNT",
    b"ZMSCORE", b"ZRANDMEMBER", b"ZRANGE", b"ZRANGEBYLEX", b"ZRANGEBYSCORE", b"ZRANK", b"ZREVRANGE",
    b"ZREVRANGEBYLEX", b"ZREVRANGEBYSCORE", b"ZREVRANK", b"ZSCAN", b"ZSCORE", b"ZUNION",
];

/// Commands without that flag that only ask, and XREAD, which waits if it is told
/// to, but takes nothing.
const ASKING: [&[u8]; 16] = [
    b"CLUSTER INFO", b"CLUSTER NODES", b"CLUSTER SHARDS", b"CLUSTER SLOTS", b"CONFIG GET", b"ECHO",
    b"FUNCTION LIST", b"INFO", b"LASTSAVE", b"PING", b"PUBSUB CHANNELS", b"PUBSUB NUMPAT",
    b"PUBSUB NUMSUB", b"ROLE", b"TIME", b"XREAD",
];

/// The same of modules.
const OF_MODULES: [&[u8]; 18] = [
    b"FT.AGGREGATE", b"FT.EXPLAIN", b"FT.EXPLAINCLI", b"FT.INFO", b"FT.PROFILE", b"FT.SEARCH",
    b"FT._ALIASLIST", b"FT._LIST", b"JSON.ARRINDEX", b"JSON.ARRLEN", b"JSON.DEBUG", b"JSON.GET",
    b"JSON.MGET", b"JSON.OBJKEYS", b"JSON.OBJLEN", b"JSON.RESP", b"JSON.STRLEN", b"JSON.TYPE",
];

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

    #[test]
    fn names_are_found() {
        for name in FLAGGED.iter().chain(&ASKING).chain(&OF_MODULES) {
            assert!(only_reads(name), "{}", String::from_utf8_lossy(name));
        }
        for name in [&b"SET"[..], b"get", b"GET ", b"", b"PUBLISH", b"XREADGROUP", b"CONFIG SET"] {
            assert!(!only_reads(name), "{}", String::from_utf8_lossy(name));
        }
    }
}
