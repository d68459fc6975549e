package engine

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/valkey-glide/go/glide/internal/ffi"
	"github.com/valkey-glide/go/glide/internal/resp"
)

// drivesMax bounds how often a caller enters the library for one reply of its
// own before it passes the driving on: a slow command is not to hold others
// back. What is much is slow by itself and gets one more for each drivenMore
// commands.
const (
	drivesMax  = 4
	drivenMore = 100
)

// drive drives the core until the call is completed, its context ends, or it
// has driven long enough. It reports whether the call is completed. The
// caller has the driving; it is passed on in any case. A first submission, of
// one request of so many commands, goes before what is queued.
func (c *Client) drive(ctx context.Context, call *call, first []byte, commands int64) (completed bool) {
	e := c.engine
	ticket := call.ticket()
	for drives, most := 0, drivesMax; drives < most; drives++ {
		step()
		var queue []byte
		var queued load
		if first != nil && drives == 0 {
			queue, queued = first, load{1, commands}
			e.inflight.Add(1)
		} else if drives == 0 || !c.isNear() {
			c.gather()
			queue, queued = c.takeQueue()
		}
		most += int(queued.commands / drivenMore)
		// Only then does the time tell of the server and nothing else.
		undisturbed := drives == 0 && e.inflight.Load() == queued.requests
		var replies ffi.Replies
		begun := time.Now()
		status := e.library.Drive(e.handle, c.handle, queue, microseconds(driveBudget), microseconds(c.spin(queued.commands)), &replies)
		if undisturbed {
			c.roundTrip.measure(e.clock.Load(), time.Since(begun), queued.commands)
		}
		if status != ffi.OK && status != ffi.NotDriving {
			e.inflight.Add(-queued.requests)
			c.refuse(queue, refused(status))
		}
		if first == nil || drives > 0 {
			c.giveQueue(queue)
		}

		step()
		own := e.account(&replies, ticket)
		if own || status != ffi.OK {
			// Before the replies are handed out, so that the next batch is on
			// its way while their callers wake.
			c.passFrom(call)
		}
		step()
		switch answered := e.deliver(&replies, call); {
		case answered:
			return true
		case own, status != ffi.OK:
			// Somebody else has completed it, or it is the library's thread
			// that drives.
			return false
		case call.state.Load()&phaseClaimed != 0, ctx.Err() != nil:
			c.passFrom(call)
			return false
		}
	}
	c.passFrom(call)
	return false
}

// spin is how long to look for the replies to a batch before sleeping. Those
// of a few callers come back from a server that is near sooner than a core
// that sleeps wakes up; a caller that is alone has nobody to keep waiting, and
// a larger batch takes longer.
func (c *Client) spin(commands int64) time.Duration {
	const few, worthIt = 32, 150 * time.Microsecond
	if commands > 1 && commands <= few && c.isNear() {
		return worthIt
	}
	return 0
}

func microseconds(d time.Duration) uint32 { return uint32(d / time.Microsecond) }

// account takes what the replies complete off the requests in flight, and
// reports whether the reply to the ticket is among them.
func (e *Engine) account(replies *ffi.Replies, ticket uint64) (own bool) {
	completed, apart := int64(0), int64(0)
	for data := replies.Bytes(); ; {
		entry, rest, ok := resp.NextEntry(data)
		if !ok {
			break
		}
		data = rest
		if !entry.Outcome.Completes() {
			continue
		}
		if entry.Ticket&apartBit != 0 {
			apart++
		} else {
			completed++
			own = own || entry.Ticket == ticket
		}
	}
	e.inflight.Add(-completed)
	if apart > 0 {
		e.apart.Add(-apart)
	}
	return own
}

// passFrom passes the driving on that the call has, which goes on waiting.
func (c *Client) passFrom(call *call) {
	step()
	call.state.And(^uint64(phaseDriver))
	c.pass()
}

// pass passes the driving on: to the caller that began the batch which was
// held back, or to nobody. What is in flight then is the library's thread's.
func (c *Client) pass() {
	e := c.engine
	for {
		step()
		c.mu.Lock()
		leader, held := c.leader, c.queued.requests > 0
		c.mu.Unlock()
		step()
		if held {
			if call := e.calls.lookup(leader); call != nil && call.makeDriver(leader) {
				return
			}
			// Its leader has left, or is about to drive or flush by itself.
			step()
			e.driver.Store(nil)
			c.flush()
			return
		}
		e.driver.Store(nil)
		step()
		if !c.hasQueue() {
			step()
			if e.inflight.Load() > 0 && e.driver.Load() == nil {
				// Nothing to submit: this wakes the library's thread.
				e.library.Submit(e.handle, c.handle, nil)
			}
			return
		}
		// Somebody held a request back for us in the last moment.
		step()
		if !e.driver.CompareAndSwap(nil, c) {
			if e.driver.Load() != c {
				c.flush()
			}
			return
		}
	}
}

// near is the round trip below which the next batch is held back.
const near = 200 * time.Microsecond

// perCommand is what each command that crosses may add to the round trip
// without the network having a part in it. It is generous: a batch so large
// that this hides a far server keeps both sides busy anyway.
const perCommand = 4 * time.Microsecond

// window is for how long a measured round trip counts at least; at most for
// twice as long.
const window = 25 * time.Millisecond

// roundTrip is the shortest round trip to the server of late, less what the
// size of the batches explains. The shortest, because a busy machine makes
// any of them longer, but none shorter than the network does.
type roundTrip struct {
	// In nanoseconds, 0 for unknown: of this window and the one before, which
	// ended when this one began.
	current, previous, begun atomic.Int64
}

func (r *roundTrip) measure(now int64, took time.Duration, commands int64) {
	if commands == 0 {
		return
	}
	sample := max(1, int64(took)-commands*int64(perCommand))
	if now-r.begun.Load() > int64(window) {
		r.previous.Store(r.current.Load())
		r.current.Store(sample)
		r.begun.Store(now)
	} else if shortest := r.current.Load(); shortest == 0 || sample < shortest {
		r.current.Store(sample)
	}
}

// isNear reports whether the server is near, as far as is known.
func (c *Client) isNear() bool {
	r := &c.roundTrip
	current, previous := r.current.Load(), r.previous.Load()
	if current == 0 || current < int64(near) || previous > 0 && previous < int64(near) {
		return true
	}
	// What made it far may be over, and a far server is not measured much:
	// forget it now and then.
	now := c.engine.clock.Load()
	if begun := r.begun.Load(); now-begun > 2*int64(window) && r.begun.CompareAndSwap(begun, now) {
		r.current.Store(0)
		r.previous.Store(0)
		return true
	}
	return false
}
