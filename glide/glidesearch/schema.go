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
	// As is the name in queries. The default is Name. A path requires it.
	As string
	// Weight is the weight of a match. The default is 1.
	Weight float64
	// NoStem indexes words as they are. By default words are reduced to
	// their stems: running is found as run.
	NoStem bool
	// Phonetic also finds words that sound alike: dm:en for English, dm:fr,
	// dm:pt, dm:es.
	Phonetic string
	// WithSuffixTrie makes queries for the middle and the end of words
	// fast. NoSuffixTrie (valkey-search) disables that where it is the
	// default.
	WithSuffixTrie, NoSuffixTrie bool
	// MinStemSize is the length from which words are reduced to their stems
	// (valkey-search). The default is 4.
	MinStemSize int
	// Sortable makes sorting results by the field fast. Unnormalized sorts
	// by the values as they are, with upper case and accents.
	Sortable, Unnormalized bool
	// NoIndex allows sorting by the field, but not searching in it.
	NoIndex bool
	// IndexEmpty also indexes empty values, and IndexMissing documents
	// without the field, so that queries can find them.
	IndexEmpty, IndexMissing bool
}

// TagField is a field of tags, which are found as a whole.
type TagField struct {
	// Name and As are as in [TextField].
	Name, As string
	// Separator is the character between the tags of a field of a hash. The
	// default is a comma.
	Separator string
	// CaseSensitive distinguishes upper and lower case.
	CaseSensitive bool
	// The following are as in [TextField].
	WithSuffixTrie, Sortable, Unnormalized, NoIndex, IndexEmpty, IndexMissing bool
}

// NumericField is a field of numbers, which are found by range.
type NumericField struct {
	// Name and As are as in [TextField].
	Name, As string
	// The following are as in [TextField].
	Sortable, NoIndex, IndexMissing bool
}

// GeoField is a field of positions, "longitude,latitude", which are found by
// distance (RediSearch).
type GeoField struct {
	// Name and As are as in [TextField].
	Name, As string
	// The following are as in [TextField].
	Sortable, NoIndex, IndexMissing bool
}

// GeoShapeField is a field of points and polygons (RediSearch).
type GeoShapeField struct {
	// Name and As are as in [TextField].
	Name, As string
	// Flat interprets coordinates as those of a plane, not of the Earth.
	Flat bool
	// The following are as in [TextField].
	NoIndex, IndexMissing bool
}

// Metric is a measure of the distance between vectors: [L2], [InnerProduct] or
// [Cosine].
type Metric string

const (
	// L2 is the squared Euclidean distance.
	L2 Metric = "L2"
	// InnerProduct is 1 minus the inner product.
	InnerProduct Metric = "IP"
	// Cosine is 1 minus the cosine of the angle.
	Cosine Metric = "COSINE"
)

// VectorType is the type of the numbers of a vector. [EncodeVector] and
// [Vector] require Float32; valkey-search supports only that.
type VectorType string

// The types of a vector's numbers.
const (
	Float32  VectorType = "FLOAT32"
	Float64  VectorType = "FLOAT64"
	Float16  VectorType = "FLOAT16"
	BFloat16 VectorType = "BFLOAT16"
)

// FlatField is a field of vectors whose nearest neighbors are found by
// comparing all vectors (FLAT): exact, and slow for many vectors.
type FlatField struct {
	// Name and As are as in [TextField].
	Name, As string
	// Dimensions is the number of dimensions of a vector.
	Dimensions int
	// Metric is the measure of distance.
	Metric Metric
	// Type is the type of the numbers. The default is Float32.
	Type VectorType
	// InitialCap is the number of vectors to allocate memory for at first,
	// and BlockSize the number for each enlargement (RediSearch).
	InitialCap, BlockSize int
	// IndexMissing is as in [TextField].
	IndexMissing bool
}

// HNSWField is a field of vectors whose nearest neighbors are found in a graph
// (HNSW): nearly exact, and fast for many vectors.
type HNSWField struct {
	// Name and As are as in [TextField].
	Name, As string
	// Dimensions is the number of dimensions of a vector.
	Dimensions int
	// Metric is the measure of distance.
	Metric Metric
	// Type is the type of the numbers. The default is Float32.
	Type VectorType
	// InitialCap is the number of vectors to allocate memory for at first.
	InitialCap int
	// M is the number of neighbors of a vector in the graph. The default is
	// 16.
	M int
	// EFConstruction is the number of candidates that are examined when a
	// vector is added, by default 200, and EFRuntime the number when
	// vectors are searched, by default 10. More candidates are more exact
	// and slower.
	EFConstruction, EFRuntime int
	// Epsilon is the factor by which a range query examines vectors beyond
	// its radius, by default 0.01 (RediSearch).
	Epsilon float64
	// IndexMissing is as in [TextField].
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
