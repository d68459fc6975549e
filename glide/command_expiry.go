package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/definition"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// How durations and times cross: as milliseconds, wherever a command knows
// them.

// seconds is a duration for commands that know nothing smaller, rounded up.
func seconds(d time.Duration) int64 {
	whole := int64(d / time.Second)
	if d%time.Second > 0 {
		whole++
	}
	return whole
}

// Expiry is a time at which a key, or a field of a hash, expires.
type Expiry struct {
	name  string
	value int64
}

// ExpireIn lets a key expire after a duration, in milliseconds: anything
// shorter counts as one. Servers refuse durations that are not positive; only
// for fields of hashes 0 is one that has passed already.
func ExpireIn(d time.Duration) Expiry { return Expiry{"PX", definition.Milliseconds(d)} }

// ExpireAt lets a key expire at a time, to the millisecond. A time in the
// past deletes the key, or the field.
func ExpireAt(t time.Time) Expiry { return Expiry{"PXAT", t.UnixMilli()} }

func (e Expiry) appendTo(w *engine.Words) {
	w.String(e.name)
	w.Int(e.value)
}

func (Expiry) decides() string { return "expiry" }
func (Expiry) setOption()      {}
func (Expiry) setGetOption()   {}
func (Expiry) mSetExOption()   {}
func (Expiry) getExOption()    {}
func (Expiry) restoreOption()  {}
func (Expiry) hSetExOption()   {}
func (Expiry) hGetExOption()   {}

// keepTTL is the option KEEPTTL.
type keepTTL string

// KeepTTL lets a key or field that is set expire when it would have anyway.
const KeepTTL keepTTL = "KEEPTTL"

func (k keepTTL) appendTo(w *engine.Words) { w.String(string(k)) }
func (keepTTL) decides() string            { return "expiry" }
func (keepTTL) setOption()                 {}
func (keepTTL) setGetOption()              {}
func (keepTTL) mSetExOption()              {}
func (keepTTL) hSetExOption()              {}

// persist is the option PERSIST.
type persist string

// Persist lets a key or field that is read never expire.
const Persist persist = "PERSIST"

func (p persist) appendTo(w *engine.Words) { w.String(string(p)) }
func (persist) decides() string            { return "expiry" }
func (persist) getExOption()               {}
func (persist) hGetExOption()              {}

// Lifetime tells how long something lives: it does not exist, it exists and
// does not expire, or it expires, after a duration or at a time.
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

// Exists reports whether there is anything that could expire.
func (l Lifetime[T]) Exists() bool { return l.state != lifetimeAbsent }

// Expires reports whether it exists and expires.
func (l Lifetime[T]) Expires() bool { return l.state == lifetimeLimited }

// Value gives the duration or the time; where nothing expires, the zero
// value.
func (l Lifetime[T]) Value() T { return l.value }

// Get gives the duration or the time, and whether it exists and expires.
func (l Lifetime[T]) Get() (value T, ok bool) { return l.value, l.Expires() }

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
