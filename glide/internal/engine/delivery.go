package engine

import (
	"sync"
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/ffi"
)

// A delivery is the memory of replies that were handed out together. Each caller
// reads its own in place; the last gives the memory back.
type delivery struct {
	engine  *Engine
	replies ffi.Replies
	// unread is the number of replies that are not read yet, and while they
	// are handed out a number that is larger than any.
	unread atomic.Int64
}

const handingOut = 1 << 40

var deliveries = sync.Pool{New: func() any { return new(delivery) }}

func newDelivery(e *Engine, replies ffi.Replies) *delivery {
	d := deliveries.Get().(*delivery)
	d.engine, d.replies = e, replies
	d.unread.Store(handingOut)
	return d
}

// handedOut says how many callers there were.
func (d *delivery) handedOut(callers int64) { d.settle(callers - handingOut) }

// read says that a caller has read its reply.
func (d *delivery) read() { d.settle(-1) }

func (d *delivery) settle(change int64) {
	if d.unread.Add(change) != 0 {
		return
	}
	d.engine.library.Release(d.engine.handle, d.replies.Owner())
	d.engine, d.replies = nil, ffi.Replies{}
	deliveries.Put(d)
}

// Shared and SharedAt make a delivery the strings that its replies refer to.
func (d *delivery) Shared() int { return d.replies.Shared() }

func (d *delivery) SharedAt(i int) []byte { return d.replies.SharedAt(i) }
