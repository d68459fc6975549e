package glidegoredis

import (
	"context"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// unlimited bounds a command that does not block when there is no read deadline: a
// server that cannot be reached is not waited for without end.
const unlimited = 5 * time.Minute

// A conn is a connection to a client of package glide, instead of a server. Write
// parses requests. Read runs what was written, on the goroutine that calls it, and
// returns the encoded replies. One goroutine may read while another writes, and
// any may set deadlines and close it.
type conn struct {
	bridge *bridge
	// handle ends the call that runs.
	handle *engine.Handle
	// session is that on whose dedicated connection commands run; 0 is none.
	session atomic.Uint64
	// wake tells a Read that waits that something has changed.
	wake chan struct{}

	mu     sync.Mutex
	parser parser
	// pending are requests that were written and not taken by a Read.
	pending []request
	// broken is why no more requests are parsed: they are not RESP.
	broken                      error
	readDeadline, writeDeadline time.Time
	// runs is whether a Read runs requests, and timer ends them if the deadline was
	// changed meanwhile.
	runs  bool
	timer *time.Timer
	// waits is whether a Read waits.
	waits  bool
	closed bool
	// cancel ends subscriptions; nil if there never were any.
	cancel context.CancelFunc
	// silent is whether replies are turned off, so that there may be no Read.
	silent bool

	// What follows belongs to who reads.
	reading sync.Mutex
	encoder encoder
	// left is what was encoded and did not fit into a Read, and err is what comes
	// after it: the connection is lost.
	left []byte
	err  error
	// taken is the memory of the last requests that were taken.
	taken []request
	// deadline is that of the requests that run.
	deadline time.Time
	// batch are the requests whose replies readMany encodes.
	batch    []request
	readOne  func(*wire.Reader) (struct{}, error)
	readMany func(*wire.Reader) (struct{}, error)
	state
}

func newConn(b *bridge) *conn {
	c := &conn{bridge: b, handle: engine.NewHandle(b.engine), wake: make(chan struct{}, 1)}
	c.encoder.resp2 = true
	c.readOne, c.readMany = c.encodeOne, c.encodeMany
	return c
}

// Write parses requests. They are run by a Read.
func (c *conn) Write(data []byte) (int, error) {
	c.mu.Lock()
	switch {
	case c.closed:
		c.mu.Unlock()
		return 0, c.opError("write", net.ErrClosed)
	case !c.writeDeadline.IsZero() && time.Until(c.writeDeadline) <= 0:
		c.mu.Unlock()
		return 0, c.opError("write", os.ErrDeadlineExceeded)
	}
	if c.broken == nil {
		c.pending, c.broken = c.parser.parse(data, c.pending)
	}
	now := c.silent || slices.ContainsFunc(c.pending, func(r request) bool { return r.isUrgent() })
	c.notify()
	c.mu.Unlock()
	if now && c.reading.TryLock() {
		c.runNow()
		c.reading.Unlock()
	}
	return len(data), nil
}

// runNow runs what was written, because there may be no Read.
func (c *conn) runNow() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	requests := c.take()
	c.deadline = c.writeDeadline
	c.mu.Unlock()
	c.encoder.out = nil
	c.run(requests)
	c.done()
	c.left = append(c.left, c.encoder.out...)
	c.encoder.out = nil
}

// notify lets a Read that waits look again. The caller has locked mu.
func (c *conn) notify() {
	if !c.waits {
		return
	}
	c.waits = false
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Read runs what was written since the last Read and returns the replies. If nothing
// was, it waits for a Write or a message.
func (c *conn) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	for {
		if len(c.left) > 0 {
			n := copy(p, c.left)
			if c.left = c.left[n:]; len(c.left) == 0 {
				c.left = nil
			}
			return n, nil
		}
		if c.err != nil {
			return 0, c.err
		}
		if len(p) == 0 {
			return 0, nil
		}
		requests, message, err := c.next()
		if err != nil {
			return 0, err
		}
		// Replies are encoded where the caller wants them, if they fit.
		c.encoder.out = p[:0:len(p)]
		if message != nil {
			c.deliver(*message)
		} else {
			c.run(requests)
			c.done()
		}
		out := c.encoder.out
		c.encoder.out = nil
		if len(out) == 0 {
			continue
		}
		if &out[0] != &p[0] {
			copy(p, out)
		}
		if len(out) > len(p) {
			c.left = out[len(p):]
		}
		return min(len(out), len(p)), nil
	}
}

// next waits for requests or a message. From then on the requests run.
func (c *conn) next() ([]request, *pushed, error) {
	for {
		c.mu.Lock()
		deadline := c.readDeadline
		switch {
		case c.closed:
			c.mu.Unlock()
			return nil, nil, c.opError("read", net.ErrClosed)
		case !deadline.IsZero() && time.Until(deadline) <= 0:
			c.mu.Unlock()
			return nil, nil, c.opError("read", os.ErrDeadlineExceeded)
		case len(c.pending) > 0 || c.broken != nil:
			c.deadline = deadline
			requests := c.take()
			c.mu.Unlock()
			return requests, nil, nil
		}
		c.waits = true
		c.mu.Unlock()
		if message := c.await(deadline); message != nil {
			return nil, message, nil
		}
	}
}

// await waits for a message, until something else has changed or the deadline.
func (c *conn) await(deadline time.Time) *pushed {
	var late <-chan time.Time
	if !deadline.IsZero() {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-c.wake:
	case <-late:
	case message := <-c.subscription.messages:
		return &message
	}
	return nil
}

// take takes the requests that are pending. The caller has locked mu.
func (c *conn) take() []request {
	requests := c.pending
	c.pending, c.taken = c.taken[:0], requests
	c.runs = true
	return requests
}

// done is called after requests were run.
func (c *conn) done() {
	c.mu.Lock()
	c.runs = false
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	c.mu.Unlock()
}

// Close closes the connection: what runs ends, and so does what the connection holds.
func (c *conn) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return c.opError("close", net.ErrClosed)
	}
	c.closed = true
	for _, r := range c.pending {
		r.Release()
	}
	c.pending = nil
	c.parser.release()
	cancel := c.cancel
	c.notify()
	c.mu.Unlock()
	c.handle.End()
	c.endSession()
	if cancel != nil {
		cancel()
	}
	return nil
}

// SetDeadline sets both deadlines.
func (c *conn) SetDeadline(t time.Time) error {
	_ = c.SetWriteDeadline(t)
	return c.SetReadDeadline(t)
}

// SetReadDeadline sets when a Read ends, with the command that it runs. A command
// that runs already ends at the earlier of its deadline and this one.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("set", net.ErrClosed)
	}
	c.readDeadline = t
	switch {
	case !c.runs:
		c.notify()
	case !t.IsZero():
		if c.timer != nil {
			c.timer.Stop()
		}
		c.timer = time.AfterFunc(time.Until(t), c.expire)
	}
	return nil
}

// expire ends what runs, unless the deadline was changed again.
func (c *conn) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.runs && !c.readDeadline.IsZero() && time.Until(c.readDeadline) <= 0 {
		c.handle.End()
	}
}

// SetWriteDeadline sets from when on a Write fails. It never waits.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("set", net.ErrClosed)
	}
	c.writeDeadline = t
	return nil
}

// address is that of both ends of a connection.
type address struct{}

func (address) Network() string { return "glide" }
func (address) String() string  { return "glide" }

func (c *conn) LocalAddr() net.Addr  { return address{} }
func (c *conn) RemoteAddr() net.Addr { return address{} }

var _ net.Conn = (*conn)(nil)

// A Handle is no context that a program could use, so it is only here.
var _ context.Context = (*engine.Handle)(nil)
