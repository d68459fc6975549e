package spec_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestCommandsWithKeysAreNotForSeveralNodes(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0), glidetest.WithUser("shy", "on", ">secret", "~*", "&*", "+@all", "-command"))
	client := harness.ConnectCluster(t, patient(cluster.Nodes()[0]))
	shy := patient(cluster.Nodes()[0])
	shy.Credentials = glide.Credentials{Username: "shy", Password: "secret"}
	for name, client := range map[string]*glide.ClusterClient{"any user": client, "a user who may not ask about commands": harness.ConnectCluster(t, shy)} {
		t.Run(name, func(t *testing.T) {
			for _, route := range []glide.NodesRoute{glide.AllNodes, glide.AllPrimaries} {
				nodes := client.Nodes(route)
				for _, args := range [][]string{
					{"INCR", "counter"}, {"incr", "counter"}, {"MGET", "a", "b"}, {"EVAL", "return redis.call('INCR', KEYS[1])", "1", "counter"},
					{"XREAD", "STREAMS", "counter", "0"}, {"OBJECT", "ENCODING", "counter"}, {"MIGRATE", "127.0.0.1", "1", "counter", "0", "10"},
					{"BITOP", "AND", "counter", "a"}, {"SORT", "counter"},
				} {
					_, err := nodes.Do(ctx, args...)
					require.EqualError(t, err, "glide: "+args[0]+": invalid argument: it has keys, so it is not for several nodes at once")
					require.ErrorIs(t, err, glide.ErrInvalidArgument)
					require.True(t, glide.SafeToRetry(err))
				}
				_, err := nodes.Do(ctx, "BLPOP", "list", "0")
				require.ErrorIs(t, err, glide.ErrInvalidArgument)
				words := [][]byte{[]byte("INCR"), []byte("counter")}
				_, err = nodes.DoBytes(ctx, words...)
				require.ErrorIs(t, err, glide.ErrInvalidArgument)
			}
			value, err := client.Get(ctx, "counter")
			require.NoError(t, err)
			require.True(t, value.IsNil())
		})
	}
	for _, node := range cluster.Nodes() {
		require.Zero(t, testkit.CallsOf(t, node, "incr"))
	}
}

func TestCommandsWithoutKeysAreForSeveralNodes(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0), glidetest.WithConfig("enable-debug-command", "yes"))
	nodes := harness.ConnectCluster(t, patient(cluster.Nodes()[0])).Nodes(glide.AllPrimaries)
	for _, args := range [][]string{
		{"DBSIZE"}, {"EVAL", "return 1", "0"}, {"CLIENT", "NO-EVICT", "off"}, {"CLUSTER", "KEYSLOT", "key"}, {"COMMAND", "INFO", "get"},
		{"DEBUG", "SLEEP", "0"}, {"ECHO", "text"}, {"FAILOVER", "ABORT"}, {"LATENCY", "HISTOGRAM", "get"}, {"MEMORY", "DOCTOR"}, {"ROLE"}, {"SCAN", "0"},
		{"SLOWLOG", "LEN"}, {"OBJECT", "HELP"}, {"REPLICAOF", "NO", "ONE"},
	} {
		reply, err := nodes.Do(ctx, args...)
		if err != nil {
			var refused *glide.ServerError
			require.ErrorAs(t, err, &refused, "%v", args)
			require.Contains(t, []string{"FAILOVER", "REPLICAOF"}, args[0])
			continue
		}
		require.Len(t, reply, 3, "%v", args)
	}
	_, err := nodes.Do(ctx, "NOSUCHCOMMAND", "word")
	var refused *glide.ServerError
	require.ErrorAs(t, err, &refused, "the servers say that they do not know it")
}

func TestLatencyCommandsGoToAllNodes(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithConfig("latency-monitor-threshold", "1"), glidetest.WithConfig("enable-debug-command", "yes"))
	client := harness.ConnectCluster(t, patient(cluster.Nodes()[0]))
	all := client.Nodes(glide.AllNodes)
	var names []string
	for _, node := range cluster.Nodes() {
		names = append(names, node.Addr())
		require.Equal(t, "OK", node.MustCommand(t, "DEBUG", "SLEEP", "0.02"))
	}
	require.Len(t, names, 6)
	requireAll := func(t *testing.T, reply any, err error) {
		t.Helper()
		require.NoError(t, err)
		require.IsType(t, map[string]any{}, reply)
		var from []string
		for name, one := range reply.(map[string]any) {
			from = append(from, name)
			require.NotEmpty(t, one)
		}
		require.ElementsMatch(t, names, from)
	}
	for _, args := range [][]string{{"DOCTOR"}, {"GRAPH", "command"}, {"HISTOGRAM"}, {"HISTORY", "command"}, {"LATEST"}} {
		t.Run(args[0], func(t *testing.T) {
			words := append([]string{"LATENCY"}, args...)
			reply, err := client.Do(ctx, words...)
			requireAll(t, reply, err)
			pipeline := glide.NewPipeline().Do(words...)
			results, err := client.Exec(ctx, pipeline)
			require.NoError(t, err)
			reply, err = glide.Result[any](results, 0)
			requireAll(t, reply, err)
		})
	}
	t.Run("methods", func(t *testing.T) {
		doctor, err := all.LatencyDoctor(ctx)
		require.NoError(t, err)
		require.Len(t, doctor, 6)
		history, err := all.LatencyHistory(ctx, "command")
		require.NoError(t, err)
		latest, err := all.LatencyLatest(ctx)
		require.NoError(t, err)
		histograms, err := all.LatencyHistogram(ctx)
		require.NoError(t, err)
		for _, name := range names {
			require.NotEmpty(t, history[name])
			require.NotEmpty(t, latest[name])
			require.NotEmpty(t, histograms[name])
		}
	})
	t.Run("RESET", func(t *testing.T) {
		reset, err := client.LatencyReset(ctx, "command")
		require.NoError(t, err)
		require.EqualValues(t, 6, reset, "the sum of all nodes")
		history, err := all.LatencyHistory(ctx, "command")
		require.NoError(t, err)
		for _, name := range names {
			require.Empty(t, history[name])
		}
	})
}
