package faults_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// TestSignalsDoNotArriveOnTheLibrarysThreads looks at the masks of all threads
// that the library names.
func TestSignalsDoNotArriveOnTheLibrarysThreads(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, func(c *glide.Config) { c.Addresses[0].Host = "localhost" })
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, _ = client.BLPop(ctx, 0, "none")
	threads := 0
	paths, err := filepath.Glob("/proc/self/task/*/status")
	require.NoError(t, err)
	for _, path := range paths {
		status, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		field := func(name string) string {
			_, rest, _ := strings.Cut(string(status), "\n"+name+":\t")
			value, _, _ := strings.Cut(rest, "\n")
			return value
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(string(status), "Name:\t"), "\n")
		if !strings.HasPrefix(name, "glide-") && !strings.HasPrefix(name, "tokio") {
			continue
		}
		threads++
		mask, err := strconv.ParseUint(field("SigBlk"), 16, 64)
		require.NoError(t, err)
		for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGPIPE, syscall.SIGPROF, syscall.SIGURG, syscall.SIGCHLD} {
			require.NotZero(t, mask&(1<<(signal-1)), fmt.Sprintf("%v arrives on thread %s", signal, name))
		}
	}
	require.Positive(t, threads)
	t.Log(threads, "threads")
}
