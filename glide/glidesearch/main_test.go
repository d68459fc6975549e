package glidesearch_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidesearch"
	"github.com/valkey-glide/go/glide/internal/moduletest"
)

var suite = moduletest.Suite{
	Modules:  []moduletest.Module{moduletest.JSON, moduletest.Search},
	Optional: []string{"FT.ALIASADD", "FT.ALTER", "FT.EXPLAIN", "FT.PROFILE"},
}

func TestMain(m *testing.M) { suite.Main(m) }

// ctx is for tests that are not about contexts.
var ctx = context.Background()

func onEveryFace(t *testing.T, test func(t *testing.T, on glide.Commander)) {
	t.Helper()
	suite.OnEveryFace(t, test)
}

// created makes an index, in the slot of {k}, of the hashes and documents
// {k}:…, and awaits that it is complete.
func created(t *testing.T, on glide.Commander, schema []glidesearch.Field, options ...glidesearch.CreateOption) string {
	t.Helper()
	const index = "{k}index"
	require.NoError(t, glidesearch.Create(ctx, on, index, schema, append(options, glidesearch.Prefixes("{k}:"))...))
	awaitIndexed(t, on, index)
	return index
}

// awaitIndexed waits until an index is complete.
func awaitIndexed(t *testing.T, on glide.Commander, index string) {
	t.Helper()
	require.Eventually(t, func() bool {
		info, err := glidesearch.Info(ctx, on, index)
		require.NoError(t, err)
		return !info.Indexing && info.Indexed == 1
	}, 30*time.Second, 5*time.Millisecond)
}

// keysOf are the keys that were found, in their order.
func keysOf(result glidesearch.SearchResult) []string {
	keys := []string{}
	for _, document := range result.Documents {
		keys = append(keys, document.Key)
	}
	return keys
}
