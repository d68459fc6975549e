package replicareads_test

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

// loseLink makes a replica lose the link to its primary, which goes on.
func loseLink(t *testing.T, primary, replica *glidetest.Server) {
	t.Helper()
	replica.MustCommand(t, "CONFIG", "SET", "masterauth", "wrong")
	primary.MustCommand(t, "CLIENT", "KILL", "TYPE", "REPLICA")
	require.Eventually(t, func() bool {
		return strings.Contains(replica.MustCommand(t, "INFO", "replication").(string), "master_link_status:down")
	}, harness.Patience, 5*time.Millisecond)
	_, err := replica.Command("GET", "key")
	require.ErrorContains(t, err, "M") // MASTERDOWN, or MOVED of a node of a cluster
}

func TestPrimaryAnswersForReplicasThatHaveLostIt(t *testing.T) {
	options := []glidetest.Option{
		glidetest.WithReplicas(1), glidetest.WithPassword("secret"), glidetest.WithConfig("replica-serve-stale-data", "no"),
	}
	read := func(t *testing.T, kind harness.Kind, servers []*glidetest.Server, lose func()) {
		var clients []harness.Client
		for _, server := range servers {
			if server.Version().AtLeast("8.0", "") { // others know no zones
				server.MustCommand(t, "CONFIG", "SET", "availability-zone", "zone-a")
			}
		}
		for _, from := range strategies {
			config := glide.ClusterConfig{
				Addresses: harness.AddressesOf(servers...), ReadFrom: from, Credentials: glide.Credentials{Password: "secret"}, RequestTimeout: 2 * time.Second,
			}
			if from != glide.PreferReplica && from != glide.AnyNode {
				config.AvailabilityZone = "zone-a"
			}
			clients = append(clients, kind.Connect(t, config))
		}
		for _, client := range clients {
			for range 5 {
				require.NoError(t, client.Set(ctx, "key", "value"))
				_, err := client.Get(ctx, "key")
				require.NoError(t, err)
			}
		}
		lose()
		for _, client := range clients {
			for range 20 {
				value, err := client.Get(ctx, "key")
				require.NoError(t, err)
				require.Equal(t, "value", value.Value())
			}
		}
	}
	t.Run("standalone", func(t *testing.T) {
		t.Parallel()
		primary := glidetest.Start(t, options...)
		replica := primary.Replicas()[0]
		read(t, harness.Standalone, []*glidetest.Server{primary, replica}, func() { loseLink(t, primary, replica) })
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		cluster := glidetest.StartCluster(t, append(options, glidetest.WithConfig("cluster-node-timeout", "60000"))...)
		read(t, harness.Cluster, cluster.Nodes(), func() {
			primary, err := cluster.NodeForKey("key")
			require.NoError(t, err)
			replicas, err := cluster.Replicas(primary)
			require.NoError(t, err)
			loseLink(t, primary, replicas[0])
		})
	})
}

func TestReadsGoOnWhenReplicasDieAndComeBack(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithConfig("cluster-node-timeout", "1500"))
	client := harness.ConnectCluster(t, glide.ClusterConfig{
		Addresses: harness.AddressesOf(cluster.Nodes()[0]), ReadFrom: glide.PreferReplica, RequestTimeout: 2 * time.Second,
	})
	load := testkit.StartLoad(12, func(caller int) error {
		_, err := client.Get(ctx, harness.KeyOfSlot(harness.Slots*caller/12))
		time.Sleep(time.Millisecond)
		return err
	})
	t.Cleanup(load.End)
	load.AwaitSuccess(t, harness.Patience)
	replicas := cluster.Nodes()[3:]
	for _, replica := range replicas {
		require.NoError(t, replica.Kill())
	}
	time.Sleep(time.Second)
	require.NoError(t, cluster.AwaitOK(ctx))
	for _, replica := range replicas {
		require.NoError(t, replica.Restart())
	}
	require.NoError(t, cluster.AwaitOK(ctx))
	// They are read from again.
	before := 0
	for _, replica := range replicas {
		before += testkit.CallsOf(t, replica, "get")
	}
	require.Eventually(t, func() bool {
		calls := 0
		for _, replica := range replicas {
			calls += testkit.CallsOf(t, replica, "get")
		}
		return calls > before
	}, 75*time.Second, 100*time.Millisecond) // the topology is checked every minute
	load.End()
	t.Log(load)
	require.Empty(t, load.Errs(), "the primaries answer meanwhile")
}

// A replica that hangs must not make the reads of its shard fail for longer
// than its connections are trusted.
func TestReadsGoOnWhenAReplicaHangs(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithConfig("cluster-node-timeout", "1500"))
	client := harness.ConnectCluster(t, glide.ClusterConfig{Addresses: harness.AddressesOf(cluster.Nodes()...), ReadFrom: glide.PreferReplica})
	key := harness.KeyOfSlot(7)
	load := testkit.StartLoad(4, func(caller int) error {
		_, err := client.Get(ctx, key)
		time.Sleep(time.Millisecond)
		return err
	})
	t.Cleanup(load.End)
	load.AwaitSuccess(t, harness.Patience)
	require.NoError(t, cluster.Nodes()[3].Pause()) // of the first primary
	require.NoError(t, cluster.AwaitOK(ctx))       // it has failed for the cluster
	stalls := testkit.MeasureStalls(t)
	took := load.AwaitSuccess(t, 2*time.Second+stalls())
	time.Sleep(500 * time.Millisecond)
	load.Forget()
	time.Sleep(time.Second)
	t.Logf("served again after %v; then %v", took, load)
	require.Empty(t, load.Errs())
	require.NoError(t, cluster.Nodes()[3].Resume())
	require.NoError(t, cluster.AwaitOK(ctx))
}
