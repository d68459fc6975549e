package glidesearch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/command"
	. "github.com/valkey-glide/go/glide/internal/command/commandtest"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// What follows are replies as servers return them, and as the core makes them:
// names are strings, regardless of what kind of string the server returns.

// pairs is a map with RESP3, and with RESP2 what a script makes of it.
func pairs(kind func(...[]byte) []byte, parts ...any) []byte {
	var values [][]byte
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			values = append(values, String(part))
		case int:
			values = append(values, Int(int64(part)))
		case float64:
			values = append(values, Double(part))
		case []byte:
			values = append(values, part)
		}
	}
	return kind(values...)
}

// kinds are how RediSearch returns what has names.
var kinds = []struct {
	name string
	kind func(...[]byte) []byte
}{{"RediSearch with RESP3", Map}, {"RediSearch in a script with RESP2", Array}}

var found = SearchResult{Total: 5, Documents: []Document{
	{Key: "b", Fields: map[string]string{"x": "1", "__v_score": "0.5"}},
	{Key: "a", Fields: map[string]string{"$": `{"x":2}`}},
}}

var keyed = SearchResult{Total: 5, Documents: []Document{{Key: "b"}, {Key: "a"}}}

func TestFoundDocumentsAreReadInEveryForm(t *testing.T) {
	searching := search("i", "q")
	b, a := Strings("x", "1", "__v_score", "0.5"), Strings("$", `{"x":2}`)
	rows := []Reading{
		Reads("valkey-search, and RediSearch with RESP2", searching, Array(Int(5), String("b"), b, String("a"), a), found),
		Reads("what the core makes of it", searching, Array(Int(5), Map(String("b"), Map(String("x"), String("1"), String("__v_score"), String("0.5")), String("a"), Map(String("$"), String(`{"x":2}`)))), found),
		Reads("nothing", searching, Array(Int(0)), SearchResult{Documents: []Document{}}),
		Reads("nothing, made by the core", searching, Array(Int(0), Map()), SearchResult{Documents: []Document{}}),
		Reads("a count", searching, Array(Int(7)), SearchResult{Total: 7, Documents: []Document{}}),
		Reads("keys", search("i", "q", NoContent), Array(Int(5), String("b"), String("a")), keyed),
		Reads("keys, made by the core", search("i", "q", Return()), Array(Int(5), Map(String("b"), Map(), String("a"), Map())), keyed),
		Reads("sort keys", search("i", "q", WithSortKeys), Array(Int(1), String("b"), String("#1"), Strings("x", "1")), sorted(map[string]string{"x": "1"})),
		Reads("sort keys, made by the core", search("i", "q", WithSortKeys), Array(Int(1), Map(String("b"), Array(String("#1"), Map(String("x"), String("1"))))), sorted(map[string]string{"x": "1"})),
		Reads("sort keys without fields", search("i", "q", WithSortKeys, NoContent), Array(Int(1), String("b"), String("#1")), sorted(nil)),
		Reads("sort keys without fields, made by the core", search("i", "q", WithSortKeys, NoContent), Array(Int(1), Map(String("b"), Array(String("#1"), Map()))), sorted(nil)),
		Reads("everything", search("i", "q", WithScores, ExplainScore, WithPayloads, WithSortKeys),
			Array(Int(1), String("b"), Array(String("1.5"), Array(String("so"), Array(String("and so")))), Nil, String("$x"), Strings("x", "1")), everything),
	}
	for _, k := range kinds {
		whole := func(total int, results ...[]byte) []byte {
			return pairs(k.kind, "attributes", Array(), "total_results", total, "format", "STRING", "results", Array(results...), "warning", Strings())
		}
		document := func(key string, fields []byte) []byte {
			return pairs(k.kind, "id", key, "extra_attributes", fields, "values", Array())
		}
		rows = append(rows,
			Reads(k.name, searching, whole(5, document("b", pairs(k.kind, "x", "1", "__v_score", "0.5")), document("a", pairs(k.kind, "$", `{"x":2}`))), found),
			Reads(k.name+", nothing", searching, whole(0), SearchResult{Documents: []Document{}}),
			Reads(k.name+", keys", search("i", "q", NoContent), whole(5, pairs(k.kind, "id", "b", "values", Array()), pairs(k.kind, "values", Array(), "id", "a")), keyed),
			Reads(k.name+", everything", search("i", "q", WithScores, ExplainScore, WithPayloads, WithSortKeys), whole(1, pairs(k.kind, "id", "b",
				"score", Array(Double(1.5), Array(String("so"), Array(String("and so")))), "payload", Nil, "sortkey", "$x", "extra_attributes", pairs(k.kind, "x", "1"))), everything),
			Reads(k.name+", a warning", searching, pairs(k.kind, "total_results", 0, "results", Array(), "warning", Strings("Timeout limit was reached")),
				SearchResult{Documents: []Document{}, Warnings: []string{"Timeout limit was reached"}}),
		)
	}
	TestReadings(t, rows)
}

func sorted(fields map[string]string) SearchResult {
	return SearchResult{Total: 1, Documents: []Document{{Key: "b", SortKey: glide.Some("#1"), Fields: fields}}}
}

var everything = SearchResult{Total: 1, Documents: []Document{{
	Key: "b", Score: 1.5, Explanation: []any{"so", []any{"and so"}}, SortKey: glide.Some("$x"), Fields: map[string]string{"x": "1"},
}}}

func TestWhatTheCoreHasMixedUpIsAnError(t *testing.T) {
	for _, cmd := range []command.Command[SearchResult]{search("i", "q", WithScores, NoContent), search("i", "q", WithPayloads)} {
		_, err := Define(cmd).Reply(Array(Int(1), Map(String("b"), Map(), String("1.5"), Map())))
		var unexpected *wire.TypeError
		require.ErrorAs(t, err, &unexpected)
	}
}

func TestRowsAreReadInEveryForm(t *testing.T) {
	aggregating := aggregate("i", "q")
	rows := []Row{{"g": "a", "n": "2", "l": []any{"x", "y"}}, {"g": nil}}
	first := [][]byte{String("g"), String("a"), String("n"), String("2"), String("l"), Strings("x", "y")}
	second := [][]byte{String("g"), Nil}
	readings := []Reading{
		Reads("valkey-search, and RediSearch with RESP2", aggregating, Array(Int(9), Array(first...), Array(second...)), rows),
		Reads("what the core makes of it", aggregating, Array(Map(first...), Map(second...)), rows),
		Reads("nothing", aggregating, Array(Int(0)), []Row{}),
		Reads("nothing, made by the core", aggregating, Array(), []Row{}),
		Reads("numbers", aggregating, Array(Map(String("i"), Int(2), String("d"), Double(0.5))), []Row{{"i": "2", "d": "0.5"}}),
	}
	for _, k := range kinds {
		row := func(parts ...[]byte) []byte {
			return pairs(k.kind, "extra_attributes", k.kind(parts...), "values", Array())
		}
		readings = append(readings,
			Reads(k.name, aggregating, pairs(k.kind, "attributes", Array(), "total_results", 9, "results", Array(row(first...), row(second...)), "warning", Array()), rows),
			Reads(k.name+", nothing", aggregating, pairs(k.kind, "total_results", 0, "results", Array()), []Row{}))
	}
	TestReadings(t, readings)
}

func TestIndexesAreReadInEveryForm(t *testing.T) {
	text := FieldInfo{Name: "t", As: "t", Type: "TEXT", Flags: []string{"SORTABLE", "NOSTEM"}, Weight: 2}
	tag := FieldInfo{Name: "$.g", As: "g", Type: "TAG", Separator: ","}
	graph := FieldInfo{Name: "v", As: "v", Type: "VECTOR", Vector: VectorInfo{Algorithm: "HNSW", Type: Float32, Dimensions: 2, Metric: L2, M: 16, EFConstruction: 200}}
	want := IndexInfo{Name: "i", KeyType: "HASH", Prefixes: []string{"h:"}, Fields: []FieldInfo{text, tag, graph}, Documents: 2, Records: 8, Terms: 3, Indexed: 1}

	require.Equal(t, want, described(t, Array( // RediSearch with RESP2
		String("index_name"), String("i"), String("index_options"), Array(),
		String("index_definition"), Array(String("key_type"), String("HASH"), String("prefixes"), Strings("h:"), String("default_score"), String("1")),
		String("attributes"), Array(
			Strings("identifier", "t", "attribute", "t", "type", "TEXT", "WEIGHT", "2", "SORTABLE", "NOSTEM"),
			Strings("identifier", "$.g", "attribute", "g", "type", "TAG", "SEPARATOR", ","),
			Array(String("identifier"), String("v"), String("attribute"), String("v"), String("type"), String("VECTOR"), String("algorithm"), String("HNSW"), String("data_type"), String("FLOAT32"),
				String("dim"), Int(2), String("distance_metric"), String("L2"), String("M"), Int(16), String("ef_construction"), Int(200))),
		String("num_docs"), Int(2), String("num_terms"), Int(3), String("num_records"), String("8"), String("indexing"), Int(0), String("percent_indexed"), String("1"),
		String("hash_indexing_failures"), Int(0))))
	for _, k := range kinds {
		require.Equal(t, want, described(t, pairs(k.kind,
			"index_name", "i", "index_options", Array(), "index_definition", pairs(k.kind, "key_type", "HASH", "prefixes", Strings("h:"), "default_score", 1.0),
			"attributes", Array(
				pairs(k.kind, "identifier", "t", "attribute", "t", "type", "TEXT", "WEIGHT", 2.0, "flags", Strings("SORTABLE", "NOSTEM")),
				pairs(k.kind, "identifier", "$.g", "attribute", "g", "type", "TAG", "SEPARATOR", ",", "flags", Array()),
				pairs(k.kind, "identifier", "v", "attribute", "v", "type", "VECTOR", "algorithm", "HNSW", "data_type", "FLOAT32", "dim", 2, "distance_metric", "L2", "M", 16, "ef_construction", 200, "flags", Array())),
			"num_docs", 2, "num_terms", 3, "num_records", 8, "indexing", 0, "percent_indexed", 1.0)), k.name)
	}

	want.Fields = []FieldInfo{tag, graph}
	want.Fields[1].Vector.EFRuntime = 10
	require.Equal(t, want, described(t, Map( // valkey-search, and what the core makes of it
		String("index_name"), String("i"), String("index_options"), Array(),
		String("index_definition"), Array(String("key_type"), String("HASH"), String("prefixes"), Strings("h:"), String("default_score"), String("1")),
		String("attributes"), Array(
			Array(String("identifier"), String("$.g"), String("attribute"), String("g"), String("type"), String("TAG"), String("SEPARATOR"), String(","), String("size"), String("2")),
			Array(String("identifier"), String("v"), String("attribute"), String("v"), String("type"), String("VECTOR"), String("index"), Array(
				String("capacity"), Int(1000), String("dimensions"), Int(2), String("distance_metric"), String("L2"), String("size"), String("2"), String("data_type"), String("FLOAT32"),
				String("algorithm"), Array(String("name"), String("HNSW"), String("m"), Int(16), String("ef_construction"), Int(200), String("ef_runtime"), Int(10))))),
		String("num_docs"), String("2"), String("num_terms"), String("3"), String("num_records"), String("8"), String("hash_indexing_failures"), String("0"),
		String("backfill_in_progress"), String("0"), String("backfill_complete_percent"), String("1.000000"), String("state"), String("ready"))))

	require.Equal(t, IndexInfo{Name: "i", KeyType: "HASH", Prefixes: []string{"h:"}, Fields: []FieldInfo{{Name: "v", As: "V", Type: "VECTOR",
		Vector: VectorInfo{Algorithm: "HNSW", Type: Float32, Dimensions: 2}}}, Documents: 2}, described(t, Map( // Amazon MemoryDB
		String("index_name"), String("i"), String("key_type"), String("HASH"), String("key_prefixes"), Strings("h:"),
		String("fields"), Array(Map(String("identifier"), String("v"), String("field_name"), String("V"), String("type"), String("VECTOR"), String("option"), String(""),
			String("vector_params"), Map(String("algorithm"), String("HNSW"), String("data_type"), String("FLOAT32"), String("dimension"), Int(2)))),
		String("num_docs"), Int(2))))
}

// described is an index without its details.
func described(t *testing.T, reply []byte) IndexInfo {
	t.Helper()
	read, err := Define(info("i")).Reply(reply)
	require.NoError(t, err)
	index := read.(IndexInfo)
	require.Equal(t, "i", index.Details["index_name"])
	index.Details = nil
	for length := range reply {
		_, err := Define(info("i")).Reply(reply[:length])
		require.Error(t, err, "a reply that breaks off")
	}
	return index
}

func TestProfilesAreReadInEveryForm(t *testing.T) {
	profile := Profile{
		Total: 3 * time.Millisecond, Parsing: time.Millisecond / 2, PipelineCreation: 0, Warnings: []string{"slow"},
		Iterators: []ProfileStep{{Type: "UNION", Time: time.Millisecond, Count: 2, Children: []ProfileStep{
			{Type: "TEXT", Count: 2, Details: map[string]string{"Term": "q", "Size": "2"}}, {Type: "NOT", Children: []ProfileStep{{Type: "TEXT"}}},
		}}},
		Processors: []ProfileStep{{Type: "Index", Count: 2}, {Type: "Loader", Count: 2}},
	}
	searching, aggregating := profileSearch("i", "q", NoContent), profileAggregate("i", "q")
	rows := []Reading{
		Reads("RediSearch with RESP2", searching, Array(Array(Int(5), String("b"), String("a")), Array(
			Strings("Total profile time", "3"), Strings("Parsing time", "0.5"), Strings("Pipeline creation time", "0"), Strings("Warning", "slow"),
			Array(String("Iterators profile"), Array(String("Type"), String("UNION"), String("Time"), String("1"), String("Counter"), Int(2),
				String("Child iterators"), Array(String("Type"), String("TEXT"), String("Term"), String("q"), String("Time"), String("0"), String("Counter"), Int(2), String("Size"), Int(2)),
				Array(String("Type"), String("NOT"), String("Time"), String("0"), String("Counter"), Int(0), String("Child iterator"), Strings("Type", "TEXT", "Time", "0")))),
			Array(String("Result processors profile"), Array(String("Type"), String("Index"), String("Time"), String("0"), String("Counter"), Int(2)),
				Array(String("Type"), String("Loader"), String("Time"), String("0"), String("Counter"), Int(2))))),
			SearchProfile{keyed, profile}),
	}
	for _, k := range kinds {
		profiled := pairs(k.kind, "Total profile time", 3.0, "Parsing time", 0.5, "Pipeline creation time", 0.0, "Warning", "slow",
			"Iterators profile", Array(pairs(k.kind, "Type", "UNION", "Time", 1.0, "Counter", 2,
				"Child iterators", Array(pairs(k.kind, "Type", "TEXT", "Term", "q", "Time", 0.0, "Counter", 2, "Size", 2),
					pairs(k.kind, "Type", "NOT", "Counter", 0, "Child iterator", pairs(k.kind, "Type", "TEXT"))))),
			"Result processors profile", Array(pairs(k.kind, "Type", "Index", "Time", 0.0, "Counter", 2), pairs(k.kind, "Type", "Loader", "Time", 0.0, "Counter", 2)))
		results := Array(pairs(k.kind, "id", "b"), pairs(k.kind, "id", "a"))
		row := Array(pairs(k.kind, "extra_attributes", pairs(k.kind, "n", "2")))
		rows = append(rows,
			Reads(k.name, searching, pairs(k.kind, "total_results", 5, "results", results, "warning", Array(), "profile", profiled), SearchProfile{keyed, profile}),
			Reads(k.name+", of Redis 8", searching, pairs(k.kind, "Results", pairs(k.kind, "total_results", 5, "results", results), "Profile", pairs(k.kind, "Shards", Array(profiled), "Coordinator", k.kind())),
				SearchProfile{keyed, profile}),
			Reads(k.name+", rows", aggregating, pairs(k.kind, "profile", profiled, "total_results", 1, "results", row), AggregateProfile{[]Row{{"n": "2"}}, profile}))
	}
	TestReadings(t, rows)
}

func TestListsAreReadInEveryForm(t *testing.T) {
	TestReadings(t, []Reading{
		Reads("with RESP2, and valkey-search", list(), Strings("a", "b"), []string{"a", "b"}),
		Reads("with RESP3", list(), SetOf(String("a")), []string{"a"}),
		Reads("aliases", aliasList(), Map(String("a"), String("i")), map[string]string{"a": "i"}),
		Reads("aliases with RESP2", aliasList(), Strings("a", "i"), map[string]string{"a": "i"}),
		Reads("an explanation", explain("i", "q"), String("q\n"), "q\n"),
		Reads("lines", explainCLI("i", "q"), Strings("q", ""), []string{"q", ""}),
	})
}
