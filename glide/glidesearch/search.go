package glidesearch

import (
	"math"
	"time"

	"github.com/valkey-glide/go/glide/internal/command"
)

// Order is [Ascending] or [Descending].
type Order string

const (
	// Ascending has the smallest first.
	Ascending Order = "ASC"
	// Descending has the largest first.
	Descending Order = "DESC"
)

// SearchOption is what [Search] looks for and what it returns: see the
// functions and variables of this type.
type SearchOption interface {
	clausal
	searchOption()
}

type searchOption struct{ clause }

func (searchOption) searchOption() {}

// QueryOption is an option that [Search], [Aggregate] and [Explain] know.
type QueryOption struct{ clause }

func (QueryOption) searchOption()    {}
func (QueryOption) aggregateClause() {}
func (QueryOption) explainOption()   {}

// Dialect is the version of the query language, from 1 to 4. The default is
// the server's, mostly 1; queries for vectors take 2, and valkey-search knows
// no other.
func Dialect(version int) QueryOption {
	c := once("DIALECT", integer(int64(version)))
	c.place = atTheEnd
	if version < 1 {
		c.refusal = "a dialect that is not positive"
	}
	return QueryOption{c}
}

// SharedOption is an option that [Search] and [Aggregate] know.
type SharedOption struct{ clause }

func (SharedOption) searchOption()    {}
func (SharedOption) aggregateClause() {}

// Limit returns the part of the results that begins after so many and has at
// most count of them: by default the first 10 of a search, and all rows of an
// aggregation. Limit(0, 0) returns but how many there are.
func Limit(offset, count int64) SharedOption {
	c := clause{words: []string{"LIMIT", integer(offset), integer(count)}}
	if offset < 0 || count < 0 {
		c.refusal = "a negative limit"
	}
	return SharedOption{c}
}

// Timeout (TIMEOUT) is the duration after which the server stops the query,
// with a resolution of a millisecond. The server's configuration decides
// whether it then returns partial results or an error.
func Timeout(d time.Duration) SharedOption { return SharedOption{milliseconds("TIMEOUT", d)} }

// Verbatim looks for words as they are, not for others of the same stem.
var Verbatim = SharedOption{first("VERBATIM")}

// Scorer names the function that says how well a document matches, such as
// BM25.
func Scorer(name string) SharedOption { return SharedOption{first("SCORER", name)} }

var (
	// NoContent returns keys without fields.
	NoContent SearchOption = searchOption{once("NOCONTENT")}
	// InOrder wants the words in the order of the query.
	InOrder SearchOption = searchOption{once("INORDER")}
	// NoStopWords looks for words that are otherwise left out of queries, too.
	NoStopWords SearchOption = searchOption{once("NOSTOPWORDS")}
	// WithScores returns how well each document matches: [Document.Score].
	WithScores SearchOption = searchOption{once("WITHSCORES")}
	// ExplainScore returns how that came about, in the server's words:
	// [Document.Explanation]. It takes [WithScores].
	ExplainScore SearchOption = searchOption{once("EXPLAINSCORE")}
	// WithPayloads returns [Document.Payload].
	WithPayloads SearchOption = searchOption{once("WITHPAYLOADS")}
	// WithSortKeys returns [Document.SortKey], with [SortBy].
	WithSortKeys SearchOption = searchOption{once("WITHSORTKEYS")}
	// AllShards wants an answer of all nodes of a cluster, and SomeShards of
	// those that can return one (valkey-search).
	AllShards  SearchOption = searchOption{clause{words: []string{"ALLSHARDS"}, decision: "shards"}}
	SomeShards SearchOption = searchOption{clause{words: []string{"SOMESHARDS"}, decision: "shards"}}
	// Consistent wants all nodes to have the same state of the index, and
	// Inconsistent does not (valkey-search).
	Consistent   SearchOption = searchOption{clause{words: []string{"CONSISTENT"}, decision: "consistency"}}
	Inconsistent SearchOption = searchOption{clause{words: []string{"INCONSISTENT"}, decision: "consistency"}}
)

// InKeys looks in these keys only.
func InKeys(keys ...string) SearchOption { return searchOption{some("INKEYS", keys)} }

// InFields looks for words in these fields only.
func InFields(fields ...string) SearchOption { return searchOption{some("INFIELDS", fields)} }

// Slop is how many other words may be between those of the query.
func Slop(words int64) SearchOption {
	option := searchOption{once("SLOP", integer(words))}
	if words < 0 {
		option.refusal = "a negative slop"
	}
	return option
}

// Expander names the function that finds other words for those of the query.
func Expander(name string) SearchOption { return searchOption{once("EXPANDER", name)} }

// Payload is handed to the function that scores.
func Payload(payload string) SearchOption { return searchOption{once("PAYLOAD", payload)} }

// InRange wants a numeric field to be between two numbers, both included:
// infinities are no bound. It can be given several times.
func InRange(field string, low, high float64) SearchOption {
	option := searchOption{clause{words: []string{"FILTER", field, bound(low), bound(high)}}}
	if math.IsNaN(low) || math.IsNaN(high) {
		option.refusal = "a bound that is not a number"
	}
	return option
}

// bound is a number, or an infinity as the server writes it.
func bound(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "+inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	return number(f)
}

// Within wants a geo field to be within a radius of a place. The unit is m,
// km, ft or mi. It can be given several times.
func Within(field string, longitude, latitude, radius float64, unit string) SearchOption {
	option := searchOption{clause{words: []string{"GEOFILTER", field, number(longitude), number(latitude), number(radius), unit}}}
	if math.IsNaN(longitude + latitude + radius) {
		option.refusal = "a place that is not a number"
	}
	return option
}

// Return returns these fields only, or none. The default is all.
func Return(fields ...string) SearchOption {
	return searchOption{clause{words: counted("RETURN", fields), decision: "RETURN"}}
}

// A Renamed is a field, or path, that is given by another name.
type Renamed struct{ Name, As string }

// ReturnAs is [Return] by other names.
func ReturnAs(fields ...Renamed) SearchOption {
	var words []string
	for _, field := range fields {
		words = append(words, field.Name)
		if field.As != "" {
			words = append(words, "AS", field.As)
		}
	}
	return searchOption{some("RETURN", words)}
}

// SortBy (SORTBY) sorts by a field, or by the name that a query assigns to a
// distance.
func SortBy(field string, order Order) SearchOption {
	return searchOption{clause{words: []string{"SORTBY", field, string(order)}, decision: "SORTBY"}}
}

// Highlighting says how [Highlight] marks what was found.
type Highlighting struct {
	// Fields are the fields to do so in. None are all.
	Fields []string
	// Open and Close are put around it, by default <b> and </b>.
	Open, Close string
}

// Highlight marks what was found in the fields that are given.
func Highlight(h Highlighting) SearchOption {
	words := []string{"HIGHLIGHT"}
	if len(h.Fields) > 0 {
		words = append(words, counted("FIELDS", h.Fields)...)
	}
	option := searchOption{once(words...)}
	if h.Open != "" || h.Close != "" {
		option.words = append(words, "TAGS", h.Open, h.Close)
	}
	return option
}

// Summary says how [Summarize] shortens.
type Summary struct {
	// Fields are the fields to do so in. None are all.
	Fields []string
	// Fragments is how many parts there are, by default 3, of Length words, by
	// default 20, and Separator what is between them, by default "... ".
	Fragments, Length int64
	Separator         string
}

// Summarize returns but the parts of fields around what was found.
func Summarize(s Summary) SearchOption {
	words := []string{"SUMMARIZE"}
	if len(s.Fields) > 0 {
		words = append(words, counted("FIELDS", s.Fields)...)
	}
	if s.Fragments != 0 {
		words = append(words, "FRAGS", integer(s.Fragments))
	}
	if s.Length != 0 {
		words = append(words, "LEN", integer(s.Length))
	}
	if s.Separator != "" {
		words = append(words, "SEPARATOR", s.Separator)
	}
	option := searchOption{once(words...)}
	if s.Fragments < 0 || s.Length < 0 {
		option.refusal = "a negative number of fragments or words"
	}
	return option
}

// Search returns what a query finds in an index: the best first, unless
// [SortBy] says otherwise, and 10 of it, unless [Limit] does. Of vectors
// valkey-search returns the nearest first; RediSearch returns them in no
// order, unless they are sorted by their distance. An index that does not
// exist, a query that the server does not understand, and a vector of other
// dimensions than the field's are errors.
//
// https://valkey.io/commands/ft.search/
func search(index, query string, options ...SearchOption) command.Command[SearchResult] {
	cmd := command.Named("FT.SEARCH").Arg(index).Arg(query)
	return command.New(appendSearchOptions(cmd, options), readSearch(layoutOf(options)))
}

func appendSearchOptions(cmd command.Arguments, options []SearchOption) command.Arguments {
	limits := 0
	for words := range wordsOf(options) {
		if words[0] == "LIMIT" {
			limits++
		}
	}
	if limits > 1 {
		cmd = cmd.Refuse("more than one limit")
	}
	return appendClauses(cmd, options)
}
