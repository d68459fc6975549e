package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

// queued is a client with jobs. It records how many were ended.
type queued struct {
	glide.UniversalClient
	jobs  []string
	ended int
}

func (q *queued) BLMove(ctx context.Context, _ time.Duration, _, _ string, _, _ glide.ListEnd) (glide.Optional[string], error) {
	if len(q.jobs) == 0 || ctx.Err() != nil {
		return glide.None[string](), context.Canceled
	}
	job := q.jobs[0]
	q.jobs = q.jobs[1:]
	return glide.Some(job), nil
}

func (*queued) LMove(context.Context, string, string, glide.ListEnd, glide.ListEnd) (glide.Optional[string], error) {
	return glide.None[string](), nil
}

func (q *queued) Exec(ctx context.Context, batch glide.Batch, _ ...glide.ExecOption) (glide.Results, error) {
	if ctx.Err() != nil {
		return glide.Results{}, ctx.Err()
	}
	q.ended++
	return glide.NewResults(batch, make([]any, 0)...)
}

func TestJobThatIsDoneIsEndedAfterTheContext(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	client := &queued{jobs: []string{"1", "2"}}
	err := Queue{client, "jobs"}.Work(ctx, "one", func(string) error { stop(); return errors.New("no paper") })
	require.Error(t, err)
	require.Equal(t, 1, client.ended, "the first was put back, the second not taken")
	require.Equal(t, []string{"2"}, client.jobs)
}

// start starts a worker on a server, and returns the jobs that are done.
func start(t *testing.T, server *glidetest.Server) <-chan string {
	config := server.Config()
	config.RequestTimeout = 5 * time.Second // the machine may be busy
	client, err := glide.NewClient(t.Context(), config)
	require.NoError(t, err)
	done := make(chan string, 100)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Queue{client, "jobs"}.Work(ctx, "one", func(job string) error { done <- job; return nil })
	}()
	t.Cleanup(func() {
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.NoError(t, client.Close())
	})
	return done
}

// awaitIdle waits until the worker waits for a job at the server.
func awaitIdle(t *testing.T, server *glidetest.Server) {
	require.Eventually(t, func() bool {
		return strings.Contains(fmt.Sprint(server.MustCommand(t, "INFO", "clients")), "blocked_clients:1\r\n")
	}, time.Minute, 5*time.Millisecond)
}

// requireDone adds a job and fails the test if it is not done.
func requireDone(t *testing.T, server *glidetest.Server, done <-chan string, job string) {
	server.MustCommand(t, "RPUSH", "{jobs}:waiting", job)
	timeout := time.After(time.Minute)
	for {
		select {
		case other := <-done:
			if other == job {
				return
			}
		case <-timeout:
			require.Fail(t, "the worker does not go on", job)
		}
	}
}

func TestWorkGoesOnAfterLostConnections(t *testing.T) {
	server := glidetest.Start(t)
	done := start(t, server)
	for i := range 3 {
		awaitIdle(t, server)
		server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
		requireDone(t, server, done, strconv.Itoa(i))
	}
}

func TestWorkGoesOnAfterARestart(t *testing.T) {
	server := glidetest.Start(t)
	done := start(t, server)
	awaitIdle(t, server)
	require.NoError(t, server.Kill())
	require.NoError(t, server.Restart())
	requireDone(t, server, done, "1")
}

func TestWorkGoesOnAtTheNewPrimary(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithReplicas(1))
	done := start(t, server)
	awaitIdle(t, server)
	replica := server.Replicas()[0]
	replica.MustCommand(t, "REPLICAOF", "NO", "ONE")
	server.MustCommand(t, "REPLICAOF", replica.Host(), strconv.Itoa(replica.Port()))
	requireDone(t, replica, done, "1")
}

func TestWorkDoesWhatAConnectionLost(t *testing.T) {
	server := glidetest.Start(t)
	server.MustCommand(t, "RPUSH", "{jobs}:working:one", "1")
	done := start(t, server)
	require.Equal(t, "1", <-done)
}

func TestWorkEndsWithAnErrorThatStays(t *testing.T) {
	server := glidetest.Start(t)
	client, err := glide.NewClient(t.Context(), server.Config())
	require.NoError(t, err)
	defer client.Close()
	server.MustCommand(t, "SET", "{jobs}:waiting", "not a list")
	err = Queue{client, "jobs"}.Work(t.Context(), "one", func(string) error { return nil })
	require.Equal(t, "WRONGTYPE", glide.Code(err))
}
