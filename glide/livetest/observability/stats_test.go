package observability_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// eventually waits until the statistics are as they should be.
func eventually(t *testing.T, stats func() glide.Stats, is func(glide.Stats) bool) {
	t.Helper()
	deadline := time.Now().Add(harness.Patience)
	for !is(stats()) {
		require.True(t, time.Now().Before(deadline), "%+v", stats())
		time.Sleep(time.Millisecond)
	}
}

func TestStatsCountConnections(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient)
	for slot := range 3 {
		require.NoError(t, client.Set(ctx, harness.KeyOfSlot(slot*6000), "value"))
	}
	stats := client.Stats()
	require.EqualValues(t, 3, stats.Connections)
	require.Zero(t, stats.MessageConnections)
	require.Zero(t, stats.Reconnects)
	require.NoError(t, client.Subscribe(ctx, "a", "b"))
	stats = client.Stats()
	require.Positive(t, stats.MessageConnections)
	require.Equal(t, glide.SubscriptionStats{Desired: 2, Actual: 2}, stats.Subscriptions)
	_, err := client.Publish(ctx, "a", "message")
	require.NoError(t, err)
	eventually(t, client.Stats, func(s glide.Stats) bool { return s.Messages.Received == 1 })
	require.EqualValues(t, 1, client.Stats().Messages.Buffered)
	require.NoError(t, client.Unsubscribe(ctx))
	require.Zero(t, client.Stats().Subscriptions)

	client.Close()
	closed := client.Stats()
	require.EqualValues(t, 1, closed.Messages.Received)
	closed.Messages = glide.MessageStats{}
	require.Zero(t, closed)
	require.Zero(t, (&glide.Client{}).Stats())
}

func TestStatsCountLostConnections(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient, harness.QuickToReconnect)
	require.NoError(t, client.Ping(ctx))
	for lost := range int64(3) {
		require.Equal(t, lost, client.Stats().Reconnects)
		server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
		eventually(t, client.Stats, func(s glide.Stats) bool { return s.Reconnects > lost && s.Connections == 1 })
		require.NoError(t, client.Ping(ctx))
	}
}

func TestStatsCountBytes(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	const size = 100_000
	before := client.Stats()
	require.Positive(t, before.BytesSent)
	require.Positive(t, before.BytesReceived)
	require.NoError(t, client.Set(ctx, "key", strings.Repeat("x", size)))
	set := client.Stats()
	require.GreaterOrEqual(t, set.BytesSent, before.BytesSent+size)
	require.Less(t, set.BytesReceived, before.BytesReceived+size)
	_, err := client.Get(ctx, "key")
	require.NoError(t, err)
	get := client.Stats()
	require.GreaterOrEqual(t, get.BytesReceived, set.BytesReceived+size)
	require.Less(t, get.BytesReceived, set.BytesReceived+2*size)
	require.Less(t, get.BytesSent, set.BytesSent+size)
	// Those of dedicated connections, too.
	require.NoError(t, client.Dedicated(ctx, func(c *glide.DedicatedClient) error { _, err := c.Get(ctx, "key"); return err }))
	require.GreaterOrEqual(t, client.Stats().BytesReceived, get.BytesReceived+size)
}

func TestStatsCountWhatIsRefusedAndLate(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, func(config *glide.Config) { config.InflightLimit = 1 })
	server.MustCommand(t, "CLIENT", "PAUSE", "60000", "WRITE")
	late, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- client.Set(late, "key", "value") }()
	eventually(t, client.Stats, func(s glide.Stats) bool { return s.InFlight == 1 })
	require.ErrorIs(t, client.Set(ctx, "other", "value"), glide.ErrInflightLimit)
	require.EqualValues(t, 1, client.Stats().Rejected)
	require.ErrorIs(t, <-done, context.DeadlineExceeded)
	require.EqualValues(t, 1, client.Stats().TimedOut)
	server.MustCommand(t, "CLIENT", "UNPAUSE")
	eventually(t, client.Stats, func(s glide.Stats) bool { return s.InFlight == 0 })
	_, err := client.Get(canceled(), "key")
	require.ErrorIs(t, err, context.Canceled)
	_, err = client.Do(ctx, "NOSUCH")
	require.Error(t, err)
	stats := client.Stats()
	require.EqualValues(t, 1, stats.TimedOut)
	require.EqualValues(t, 1, stats.Rejected)
}

func TestStatsCountWhatWaits(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient, func(config *glide.Config) {
		config.InflightLimit, config.InflightWait, config.DedicatedLimit = 1, true, 1
	})
	require.NoError(t, client.Ping(ctx))
	server.MustCommand(t, "CLIENT", "PAUSE", "60000", "WRITE")
	done := make(chan error, 5)
	for range 3 {
		go func() { done <- client.Set(ctx, "key", "value") }()
	}
	eventually(t, client.Stats, func(s glide.Stats) bool { return s.InFlight == 1 && s.Waiting == 2 })
	for range 2 {
		go func() { _, err := client.BLPop(ctx, 0, "list"); done <- err }()
	}
	eventually(t, client.Stats, func(s glide.Stats) bool { return s.Dedicated.InUse == 1 && s.Dedicated.Awaited == 1 })
	server.MustCommand(t, "CLIENT", "UNPAUSE")
	for range 3 {
		require.NoError(t, <-done)
	}
	server.MustCommand(t, "RPUSH", "list", "1", "2")
	for range 2 {
		require.NoError(t, <-done)
	}
	eventually(t, client.Stats, func(s glide.Stats) bool {
		return s.InFlight == 0 && s.Waiting == 0 && s.Dedicated == glide.DedicatedStats{Idle: 1}
	})
}

func TestStatsCountHitsOfTheCache(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient, func(config *glide.Config) {
		config.Cache = &glide.Cache{MaximumBytes: 1 << 20, ServerAssisted: true}
	})
	require.NoError(t, client.Set(ctx, "key", "value"))
	for range 4 {
		_, err := client.Get(ctx, "key")
		require.NoError(t, err)
	}
	stats := client.Stats()
	require.EqualValues(t, 3, stats.CacheHits)
	require.EqualValues(t, 1, stats.CacheMisses)
}
