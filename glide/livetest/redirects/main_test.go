// Package redirects_test is about the replies by which nodes of a cluster send
// clients elsewhere, in all the forms that nodes send them in.
package redirects_test

import (
	"context"
	"testing"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

var ctx = context.Background()
