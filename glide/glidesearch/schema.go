package glidesearch

import (
	"math"
	"strconv"
)

// Field is a field of an index: [TextField], [TagField], [NumericField],
// [GeoField], [GeoShapeField], [FlatField] or [HNSWField].
type Field interface {
	// field returns the field's words, or why it cannot be.
	field() (words []string, refusal string)
}

// TextField is a field that is searched for words.
type TextField struct {
	// Name is the name of the field of the hashes, or a path of the JSON
	// documents.
	Name string
	// As is what queries call it, if not by its name. A path needs one.
	As string
	// Weight is what a match counts for. The default is 1.
	Weight float64
	// NoStem leaves words as they are; else running is found as run.
	NoStem bool
	// Phonetic finds what sounds alike: dm:en for English, dm:fr, dm:pt, dm:es.
	Phonetic string
	// WithSuffixTrie makes queries for ends and middles of words fast, and
	// NoSuffixTrie (valkey-search) does without where that is the default.
	WithSuffixTrie, NoSuffixTrie bool
	// MinStemSize is the length from which words are stemmed (valkey-search).
	// The default is 4.
	MinStemSize int
	// Sortable lets results be sorted by the field, fast; Unnormalized leaves
	// capitals and accents as they are for that.
	Sortable, Unnormalized bool
	// NoIndex lets the field be sorted by, but not searched.
	NoIndex bool
	// IndexEmpty lets empty values be found, and IndexMissing what has no such
	// field.
	IndexEmpty, IndexMissing bool
}

// TagField is a field of labels, which are found as a whole.
type TagField struct {
	// Name and As are as of a [TextField].
	Name, As string
	// Separator is the character between labels of a hash's field. The default
	// is a comma.
	Separator string
	// CaseSensitive tells capitals from small letters.
	CaseSensitive bool
	// What follows is as of a [TextField].
	WithSuffixTrie, Sortable, Unnormalized, NoIndex, IndexEmpty, IndexMissing bool
}

// NumericField is a field of numbers, which are found by ranges.
type NumericField struct {
	// Name and As are as of a [TextField].
	Name, As string
	// What follows is as of a [TextField].
	Sortable, NoIndex, IndexMissing bool
}

// GeoField is a field of places, "longitude,latitude", which are found by
// their distance (RediSearch).
type GeoField struct {
	// Name and As are as of a [TextField].
	Name, As string
	// What follows is as of a [TextField].
	Sortable, NoIndex, IndexMissing bool
}

// GeoShapeField is a field of points and polygons (RediSearch).
type GeoShapeField struct {
	// Name and As are as of a [TextField].
	Name, As string
	// Flat takes coordinates for those of a plane, not of the Earth.
	Flat bool
	// What follows is as of a [TextField].
	NoIndex, IndexMissing bool
}

// Metric says how far vectors are from each other.
type Metric string

const (
	// L2 is the distance in space, squared.
	L2 Metric = "L2"
	// InnerProduct is 1 less the sum of the products.
	InnerProduct Metric = "IP"
	// Cosine is 1 less the cosine of the angle.
	Cosine Metric = "COSINE"
)

// VectorType is the type of a vector's numbers. Only Float32 fits
// [EncodeVector] and [Vector]; valkey-search knows no other.
type VectorType string

// The types of a vector's numbers.
const (
	Float32  VectorType = "FLOAT32"
	Float64  VectorType = "FLOAT64"
	Float16  VectorType = "FLOAT16"
	BFloat16 VectorType = "BFLOAT16"
)

// FlatField is a field of vectors whose nearest are found by comparing with
// each of them: exact, and slow for many.
type FlatField struct {
	// Name and As are as of a [TextField].
	Name, As string
	// Dimensions is how many numbers a vector has.
	Dimensions int
	// Metric is how far vectors are from each other.
	Metric Metric
	// Type is that of the numbers. The default is Float32.
	Type VectorType
	// InitialCap is for how many vectors to make room at first, and BlockSize
	// for how many more each time (RediSearch).
	InitialCap, BlockSize int
	// IndexMissing is as of a [TextField].
	IndexMissing bool
}

// HNSWField is a field of vectors whose nearest are found by way of a graph:
// nearly exact, and fast for many.
type HNSWField struct {
	// Name and As are as of a [TextField].
	Name, As string
	// Dimensions is how many numbers a vector has.
	Dimensions int
	// Metric is how far vectors are from each other.
	Metric Metric
	// Type is that of the numbers. The default is Float32.
	Type VectorType
	// InitialCap is for how many vectors to make room at first.
	InitialCap int
	// M is how many neighbours a vector has in the graph. The default is 16.
	M int
	// EFConstruction is how many candidates are looked at when a vector is
	// added, by default 200, and EFRuntime when one is looked for, by default
	// 10: more is more exact, and slower.
	EFConstruction, EFRuntime int
	// Epsilon is how far beyond its bound a range query looks, by default 0.01
	// (RediSearch).
	Epsilon float64
	// IndexMissing is as of a [TextField].
	IndexMissing bool
}

// begun are the words with which a field begins.
func begun(name, as, kind string) []string {
	if as == "" {
		return []string{name, kind}
	}
	return []string{name, "AS", as, kind}
}

// traits appends the names of what is so.
func traits(words []string, traits ...trait) []string {
	for _, trait := range traits {
		if trait.is {
			words = append(words, trait.name)
		}
	}
	return words
}

type trait struct {
	is   bool
	name string
}

// named is the refusal of a field without a name.
func named(name string) string {
	if name == "" {
		return "a field without a name"
	}
	return ""
}

func (f TextField) field() ([]string, string) {
	words, refusal := begun(f.Name, f.As, "TEXT"), named(f.Name)
	words = traits(words, trait{f.NoStem, "NOSTEM"})
	if f.Weight != 0 {
		words = append(words, "WEIGHT", number(f.Weight))
	}
	if f.Weight < 0 || math.IsNaN(f.Weight) || math.IsInf(f.Weight, 0) {
		refusal = "a weight that is no positive number"
	}
	if f.Phonetic != "" {
		words = append(words, "PHONETIC", f.Phonetic)
	}
	words = traits(words, trait{f.WithSuffixTrie, "WITHSUFFIXTRIE"}, trait{f.NoSuffixTrie, "NOSUFFIXTRIE"})
	if f.WithSuffixTrie && f.NoSuffixTrie {
		refusal = "WithSuffixTrie and NoSuffixTrie"
	}
	if f.MinStemSize != 0 {
		words = append(words, "MINSTEMSIZE", strconv.Itoa(f.MinStemSize))
	}
	if f.MinStemSize < 0 {
		refusal = "a negative MinStemSize"
	}
	words = traits(words, trait{f.IndexEmpty, "INDEXEMPTY"}, trait{f.IndexMissing, "INDEXMISSING"})
	return sortable(words, refusal, f.Sortable, f.Unnormalized, f.NoIndex)
}

func (f TagField) field() ([]string, string) {
	words, refusal := begun(f.Name, f.As, "TAG"), named(f.Name)
	if f.Separator != "" {
		words = append(words, "SEPARATOR", f.Separator)
	}
	if len(f.Separator) > 1 {
		refusal = "a separator of more than one byte"
	}
	words = traits(words, trait{f.CaseSensitive, "CASESENSITIVE"}, trait{f.WithSuffixTrie, "WITHSUFFIXTRIE"},
		trait{f.IndexEmpty, "INDEXEMPTY"}, trait{f.IndexMissing, "INDEXMISSING"})
	return sortable(words, refusal, f.Sortable, f.Unnormalized, f.NoIndex)
}

func (f NumericField) field() ([]string, string) {
	words := traits(begun(f.Name, f.As, "NUMERIC"), trait{f.IndexMissing, "INDEXMISSING"})
	return sortable(words, named(f.Name), f.Sortable, false, f.NoIndex)
}

func (f GeoField) field() ([]string, string) {
	words := traits(begun(f.Name, f.As, "GEO"), trait{f.IndexMissing, "INDEXMISSING"})
	return sortable(words, named(f.Name), f.Sortable, false, f.NoIndex)
}

func (f GeoShapeField) field() ([]string, string) {
	words := traits(begun(f.Name, f.As, "GEOSHAPE"), trait{f.Flat, "FLAT"}, trait{!f.Flat, "SPHERICAL"}, trait{f.IndexMissing, "INDEXMISSING"})
	return sortable(words, named(f.Name), false, false, f.NoIndex)
}

// sortable ends the words of a field.
func sortable(words []string, refusal string, sortable, unnormalized, noIndex bool) ([]string, string) {
	if unnormalized && !sortable {
		refusal = "Unnormalized without Sortable"
	}
	return traits(words, trait{sortable, "SORTABLE"}, trait{unnormalized, "UNF"}, trait{noIndex, "NOINDEX"}), refusal
}

func (f FlatField) field() ([]string, string) {
	attributes, refusal := vector(f.Name, f.Type, f.Dimensions, f.Metric)
	attributes, refusal = positive(attributes, refusal, "INITIAL_CAP", f.InitialCap)
	attributes, refusal = positive(attributes, refusal, "BLOCK_SIZE", f.BlockSize)
	words := append(begun(f.Name, f.As, "VECTOR"), counted("FLAT", attributes)...)
	return traits(words, trait{f.IndexMissing, "INDEXMISSING"}), refusal
}

func (f HNSWField) field() ([]string, string) {
	attributes, refusal := vector(f.Name, f.Type, f.Dimensions, f.Metric)
	attributes, refusal = positive(attributes, refusal, "INITIAL_CAP", f.InitialCap)
	attributes, refusal = positive(attributes, refusal, "M", f.M)
	attributes, refusal = positive(attributes, refusal, "EF_CONSTRUCTION", f.EFConstruction)
	attributes, refusal = positive(attributes, refusal, "EF_RUNTIME", f.EFRuntime)
	if f.Epsilon != 0 {
		attributes = append(attributes, "EPSILON", number(f.Epsilon))
	}
	if f.Epsilon < 0 || math.IsNaN(f.Epsilon) || math.IsInf(f.Epsilon, 0) {
		refusal = "an Epsilon that is no positive number"
	}
	words := append(begun(f.Name, f.As, "VECTOR"), counted("HNSW", attributes)...)
	return traits(words, trait{f.IndexMissing, "INDEXMISSING"}), refusal
}

// vector returns the attributes that all fields of vectors have.
func vector(name string, kind VectorType, dimensions int, metric Metric) ([]string, string) {
	refusal := named(name)
	if kind == "" {
		kind = Float32
	}
	if dimensions <= 0 {
		refusal = "a vector without dimensions"
	}
	if metric == "" {
		refusal = "a vector without a metric"
	}
	return []string{"TYPE", string(kind), "DIM", strconv.Itoa(dimensions), "DISTANCE_METRIC", string(metric)}, refusal
}

// positive appends an attribute, if it is given.
func positive(attributes []string, refusal, name string, value int) ([]string, string) {
	if value < 0 {
		refusal = "a negative " + name
	}
	if value == 0 {
		return attributes, refusal
	}
	return append(attributes, name, strconv.Itoa(value)), refusal
}
