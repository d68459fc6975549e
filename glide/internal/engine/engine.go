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
// The core runs on whichever thread drives it (ffi/src/engine.rs). A caller
// that waits has nothing better to do, so one that is alone drives: it submits
// its request, runs the core until something is answered, and goes. If there is
// more to come then, a goroutine goes on to drive for all (drive.go): it takes
// what is queued, runs the core until something is answered, hands the replies
// to their callers, lets them run, and takes what they have queued. No caller
// wakes a thread for that, or is woken by one.
//
// While the server is near, requests that come while others are under way are
// held back until those are answered, or a moment has passed: batches grow.
// When the server is far (roundtrip.go), or who drives does so for another
// client, they are submitted at once and the driver is woken for it. Nobody
// waits for somebody else's round trip.
//
// When nobody drives, the library's own thread does, and rings a pipe when
// there is something to take. [Engine.answer] watches it.
//
// # Calls that wait on the server
//
// A command that blocks has a connection of its own (ffi/src/own), and its
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
// Client.mu and that of turns are taken last and nothing is called under them. Engine.mu guards
// only the start and end of the goroutine that answers.
package engine

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valkey-glide/go/glide/internal/ffi"
	"github.com/valkey-glide/go/glide/internal/resp"
)

// sweepInterval is how often deadlines are looked at, and so how late a
// timeout can be.
const sweepInterval = 2 * time.Millisecond

// Engine is a runtime of the library and the calls that wait for it.
type Engine struct {
	library *ffi.Library
	handle  ffi.Engine
	calls   table
	// subscribers are those that receive messages, by their names.
	subscribers sync.Map

	// driver is the client that drives, by a caller or by driveForAll; nil when
	// none does.
	driver atomic.Pointer[Client]
	// holding is whether who drives is to take its client's queue before long.
	holding atomic.Bool

	// inflight is the number of requests that crossed and are not completed.
	inflight atomic.Int64
	// apart is the number of those that crossed apart from them; see apartBit.
	apart atomic.Int64

	// clock is the time, in nanoseconds since start, as of the last sweep.
	clock    atomic.Int64
	start    time.Time
	sweeping atomic.Bool

	bell   *os.File
	rope   *os.File
	logger atomic.Pointer[slog.Logger]

	mu sync.Mutex
	// clients are those that are open, and the logger.
	clients int
	// answering is whether the goroutine that answers the bell runs.
	answering bool
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
	library, err := ffi.Load()
	if err != nil {
		return nil, err
	}
	bell, rope, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("glide: cannot start: %w", err)
	}
	handle, status := library.StartEngine(rope.Fd())
	if status != ffi.OK {
		_ = bell.Close()
		_ = rope.Close()
		return nil, fmt.Errorf("glide: cannot start: %w", status)
	}
	// The rope is kept: the library rings it as long as the process lives.
	return &Engine{library: library, handle: handle, bell: bell, rope: rope, start: time.Now()}, nil
}

// SetLogger sends the core's log to a logger, as far as it is enabled there;
// nil ends that.
func SetLogger(logger *slog.Logger) error {
	e, err := first()
	if err != nil {
		return err
	}
	level := uint32(0)
	if logger != nil {
		for i, l := range logLevels {
			if logger.Enabled(context.Background(), l) {
				level = uint32(i + 1)
			}
		}
	}
	if (e.logger.Swap(logger) == nil) != (logger == nil) {
		// The log comes with the bell, clients or not.
		if logger != nil {
			e.open()
		} else {
			e.close()
		}
	}
	e.library.SetLogLevel(level)
	return nil
}

// levelTrace is below slog's own levels.
const levelTrace = slog.LevelDebug - 4

// logLevels are the core's levels, in its order.
var logLevels = [...]slog.Level{slog.LevelError, slog.LevelWarn, slog.LevelInfo, slog.LevelDebug, levelTrace}

func (e *Engine) log(body []byte) {
	logger := e.logger.Load()
	if logger == nil {
		return
	}
	target, message, level := resp.Texts(body)
	logger.Log(context.Background(), logLevels[min(int(level), len(logLevels)-1)], message, "target", target)
}

// open counts a client. While there is one, a goroutine answers the bell.
func (e *Engine) open() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.clients++
	if !e.answering {
		e.answering = true
		go e.answer()
	}
}

func (e *Engine) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.clients--
	if e.clients == 0 {
		// Ends the read, and with it the goroutine.
		_ = e.bell.SetReadDeadline(time.Now())
	}
}

// answer takes completions whenever the library rings, which it does when
// they come while no caller drives. It ends when there are no clients and
// nothing is to come for those that there were.
func (e *Engine) answer() {
	var strokes [64]byte
	for {
		_, err := e.bell.Read(strokes[:])
		e.take()
		if err != nil && e.stopAnswering() {
			return
		}
	}
}

// take takes the completions that nobody drives for, and hands them out.
func (e *Engine) take() {
	var replies ffi.Replies
	e.library.Take(e.handle, &replies)
	step()
	e.account(&replies, 0)
	step()
	e.deliver(&replies, nil)
}

func (e *Engine) stopAnswering() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.clients == 0 && e.inflight.Load()+e.apart.Load() > 0 {
		_ = e.bell.SetReadDeadline(time.Now().Add(time.Millisecond))
		return false
	}
	_ = e.bell.SetReadDeadline(time.Time{})
	e.answering = e.clients > 0
	return !e.answering
}

// deliver hands replies to their callers. The reply of own is put in place
// without a signal: its caller is this goroutine. It reports whether that
// reply was among them.
func (e *Engine) deliver(replies *ffi.Replies, own *call) (answered bool) {
	if replies.Empty() {
		return false
	}
	d := newDelivery(e, *replies)
	delivered := int64(0)
	data := replies.Bytes()
	for {
		entry, rest, ok := resp.NextEntry(data)
		if !ok {
			break
		}
		data = rest
		switch entry.Outcome {
		case resp.OutcomeLog:
			e.log(entry.Body)
			continue
		case resp.OutcomeMessages:
			e.receive(entry, d)
			continue
		}
		step()
		c := e.calls.lookup(entry.Ticket)
		if c == nil || !c.claim(entry.Ticket) {
			continue // its caller has left
		}
		delivered++
		step()
		c.outcome = entry.Outcome
		c.delivery = d
		c.reader = resp.NewReader(entry.Body, d)
		if c == own {
			answered = true
			continue
		}
		c.signal <- struct{}{}
	}
	d.handedOut(delivered)
	return answered
}

// fail completes a call without the library.
func (c *call) fail(ticket uint64, err error) {
	if !c.claim(ticket) {
		return
	}
	c.failure = err
	c.signal <- struct{}{}
}

// watch makes sure that deadlines are looked at, now that a call waits.
func (e *Engine) watch() {
	if !e.sweeping.Load() && e.sweeping.CompareAndSwap(false, true) {
		time.AfterFunc(sweepInterval, e.sweep)
	}
}

// sweep ends the waits that are over. It goes on as long as anybody waits.
func (e *Engine) sweep() {
	now := int64(time.Since(e.start))
	e.clock.Store(now)
	waiting := false
	e.calls.waiting(func(c *call, ticket uint64) {
		waiting = waiting || !c.apart.Load()
		if deadline := c.deadline.Load(); deadline != 0 && deadline <= now {
			c.fail(ticket, errTimeout)
		}
	})
	if !waiting {
		// A call that began just now has seen the sweep as going on, so look
		// once more after saying that it does not.
		e.sweeping.Store(false)
		e.calls.waiting(func(c *call, _ uint64) { waiting = waiting || !c.apart.Load() })
		if !waiting || !e.sweeping.CompareAndSwap(false, true) {
			return
		}
	}
	time.AfterFunc(sweepInterval, e.sweep)
}

// Alive is how much is alive in the library.
type Alive struct{ Tickets, Buffers, Clients, Scans, Subscribers, Connections int64 }

// Live counts what is alive, over all engines. It is to return to zero.
func Live() (alive Alive) {
	engines.mu.Lock()
	defer engines.mu.Unlock()
	for _, e := range engines.started {
		count := func(what uint32) int64 { return e.library.Count(e.handle, what) }
		alive.Tickets += count(ffi.Tickets)
		alive.Buffers += count(ffi.Buffers)
		alive.Clients += count(ffi.Clients)
		alive.Scans += count(ffi.Scans)
		alive.Subscribers += count(ffi.Subscribers)
		alive.Connections += count(ffi.Connections)
	}
	return alive
}
