// Package topology_test is about connections that follow a cluster's nodes:
// each node in use has what the client is configured with, and what is gone
// leaves nothing behind.
package topology_test

import (
	"context"
	"testing"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

var ctx = context.Background()
