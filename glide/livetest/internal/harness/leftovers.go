package harness

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
)

// RequireNothingLeft requires that the library and the goroutines are what
// they were before.
func RequireNothingLeft(t *testing.T, goroutines int) {
	t.Helper()
	require.Empty(t, testkit.AwaitNothingAlive())
	stacks := make([]byte, 1<<16)
	left := 0
	for range 200 {
		if left = runtime.NumGoroutine(); left <= goroutines {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%d goroutines instead of %d:\n%s", left, goroutines, stacks[:runtime.Stack(stacks, true)])
}

// RequireNoConnections requires that a server is left by all clients, if only
// after a while: the core looks every second whether a connection that it
// watches is still used.
func RequireNoConnections(t *testing.T, server *glidetest.Server) {
	t.Helper()
	begun := time.Now()
	require.Eventually(t, func() bool { return len(ConnectionsTo(t, server)) == 0 }, 6*time.Second, 10*time.Millisecond,
		"connections of closed clients stay open")
	t.Logf("the last connection was closed %v later", time.Since(begun))
}

// DescriptorsAndThreads counts what this process has.
func DescriptorsAndThreads(t *testing.T) (descriptors, threads int) {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	for line := range strings.Lines(string(status)) {
		if number, ok := strings.CutPrefix(line, "Threads:"); ok {
			threads, err = strconv.Atoi(strings.TrimSpace(number))
			require.NoError(t, err)
		}
	}
	return len(open), threads
}
