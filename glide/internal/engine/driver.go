package engine

import (
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/abi"
)

// driver says who drives an engine's event loop. It has one word, which says
// everything: nil while nobody of this package drives (the states Idle and
// Library of the package comment), or else a party.
type driver struct{ party atomic.Pointer[party] }

// A party drives. Each client has one for each of the states, so that changing
// the state allocates nothing.
type party struct {
	client *Client
	// takes is whether it takes its client's queue before long, so that who
	// queues a request may leave it there.
	takes bool
}

// parties are those of a client.
type parties struct{ taking, leaving party }

func (p *parties) init(c *Client) {
	p.taking = party{client: c, takes: true}
	p.leaving = party{client: c}
}

// acquire makes the client the driver if there is none. It is said to take the
// queue: it is about to.
func (c *Client) acquire() bool {
	step()
	d := &c.engine.driver.party
	return d.Load() == nil && d.CompareAndSwap(nil, &c.parties.taking)
}

// keep is called by who drives, before it takes the queue, and says whether it
// is going to take it once more before long.
func (c *Client) keep(takes bool) {
	next := &c.parties.leaving
	if takes {
		next = &c.parties.taking
	}
	if d := &c.engine.driver.party; d.Load() != next {
		d.Store(next)
	}
}

// willTake reports whether who drives will take this client's queue before
// long. It is asked after a request was queued. The answer is reliable: a
// driver takes the queue after it has ceased to be one that takes.
func (c *Client) willTake() bool {
	p := c.engine.driver.party.Load()
	return p != nil && p.client == c && p.takes
}

// handOff ends a caller's driving after a drive with this status. If there is
// more to come, a goroutine goes on to drive for everyone. A caller that could
// not drive leaves it to the library's thread.
func (c *Client) handOff(status abi.Status) {
	step()
	if status == abi.StatusOK && (c.engine.inflight.Load() > 0 || c.hasQueue()) {
		spawn(c.driveForAll)
		return
	}
	c.release()
}

// release ends the driving. What is queued crosses: its callers may have relied
// on the driver to take it.
func (c *Client) release() {
	step()
	c.engine.driver.party.Store(nil)
	step()
	if c.hasQueue() {
		c.flush()
	}
}

// releaseToLibrary ends the driving while requests are in flight, and lets the
// library's own thread go on. It costs two more thread switches than a
// completion that a driver carries away, so it is for what takes its time.
func (c *Client) releaseToLibrary() {
	c.release()
	step()
	_ = c.engine.library.Submit(c.engine.handle, c.handle, nil) // a closed client's replies come all the same
}

// isDriven reports whether anybody of this package drives.
func (e *Engine) isDriven() bool { return e.driver.party.Load() != nil }
