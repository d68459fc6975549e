package spec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// The log of slow commands has two names, and its commands go to the same nodes
// by both: to all.
func TestCommandLogGoesWhereSlowLogGoes(t *testing.T) {
	t.Parallel()
	cluster := fakeserver.StartCluster(t, 3)
	for i, server := range cluster.Servers {
		entry := fakeserver.Array(fakeserver.Bulk(fmt.Sprint("entry of ", i)))
		server.Handle("SLOWLOG GET", func(*fakeserver.Conn, []string) string { return entry })
		server.Handle("COMMANDLOG GET", func(*fakeserver.Conn, []string) string { return entry })
		server.Handle("SLOWLOG LEN", func(*fakeserver.Conn, []string) string { return fakeserver.Integer(i + 1) })
		server.Handle("COMMANDLOG LEN", func(*fakeserver.Conn, []string) string { return fakeserver.Integer(i + 1) })
		server.Handle("SLOWLOG RESET", func(*fakeserver.Conn, []string) string { return "+OK\r\n" })
		server.Handle("COMMANDLOG RESET", func(*fakeserver.Conn, []string) string { return "+OK\r\n" })
	}
	client := harness.ConnectCluster(t, patient(cluster.Servers[0]))
	for _, words := range [][]string{{"GET", "10"}, {"LEN"}, {"RESET"}} {
		slow, err := client.Do(ctx, append([]string{"SLOWLOG"}, words...)...)
		require.NoError(t, err)
		reply, err := client.Do(ctx, append(append([]string{"commandlog"}, words...), "slow")...)
		require.NoError(t, err)
		if words[0] == "GET" {
			require.ElementsMatch(t, slow, reply)
		} else {
			require.Equal(t, slow, reply)
		}
		results, err := client.Exec(ctx, glide.NewPipeline().Set("k", "v").Do(append(append([]string{"COMMANDLOG"}, words...), "slow")...).Get("k"))
		require.NoError(t, err)
		require.NoError(t, results.Err(1))
		require.Equal(t, 2*3, cluster.Count("COMMANDLOG "+words[0]))
	}
}

// The same on servers that have it.
func TestCommandLogOfARealClusterIsThatOfAllNodes(t *testing.T) {
	t.Parallel()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	binary := filepath.Join(cache, "valkey-glide-go", "servers", "valkey-9.1.2", "valkey-server")
	if _, err := os.Stat(binary); err != nil {
		t.Skip("no server with COMMANDLOG is installed: ", err)
	}
	cluster := glidetest.StartCluster(t, glidetest.WithBinary(binary), glidetest.WithReplicas(0), glidetest.WithConfig("commandlog-execution-slower-than", "0"))
	client := harness.ConnectCluster(t, patient(cluster.Nodes()[0]))
	before, err := client.Do(ctx, "COMMANDLOG", "LEN", "slow")
	require.NoError(t, err)
	sum := 0
	for _, node := range cluster.Nodes() {
		sum += int(node.MustCommand(t, "COMMANDLOG", "LEN", "slow").(int64))
	}
	require.Positive(t, before)
	require.LessOrEqual(t, int(before.(int64)), sum)
	entries, err := client.Do(ctx, "COMMANDLOG", "GET", "1", "slow")
	require.NoError(t, err)
	require.Len(t, entries, len(cluster.Nodes()), "of each node")
	typed, err := client.CommandLogGet(ctx, glide.SlowCommands, 1)
	require.NoError(t, err)
	require.Len(t, typed, len(cluster.Nodes()), "of each node")
	require.NoError(t, client.CommandLogReset(ctx, glide.LargeRequests))
	length, err := client.CommandLogLen(ctx, glide.LargeRequests)
	require.NoError(t, err)
	require.Zero(t, length)
}
