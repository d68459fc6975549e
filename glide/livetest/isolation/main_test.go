// Package isolation_test tests that what one server answers, or one caller
// does, delays no other client in the process.
package isolation_test

import (
	"testing"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
