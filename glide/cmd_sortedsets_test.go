package glide

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/abi"
)

var _ = table(sortedSetSendings)

func sortedSetSendings() []sending {
	keys := []string{"a", "b"}
	m := []Scored{{"m", 1}}
	all := ByScore(Unbounded, Unbounded)
	between := ByScore(Score(1), Score(2.5).Exclusive())
	text := ByLex(Lex("a"), Lex("b").Exclusive())
	return []sending{
		sends(bzMPop(time.Second, keys, LowestScores), "BZMPOP 1 2 a b MIN"),
		sends(bzMPop(0, keys[:1], HighestScores, Count(3)), "BZMPOP 0 1 a MAX COUNT 3"),
		sends(bzPopMax(1500*time.Millisecond, "a"), "BZPOPMAX a 1.5"),
		sends(bzPopMin(time.Nanosecond, "a", "b"), "BZPOPMIN a b 0.001"),
		sends(zAdd("k", m), "ZADD k 1 m"),
		sends(zAdd("k", []Scored{{"a", -0.1}, {"b", 1e300}, {"", math.Inf(1)}, {"c", math.Inf(-1)}}), "ZADD k -0.1 a 1e+300 b +Inf  -Inf c"),
		sends(zAdd("k", []Scored{{"a", math.MaxFloat64}, {"b", math.SmallestNonzeroFloat64}}), "ZADD k 1.7976931348623157e+308 a 5e-324 b"),
		sends(zAdd("k", m, IfAbsent), "ZADD k NX 1 m"),
		sends(zAdd("k", m, IfAbsent, CountChanged), "ZADD k NX CH 1 m"),
		sends(zAdd("k", m, IfPresent, IfGreater, CountChanged), "ZADD k XX GT CH 1 m"),
		sends(zAdd("k", m, IfLess), "ZADD k LT 1 m"),
		sends(zAddIncr("k", 1.5, "m"), "ZADD k INCR 1.5 m"),
		sends(zAddIncr("k", math.Inf(-1), "m", IfAbsent), "ZADD k NX INCR -Inf m"),
		sends(zAddIncr("k", 1, "m", IfLess, IfPresent), "ZADD k LT XX INCR 1 m"),
		sends(zAddIncr("k", 1, "m", IfGreater), "ZADD k GT INCR 1 m"),
		sends(zCard("k"), "ZCARD k"),
		sends(zCount("k", Score(1), Score(2)), "ZCOUNT k 1 2"),
		sends(zCount("k", Unbounded, Score(0.1).Exclusive()), "ZCOUNT k -inf (0.1"),
		sends(zCount("k", Score(math.Inf(-1)).Exclusive(), Unbounded), "ZCOUNT k (-Inf +inf"),
		sends(zDiff("a"), "ZDIFF 1 a"),
		sends(zDiff(keys...), "ZDIFF 2 a b"),
		sends(zDiffStore("d", keys...), "ZDIFFSTORE d 2 a b"),
		sends(zDiffWithScores(keys...), "ZDIFF 2 a b WITHSCORES"),
		sends(zIncrBy("k", -2.5, "m"), "ZINCRBY k -2.5 m"),
		sends(zIncrBy("k", math.Inf(1), "m"), "ZINCRBY k +Inf m"),
		sends(zInter(keys), "ZINTER 2 a b"),
		sends(zInter(keys, Weights(1, 2)), "ZINTER 2 a b WEIGHTS 1 2"),
		sends(zInterCard(keys), "ZINTERCARD 2 a b"),
		sends(zInterCard(keys, CardLimit(5)), "ZINTERCARD 2 a b LIMIT 5"),
		sends(zInterStore("d", keys, AggregateMax), "ZINTERSTORE d 2 a b AGGREGATE MAX"),
		sends(zInterWithScores(keys, AggregateMin, Weights(-1, math.Inf(1))), "ZINTER 2 a b AGGREGATE MIN WEIGHTS -1 +Inf WITHSCORES"),
		sends(zLexCount("k", Unbounded, Unbounded), "ZLEXCOUNT k - +"),
		sends(zLexCount("k", Lex("a").Exclusive(), Lex("")), "ZLEXCOUNT k (a ["),
		sends(zMPop(keys, HighestScores), "ZMPOP 2 a b MAX"),
		sends(zMPop(keys[:1], LowestScores, Count(math.MaxInt64)), "ZMPOP 1 a MIN COUNT 9223372036854775807"),
		sends(zMScore("k", "a", "b"), "ZMSCORE k a b"),
		sends(zPopMax("k"), "ZPOPMAX k"),
		sends(zPopMaxCount("k", 2), "ZPOPMAX k 2"),
		sends(zPopMin("k"), "ZPOPMIN k"),
		sends(zPopMinCount("k", 0), "ZPOPMIN k 0"),
		sends(zRandMember("k"), "ZRANDMEMBER k"),
		sends(zRandMemberCount("k", -3), "ZRANDMEMBER k -3"),
		sends(zRandMemberWithScores("k", 3), "ZRANDMEMBER k 3 WITHSCORES"),
		sends(zRange("k", ByRank(0, -1)), "ZRANGE k 0 -1"),
		sends(zRange("k", ByRank(math.MinInt64, math.MaxInt64), Reversed), "ZRANGE k -9223372036854775808 9223372036854775807 REV"),
		sends(zRange("k", all), "ZRANGE k -inf +inf BYSCORE"),
		sends(zRange("k", all, Reversed), "ZRANGE k +inf -inf BYSCORE REV"),
		sends(zRange("k", between), "ZRANGE k 1 (2.5 BYSCORE"),
		sends(zRange("k", between, Limit(3, -1), Reversed), "ZRANGE k (2.5 1 BYSCORE LIMIT 3 -1 REV"),
		sends(zRange("k", text), "ZRANGE k [a (b BYLEX"),
		sends(zRange("k", text, Reversed, Limit(0, 10)), "ZRANGE k (b [a BYLEX REV LIMIT 0 10"),
		sends(zRange("k", ByLex(Unbounded, Unbounded), Reversed), "ZRANGE k + - BYLEX REV"),
		sends(zRangeStore("d", "k", ByRank(0, 1), Reversed), "ZRANGESTORE d k 0 1 REV"),
		sends(zRangeStore("d", "k", between, Limit(0, 1)), "ZRANGESTORE d k 1 (2.5 BYSCORE LIMIT 0 1"),
		sends(zRangeStore("d", "k", text), "ZRANGESTORE d k [a (b BYLEX"),
		sends(zRangeWithScores("k", ByRank(0, 9)), "ZRANGE k 0 9 WITHSCORES"),
		sends(zRangeWithScores("k", between, Reversed, Limit(0, 2)), "ZRANGE k (2.5 1 BYSCORE REV LIMIT 0 2 WITHSCORES"),
		sends(zRank("k", "m"), "ZRANK k m"),
		sends(zRankWithScore("k", "m"), "ZRANK k m WITHSCORE"),
		sends(zRem("k", "a", "b"), "ZREM k a b"),
		sends(zRemRangeByLex("k", Unbounded, Lex("b").Exclusive()), "ZREMRANGEBYLEX k - (b"),
		sends(zRemRangeByRank("k", 0, -2), "ZREMRANGEBYRANK k 0 -2"),
		sends(zRemRangeByScore("k", Score(-1), Unbounded), "ZREMRANGEBYSCORE k -1 +inf"),
		sends(zRevRank("k", "m"), "ZREVRANK k m"),
		sends(zRevRankWithScore("k", "m"), "ZREVRANK k m WITHSCORE"),
		sends(zScan("k", "0"), "ZSCAN k 0"),
		sends(zScan("k", "17", Match("a*"), Count(5)), "ZSCAN k 17 MATCH a* COUNT 5"),
		sends(zScanNoScores("k", "0", Count(5)), "ZSCAN k 0 COUNT 5 NOSCORES"),
		sends(zScore("k", "m"), "ZSCORE k m"),
		sends(zUnion(keys, Weights(0, 0.5), AggregateSum), "ZUNION 2 a b WEIGHTS 0 0.5 AGGREGATE SUM"),
		sends(zUnionStore("d", keys[:1], Weights(2)), "ZUNIONSTORE d 1 a WEIGHTS 2"),
		sends(zUnionWithScores(keys), "ZUNION 2 a b WITHSCORES"),
	}
}

func TestSortedSetsSendTheirWords(t *testing.T) { testSendings(t, sortedSetSendings()) }

func TestSortedSetsRefuse(t *testing.T) {
	nan := math.NaN()
	keys := []string{"a", "b"}
	m := []Scored{{"m", 1}}
	testRefusals(t, []refusal{
		refuses(bzMPop(-1, keys, LowestScores), "negative timeout"),
		refuses(bzMPop(0, nil, LowestScores), "no keys"),
		refuses(bzPopMax(0), "no keys"),
		refuses(bzPopMin(math.MinInt64, "k"), "negative timeout"),
		refuses(zAdd("k", nil), "no members"),
		refuses(zAdd("k", []Scored{{"m", 1}, {"n", nan}}), "a score that is not a number"),
		refuses(zAdd("k", m, nil), "nil option"),
		refuses(zAdd("k", m, IfAbsent, IfPresent), "more than one condition"),
		refuses(zAdd("k", m, IfLess, IfGreater), "more than one comparison"),
		refuses(zAdd("k", m, IfLess, IfAbsent), "IfAbsent excludes other conditions"),
		refuses(zAdd("k", m, IfAbsent, CountChanged, IfGreater), "IfAbsent excludes other conditions"),
		refuses(zAdd("k", m, CountChanged, CountChanged), "more than one CountChanged"),
		refuses(zAddIncr("k", nan, "m"), "an increment that is not a number"),
		refuses(zAddIncr("k", 1, "m", nil), "nil option"),
		refuses(zAddIncr("k", 1, "m", IfAbsent, IfLess), "IfAbsent excludes other conditions"),
		refuses(zAddIncr("k", 1, "m", IfGreater, IfGreater), "more than one comparison"),
		refuses(zCount("k", Score(nan), Unbounded), "a score that is not a number"),
		refuses(zCount("k", Unbounded, Score(nan).Exclusive()), "a score that is not a number"),
		refuses(zCount("k", nil, Unbounded), "nil bound"),
		refuses(zDiff(), "no keys"),
		refuses(zDiffStore("d"), "no keys"),
		refuses(zDiffWithScores(), "no keys"),
		refuses(zIncrBy("k", nan, "m"), "an increment that is not a number"),
		refuses(zInter(nil), "no keys"),
		refuses(zInter(keys, Weights(1)), "not as many weights as keys"),
		refuses(zInterCard(nil), "no keys"),
		refuses(zInterCard(keys, CardLimit(-1)), "negative limit"),
		refuses(zInterCard(keys, CardLimit(1), CardLimit(1)), "more than one limit"),
		refuses(zInterCard(keys, nil), "nil option"),
		refuses(zInterStore("d", []string{}), "no keys"),
		refuses(zInterWithScores(keys, Weights(1, nan)), "a weight that is not a number"),
		refuses(zLexCount("k", Unbounded, nil), "nil bound"),
		refuses(zMPop(nil, LowestScores), "no keys"),
		refuses(zMPop(keys, 2), "no such end"),
		refuses(zMPop(keys, LowestScores, Count(0)), "a count that is not positive"),
		refuses(zMPop(keys, LowestScores, Count(1), Count(1)), "more than one Count"),
		refuses(zMPop(keys, LowestScores, nil), "nil option"),
		refuses(zMScore("k"), "no members"),
		refuses(zPopMaxCount("k", -1), "negative count"),
		refuses(zPopMinCount("k", math.MinInt64), "negative count"),
		refuses(zRange("k", nil), "nil range"),
		refuses(zRange("k", ByLex(nil, Unbounded)), "nil bound"),
		refuses(zRange("k", ByRank(0, 1), Limit(0, 1)), "ByRank excludes Limit"),
		refuses(zRange("k", ByRank(0, 1), nil), "nil option"),
		refuses(zRange("k", ByRank(0, 1), Reversed, Reversed), "more than one Reversed"),
		refuses(zRangeStore("d", "k", ByScore(Unbounded, Unbounded), Limit(0, 1), Limit(0, 1)), "more than one limit"),
		refuses(zRangeWithScores("k", nil), "nil range"),
		refuses(zRangeWithScores("k", ByScore(Unbounded, nil)), "nil bound"),
		refuses(zRangeWithScores("k", ByScore(Score(nan), Unbounded)), "a score that is not a number"),
		refuses(zRem("k"), "no members"),
		refuses(zRemRangeByLex("k", nil, nil), "nil bound"),
		refuses(zRemRangeByScore("k", Score(nan), Score(1)), "a score that is not a number"),
		refuses(zScan("k", "0", Match("a"), Match("b")), "more than one Match"),
		refuses(zScanNoScores("k", "0", Count(1), Count(1)), "more than one Count"),
		refuses(zUnion(nil, Weights()), "no keys"),
		refuses(zUnion(keys, nil), "nil option"),
		refuses(zUnionStore("d", keys, AggregateMax, AggregateMin), "more than one aggregation"),
		refuses(zUnionWithScores(keys, Weights(1, 2), Weights(1, 2)), "more than one Weights"),
	})
}

func TestSortedSetsReadTheirReplies(t *testing.T) {
	none := None[float64]()
	everything := ByRank(0, -1)
	keys := []string{"k"}
	want := []Scored{{"b", math.Inf(-1)}, {"a", 1.5}}
	asMap := mapReply(stringReply("b"), doubleReply(math.Inf(-1)), stringReply("a"), doubleReply(1.5))
	asPairs := arrayReply(arrayReply(stringReply("b"), doubleReply(math.Inf(-1))), arrayReply(stringReply("a"), doubleReply(1.5)))
	inTurn := arrayReply(stringReply("b"), stringReply("-inf"), stringReply("a"), stringReply("1.5"))
	testReadings(t, []reading{
		reads("scores as a map", zRangeWithScores("k", everything), asMap, want),
		reads("scores in pairs", zRangeWithScores("k", everything), asPairs, want),
		reads("scores in turn", zRangeWithScores("k", everything), inTurn, want),
		reads("no scores as a map", zUnionWithScores(keys), mapReply(), []Scored{}),
		reads("no scores as an array", zRandMemberWithScores("k", 1), arrayReply(), []Scored{}),
		reads("one member, twice", zRandMemberWithScores("k", -2), arrayReply(arrayReply(stringReply("a"), intReply(1)), arrayReply(stringReply("a"), intReply(1))), []Scored{{"a", 1}, {"a", 1}}),
		reads("added", zAdd("k", want), intReply(2), 2),
		reads("added as a double", zAdd("k", want), doubleReply(2), 2),
		reads("increased", zAddIncr("k", 1, "m"), doubleReply(2.5), Some(2.5)),
		reads("not increased", zAddIncr("k", 1, "m"), nilReply, none),
		reads("infinite", zIncrBy("k", 1, "m"), doubleReply(math.Inf(1)), math.Inf(1)),
		reads("infinite as text", zIncrBy("k", 1, "m"), stringReply("-inf"), math.Inf(-1)),
		reads("score", zScore("k", "m"), doubleReply(0.1), Some(0.1)),
		reads("no score", zScore("k", "m"), nilReply, none),
		reads("several scores", zMScore("k", "m", "n"), arrayReply(nilReply, stringReply("3")), []Optional[float64]{none, Some(3.0)}),
		reads("rank", zRank("k", "m"), intReply(0), Some(int64(0))),
		reads("no rank", zRevRank("k", "m"), nilReply, None[int64]()),
		reads("rank and score", zRankWithScore("k", "m"), arrayReply(intReply(2), doubleReply(1.5)), Some(Ranked{2, 1.5})),
		reads("rank and score as text", zRevRankWithScore("k", "m"), arrayReply(intReply(2), stringReply("inf")), Some(Ranked{2, math.Inf(1)})),
		reads("neither rank nor score", zRankWithScore("k", "m"), nilReply, None[Ranked]()),
		reads("popped", zPopMin("k"), mapReply(stringReply("a"), doubleReply(1)), Some(Scored{"a", 1})),
		reads("popped in turn", zPopMax("k"), arrayReply(stringReply("a"), stringReply("1")), Some(Scored{"a", 1})),
		reads("nothing popped", zPopMin("k"), mapReply(), None[Scored]()),
		reads("nothing popped of RESP2", zPopMin("k"), arrayReply(), None[Scored]()),
		reads("several popped", zPopMinCount("k", 2), asMap, want),
		reads("popped of a key", zMPop(keys, LowestScores), arrayReply(stringReply("k"), asMap), Some(PoppedMembers{"k", want})),
		reads("popped of a key in pairs", bzMPop(0, keys, LowestScores), arrayReply(stringReply("k"), asPairs), Some(PoppedMembers{"k", want})),
		reads("popped of no key", zMPop(keys, LowestScores), nilReply, None[PoppedMembers]()),
		reads("awaited", bzPopMin(0, "k"), arrayReply(stringReply("k"), stringReply("a"), doubleReply(1)), Some(PoppedMember{"k", "a", 1})),
		reads("awaited of RESP2", bzPopMax(0, "k"), arrayReply(stringReply("k"), stringReply("a"), stringReply("1")), Some(PoppedMember{"k", "a", 1})),
		reads("awaited in vain", bzPopMin(1, "k"), nilReply, None[PoppedMember]()),
		reads("page", zScan("k", "0"), arrayReply(stringReply("17"), inTurn), ScanPage[Scored]{"17", want}),
		reads("last page", zScan("k", "5"), arrayReply(stringReply("0"), arrayReply()), ScanPage[Scored]{"0", []Scored{}}),
		reads("page of members", zScanNoScores("k", "0"), arrayReply(stringReply("0"), arrayReply(stringReply("a"))), ScanPage[string]{"0", []string{"a"}}),
	})
}

func TestScoresOfAnotherFormAreUnexpected(t *testing.T) {
	for _, reply := range [][]byte{
		arrayReply(stringReply("a")),
		arrayReply(stringReply("a"), stringReply("b")),
		arrayReply(arrayReply(stringReply("a"))),
		arrayReply(arrayReply(stringReply("a"), doubleReply(1)), stringReply("b")),
		mapReply(stringReply("a"), nilReply),
		nilReply,
	} {
		_, err := define(zRangeWithScores("k", ByRank(0, -1))).reply(reply)
		require.ErrorIs(t, err, ErrUnexpectedReply)
		_, err = define(zPopMin("k")).reply(reply)
		require.ErrorIs(t, err, ErrUnexpectedReply)
	}
}

func TestWhatWasPoppedOfAnotherFormIsUnexpected(t *testing.T) {
	pair := arrayReply(stringReply("k"), intReply(1))
	for _, definition := range []defined{
		define(zRankWithScore("k", "m")),
		define(bzPopMin(0, "k")),
		define(zMPop([]string{"k"}, LowestScores)),
	} {
		for _, reply := range [][]byte{pair, arrayReply(pair), {byte(abi.TagTrue)}} {
			_, err := definition.reply(reply)
			require.ErrorIs(t, err, ErrUnexpectedReply)
		}
	}
}
