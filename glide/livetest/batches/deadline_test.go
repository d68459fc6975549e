package batches_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// short is how long callers wait for what takes longer.
const short = 100 * time.Millisecond

// holds makes a server keep a command until it is released, and says when it has
// arrived.
func holds(t *testing.T, server *fakeserver.Server, command string) (arrived <-chan struct{}, release func()) {
	arriving, released := make(chan struct{}, 100), make(chan struct{})
	server.Handle(command, func(c *fakeserver.Conn, args []string) string {
		arriving <- struct{}{}
		<-released
		return c.Run(args)
	})
	release = sync.OnceFunc(func() { close(released) })
	t.Cleanup(release)
	return arriving, release
}

// settled waits until everything that the client had to send has been sent.
func settled(t *testing.T, client *glide.ClusterClient) {
	t.Helper()
	for range 3 {
		_, err := client.Nodes(glide.AllPrimaries).Do(ctx, "TIME")
		require.NoError(t, err)
		time.Sleep(short / 10)
	}
}

// The first part of a pipeline takes longer than its caller has: the rest is never
// sent.
func TestNothingOfAPipelineBeginsAfterItsDeadline(t *testing.T) {
	t.Parallel()
	for name, rest := range map[string]func(p *glide.Pipeline) *glide.Pipeline{
		"for several nodes": func(p *glide.Pipeline) *glide.Pipeline { return p.Do("FLUSHALL").Set("key", "value") },
		"of several slots": func(p *glide.Pipeline) *glide.Pipeline {
			return p.Do("MSET", "a", "1", "b", "2", "c", "3").Set("key", "value")
		},
		"several stages": func(p *glide.Pipeline) *glide.Pipeline {
			return p.Do("FLUSHALL").Incr("a").Do("CONFIG", "SET", "x", "y").Incr("b")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := fakeserver.StartCluster(t, 1)
			arrived, release := holds(t, cluster.Servers[0], "EVAL")
			client := harness.ConnectCluster(t, patient(cluster.Servers...))
			bounded, cancel := context.WithTimeout(ctx, short)
			defer cancel()
			pipeline := rest(glide.NewPipeline().Eval("return 1", []string{"key"}))
			_, err := client.Exec(bounded, pipeline)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			<-arrived
			release()
			settled(t, client)
			for _, command := range []string{"FLUSHALL", "MSET", "SET", "INCR", "CONFIG SET"} {
				require.Zero(t, cluster.Count(command), command)
			}
			require.Equal(t, 1, cluster.Count("EVAL"))
		})
	}
}

// Many such pipelines whose first part ends about when their time does: whatever
// was sent of the rest was not sent after its caller had returned.
func TestNothingBeginsAfterItsCallerHasReturned(t *testing.T) {
	t.Parallel()
	cluster := fakeserver.StartCluster(t, 1)
	server := cluster.Servers[0]
	server.Handle("EVAL", func(c *fakeserver.Conn, args []string) string {
		time.Sleep(5 * time.Millisecond)
		return c.Run(args)
	})
	client := harness.ConnectCluster(t, patient(server))
	for i := range 100 {
		bounded, cancel := context.WithTimeout(ctx, 5*time.Millisecond+time.Duration(i-50)*20*time.Microsecond)
		_, _ = client.Exec(bounded, glide.NewPipeline().Eval("return 1", []string{"key"}).Do("FLUSHALL"))
		cancel()
		// What the call has sent comes before this.
		_, err := client.Do(ctx, "TIME")
		require.NoError(t, err)
		before := server.Count("FLUSHALL")
		time.Sleep(2 * time.Millisecond)
		_, err = client.Do(ctx, "TIME")
		require.NoError(t, err)
		require.Equal(t, before, server.Count("FLUSHALL"))
	}
}

// A node cannot be reached for longer than its callers wait: when it is back it
// gets nothing of theirs.
func TestNothingIsSentToANodeThatIsBackTooLate(t *testing.T) {
	t.Parallel()
	cluster := fakeserver.StartCluster(t, 1)
	server := cluster.Servers[0]
	client := harness.ConnectCluster(t, patient(server))
	require.NoError(t, client.Set(ctx, "key", "before"))
	letIn := server.KeepOut(t)
	bounded, cancel := context.WithTimeout(ctx, short)
	defer cancel()
	results := make(chan error)
	late := []func() error{
		func() error { return client.Set(bounded, "late", "value") },
		func() error { _, err := client.Incr(bounded, "late"); return err },
		func() error { return client.MSet(bounded, map[string]string{"a": "1", "b": "2"}) },
		func() error { _, err := client.Eval(bounded, "return 1", []string{"late"}); return err },
		func() error {
			_, err := client.Exec(bounded, glide.NewPipeline().HSet("late", map[string]string{"a": "b"}), glide.FailOnError)
			return err
		},
		func() error {
			_, err := client.Exec(bounded, glide.NewTransaction().LPush("late", "a"), glide.FailOnError)
			return err
		},
		func() error { _, err := client.Do(bounded, "FLUSHALL"); return err },
		func() error { _, err := client.BLPop(bounded, 0, "late"); return err },
	}
	for _, call := range late {
		go func() { results <- call() }()
	}
	for range late {
		require.Error(t, <-results)
	}
	go func() {
		time.Sleep(short)
		letIn()
	}()
	// A caller who waits longer is served, in the same pipeline or not.
	require.NoError(t, client.Set(ctx, "key", "after"))
	settled(t, client)
	require.Len(t, server.Requests("SET"), 2)
	for _, command := range []string{"INCR", "MSET", "EVAL", "HSET", "LPUSH", "MULTI", "FLUSHALL", "BLPOP"} {
		require.Zero(t, server.Count(command), command)
	}
}
