package glide

import (
	"math"
	"slices"
	"strconv"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ScoreBound is a bound of a range of scores: [Score] or [Unbounded].
type ScoreBound interface {
	// scoreWord is how it is sent; the sign is that of the infinity on its side.
	// Nothing stands for what is not a number.
	scoreWord(sign string) string
}

// LexBound is a bound of a range of members: [Lex] or [Unbounded].
type LexBound interface {
	// lexWord is how it is sent; the sign is that of the infinity on its side.
	lexWord(sign string) string
}

// unbounded is a bound that excludes nothing.
type unbounded string

// Unbounded is a bound that excludes nothing on its side.
const Unbounded unbounded = "inf"

func (u unbounded) scoreWord(sign string) string { return sign + string(u) }
func (unbounded) lexWord(sign string) string     { return sign }

// ScoreLimit is a [ScoreBound] at a score; see [Score].
type ScoreLimit struct {
	score     float64
	exclusive bool
}

// Score returns the bound that includes score, which must not be NaN.
func Score(score float64) ScoreLimit { return ScoreLimit{score, false} }

// Exclusive returns the bound that excludes the score itself.
func (l ScoreLimit) Exclusive() ScoreLimit { return ScoreLimit{l.score, true} }

func (l ScoreLimit) scoreWord(string) string {
	if math.IsNaN(l.score) {
		return ""
	}
	word := strconv.FormatFloat(l.score, 'g', -1, 64)
	if l.exclusive {
		word = "(" + word
	}
	return word
}

// LexLimit is a [LexBound] at a member; see [Lex].
type LexLimit struct {
	member    string
	exclusive bool
}

// Lex returns the bound that includes member, which need not exist. Members are
// compared byte by byte.
func Lex(member string) LexLimit { return LexLimit{member, false} }

// Exclusive returns the bound that excludes the member itself.
func (l LexLimit) Exclusive() LexLimit { return LexLimit{l.member, true} }

func (l LexLimit) lexWord(string) string {
	if l.exclusive {
		return "(" + l.member
	}
	return "[" + l.member
}

// SortedRange is a part of a sorted set: [ByRank], [ByScore] or [ByLex].
type SortedRange interface {
	bounds() bounds
}

// ScoredRange is a [SortedRange] whose scores can be returned too: [ByRank] or
// [ByScore].
type ScoredRange interface {
	SortedRange
	scoredRange()
}

// bounds are a range as it is sent.
type bounds struct {
	// by is the option that says what the bounds are, "" for ranks.
	by        string
	low, high string
	// fault is what is wrong with them.
	fault string
}

type scoredBounds bounds

func (b scoredBounds) bounds() bounds { return bounds(b) }
func (scoredBounds) scoredRange()     {}

type lexBounds bounds

func (b lexBounds) bounds() bounds { return bounds(b) }

// ByRank selects the members with the ranks from start to stop, both included.
// Negative ranks count from the end: -1 is the last member. Ranks out of range
// are limited to the sorted set.
func ByRank(start, stop int64) ScoredRange {
	return scoredBounds{low: strconv.FormatInt(start, 10), high: strconv.FormatInt(stop, 10)}
}

// ByScore (BYSCORE) selects the members whose scores are between two bounds.
// The lower bound comes first, also with [Reversed].
func ByScore(low, high ScoreBound) ScoredRange {
	if low == nil || high == nil {
		return scoredBounds{fault: "nil bound"}
	}
	b := scoredBounds{by: "BYSCORE", low: low.scoreWord("-"), high: high.scoreWord("+")}
	if b.low == "" || b.high == "" {
		b.fault = "a score that is not a number"
	}
	return b
}

// ByLex (BYLEX) selects the members between two bounds. The lower bound comes
// first, also with [Reversed]. All members of the sorted set should have the
// same score; otherwise the result is unspecified.
func ByLex(low, high LexBound) SortedRange {
	if low == nil || high == nil {
		return lexBounds{fault: "nil bound"}
	}
	return lexBounds{by: "BYLEX", low: low.lexWord("-"), high: high.lexWord("+")}
}

// appendBounds appends where a range begins and ends.
func appendBounds(cmd arguments, b bounds) arguments {
	if b.fault != "" {
		return cmd.Refuse(b.fault)
	}
	return cmd.Arg(b.low).Arg(b.high)
}

// ZRangeOption is an option of [Client.ZRange], [Client.ZRangeWithScores] and
// [Client.ZRangeStore]: it reverses the order of the members, [Reversed], or
// limits their number, [Limit]. Limit requires [ByScore] or [ByLex].
type ZRangeOption interface {
	option
	zRangeOption()
}

func (Window) zRangeOption() {}

// reversed is the option REV.
type reversed string

// Reversed (REV) returns the members in descending order of their scores. The
// ranks of [ByRank] then count from the member with the highest score.
const Reversed reversed = "REV"

func (r reversed) appendTo(to *wire.Request) { to.String(string(r)) }
func (reversed) conflictKey() string         { return "Reversed" }
func (reversed) zRangeOption()               {}

// appendRange appends a range and how it is given.
func appendRange(cmd arguments, part SortedRange, options []ZRangeOption) arguments {
	if part == nil {
		return cmd.Refuse("nil range")
	}
	b := part.bounds()
	switch {
	case b.by == "":
		isLimit := func(o ZRangeOption) bool { _, ok := o.(Window); return ok }
		if slices.ContainsFunc(options, isLimit) {
			cmd = cmd.Refuse("ByRank excludes Limit")
		}
		cmd = appendBounds(cmd, b)
	case slices.Contains(options, ZRangeOption(Reversed)):
		// The server wants to be told first where it begins.
		b.low, b.high = b.high, b.low
		fallthrough
	default:
		cmd = appendBounds(cmd, b).Arg(b.by)
	}
	return appendOptions(cmd, options)
}

// ZCount returns the number of members of a sorted set whose scores are between
// two bounds, or 0 if key does not exist.
//
// https://valkey.io/commands/zcount/
func zCount(key string, low, high ScoreBound) command[int64] {
	return newCommand(appendBounds(named("ZCOUNT").Key(key), ByScore(low, high).bounds()), decode.Int)
}

// ZLexCount returns the number of members between two bounds of a sorted set
// whose members all have the same score, or 0 if key does not exist.
//
// https://valkey.io/commands/zlexcount/
func zLexCount(key string, low, high LexBound) command[int64] {
	return newCommand(appendBounds(named("ZLEXCOUNT").Key(key), ByLex(low, high).bounds()), decode.Int)
}

// ZRange returns the members of a part of a sorted set, in ascending order of
// their scores unless [Reversed] is given. It returns none if key does not
// exist.
//
// https://valkey.io/commands/zrange/
func zRange(key string, part SortedRange, options ...ZRangeOption) command[[]string] {
	return newCommand(appendRange(named("ZRANGE").Key(key), part, options), decode.Strings)
}

// ZRangeStore stores the result of [Client.ZRangeWithScores] as a sorted set
// at destination, replacing its value, and returns its size. If the result
// is empty, destination is deleted. In a cluster both keys must belong to one
// slot.
//
// https://valkey.io/commands/zrangestore/
func zRangeStore(destination, source string, part SortedRange, options ...ZRangeOption) command[int64] {
	return newCommand(appendRange(named("ZRANGESTORE").Key(destination).Key(source), part, options), decode.Int)
}

// ZRangeWithScores returns members like [Client.ZRange], and their scores
// (WITHSCORES).
//
// https://valkey.io/commands/zrange/
func zRangeWithScores(key string, part ScoredRange, options ...ZRangeOption) command[[]Scored] {
	return newCommand(appendRange(named("ZRANGE").Key(key), part, options).Arg("WITHSCORES"), readScores)
}

// ZRemRangeByLex removes the members between two bounds from a sorted set whose
// members all have the same score, and returns how many it removed. It returns
// 0 if key does not exist.
//
// https://valkey.io/commands/zremrangebylex/
func zRemRangeByLex(key string, low, high LexBound) command[int64] {
	return newCommand(appendBounds(named("ZREMRANGEBYLEX").Key(key), ByLex(low, high).bounds()), decode.Int)
}

// ZRemRangeByRank removes the members with the ranks from start to stop, as in
// [ByRank], from a sorted set and returns how many it removed. It returns 0 if
// key does not exist.
//
// https://valkey.io/commands/zremrangebyrank/
func zRemRangeByRank(key string, start, stop int64) command[int64] {
	return newCommand(appendBounds(named("ZREMRANGEBYRANK").Key(key), ByRank(start, stop).bounds()), decode.Int)
}

// ZRemRangeByScore removes the members whose scores are between two bounds from
// a sorted set and returns how many it removed. It returns 0 if key does not
// exist.
//
// https://valkey.io/commands/zremrangebyscore/
func zRemRangeByScore(key string, low, high ScoreBound) command[int64] {
	return newCommand(appendBounds(named("ZREMRANGEBYSCORE").Key(key), ByScore(low, high).bounds()), decode.Int)
}
