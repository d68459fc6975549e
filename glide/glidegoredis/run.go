package glidegoredis

import (
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// run runs requests one after the other and encodes their replies. Those that follow
// one another and need nothing special run as one pipeline.
func (c *conn) run(requests []request) {
	for len(requests) > 0 && c.err == nil {
		r := &requests[0]
		many := 1
		switch {
		case c.encoder.resp2 && c.subscription.isActive():
			c.reply(r, c.subscribed)
		case c.transaction != nil:
			c.reply(r, c.inTransaction)
		case r.spec.handle != nil:
			c.reply(r, func(r *request) error { return r.spec.handle(c, r) })
		case c.replies != repliesOn:
			c.reply(r, c.one)
		default:
			if many = pipelined(requests); many > 1 {
				c.failed(c.many(requests[:many]))
			} else {
				c.failed(c.one(r))
			}
		}
		requests = requests[many:]
	}
	for i := range requests {
		requests[i].Release() // the connection is lost before
	}
	if c.err == nil {
		c.mu.Lock()
		broken := c.broken
		c.mu.Unlock()
		if broken != nil {
			c.fail(broken)
		}
	}
}

func (c *conn) failed(err error) {
	if err != nil {
		c.fail(err)
	}
}

// pipelined returns how many requests at the beginning run together.
func pipelined(requests []request) int {
	for i := range requests {
		if r := &requests[i]; r.spec.handle != nil || r.blocks() {
			return max(i, 1)
		}
	}
	return len(requests)
}

// one runs a request by itself.
func (c *conn) one(r *request) error {
	blocks := r.blocks()
	c.encoder.shape = r.shapeOf()
	c.prepare(r, blocks)
	_, err := engine.Run(c.handle, c.bridge.engine, r.Request, blocks, c.readOne)
	r.Release()
	return err
}

// prepare says where and how long a request runs.
func (c *conn) prepare(r *request, blocks bool) {
	slot := engine.NoSlot
	if c.bridge.cluster {
		slot = c.slotOf(r)
	}
	session := c.session.Load()
	if session != 0 && c.bridge.cluster && slot != c.watchedSlot {
		session = 0 // its connection is to the node of another slot
	}
	r.SetAsSent()
	switch {
	case session != 0:
		r.SetSession(session)
	case blocks:
		r.SetDedicated()
	}
	if slot >= 0 {
		kind := wire.Slot
		if session != 0 {
			kind = wire.SlotPrimary
		}
		r.SetRoute(wire.Route{Kind: kind, Slot: uint16(slot)})
	}
	r.SetTimeout(c.timeLeft(blocks))
}

// slotOf returns the slot of a request's keys. The library finds it by itself for
// requests whose second word is their only key, unless a session depends on it.
func (c *conn) slotOf(r *request) int {
	if r.spec.keys == keyNone || r.spec.keys == keyFirst && c.session.Load() == 0 {
		return engine.NoSlot
	}
	return engine.SlotOf(r.keysOf)
}

// timeLeft returns how long a request may take; a negative time is for ever.
func (c *conn) timeLeft(blocks bool) time.Duration {
	switch {
	case !c.deadline.IsZero():
		return max(time.Until(c.deadline), time.Microsecond)
	case blocks:
		return -1
	default:
		return unlimited
	}
}

func (c *conn) encodeOne(r *wire.Reader) (struct{}, error) {
	return struct{}{}, c.encoder.value(r, 0)
}

// many runs requests as one pipeline.
func (c *conn) many(requests []request) error {
	return c.runBatch("pipeline", wire.BatchMode{}, requests, c.readMany)
}

// runBatch runs requests as one, in the session if there is one, and releases them.
func (c *conn) runBatch(name string, mode wire.BatchMode, requests []request, read func(*wire.Reader) (struct{}, error)) error {
	all := wire.Join(name, mode, len(requests), func(i int) *wire.Request { return requests[i].Request })
	for i := range requests {
		requests[i].Release()
	}
	all.SetAsSent()
	if session := c.session.Load(); session != 0 {
		all.SetSession(session)
	}
	all.SetTimeout(c.timeLeft(false))
	c.batch = requests
	_, err := engine.Run(c.handle, c.bridge.engine, all, false, read)
	all.Release()
	c.batch = nil
	return err
}

// encodeMany encodes the replies of a pipeline, up to the first request that was not
// answered because of its connection.
func (c *conn) encodeMany(r *wire.Reader) (struct{}, error) {
	n, err := r.Array()
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, c.encodeItems(r, n)
}

func (c *conn) encodeItems(r *wire.Reader, n int) error {
	for i := range n {
		if i < len(c.batch) {
			c.encoder.shape = c.batch[i].shapeOf()
		}
		if err := c.encoder.value(r, 0); err != nil {
			return err
		}
		if failure := c.encoder.failure; failure != nil {
			c.encoder.failure = nil
			if c.fail(failure); c.err != nil {
				return nil
			}
		}
	}
	return nil
}

// withoutCode returns a message without the server's code and what comes before it.
func withoutCode(message, code string) string {
	_, rest, _ := strings.Cut(message, code)
	return strings.TrimSpace(rest)
}
