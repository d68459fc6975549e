package redis8_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// fill adds three elements, of which b and c are equally far from a.
func fill(t *testing.T, c faces.Face) {
	t.Helper()
	require.True(t, harness.Value(c.VAdd(ctx, "k", "a", []float32{1, 0, 0}))(t))
	require.False(t, harness.Value(c.VAdd(ctx, "k", "a", []float32{2, 0, 0}))(t))
	require.True(t, harness.Value(c.VAdd(ctx, "k", "b", []float32{0, 1, 0}, glide.ExplorationFactor(100), glide.ElementAttributes(`{"year":1990}`), glide.MaxLinks(16)))(t))
	require.True(t, harness.Value(c.VAdd(ctx, "k", "c", []float32{-1, 0, 0}, glide.CheckAndSet, glide.QuantizeInt8))(t))
}

func TestElementsAreFoundBySimilarity(t *testing.T) {
	harness.Needs(t, "VSIM", "", "8.2")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		fill(t, c)
		near := glide.NearVector([]float32{1, 0.5, 0})
		require.Equal(t, []string{"a", "b", "c"}, harness.Value(c.VSim(ctx, "k", near))(t))
		require.Equal(t, []string{"a", "b", "c"}, harness.Value(c.VSim(ctx, "k", near, glide.ExactSearch, glide.NoThread, glide.ExplorationFactor(50)))(t))
		require.Equal(t, []string{"a"}, harness.Value(c.VSim(ctx, "k", near, glide.Count(1)))(t))
		require.Equal(t, []string{"a", "b"}, harness.Value(c.VSim(ctx, "k", near, glide.MinSimilarity(0.6)))(t))
		require.Equal(t, []string{"b"}, harness.Value(c.VSim(ctx, "k", near, glide.AttributeFilter(".year > 1980"), glide.FilterEffort(100)))(t))
		require.Empty(t, harness.Value(c.VSim(ctx, "none", near))(t))

		scores := harness.Value(c.VSimWithScores(ctx, "k", glide.NearElement("a")))(t)
		require.Equal(t, []string{"a", "b", "c"}, []string{scores[0].Element, scores[1].Element, scores[2].Element})
		require.InDelta(t, 1, scores[0].Score, 0.01)
		require.InDelta(t, 0.5, scores[1].Score, 0.01)
		require.InDelta(t, 0, scores[2].Score, 0.01)

		all := harness.Value(c.VSimWithAttributes(ctx, "k", glide.NearElement("a"), glide.Count(2)))(t)
		require.Len(t, all, 2)
		require.Equal(t, "a", all[0].Element)
		require.True(t, all[0].Attributes.IsNil())
		require.Equal(t, glide.Some(`{"year":1990}`), all[1].Attributes)
		require.InDelta(t, 0.5, all[1].Score, 0.01)
		require.Empty(t, harness.Value(c.VSimWithAttributes(ctx, "none", near))(t))

		_, err := c.VSim(ctx, "k", glide.NearElement("none"))
		harness.RequireCode(t, "ERR", err)
		_, err = c.VSim(ctx, "k", glide.NearVector([]float32{1}))
		harness.RequireCode(t, "ERR", err)
	})
}

func TestElementsAndTheirVectorsAreRead(t *testing.T) {
	harness.Needs(t, "VISMEMBER", "", "8.2")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		fill(t, c)
		require.EqualValues(t, 3, harness.Value(c.VCard(ctx, "k"))(t))
		require.EqualValues(t, 0, harness.Value(c.VCard(ctx, "none"))(t))
		require.EqualValues(t, 3, harness.Value(c.VDim(ctx, "k"))(t))
		_, err := c.VDim(ctx, "none")
		harness.RequireCode(t, "ERR", err)

		vector := harness.Value(c.VEmb(ctx, "k", "a"))(t)
		require.InDeltaSlice(t, []float32{2, 0, 0}, vector.Value(), 0.01)
		require.True(t, harness.Value(c.VEmb(ctx, "k", "none"))(t).IsNil())
		raw := harness.Value(c.VEmbRaw(ctx, "k", "a"))(t).Value()
		require.Equal(t, "int8", raw.Quantization)
		require.Equal(t, []byte{0x7f, 0, 0}, raw.Data)
		require.InDelta(t, 2, raw.Norm, 0.01)
		require.False(t, raw.Range.IsNil())
		require.True(t, harness.Value(c.VEmbRaw(ctx, "none", "a"))(t).IsNil())

		info := harness.Value(c.VInfo(ctx, "k"))(t).Value()
		info.MaxLevel = 0 // it is chosen at random
		require.Equal(t, glide.VectorSetInfo{Quantization: "int8", Dimensions: 3, Size: 3, WithAttributes: 1, MaxLinks: 16}, info)
		require.True(t, harness.Value(c.VInfo(ctx, "none"))(t).IsNil())

		require.True(t, harness.Value(c.VIsMember(ctx, "k", "a"))(t))
		require.False(t, harness.Value(c.VIsMember(ctx, "none", "a"))(t))
		require.False(t, harness.Value(c.VRandMember(ctx, "k"))(t).IsNil())
		require.True(t, harness.Value(c.VRandMember(ctx, "none"))(t).IsNil())
		require.ElementsMatch(t, []string{"a", "b", "c"}, harness.Value(c.VRandMemberCount(ctx, "k", 5))(t))
		require.Len(t, harness.Value(c.VRandMemberCount(ctx, "k", -5))(t), 5)

		require.True(t, harness.Value(c.VRem(ctx, "k", "a"))(t))
		require.False(t, harness.Value(c.VRem(ctx, "k", "a"))(t))
	})
}

func TestNeighborsAreLinked(t *testing.T) {
	harness.Needs(t, "VLINKS", "", "8.0")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		fill(t, c)
		levels := harness.Value(c.VLinks(ctx, "k", "a"))(t).Value()
		require.ElementsMatch(t, []string{"b", "c"}, levels[len(levels)-1])
		scored := harness.Value(c.VLinksWithScores(ctx, "k", "a"))(t).Value()
		for _, link := range scored[len(scored)-1] {
			require.InDelta(t, map[string]float64{"b": 0.5, "c": 0}[link.Element], link.Score, 0.01)
		}
		require.Len(t, scored[len(scored)-1], 2)
		require.True(t, harness.Value(c.VLinks(ctx, "k", "none"))(t).IsNil())
	})
}

func TestAttributesAreSetAndRemoved(t *testing.T) {
	harness.Needs(t, "VSETATTR", "", "8.0")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		fill(t, c)
		require.Equal(t, glide.Some(`{"year":1990}`), harness.Value(c.VGetAttr(ctx, "k", "b"))(t))
		require.True(t, harness.Value(c.VSetAttr(ctx, "k", "b", `{"year":2000}`))(t))
		require.Equal(t, glide.Some(`{"year":2000}`), harness.Value(c.VGetAttr(ctx, "k", "b"))(t))
		require.True(t, harness.Value(c.VSetAttr(ctx, "k", "b", ""))(t))
		require.True(t, harness.Value(c.VGetAttr(ctx, "k", "b"))(t).IsNil())
		require.False(t, harness.Value(c.VSetAttr(ctx, "k", "none", "{}"))(t))
	})
}

func TestVectorSetsAreMadeAsTheFirstElementSays(t *testing.T) {
	harness.Needs(t, "VADD", "", "8.0")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		harness.Value(c.VAdd(ctx, "k", "a", []float32{1, 2, 3}, glide.Reduce(2), glide.QuantizeNone))(t)
		info := harness.Value(c.VInfo(ctx, "k"))(t).Value()
		require.EqualValues(t, 2, info.Dimensions)
		require.EqualValues(t, 3, info.InputDimensions)
		require.Equal(t, "f32", info.Quantization)
		harness.Value(c.VAdd(ctx, "{k}b", "a", []float32{1, -1}, glide.QuantizeBinary))(t)
		require.True(t, harness.Value(c.VEmbRaw(ctx, "{k}b", "a"))(t).Value().Range.IsNil())
		_, err := c.VAdd(ctx, "{k}b", "b", []float32{1, -1}, glide.QuantizeNone)
		harness.RequireCode(t, "ERR", err)
	})
}

func TestElementsAreRangedOverByName(t *testing.T) {
	harness.Needs(t, "VRANGE", "", "8.4")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		fill(t, c)
		require.Equal(t, []string{"a", "b", "c"}, harness.Value(c.VRange(ctx, "k", glide.Unbounded, glide.Unbounded, -1))(t))
		require.Equal(t, []string{"b"}, harness.Value(c.VRange(ctx, "k", glide.Lex("a").Exclusive(), glide.Lex("c"), 1))(t))
		require.Empty(t, harness.Value(c.VRange(ctx, "none", glide.Unbounded, glide.Unbounded, -1))(t))
	})
}

// Keys of all slots reach their nodes at once: no node has to redirect.
func TestVectorSetsOfAllSlots(t *testing.T) {
	harness.Needs(t, "VADD", "", "8.0")
	cluster := harness.Value(testkit.SharedCluster())(t)
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		for _, node := range cluster.Nodes() {
			node.MustCommand(t, "CONFIG", "RESETSTAT")
		}
		pipeline := glide.NewPipeline()
		for i := range 100 {
			key := "key" + strconv.Itoa(i)
			require.True(t, harness.Value(client.VAdd(ctx, key, "a", []float32{float32(i), 1}))(t))
			pipeline.VAdd(key, "b", []float32{1, 1}).VCard(key)
		}
		results, err := client.Exec(ctx, pipeline)
		require.NoError(t, err)
		for i := range 100 {
			cards, err := glide.Result[int64](results, 2*i+1)
			require.NoError(t, err)
			require.EqualValues(t, 2, cards)
		}
		for _, node := range cluster.Nodes() {
			require.NotContains(t, node.MustCommand(t, "INFO", "errorstats"), "MOVED")
		}
	})
}
