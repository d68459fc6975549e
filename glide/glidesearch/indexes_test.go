package glidesearch_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidesearch"
	"github.com/valkey-glide/go/glide/internal/moduletest"
)

func TestIndexesAreDescribed(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		storeBooks(t, on)
		index := created(t, on, append(schema,
			glidesearch.TagField{Name: "code", Separator: ";", CaseSensitive: true, Sortable: true, Unnormalized: true},
			glidesearch.FlatField{Name: "flat", As: "f", Dimensions: 3, Metric: glidesearch.L2, Type: glidesearch.Float64, InitialCap: 10, BlockSize: 64},
			glidesearch.HNSWField{Name: "graph", Dimensions: 2, Metric: glidesearch.Cosine, InitialCap: 10, M: 8, EFConstruction: 50, EFRuntime: 20, Epsilon: 0.1},
		), glidesearch.NoOffsets, glidesearch.NoFrequencies)
		info := moduletest.Value(glidesearch.Info(ctx, on, index))(t)
		require.Equal(t, index, info.Name)
		require.Equal(t, "HASH", info.KeyType)
		require.Equal(t, []string{"{k}:"}, info.Prefixes)
		require.EqualValues(t, 3, info.Documents)
		require.Positive(t, info.Records)
		require.Zero(t, info.Failures)
		require.False(t, info.Indexing)
		require.Equal(t, 1.0, info.Indexed)
		require.NotEmpty(t, info.Details)
		require.Len(t, info.Fields, 7)
		title := info.Fields[0]
		require.Equal(t, "title", title.Name)
		require.Equal(t, "title", title.As)
		require.Equal(t, "TEXT", title.Type)
		require.Equal(t, 2.0, title.Weight)
		require.Contains(t, title.Flags, "SORTABLE")
		code := info.Fields[4]
		require.Equal(t, ";", code.Separator)
		require.ElementsMatch(t, []string{"CASESENSITIVE", "SORTABLE", "UNF"}, code.Flags)
		flat := info.Fields[5]
		require.Equal(t, "f", flat.As)
		require.Equal(t, glidesearch.VectorInfo{Algorithm: "FLAT", Type: glidesearch.Float64, Dimensions: 3, Metric: glidesearch.L2}, flat.Vector)
		graph := info.Fields[6].Vector
		require.Equal(t, "HNSW", graph.Algorithm)
		require.Equal(t, 8, graph.M)
		require.Equal(t, 50, graph.EFConstruction)
	})
}

func TestIndexesComeAndGo(t *testing.T) {
	suite.Needs(t, "FT.ALIASADD", "FT.ALTER")
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		storeBooks(t, on)
		index := created(t, on, schema, glidesearch.Temporary(time.Hour), glidesearch.SkipInitialScan)
		require.ErrorContains(t, glidesearch.Create(ctx, on, index, schema), "already exists")
		require.NoError(t, glidesearch.Alter(ctx, on, index, glidesearch.TagField{Name: "shelf"}))
		require.Len(t, moduletest.Value(glidesearch.Info(ctx, on, index))(t).Fields, 5)

		require.NoError(t, glidesearch.AliasAdd(ctx, on, "{k}alias", index))
		moduletest.RequireServerError(t, glidesearch.AliasAdd(ctx, on, "{k}alias", index))
		require.NoError(t, glidesearch.AliasUpdate(ctx, on, "{k}alias", index))
		require.Equal(t, index, moduletest.Value(glidesearch.Info(ctx, on, "{k}alias"))(t).Name)
		require.NoError(t, glidesearch.AliasDel(ctx, on, "{k}alias"))
		moduletest.RequireServerError(t, glidesearch.AliasDel(ctx, on, "{k}alias"))

		require.NoError(t, glidesearch.DropIndex(ctx, on, index))
		moduletest.RequireServerError(t, glidesearch.DropIndex(ctx, on, index))
		_, err := glidesearch.Info(ctx, on, index)
		moduletest.RequireServerError(t, err)
		index = created(t, on, schema)
		require.NoError(t, glidesearch.DropIndex(ctx, on, index, glidesearch.DeleteDocuments))
		index = created(t, on, schema)
		require.Zero(t, moduletest.Value(glidesearch.Search(ctx, on, index, "*"))(t).Total)
	})
}

func TestIndexesAreListed(t *testing.T) {
	for _, protocol := range []glide.Protocol{glide.RESP3, glide.RESP2} {
		client := suite.Client(t, protocol)
		require.Empty(t, moduletest.Value(glidesearch.List(ctx, client))(t))
		created(t, client, schema)
		require.NoError(t, glidesearch.Create(ctx, client, "other", schema))
		require.ElementsMatch(t, []string{"{k}index", "other"}, moduletest.Value(glidesearch.List(ctx, client))(t))
		batch := glide.NewTransaction()
		glidesearch.In(batch).List().DropIndex("other").List()
		results := moduletest.Value(client.Exec(ctx, batch, glide.FailOnError))(t)
		require.Len(t, moduletest.Value(glide.Result[[]string](results, 0))(t), 2)
		require.Equal(t, []string{"{k}index"}, moduletest.Value(glide.Result[[]string](results, 2))(t))
	}
}

func TestQueriesAreExplainedAndProfiled(t *testing.T) {
	suite.Needs(t, "FT.EXPLAIN", "FT.PROFILE")
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		storeBooks(t, on)
		index := created(t, on, schema)
		require.Contains(t, moduletest.Value(glidesearch.Explain(ctx, on, index, "sea @year:[$from 2000]", glidesearch.Parameter("from", "1900"), glidesearch.Dialect(2)))(t), "1900")
		require.NotEmpty(t, moduletest.Value(glidesearch.ExplainCLI(ctx, on, index, "sea"))(t))

		searched := moduletest.Value(glidesearch.ProfileSearch(ctx, on, index, "sea @year:[1000 2000]", glidesearch.NoContent, glidesearch.WithScores))(t)
		require.EqualValues(t, 2, searched.Result.Total)
		require.ElementsMatch(t, []string{"{k}:1", "{k}:2"}, keysOf(searched.Result))
		require.Positive(t, searched.Result.Documents[0].Score)
		require.Len(t, searched.Profile.Iterators, 1)
		require.Equal(t, "INTERSECT", searched.Profile.Iterators[0].Type)
		require.EqualValues(t, 2, searched.Profile.Iterators[0].Count)
		require.NotEmpty(t, searched.Profile.Iterators[0].Children)
		require.NotEmpty(t, searched.Profile.Processors)
		require.Equal(t, "Index", searched.Profile.Processors[0].Type)

		rows := moduletest.Value(glidesearch.ProfileAggregate(ctx, on, index, "sea", glidesearch.GroupBy(nil, glidesearch.Count().As("books"))))(t)
		require.Equal(t, []glidesearch.Row{{"books": "2"}}, rows.Rows)
		require.NotEmpty(t, rows.Profile.Processors)
	})
}
