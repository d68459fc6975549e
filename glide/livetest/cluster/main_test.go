// Package cluster_test is about clients of whole clusters: how they find nodes, split and
// combine commands, scan, and follow slots that move.
package cluster_test

import (
	"context"
	"testing"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// ctx is for tests that are not about contexts.
var ctx = context.Background()
