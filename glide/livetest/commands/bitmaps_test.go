package commands_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestBitsAreSetAndFound(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.False(t, harness.Value(c.GetBit(ctx, "b", 7))(t))
		require.False(t, harness.Value(c.SetBit(ctx, "b", 7, true))(t))
		require.True(t, harness.Value(c.SetBit(ctx, "b", 7, true))(t))
		require.True(t, harness.Value(c.GetBit(ctx, "b", 7))(t))
		require.False(t, harness.Value(c.GetBit(ctx, "b", math.MaxUint32))(t))
		require.Equal(t, glide.Some("\x01"), harness.Value(c.Get(ctx, "b"))(t))
		require.True(t, harness.Value(c.SetBit(ctx, "b", 7, false))(t))
		require.False(t, harness.Value(c.SetBit(ctx, "b", 17, false))(t))
		require.Equal(t, glide.Some("\x00\x00\x00"), harness.Value(c.Get(ctx, "b"))(t))
		_, err := c.SetBit(ctx, "b", math.MaxUint32+1, true)
		harness.RequireCode(t, "ERR", err)
		_, err = c.GetBit(ctx, "b", math.MaxInt64)
		harness.RequireCode(t, "ERR", err)
		harness.Value(c.Do(ctx, "RPUSH", "list", "a"))(t)
		_, err = c.SetBit(ctx, "list", 0, true)
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.GetBit(ctx, "list", 0)
		harness.RequireCode(t, "WRONGTYPE", err)
	})
}

func TestBitCountCountsInASpan(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 0, harness.Value(c.BitCount(ctx, "b"))(t))
		require.NoError(t, c.Set(ctx, "b", "\x00\xff\xf0"))
		require.EqualValues(t, 12, harness.Value(c.BitCount(ctx, "b"))(t))
		require.EqualValues(t, 4, harness.Value(c.BitCount(ctx, "b", glide.ByteRange(-1, -1)))(t))
		require.EqualValues(t, 8, harness.Value(c.BitCount(ctx, "b", glide.ByteRange(math.MinInt64, 1)))(t))
		require.EqualValues(t, 12, harness.Value(c.BitCount(ctx, "b", glide.ByteRange(0, math.MaxInt64)))(t))
		require.EqualValues(t, 0, harness.Value(c.BitCount(ctx, "b", glide.ByteRange(2, 1)))(t))
		harness.Value(c.Do(ctx, "RPUSH", "list", "a"))(t)
		_, err := c.BitCount(ctx, "list")
		harness.RequireCode(t, "WRONGTYPE", err)

		harness.Needs(t, "BITCOUNT with BIT", "7.2", "7.0")
		require.EqualValues(t, 2, harness.Value(c.BitCount(ctx, "b", glide.BitRange(6, 9)))(t))
		require.EqualValues(t, 1, harness.Value(c.BitCount(ctx, "b", glide.BitRange(-5, -1)))(t))

		harness.Needs(t, "BITCOUNT without an end", "8.0", "")
		require.EqualValues(t, 4, harness.Value(c.BitCount(ctx, "b", glide.FromByte(-1)))(t))
		require.EqualValues(t, 12, harness.Value(c.BitCount(ctx, "b", glide.FromByte(1)))(t))
	})
}

func TestBitPosFindsTheFirst(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		at := func(want int64) func(glide.Optional[int64], error) {
			return func(got glide.Optional[int64], err error) {
				t.Helper()
				require.NoError(t, err)
				require.Equal(t, glide.Some(want), got)
			}
		}
		nowhere := func(got glide.Optional[int64], err error) {
			t.Helper()
			require.NoError(t, err)
			require.True(t, got.IsNil())
		}
		nowhere(c.BitPos(ctx, "b", true))
		at(0)(c.BitPos(ctx, "b", false))
		at(0)(c.BitPos(ctx, "b", false, glide.ByteRange(5, 9)))
		require.NoError(t, c.Set(ctx, "b", "\x00\xff\xf0"))
		at(8)(c.BitPos(ctx, "b", true))
		at(16)(c.BitPos(ctx, "b", true, glide.FromByte(2)))
		at(16)(c.BitPos(ctx, "b", true, glide.FromByte(-1)))
		at(20)(c.BitPos(ctx, "b", false, glide.FromByte(1)))
		nowhere(c.BitPos(ctx, "b", true, glide.ByteRange(0, 0)))
		nowhere(c.BitPos(ctx, "b", false, glide.ByteRange(1, 1)))
		require.NoError(t, c.Set(ctx, "ones", "\xff"))
		at(8)(c.BitPos(ctx, "ones", false))
		at(8)(c.BitPos(ctx, "ones", false, glide.FromByte(0)))
		nowhere(c.BitPos(ctx, "ones", false, glide.ByteRange(0, -1)))
		harness.Value(c.Do(ctx, "RPUSH", "list", "a"))(t)
		_, err := c.BitPos(ctx, "list", true)
		harness.RequireCode(t, "WRONGTYPE", err)

		harness.Needs(t, "BITPOS with BIT", "7.2", "7.0")
		at(10)(c.BitPos(ctx, "b", true, glide.BitRange(10, -1)))
		nowhere(c.BitPos(ctx, "b", false, glide.BitRange(10, 19)))
	})
}

func TestBitOpCombinesStrings(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, c.Set(ctx, "{k}a", "\xf0\x0f"))
		require.NoError(t, c.Set(ctx, "{k}b", "\x33"))
		for operation, want := range map[glide.BitOperation]string{
			glide.BitAnd: "\x30\x00", glide.BitOr: "\xf3\x0f", glide.BitXor: "\xc3\x0f",
		} {
			require.EqualValues(t, 2, harness.Value(c.BitOp(ctx, operation, "{k}d", "{k}a", "{k}b", "{k}a", "{k}a"))(t))
			require.EqualValues(t, 2, harness.Value(c.BitOp(ctx, operation, "{k}d", "{k}a", "{k}b"))(t))
			require.Equal(t, glide.Some(want), harness.Value(c.Get(ctx, "{k}d"))(t), operation)
		}
		require.EqualValues(t, 2, harness.Value(c.BitOp(ctx, glide.BitNot, "{k}d", "{k}a"))(t))
		require.Equal(t, glide.Some("\x0f\xf0"), harness.Value(c.Get(ctx, "{k}d"))(t))
		require.EqualValues(t, 2, harness.Value(c.BitOp(ctx, glide.BitAnd, "{k}d", "{k}a", "{k}absent"))(t))
		require.Equal(t, glide.Some("\x00\x00"), harness.Value(c.Get(ctx, "{k}d"))(t))
		require.EqualValues(t, 0, harness.Value(c.BitOp(ctx, glide.BitOr, "{k}d", "{k}absent"))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "{k}d"))(t), "an empty result deletes the destination")
		_, err := c.BitOp(ctx, "NAND", "{k}d", "{k}a")
		harness.RequireRefused(t, err)
		harness.Value(c.Do(ctx, "RPUSH", "{k}list", "a"))(t)
		_, err = c.BitOp(ctx, glide.BitOr, "{k}d", "{k}list")
		harness.RequireCode(t, "WRONGTYPE", err)
	})
}

func TestBitFieldReadsAndWritesIntegers(t *testing.T) {
	some := func(numbers ...int64) (results []glide.Optional[int64]) {
		for _, n := range numbers {
			results = append(results, glide.Some(n))
		}
		return results
	}
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		byte0, byte1, wide := glide.Unsigned(8).At(0), glide.Unsigned(8).Nth(1), glide.Signed(64).At(64)
		require.Equal(t, some(0), harness.Value(c.BitField(ctx, "b", glide.BitFieldGet(wide)))(t))
		require.Equal(t, []int64{0, 0}, harness.Value(c.BitFieldRO(ctx, "b", glide.BitFieldGet(wide), glide.BitFieldGet(byte0)))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "b"))(t))

		require.Equal(t, some(0, 0, 200, 201, 457-256), harness.Value(c.BitField(ctx, "b",
			glide.BitFieldSet(byte1, 200), glide.BitFieldGet(byte0), glide.BitFieldGet(byte1), glide.BitFieldIncrBy(byte1, 1), glide.BitFieldIncrBy(byte1, 256)))(t))
		require.Equal(t, glide.Some("\x00\xc9"), harness.Value(c.Get(ctx, "b"))(t))
		require.Equal(t, some(0, math.MinInt64, math.MaxInt64), harness.Value(c.BitField(ctx, "b",
			glide.BitFieldSet(wide, math.MinInt64), glide.BitFieldGet(wide), glide.BitFieldIncrBy(wide, -1)))(t))
		require.Equal(t, []int64{math.MaxInt64, 0xc9, -4}, harness.Value(c.BitFieldRO(ctx, "b",
			glide.BitFieldGet(wide), glide.BitFieldGet(byte1), glide.BitFieldGet(glide.Signed(4).At(8))))(t))

		harness.Value(c.Del(ctx, "b"))(t)
		require.Equal(t, append(some(255, 255), glide.None[int64](), glide.Some[int64](255), glide.Some[int64](4), glide.None[int64]()),
			harness.Value(c.BitField(ctx, "b",
				glide.BitFieldIncrBy(byte0, 300, glide.OverflowSaturate),
				glide.BitFieldSet(byte0, 999, glide.OverflowSaturate),
				glide.BitFieldIncrBy(byte0, 5, glide.OverflowFail),
				glide.BitFieldGet(byte0),
				glide.BitFieldIncrBy(byte0, 5),
				glide.BitFieldSet(byte0, -1, glide.OverflowFail)))(t))

		require.NoError(t, c.Set(ctx, "text", "ab"))
		require.Equal(t, some('a', 'b'), harness.Value(c.BitField(ctx, "text", glide.BitFieldGet(byte0), glide.BitFieldGet(byte1)))(t))
		harness.Value(c.Do(ctx, "RPUSH", "list", "a"))(t)
		_, err := c.BitField(ctx, "list", glide.BitFieldGet(byte0))
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.BitFieldRO(ctx, "list", glide.BitFieldGet(byte0))
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.BitField(ctx, "b", glide.BitFieldGet(glide.Unsigned(8).Nth(math.MaxInt64)))
		harness.RequireCode(t, "ERR", err)
	})
}
