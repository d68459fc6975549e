package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

// slow is a client whose SET is not answered in time. It ends the context with it.
type slow struct {
	glide.Commands
	leave    func()
	token    string
	held     int64 // 1 if the server has run it
	released []string
}

func (s *slow) SetIf(_ context.Context, _, token string, _ glide.SetCondition, _ ...glide.SetOption) (bool, error) {
	s.leave()
	s.token = token
	return false, glide.ErrTimeout
}

func (s *slow) RunScript(ctx context.Context, _ *glide.Script, _ []string, args ...string) (any, error) {
	s.released = args
	return s.held, ctx.Err()
}

func TestLockThatMayBeHeldIsReleased(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	client := &slow{leave: leave, held: 1}
	_, err := Acquire(ctx, client, "lock", time.Minute)
	require.ErrorIs(t, err, glide.ErrTimeout)
	require.NotErrorIs(t, err, context.Canceled, "the lock is released even if the context has ended")
	require.Equal(t, []string{client.token}, client.released)
}

func TestLockThatWasNeverHeldHasNotExpired(t *testing.T) {
	client := &slow{leave: func() {}}
	_, err := Acquire(t.Context(), client, "lock", time.Minute)
	require.ErrorIs(t, err, glide.ErrTimeout)
	require.NotErrorIs(t, err, errExpired)
	require.Equal(t, []string{client.token}, client.released)
}
