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
	err := decode.Fields(r, func(name string) error { return result.readPart(name, r) })
	if err != nil {
		return SearchResult{}, err
	}
	return result, nil
}

func (s *SearchResult) readPart(name string, r *wire.Reader) (err error) {
	switch name {
	case "total_results":
		s.Total, err = r.Int()
	case "results":
		s.Documents, err = decode.Slice(readDocument)(r)
	case "warning":
		var warnings []string
		if warnings, err = decode.Strings(r); len(warnings) > 0 {
			s.Warnings = warnings
		}
	default:
		err = r.Skip()
	}
	return err
}

// readDocument reads a document whose parts have names.
func readDocument(r *wire.Reader) (document Document, err error) {
	err = decode.Fields(r, func(name string) (err error) {
		switch name {
		case "id":
			document.Key, err = r.String()
		case "extra_attributes":
			document.Fields, err = readFields(r)
		case "score":
			err = document.readScore(r)
		case "sortkey":
			document.SortKey, err = readOptionalString(r)
		case "payload":
			document.Payload, err = readOptionalString(r)
		default:
			err = r.Skip()
		}
		return err
	})
	return document, err
}

// readScore reads a score, or a score and how it came about.
func (d *Document) readScore(r *wire.Reader) (err error) {
	if r.Kind() != abi.TagArray {
		d.Score, err = r.Float()
		return err
	}
	if err = decode.ArrayOf(r, 2); err == nil {
		d.Score, err = r.Float()
	}
	if err == nil {
		d.Explanation, err = r.Any()
	}
	return err
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
		var err error
		next := func(is bool, read func() error) {
			if is && err == nil {
				err = read()
				values--
			}
		}
		next(true, func() error { return decode.Into(&document.Key, r, decode.String) })
		next(l.scores, func() error { return document.readScore(r) })
		next(l.payloads, func() error { return decode.Into(&document.Payload, r, readOptionalString) })
		next(l.sortKeys, func() error { return decode.Into(&document.SortKey, r, readOptionalString) })
		next(!l.noFields, func() error { return decode.Into(&document.Fields, r, readFields) })
		if err != nil {
			return nil, err
		}
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
	err := decode.Fields(r, func(key string) (err error) {
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
