package glidebloom_test

import (
	"context"
	"testing"

	"github.com/valkey-glide/go/glide/internal/moduletest"
)

// What RedisBloom has and valkey-bloom lacks is optional.
var suite = moduletest.Suite{Modules: []moduletest.Module{moduletest.Bloom}, Optional: []string{
	"BF.SCANDUMP", "CF.ADD", "CMS.INCRBY", "TOPK.ADD", "TDIGEST.ADD",
}}

func TestMain(m *testing.M) { suite.Main(m) }

// ctx is for tests that are not about contexts.
var ctx = context.Background()
