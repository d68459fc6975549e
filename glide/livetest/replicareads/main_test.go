// Package replicareads_test is about commands that only read and may be
// answered by replicas.
package replicareads_test

import (
	"context"
	"testing"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

var ctx = context.Background()
