package topology_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// use has the client use every node: replicas too, if it reads from them.
func use(client *glide.ClusterClient) error {
	for _, err := range testkit.Concurrently(90, func(i int) error {
		key := harness.KeyOfSlot(harness.Slots * (i % 30) / 30)
		if err := client.Set(ctx, key, "value"); err != nil {
			return err
		}
		_, err := client.Get(ctx, key)
		return err
	}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// requireEverywhere requires of each node that it has connections of a client,
// and of each connection that it has what the client is configured with.
func requireEverywhere(t *testing.T, nodes []*glidetest.Server, name string, fields map[string]string) {
	t.Helper()
	for _, node := range nodes {
		found := 0
		for _, c := range harness.ClientsOf(t, node) {
			if c["user"] != fields["user"] {
				continue // another client's
			}
			found++
			require.Equal(t, name, c["name"], "%v", c)
			for field, value := range fields {
				require.Equal(t, value, c[field], "%s of %v", field, c)
			}
		}
		require.NotZero(t, found, "no connection to %v", node)
	}
}

func TestSettingsReachEveryNode(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithTLS(glidetest.MutualTLS), glidetest.WithPassword("default's"),
		glidetest.WithUser("app", "on", ">hunter2", "~*", "&*", "+@all"))
	certificates := cluster.Certificates()
	for _, protocol := range []glide.Protocol{glide.RESP3, glide.RESP2} {
		resp := fmt.Sprint(3 - int(protocol))
		t.Run("RESP"+resp, func(t *testing.T) {
			config := glide.ClusterConfig{
				Addresses:  harness.AddressesOf(cluster.Nodes()[0]),
				ClientName: "named" + resp, LibraryName: "library", Protocol: protocol, RequestTimeout: 5 * time.Second, ReadFrom: glide.AnyNode,
				Credentials: glide.Credentials{Username: "app", Password: "hunter2"},
				TLS: &glide.TLS{
					RootCertificates: certificates.CA, ClientCertificate: certificates.ClientCert, ClientKey: certificates.ClientKey,
				},
			}
			client := harness.ConnectCluster(t, config)
			fields := map[string]string{"user": "app", "resp": resp}
			if cluster.Nodes()[0].Version().AtLeast("7.2", "7.2") {
				fields["lib-name"] = "library"
			}
			require.NoError(t, use(client))
			requireEverywhere(t, cluster.Nodes(), config.ClientName, fields)

			for _, node := range cluster.Nodes() {
				node.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
			}
			require.Eventually(t, func() bool { return use(client) == nil }, harness.Patience, 50*time.Millisecond)
			requireEverywhere(t, cluster.Nodes(), config.ClientName, fields)

			// And a node that joins.
			added, err := cluster.AddShard()
			require.NoError(t, err)
			require.NoError(t, cluster.MigrateSlot(harness.Slots*10/30, added))
			require.NoError(t, use(client))
			requireEverywhere(t, []*glidetest.Server{added}, config.ClientName, fields)
			require.NoError(t, cluster.MigrateSlot(harness.Slots*10/30, cluster.Nodes()[0]))
			require.NoError(t, cluster.RemoveShard(added))
			require.NoError(t, use(client))

			client.Close()
			require.Eventually(t, func() bool { return sum(connections(t, cluster.Nodes(), config.ClientName)) == 0 },
				5*time.Second, 20*time.Millisecond, "connections outlive their client")
		})
	}
}

func TestPasswordUpdatesReachEveryNode(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0), glidetest.WithPassword("first"))
	nodes := cluster.Nodes()
	client := harness.ConnectCluster(t, glide.ClusterConfig{
		Addresses: harness.AddressesOf(nodes...), Credentials: glide.Credentials{Password: "first"}, RequestTimeout: 5 * time.Second, ClientName: "authenticated",
	})
	require.NoError(t, use(client))
	set := func(password string) {
		for _, node := range nodes {
			require.NoError(t, node.SetPassword(password))
		}
	}
	kill := func() {
		for _, node := range nodes {
			node.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
		}
	}

	// Later: for connections to come, to every node.
	require.NoError(t, client.UpdateConnectionPassword(ctx, "second", false))
	require.NoError(t, use(client))
	set("second")
	require.NoError(t, use(client), "connections stay as they are authenticated")
	kill()
	require.Eventually(t, func() bool { return use(client) == nil }, harness.Patience, 20*time.Millisecond)

	// Immediately, with a password that no server knows: nothing changes.
	err := client.UpdateConnectionPassword(ctx, "wrong", true)
	require.ErrorIs(t, err, glide.ErrAuthentication)
	require.NoError(t, use(client))
	kill()
	require.Eventually(t, func() bool { return use(client) == nil }, harness.Patience, 20*time.Millisecond)

	// Immediately: all connections authenticate again.
	set("third")
	before := make([]int, len(nodes))
	for i, node := range nodes {
		before[i] = testkit.CallsOf(t, node, "auth") + testkit.CallsOf(t, node, "hello")
	}
	require.NoError(t, client.UpdateConnectionPassword(ctx, "third", true))
	for i, node := range nodes {
		require.Greater(t, testkit.CallsOf(t, node, "auth")+testkit.CallsOf(t, node, "hello"), before[i], "%v has not been asked", node)
	}
	require.NoError(t, use(client))
	kill()
	require.Eventually(t, func() bool { return use(client) == nil }, harness.Patience, 20*time.Millisecond)

	// For a node that is first used afterwards.
	added, err := cluster.AddShard()
	require.NoError(t, err)
	require.NoError(t, added.SetPassword("third"))
	require.NoError(t, migrate(cluster, nodes, harness.Slots*10/30, added))
	require.NoError(t, use(client))
	require.NotZero(t, sum(connections(t, []*glidetest.Server{added}, "authenticated")))

	// A password that the servers no longer take is an error that says so.
	set("fourth")
	kill()
	require.Eventually(t, func() bool {
		_, err := client.Get(ctx, harness.KeyOfSlot(1))
		if err == nil {
			return false
		}
		var refused *glide.ServerError
		said := errors.Is(err, glide.ErrAuthentication) || errors.As(err, &refused) && (refused.Code == "WRONGPASS" || refused.Code == "NOAUTH") ||
			strings.Contains(err.Error(), "WRONGPASS")
		if !said {
			t.Log(err)
		}
		return said
	}, 10*time.Second, 50*time.Millisecond)
}

// migrate moves an empty slot.
func migrate(cluster *glidetest.Cluster, nodes []*glidetest.Server, slot int, to *glidetest.Server) error {
	for _, node := range nodes {
		if _, err := node.Command("FLUSHALL"); err != nil {
			return err
		}
	}
	return cluster.MigrateSlot(slot, to)
}

func TestLazyClientConnectsWithItsFirstCommand(t *testing.T) {
	t.Parallel()
	for _, kind := range []harness.Kind{harness.Standalone, harness.Cluster} {
		t.Run(string(kind), func(t *testing.T) {
			servers := 1
			if kind == harness.Cluster {
				servers = 3
			}
			cluster := fakeserver.StartCluster(t, servers)
			accepted := func() (n int) {
				for _, server := range cluster.Servers {
					n += server.Accepted()
				}
				return n
			}
			client := kind.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(cluster.Servers...), LazyConnect: true, RequestTimeout: 5 * time.Second})
			time.Sleep(300 * time.Millisecond)
			require.Zero(t, accepted())
			for _, err := range testkit.Concurrently(50, func(i int) error { return client.Set(ctx, fmt.Sprint(i), "value") }) {
				require.NoError(t, err)
			}
			require.NotZero(t, accepted())
			require.Equal(t, 50, cluster.Count("SET"))
			// Many callers make one connection, in addition to those that ask for the slots.
			require.LessOrEqual(t, accepted(), 4*servers)
		})
	}
}

func TestReadsDoNotFailWhenConnectionsAreKilled(t *testing.T) {
	t.Parallel()
	const kills = 20
	run := func(t *testing.T, servers []*glidetest.Server, read func(caller int) error) {
		load := testkit.StartLoad(100, read)
		t.Cleanup(load.End)
		load.AwaitSuccess(t, harness.Patience)
		for range kills {
			time.Sleep(100 * time.Millisecond)
			for _, server := range servers {
				server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
			}
		}
		load.End()
		t.Log(load)
		require.Empty(t, load.Errs())
	}
	config := func(servers ...*glidetest.Server) glide.ClusterConfig {
		return glide.ClusterConfig{Addresses: harness.AddressesOf(servers...)}
	}
	t.Run("standalone", func(t *testing.T) {
		server := glidetest.Start(t)
		client := harness.Standalone.Connect(t, config(server))
		run(t, []*glidetest.Server{server}, func(caller int) error { _, err := client.Get(ctx, fmt.Sprint(caller)); return err })
	})
	t.Run("cluster", func(t *testing.T) {
		cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
		client := harness.Cluster.Connect(t, config(cluster.Nodes()...))
		run(t, cluster.Nodes(), func(caller int) error { _, err := client.Get(ctx, fmt.Sprint(caller)); return err })
	})
}
