// Package caches_test is about the cache of a client: who shares it, and that
// nothing is read from it that is known to be old.
package caches_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

var ctx = context.Background()

// kinds are caches whose values stay for the whole of a test, unless they are
// removed.
var kinds = map[string]glide.Cache{
	"time to live":    {MaximumBytes: 1 << 20, TimeToLive: time.Hour},
	"server-assisted": {MaximumBytes: 1 << 20, ServerAssisted: true},
}

// onAll runs a test with both kinds of cache on a server and on a cluster.
func onAll(t *testing.T, test func(t *testing.T, nodes []*glidetest.Server, client harness.Client)) {
	t.Helper()
	for name, cache := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("standalone", func(t *testing.T) {
				t.Parallel()
				server := glidetest.Start(t)
				test(t, []*glidetest.Server{server}, connect(t, harness.Standalone, cache, server))
			})
			t.Run("cluster", func(t *testing.T) {
				t.Parallel()
				cluster := glidetest.StartCluster(t)
				test(t, cluster.Nodes(), connect(t, harness.Cluster, cache, cluster.Nodes()...))
			})
		})
	}
}

func connect(t *testing.T, kind harness.Kind, cache glide.Cache, nodes ...*glidetest.Server) harness.Client {
	t.Helper()
	return kind.Connect(t, glide.ClusterConfig{
		Addresses: harness.AddressesOf(nodes...), RequestTimeout: harness.Patience, Cache: &cache,
	})
}

// get returns the value of a key, or "none".
func get(t *testing.T, client interface {
	Get(ctx context.Context, key string) (glide.Optional[string], error)
}, key string) string {
	t.Helper()
	value, err := client.Get(ctx, key)
	require.NoError(t, err)
	if value.IsNil() {
		return "none"
	}
	return value.Value()
}
