package glide

import (
	"math"
	"slices"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ZCombineOption is an option of [Client.ZInter], [Client.ZInterWithScores],
// [Client.ZInterStore], [Client.ZUnion], [Client.ZUnionWithScores] and
// [Client.ZUnionStore], which sets how the scores of a member in several sorted
// sets are combined: [Weights], [AggregateSum], [AggregateMin] or
// [AggregateMax].
type ZCombineOption interface {
	option
	zCombineOption()
}

// weights is the option WEIGHTS.
type weights []float64

// Weights (WEIGHTS) multiplies the scores of each set by a factor, in the order
// of the keys. There must be one factor for each key. The default is 1.
func Weights(factors ...float64) ZCombineOption { return weights(factors) }

func (f weights) appendTo(to *wire.Request) {
	to.String("WEIGHTS")
	for _, factor := range f {
		to.Float(factor)
	}
}

func (weights) conflictKey() string { return "Weights" }
func (weights) zCombineOption()     {}

// aggregation is how several scores are combined.
type aggregation string

const (
	// AggregateSum (SUM) adds the scores. It is the default.
	AggregateSum aggregation = "SUM"
	// AggregateMin (MIN) uses the lowest score.
	AggregateMin aggregation = "MIN"
	// AggregateMax (MAX) uses the highest score.
	AggregateMax aggregation = "MAX"
)

func (a aggregation) appendTo(to *wire.Request) {
	to.String("AGGREGATE")
	to.String(string(a))
}

func (aggregation) conflictKey() string { return "aggregation" }
func (aggregation) zCombineOption()     {}

// appendCombination appends the keys of several sets and how their scores are
// combined.
func appendCombination(cmd arguments, keys []string, options []ZCombineOption) arguments {
	for _, o := range options {
		factors, ok := o.(weights)
		switch {
		case !ok:
		case len(factors) != len(keys):
			cmd = cmd.Refuse("not as many weights as keys")
		case slices.ContainsFunc(factors, math.IsNaN):
			cmd = cmd.Refuse("a weight that is not a number")
		}
	}
	return appendOptions(cmd.CountedKeys(keys), options)
}

// ZDiff returns the members of the first sorted set that are in none of the
// others, in ascending order of their scores. A key that does not exist counts
// as empty, and the members of a plain set have score 1. In a cluster the keys
// must belong to one slot.
//
// https://valkey.io/commands/zdiff/
func zDiff(keys ...string) command[[]string] {
	return newCommand(named("ZDIFF").CountedKeys(keys), decode.Strings)
}

// ZDiffStore stores the result of [Client.ZDiffWithScores] as a sorted set at
// destination, replacing its value, and returns its size. If the result is
// empty, destination is deleted. In a cluster all keys must belong to one
// slot.
//
// https://valkey.io/commands/zdiffstore/
func zDiffStore(destination string, keys ...string) command[int64] {
	return newCommand(named("ZDIFFSTORE").Key(destination).CountedKeys(keys), decode.Int)
}

// ZDiffWithScores returns members like [Client.ZDiff], and their scores
// (WITHSCORES).
//
// https://valkey.io/commands/zdiff/
func zDiffWithScores(keys ...string) command[[]Scored] {
	return newCommand(named("ZDIFF").CountedKeys(keys).Arg("WITHSCORES"), readScores)
}

// ZInter returns the members that are in all of several sorted sets, in
// ascending order of their scores. The score of a member is the sum of its
// scores, unless an option selects another combination. A key that does not
// exist counts as empty, and the members of a plain set have score 1. In a
// cluster the keys must belong to one slot.
//
// https://valkey.io/commands/zinter/
func zInter(keys []string, options ...ZCombineOption) command[[]string] {
	return newCommand(appendCombination(named("ZINTER"), keys, options), decode.Strings)
}

// ZInterCardOption is an option of [Client.ZInterCard]: [CardLimit].
type ZInterCardOption interface {
	option
	zInterCardOption()
}

// ZInterCard returns the number of members that [Client.ZInter] would return,
// without returning them. [CardLimit] limits how far it counts. In a cluster
// the keys must belong to one slot. Since version 7.0.
//
// https://valkey.io/commands/zintercard/
func zInterCard(keys []string, options ...ZInterCardOption) command[int64] {
	return newCommand(appendCardLimit(named("ZINTERCARD").CountedKeys(keys), options), decode.Int)
}

// ZInterStore stores the result of [Client.ZInterWithScores] as a sorted set
// at destination, replacing its value, and returns its size. If the result
// is empty, destination is deleted. In a cluster all keys must belong to one
// slot.
//
// https://valkey.io/commands/zinterstore/
func zInterStore(destination string, keys []string, options ...ZCombineOption) command[int64] {
	return newCommand(appendCombination(named("ZINTERSTORE").Key(destination), keys, options), decode.Int)
}

// ZInterWithScores returns members like [Client.ZInter], and their scores
// (WITHSCORES).
//
// https://valkey.io/commands/zinter/
func zInterWithScores(keys []string, options ...ZCombineOption) command[[]Scored] {
	return newCommand(appendCombination(named("ZINTER"), keys, options).Arg("WITHSCORES"), readScores)
}

// ZUnion returns the members that are in any of several sorted sets, in
// ascending order of their scores. The score of a member is the sum of its
// scores, unless an option selects another combination. A key that does not
// exist counts as empty, and the members of a plain set have score 1. In a
// cluster the keys must belong to one slot.
//
// https://valkey.io/commands/zunion/
func zUnion(keys []string, options ...ZCombineOption) command[[]string] {
	return newCommand(appendCombination(named("ZUNION"), keys, options), decode.Strings)
}

// ZUnionStore stores the result of [Client.ZUnionWithScores] as a sorted set
// at destination, replacing its value, and returns its size. If the result
// is empty, destination is deleted. In a cluster all keys must belong to one
// slot.
//
// https://valkey.io/commands/zunionstore/
func zUnionStore(destination string, keys []string, options ...ZCombineOption) command[int64] {
	return newCommand(appendCombination(named("ZUNIONSTORE").Key(destination), keys, options), decode.Int)
}

// ZUnionWithScores returns members like [Client.ZUnion], and their scores
// (WITHSCORES).
//
// https://valkey.io/commands/zunion/
func zUnionWithScores(keys []string, options ...ZCombineOption) command[[]Scored] {
	return newCommand(appendCombination(named("ZUNION"), keys, options).Arg("WITHSCORES"), readScores)
}
