package glidebloom

import (
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// appendNumbers appends numbers, of which there must be some.
func appendNumbers(cmd command.Arguments, what string, numbers []float64) command.Arguments {
	if len(numbers) == 0 {
		return cmd.Refuse("no " + what)
	}
	for _, f := range numbers {
		cmd = cmd.NotNaN(f, "a number")
	}
	return cmd
}

// appendRanks appends ranks, of which there must be some.
func appendRanks(cmd command.Arguments, ranks []int64) command.Arguments {
	if len(ranks) == 0 {
		return cmd.Refuse("no ranks")
	}
	for _, rank := range ranks {
		cmd = cmd.Integer(rank)
	}
	return cmd
}

// TDigestAdd adds numbers to a t-digest (TDIGEST.ADD). A key that does not
// exist is an error.
//
// https://redis.io/docs/latest/commands/tdigest.add/
func tDigestAdd(key string, values ...float64) command.Command[struct{}] {
	return command.New(appendNumbers(command.Named("TDIGEST.ADD").Key(key), "values", values), decode.OK)
}

// TDigestByRank returns estimates of the numbers with the given ranks in a
// t-digest, in order (TDIGEST.BYRANK). The smallest number has rank 0. The
// result for a rank beyond the largest number is +Inf, and NaN if there are no
// numbers. A key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/tdigest.byrank/
func tDigestByRank(key string, ranks ...int64) command.Command[[]float64] {
	return command.New(appendRanks(command.Named("TDIGEST.BYRANK").Key(key), ranks), readFloats)
}

// TDigestByRevRank returns estimates of the numbers with the given reversed
// ranks in a t-digest, in order (TDIGEST.BYREVRANK). The largest number has
// rank 0. The result for a rank beyond the smallest number is -Inf, and NaN if
// there are no numbers. A key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/tdigest.byrevrank/
func tDigestByRevRank(key string, ranks ...int64) command.Command[[]float64] {
	return command.New(appendRanks(command.Named("TDIGEST.BYREVRANK").Key(key), ranks), readFloats)
}

// TDigestCDF returns for each value, in order, an estimate of the fraction of
// numbers in a t-digest that are smaller (TDIGEST.CDF); equal numbers count
// half. It is NaN if there are no numbers. A key that does not exist is an
// error.
//
// https://redis.io/docs/latest/commands/tdigest.cdf/
func tDigestCDF(key string, values ...float64) command.Command[[]float64] {
	return command.New(appendNumbers(command.Named("TDIGEST.CDF").Key(key), "values", values), readFloats)
}

// TDigestCreateOption is an option of [TDigestCreate]: [Compression].
type TDigestCreateOption interface {
	command.Option
	tDigestCreateOption()
}

// TDigestMergeOption is an option of [TDigestMerge]: [Compression] or
// [Override].
type TDigestMergeOption interface {
	command.Option
	tDigestMergeOption()
}

// CompressionOption is an option of [TDigestCreate] and [TDigestMerge]:
// [Compression].
type CompressionOption interface {
	TDigestCreateOption
	TDigestMergeOption
}

type compression struct{ command.Words }

// Compression (COMPRESSION) is the precision of a t-digest: a larger number is
// more exact and needs more memory. The default is 100; for TDigestMerge it is
// the largest of all t-digests that are merged.
func Compression(compressed int64) CompressionOption {
	return compression{command.Once("COMPRESSION", "COMPRESSION", integer(compressed))}
}

func (compression) tDigestCreateOption() {}
func (compression) tDigestMergeOption()  {}

type override string

// Override (OVERRIDE) makes TDigestMerge replace the destination instead of
// adding to it.
const Override override = "OVERRIDE"

// AppendTo appends the word.
func (o override) AppendTo(to *wire.Request) { to.String(string(o)) }

// ConflictKey returns the word.
func (o override) ConflictKey() string { return string(o) }
func (override) tDigestMergeOption()   {}

// TDigestCreate creates an empty t-digest (TDIGEST.CREATE). A key that exists
// is an error.
//
// https://redis.io/docs/latest/commands/tdigest.create/
func tDigestCreate(key string, options ...TDigestCreateOption) command.Command[struct{}] {
	return command.New(command.AppendOptions(command.Named("TDIGEST.CREATE").Key(key), options), decode.OK)
}

// DigestInfo describes a t-digest.
type DigestInfo struct {
	// Compression is that of [Compression].
	Compression int64
	// Capacity is the number of nodes that fit.
	Capacity int64
	// MergedNodes and UnmergedNodes are the numbers of nodes, and
	// MergedWeight and UnmergedWeight the numbers of observations in them.
	MergedNodes, UnmergedNodes, MergedWeight, UnmergedWeight int64
	// Observations is the number of numbers that were added.
	Observations int64
	// Compressions is how often it was compressed.
	Compressions int64
	// Memory is the memory of the t-digest in bytes.
	Memory int64
}

var readDigestInfo = decode.Struct(decode.Fields[DigestInfo]{
	"Compression":        decode.Field(func(i *DigestInfo) *int64 { return &i.Compression }, decode.Int),
	"Capacity":           decode.Field(func(i *DigestInfo) *int64 { return &i.Capacity }, decode.Int),
	"Merged nodes":       decode.Field(func(i *DigestInfo) *int64 { return &i.MergedNodes }, decode.Int),
	"Unmerged nodes":     decode.Field(func(i *DigestInfo) *int64 { return &i.UnmergedNodes }, decode.Int),
	"Merged weight":      decode.Field(func(i *DigestInfo) *int64 { return &i.MergedWeight }, decode.Int),
	"Unmerged weight":    decode.Field(func(i *DigestInfo) *int64 { return &i.UnmergedWeight }, decode.Int),
	"Observations":       decode.Field(func(i *DigestInfo) *int64 { return &i.Observations }, decode.Int),
	"Total compressions": decode.Field(func(i *DigestInfo) *int64 { return &i.Compressions }, decode.Int),
	"Memory usage":       decode.Field(func(i *DigestInfo) *int64 { return &i.Memory }, decode.Int),
})

// TDigestInfo returns the properties of a t-digest (TDIGEST.INFO). A key that
// does not exist is an error.
//
// https://redis.io/docs/latest/commands/tdigest.info/
func tDigestInfo(key string) command.Command[DigestInfo] {
	return command.New(command.Named("TDIGEST.INFO").Key(key), readDigestInfo)
}

// TDigestMax returns the largest number of a t-digest (TDIGEST.MAX), which is
// exact, or NaN if there are no numbers. A key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/tdigest.max/
func tDigestMax(key string) command.Command[float64] {
	return command.New(command.Named("TDIGEST.MAX").Key(key), decode.Float)
}

// TDigestMerge adds the numbers of the t-digests sources to the t-digest
// destination (TDIGEST.MERGE), which is created if it does not exist. In a
// cluster all keys must belong to one slot.
//
// https://redis.io/docs/latest/commands/tdigest.merge/
func tDigestMerge(destination string, sources []string, options ...TDigestMergeOption) command.Command[struct{}] {
	cmd := command.Named("TDIGEST.MERGE").Key(destination).CountedKeys(sources)
	return command.New(command.AppendOptions(cmd, options), decode.OK)
}

// TDigestMin returns the smallest number of a t-digest (TDIGEST.MIN), which is
// exact, or NaN if there are no numbers. A key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/tdigest.min/
func tDigestMin(key string) command.Command[float64] {
	return command.New(command.Named("TDIGEST.MIN").Key(key), decode.Float)
}

// TDigestQuantile returns for each fraction from 0 to 1, in order, an estimate
// of the number that is larger than that fraction of the numbers
// (TDIGEST.QUANTILE). It is NaN if there are no numbers. A key that does not
// exist is an error.
//
// https://redis.io/docs/latest/commands/tdigest.quantile/
func tDigestQuantile(key string, fractions ...float64) command.Command[[]float64] {
	return command.New(appendNumbers(command.Named("TDIGEST.QUANTILE").Key(key), "fractions", fractions), readFloats)
}

// TDigestRank returns for each value, in order, an estimate of how many numbers
// of a t-digest are smaller (TDIGEST.RANK); equal numbers count half. It is -1
// if the value is smaller than all numbers, and -2 if there are none. A key
// that does not exist is an error.
//
// https://redis.io/docs/latest/commands/tdigest.rank/
func tDigestRank(key string, values ...float64) command.Command[[]int64] {
	return command.New(appendNumbers(command.Named("TDIGEST.RANK").Key(key), "values", values), decode.Ints)
}

// TDigestReset removes all numbers from a t-digest (TDIGEST.RESET). A key that
// does not exist is an error.
//
// https://redis.io/docs/latest/commands/tdigest.reset/
func tDigestReset(key string) command.Command[struct{}] {
	return command.New(command.Named("TDIGEST.RESET").Key(key), decode.OK)
}

// TDigestRevRank returns for each value, in order, an estimate of how many
// numbers of a t-digest are larger (TDIGEST.REVRANK); equal numbers count half.
// It is -1 if the value is larger than all numbers, and -2 if there are none. A
// key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/tdigest.revrank/
func tDigestRevRank(key string, values ...float64) command.Command[[]int64] {
	return command.New(appendNumbers(command.Named("TDIGEST.REVRANK").Key(key), "values", values), decode.Ints)
}

// TDigestTrimmedMean returns an estimate of the mean of the numbers between two
// fractions from 0 to 1 (TDIGEST.TRIMMED_MEAN), which excludes the smallest and
// the largest. It is NaN if there are no numbers. A key that does not exist is
// an error.
//
// https://redis.io/docs/latest/commands/tdigest.trimmed_mean/
func tDigestTrimmedMean(key string, low, high float64) command.Command[float64] {
	cmd := command.Named("TDIGEST.TRIMMED_MEAN").Key(key)
	return command.New(cmd.NotNaN(low, "a fraction").NotNaN(high, "a fraction"), decode.Float)
}
