// Package customcommands_test is about commands that a caller makes of words:
// those that cannot share a connection, and that no other can do harm to the
// connection of all.
package customcommands_test

import (
	"context"
	"testing"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

var ctx = context.Background()
