// Package limits_test is about the limits of a client: requests that wait for
// their turn, and blocking commands, which have a separate limit.
package limits_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

var ctx = context.Background()

// limit is how many requests may be in flight on a connection.
const limit = 3

// way is a kind of request. All of them write to the key.
type way struct {
	name string
	do   func(ctx context.Context, client harness.Client, key string) error
}

var ways = []way{
	{"command", func(ctx context.Context, c harness.Client, key string) error { return c.Set(ctx, key, "v") }},
	{"command, by itself", func(ctx context.Context, c harness.Client, key string) error {
		_, err := c.Do(ctx, "BITOP", "NOT", key, key)
		return err
	}},
	{"script", func(ctx context.Context, c harness.Client, key string) error {
		_, err := c.Eval(ctx, "return redis.call('SET', KEYS[1], 'v')", []string{key})
		return err
	}},
	{"pipeline", func(ctx context.Context, c harness.Client, key string) error {
		_, err := c.Exec(ctx, glide.NewPipeline().Set(key, "v"))
		return err
	}},
	{"transaction", func(ctx context.Context, c harness.Client, key string) error {
		_, err := c.Exec(ctx, glide.NewTransaction().Set(key, "v"))
		return err
	}},
	{"many slots", func(ctx context.Context, c harness.Client, key string) error {
		_, err := c.Do(ctx, "MSET", "a", "1", "b", "2", "c", "3", "d", "4", key, "v")
		return err
	}},
	{"many nodes", func(ctx context.Context, c harness.Client, _ string) error {
		if cluster, ok := c.(*glide.ClusterClient); ok {
			_, err := cluster.Nodes(glide.AllPrimaries).DBSize(ctx)
			return err
		}
		_, err := c.Do(ctx, "DBSIZE")
		return err
	}},
	{"scan", func(ctx context.Context, c harness.Client, _ string) error {
		if cluster, ok := c.(*glide.ClusterClient); ok {
			_, err := cluster.ScanPrimaries(ctx, glide.ClusterScanCursor{})
			return err
		}
		_, err := c.Do(ctx, "SCAN", "0")
		return err
	}},
}

// onBoth runs a test on a server and on a cluster, with a client whose requests
// wait for their turn.
func onBoth(t *testing.T, test func(t *testing.T, nodes []*glidetest.Server, client harness.Client)) {
	t.Helper()
	config := glide.ClusterConfig{RequestTimeout: harness.Patience, InflightLimit: limit, InflightWait: true}
	t.Run("standalone", func(t *testing.T) {
		server := glidetest.Start(t)
		config.Addresses = harness.AddressesOf(server)
		test(t, []*glidetest.Server{server}, harness.Standalone.Connect(t, config))
	})
	t.Run("cluster", func(t *testing.T) {
		nodes := glidetest.StartCluster(t).Nodes()
		config.Addresses = harness.AddressesOf(nodes...)
		test(t, nodes, harness.Cluster.Connect(t, config))
	})
}

// pause stops servers from answering.
func pause(t *testing.T, nodes []*glidetest.Server) (resume func()) {
	t.Helper()
	for _, node := range nodes {
		require.NoError(t, node.Pause())
	}
	resume = sync.OnceFunc(func() {
		for _, node := range nodes {
			require.NoError(t, node.Resume())
		}
	})
	t.Cleanup(resume)
	return resume
}

// awaitRequests waits until so many requests are in the library.
func awaitRequests(t *testing.T, n int64) {
	t.Helper()
	require.Eventually(t, func() bool { return engine.Live().Tickets == n }, harness.Patience, time.Millisecond,
		"there are not %d requests but %d", n, engine.Live().Tickets)
}
