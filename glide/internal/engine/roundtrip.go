package engine

import (
	"sync/atomic"
	"time"
)

// near is the round trip below which requests stay in the queue while others are in
// flight.
const near = 200 * time.Microsecond

// perCommand is what each command that is on its way may add to the round trip
// without the network having a part in it. It is generous: a batch so large
// that this hides a far server keeps both sides busy anyway.
const perCommand = 4 * time.Microsecond

// window is for how long a measured round trip counts at least; at most for
// twice as long, if there is another.
const window = 25 * time.Millisecond

// measurement is of the round trip of a request.
type measurement struct {
	// ticket is 0 if nothing is measured.
	ticket uint64
	begun  time.Time
	// ahead is how many commands were on their way with it.
	ahead int64
}

// measure begins to measure the round trip of the first request of a batch
// that crosses now.
func (e *Engine) measure(batch batch) measurement {
	return measurement{batch.leader, time.Now(), e.inflight.Load() - batch.requests + batch.commands}
}

// roundTrip is the shortest round trip to the server of late, less what the
// size of the batches explains. The shortest, because a busy machine makes
// any of them longer, but none shorter than the network does.
type roundTrip struct {
	// In nanoseconds, 0 for unknown: of this window and the one before, which
	// ended when this one began.
	current, previous, begun atomic.Int64
}

// take takes a measurement, whose request has been answered.
func (r *roundTrip) take(e *Engine, m measurement) {
	if m.ticket == 0 {
		return
	}
	now := Now()
	sample := max(1, int64(time.Since(m.begun))-m.ahead*int64(perCommand))
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
	current, previous := c.roundTrip.current.Load(), c.roundTrip.previous.Load()
	return current < int64(near) || previous > 0 && previous < int64(near)
}
