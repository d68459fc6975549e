package glidebloom

import (
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ItemCount is an item and how often it is counted; see [Count].
type ItemCount struct {
	Item  string
	Count int64
}

// Count makes an [ItemCount].
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

// CMSIncrBy counts items in a count-min sketch, each so many times, and returns
// the counts that they have now, which may be too high. A key that does not exist
// is an error.
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

// CMSInfo describes a count-min sketch. A key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/cms.info/
func cmsInfo(key string) command.Command[SketchInfo] {
	return command.New(command.Named("CMS.INFO").Key(key), readSketchInfo)
}

// CMSInitByDim creates an empty count-min sketch of so many counters in each of
// so many rows. A wider one makes smaller errors, a deeper one makes them less
// often. A key that exists is an error.
//
// https://redis.io/docs/latest/commands/cms.initbydim/
func cmsInitByDim(key string, width, depth int64) command.Command[struct{}] {
	return command.New(command.Named("CMS.INITBYDIM").Key(key).Integer(width).Integer(depth), decode.OK)
}

// CMSInitByProb creates an empty count-min sketch whose counts are too high by
// more than errorRate of the sum of all counts only with the probability
// probability. A key that exists is an error.
//
// https://redis.io/docs/latest/commands/cms.initbyprob/
func cmsInitByProb(key string, errorRate, probability float64) command.Command[struct{}] {
	cmd := command.Named("CMS.INITBYPROB").Key(key).NotNaN(errorRate, "an error rate")
	return command.New(cmd.NotNaN(probability, "a probability"), decode.OK)
}

// CMSMergeOption is [Weights].
type CMSMergeOption interface {
	command.Option
	cmsMergeOption()
}

type weights struct{ command.Words }

// Weights (WEIGHTS) are what the counts of each source are multiplied by, in
// their order. The default is 1.
func Weights(weight ...int64) CMSMergeOption {
	words := []string{"WEIGHTS"}
	for _, w := range weight {
		words = append(words, integer(w))
	}
	return weights{command.Once("WEIGHTS", words...)}
}

func (weights) cmsMergeOption() {}

// CMSMerge replaces the counts of a count-min sketch with the sums of those of
// the sources, all of which must exist and have the same dimensions. The
// destination may be among the sources. In a cluster all keys must belong to one
// slot.
//
// https://redis.io/docs/latest/commands/cms.merge/
func cmsMerge(destination string, sources []string, options ...CMSMergeOption) command.Command[struct{}] {
	cmd := command.Named("CMS.MERGE").Key(destination).CountedKeys(sources)
	return command.New(command.AppendOptions(cmd, options), decode.OK)
}

// CMSQuery returns how often items were counted in a count-min sketch, which may
// be too often. A key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/cms.query/
func cmsQuery(key string, items ...string) command.Command[[]int64] {
	return command.New(command.Named("CMS.QUERY").Key(key).NonEmpty("items", items), decode.Ints)
}

var readDropped = decode.Slice(readOptional(decode.String))

// TopKAdd counts items in a top-k list, and returns for each the item that left
// the list for it, or nil if none did. A key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/topk.add/
func topKAdd(key string, items ...string) command.Command[[]glide.Optional[string]] {
	return command.New(command.Named("TOPK.ADD").Key(key).NonEmpty("items", items), readDropped)
}

// TopKCount returns how often items were counted, also those that are not in the
// list; it may be too often or too rare. Deprecated by servers since RedisBloom
// 2.4.
//
// https://redis.io/docs/latest/commands/topk.count/
func topKCount(key string, items ...string) command.Command[[]int64] {
	return command.New(command.Named("TOPK.COUNT").Key(key).NonEmpty("items", items), decode.Ints)
}

// TopKIncrBy counts items in a top-k list, each so many times; otherwise it is
// like [TopKAdd].
//
// https://redis.io/docs/latest/commands/topk.incrby/
func topKIncrBy(key string, increments ...ItemCount) command.Command[[]glide.Optional[string]] {
	return command.New(appendCounts(command.Named("TOPK.INCRBY").Key(key), increments), readDropped)
}

// TopListInfo describes a top-k list.
type TopListInfo struct {
	// K is the number of items that the list has room for.
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

// TopKInfo describes a top-k list. A key that does not exist is an error.
//
// https://redis.io/docs/latest/commands/topk.info/
func topKInfo(key string) command.Command[TopListInfo] {
	return command.New(command.Named("TOPK.INFO").Key(key), readTopList)
}

// TopKList returns the items of a top-k list, the most frequent first. A key that
// does not exist is an error.
//
// https://redis.io/docs/latest/commands/topk.list/
func topKList(key string) command.Command[[]string] {
	return command.New(command.Named("TOPK.LIST").Key(key), decode.Strings)
}

// TopKListWithCount also returns how often each item was counted (WITHCOUNT);
// otherwise it is like [TopKList].
//
// https://redis.io/docs/latest/commands/topk.list/
func topKListWithCount(key string) command.Command[[]ItemCount] {
	return command.New(command.Named("TOPK.LIST").Key(key).Arg("WITHCOUNT"), decode.Pairs(readItemCount))
}

// TopKQuery reports of each item whether it is in a top-k list. A key that does
// not exist is an error.
//
// https://redis.io/docs/latest/commands/topk.query/
func topKQuery(key string, items ...string) command.Command[[]bool] {
	return command.New(command.Named("TOPK.QUERY").Key(key).NonEmpty("items", items), decode.Bools)
}

// TopKReserveOption is [Dimensions].
type TopKReserveOption interface {
	command.Option
	topKReserveOption()
}

type dimensions struct{ command.Words }

// Dimensions are how a top-k list counts: with so many counters in each of so
// many rows. decay, between 0 and 1, is how readily counts of rare items are
// lowered. The default is 8, 7 and 0.9.
func Dimensions(width, depth int64, decay float64) TopKReserveOption {
	return dimensions{command.Once("dimensions", integer(width), integer(depth), number(decay))}
}

func (dimensions) topKReserveOption() {}

// TopKReserve creates an empty top-k list with room for k items. A key that
// exists is an error.
//
// https://redis.io/docs/latest/commands/topk.reserve/
func topKReserve(key string, k int64, options ...TopKReserveOption) command.Command[struct{}] {
	return command.New(command.AppendOptions(command.Named("TOPK.RESERVE").Key(key).Integer(k), options), decode.OK)
}
