// Package costs_test is about what a client costs: allocations, CPU time, descriptors and
// threads. These tests measure, so `make test` runs them while no others run.
package costs_test

import (
	"context"
	"testing"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.MainCold(m) }

// ctx is for tests that are not about contexts.
var ctx = context.Background()
