package glidesearch_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidejson"
	"github.com/valkey-glide/go/glide/glidesearch"
	"github.com/valkey-glide/go/glide/internal/moduletest"
)

func TestBadQueries(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		moduletest.HSet(t, on, "{k}:1", map[string]string{"v": glidesearch.EncodeVector([]float32{1, 2}), "n": "1"})
		index := created(t, on, []glidesearch.Field{
			glidesearch.FlatField{Name: "v", Dimensions: 2, Metric: glidesearch.L2}, glidesearch.NumericField{Name: "n"},
		})
		nearest := func(vector ...float32) error {
			_, err := glidesearch.Search(ctx, on, index, "*=>[KNN 1 @v $near]", glidesearch.Vector("near", vector), glidesearch.Dialect(2))
			return err
		}
		require.NoError(t, nearest(1, 2))
		moduletest.RequireServerError(t, nearest(1, 2, 3))
		moduletest.RequireServerError(t, nearest(1))
		require.ErrorIs(t, nearest(1, float32(math.NaN())), glide.ErrInvalidArgument)
		require.ErrorIs(t, nearest(), glide.ErrInvalidArgument)

		for _, query := range []string{"@n:[1", "(", "@none:{x", "*=>[KNN 1 @v $none]", "*=>[KNN 1 @n $near]", "@n:[a b]"} {
			_, err := glidesearch.Search(ctx, on, index, query, glidesearch.Dialect(2))
			moduletest.RequireServerError(t, err)
			_, err = glidesearch.Aggregate(ctx, on, index, query, glidesearch.Dialect(2))
			moduletest.RequireServerError(t, err)
		}
		_, err := glidesearch.Aggregate(ctx, on, index, "*", glidesearch.Apply("no such function(", "x"))
		moduletest.RequireServerError(t, err)
	})
}

func TestIndexesThatAreNotThere(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		const index = "{k}none"
		_, searched := glidesearch.Search(ctx, on, index, "x")
		_, aggregated := glidesearch.Aggregate(ctx, on, index, "x")
		_, described := glidesearch.Info(ctx, on, index)
		_, explained := glidesearch.Explain(ctx, on, index, "x")
		_, profiled := glidesearch.ProfileSearch(ctx, on, index, "x")
		for _, err := range []error{searched, aggregated, described, explained, profiled, glidesearch.DropIndex(ctx, on, index), glidesearch.AliasAdd(ctx, on, "{k}alias", index)} {
			moduletest.RequireServerError(t, err)
		}
	})
}

func TestDocumentsThatDoNotFitAreNotIndexed(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		index := created(t, on, []glidesearch.Field{glidesearch.FlatField{Name: "$.v", As: "v", Dimensions: 2, Metric: glidesearch.L2}}, glidesearch.OnJSON)
		for key, vector := range map[string]any{"{k}:1": []float32{1, 2}, "{k}:2": []float32{1, 2, 3}, "{k}:3": "text"} {
			moduletest.Value(glidejson.Set(ctx, on, key, "$", map[string]any{"v": vector}))(t)
		}
		info := moduletest.Value(glidesearch.Info(ctx, on, index))(t)
		require.EqualValues(t, 1, info.Documents)
		require.EqualValues(t, 2, info.Failures)
	})
}

func TestLargeDocumentsAreFound(t *testing.T) {
	for _, protocol := range []glide.Protocol{glide.RESP3, glide.RESP2} {
		client := suite.Client(t, protocol)
		hostile := "\x00\r\n$3\r\nfoo\xff " + strings.Repeat("0123456789", 1_000_000)
		require.EqualValues(t, 2, moduletest.Value(client.HSet(ctx, "{k}:1", map[string]string{"n": "1", "text": hostile}))(t))
		index := created(t, client, []glidesearch.Field{glidesearch.NumericField{Name: "n"}})
		batch := glide.NewPipeline()
		glidesearch.In(batch).Search(index, "@n:[1 1]")
		batched := moduletest.Value(glide.Result[glidesearch.SearchResult](moduletest.Value(client.Exec(ctx, batch))(t), 0))(t)
		for _, found := range []glidesearch.SearchResult{moduletest.Value(glidesearch.Search(ctx, client, index, "@n:[1 1]"))(t), batched} {
			require.True(t, hostile == found.Documents[0].Fields["text"])
		}
	}
}

// The replies of a search that the core cannot convert fail no other client in a
// batch, and a batch is run but once.
func TestABatchOfQueriesAndOthers(t *testing.T) {
	for _, protocol := range []glide.Protocol{glide.RESP3, glide.RESP2} {
		client := suite.Client(t, protocol)
		index := created(t, client, schema)
		transaction, pipeline := glide.NewTransaction(), glide.NewPipeline()
		transaction.Incr("count").HSet("{k}:1", books["{k}:1"])
		glidesearch.In(transaction).Search(index, "sea", glidesearch.WithScores).Search("none", "sea").Info(index)
		transaction.HGetAll("{k}:1").Incr("count")
		pipeline.Incr("count").HSet("{k}:1", books["{k}:1"])
		glidesearch.In(pipeline).Search(index, "sea", glidesearch.WithScores).Search("none", "sea").Info(index)
		pipeline.HGetAll("{k}:1").Incr("count")
		for i, batch := range []glide.Batch{transaction, pipeline} {
			results := moduletest.Value(client.Exec(ctx, batch))(t)
			require.Equal(t, 7, results.Len())
			found := moduletest.Value(glide.Result[glidesearch.SearchResult](results, 2))(t)
			require.Equal(t, books["{k}:1"], found.Documents[0].Fields)
			moduletest.RequireServerError(t, results.Err(3))
			require.EqualValues(t, 1, moduletest.Value(glide.Result[glidesearch.IndexInfo](results, 4))(t).Documents)
			require.Equal(t, books["{k}:1"], moduletest.Value(glide.Result[map[string]string](results, 5))(t))
			require.EqualValues(t, 2*(i+1), moduletest.Value(glide.Result[int64](results, 6))(t))
		}
	}
}
