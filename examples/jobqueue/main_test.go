package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
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
