package isolation_test

import (
	"context"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// usage is what this process has used of the CPUs, and how often one of its
// threads went to sleep.
type usage struct {
	cpu    time.Duration
	sleeps int64
}

func used(t *testing.T) usage {
	t.Helper()
	var self syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &self))
	cpu := time.Duration(self.Utime.Nano() + self.Stime.Nano())
	return usage{cpu, self.Nvcsw}
}

// usedIn is what is used of the CPUs while nothing happens. It is the least of
// some such times: the collector of garbage runs when it likes.
func usedIn(t *testing.T, interval time.Duration) (least usage) {
	t.Helper()
	runtime.GC()
	time.Sleep(100 * time.Millisecond)
	for i := range 3 {
		before := used(t)
		time.Sleep(interval)
		after := used(t)
		now := usage{after.cpu - before.cpu, after.sleeps - before.sleeps}
		if i == 0 || now.cpu < least.cpu {
			least.cpu = now.cpu
		}
		if i == 0 || now.sleeps < least.sleeps {
			least.sleeps = now.sleeps
		}
	}
	return least
}

func TestWaitingCostsNothing(t *testing.T) {
	const interval = 2 * time.Second // as often as the heartbeat
	server := glidetest.Start(t)
	nobody := usedIn(t, interval)

	client := harness.Standalone.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server)}).(*glide.Client)
	ctx, cancel := context.WithCancel(context.Background())
	require.NoError(t, client.Set(ctx, "key", "value"))
	idle := usedIn(t, interval)

	done := make(chan error, 1)
	go func() {
		_, err := client.BLPop(ctx, 0, "list")
		done <- err
	}()
	isBlocked := func() bool {
		for _, connection := range harness.ClientsOf(t, server) {
			if connection["cmd"] == "blpop" {
				return true
			}
		}
		return false
	}
	require.Eventually(t, isBlocked, harness.Patience, time.Millisecond)
	waiting := usedIn(t, interval)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)

	for name, now := range map[string]usage{"an idle client": idle, "a blocking command": waiting} {
		cpu, sleeps := now.cpu-nobody.cpu, now.sleeps-nobody.sleeps
		t.Logf("%s: %.3f %% of a CPU, %.1f wake-ups per second", name,
			100*cpu.Seconds()/interval.Seconds(), float64(sleeps)/interval.Seconds())
		require.Less(t, cpu, interval/1000, name)
		require.Less(t, sleeps, int64(20*interval.Seconds()), name)
	}
}
