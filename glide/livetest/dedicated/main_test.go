// Package dedicated_test is about dedicated connections: blocking commands, WAIT, and
// optimistic locking.
package dedicated_test

import (
	"context"
	"testing"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// ctx is for tests that are not about contexts.
var ctx = context.Background()
