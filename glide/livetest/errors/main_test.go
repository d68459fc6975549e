// Package errors_test is about what the errors of calls tell: the same failure is the same
// error, in every dispatch mode.
package errors_test

import (
	"context"
	"testing"

	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

var ctx = context.Background()

func TestMain(m *testing.M) { harness.Main(m) }
