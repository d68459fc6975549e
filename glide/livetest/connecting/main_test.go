// Package connecting_test is about how clients connect: configurations, TLS, credentials that
// change, the library that is loaded, and that no secret is shown.
package connecting_test

import (
	"context"
	"testing"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.MainCold(m) }

// ctx is for tests that are not about contexts.
var ctx = context.Background()
