package glide

import (
	"slices"
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/definition"
	"github.com/valkey-glide/go/glide/internal/engine"
)

// ExpireOption is a condition on which an expiry is set: [IfPersistent],
// [IfExpiring], [IfLater] or [IfSooner]. Since version 7.0.
type ExpireOption interface {
	option
	expireOption()
}

// expireCondition is a condition on when a key expires already.
type expireCondition string

const (
	// IfPersistent sets an expiry only where there is none. It excludes the
	// other conditions.
	IfPersistent expireCondition = "NX"
	// IfExpiring sets an expiry only where there is one.
	IfExpiring expireCondition = "XX"
	// IfLater sets an expiry only if it is later than the one there is. None
	// counts as later than any: there it sets nothing.
	IfLater expireCondition = "GT"
	// IfSooner sets an expiry only if it is sooner than the one there is, or
	// if there is none.
	IfSooner expireCondition = "LT"
)

func (e expireCondition) appendTo(w *engine.Words) { w.String(string(e)) }

func (e expireCondition) decides() string {
	if e == IfLater || e == IfSooner {
		return "comparison"
	}
	return "condition"
}

func (expireCondition) expireOption() {}

// appendExpireOptions appends the conditions of a command that sets an expiry.
func appendExpireOptions[T any](cmd command[T], options []ExpireOption) command[T] {
	cmd = appendOptions(cmd, options)
	if len(options) > 1 && slices.Contains(options, ExpireOption(IfPersistent)) {
		cmd = cmd.Refuse("IfPersistent excludes other conditions")
	}
	return cmd
}

// Expire lets a key expire after a duration, in milliseconds: anything
// shorter counts as one. It reports whether it did: not if the key does not
// exist or a condition does not hold. A duration that is not positive deletes
// the key.
//
// https://valkey.io/commands/pexpire/
func expire(key string, after time.Duration, options ...ExpireOption) command[bool] {
	cmd := newCommand("PEXPIRE", decode.Bool).Key(key).Integer(definition.Milliseconds(after))
	return appendExpireOptions(cmd, options)
}

// ExpireAt lets a key expire at a time, to the millisecond by the server's
// clock. It reports whether it did: not if the key does not exist or a
// condition does not hold. A time in the past deletes the key.
//
// https://valkey.io/commands/pexpireat/
func expireAt(key string, at time.Time, options ...ExpireOption) command[bool] {
	cmd := newCommand("PEXPIREAT", decode.Bool).Key(key).Integer(at.UnixMilli())
	return appendExpireOptions(cmd, options)
}

// ExpireTime gives the time at which a key expires, to the millisecond, and
// tells a key that does not expire from one that does not exist. Since
// version 7.0.
//
// https://valkey.io/commands/pexpiretime/
func expireTime(key string) command[Lifetime[time.Time]] {
	return newCommand("PEXPIRETIME", readExpireTime).Key(key)
}

// Persist lets a key never expire. It reports whether that changed anything:
// not if the key does not exist or would not have expired.
//
// https://valkey.io/commands/persist/
func persistKey(key string) command[bool] { return newCommand("PERSIST", decode.Bool).Key(key) }

// TTL gives the duration after which a key expires, in milliseconds, and
// tells a key that does not expire from one that does not exist.
//
// https://valkey.io/commands/pttl/
func ttl(key string) command[Lifetime[time.Duration]] {
	return newCommand("PTTL", readTimeToLive).Key(key)
}
