package engine

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// deadlines ends calls whose time is over. Nothing is done for a call when it
// begins or ends: there is one timer, for the earliest deadline that was found
// when the calls were looked at last. Most calls end long before, so it seldom
// goes off, and then for few.
type deadlines struct {
	// next is when the calls are looked at, on the engine's clock. A call with
	// an earlier deadline sees to it that they are looked at earlier.
	next atomic.Int64

	mu    sync.Mutex
	timer *time.Timer
	// looks is how often the calls were looked at.
	sweeps atomic.Int64
}

// never is when calls are looked at if there is no need to.
const never = math.MaxInt64

// Looking at all calls takes some time where there are many. Between two looks
// pass at least restMin, and restFactor times as long as the last one took.
const (
	restMin    = time.Millisecond
	restFactor = 4
)

// now is the time on the engine's clock.
func (e *Engine) now() int64 { return int64(time.Since(e.start)) }

// watch makes sure that the call is looked at when its deadline has passed. The
// call waits already.
func (e *Engine) watch(c *call) {
	if deadline := c.deadline.Load(); deadline != 0 && deadline < e.deadlines.next.Load() {
		e.sweepAt(deadline)
	}
}

// sweepAt looks at the calls at that time, if not before.
func (e *Engine) sweepAt(when int64) {
	d := &e.deadlines
	d.mu.Lock()
	defer d.mu.Unlock()
	if when >= d.next.Load() {
		return
	}
	d.next.Store(when)
	wait := time.Duration(when - e.now())
	if d.timer == nil {
		d.timer = time.AfterFunc(wait, e.sweep)
	} else {
		d.timer.Reset(wait)
	}
}

// look ends the waits that are over, and finds out when to look again.
func (e *Engine) sweep() {
	// A call that begins from here on, and is not seen below, sees this.
	e.deadlines.next.Store(never)
	e.deadlines.sweeps.Add(1)
	begun := e.now()
	earliest := int64(never)
	e.calls.waiting(func(c *call, ticket uint64) {
		switch deadline := c.deadline.Load(); {
		case deadline == 0:
		case deadline <= begun:
			e.fail(c, ticket, errTimeout)
		default:
			earliest = min(earliest, deadline)
		}
	})
	if earliest != never {
		now := e.now()
		rest := max(int64(restMin), restFactor*(now-begun))
		e.sweepAt(max(earliest, now+rest))
	}
}
