package harness

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

// RequireLost requires of errors that they say no more than that a server
// could not be talked to.
func RequireLost(t *testing.T, errs []error) {
	t.Helper()
	for _, err := range errs {
		require.True(t, IsLost(err), "%v", err)
	}
}

// RequireRefused requires an error with which the server answered a command
// that it does not understand: its own, or that of the transaction it is in.
func RequireRefused(t *testing.T, err error) {
	t.Helper()
	var server *glide.ServerError
	require.ErrorAs(t, err, &server)
	require.Contains(t, []string{"ERR", "EXECABORT"}, server.Code, err)
}

// Value takes the error out of a reply that has none.
func Value[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

// RequireCode requires an error with which the server answered.
func RequireCode(t *testing.T, code string, err error) {
	t.Helper()
	var server *glide.ServerError
	require.ErrorAs(t, err, &server)
	require.Equal(t, code, server.Code, err)
}
