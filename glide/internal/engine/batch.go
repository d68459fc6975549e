package engine

import (
	"sync"
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/ffi"
)

// A batch is the memory of replies that were handed out together. Each caller
// reads its own in place; the last gives the memory back.
type batch struct {
	engine  *Engine
	replies ffi.Replies
	// unread is the number of replies that are not read yet, and while they
	// are handed out a number that is larger than any.
	unread atomic.Int64
}

const handingOut = 1 << 40

var batches = sync.Pool{New: func() any { return new(batch) }}

func newBatch(e *Engine, replies ffi.Replies) *batch {
	b := batches.Get().(*batch)
	b.engine, b.replies = e, replies
	b.unread.Store(handingOut)
	return b
}

// handedOut says how many callers there were.
func (b *batch) handedOut(callers int64) { b.settle(callers - handingOut) }

// read says that a caller has read its reply.
func (b *batch) read() { b.settle(-1) }

func (b *batch) settle(change int64) {
	if b.unread.Add(change) != 0 {
		return
	}
	b.engine.library.Release(b.engine.handle, b.replies.Owner())
	b.engine, b.replies = nil, ffi.Replies{}
	batches.Put(b)
}

// Shared and SharedAt make a batch the strings that its replies refer to.
func (b *batch) Shared() int { return b.replies.Shared() }

func (b *batch) SharedAt(i int) []byte { return b.replies.SharedAt(i) }
