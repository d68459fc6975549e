package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/definition"
)

// ExpireOption is a condition on which an expiry is set: [IfAbsent],
// [IfPresent], [IfGreater] or [IfLess]. Since version 7.0.
type ExpireOption interface {
	option
	expireOption()
}

// appendExpireOptions appends the conditions of a command that sets an expiry.
func appendExpireOptions[T any](cmd command[T], options []ExpireOption) command[T] {
	return excludeConditions(appendOptions(cmd, options), options)
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
