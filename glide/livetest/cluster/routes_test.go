package cluster_test

import (
	"context"
	"maps"
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

// addressesOf are those of servers, sorted.
func addressesOf(servers []*glidetest.Server) (addresses []string) {
	for _, server := range servers {
		addresses = append(addresses, harness.AddressOf(server).String())
	}
	slices.Sort(addresses)
	return addresses
}

// portOf asks a node for its port.
func portOf(t *testing.T, node glide.Node) string {
	t.Helper()
	reply := harness.Value(node.Do(ctx, "CONFIG", "GET", "port"))(t)
	if flat, ok := reply.([]any); ok {
		return flat[1].(string)
	}
	return reply.(map[string]any)["port"].(string)
}

func TestCommandsOnSeveralNodesGiveEachNodesResult(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		cluster := harness.Value(testkit.SharedCluster())(t)
		primaries := addressesOf(harness.Value(cluster.Primaries())(t))
		all := addressesOf(cluster.Nodes())
		for i := range 100 {
			require.NoError(t, client.Set(ctx, strings.Repeat("k", i), "v"))
		}
		keys := 0
		byNode := harness.Value(client.Nodes(glide.AllPrimaries).Keys(ctx, "*"))(t)
		require.Equal(t, primaries, slices.Sorted(maps.Keys(byNode)))
		for _, node := range byNode {
			require.NotEmpty(t, node)
			keys += len(node)
		}
		require.Equal(t, 100, keys)

		require.NoError(t, client.Nodes(glide.AllNodes).Ping(ctx))
		pongs := harness.Value(client.Nodes(glide.AllNodes).PingMessage(ctx, "x"))(t)
		require.Equal(t, all, slices.Sorted(maps.Keys(pongs)))
		for _, pong := range pongs {
			require.Equal(t, "x", pong)
		}
		replies := harness.Value(client.Nodes(glide.AllNodes).Do(ctx, "TIME"))(t)
		require.Len(t, replies, len(all))

		_, err := client.Nodes(glide.AllNodes).Do(ctx, "NOSUCH")
		harness.RequireCode(t, "ERR", err)
	})
}

func TestRoutesLeadToTheirNodes(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		cluster := harness.Value(testkit.SharedCluster())(t)
		for _, key := range []string{"foo", "bar", "{user}1", ""} {
			slot := harness.Value(cluster.SlotForKey(key))(t)
			primary := harness.Value(cluster.NodeForSlot(slot))(t)
			replicas := addressesOf(harness.Value(cluster.Replicas(primary))(t))
			_, primaryPort, _ := strings.Cut(harness.AddressOf(primary).String(), ":")
			for _, route := range []glide.NodeRoute{glide.PrimaryOfSlot(slot), glide.PrimaryOfKey(key), glide.NodeAt(harness.AddressOf(primary))} {
				require.Equal(t, primaryPort, portOf(t, client.Node(route)))
			}
			for _, route := range []glide.NodeRoute{glide.ReplicaOfSlot(slot), glide.ReplicaOfKey(key)} {
				require.Contains(t, replicas, "127.0.0.1:"+portOf(t, client.Node(route)))
			}
		}
		seen := map[string]bool{}
		for range 100 {
			seen[portOf(t, client.Node(glide.RandomNode))] = true
		}
		require.Greater(t, len(seen), 3, "of six nodes")
	})
}

func TestANodeHasItsOwnScanAndBatches(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		require.NoError(t, client.Set(ctx, "foo", "v"))
		require.NoError(t, client.Set(ctx, "bar", "v"))
		node := client.Node(glide.PrimaryOfKey("foo"))
		page := harness.Value(node.Scan(ctx, glide.ScanStart, glide.Count(1000)))(t)
		require.Equal(t, []string{"foo"}, page.Items)

		results := harness.Value(node.Exec(ctx, glide.NewPipeline().Get("foo").PingMessage("x")))(t)
		require.Equal(t, glide.Some("v"), harness.Value(glide.Result[glide.Optional[string]](results, 0))(t))
		results = harness.Value(node.Exec(ctx, glide.NewTransaction().PingMessage("x").Get("foo")))(t)
		require.Equal(t, glide.Some("v"), harness.Value(glide.Result[glide.Optional[string]](results, 1))(t))

		// A key of another node's slot: the client follows the redirection.
		require.Equal(t, glide.Some("v"), harness.Value(node.Get(ctx, "bar"))(t))
	})
}

func TestARouteThatCannotBeIsAClearError(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		for _, slot := range []int{-1, 16384, 20000} {
			err := client.Node(glide.PrimaryOfSlot(slot)).Ping(ctx)
			require.ErrorIs(t, err, glide.ErrInvalidArgument)
			require.ErrorContains(t, err, "is not between 0 and 16383")
		}
		require.ErrorIs(t, client.Node(glide.NodeRoute{}).Ping(ctx), glide.ErrInvalidArgument)
		require.ErrorIs(t, client.Nodes(glide.NodesRoute{}).Ping(ctx), glide.ErrInvalidArgument)
		require.ErrorIs(t, client.Node(glide.NodeAt(glide.Address{Port: 70000})).Ping(ctx), glide.ErrInvalidArgument)

		nowhere := client.Node(glide.NodeAt(glide.Address{Host: "127.0.0.1", Port: 1}))
		require.ErrorIs(t, nowhere.Ping(ctx), glide.ErrUnreachable)
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		_, err := nowhere.Exec(short, glide.NewPipeline().Get("k"))
		require.ErrorIs(t, err, glide.ErrUnreachable)
		require.ErrorContains(t, err, "127.0.0.1:1")
	})
}
