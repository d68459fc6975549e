package topology_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// startPrimaries starts a cluster of so many primaries.
func startPrimaries(t *testing.T, count int) []*glidetest.Server {
	t.Helper()
	nodes := make([]*glidetest.Server, count)
	for i := range nodes {
		nodes[i] = glidetest.Start(t, glidetest.WithConfig("cluster-enabled", "yes"), glidetest.WithConfig("cluster-node-timeout", "15000"))
	}
	errs := testkit.Concurrently(count, func(i int) error {
		_, err1 := nodes[i].Command("CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
		_, err2 := nodes[i].Command("CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(harness.Slots*i/count), strconv.Itoa(harness.Slots*(i+1)/count-1))
		return errors.Join(err1, err2)
	})
	require.NoError(t, errors.Join(errs...))
	errs = testkit.Concurrently(count, func(i int) error {
		for j := range i {
			if _, err := nodes[i].Command("CLUSTER", "MEET", nodes[j].Host(), strconv.Itoa(nodes[j].Port())); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, errors.Join(errs...))
	require.Eventually(t, func() bool {
		for _, node := range nodes {
			info := fmt.Sprint(node.MustCommand(t, "CLUSTER", "INFO"))
			if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d\r", count)) {
				return false
			}
		}
		return true
	}, harness.Patience, 100*time.Millisecond)
	return nodes
}

func TestThirtyNodesServeThreeHundredCallers(t *testing.T) {
	const callers = 300
	nodes := startPrimaries(t, 30)
	client := harness.ConnectCluster(t, glide.ClusterConfig{
		Addresses: harness.AddressesOf(nodes[0]), RequestTimeout: 5 * time.Second, ClientName: "crowded",
	})
	load := testkit.StartLoad(callers, func(caller int) error {
		key := harness.KeysOfSlot(harness.Slots*caller/callers+1, caller)
		if _, err := client.Incr(ctx, key); err != nil {
			return err
		}
		_, err := client.Get(ctx, key)
		return err
	})
	t.Cleanup(load.End)
	time.Sleep(2 * time.Second)
	load.End()
	t.Log(load)
	require.Empty(t, load.Errs())
	require.Greater(t, load.Succeeded(), int64(10*callers))

	counts := connections(t, nodes, "crowded")
	t.Logf("connections: %v", counts)
	increments := 0
	for i, node := range nodes {
		require.NotZero(t, counts[i], "no connection to node %d", i)
		require.LessOrEqual(t, counts[i], 3, "connections to node %d", i)
		require.NotZero(t, testkit.CallsOf(t, node, "incr"))
		increments += testkit.CallsOf(t, node, "incr")
	}
	require.Equal(t, load.Succeeded(), int64(increments), "INCR ran other than once per call")

	// Commands over all nodes.
	pairs := map[string]string{}
	for slot := 3; slot < harness.Slots; slot += 100 {
		pairs[harness.KeyOfSlot(slot)] = "value"
	}
	require.NoError(t, client.MSet(ctx, pairs))
	size, err := client.DBSize(ctx)
	require.NoError(t, err)
	require.EqualValues(t, callers+len(pairs), size)

	// One node restarts; its callers are served again.
	require.NoError(t, nodes[7].Restart())
	require.Eventually(t, func() bool {
		_, err := client.Get(ctx, harness.KeyOfSlot(harness.Slots*7/30+5))
		return err == nil
	}, harness.Patience, 20*time.Millisecond)
	client.Close()
	require.Eventually(t, func() bool { return sum(connections(t, nodes, "crowded")) == 0 }, 5*time.Second, 50*time.Millisecond)
}
