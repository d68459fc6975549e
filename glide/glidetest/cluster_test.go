package glidetest

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func shortly(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestClusterServesAllSlotsWithReplicas(t *testing.T) {
	t.Parallel()
	cluster := StartCluster(t, WithPassword("secret"))
	require.Len(t, cluster.Nodes(), 6)
	primaries, err := cluster.Primaries()
	require.NoError(t, err)
	require.Len(t, primaries, 3)
	for i, primary := range primaries {
		require.Same(t, cluster.Nodes()[i], primary)
		replicas, err := cluster.Replicas(primary)
		require.NoError(t, err)
		require.Len(t, replicas, 1)
		for _, node := range cluster.Nodes() {
			require.Contains(t, fmt.Sprint(node.MustCommand(t, "CLUSTER", "SLOTS")), replicas[0].NodeID())
		}
	}
	for _, key := range []string{"a", "b", "c", "{a}b"} {
		owner, err := cluster.NodeForKey(key)
		require.NoError(t, err)
		requireSet(t, owner, key, "value")
	}

	t.Run("a slot moves with its keys", func(t *testing.T) { testSlotMoves(t, cluster) })
	t.Run("a replica takes over", func(t *testing.T) { testFailover(t, cluster) })
	t.Run("a replica takes over from a primary that died", func(t *testing.T) { testPrimaryDies(t, cluster) })
	t.Run("a shard comes and goes", func(t *testing.T) { testShardComesAndGoes(t, cluster) })
}

func testSlotMoves(t *testing.T, cluster *Cluster) {
	slot, err := cluster.SlotForKey("a")
	require.NoError(t, err)
	owner, err := cluster.NodeForSlot(slot)
	require.NoError(t, err)
	for i := range 250 {
		owner.MustCommand(t, "SET", "{a}"+strconv.Itoa(i), "value")
	}
	primaries, err := cluster.Primaries()
	require.NoError(t, err)
	to := primaries[0]
	if to == owner {
		to = primaries[1]
	}
	require.NoError(t, cluster.OpenSlot(slot, to))
	_, err = owner.Command("GET", "{a}absent")
	require.ErrorContains(t, err, "ASK "+strconv.Itoa(slot))
	require.NoError(t, cluster.MigrateSlot(slot, to))
	require.Equal(t, "value", to.MustCommand(t, "GET", "{a}249"))
	_, err = owner.Command("GET", "{a}0")
	require.ErrorContains(t, err, "MOVED "+strconv.Itoa(slot)+" "+to.Addr())
	require.NoError(t, cluster.MigrateSlot(slot, owner))
}

func testFailover(t *testing.T, cluster *Cluster) {
	primary := cluster.Nodes()[0]
	promoted, err := cluster.Failover(primary)
	require.NoError(t, err)
	require.NotSame(t, primary, promoted)
	back, err := cluster.Failover(primary)
	require.NoError(t, err)
	require.Same(t, primary, back)
}

func testPrimaryDies(t *testing.T, cluster *Cluster) {
	owner, err := cluster.NodeForKey("b")
	require.NoError(t, err)
	require.NoError(t, owner.Kill())
	require.NoError(t, cluster.AwaitOK(shortly(t)))
	heir, err := cluster.NodeForKey("b")
	require.NoError(t, err)
	require.NotSame(t, owner, heir)
	require.Equal(t, "value", heir.MustCommand(t, "GET", "b"))
	require.NoError(t, owner.Restart())
	require.NoError(t, cluster.AwaitOK(shortly(t)))
	replicas, err := cluster.Replicas(heir)
	require.NoError(t, err)
	require.Equal(t, []*Server{owner}, replicas)
}

func testShardComesAndGoes(t *testing.T, cluster *Cluster) {
	shard, err := cluster.AddShard()
	require.NoError(t, err)
	require.Len(t, cluster.Nodes(), 8)
	owner, err := cluster.NodeForKey("c")
	require.NoError(t, err)
	slot, err := cluster.SlotForKey("c")
	require.NoError(t, err)
	require.NoError(t, cluster.MigrateSlot(slot, shard))
	require.Equal(t, "value", shard.MustCommand(t, "GET", "c"))
	require.Error(t, cluster.RemoveShard(shard))
	require.NoError(t, cluster.MigrateSlot(slot, owner))
	require.NoError(t, cluster.RemoveShard(shard))
	require.Len(t, cluster.Nodes(), 6)
}

func TestClusterWithTLSAndUsers(t *testing.T) {
	t.Parallel()
	if !hasTLS(t) {
		return
	}
	cluster := StartCluster(t, WithTLS(MutualTLS, PlainPort), WithReplicas(0), WithUser("default", "off"))
	require.Len(t, cluster.Nodes(), 3)
	owner, err := cluster.NodeForKey("key")
	require.NoError(t, err)
	requireSet(t, owner, "key", "value")
	slot, err := cluster.SlotForKey("key")
	require.NoError(t, err)
	for _, node := range cluster.Nodes() {
		require.NoError(t, cluster.MigrateSlot(slot, node))
		require.Equal(t, "value", node.MustCommand(t, "GET", "key"))
	}
}

func TestAwaitOKSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	cluster := StartCluster(t, WithReplicas(0))
	require.NoError(t, cluster.Nodes()[1].Pause())
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, cluster.AwaitOK(ctx), "has not failed for it yet")
	require.NoError(t, cluster.Nodes()[1].Resume())
	require.NoError(t, cluster.AwaitOK(shortly(t)))
}

// A node that has not heard of the others' latest epoch would take it for the next slot, and slots would fall back to
// their former owners, who have no keys any more.
func TestNodesAgreeOnEpochsBetweenMigrations(t *testing.T) {
	t.Parallel()
	cluster := StartCluster(t, WithReplicas(0))
	for slot := range 60 {
		require.NoError(t, cluster.MigrateSlot(slot, cluster.Nodes()[slot%3]))
		epochs := map[string]string{}
		for _, node := range cluster.Nodes() {
			members, err := node.members(shortly(t))
			require.NoError(t, err)
			for _, m := range members {
				require.Contains(t, []string{"", m.id}, epochs[m.epoch], "after slot %d", slot)
				epochs[m.epoch] = m.id
			}
		}
		require.Len(t, epochs, 3, "after slot %d", slot)
	}
	for _, node := range cluster.Nodes() {
		require.NotContains(t, node.Log(), "collision")
	}
}
