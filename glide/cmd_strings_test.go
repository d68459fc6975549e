package glide

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// moment is 2033-05-18T03:33:20.123456Z.
var moment = time.UnixMicro(2_000_000_000_123_456)

const momentText = "2000000000123"

var _ = table(stringSendings)

func stringSendings() []sending {
	pair := map[string]string{"k": "v"}
	return []sending{
		sends(appendValue("k", "v"), "APPEND k v"),
		sends(decr("k"), "DECR k"),
		sends(decrBy("k", math.MinInt64), "DECRBY k -9223372036854775808"),
		sends(delEx("k", IfEqual("v")), "DELEX k IFEQ v"),
		sends(delEx("k", IfNotEqual("v")), "DELEX k IFNE v"),
		sends(delEx("k", IfDigestEqual("0f")), "DELEX k IFDEQ 0f"),
		sends(delEx("k", IfDigestNotEqual("0f")), "DELEX k IFDNE 0f"),
		sends(delIfEq("k", "v"), "DELIFEQ k v"),
		sends(digest("k"), "DIGEST k"),
		sends(get("k"), "GET k"),
		sends(getBytes("k"), "GET k"),
		sends(getInto("k", nil), "GET k"),
		sends(getDel("k"), "GETDEL k"),
		sends(getEx("k"), "GETEX k"),
		sends(getEx("k", ExpireIn(time.Second)), "GETEX k PX 1000"),
		sends(getEx("k", ExpireAt(moment)), "GETEX k PXAT "+momentText),
		sends(getEx("k", Persist), "GETEX k PERSIST"),
		sends(getRange("k", 0, -1), "GETRANGE k 0 -1"),
		sends(getRange("k", math.MinInt64, math.MaxInt64), "GETRANGE k -9223372036854775808 9223372036854775807"),
		sends(getRangeBytes("k", 1, 2), "GETRANGE k 1 2"),
		sends(incr("k"), "INCR k"),
		sends(incrEx("k", -5), "INCREX k BYINT -5"),
		sends(incrEx("k", 1, LowerBound(0), UpperBound(int64(math.MaxInt64)), Saturate, ExpireIn(time.Minute), IfExpiryAbsent),
			"INCREX k BYINT 1 LBOUND 0 UBOUND 9223372036854775807 SATURATE PX 60000 ENX"),
		sends(incrEx("k", 1, Persist), "INCREX k BYINT 1 PERSIST"),
		sends(incrExByFloat("k", 0.5, UpperBound(1.5), ExpireAt(moment)), "INCREX k BYFLOAT 0.5 UBOUND 1.5 PXAT "+momentText),
		sends(incrBy("k", math.MaxInt64), "INCRBY k 9223372036854775807"),
		sends(incrByFloat("k", 0.1), "INCRBYFLOAT k 0.1"),
		sends(incrByFloat("k", -3e300), "INCRBYFLOAT k -3e+300"),
		sends(incrByFloat("k", math.Inf(1)), "INCRBYFLOAT k +Inf"),
		sends(lcs("a", "b"), "LCS a b"),
		sends(lcsLen("a", "b"), "LCS a b LEN"),
		sends(lcsIdx("a", "b"), "LCS a b IDX"),
		sends(lcsIdx("a", "b", MinMatchLen(4)), "LCS a b IDX MINMATCHLEN 4"),
		sends(lcsIdx("a", "b", WithMatchLen, MinMatchLen(4)), "LCS a b IDX WITHMATCHLEN MINMATCHLEN 4"),
		sends(mGet("k"), "MGET k"),
		sends(mGet("k", "l", "k"), "MGET k l k"),
		sends(mGetBytes("k", "l"), "MGET k l"),
		sends(mSet(pair), "MSET k v"),
		sends(mSetEx(pair), "MSETEX 1 k v"),
		sends(mSetEx(pair, IfAbsent, ExpireIn(time.Minute)), "MSETEX 1 k v NX PX 60000"),
		sends(mSetEx(pair, ExpireAt(moment), IfPresent), "MSETEX 1 k v PXAT "+momentText+" XX"),
		sends(mSetEx(pair, KeepTTL), "MSETEX 1 k v KEEPTTL"),
		sends(mSetNX(pair), "MSETNX k v"),
		sends(set("k", "v"), "SET k v"),
		sends(set("k", "v", ExpireIn(1500*time.Millisecond)), "SET k v PX 1500"),
		sends(set("k", "v", ExpireIn(time.Nanosecond)), "SET k v PX 1"),
		sends(set("k", "v", ExpireIn(0)), "SET k v PX 0"),
		sends(set("k", "v", ExpireIn(-time.Second)), "SET k v PX -1000"),
		sends(set("k", "v", ExpireIn(math.MaxInt64)), "SET k v PX 9223372036854"),
		sends(set("k", "v", ExpireAt(moment)), "SET k v PXAT "+momentText),
		sends(set("k", "v", KeepTTL), "SET k v KEEPTTL"),
		sends(setIf("k", "v", IfAbsent), "SET k v NX"),
		sends(setIf("k", "v", IfPresent, ExpireIn(time.Second)), "SET k v XX PX 1000"),
		sends(setIf("k", "v", IfEqual("old"), KeepTTL), "SET k v IFEQ old KEEPTTL"),
		sends(setIf("k", "v", IfNotEqual("old")), "SET k v IFNE old"),
		sends(setIf("k", "v", IfDigestEqual("0f")), "SET k v IFDEQ 0f"),
		sends(setIf("k", "v", IfDigestNotEqual("0f")), "SET k v IFDNE 0f"),
		sends(setGet("k", "v"), "SET k v GET"),
		sends(setGet("k", "v", IfAbsent), "SET k v GET NX"),
		sends(setGet("k", "v", ExpireAt(moment), IfPresent), "SET k v GET PXAT "+momentText+" XX"),
		sends(setGet("k", "v", IfEqual("old"), KeepTTL), "SET k v GET IFEQ old KEEPTTL"),
		sends(setRange("k", math.MaxInt64, "v"), "SETRANGE k 9223372036854775807 v"),
		sends(strLen("k"), "STRLEN k"),
	}
}

func TestStringsSendTheirWords(t *testing.T) { testSendings(t, stringSendings()) }

func TestSeveralPairsAreSentAsKeysAndValuesInTurn(t *testing.T) {
	values := map[string]string{"a": "1", "b": "2", "c": "3"}
	for name, words := range map[string][]string{
		"MSET":   define(mSet(values)).words,
		"MSETNX": define(mSetNX(values)).words,
		"MSETEX": slices.Delete(define(mSetEx(values)).words, 1, 2),
	} {
		require.Equal(t, name, words[0])
		sent := map[string]string{}
		for pair := range slices.Chunk(words[1:], 2) {
			sent[pair[0]] = pair[1]
		}
		require.Equal(t, values, sent)
	}
	require.Equal(t, "3", define(mSetEx(values)).words[1])
}

func TestStringsRefuse(t *testing.T) {
	pair := map[string]string{"k": "v"}
	testRefusals(t, []refusal{
		refuses(mGet(), "no keys"),
		refuses(mGetBytes(), "no keys"),
		refuses(mSet(nil), "no keys"),
		refuses(mSetNX(map[string]string{}), "no keys"),
		refuses(mSetEx(nil), "no keys"),
		refuses(set("k", "v", KeepTTL, ExpireIn(1)), "more than one expiry"),
		refuses(set("k", "v", ExpireAt(moment), ExpireIn(1)), "more than one expiry"),
		refuses(set("k", "v", nil), "nil option"),
		refuses(setIf("k", "v", nil), "nil option"),
		refuses(delEx("k", Comparison{}), "no condition"),
		refuses(incrEx("k", 1, Persist, ExpireIn(1)), "more than one expiry"),
		refuses(incrEx("k", 1, LowerBound(1), LowerBound(2)), "more than one LowerBound"),
		refuses(incrEx("k", 1, Saturate, Saturate), "more than one SATURATE"),
		refuses(incrExByFloat("k", math.NaN()), "an increment that is not a number"),
		refuses(setIf("k", "v", IfAbsent, KeepTTL, KeepTTL), "more than one expiry"),
		refuses(setGet("k", "v", IfAbsent, KeepTTL, IfPresent), "more than one condition"),
		refuses(setGet("k", "v", IfAbsent, IfEqual("x")), "more than one condition"),
		refuses(getEx("k", Persist, ExpireIn(1)), "more than one expiry"),
		refuses(mSetEx(pair, IfAbsent, IfPresent), "more than one condition"),
		refuses(lcsIdx("a", "b", MinMatchLen(1), MinMatchLen(2)), "more than one minimum length"),
	})
}

func TestStringsReadTheirReplies(t *testing.T) {
	none := None[string]()
	match := arrayReply(arrayReply(intReply(4), intReply(7)), arrayReply(intReply(5), intReply(8)))
	matchLen := arrayReply(arrayReply(intReply(4), intReply(7)), arrayReply(intReply(5), intReply(8)), intReply(4))
	found := LCSMatch{First: LCSRange{4, 7}, Second: LCSRange{5, 8}}
	foundLen := LCSMatch{LCSRange{4, 7}, LCSRange{5, 8}, 4}
	testReadings(t, []reading{
		reads("missing", get("k"), nilReply, none),
		reads("empty", get("k"), stringReply(""), Some("")),
		reads("the text OK", get("k"), okReply, Some("OK")),
		reads("binary", get("k"), stringReply("\x00\r\n\xff"), Some("\x00\r\n\xff")),
		reads("missing bytes", getBytes("k"), nilReply, None[[]byte]()),
		reads("empty bytes", getBytes("k"), stringReply(""), Some([]byte{})),
		reads("missing into a buffer", getInto("k", []byte("as it was")), nilReply, None[[]byte]()),
		reads("into a buffer", getInto("k", []byte("longer")), stringReply("ab"), Some([]byte("ab"))),
		reads("into a buffer that is too small", getInto("k", make([]byte, 1)), stringReply("ab"), Some([]byte("ab"))),
		reads("range bytes", getRangeBytes("k", 0, 1), stringReply("ab"), []byte("ab")),
		reads("numbers at the limit", incr("k"), intReply(math.MinInt64), math.MinInt64),
		reads("float as double", incrByFloat("k", 1), doubleReply(0.1), 0.1),
		reads("float as text", incrByFloat("k", 1), stringReply("3.5e+2"), 350),
		reads("several", mGet("a", "b"), arrayReply(stringReply("x"), nilReply), []Optional[string]{Some("x"), none}),
		reads("several bytes", mGetBytes("a", "b"), arrayReply(nilReply, stringReply("x")), []Optional[[]byte]{None[[]byte](), Some([]byte("x"))}),
		reads("done as boolean", mSetNX(map[string]string{"k": "v"}), []byte{3}, true),
		reads("done as integer", mSetNX(map[string]string{"k": "v"}), intReply(0), false),
		reads("INCREX of integers", incrEx("k", 5), arrayReply(intReply(99), intReply(0)), Increment[int64]{99, 0}),
		reads("INCREX of numbers, RESP2", incrExByFloat("k", 5), arrayReply(stringReply("1.75"), stringReply("0.25")), Increment[float64]{1.75, 0.25}),
		reads("INCREX of numbers, RESP3", incrExByFloat("k", 5), arrayReply(doubleReply(1.75), doubleReply(0.25)), Increment[float64]{1.75, 0.25}),
		reads("condition held", setIf("k", "v", IfAbsent), okReply, true),
		reads("condition did not hold", setIf("k", "v", IfAbsent), nilReply, false),
		reads("old value", setGet("k", "v"), stringReply("old"), Some("old")),
		reads("no old value", setGet("k", "v"), nilReply, none),
		reads("old value OK", setGet("k", "v"), stringReply("OK"), Some("OK")),
		reads("matches of RESP3", lcsIdx("a", "b"),
			mapReply(stringReply("matches"), arrayReply(match), stringReply("len"), intReply(6)),
			LCSMatches{[]LCSMatch{found}, 6}),
		reads("matches of RESP2", lcsIdx("a", "b"),
			arrayReply(stringReply("matches"), arrayReply(matchLen), stringReply("len"), intReply(6)),
			LCSMatches{[]LCSMatch{foundLen}, 6}),
		reads("matches with a field of tomorrow", lcsIdx("a", "b"),
			mapReply(stringReply("new"), arrayReply(match), stringReply("len"), intReply(0)), LCSMatches{}),
	})
}

func TestMatchesOfAnotherFormAreUnexpected(t *testing.T) {
	read := define(lcsIdx("a", "b")).reply
	pair := arrayReply(intReply(1), intReply(2))
	for _, match := range [][]byte{
		arrayReply(pair),
		arrayReply(pair, pair, intReply(1), intReply(1)),
		arrayReply(pair, arrayReply(intReply(1))),
		arrayReply(pair, arrayReply(intReply(1), nilReply)),
		arrayReply(intReply(1), pair),
		nilReply,
	} {
		_, err := read(mapReply(stringReply("matches"), arrayReply(match)))
		require.ErrorIs(t, err, ErrUnexpectedReply)
	}
}
