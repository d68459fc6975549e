package glidejson_test

import (
	"context"
	"testing"

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

// some is a value that is there.
func some[T any](v T) glide.Optional[T] { return glide.Some(v) }
