package greetings_test

import (
	"context"
	"errors"
	"testing"

	"example.com/greetings"
	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

// failing is a client without a server: it embeds the interface, and has the
// methods that the test needs.
type failing struct{ glide.Commands }

var errFull = errors.New("no memory")

func (failing) Incr(context.Context, string) (int64, error) { return 0, errFull }

// With a fake: for errors that are hard to get from a server.
func TestErrorsAreReturned(t *testing.T) {
	_, err := greetings.Greet(context.Background(), failing{}, "Ada")
	require.ErrorIs(t, err, errFull)
}
