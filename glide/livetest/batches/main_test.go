// Package batches_test is about the order in which pipelines are run, when they
// end, and what happens to one command that fails.
package batches_test

import (
	"context"
	"testing"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

var ctx = context.Background()

func patient[A harness.Addressed](addresses ...A) glide.ClusterConfig {
	return glide.ClusterConfig{Addresses: harness.AddressesOf(addresses...), RequestTimeout: harness.Patience}
}
