package engine

import (
	"context"
	"runtime"
	"time"

	"github.com/valkey-glide/go/glide/internal/ffi"
	"github.com/valkey-glide/go/glide/internal/resp"
)

const (
	// driveBudget bounds how long who drives stays in the library while
	// requests are held back for it, and a caller in any case: so that it
	// notices the end of its context.
	driveBudget = 400 * time.Microsecond

	// idleBudget bounds it when nothing is held back.
	idleBudget = 10 * time.Millisecond

	// drivesMax bounds how often a caller enters the library for one reply of
	// its own. What is much is slow by itself and gets one more for each
	// drivenMore commands.
	drivesMax  = 4
	drivenMore = 100

	// yields is how often driveForAll lets others run before it takes the
	// queue: those whose replies it has handed out, and those whom they have
	// woken in turn.
	yields = 2
)

// takeDriving makes the client's caller the driver if there is none.
func (c *Client) takeDriving() bool {
	step()
	return c.engine.driver.Load() == nil && c.engine.driver.CompareAndSwap(nil, c)
}

// isHeld reports whether who drives will take the queue before long. It is
// asked after a request was queued, and answers truly because it is said before
// the queue is taken.
func (c *Client) isHeld() bool {
	return c.engine.driver.Load() == c && c.engine.holding.Load()
}

// drive drives the core until the call is completed, its context ends, or it
// has driven long enough, and reports whether the call is completed. The caller
// has taken the driving, and it is passed on in any case. A first submission,
// of one request of so many commands, goes before what is queued.
func (c *Client) drive(ctx context.Context, call *call, first []byte, commands int64) (completed bool) {
	e := c.engine
	ticket := call.ticket()
	var measured measurement
	for drives, most := 0, drivesMax; drives < most; drives++ {
		e.holding.Store(c.isNear())
		step()
		batch := batch{first, load{1, commands}, ticket}
		if first == nil {
			c.gather()
			batch = c.takeQueue()
		} else {
			e.inflight.Add(1)
		}
		if batch.requests > 0 && batch.leader == ticket {
			measured = e.measure(batch)
		}
		most += int(batch.commands / drivenMore)
		var replies ffi.Replies
		status := c.enter(batch, driveBudget, &replies)
		if first == nil {
			c.giveQueue(batch.queue)
		}
		first = nil

		step()
		own := e.account(&replies, ticket)
		if own {
			c.roundTrip.take(e, measured)
		}
		if own || status != ffi.OK {
			// Before the replies are handed out, so that the next batch is on
			// its way while their callers wake.
			c.pass(status)
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
			c.pass(ffi.OK)
			return false
		}
	}
	c.pass(ffi.OK)
	return false
}

// driveForAll drives as long as requests are in flight. The callers whose
// replies it hands out run before it goes on, and what they send next crosses
// with it: no thread is woken but the one that waits here.
func (c *Client) driveForAll() {
	e := c.engine
	var measured measurement
	for quiet := false; ; {
		e.holding.Store(true)
		for range yields {
			runtime.Gosched()
			step()
		}
		// A far server answers one after the other, and one that is slow not
		// soon: nobody is to wait for that.
		budget := driveBudget
		if quiet || !c.isNear() {
			e.holding.Store(false)
			budget = idleBudget
		}
		step()
		batch := c.takeQueue()
		if e.inflight.Load() == 0 {
			c.giveQueue(batch.queue)
			c.handOver()
			return
		}
		if measured.ticket == 0 && batch.requests > 0 {
			measured = e.measure(batch)
		}
		var replies ffi.Replies
		status := c.enter(batch, budget, &replies)
		c.giveQueue(batch.queue)
		step()
		if e.account(&replies, measured.ticket) {
			c.roundTrip.take(e, measured)
			measured = measurement{}
		}
		quiet = replies.Empty()
		if status != ffi.OK {
			c.pass(status)
		}
		step()
		e.deliver(&replies, nil)
		if status != ffi.OK {
			return
		}
	}
}

// enter submits a batch and drives.
func (c *Client) enter(batch batch, budget time.Duration, replies *ffi.Replies) ffi.Status {
	e := c.engine
	status := e.library.Drive(e.handle, c.handle, batch.queue, microseconds(budget), microseconds(c.spin(batch.commands)), replies)
	if status != ffi.OK && status != ffi.NotDriving {
		e.inflight.Add(-batch.requests)
		c.refuse(batch.queue, refused(status))
	}
	return status
}

// spin is how long to look for the replies to a batch before sleeping, if that
// has paid off of late (ffi/src/spin.rs): about as long as it takes to wake. A
// caller that is alone sleeps at once, it has nobody to keep waiting.
func (c *Client) spin(commands int64) time.Duration {
	if commands > 1 && c.isNear() {
		return 50 * time.Microsecond
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

// pass passes the driving on, after a drive with this status: to driveForAll
// if there is more to come. Whoever could not drive leaves it to the library's
// thread.
func (c *Client) pass(status ffi.Status) {
	step()
	if status == ffi.OK && (c.engine.inflight.Load() > 0 || c.hasQueue()) {
		spawn(c.driveForAll)
		return
	}
	c.handOver()
}

// handOver ends the driving. What is queued by now crosses: its callers may
// have relied on it. What is in flight has woken the library's thread when it
// came.
func (c *Client) handOver() {
	step()
	c.engine.driver.Store(nil)
	step()
	if c.hasQueue() {
		c.flush()
	}
}
