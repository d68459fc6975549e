package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// largeRequest is the size in bytes from which a request is not copied into the
// queue: it crosses by itself, from its own memory.
const largeRequest = 16 << 10

// largeBatch is the number of commands from which a batch crosses by itself. To
// decode it and to read its results is so much work that, if others wait too, its
// caller leaves driving to the library's thread and works next to it.
const largeBatch = 8

// Client is a client of the library.
type Client struct {
	engine *Engine
	handle uint64
	// timeout bounds a call whose context has no deadline.
	timeout time.Duration

	closed atomic.Bool
	// answerer answers the library's questions; nil if it has none.
	answerer *Answerer
	// observer takes what happens to the client; nil if there is none.
	observer *Observer
	// queues hold the requests that have not crossed.
	queues  []requestQueue
	parties parties

	// What callers read lies above, what is written in every round below.
	_ [64]byte

	// spare is the memory of an emptied queue. Only who takes them needs it.
	mu    sync.Mutex
	spare []byte

	// coalesced is how many requests crossed together last.
	coalesced atomic.Int64

	roundTrip roundTrip
	turns     turns

	// rejected and timedOut count the calls that failed so.
	rejected, timedOut atomic.Int64
	// nodes are those that completions have named.
	nodes nodeNames

	// neverRetries: nothing is sent twice.
	neverRetries bool
	// database is the one that its connections select.
	database int
	// inflightLimit is the limit that its errors name.
	inflightLimit int
}

// SetInflightLimit says which limit errors name. It must be called before the first
// call.
func (c *Client) SetInflightLimit(limit int) { c.inflightLimit = limit }

// SetDatabase says which database the client's connections select. It must be
// called before the first call.
func (c *Client) SetDatabase(database int) { c.database = database }

// Database returns the database that the client's connections select.
func (c *Client) Database() int { return c.database }

// NeverRetries says that the client sends nothing twice. It must be called
// before the first call.
func (c *Client) NeverRetries() { c.neverRetries = true }

// RetryTime returns for how long what a server refuses for now is tried again
// where no context says it, if it is.
func (c *Client) RetryTime() (time.Duration, bool) { return c.timeout, !c.neverRetries }

func newClient(e *Engine, timeout time.Duration) *Client {
	c := &Client{engine: e, timeout: timeout, queues: make([]requestQueue, len(e.calls.lists))}
	c.parties.init(c)
	return c
}

// Connect connects a client (a marshalled ConnectionRequest) and waits until
// it is connected or the context ends. The answerer and the observer, which may be
// nil, are closed with the client, or if there is none.
func (e *Engine) Connect(ctx context.Context, request []byte, timeout time.Duration, answerer *Answerer, observer *Observer) (*Client, error) {
	c, err := e.connect(ctx, request, timeout, answerer, observer)
	if err != nil {
		answerer.Close()
		observer.Close()
	}
	return c, err
}

func (e *Engine) connect(ctx context.Context, request []byte, timeout time.Duration, answerer *Answerer, observer *Observer) (*Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := newClient(e, timeout)
	c.answerer, c.observer = answerer, observer
	call := e.calls.acquire()
	if call == nil {
		return nil, errTooMany
	}
	e.open()
	call.client.Store(c)
	call.deadline.Store(0) // the library has the connection timeout
	call.begin()
	e.inflight.Add(1)
	handle, status := e.library.Connect(e.handle, request, call.ticket())
	c.handle = handle
	if status != abi.StatusOK {
		call.leave()
		e.calls.put(call)
		e.inflight.Add(-1)
		e.close()
		return nil, refused(status)
	}
	if err := c.wait(ctx, call, 0); err != nil {
		c.Close()
		return nil, err
	}
	err := call.result(nil)
	call.finish(e)
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close closes the client: its connections are closed and every call that
// waits on it ends. Closing again does nothing.
func (c *Client) Close() {
	step()
	if c.closed.Swap(true) {
		return
	}
	for i := range c.queues {
		c.queues[i].close()
		step()
	}

	c.engine.calls.waiting(func(call *call, ticket uint64) {
		if call.client.Load() == c {
			c.engine.fail(call, ticket, errClosed)
		}
	})
	c.engine.library.Close(c.engine.handle, c.handle)
	c.answerer.Close()
	c.observer.Close()
	c.engine.close()
}

// Run sends a command and reads its reply. It takes at most the client's request
// timeout, unless the context has a deadline. A blocking command may in addition
// wait on the server for as long as it says. The request can be used again after
// Run has returned.
func Run[T any](ctx context.Context, c *Client, request *wire.Request, blocking bool, read func(*wire.Reader) (T, error)) (result T, err error) {
	if err := ctx.Err(); err != nil {
		return result, err
	}
	e := c.engine
	call := e.calls.acquire()
	if call == nil {
		return result, c.count(errTooMany)
	}
	timeout := c.bound(ctx, call, blocking, request)
	call.client.Store(c)
	call.begin()
	handle, _ := ctx.(*Handle)
	if handle != nil && !blocking {
		handle.begin(call, request)
	}
	var drive bool
	var first []byte
	e.watch(call)
	if blocking {
		err = c.sendBlocking(call, request, timeout)
		if handle != nil && err == nil {
			// Before, the library would not know what is ended.
			handle.begin(call, request)
		}
	} else {
		drive, first, err = c.send(call, request, timeout)
	}
	if err != nil {
		if handle != nil {
			handle.done()
		}
		// Close may be completing it at this moment.
		if !c.leave(call) {
			call.finish(e)
		}
		return result, err
	}
	if !drive || !c.drive(ctx, call, first, request.Commands()) {
		if err := c.wait(ctx, call, sessionOf(request, call)); err != nil {
			return result, c.count(c.explained(err, request))
		}
	}
	if handle != nil {
		handle.done()
	}
	if err = call.result(request); err == nil {
		result, err = read(&call.reader)
	} else if err == error(errEnded) {
		c.giveUp(call.ticket())
	} else if request.IsDedicated() && err == errTimeout {
		c.EndSession(sessionOf(request, call)) // the library is late
	} else if err == error(errTimeout) && c.giveUp(call.ticket()) {
		err = errNotSent()
	}
	call.finish(e)
	if err != nil {
		err = c.count(contextual(ctx, c.explained(err, request)))
	}
	return result, err
}

// explained adds to a failure the limit that it is about, if it says nothing else.
func (c *Client) explained(err error, request *wire.Request) error {
	failure, ok := err.(*Failure)
	if !ok {
		return err
	}
	explained := *failure
	switch {
	case failure.Message == errTimeout.Message && request.Timeout() == 0 && !request.IsDedicated():
		explained.Message = fmt.Sprintf("RequestTimeout is %v", c.timeout)
	case failure.Message == tooManyInFlight && failure.TimedOut:
		explained.Message = fmt.Sprintf("InflightLimit is %d", c.inflightLimit)
	case failure.Message == tooManyInFlight:
		explained.Message = fmt.Sprintf("InflightLimit is %d; calls wait with InflightWait", c.inflightLimit)
	default:
		return err
	}
	return &explained
}

// contextual returns the context's error in place of a timeout that the context
// caused, no matter who noticed it first.
func contextual(ctx context.Context, err error) error {
	var failure *Failure
	_, ok := ctx.Deadline()
	switch {
	case !ok || !errors.As(err, &failure):
		return err
	case failure.Outcome == abi.OutcomeTimeout:
		return context.DeadlineExceeded
	case failure.TimedOut:
		failure.Deadline = true // it is this call's alone
	}
	return err
}

// bound sets the call's deadline and returns the library's, in microseconds. Either
// may end the call. The library's deadline also frees its resources; this
// package's holds when the event loop is not driven.
func (c *Client) bound(ctx context.Context, call *call, blocking bool, request *wire.Request) uint64 {
	timeout := c.timeout
	if own := request.Timeout(); own != 0 {
		return c.boundBy(own, call, request)
	}
	deadline, ok := ctx.Deadline()
	var now int64
	if !ok || request.IsTimed() {
		now = Now()
		request.SetBegun(now)
	}
	if ok {
		// The context says itself when it ends.
		timeout = max(time.Until(deadline), time.Microsecond)
		call.deadline.Store(0)
	} else {
		if blocking {
			// A server that is told to wait for so long answers then; one that is
			// gone without a word does not.
			wait := request.Wait()
			if wait <= 0 {
				call.deadline.Store(0)
				return 0
			}
			timeout += wait
		}
		// The library ends it first: it knows why, and what it waits for.
		call.deadline.Store(now + int64(timeout+reportingGrace))
	}
	return uint64(timeout / time.Microsecond)
}

// boundBy sets the call's deadline to that of a request which says how long it may take,
// and returns the library's. A time below 0 is none.
func (c *Client) boundBy(timeout time.Duration, call *call, request *wire.Request) uint64 {
	if timeout < 0 {
		call.deadline.Store(0)
		return 0
	}
	call.deadline.Store(Now() + int64(timeout+reportingGrace))
	return uint64(max(timeout, time.Microsecond) / time.Microsecond)
}

// send submits the call's request, or leaves it to be submitted with others. It
// reports whether the caller must drive. In that case first is what the caller
// submits before the queue.
func (c *Client) send(call *call, request *wire.Request, timeout uint64) (drive bool, first []byte, err error) {
	ticket := call.ticket()
	if request.Size() >= largeRequest || request.Commands() >= largeBatch {
		submission := request.Submission(ticket, timeout)
		if (request.Commands() < largeBatch || c.engine.inflight.Load() == 0) && c.acquire() {
			return true, submission, nil
		}
		c.engine.inflight.Add(1)
		return false, nil, c.submit(submission, 1)
	}
	step()
	isLeader, err := c.queues[call.list].append(request, ticket, timeout)
	if err != nil {
		return false, nil, err
	}
	if c.acquire() {
		return true, nil, nil
	}
	step()
	if isLeader && !c.willTake() {
		c.coalesce()
		c.flush()
	}
	return false, nil, nil
}

// sendBlocking submits the request of a blocking command by itself. Its caller does
// not drive.
func (c *Client) sendBlocking(call *call, request *wire.Request, timeout uint64) error {
	c.engine.blocking.Add(1)
	submission := request.Submission(call.ticket()|blockingBit, timeout)
	if status := c.engine.library.Submit(c.engine.handle, c.handle, submission); status != abi.StatusOK {
		c.engine.blocking.Add(-1)
		return refused(status)
	}
	return nil
}

// coalesce lets other goroutines append to the queue: those that are runnable are
// about to. A caller that is alone does not yield, because it would move to
// another thread.
func (c *Client) coalesce() {
	if c.coalesced.Load() > 1 || c.engine.inflight.Load() > 0 {
		runtime.Gosched()
	}
}

// flush submits what is queued.
func (c *Client) flush() {
	step()
	batch := c.takeQueue()
	if batch.requests == 0 {
		return
	}
	if err := c.submit(batch.queue, batch.requests); err != nil {
		c.refuse(batch.queue, err)
	}
	c.recycle(batch)
}

func (c *Client) submit(submission []byte, requests int64) error {
	if status := c.engine.library.Submit(c.engine.handle, c.handle, submission); status != abi.StatusOK {
		c.engine.accountElsewhere(requests)
		return refused(status)
	}
	return nil
}

// refuse ends the calls of a queue that the library did not accept.
func (c *Client) refuse(queue []byte, err error) {
	wire.EachTicket(queue, func(ticket uint64) {
		if call := c.engine.calls.lookup(ticket); call != nil {
			c.engine.fail(call, ticket, err)
		}
	})
}

// takeQueue takes what is queued, which counts as in flight from then on.
func (c *Client) takeQueue() batch {
	c.mu.Lock()
	taken := batch{queue: c.spare[:0]}
	c.spare = nil
	c.mu.Unlock()
	for i := range c.queues {
		c.queues[i].take(&taken)
		step()
	}
	c.coalesced.Store(taken.requests)
	c.engine.inflight.Add(taken.requests)
	return taken
}

// recycle keeps the memory of a batch for the next one.
func (c *Client) recycle(batch batch) {
	queue := batch.queue
	if batch.secret {
		wire.Wipe(queue)
	}
	if cap(queue) == 0 || cap(queue) > retainedQueue {
		return
	}
	c.mu.Lock()
	if c.spare == nil {
		c.spare = queue[:0]
	}
	c.mu.Unlock()
}

func (c *Client) hasQueue() bool {
	for i := range c.queues {
		if c.queues[i].filled.Load() {
			return true
		}
	}
	return false
}

// wait waits for the call's completion. If the context ends first, it returns the
// context's error and has returned the call to the table. A session that is not 0
// is then ended, too.
func (c *Client) wait(ctx context.Context, call *call, session uint64) error {
	ended := ctx.Done()
	if ended == nil {
		<-call.signal // cheaper than a select of one
		return nil
	}
	select {
	case <-call.signal:
		return nil
	case <-ended:
	}
	step()
	if session != 0 {
		c.EndSession(session)
		if c.leaveSession(call) {
			return ctx.Err()
		}
		return nil
	}
	ticket := call.ticket()
	if c.leave(call) {
		// Its request crosses before what the caller does next.
		if c.hasQueue() {
			c.flush()
		}
		if c.giveUp(ticket) && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return contextual(ctx, errNotSent())
		}
		return ctx.Err()
	}
	return nil
}

// leave stops waiting and returns the call to the table, unless the call is being
// completed at this moment. Then it waits for the completion and reports false.
func (c *Client) leave(call *call) bool {
	if !call.leave() {
		step()
		<-call.signal
		return false
	}
	c.engine.calls.put(call)
	return true
}

// result returns the error that a completed call ended with, if any. A request learns
// how it went.
func (c *call) result(request *wire.Request) error {
	if c.failure != nil {
		return c.failure
	}
	if c.outcome&abi.TracedOutcome != 0 {
		var trace wire.Trace
		c.outcome &^= abi.TracedOutcome
		c.body, trace = wire.CutTrace(c.body)
		if request != nil {
			request.SetTrace(trace)
		}
	}
	if c.outcome == abi.OutcomeReply {
		c.reader = wire.NewReader(c.body, c.share.delivery)
		return nil
	}
	code, message, timedOut := wire.Texts(c.body)
	return &Failure{Outcome: c.outcome, Code: code, Message: message, TimedOut: timedOut != 0}
}

// finish returns a completed call to the table.
func (c *call) finish(e *Engine) {
	if c.share != nil {
		c.share.read()
		c.share, c.body, c.reader = nil, nil, wire.Reader{}
	}
	c.failure = nil
	c.state.And(^uint64(phases))
	e.calls.put(c)
}
