package batches_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// A command that fails does so in its place, and the others are run.
func TestAFailedCommandFailsInItsPlace(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client := harness.ConnectCluster(t, patient(cluster.Nodes()...))
	one, other := harness.KeyOfSlot(1), harness.KeyOfSlot(16000)
	steps := []struct {
		words []string
		code  string // of its error
	}{
		{[]string{"SET", one, "text"}, ""},
		{[]string{"INCR", one}, "ERR"},
		{[]string{"SINTER", one, other}, "CROSSSLOT"},
		{[]string{"LPUSH", one, "a"}, "WRONGTYPE"},
		{[]string{"NOSUCHCOMMAND", other}, "ERR"},
		{[]string{"CONFIG", "SET", "no-such-parameter", "1"}, "ERR"},
		{[]string{"SET", other, "1", "NOSUCHOPTION"}, "ERR"},
		{[]string{"MSET", one, "1", other, "1"}, ""},
		{[]string{"INCR", other}, ""},
		{[]string{"GET"}, "ERR"},
		{[]string{"EVAL", "return redis.error_reply('MINE it is')", "0"}, "MINE"},
		{[]string{"INCR", one}, ""},
	}
	pipeline := glide.NewPipeline()
	for _, step := range steps {
		pipeline.Do(step.words...)
	}
	results, err := client.Exec(ctx, pipeline)
	require.NoError(t, err)
	for i, step := range steps {
		err := results.Err(i)
		if step.code == "" {
			require.NoError(t, err, "%q", step.words)
			continue
		}
		var refused *glide.ServerError
		require.ErrorAs(t, err, &refused, "%q", step.words)
		require.Equal(t, step.code, refused.Code, "%q", step.words)
	}
}

// A node that cannot be reached fails the commands that are for it.
func TestANodeThatCannotBeReachedFailsItsOwnCommands(t *testing.T) {
	t.Parallel()
	cluster := fakeserver.StartCluster(t, 3)
	config := patient(cluster.Servers...)
	config.RequestTimeout = time.Second
	client := harness.ConnectCluster(t, config)
	lost := cluster.Servers[1]
	lost.Close()
	keys := []string{harness.KeyOfSlot(1), harness.KeyOfSlot(8000), harness.KeyOfSlot(16000)}
	pipeline := glide.NewPipeline().Incr(keys[0]).Incr(keys[1]).Incr(keys[2]).Incr(keys[0]).Get(keys[1])
	require.Eventually(t, func() bool {
		results, err := client.Exec(ctx, pipeline)
		if err != nil { // the time may be over while a busy machine counts the replies
			return false
		}
		for i, fails := range []bool{false, true, false, false, true} {
			if fails {
				require.Error(t, results.Err(i), i)
			} else {
				require.NoError(t, results.Err(i), i)
			}
		}
		return true
	}, harness.Patience, time.Millisecond)
}
