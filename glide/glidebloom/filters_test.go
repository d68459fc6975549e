package glidebloom_test

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidebloom"
	. "github.com/valkey-glide/go/glide/internal/moduletest"
)

func TestBloomFilterKnowsWhatWasAdded(t *testing.T) {
	suite.OnEveryFace(t, func(t *testing.T, on glide.Commander) {
		require.NoError(t, glidebloom.BFReserve(ctx, on, "{k}a", 0.001, 1000, glidebloom.Expansion(2)))
		RequireServerError(t, glidebloom.BFReserve(ctx, on, "{k}a", 0.001, 1000))
		require.True(t, Value(glidebloom.BFAdd(ctx, on, "{k}a", "x"))(t))
		require.False(t, Value(glidebloom.BFAdd(ctx, on, "{k}a", "x"))(t))
		require.Equal(t, []bool{false, true, true}, Value(glidebloom.BFMAdd(ctx, on, "{k}a", "x", "y", "\x00\xff"))(t))
		require.True(t, Value(glidebloom.BFExists(ctx, on, "{k}a", "\x00\xff"))(t))
		require.False(t, Value(glidebloom.BFExists(ctx, on, "{k}none", "x"))(t))
		require.Equal(t, []bool{true, false}, Value(glidebloom.BFMExists(ctx, on, "{k}a", "y", "z"))(t))
		require.EqualValues(t, 3, Value(glidebloom.BFCard(ctx, on, "{k}a"))(t))
		require.Zero(t, Value(glidebloom.BFCard(ctx, on, "{k}none"))(t))

		info := Value(glidebloom.BFInfo(ctx, on, "{k}a"))(t)
		require.EqualValues(t, 1000, info.Capacity)
		require.EqualValues(t, 3, info.Items)
		require.EqualValues(t, 1, info.Filters)
		require.Positive(t, info.Size)
		require.Equal(t, glide.Some[int64](2), info.Expansion)
		_, err := glidebloom.BFInfo(ctx, on, "{k}none")
		RequireServerError(t, err)
	})
}

func TestBloomFilterIsCreatedByTheWay(t *testing.T) {
	suite.OnEveryFace(t, func(t *testing.T, on glide.Commander) {
		_, err := glidebloom.BFInsert(ctx, on, "{k}a", []string{"x"}, glidebloom.NoCreate)
		RequireServerError(t, err)
		added := Value(glidebloom.BFInsert(ctx, on, "{k}a", []string{"x", "y"}, glidebloom.Capacity(2), glidebloom.ErrorRate(0.001), glidebloom.NonScaling))(t)
		require.Equal(t, []bool{true, true}, added)
		info := Value(glidebloom.BFInfo(ctx, on, "{k}a"))(t)
		require.EqualValues(t, 2, info.Capacity)
		require.True(t, info.Expansion.IsNil())

		// It is full now: what fits is in it, and the rest is an error.
		_, err = glidebloom.BFMAdd(ctx, on, "{k}a", "y", "z")
		RequireServerError(t, err)
		_, err = glidebloom.BFAdd(ctx, on, "{k}a", "z")
		RequireServerError(t, err)
	})
}

func TestFiltersAreCopiedInParts(t *testing.T) {
	suite.Needs(t, "BF.SCANDUMP")
	suite.OnEveryFace(t, func(t *testing.T, on glide.Commander) {
		for i := range 100 {
			item := strconv.Itoa(i)
			Value(glidebloom.BFAdd(ctx, on, "{k}a", item))(t)
			Value(glidebloom.CFAdd(ctx, on, "{k}c", item))(t)
		}
		var chunks int
		for iterator := int64(0); ; chunks++ {
			chunk := Value(glidebloom.BFScanDump(ctx, on, "{k}a", iterator))(t)
			if iterator = chunk.Iterator; iterator == 0 {
				require.Empty(t, chunk.Data)
				break
			}
			require.NoError(t, glidebloom.BFLoadChunk(ctx, on, "{k}b", chunk))
		}
		require.Positive(t, chunks)
		for iterator := int64(0); ; {
			chunk := Value(glidebloom.CFScanDump(ctx, on, "{k}c", iterator))(t)
			if iterator = chunk.Iterator; iterator == 0 {
				break
			}
			require.NoError(t, glidebloom.CFLoadChunk(ctx, on, "{k}d", chunk))
		}
		for i := range 100 {
			require.True(t, Value(glidebloom.BFExists(ctx, on, "{k}b", strconv.Itoa(i)))(t))
			require.True(t, Value(glidebloom.CFExists(ctx, on, "{k}d", strconv.Itoa(i)))(t))
		}
		require.Equal(t, Value(glidebloom.BFCard(ctx, on, "{k}a"))(t), Value(glidebloom.BFCard(ctx, on, "{k}b"))(t))
	})
}

func TestCuckooFilterForgetsWhatIsDeleted(t *testing.T) {
	suite.Needs(t, "CF.ADD")
	suite.OnEveryFace(t, func(t *testing.T, on glide.Commander) {
		require.NoError(t, glidebloom.CFReserve(ctx, on, "{k}a", 8, glidebloom.BucketSize(2), glidebloom.MaxIterations(10), glidebloom.Expansion(0)))
		require.True(t, Value(glidebloom.CFAdd(ctx, on, "{k}a", "x"))(t))
		require.True(t, Value(glidebloom.CFAdd(ctx, on, "{k}a", "x"))(t))
		require.False(t, Value(glidebloom.CFAddNX(ctx, on, "{k}a", "x"))(t))
		require.EqualValues(t, 2, Value(glidebloom.CFCount(ctx, on, "{k}a", "x"))(t))
		require.Zero(t, Value(glidebloom.CFCount(ctx, on, "{k}none", "x"))(t))
		require.True(t, Value(glidebloom.CFDel(ctx, on, "{k}a", "x"))(t))
		require.True(t, Value(glidebloom.CFDel(ctx, on, "{k}a", "x"))(t))
		require.False(t, Value(glidebloom.CFDel(ctx, on, "{k}a", "x"))(t))
		_, err := glidebloom.CFDel(ctx, on, "{k}none", "x")
		RequireServerError(t, err)
		require.False(t, Value(glidebloom.CFExists(ctx, on, "{k}a", "x"))(t))
		Value(glidebloom.CFAdd(ctx, on, "{k}a", "y"))(t)
		require.Equal(t, []bool{false, true}, Value(glidebloom.CFMExists(ctx, on, "{k}a", "x", "y"))(t))

		info := Value(glidebloom.CFInfo(ctx, on, "{k}a"))(t)
		require.Positive(t, info.Size)
		info.Size = 0
		require.Equal(t, glidebloom.CuckooInfo{Buckets: 4, Filters: 1, BucketSize: 2, Items: 1, Deleted: 2, MaxIterations: 10}, info)
	})
}

func TestCuckooFilterSaysWhatDidNotFit(t *testing.T) {
	suite.Needs(t, "CF.ADD")
	suite.OnEveryFace(t, func(t *testing.T, on glide.Commander) {
		require.NoError(t, glidebloom.CFReserve(ctx, on, "{k}a", 4, glidebloom.BucketSize(2), glidebloom.Expansion(0)))
		added := Value(glidebloom.CFInsert(ctx, on, "{k}a", slices.Repeat([]string{"x"}, 20)))(t)
		require.True(t, added[0])
		require.False(t, added[19])
		require.Equal(t, []glidebloom.Insertion{glidebloom.Present, glidebloom.Full}, Value(glidebloom.CFInsertNX(ctx, on, "{k}a", []string{"x", otherThan(t, on)}))(t))
		require.Equal(t, []glidebloom.Insertion{glidebloom.Added}, Value(glidebloom.CFInsertNX(ctx, on, "{k}b", []string{"x"}, glidebloom.Capacity(100)))(t))
		_, err := glidebloom.CFInsert(ctx, on, "{k}none", []string{"x"}, glidebloom.NoCreate)
		RequireServerError(t, err)
	})
}

// otherThan fills the filter {k}a, and returns an item that is not in it.
func otherThan(t *testing.T, on glide.Commander) string {
	t.Helper()
	for i := range 1000 {
		item := strconv.Itoa(i)
		if _, err := glidebloom.CFAdd(ctx, on, "{k}a", item); err != nil {
			if !Value(glidebloom.CFExists(ctx, on, "{k}a", item))(t) {
				return item
			}
		}
	}
	t.Fatal("the filter does not become full")
	return ""
}

func TestCountMinSketchCounts(t *testing.T) {
	suite.Needs(t, "CMS.INCRBY")
	suite.OnEveryFace(t, func(t *testing.T, on glide.Commander) {
		require.NoError(t, glidebloom.CMSInitByDim(ctx, on, "{k}a", 1000, 5))
		RequireServerError(t, glidebloom.CMSInitByDim(ctx, on, "{k}a", 1000, 5))
		require.Equal(t, []int64{5, 2}, Value(glidebloom.CMSIncrBy(ctx, on, "{k}a", glidebloom.Count("x", 5), glidebloom.Count("y", 2)))(t))
		require.Equal(t, []int64{2, 5, 0}, Value(glidebloom.CMSQuery(ctx, on, "{k}a", "y", "x", "z"))(t))
		require.Equal(t, glidebloom.SketchInfo{Width: 1000, Depth: 5, Count: 7}, Value(glidebloom.CMSInfo(ctx, on, "{k}a"))(t))
		_, err := glidebloom.CMSIncrBy(ctx, on, "{k}none", glidebloom.Count("x", 1))
		RequireServerError(t, err)

		require.NoError(t, glidebloom.CMSInitByDim(ctx, on, "{k}b", 1000, 5))
		require.NoError(t, glidebloom.CMSMerge(ctx, on, "{k}b", []string{"{k}a", "{k}a"}, glidebloom.Weights(1, 2)))
		require.Equal(t, []int64{15}, Value(glidebloom.CMSQuery(ctx, on, "{k}b", "x"))(t))
		require.NoError(t, glidebloom.CMSInitByProb(ctx, on, "{k}c", 0.01, 0.01))
		require.EqualValues(t, 200, Value(glidebloom.CMSInfo(ctx, on, "{k}c"))(t).Width)
	})
}

func TestTopKListHasTheMostFrequentItems(t *testing.T) {
	suite.Needs(t, "TOPK.ADD")
	suite.OnEveryFace(t, func(t *testing.T, on glide.Commander) {
		require.NoError(t, glidebloom.TopKReserve(ctx, on, "{k}a", 2, glidebloom.Dimensions(50, 4, 0.9)))
		require.Equal(t, []glide.Optional[string]{{}, {}}, Value(glidebloom.TopKAdd(ctx, on, "{k}a", "x", "y"))(t))
		dropped := Value(glidebloom.TopKIncrBy(ctx, on, "{k}a", glidebloom.Count("x", 10), glidebloom.Count("z", 5)))(t)
		require.Equal(t, []glide.Optional[string]{{}, glide.Some("y")}, dropped)
		require.Equal(t, []string{"x", "z"}, Value(glidebloom.TopKList(ctx, on, "{k}a"))(t))
		require.Equal(t, []glidebloom.ItemCount{{Item: "x", Count: 11}, {Item: "z", Count: 5}}, Value(glidebloom.TopKListWithCount(ctx, on, "{k}a"))(t))
		require.Equal(t, []bool{true, false}, Value(glidebloom.TopKQuery(ctx, on, "{k}a", "x", "y"))(t))
		require.Equal(t, []int64{11}, Value(glidebloom.TopKCount(ctx, on, "{k}a", "x"))(t))
		require.Equal(t, glidebloom.TopListInfo{K: 2, Width: 50, Depth: 4, Decay: 0.9}, Value(glidebloom.TopKInfo(ctx, on, "{k}a"))(t))
		_, err := glidebloom.TopKList(ctx, on, "{k}none")
		RequireServerError(t, err)
	})
}

func TestTDigestEstimatesQuantilesAndRanks(t *testing.T) {
	suite.Needs(t, "TDIGEST.ADD")
	suite.OnEveryFace(t, func(t *testing.T, on glide.Commander) {
		require.NoError(t, glidebloom.TDigestCreate(ctx, on, "{k}a", glidebloom.Compression(500)))
		require.NoError(t, glidebloom.TDigestAdd(ctx, on, "{k}a", 1, 2, 3, 4, 5, 6))
		require.Equal(t, []float64{1, 4, 6}, Value(glidebloom.TDigestQuantile(ctx, on, "{k}a", 0, 0.5, 1))(t))
		require.Equal(t, []float64{1, 2, math.Inf(1)}, Value(glidebloom.TDigestByRank(ctx, on, "{k}a", 0, 1, 6))(t))
		require.Equal(t, []float64{6, 5, math.Inf(-1)}, Value(glidebloom.TDigestByRevRank(ctx, on, "{k}a", 0, 1, 6))(t))
		require.Equal(t, []int64{-1, 3, 6}, Value(glidebloom.TDigestRank(ctx, on, "{k}a", 0, 3.5, 7))(t))
		require.Equal(t, []int64{6, 3, -1}, Value(glidebloom.TDigestRevRank(ctx, on, "{k}a", 0, 3.5, 7))(t))
		require.InDeltaSlice(t, []float64{0, 2.5 / 6, 1}, Value(glidebloom.TDigestCDF(ctx, on, "{k}a", 0, 3, 7))(t), 1e-9)
		require.Equal(t, 1.0, Value(glidebloom.TDigestMin(ctx, on, "{k}a"))(t))
		require.Equal(t, 6.0, Value(glidebloom.TDigestMax(ctx, on, "{k}a"))(t))
		require.InDelta(t, 3.5, Value(glidebloom.TDigestTrimmedMean(ctx, on, "{k}a", 0.1, 0.9))(t), 0.5)
		info := Value(glidebloom.TDigestInfo(ctx, on, "{k}a"))(t)
		require.EqualValues(t, 500, info.Compression)
		require.EqualValues(t, 6, info.Observations)
		require.EqualValues(t, 6, info.MergedWeight+info.UnmergedWeight)

		require.NoError(t, glidebloom.TDigestMerge(ctx, on, "{k}b", []string{"{k}a", "{k}a"}, glidebloom.Compression(100), glidebloom.Override))
		require.EqualValues(t, 12, Value(glidebloom.TDigestInfo(ctx, on, "{k}b"))(t).Observations)
		_, err := glidebloom.TDigestMax(ctx, on, "{k}none")
		RequireServerError(t, err)
	})
}

func TestAnEmptyTDigestHasNoNumbers(t *testing.T) {
	suite.Needs(t, "TDIGEST.ADD")
	suite.OnEveryFace(t, func(t *testing.T, on glide.Commander) {
		require.NoError(t, glidebloom.TDigestCreate(ctx, on, "{k}a"))
		require.NoError(t, glidebloom.TDigestAdd(ctx, on, "{k}a", 1))
		require.NoError(t, glidebloom.TDigestReset(ctx, on, "{k}a"))
		for name, number := range map[string]float64{
			"max":  Value(glidebloom.TDigestMax(ctx, on, "{k}a"))(t),
			"min":  Value(glidebloom.TDigestMin(ctx, on, "{k}a"))(t),
			"mean": Value(glidebloom.TDigestTrimmedMean(ctx, on, "{k}a", 0, 1))(t),
			"rank": Value(glidebloom.TDigestByRank(ctx, on, "{k}a", 0))(t)[0],
			"cdf":  Value(glidebloom.TDigestCDF(ctx, on, "{k}a", 1))(t)[0],
		} {
			require.True(t, math.IsNaN(number), name)
		}
		require.Equal(t, []int64{-2}, Value(glidebloom.TDigestRank(ctx, on, "{k}a", 1))(t))
	})
}

// A server without the module answers with its own error.
func TestAServerWithoutTheModule(t *testing.T) {
	client := Plain(t)
	_, err := glidebloom.BFAdd(ctx, client, "k", "x")
	RequireServerError(t, err)
	require.ErrorContains(t, err, "unknown command")
}
