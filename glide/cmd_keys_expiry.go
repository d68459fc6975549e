package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
)

// ExpireOption is an option of [Client.Expire], [Client.ExpireAt],
// [Client.HExpire] and [Client.HExpireAt], a condition on which an expiry is
// set: [IfAbsent] (NX), [IfPresent] (XX), [IfGreater] (GT) or [IfLess] (LT).
// Since version 7.0.
type ExpireOption interface {
	option
	expireOption()
}

// appendExpireOptions appends the conditions of a command that sets an expiry.
func appendExpireOptions(cmd arguments, options []ExpireOption) arguments {
	return excludeConditions(appendOptions(cmd, options), options)
}

// Expire sets key to expire after a duration and reports whether it did. It
// returns false if key does not exist or a condition does not hold. The
// resolution is a millisecond; a shorter positive duration is rounded up to
// one. A duration that is not positive deletes the key.
//
// https://valkey.io/commands/pexpire/
func expire(key string, after time.Duration, options ...ExpireOption) command[bool] {
	cmd := named("PEXPIRE").Key(key).Integer(milliseconds(after))
	return newCommand(appendExpireOptions(cmd, options), decode.Bool)
}

// ExpireAt sets key to expire at a time, by the server's clock, and reports
// whether it did. It returns false if key does not exist or a condition does
// not hold. The resolution is a millisecond. A time in the past deletes the
// key.
//
// https://valkey.io/commands/pexpireat/
func expireAt(key string, at time.Time, options ...ExpireOption) command[bool] {
	cmd := named("PEXPIREAT").Key(key).Integer(at.UnixMilli())
	return newCommand(appendExpireOptions(cmd, options), decode.Bool)
}

// ExpireTime returns the time at which key expires, with a resolution of a
// millisecond. The [Lifetime] also reports whether key exists and whether it
// expires. Since version 7.0.
//
// https://valkey.io/commands/pexpiretime/
func expireTime(key string) command[Lifetime[time.Time]] {
	return newCommand(named("PEXPIRETIME").Key(key), readExpireTime)
}

// Persist removes the expiry of key and reports whether it did. It returns
// false if key does not exist or has no expiry.
//
// https://valkey.io/commands/persist/
func persistKey(key string) command[bool] { return newCommand(named("PERSIST").Key(key), decode.Bool) }

// TTL returns the time until key expires, with a resolution of a millisecond.
// The [Lifetime] also reports whether key exists and whether it expires.
//
// https://valkey.io/commands/pttl/
func ttl(key string) command[Lifetime[time.Duration]] {
	return newCommand(named("PTTL").Key(key), readTimeToLive)
}
