package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Append appends value to the value of key and returns its new length in
// bytes. A key that does not exist counts as empty.
//
// https://valkey.io/commands/append/
func appendValue(key, value string) command[int64] {
	return newCommand(named("APPEND").Key(key).Arg(value), decode.Int)
}

// Decr decrements the integer stored at key by one and returns the result. A
// key that does not exist counts as 0. It is an error if the value is not an
// integer or the result does not fit into 64 bits.
//
// https://valkey.io/commands/decr/
func decr(key string) command[int64] { return newCommand(named("DECR").Key(key), decode.Int) }

// DecrBy decrements the integer stored at key by decrement and returns the
// result, like [Client.Decr]. The server refuses the smallest int64 as a
// decrement.
//
// https://valkey.io/commands/decrby/
func decrBy(key string, decrement int64) command[int64] {
	return newCommand(named("DECRBY").Key(key).Integer(decrement), decode.Int)
}

// DelIfEq deletes key if it holds value and reports whether it did. It returns
// false for a key that does not exist. Use it to release a lock only if you
// still hold it. Since Valkey 9.0.
//
// https://valkey.io/commands/delifeq/
func delIfEq(key, value string) command[bool] {
	return newCommand(named("DELIFEQ").Key(key).Arg(value), decode.Bool)
}

// DelEx deletes key if condition holds (IFEQ, IFNE, IFDEQ or IFDNE), and reports
// whether it did. It returns false for a key that does not exist. A key that does
// not hold a string is an error. Since Redis 8.4; Valkey has [Client.DelIfEq].
//
// https://redis.io/docs/latest/commands/delex/
func delEx(key string, condition Comparison) command[bool] {
	cmd := named("DELEX").Key(key)
	if condition.word == "" {
		cmd = cmd.Refuse("no condition")
	}
	return newCommand(cmd.Arg(condition.word).Arg(condition.value), decode.Bool)
}

// Digest returns a digest of the value of key, in hexadecimal, or a nil Optional
// if key does not exist. Values with the same digest are almost certainly equal:
// see [IfDigestEqual]. A key that does not hold a string is an error. Since Redis
// 8.4.
//
// https://redis.io/docs/latest/commands/digest/
func digest(key string) command[Optional[string]] {
	return newCommand(named("DIGEST").Key(key), readOptionalString)
}

// Get returns the value of key, or a nil Optional if key does not exist. A key
// that does not hold a string is an error with the code WRONGTYPE.
//
// https://valkey.io/commands/get/
func get(key string) command[Optional[string]] {
	return newCommand(named("GET").Key(key), readOptionalString)
}

// GetBytes returns the value of key as bytes, like [Client.Get] and with no
// more copies than Get. To send bytes without a copy use [View].
//
// https://valkey.io/commands/get/
func getBytes(key string) command[Optional[[]byte]] {
	return newCommand(named("GET").Key(key), readOptionalBytes)
}

// GetInto returns the value of key as bytes, like [Client.GetBytes], and
// stores it at the beginning of buffer if the buffer's capacity suffices.
// Otherwise it allocates new memory. A buffer can be reused for any number of
// calls, one call at a time. If key does not exist, the buffer is unchanged.
//
// https://valkey.io/commands/get/
//
//glide:direct the results of a batch are read any number of times
func getInto(key string, buffer []byte) command[Optional[[]byte]] {
	// A separate function: readOptional would allocate a second one.
	return newCommand(named("GET").Key(key), func(r *wire.Reader) (value Optional[[]byte], err error) {
		if r.Nil() {
			return value, nil
		}
		into, err := r.AppendTo(buffer[:0])
		if err != nil {
			return value, err
		}
		return Some(into), nil
	})
}

// GetDel returns the value of key and deletes key. It returns a nil Optional
// if key does not exist. A key that does not hold a string stays; the error
// has the code WRONGTYPE.
//
// https://valkey.io/commands/getdel/
func getDel(key string) command[Optional[string]] {
	return newCommand(named("GETDEL").Key(key), readOptionalString)
}

// GetExOption is an option of [Client.GetEx], which sets or removes the expiry
// of the key: [ExpireIn], [ExpireAt] or [Persist].
type GetExOption interface {
	option
	getExOption()
}

// GetEx returns the value of key, or a nil Optional if key does not exist, and
// sets or removes its expiry. Without an option the expiry stays as it is.
// GETEX counts as a write: replicas do not serve it.
//
// https://valkey.io/commands/getex/
func getEx(key string, options ...GetExOption) command[Optional[string]] {
	return newCommand(appendOptions(named("GETEX").Key(key), options), readOptionalString)
}

// GetRange returns the bytes of the value of key from start to end, both
// included. Negative indexes count from the end: -1 is the last byte. Indexes
// out of range are limited to the value. A key that does not exist returns the
// empty string.
//
// https://valkey.io/commands/getrange/
func getRange(key string, start, end int64) command[string] {
	return newCommand(named("GETRANGE").Key(key).Integer(start).Integer(end), decode.String)
}

// GetRangeBytes returns the bytes of the value of key from start to end, like
// [Client.GetRange]. An empty range returns an empty slice, never nil.
//
// https://valkey.io/commands/getrange/
func getRangeBytes(key string, start, end int64) command[[]byte] {
	return newCommand(named("GETRANGE").Key(key).Integer(start).Integer(end), decode.Bytes)
}

// Incr increments the integer stored at key by one and returns the result. A
// key that does not exist counts as 0. It is an error if the value is not an
// integer or the result does not fit into 64 bits.
//
// https://valkey.io/commands/incr/
func incr(key string) command[int64] { return newCommand(named("INCR").Key(key), decode.Int) }

// IncrBy increments the integer stored at key by increment and returns the
// result. Otherwise it is like [Client.Incr].
//
// https://valkey.io/commands/incrby/
func incrBy(key string, increment int64) command[int64] {
	return newCommand(named("INCRBY").Key(key).Integer(increment), decode.Int)
}

// IncrByFloat increments the number stored at key by increment and returns the
// result. A key that does not exist counts as 0. The server stores the result
// with up to 17 decimals, more than a float64 holds. It is an error if the
// value is not a number, or if the result is infinite or not a number.
//
// https://valkey.io/commands/incrbyfloat/
func incrByFloat(key string, increment float64) command[float64] {
	return newCommand(named("INCRBYFLOAT").Key(key).Float(increment), decode.Float)
}

// MGet returns the values of keys, in their order, with a nil Optional for a
// key that does not exist or does not hold a string. In a cluster, keys of
// several slots are read by several commands, so not atomically.
//
// https://valkey.io/commands/mget/
func mGet(keys ...string) command[[]Optional[string]] {
	return newCommand(named("MGET").Keys(keys), readOptionalStrings)
}

// MGetBytes returns the values of keys as bytes, like [Client.MGet].
//
// https://valkey.io/commands/mget/
func mGetBytes(keys ...string) command[[]Optional[[]byte]] {
	return newCommand(named("MGET").Keys(keys), readOptionalByteSlices)
}

// MSet sets keys to values, replacing previous values and removing the expiry
// of the keys. In a cluster, keys of several slots are set by several commands:
// if one fails, others may have succeeded.
//
// https://valkey.io/commands/mset/
func mSet(values map[string]string) command[struct{}] {
	return newCommand(named("MSET").Pairs(values), decode.OK)
}

// MSetExOption is an option of [Client.MSetEx]: it sets the expiry of the keys,
// [ExpireIn], [ExpireAt] or [KeepTTL], or is the condition on which they are
// set, [IfAbsent] (NX) or [IfPresent] (XX).
type MSetExOption interface {
	option
	mSetExOption()
}

// MSetEx sets keys to values with a common expiry. It reports whether it set
// them: the condition must hold for all keys, otherwise it sets none. In a
// cluster all keys must belong to one slot. Since Valkey 9.1 and Redis
// 8.4.
//
// https://valkey.io/commands/msetex/
func mSetEx(values map[string]string, options ...MSetExOption) command[bool] {
	cmd := named("MSETEX").Integer(int64(len(values))).Pairs(values)
	return newCommand(appendOptions(cmd, options), decode.Bool)
}

// MSetNX sets keys to values if none of the keys exists, and reports whether
// it did. In a cluster all keys must belong to one slot.
//
// https://valkey.io/commands/msetnx/
func mSetNX(values map[string]string) command[bool] {
	return newCommand(named("MSETNX").Pairs(values), decode.Bool)
}

// SetOption is an option of [Client.Set] and [Client.SetIf], which sets the
// expiry of the key: [ExpireIn], [ExpireAt] or [KeepTTL].
type SetOption interface {
	option
	setOption()
}

// Set sets key to value, replacing any previous value. The key does not expire
// unless an option says so. To set it only on a condition (NX, XX, IFEQ) use
// [Client.SetIf].
//
// https://valkey.io/commands/set/
func set(key, value string, options ...SetOption) command[struct{}] {
	return newCommand(appendOptions(named("SET").Key(key).Arg(value), options), decode.OK)
}

// SetCondition is the condition on which [Client.SetIf] sets a key: [IfAbsent]
// (NX), [IfPresent] (XX), or a [Comparison] such as [IfEqual] (IFEQ).
type SetCondition interface {
	option
	setCondition()
}

// Comparison is the condition that a key has a certain value, or another one:
// the result of [IfEqual], [IfNotEqual], [IfDigestEqual] or [IfDigestNotEqual].
// It is an argument of [Client.SetIf] and [Client.DelEx], and an option of
// [Client.SetGet].
type Comparison struct{ word, value string }

// IfEqual (IFEQ) is the condition that the key holds value. A key that does not
// exist does not. Since Valkey 8.1 and Redis 8.4.
func IfEqual(value string) Comparison { return Comparison{"IFEQ", value} }

// IfNotEqual (IFNE) is the condition that the key holds another value. SET takes
// a key that does not exist for one, DELEX does not. Since Redis 8.4.
func IfNotEqual(value string) Comparison { return Comparison{"IFNE", value} }

// IfDigestEqual (IFDEQ) is the condition that the key holds a value with this
// digest, which [Client.Digest] returns. Since Redis 8.4.
func IfDigestEqual(digest string) Comparison { return Comparison{"IFDEQ", digest} }

// IfDigestNotEqual (IFDNE) is the condition that the key holds a value with
// another digest than this, which [Client.Digest] returns. SET takes a key that
// does not exist for one, DELEX does not. Since Redis 8.4.
func IfDigestNotEqual(digest string) Comparison { return Comparison{"IFDNE", digest} }

func (c Comparison) appendTo(to *wire.Request) {
	to.String(c.word)
	to.String(c.value)
}

func (Comparison) conflictKey() string { return "condition" }
func (Comparison) setCondition()       {}
func (Comparison) setGetOption()       {}

// SetIf sets key to value if condition holds (NX, XX, IFEQ, IFNE, IFDEQ or
// IFDNE), and reports whether it did. With a [Comparison], a key that does not
// hold a string is an error with the code WRONGTYPE.
//
// https://valkey.io/commands/set/
func setIf(key, value string, condition SetCondition, options ...SetOption) command[bool] {
	cmd := named("SET").Key(key).Arg(value)
	return newCommand(appendOptions(appendOptions(cmd, []SetCondition{condition}), options), decode.Done)
}

// SetGetOption is an option of [Client.SetGet]: it sets the expiry of the key,
// [ExpireIn], [ExpireAt] or [KeepTTL], or is the condition on which it is set,
// [IfAbsent], [IfPresent] or a [Comparison] such as [IfEqual].
type SetGetOption interface {
	option
	setGetOption()
}

// SetGet sets key to value and returns its old value (SET with GET), or a nil
// Optional if key did not exist. With a condition it returns the old value
// whether or not the condition held, and the old value shows which: with
// [IfAbsent] the key was set if there was none, with [IfPresent] if there was
// one, with [IfEqual] if it was equal. If key does not hold a string it is not
// set; the error has the code WRONGTYPE.
//
// https://valkey.io/commands/set/
func setGet(key, value string, options ...SetGetOption) command[Optional[string]] {
	return newCommand(appendOptions(named("SET").Key(key).Arg(value).Arg("GET"), options), readOptionalString)
}

// SetRange overwrites the value of key from offset on and returns its new
// length in bytes. It fills a gap before offset with zero bytes, so a large
// offset makes the server allocate as much memory. A key that does not exist
// counts as empty, and is not created if value is empty.
//
// https://valkey.io/commands/setrange/
func setRange(key string, offset int64, value string) command[int64] {
	return newCommand(named("SETRANGE").Key(key).Integer(offset).Arg(value), decode.Int)
}

// StrLen returns the length of the value of key in bytes, or 0 if key does not
// exist.
//
// https://valkey.io/commands/strlen/
func strLen(key string) command[int64] { return newCommand(named("STRLEN").Key(key), decode.Int) }
