package costs_test

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// With one P, calls leave it to the rest of the program: a goroutine that
// sleeps for a millisecond wakes as it does in a process that does nothing.
func TestOneProcessorIsLeftToOthers(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	server := glidetest.Start(t)
	ctx := context.Background()
	calls := map[string]func(client *glide.Client, ended *atomic.Bool){
		"one call waits": func(client *glide.Client, ended *atomic.Bool) {
			for !ended.Load() {
				// Not a blocking command for the client: the server pauses.
				_, _ = client.Get(ctx, "key")
			}
		},
		"a loop of calls": func(client *glide.Client, ended *atomic.Bool) {
			for !ended.Load() {
				if _, err := client.Get(ctx, "key"); err != nil {
					t.Error(err)
					return
				}
			}
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			client := harness.Connect(t, server, func(c *glide.Config) { c.RequestTimeout = 10 * time.Second })
			// A busy machine may be late at any moment: one try of some counts.
			var idle, late time.Duration
			for range 5 {
				idle = medianLateness(500 * time.Millisecond)
				if name == "one call waits" {
					_, err := client.Do(ctx, "CLIENT", "PAUSE", "600", "ALL")
					require.NoError(t, err)
				}
				var ended atomic.Bool
				var caller sync.WaitGroup
				caller.Go(func() { call(client, &ended) })
				time.Sleep(10 * time.Millisecond)
				late = medianLateness(500 * time.Millisecond)
				ended.Store(true)
				caller.Wait()
				if late < idle+300*time.Microsecond {
					t.Logf("late by %v, in an idle process by %v", late, idle)
					return
				}
			}
			t.Errorf("late by %v, in an idle process by %v", late, idle)
		})
	}
}

// medianLateness is how late a goroutine wakes that sleeps for a millisecond.
func medianLateness(duration time.Duration) time.Duration {
	var all []time.Duration
	for begun := time.Now(); time.Since(begun) < duration; {
		slept := time.Now()
		time.Sleep(time.Millisecond)
		all = append(all, time.Since(slept)-time.Millisecond)
	}
	slices.Sort(all)
	return all[len(all)/2]
}
