package retries_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// reads are run by many callers while connections are lost.
var reads = []func(client harness.Client) error{
	func(client harness.Client) error { _, err := client.Get(ctx, "{key}1"); return err },
	func(client harness.Client) error { _, err := client.MGet(ctx, "{key}1", "{key}2", "other"); return err },
	func(client harness.Client) error { _, err := client.Do(ctx, "GET", "{key}1"); return err },
	func(client harness.Client) error {
		results, err := client.Exec(ctx, glide.NewPipeline().Get("{key}1").Get("other"))
		for i := 0; err == nil && i < 2; i++ {
			err = results.Err(i)
		}
		return err
	},
}

// load runs reads by 100 callers during a fault. None may fail.
func load(t *testing.T, client harness.Client, fault func()) {
	t.Helper()
	var done atomic.Bool
	var calls atomic.Int64
	failures := make(chan error, 1000)
	ended := make(chan struct{})
	for caller := range 100 {
		go func() {
			defer func() { ended <- struct{}{} }()
			for !done.Load() {
				// Most are GETs.
				read := reads[0]
				if caller < 20 {
					read = reads[caller%len(reads)]
				}
				calls.Add(1)
				if err := read(client); err != nil {
					select {
					case failures <- err:
					default:
					}
				}
			}
		}()
	}
	fault()
	done.Store(true)
	for range 100 {
		<-ended
	}
	close(failures)
	t.Logf("%d calls, %d failed", calls.Load(), len(failures))
	require.Greater(t, calls.Load(), int64(100))
	require.Empty(t, failures, "%v", <-failures)
}

func kill(t *testing.T, servers ...*glidetest.Server) func() {
	return func() {
		killed := int64(0)
		for range 20 {
			for _, server := range servers {
				n, _ := server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal").(int64)
				killed += n
			}
			time.Sleep(100 * time.Millisecond)
		}
		require.GreaterOrEqual(t, killed, int64(10), "the client was connected again and again")
	}
}

func TestNoReadFailsWhileConnectionsAreKilled(t *testing.T) {
	server := glidetest.Start(t)
	load(t, harness.Standalone.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: 20 * time.Second}), kill(t, server))
}

func TestNoReadFailsWhileConnectionsToAClusterAreKilled(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	config := glide.ClusterConfig{Addresses: harness.AddressesOf(cluster.Nodes()...), RequestTimeout: 20 * time.Second}
	load(t, harness.Cluster.Connect(t, config), kill(t, cluster.Nodes()...))
}

func TestNoReadFailsDuringARestart(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Standalone.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: 20 * time.Second})
	load(t, client, restart(t, server))
}

func TestNoReadFailsDuringARestartOfANode(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	config := glide.ClusterConfig{Addresses: harness.AddressesOf(cluster.Nodes()...), RequestTimeout: 20 * time.Second}
	load(t, harness.Cluster.Connect(t, config), restart(t, cluster.Nodes()[0]))
}

func restart(t *testing.T, server *glidetest.Server) func() {
	return func() {
		time.Sleep(200 * time.Millisecond)
		require.NoError(t, server.Kill())
		time.Sleep(200 * time.Millisecond)
		require.NoError(t, server.Restart())
		time.Sleep(time.Second)
	}
}
