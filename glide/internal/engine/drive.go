package engine

import (
	"context"
	"runtime"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
)

const (
	// driveBudget bounds a drive while requests are left in the queue for the
	// driver, and every drive if there is one P, which the driver occupies.
	driveBudget = 400 * time.Microsecond

	// drivesMax bounds how often a caller enters the library for one reply of
	// its own. What is much is slow by itself and gets one more for each
	// drivenMore commands.
	drivesMax  = 4
	drivenMore = 100

	// yields is how often driveForAll lets others run before it takes the
	// queue: those whose replies it has delivered, and those that these have
	// woken.
	yields = 2
)

// drive drives the event loop until the call is completed, its context ends, or it
// has driven long enough. It reports whether the call is completed. The caller has
// acquired the driver role, and has lost it afterwards. A first submission of one
// request with so many commands crosses before what is queued.
func (c *Client) drive(ctx context.Context, call *call, first []byte, commands int64) (completed bool) {
	// From here on, a goroutine that completes the call interrupts the drive.
	call.drives.Store(true)
	completed, stop := c.driveOwn(ctx, call, first, commands)
	if stop != nil {
		stop()
	}
	call.drives.Store(false)
	return completed
}

// driveOwn does that. It also returns how to cancel what happens at the end of the
// context, or nil.
func (c *Client) driveOwn(ctx context.Context, call *call, first []byte, commands int64) (completed bool, stop func() bool) {
	e := c.engine
	own := call.ticket()
	var measured measurement
	single, quiet := isSingle(), false
	for drives, most := 0, drivesMax; drives < most; drives++ {
		takes := c.isNear() && !quiet
		c.keep(takes)
		step()
		if !takes && stop == nil {
			stop = e.interruptAfter(ctx) // the drive may be long
		}
		if call.isClaimed() || ctx.Err() != nil {
			c.handOff(abi.StatusOK)
			return false, stop
		}
		batch := batch{queue: first, load: load{1, commands}, leader: own}
		if first == nil {
			c.coalesce()
			batch = c.takeQueue()
		} else {
			e.inflight.Add(1)
			if !takes {
				c.flush()
			}
		}
		if batch.requests > 0 && batch.leader == own {
			measured = e.measure(batch)
		}
		most += int(batch.commands / drivenMore)
		budget := time.Duration(0)
		if takes || single {
			budget = driveBudget
		}
		var replies abi.Replies
		status := c.enter(batch, budget, own, &replies)
		if first == nil {
			c.recycle(batch)
		}
		first = nil

		step()
		e.account(&replies)
		done := replies.OwnCompleted() || status != abi.StatusOK
		if replies.OwnCompleted() {
			c.roundTrip.take(e, measured)
		}
		if done {
			// Before the replies are delivered, so that the next batch is on
			// its way while their callers wake.
			c.handOff(status)
		}
		quiet = replies.Empty()
		step()
		switch answered := e.deliver(&replies, call); {
		case answered && !done:
			c.handOff(abi.StatusOK)
			fallthrough
		case answered:
			if single {
				// A caller in a loop would keep the only P to itself.
				runtime.Gosched()
			}
			return true, stop
		case done:
			// Another goroutine has completed it, or the library's thread drives.
			return false, stop
		case quiet && single:
			c.releaseToLibrary()
			return false, stop
		}
	}
	c.handOff(abi.StatusOK)
	return false, stop
}

// isSingle reports whether there is one P, which a drive keeps from all other
// goroutines.
func isSingle() bool { return runtime.GOMAXPROCS(0) == 1 }

// interruptAfter interrupts the drive when the context ends, until it is
// stopped. It returns nil for a context that does not end.
func (e *Engine) interruptAfter(ctx context.Context) (stop func() bool) {
	if ctx.Done() == nil {
		return nil
	}
	return context.AfterFunc(ctx, e.interrupt)
}

func (e *Engine) interrupt() { e.library.Interrupt(e.handle) }

// driveForAll drives as long as requests are in flight. The callers whose replies
// it delivers run before it continues, and what they send next crosses with it. No
// thread is woken except the one that waits here.
func (c *Client) driveForAll() {
	e := c.engine
	var measured measurement
	for quiet := false; ; {
		single := isSingle()
		if quiet && single {
			c.releaseToLibrary()
			return
		}
		c.keep(true)
		for range yields {
			runtime.Gosched()
			step()
		}
		// The replies of a far server arrive one by one, and those of a slow one
		// late. Requests that are queued must not wait for them.
		budget := driveBudget
		if quiet || !c.isNear() {
			c.keep(false)
			if !single {
				budget = 0
			}
		}
		step()
		batch := c.takeQueue()
		if e.inflight.Load() == 0 {
			c.recycle(batch)
			c.release()
			return
		}
		if measured.ticket == 0 && batch.requests > 0 {
			measured = e.measure(batch)
		}
		var replies abi.Replies
		status := c.enter(batch, budget, measured.ticket, &replies)
		c.recycle(batch)
		step()
		e.account(&replies)
		if replies.OwnCompleted() {
			c.roundTrip.take(e, measured)
			measured = measurement{}
		}
		quiet = replies.Empty()
		if status != abi.StatusOK {
			c.handOff(status)
		}
		step()
		e.deliver(&replies, nil)
		if status != abi.StatusOK {
			return
		}
	}
}

// enter submits requests and drives. The replies report whether the ticket own is
// completed.
func (c *Client) enter(batch batch, budget time.Duration, own uint64, replies *abi.Replies) abi.Status {
	e := c.engine
	status := e.library.Drive(e.handle, c.handle, batch.queue, microseconds(budget), microseconds(c.spin(batch.commands)), own, replies)
	if status != abi.StatusOK && status != abi.StatusNotDriving {
		e.inflight.Add(-batch.requests)
		c.refuse(batch.queue, refused(status))
	}
	return status
}

// spin returns how long to look for the replies to a submission before sleeping, if
// that has succeeded often enough (ffi/src/event_loop/spinning.rs): about as long
// as it takes to wake. A single command sleeps at once, since no others wait.
func (c *Client) spin(commands int64) time.Duration {
	if commands > 1 && c.isNear() {
		return 50 * time.Microsecond
	}
	return 0
}

func microseconds(d time.Duration) uint32 { return uint32(d / time.Microsecond) }

// account subtracts what the driver's replies complete from the requests in flight.
func (e *Engine) account(replies *abi.Replies) {
	if completed := replies.Completed(); completed > 0 {
		e.inflight.Add(-completed)
	}
	e.accountBlocking(replies)
}

// accountElsewhere subtracts requests that were completed without the driver. If
// nothing is in flight then, it interrupts the driver, which need not wait.
func (e *Engine) accountElsewhere(completed int64) {
	if completed > 0 && e.inflight.Add(-completed) == 0 {
		step()
		if e.isDriven() {
			e.interrupt()
		}
	}
}

func (e *Engine) accountBlocking(replies *abi.Replies) {
	if blocking := replies.Blocking(); blocking > 0 {
		e.blocking.Add(-blocking)
	}
}
