package messages_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// closed is how long a server may take to notice that connections are closed.
const closed = 250 * time.Millisecond

// requireGone closes a client and waits until no server has connections of it.
func requireGone(t *testing.T, client messenger, servers ...*glidetest.Server) {
	t.Helper()
	name := nameOf(t)
	connections := 0
	for _, server := range servers {
		connections += connectionsOf(t, server, name)
	}
	require.Greater(t, connections, 1, "for commands and for messages")
	stalls := testkit.MeasureStalls(t)
	begun := time.Now()
	client.Close()
	for _, server := range servers {
		for connectionsOf(t, server, name) > 0 {
			require.Less(t, time.Since(begun), closed+stalls(), "connections are left")
		}
	}
	t.Logf("gone after %v", time.Since(begun))
}

func TestCloseEndsSubscriptionsAtOnce(t *testing.T) {
	subscriptions := glide.Subscriptions{Channels: channels("closed"), Patterns: []string{"closed*"}}
	t.Run("standalone", func(t *testing.T) {
		t.Parallel()
		server := glidetest.Start(t)
		requireGone(t, connect(t, glide.Config{Addresses: harness.AddressesOf(server), ClientName: nameOf(t), Subscriptions: subscriptions}), server)
	})
	t.Run("read-only", func(t *testing.T) {
		t.Parallel()
		server := glidetest.Start(t, glidetest.WithReplicas(1))
		replica := server.Replicas()[0]
		client := connect(t, glide.Config{Addresses: harness.AddressesOf(replica), ClientName: nameOf(t), ReadOnly: true, Subscriptions: subscriptions})
		require.EqualValues(t, 1, subscribersAt(t, replica, "NUMSUB", "closed"))
		requireGone(t, client, replica)
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
		require.NoError(t, cluster.AwaitOK(ctx))
		client := harness.ConnectCluster(t, glide.ClusterConfig{
			Addresses: harness.AddressesOf(cluster.Nodes()...), RequestTimeout: harness.Patience, ClientName: nameOf(t),
			Subscriptions: glide.Subscriptions{Channels: []string{"a", "b", "c", "d", "e"}},
		})
		requireGone(t, client, cluster.Nodes()...)
	})
	t.Run("in a flood", func(t *testing.T) {
		t.Parallel()
		server := glidetest.Start(t)
		client := connect(t, glide.Config{Addresses: harness.AddressesOf(server), ClientName: nameOf(t), Subscriptions: subscriptions})
		s := startStream(t, client, server, "PUBLISH", channels("closed")...)
		s.flows(t, harness.Patience)
		requireGone(t, client, server)
	})
}

func TestClosedClientDoesNotReconnect(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	proxy := glidetest.StartProxy(t, server.Addr())
	client := connect(t, glide.Config{Addresses: harness.AddressesOf(proxy), Subscriptions: glide.Subscriptions{Channels: channels("closed")}})
	proxy.Reject()
	proxy.Cut()
	before := len(proxy.Attempts())
	require.Eventually(t, func() bool { return len(proxy.Attempts()) > before+2 }, harness.Patience, time.Millisecond)
	client.Close()
	// An attempt that had begun may still arrive.
	after := -1
	require.Eventually(t, func() bool {
		before, after = after, len(proxy.Attempts())
		return before == after
	}, harness.Patience, 300*time.Millisecond)
	require.NoError(t, proxy.Forward())
	time.Sleep(time.Second)
	require.Len(t, proxy.Attempts(), before)
	require.EqualValues(t, 0, subscribersAt(t, server, "NUMSUB", "closed"))
}

// A client that is given up while it connects leaves nothing behind.
func TestClientThatIsNotWaitedForLeavesNoSubscriptions(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	for i := range 50 {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(i)*200*time.Microsecond)
		client, err := glide.NewClient(ctx, glide.Config{
			Addresses: harness.AddressesOf(server), Subscriptions: glide.Subscriptions{Channels: channels("left"), Patterns: []string{"left*"}},
		})
		if err == nil {
			client.Close()
		}
		cancel()
	}
	require.Eventually(t, func() bool {
		return server.MustCommand(t, "PUBSUB", "NUMPAT") == int64(0) && len(server.MustCommand(t, "PUBSUB", "CHANNELS").([]any)) == 0
	}, harness.Patience, time.Millisecond, "subscriptions are left")
}
