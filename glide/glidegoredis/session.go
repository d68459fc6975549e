package glidegoredis

import (
	"net"

	"github.com/valkey-glide/go/glide/internal/engine"
)

// attemptsMax bounds how often WATCH is sent because the slot has moved.
const attemptsMax = 4

// beginSession takes a dedicated connection for what follows, unless there is one.
func (c *conn) beginSession() error {
	if c.session.Load() != 0 {
		return nil
	}
	session, err := c.bridge.engine.BeginSession()
	if err != nil {
		return err
	}
	c.session.Store(session)
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed { // Close may have come before
		c.endSession()
		return c.opError("read", net.ErrClosed)
	}
	return nil
}

// endSession returns the dedicated connection.
func (c *conn) endSession() {
	if session := c.session.Swap(0); session != 0 {
		c.bridge.engine.EndSession(session)
	}
}

// stick runs a request, and all that follow, on a dedicated connection, whose state
// it changes. In a cluster there is no such connection: commands go to many nodes.
func (c *conn) stick(r *request) error {
	if c.bridge.cluster {
		defer r.Release()
		return replyError{"ERR", "glide: " + r.spec.name + " changes its connection, which commands of a cluster client do not share: configure the glide client instead"}
	}
	if err := c.beginSession(); err != nil {
		r.Release()
		return err
	}
	c.sticks = true
	return c.one(r)
}

// watch watches keys, in a session that ends with EXEC, DISCARD or UNWATCH.
func (c *conn) watch(r *request) error {
	if r.words < 2 {
		defer r.Release()
		return arity("watch")
	}
	slot := engine.NoSlot
	if c.bridge.cluster {
		slot = engine.SlotOf(r.keysOf)
		if slot < 0 || c.watches && slot != c.watchedSlot {
			defer r.Release()
			return replyError{"CROSSSLOT", "Keys in request don't hash to the same slot"}
		}
	}
	words := r.arguments()
	isFirst := !c.watches
	for attempt := 1; ; attempt++ {
		if err := c.beginSession(); err != nil {
			r.Release()
			return err
		}
		c.watches, c.watchedSlot = true, slot
		err := c.one(r)
		if code := codeOf(err); code != "MOVED" && code != "ASK" || !isFirst || attempt == attemptsMax {
			return err
		}
		// The client knows now which node has the slot.
		c.endSession()
		*r = newRequest("WATCH", words...)
	}
}

func (c *conn) unwatch(r *request) error {
	defer r.Release()
	if r.words != 1 {
		return arity("unwatch")
	}
	if err := c.unwatched(); err != nil {
		return err
	}
	c.encoder.status("OK")
	return nil
}

// unwatched ends the session in which keys are watched. One that lasts forgets them.
func (c *conn) unwatched() error {
	if !c.watches {
		return nil
	}
	c.watches, c.watchedSlot = false, engine.NoSlot
	if !c.sticks {
		c.endSession()
		return nil
	}
	return c.unseen(newRequest("UNWATCH"))
}

// unseen runs a request and drops its reply, unless that is an error.
func (c *conn) unseen(r request) error {
	mark := len(c.encoder.out)
	err := c.one(&r)
	c.encoder.out = c.encoder.out[:mark]
	return err
}
