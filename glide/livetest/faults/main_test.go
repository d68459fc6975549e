// Package faults_test is about what goes wrong under load: servers that die, bad input and
// replies, cancellation, limits, and clients that are closed meanwhile.
package faults_test

import (
	"context"
	"testing"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// ctx is for tests that are not about contexts.
var ctx = context.Background()
