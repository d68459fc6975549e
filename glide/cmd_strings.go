package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Append appends to the value of a key and gives the new length in bytes. A
// key that does not exist counts as empty.
//
// https://valkey.io/commands/append/
func appendValue(key, value string) command[int64] {
	return newCommand("APPEND", decode.Int).Key(key).Arg(value)
}

// Decr takes one from the number that a key holds and gives the result. A key
// that does not exist counts as 0. A value that is no integer, and a result
// below what 64 bits hold, are errors.
//
// https://valkey.io/commands/decr/
func decr(key string) command[int64] { return newCommand("DECR", decode.Int).Key(key) }

// DecrBy is [Client.Decr] by more than one. The smallest int64 cannot be
// taken away.
//
// https://valkey.io/commands/decrby/
func decrBy(key string, decrement int64) command[int64] {
	return newCommand("DECRBY", decode.Int).Key(key).Integer(decrement)
}

// DelIfEq deletes a key if it holds this value and reports whether it did; a
// key that does not exist holds none. So a lock is released by nobody but its
// holder. Since Valkey 9.0.
//
// https://valkey.io/commands/delifeq/
func delIfEq(key, value string) command[bool] {
	return newCommand("DELIFEQ", decode.Bool).Key(key).Arg(value)
}

// Get gives the value of a key; it is nil if the key does not exist. A key
// that holds anything but a string is an error with the code WRONGTYPE.
//
// https://valkey.io/commands/get/
func get(key string) command[Optional[string]] {
	return newCommand("GET", readOptionalString).Key(key)
}

// GetBytes is [Client.Get] for values that are wanted as bytes, which it
// copies no more often than Get does. [View] is the way in.
//
// https://valkey.io/commands/get/
func getBytes(key string) command[Optional[[]byte]] {
	return newCommand("GET", readOptionalBytes).Key(key)
}

// GetInto is [Client.GetBytes] with the memory to use: the value is in the
// buffer's, from its beginning, if the buffer's capacity is enough, and in
// memory of its own otherwise. So a buffer can be used again and again, by one
// call at a time. If the key does not exist, the buffer is as it was.
//
// https://valkey.io/commands/get/
//
//glide:direct the results of a batch are read any number of times
func getInto(key string, buffer []byte) command[Optional[[]byte]] {
	// One function of its own: readOptional would allocate a second one.
	return newCommand("GET", func(r *wire.Reader) (value Optional[[]byte], err error) {
		if r.Nil() {
			return value, nil
		}
		into, err := r.AppendTo(buffer[:0])
		if err != nil {
			return value, err
		}
		return Some(into), nil
	}).Key(key)
}

// GetDel gives the value of a key and deletes the key; it is nil if the key
// did not exist. A key that holds anything but a string stays, with the error
// WRONGTYPE.
//
// https://valkey.io/commands/getdel/
func getDel(key string) command[Optional[string]] {
	return newCommand("GETDEL", readOptionalString).Key(key)
}

// GetExOption says what becomes of the expiry of a key that is read:
// [ExpireIn], [ExpireAt] or [Persist].
type GetExOption interface {
	option
	getExOption()
}

// GetEx gives the value of a key, nil if it does not exist, and sets when the
// key expires. Without an option that stays as it is. It counts as a write:
// replicas do not answer it.
//
// https://valkey.io/commands/getex/
func getEx(key string, options ...GetExOption) command[Optional[string]] {
	return appendOptions(newCommand("GETEX", readOptionalString).Key(key), options)
}

// GetRange gives the bytes of a value from start to end, both included;
// negative ones count from the end, -1 being the last byte. What lies outside
// is left out, and a key that does not exist gives the empty string.
//
// https://valkey.io/commands/getrange/
func getRange(key string, start, end int64) command[string] {
	return newCommand("GETRANGE", decode.String).Key(key).Integer(start).Integer(end)
}

// GetRangeBytes is [Client.GetRange] that gives bytes; where there are none
// they are empty, not nil.
//
// https://valkey.io/commands/getrange/
func getRangeBytes(key string, start, end int64) command[[]byte] {
	return newCommand("GETRANGE", decode.Bytes).Key(key).Integer(start).Integer(end)
}

// Incr adds one to the number that a key holds and gives the result. A key
// that does not exist counts as 0. A value that is no integer, and a result
// above what 64 bits hold, are errors.
//
// https://valkey.io/commands/incr/
func incr(key string) command[int64] { return newCommand("INCR", decode.Int).Key(key) }

// IncrBy is [Client.Incr] by any number.
//
// https://valkey.io/commands/incrby/
func incrBy(key string, increment int64) command[int64] {
	return newCommand("INCRBY", decode.Int).Key(key).Integer(increment)
}

// IncrByFloat adds to the number that a key holds and gives the result. A key
// that does not exist counts as 0. The server stores the result with up to 17
// decimals, more than a float64 may hold. A value that is no number, and a
// result that is infinite or none, are errors.
//
// https://valkey.io/commands/incrbyfloat/
func incrByFloat(key string, increment float64) command[float64] {
	return newCommand("INCRBYFLOAT", decode.Float).Key(key).Float(increment)
}

// MGet gives the values of keys, in their order. It is nil for a key that
// does not exist and for one that holds anything but a string. In a cluster,
// keys of several slots are read by several commands: not at one moment.
//
// https://valkey.io/commands/mget/
func mGet(keys ...string) command[[]Optional[string]] {
	return newCommand("MGET", readOptionalStrings).Keys(keys)
}

// MGetBytes is [Client.MGet] for values that are wanted as bytes.
//
// https://valkey.io/commands/mget/
func mGetBytes(keys ...string) command[[]Optional[[]byte]] {
	return newCommand("MGET", readOptionalByteSlices).Keys(keys)
}

// MSet sets keys to values, whatever they held before; they do not expire. In
// a cluster, keys of several slots are set by several commands: if one fails,
// others may have been done.
//
// https://valkey.io/commands/mset/
func mSet(values map[string]string) command[struct{}] {
	return newCommand("MSET", decode.OK).Pairs(values)
}

// MSetExOption says when keys that are set expire, [ExpireIn], [ExpireAt] or
// [KeepTTL], or on what condition they are set, [IfAbsent] or [IfPresent].
type MSetExOption interface {
	option
	mSetExOption()
}

// MSetEx sets keys to values and lets all of them expire together. It reports
// whether it did: a condition holds for all of the keys or none is set. In a
// cluster they must be of one slot. Since Valkey 9.1.
//
// https://valkey.io/commands/msetex/
func mSetEx(values map[string]string, options ...MSetExOption) command[bool] {
	cmd := newCommand("MSETEX", decode.Bool).Integer(int64(len(values))).Pairs(values)
	return appendOptions(cmd, options)
}

// MSetNX sets keys to values if none of the keys exists, and reports whether
// it did; otherwise none is set. In a cluster they must be of one slot.
//
// https://valkey.io/commands/msetnx/
func mSetNX(values map[string]string) command[bool] {
	return newCommand("MSETNX", decode.Bool).Pairs(values)
}

// SetOption says when a key that is set expires: [ExpireIn], [ExpireAt] or
// [KeepTTL].
type SetOption interface {
	option
	setOption()
}

// Set sets a key to a value, whatever it held before. Unless an option says
// otherwise the key does not expire.
//
// https://valkey.io/commands/set/
func set(key, value string, options ...SetOption) command[struct{}] {
	return appendOptions(newCommand("SET", decode.OK).Key(key).Arg(value), options)
}

// SetCondition is a condition on which a key is set: [IfAbsent], [IfPresent] or
// [IfEqual].
type SetCondition interface {
	option
	setCondition()
}

// Comparison is a condition on what a key holds.
type Comparison struct{ value string }

// IfEqual is the condition that the key holds this value. Since Valkey 8.1.
func IfEqual(value string) Comparison { return Comparison{value} }

func (c Comparison) appendTo(w *engine.Words) {
	w.String("IFEQ")
	w.String(c.value)
}

func (Comparison) decides() string { return "condition" }
func (Comparison) setCondition()   {}
func (Comparison) setGetOption()   {}

// SetIf sets a key to a value if a condition holds, and reports whether it
// did. With [IfEqual], a key that holds anything but a string is an error with
// the code WRONGTYPE.
//
// https://valkey.io/commands/set/
func setIf(key, value string, condition SetCondition, options ...SetOption) command[bool] {
	cmd := newCommand("SET", decode.Done).Key(key).Arg(value)
	return appendOptions(appendOptions(cmd, []SetCondition{condition}), options)
}

// SetGetOption says when a key that is set expires, [ExpireIn], [ExpireAt] or
// [KeepTTL], or on what condition it is set, [IfAbsent], [IfPresent] or [IfEqual].
type SetGetOption interface {
	option
	setGetOption()
}

// SetGet sets a key to a value and gives the one that it held before, nil if
// it did not exist. With a condition it gives that too, and whether the key
// was set follows from it: with [IfAbsent] it was if there was no value, with
// [IfPresent] if there was one, with [IfEqual] if it was the same. If the key held
// anything but a string it is left alone, with the error WRONGTYPE.
//
// https://valkey.io/commands/set/
func setGet(key, value string, options ...SetGetOption) command[Optional[string]] {
	return appendOptions(newCommand("SET", readOptionalString).Key(key).Arg(value).Arg("GET"), options)
}

// SetRange overwrites a value from an offset on and gives its new length, in
// bytes. What is missing before the offset is filled with zero bytes: a large
// offset makes the server allocate as much. A key that does not exist counts
// as empty, and stays absent if there is nothing to write.
//
// https://valkey.io/commands/setrange/
func setRange(key string, offset int64, value string) command[int64] {
	return newCommand("SETRANGE", decode.Int).Key(key).Integer(offset).Arg(value)
}

// StrLen gives the length of a value in bytes, 0 if the key does not exist.
//
// https://valkey.io/commands/strlen/
func strLen(key string) command[int64] { return newCommand("STRLEN", decode.Int).Key(key) }
