package glide

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// appendVector appends a vector as the bytes of its numbers.
func appendVector(cmd arguments, vector []float32) arguments {
	if len(vector) == 0 {
		return cmd.Refuse("an empty vector")
	}
	bytes := make([]byte, 0, 4*len(vector))
	for _, number := range vector {
		bytes = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(number))
	}
	cmd = cmd.Arg("FP32")
	cmd.Request.Bytes(bytes)
	return cmd
}

// VAddOption is an option of [Client.VAdd]: [Reduce], [CheckAndSet],
// [QuantizeNone], [QuantizeInt8] or [QuantizeBinary], [ExplorationFactor],
// [ElementAttributes] or [MaxLinks].
type VAddOption interface {
	option
	vAddOption()
}

// vectorOption is an option of VADD.
type vectorOption struct{ argument }

func (vectorOption) vAddOption() {}

// Reduce (REDUCE) projects vectors at random onto fewer dimensions. It applies
// to all elements of a vector set, so it must be given with the first one.
func Reduce(dimensions int64) VAddOption {
	return vectorOption{intArgument(reduceKey, "REDUCE", dimensions)}
}

// reduceKey is the conflict key of the option that comes before the vector.
const reduceKey = "Reduce"

// ElementAttributes (SETATTR) sets the attributes of an element, as
// [Client.VSetAttr] does: a JSON object as text.
func ElementAttributes(json string) VAddOption {
	return vectorOption{textArgument("ElementAttributes", "SETATTR", json)}
}

// MaxLinks (M) is the number of links of each element to others. The default is
// 16. With more links, searches are more exact and need more memory. It must be
// the same for all elements of a vector set.
func MaxLinks(links int64) VAddOption {
	return vectorOption{intArgument("MaxLinks", "M", links)}
}

// checkAndSet is the option CAS.
type checkAndSet string

// CheckAndSet (CAS) searches the neighbors of the element that is added in a
// background thread, so that it delays other commands less.
const CheckAndSet checkAndSet = "CAS"

func (c checkAndSet) appendTo(to *wire.Request) { to.String(string(c)) }
func (checkAndSet) conflictKey() string         { return "CheckAndSet" }
func (checkAndSet) vAddOption()                 {}

// quantization is how a vector set stores its vectors.
type quantization string

const (
	// QuantizeNone (NOQUANT) stores vectors as 32-bit numbers. The kind of
	// quantization must be the same for all elements of a vector set.
	QuantizeNone quantization = "NOQUANT"
	// QuantizeInt8 (Q8) stores vectors as 8-bit integers. It is the default.
	QuantizeInt8 quantization = "Q8"
	// QuantizeBinary (BIN) stores one bit of each number.
	QuantizeBinary quantization = "BIN"
)

func (q quantization) appendTo(to *wire.Request) { to.String(string(q)) }
func (quantization) conflictKey() string         { return "quantization" }
func (quantization) vAddOption()                 {}

// VectorEffort is how many candidates are examined to find neighbors: the
// result of [ExplorationFactor]. It is an option of [Client.VAdd] and
// [Client.VSim].
type VectorEffort struct{ factor int64 }

// ExplorationFactor (EF) is the number of candidates that are examined. More
// candidates make the result more exact and take longer. The default of VAdd is
// 200.
func ExplorationFactor(factor int64) VectorEffort { return VectorEffort{factor} }

func (e VectorEffort) appendTo(to *wire.Request) {
	to.String("EF")
	to.Int(e.factor)
}

func (VectorEffort) conflictKey() string { return "ExplorationFactor" }
func (VectorEffort) vAddOption()         {}
func (VectorEffort) vSimOption()         {}

// VAdd adds an element with its vector to a vector set, or changes its vector,
// and reports whether the element is new. All vectors of a set must have the same
// number of dimensions; the first one decides. Servers store the direction and
// the length of a vector, with less precision unless [QuantizeNone] is given.
// Since Redis 8.0.
//
// https://redis.io/docs/latest/commands/vadd/
func vAdd(key, element string, vector []float32, options ...VAddOption) command[bool] {
	reduce, others := partition(options, func(o VAddOption) bool { return o != nil && o.conflictKey() == reduceKey })
	cmd := appendOptions(named("VADD").Key(key), reduce)
	return newCommand(appendOptions(appendVector(cmd, vector).Arg(element), others), decode.Bool)
}

// VCard returns the number of elements of a vector set, or 0 if key does not
// exist. Since Redis 8.0.
//
// https://redis.io/docs/latest/commands/vcard/
func vCard(key string) command[int64] { return newCommand(named("VCARD").Key(key), decode.Int) }

// VDim returns the number of dimensions of the vectors of a vector set, after
// [Reduce] if that was given. A key that does not exist is an error. Since
// Redis 8.0.
//
// https://redis.io/docs/latest/commands/vdim/
func vDim(key string) command[int64] { return newCommand(named("VDIM").Key(key), decode.Int) }

// readFloat32 reads a number of a vector.
func readFloat32(r *wire.Reader) (float32, error) {
	number, err := r.Float()
	return float32(number), err
}

var readVector = readOptional(decode.Slice(readFloat32))

// VEmb returns the vector of an element, which may differ a little from the one
// that was added, or a nil Optional if the element or key does not exist. Since
// Redis 8.0.
//
// https://redis.io/docs/latest/commands/vemb/
func vEmb(key, element string) command[Optional[[]float32]] {
	return newCommand(named("VEMB").Key(key).Arg(element), readVector)
}

// RawVector is a vector in the form in which the server stores it.
type RawVector struct {
	// Quantization is int8, bin or f32.
	Quantization string
	// Data are the numbers of the normalized vector.
	Data []byte
	// Norm is the length of the vector that was added.
	Norm float64
	// Range is the largest absolute value that int8 can represent; nil for
	// other quantizations.
	Range Optional[float64]
}

// readRawVector reads an array of three values, or four with a range.
func readRawVector(r *wire.Reader) (vector RawVector, err error) {
	var quantized float64
	n, err := r.Array()
	if err != nil {
		return vector, err
	}
	err = decode.Rest(r, n, decode.To(&vector.Quantization, decode.String), decode.To(&vector.Data, decode.Bytes),
		decode.To(&vector.Norm, decode.Float), decode.To(&quantized, decode.Float))
	if n > 3 {
		vector.Range = Some(quantized)
	}
	return vector, err
}

// VEmbRaw returns the vector of an element as the server stores it (RAW), or a
// nil Optional if the element or key does not exist. Since Redis 8.0.
//
// https://redis.io/docs/latest/commands/vemb/
func vEmbRaw(key, element string) command[Optional[RawVector]] {
	return newCommand(named("VEMB").Key(key).Arg(element).Arg("RAW"), readOptional(readRawVector))
}

// VGetAttr returns the attributes of an element, JSON as text, or a nil Optional
// if it has none, or if the element or key does not exist. Since Redis 8.0.
//
// https://redis.io/docs/latest/commands/vgetattr/
func vGetAttr(key, element string) command[Optional[string]] {
	return newCommand(named("VGETATTR").Key(key).Arg(element), readOptionalString)
}

// VectorSetInfo describes a vector set.
type VectorSetInfo struct {
	// Quantization is int8, bin or f32.
	Quantization string
	// Dimensions is the number of dimensions of the vectors that are stored, and
	// InputDimensions that of the vectors before [Reduce], or 0 without it.
	Dimensions, InputDimensions int64
	// Size is the number of elements, and WithAttributes the number of
	// elements with attributes.
	Size, WithAttributes int64
	// MaxLinks is that of the option [MaxLinks], and MaxLevel the highest
	// level of the graph.
	MaxLinks, MaxLevel int64
}

var readVectorSetInfo = decode.Struct(decode.Fields[VectorSetInfo]{
	"quant-type":           decode.Field(func(i *VectorSetInfo) *string { return &i.Quantization }, decode.String),
	"vector-dim":           decode.Field(func(i *VectorSetInfo) *int64 { return &i.Dimensions }, decode.Int),
	"projection-input-dim": decode.Field(func(i *VectorSetInfo) *int64 { return &i.InputDimensions }, decode.Int),
	"size":                 decode.Field(func(i *VectorSetInfo) *int64 { return &i.Size }, decode.Int),
	"attributes-count":     decode.Field(func(i *VectorSetInfo) *int64 { return &i.WithAttributes }, decode.Int),
	"hnsw-m":               decode.Field(func(i *VectorSetInfo) *int64 { return &i.MaxLinks }, decode.Int),
	"max-level":            decode.Field(func(i *VectorSetInfo) *int64 { return &i.MaxLevel }, decode.Int),
})

// VInfo returns the properties of a vector set, or a nil Optional if key does
// not exist. Since Redis 8.0.
//
// https://redis.io/docs/latest/commands/vinfo/
func vInfo(key string) command[Optional[VectorSetInfo]] {
	return newCommand(named("VINFO").Key(key), readOptional(readVectorSetInfo))
}

// VIsMember reports whether an element is in a vector set. It returns false if
// key does not exist. Since Redis 8.2.
//
// https://redis.io/docs/latest/commands/vismember/
func vIsMember(key, element string) command[bool] {
	return newCommand(named("VISMEMBER").Key(key).Arg(element), decode.Bool)
}

// VLinks returns the neighbors of an element on each level of the graph, the
// highest level first, or a nil Optional if the element or key does not exist.
// Since Redis 8.0.
//
// https://redis.io/docs/latest/commands/vlinks/
func vLinks(key, element string) command[Optional[[][]string]] {
	return newCommand(named("VLINKS").Key(key).Arg(element), readOptional(decode.Slice(decode.Strings)))
}

// Similar is an element of a vector set and how similar its vector is, from 0,
// opposite, to 1, the same direction.
type Similar struct {
	Element string
	Score   float64
}

func readSimilarElement(r *wire.Reader) (similar Similar, err error) {
	if similar.Element, err = r.String(); err == nil {
		similar.Score, err = r.Float()
	}
	return similar, err
}

var readSimilar = decode.Pairs(readSimilarElement)

// VLinksWithScores returns neighbors like [Client.VLinks], and their similarity
// (WITHSCORES). Since Redis 8.0.
//
// https://redis.io/docs/latest/commands/vlinks/
func vLinksWithScores(key, element string) command[Optional[[][]Similar]] {
	cmd := named("VLINKS")
	return newCommand(cmd.Key(key).Arg(element).Arg("WITHSCORES"), readOptional(decode.Slice(readSimilar)))
}

// VRandMember returns a random element of a vector set, or a nil Optional if key
// does not exist. Since Redis 8.0.
//
// https://redis.io/docs/latest/commands/vrandmember/
func vRandMember(key string) command[Optional[string]] {
	return newCommand(named("VRANDMEMBER").Key(key), readOptionalString)
}

// VRandMemberCount returns random elements of a vector set: at most count
// different elements, or exactly -count elements, possibly with repetitions, if
// count is negative. It returns none if key does not exist. Since Redis 8.0.
//
// https://redis.io/docs/latest/commands/vrandmember/
func vRandMemberCount(key string, count int64) command[[]string] {
	return newCommand(named("VRANDMEMBER").Key(key).Integer(count), decode.Strings)
}

// VRange returns the names of the elements of a vector set between two bounds, in
// the order of their bytes, at most count of them; -1 is all. It returns none if
// key does not exist. Since Redis 8.4.
//
// https://redis.io/docs/latest/commands/vrange/
func vRange(key string, low, high LexBound, count int64) command[[]string] {
	cmd := appendBounds(named("VRANGE").Key(key), ByLex(low, high).bounds())
	return newCommand(cmd.Integer(count), decode.Strings)
}

// VRem removes an element from a vector set and reports whether it was in it.
// Since Redis 8.0.
//
// https://redis.io/docs/latest/commands/vrem/
func vRem(key, element string) command[bool] {
	return newCommand(named("VREM").Key(key).Arg(element), decode.Bool)
}

// VSetAttr sets the attributes of an element, a JSON object as text, or removes
// them if the text is empty. It reports whether the element exists. Since Redis
// 8.0.
//
// https://redis.io/docs/latest/commands/vsetattr/
func vSetAttr(key, element, json string) command[bool] {
	return newCommand(named("VSETATTR").Key(key).Arg(element).Arg(json), decode.Bool)
}

// VectorQuery is what [Client.VSim] compares elements with: [NearVector] or
// [NearElement].
type VectorQuery struct {
	element   string
	vector    []float32
	byElement bool
}

// NearVector (FP32) searches elements whose vectors are similar to a vector.
func NearVector(vector []float32) VectorQuery { return VectorQuery{vector: vector} }

// NearElement (ELE) searches elements that are similar to an element of the
// vector set. An element that does not exist is an error.
func NearElement(element string) VectorQuery { return VectorQuery{element: element, byElement: true} }

// VSimOption is an option of [Client.VSim], [Client.VSimWithScores] and
// [Client.VSimWithAttributes], which sets which similar elements are returned
// and how they are searched: [Count], which is 10 by default, [MinSimilarity],
// [AttributeFilter], [FilterEffort], [ExplorationFactor], [ExactSearch] or
// [NoThread].
type VSimOption interface {
	option
	vSimOption()
}

func (PageSize) vSimOption() {}

type similarityOption struct{ argument }

func (similarityOption) vSimOption() {}

// MinSimilarity (EPSILON) omits elements whose score is lower than score, from
// 0 to 1. The option is sent as the distance, 1 minus the score. Since Redis
// 8.2.
func MinSimilarity(score float64) VSimOption {
	// Rounded so that 0.8 is not sent as 0.19999999999999996.
	return similarityOption{textArgument("MinSimilarity", "EPSILON", strconv.FormatFloat(1-score, 'g', 15, 64))}
}

// AttributeFilter (FILTER) returns only elements whose attributes make an
// expression true, such as .year > 1980.
func AttributeFilter(expression string) VSimOption {
	return similarityOption{textArgument("AttributeFilter", "FILTER", expression)}
}

// FilterEffort (FILTER-EF) is the maximum number of candidates that are
// examined to find elements for which [AttributeFilter] is true; 0 is no limit.
func FilterEffort(candidates int64) VSimOption {
	return similarityOption{intArgument("FilterEffort", "FILTER-EF", candidates)}
}

// searchMode is the option TRUTH or NOTHREAD.
type searchMode string

const (
	// ExactSearch (TRUTH) compares all elements, which is slow.
	ExactSearch searchMode = "TRUTH"
	// NoThread (NOTHREAD) searches in the server's main thread, which delays
	// other commands.
	NoThread searchMode = "NOTHREAD"
)

func (m searchMode) appendTo(to *wire.Request) { to.String(string(m)) }
func (m searchMode) conflictKey() string       { return string(m) }
func (searchMode) vSimOption()                 {}

// VSim returns the elements of a vector set that are most similar to a vector or
// element, the most similar first. It returns none if key does not exist. Since
// Redis 8.0.
//
// https://redis.io/docs/latest/commands/vsim/
func vSim(key string, query VectorQuery, options ...VSimOption) command[[]string] {
	return newCommand(appendQuery(named("VSIM").Key(key), query, options), decode.Strings)
}

// VSimWithScores returns elements like [Client.VSim], and their similarity
// (WITHSCORES). Since Redis 8.0.
//
// https://redis.io/docs/latest/commands/vsim/
func vSimWithScores(key string, query VectorQuery, options ...VSimOption) command[[]Similar] {
	return newCommand(appendQuery(named("VSIM").Key(key), query, options, "WITHSCORES"), readSimilar)
}

// SimilarWithAttributes is an element of a vector set, how similar its vector is,
// and its attributes, JSON as text, or nil if it has none.
type SimilarWithAttributes struct {
	Element    string
	Score      float64
	Attributes Optional[string]
}

// VSimWithAttributes returns elements like [Client.VSim], and their similarity
// and attributes (WITHSCORES, WITHATTRIBS). Since Redis 8.2.
//
// https://redis.io/docs/latest/commands/vsim/
func vSimWithAttributes(key string, query VectorQuery, options ...VSimOption) command[[]SimilarWithAttributes] {
	cmd := named("VSIM").Key(key)
	return newCommand(appendQuery(cmd, query, options, "WITHSCORES", "WITHATTRIBS"), readSimilarWithAttributes)
}

// appendQuery appends the query, its options, and what is returned.
func appendQuery(cmd arguments, query VectorQuery, options []VSimOption, with ...string) arguments {
	if query.byElement {
		cmd = cmd.Arg("ELE").Arg(query.element)
	} else {
		cmd = appendVector(cmd, query.vector)
	}
	return appendOptions(cmd.Args(with), options)
}

// readSimilarWithAttributes reads a map of elements to arrays of a score and
// attributes; RESP2 has all three one after the other instead.
func readSimilarWithAttributes(r *wire.Reader) ([]SimilarWithAttributes, error) {
	nested := r.Kind() == abi.TagMap
	var n int
	var err error
	if nested {
		n, err = r.Map()
	} else if n, err = r.Array(); err == nil {
		if n%3 != 0 {
			err = &wire.TypeError{Want: "an array of triples", Got: abi.TagArray}
		}
		n /= 3
	}
	if err != nil {
		return nil, err
	}
	found := make([]SimilarWithAttributes, n)
	for i := range found {
		one := &found[i]
		if one.Element, err = r.String(); err != nil {
			return nil, err
		}
		if nested {
			if err = decode.ArrayOf(r, 2); err != nil {
				return nil, err
			}
		}
		if err = decode.Sequence(r, decode.To(&one.Score, decode.Float), decode.To(&one.Attributes, readOptionalString)); err != nil {
			return nil, err
		}
	}
	return found, nil
}
