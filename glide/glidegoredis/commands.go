package glidegoredis

import (
	"strings"

	"github.com/valkey-glide/go/glide/internal/wire"
)

// A spec is what has to be known of a command to run it for a connection.
type spec struct {
	// name is empty for a command that is not listed: it is sent as it is.
	name string
	// handle runs it here, or refuses it, if it is about the connection.
	handle func(c *conn, r *request) error
	// queues is whether it can be queued in a transaction nevertheless.
	queues bool
	// blocks reports whether it waits on the server, by its words.
	blocks func(r *request) bool
	shape  shape
	// shapedFrom is how many words a command has at least whose reply has the shape.
	shapedFrom int
	// keys says where its keys are; see keysOf.
	keys keys
}

// keys says where the keys of a command are.
type keys uint8

const (
	keyFirst  keys = iota // its second word is a key
	keyNone               // it has none
	keySecond             // its third word is
	keysThird             // its fourth word is their number, which they follow
	keysSecond
	keysFirst
	keysStreams // the first half of what follows STREAMS
	keysAll     // all words after the name
)

// A command without a spec is sent as it is.
var unknown = &spec{}

// specs are the commands that are listed, by their names in upper case.
var specs = map[string]*spec{}

// longestName is the longest of these names.
var longestName int

// specOf returns what is known of a command by its name, in any case.
func specOf(name []byte) *spec {
	if len(name) > longestName {
		return unknown
	}
	var upper [32]byte
	for i, b := range name {
		if b >= 'a' && b <= 'z' {
			b -= 'a' - 'A'
		}
		upper[i] = b
	}
	if spec := specs[string(upper[:len(name)])]; spec != nil {
		return spec
	}
	return unknown
}

// common are the commands without anything special whose names are met most often:
// listed, their names cost no memory.
const common = `APPEND DECR DECRBY DEL EXISTS EXPIRE EXPIREAT GET GETDEL GETEX GETRANGE GETSET HDEL HEXISTS HGET HGETALL
	HINCRBY HKEYS HLEN HMGET HMSET HSCAN HSET HSETNX HVALS INCR INCRBY INCRBYFLOAT LINDEX LLEN LMOVE LPUSH LRANGE LREM LTRIM
	MGET MSET PERSIST PEXPIRE PEXPIREAT PFADD PFCOUNT PSETEX PTTL RENAME RPOPLPUSH RPUSH SADD SCARD SDIFF SET SETEX SETNX
	SINTER SISMEMBER SMEMBERS SPOP SRANDMEMBER SREM SSCAN STRLEN SUNION TTL TYPE UNLINK XACK XADD XDEL XLEN XRANGE XTRIM ZADD
	ZCARD ZCOUNT ZINCRBY ZREM ZREMRANGEBYRANK ZREMRANGEBYSCORE ZSCAN ZSCORE`

// withoutKeys are commands whose second word is no key.
const withoutKeys = `ACL BGREWRITEAOF BGSAVE CLUSTER COMMAND COMMANDLOG CONFIG DBSIZE DEBUG ECHO FAILOVER FLUSHALL FLUSHDB
	FUNCTION INFO KEYS LASTSAVE LATENCY LOLWUT MEMORY MODULE PING PUBLISH PUBSUB RANDOMKEY REPLICAOF ROLE SAVE SCRIPT
	SHUTDOWN SLAVEOF SLOWLOG SWAPDB TIME`

// keysAt are commands with keys in other places than the second word.
var keysAt = map[keys]string{
	keySecond:  "BITOP OBJECT XGROUP XINFO",
	keysThird:  "BLMPOP BZMPOP EVAL EVALSHA EVALSHA_RO EVAL_RO FCALL FCALL_RO",
	keysSecond: "LMPOP SINTERCARD ZDIFF ZINTER ZINTERCARD ZMPOP ZUNION",
	keysFirst:  "ZDIFFSTORE ZINTERSTORE ZUNIONSTORE",
}

// alwaysBlock are commands that wait on the server.
const alwaysBlock = "BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN WAITAOF"

// refused are commands that cannot work, and why.
var refused = map[string]string{
	"MONITOR":   "MONITOR needs a connection of its own to a server: use go-redis with an address",
	"PSYNC":     "replication needs a connection of its own to a server",
	"REPLCONF":  "replication needs a connection of its own to a server",
	"SYNC":      "replication needs a connection of its own to a server",
	"ASKING":    "redirects are followed by the glide client",
	"READONLY":  "reads from replicas are configured by ReadFrom of the glide client",
	"READWRITE": "reads from replicas are configured by ReadFrom of the glide client",
}

func init() {
	of := func(name string) *spec {
		if specs[name] == nil {
			specs[name] = &spec{name: name}
			longestName = max(longestName, len(name))
		}
		return specs[name]
	}
	for name := range strings.FieldsSeq(common) {
		of(name)
	}
	for name := range strings.FieldsSeq(withoutKeys) {
		of(name).keys = keyNone
	}
	for keys, names := range keysAt {
		for name := range strings.FieldsSeq(names) {
			of(name).keys = keys
		}
	}
	for name := range strings.FieldsSeq(alwaysBlock) {
		of(name).blocks = func(*request) bool { return true }
	}
	for shape, names := range shapes {
		for _, name := range names {
			of(name).shape = shape
		}
	}
	for name, words := range nullArrayFrom {
		s := of(name)
		s.shape, s.shapedFrom = shapeNullArray, words
	}
	for _, name := range []string{"XREAD", "XREADGROUP"} {
		of(name).keys, of(name).blocks = keysStreams, hasBlock
	}
	for name, why := range refused {
		of(name).handle = func(*conn, *request) error { return replyError{"ERR", why} }
	}
	for name, handle := range handlers() {
		of(name).handle, of(name).keys = handle, keyNone
	}
	of("WATCH").keys = keysAll
	of("SCAN").queues = true
	of("WAIT").queues = true
}

// hasBlock reports whether XREAD or XREADGROUP has the option BLOCK. The names of
// the group and the consumer may be any words.
func hasBlock(r *request) bool {
	from := 1
	if r.spec.name == "XREADGROUP" {
		from = 4
	}
	at := 0
	for word := range r.Arguments() {
		if at++; at <= from {
			continue
		}
		if is(word, "STREAMS") {
			return false
		}
		if is(word, "BLOCK") {
			return true
		}
	}
	return false
}

// is reports whether a word is a keyword, in any case.
func is(word []byte, keyword string) bool {
	return len(word) == len(keyword) && strings.EqualFold(string(word), keyword)
}

// shapeOf returns the shape of the reply to a request.
func (r *request) shapeOf() shape {
	if r.words < r.spec.shapedFrom {
		return shapeUsual
	}
	return r.spec.shape
}

// blocks reports whether a request waits on the server.
func (r *request) blocks() bool { return r.spec.blocks != nil && r.spec.blocks(r) }

// word returns one of the request's words; the first is its name.
func (r *request) word(at int) []byte {
	for word := range r.Arguments() {
		if at == 0 {
			return word
		}
		at--
	}
	return nil
}

// arguments returns copies of the words after the name.
func (r *request) arguments() (words []string) {
	first := true
	for word := range r.Arguments() {
		if !first {
			words = append(words, string(word))
		}
		first = false
	}
	return words
}

// keysOf visits the keys of a request, as far as it is known where they are.
func (r *request) keysOf(visit func(key []byte) bool) {
	first, counted := 1, -1
	switch r.spec.keys {
	case keyNone:
		return
	case keyFirst:
	case keySecond:
		first = 2
	case keysThird:
		first, counted = 3, 2
	case keysSecond:
		first, counted = 2, 1
	case keysFirst:
		if !visit(r.word(1)) {
			return
		}
		first, counted = 3, 2
	case keysAll:
		for at := 1; at < r.words; at++ {
			if !visit(r.word(at)) {
				return
			}
		}
		return
	case keysStreams:
		r.streams(visit)
		return
	}
	count, at := 1, 0
	for word := range r.Arguments() {
		if at == counted {
			count, _ = number(word)
		}
		if at >= first && at < first+count && !visit(word) {
			return
		}
		at++
	}
}

// streams visits the names after the word STREAMS, which as many ids follow. The
// names of a group and a consumer come before, and may be any words.
func (r *request) streams(visit func(key []byte) bool) {
	from := 1
	if r.spec.name == "XREADGROUP" {
		from = 4
	}
	at, begin := 0, -1
	for word := range r.Arguments() {
		switch {
		case begin < 0 && at >= from && is(word, "STREAMS"):
			begin = at + 1
		case begin > 0 && at < begin+(r.words-begin)/2 && !visit(word):
			return
		}
		at++
	}
}

// newRequest returns a request that this package makes.
func newRequest(name string, words ...string) request {
	r := request{Request: wire.NewRawRequest(name), spec: specOf([]byte(name)), words: 1 + len(words)}
	for _, word := range words {
		r.String(word)
	}
	return r
}
