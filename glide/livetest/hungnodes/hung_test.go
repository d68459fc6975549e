package hungnodes_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

var ctx = context.Background()

const (
	// requestTimeout is the default.
	requestTimeout = 250 * time.Millisecond
	// recovery is how long after the cluster's own failover the client may
	// take to serve a shard again.
	recovery = 2 * time.Second
)

// startCluster starts three primaries with a replica each that fail over soon.
// The other shards are served meanwhile.
func startCluster(t *testing.T) *glidetest.Cluster {
	t.Helper()
	return glidetest.StartCluster(t, glidetest.WithConfig("cluster-node-timeout", "1500"), glidetest.WithConfig("cluster-require-full-coverage", "no"))
}

// A shard is what callers of one primary's slots see.
type shard struct {
	slot int
	load *testkit.Load
}

// shards has the shard of each primary by the primary's place among the nodes.
type shards []*shard

// startLoads has callers read and write in each shard. Each shard's are counted
// apart.
func startLoads(t *testing.T, cluster *glidetest.Cluster, client *glide.ClusterClient) shards {
	t.Helper()
	const callers = 4
	var all shards
	for i, primary := range cluster.Nodes()[:3] {
		slot := harness.Slots*i/3 + 7
		owner, err := cluster.NodeForSlot(slot)
		require.NoError(t, err)
		require.Equal(t, primary, owner)
		s := &shard{slot: slot}
		s.load = testkit.StartLoad(callers, func(caller int) error {
			key := harness.KeysOfSlot(slot, caller)
			err := client.Set(ctx, key, "value")
			if err == nil {
				_, err = client.Get(ctx, key)
			}
			time.Sleep(2 * time.Millisecond)
			return err
		})
		t.Cleanup(s.load.End)
		all = append(all, s)
	}
	all.awaitAll(t, harness.Patience)
	time.Sleep(200 * time.Millisecond) // what is new is slow
	for _, s := range all {
		s.load.Forget()
	}
	return all
}

func (all shards) awaitAll(t *testing.T, timeout time.Duration) {
	t.Helper()
	for i, s := range all {
		took := s.load.AwaitSuccess(t, timeout)
		if took > 100*time.Millisecond {
			t.Logf("shard %d is served again after %v", i, took)
		}
	}
}

// requireUnnoticed requires that the callers of shards other than one had no
// errors, and no latency that a busy machine does not explain.
func (all shards) requireUnnoticed(t *testing.T, but int, stalls time.Duration) {
	t.Helper()
	for i, s := range all {
		if i == but {
			continue
		}
		t.Logf("shard %d meanwhile: %v", i, s.load)
		require.Empty(t, s.load.Errs(), "callers of shard %d are not to notice", i)
		require.Less(t, s.load.Longest(), requestTimeout/2+stalls, "callers of shard %d are not to notice", i)
	}
}

// forget forgets the failures and times of all shards.
func (all shards) forget() {
	for _, s := range all {
		s.load.Forget()
	}
}

// awaitOwner waits until a node says that a slot is another one's than the
// former owner's: the cluster has failed over.
func awaitOwner(t *testing.T, witness *glidetest.Server, slot int, former *glidetest.Server) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, row := range witness.MustCommand(t, "CLUSTER", "SLOTS").([]any) {
			r := row.([]any)
			if r[0].(int64) <= int64(slot) && int64(slot) <= r[1].(int64) {
				return r[2].([]any)[1].(int64) != int64(former.Port())
			}
		}
		return false
	}, harness.Patience, 5*time.Millisecond)
}

// requireFollowed requires that the client follows a failover that was planned.
func requireFollowed(t *testing.T, cluster *glidetest.Cluster, s *shard) {
	t.Helper()
	owner, err := cluster.NodeForSlot(s.slot)
	require.NoError(t, err)
	promoted, err := cluster.Failover(owner)
	require.NoError(t, err)
	took := s.load.AwaitSuccess(t, recovery)
	before := testkit.CallsOf(t, promoted, "set")
	require.Eventually(t, func() bool { return testkit.CallsOf(t, promoted, "set") > before }, harness.Patience, 10*time.Millisecond)
	t.Logf("a later failover elsewhere is followed after %v", took)
}

// requireHealthy requires that all shards are served without errors, after a
// moment in which connections may be made again.
func (all shards) requireHealthy(t *testing.T) {
	t.Helper()
	all.awaitAll(t, recovery)
	// A node that comes back learns of its new role first: connections and
	// redirections may settle.
	deadline := time.Now().Add(10 * time.Second)
	for {
		all.forget()
		time.Sleep(500 * time.Millisecond)
		failed := int64(0)
		for _, s := range all {
			failed += s.load.Failed()
		}
		if failed == 0 {
			break
		}
		for i, s := range all {
			t.Logf("shard %d: %v", i, s.load)
		}
		require.Less(t, time.Now(), deadline, "calls still fail")
	}
	for i, s := range all {
		s.load.End()
		require.NotZero(t, s.load.Succeeded(), "shard %d", i)
	}
}

func TestShardOfAHungPrimaryIsServedAgainAfterItsFailover(t *testing.T) {
	for name, seeds := range map[string]func(nodes []*glidetest.Server) []*glidetest.Server{
		"it is one of all seeds": func(nodes []*glidetest.Server) []*glidetest.Server { return nodes },
		"it is the only seed":    func(nodes []*glidetest.Server) []*glidetest.Server { return nodes[1:2] },
		"it is no seed":          func(nodes []*glidetest.Server) []*glidetest.Server { return nodes[:1] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := startCluster(t)
			nodes := cluster.Nodes()
			stalls := testkit.MeasureStalls(t)
			client := harness.ConnectCluster(t, glide.ClusterConfig{Addresses: harness.AddressesOf(seeds(nodes)...)})
			all := startLoads(t, cluster, client)

			require.NoError(t, nodes[1].Pause())
			begun := time.Now()
			awaitOwner(t, nodes[0], all[1].slot, nodes[1])
			failover := time.Since(begun)
			took := all[1].load.AwaitSuccess(t, recovery+stalls())
			t.Logf("the cluster had a new primary after %v, the client %v later", failover, took)
			for _, err := range all[1].load.Errs() {
				require.True(t, harness.IsTransient(err), "%v", err)
			}
			all.requireUnnoticed(t, 1, stalls())

			requireFollowed(t, cluster, all[2])

			require.NoError(t, nodes[1].Resume())
			require.NoError(t, cluster.AwaitOK(ctx))
			all.requireHealthy(t)
		})
	}
}

func TestHungReplicaIsNotNoticed(t *testing.T) {
	for name, seed := range map[string]int{"no seed": 0, "the only seed": 5} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := startCluster(t)
			nodes := cluster.Nodes()
			stalls := testkit.MeasureStalls(t)
			client := harness.ConnectCluster(t, glide.ClusterConfig{Addresses: harness.AddressesOf(nodes[seed])})
			all := startLoads(t, cluster, client)

			hung := nodes[5] // of the third primary
			require.NoError(t, hung.Pause())
			time.Sleep(2 * time.Second)
			all.requireUnnoticed(t, -1, stalls())

			// A primary dies while the replica of another one hangs.
			require.NoError(t, nodes[1].Kill())
			begun := time.Now()
			awaitOwner(t, nodes[0], all[1].slot, nodes[1])
			failover := time.Since(begun)
			took := all[1].load.AwaitSuccess(t, recovery+stalls())
			t.Logf("the cluster had a new primary after %v, the client %v later", failover, took)
			all.requireUnnoticed(t, 1, stalls())

			requireFollowed(t, cluster, all[0])

			require.NoError(t, hung.Resume())
			require.NoError(t, nodes[1].Restart())
			require.NoError(t, cluster.AwaitOK(ctx))
			all.requireHealthy(t)
		})
	}
}

func TestClientConnectsWhileANodeHangs(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithConfig("cluster-node-timeout", "120000"))
	nodes := cluster.Nodes()
	for name, test := range map[string]struct {
		hung  int
		seeds []int
	}{
		"the first of two seeds":              {0, []int{0, 1}},
		"a replica that is the first seed":    {3, []int{3, 1}},
		"the second of two seeds":             {1, []int{0, 1}},
		"a primary that is no seed":           {2, []int{0, 1}},
		"a replica that is no seed":           {4, []int{0, 1}},
		"a primary, the others all are seeds": {1, []int{0, 2, 3, 4, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, nodes[test.hung].Pause())
			defer func() { require.NoError(t, nodes[test.hung].Resume()) }()
			var config glide.ClusterConfig
			for _, seed := range test.seeds {
				config.Addresses = append(config.Addresses, harness.AddressOf(nodes[seed]))
			}
			stalls := testkit.MeasureStalls(t)
			begun := time.Now()
			client, err := glide.NewClusterClient(ctx, config)
			require.NoError(t, err, "after %v", time.Since(begun))
			defer client.Close()
			t.Logf("connected after %v", time.Since(begun))
			for i := range 3 {
				if i == test.hung {
					continue
				}
				key := harness.KeyOfSlot(harness.Slots*i/3 + 7)
				for range 10 {
					begun := time.Now()
					require.NoError(t, client.Set(ctx, key, "value"), "shard %d", i)
					require.Less(t, time.Since(begun), requestTimeout/2+stalls())
				}
			}
			if test.hung < 3 {
				_, err := client.Get(ctx, harness.KeyOfSlot(harness.Slots*test.hung/3+7))
				require.True(t, harness.IsTransient(err), "%v", err)
			}
		})
	}
}

// A command without a key goes to any node, and must not keep asking the one
// that hangs.
func TestCommandsForManyNodesNameTheHungOne(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0), glidetest.WithConfig("cluster-node-timeout", "120000"))
	client := harness.ConnectCluster(t, glide.ClusterConfig{Addresses: harness.AddressesOf(cluster.Nodes()...)})
	hung := cluster.Nodes()[2]
	require.NoError(t, hung.Pause())
	stalls := testkit.MeasureStalls(t)
	begun := time.Now()
	_, err := client.DBSize(ctx)
	require.True(t, harness.IsTransient(err), "%v", err)
	require.Less(t, time.Since(begun), requestTimeout+50*time.Millisecond+stalls())
	require.NoError(t, hung.Resume())
	require.Eventually(t, func() bool { _, err := client.DBSize(ctx); return err == nil }, recovery, 10*time.Millisecond)
}

func TestInflightLimitIsThatOfEachNode(t *testing.T) {
	t.Parallel()
	const limit = 10
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0), glidetest.WithConfig("cluster-node-timeout", "120000"))
	client := harness.ConnectCluster(t, glide.ClusterConfig{
		Addresses: harness.AddressesOf(cluster.Nodes()...), InflightLimit: limit, RequestTimeout: harness.Patience,
	})
	key := func(node int) string { return harness.KeyOfSlot(harness.Slots*node/3 + 7) }
	for node := range 3 {
		require.NoError(t, client.Set(ctx, key(node), "value"))
	}
	hung := cluster.Nodes()[2]
	require.NoError(t, hung.Pause())
	// More than the limit: as many wait as may, the others are refused.
	waiting := make(chan []error)
	refused := make(chan struct{}, limit)
	go func() {
		waiting <- testkit.Concurrently(2*limit, func(int) error {
			_, err := client.Get(ctx, key(2))
			if err != nil {
				refused <- struct{}{}
			}
			return err
		})
	}()
	for range limit {
		select {
		case <-refused:
		case <-time.After(10 * time.Second):
			require.Fail(t, "calls beyond the limit are not refused")
		}
	}
	for name, call := range map[string]func(key string) error{
		"GET": func(key string) error { _, err := client.Get(ctx, key); return err },
		"SET": func(key string) error { return client.Set(ctx, key, "value") },
		"EVAL": func(key string) error {
			_, err := client.Eval(ctx, "return redis.call('GET', KEYS[1])", []string{key})
			return err
		},
		"pipeline": func(key string) error {
			_, err := client.Exec(ctx, glide.NewPipeline().Get(key), glide.FailOnError)
			return err
		},
		"transaction": func(key string) error {
			_, err := client.Exec(ctx, glide.NewTransaction().Get(key), glide.FailOnError)
			return err
		},
	} {
		for node := range 2 {
			for _, err := range testkit.Concurrently(limit, func(int) error { return call(key(node)) }) {
				require.NoError(t, err, "%s at node %d", name, node)
			}
		}
		err := call(key(2))
		require.ErrorIs(t, err, glide.ErrInflightLimit, name)
		require.True(t, glide.SafeToRetry(err))
	}
	require.NoError(t, hung.Resume())
	succeeded := 0
	for _, err := range <-waiting {
		if err == nil {
			succeeded++
			continue
		}
		require.ErrorIs(t, err, glide.ErrInflightLimit)
	}
	require.Equal(t, limit, succeeded)
	for node := range 3 {
		_, err := client.Get(ctx, key(node))
		require.NoError(t, err, fmt.Sprint(node))
	}
}
