// Package atmostonce_test is about writes that a server has run and whose
// replies are lost: they are never sent again, and their errors never say that
// they did not run.
package atmostonce_test

import (
	"testing"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
