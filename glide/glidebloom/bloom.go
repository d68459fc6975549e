package glidebloom

import (
	"strconv"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// BFAdd adds an item to a Bloom filter and reports whether it is new. It is
// false if the item, or one that looks like it, was added before. A filter that
// does not exist is created with the server's defaults. A full filter that does
// not scale is an error.
//
// https://valkey.io/commands/bf.add/
func bfAdd(key, item string) command.Command[bool] {
	return command.New(command.Named("BF.ADD").Key(key).Arg(item), decode.Bool)
}

// BFCard returns the number of different items that were added to a Bloom
// filter, as far as it could tell them apart, or 0 if the key does not exist.
//
// https://valkey.io/commands/bf.card/
func bfCard(key string) command.Command[int64] {
	return command.New(command.Named("BF.CARD").Key(key), decode.Int)
}

// BFExists reports whether an item was added to a Bloom filter. False is
// certain; true may be wrong at the filter's error rate. It is false if the key
// does not exist.
//
// https://valkey.io/commands/bf.exists/
func bfExists(key, item string) command.Command[bool] {
	return command.New(command.Named("BF.EXISTS").Key(key).Arg(item), decode.Bool)
}

// BloomInfo describes a Bloom filter.
type BloomInfo struct {
	// Capacity is the number of different items that it has room for before it
	// scales or is full.
	Capacity int64
	// Size is the number of bytes that it takes.
	Size int64
	// Filters is the number of filters that it consists of.
	Filters int64
	// Items is the number of different items that were added.
	Items int64
	// Expansion is how many times larger each further filter is, or nil if it
	// does not scale.
	Expansion glide.Optional[int64]
	// ErrorRate is the probability that it takes another item for one that was
	// added. Only valkey-bloom says so.
	ErrorRate glide.Optional[float64]
	// TighteningRatio is how much lower the error rate of each further filter is.
	// Only valkey-bloom says so, of filters that scale.
	TighteningRatio glide.Optional[float64]
	// MaxScaledCapacity is the number of items that it has room for when it can
	// scale no more. Only valkey-bloom says so, of filters that scale.
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

// BFInfo describes a Bloom filter. A key that does not exist is an error.
//
// https://valkey.io/commands/bf.info/
func bfInfo(key string) command.Command[BloomInfo] {
	return command.New(command.Named("BF.INFO").Key(key), readBloomInfo)
}

// BFInsertOption says how a Bloom filter is created that does not exist:
// [Capacity], [ErrorRate], [Expansion], [NonScaling], or with valkey-bloom also
// [ValidateScaleTo], [TighteningRatio] and [Seed]; or that it is not, with
// [NoCreate].
type BFInsertOption interface {
	command.Option
	bfInsertOption()
}

// BFInsert adds items to a Bloom filter as [BFMAdd] does. The options say how
// the filter is created if it does not exist; one that exists stays as it is.
// Without items valkey-bloom creates the filter anyway; RedisBloom refuses
// that.
//
// https://valkey.io/commands/bf.insert/
func bfInsert(key string, items []string, options ...BFInsertOption) command.Command[[]bool] {
	cmd := command.AppendOptions(command.Named("BF.INSERT").Key(key), options)
	if len(items) > 0 {
		cmd = cmd.Arg("ITEMS").Args(items)
	}
	return command.New(cmd, decode.Bools)
}

// BFMAdd adds items to a Bloom filter and reports of each whether it is new, as
// [BFAdd] does. If the filter is full and does not scale it returns that error,
// and the items before the one that did not fit were added.
//
// https://valkey.io/commands/bf.madd/
func bfMAdd(key string, items ...string) command.Command[[]bool] {
	return command.New(command.Named("BF.MADD").Key(key).NonEmpty("items", items), decode.Bools)
}

// BFMExists reports of each item whether it was added to a Bloom filter, as
// [BFExists] does.
//
// https://valkey.io/commands/bf.mexists/
func bfMExists(key string, items ...string) command.Command[[]bool] {
	return command.New(command.Named("BF.MEXISTS").Key(key).NonEmpty("items", items), decode.Bools)
}

// BFReserveOption says whether and how a Bloom filter scales: [Expansion] or
// [NonScaling].
type BFReserveOption interface {
	command.Option
	bfReserveOption()
}

// BFReserve creates an empty Bloom filter with room for capacity different items.
// errorRate, between 0 and 1, is the probability that it takes another item for
// one that was added. When more items are added the filter scales, which costs
// time and memory, unless [NonScaling] is given. A key that exists is an error.
//
// https://valkey.io/commands/bf.reserve/
func bfReserve(key string, errorRate float64, capacity int64, options ...BFReserveOption) command.Command[struct{}] {
	cmd := command.Named("BF.RESERVE").Key(key).NotNaN(errorRate, "an error rate").Integer(capacity)
	return command.New(command.AppendOptions(cmd, options), decode.OK)
}

// Chunk is a part of a filter, as [BFScanDump] and [CFScanDump] return it.
type Chunk struct {
	// Iterator asks for the next part. It is 0 after the last one.
	Iterator int64
	// Data is empty after the last part.
	Data []byte
}

var readData = decode.ZeroIfNil(decode.Bytes)

func readChunk(r *wire.Reader) (chunk Chunk, err error) {
	err = decode.Tuple(r, decode.To(&chunk.Iterator, decode.Int), decode.To(&chunk.Data, readData))
	return chunk, err
}

// BFScanDump returns a part of a Bloom filter that [BFLoadChunk] restores. Begin
// with the iterator 0, go on with that of the part, and end when it is 0: that
// part is empty. The filter must not change meanwhile. Only RedisBloom has it.
//
// https://redis.io/docs/latest/commands/bf.scandump/
func bfScanDump(key string, iterator int64) command.Command[Chunk] {
	return command.New(command.Named("BF.SCANDUMP").Key(key).Integer(iterator), readChunk)
}

// BFLoadChunk restores a part of a Bloom filter that [BFScanDump] has returned.
// The parts must come in their order; the first replaces what the key holds. Only
// RedisBloom has it.
//
// https://redis.io/docs/latest/commands/bf.loadchunk/
func bfLoadChunk(key string, chunk Chunk) command.Command[struct{}] {
	return loadChunk("BF.LOADCHUNK", key, chunk)
}

// loadChunk is a command that restores a part of a filter.
func loadChunk(name, key string, chunk Chunk) command.Command[struct{}] {
	cmd := command.Named(name).Key(key).Integer(chunk.Iterator)
	cmd.Request.Bytes(chunk.Data)
	return command.New(cmd, decode.OK)
}

// What follows are the options of filters.

// CapacityOption is [Capacity], an option of commands that create filters.
type CapacityOption interface {
	BFInsertOption
	CFInsertOption
}

type capacity struct{ command.Words }

// Capacity (CAPACITY) is the number of items that a filter which is created has
// room for.
func Capacity(items int64) CapacityOption {
	return capacity{command.Once("capacity", "CAPACITY", integer(items))}
}

func (capacity) bfInsertOption() {}
func (capacity) cfInsertOption() {}

type errorRate struct{ command.Words }

// ErrorRate (ERROR) is the probability that a filter which is created takes
// another item for one that was added.
func ErrorRate(rate float64) BFInsertOption {
	return errorRate{command.Once("error rate", "ERROR", number(rate))}
}

func (errorRate) bfInsertOption() {}

// ExpansionOption is [Expansion], an option of commands that create filters.
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

// NonScaling (NONSCALING) makes a Bloom filter refuse items when it is full.
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

// ValidateScaleTo (VALIDATESCALETO) makes it an error if a filter that is created
// could not scale to a capacity within the server's limits. Only valkey-bloom has
// it.
func ValidateScaleTo(capacity int64) BFInsertOption {
	return valkeyOption{command.Once("capacity to scale to", "VALIDATESCALETO", integer(capacity))}
}

// TighteningRatio (TIGHTENING) is how much lower the error rate of each further
// filter is, between 0 and 1. Only valkey-bloom has it.
func TighteningRatio(ratio float64) BFInsertOption {
	return valkeyOption{command.Once("tightening ratio", "TIGHTENING", number(ratio))}
}

// Seed (SEED) is what the filter's hash functions begin with, so that it is the
// same as another. Only valkey-bloom has it.
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
