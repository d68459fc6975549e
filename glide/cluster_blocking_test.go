package glide_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

func TestBlockingCommandsFollowASlotThatMoves(t *testing.T) {
	cluster := glidetest.StartCluster(t)
	client := connectCluster(t, cluster, func(config *glide.ClusterConfig) { config.RequestTimeout = patience })
	slot, err := cluster.SlotForKey("list")
	require.NoError(t, err)
	from, err := cluster.NodeForKey("list")
	require.NoError(t, err)
	primaries, err := cluster.Primaries()
	require.NoError(t, err)
	to := primaries[0]
	if to == from {
		to = primaries[1]
	}
	ended := block(ctx, client, 1, "list")
	requireBlocked(t, from, 1, patience)
	// The call that waits is sent to where the slot goes.
	require.NoError(t, cluster.MigrateSlot(slot, to))
	requireBlocked(t, to, 1, patience)
	requireBlocked(t, from, 0, patience)
	value(client.RPush(ctx, "list", "a"))(t)
	require.NoError(t, <-ended)
	// So is one that begins, even while the client may still think otherwise.
	value(client.RPush(ctx, "list", "b"))(t)
	require.Equal(t, glide.Some(glide.ListElement{Key: "list", Element: "b"}), value(client.BLPop(ctx, time.Second, "list"))(t))
}

func TestBlockingCommandsAskWhereASlotIsOnItsWay(t *testing.T) {
	cluster := glidetest.StartCluster(t)
	client := connectCluster(t, cluster, func(config *glide.ClusterConfig) { config.RequestTimeout = patience })
	slot, err := cluster.SlotForKey("list")
	require.NoError(t, err)
	from, err := cluster.NodeForKey("list")
	require.NoError(t, err)
	primaries, err := cluster.Primaries()
	require.NoError(t, err)
	to := primaries[0]
	if to == from {
		to = primaries[1]
	}
	require.NoError(t, cluster.OpenSlot(slot, to))
	value(client.RPush(ctx, "list", "a"))(t)
	require.Equal(t, glide.Some(glide.ListElement{Key: "list", Element: "a"}), value(client.BLPop(ctx, time.Second, "list"))(t))
}

func TestBlockingCommandsFindThePrimaryAfterAFailover(t *testing.T) {
	cluster := glidetest.StartCluster(t)
	client := connectCluster(t, cluster, func(config *glide.ClusterConfig) { config.RequestTimeout = patience })
	from, err := cluster.NodeForKey("list")
	require.NoError(t, err)
	ended := block(ctx, client, 1, "list")
	requireBlocked(t, from, 1, patience)
	to, err := cluster.Failover(from)
	require.NoError(t, err)
	// The server has taken nothing when it ends the wait, with an error or,
	// newer ones, with a redirection, which is followed.
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	require.Eventually(t, func() bool {
		select {
		case err := <-ended:
			requireCode(t, "UNBLOCKED", err)
			ended = block(waiting, client, 1, "list")
		default:
		}
		return blockedOf(t, to) == 1
	}, patience, 5*time.Millisecond)
	value(client.RPush(ctx, "list", "a"))(t)
	require.NoError(t, <-ended)
}

func TestCancelledCallsTakeNothingInACluster(t *testing.T) {
	cluster := glidetest.StartCluster(t)
	client := connectCluster(t, cluster, func(config *glide.ClusterConfig) { config.RequestTimeout = patience })
	for _, key := range []string{"a", "b", "c"} {
		node, err := cluster.NodeForKey(key)
		require.NoError(t, err)
		waiting, cancel := context.WithCancel(ctx)
		ended := block(waiting, client, 20, key)
		requireBlocked(t, node, 20, patience)
		cancel()
		for range 20 {
			require.ErrorIs(t, <-ended, context.Canceled)
		}
		value(client.RPush(ctx, key, "x"))(t)
		require.EqualValues(t, 1, value(client.LLen(ctx, key))(t))
		requireBlocked(t, node, 0, 100*time.Millisecond)
	}
}

func TestBlockingCommandsGoToNodesThatAreNamed(t *testing.T) {
	onSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		cluster, err := sharedCluster()
		require.NoError(t, err)
		node, err := cluster.NodeForKey("stream")
		require.NoError(t, err)
		read := []glide.StreamPosition{{Key: "stream", ID: "0"}}
		value(client.XAdd(ctx, "stream", []glide.Field{{Name: "f", Value: "v"}}))(t)
		require.Len(t, value(client.Node(glide.NodeAt(addressOf(node))).XReadBlocking(ctx, time.Second, read))(t), 1)
		require.Len(t, value(client.Node(glide.PrimaryOfKey("stream")).XReadBlocking(ctx, time.Second, read))(t), 1)
		_, err = client.Node(glide.ReplicaOfKey("stream")).XReadBlocking(ctx, time.Second, read)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
	})
}
