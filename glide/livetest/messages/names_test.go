package messages_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// subscriberIDs are the connections of a server that have subscriptions.
func subscriberIDs(t *testing.T, server *glidetest.Server) (ids []string) {
	t.Helper()
	for line := range strings.Lines(server.MustCommand(t, "CLIENT", "LIST", "TYPE", "PUBSUB").(string)) {
		id, _, _ := strings.Cut(line, " ")
		ids = append(ids, id)
	}
	return ids
}

// closeCommands has a server close the connections of a test's client, but for those
// that have subscriptions.
func closeCommands(t *testing.T, server *glidetest.Server) {
	t.Helper()
	for _, client := range testkit.Clients(t, server) {
		if client["name"] == nameOf(t) && !strings.Contains(client["flags"], "P") {
			_, _ = server.Command("CLIENT", "KILL", "ID", client["id"])
		}
	}
}

// A name leads to another server, which knows nothing of the one before, and the
// one before still serves the connections that it has.
func TestSubscriptionsFollowANameThatLeadsElsewhere(t *testing.T) {
	faults := map[string]func(t *testing.T, server *glidetest.Server){
		"writes are refused": func(t *testing.T, server *glidetest.Server) {
			server.MustCommand(t, "REPLICAOF", "127.0.0.1", "1")
		},
		"connections for commands are closed": closeCommands,
	}
	for fault, begin := range faults {
		for name, discovery := range map[string]glide.NodeDiscovery{"roles": glide.DiscoverRoles, "nothing": glide.DiscoverNothing} {
			t.Run(fault+"/"+name, func(t *testing.T) {
				t.Parallel()
				before, after := glidetest.Start(t), glidetest.Start(t)
				link := harness.StartLink(t, before.Addr())
				client := connect(t, glide.Config{
					Addresses: harness.AddressesOf(link), NodeDiscovery: discovery, ClientName: nameOf(t),
					Subscriptions: glide.Subscriptions{Channels: channels("followed"), Patterns: []string{"followed*"}},
				})
				require.NoError(t, client.Set(ctx, "key", "value"))
				s := startStream(t, client, before, "PUBLISH", channels("followed")...)
				s.flows(t, harness.Patience)
				link.Lead(after.Addr())
				begin(t, before)
				require.Eventually(t, func() bool { return client.Set(ctx, "key", "value") == nil }, harness.Patience, time.Millisecond)
				require.Equal(t, "value", after.MustCommand(t, "GET", "key"))
				s.moveTo(after)
				t.Logf("messages again after %v", s.flows(t, harness.Patience))
				require.Eventually(t, func() bool { return len(subscriberIDs(t, before)) == 0 }, harness.Patience, time.Millisecond)
				require.Len(t, subscriberIDs(t, after), 1)
				s.settle(t)
			})
		}
	}
}

// Connections for commands that are made again to the same server are no reason to
// leave it: nothing is lost.
func TestSubscriptionsStayWithTheServerOfTheName(t *testing.T) {
	t.Run("connections for commands are closed", func(t *testing.T) {
		t.Parallel()
		server := glidetest.Start(t)
		client := connect(t, glide.Config{
			Addresses: harness.AddressesOf(server), ClientName: nameOf(t), Subscriptions: glide.Subscriptions{Channels: channels("staying")},
		})
		s := startStream(t, client, server, "PUBLISH", channels("staying")...)
		s.flows(t, harness.Patience)
		ids := subscriberIDs(t, server)
		for range 5 {
			closeCommands(t, server)
			require.Eventually(t, func() bool { return client.Ping(ctx) == nil }, harness.Patience, time.Millisecond)
			s.flows(t, harness.Patience)
		}
		require.Equal(t, ids, subscriberIDs(t, server))
		s.settle(t)
		s.requireNothingLost(t)
	})
	t.Run("writes are refused", func(t *testing.T) {
		t.Parallel()
		server := glidetest.Start(t)
		server.MustCommand(t, "REPLICAOF", "127.0.0.1", "1")
		client := connect(t, glide.Config{
			Addresses: harness.AddressesOf(server), NodeDiscovery: glide.DiscoverNothing, RequestTimeout: time.Second,
			Subscriptions: glide.Subscriptions{Channels: channels("staying")},
		})
		s := startStream(t, client, server, "PUBLISH", channels("staying")...)
		s.flows(t, harness.Patience)
		ids := subscriberIDs(t, server)
		id, err := client.ClientID(ctx)
		require.NoError(t, err)
		for again := id; again == id; again, err = client.ClientID(ctx) {
			require.NoError(t, err)
			require.Error(t, client.Set(ctx, "key", "value"))
		}
		s.flows(t, harness.Patience)
		require.Equal(t, ids, subscriberIDs(t, server))
		s.settle(t)
		s.requireNothingLost(t)
	})
}
