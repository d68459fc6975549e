package glide

import (
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// FieldExpiry is the result of changing the expiry of a field of a hash.
type FieldExpiry int64

const (
	// NoSuchField is the result for a field that does not exist.
	NoSuchField FieldExpiry = -2
	// NoExpiry is the result for a field that had no expiry.
	NoExpiry FieldExpiry = -1
	// ConditionNotMet is the result for a field for which a condition did not
	// hold.
	ConditionNotMet FieldExpiry = 0
	// ExpiryChanged is the result for a field whose expiry was set or removed.
	ExpiryChanged FieldExpiry = 1
	// FieldDeleted is the result for a field that was deleted because its time
	// was not in the future.
	FieldDeleted FieldExpiry = 2
)

func (e FieldExpiry) String() string {
	names := [...]string{"no such field", "no expiry", "condition not met", "expiry changed", "field deleted"}
	if i := int64(e - NoSuchField); i >= 0 && i < int64(len(names)) {
		return names[i]
	}
	return fmt.Sprintf("field expiry %d", int64(e))
}

var readFieldExpiries = decode.Slice(func(r *wire.Reader) (FieldExpiry, error) {
	n, err := r.Int()
	return FieldExpiry(n), err
})

// countedFields appends the word FIELDS, the number of fields and the fields,
// of which there must be some.
func countedFields(cmd arguments, fields []string) arguments {
	if len(fields) == 0 {
		return cmd.Refuse("no fields")
	}
	return cmd.Arg("FIELDS").Integer(int64(len(fields))).Args(fields)
}

// HExpire sets fields of a hash to expire after a duration, with a resolution
// of a millisecond; a shorter positive duration counts as one. It returns a
// result for each field: [ExpiryChanged], [FieldDeleted] if the duration is 0,
// [ConditionNotMet] or [NoSuchField]. A negative duration is an error. Since
// Valkey 9.0.
//
// https://valkey.io/commands/hpexpire/
func hExpire(key string, after time.Duration, fields []string, options ...ExpireOption) command[[]FieldExpiry] {
	cmd := named("HPEXPIRE").Key(key).Integer(milliseconds(after))
	return newCommand(countedFields(appendExpireOptions(cmd, options), fields), readFieldExpiries)
}

// HExpireAt sets fields of a hash to expire at a time, by the server's clock
// and with a resolution of a millisecond. It returns a result for each field,
// like [Client.HExpire]; a time in the past deletes the field. A time before
// 1970 is an error. Since Valkey 9.0.
//
// https://valkey.io/commands/hpexpireat/
func hExpireAt(key string, at time.Time, fields []string, options ...ExpireOption) command[[]FieldExpiry] {
	cmd := named("HPEXPIREAT").Key(key).Integer(at.UnixMilli())
	return newCommand(countedFields(appendExpireOptions(cmd, options), fields), readFieldExpiries)
}

// HExpireTime returns the times at which fields of a hash expire, in the order
// of fields and with a resolution of a millisecond. Each [Lifetime] also
// reports whether the field exists and whether it expires. If key does not
// exist, no field exists. Since Valkey 9.0.
//
// https://valkey.io/commands/hpexpiretime/
func hExpireTime(key string, fields ...string) command[[]Lifetime[time.Time]] {
	return newCommand(countedFields(named("HPEXPIRETIME").Key(key), fields), readExpireTimes)
}

// HGetDel returns the values of fields of a hash, in their order, and deletes
// the fields. It returns a nil Optional for a field that did not exist. Since
// Valkey 9.1.
//
// https://valkey.io/commands/hgetdel/
func hGetDel(key string, fields ...string) command[[]Optional[string]] {
	return newCommand(countedFields(named("HGETDEL").Key(key), fields), readOptionalStrings)
}

// HGetExOption is an option of [Client.HGetEx], which sets or removes the
// expiry of the fields: [ExpireIn], [ExpireAt] or [Persist].
type HGetExOption interface {
	option
	hGetExOption()
}

// HGetEx returns the values of fields of a hash, in their order, with a nil
// Optional for a field that does not exist, and sets or removes their expiry.
// Without an option the expiry stays as it is. Fields that expire at once are
// returned and deleted. HGETEX counts as a write: replicas do not serve it.
// Since Valkey 9.0.
//
// https://valkey.io/commands/hgetex/
func hGetEx(key string, fields []string, options ...HGetExOption) command[[]Optional[string]] {
	cmd := appendOptions(named("HGETEX").Key(key), options)
	return newCommand(countedFields(cmd, fields), readOptionalStrings)
}

// HPersist removes the expiry of fields of a hash and returns a result for
// each: [ExpiryChanged], [NoExpiry] or [NoSuchField]. Since Valkey 9.0.
//
// https://valkey.io/commands/hpersist/
func hPersist(key string, fields ...string) command[[]FieldExpiry] {
	return newCommand(countedFields(named("HPERSIST").Key(key), fields), readFieldExpiries)
}

// HSetExOption is an option of [Client.HSetEx]: it sets the expiry of the
// fields, [ExpireIn], [ExpireAt] or [KeepTTL], or is a condition on the hash,
// [IfAbsent] or [IfPresent], or on the fields, [IfFieldsAbsent] or
// [IfFieldsPresent].
type HSetExOption interface {
	option
	hSetExOption()
}

// fieldPresence is a condition on whether fields exist.
type fieldPresence string

const (
	// IfFieldsAbsent (FNX) is the condition that none of the fields exists.
	IfFieldsAbsent fieldPresence = "FNX"
	// IfFieldsPresent (FXX) is the condition that all of the fields exist.
	IfFieldsPresent fieldPresence = "FXX"
)

func (p fieldPresence) appendTo(to *wire.Request) { to.String(string(p)) }
func (fieldPresence) conflictKey() string         { return "condition of the fields" }
func (fieldPresence) hSetExOption()               {}

// HSetEx sets fields of a hash to values with a common expiry, and reports
// whether it did: if a condition does not hold, it sets none. Without an option
// the fields do not expire. Fields that expire at once are deleted and count as
// set. Since Valkey 9.0; [IfAbsent] and [IfPresent] since 9.1.
//
// https://valkey.io/commands/hsetex/
func hSetEx(key string, values map[string]string, options ...HSetExOption) command[bool] {
	cmd := appendOptions(named("HSETEX").Key(key), options)
	return newCommand(fieldValues(cmd.Arg("FIELDS").Integer(int64(len(values))), values), decode.Bool)
}

// HTTL returns the durations after which fields of a hash expire, in the order
// of fields and with a resolution of a millisecond. Each [Lifetime] also
// reports whether the field exists and whether it expires. If key does not
// exist, no field exists. Since Valkey 9.0.
//
// https://valkey.io/commands/hpttl/
func hTTL(key string, fields ...string) command[[]Lifetime[time.Duration]] {
	return newCommand(countedFields(named("HPTTL").Key(key), fields), readTimesToLive)
}

var (
	readTimesToLive = decode.Slice(readTimeToLive)
	readExpireTimes = decode.Slice(readExpireTime)
)
