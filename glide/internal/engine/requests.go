package engine

import (
	"sync"
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/wire"
)

// retainedQueue is the largest queue whose memory is kept: a few thousand
// small requests.
const retainedQueue = 1 << 20

// A requestQueue holds requests that have not crossed. A client has several, one
// for each list of idle calls, so that callers on different CPUs do not write to
// the same cache line. The driver takes from all of them.
type requestQueue struct {
	mu     sync.Mutex
	closed bool
	queued batch
	// filled is whether anything is queued, to be asked without the lock.
	filled atomic.Bool
	_      [64]byte
}

// batch is what crosses together: the queue of requests, how much it is, and
// the ticket of the first.
type batch struct {
	queue []byte
	load
	leader uint64
	// secret: there may be a password among the requests.
	secret bool
}

// load is a number of requests, and of the commands in them.
type load struct{ requests, commands int64 }

// append queues a request. It reports whether that is the first.
func (q *requestQueue) append(request *wire.Request, ticket, timeout uint64) (isLeader bool, err error) {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return false, errClosed
	}
	isLeader = q.queued.requests == 0
	if isLeader {
		q.queued.leader = ticket
		q.filled.Store(true)
	}
	if request.IsSecret() || q.queued.secret {
		q.queued.secret = true
		q.queued.queue = wire.GrowWiped(q.queued.queue, request.SizeLimit())
	}
	q.queued.queue = request.AppendTo(q.queued.queue, ticket, timeout)
	q.queued.requests++
	q.queued.commands += request.Commands()
	q.mu.Unlock()
	return isLeader, nil
}

// take moves what is queued to the end of a batch. The first queue that has
// something changes its memory for the batch's, the others are copied.
func (q *requestQueue) take(to *batch) {
	if !q.filled.Load() {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.queued.requests == 0 {
		return
	}
	q.filled.Store(false)
	if to.requests == 0 {
		*to, q.queued = q.queued, batch{queue: to.queue[:0]}
		return
	}
	if to.secret {
		to.queue = wire.GrowWiped(to.queue, len(q.queued.queue))
	}
	to.queue = append(to.queue, q.queued.queue...)
	to.secret = to.secret || q.queued.secret
	if q.queued.secret {
		wire.Wipe(q.queued.queue)
	}
	to.requests += q.queued.requests
	to.commands += q.queued.commands
	q.queued = batch{queue: q.queued.queue[:0]}
	if cap(q.queued.queue) > retainedQueue {
		q.queued.queue = nil
	}
}

// close refuses requests from here on, and drops what is queued.
func (q *requestQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.queued.secret {
		wire.Wipe(q.queued.queue)
	}
	q.closed, q.queued = true, batch{}
	q.filled.Store(false)
}
