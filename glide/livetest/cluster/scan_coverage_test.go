package cluster_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// What moves a slot may take hours for it, and be abandoned. Meanwhile its keys
// are in two nodes.
func TestAScanFindsTheKeysOfASlotThatIsBeingMoved(t *testing.T) {
	for name, target := range map[string]func(*testing.T, *glidetest.Cluster) *glidetest.Server{
		"to a node gone over before": func(_ *testing.T, cluster *glidetest.Cluster) *glidetest.Server { return cluster.Nodes()[0] },
		"to a node without slots": func(t *testing.T, cluster *glidetest.Cluster) *glidetest.Server {
			return harness.Value(cluster.AddShard())(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
			const slot = 16000
			from, to := harness.Value(cluster.NodeForSlot(slot))(t), target(t, cluster)
			client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient)
			keys := setKeys(t, client, 300)
			staying := setKeysOfSlot(t, client, slot, 200, keys)
			before, isOpen := testkit.CallsOf(t, from, "scan"), false
			found, steps, errs := scanAll(t, client, func(int) {
				switch {
				case testkit.CallsOf(t, from, "scan") == before:
				case !isOpen:
					require.NoError(t, cluster.OpenSlot(slot, to))
					isOpen = true
				default:
					for range min(50, len(staying)-50) {
						moveKey(t, from, to, staying[0])
						staying = staying[1:]
					}
				}
			})
			require.Empty(t, errs)
			require.Len(t, staying, 50, "it was over before they were moved")
			t.Logf("%d steps", steps)
			requireAllFound(t, keys, found)

			requireScanned(t, client, keys)
			require.NoError(t, cluster.MigrateSlot(slot, to))
			requireScanned(t, client, keys)
		})
	}
}

func TestAScanSaysWhichSlotNobodyHas(t *testing.T) {
	cluster := harness.StartFragileCluster(t)
	client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient)
	keys := setKeys(t, client, 300)
	for _, slot := range []string{"77", "12000"} {
		for _, node := range cluster.Nodes() {
			_, _ = node.Command("CLUSTER", "DELSLOTS", slot) // by now some may have heard of it
		}
	}
	owned := map[string]bool{}
	for key := range keys {
		if slot := harness.Value(cluster.SlotForKey(key))(t); slot != 77 && slot != 12000 {
			owned[key] = true
		}
	}
	var err error
	for _, err = range client.AllKeys(ctx) {
	}
	require.ErrorIs(t, err, glide.ErrUnreachable)
	require.ErrorContains(t, err, "no node has slot 77")
	found := map[string]bool{}
	for key, err := range client.AllKeys(ctx, glide.AllowUncoveredSlots) {
		require.NoError(t, err)
		found[key] = true
	}
	requireAllFound(t, owned, found)
}

// Cursors mean nothing to a server that was started again: it has another order
// of its keys.
func TestAScanFindsEveryKeyOfAServerThatWasRestarted(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0), glidetest.WithConfig("appendonly", "yes"),
		glidetest.WithConfig("cluster-node-timeout", "60000"))
	client := harness.ConnectToCluster(t, cluster, harness.LoadedCluster(time.Second))
	keys := map[string]bool{}
	for _, slot := range []int{100, 6000} { // one of each of two servers: within a slot the order is random
		setKeysOfSlot(t, client, slot, 1000, keys)
	}
	found, steps, errs := scanAll(t, client, func(step int) {
		if slices.Contains([]int{10, 20, 140}, step) {
			require.NoError(t, cluster.Nodes()[step/100].Restart())
			require.Eventually(t, func() bool { // the client has noticed before the scan could
				_, err := client.Get(ctx, harness.KeyOfSlot(1000+step/100*5000))
				return err == nil
			}, harness.Patience, 10*time.Millisecond)
		}
	})
	t.Logf("%d steps, %d repeated", steps, len(errs))
	requireAllFound(t, keys, found)
}

func TestAScanAsksForWhatItsUserMayKnow(t *testing.T) {
	cluster := harness.StartFragileCluster(t)
	keys := setKeys(t, harness.ConnectToCluster(t, cluster, harness.ClusterPatient), 300)
	as := func(user, forbidden string) *glide.ClusterClient {
		for _, node := range cluster.Nodes() {
			node.MustCommand(t, append([]string{"ACL", "SETUSER", user, "on", ">secret", "~*", "+@all"}, strings.Fields(forbidden)...)...)
		}
		return harness.ConnectToCluster(t, cluster, harness.ClusterPatient, func(c *glide.ClusterConfig) {
			c.Credentials, c.LazyConnect = glide.Credentials{Username: user, Password: "secret"}, true
		})
	}
	requireScanned(t, as("modest", "-info -exists"), keys)
	_, err := as("blind", "-cluster|nodes").ScanPrimaries(ctx, glide.ClusterScanCursor{})
	require.ErrorContains(t, err, "NOPERM")
	require.ErrorContains(t, err, "nodes")
}
