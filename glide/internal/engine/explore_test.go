//go:build explore

package engine

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// The driving, in all orders in which its steps can happen: callers stop at
// each step, and the test says who goes on, and what the library does when.
// It begins with the order in which no one is interrupted, the first who can
// goes on where a caller waits, and the library comes last; and goes through
// all orders that turn away from it so many times at most. It ends at the
// first in which a call is lost, or something is left over.

// A scene is who is there.
type scene struct {
	name string
	// callers are how many calls each of them makes, one after the other.
	callers []int
	// cancels: the first caller's context ends at some moment.
	cancels bool
	// closes: the client is closed at some moment.
	closes bool
	// expires is how often a drive may end because its time is over.
	expires int
	// far: the server counts as far.
	far bool
	// own: each caller has a separate client.
	own bool
	// single: there is one P.
	single bool
}

// maximum is how often an order turns away from the first one. 3 take some ten
// minutes.
var maximum = flag.Int("turns", 2, "how often an order of steps may turn away from the first")

var scenes = []scene{
	{name: "one caller", callers: []int{3}, expires: 2},
	{name: "two callers", callers: []int{2, 2}, expires: 1},
	{name: "two callers, far", callers: []int{2, 2}, expires: 1, far: true},
	{name: "three callers", callers: []int{1, 1, 1}},
	{name: "three callers, far", callers: []int{1, 1, 1}, far: true},
	{name: "a caller leaves", callers: []int{1, 2}, cancels: true},
	{name: "one of three leaves", callers: []int{1, 1, 1}, cancels: true},
	{name: "a caller leaves, drives end", callers: []int{1, 1}, cancels: true, expires: 2},
	{name: "two clients", callers: []int{2, 1}, own: true, expires: 1},
	{name: "two clients, a caller leaves", callers: []int{1, 1}, own: true, cancels: true, expires: 1},
	{name: "two clients, one is closed", callers: []int{1, 2}, own: true, closes: true},
	{name: "one P, one caller", callers: []int{2}, single: true, expires: 2},
	{name: "one P, two callers", callers: []int{2, 1}, single: true, expires: 2},
	{name: "one P, two callers, far", callers: []int{1, 1}, single: true, far: true, expires: 2},
	{name: "one P, a caller leaves", callers: []int{1, 1}, single: true, cancels: true, expires: 2},
	{name: "a caller leaves, far", callers: []int{1, 2}, far: true, cancels: true, expires: 1},
	{name: "closed, far", callers: []int{2, 1}, far: true, closes: true, expires: 1},
	{name: "closed", callers: []int{2, 1}, closes: true},
	{name: "closed, and a caller leaves", callers: []int{1, 1}, closes: true, cancels: true},
}

func TestTheDrivingInAllOrders(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			if s.single {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			}
			orders := 0
			for next := []int{}; next != nil; orders++ {
				o := &order{scene: s, chosen: next}
				synctest.Test(t, o.play)
				next = o.next()
			}
			t.Logf("%d orders", orders)
			require.Greater(t, orders, 50)
		})
	}
}

// order is one order of the steps.
type order struct {
	scene
	// chosen are the choices that are given, and from then on the first of
	// those that there are; options is how many there were at each.
	chosen  []int
	options []int
	story   []string

	library  *abi.Simulation
	mu       sync.Mutex
	actors   []*actor
	byThread map[string]*actor
}

// An actor is a goroutine that goes on when it is told to.
type actor struct {
	name    string
	at      string
	goOn    chan struct{}
	stopped bool
	done    bool
}

// next returns the choices of the order after this one, nil if it was the last.
func (o *order) next() []int {
	for i := len(o.options) - 1; i >= 0; i-- {
		if o.chosen[i]+1 < o.options[i] {
			return append(o.chosen[:i:i], o.chosen[i]+1)
		}
	}
	return nil
}

func (o *order) start(name string, run func()) {
	a := &actor{name: name, goOn: make(chan struct{})}
	o.actors = append(o.actors, a)
	go func() {
		o.mu.Lock()
		o.byThread[thread()] = a
		o.mu.Unlock()
		o.step()
		run()
		o.mu.Lock()
		a.done = true
		o.mu.Unlock()
	}()
}

// step stops the goroutine until it is to go on.
func (o *order) step() {
	o.mu.Lock()
	a := o.byThread[thread()]
	if a == nil {
		o.mu.Unlock()
		return
	}
	a.stopped, a.at = true, place()
	o.mu.Unlock()
	<-a.goOn
}

// place is where the caller of step is.
func place() string {
	for skip := 2; ; skip++ {
		_, file, line, ok := runtime.Caller(skip)
		if !ok || !strings.Contains(file, "step_") {
			return fmt.Sprint(filepath.Base(file), ":", line)
		}
	}
}

// thread names the goroutine.
func thread() string {
	var stack [64]byte
	text := stack[:runtime.Stack(stack[:], false)]
	return string(bytes.Fields(text)[1])
}

func (o *order) play(t *testing.T) {
	o.byThread = map[string]*actor{}
	rung := make(chan struct{}, 1)
	o.library = &abi.Simulation{Step: o.step, Rung: func() { rung <- struct{}{} }}
	defer func(step func(), spawn func(func())) { onStep, onSpawn = step, spawn }(onStep, onSpawn)
	onStep = o.step
	onSpawn = func(run func()) { o.start("driver", run) }
	e := newEngine(abi.Simulate(o.library), nil)
	e.clients = 2
	e.deadlines.next.Store(0) // nothing here takes time
	clients := []*Client{newClient(e, time.Hour), newClient(e, time.Hour)}
	clients[0].handle, clients[1].handle = 1, 2
	if o.far {
		clients[0].roundTrip.current.Store(int64(10 * near))
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for i, calls := range o.callers {
		c, callersOwn := clients[0], context.Background()
		if i == 0 {
			callersOwn = ctx
		} else if o.own {
			c = clients[1]
		}
		o.start(fmt.Sprint("caller ", i), func() {
			for range calls {
				err := callOnce(callersOwn, c)
				cancelled := i == 0 && o.cancels && errors.Is(err, context.Canceled)
				var failure *Failure
				closed := o.closes && errors.As(err, &failure) && failure.Outcome == abi.OutcomeClosed
				if err != nil && !cancelled && !closed {
					o.fail(t, "caller %d: %v", i, err)
				}
			}
		})
	}
	if o.closes {
		o.start("closer", clients[0].Close)
	}
	quit := make(chan struct{})
	o.start("bell", func() {
		for {
			select {
			case <-rung:
				o.step()
				e.take()
			case <-quit:
				return
			}
		}
	})

	expires, cancels, turned := o.expires, o.cancels, 0
	var last *actor
	for {
		synctest.Wait()
		type option struct {
			name string
			do   func()
			who  *actor
		}
		var options []option
		waiting := []string{}
		for _, a := range o.actors {
			switch {
			case a.stopped:
				options = append(options, option{a.name, func() { a.stopped = false; a.goOn <- struct{}{} }, a})
				if a == last {
					options[0], options[len(options)-1] = options[len(options)-1], options[0]
				}
			case !a.done && a.name != "bell":
				waiting = append(waiting, a.name)
			}
		}
		if o.library.CanAnswer() {
			options = append(options, option{"an answer", o.library.Answer, nil})
		}
		if o.library.CanTakeOver() {
			options = append(options, option{"the library's thread drives", o.library.TakeOver, nil})
		}
		if len(options) == 0 && o.library.CanExpire() {
			// A caller that drives for what was taken by another caller.
			options = append(options, option{"a drive's time is over", o.library.Expire, nil})
		}
		if len(options) == 0 && len(waiting) > 0 {
			o.fail(t, "%v wait for ever", waiting)
		}
		if len(options) == 0 {
			break
		}
		if expires > 0 && o.library.CanExpire() {
			options = append(options, option{"a drive's time is over", func() { expires--; o.library.Expire() }, nil})
		}
		if cancels {
			options = append(options, option{"caller 0's context ends", func() { cancels = false; cancel() }, nil})
		}
		if turned == *maximum {
			options = options[:1]
		}
		at := len(o.options)
		if at == len(o.chosen) {
			o.chosen = append(o.chosen, 0)
		}
		// Whether a call's signal or the end of its context is noticed first
		// is left to chance, so it may go another way than before.
		o.chosen[at] = min(o.chosen[at], len(options)-1)
		o.options = append(o.options, len(options))
		chosen := options[o.chosen[at]]
		if o.chosen[at] > 0 {
			turned++
		}
		last = chosen.who
		story := chosen.name
		if last != nil {
			story += " " + last.at
		}
		o.story = append(o.story, story)
		chosen.do()
	}
	switch {
	case !o.library.Idle():
		o.fail(t, "something is left in the library")
	case e.isDriven():
		o.fail(t, "somebody drives")
	case e.inflight.Load() != 0:
		o.fail(t, "%d are in flight", e.inflight.Load())
	case clients[0].hasQueue() || clients[1].hasQueue():
		o.fail(t, "something is queued")
	}
	close(quit)
}

// fail ends the process: goroutines that wait for ever cannot be ended.
func (o *order) fail(t *testing.T, format string, args ...any) {
	fmt.Printf("%s\n%s: %s\n", strings.Join(o.story, "\n"), t.Name(), fmt.Sprintf(format, args...))
	os.Exit(1)
}

func callOnce(ctx context.Context, c *Client) error {
	w := wire.NewRequest("PING")
	defer w.Release()
	_, err := Run(ctx, c, w, false, func(r *wire.Reader) (struct{}, error) { return struct{}{}, r.OK() })
	return err
}
