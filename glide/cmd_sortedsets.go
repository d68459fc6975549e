package glide

import (
	"context"
	"iter"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Scored is a member of a sorted set and its score, which may be infinite.
// Members with the same score are in the order of their bytes.
type Scored struct {
	Member string
	Score  float64
}

// NewScored returns a member with its score.
func NewScored(member string, score float64) Scored { return Scored{member, score} }

// ZAddOption is an option of [Client.ZAdd]: it sets which members are written,
// [IfAbsent], [IfPresent], [IfGreater] or [IfLess], or which of them count,
// [CountChanged].
type ZAddOption interface {
	option
	zAddOption()
}

// ZAddIncrOption is an option of [Client.ZAddIncr], a condition on which the
// score is changed: [IfAbsent], [IfPresent], [IfGreater] or [IfLess].
type ZAddIncrOption interface {
	option
	zAddIncrOption()
}

// countChanged is the option CH.
type countChanged string

// CountChanged (CH) also counts members that changed. By default only new
// members count.
const CountChanged countChanged = "CH"

func (c countChanged) appendTo(to *wire.Request) { to.String(string(c)) }
func (countChanged) conflictKey() string         { return "CountChanged" }
func (countChanged) zAddOption()                 {}
func (countChanged) geoAddOption()               {}

// ZAdd sets the scores of members of a sorted set, adding new members, and
// returns how many were added; with [CountChanged], how many were added or
// changed. A key that does not exist counts as an empty set. If a member is
// given twice, the last score applies.
//
// https://valkey.io/commands/zadd/
func zAdd(key string, members []Scored, options ...ZAddOption) command[int64] {
	cmd := appendOptions(named("ZADD").Key(key), options)
	cmd = excludeConditions(cmd, options)
	if len(members) == 0 {
		cmd = cmd.Refuse("no members")
	}
	for _, m := range members {
		cmd = cmd.NotNaN(m.Score, "a score").Arg(m.Member)
	}
	return newCommand(cmd, readAdded)
}

// readAdded reads a number. The core makes it a double where any word is
// INCR, as a member may be.
func readAdded(r *wire.Reader) (int64, error) {
	if r.Kind() == abi.TagDouble {
		f, err := r.Float()
		return int64(f), err
	}
	return r.Int()
}

// ZAddIncr increments the score of a member of a sorted set by increment (ZADD
// with INCR) and returns the result. A member or key that does not exist counts
// as score 0. If a condition does not hold, ZAddIncr changes nothing and
// returns a nil Optional. It is an error if the result is not a number.
//
// https://valkey.io/commands/zadd/
func zAddIncr(key string, increment float64, member string, options ...ZAddIncrOption) command[Optional[float64]] {
	cmd := appendOptions(named("ZADD").Key(key), options)
	cmd = excludeConditions(cmd, options).Arg("INCR")
	return newCommand(cmd.NotNaN(increment, "an increment").Arg(member), readOptionalFloat)
}

// ZCard returns the number of members of a sorted set, or 0 if key does not
// exist.
//
// https://valkey.io/commands/zcard/
func zCard(key string) command[int64] { return newCommand(named("ZCARD").Key(key), decode.Int) }

// ZIncrBy increments the score of a member of a sorted set by increment and
// returns the result. A member or key that does not exist counts as score 0. It
// is an error if the result is not a number.
//
// https://valkey.io/commands/zincrby/
func zIncrBy(key string, increment float64, member string) command[float64] {
	return newCommand(named("ZINCRBY").Key(key).NotNaN(increment, "an increment").Arg(member), decode.Float)
}

// ZMScore returns the scores of members of a sorted set, in the order of
// members, with a nil Optional for a member that does not exist. If key does
// not exist, all are nil.
//
// https://valkey.io/commands/zmscore/
func zMScore(key string, members ...string) command[[]Optional[float64]] {
	return newCommand(named("ZMSCORE").Key(key).NonEmpty("members", members), readOptionalFloats)
}

// ZRandMember returns a random member of a sorted set, or a nil Optional if key
// does not exist.
//
// https://valkey.io/commands/zrandmember/
func zRandMember(key string) command[Optional[string]] {
	return newCommand(named("ZRANDMEMBER").Key(key), readOptionalString)
}

// ZRandMemberCount returns random members of a sorted set: at most count
// different members, or exactly -count members, possibly with repetitions, if
// count is negative. It returns none if key does not exist.
//
// https://valkey.io/commands/zrandmember/
func zRandMemberCount(key string, count int64) command[[]string] {
	return newCommand(named("ZRANDMEMBER").Key(key).Integer(count), decode.Strings)
}

// ZRandMemberWithScores returns random members of a sorted set with their
// scores (WITHSCORES), like [Client.ZRandMemberCount].
//
// https://valkey.io/commands/zrandmember/
func zRandMemberWithScores(key string, count int64) command[[]Scored] {
	return newCommand(named("ZRANDMEMBER").Key(key).Integer(count).Arg("WITHSCORES"), readScores)
}

// ZRank returns the rank of a member of a sorted set, which is 0 for the member
// with the lowest score, or a nil Optional if the member or key does not exist.
//
// https://valkey.io/commands/zrank/
func zRank(key, member string) command[Optional[int64]] {
	return newCommand(named("ZRANK").Key(key).Arg(member), readOptionalInt)
}

// Ranked is the rank and the score of a member of a sorted set.
type Ranked struct {
	// Rank is the number of members before it.
	Rank  int64
	Score float64
}

var readOptionalRanked = readOptional(readRanked)

func readRanked(r *wire.Reader) (ranked Ranked, err error) {
	err = decode.Tuple(r, decode.To(&ranked.Rank, decode.Int), decode.To(&ranked.Score, decode.Float))
	return ranked, err
}

// ZRankWithScore returns the rank of a member like [Client.ZRank], and its
// score (WITHSCORE). Since version 7.2.
//
// https://valkey.io/commands/zrank/
func zRankWithScore(key, member string) command[Optional[Ranked]] {
	return newCommand(named("ZRANK").Key(key).Arg(member).Arg("WITHSCORE"), readOptionalRanked)
}

// ZRem removes members from a sorted set and returns how many of them it
// contained, which is 0 if key does not exist. A sorted set without members is
// deleted.
//
// https://valkey.io/commands/zrem/
func zRem(key string, members ...string) command[int64] {
	return newCommand(named("ZREM").Key(key).NonEmpty("members", members), decode.Int)
}

// ZRevRank returns the rank of a member in reversed order, which is 0 for the
// member with the highest score. Otherwise it is like [Client.ZRank].
//
// https://valkey.io/commands/zrevrank/
func zRevRank(key, member string) command[Optional[int64]] {
	return newCommand(named("ZREVRANK").Key(key).Arg(member), readOptionalInt)
}

// ZRevRankWithScore returns the rank of a member like [Client.ZRevRank], and
// its score (WITHSCORE). Since version 7.2.
//
// https://valkey.io/commands/zrevrank/
func zRevRankWithScore(key, member string) command[Optional[Ranked]] {
	return newCommand(named("ZREVRANK").Key(key).Arg(member).Arg("WITHSCORE"), readOptionalRanked)
}

// ZScanOption is an option of [Client.ZScan], [Client.ZScanNoScores],
// [Client.SortedSetMembers] and [Client.SortedSetMemberNames]: it filters the
// members, [Match], or sets the size of a page, [Count].
type ZScanOption interface {
	option
	zScanOption()
}

func (Pattern) zScanOption()  {}
func (PageSize) zScanOption() {}

var readScoresPage = readScanPage(readScores)

// ZScan returns a page of the members of a sorted set and their scores, and
// the cursor of the next page; begin with [ScanStart]. Members that are in it
// during the whole scan are returned at least once, possibly more often; those
// that are added or removed meanwhile may be returned. They are in no order:
// [Client.ZRange] returns pages in order. A small set is returned in one page
// regardless of [Count]. A cursor is valid only at the server that returned
// it; see [Client.Scan]. [Client.SortedSetMembers] iterates over all pages.
//
// https://valkey.io/commands/zscan/
func zScan(key, cursor string, options ...ZScanOption) command[ScanPage[Scored]] {
	return newCommand(appendOptions(named("ZSCAN").Key(key).Arg(cursor), options), readScoresPage)
}

// ZScanNoScores is like [Client.ZScan], but returns only the members. Since
// Valkey 8.0.
//
// https://valkey.io/commands/zscan/
func zScanNoScores(key, cursor string, options ...ZScanOption) command[ScanPage[string]] {
	cmd := appendOptions(named("ZSCAN").Key(key).Arg(cursor), options)
	return newCommand(cmd.Arg("NOSCORES"), readKeysPage)
}

// SortedSetMembers returns an iterator over the members of a sorted set and
// their scores, in no order. It calls [Client.ZScan] for each page, as
// [Client.AllKeys] calls [Client.Scan].
//
// https://valkey.io/commands/zscan/
func (c commands) SortedSetMembers(ctx context.Context, key string, options ...ZScanOption) iter.Seq2[Scored, error] {
	return pages(func(cursor string) (ScanPage[Scored], error) { return c.ZScan(ctx, key, cursor, options...) })
}

// SortedSetMemberNames is like [Client.SortedSetMembers], but returns only the
// members. Since Valkey 8.0.
//
// https://valkey.io/commands/zscan/
func (c commands) SortedSetMemberNames(ctx context.Context, key string, options ...ZScanOption) iter.Seq2[string, error] {
	return pages(func(cursor string) (ScanPage[string], error) { return c.ZScanNoScores(ctx, key, cursor, options...) })
}

// ZScore returns the score of a member of a sorted set, or a nil Optional if
// the member or key does not exist.
//
// https://valkey.io/commands/zscore/
func zScore(key, member string) command[Optional[float64]] {
	return newCommand(named("ZSCORE").Key(key).Arg(member), readOptionalFloat)
}

// readScores reads members and their scores, in their order.
var readScores = decode.Pairs(readScored)

// readScored reads a member and its score.
func readScored(r *wire.Reader) (member Scored, err error) {
	if member.Member, err = r.String(); err == nil {
		member.Score, err = r.Float()
	}
	return member, err
}
