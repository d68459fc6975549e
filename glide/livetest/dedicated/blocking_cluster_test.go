package dedicated_test

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

// slotOf returns the slot of a key, its primary and another primary.
func slotOf(t *testing.T, cluster *glidetest.Cluster, key string) (slot int, from, to *glidetest.Server) {
	t.Helper()
	slot, err := cluster.SlotForKey(key)
	require.NoError(t, err)
	from, err = cluster.NodeForKey(key)
	require.NoError(t, err)
	primaries, err := cluster.Primaries()
	require.NoError(t, err)
	if to = primaries[0]; to == from {
		to = primaries[1]
	}
	return slot, from, to
}

func TestBlockingCommandsFollowASlotThatMoves(t *testing.T) {
	cluster := glidetest.StartCluster(t)
	client := harness.ConnectToCluster(t, cluster, func(config *glide.ClusterConfig) { config.RequestTimeout = harness.Patience })
	slot, from, to := slotOf(t, cluster, "list")
	ended := block(ctx, client, 1, "list")
	requireBlocked(t, from, 1, harness.Patience)
	// The call that waits is sent to where the slot goes.
	require.NoError(t, cluster.MigrateSlot(slot, to))
	requireBlocked(t, to, 1, harness.Patience)
	requireBlocked(t, from, 0, harness.Patience)
	harness.Value(client.RPush(ctx, "list", "a"))(t)
	require.NoError(t, <-ended)
	// So is one that begins, even while the client may still think otherwise.
	harness.Value(client.RPush(ctx, "list", "b"))(t)
	require.Equal(t, glide.Some(glide.ListElement{Key: "list", Element: "b"}), harness.Value(client.BLPop(ctx, time.Second, "list"))(t))
}

func TestBlockingCommandsAskWhereASlotIsOnItsWay(t *testing.T) {
	cluster := glidetest.StartCluster(t)
	client := harness.ConnectToCluster(t, cluster, func(config *glide.ClusterConfig) { config.RequestTimeout = harness.Patience })
	slot, _, to := slotOf(t, cluster, "list")
	require.NoError(t, cluster.OpenSlot(slot, to))
	harness.Value(client.RPush(ctx, "list", "a"))(t)
	require.Equal(t, glide.Some(glide.ListElement{Key: "list", Element: "a"}), harness.Value(client.BLPop(ctx, time.Second, "list"))(t))
}

func TestBlockingCommandsFindThePrimaryAfterAFailover(t *testing.T) {
	cluster := glidetest.StartCluster(t)
	client := harness.ConnectToCluster(t, cluster, func(config *glide.ClusterConfig) { config.RequestTimeout = harness.Patience })
	from, err := cluster.NodeForKey("list")
	require.NoError(t, err)
	ended := block(ctx, client, 1, "list")
	requireBlocked(t, from, 1, harness.Patience)
	to, err := cluster.Failover(from)
	require.NoError(t, err)
	// The server has taken nothing when it ends the wait, with an error or,
	// newer ones, with a redirection, which is followed.
	waiting, cancel := context.WithTimeout(ctx, harness.Patience)
	defer cancel()
	require.Eventually(t, func() bool {
		select {
		case err := <-ended:
			harness.RequireCode(t, "UNBLOCKED", err)
			ended = block(waiting, client, 1, "list")
		default:
		}
		return blockedOf(t, to) == 1
	}, harness.Patience, 5*time.Millisecond)
	harness.Value(client.RPush(ctx, "list", "a"))(t)
	require.NoError(t, <-ended)
}

func TestCancelledCallsTakeNothingInACluster(t *testing.T) {
	cluster := glidetest.StartCluster(t)
	client := harness.ConnectToCluster(t, cluster, func(config *glide.ClusterConfig) { config.RequestTimeout = harness.Patience })
	for _, key := range []string{"a", "b", "c"} {
		node, err := cluster.NodeForKey(key)
		require.NoError(t, err)
		waiting, cancel := context.WithCancel(ctx)
		ended := block(waiting, client, 20, key)
		requireBlocked(t, node, 20, harness.Patience)
		cancel()
		for range 20 {
			require.ErrorIs(t, <-ended, context.Canceled)
		}
		harness.Value(client.RPush(ctx, key, "x"))(t)
		require.EqualValues(t, 1, harness.Value(client.LLen(ctx, key))(t))
		requireBlocked(t, node, 0, 100*time.Millisecond)
	}
}

func TestBlockingCommandsGoToNodesThatAreNamed(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		cluster, err := testkit.SharedCluster()
		require.NoError(t, err)
		node, err := cluster.NodeForKey("stream")
		require.NoError(t, err)
		read := []glide.StreamPosition{{Key: "stream", ID: "0"}}
		harness.Value(client.XAdd(ctx, "stream", []glide.Field{{Name: "f", Value: "v"}}))(t)
		require.Len(t, harness.Value(client.Node(glide.NodeAt(harness.AddressOf(node))).XReadBlocking(ctx, time.Second, read))(t), 1)
		require.Len(t, harness.Value(client.Node(glide.PrimaryOfKey("stream")).XReadBlocking(ctx, time.Second, read))(t), 1)
		_, err = client.Node(glide.ReplicaOfKey("stream")).XReadBlocking(ctx, time.Second, read)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
	})
}
