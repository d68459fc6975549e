package glide

import (
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// FieldExpiry says what became of the expiry of a field of a hash.
type FieldExpiry int64

const (
	// NoSuchField is the answer for a field that does not exist, or whose key
	// does not.
	NoSuchField FieldExpiry = -2
	// NoExpiry is the answer for a field that would not have expired anyway.
	NoExpiry FieldExpiry = -1
	// ConditionNotMet is the answer for a field for which a condition does not
	// hold.
	ConditionNotMet FieldExpiry = 0
	// ExpiryChanged is the answer for a field that now expires, or does not
	// any more, as was asked for.
	ExpiryChanged FieldExpiry = 1
	// FieldDeleted is the answer for a field whose time was not in the future.
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
func countedFields[T any](cmd command[T], fields []string) command[T] {
	if len(fields) == 0 {
		return cmd.Refuse("no fields")
	}
	return cmd.Arg("FIELDS").Integer(int64(len(fields))).Args(fields)
}

// HExpire sets fields of a hash to expire after a duration; the resolution is
// a millisecond, and a shorter positive duration counts as one. It tells for
// each field what became of it: [ExpiryChanged], [FieldDeleted] if the
// duration is 0, [ConditionNotMet] or [NoSuchField]. A negative duration is an
// error. Since Valkey 9.0.
//
// https://valkey.io/commands/hpexpire/
func hExpire(key string, after time.Duration, fields []string, options ...ExpireOption) command[[]FieldExpiry] {
	cmd := newCommand("HPEXPIRE", readFieldExpiries).Key(key).Integer(milliseconds(after))
	return countedFields(appendExpireOptions(cmd, options), fields)
}

// HExpireAt lets fields of a hash expire at a time, to the millisecond by the
// server's clock. It tells for each field what became of it, as
// [Client.HExpire] does: a time in the past deletes it. A time before 1970 is
// an error. Since Valkey 9.0.
//
// https://valkey.io/commands/hpexpireat/
func hExpireAt(key string, at time.Time, fields []string, options ...ExpireOption) command[[]FieldExpiry] {
	cmd := newCommand("HPEXPIREAT", readFieldExpiries).Key(key).Integer(at.UnixMilli())
	return countedFields(appendExpireOptions(cmd, options), fields)
}

// HExpireTime returns the times at which fields of a hash expire, to the
// millisecond and in their order, and tells a field that does not expire from
// one that does not exist. Since Valkey 9.0.
//
// https://valkey.io/commands/hpexpiretime/
func hExpireTime(key string, fields ...string) command[[]Lifetime[time.Time]] {
	return countedFields(newCommand("HPEXPIRETIME", readExpireTimes).Key(key), fields)
}

// HGetDel returns the values of fields of a hash, in their order, and deletes
// the fields. It is nil for a field that did not exist. Since Valkey 9.1.
//
// https://valkey.io/commands/hgetdel/
func hGetDel(key string, fields ...string) command[[]Optional[string]] {
	return countedFields(newCommand("HGETDEL", readOptionalStrings).Key(key), fields)
}

// HGetExOption says what becomes of the expiry of fields that are read:
// [ExpireIn], [ExpireAt] or [Persist].
type HGetExOption interface {
	option
	hGetExOption()
}

// HGetEx returns the values of fields of a hash, in their order, nil for one
// that does not exist, and sets when these fields expire. Without an option
// that stays as it is. Fields that expire at once are given and deleted. It
// counts as a write: replicas do not answer it. Since Valkey 9.0.
//
// https://valkey.io/commands/hgetex/
func hGetEx(key string, fields []string, options ...HGetExOption) command[[]Optional[string]] {
	cmd := appendOptions(newCommand("HGETEX", readOptionalStrings).Key(key), options)
	return countedFields(cmd, fields)
}

// HPersist lets fields of a hash never expire. It tells for each field what
// became of it: [ExpiryChanged], [NoExpiry] if it would not have expired, or
// [NoSuchField]. Since Valkey 9.0.
//
// https://valkey.io/commands/hpersist/
func hPersist(key string, fields ...string) command[[]FieldExpiry] {
	return countedFields(newCommand("HPERSIST", readFieldExpiries).Key(key), fields)
}

// HSetExOption says when fields that are set expire, [ExpireIn], [ExpireAt] or
// [KeepTTL], or on what condition they are set: of the hash, [IfAbsent] or
// [IfPresent], or of the fields, [IfFieldsAbsent] or [IfFieldsPresent].
type HSetExOption interface {
	option
	hSetExOption()
}

// fieldPresence is a condition on whether fields exist.
type fieldPresence string

const (
	// IfFieldsAbsent is the condition that none of the fields exists (FNX).
	IfFieldsAbsent fieldPresence = "FNX"
	// IfFieldsPresent is the condition that all of the fields exist (FXX).
	IfFieldsPresent fieldPresence = "FXX"
)

func (p fieldPresence) appendTo(to *wire.Request) { to.String(string(p)) }
func (fieldPresence) conflictKey() string         { return "condition of the fields" }
func (fieldPresence) hSetExOption()               {}

// HSetEx sets fields of a hash to values and lets all of them expire together;
// without an option they do not expire. It reports whether it did: if a
// condition does not hold, none is set. Fields that expire at once are deleted
// and count as set. Since Valkey 9.0; [IfAbsent] and [IfPresent] since 9.1.
//
// https://valkey.io/commands/hsetex/
func hSetEx(key string, values map[string]string, options ...HSetExOption) command[bool] {
	cmd := appendOptions(newCommand("HSETEX", decode.Bool).Key(key), options)
	return fieldValues(cmd.Arg("FIELDS").Integer(int64(len(values))), values)
}

// HTTL returns the durations after which fields of a hash expire, in
// milliseconds and in their order, and tells a field that does not expire from
// one that does not exist. Since Valkey 9.0.
//
// https://valkey.io/commands/hpttl/
func hTTL(key string, fields ...string) command[[]Lifetime[time.Duration]] {
	return countedFields(newCommand("HPTTL", readTimesToLive).Key(key), fields)
}

var (
	readTimesToLive = decode.Slice(readTimeToLive)
	readExpireTimes = decode.Slice(readExpireTime)
)
