package engine

import (
	"sync"
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/abi"
)

// A delivery is the memory of replies that are delivered together. Each caller reads
// its reply in place, and the last one releases the memory. To find the last one,
// callers count down the share that their reply is in, and shares count down the
// delivery, so callers on different CPUs rarely write to the same word.
type delivery struct {
	engine  *Engine
	replies abi.Replies
	shares  []share
	// unread is the number of shares that are not read yet.
	unread atomic.Int64
}

// A share is a part of a delivery, of shareSize replies at most. It has a cache
// line to itself.
type share struct {
	delivery *delivery
	// unread is the number of replies that are not read yet, and while they
	// are handed out a number that is larger than any.
	unread atomic.Int64
	_      [48]byte
}

// shareSize is how many replies are in a share. Callers that are woken one
// after another run on one CPU, most of them.
const shareSize = 32

const handingOut = 1 << 40

// retainedShares is the largest number of shares whose memory is kept.
const retainedShares = 256

var deliveries = sync.Pool{New: func() any { return new(delivery) }}

func newDelivery(e *Engine, replies abi.Replies) *delivery {
	d := deliveries.Get().(*delivery)
	d.engine, d.replies = e, replies
	shares := int(max(1, (replies.Completed()+replies.Blocking()+shareSize-1)/shareSize))
	if shares > cap(d.shares) {
		d.shares = make([]share, shares)
	}
	d.shares = d.shares[:shares]
	for i := range d.shares {
		d.shares[i].delivery = d
		d.shares[i].unread.Store(handingOut)
	}
	d.unread.Store(int64(shares))
	return d
}

// handedOut sets how many callers there are.
func (s *share) handedOut(callers int64) { s.settle(callers - handingOut) }

// read counts a caller that has read its reply.
func (s *share) read() { s.settle(-1) }

func (s *share) settle(change int64) {
	if s.unread.Add(change) == 0 {
		s.delivery.settle()
	}
}

func (d *delivery) settle() {
	if d.unread.Add(-1) != 0 {
		return
	}
	d.engine.library.Release(d.engine.handle, d.replies.Owner())
	d.engine, d.replies = nil, abi.Replies{}
	if cap(d.shares) > retainedShares {
		d.shares = nil
	}
	deliveries.Put(d)
}

// Shared and SharedAt make a delivery the strings that its replies refer to.
func (d *delivery) Shared() int { return d.replies.Shared() }

func (d *delivery) SharedAt(i int) []byte { return d.replies.SharedAt(i) }
