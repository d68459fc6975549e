package batches_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// Commands without a key, and those for several nodes, are run in their places:
// each sees what was written before it and nothing of what is written after it.
func TestCommandsWithoutKeysAreRunInTheirPlaces(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client := harness.ConnectCluster(t, patient(cluster.Nodes()...))
	_, err := client.Do(ctx, "FUNCTION", "LOAD", "REPLACE",
		"#!lua name=order\nredis.register_function('look', function(keys, args) return redis.call('GET', args[1]) end)")
	require.NoError(t, err)
	for shard := range cluster.Nodes() {
		// Keys of the nodes, alternating.
		slot := 16384*shard/len(cluster.Nodes()) + 1
		key := harness.KeyOfSlot(slot)
		look := []string{"EVAL", "return redis.call('GET', ARGV[1])", "0", key}
		call := []string{"FCALL", "look", "0", key}
		sequence := []struct {
			words []string
			want  any
		}{
			{look, nil}, // goes where the first command with a key goes
			{[]string{"SET", key, "1"}, "OK"},
			{look, "1"},
			{[]string{"SET", key, "2"}, "OK"},
			{call, "2"},
			{[]string{"PING"}, "PONG"},
			{look, "2"},
			{[]string{"DBSIZE"}, int64(1)},
			{[]string{"FLUSHALL"}, "OK"},
			{[]string{"GET", key}, nil},
			{[]string{"SET", key, "3"}, "OK"},
			{call, "3"},
			{[]string{"CONFIG", "SET", "maxmemory-samples", "7"}, "OK"},
			{look, "3"},
			{[]string{"DEL", key, harness.KeyOfSlot((slot + 6000) % 16384)}, int64(1)},
			{look, nil},
			{[]string{"FLUSHDB"}, "OK"},
		}
		pipeline := glide.NewPipeline()
		for _, step := range sequence {
			pipeline.Do(step.words...)
		}
		results, err := client.Exec(ctx, pipeline)
		require.NoError(t, err)
		for i, step := range sequence {
			got, err := glide.Result[any](results, i)
			require.NoError(t, err, "%d: %q", i, step.words)
			require.Equal(t, step.want, got, "%d: %q", i, step.words)
		}
	}
}

// Each node gets its commands in their order, and those without a key, published
// messages among them, where they stand.
func TestEachNodeRunsItsCommandsInTheirOrder(t *testing.T) {
	t.Parallel()
	cluster := fakeserver.StartCluster(t, 3)
	client := harness.ConnectCluster(t, patient(cluster.Servers...))
	keys := make([]string, len(cluster.Servers))
	for i := range keys {
		keys[i] = harness.KeyOfSlot(16384*i/len(keys) + 1)
	}
	want := make([][]string, len(keys))
	pipeline := glide.NewPipeline()
	queue := func(node int, words ...string) {
		pipeline.Do(words...)
		want[node] = append(want[node], strings.Join(words, " "))
	}
	for round := range 50 {
		node := round % len(keys)
		queue(node, "SET", keys[node], fmt.Sprint(round))
		queue(node, "EVAL", fmt.Sprint("return ", round), "0")
		queue(node, "PUBLISH", keys[node], fmt.Sprint(round))
		queue(node, "ECHO", fmt.Sprint(round))
		queue(node, "SCAN", "0")
	}
	_, err := client.Exec(ctx, pipeline)
	require.NoError(t, err)
	for node, server := range cluster.Servers {
		require.Equal(t, want[node], commandsOf(server, "SET", "EVAL", "PUBLISH", "ECHO", "SCAN"))
	}
}

// commandsOf are the commands of these names that arrived, in their order.
func commandsOf(server *fakeserver.Server, names ...string) (commands []string) {
	for _, request := range server.Requests(names...) {
		commands = append(commands, strings.Join(request.Args, " "))
	}
	return commands
}

// What is for several nodes waits for all that is before it, on any node, and
// is waited for by all that is after it.
func TestCommandsForSeveralNodesDividePipelines(t *testing.T) {
	t.Parallel()
	cluster := fakeserver.StartCluster(t, 3)
	slow, others := cluster.Servers[0], cluster.Servers[1:]
	arrived, goOn := holds(t, slow, "INCR")
	client := harness.ConnectCluster(t, patient(cluster.Servers...))
	done := make(chan error, 1)
	go func() {
		pipeline := glide.NewPipeline().Incr(harness.KeyOfSlot(1)).Do("CONFIG", "SET", "a", "b").Set(harness.KeyOfSlot(16000), "v")
		_, err := client.Exec(ctx, pipeline, glide.FailOnError)
		done <- err
	}()
	<-arrived
	// What is sent to the others now comes to them before what waits.
	for _, server := range others {
		_, err := client.Node(glide.NodeAt(harness.AddressOf(server))).Do(ctx, "ECHO", "x")
		require.NoError(t, err)
		require.Zero(t, server.Count("CONFIG SET"))
		require.Zero(t, server.Count("SET"))
	}
	goOn()
	require.NoError(t, <-done)
	require.Equal(t, 3, cluster.Count("CONFIG SET"))
	last := cluster.Servers[2]
	require.Equal(t, []string{"CONFIG SET a b", "SET " + harness.KeyOfSlot(16000) + " v"}, commandsOf(last, "CONFIG SET", "SET"))
}
