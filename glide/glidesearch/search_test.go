package glidesearch_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidesearch"
	"github.com/valkey-glide/go/glide/internal/moduletest"
)

// books are hashes.
var books = map[string]map[string]string{
	"{k}:1": {"title": "The old sea", "genre": "novel,classic", "year": "1952", "place": "-82.36,23.11"},
	"{k}:2": {"title": "Under the sea", "genre": "novel", "year": "1870", "place": "2.35,48.85"},
	"{k}:3": {"title": "Cooking for two", "genre": "cookbook", "year": "2010", "place": "2.36,48.86"},
}

var schema = []glidesearch.Field{
	glidesearch.TextField{Name: "title", Weight: 2, Sortable: true},
	glidesearch.TagField{Name: "genre"},
	glidesearch.NumericField{Name: "year", Sortable: true},
	glidesearch.GeoField{Name: "place"},
}

// storeBooks stores them on the face that the test runs on.
func storeBooks(t *testing.T, on glide.Commander) {
	t.Helper()
	for key, fields := range books {
		moduletest.HSet(t, on, key, fields)
	}
}

func TestSearching(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		storeBooks(t, on)
		index := created(t, on, schema)

		found := moduletest.Value(glidesearch.Search(ctx, on, index, "sea", glidesearch.SortBy("year", glidesearch.Ascending)))(t)
		require.EqualValues(t, 2, found.Total)
		require.Equal(t, []string{"{k}:2", "{k}:1"}, keysOf(found))
		for _, document := range found.Documents {
			require.Equal(t, books[document.Key], document.Fields)
			require.Zero(t, document.Score)
			require.True(t, document.SortKey.IsNil())
		}
		require.Empty(t, found.Warnings)

		nothing := moduletest.Value(glidesearch.Search(ctx, on, index, "mountain"))(t)
		require.Equal(t, glidesearch.SearchResult{Documents: []glidesearch.Document{}}, nothing)
		count := moduletest.Value(glidesearch.Search(ctx, on, index, "sea", glidesearch.Limit(0, 0)))(t)
		require.Equal(t, glidesearch.SearchResult{Total: 2, Documents: []glidesearch.Document{}}, count)

		for query, keys := range map[string][]string{
			"@genre:{novel}": {"{k}:1", "{k}:2"}, "@year:[1900 2000]": {"{k}:1"}, "-@genre:{novel}": {"{k}:3"},
			"@place:[2.35 48.85 10 km]": {"{k}:2", "{k}:3"}, "*": {"{k}:1", "{k}:2", "{k}:3"},
		} {
			require.ElementsMatch(t, keys, keysOf(moduletest.Value(glidesearch.Search(ctx, on, index, query))(t)), query)
		}
	})
}

func TestWhatASearchGives(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		storeBooks(t, on)
		index := created(t, on, schema)
		search := func(options ...glidesearch.SearchOption) []glidesearch.Document {
			t.Helper()
			options = append(options, glidesearch.SortBy("year", glidesearch.Descending), glidesearch.Timeout(10*time.Second))
			found := moduletest.Value(glidesearch.Search(ctx, on, index, "sea", options...))(t)
			require.EqualValues(t, 2, found.Total)
			return found.Documents
		}
		keyed := []glidesearch.Document{{Key: "{k}:1"}, {Key: "{k}:2"}}
		require.Equal(t, keyed, search(glidesearch.NoContent))
		require.Equal(t, keyed, search(glidesearch.Return()))
		require.Equal(t, keyed[1:], search(glidesearch.NoContent, glidesearch.Limit(1, 1)))
		require.Equal(t, map[string]string{"year": "1952"}, search(glidesearch.Return("year"))[0].Fields)
		require.Equal(t, map[string]string{"when": "1870", "genre": "novel"}, search(glidesearch.ReturnAs(glidesearch.Renamed{Name: "year", As: "when"}, glidesearch.Renamed{Name: "genre"}))[1].Fields)

		withKeys := search(glidesearch.WithSortKeys)
		require.Equal(t, glide.Some("#1952"), withKeys[0].SortKey)
		require.Equal(t, books["{k}:1"], withKeys[0].Fields)
		require.Equal(t, []glidesearch.Document{{Key: "{k}:1", SortKey: glide.Some("#1952")}, {Key: "{k}:2", SortKey: glide.Some("#1870")}},
			search(glidesearch.WithSortKeys, glidesearch.NoContent))

		scored := search(glidesearch.WithScores)
		require.Positive(t, scored[0].Score)
		require.Equal(t, books["{k}:2"], scored[1].Fields)
		require.Nil(t, scored[0].Explanation)
		explained := search(glidesearch.WithScores, glidesearch.ExplainScore, glidesearch.WithSortKeys, glidesearch.WithPayloads, glidesearch.NoContent, glidesearch.Scorer("BM25"))
		require.Positive(t, explained[1].Score)
		require.NotEmpty(t, explained[1].Explanation)
		require.True(t, explained[1].Payload.IsNil())
		require.Equal(t, glide.Some("#1870"), explained[1].SortKey)
	})
}

func TestSearchOptions(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		storeBooks(t, on)
		index := created(t, on, schema, glidesearch.OnHash, glidesearch.Language("english"), glidesearch.Score(0.5), glidesearch.StopWords("for", "the"), glidesearch.MaxTextFields)
		for what, query := range map[string]struct {
			query   string
			options []glidesearch.SearchOption
			keys    []string
		}{
			"other words of the stem": {"cook", nil, []string{"{k}:3"}},
			"verbatim":                {"cook", []glidesearch.SearchOption{glidesearch.Verbatim}, []string{}},
			"a range":                 {"*", []glidesearch.SearchOption{glidesearch.InRange("year", 1900, 1960)}, []string{"{k}:1"}},
			"keys":                    {"*", []glidesearch.SearchOption{glidesearch.InKeys("{k}:3", "{k}:none")}, []string{"{k}:3"}},
			"fields":                  {"sea", []glidesearch.SearchOption{glidesearch.InFields("title")}, []string{"{k}:1", "{k}:2"}},
			"near":                    {"*", []glidesearch.SearchOption{glidesearch.Within("place", 2.35, 48.85, 100, "m")}, []string{"{k}:2"}},
			"order":                   {"sea under", []glidesearch.SearchOption{glidesearch.InOrder, glidesearch.Slop(5)}, []string{}},
			"slop":                    {"under sea", []glidesearch.SearchOption{glidesearch.InOrder, glidesearch.Slop(1), glidesearch.Language("english"), glidesearch.NoStopWords}, []string{"{k}:2"}},
			"parameters":              {"@year:[$from $to]", []glidesearch.SearchOption{glidesearch.Dialect(2), glidesearch.Parameter("from", "2000"), glidesearch.Parameter("to", "2020")}, []string{"{k}:3"}},
		} {
			require.ElementsMatch(t, query.keys, keysOf(moduletest.Value(glidesearch.Search(ctx, on, index, query.query, query.options...))(t)), what)
		}
		marked := moduletest.Value(glidesearch.Search(ctx, on, index, "cooking", glidesearch.Highlight(glidesearch.Highlighting{Fields: []string{"title"}, Open: "[", Close: "]"})))(t)
		require.Equal(t, "[Cooking] for two", marked.Documents[0].Fields["title"])
		short := moduletest.Value(glidesearch.Search(ctx, on, index, "cooking", glidesearch.Summarize(glidesearch.Summary{Fields: []string{"title"}, Fragments: 1, Length: 1, Separator: "~"})))(t)
		require.Contains(t, short.Documents[0].Fields["title"], "~")
	})
}

func TestJSONDocuments(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		moduletest.Do(t, on, "JSON.SET", "{k}:1", "$", `{"title":"Under the sea","tags":["novel","old"],"year":1870}`)
		index := created(t, on, []glidesearch.Field{
			glidesearch.TextField{Name: "$.title", As: "title"},
			glidesearch.TagField{Name: "$.tags[*]", As: "tag"},
			glidesearch.NumericField{Name: "$.year", As: "year"},
		}, glidesearch.OnJSON)
		found := moduletest.Value(glidesearch.Search(ctx, on, index, "@tag:{old} @year:[1800 1900]"))(t)
		require.EqualValues(t, 1, found.Total)
		require.JSONEq(t, `{"title":"Under the sea","tags":["novel","old"],"year":1870}`, found.Documents[0].Fields["$"])
		found = moduletest.Value(glidesearch.Search(ctx, on, index, "sea", glidesearch.ReturnAs(glidesearch.Renamed{Name: "$.year", As: "when"}, glidesearch.Renamed{Name: "title"})))(t)
		require.Equal(t, map[string]string{"when": "1870", "title": "Under the sea"}, found.Documents[0].Fields)
	})
}
