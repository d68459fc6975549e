package engine

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// deadlines ends calls whose time is over. A call costs nothing here when it begins
// or ends: there is one timer, for the earliest deadline that the last sweep has
// found. Most calls end long before, so the timer fires rarely.
type deadlines struct {
	// next is when the next sweep is due, on the engine's clock. A call with an
	// earlier deadline moves it.
	next atomic.Int64

	mu    sync.Mutex
	timer *time.Timer
	// sweeps counts the sweeps.
	sweeps atomic.Int64
}

// never is when the next sweep is due if there is no deadline.
const never = math.MaxInt64

// A sweep takes long if there are many calls. Between two sweeps pass at least
// restMin, and restFactor times what the last one took.
const (
	restMin    = time.Millisecond
	restFactor = 4
)

// clock is the beginning of the clock of all engines. The clock must not show 0, which
// stands for no time.
var clock = time.Now().Add(-time.Nanosecond)

// Now returns the time on the clock of all engines, in nanoseconds.
func Now() int64 { return int64(time.Since(clock)) }

// watch makes sure that a sweep is due when the call's deadline has passed. The call
// waits already.
func (e *Engine) watch(c *call) {
	if deadline := c.deadline.Load(); deadline != 0 && deadline < e.deadlines.next.Load() {
		e.sweepAt(deadline)
	}
}

// sweepAt makes sure that a sweep takes place at that time, or before.
func (e *Engine) sweepAt(when int64) {
	d := &e.deadlines
	d.mu.Lock()
	defer d.mu.Unlock()
	if when >= d.next.Load() {
		return
	}
	d.next.Store(when)
	wait := time.Duration(when - Now())
	if d.timer == nil {
		d.timer = time.AfterFunc(wait, e.sweep)
	} else {
		d.timer.Reset(wait)
	}
}

// sweep ends the calls whose deadlines have passed, and sets when the next one is due.
func (e *Engine) sweep() {
	// A call that begins from here on, and is not seen below, sees this.
	e.deadlines.next.Store(never)
	e.deadlines.sweeps.Add(1)
	begun := Now()
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
		now := Now()
		rest := max(int64(restMin), restFactor*(now-begun))
		e.sweepAt(max(earliest, now+rest))
	}
}
