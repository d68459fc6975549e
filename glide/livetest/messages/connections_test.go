package messages_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// A killed connection is replaced as often as it takes. What is published
// meanwhile is lost; the rest keeps its order and comes once.
func TestMessagesKeepTheirOrderWhileConnectionsAreKilled(t *testing.T) {
	storm := func(t *testing.T, s *stream, servers ...*glidetest.Server) {
		s.flows(t, harness.Patience)
		for range 50 {
			for _, server := range servers {
				server.MustCommand(t, "CLIENT", "KILL", "TYPE", "PUBSUB")
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Logf("messages again after %v", s.flows(t, harness.Patience))
		s.settle(t)
		s.mutex.Lock()
		defer s.mutex.Unlock()
		require.Greater(t, s.count, s.published, "too little was received")
	}
	t.Run("standalone", func(t *testing.T) {
		t.Parallel()
		server := glidetest.Start(t)
		client := connect(t, glide.Config{Addresses: harness.AddressesOf(server), Subscriptions: glide.Subscriptions{
			Channels: channels("killed"), Patterns: []string{"kill*", "{kill*"},
		}})
		// Commands have connections for themselves, and notice nothing.
		commands := testkit.StartLoad(4, func(int) error { return client.Set(ctx, "key", "value") })
		t.Cleanup(commands.End)
		storm(t, startStream(t, client, server, "PUBLISH", channels("killed")...), server)
		commands.End()
		require.Empty(t, commands.Errs(), "%v", commands)
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
		require.NoError(t, cluster.AwaitOK(ctx))
		scattered := []string{"a", "b", "c", "d", "e"}
		client := connectCluster(t, cluster, glide.Subscriptions{Channels: scattered, Patterns: []string{"a*", "[bc]"}})
		storm(t, startStream(t, client, cluster.Nodes()[0], "PUBLISH", scattered...), cluster.Nodes()...)
	})
	t.Run("sharded", func(t *testing.T) {
		t.Parallel()
		cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
		needsShards(t, cluster.Version())
		require.NoError(t, cluster.AwaitOK(ctx))
		client := connectCluster(t, cluster, glide.Subscriptions{ShardedChannels: channels("killed")})
		owner, err := cluster.NodeForKey("killed")
		require.NoError(t, err)
		storm(t, startStream(t, client, owner, "SPUBLISH", channels("killed")...), cluster.Nodes()...)
	})
}

func TestSubscriptionsOutliveTheServer(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := connect(t, glide.Config{Addresses: harness.AddressesOf(server), Subscriptions: glide.Subscriptions{
		Channels: channels("restarted"), Patterns: []string{"*restarted*"},
	}})
	s := startStream(t, client, server, "PUBLISH", channels("restarted")...)
	for range 3 {
		s.flows(t, harness.Patience)
		require.NoError(t, server.Kill())
		require.NoError(t, server.Restart())
		t.Logf("messages again after %v", s.flows(t, harness.Patience))
	}
	s.settle(t)
}

// No caller drives the calls of a client that does nothing else.
func TestMessagesComeToAnIdleClient(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := connect(t, glide.Config{Addresses: harness.AddressesOf(server), Subscriptions: glide.Subscriptions{Channels: []string{"idle"}}})
	time.Sleep(200 * time.Millisecond)
	for range 20 {
		server.MustCommand(t, "PUBLISH", "idle", "x")
		bounded, cancel := context.WithTimeout(ctx, harness.Patience)
		_, err := client.NextMessage(bounded)
		cancel()
		require.NoError(t, err)
		time.Sleep(5 * time.Millisecond)
	}
}

// Subscriptions change while connections are lost: what is desired in the end is
// what there is.
func TestSubscriptionsAreWhatIsDesiredAfterManyFaults(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := connect(t, glide.Config{Addresses: harness.AddressesOf(server)})
	kills := testkit.StartLoad(1, func(int) error {
		_, err := server.Command("CLIENT", "KILL", "TYPE", "PUBSUB")
		time.Sleep(5 * time.Millisecond)
		return err
	})
	t.Cleanup(kills.End)
	for _, err := range testkit.Concurrently(8, func(caller int) error {
		for n := range 40 {
			kept, left := fmt.Sprint(caller, " kept ", n), fmt.Sprint(caller, " left ", n)
			if err := client.Subscribe(ctx, kept, left); err != nil {
				return err
			}
			if err := client.Unsubscribe(ctx, left); err != nil {
				return err
			}
		}
		return nil
	}) {
		require.NoError(t, err)
	}
	kills.End()
	requireWhole(t, client)
	state, err := client.Subscriptions(ctx)
	require.NoError(t, err)
	require.Len(t, state.Desired.Channels, 8*40)
	require.Eventually(t, func() bool {
		return len(server.MustCommand(t, "PUBSUB", "CHANNELS").([]any)) == 8*40
	}, harness.Patience, 10*time.Millisecond, "the server says otherwise")
}

// Something in between has forgotten the connection, and new ones are served.
func TestHalfOpenConnectionOfASubscriberIsReplaced(t *testing.T) {
	for _, kind := range []harness.Kind{harness.Standalone, harness.Cluster} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			var server *glidetest.Server
			switch kind {
			case harness.Standalone:
				server = glidetest.Start(t)
			case harness.Cluster:
				cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
				require.NoError(t, cluster.AwaitOK(ctx))
				server = cluster.Nodes()[0]
			}
			link := harness.StartLink(t, server.Addr())
			client := subscriberThrough(t, kind, link, server, "through")
			s := startStream(t, client, server, "PUBLISH", "through")
			for range 2 {
				s.flows(t, harness.Patience)
				stalls := testkit.MeasureStalls(t)
				link.Break((*harness.Through).Lose)
				t.Logf("messages again after %v", s.flows(t, silence+stalls()))
			}
			s.settle(t)
			require.EqualValues(t, 1, subscribersAt(t, server, "NUMSUB", "through"), "the former connection was not closed")
		})
	}
}

// silence is how long it may take to replace a connection that is silent: one and
// a quarter intervals of the heartbeat and a second, as is documented, and what it
// takes to be subscribed again.
const silence = 5*2*time.Second/4 + time.Second + 1500*time.Millisecond

// subscriberThrough connects to a server through a link, and in a cluster to the
// others without.
func subscriberThrough(t *testing.T, kind harness.Kind, link *harness.Link, server *glidetest.Server, channel string) messenger {
	t.Helper()
	subscriptions := glide.Subscriptions{Channels: []string{channel}}
	if kind == harness.Standalone {
		return connect(t, glide.Config{Addresses: harness.AddressesOf(link), Subscriptions: subscriptions})
	}
	return harness.ConnectCluster(t, glide.ClusterConfig{
		Addresses: harness.AddressesOf(link), RequestTimeout: harness.Patience, Subscriptions: subscriptions,
		AddressMap: map[glide.Address]glide.Address{harness.AddressOf(server): harness.AddressOf(link)},
	})
}

// Subscribing at a server that is down says so when the time is over, and goes on.
func TestSubscribingSaysWhyItWasNotInTime(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := connect(t, glide.Config{Addresses: harness.AddressesOf(server), RequestTimeout: 300 * time.Millisecond})
	require.NoError(t, client.Subscribe(ctx, "before"))
	require.NoError(t, server.Kill())
	require.Eventually(t, func() bool {
		err := client.Subscribe(ctx, "late")
		require.ErrorIs(t, err, glide.ErrTimeout)
		// On a busy machine the caller's own timer may be the first to tell.
		return errors.Is(err, glide.ErrUnreachable) && strings.Contains(err.Error(), server.Addr())
	}, harness.Patience, time.Millisecond)
	require.NoError(t, client.Unsubscribe(ctx, "before"), "it has ended with the server")
	require.NoError(t, server.Restart())
	requireWhole(t, client)
	require.EqualValues(t, 1, subscribersAt(t, server, "NUMSUB", "late"))
	require.EqualValues(t, 0, subscribersAt(t, server, "NUMSUB", "before"))
}
