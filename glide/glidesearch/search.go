package glidesearch

import (
	"math"
	"time"

	"github.com/valkey-glide/go/glide/internal/command"
)

// Order is the order of sorted values: [Ascending] or [Descending].
type Order string

const (
	// Ascending (ASC) sorts the smallest first.
	Ascending Order = "ASC"
	// Descending (DESC) sorts the largest first.
	Descending Order = "DESC"
)

// SearchOption is an option of [Search] and [ProfileSearch]: it sets which
// documents match, [InKeys], [InFields], [InRange], [Within], [Slop],
// [InOrder], [NoStopWords], [Verbatim], [Language] and [Expander], what is
// returned of them, [NoContent], [Return], [ReturnAs], [Highlight],
// [Summarize], [WithScores], [ExplainScore], [WithPayloads] and [WithSortKeys],
// how they are scored and sorted, [Scorer], [Payload], [SortBy] and [Limit],
// and how the query runs, [Dialect], [Parameter], [Vector], [Timeout],
// [AllShards], [SomeShards], [Consistent] and [Inconsistent].
type SearchOption interface {
	clausal
	searchOption()
}

type searchOption struct{ clause }

func (searchOption) searchOption() {}

// QueryOption is an option of [Search], [Aggregate], [Explain] and their
// variants: the result of [Dialect].
type QueryOption struct{ clause }

func (QueryOption) searchOption()    {}
func (QueryOption) aggregateClause() {}
func (QueryOption) explainOption()   {}

// Dialect (DIALECT) is the version of the query language, from 1 to 4. The
// default is that of the server, mostly 1. Queries for vectors require 2, and
// valkey-search supports only that.
func Dialect(version int) QueryOption {
	c := once("DIALECT", integer(int64(version)))
	c.place = atTheEnd
	if version < 1 {
		c.refusal = "a dialect that is not positive"
	}
	return QueryOption{c}
}

// SharedOption is an option of [Search], [Aggregate] and their profiles:
// [Verbatim], or the result of [Limit], [Timeout] or [Scorer].
type SharedOption struct{ clause }

func (SharedOption) searchOption()    {}
func (SharedOption) aggregateClause() {}

// Limit (LIMIT) returns at most count results, after skipping offset of them.
// The default is 0 and 10 for a search, and all rows for an aggregation.
// Limit(0, 0) returns only the number of results.
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

// Verbatim (VERBATIM) searches words as they are, not other words with the same
// stem.
var Verbatim = SharedOption{first("VERBATIM")}

// Scorer (SCORER) names the function that computes scores of documents, such as
// BM25.
func Scorer(name string) SharedOption { return SharedOption{first("SCORER", name)} }

var (
	// NoContent (NOCONTENT) returns keys without fields.
	NoContent SearchOption = searchOption{once("NOCONTENT")}
	// InOrder (INORDER) requires the words in the order of the query.
	InOrder SearchOption = searchOption{once("INORDER")}
	// NoStopWords (NOSTOPWORDS) also searches common words, which are
	// otherwise ignored in queries.
	NoStopWords SearchOption = searchOption{once("NOSTOPWORDS")}
	// WithScores (WITHSCORES) returns the score of each document:
	// [Document.Score].
	WithScores SearchOption = searchOption{once("WITHSCORES")}
	// ExplainScore (EXPLAINSCORE) returns how the score was computed:
	// [Document.Explanation]. It requires [WithScores].
	ExplainScore SearchOption = searchOption{once("EXPLAINSCORE")}
	// WithPayloads (WITHPAYLOADS) returns [Document.Payload].
	WithPayloads SearchOption = searchOption{once("WITHPAYLOADS")}
	// WithSortKeys (WITHSORTKEYS) returns [Document.SortKey]. It requires
	// [SortBy].
	WithSortKeys SearchOption = searchOption{once("WITHSORTKEYS")}
	// AllShards (ALLSHARDS) requires answers of all nodes of a cluster, and
	// SomeShards (SOMESHARDS) only of those that can answer
	// (valkey-search).
	AllShards  SearchOption = searchOption{clause{words: []string{"ALLSHARDS"}, decision: "shards"}}
	SomeShards SearchOption = searchOption{clause{words: []string{"SOMESHARDS"}, decision: "shards"}}
	// Consistent (CONSISTENT) requires all nodes to have the same state of
	// the index, and Inconsistent (INCONSISTENT) does not (valkey-search).
	Consistent   SearchOption = searchOption{clause{words: []string{"CONSISTENT"}, decision: "consistency"}}
	Inconsistent SearchOption = searchOption{clause{words: []string{"INCONSISTENT"}, decision: "consistency"}}
)

// InKeys (INKEYS) searches only these keys.
func InKeys(keys ...string) SearchOption { return searchOption{some("INKEYS", keys)} }

// InFields (INFIELDS) searches words only in these fields.
func InFields(fields ...string) SearchOption { return searchOption{some("INFIELDS", fields)} }

// Slop (SLOP) is the maximum number of other words between the words of the
// query.
func Slop(words int64) SearchOption {
	option := searchOption{once("SLOP", integer(words))}
	if words < 0 {
		option.refusal = "a negative slop"
	}
	return option
}

// Expander (EXPANDER) names the function that adds words to the query.
func Expander(name string) SearchOption { return searchOption{once("EXPANDER", name)} }

// Payload (PAYLOAD) is passed to the function that computes scores.
func Payload(payload string) SearchOption { return searchOption{once("PAYLOAD", payload)} }

// InRange (FILTER) requires a numeric field to be from low to high, both
// included; an infinity is no bound. It can be given several times.
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

// Within (GEOFILTER) requires a geo field to be within a radius of a position.
// The unit is m, km, ft or mi. It can be given several times.
func Within(field string, longitude, latitude, radius float64, unit string) SearchOption {
	option := searchOption{clause{words: []string{"GEOFILTER", field, number(longitude), number(latitude), number(radius), unit}}}
	if math.IsNaN(longitude + latitude + radius) {
		option.refusal = "a place that is not a number"
	}
	return option
}

// Return (RETURN) returns only these fields, or none. The default is all.
func Return(fields ...string) SearchOption {
	return searchOption{clause{words: counted("RETURN", fields), decision: "RETURN"}}
}

// A Renamed is a field, or path, and another name for it.
type Renamed struct{ Name, As string }

// ReturnAs returns fields like [Return], under other names (AS).
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

// Highlighting configures [Highlight].
type Highlighting struct {
	// Fields are the fields to mark. The default is all.
	Fields []string
	// Open and Close are put before and after each match, by default <b>
	// and </b>.
	Open, Close string
}

// Highlight (HIGHLIGHT) marks the words that match in the fields that are
// returned.
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

// Summary configures [Summarize].
type Summary struct {
	// Fields are the fields to shorten. The default is all.
	Fields []string
	// Fragments is the number of fragments, by default 3, Length the number
	// of words of each, by default 20, and Separator the text between them,
	// by default "... ".
	Fragments, Length int64
	Separator         string
}

// Summarize (SUMMARIZE) shortens the fields that are returned to fragments
// around the words that match.
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

// Search returns the documents of an index that match a query (FT.SEARCH), and
// their number. The best match is first unless [SortBy] is given, and at most
// 10 documents are returned unless [Limit] is given. For queries of vectors,
// valkey-search returns the nearest first; RediSearch returns them in no order,
// unless they are sorted by distance. An index that does not exist, an invalid
// query, and a vector with another number of dimensions than the field are
// errors.
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
