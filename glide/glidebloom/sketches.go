package glidebloom

import (
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ItemCount is an item and a count; see [Count].
type ItemCount struct {
	Item  string
	Count int64
}

// Count returns an [ItemCount].
func Count(item string, count int64) ItemCount { return ItemCount{item, count} }

// readItemCount reads an item and its count.
func readItemCount(r *wire.Reader) (counted ItemCount, err error) {
	if counted.Item, err = r.String(); err == nil {
		counted.Count, err = r.Int()
	}
	return counted, err
}

// appendCounts appends items and their counts, of which there must be some.
func appendCounts(cmd command.Arguments, counts []ItemCount) command.Arguments {
	if len(counts) == 0 {
		return cmd.Refuse("no items")
	}
	for _, counted := range counts {
		cmd = cmd.Arg(counted.Item).Integer(counted.Count)
	}
	return cmd
}

// CMSIncrBy adds counts of items to a count-min sketch (CMS.INCRBY), and
// returns their new counts, in order, which may be too high. A key that does
// not exist is an error.
//
// https://redis.io/docs/latest/commands/cms.incrby/
func cmsIncrBy(key string, increments ...ItemCount) command.Command[[]int64] {
	return command.New(appendCounts(command.Named("CMS.INCRBY").Key(key), increments), decode.Ints)
}

// SketchInfo describes a count-min sketch.
type SketchInfo struct {
	// Width and Depth are its dimensions.
	Width, Depth int64
	// Count is the sum of all counts.
	Count int64
}

var readSketchInfo = decode.Struct(decode.Fields[SketchInfo]{
	"width": decode.Field(func(i *SketchInfo) *int64 { return &i.Width }, decode.Int),
	"depth": decode.Field(func(i *SketchInfo) *int64 { return &i.Depth }, decode.Int),
	"count": decode.Field(func(i *SketchInfo) *int64 { return &i.Count }, decode.Int),
})

// CMSInfo returns the properties of a count-min sketch (CMS.INFO). A key that
// does not exist is an error.
//
// https://redis.io/docs/latest/commands/cms.info/
func cmsInfo(key string) command.Command[SketchInfo] {
	return command.New(command.Named("CMS.INFO").Key(key), readSketchInfo)
}

// CMSInitByDim creates an empty count-min sketch with depth rows of width
// counters (CMS.INITBYDIM). A larger width makes errors smaller, a larger depth
// makes them less likely. A key that exists is an error.
//
// https://redis.io/docs/latest/commands/cms.initbydim/
func cmsInitByDim(key string, width, depth int64) command.Command[struct{}] {
	return command.New(command.Named("CMS.INITBYDIM").Key(key).Integer(width).Integer(depth), decode.OK)
}

// CMSInitByProb creates an empty count-min sketch (CMS.INITBYPROB). A count is
// too high by more than errorRate times the sum of all counts only with the
// given probability. A key that exists is an error.
//
// https://redis.io/docs/latest/commands/cms.initbyprob/
func cmsInitByProb(key string, errorRate, probability float64) command.Command[struct{}] {
	cmd := command.Named("CMS.INITBYPROB").Key(key).NotNaN(errorRate, "an error rate")
	return command.New(cmd.NotNaN(probability, "a probability"), decode.OK)
}

// CMSMergeOption is an option of [CMSMerge]: [Weights].
type CMSMergeOption interface {
	command.Option
	cmsMergeOption()
}

type weights struct{ command.Words }

// Weights (WEIGHTS) are the factors of the counts of the sources, in order. The
// default is 1.
func Weights(weight ...int64) CMSMergeOption {
	words := []string{"WEIGHTS"}
	for _, w := range weight {
		words = append(words, integer(w))
	}
	return weights{command.Once("WEIGHTS", words...)}
}

func (weights) cmsMergeOption() {}

// CMSMerge replaces the counts of the count-min sketch destination with the
// sums of the counts of the sources (CMS.MERGE). All of them must exist and
// have the same dimensions. The destination may be among the sources. In a
// cluster all keys must belong to one slot.
//
// https://redis.io/docs/latest/commands/cms.merge/
func cmsMerge(destination string, sources []string, options ...CMSMergeOption) command.Command[struct{}] {
	cmd := command.Named("CMS.MERGE").Key(destination).CountedKeys(sources)
	return command.New(command.AppendOptions(cmd, options), decode.OK)
}

// CMSQuery returns the counts of items in a count-min sketch, in order
// (CMS.QUERY), which may be too high. A key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/cms.query/
func cmsQuery(key string, items ...string) command.Command[[]int64] {
	return command.New(command.Named("CMS.QUERY").Key(key).NonEmpty("items", items), decode.Ints)
}

var readDropped = decode.Slice(readOptional(decode.String))

// TopKAdd counts items in a top-k list (TOPK.ADD). For each item, in order, it
// returns the item that left the list because of it, or a nil Optional if none
// did. A key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/topk.add/
func topKAdd(key string, items ...string) command.Command[[]glide.Optional[string]] {
	return command.New(command.Named("TOPK.ADD").Key(key).NonEmpty("items", items), readDropped)
}

// TopKCount returns the counts of items, in order (TOPK.COUNT), also of items
// that are not in the list. A count may be too high or too low. Servers have
// deprecated it since RedisBloom 2.4.
//
// https://redis.io/docs/latest/commands/topk.count/
func topKCount(key string, items ...string) command.Command[[]int64] {
	return command.New(command.Named("TOPK.COUNT").Key(key).NonEmpty("items", items), decode.Ints)
}

// TopKIncrBy adds counts of items to a top-k list (TOPK.INCRBY). Otherwise it
// is like [TopKAdd].
//
// https://redis.io/docs/latest/commands/topk.incrby/
func topKIncrBy(key string, increments ...ItemCount) command.Command[[]glide.Optional[string]] {
	return command.New(appendCounts(command.Named("TOPK.INCRBY").Key(key), increments), readDropped)
}

// TopListInfo describes a top-k list.
type TopListInfo struct {
	// K is the number of items that fit into the list.
	K int64
	// Width, Depth and Decay are those of [Dimensions].
	Width, Depth int64
	Decay        float64
}

var readTopList = decode.Struct(decode.Fields[TopListInfo]{
	"k":     decode.Field(func(i *TopListInfo) *int64 { return &i.K }, decode.Int),
	"width": decode.Field(func(i *TopListInfo) *int64 { return &i.Width }, decode.Int),
	"depth": decode.Field(func(i *TopListInfo) *int64 { return &i.Depth }, decode.Int),
	"decay": decode.Field(func(i *TopListInfo) *float64 { return &i.Decay }, decode.Float),
})

// TopKInfo returns the properties of a top-k list (TOPK.INFO). A key that does
// not exist is an error.
//
// https://redis.io/docs/latest/commands/topk.info/
func topKInfo(key string) command.Command[TopListInfo] {
	return command.New(command.Named("TOPK.INFO").Key(key), readTopList)
}

// TopKList returns the items of a top-k list (TOPK.LIST), the most frequent
// first. A key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/topk.list/
func topKList(key string) command.Command[[]string] {
	return command.New(command.Named("TOPK.LIST").Key(key), decode.Strings)
}

// TopKListWithCount returns items like [TopKList], and their counts
// (WITHCOUNT).
//
// https://redis.io/docs/latest/commands/topk.list/
func topKListWithCount(key string) command.Command[[]ItemCount] {
	return command.New(command.Named("TOPK.LIST").Key(key).Arg("WITHCOUNT"), decode.Pairs(readItemCount))
}

// TopKQuery reports for each item, in order, whether it is in a top-k list
// (TOPK.QUERY). A key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/topk.query/
func topKQuery(key string, items ...string) command.Command[[]bool] {
	return command.New(command.Named("TOPK.QUERY").Key(key).NonEmpty("items", items), decode.Bools)
}

// TopKReserveOption is an option of [TopKReserve]: [Dimensions].
type TopKReserveOption interface {
	command.Option
	topKReserveOption()
}

type dimensions struct{ command.Words }

// Dimensions are the parameters by which a top-k list counts: depth rows of
// width counters, and decay, between 0 and 1. The larger decay is, the more
// likely the counts of rare items are lowered. The defaults are 8, 7 and 0.9.
func Dimensions(width, depth int64, decay float64) TopKReserveOption {
	return dimensions{command.Once("dimensions", integer(width), integer(depth), number(decay))}
}

func (dimensions) topKReserveOption() {}

// TopKReserve creates an empty top-k list of k items (TOPK.RESERVE). A key that
// exists is an error.
//
// https://redis.io/docs/latest/commands/topk.reserve/
func topKReserve(key string, k int64, options ...TopKReserveOption) command.Command[struct{}] {
	return command.New(command.AppendOptions(command.Named("TOPK.RESERVE").Key(key).Integer(k), options), decode.OK)
}
