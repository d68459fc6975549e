// Package libraries tests libraries that use go-redis on package glidegoredis, as they
// are published, on a server and on a cluster.
package libraries

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidegoredis"
	"github.com/valkey-glide/go/glide/glidetest"
)

// patience is how long a test waits for what must happen.
const patience = 60 * time.Second

// servers are a server and a cluster, which all tests share.
var servers struct {
	server  *glidetest.Server
	cluster *glidetest.Cluster
}

func TestMain(m *testing.M) {
	code, err := startAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func startAndRun(m *testing.M) (code int, err error) {
	ctx := context.Background()
	if servers.server, err = glidetest.StartServer(ctx); err != nil {
		return 0, err
	}
	defer servers.server.Close()
	if servers.cluster, err = glidetest.StartServerCluster(ctx); err != nil {
		return 0, err
	}
	defer servers.cluster.Close()
	// What the process starts once and keeps is started before goroutines are counted.
	client, err := glide.NewClient(ctx, servers.server.Config())
	if err != nil {
		return 0, err
	}
	rdb := glidegoredis.NewClient(client)
	err = rdb.Ping(ctx).Err()
	_ = rdb.Close()
	_ = client.Close()
	if err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// A client is one of package glide, standalone or cluster.
type client interface {
	glidegoredis.Client
	Stats() glide.Stats
	Close() error
}

// A target is what a library runs on.
type target struct {
	client client
	// rdb is what the library is given.
	rdb *redis.Client
	// nodes are the server, or all nodes of the cluster.
	nodes []*glidetest.Server
	// cluster is nil for a standalone server.
	cluster *glidetest.Cluster
}

// each runs a test on a server and on a cluster, and checks that nothing is left of it.
func each(t *testing.T, test func(t *testing.T, on *target)) {
	for _, mode := range []string{"standalone", "cluster"} {
		t.Run(mode, func(t *testing.T) { test(t, connect(t, mode)) })
	}
}

// connect returns a target, which is closed and checked after the test and after what
// the test itself has for its end.
func connect(t *testing.T, mode string) *target {
	t.Helper()
	before := runtime.NumGoroutine()
	on := &target{}
	var err error
	if mode == "cluster" {
		on.cluster, on.nodes = servers.cluster, servers.cluster.Nodes()
		on.client, err = glide.NewClusterClient(t.Context(), on.cluster.Config())
	} else {
		on.nodes = []*glidetest.Server{servers.server}
		on.client, err = glide.NewClient(t.Context(), servers.server.Config())
	}
	require.NoError(t, err)
	on.rdb = open(on.client)
	t.Cleanup(func() { on.close(t, before) })
	return on
}

// open returns a client of go-redis as [glidegoredis.NewClient] does, but with time for
// servers on a busy machine to answer.
func open(client glidegoredis.Client) *redis.Client {
	options := glidegoredis.Options(client)
	options.ReadTimeout = patience
	return redis.NewClient(options)
}

// close closes the target, and fails if something is left of what has used it.
func (on *target) close(t *testing.T, goroutines int) {
	assert.NoError(t, on.rdb.Close())
	assert.EventuallyWithT(t, func(c *assert.CollectT) {
		stats := on.client.Stats()
		assert.Zero(c, stats.Dedicated.InUse, "dedicated connections")
		assert.Zero(c, stats.InFlight, "requests in flight")
		assert.Zero(c, stats.Subscriptions.Desired, "subscriptions")
	}, patience, 10*time.Millisecond)
	assert.NoError(t, on.client.Close())
	assert.EventuallyWithT(t, func(c *assert.CollectT) {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		// The condition runs on another goroutine.
		assert.LessOrEqual(c, runtime.NumGoroutine(), goroutines+1, string(stacks))
	}, patience, 10*time.Millisecond)
	assert.EventuallyWithT(t, func(c *assert.CollectT) {
		for _, node := range on.nodes {
			connections, err := connectionsTo(node)
			assert.NoError(c, err)
			assert.Empty(c, connections, "connections to %s", node)
		}
	}, patience, 10*time.Millisecond)
}

// connectionsTo returns the connections of clients to a server, but for the one that
// asks.
func connectionsTo(node *glidetest.Server) (connections []string, err error) {
	for _, kind := range []string{"normal", "pubsub"} {
		list, err := node.Command("CLIENT", "LIST", "TYPE", kind)
		if err != nil {
			return nil, err
		}
		text, _ := list.(string)
		for line := range strings.Lines(text) {
			if !strings.Contains(line, " cmd=client|list") {
				connections = append(connections, strings.TrimSpace(line))
			}
		}
	}
	return connections, nil
}

// killConnections closes all connections to the target at its servers, and returns how
// many there were.
func (on *target) killConnections() (killed int64, err error) {
	for _, node := range on.nodes {
		for _, kind := range []string{"normal", "pubsub"} {
			n, failure := node.Command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
			count, _ := n.(int64)
			killed, err = killed+count, errors.Join(err, failure)
		}
	}
	return killed, err
}

// everyPrimary runs a command on the server, or on all primaries of the cluster.
func (on *target) everyPrimary(t *testing.T, args ...string) {
	t.Helper()
	primaries := on.nodes
	if on.cluster != nil {
		var err error
		primaries, err = on.cluster.Primaries()
		require.NoError(t, err)
	}
	for _, node := range primaries {
		node.MustCommand(t, args...)
	}
}

// pauseWrites keeps the servers from running what writes, until the function that is
// returned is called.
func (on *target) pauseWrites(t *testing.T) (resume func()) {
	t.Helper()
	on.everyPrimary(t, "CLIENT", "PAUSE", "600000", "WRITE")
	resume = sync.OnceFunc(func() { on.everyPrimary(t, "CLIENT", "UNPAUSE") })
	t.Cleanup(resume)
	return resume
}

// requireDeadline fails unless an error is that of a context whose deadline is over.
func requireDeadline(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	require.True(t, errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded), "%v", err)
}

// name returns a name that only this test uses. Names of one test differ in their slots.
func name(t *testing.T, what string) string { return t.Name() + "/" + what }
