package glidesearch

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// IndexInfo describes an index. Fields that the server does not report are
// zero.
type IndexInfo struct {
	Name string
	// KeyType is HASH or JSON: the type of the indexed keys, which begin
	// with one of the Prefixes.
	KeyType  string
	Prefixes []string
	Fields   []FieldInfo
	// Documents is the number of indexed documents, Records the number of
	// words and values, and Terms the number of different words.
	Documents, Records, Terms int64
	// Failures is the number of documents that could not be indexed.
	Failures int64
	// Indexing reports whether documents that existed before the index are
	// being indexed. Indexed is the fraction that has been, from 0 to 1.
	Indexing bool
	Indexed  float64
	// Details are all values that the server reports, by its names:
	// strings, and lists and maps of strings.
	Details map[string]any
}

// FieldInfo describes a field of an index.
type FieldInfo struct {
	// Name is the name of the field of the hashes, or a path, and As the
	// name in queries.
	Name, As string
	// Type is TEXT, TAG, NUMERIC, GEO, GEOSHAPE or VECTOR.
	Type string
	// Flags are further properties, such as SORTABLE.
	Flags []string
	// Weight is that of a text field, and Separator that of a tag field.
	Weight    float64
	Separator string
	// Vector is set for a field of vectors.
	Vector VectorInfo
}

// VectorInfo describes a field of vectors.
type VectorInfo struct {
	// Algorithm is FLAT or HNSW.
	Algorithm  string
	Type       VectorType
	Dimensions int
	Metric     Metric
	// M, EFConstruction and EFRuntime are those of an [HNSWField].
	M, EFConstruction, EFRuntime int
}

// Info returns the description of an index (FT.INFO). An index that does not
// exist is an error.
//
// https://valkey.io/commands/ft.info/
func info(index string) command.Command[IndexInfo] {
	return command.New(command.Named("FT.INFO").Arg(index), readInfo)
}

func readInfo(r *wire.Reader) (IndexInfo, error) {
	if r.Kind() != abi.TagMap && r.Kind() != abi.TagArray {
		_, err := r.Map() // says what came instead
		return IndexInfo{}, err
	}
	tree, err := r.Any()
	if err != nil {
		return IndexInfo{}, err
	}
	parts, _ := texts(tree).(map[string]any)
	if parts == nil {
		parts = branches(texts(tree))
	}
	i := IndexInfo{Name: text(parts["index_name"]), Details: parts}
	definition := branches(parts["index_definition"])
	if definition == nil { // Amazon MemoryDB
		definition = map[string]any{"key_type": parts["key_type"], "prefixes": parts["key_prefixes"]}
	}
	i.KeyType = text(definition["key_type"])
	i.Prefixes = listed(definition["prefixes"])
	fields, _ := parts["attributes"].([]any)
	if fields == nil {
		fields, _ = parts["fields"].([]any)
	}
	for _, field := range fields {
		i.Fields = append(i.Fields, fieldInfo(field))
	}
	i.Documents, i.Records, i.Terms = whole(parts["num_docs"]), whole(parts["num_records"]), whole(parts["num_terms"])
	i.Failures = whole(parts["hash_indexing_failures"])
	i.Indexing = whole(parts["indexing"]) != 0 || whole(parts["backfill_in_progress"]) != 0
	i.Indexed = float(parts["percent_indexed"])
	if part, ok := parts["backfill_complete_percent"]; ok { // valkey-search
		i.Indexed = float(part)
	}
	return i, nil
}

// valued are the names in a field's description that have a value.
var valued = map[string]bool{
	"identifier": true, "attribute": true, "field_name": true, "type": true, "weight": true, "separator": true, "phonetic": true,
	"algorithm": true, "data_type": true, "dim": true, "dimension": true, "dimensions": true, "distance_metric": true, "m": true,
	"ef_construction": true, "ef_runtime": true, "coord_system": true, "flags": true, "index": true, "vector_params": true,
	"option": true, "capacity": true, "size": true, "name": true, "block_size": true, "initial_cap": true, "epsilon": true,
}

// fieldInfo reads a field's description: names and values, and with RESP2
// names without a value among them.
func fieldInfo(tree any) (f FieldInfo) {
	visit(tree, func(name string, value any) { f.set(name, value) }, func(flag string) { f.Flags = append(f.Flags, flag) })
	if f.As == "" {
		f.As = f.Name
	}
	return f
}

func visit(tree any, pair func(name string, value any), flag func(string)) {
	switch tree := tree.(type) {
	case map[string]any:
		for name, value := range tree {
			pair(strings.ToLower(name), value)
		}
	case []any:
		for i := 0; i < len(tree); i++ {
			name := text(tree[i])
			if i+1 < len(tree) && valued[strings.ToLower(name)] {
				i++
				pair(strings.ToLower(name), tree[i])
			} else if _, err := strconv.Atoi(name); name != "" && err != nil {
				flag(name)
			}
		}
	}
}

func (f *FieldInfo) set(name string, value any) {
	number := int(whole(value))
	switch name {
	case "identifier":
		f.Name = text(value)
	case "attribute", "field_name":
		f.As = text(value)
	case "type":
		f.Type = strings.ToUpper(text(value))
	case "weight":
		f.Weight = float(value)
	case "separator":
		f.Separator = text(value)
	case "flags":
		f.Flags = append(f.Flags, listed(value)...)
	case "index", "vector_params":
		visit(value, f.set, func(string) {})
	case "algorithm":
		if f.Vector.Algorithm = text(value); f.Vector.Algorithm == "" {
			visit(value, f.set, func(string) {})
		}
	case "name":
		f.Vector.Algorithm = text(value)
	case "data_type":
		f.Vector.Type = VectorType(text(value))
	case "dim", "dimension", "dimensions":
		f.Vector.Dimensions = number
	case "distance_metric":
		f.Vector.Metric = Metric(text(value))
	case "m":
		f.Vector.M = number
	case "ef_construction":
		f.Vector.EFConstruction = number
	case "ef_runtime":
		f.Vector.EFRuntime = number
	}
}

// texts makes texts of numbers, and maps of arrays that can be nothing else:
// of alternating names and values.
func texts(tree any) any {
	switch tree := tree.(type) {
	case []any:
		for i := range tree {
			tree[i] = texts(tree[i])
		}
		return tree
	case map[string]any:
		for name := range tree {
			tree[name] = texts(tree[name])
		}
		return tree
	case nil:
		return nil
	}
	return text(tree)
}

func text(value any) string {
	switch value := value.(type) {
	case nil, []any, map[string]any:
		return ""
	case string:
		return value
	case float64:
		return strconv.FormatFloat(value, 'g', -1, 64)
	default:
		return fmt.Sprint(value)
	}
}

func float(value any) float64 {
	f, err := strconv.ParseFloat(text(value), 64)
	if err != nil {
		return 0
	}
	return f
}

func whole(value any) int64 { return int64(float(value)) }

// listed returns the texts of a list.
func listed(value any) []string {
	var all []string
	rows, _ := value.([]any)
	for _, row := range rows {
		all = append(all, text(row))
	}
	return all
}
