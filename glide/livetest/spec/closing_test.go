package spec_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// namesOf counts the connections of clients, by their names.
func namesOf(t *testing.T, servers []*glidetest.Server) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, server := range servers {
		for _, client := range append(harness.ClientsOf(t, server), testkit.Clients(t, server, "TYPE", "PUBSUB")...) {
			if client["name"] != "" {
				counts[client["name"]]++
			}
		}
	}
	return counts
}

// requireGone requires that the connections of a name end in about the time
// that the machine takes to make and close a hundred others.
func requireGone(t *testing.T, servers []*glidetest.Server, name string) {
	t.Helper()
	left := 0
	for range 100 {
		for _, server := range servers {
			harness.DialRaw(t, server).Close()
		}
		if left = namesOf(t, servers)[name]; left == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%s: %d connections are left", name, left)
}

// requireClosing closes clients, each of which has a connection to so many of
// the servers at least. Some connections are in use meanwhile.
func requireClosing(t *testing.T, servers []*glidetest.Server, clients map[string]harness.Client, least map[string]int) {
	t.Helper()
	for name, client := range clients {
		for slot := range 100 {
			_, err := client.Get(ctx, harness.KeyOfSlot(slot*harness.Slots/100))
			require.NoError(t, err, name)
		}
	}
	before := namesOf(t, servers)
	for name, client := range clients {
		require.GreaterOrEqual(t, before[name], least[name], "%s: %v", name, before)
		waits := make(chan error)
		go func() {
			_, err := client.Do(ctx, "XREAD", "BLOCK", "0", "STREAMS", "none", "$")
			waits <- err
		}()
		require.Eventually(t, func() bool { return namesOf(t, servers)[name] > before[name] }, harness.Patience, time.Millisecond, name)
		client.Close()
		require.ErrorIs(t, <-waits, glide.ErrClosed, name)
		requireGone(t, servers, name)
	}
}

func TestCloseClosesConnectionsToReplicas(t *testing.T) {
	t.Parallel()
	t.Run("standalone", func(t *testing.T) {
		t.Parallel()
		primary := glidetest.Start(t, glidetest.WithReplicas(2))
		servers := append(primary.Replicas(), primary)
		clients, least := map[string]harness.Client{}, map[string]int{}
		connect := func(name string, config glide.Config, connections int) {
			config.ClientName = name
			clients[name], least[name] = standalone(t, config), connections
		}
		for name, from := range strategies {
			connections := 3
			if from == glide.Primary {
				connections = 1
			}
			config := glide.Config{Addresses: harness.AddressesOf(servers...), ReadFrom: from, AvailabilityZone: zoneOf(from)}
			connect(name, config, connections)
			config.Subscriptions.Channels = []string{"news"}
			connect(name+"-subscribed", config, connections+1)
		}
		connect("ReadOnly", glide.Config{Addresses: harness.AddressesOf(servers[0]), ReadOnly: true}, 1)
		connect("ReadOnly-PreferReplica", glide.Config{Addresses: harness.AddressesOf(servers...), ReadOnly: true, ReadFrom: glide.PreferReplica}, 2)
		connect("DiscoverAll", glide.Config{Addresses: harness.AddressesOf(primary), ReadFrom: glide.AnyNode, NodeDiscovery: glide.DiscoverAll}, 3)
		requireClosing(t, servers, clients, least)
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		cluster := glidetest.StartCluster(t)
		clients, least := map[string]harness.Client{}, map[string]int{}
		for name, from := range strategies {
			for i, channels := range [][]string{nil, {"news"}} {
				config := patient(cluster.Nodes()[0])
				config.ReadFrom, config.AvailabilityZone, config.ClientName = from, zoneOf(from), fmt.Sprint(name, i)
				config.Subscriptions.Channels = channels
				clients[config.ClientName], least[config.ClientName] = harness.ConnectCluster(t, config), 6
				if from == glide.Primary {
					least[config.ClientName] = 3
				}
			}
		}
		requireClosing(t, cluster.Nodes(), clients, least)
	})
}
