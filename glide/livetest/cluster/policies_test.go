package cluster_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestWhatManyNodesAnswerIsMadeOneResult(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		cluster := harness.Value(testkit.SharedCluster())(t)
		primaries := harness.Value(cluster.Primaries())(t)
		keys := harness.KeysOf(t, cluster, 10)
		sizes := func() int {
			return harness.SumOver(primaries, func(p *glidetest.Server) int { return int(p.MustCommand(t, "DBSIZE").(int64)) })
		}
		run := func(name string, test func(t *testing.T)) {
			t.Run(name, func(t *testing.T) {
				require.NoError(t, client.FlushAll(ctx))
				require.Zero(t, sizes())
				test(t)
			})
		}
		run("DBSIZE is the sum", func(t *testing.T) {
			require.Zero(t, harness.Value(client.DBSize(ctx))(t))
			delete(keys, primaries[0]) // not all have the same
			defer func() { keys = harness.KeysOf(t, cluster, 10) }()
			harness.SetEverywhere(t, keys)
			require.Equal(t, 20, sizes())
			require.Equal(t, int64(20), harness.Value(client.DBSize(ctx))(t))
		})
		run("KEYS is all of them", func(t *testing.T) {
			all := harness.SetEverywhere(t, keys)
			require.ElementsMatch(t, all, harness.Value(client.Keys(ctx, "*"))(t))
			require.Empty(t, harness.Value(client.Keys(ctx, "none*"))(t))
		})
		run("FLUSHALL empties all primaries", func(t *testing.T) {
			for _, mode := range []glide.FlushOption{glide.FlushSync, glide.FlushAsync} {
				harness.SetEverywhere(t, keys)
				require.NoError(t, client.FlushAll(ctx, mode))
				require.Zero(t, sizes())
			}
		})
		run("PING asks all primaries", func(t *testing.T) {
			pings := func() (calls []int) {
				for _, p := range primaries {
					calls = append(calls, testkit.CallsOf(t, p, "ping"))
				}
				return calls
			}
			before := pings()
			require.NoError(t, client.Ping(ctx))
			require.Equal(t, "hello", harness.Value(client.PingMessage(ctx, "hello"))(t))
			for i, after := range pings() {
				require.GreaterOrEqual(t, after, before[i]+2, "at %v", primaries[i])
			}
		})
		run("RANDOMKEY is one of any node", func(t *testing.T) {
			require.True(t, harness.Value(client.RandomKey(ctx))(t).IsNil())
			// However many nodes are empty, the key is found.
			for _, node := range primaries {
				require.NoError(t, client.FlushAll(ctx))
				key := keys[node][0]
				node.MustCommand(t, "SET", key, "v")
				for range 10 {
					require.Equal(t, glide.Some(key), harness.Value(client.RandomKey(ctx))(t))
				}
			}
		})
		run("SCRIPT EXISTS is whether all have it", func(t *testing.T) {
			require.NoError(t, client.ScriptFlush(ctx))
			everywhere := harness.Value(client.ScriptLoad(ctx, "return 'everywhere'"))(t)
			somewhere, _ := primaries[0].MustCommand(t, "SCRIPT", "LOAD", "return 'somewhere'").(string)
			nowhere := strings.Repeat("0", 40)
			for _, p := range primaries {
				require.Equal(t, []any{int64(1)}, p.MustCommand(t, "SCRIPT", "EXISTS", everywhere))
			}
			require.Equal(t, []bool{false, true, false}, harness.Value(client.ScriptExists(ctx, nowhere, everywhere, somewhere))(t))
		})
		run("CONFIG SET is done everywhere", func(t *testing.T) {
			for _, size := range []string{"777", "128"} {
				require.NoError(t, client.ConfigSet(ctx, map[string]string{"slowlog-max-len": size}))
				for _, node := range cluster.Nodes() {
					require.Equal(t, []any{"slowlog-max-len", size}, node.MustCommand(t, "CONFIG", "GET", "slowlog-max-len"))
				}
			}
			harness.RequireCode(t, "ERR", client.ConfigSet(ctx, map[string]string{"no-such-setting": "1"}))
		})
		run("FUNCTION LOAD is done at all primaries", func(t *testing.T) {
			harness.Needs(t, "functions", "7.2", "7.0")
			code := "#!lua name=policies\nredis.register_function('f', function() return 7 end)"
			require.NoError(t, client.FunctionFlush(ctx))
			require.Equal(t, "policies", harness.Value(client.FunctionLoad(ctx, code))(t))
			for _, p := range primaries {
				require.Contains(t, fmt.Sprint(p.MustCommand(t, "FUNCTION", "LIST")), "policies")
			}
			// One that has it already refuses, which fails the whole.
			_, err := client.FunctionLoad(ctx, code)
			harness.RequireCode(t, "ERR", err)
			primaries[0].MustCommand(t, "FUNCTION", "DELETE", "policies")
			_, err = client.FunctionLoad(ctx, code)
			harness.RequireCode(t, "ERR", err)
			require.Equal(t, "policies", harness.Value(client.FunctionLoad(ctx, code, glide.Replace))(t))
			require.NoError(t, client.FunctionDelete(ctx, "policies"))
			for _, p := range primaries {
				require.Empty(t, p.MustCommand(t, "FUNCTION", "LIST"))
			}
		})
	})
}

func TestANodeThatFailsFailsWhatAllAreAsked(t *testing.T) {
	cluster := harness.StartFragileCluster(t)
	timeout := 300 * time.Millisecond
	client := harness.ConnectToCluster(t, cluster, harness.LoadedCluster(timeout))
	keys := harness.KeysOf(t, cluster, 5)
	harness.SetEverywhere(t, keys)
	dead := cluster.Nodes()[1]
	others := []*glidetest.Server{cluster.Nodes()[0], cluster.Nodes()[2]}
	require.NoError(t, dead.Pause())
	_, err := client.DBSize(ctx)
	require.ErrorIs(t, err, glide.ErrTimeout)
	require.ErrorIs(t, client.Ping(ctx), glide.ErrTimeout)
	require.ErrorIs(t, client.FlushAll(ctx), glide.ErrTimeout)
	for _, node := range others {
		require.Zero(t, node.MustCommand(t, "DBSIZE"), "the others have not run it")
	}
	require.NoError(t, dead.Kill())
	harness.SetEverywhere(t, map[*glidetest.Server][]string{others[0]: keys[others[0]], others[1]: keys[others[1]]})
	stalls := testkit.MeasureStalls(t)
	for range 3 {
		// While the core has no connection to a primary it leaves it out where
		// all are asked. Whether it has one is a matter of the moment.
		begun := time.Now()
		size, err := client.DBSize(ctx)
		t.Logf("DBSIZE after %v: %d, %v", time.Since(begun), size, err)
		require.True(t, err == nil || harness.IsLost(err), "%v", err)
		require.Less(t, time.Since(begun), timeout+harness.Tolerance+stalls())
		begun = time.Now()
		err = client.FlushAll(ctx)
		t.Logf("FLUSHALL after %v: %v", time.Since(begun), err)
		require.True(t, err == nil || harness.IsLost(err), "%v", err)
		require.Less(t, time.Since(begun), timeout+harness.Tolerance+stalls())
	}
}
