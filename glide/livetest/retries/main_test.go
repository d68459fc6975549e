// Package retries_test is about commands that are sent again: what only reads, and what was
// certainly not run.
package retries_test

import (
	"context"
	"testing"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

var ctx = context.Background()

func TestMain(m *testing.M) { harness.Main(m) }
