package engine

import (
	"sync/atomic"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// A Handle is the context of calls that other goroutines end. It serves one call
// after the other, allocates nothing, and has no channel that a call would have to
// watch. How long a call may take says its request.
type Handle struct {
	client *Client
	// ticket names the call that runs; 0 is none. session is the one that its
	// request runs in, if there is one.
	ticket, session atomic.Uint64
	ended           atomic.Bool
}

// errEnded is the error of a call that was ended by its handle.
var errEnded = &Failure{Outcome: abi.OutcomeTimeout, Message: "the call was given up"}

// NewHandle returns a handle for calls of a client.
func NewHandle(c *Client) *Handle { return &Handle{client: c} }

// begin makes a call the one that the handle ends. It waits already.
func (h *Handle) begin(call *call, request *wire.Request) {
	h.session.Store(sessionOf(request, call))
	h.ticket.Store(call.ticket())
	if step(); h.ended.Load() {
		h.end()
	}
}

// done is called when the call is completed, before it can be used again.
func (h *Handle) done() { h.ticket.Store(0) }

// End ends the call that runs, and those that begin later until Renew.
func (h *Handle) End() {
	h.ended.Store(true)
	step()
	h.end()
}

func (h *Handle) end() {
	ticket := h.ticket.Load()
	if ticket == 0 {
		return
	}
	if session := h.session.Load(); session != 0 {
		// The library completes it, after the connection is closed: what the
		// server was about to return is not lost unnoticed.
		h.client.EndSession(session)
		return
	}
	e := h.client.engine
	if call := e.calls.lookup(ticket); call != nil {
		e.fail(call, ticket, errEnded)
	}
}

// Renew lets calls run again.
func (h *Handle) Renew() { h.ended.Store(false) }

// Ended reports whether calls end at once.
func (h *Handle) Ended() bool { return h.ended.Load() }

// Deadline, Done, Err and Value make a handle a context that does not end by itself.
func (h *Handle) Deadline() (time.Time, bool) { return time.Time{}, false }
func (h *Handle) Done() <-chan struct{}       { return nil }
func (h *Handle) Value(any) any               { return nil }

// Err returns an error if calls end at once.
func (h *Handle) Err() error {
	if h.ended.Load() {
		return errEnded
	}
	return nil
}
