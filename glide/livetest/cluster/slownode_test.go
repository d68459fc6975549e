package cluster_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestASlowNodeDelaysNobodyElse(t *testing.T) {
	cluster := harness.StartFragileCluster(t)
	const callers, timeout = 120, 250 * time.Millisecond
	keys := harness.KeysOf(t, cluster, callers)
	slow := cluster.Nodes()[1]
	for name, call := range harness.WaysToCall {
		t.Run(name, func(t *testing.T) {
			client := harness.ConnectToCluster(t, cluster, harness.LoadedCluster(timeout))
			for _, of := range keys {
				for _, key := range of {
					require.NoError(t, client.Set(ctx, key, "value of "+key))
				}
			}
			// Of three callers one is the slow node's: they share submissions.
			nodes := cluster.Nodes()
			stalls := testkit.MeasureStalls(t)
			measure := func(calls int) (fast, ofSlow harness.Distribution, errs []error) {
				took, slowErrs := make([]harness.Distribution, callers), make([][]error, callers)
				for _, err := range testkit.Concurrently(callers, func(i int) error {
					node := nodes[i%len(nodes)]
					until := time.Now().Add(time.Duration(calls) * time.Millisecond)
					for time.Now().Before(until) {
						begun := time.Now()
						err := call(client, keys[node][i])
						took[i] = append(took[i], time.Since(begun))
						if node == slow {
							slowErrs[i] = append(slowErrs[i], err)
						} else if err != nil {
							return err
						}
						time.Sleep(time.Millisecond)
					}
					return nil
				}) {
					require.NoError(t, err)
				}
				for i := range callers {
					if nodes[i%len(nodes)] == slow {
						ofSlow = append(ofSlow, took[i]...)
						errs = append(errs, slowErrs[i]...)
					} else {
						fast = append(fast, took[i]...)
					}
				}
				return fast, ofSlow, errs
			}
			measure(100) // what is new is slow
			before, _, errs := measure(700)
			require.NoError(t, errors.Join(errs...))
			require.NoError(t, slow.Pause())
			during, ofSlow, errs := measure(700)
			require.NoError(t, slow.Resume())
			t.Logf("before: %v", before)
			t.Logf("the others' while one node is stopped: %v", during)
			t.Logf("the stopped node's: %v", ofSlow)
			for _, err := range errs {
				require.ErrorIs(t, err, glide.ErrTimeout)
			}
			require.GreaterOrEqual(t, ofSlow.Quantile(0), timeout)
			require.Less(t, ofSlow.Quantile(1), timeout+harness.Tolerance+stalls())
			// Who waited for the slow node would wait for its timeout. What
			// is allowed is what the machine's other work makes of such times.
			require.Less(t, during.Quantile(.5), 2*before.Quantile(.5)+5*time.Millisecond+stalls())
			require.Less(t, during.Quantile(.99), 2*before.Quantile(.99)+20*time.Millisecond+stalls())
			require.Less(t, during.Quantile(1), timeout/2+stalls())

			begun := time.Now()
			require.Eventually(t, func() bool { return call(client, keys[slow][1]) == nil }, harness.Patience, time.Millisecond)
			t.Logf("served again after %v", time.Since(begun))
		})
	}
}

func TestNobodyWaitsWithACallThatHangs(t *testing.T) {
	cluster := harness.StartFragileCluster(t)
	client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient)
	keys := harness.KeysOf(t, cluster, 1)
	fast, slow := cluster.Nodes()[0], cluster.Nodes()[1]
	key := keys[fast][0]
	require.NoError(t, client.Set(ctx, key, "value of "+key))
	require.NoError(t, slow.Pause())
	hanging := make(chan error)
	go func() { _, err := client.Get(ctx, keys[slow][0]); hanging <- err }()
	time.Sleep(20 * time.Millisecond)
	stalls := testkit.MeasureStalls(t)
	for name, call := range harness.WaysToCall {
		// Nothing else wakes the client meanwhile: one call at a time.
		for range 10 {
			begun := time.Now()
			require.NoError(t, call(client, key), name)
			require.Less(t, time.Since(begun), harness.Tolerance+stalls(), name)
		}
	}
	begun := time.Now()
	require.NoError(t, client.MSet(ctx, map[string]string{key: "1", keys[cluster.Nodes()[2]][0]: "2"}))
	require.Less(t, time.Since(begun), harness.Tolerance+stalls())
	require.NoError(t, slow.Resume())
	require.NoError(t, <-hanging)
}

// requireDone requires that the servers that are up have run what went to
// them.
func requireDone(t *testing.T, keys map[*glidetest.Server][]string, but *glidetest.Server, exist int64) {
	t.Helper()
	for node, of := range keys {
		if node == but {
			continue
		}
		for _, key := range of {
			require.Equal(t, exist, node.MustCommand(t, "EXISTS", key), "%s at %v", key, node)
		}
	}
}

func TestOneNodesFailureIsTheErrorAndTheOthersAreDone(t *testing.T) {
	cluster := harness.StartFragileCluster(t)
	timeout, stalls := 300*time.Millisecond, testkit.MeasureStalls(t)
	client := harness.ConnectToCluster(t, cluster, harness.LoadedCluster(timeout))
	keys := harness.KeysOf(t, cluster, 20)
	var all []string
	values := map[string]string{}
	for _, of := range keys {
		for _, key := range of {
			all, values[key] = append(all, key), "value of "+key
		}
	}
	failing := cluster.Nodes()[1]
	calls := []struct {
		name  string
		call  func() error
		exist int64
	}{
		{"MSET", func() error { return client.MSet(ctx, values) }, 1},
		{"MGET", func() error { _, err := client.MGet(ctx, all...); return err }, 1},
		{"EXISTS", func() error { _, err := client.Exists(ctx, all...); return err }, 1},
		{"TOUCH", func() error { _, err := client.Touch(ctx, all...); return err }, 1},
		{"DEL", func() error { _, err := client.Del(ctx, all...); return err }, 0},
		{"MSET", func() error { return client.MSet(ctx, values) }, 1},
		{"UNLINK", func() error { _, err := client.Unlink(ctx, all...); return err }, 0},
	}
	require.NoError(t, client.MSet(ctx, values))
	require.NoError(t, client.FlushAll(ctx))

	require.NoError(t, failing.Pause())
	_, err := client.Exec(ctx, glide.NewPipeline().MSet(values).MGet(all...))
	require.ErrorIs(t, err, glide.ErrTimeout)
	requireDone(t, keys, failing, 1)
	for _, c := range calls {
		begun := time.Now()
		err := c.call()
		require.ErrorIs(t, err, glide.ErrTimeout, c.name)
		require.Less(t, time.Since(begun), timeout+harness.Tolerance+stalls())
		requireDone(t, keys, failing, c.exist)
	}

	require.NoError(t, failing.Kill())
	for _, c := range calls {
		begun := time.Now()
		err := c.call()
		t.Logf("%s with a dead node, after %v: %v", c.name, time.Since(begun), err)
		require.True(t, harness.IsLost(err), "%s: %v", c.name, err)
		require.Less(t, time.Since(begun), timeout+harness.Tolerance+stalls())
		// While the core asks for the topology nothing is sent to any server:
		// what times out may not have been done at the others.
		if !errors.Is(err, glide.ErrTimeout) {
			requireDone(t, keys, failing, c.exist)
		}
	}
	// In a pipeline it fails in its place.
	dead, alive := keys[failing][0], keys[cluster.Nodes()[0]][0]
	results, err := client.Exec(ctx, glide.NewPipeline().Set(alive, "1").Set(dead, "1").Get(alive).MGet(all...).Get(dead))
	if err == nil {
		require.NoError(t, results.Err(0))
		require.Equal(t, glide.Some("1"), harness.Value(glide.Result[glide.Optional[string]](results, 2))(t))
		for _, i := range []int{1, 3, 4} {
			t.Log(results.Err(i))
			require.True(t, harness.IsLost(results.Err(i)), "at %d: %v", i, results.Err(i))
		}
	} else {
		t.Log(err)
		require.True(t, harness.IsLost(err), "%v", err)
	}
}
