package glidesearch

import (
	"strconv"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// SearchResult is what [Search] has found.
type SearchResult struct {
	// Total is how many documents there are, of which those that are given are
	// a part.
	Total int64
	// Documents are in their order.
	Documents []Document
	// Warnings are what the server has to say, such as that its time was up.
	Warnings []string
}

// Document is a hash or JSON document that was found.
type Document struct {
	Key string
	// Fields are what [Return] asked for; by default all of a hash, and of a
	// JSON document the whole of it by the name $. The distance of a vector is
	// among them: by the name __field_score, or the one that the query
	// returns.
	Fields map[string]string
	// Score is how well it matches, with [WithScores].
	Score float64
	// Explanation is how that came about, with [ExplainScore]: texts, and lists
	// of these.
	Explanation any
	// SortKey is what it was sorted by, with [WithSortKeys]: # and a number, or
	// $ and a text.
	SortKey glide.Optional[string]
	// Payload is what [WithPayloads] asked for.
	Payload glide.Optional[string]
}

// layout is what each document has in a reply with RESP2, where nothing has a
// name.
type layout struct{ noFields, scores, payloads, sortKeys bool }

func layoutOf(options []SearchOption) (l layout) {
	for words := range wordsOf(options) {
		switch words[0] {
		case "NOCONTENT":
			l.noFields = true
		case "RETURN":
			l.noFields = l.noFields || words[1] == "0"
		case "WITHSCORES":
			l.scores = true
		case "WITHPAYLOADS":
			l.payloads = true
		case "WITHSORTKEYS":
			l.sortKeys = true
		}
	}
	return l
}

var readOptionalString = decode.Maybe(decode.String, glide.Some[string])

// readSearch reads a reply in any of its forms: named values, from RediSearch
// with RESP3 (in a script with RESP2, an array of alternating names and values); a
// flat array, from valkey-search, and from RediSearch with RESP2; and what the
// core makes of that, a number and a map.
func readSearch(l layout) func(*wire.Reader) (SearchResult, error) {
	return func(r *wire.Reader) (SearchResult, error) {
		if isNamed(*r) {
			return readNamed(r)
		}
		n, err := r.Array()
		if err == nil && n == 0 {
			err = &wire.TypeError{Want: "how many there are", Got: abi.TagArray}
		}
		result := SearchResult{Documents: []Document{}}
		if err == nil {
			result.Total, err = r.Int()
		}
		switch {
		case err != nil || n == 1:
		case n == 2 && r.Kind() == abi.TagMap:
			result.Documents, err = l.readConverted(r)
		default:
			result.Documents, err = l.readFlat(r, n-1)
		}
		if err != nil {
			return SearchResult{}, err
		}
		return result, nil
	}
}

// isNamed reports whether a reply has names for its parts.
func isNamed(r wire.Reader) bool {
	if r.Kind() == abi.TagMap {
		return true
	}
	n, err := r.Array()
	return err == nil && n%2 == 0 && r.Kind() == abi.TagString
}

func readNamed(r *wire.Reader) (SearchResult, error) {
	result := SearchResult{Documents: []Document{}}
	err := searchFields.ReadInto(&result, r)
	if err != nil {
		return SearchResult{}, err
	}
	return result, nil
}

var searchFields = decode.Fields[SearchResult]{
	"total_results": decode.Field(func(s *SearchResult) *int64 { return &s.Total }, decode.Int),
	"results":       decode.Field(func(s *SearchResult) *[]Document { return &s.Documents }, decode.Slice(readDocument)),
	"warning":       decode.Field(func(s *SearchResult) *[]string { return &s.Warnings }, readWarnings),
}

// readWarnings reads warnings, of which there are mostly none.
func readWarnings(r *wire.Reader) ([]string, error) {
	warnings, err := decode.Strings(r)
	if len(warnings) == 0 {
		return nil, err
	}
	return warnings, err
}

// readDocument reads a document whose parts have names.
var readDocument = decode.Struct(decode.Fields[Document]{
	"id":               decode.Field(func(d *Document) *string { return &d.Key }, decode.String),
	"extra_attributes": decode.Field(func(d *Document) *map[string]string { return &d.Fields }, readFields),
	"score":            (*Document).readScore,
	"sortkey":          decode.Field(func(d *Document) *glide.Optional[string] { return &d.SortKey }, readOptionalString),
	"payload":          decode.Field(func(d *Document) *glide.Optional[string] { return &d.Payload }, readOptionalString),
})

// readScore reads a score, or a score and how it came about.
func (d *Document) readScore(r *wire.Reader) (err error) {
	if r.Kind() != abi.TagArray {
		d.Score, err = r.Float()
		return err
	}
	return decode.Tuple(r, decode.To(&d.Score, decode.Float), decode.To(&d.Explanation, (*wire.Reader).Any))
}

// readFields reads the fields of a document.
func readFields(r *wire.Reader) (map[string]string, error) { return decode.Map(readText)(r) }

// readText reads a text, or a number as its text.
func readText(r *wire.Reader) (string, error) {
	switch r.Kind() {
	case abi.TagNil:
		return "", r.Skip()
	case abi.TagInteger:
		i, err := r.Int()
		return integer(i), err
	case abi.TagDouble:
		f, err := r.Float()
		return strconv.FormatFloat(f, 'g', -1, 64), err
	default:
		return r.String()
	}
}

// readFlat reads documents of several values each.
func (l layout) readFlat(r *wire.Reader, values int) ([]Document, error) {
	documents := []Document{}
	for values > 0 {
		var document Document
		var parts []decode.Value
		part := func(is bool, value decode.Value) {
			if is {
				parts = append(parts, value)
			}
		}
		part(true, decode.To(&document.Key, decode.String))
		part(l.scores, document.readScore)
		part(l.payloads, decode.To(&document.Payload, readOptionalString))
		part(l.sortKeys, decode.To(&document.SortKey, readOptionalString))
		part(!l.noFields, decode.To(&document.Fields, readFields))
		if err := decode.Sequence(r, parts...); err != nil {
			return nil, err
		}
		values -= len(parts)
		documents = append(documents, document)
	}
	return documents, nil
}

// readConverted reads documents that the core has made a map of.
func (l layout) readConverted(r *wire.Reader) ([]Document, error) {
	if l.scores || l.payloads {
		return nil, &wire.TypeError{Want: "documents with all that was asked for", Got: abi.TagMap}
	}
	documents := []Document{}
	err := decode.EachField(r, func(key string) (err error) {
		document := Document{Key: key}
		if l.sortKeys {
			if err = decode.ArrayOf(r, 2); err == nil {
				document.SortKey, err = readOptionalString(r)
			}
		}
		if err == nil {
			document.Fields, err = readFields(r)
		}
		if l.noFields {
			document.Fields = nil
		}
		documents = append(documents, document)
		return err
	})
	return documents, err
}
