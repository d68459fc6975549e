// Package testkit is what the tests of several packages share: callers that call
// in a loop, and what a server says of its clients.
package testkit

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Load is goroutines that call in a loop.
type Load struct {
	stop  atomic.Bool
	group sync.WaitGroup

	succeeded atomic.Int64

	mutex    sync.Mutex // guards what follows
	failures map[string]int
	errs     []error // one of each text
	longest  time.Duration
	last     time.Time // success
	outage   time.Duration
}

// StartLoad has so many goroutines call again and again.
func StartLoad(callers int, call func(caller int) error) *Load {
	l := &Load{failures: map[string]int{}, last: time.Now()}
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

func (l *Load) record(err error, took time.Duration) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.longest = max(l.longest, took)
	if err == nil {
		l.succeeded.Add(1)
		now := time.Now()
		l.outage = max(l.outage, now.Sub(l.last))
		l.last = now
		return
	}
	text := err.Error()
	if l.failures[text] == 0 {
		l.errs = append(l.errs, err)
	}
	l.failures[text]++
}

// End ends the load and waits until its calls have returned.
func (l *Load) End() {
	l.stop.Store(true)
	l.group.Wait()
}

// Succeeded is how many calls have succeeded.
func (l *Load) Succeeded() int64 { return l.succeeded.Load() }

// Errs are the errors of calls, one of each text.
func (l *Load) Errs() []error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return slices.Clone(l.errs)
}

// Failed is how many calls have failed.
func (l *Load) Failed() (sum int64) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for _, n := range l.failures {
		sum += int64(n)
	}
	return sum
}

// Longest is how long the longest call took.
func (l *Load) Longest() time.Duration {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.longest
}

// Forget discards the failures and times recorded until now.
func (l *Load) Forget() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.failures, l.errs, l.longest, l.outage = map[string]int{}, nil, 0, 0
}

// AwaitSuccess waits until a call succeeds that is counted after now, and
// returns how long that took.
func (l *Load) AwaitSuccess(tb testing.TB, timeout time.Duration) time.Duration {
	tb.Helper()
	begun, before := time.Now(), l.succeeded.Load()
	for l.succeeded.Load() == before {
		if time.Since(begun) > timeout {
			require.Fail(tb, "no call succeeds any more", "%v", l)
		}
		time.Sleep(100 * time.Microsecond)
	}
	return time.Since(begun)
}

func (l *Load) String() string {
	failed := l.Failed()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	texts := slices.Sorted(maps.Keys(l.failures))
	slices.SortStableFunc(texts, func(a, b string) int { return l.failures[b] - l.failures[a] })
	var most strings.Builder
	for i, text := range texts {
		if i == 5 {
			fmt.Fprintf(&most, "; %d other texts", len(texts)-i)
			break
		}
		fmt.Fprintf(&most, "; %d x %.150s", l.failures[text], text)
	}
	return fmt.Sprintf("%d calls succeeded, %d failed, the longest took %v, the longest time without success %v%s",
		l.succeeded.Load(), failed, l.longest, l.outage, most.String())
}

// Concurrently calls for 0 to n-1 at once and returns the errors.
func Concurrently(n int, call func(i int) error) []error {
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { errs[i] = call(i) })
	}
	group.Wait()
	return errs
}
