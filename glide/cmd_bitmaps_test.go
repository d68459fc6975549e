package glide

import (
	"math"
	"testing"
)

var _ = table(bitmapSendings)

func bitmapSendings() []sending {
	place := Unsigned(8).At(0)
	return []sending{
		sends(bitCount("k"), "BITCOUNT k"),
		sends(bitCount("k", FromByte(-2)), "BITCOUNT k -2"),
		sends(bitCount("k", ByteRange(0, -1)), "BITCOUNT k 0 -1"),
		sends(bitCount("k", BitRange(math.MinInt64, math.MaxInt64)), "BITCOUNT k -9223372036854775808 9223372036854775807 BIT"),
		sends(bitField("k", BitFieldGet(Signed(64).At(math.MaxInt64))), "BITFIELD k GET i64 9223372036854775807"),
		sends(bitField("k", BitFieldSet(Unsigned(63).Nth(3), -1)), "BITFIELD k SET u63 #3 -1"),
		sends(bitField("k", BitFieldIncrBy(Signed(1).Nth(0), math.MinInt64)), "BITFIELD k INCRBY i1 #0 -9223372036854775808"),
		sends(bitField("k", BitFieldSet(place, 1, OverflowWrap)), "BITFIELD k SET u8 0 1"),
		sends(bitField("k", BitFieldSet(place, 1, OverflowSaturate)), "BITFIELD k OVERFLOW SAT SET u8 0 1"),
		sends(bitField("k", BitFieldIncrBy(place, 1, OverflowFail), BitFieldGet(place), BitFieldIncrBy(place, 2, OverflowFail), BitFieldIncrBy(place, 3)),
			"BITFIELD k OVERFLOW FAIL INCRBY u8 0 1 GET u8 0 INCRBY u8 0 2 OVERFLOW WRAP INCRBY u8 0 3"),
		sends(bitFieldRO("k", BitFieldGet(place)), "BITFIELD_RO k GET u8 0"),
		sends(bitFieldRO("k", BitFieldGet(Signed(5).At(7)), BitFieldGet(Unsigned(1).Nth(2))), "BITFIELD_RO k GET i5 7 GET u1 #2"),
		sends(bitOp(BitAnd, "d", "k"), "BITOP AND d k"),
		sends(bitOp(BitOr, "d", "k", "l"), "BITOP OR d k l"),
		sends(bitOp(BitXor, "d", "k", "l"), "BITOP XOR d k l"),
		sends(bitOp(BitNot, "d", "k"), "BITOP NOT d k"),
		sends(bitOp(BitDiff, "d", "k", "l"), "BITOP DIFF d k l"),
		sends(bitOp(BitDiff1, "d", "k", "l"), "BITOP DIFF1 d k l"),
		sends(bitOp(BitAndOr, "d", "k", "l"), "BITOP ANDOR d k l"),
		sends(bitOp(BitOne, "d", "k", "l"), "BITOP ONE d k l"),
		sends(bitPos("k", true), "BITPOS k 1"),
		sends(bitPos("k", false, FromByte(2)), "BITPOS k 0 2"),
		sends(bitPos("k", true, ByteRange(-2, -1)), "BITPOS k 1 -2 -1"),
		sends(bitPos("k", true, BitRange(3, 9)), "BITPOS k 1 3 9 BIT"),
		sends(getBit("k", 0), "GETBIT k 0"),
		sends(setBit("k", 7, true), "SETBIT k 7 1"),
		sends(setBit("k", math.MaxInt64, false), "SETBIT k 9223372036854775807 0"),
	}
}

func TestBitmapsSendTheirWords(t *testing.T) { testSendings(t, bitmapSendings()) }

func TestBitmapsRefuse(t *testing.T) {
	place := Unsigned(8).At(0)
	const width = "integers have 1 to 64 bits, unsigned ones 63"
	testRefusals(t, []refusal{
		refuses(bitCount("k", nil), "nil option"),
		refuses(bitCount("k", FromByte(1), BitRange(0, 1)), "more than one span"),
		refuses(bitField("k"), "no operations"),
		refuses(bitField("k", nil), "nil operation"),
		refuses(bitField("k", BitFieldSet(place, 1, OverflowFail, OverflowWrap)), "more than one overflow"),
		refuses(bitField("k", BitFieldGet(place), BitFieldGet(Signed(0).At(0))), width),
		refuses(bitField("k", BitFieldSet(Signed(65).At(0), 0)), width),
		refuses(bitField("k", BitFieldIncrBy(Unsigned(64).At(0), 0)), width),
		refuses(bitField("k", BitFieldIncrBy(BitPlace{}, 0)), width),
		refuses(bitField("k", BitFieldIncrBy(Signed(8).At(-1), 0)), "negative offset"),
		refuses(bitFieldRO("k"), "no operations"),
		refuses(bitFieldRO("k", BitFieldRead{}), width),
		refuses(bitFieldRO("k", BitFieldGet(Signed(8).Nth(math.MinInt64))), "negative offset"),
		refuses(bitOp(BitAnd, "d"), "no keys"),
		refuses(bitOp(BitNot, "d"), "no keys"),
		refuses(bitOp(BitNot, "d", "k", "l"), "BitNot of more than one key"),
		refuses(bitPos("k", true, nil), "nil option"),
		refuses(bitPos("k", true, ByteRange(0, 1), ByteRange(0, 1)), "more than one span"),
		refuses(getBit("k", -1), "negative offset"),
		refuses(setBit("k", math.MinInt64, true), "negative offset"),
	})
}

func TestBitmapsReadTheirReplies(t *testing.T) {
	get := BitFieldGet(Signed(64).At(0))
	testReadings(t, []reading{
		reads("bit as integer", getBit("k", 0), intReply(1), true),
		reads("bit as boolean", setBit("k", 0, true), []byte{2}, false),
		reads("position", bitPos("k", true), intReply(0), Some(int64(0))),
		reads("no position", bitPos("k", true), intReply(-1), None[int64]()),
		reads("integers", bitField("k", get), arrayReply(intReply(math.MinInt64), nilReply), []Optional[int64]{Some(int64(math.MinInt64)), None[int64]()}),
		reads("integers only read", bitFieldRO("k", get), arrayReply(intReply(-1), intReply(0)), []int64{-1, 0}),
	})
}
