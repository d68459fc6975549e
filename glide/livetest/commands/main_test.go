// Package commands_test is about every command, on every client and in every batch, with real
// servers.
package commands_test

import (
	"testing"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }
