package engine

import (
	"sync/atomic"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// sessions is the last number of a session; 0 is none.
var sessions atomic.Uint64

// sessionBit marks the name of a session, which thus differs from every ticket: the
// library ends both by their names.
const sessionBit = 1 << 62

// BeginSession begins a session on a dedicated connection and returns its name. The
// connection is acquired with the first request of the session, and released by
// EndSession.
func (c *Client) BeginSession() (uint64, error) {
	session := sessions.Add(1) | sessionBit
	if status := c.engine.library.BeginSession(c.engine.handle, c.handle, session); status != abi.StatusOK {
		return 0, refused(status)
	}
	return session, nil
}

// EndSession ends a session, or a request on a dedicated connection by its ticket.
// If a request is in flight, it ends and the connection is closed. Otherwise the
// connection returns to the pool, if nothing of the session is left on it.
func (c *Client) EndSession(session uint64) { c.engine.library.End(c.engine.handle, c.handle, session) }

// giveUp tells the library that the caller of a request has left, before the
// caller goes on: what of the request was not sent by then is not sent after what
// the caller sends next. It reports whether the request waited for a permit. Then
// nothing of it was sent.
func (c *Client) giveUp(ticket uint64) bool {
	return c.engine.library.End(c.engine.handle, c.handle, ticket) == abi.StatusGaveUp
}

// errNotSent is the error of a call whose time ended while it waited for a permit.
func errNotSent() *Failure {
	return &Failure{Outcome: abi.OutcomeInflightLimit, Message: tooManyInFlight, TimedOut: true}
}

// sessionOf returns the name by which a request's call is ended, if it runs on a
// dedicated connection.
func sessionOf(request *wire.Request, call *call) uint64 {
	if request.IsDedicated() {
		return call.ticket() | blockingBit
	}
	return request.Session()
}

// closingGrace is the longest time that a caller whose context has ended waits for
// its connection to be closed. Once it is closed, the server takes nothing more for
// the command, and a reply that had arrived is not lost. Closing takes less than a
// millisecond unless other programs keep the CPUs busy.
const closingGrace = 40 * time.Millisecond

// reportingGrace is by how much later a call ends here than in the library, which
// knows what the call waited for.
const reportingGrace = 20 * time.Millisecond

// leaveSession stops waiting for a call whose session was ended. It reports false if
// the call was completed with a reply nevertheless.
func (c *Client) leaveSession(call *call) bool {
	late := time.NewTimer(closingGrace)
	defer late.Stop()
	select {
	case <-call.signal:
	case <-late.C:
		if c.leave(call) {
			return true
		}
	}
	if call.failure == nil && call.result(nil) == nil {
		return false
	}
	call.finish(c.engine)
	return true
}
