package glidejson_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/moduletest"
)

var suite = moduletest.Suite{Modules: []moduletest.Module{moduletest.JSON}, Optional: []string{"JSON.MERGE"}}

func TestMain(m *testing.M) { suite.Main(m) }

// ctx is for tests that are not about contexts.
var ctx = context.Background()

func onEveryFace(t *testing.T, test func(t *testing.T, on glide.Commander)) {
	t.Helper()
	suite.OnEveryFace(t, test)
}

// value takes the error out of a reply that has none.
func value[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

// requireServerError requires an error with which the server answered.
func requireServerError(t *testing.T, err error) {
	t.Helper()
	var server *glide.ServerError
	require.ErrorAs(t, err, &server)
}

// some is a value that is there.
func some[T any](v T) glide.Optional[T] { return glide.Some(v) }
