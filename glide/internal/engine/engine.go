// Package engine carries commands to the library and replies back.
//
// # The way of a command
//
// A caller encodes its command ([Words]), takes a [call] from the table to
// wait on, and appends the request to its client's queue. Whatever has
// gathered in the queue crosses the boundary in one call of the library and
// travels as one pipeline. Nothing waits to be coalesced: an idle client
// sends at once, a busy one batches by itself.
//
// # Who drives
//
// The core runs on an event loop, which runs on whichever thread drives it
// (ffi/src/event_loop). A caller that waits has nothing better to do, so one
// that is alone drives: it submits its request, runs the event loop until
// something is completed, and goes. If there is more to come then, a goroutine
// goes on to drive for everyone: it takes what is queued, runs the event loop
// until something is completed, delivers the replies, lets their callers run,
// and takes what they have queued. No caller wakes a thread for that, or is
// woken by one.
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
// Idle and Library are one here: which it is, the library knows. A driver takes
// (its party says so) while the server is near: requests that come while others
// are in flight are held back until those are answered, or [driveBudget] has
// passed, so batches grow. When the server is far (roundtrip.go), after a drive
// in which nothing was completed, and for other clients, requests are submitted
// at once, which wakes the event loop, and the drive has no limit: the driver
// sleeps until something happens. Nobody waits for somebody else's round trip.
//
// A caller inside the library sees neither its signal nor its context. Whoever
// completes its call from outside, and the end of its context if the drive may
// be long, interrupts the drive.
//
// If there is one P, a drive keeps it from all other goroutines. So no drive is
// longer than [driveBudget] then; one in which nothing was completed leaves the
// event loop to the library's thread, and a caller yields after its own reply.
//
// In Library and Idle the library writes to the wakeup pipe when there is
// something to take. [Engine.answer] watches it.
//
// # Deadlines
//
// A call's context ends its call by itself. Of the other deadlines there is one
// timer for the earliest (deadlines.go).
//
// # What CPUs share
//
// A caller writes its call, the list of idle calls of its P, and its client's
// queue; the rest it only reads. Who delivers a reply writes one cache line of
// the call. The memory of replies is counted down by few callers at a time
// (delivery.go).
//
// # Calls that wait on the server
//
// A command that blocks has a connection of its own (ffi/src/dedicated), and its
// call goes apart from all others: it is submitted by itself, its caller does
// not drive, and it does not count among those in flight, whose replies are
// about to come. When its context ends its caller ends its hold on the
// connection, and stays until the connection is closed (hold.go).
//
// explore_test.go goes through the orders in which all this can happen, on the
// code itself: step marks where others may come in between.
//
// # Lock order
//
// Those of requestQueue, idleList, deadlines, Client and turns are taken last, and
// nothing is called under them; only table.growing comes before that of an
// idleList. Engine.mu guards only the start and end of the goroutine that
// answers.
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

// Engine is a runtime of the library and the calls that wait for it.
type Engine struct {
	library *abi.Library
	handle  abi.Engine
	calls   table
	// mailboxes are those that receive messages, by their names.
	mailboxes sync.Map
	// answerers are those that answer questions, by their names.
	answerers sync.Map

	start time.Time
	// deadlines is read by every call and seldom written.
	deadlines deadlines

	_      [64]byte
	driver driver
	_      [64]byte
	// inflight is the number of requests that crossed and are not completed.
	inflight atomic.Int64
	// apart is the number of those that crossed apart from them; see blockingBit.
	blocking atomic.Int64

	_          [64]byte
	wakeups    *os.File
	wakeupPipe *os.File
	logs       atomic.Pointer[logSink]

	mu sync.Mutex
	// clients are those that are open, and the logger.
	clients int
	// answering is whether the goroutine that answers the bell runs.
	polling bool
}

// engines are those of the process. They are started when they are first
// needed and never end.
var engines struct {
	mu      sync.Mutex
	started []*Engine
	count   int
	next    int
}

// coresPerEngine is how many cores share an engine by default: one engine
// serves a few busy cores before it becomes the narrow place.
const coresPerEngine = 8

// SetCount says how many engines share the clients to come. Those that are
// started stay. It refuses a number that is not positive.
func SetCount(count int) bool {
	if count < 1 {
		return false
	}
	engines.mu.Lock()
	defer engines.mu.Unlock()
	engines.count = count
	return true
}

// Next gives the engine for the next client: each in turn.
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

// first gives the first engine, which is the one that the core logs to.
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
	// The rope is kept: the library rings it as long as the process lives.
	e := newEngine(library, handle)
	e.wakeups, e.wakeupPipe = wakeups, wakeupPipe
	e.calls.trimAtCollection()
	return e, nil
}

func newEngine(library *abi.Library, handle abi.Engine) *Engine {
	e := &Engine{library: library, handle: handle, start: time.Now()}
	e.calls.init()
	e.deadlines.next.Store(never)
	return e
}

// open counts a client. While there is one, a goroutine answers the bell.
func (e *Engine) open() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.clients++
	if !e.polling {
		e.polling = true
		go e.answer()
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

// answer takes completions whenever the library rings, which it does when
// they come while no caller drives. It ends when there are no clients and
// nothing is to come for those that there were.
func (e *Engine) answer() {
	var strokes [64]byte
	for {
		_, err := e.wakeups.Read(strokes[:])
		e.take()
		if err != nil && e.stopPolling() {
			return
		}
	}
}

// take takes the completions that nobody drives for, and hands them out.
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

// deliver hands replies to their callers. The reply of own is put in place
// without a signal: its caller is this goroutine. It reports whether that
// reply was among them.
func (e *Engine) deliver(replies *abi.Replies, own *call) (answered bool) {
	if replies.Empty() {
		return false
	}
	d := newDelivery(e, *replies)
	// The delivery is somebody else's once the last share is handed out.
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
			e.log(entry.Body)
			continue
		case abi.OutcomeMessages:
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

// fail completes a call without the library.
func (e *Engine) fail(c *call, ticket uint64, err error) {
	if !c.claim(ticket) {
		return
	}
	c.failure = err
	e.notify(c)
}

// tell tells the caller that its call is completed, wherever it is.
func (e *Engine) notify(c *call) {
	drives := c.drives.Load()
	c.signal <- struct{}{}
	if drives {
		step()
		e.interrupt()
	}
}

// Alive is how much is alive in the library.
type Alive struct{ Tickets, Buffers, Clients, Scans, Subscribers, Connections, Questions int64 }

// Live counts what is alive, over all engines. It is to return to zero.
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
		alive.Connections += count(abi.CounterDedicated)
		alive.Questions += count(abi.CounterQuestions)
	}
	return alive
}
