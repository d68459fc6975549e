package glide_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

// A load is goroutines that call in a loop.
type load struct {
	stop  atomic.Bool
	group sync.WaitGroup

	succeeded atomic.Int64

	mutex    sync.Mutex // guards what follows
	failures map[string]int
	errs     []error // one of each text
	longest  time.Duration
}

// startLoad has so many goroutines call again and again.
func startLoad(callers int, call func(caller int) error) *load {
	l := &load{failures: map[string]int{}}
	for caller := range callers {
		l.group.Go(func() {
			for !l.stop.Load() {
				begun := time.Now()
				err := call(caller)
				l.record(err, time.Since(begun))
			}
		})
	}
	return l
}

func (l *load) record(err error, took time.Duration) {
	if err == nil {
		l.succeeded.Add(1)
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.longest = max(l.longest, took)
	if err == nil {
		return
	}
	text := err.Error()
	if l.failures[text] == 0 {
		l.errs = append(l.errs, err)
	}
	l.failures[text]++
}

// end ends the load and waits until its calls have returned.
func (l *load) end() {
	l.stop.Store(true)
	l.group.Wait()
}

func (l *load) failed() (sum int64) {
	for _, n := range l.failures {
		sum += int64(n)
	}
	return sum
}

// awaitSuccess waits until a call succeeds that is counted after now, and
// gives how long that took.
func (l *load) awaitSuccess(t *testing.T, timeout time.Duration) time.Duration {
	t.Helper()
	begun, before := time.Now(), l.succeeded.Load()
	for l.succeeded.Load() == before {
		require.Less(t, time.Since(begun), timeout, "no call succeeds any more")
		time.Sleep(100 * time.Microsecond)
	}
	return time.Since(begun)
}

func (l *load) String() string {
	return fmt.Sprintf("%d calls succeeded, %d failed (%v), the longest took %v", l.succeeded.Load(), l.failed(), l.failures, l.longest)
}

// requireLost requires of errors that they say no more than that a server
// could not be talked to.
func requireLost(t *testing.T, errs []error) {
	t.Helper()
	for _, err := range errs {
		require.True(t, isLost(err), "%v", err)
	}
}

func isLost(err error) bool {
	return errors.Is(err, glide.ErrConnectionLost) || errors.Is(err, glide.ErrTimeout) || errors.Is(err, glide.ErrUnreachable)
}

// A distribution is measured times.
type distribution []time.Duration

func (d distribution) quantile(q float64) time.Duration {
	slices.Sort(d)
	if len(d) == 0 {
		return 0
	}
	return d[min(int(q*float64(len(d))), len(d)-1)]
}

func (d distribution) String() string {
	return fmt.Sprintf("%d: p50 %v, p99 %v, p99.9 %v, max %v", len(d), d.quantile(.5), d.quantile(.99), d.quantile(.999), d.quantile(1))
}

// A lockedBuffer is written and read by several goroutines.
type lockedBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}

// measureStalls measures for how long this process gets no turn while a test
// goes on, on a machine that has other things to do too. What it gives is the
// longest such time so far; who requires something to happen in time has to
// allow for it.
func measureStalls(t *testing.T) (longest func() time.Duration) {
	t.Helper()
	var stall atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			begun := time.Now()
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				stall.Store(max(stall.Load(), int64(time.Since(begun)-time.Millisecond)))
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
	return func() time.Duration { return 2 * time.Duration(stall.Load()) }
}
