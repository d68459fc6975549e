package limits_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// What came first is sent first, and no one takes a permit that is returned
// while others wait.
func TestRequestsWaitInTheOrderInWhichTheyCame(t *testing.T) {
	onBoth(t, func(t *testing.T, nodes []*glidetest.Server, client harness.Client) {
		_, err := client.Do(ctx, "RPUSH", "list", "begin")
		require.NoError(t, err)
		awaitRequests(t, 0)
		resume := pause(t, nodes)
		const groups, members = 5, 8
		var callers sync.WaitGroup
		errs := make(chan error, groups*members)
		for group := range groups {
			for member := range members {
				callers.Go(func() {
					push := fmt.Sprint(group)
					var err error
					switch member % 3 {
					case 0:
						_, err = client.Do(ctx, "RPUSH", "list", push)
					case 1:
						_, err = client.Eval(ctx, "return redis.call('RPUSH', KEYS[1], ARGV[1])", []string{"list"}, push)
					case 2:
						_, err = client.Exec(ctx, glide.NewPipeline().RPush("list", push))
					}
					errs <- err
				})
			}
			awaitRequests(t, int64((group+1)*members))
			// They are counted a moment before they queue.
			time.Sleep(50 * time.Millisecond)
		}
		resume()
		callers.Wait()
		for range groups * members {
			require.NoError(t, <-errs)
		}
		order, err := client.Do(ctx, "LRANGE", "list", "1", "-1")
		require.NoError(t, err)
		got := []string{}
		for _, group := range order.([]any) {
			got = append(got, group.(string))
		}
		require.Len(t, got, groups*members)
		require.True(t, slices.IsSorted(got), "%q", got)
	})
}

func TestWhoRunsOutOfTimeWhileWaitingIsToldWhy(t *testing.T) {
	onBoth(t, func(t *testing.T, nodes []*glidetest.Server, client harness.Client) {
		for _, way := range ways {
			t.Run(way.name, func(t *testing.T) {
				const key = "x"
				require.NoError(t, way.do(ctx, client, key))
				require.NoError(t, client.Set(ctx, key, "before"))
				awaitRequests(t, 0)
				resume := pause(t, nodes)
				filled := fill(t, client)
				short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
				defer cancel()
				for _, err := range testkit.Concurrently(5, func(int) error { return way.do(short, client, key) }) {
					require.ErrorIs(t, err, glide.ErrTimeout)
					require.ErrorIs(t, err, glide.ErrInflightLimit)
					require.ErrorIs(t, err, context.DeadlineExceeded)
					require.True(t, glide.SafeToRetry(err))
				}
				resume()
				filled()
				awaitRequests(t, 0)
				value, err := client.Get(ctx, key)
				require.NoError(t, err)
				require.Equal(t, "before", value.Value(), "it was sent all the same")
			})
		}
	})
}

// fill has as many requests in flight to each node as there may be, and none
// that waits. They end when the nodes answer.
func fill(t *testing.T, client harness.Client) (wait func()) {
	t.Helper()
	keys := []string{"k"}
	if _, ok := client.(*glide.ClusterClient); ok {
		keys = []string{"a", "b", "c"} // one of each primary
	}
	done := make(chan []error, 1)
	patient, cancel := context.WithTimeout(ctx, harness.Patience)
	go func() {
		defer cancel()
		done <- testkit.Concurrently(limit*len(keys), func(i int) error {
			_, err := client.Get(patient, keys[i%len(keys)])
			return err
		})
	}()
	awaitRequests(t, int64(limit*len(keys)))
	time.Sleep(20 * time.Millisecond)
	return func() { require.NoError(t, errors.Join(<-done...)) }
}

func TestTheRequestTimeoutBoundsTheWait(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Standalone.Connect(t, glide.ClusterConfig{
		Addresses: harness.AddressesOf(server), RequestTimeout: 300 * time.Millisecond, InflightLimit: limit, InflightWait: true,
	})
	_, err := client.Get(ctx, "k")
	require.NoError(t, err)
	resume := pause(t, []*glidetest.Server{server})
	filled := fill(t, client)
	for _, err := range testkit.Concurrently(4*limit, func(int) error { _, err := client.Get(ctx, "k"); return err }) {
		require.ErrorIs(t, err, glide.ErrTimeout)
		require.ErrorIs(t, err, glide.ErrInflightLimit)
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		require.True(t, glide.SafeToRetry(err))
	}
	resume()
	filled()
}

func TestWhoIsCancelledGivesUpItsPlace(t *testing.T) {
	onBoth(t, func(t *testing.T, nodes []*glidetest.Server, client harness.Client) {
		for _, way := range ways {
			t.Run(way.name, func(t *testing.T) {
				const key, waiting = "x", 20
				require.NoError(t, way.do(ctx, client, key))
				require.NoError(t, client.Set(ctx, key, "before"))
				awaitRequests(t, 0)
				resume := pause(t, nodes)
				filled := fill(t, client)
				inFlight := engine.Live().Tickets
				cancelled, cancel := context.WithCancel(ctx)
				done := make(chan []error, 1)
				go func() {
					done <- testkit.Concurrently(waiting, func(int) error { return way.do(cancelled, client, key) })
				}()
				awaitRequests(t, inFlight+waiting)
				time.Sleep(20 * time.Millisecond)
				cancel()
				for _, err := range <-done {
					require.ErrorIs(t, err, context.Canceled)
				}
				// They are gone, though no one has answered.
				awaitRequests(t, inFlight)
				resume()
				filled()
				value, err := client.Get(ctx, key)
				require.NoError(t, err)
				require.Equal(t, "before", value.Value(), "it was sent all the same")
			})
		}
	})
}

func TestManyMoreCallersThanPermitsAreAllServed(t *testing.T) {
	onBoth(t, func(t *testing.T, nodes []*glidetest.Server, client harness.Client) {
		const callers = 200
		for range 3 {
			require.NoError(t, errors.Join(testkit.Concurrently(callers, func(i int) error {
				key := fmt.Sprint("key", i)
				if err := client.Set(ctx, key, key); err != nil {
					return err
				}
				if err := ways[i%len(ways)].do(ctx, client, "other"); err != nil {
					return fmt.Errorf("%s: %w", ways[i%len(ways)].name, err)
				}
				value, err := client.Get(ctx, key)
				if err == nil && value.Value() != key {
					return fmt.Errorf("%s holds %s", key, value.Value())
				}
				return err
			})...))
		}
	})
}

// No matter what happens to requests that wait or are in flight, all permits are
// there afterwards.
func TestNoPermitIsLost(t *testing.T) {
	onBoth(t, func(t *testing.T, nodes []*glidetest.Server, client harness.Client) {
		load := testkit.StartLoad(10*limit, func(caller int) error {
			ctx, cancel := context.WithTimeout(ctx, time.Duration(1+rand.IntN(30))*time.Millisecond)
			defer cancel()
			if caller%2 == 0 {
				defer time.AfterFunc(time.Duration(rand.IntN(30))*time.Millisecond, cancel).Stop()
			}
			return ways[rand.IntN(len(ways))].do(ctx, client, fmt.Sprint("key", caller))
		})
		for range 15 {
			node := nodes[rand.IntN(len(nodes))]
			node.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
			require.NoError(t, node.Pause())
			time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
			require.NoError(t, node.Resume())
			time.Sleep(20 * time.Millisecond)
		}
		load.End()
		t.Log(load)
		awaitRequests(t, 0)
		for _, way := range ways {
			require.Eventually(t, func() bool { return way.do(ctx, client, "key") == nil }, harness.Patience, time.Millisecond)
		}
		// As many as the limit are in flight at once, and none waits.
		awaitRequests(t, 0)
		resume := pause(t, nodes)
		filled := fill(t, client)
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		_, err := client.Get(short, "a")
		require.ErrorIs(t, err, glide.ErrInflightLimit)
		resume()
		filled()
	})
}

func TestCloseEndsTheWait(t *testing.T) {
	onBoth(t, func(t *testing.T, nodes []*glidetest.Server, client harness.Client) {
		_, err := client.Get(ctx, "a")
		require.NoError(t, err)
		awaitRequests(t, 0)
		resume := pause(t, nodes)
		defer resume()
		done := make(chan []error, 1)
		go func() {
			done <- testkit.Concurrently(10*limit, func(i int) error { return ways[i%len(ways)].do(ctx, client, "a") })
		}()
		awaitRequests(t, 10*limit)
		client.Close()
		for _, err := range <-done {
			require.ErrorIs(t, err, glide.ErrClosed)
		}
		awaitRequests(t, 0)
	})
}

// Commands that block have connections for themselves, with a limit of their
// own: however many wait, others are served.
func TestBlockingCommandsTakeNoPermits(t *testing.T) {
	for _, waits := range []bool{false, true} {
		t.Run(fmt.Sprint("InflightWait ", waits), func(t *testing.T) {
			server := glidetest.Start(t)
			const blocking = 40
			client := harness.Standalone.Connect(t, glide.ClusterConfig{
				Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience,
				InflightLimit: limit, InflightWait: waits, DedicatedLimit: blocking / 2,
			})
			waiting, cancel := context.WithCancel(ctx)
			defer cancel()
			done := make(chan []error, 1)
			go func() {
				done <- testkit.Concurrently(blocking, func(i int) error {
					_, err := client.Do(waiting, "BLPOP", fmt.Sprint("list", i), "0")
					return err
				})
			}()
			awaitRequests(t, blocking)
			require.Eventually(t, func() bool { return len(harness.ClientsOf(t, server)) == 1+blocking/2 }, harness.Patience, time.Millisecond)
			for range 100 {
				_, err := client.Get(ctx, "k")
				require.NoError(t, err)
			}
			cancel()
			for _, err := range <-done {
				require.ErrorIs(t, err, context.Canceled)
			}
		})
	}
}
