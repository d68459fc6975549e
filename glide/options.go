package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/engine"
)

// SetOption says when a key that is set expires: [ExpireIn], [ExpireAt] or
// [KeepTTL].
type SetOption interface {
	appendTo(*engine.Words)
	setOption()
}

// Expiry is a time at which a key expires.
type Expiry struct {
	name  string
	value int64
}

// ExpireIn lets a key expire after a duration, in milliseconds: anything
// shorter counts as one. Servers refuse durations that are not positive.
func ExpireIn(d time.Duration) Expiry { return Expiry{"PX", milliseconds(d)} }

// ExpireAt lets a key expire at a time, to the millisecond. A time in the
// past deletes the key.
func ExpireAt(t time.Time) Expiry { return Expiry{"PXAT", t.UnixMilli()} }

func (e Expiry) appendTo(w *engine.Words) {
	w.String(e.name)
	w.Int(e.value)
}

func (Expiry) setOption() {}

// appendOptions appends options of which only one may be given.
func appendOptions[T any, O interface{ appendTo(*engine.Words) }](cmd command[T], options []O) command[T] {
	for _, option := range options {
		cmd = cmd.option(option)
	}
	if len(options) > 1 {
		cmd = cmd.refuse("options exclude each other")
	}
	return cmd
}
