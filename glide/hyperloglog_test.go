package glide_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/faces"
)

func TestPFAddReportsWhetherItChangedAnything(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 0, value(c.PFCount(ctx, "p"))(t))
		require.True(t, value(c.PFAdd(ctx, "p"))(t))
		require.False(t, value(c.PFAdd(ctx, "p"))(t))
		require.True(t, value(c.PFAdd(ctx, "p", hostile...))(t))
		require.False(t, value(c.PFAdd(ctx, "p", hostile...))(t))
		require.EqualValues(t, len(hostile), value(c.PFCount(ctx, "p"))(t))
		require.NoError(t, c.Set(ctx, "s", "v"))
		_, err := c.PFAdd(ctx, "s", "a")
		requireCode(t, "WRONGTYPE", err)
		_, err = c.PFCount(ctx, "s")
		requireCode(t, "WRONGTYPE", err)
	})
}

func TestPFMergeCountsWhatAnyHas(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		var many []string
		for i := range 10_000 {
			many = append(many, fmt.Sprint(i))
		}
		value(c.PFAdd(ctx, "{k}a", many...))(t)
		value(c.PFAdd(ctx, "{k}b", many[5000:]...))(t)
		value(c.PFAdd(ctx, "{k}b", "x"))(t)
		both := value(c.PFCount(ctx, "{k}a", "{k}b", "{k}absent"))(t)
		require.InDelta(t, 10_001, both, 300)
		require.NoError(t, c.PFMerge(ctx, "{k}d", "{k}a", "{k}b"))
		require.Equal(t, both, value(c.PFCount(ctx, "{k}d"))(t))
		require.NoError(t, c.PFMerge(ctx, "{k}b", "{k}a"))
		require.Equal(t, both, value(c.PFCount(ctx, "{k}b"))(t))
		require.NoError(t, c.PFMerge(ctx, "{k}new"))
		require.EqualValues(t, 1, value(c.Exists(ctx, "{k}new"))(t))
		require.NoError(t, c.Set(ctx, "{k}s", "v"))
		requireCode(t, "WRONGTYPE", c.PFMerge(ctx, "{k}d", "{k}s"))
	})
}
