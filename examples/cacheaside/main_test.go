package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

// unreachable is a client whose server is away.
type unreachable struct{ glide.StringCommands }

func (unreachable) GetBytes(context.Context, string) (glide.Optional[[]byte], error) {
	return glide.None[[]byte](), glide.ErrUnreachable
}

func (unreachable) Set(context.Context, string, string, ...glide.SetOption) error {
	return glide.ErrUnreachable
}

func TestWithoutServerTheDatabaseIsAsked(t *testing.T) {
	cache := Cache[string]{Client: unreachable{}, Lasts: time.Minute,
		Load: func(context.Context, string) (string, error) { return "Ada", nil }}
	name, err := cache.Get(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, "Ada", name)
}

func TestQueryGoesOnWhenItsFirstCallerLeaves(t *testing.T) {
	asked, answer, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	cache := Cache[string]{Client: unreachable{}, Lasts: time.Minute,
		Load: func(ctx context.Context, _ string) (string, error) {
			close(asked)
			<-answer
			ended <- ctx.Err()
			return "Ada", nil
		}}
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-asked
		leave()
	}()
	_, err := cache.Get(ctx, "ada")
	require.ErrorIs(t, err, context.Canceled)
	close(answer)
	require.NoError(t, <-ended)
}
