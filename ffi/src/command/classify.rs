//! Which dispatch mode a command has: which commands are coalesced.
//!
//! A command inside a core pipeline costs a tenth of one sent alone, but a
//! pipeline leaves out some of what the core does for a single command. Only
//! commands that lose nothing by it are coalesced; all others, unknown ones
//! included, are sent alone.

use super::{read_only::only_reads, split::spans_slots};
use crate::core::config::Policy;

/// The dispatch mode of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// With other commands, in one pipeline.
    Coalesced,
    /// The same, and its reply is converted.
    Converted,
    /// As a separate request, with everything that is done for a single command.
    Direct,
}

/// The longest name in the tables below, and some room.
const NAME_MAX: usize = 24;

/// Decides for a command by its name and the number of its words. If the one
/// slot of its keys is known, the words need not tell it.
pub fn mode(policy: Policy, name: &[u8], words: usize, slot_known: bool) -> Mode {
    if name.len() > NAME_MAX {
        return Mode::Direct;
    }
    let mut upper = [0; NAME_MAX];
    let upper = &mut upper[..name.len()];
    upper.copy_from_slice(name);
    upper.make_ascii_uppercase();

    let mode = by_name(upper);
    if policy.cluster {
        let unclear = !slot_known && (keyless(upper) || spans_slots(upper, words));
        if policy.singles_only || unclear {
            return Mode::Direct;
        }
        return mode;
    }
    // A cursor means something only to the server that returned it: what
    // iterates goes to the primary, as pipelines do, and other reads do not.
    if iterates(upper) {
        return mode;
    }
    if policy.singles_only || policy.reads_from_replicas && goes_to_readers(upper) {
        return Mode::Direct;
    }
    mode
}

/// Reports whether a command goes where reads go, by its first word.
fn goes_to_readers(name: &[u8]) -> bool {
    // The table has its subcommands, all of which read.
    name == b"OBJECT" || only_reads(name)
}

/// Commands whose second word is no key, or need not be.
fn keyless(name: &[u8]) -> bool {
    matches!(
        name,
        b"ECHO"
            | b"EVAL"
            | b"EVALSHA"
            | b"EVALSHA_RO"
            | b"EVAL_RO"
            | b"FCALL"
            | b"FCALL_RO"
            | b"MSETEX"
            | b"OBJECT"
            | b"PING"
            | b"PUBLISH"
            | b"RANDOMKEY"
            | b"SCAN"
            | b"SINTERCARD"
            | b"ZINTERCARD"
    )
}

fn iterates(name: &[u8]) -> bool {
    matches!(name, b"HSCAN" | b"SCAN" | b"SSCAN" | b"ZSCAN")
}

/// Reports whether a command, by its name in capital letters, may travel with others.
pub fn is_coalesced(name: &[u8]) -> bool {
    by_name(name) != Mode::Direct
}

/// Only commands that go to one node by their first key (or, on a standalone
/// server, to the primary), do not block, leave no state on the connection,
/// and have exactly one reply.
fn by_name(name: &[u8]) -> Mode {
    match name {
        // Strings.
        b"APPEND" | b"DECR" | b"DECRBY" | b"DELEX" | b"DELIFEQ" | b"DIGEST" | b"GET"
        | b"GETDEL" | b"GETEX" | b"GETRANGE" | b"GETSET" | b"INCR" | b"INCRBY" | b"INCREX"
        | b"MGET" | b"MSET" | b"MSETEX" | b"PSETEX" | b"SET" | b"SETEX" | b"SETNX"
        | b"SETRANGE" | b"STRLEN" | b"SUBSTR" => Mode::Coalesced,
        b"LCS" => Mode::Converted,
        b"INCRBYFLOAT" | b"MSETNX" => Mode::Converted,
        // Keys.
        b"DEL" | b"DUMP" | b"EXISTS" | b"EXPIRETIME" | b"OBJECT" | b"PEXPIRETIME" | b"PTTL"
        | b"RANDOMKEY" | b"RENAME" | b"RESTORE" | b"SCAN" | b"SORT" | b"SORT_RO" | b"TOUCH"
        | b"TTL" | b"TYPE" | b"UNLINK" => Mode::Coalesced,
        b"COPY" | b"EXPIRE" | b"EXPIREAT" | b"MOVE" | b"PERSIST" | b"PEXPIRE" | b"PEXPIREAT"
        | b"RENAMENX" => Mode::Converted,
        // The connection, scripts, messages.
        b"ECHO" | b"EVAL" | b"EVALSHA" | b"EVALSHA_RO" | b"EVAL_RO" | b"FCALL" | b"FCALL_RO"
        | b"PING" | b"PUBLISH" | b"SPUBLISH" => Mode::Coalesced,
        // Hashes.
        b"HDEL" | b"HGETDEL" | b"HEXPIRE" | b"HEXPIREAT" | b"HEXPIRETIME" | b"HGET" | b"HGETEX"
        | b"HINCRBY" | b"HKEYS" | b"HLEN" | b"HMGET" | b"HMSET" | b"HPERSIST" | b"HPEXPIRE"
        | b"HPEXPIREAT" | b"HPEXPIRETIME" | b"HPTTL" | b"HSCAN" | b"HSET" | b"HSETEX"
        | b"HSTRLEN" | b"HTTL" | b"HVALS" => Mode::Coalesced,
        b"HEXISTS" | b"HGETALL" | b"HRANDFIELD" => Mode::Converted,
        b"HINCRBYFLOAT" | b"HSETNX" => Mode::Converted,
        // Lists.
        b"LINDEX" | b"LINSERT" | b"LLEN" | b"LMOVE" | b"LMOVEM" | b"LPOP" | b"LPOS" | b"LPUSH"
        | b"LPUSHX" | b"LRANGE" | b"LREM" | b"LSET" | b"LTRIM" | b"RPOP" | b"RPOPLPUSH"
        | b"RPUSH" | b"RPUSHX" => Mode::Coalesced,
        // Sets.
        b"SADD" | b"SCARD" | b"SDIFFSTORE" | b"SINTERCARD" | b"SINTERSTORE" | b"SRANDMEMBER"
        | b"SREM" | b"SSCAN" | b"SUNIONSTORE" => Mode::Coalesced,
        b"SDIFF" | b"SINTER" | b"SISMEMBER" | b"SMEMBERS" | b"SMISMEMBER" | b"SUNION" => {
            Mode::Converted
        }
        b"SMOVE" | b"SPOP" => Mode::Converted,
        // Sorted sets.
        b"ZCARD" | b"ZCOUNT" | b"ZINTERCARD" | b"ZLEXCOUNT" | b"ZRANGEBYLEX" | b"ZRANGEBYSCORE"
        | b"ZRANGESTORE" | b"ZREM" | b"ZREMRANGEBYLEX" | b"ZREMRANGEBYRANK"
        | b"ZREMRANGEBYSCORE" | b"ZREVRANGE" | b"ZREVRANGEBYLEX" | b"ZREVRANGEBYSCORE"
        | b"ZSCAN" => Mode::Coalesced,
        b"ZMSCORE" | b"ZRANDMEMBER" | b"ZRANGE" | b"ZRANK" | b"ZREVRANK" | b"ZSCORE" => {
            Mode::Converted
        }
        b"ZADD" | b"ZINCRBY" | b"ZPOPMAX" | b"ZPOPMIN" => Mode::Converted,
        // Streams.
        b"XACK" | b"XACKDEL" | b"XADD" | b"XCFGSET" | b"XDEL" | b"XDELEX" | b"XLEN" | b"XNACK"
        | b"XPENDING" | b"XTRIM" => Mode::Coalesced,
        b"XRANGE" | b"XREVRANGE" => Mode::Converted,
        // Geo, bitmaps, HyperLogLog.
        b"BITCOUNT" | b"BITFIELD" | b"BITFIELD_RO" | b"BITPOS" | b"GEOADD" | b"GEOHASH"
        | b"GETBIT" | b"PFCOUNT" | b"PFMERGE" | b"SETBIT" => Mode::Coalesced,
        b"GEODIST" | b"GEOPOS" | b"GEOSEARCH" => Mode::Converted,
        b"PFADD" => Mode::Converted,
        // Documents of the JSON modules.
        b"JSON.ARRAPPEND" | b"JSON.ARRINDEX" | b"JSON.ARRINSERT" | b"JSON.ARRLEN"
        | b"JSON.ARRPOP" | b"JSON.ARRTRIM" | b"JSON.CLEAR" | b"JSON.DEL" | b"JSON.FORGET"
        | b"JSON.GET" | b"JSON.MERGE" | b"JSON.MGET" | b"JSON.MSET" | b"JSON.NUMINCRBY"
        | b"JSON.NUMMULTBY" | b"JSON.OBJKEYS" | b"JSON.OBJLEN" | b"JSON.RESP" | b"JSON.SET"
        | b"JSON.STRAPPEND" | b"JSON.STRLEN" | b"JSON.TYPE" => Mode::Coalesced,
        b"JSON.TOGGLE" => Mode::Converted,
        // Filters, sketches and digests of the Bloom modules.
        b"BF.ADD"
        | b"BF.CARD"
        | b"BF.EXISTS"
        | b"BF.INFO"
        | b"BF.INSERT"
        | b"BF.LOADCHUNK"
        | b"BF.MADD"
        | b"BF.MEXISTS"
        | b"BF.RESERVE"
        | b"BF.SCANDUMP"
        | b"CF.ADD"
        | b"CF.ADDNX"
        | b"CF.COUNT"
        | b"CF.DEL"
        | b"CF.EXISTS"
        | b"CF.INFO"
        | b"CF.INSERT"
        | b"CF.INSERTNX"
        | b"CF.LOADCHUNK"
        | b"CF.MEXISTS"
        | b"CF.RESERVE"
        | b"CF.SCANDUMP"
        | b"CMS.INCRBY"
        | b"CMS.INFO"
        | b"CMS.INITBYDIM"
        | b"CMS.INITBYPROB"
        | b"CMS.MERGE"
        | b"CMS.QUERY"
        | b"TDIGEST.ADD"
        | b"TDIGEST.BYRANK"
        | b"TDIGEST.BYREVRANK"
        | b"TDIGEST.CDF"
        | b"TDIGEST.CREATE"
        | b"TDIGEST.INFO"
        | b"TDIGEST.MAX"
        | b"TDIGEST.MERGE"
        | b"TDIGEST.MIN"
        | b"TDIGEST.QUANTILE"
        | b"TDIGEST.RANK"
        | b"TDIGEST.RESET"
        | b"TDIGEST.REVRANK"
        | b"TDIGEST.TRIMMED_MEAN"
        | b"TOPK.ADD"
        | b"TOPK.COUNT"
        | b"TOPK.INCRBY"
        | b"TOPK.INFO"
        | b"TOPK.LIST"
        | b"TOPK.QUERY"
        | b"TOPK.RESERVE" => Mode::Coalesced,
        // Vector sets.
        b"VADD" | b"VCARD" | b"VDIM" | b"VEMB" | b"VGETATTR" | b"VINFO" | b"VISMEMBER"
        | b"VLINKS" | b"VRANDMEMBER" | b"VRANGE" | b"VREM" | b"VSETATTR" | b"VSIM" => {
            Mode::Coalesced
        }
        _ => Mode::Direct,
    }
}
