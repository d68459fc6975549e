//go:build unix

package engine

import (
	"context"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Calls are looked at when the earliest deadline has passed, not every now and
// then, and a busy client's seldom: its calls end long before.
func TestDeadlinesAreLookedAtSeldom(t *testing.T) {
	const timeout = 200 * time.Millisecond
	c := echoClient(t, timeout)
	sweeps := &c.engine.deadlines.sweeps
	before, begun := sweeps.Load(), time.Now()
	for time.Since(begun) < 2*timeout {
		err := echo(context.Background(), c, "A")
		require.True(t, err == nil || isTimeout(err), "%v", err) // of a machine that stalls
	}
	require.LessOrEqual(t, sweeps.Load()-before, int64(4), "looks while calls come and go")

	before = sweeps.Load()
	require.True(t, isTimeout(echo(context.Background(), c, "HANG")))
	require.LessOrEqual(t, sweeps.Load()-before, int64(3), "looks while one call waits")
}

// Of several clients each has its own time. The library, which would be the first
// to end a call, does not end these.
func TestTimeoutsOfSeveralClientsAreAccurate(t *testing.T) {
	var group sync.WaitGroup
	for _, timeout := range []time.Duration{30, 300, 5, 100, 60} {
		timeout *= time.Millisecond
		c := echoClient(t, timeout)
		group.Go(func() {
			best := time.Hour
			for range 5 {
				begun := time.Now()
				if err := echo(context.Background(), c, "LATER", "600"); !isTimeout(err) {
					t.Errorf("got %v", err)
				}
				took := time.Since(begun)
				if took < timeout {
					t.Errorf("took %v of %v", took, timeout)
				}
				best = min(best, took-timeout)
			}
			if best > reportingGrace+10*time.Millisecond {
				t.Errorf("%v: late by %v at best", timeout, best)
			}
		})
	}
	group.Wait()
}

// After a burst a waiting call costs next to nothing, even before the collector
// has released what the burst needed.
func TestAWaitingCallCostsNothingAfterABurst(t *testing.T) {
	const waited = time.Second
	c := echoClient(t, waited)
	var burst []*call
	for range 100_000 {
		burst = append(burst, c.engine.calls.acquire())
	}
	for _, call := range burst {
		c.engine.calls.put(call)
	}
	before := processTime(t)
	require.True(t, isTimeout(echo(context.Background(), c, "HANG")))
	used := processTime(t) - before
	t.Logf("%v of CPU in %v", used, waited)
	require.Less(t, used, waited/20)
}

func processTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// A context that ends ends its call at once, wherever the caller is.
func TestEndOfAContextEndsItsCallAtOnce(t *testing.T) {
	for name, far := range map[string]bool{"near": false, "far": true} {
		t.Run(name, func(t *testing.T) { endsAtOnce(t, far) })
	}
}

func endsAtOnce(t *testing.T, far bool) {
	c := echoClient(t, time.Minute)
	if far {
		c.roundTrip.current.Store(int64(10 * near))
	}
	best := time.Hour
	for i := range 10 {
		ctx, cancel := context.WithCancel(context.Background())
		ends := make(chan time.Time, 1)
		time.AfterFunc(time.Duration(i)*time.Millisecond, func() { ends <- time.Now(); cancel() })
		require.ErrorIs(t, echo(ctx, c, "HANG"), context.Canceled)
		best = min(best, time.Since(<-ends))
	}
	require.Less(t, best, 2*time.Millisecond)
	for i := range 10 {
		timeout := time.Duration(i+1) * time.Millisecond
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		begun := time.Now()
		require.ErrorIs(t, echo(ctx, c, "HANG"), context.DeadlineExceeded)
		best = min(best, time.Since(begun)-timeout)
		cancel()
	}
	require.Less(t, best, 2*time.Millisecond)
}
