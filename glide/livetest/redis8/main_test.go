// Package redis8_test is about commands that Redis has and Valkey has not, with a
// real Redis 8: the server that GLIDETEST_SERVER names, or else the one that
// scripts/install-server redis8 has installed. Where there is none, the tests run
// with the default server and say which commands it lacks; that such a server
// answers with an error is tested in any case.
package redis8_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) {
	if os.Getenv("GLIDETEST_SERVER") == "" {
		if path, ok := testkit.InstalledServer("redis8/redis-server"); ok {
			_ = os.Setenv("GLIDETEST_SERVER", path)
		} else {
			fmt.Println("no Redis 8 on this machine (scripts/install-server redis8), so no tests of its commands")
		}
	}
	harness.Main(m)
}

// ctx is for tests that are not about contexts.
var ctx = context.Background()
