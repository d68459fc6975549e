package glidebloom

import (
	"strconv"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// BFAdd adds an item to a Bloom filter (BF.ADD) and reports whether it is new.
// It returns false if the item, or one that the filter cannot distinguish from
// it, was added before. A filter that does not exist is created with the
// defaults of the server. A full filter that does not scale is an error.
//
// https://valkey.io/commands/bf.add/
func bfAdd(key, item string) command.Command[bool] {
	return command.New(command.Named("BF.ADD").Key(key).Arg(item), decode.Bool)
}

// BFCard returns the number of distinct items that were added to a Bloom filter
// (BF.CARD), not counting items that the filter could not distinguish from
// others, or 0 if key does not exist.
//
// https://valkey.io/commands/bf.card/
func bfCard(key string) command.Command[int64] {
	return command.New(command.Named("BF.CARD").Key(key), decode.Int)
}

// BFExists reports whether an item was added to a Bloom filter (BF.EXISTS).
// False is certain; true may be wrong at the error rate of the filter. It
// returns false if key does not exist.
//
// https://valkey.io/commands/bf.exists/
func bfExists(key, item string) command.Command[bool] {
	return command.New(command.Named("BF.EXISTS").Key(key).Arg(item), decode.Bool)
}

// BloomInfo describes a Bloom filter.
type BloomInfo struct {
	// Capacity is the number of distinct items that fit before the filter
	// scales or is full.
	Capacity int64
	// Size is the memory of the filter in bytes.
	Size int64
	// Filters is the number of filters that it consists of.
	Filters int64
	// Items is the number of distinct items that were added.
	Items int64
	// Expansion is how many times larger each further filter is, or nil if
	// the filter does not scale.
	Expansion glide.Optional[int64]
	// ErrorRate is the probability that an item that was not added is
	// reported as added. Only valkey-bloom returns it.
	ErrorRate glide.Optional[float64]
	// TighteningRatio is the factor by which the error rate of each further
	// filter is lower. Only valkey-bloom returns it, for filters that
	// scale.
	TighteningRatio glide.Optional[float64]
	// MaxScaledCapacity is the number of items that fit after the filter
	// has scaled as far as it can. Only valkey-bloom returns it, for
	// filters that scale.
	MaxScaledCapacity glide.Optional[int64]
}

var readBloomInfo = decode.Struct(decode.Fields[BloomInfo]{
	"Capacity":                 decode.Field(func(i *BloomInfo) *int64 { return &i.Capacity }, decode.Int),
	"Size":                     decode.Field(func(i *BloomInfo) *int64 { return &i.Size }, decode.Int),
	"Number of filters":        decode.Field(func(i *BloomInfo) *int64 { return &i.Filters }, decode.Int),
	"Number of items inserted": decode.Field(func(i *BloomInfo) *int64 { return &i.Items }, decode.Int),
	"Expansion rate":           decode.Field(func(i *BloomInfo) *glide.Optional[int64] { return &i.Expansion }, readOptionalInt),
	"Error rate":               decode.Field(func(i *BloomInfo) *glide.Optional[float64] { return &i.ErrorRate }, readOptionalFloat),
	"Tightening ratio":         decode.Field(func(i *BloomInfo) *glide.Optional[float64] { return &i.TighteningRatio }, readOptionalFloat),
	"Max scaled capacity":      decode.Field(func(i *BloomInfo) *glide.Optional[int64] { return &i.MaxScaledCapacity }, readOptionalInt),
})

// BFInfo returns the properties of a Bloom filter (BF.INFO). A key that does
// not exist is an error.
//
// https://valkey.io/commands/bf.info/
func bfInfo(key string) command.Command[BloomInfo] {
	return command.New(command.Named("BF.INFO").Key(key), readBloomInfo)
}

// BFInsertOption is an option of [BFInsert] that sets how a filter that does
// not exist is created: [Capacity], [ErrorRate], [Expansion], [NonScaling], or
// with valkey-bloom also [ValidateScaleTo], [TighteningRatio] and [Seed].
// [NoCreate] does not create it.
type BFInsertOption interface {
	command.Option
	bfInsertOption()
}

// BFInsert adds items to a Bloom filter like [BFMAdd] (BF.INSERT). The options
// set how a filter that does not exist is created; they do not change one that
// exists. Without items valkey-bloom only creates the filter; RedisBloom
// returns an error.
//
// https://valkey.io/commands/bf.insert/
func bfInsert(key string, items []string, options ...BFInsertOption) command.Command[[]bool] {
	cmd := command.AppendOptions(command.Named("BF.INSERT").Key(key), options)
	if len(items) > 0 {
		cmd = cmd.Arg("ITEMS").Args(items)
	}
	return command.New(cmd, decode.Bools)
}

// BFMAdd adds items to a Bloom filter (BF.MADD) and reports for each, in order,
// whether it is new, like [BFAdd]. If the filter is full and does not scale, it
// returns that error, and the items before the one that did not fit were added.
//
// https://valkey.io/commands/bf.madd/
func bfMAdd(key string, items ...string) command.Command[[]bool] {
	return command.New(command.Named("BF.MADD").Key(key).NonEmpty("items", items), decode.Bools)
}

// BFMExists reports for each item, in order, whether it was added to a Bloom
// filter (BF.MEXISTS), like [BFExists].
//
// https://valkey.io/commands/bf.mexists/
func bfMExists(key string, items ...string) command.Command[[]bool] {
	return command.New(command.Named("BF.MEXISTS").Key(key).NonEmpty("items", items), decode.Bools)
}

// BFReserveOption is an option of [BFReserve] that sets whether and how a Bloom
// filter scales: [Expansion] or [NonScaling].
type BFReserveOption interface {
	command.Option
	bfReserveOption()
}

// BFReserve creates an empty Bloom filter for capacity distinct items
// (BF.RESERVE). The errorRate, between 0 and 1, is the probability that an item
// that was not added is reported as added. If more items are added the filter
// scales, which costs time and memory, unless [NonScaling] is given. A key that
// exists is an error.
//
// https://valkey.io/commands/bf.reserve/
func bfReserve(key string, errorRate float64, capacity int64, options ...BFReserveOption) command.Command[struct{}] {
	cmd := command.Named("BF.RESERVE").Key(key).NotNaN(errorRate, "an error rate").Integer(capacity)
	return command.New(command.AppendOptions(cmd, options), decode.OK)
}

// Chunk is a part of a filter, which [BFScanDump] and [CFScanDump] return.
type Chunk struct {
	// Iterator identifies the next chunk. It is 0 after the last chunk.
	Iterator int64
	// Data is empty after the last chunk.
	Data []byte
}

var readData = decode.ZeroIfNil(decode.Bytes)

func readChunk(r *wire.Reader) (chunk Chunk, err error) {
	err = decode.Tuple(r, decode.To(&chunk.Iterator, decode.Int), decode.To(&chunk.Data, readData))
	return chunk, err
}

// BFScanDump returns a chunk of a Bloom filter (BF.SCANDUMP), which
// [BFLoadChunk] restores. Begin with the iterator 0, continue with the iterator
// of the returned chunk, and end when that is 0: the last chunk is empty. The
// filter must not change meanwhile. Only RedisBloom supports it.
//
// https://redis.io/docs/latest/commands/bf.scandump/
func bfScanDump(key string, iterator int64) command.Command[Chunk] {
	return command.New(command.Named("BF.SCANDUMP").Key(key).Integer(iterator), readChunk)
}

// BFLoadChunk restores a chunk of a Bloom filter (BF.LOADCHUNK) that
// [BFScanDump] returned. Chunks must be restored in order; the first one
// replaces the value of key. Only RedisBloom supports it.
//
// https://redis.io/docs/latest/commands/bf.loadchunk/
func bfLoadChunk(key string, chunk Chunk) command.Command[struct{}] {
	return loadChunk("BF.LOADCHUNK", key, chunk)
}

// loadChunk is a command that restores a chunk of a filter.
func loadChunk(name, key string, chunk Chunk) command.Command[struct{}] {
	cmd := command.Named(name).Key(key).Integer(chunk.Iterator)
	cmd.Request.Bytes(chunk.Data)
	return command.New(cmd, decode.OK)
}

// What follows are the options of filters.

// CapacityOption is an option of [BFInsert] and [CFInsert]: [Capacity].
type CapacityOption interface {
	BFInsertOption
	CFInsertOption
}

type capacity struct{ command.Words }

// Capacity (CAPACITY) is the number of items that fit into a filter that is
// created.
func Capacity(items int64) CapacityOption {
	return capacity{command.Once("capacity", "CAPACITY", integer(items))}
}

func (capacity) bfInsertOption() {}
func (capacity) cfInsertOption() {}

type errorRate struct{ command.Words }

// ErrorRate (ERROR) is the probability that a filter that is created reports an
// item as added that was not.
func ErrorRate(rate float64) BFInsertOption {
	return errorRate{command.Once("error rate", "ERROR", number(rate))}
}

func (errorRate) bfInsertOption() {}

// ExpansionOption is an option of [BFInsert], [BFReserve] and [CFReserve]:
// [Expansion].
type ExpansionOption interface {
	BFReserveOption
	BFInsertOption
	CFReserveOption
}

type scaling struct{ command.Words }

// Expansion (EXPANSION) is how many times larger each further filter is when one
// is full. The default is the server's: 2 for Bloom filters and 1 for cuckoo
// filters, unless it is configured otherwise. A cuckoo filter with 0 does not
// scale.
func Expansion(factor int64) ExpansionOption {
	return scaling{command.Once("scaling", "EXPANSION", integer(factor))}
}

func (scaling) bfReserveOption() {}
func (scaling) bfInsertOption()  {}
func (scaling) cfReserveOption() {}

type nonScaling string

// NonScaling (NONSCALING) makes a full Bloom filter refuse items instead of
// scaling.
const NonScaling nonScaling = "NONSCALING"

// AppendTo appends the word.
func (n nonScaling) AppendTo(to *wire.Request) { to.String(string(n)) }

// ConflictKey returns that of the options about scaling.
func (nonScaling) ConflictKey() string { return "scaling" }
func (nonScaling) bfReserveOption()    {}
func (nonScaling) bfInsertOption()     {}

type noCreate string

// NoCreate (NOCREATE) makes it an error if the filter does not exist.
const NoCreate noCreate = "NOCREATE"

// AppendTo appends the word.
func (n noCreate) AppendTo(to *wire.Request) { to.String(string(n)) }

// ConflictKey returns the word.
func (n noCreate) ConflictKey() string { return string(n) }
func (noCreate) bfInsertOption()       {}
func (noCreate) cfInsertOption()       {}

type valkeyOption struct{ command.Words }

func (valkeyOption) bfInsertOption() {}

// ValidateScaleTo (VALIDATESCALETO) makes it an error if a filter that is
// created could not scale to a capacity within the limits of the server. Only
// valkey-bloom supports it.
func ValidateScaleTo(capacity int64) BFInsertOption {
	return valkeyOption{command.Once("capacity to scale to", "VALIDATESCALETO", integer(capacity))}
}

// TighteningRatio (TIGHTENING) is the factor, between 0 and 1, by which the
// error rate of each further filter is lower. Only valkey-bloom supports it.
func TighteningRatio(ratio float64) BFInsertOption {
	return valkeyOption{command.Once("tightening ratio", "TIGHTENING", number(ratio))}
}

// Seed (SEED) is the seed of the hash functions of the filter, so that it can
// be created again with the same seed. Only valkey-bloom supports it.
func Seed(seed [32]byte) BFInsertOption {
	return valkeyOption{command.Once("seed", "SEED", string(seed[:]))}
}

// What follows is shared by all commands here.

// readOptional reads a value that may be nil.
func readOptional[T any](value func(*wire.Reader) (T, error)) func(*wire.Reader) (glide.Optional[T], error) {
	return decode.Maybe(value, glide.Some[T])
}

var (
	readOptionalInt   = readOptional(decode.Int)
	readOptionalFloat = readOptional(decode.Float)
	readFloats        = decode.Slice(decode.Float)
)

// isNumber reports whether the next value is an integer.
func isNumber(r *wire.Reader) bool { return r.Kind() == abi.TagInteger }

func integer(i int64) string { return strconv.FormatInt(i, 10) }

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
