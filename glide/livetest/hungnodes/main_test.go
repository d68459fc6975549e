// Package hungnodes_test is about nodes that hang: they keep their connections
// and accept new ones, and answer nothing. All clients have default settings.
package hungnodes_test

import (
	"testing"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
