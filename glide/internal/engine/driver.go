package engine

import (
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/abi"
)

// driver has the party that is the driver. It is nil while this package does not
// drive (the states Idle and Library of the package comment).
type driver struct{ party atomic.Pointer[party] }

// A party is a client that drives and its state. Each client has one for each
// state, so that changing the state allocates nothing.
type party struct {
	client *Client
	// takes is whether it takes its client's queue soon, so that a caller may
	// leave its request there.
	takes bool
}

// parties are those of a client.
type parties struct{ taking, leaving party }

func (p *parties) init(c *Client) {
	p.taking = party{client: c, takes: true}
	p.leaving = party{client: c}
}

// acquire makes the client the driver if there is none, and reports whether it did.
// The new driver is one that takes: it is about to.
func (c *Client) acquire() bool {
	step()
	d := &c.engine.driver.party
	return d.Load() == nil && d.CompareAndSwap(nil, &c.parties.taking)
}

// keep is called by the driver before it takes the queue. It says whether the
// driver is going to take the queue once more.
func (c *Client) keep(takes bool) {
	next := &c.parties.leaving
	if takes {
		next = &c.parties.taking
	}
	if d := &c.engine.driver.party; d.Load() != next {
		d.Store(next)
	}
}

// willTake reports whether the driver will take this client's queue soon. It is
// called after a request was queued. The answer is reliable: a driver takes the
// queue after it has stopped being one that takes.
func (c *Client) willTake() bool {
	p := c.engine.driver.party.Load()
	return p != nil && p.client == c && p.takes
}

// handOff ends the driver role of a caller after a drive with this status. If more
// is in flight, it hands the role off to a goroutine, which drives for everyone. A
// caller that could not drive leaves the role to the library's thread.
func (c *Client) handOff(status abi.Status) {
	step()
	if status == abi.StatusOK && (c.engine.inflight.Load() > 0 || c.hasQueue()) {
		spawn(c.driveForAll)
		return
	}
	c.release()
}

// release releases the driver role. Then it submits what is queued: callers may
// have relied on the driver for that.
func (c *Client) release() {
	step()
	c.engine.driver.party.Store(nil)
	step()
	if c.hasQueue() {
		c.flush()
	}
}

// releaseToLibrary releases the driver role while requests are in flight, and lets
// the library's thread drive. It costs two more thread switches than a completion
// that a driver takes, so it is for replies that take long.
func (c *Client) releaseToLibrary() {
	c.release()
	step()
	_ = c.engine.library.Submit(c.engine.handle, c.handle, nil) // a closed client's replies come anyway
}

// isDriven reports whether this package drives.
func (e *Engine) isDriven() bool { return e.driver.party.Load() != nil }
