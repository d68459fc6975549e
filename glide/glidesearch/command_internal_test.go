package glidesearch

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/command"
	. "github.com/valkey-glide/go/glide/internal/command/commandtest"
	"github.com/valkey-glide/go/glide/internal/moduletest"
)

var oneField = []Field{TagField{Name: "t"}}

// creates is what a field sends.
func creates(field Field, words string) Sending {
	return Sends(create("i", []Field{field}), "FT.CREATE i SCHEMA "+words)
}

// options is what options of Create send.
func options(words string, options ...CreateOption) Sending {
	return Sends(create("i", oneField, options...), "FT.CREATE i "+words+" SCHEMA t TAG")
}

// searches is what options of Search send.
func searches(words string, options ...SearchOption) Sending {
	return Sends(search("i", "q", options...), "FT.SEARCH i q "+words)
}

// aggregates is what clauses of Aggregate send.
func aggregates(words string, clauses ...Clause) Sending {
	return Sends(aggregate("i", "q", clauses...), "FT.AGGREGATE i q "+words)
}

var sendings = []Sending{
	creates(TextField{Name: "f"}, "f TEXT"),
	creates(TextField{Name: "$.f", As: "a", Weight: 1.5, NoStem: true, Phonetic: "dm:en", WithSuffixTrie: true, MinStemSize: 3, Sortable: true, Unnormalized: true, NoIndex: true, IndexEmpty: true, IndexMissing: true},
		"$.f AS a TEXT NOSTEM WEIGHT 1.5 PHONETIC dm:en WITHSUFFIXTRIE MINSTEMSIZE 3 INDEXEMPTY INDEXMISSING SORTABLE UNF NOINDEX"),
	creates(TextField{Name: "f", NoSuffixTrie: true}, "f TEXT NOSUFFIXTRIE"),
	creates(TagField{Name: "f", As: "a", Separator: ";", CaseSensitive: true, WithSuffixTrie: true, Sortable: true, Unnormalized: true, NoIndex: true, IndexEmpty: true, IndexMissing: true},
		"f AS a TAG SEPARATOR ; CASESENSITIVE WITHSUFFIXTRIE INDEXEMPTY INDEXMISSING SORTABLE UNF NOINDEX"),
	creates(NumericField{Name: "f", As: "a", Sortable: true, NoIndex: true, IndexMissing: true}, "f AS a NUMERIC INDEXMISSING SORTABLE NOINDEX"),
	creates(GeoField{Name: "f", As: "a", Sortable: true, NoIndex: true, IndexMissing: true}, "f AS a GEO INDEXMISSING SORTABLE NOINDEX"),
	creates(GeoShapeField{Name: "f"}, "f GEOSHAPE SPHERICAL"),
	creates(GeoShapeField{Name: "f", As: "a", Flat: true, NoIndex: true, IndexMissing: true}, "f AS a GEOSHAPE FLAT INDEXMISSING NOINDEX"),
	creates(FlatField{Name: "f", Dimensions: 2, Metric: L2}, "f VECTOR FLAT 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC L2"),
	creates(FlatField{Name: "f", As: "a", Dimensions: 2, Metric: InnerProduct, Type: Float64, InitialCap: 5, BlockSize: 6, IndexMissing: true},
		"f AS a VECTOR FLAT 10 TYPE FLOAT64 DIM 2 DISTANCE_METRIC IP INITIAL_CAP 5 BLOCK_SIZE 6 INDEXMISSING"),
	creates(HNSWField{Name: "f", Dimensions: 2, Metric: Cosine}, "f VECTOR HNSW 6 TYPE FLOAT32 DIM 2 DISTANCE_METRIC COSINE"),
	creates(HNSWField{Name: "f", As: "a", Dimensions: 2, Metric: Cosine, Type: BFloat16, InitialCap: 1, M: 2, EFConstruction: 3, EFRuntime: 4, Epsilon: 0.5, IndexMissing: true},
		"f AS a VECTOR HNSW 16 TYPE BFLOAT16 DIM 2 DISTANCE_METRIC COSINE INITIAL_CAP 1 M 2 EF_CONSTRUCTION 3 EF_RUNTIME 4 EPSILON 0.5 INDEXMISSING"),

	options("ON HASH", OnHash),
	options("ON JSON PREFIX 2 a: b: FILTER @x>1", OnJSON, Prefixes("a:", "b:"), Where("@x>1")),
	options("LANGUAGE german LANGUAGE_FIELD l SCORE 0.5 SCORE_FIELD s PAYLOAD_FIELD p", Language("german"), LanguageField("l"), Score(0.5), ScoreField("s"), PayloadField("p")),
	options("MAXTEXTFIELDS TEMPORARY 2 NOOFFSETS NOHL NOFIELDS NOFREQS", MaxTextFields, Temporary(1500*time.Millisecond), NoOffsets, NoHighlight, NoFields, NoFrequencies),
	options("STOPWORDS 0 SKIPINITIALSCAN", StopWords(), SkipInitialScan),
	options("STOPWORDS 2 the a WITHOFFSETS PUNCTUATION ,.", StopWords("the", "a"), WithOffsets, Punctuation(",.")),

	Sends(alter("i", TagField{Name: "a"}, NumericField{Name: "b"}), "FT.ALTER i SCHEMA ADD a TAG b NUMERIC"),
	Sends(dropIndex("i"), "FT.DROPINDEX i"),
	Sends(dropIndex("i", DeleteDocuments), "FT.DROPINDEX i DD"),
	Sends(list(), "FT._LIST"),
	Sends(aliasAdd("a", "i"), "FT.ALIASADD a i"),
	Sends(aliasUpdate("a", "i"), "FT.ALIASUPDATE a i"),
	Sends(aliasDel("a"), "FT.ALIASDEL a"),
	Sends(aliasList(), "FT._ALIASLIST"),
	Sends(info("i"), "FT.INFO i"),

	Sends(search("i", "q"), "FT.SEARCH i q"),
	searches("NOCONTENT INORDER NOSTOPWORDS WITHSCORES EXPLAINSCORE WITHPAYLOADS WITHSORTKEYS", NoContent, InOrder, NoStopWords, WithScores, ExplainScore, WithPayloads, WithSortKeys),
	searches("VERBATIM SCORER BM25 SLOP 0 EXPANDER e PAYLOAD p LANGUAGE german TIMEOUT 1500", Slop(0), Expander("e"), Payload("p"), Language("german"), Timeout(1500*time.Millisecond), Verbatim, Scorer("BM25")),
	searches("INKEYS 2 a b INFIELDS 1 f", InKeys("a", "b"), InFields("f")),
	searches("FILTER n 1 2.5 FILTER m -inf +inf GEOFILTER g 1.5 2 10 km", InRange("n", 1, 2.5), InRange("m", math.Inf(-1), math.Inf(1)), Within("g", 1.5, 2, 10, "km")),
	searches("RETURN 0", Return()),
	searches("RETURN 2 a b SORTBY a DESC LIMIT 5 10", Return("a", "b"), SortBy("a", Descending), Limit(5, 10)),
	searches("RETURN 4 $.a AS x b", ReturnAs(Renamed{"$.a", "x"}, Renamed{Name: "b"})),
	searches("HIGHLIGHT SUMMARIZE", Highlight(Highlighting{}), Summarize(Summary{})),
	searches("HIGHLIGHT FIELDS 1 f TAGS [ ] SUMMARIZE FIELDS 2 f g FRAGS 2 LEN 5 SEPARATOR ~", Highlight(Highlighting{[]string{"f"}, "[", "]"}), Summarize(Summary{[]string{"f", "g"}, 2, 5, "~"})),
	searches("ALLSHARDS CONSISTENT", AllShards, Consistent),
	searches("SOMESHARDS INCONSISTENT", SomeShards, Inconsistent),
	// Parameters are together, and a dialect is last, wherever they were.
	searches("NOCONTENT PARAMS 4 near \x00\x00\x80?\x00\x00\x00\xc0 x 1 DIALECT 2", Vector("near", []float32{1, -2}), Dialect(2), NoContent, Parameter("x", "1")),

	Sends(aggregate("i", "q"), "FT.AGGREGATE i q"),
	aggregates("VERBATIM ADDSCORES LOAD 2 @a $.b LOAD * LOAD 3 $.b AS c TIMEOUT 5", Load("@a", "$.b"), LoadAll, LoadAs(Renamed{"$.b", "c"}), Timeout(5*time.Millisecond), Verbatim, AddScores),
	aggregates("APPLY @a+1 AS b FILTER @b>1 SORTBY 3 @b DESC @c MAX 5 LIMIT 0 3 LIMIT 0 1", Apply("@a+1", "b"), Having("@b>1"), TopBy(5, Sorting{"@b", Descending}, Sorting{Field: "@c"}), Limit(0, 3), Limit(0, 1)),
	aggregates("GROUPBY 0 REDUCE COUNT 0", GroupBy(nil, Count())),
	aggregates("GROUPBY 2 @a @b REDUCE COUNT_DISTINCT 1 @c AS n REDUCE COUNT_DISTINCTISH 1 @c REDUCE SUM 1 @c REDUCE MIN 1 @c REDUCE MAX 1 @c REDUCE AVG 1 @c REDUCE STDDEV 1 @c",
		GroupBy([]string{"@a", "@b"}, CountDistinct("@c").As("n"), CountDistinctish("@c"), Sum("@c"), Min("@c"), Max("@c"), Avg("@c"), StdDev("@c"))),
	aggregates("GROUPBY 1 @a REDUCE QUANTILE 2 @c 0.5 REDUCE TOLIST 1 @c REDUCE FIRST_VALUE 1 @c REDUCE FIRST_VALUE 4 @c BY @d ASC REDUCE RANDOM_SAMPLE 2 @c 3 REDUCE X 1 y AS z",
		GroupBy([]string{"@a"}, Quantile("@c", 0.5), ToList("@c"), FirstValue("@c"), FirstValueBy("@c", "@d", Ascending), RandomSample("@c", 3), Reduce("X", "y").As("z"))),
	aggregates("SORTBY 2 @a ASC PARAMS 2 x y DIALECT 3", Dialect(3), OrderBy(Sorting{"@a", Ascending}), Parameter("x", "y")),

	Sends(explain("i", "q"), "FT.EXPLAIN i q"),
	Sends(explain("i", "q", Parameter("a", "b"), Dialect(2)), "FT.EXPLAIN i q PARAMS 2 a b DIALECT 2"),
	Sends(explainCLI("i", "q", Dialect(2)), "FT.EXPLAINCLI i q DIALECT 2"),
	Sends(profileSearch("i", "q", NoContent, Dialect(2)), "FT.PROFILE i SEARCH QUERY q NOCONTENT DIALECT 2"),
	Sends(profileAggregate("i", "q", Load("@a")), "FT.PROFILE i AGGREGATE QUERY q LOAD 1 @a"),
}

func TestCommandsSend(t *testing.T) { TestSendings(t, sendings) }

func TestABatchQueuesWhatAFunctionRuns(t *testing.T) { moduletest.RequireFaces(t, faces, In, sendings) }

func TestBadInputIsRefused(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	field := func(f Field) command.Command[struct{}] { return create("i", []Field{f}) }
	found := func(options ...SearchOption) command.Command[SearchResult] { return search("i", "q", options...) }
	rows := func(clauses ...Clause) command.Command[[]Row] { return aggregate("i", "q", clauses...) }
	TestRefusals(t, []Refusal{
		Refuses(create("i", nil), "no fields"),
		Refuses(field(nil), "nil field"),
		Refuses(field(TextField{}), "a field without a name"),
		Refuses(field(TextField{Name: "f", Weight: nan}), "a weight that is no positive number"),
		Refuses(field(TextField{Name: "f", Weight: -1}), "a weight that is no positive number"),
		Refuses(field(TextField{Name: "f", MinStemSize: -1}), "a negative MinStemSize"),
		Refuses(field(TextField{Name: "f", WithSuffixTrie: true, NoSuffixTrie: true}), "WithSuffixTrie and NoSuffixTrie"),
		Refuses(field(TextField{Name: "f", Unnormalized: true}), "Unnormalized without Sortable"),
		Refuses(field(TagField{Name: "f", Separator: "::"}), "a separator of more than one byte"),
		Refuses(field(NumericField{}), "a field without a name"),
		Refuses(field(FlatField{Name: "f", Metric: L2}), "a vector without dimensions"),
		Refuses(field(FlatField{Name: "f", Dimensions: -1, Metric: L2}), "a vector without dimensions"),
		Refuses(field(HNSWField{Name: "f", Dimensions: 2}), "a vector without a metric"),
		Refuses(field(FlatField{Name: "f", Dimensions: 2, Metric: L2, BlockSize: -1}), "a negative BLOCK_SIZE"),
		Refuses(field(HNSWField{Name: "f", Dimensions: 2, Metric: L2, M: -1}), "a negative M"),
		Refuses(field(HNSWField{Name: "f", Dimensions: 2, Metric: L2, Epsilon: inf}), "an Epsilon that is no positive number"),
		Refuses(create("i", oneField, OnHash, OnJSON), "more than one ON"),
		Refuses(create("i", oneField, nil), "nil option"),
		Refuses(create("i", oneField, Prefixes()), "nothing for PREFIX"),
		Refuses(create("i", oneField, Score(1.5)), "a score that is not between 0 and 1"),
		Refuses(create("i", oneField, Score(nan)), "a score that is not between 0 and 1"),
		Refuses(create("i", oneField, Temporary(0)), "a lifetime that is not positive"),
		Refuses(alter("i"), "no fields"),
		Refuses(found(Limit(-1, 1)), "a negative limit"),
		Refuses(found(Limit(0, 1), Limit(0, 2)), "more than one limit"),
		Refuses(found(Return("a"), ReturnAs(Renamed{Name: "b"})), "more than one RETURN"),
		Refuses(found(Slop(-1)), "a negative slop"),
		Refuses(found(InKeys()), "nothing for INKEYS"),
		Refuses(found(InRange("f", nan, 1)), "a bound that is not a number"),
		Refuses(found(Within("f", nan, 1, 1, "km")), "a place that is not a number"),
		Refuses(found(Timeout(-1)), "negative timeout"),
		Refuses(found(Dialect(0)), "a dialect that is not positive"),
		Refuses(found(Summarize(Summary{Length: -1})), "a negative number of fragments or words"),
		Refuses(found(Vector("v", nil)), "an empty vector"),
		Refuses(found(Vector("v", []float32{1, float32(nan)})), "a vector with what is not a number"),
		Refuses(found(Vector("v", []float32{float32(inf)})), "a vector with what is not a number"),
		Refuses(found(nil), "nil option"),
		Refuses(found((*SharedOption)(nil)), "nil option"),
		Refuses(found(SharedOption{}), "an option that is none"),
		Refuses(rows(QueryParameter{}), "an option that is none"),
		Refuses(field((*TextField)(nil)), "nil field"),
		Refuses(rows(Load()), "nothing for LOAD"),
		Refuses(rows(OrderBy()), "nothing for SORTBY"),
		Refuses(rows(TopBy(-1, Sorting{Field: "@a"})), "a negative number of rows"),
		Refuses(rows(GroupBy(nil, Reducer{})), "a reducer that is none"),
		Refuses(rows(nil), "nil option"),
		Refuses(profileSearch("i", "q", Limit(0, 1), Limit(0, 1)), "more than one limit"),
	})
}

func TestVectorsAreLittleEndian(t *testing.T) {
	vector := []float32{1, -2, 0.1, float32(math.Inf(1)), math.MaxFloat32}
	require.Equal(t, "\x00\x00\x80\x3f\x00\x00\x00\xc0\xcd\xcc\xcc\x3d\x00\x00\x80\x7f\xff\xff\x7f\x7f", EncodeVector(vector))
	decoded, err := DecodeVector(EncodeVector(vector))
	require.NoError(t, err)
	require.Equal(t, vector, decoded)
	_, err = DecodeVector("12345")
	require.EqualError(t, err, "glidesearch: a vector of 5 bytes, which is no multiple of 4")
}
