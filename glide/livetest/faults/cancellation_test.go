package faults_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// timed runs a call whose context is cancelled after a delay, and returns how
// long after that it returned; negative if before.
func timed(delay time.Duration, call func(context.Context) error) (after time.Duration, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	cancelled := make(chan time.Time, 1)
	time.AfterFunc(delay, func() {
		cancelled <- time.Now()
		cancel()
	})
	err = call(ctx)
	returned := time.Now()
	return returned.Sub(<-cancelled), err
}

// cancellations are calls that are cancelled at random moments before, during
// and after their round trip of a millisecond.
type cancellations struct {
	callers, calls int
	call           func(ctx context.Context, caller int) error
	// check requires that a caller gets its own replies, so that none that came
	// late was taken for another.
	check func(caller int) error
}

// measure returns the times from a cancellation to the return of its call, and
// those of calls in between that only wait for their context: what the machine
// itself takes at that moment. Between calls callers pause, so that the times
// are not those in which the scheduler has no turn for them.
func (c cancellations) measure() (took, machine harness.Distribution, err error) {
	perCaller := make([]struct{ took, machine harness.Distribution }, c.callers)
	errs := testkit.Concurrently(c.callers, func(i int) error {
		for n := range c.calls {
			for _, way := range []struct {
				call  func(ctx context.Context) error
				times *harness.Distribution
			}{
				{func(ctx context.Context) error { return c.call(ctx, i) }, &perCaller[i].took},
				{func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, &perCaller[i].machine},
			} {
				after, err := timed(time.Duration(rand.IntN(1500))*time.Microsecond, way.call)
				switch {
				case errors.Is(err, context.Canceled):
					*way.times = append(*way.times, after)
				case err != nil:
					return err
				}
				time.Sleep(time.Duration(rand.IntN(c.callers)) * 400 * time.Microsecond)
			}
			if n%4 == 0 {
				if err := c.check(i); err != nil {
					return err
				}
			}
		}
		return nil
	})
	for _, d := range perCaller {
		took, machine = append(took, d.took...), append(machine, d.machine...)
	}
	return took, machine, errors.Join(errs...)
}

// requireFreed requires that cancelled calls return within a millisecond and
// what the machine itself takes. It is about nineteen of twenty: the rest
// waits for a turn in this process, which is also the proxy and is slowed down
// by the race detector. 99 of 100 are bound to five times that. It measures up
// to ten times: what else the machine does makes it longer, and nothing
// makes it shorter.
func (c cancellations) requireFreed(t *testing.T) {
	t.Helper()
	for attempt := 1; ; attempt++ {
		took, machine, err := c.measure()
		require.NoError(t, err)
		t.Logf("from cancellation to return: %v", took)
		t.Logf("without a client: %v", machine)
		require.NotEmpty(t, took)
		limit, rare := time.Millisecond+2*machine.Quantile(.95), 5*time.Millisecond+2*machine.Quantile(.99)
		if took.Quantile(.95) < limit && took.Quantile(.99) < rare {
			return
		}
		require.Less(t, attempt, 10, "19 of 20 within %v, 99 of 100 within %v", limit, rare)
	}
}

func TestCancelledCallsReturnAtOnceAndHurtNobody(t *testing.T) {
	server := glidetest.Start(t)
	proxy := glidetest.StartProxy(t, server.Addr())
	proxy.SetDelay(0, 500*time.Microsecond)
	for _, callers := range []int{1, 100} {
		for way, read := range waysToRead {
			t.Run(fmt.Sprintf("%d callers, %s", callers, way), func(t *testing.T) {
				client := harness.Connect(t, proxy, harness.Patient)
				for i := range callers {
					require.NoError(t, client.Set(context.Background(), harness.KeyOf(i), harness.ValueOf(i)))
				}
				cancellations{
					callers: callers, calls: max(1000, 25*callers) / callers,
					call:  func(ctx context.Context, i int) error { return read(ctx, client, i) },
					check: func(i int) error { return read(context.Background(), client, i) },
				}.requireFreed(t)
			})
		}
	}
}

func TestCancelledCallsOnASilentServerReturnAtOnce(t *testing.T) {
	server := glidetest.Start(t)
	proxy := glidetest.StartProxy(t, server.Addr())
	for _, callers := range []int{1, 100} {
		client := harness.Connect(t, proxy, harness.Patient, func(c *glide.Config) { c.InflightLimit = 100_000 })
		for i := range callers {
			require.NoError(t, client.Set(context.Background(), harness.KeyOf(i), harness.ValueOf(i)))
		}
		proxy.Blackhole()
		cancellations{
			callers: callers, calls: max(300, 10*callers) / callers,
			call: func(ctx context.Context, i int) error {
				err := harness.Check(ctx, client, i)
				if err == nil {
					err = errors.New("a reply of a server that is silent")
				}
				return err
			},
			check: func(int) error { return nil },
		}.requireFreed(t)
		require.NoError(t, proxy.Forward())
		errs := testkit.Concurrently(callers, func(i int) error { return harness.Check(context.Background(), client, i) })
		require.NoError(t, errors.Join(errs...))
	}
}

func TestDeadlinesAreTimeoutsAndDeadlineExceeded(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	const callers, calls = 20, 200
	for i := range callers {
		require.NoError(t, client.Set(context.Background(), harness.KeyOf(i), harness.ValueOf(i)))
	}
	took := make([]harness.Distribution, callers)
	errs := testkit.Concurrently(callers, func(i int) error {
		for range calls {
			deadline := time.Now().Add(time.Duration(rand.IntN(500)) * time.Microsecond)
			ctx, cancel := context.WithDeadline(context.Background(), deadline)
			err := harness.Check(ctx, client, i)
			cancel()
			if err != nil {
				took[i] = append(took[i], time.Since(deadline))
				if !errors.Is(err, glide.ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
					return fmt.Errorf("not both: %w", err)
				}
			}
			if err := harness.Check(context.Background(), client, i); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, errors.Join(errs...))
	all := harness.Distribution{}
	for _, d := range took {
		all = append(all, d...)
	}
	t.Logf("from deadline to return: %v", all)
	require.NotEmpty(t, all)
}

func TestEndedContextsSendNothing(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server)
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	for range 100 {
		err := client.Set(cancelled, "key", "value")
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, glide.ErrTimeout)
		err = client.Set(late, "key", "value")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, glide.ErrTimeout)
	}
	//lint:ignore SA1012 that it is refused is tested
	err := client.Set(nil, "key", "value")
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
	require.NoError(t, client.Set(context.Background(), "other", "value"))
	require.Equal(t, 1, testkit.CallsOf(t, server, "set"))
}

func TestDeadlinesExtendAndShortenTheRequestTimeout(t *testing.T) {
	t.Parallel()
	for name, read := range waysToRead {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := glidetest.Start(t)
			client := harness.Connect(t, server, func(c *glide.Config) { c.RequestTimeout = 100 * time.Millisecond })
			require.NoError(t, harness.SetAndCheck(client, 1))
			stalls := testkit.MeasureStalls(t)
			pause := func(d time.Duration) {
				require.NoError(t, server.Pause())
				time.AfterFunc(d, func() { _ = server.Resume() })
			}
			ended := func(begun time.Time, timeout time.Duration) {
				took := time.Since(begun)
				require.GreaterOrEqual(t, took, timeout)
				require.Less(t, took, timeout+harness.Tolerance+stalls())
			}

			pause(400 * time.Millisecond)
			begun := time.Now()
			require.ErrorIs(t, read(context.Background(), client, 1), glide.ErrTimeout)
			ended(begun, 100*time.Millisecond)

			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
			begun = time.Now()
			require.ErrorIs(t, read(ctx, client, 1), context.DeadlineExceeded)
			ended(begun, 30*time.Millisecond)
			cancel()

			// A deadline further away than the request timeout extends the call, whether its neighbours have one or not.
			ctx, cancel = context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			errs := testkit.Concurrently(20, func(i int) error {
				if i%2 == 0 {
					return read(ctx, client, 1)
				}
				begun := time.Now()
				err := read(context.Background(), client, 1)
				if took := time.Since(begun); !errors.Is(err, glide.ErrTimeout) || took > 100*time.Millisecond+harness.Tolerance+stalls() {
					return fmt.Errorf("after %v: %w", took, err)
				}
				return nil
			})
			require.NoError(t, errors.Join(errs...))
			require.NoError(t, read(context.Background(), client, 1))
		})
	}
}
