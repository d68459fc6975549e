package commands_test

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// letters are members of the scores 1, 2, 3 …
func letters(members string) []glide.Scored {
	scored := []glide.Scored{}
	for i, member := range strings.Split(members, "") {
		scored = append(scored, glide.Scored{Member: member, Score: float64(i + 1)})
	}
	return scored
}

// everyMember returns the members of a sorted set and their scores, in order.
func everyMember(t *testing.T, c faces.Face, key string) []glide.Scored {
	t.Helper()
	return harness.Value(c.ZRangeWithScores(ctx, key, glide.ByRank(0, -1)))(t)
}

func TestZAddGivesHowManyAreNew(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 3, harness.Value(c.ZAdd(ctx, "k", letters("abc")))(t))
		changed := []glide.Scored{{Member: "a", Score: 10}, {Member: "b", Score: 0}, {Member: "d", Score: 5}}
		require.EqualValues(t, 1, harness.Value(c.ZAdd(ctx, "k", changed, glide.IfAbsent, glide.CountChanged))(t))
		require.EqualValues(t, 0, harness.Value(c.ZAdd(ctx, "k", []glide.Scored{{Member: "x", Score: 1}}, glide.IfPresent))(t))
		require.EqualValues(t, 1, harness.Value(c.ZAdd(ctx, "k", changed, glide.IfGreater, glide.CountChanged))(t))
		require.EqualValues(t, 1, harness.Value(c.ZAdd(ctx, "k", changed, glide.IfLess, glide.IfPresent, glide.CountChanged))(t))
		require.Equal(t, []glide.Scored{{Member: "b", Score: 0}, {Member: "c", Score: 3}, {Member: "d", Score: 5}, {Member: "a", Score: 10}}, everyMember(t, c, "k"))
		require.EqualValues(t, 4, harness.Value(c.ZCard(ctx, "k"))(t))
		require.EqualValues(t, 2, harness.Value(c.ZRem(ctx, "k", "a", "b", "absent"))(t))
		require.EqualValues(t, 0, harness.Value(c.ZRem(ctx, "absent", "a"))(t))
		require.EqualValues(t, 0, harness.Value(c.ZCard(ctx, "absent"))(t))
		twice := []glide.Scored{{Member: "m", Score: 1}, {Member: "m", Score: 2}}
		require.EqualValues(t, 1, harness.Value(c.ZAdd(ctx, "twice", twice))(t))
		require.Equal(t, glide.Some(2.0), harness.Value(c.ZScore(ctx, "twice", "m"))(t))
	})
}

func TestScoresAreKeptToTheirLimits(t *testing.T) {
	scores := []float64{math.Inf(-1), -math.MaxFloat64, -1e17, -0.1, 0, math.SmallestNonzeroFloat64, 1.0 / 3, 1 << 53, math.MaxFloat64, math.Inf(1)}
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		members := []glide.Scored{}
		names := []string{}
		want := []glide.Optional[float64]{}
		for i, score := range scores {
			member := fmt.Sprint(i)
			members = append(members, glide.Scored{Member: member, Score: score})
			names = append(names, member)
			want = append(want, glide.Some(score))
			require.EqualValues(t, 1, harness.Value(c.ZAdd(ctx, "k", members[i:]))(t))
			require.Equal(t, glide.Some(score), harness.Value(c.ZScore(ctx, "k", member))(t))
			require.EqualValues(t, 1, harness.Value(c.ZCount(ctx, "k", glide.Score(score), glide.Score(score)))(t))
			require.Empty(t, harness.Value(c.ZRange(ctx, "k", glide.ByScore(glide.Score(score), glide.Score(score).Exclusive())))(t))
		}
		require.Equal(t, members, everyMember(t, c, "k"))
		require.Equal(t, want, harness.Value(c.ZMScore(ctx, "k", names...))(t))
		require.Equal(t, []glide.Scored{members[0]}, harness.Value(c.ZPopMinCount(ctx, "k", 1))(t))
		require.Equal(t, glide.Some(members[9]), harness.Value(c.ZPopMax(ctx, "k"))(t))

		require.Equal(t, math.Inf(1), harness.Value(c.ZIncrBy(ctx, "inf", math.Inf(1), "m"))(t))
		_, err := c.ZIncrBy(ctx, "inf", math.Inf(-1), "m")
		harness.RequireCode(t, "ERR", err)
		_, err = c.ZAddIncr(ctx, "inf", math.Inf(-1), "m")
		harness.RequireCode(t, "ERR", err)
		_, err = c.ZAdd(ctx, "k", []glide.Scored{{Member: "m", Score: math.NaN()}})
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
	})
}

func TestMembersOfSortedSetsAreBinarySafe(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		// Also members that are words of the commands.
		for _, m := range append(slices.Clone(harness.Hostile), "INCR", "NX", "\"", "(a", "[a", "+", "-", "inf") {
			// The empty key would be in another slot.
			key := m + "k"
			scored := glide.Scored{Member: m, Score: 1}
			require.EqualValues(t, 1, harness.Value(c.ZAdd(ctx, key, []glide.Scored{scored}))(t))
			require.Equal(t, glide.Some(2.0), harness.Value(c.ZAddIncr(ctx, key, 1, m))(t))
			require.Equal(t, 1.0, harness.Value(c.ZIncrBy(ctx, key, -1, m))(t))
			require.Equal(t, glide.Some(int64(0)), harness.Value(c.ZRank(ctx, key, m))(t))
			require.Equal(t, glide.Some(m), harness.Value(c.ZRandMember(ctx, key))(t))
			require.Equal(t, []string{m}, harness.Value(c.ZRange(ctx, key, glide.ByLex(glide.Lex(m), glide.Lex(m))))(t))
			require.EqualValues(t, 0, harness.Value(c.ZLexCount(ctx, key, glide.Lex(m).Exclusive(), glide.Unbounded))(t))
			require.Equal(t, []glide.Scored{scored}, everyMember(t, c, key))
			require.Equal(t, []glide.Scored{scored}, harness.Value(c.ZScan(ctx, key, glide.ScanStart))(t).Items)
			require.Equal(t, glide.Some(glide.PoppedMember{Key: key, Member: m, Score: 1}), harness.Value(c.BZPopMin(ctx, 0, key))(t))
		}
	})
}

func TestZAddIncrReportsWhetherTheConditionHeld(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		none := glide.None[float64]()
		require.Equal(t, none, harness.Value(c.ZAddIncr(ctx, "k", 1, "m", glide.IfPresent))(t))
		require.Equal(t, glide.Some(1.5), harness.Value(c.ZAddIncr(ctx, "k", 1.5, "m", glide.IfAbsent))(t))
		require.Equal(t, none, harness.Value(c.ZAddIncr(ctx, "k", 1, "m", glide.IfAbsent))(t))
		require.Equal(t, none, harness.Value(c.ZAddIncr(ctx, "k", -1, "m", glide.IfGreater))(t))
		require.Equal(t, none, harness.Value(c.ZAddIncr(ctx, "k", 1, "m", glide.IfLess, glide.IfPresent))(t))
		require.Equal(t, glide.Some(2.0), harness.Value(c.ZAddIncr(ctx, "k", 0.5, "m", glide.IfGreater))(t))
		require.Equal(t, 1.0, harness.Value(c.ZIncrBy(ctx, "k", -1, "m"))(t))
	})
}

func TestWhatIsNotInASortedSetIsNil(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, key := range []string{"{k}absent", "{k}a"} {
			require.True(t, harness.Value(c.ZScore(ctx, key, "x"))(t).IsNil())
			require.Equal(t, []glide.Optional[float64]{{}, {}}, harness.Value(c.ZMScore(ctx, key, "x", "y"))(t))
			require.True(t, harness.Value(c.ZRank(ctx, key, "x"))(t).IsNil())
			require.True(t, harness.Value(c.ZRevRank(ctx, key, "x"))(t).IsNil())
			harness.Value(c.ZAdd(ctx, "{k}a", letters("a")))(t)
		}
		require.True(t, harness.Value(c.ZRandMember(ctx, "absent"))(t).IsNil())
		require.Empty(t, harness.Value(c.ZRandMemberCount(ctx, "absent", 3))(t))
		require.Empty(t, harness.Value(c.ZRandMemberWithScores(ctx, "absent", -3))(t))
		require.Empty(t, harness.Value(c.ZRange(ctx, "absent", glide.ByRank(0, -1)))(t))
		require.Empty(t, everyMember(t, c, "absent"))
		require.EqualValues(t, 0, harness.Value(c.ZCount(ctx, "absent", glide.Unbounded, glide.Unbounded))(t))
		require.EqualValues(t, 0, harness.Value(c.ZLexCount(ctx, "absent", glide.Unbounded, glide.Unbounded))(t))
		require.True(t, harness.Value(c.ZPopMin(ctx, "absent"))(t).IsNil())
		require.True(t, harness.Value(c.ZPopMax(ctx, "absent"))(t).IsNil())
		require.Empty(t, harness.Value(c.ZPopMinCount(ctx, "absent", 2))(t))
		require.Empty(t, harness.Value(c.ZPopMaxCount(ctx, "absent", 2))(t))
		require.True(t, harness.Value(c.ZMPop(ctx, []string{"absent"}, glide.LowestScores))(t).IsNil())
		page := harness.Value(c.ZScan(ctx, "absent", glide.ScanStart))(t)
		require.True(t, page.Last())
		require.Empty(t, page.Items)

		harness.Needs(t, "ZRANK WITHSCORE", "7.2", "7.2")
		require.True(t, harness.Value(c.ZRankWithScore(ctx, "{k}a", "x"))(t).IsNil())
		require.True(t, harness.Value(c.ZRevRankWithScore(ctx, "absent", "x"))(t).IsNil())
	})
}

func TestAnotherTypeIsNoSortedSet(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, c.Set(ctx, "k", "v"))
		keys := []string{"k"}
		wrong := func(_ any, err error) {
			t.Helper()
			harness.RequireCode(t, "WRONGTYPE", err)
		}
		wrong(c.ZAdd(ctx, "k", letters("a")))
		wrong(c.ZAddIncr(ctx, "k", 1, "a"))
		wrong(c.ZCard(ctx, "k"))
		wrong(c.ZScore(ctx, "k", "a"))
		wrong(c.ZMScore(ctx, "k", "a"))
		wrong(c.ZRange(ctx, "k", glide.ByRank(0, 1)))
		wrong(c.ZRangeWithScores(ctx, "k", glide.ByRank(0, 1)))
		wrong(c.ZRandMemberWithScores(ctx, "k", 1))
		wrong(c.ZScan(ctx, "k", glide.ScanStart))
		wrong(c.ZPopMin(ctx, "k"))
		wrong(c.ZMPop(ctx, keys, glide.LowestScores))
		wrong(c.BZPopMin(ctx, time.Second, "k"))
		wrong(c.BZMPop(ctx, time.Second, keys, glide.LowestScores))
		wrong(c.ZUnionWithScores(ctx, keys))
		wrong(c.ZDiff(ctx, keys...))
		wrong(c.ZInterCard(ctx, keys))
	})
}

func TestARankIsHowManyMembersComeBefore(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 3, harness.Value(c.ZAdd(ctx, "k", letters("abc")))(t))
		require.Equal(t, glide.Some(int64(0)), harness.Value(c.ZRank(ctx, "k", "a"))(t))
		require.Equal(t, glide.Some(int64(2)), harness.Value(c.ZRevRank(ctx, "k", "a"))(t))

		harness.Needs(t, "ZRANK WITHSCORE", "7.2", "7.2")
		require.Equal(t, glide.Some(glide.Ranked{Rank: 1, Score: 2}), harness.Value(c.ZRankWithScore(ctx, "k", "b"))(t))
		require.Equal(t, glide.Some(glide.Ranked{Rank: 0, Score: 3}), harness.Value(c.ZRevRankWithScore(ctx, "k", "c"))(t))
	})
}

func TestRandomMembers(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		set := letters("abc")
		require.EqualValues(t, 3, harness.Value(c.ZAdd(ctx, "k", set))(t))
		require.Contains(t, "abc", harness.Value(c.ZRandMember(ctx, "k"))(t).Value())
		require.ElementsMatch(t, []string{"a", "b", "c"}, harness.Value(c.ZRandMemberCount(ctx, "k", 10))(t))
		require.ElementsMatch(t, set, harness.Value(c.ZRandMemberWithScores(ctx, "k", 10))(t))
		require.Len(t, harness.Value(c.ZRandMemberCount(ctx, "k", -10))(t), 10)
		require.Empty(t, harness.Value(c.ZRandMemberCount(ctx, "k", 0))(t))
		repeated := harness.Value(c.ZRandMemberWithScores(ctx, "k", -10))(t)
		require.Len(t, repeated, 10)
		for _, member := range repeated {
			require.Contains(t, set, member)
		}
		_, err := c.ZRandMemberCount(ctx, "k", math.MinInt64)
		harness.RequireCode(t, "ERR", err)
	})
}

func TestRangesAreGivenInOrder(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 5, harness.Value(c.ZAdd(ctx, "k", letters("abcde")))(t))
		of := func(part glide.SortedRange, options ...glide.ZRangeOption) string {
			return strings.Join(harness.Value(c.ZRange(ctx, "k", part, options...))(t), "")
		}
		scored := func(part glide.ScoredRange, options ...glide.ZRangeOption) []glide.Scored {
			return harness.Value(c.ZRangeWithScores(ctx, "k", part, options...))(t)
		}
		require.Equal(t, "abc", of(glide.ByRank(0, 2)))
		require.Equal(t, "edc", of(glide.ByRank(0, 2), glide.Reversed))
		require.Equal(t, "de", of(glide.ByRank(-2, -1)))
		require.Equal(t, "abcde", of(glide.ByRank(math.MinInt64+1, math.MaxInt64)))
		require.Equal(t, "", of(glide.ByRank(3, 1)))
		require.Equal(t, []glide.Scored{{Member: "e", Score: 5}, {Member: "d", Score: 4}}, scored(glide.ByRank(0, 1), glide.Reversed))

		require.Equal(t, "bcd", of(glide.ByScore(glide.Score(2), glide.Score(4))))
		require.Equal(t, "c", of(glide.ByScore(glide.Score(2).Exclusive(), glide.Score(4).Exclusive())))
		require.Equal(t, "dcb", of(glide.ByScore(glide.Score(2), glide.Score(4)), glide.Reversed))
		require.Equal(t, "dc", of(glide.ByScore(glide.Unbounded, glide.Unbounded), glide.Reversed, glide.Limit(1, 2)))
		require.Equal(t, "cde", of(glide.ByScore(glide.Score(2.5), glide.Unbounded), glide.Limit(0, -1)))
		require.Equal(t, "", of(glide.ByScore(glide.Score(4), glide.Score(2))))
		require.Equal(t, []glide.Scored{{Member: "c", Score: 3}}, scored(glide.ByScore(glide.Score(3), glide.Unbounded), glide.Limit(0, 1)))
		require.Equal(t, []glide.Scored{{Member: "b", Score: 2}, {Member: "a", Score: 1}},
			scored(glide.ByScore(glide.Unbounded, glide.Score(3).Exclusive()), glide.Reversed))
		require.EqualValues(t, 2, harness.Value(c.ZCount(ctx, "k", glide.Score(1).Exclusive(), glide.Score(3)))(t))
		require.EqualValues(t, 5, harness.Value(c.ZCount(ctx, "k", glide.Unbounded, glide.Unbounded))(t))
	})
}

func TestRangesOfTextAreGivenInOrder(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		members := []glide.Scored{}
		for _, member := range []string{"", "a", "aa", "b", "\xff"} {
			members = append(members, glide.Scored{Member: member})
		}
		require.EqualValues(t, 5, harness.Value(c.ZAdd(ctx, "k", members))(t))
		of := func(low, high glide.LexBound, options ...glide.ZRangeOption) []string {
			return harness.Value(c.ZRange(ctx, "k", glide.ByLex(low, high), options...))(t)
		}
		require.Equal(t, []string{"", "a", "aa", "b", "\xff"}, of(glide.Unbounded, glide.Unbounded))
		require.Equal(t, []string{"a", "aa"}, of(glide.Lex("a"), glide.Lex("b").Exclusive()))
		require.Equal(t, []string{"b", "aa"}, of(glide.Lex("a").Exclusive(), glide.Lex("b"), glide.Reversed))
		require.Equal(t, []string{"a"}, of(glide.Lex("").Exclusive(), glide.Unbounded, glide.Limit(0, 1)))
		require.EqualValues(t, 3, harness.Value(c.ZLexCount(ctx, "k", glide.Unbounded, glide.Lex("aa")))(t))
		require.EqualValues(t, 2, harness.Value(c.ZRemRangeByLex(ctx, "k", glide.Lex("aa"), glide.Lex("c")))(t))
		require.Equal(t, []string{"", "a", "\xff"}, of(glide.Unbounded, glide.Unbounded))
	})
}

func TestRangesAreStoredAndRemoved(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 5, harness.Value(c.ZAdd(ctx, "{k}a", letters("abcde")))(t))
		require.EqualValues(t, 2, harness.Value(c.ZRangeStore(ctx, "{k}b", "{k}a", glide.ByRank(0, 1), glide.Reversed))(t))
		require.Equal(t, []glide.Scored{{Member: "d", Score: 4}, {Member: "e", Score: 5}}, everyMember(t, c, "{k}b"))
		require.EqualValues(t, 1, harness.Value(c.ZRangeStore(ctx, "{k}b", "{k}a", glide.ByScore(glide.Unbounded, glide.Score(4)), glide.Limit(1, 1), glide.Reversed))(t))
		require.Equal(t, []glide.Scored{{Member: "c", Score: 3}}, everyMember(t, c, "{k}b"))
		require.EqualValues(t, 5, harness.Value(c.ZRangeStore(ctx, "{k}b", "{k}a", glide.ByLex(glide.Unbounded, glide.Unbounded)))(t))
		require.EqualValues(t, 0, harness.Value(c.ZRangeStore(ctx, "{k}b", "{k}absent", glide.ByRank(0, -1)))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "{k}b"))(t))

		require.EqualValues(t, 1, harness.Value(c.ZRemRangeByRank(ctx, "{k}a", -1, -1))(t))
		require.EqualValues(t, 2, harness.Value(c.ZRemRangeByScore(ctx, "{k}a", glide.Score(1).Exclusive(), glide.Score(3)))(t))
		require.Equal(t, []glide.Scored{{Member: "a", Score: 1}, {Member: "d", Score: 4}}, everyMember(t, c, "{k}a"))
		require.EqualValues(t, 2, harness.Value(c.ZRemRangeByScore(ctx, "{k}a", glide.Unbounded, glide.Unbounded))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "{k}a"))(t))
	})
}

func TestSortedSetsAreCombined(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 3, harness.Value(c.ZAdd(ctx, "{k}a", letters("abc")))(t))
		require.EqualValues(t, 3, harness.Value(c.ZAdd(ctx, "{k}b", letters("bcd")))(t))
		harness.Value(c.Do(ctx, "SADD", "{k}set", "c"))(t)
		both := []string{"{k}a", "{k}b"}

		require.Equal(t, []string{"a", "b", "d", "c"}, harness.Value(c.ZUnion(ctx, both))(t))
		require.Equal(t, []glide.Scored{{Member: "a", Score: 1}, {Member: "b", Score: 3}, {Member: "d", Score: 3}, {Member: "c", Score: 5}},
			harness.Value(c.ZUnionWithScores(ctx, both))(t))
		require.Equal(t, []string{"c", "b", "a", "d"}, harness.Value(c.ZUnion(ctx, both, glide.Weights(-1, 0), glide.AggregateMin))(t))
		require.Equal(t, []string{"b", "c"}, harness.Value(c.ZInter(ctx, both))(t))
		require.Equal(t, []glide.Scored{{Member: "b", Score: 2}, {Member: "c", Score: 3}}, harness.Value(c.ZInterWithScores(ctx, both, glide.AggregateMax))(t))
		require.Equal(t, []glide.Scored{{Member: "c", Score: math.Inf(1)}},
			harness.Value(c.ZInterWithScores(ctx, []string{"{k}a", "{k}set"}, glide.AggregateSum, glide.Weights(0.5, math.Inf(1))))(t))
		require.Equal(t, []string{"a"}, harness.Value(c.ZDiff(ctx, both...))(t))
		require.Equal(t, []glide.Scored{{Member: "a", Score: 1}, {Member: "b", Score: 2}}, harness.Value(c.ZDiffWithScores(ctx, "{k}a", "{k}set"))(t))
		require.Empty(t, harness.Value(c.ZDiffWithScores(ctx, "{k}a", "{k}a"))(t))
		require.Empty(t, harness.Value(c.ZUnionWithScores(ctx, []string{"{k}absent"}))(t))

		require.EqualValues(t, 4, harness.Value(c.ZUnionStore(ctx, "{k}d", both, glide.AggregateMax, glide.Weights(1, 10)))(t))
		require.Equal(t, []glide.Scored{{Member: "a", Score: 1}, {Member: "b", Score: 10}, {Member: "c", Score: 20}, {Member: "d", Score: 30}}, everyMember(t, c, "{k}d"))
		require.EqualValues(t, 2, harness.Value(c.ZInterStore(ctx, "{k}d", both))(t))
		require.EqualValues(t, 1, harness.Value(c.ZDiffStore(ctx, "{k}d", both...))(t))
		require.EqualValues(t, 0, harness.Value(c.ZInterStore(ctx, "{k}d", []string{"{k}a", "{k}absent"}))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "{k}d"))(t))

		require.EqualValues(t, 2, harness.Value(c.ZInterCard(ctx, both))(t))
		require.EqualValues(t, 1, harness.Value(c.ZInterCard(ctx, both, glide.CardLimit(1)))(t))
		require.EqualValues(t, 2, harness.Value(c.ZInterCard(ctx, both, glide.CardLimit(0)))(t))
	})
}

func TestMembersAreTakenFromEitherEnd(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 8, harness.Value(c.ZAdd(ctx, "{k}a", letters("abcdefgh")))(t))
		require.Equal(t, glide.Some(glide.Scored{Member: "a", Score: 1}), harness.Value(c.ZPopMin(ctx, "{k}a"))(t))
		require.Equal(t, glide.Some(glide.Scored{Member: "h", Score: 8}), harness.Value(c.ZPopMax(ctx, "{k}a"))(t))
		require.Equal(t, []glide.Scored{{Member: "g", Score: 7}, {Member: "f", Score: 6}}, harness.Value(c.ZPopMaxCount(ctx, "{k}a", 2))(t))
		require.Empty(t, harness.Value(c.ZPopMinCount(ctx, "{k}a", 0))(t))

		keys := []string{"{k}absent", "{k}a"}
		require.Equal(t, glide.Some(glide.PoppedMembers{Key: "{k}a", Members: []glide.Scored{{Member: "b", Score: 2}}}),
			harness.Value(c.ZMPop(ctx, keys, glide.LowestScores))(t))
		require.Equal(t, glide.Some(glide.PoppedMembers{Key: "{k}a", Members: []glide.Scored{{Member: "e", Score: 5}, {Member: "d", Score: 4}, {Member: "c", Score: 3}}}),
			harness.Value(c.ZMPop(ctx, keys, glide.HighestScores, glide.Count(10)))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, keys...))(t))
	})
}

func TestPoppingWaitsNoLongerThanItsTimeout(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		keys := []string{"{k}absent", "{k}a"}
		require.True(t, harness.Value(c.BZPopMin(ctx, time.Millisecond, keys...))(t).IsNil())
		require.True(t, harness.Value(c.BZPopMax(ctx, time.Millisecond, keys...))(t).IsNil())
		require.True(t, harness.Value(c.BZMPop(ctx, time.Millisecond, keys, glide.LowestScores))(t).IsNil())

		require.EqualValues(t, 4, harness.Value(c.ZAdd(ctx, "{k}a", letters("abcd")))(t))
		require.Equal(t, glide.Some(glide.PoppedMember{Key: "{k}a", Member: "a", Score: 1}), harness.Value(c.BZPopMin(ctx, time.Second, keys...))(t))
		require.Equal(t, glide.Some(glide.PoppedMember{Key: "{k}a", Member: "d", Score: 4}), harness.Value(c.BZPopMax(ctx, 0, keys...))(t))
		require.Equal(t, glide.Some(glide.PoppedMembers{Key: "{k}a", Members: []glide.Scored{{Member: "c", Score: 3}, {Member: "b", Score: 2}}}),
			harness.Value(c.BZMPop(ctx, 0, keys, glide.HighestScores, glide.Count(5)))(t))
	})
}

func TestPoppingWaitsForAMember(t *testing.T) {
	server, err := testkit.SharedServer()
	require.NoError(t, err)
	// The request timeout does not bound it.
	waiting := harness.Connect(t, server, func(config *glide.Config) { config.RequestTimeout = 20 * time.Millisecond })
	for name, pop := range map[string]func() (bool, error){
		"BZPOPMIN": func() (bool, error) {
			popped, err := waiting.BZPopMin(ctx, time.Minute, "k", "l")
			return popped == glide.Some(glide.PoppedMember{Key: "l", Member: "a", Score: 1}), err
		},
		"BZMPOP": func() (bool, error) {
			popped, err := waiting.BZMPop(ctx, time.Minute, []string{"k", "l"}, glide.HighestScores)
			return popped.Value().Key == "l" && slices.Equal(popped.Value().Members, letters("a")), err
		},
	} {
		t.Run(name, func(t *testing.T) {
			server.MustCommand(t, "FLUSHALL")
			done := make(chan struct{})
			go func() {
				defer close(done)
				time.Sleep(100 * time.Millisecond)
				server.MustCommand(t, "ZADD", "l", "1", "a")
			}()
			require.True(t, harness.Value(pop())(t))
			<-done
		})
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	// The server waits on: for a key of no other test.
	_, err = waiting.BZPopMax(short, 200*time.Millisecond, "abandoned")
	require.ErrorIs(t, err, glide.ErrTimeout)
}

func TestSortedSetsAreGoneOver(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		want := map[string]float64{}
		members := []glide.Scored{}
		for i := range 1000 {
			member := fmt.Sprintf("member:%d", i)
			want[member] = float64(i) / 8
			members = append(members, glide.Scored{Member: member, Score: want[member]})
		}
		require.EqualValues(t, 1000, harness.Value(c.ZAdd(ctx, "k", members))(t))
		page := harness.Value(c.ZScan(ctx, "k", glide.ScanStart, glide.Count(10)))(t)
		require.False(t, page.Last())
		for _, member := range page.Items {
			require.Equal(t, want[member.Member], member.Score)
		}
		page = harness.Value(c.ZScan(ctx, "k", glide.ScanStart, glide.Match("member:42"), glide.Count(10_000)))(t)
		require.Equal(t, glide.ScanPage[glide.Scored]{Cursor: "0", Items: []glide.Scored{{Member: "member:42", Score: 42.0 / 8}}}, page)
		_, err := c.ZScan(ctx, "k", glide.ScanStart, glide.Count(0))
		harness.RequireCode(t, "ERR", err)

		all, ok := c.(interface {
			SortedSetMembers(context.Context, string, ...glide.ZScanOption) iter.Seq2[glide.Scored, error]
			SortedSetMemberNames(context.Context, string, ...glide.ZScanOption) iter.Seq2[string, error]
		})
		if !ok {
			return // a batch
		}
		seen := map[string]float64{}
		for member, err := range all.SortedSetMembers(ctx, "k", glide.Count(100)) {
			require.NoError(t, err)
			seen[member.Member] = member.Score
		}
		require.Equal(t, want, seen)

		harness.Needs(t, "ZSCAN NOSCORES", "8.0", "")
		require.Len(t, harness.Value(c.ZScanNoScores(ctx, "k", glide.ScanStart, glide.Count(10_000)))(t).Items, 1000)
		names := map[string]bool{}
		for name, err := range all.SortedSetMemberNames(ctx, "k") {
			require.NoError(t, err)
			names[name] = true
		}
		require.Len(t, names, 1000)
	})
}
