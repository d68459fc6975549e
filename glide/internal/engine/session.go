package engine

import (
	"sync/atomic"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"google.golang.org/protobuf/encoding/protowire"
)

// The field numbers of protobuf/submission.proto.
const (
	fieldConnection protowire.Number = 9
	fieldOnce       protowire.Number = 10
)

// holds counts the names of holds; 0 is none.
var sessions atomic.Uint64

// sessionBit marks the name of a hold, so that it is not taken for a call's ticket:
// the library ends either by its name.
const sessionBit = 1 << 62

// BeginSession begins a hold on a connection of one's own and names it. The connection
// is taken with the first request that is sent there, and given up by EndSession.
func (c *Client) BeginSession() (uint64, error) {
	hold := sessions.Add(1) | sessionBit
	if status := c.engine.library.BeginSession(c.engine.handle, c.handle, hold); status != abi.StatusOK {
		return 0, refused(status)
	}
	return hold, nil
}

// EndSession ends a hold: what is under way there ends, and the connection with it;
// if there is nothing, the connection is kept for others when nobody can tell.
func (c *Client) EndSession(hold uint64) { c.engine.library.End(c.engine.handle, c.handle, hold) }

// giveUp gives up a call's wait for a permit, and reports whether it waited: then
// it is never sent.
func (c *Client) giveUp(ticket uint64) bool {
	return c.engine.library.End(c.engine.handle, c.handle, ticket) == abi.StatusGaveUp
}

// errNotSent is the error of a call whose time was over while it waited for a
// permit.
func errNotSent() *Failure {
	return &Failure{Outcome: abi.OutcomeInflightLimit, Message: "too many requests in flight", TimedOut: true}
}

// SetSession says that the command goes to the connection of a hold. Nothing but
// a route is appended after it.
func (w *Words) SetSession(hold uint64) {
	w.session = hold
	w.buf = protowire.AppendTag(w.buf, fieldConnection, protowire.VarintType)
	w.buf = protowire.AppendVarint(w.buf, hold)
}

// SetDedicated says that the command has a connection for itself alone. Nothing
// but a route is appended after it.
func (w *Words) SetDedicated() {
	w.dedicated = true
	w.buf = protowire.AppendTag(w.buf, fieldOnce, protowire.VarintType)
	w.buf = append(w.buf, 1)
}

// hold names the hold that the words' call has, if it has one.
func (w *Words) hold(call *call) uint64 {
	if w.dedicated {
		return call.ticket() | blockingBit
	}
	return w.session
}

// courtesy is for how long a caller whose context has ended waits for its
// connection to be closed: once it has returned nothing of it is left on the
// server, and a reply that was there already is not lost.
const closingGrace = 20 * time.Millisecond

// leaveSession gives up the wait of a call whose hold was ended. It reports
// false if the call was completed with a reply after all.
func (c *Client) leaveSession(call *call) bool {
	late := time.NewTimer(closingGrace)
	defer late.Stop()
	select {
	case <-call.signal:
		if call.failure == nil && call.result() == nil {
			return false
		}
		call.finish(c.engine)
		return true
	case <-late.C:
		return c.leave(call)
	}
}
