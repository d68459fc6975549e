package glide

import (
	"math"
	"testing"
	"time"
)

var _ = table(listSendings)

func listSendings() []sending {
	keys := []string{"k", "l"}
	return []sending{
		sends(blMove(time.Second, "a", "b", Left, Right), "BLMOVE a b LEFT RIGHT 1"),
		sends(blMove(0, "a", "b", Right, Left), "BLMOVE a b RIGHT LEFT 0"),
		sends(blmPop(1500*time.Millisecond, keys, Left), "BLMPOP 1.5 2 k l LEFT"),
		sends(blmPop(0, keys[:1], Right, Count(3)), "BLMPOP 0 1 k RIGHT COUNT 3"),
		sends(blPop(time.Nanosecond, "k"), "BLPOP k 0.001"),
		sends(blPop(0, "k", "l"), "BLPOP k l 0"),
		sends(blPop(math.MaxInt64, "k"), "BLPOP k 9223372036.855"),
		sends(brPop(time.Minute+time.Microsecond, "k", "k"), "BRPOP k k 60.001"),
		sends(lIndex("k", -1), "LINDEX k -1"),
		sends(lInsert("k", Before("p"), "e"), "LINSERT k BEFORE p e"),
		sends(lInsert("k", After(""), "e"), "LINSERT k AFTER  e"),
		sends(lLen("k"), "LLEN k"),
		sends(lMove("a", "b", Left, Left), "LMOVE a b LEFT LEFT"),
		sends(lMove("a", "b", Right, Left), "LMOVE a b RIGHT LEFT"),
		sends(lmPop(keys, Right), "LMPOP 2 k l RIGHT"),
		sends(lmPop(keys[:1], Left, Count(math.MaxInt64)), "LMPOP 1 k LEFT COUNT 9223372036854775807"),
		sends(lPop("k"), "LPOP k"),
		sends(lPopCount("k", 0), "LPOP k 0"),
		sends(lPos("k", "e"), "LPOS k e"),
		sends(lPos("k", "e", LPosRank(-2)), "LPOS k e RANK -2"),
		sends(lPosCount("k", "e", 0), "LPOS k e COUNT 0"),
		sends(lPosCount("k", "e", 2, LPosMaxLen(100), LPosRank(1)), "LPOS k e COUNT 2 MAXLEN 100 RANK 1"),
		sends(lPush("k", "a", "b"), "LPUSH k a b"),
		sends(lPushX("k", "a"), "LPUSHX k a"),
		sends(lRange("k", 0, math.MinInt64), "LRANGE k 0 -9223372036854775808"),
		sends(lRem("k", -2, "e"), "LREM k -2 e"),
		sends(lSet("k", 3, "e"), "LSET k 3 e"),
		sends(lTrim("k", 1, -1), "LTRIM k 1 -1"),
		sends(rPop("k"), "RPOP k"),
		sends(rPopCount("k", 2), "RPOP k 2"),
		sends(rPush("k", "a", "b"), "RPUSH k a b"),
		sends(rPushX("k", "a"), "RPUSHX k a"),
	}
}

func TestListsSendTheirWords(t *testing.T) { testSendings(t, listSendings()) }

func TestListsRefuse(t *testing.T) {
	testRefusals(t, []refusal{
		refuses(blMove(-1, "a", "b", Left, Left), "negative timeout"),
		refuses(blmPop(-time.Hour, []string{"k"}, Left), "negative timeout"),
		refuses(blmPop(0, nil, Left), "no keys"),
		refuses(blPop(0), "no keys"),
		refuses(blPop(math.MinInt64, "k"), "negative timeout"),
		refuses(brPop(0), "no keys"),
		refuses(lInsert("k", ListPivot{}, "e"), "no place"),
		refuses(lMove("a", "b", Left, 2), "no such end"),
		refuses(lMove("a", "b", -1, Left), "no such end"),
		refuses(lmPop(nil, Left), "no keys"),
		refuses(lmPop([]string{"k"}, Left, Count(1), Count(1)), "more than one Count"),
		refuses(lmPop([]string{"k"}, Left, nil), "nil option"),
		refuses(lPopCount("k", -1), "negative count"),
		refuses(rPopCount("k", math.MinInt64), "negative count"),
		refuses(lPos("k", "e", LPosRank(1), LPosRank(2)), "more than one LPosRank"),
		refuses(lPos("k", "e", nil), "nil option"),
		refuses(lPosCount("k", "e", -1), "negative count"),
		refuses(lPosCount("k", "e", 0, LPosMaxLen(1), LPosMaxLen(1)), "more than one LPosMaxLen"),
		refuses(lPush("k"), "no elements"),
		refuses(lPushX("k"), "no elements"),
		refuses(rPush("k"), "no elements"),
		refuses(rPushX("k"), "no elements"),
	})
}

func TestListsReadTheirReplies(t *testing.T) {
	elements := arrayReply(stringReply("a"), stringReply(""))
	taken := Some(ListElements{"k", []string{"a", ""}})
	testReadings(t, []reading{
		reads("popped", lPop("k"), stringReply("a"), Some("a")),
		reads("nothing to pop", rPop("k"), nilReply, None[string]()),
		reads("popped several", lPopCount("k", 2), elements, []string{"a", ""}),
		reads("popped none", lPopCount("k", 0), arrayReply(), []string{}),
		reads("nothing to pop several of", rPopCount("k", 2), nilReply, nil),
		reads("index", lPos("k", "e"), intReply(3), Some(int64(3))),
		reads("no index", lPos("k", "e"), nilReply, None[int64]()),
		reads("indexes", lPosCount("k", "e", 0), arrayReply(intReply(3), intReply(1)), []int64{3, 1}),
		reads("no indexes", lPosCount("k", "e", 0), arrayReply(), []int64{}),
		reads("taken of a key as a map", lmPop([]string{"k"}, Left), mapReply(stringReply("k"), elements), taken),
		reads("taken of a key as an array", lmPop([]string{"k"}, Left), arrayReply(stringReply("k"), elements), taken),
		reads("taken of no key", blmPop(0, []string{"k"}, Left), nilReply, None[ListElements]()),
		reads("taken in time", blPop(0, "k"), elements, Some(ListElement{"a", ""})),
		reads("not in time", brPop(0, "k"), nilReply, None[ListElement]()),
		reads("moved in time", blMove(0, "a", "b", Left, Left), stringReply("OK"), Some("OK")),
	})
}
