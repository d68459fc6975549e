package glidesearch_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidesearch"
	"github.com/valkey-glide/go/glide/internal/moduletest"
)

func TestAggregating(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		storeBooks(t, on)
		index := created(t, on, schema)
		rows := func(query string, clauses ...glidesearch.Clause) []glidesearch.Row {
			t.Helper()
			return moduletest.Value(glidesearch.Aggregate(ctx, on, index, query, clauses...))(t)
		}
		require.Equal(t, []glidesearch.Row{}, rows("mountain"))
		require.Equal(t, []glidesearch.Row{{"century": "18", "books": "1"}, {"century": "19", "books": "1"}, {"century": "20", "books": "1"}},
			rows("*", glidesearch.Load("@year"), glidesearch.Apply("floor(@year/100)", "century"),
				glidesearch.GroupBy([]string{"@century"}, glidesearch.Count().As("books")),
				glidesearch.OrderBy(glidesearch.Sorting{Field: "@century", Order: glidesearch.Ascending})))
		require.Equal(t, []glidesearch.Row{{"title": "Cooking for two", "when": "2010"}},
			rows("*", glidesearch.LoadAs(glidesearch.Renamed{Name: "@title"}, glidesearch.Renamed{Name: "@year", As: "when"}),
				glidesearch.TopBy(2, glidesearch.Sorting{Field: "@when", Order: glidesearch.Descending}),
				glidesearch.Having("@when>1900"), glidesearch.Limit(0, 1), glidesearch.Timeout(10*time.Second), glidesearch.Verbatim))
		require.Len(t, rows("sea", glidesearch.LoadAll)[0], 4)
		require.Len(t, rows("@year:[$from 2000]", glidesearch.Load("@year"), glidesearch.Parameter("from", "1900"), glidesearch.Dialect(2)), 1)

		all := rows("*", glidesearch.GroupBy(nil,
			glidesearch.Count().As("count"), glidesearch.CountDistinct("@year").As("distinct"), glidesearch.CountDistinctish("@year").As("about"),
			glidesearch.Sum("@year").As("sum"), glidesearch.Min("@year").As("min"), glidesearch.Max("@year").As("max"), glidesearch.Avg("@year").As("avg"),
			glidesearch.StdDev("@year").As("deviation"), glidesearch.Quantile("@year", 0.5).As("median"),
			glidesearch.FirstValue("@year").As("first"), glidesearch.FirstValueBy("@year", "@year", glidesearch.Descending).As("latest"),
			glidesearch.RandomSample("@year", 2).As("sample"), glidesearch.ToList("@year").As("list")))[0]
		require.ElementsMatch(t, []any{"1870", "1952", "2010"}, all["list"])
		require.Len(t, all["sample"], 2)
		for name, value := range map[string]string{"count": "3", "distinct": "3", "about": "3", "sum": "5832", "min": "1870", "max": "2010", "avg": "1944", "median": "1952", "latest": "2010"} {
			require.Equal(t, value, all[name], name)
		}
		require.Contains(t, all["deviation"], "70.3")
	})
}
