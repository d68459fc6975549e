package commands_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestPFAddReportsWhetherItChangedAnything(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 0, harness.Value(c.PFCount(ctx, "p"))(t))
		require.True(t, harness.Value(c.PFAdd(ctx, "p"))(t))
		require.False(t, harness.Value(c.PFAdd(ctx, "p"))(t))
		require.True(t, harness.Value(c.PFAdd(ctx, "p", harness.Hostile...))(t))
		require.False(t, harness.Value(c.PFAdd(ctx, "p", harness.Hostile...))(t))
		require.EqualValues(t, len(harness.Hostile), harness.Value(c.PFCount(ctx, "p"))(t))
		require.NoError(t, c.Set(ctx, "s", "v"))
		_, err := c.PFAdd(ctx, "s", "a")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.PFCount(ctx, "s")
		harness.RequireCode(t, "WRONGTYPE", err)
	})
}

func TestPFMergeCountsWhatAnyHas(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		var many []string
		for i := range 10_000 {
			many = append(many, fmt.Sprint(i))
		}
		harness.Value(c.PFAdd(ctx, "{k}a", many...))(t)
		harness.Value(c.PFAdd(ctx, "{k}b", many[5000:]...))(t)
		harness.Value(c.PFAdd(ctx, "{k}b", "x"))(t)
		both := harness.Value(c.PFCount(ctx, "{k}a", "{k}b", "{k}absent"))(t)
		require.InDelta(t, 10_001, both, 300)
		require.NoError(t, c.PFMerge(ctx, "{k}d", "{k}a", "{k}b"))
		require.Equal(t, both, harness.Value(c.PFCount(ctx, "{k}d"))(t))
		require.NoError(t, c.PFMerge(ctx, "{k}b", "{k}a"))
		require.Equal(t, both, harness.Value(c.PFCount(ctx, "{k}b"))(t))
		require.NoError(t, c.PFMerge(ctx, "{k}new"))
		require.EqualValues(t, 1, harness.Value(c.Exists(ctx, "{k}new"))(t))
		require.NoError(t, c.Set(ctx, "{k}s", "v"))
		harness.RequireCode(t, "WRONGTYPE", c.PFMerge(ctx, "{k}d", "{k}s"))
	})
}
