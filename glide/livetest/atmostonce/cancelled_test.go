package atmostonce_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// A write that its caller has given up may still be run, but not after a write
// that the caller has begun since: neither on a busy client nor while the
// connection is lost now and then.
func TestACancelledWriteDoesNotOvertakeALaterOne(t *testing.T) {
	t.Parallel()
	for _, kind := range []harness.Kind{harness.Standalone, harness.Cluster} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			var last, overtaken, both atomic.Int64
			server := fakeserver.Start(t)
			server.Handle("SET", func(c *fakeserver.Conn, args []string) string {
				if args[1] == "x" {
					number, _ := strconv.ParseInt(args[2], 10, 64)
					if before := last.Swap(number); before > number {
						overtaken.Add(1)
					} else if before == number-1 && number%2 == 1 {
						both.Add(1)
					}
				}
				return fakeserver.OK
			})
			config := glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience}
			client, other := kind.Connect(t, config), kind.Connect(t, config)
			ending, end := context.WithCancel(ctx)
			defer end()
			var busy sync.WaitGroup
			for range 20 {
				busy.Go(func() {
					for ending.Err() == nil {
						_, _ = client.Get(ending, "k")
						_, _ = other.Get(ending, "k")
					}
				})
			}
			cancelled := 0
			until := time.Now().Add(3 * time.Second)
			for number := 0; time.Now().Before(until); number += 2 {
				bounded, cancel := context.WithTimeout(ctx, time.Duration(number%300)*time.Microsecond)
				if number%7 == 0 {
					cancel()
				}
				err := client.Set(bounded, "x", strconv.Itoa(number))
				cancel()
				if err == nil {
					continue
				}
				cancelled++
				require.NoError(t, client.Set(ctx, "x", strconv.Itoa(number+1)))
				require.EqualValues(t, number+1, last.Load())
			}
			end()
			busy.Wait()
			require.Zero(t, overtaken.Load(), "of %d cancelled writes", cancelled)
			require.Positive(t, cancelled)
			t.Log(cancelled, "cancelled, of which ran", both.Load())
		})
	}
}

// A cancelled write that waits for a connection is never sent, however long the
// client would have waited for it.
func TestACancelledWriteThatWaitsIsNotSent(t *testing.T) {
	t.Parallel()
	for _, kind := range []harness.Kind{harness.Standalone, harness.Cluster} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := fakeserver.Start(t)
			client := kind.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience})
			require.NoError(t, client.Set(ctx, "x", "0"))
			letIn := server.KeepOut(t)
			bounded, cancel := context.WithCancel(ctx)
			results := make(chan error, 3)
			go func() { results <- client.Set(bounded, "x", "1") }()
			go func() { _, err := client.Incr(bounded, "n"); results <- err }()
			go func() {
				_, err := client.Exec(bounded, glide.NewPipeline().Set("x", "2").Incr("n"))
				results <- err
			}()
			time.Sleep(50 * time.Millisecond) // they wait; or else they are not sent for they come too late
			cancel()
			for range cap(results) {
				require.ErrorIs(t, <-results, context.Canceled)
			}
			done := make(chan error, 1)
			go func() { done <- client.Set(ctx, "x", "3") }()
			time.Sleep(50 * time.Millisecond)
			letIn()
			require.NoError(t, <-done)
			require.NoError(t, client.Set(ctx, "x", "4"))
			var values []string
			for _, request := range server.Requests("SET") {
				values = append(values, request.Args[2])
			}
			require.Equal(t, []string{"0", "3", "4"}, values)
			require.Zero(t, server.Count("INCR"))
		})
	}
}
