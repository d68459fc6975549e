// Package engine sends commands to the library and returns the replies.
//
// # The path of a command
//
// A caller encodes its command ([Words]), acquires a [call] from the table, and
// appends the request to its client's queue. The requests that are queued cross
// the boundary together, in one call of the library, and are sent as one pipeline.
// Requests do not wait to be coalesced: an idle client sends at once, and the
// queue of a busy one fills while it is busy.
//
// # Who drives
//
// The core's event loop runs on the thread that drives it (ffi/src/event_loop).
// A caller that waits has nothing else to do. So if there is no driver, a caller
// becomes it: it submits its request, runs the event loop until a request is
// completed, and returns. If more is in flight then, a goroutine takes over and
// drives for everyone: it takes the queue, runs the event loop until a request is
// completed, delivers the replies, lets their callers run, and takes what they
// have queued. This wakes no thread.
//
// The states of the driver (driver.go):
//
//	state    | entered by                    | a new request of the driver's client | of another client | left by
//	---------+-------------------------------+--------------------------------------+-------------------+--------------------------------
//	Idle     | release                       | its caller becomes Caller            | the same          | acquire -> Caller
//	Caller   | acquire                       | is taken if it takes (willTake),     | is flushed by its | handOff -> Everyone, Idle;
//	         |                               | else flushed by its leader           | leader            | releaseToLibrary -> Library
//	Everyone | handOff, while requests are   | the same                             | the same          | release -> Idle;
//	         | in flight or queued           |                                      |                   | releaseToLibrary -> Library
//	Library  | releaseToLibrary; 1 ms of     | its caller becomes Caller            | the same          | acquire -> Caller
//	         | Idle                          |                                      |                   |
//
// The engine does not distinguish Idle and Library; the library does. While the
// server is near, a driver takes (party.takes): requests that arrive while
// others are in flight stay in the queue until those are answered, or until
// [driveBudget] has passed, so submissions grow. When the server is far
// (roundtrip.go), after a drive that completed nothing, and for other clients,
// requests are submitted at once, which wakes the event loop, and the drive has
// no limit: the driver sleeps until something happens. No request waits for
// another one's round trip.
//
// A caller inside the library sees neither its signal nor its context. So its
// drive is interrupted when another goroutine completes its call, and, if the
// drive may be long, when its context ends.
//
// If there is one P, a drive keeps it from all other goroutines. Therefore no
// drive is longer than [driveBudget] then. After a drive that completed nothing,
// the event loop is left to the library's thread, and a caller yields after it
// has got its reply.
//
// In the states Library and Idle the library writes to the wakeup pipe when there
// are completions to take. [Engine.pollWakeups] reads it.
//
// # Deadlines
//
// A context that ends, ends its call. The other deadlines share one timer, which
// is set to the earliest (deadlines.go).
//
// # What CPUs share
//
// A caller writes to its call, to the idle list of its P, and to its client's
// queue. Everything else it only reads. The goroutine that delivers a reply
// writes one cache line of the call. The memory of replies is reference-counted,
// with few callers for each counter (delivery.go).
//
// # Blocking commands
//
// A blocking command runs on a dedicated connection (ffi/src/dedicated). Its
// request is submitted by itself, its caller does not drive, and it is counted
// separately from the requests in flight, whose replies arrive soon. When its
// context ends, the caller ends the request and waits until the connection is
// closed (session.go).
//
// explore_test.go runs this code in all orders in which these things can happen.
// step marks the points at which other goroutines may run.
//
// # Lock order
//
// The locks of requestQueue, idleList, deadlines, Client, turns and Mailbox are
// taken last, and no function is called while they are held. Only table.growing is
// taken before that of an idleList. Engine.mu guards only the start and the end
// of the goroutine that polls the wakeup pipe, and is taken under logging.
// DESIGN.md lists all locks, those of the library too.
package engine

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Engine is an event loop of the library and the calls that wait for it.
type Engine struct {
	library *abi.Library
	handle  abi.Engine
	calls   table
	// mailboxes of all clients, by their names.
	mailboxes sync.Map
	// answerers of all clients, by their names.
	answerers sync.Map

	// deadlines is read by every call and seldom written.
	deadlines deadlines

	_      [64]byte
	driver driver
	_      [64]byte
	// inflight is the number of requests that have crossed and are not completed,
	inflight atomic.Int64
	// blocking is the number of blocking commands, which it does not include.
	blocking atomic.Int64

	_          [64]byte
	wakeups    *os.File
	wakeupPipe *os.File

	mu sync.Mutex
	// clients is the number of open clients, plus one if there are loggers.
	clients int
	// polling is whether the goroutine runs that polls the wakeup pipe.
	polling bool
}

// engines of the process. They are started when they are first needed, and never
// end.
var engines struct {
	mu      sync.Mutex
	started []*Engine
	count   int
	next    int
}

// coresPerEngine is how many cores share an engine by default. One engine serves
// a few busy cores before it becomes the bottleneck.
const coresPerEngine = 8

// SetCount sets how many engines future clients are distributed to. Engines that
// run already go on. It reports false if count is not positive.
func SetCount(count int) bool {
	if count < 1 {
		return false
	}
	engines.mu.Lock()
	defer engines.mu.Unlock()
	engines.count = count
	return true
}

// Next returns the engine for the next client, round robin.
func Next() (*Engine, error) {
	engines.mu.Lock()
	defer engines.mu.Unlock()
	if engines.count == 0 {
		engines.count = max(1, runtime.GOMAXPROCS(0)/coresPerEngine)
	}
	i := engines.next % engines.count
	if i >= len(engines.started) {
		e, err := start()
		if err != nil {
			return nil, err
		}
		i = len(engines.started)
		engines.started = append(engines.started, e)
	}
	engines.next = i + 1
	return engines.started[i], nil
}

// first returns the first engine, which receives the library's log.
func first() (*Engine, error) {
	engines.mu.Lock()
	defer engines.mu.Unlock()
	if len(engines.started) == 0 {
		e, err := start()
		if err != nil {
			return nil, err
		}
		engines.started = append(engines.started, e)
	}
	return engines.started[0], nil
}

func start() (*Engine, error) {
	library, err := abi.Load()
	if err != nil {
		return nil, err
	}
	wakeups, wakeupPipe, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("glide: cannot start: %w", err)
	}
	handle, status := library.StartEngine(wakeupPipe.Fd())
	if status != abi.StatusOK {
		_ = wakeups.Close()
		_ = wakeupPipe.Close()
		return nil, fmt.Errorf("glide: cannot start: %w", status)
	}
	// The pipe is kept: the library writes to it as long as the process lives.
	e := newEngine(library, handle)
	e.wakeups, e.wakeupPipe = wakeups, wakeupPipe
	e.calls.trimAtCollection()
	return e, nil
}

func newEngine(library *abi.Library, handle abi.Engine) *Engine {
	e := &Engine{library: library, handle: handle}
	e.calls.init()
	e.deadlines.next.Store(never)
	return e
}

// open counts a client. While there is one, a goroutine polls the wakeup pipe.
func (e *Engine) open() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.clients++
	if !e.polling {
		e.polling = true
		go e.pollWakeups()
	}
}

func (e *Engine) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.clients--
	if e.clients == 0 {
		// Ends the read, and with it the goroutine.
		_ = e.wakeups.SetReadDeadline(time.Now())
	}
}

// pollWakeups takes completions whenever the library writes to the wakeup pipe,
// which it does if they arrive while no caller drives. It ends when there are no
// clients and nothing is in flight for those that there were.
func (e *Engine) pollWakeups() {
	var buffer [64]byte
	for {
		_, err := e.wakeups.Read(buffer[:])
		e.take()
		if err != nil && e.stopPolling() {
			return
		}
	}
}

// take takes the completions that have no driver, and delivers them.
func (e *Engine) take() {
	var replies abi.Replies
	e.library.Take(e.handle, &replies)
	step()
	e.accountElsewhere(replies.Completed())
	e.accountBlocking(&replies)
	step()
	e.deliver(&replies, nil)
}

func (e *Engine) stopPolling() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.clients == 0 && e.inflight.Load()+e.blocking.Load() > 0 {
		_ = e.wakeups.SetReadDeadline(time.Now().Add(time.Millisecond))
		return false
	}
	_ = e.wakeups.SetReadDeadline(time.Time{})
	e.polling = e.clients > 0
	return !e.polling
}

// deliver passes replies to their callers. The call own gets its reply without a
// signal: its caller is this goroutine. deliver reports whether it got one.
func (e *Engine) deliver(replies *abi.Replies, own *call) (answered bool) {
	if replies.Empty() {
		return false
	}
	d := newDelivery(e, *replies)
	// The delivery may be released once the last share is handed out.
	shares := d.shares
	part, delivered := 0, int64(0)
	data := replies.Bytes()
	for {
		entry, rest, ok := wire.NextEntry(data)
		if !ok {
			break
		}
		data = rest
		switch entry.Outcome {
		case abi.OutcomeLog:
			e.log(entry)
			continue
		case abi.OutcomeEvent:
			e.happened(entry)
			continue
		case abi.OutcomeMessages, abi.OutcomeAddressedMessages:
			e.receive(entry, d)
			continue
		case abi.OutcomeQuestion:
			e.asked(entry)
			continue
		}
		step()
		c := e.calls.lookup(entry.Ticket)
		if c == nil || !c.claim(entry.Ticket) {
			continue // its caller has left
		}
		if delivered == shareSize && part < len(shares)-1 {
			shares[part].handedOut(delivered)
			part++
			delivered = 0
		}
		delivered++
		step()
		c.outcome = entry.Outcome
		c.share = &shares[part]
		c.body = entry.Body
		if c == own {
			answered = true
			continue
		}
		e.notify(c)
	}
	for ; part < len(shares); part++ {
		shares[part].handedOut(delivered)
		delivered = 0
	}
	return answered
}

// fail completes a call with an error of this package.
func (e *Engine) fail(c *call, ticket uint64, err error) {
	if !c.claim(ticket) {
		return
	}
	c.failure = err
	e.notify(c)
}

// notify signals the caller that its call is completed, and interrupts its drive.
func (e *Engine) notify(c *call) {
	drives := c.drives.Load()
	c.signal <- struct{}{}
	if drives {
		step()
		e.interrupt()
	}
}

// Alive counts what exists in the library.
type Alive struct {
	Tickets, Buffers, Clients, Scans, Subscribers, Mailboxes, Connections, Questions int64
}

// Live returns the sums over all engines. They are zero when all clients are
// closed and all replies are read.
func Live() (alive Alive) {
	engines.mu.Lock()
	defer engines.mu.Unlock()
	for _, e := range engines.started {
		count := func(counter abi.Counter) int64 { return e.library.Count(e.handle, counter) }
		alive.Tickets += count(abi.CounterTickets)
		alive.Buffers += count(abi.CounterBuffers)
		alive.Clients += count(abi.CounterClients)
		alive.Scans += count(abi.CounterScans)
		alive.Subscribers += count(abi.CounterSubscribers)
		alive.Mailboxes += count(abi.CounterMailboxes)
		alive.Connections += count(abi.CounterDedicated)
		alive.Questions += count(abi.CounterQuestions)
	}
	return alive
}
