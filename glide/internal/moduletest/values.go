package moduletest

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

// Value takes the error out of a reply that has none.
func Value[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

// RequireServerError requires an error with which the server answered.
func RequireServerError(t *testing.T, err error) {
	t.Helper()
	var server *glide.ServerError
	require.ErrorAs(t, err, &server)
}
