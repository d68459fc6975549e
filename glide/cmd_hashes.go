package glide

import (
	"context"
	"iter"
	"math"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// HDel deletes fields of a hash and returns how many of them existed. A hash
// without fields is deleted. A key that does not exist counts as an empty hash.
//
// https://valkey.io/commands/hdel/
func hDel(key string, fields ...string) command[int64] {
	return newCommand(named("HDEL").Key(key).NonEmpty("fields", fields), decode.Int)
}

// HExists reports whether a field of a hash exists. It returns false if key
// does not exist.
//
// https://valkey.io/commands/hexists/
func hExists(key, field string) command[bool] {
	return newCommand(named("HEXISTS").Key(key).Arg(field), decode.Bool)
}

// HGet returns the value of a field of a hash, or a nil Optional if the field
// or key does not exist.
//
// https://valkey.io/commands/hget/
func hGet(key, field string) command[Optional[string]] {
	return newCommand(named("HGET").Key(key).Arg(field), readOptionalString)
}

// HGetAll returns the fields of a hash and their values, or an empty map if key
// does not exist. It blocks the server while it collects a large hash;
// [Client.HashFields] iterates in small steps instead.
//
// https://valkey.io/commands/hgetall/
func hGetAll(key string) command[map[string]string] {
	return newCommand(named("HGETALL").Key(key), decode.Map(decode.String))
}

// HIncrBy increments the integer in a field of a hash by increment and returns
// the result. A field or key that does not exist counts as 0. It is an error if
// the value is not an integer or the result does not fit into 64 bits.
//
// https://valkey.io/commands/hincrby/
func hIncrBy(key, field string, increment int64) command[int64] {
	return newCommand(named("HINCRBY").Key(key).Arg(field).Integer(increment), decode.Int)
}

// HIncrByFloat increments the number in a field of a hash by increment and
// returns the result. A field or key that does not exist counts as 0. The
// server stores the result with up to 17 decimals, more than a float64 holds.
// It is an error if the value is not a number or the result is infinite.
//
// https://valkey.io/commands/hincrbyfloat/
func hIncrByFloat(key, field string, increment float64) command[float64] {
	cmd := named("HINCRBYFLOAT").Key(key).Arg(field).Float(increment)
	if math.IsNaN(increment) || math.IsInf(increment, 0) {
		cmd = cmd.Refuse("an increment that is not finite")
	}
	return newCommand(cmd, decode.Float)
}

// HKeys returns the names of the fields of a hash, in no order, or none if key
// does not exist. It blocks the server while it collects a large hash;
// [Client.HashFieldNames] iterates in small steps instead.
//
// https://valkey.io/commands/hkeys/
func hKeys(key string) command[[]string] { return newCommand(named("HKEYS").Key(key), decode.Strings) }

// HLen returns the number of fields of a hash, or 0 if key does not exist.
// Expired fields may count until the server deletes them.
//
// https://valkey.io/commands/hlen/
func hLen(key string) command[int64] { return newCommand(named("HLEN").Key(key), decode.Int) }

// HMGet returns the values of fields of a hash, in the order of fields, with a
// nil Optional for a field that does not exist. If key does not exist, all are
// nil.
//
// https://valkey.io/commands/hmget/
func hMGet(key string, fields ...string) command[[]Optional[string]] {
	return newCommand(named("HMGET").Key(key).NonEmpty("fields", fields), readOptionalStrings)
}

// Field is a field of a hash, or of an entry of a stream, and its value. In an
// entry of a stream, several fields may have the same name.
type Field struct{ Name, Value string }

// NewField returns a field.
func NewField(name, value string) Field { return Field{name, value} }

// HRandField returns the name of a random field of a hash, or a nil Optional if
// key does not exist.
//
// https://valkey.io/commands/hrandfield/
func hRandField(key string) command[Optional[string]] {
	return newCommand(named("HRANDFIELD").Key(key), readOptionalString)
}

// HRandFieldCount returns the names of random fields of a hash: at most count
// different fields, or exactly -count fields, possibly with repetitions, if
// count is negative. It returns no fields if key does not exist.
//
// https://valkey.io/commands/hrandfield/
func hRandFieldCount(key string, count int64) command[[]string] {
	return newCommand(named("HRANDFIELD").Key(key).Integer(count), decode.Strings)
}

// HRandFieldWithValues returns random fields of a hash with their values
// (WITHVALUES), like [Client.HRandFieldCount].
//
// https://valkey.io/commands/hrandfield/
func hRandFieldWithValues(key string, count int64) command[[]Field] {
	return newCommand(named("HRANDFIELD").Key(key).Integer(count).Arg("WITHVALUES"), readHashFields)
}

var readHashFields = decode.Pairs(readField)

// readField reads a name and a value.
func readField(r *wire.Reader) (field Field, err error) {
	if field.Name, err = r.String(); err == nil {
		field.Value, err = r.String()
	}
	return field, err
}

// HScanOption is an option of [Client.HScan], [Client.HScanNoValues],
// [Client.HashFields] and [Client.HashFieldNames]: it filters the fields,
// [Match], or sets the size of a page, [Count].
type HScanOption interface {
	option
	hScanOption()
}

var readFieldsPage = readScanPage(readHashFields)

// HScan returns a page of the fields of a hash and their values, and the
// cursor of the next page; begin with [ScanStart]. Fields that exist during
// the whole scan are returned at least once, possibly more often; those that
// are added or removed meanwhile may be returned. A small hash is returned in
// one page regardless of [Count]. A cursor is valid only at the server that
// returned it; see [Client.Scan]. [Client.HashFields] iterates over all pages.
//
// https://valkey.io/commands/hscan/
func hScan(key, cursor string, options ...HScanOption) command[ScanPage[Field]] {
	return newCommand(appendOptions(named("HSCAN").Key(key).Arg(cursor), options), readFieldsPage)
}

// HScanNoValues is like [Client.HScan], but returns only the names of fields.
// Since Valkey 8.0.
//
// https://valkey.io/commands/hscan/
func hScanNoValues(key, cursor string, options ...HScanOption) command[ScanPage[string]] {
	cmd := appendOptions(named("HSCAN").Key(key).Arg(cursor), options)
	return newCommand(cmd.Arg("NOVALUES"), readKeysPage)
}

// HashFields returns an iterator over the fields of a hash and their values,
// in no order. It calls [Client.HScan] for each page, as [Client.AllKeys]
// calls [Client.Scan].
//
// https://valkey.io/commands/hscan/
func (c commands) HashFields(ctx context.Context, key string, options ...HScanOption) iter.Seq2[Field, error] {
	return pages(func(cursor string) (ScanPage[Field], error) { return c.HScan(ctx, key, cursor, options...) })
}

// HashFieldNames is like [Client.HashFields], but returns only the names.
// Since Valkey 8.0.
//
// https://valkey.io/commands/hscan/
func (c commands) HashFieldNames(ctx context.Context, key string, options ...HScanOption) iter.Seq2[string, error] {
	return pages(func(cursor string) (ScanPage[string], error) { return c.HScanNoValues(ctx, key, cursor, options...) })
}

// HSet sets fields of a hash to values, replacing their values and removing
// their expiry, and returns how many of them are new. A key that does not exist
// is created.
//
// https://valkey.io/commands/hset/
func hSet(key string, values map[string]string) command[int64] {
	return newCommand(fieldValues(named("HSET").Key(key), values), decode.Int)
}

// fieldValues appends fields and their values, of which there must be some.
// Their order is the map's: none.
func fieldValues(cmd arguments, values map[string]string) arguments {
	if len(values) == 0 {
		return cmd.Refuse("no fields")
	}
	for field, value := range values {
		cmd = cmd.Arg(field).Arg(value)
	}
	return cmd
}

// HSetNX sets a field of a hash to value if the field does not exist, and
// reports whether it did. A key that does not exist is created.
//
// https://valkey.io/commands/hsetnx/
func hSetNX(key, field, value string) command[bool] {
	return newCommand(named("HSETNX").Key(key).Arg(field).Arg(value), decode.Bool)
}

// HStrLen returns the length in bytes of the value of a field of a hash, or 0
// if the field or key does not exist.
//
// https://valkey.io/commands/hstrlen/
func hStrLen(key, field string) command[int64] {
	return newCommand(named("HSTRLEN").Key(key).Arg(field), decode.Int)
}

// HVals returns the values of the fields of a hash, in no order, or none if key
// does not exist. It blocks the server while it collects a large hash;
// [Client.HashFields] iterates in small steps instead.
//
// https://valkey.io/commands/hvals/
func hVals(key string) command[[]string] { return newCommand(named("HVALS").Key(key), decode.Strings) }
