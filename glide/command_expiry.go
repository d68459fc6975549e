package glide

import (
	"fmt"
	"time"

	base "github.com/valkey-glide/go/glide/internal/command"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// How durations and times cross: as milliseconds, wherever a command knows
// them.

// milliseconds returns a duration in milliseconds; what is below one counts as
// one, so that no positive duration becomes 0.
func milliseconds(d time.Duration) int64 { return base.Milliseconds(d) }

// seconds is a duration for commands that know nothing smaller, rounded up.
func seconds(d time.Duration) int64 {
	whole := int64(d / time.Second)
	if d%time.Second > 0 {
		whole++
	}
	return whole
}

// Expiry is a time at which a key, or a field of a hash, expires: the result of
// [ExpireIn] or [ExpireAt]. It is an option of [Client.Set], [Client.SetIf],
// [Client.SetGet], [Client.MSetEx], [Client.GetEx], [Client.IncrEx],
// [Client.Restore], [Client.HSetEx] and [Client.HGetEx].
type Expiry struct {
	name  string
	value int64
}

// ExpireIn (PX) sets a key to expire after a duration. The resolution is a
// millisecond; a shorter positive duration is rounded up to one. Servers
// refuse a duration that is not positive, except for 0 for fields of hashes,
// which has passed already.
func ExpireIn(d time.Duration) Expiry { return Expiry{"PX", milliseconds(d)} }

// ExpireAt (PXAT) sets a key to expire at a time, with a resolution of a
// millisecond. A time in the past deletes the key or the field.
func ExpireAt(t time.Time) Expiry { return Expiry{"PXAT", t.UnixMilli()} }

func (e Expiry) appendTo(to *wire.Request) {
	to.String(e.name)
	to.Int(e.value)
}

func (Expiry) conflictKey() string { return "expiry" }
func (Expiry) setOption()          {}
func (Expiry) setGetOption()       {}
func (Expiry) mSetExOption()       {}
func (Expiry) getExOption()        {}
func (Expiry) restoreOption()      {}
func (Expiry) hSetExOption()       {}
func (Expiry) hGetExOption()       {}

// keepTTL is the option KEEPTTL.
type keepTTL string

// KeepTTL (KEEPTTL) keeps the expiry of a key or field that is overwritten.
const KeepTTL keepTTL = "KEEPTTL"

func (k keepTTL) appendTo(to *wire.Request) { to.String(string(k)) }
func (keepTTL) conflictKey() string         { return "expiry" }
func (keepTTL) setOption()                  {}
func (keepTTL) setGetOption()               {}
func (keepTTL) mSetExOption()               {}
func (keepTTL) hSetExOption()               {}

// persist is the option PERSIST.
type persist string

// Persist (PERSIST) removes the expiry of a key or field that is read.
const Persist persist = "PERSIST"

func (p persist) appendTo(to *wire.Request) { to.String(string(p)) }
func (persist) conflictKey() string         { return "expiry" }
func (persist) getExOption()                {}
func (persist) hGetExOption()               {}

// Lifetime is the expiry of a key or field, as a duration or a time: it does
// not exist, it exists and does not expire, or it expires.
type Lifetime[T time.Duration | time.Time] struct {
	value T
	state lifetimeState
}

type lifetimeState uint8

const (
	lifetimeAbsent lifetimeState = iota
	lifetimeUnlimited
	lifetimeLimited
)

// NewLifetime returns the Lifetime of what expires after a duration or at a time.
// Nothing exists for the zero value.
func NewLifetime[T time.Duration | time.Time](value T) Lifetime[T] {
	return Lifetime[T]{value, lifetimeLimited}
}

// Unlimited returns the Lifetime of what exists and does not expire.
func Unlimited[T time.Duration | time.Time]() Lifetime[T] {
	return Lifetime[T]{state: lifetimeUnlimited}
}

// Exists reports whether the key or field exists.
func (l Lifetime[T]) Exists() bool { return l.state != lifetimeAbsent }

// Expires reports whether the key or field exists and expires.
func (l Lifetime[T]) Expires() bool { return l.state == lifetimeLimited }

// Value returns the duration or the time, or the zero value if nothing
// expires.
func (l Lifetime[T]) Value() T { return l.value }

// Get returns the duration or the time, and whether the key or field exists
// and expires.
func (l Lifetime[T]) Get() (value T, ok bool) { return l.value, l.Expires() }

// String returns the duration or the time as [fmt.Sprint] formats it, "no expiry"
// for what exists and does not expire, or "none" for what does not exist.
func (l Lifetime[T]) String() string {
	switch l.state {
	case lifetimeLimited:
		return fmt.Sprint(l.value)
	case lifetimeUnlimited:
		return "no expiry"
	default:
		return "none"
	}
}

// readLifetime reads milliseconds, -1 for what does not expire and -2 for
// what does not exist.
func readLifetime[T time.Duration | time.Time](convert func(milliseconds int64) T) func(*wire.Reader) (Lifetime[T], error) {
	return func(r *wire.Reader) (Lifetime[T], error) {
		n, err := r.Int()
		switch {
		case err != nil || n == -2:
			return Lifetime[T]{}, err
		case n == -1:
			return Lifetime[T]{state: lifetimeUnlimited}, nil
		default:
			return Lifetime[T]{convert(n), lifetimeLimited}, nil
		}
	}
}

var (
	readTimeToLive = readLifetime(func(n int64) time.Duration { return decode.DurationOf(n, time.Millisecond) })
	readExpireTime = readLifetime(time.UnixMilli)
)
