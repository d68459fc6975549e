package commands_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestKeysAndValuesAreBinarySafe(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, text := range harness.Hostile {
			require.NoError(t, c.Set(ctx, text, text))
			require.Equal(t, glide.Some(text), harness.Value(c.Get(ctx, text))(t))
			require.Equal(t, glide.Some([]byte(text)), harness.Value(c.GetBytes(ctx, text))(t))
			require.NoError(t, c.Set(ctx, glide.View([]byte(text)), glide.View([]byte(text))))
			require.Equal(t, []glide.Optional[string]{glide.Some(text), glide.Some(text)}, harness.Value(c.MGet(ctx, text, text))(t))
			require.EqualValues(t, len(text), harness.Value(c.StrLen(ctx, text))(t))
			require.Equal(t, text, harness.Value(c.GetRange(ctx, text, 0, -1))(t))
			require.Equal(t, []byte(text), harness.Value(c.GetRangeBytes(ctx, text, 0, -1))(t))
			require.Equal(t, glide.Some(text), harness.Value(c.SetGet(ctx, text, text))(t))
			require.Equal(t, glide.Some(text), harness.Value(c.GetEx(ctx, text, glide.ExpireIn(time.Hour)))(t))
			if len(text) < 100 { // the server takes the square
				require.Equal(t, text, harness.Value(c.LCS(ctx, text, text))(t))
			}
			require.Equal(t, glide.Some(text), harness.Value(c.GetDel(ctx, text))(t))
		}
	})
}

func TestWhatIsMissingIsNil(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		none := glide.None[string]()
		require.Equal(t, none, harness.Value(c.Get(ctx, "k"))(t))
		require.Equal(t, glide.None[[]byte](), harness.Value(c.GetBytes(ctx, "k"))(t))
		require.Equal(t, none, harness.Value(c.GetDel(ctx, "k"))(t))
		require.Equal(t, none, harness.Value(c.GetEx(ctx, "k"))(t))
		require.Equal(t, []glide.Optional[string]{none, none}, harness.Value(c.MGet(ctx, "{k}", "{k}l"))(t))
		require.Equal(t, []glide.Optional[[]byte]{{}}, harness.Value(c.MGetBytes(ctx, "k"))(t))
		require.Equal(t, "", harness.Value(c.GetRange(ctx, "k", 0, -1))(t))
		require.Equal(t, []byte{}, harness.Value(c.GetRangeBytes(ctx, "k", 0, -1))(t))
		require.EqualValues(t, 0, harness.Value(c.StrLen(ctx, "k"))(t))
	})
}

func TestAnotherTypeIsWrong(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		harness.Value(c.Do(ctx, "RPUSH", "list", "a"))(t)
		_, err := c.Get(ctx, "list")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.GetDel(ctx, "list")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.Incr(ctx, "list")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.SetGet(ctx, "list", "v")
		harness.RequireCode(t, "WRONGTYPE", err)
		require.Equal(t, []glide.Optional[string]{{}}, harness.Value(c.MGet(ctx, "list"))(t))
	})
}

func TestAppendGivesTheNewLength(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 2, harness.Value(c.Append(ctx, "k", "ab"))(t))
		require.EqualValues(t, 3, harness.Value(c.Append(ctx, "k", "\x00"))(t))
	})
}

func TestNumbersAreCountedToTheirLimits(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 1, harness.Value(c.Incr(ctx, "n"))(t))
		require.EqualValues(t, math.MaxInt64, harness.Value(c.IncrBy(ctx, "n", math.MaxInt64-1))(t))
		_, err := c.Incr(ctx, "n")
		harness.RequireCode(t, "ERR", err)
		require.EqualValues(t, -1, harness.Value(c.Decr(ctx, "m"))(t))
		require.EqualValues(t, -math.MaxInt64, harness.Value(c.DecrBy(ctx, "m", math.MaxInt64-1))(t))
		require.EqualValues(t, math.MinInt64, harness.Value(c.Decr(ctx, "m"))(t))
		_, err = c.DecrBy(ctx, "n", math.MinInt64)
		harness.RequireCode(t, "ERR", err)
		require.NoError(t, c.Set(ctx, "text", "a"))
		_, err = c.Incr(ctx, "text")
		harness.RequireCode(t, "ERR", err)
	})
}

func TestIncrByFloatGivesANumber(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.Equal(t, 0.1, harness.Value(c.IncrByFloat(ctx, "f", 0.1))(t))
		require.Equal(t, 5000.1, harness.Value(c.IncrByFloat(ctx, "f", 5e3))(t))
		require.Equal(t, -1e-7, harness.Value(c.IncrByFloat(ctx, "small", -1e-7))(t))
		require.Equal(t, 1e300, harness.Value(c.IncrByFloat(ctx, "large", 1e300))(t))
		for _, f := range []float64{math.Inf(1), math.NaN()} {
			_, err := c.IncrByFloat(ctx, "f", f)
			harness.RequireCode(t, "ERR", err)
		}
	})
}

func TestRangesAtTheLimits(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, c.Set(ctx, "k", "hello"))
		require.Equal(t, "ell", harness.Value(c.GetRange(ctx, "k", 1, 3))(t))
		require.Equal(t, "lo", harness.Value(c.GetRange(ctx, "k", -2, -1))(t))
		require.Equal(t, "hello", harness.Value(c.GetRange(ctx, "k", math.MinInt64, math.MaxInt64))(t))
		require.Equal(t, "", harness.Value(c.GetRange(ctx, "k", 3, 1))(t))

		require.EqualValues(t, 7, harness.Value(c.SetRange(ctx, "k", 5, "!!"))(t))
		require.EqualValues(t, 3, harness.Value(c.SetRange(ctx, "padded", 2, "x"))(t))
		require.Equal(t, glide.Some("\x00\x00x"), harness.Value(c.Get(ctx, "padded"))(t))
		require.EqualValues(t, 0, harness.Value(c.SetRange(ctx, "none", 7, ""))(t))
		for _, offset := range []int64{-1, math.MinInt64, math.MaxInt64} {
			_, err := c.SetRange(ctx, "k", offset, "x")
			harness.RequireCode(t, "ERR", err)
		}
	})
}

func TestSetSendsExpiryInMilliseconds(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		left := func() time.Duration { return harness.Value(c.TTL(ctx, "k"))(t).Value() }
		require.NoError(t, c.Set(ctx, "k", "v", glide.ExpireIn(90*time.Second)))
		require.InDelta(t, 90*time.Second, left(), float64(30*time.Second))
		require.NoError(t, c.Set(ctx, "k", "w", glide.KeepTTL))
		require.InDelta(t, 90*time.Second, left(), float64(30*time.Second))
		at := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		require.NoError(t, c.Set(ctx, "k", "v", glide.ExpireAt(at)))
		require.True(t, at.Equal(harness.Value(c.ExpireTime(ctx, "k"))(t).Value()))
		require.NoError(t, c.Set(ctx, "k", "v"))
		require.False(t, harness.Value(c.TTL(ctx, "k"))(t).Expires())

		require.NoError(t, c.Set(ctx, "k", "v", glide.ExpireAt(time.Now().Add(-time.Hour))))
		require.True(t, harness.Value(c.Get(ctx, "k"))(t).IsNil(), "a time in the past deletes the key")
		for _, d := range []time.Duration{0, -time.Nanosecond, -time.Hour, math.MinInt64} {
			harness.RequireCode(t, "ERR", c.Set(ctx, "k", "v", glide.ExpireIn(d)))
		}
		harness.RequireCode(t, "ERR", c.Set(ctx, "k", "v", glide.ExpireAt(time.Time{})))
	})
}

func TestGetExSetsTheExpiry(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		expires := func() bool { return harness.Value(c.TTL(ctx, "k"))(t).Expires() }
		require.NoError(t, c.Set(ctx, "k", "v"))
		require.Equal(t, glide.Some("v"), harness.Value(c.GetEx(ctx, "k", glide.ExpireIn(time.Hour)))(t))
		require.True(t, expires())
		require.Equal(t, glide.Some("v"), harness.Value(c.GetEx(ctx, "k"))(t))
		require.True(t, expires())
		require.Equal(t, glide.Some("v"), harness.Value(c.GetEx(ctx, "k", glide.Persist))(t))
		require.False(t, expires())
		require.Equal(t, glide.Some("v"), harness.Value(c.GetEx(ctx, "k", glide.ExpireAt(time.Unix(1, 0))))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "k"))(t))
	})
}

func TestSetIfReportsWhetherTheConditionHeld(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.False(t, harness.Value(c.SetIf(ctx, "k", "v", glide.IfPresent))(t))
		require.True(t, harness.Value(c.SetIf(ctx, "k", "v", glide.IfAbsent, glide.ExpireIn(time.Hour)))(t))
		require.False(t, harness.Value(c.SetIf(ctx, "k", "w", glide.IfAbsent))(t))
		require.True(t, harness.Value(c.SetIf(ctx, "k", "w", glide.IfPresent, glide.KeepTTL))(t))
		require.True(t, harness.Value(c.TTL(ctx, "k"))(t).Expires())
		require.Equal(t, glide.Some("w"), harness.Value(c.Get(ctx, "k"))(t))

		harness.Needs(t, "SET with IFEQ", "8.1", "")
		require.False(t, harness.Value(c.SetIf(ctx, "k", "x", glide.IfEqual("v")))(t))
		require.True(t, harness.Value(c.SetIf(ctx, "k", "x", glide.IfEqual("w")))(t))
		require.False(t, harness.Value(c.SetIf(ctx, "absent", "x", glide.IfEqual("")))(t))
	})
}

func TestSetGetGivesTheOldValue(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		none := glide.None[string]()
		require.Equal(t, none, harness.Value(c.SetGet(ctx, "k", "a"))(t))
		require.Equal(t, glide.Some("a"), harness.Value(c.SetGet(ctx, "k", "b", glide.ExpireIn(time.Hour)))(t))
		require.Equal(t, glide.Some("b"), harness.Value(c.SetGet(ctx, "k", "c", glide.IfAbsent))(t), "not set")
		require.Equal(t, glide.Some("b"), harness.Value(c.SetGet(ctx, "k", "c", glide.IfPresent, glide.KeepTTL))(t))
		require.True(t, harness.Value(c.TTL(ctx, "k"))(t).Expires())
		require.Equal(t, none, harness.Value(c.SetGet(ctx, "absent", "c", glide.IfPresent))(t))
		require.Equal(t, none, harness.Value(c.SetGet(ctx, "new", "c", glide.IfAbsent))(t))
		require.Equal(t, glide.Some("c"), harness.Value(c.Get(ctx, "new"))(t))

		harness.Needs(t, "SET with IFEQ", "8.1", "")
		require.Equal(t, glide.Some("c"), harness.Value(c.SetGet(ctx, "k", "d", glide.IfEqual("other")))(t))
		require.Equal(t, glide.Some("c"), harness.Value(c.SetGet(ctx, "k", "d", glide.IfEqual("c")))(t))
		require.Equal(t, glide.Some("d"), harness.Value(c.Get(ctx, "k"))(t))
	})
}

func TestSeveralKeysAreSetAtOnce(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		values := map[string]string{}
		keys := []string{}
		for i := range 100 {
			key := fmt.Sprint("{k}", i)
			values[key] = fmt.Sprint(i)
			keys = append(keys, key)
		}
		require.NoError(t, c.MSet(ctx, values))
		got := harness.Value(c.MGet(ctx, keys...))(t)
		bytes := harness.Value(c.MGetBytes(ctx, keys...))(t)
		for i, key := range keys {
			require.Equal(t, glide.Some(values[key]), got[i])
			require.Equal(t, glide.Some([]byte(values[key])), bytes[i])
		}
		require.False(t, harness.Value(c.MSetNX(ctx, map[string]string{"{k}new": "v", "{k}0": "v"}))(t))
		require.True(t, harness.Value(c.MSetNX(ctx, map[string]string{"{k}new": "v", "{k}newer": "v"}))(t))
	})
}

func TestMSetExLetsAllKeysExpire(t *testing.T) {
	harness.Needs(t, "MSETEX", "9.1", "")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		values := map[string]string{"{k}a": "1", "{k}b": "2"}
		require.False(t, harness.Value(c.MSetEx(ctx, values, glide.IfPresent))(t))
		require.True(t, harness.Value(c.MSetEx(ctx, values, glide.IfAbsent, glide.ExpireIn(time.Hour)))(t))
		require.True(t, harness.Value(c.MSetEx(ctx, values, glide.KeepTTL))(t))
		for key := range values {
			require.True(t, harness.Value(c.TTL(ctx, key))(t).Expires())
		}
		require.True(t, harness.Value(c.MSetEx(ctx, values, glide.ExpireAt(time.Now().Add(time.Hour)), glide.IfPresent))(t))
		require.True(t, harness.Value(c.MSetEx(ctx, values))(t))
		require.False(t, harness.Value(c.TTL(ctx, "{k}a"))(t).Expires())
	})
}

func TestDelIfEqDeletesOnlyThisValue(t *testing.T) {
	harness.Needs(t, "DELIFEQ", "9.0", "")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.False(t, harness.Value(c.DelIfEq(ctx, "lock", "token"))(t))
		require.NoError(t, c.Set(ctx, "lock", "token"))
		require.False(t, harness.Value(c.DelIfEq(ctx, "lock", "other"))(t))
		require.True(t, harness.Value(c.DelIfEq(ctx, "lock", "token"))(t))
	})
}

func TestLCSGivesWhatTwoValuesHaveInCommon(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, c.MSet(ctx, map[string]string{"{k}a": "ohmytext", "{k}b": "mynewtext"}))
		require.Equal(t, "mytext", harness.Value(c.LCS(ctx, "{k}a", "{k}b"))(t))
		require.EqualValues(t, 6, harness.Value(c.LCSLen(ctx, "{k}a", "{k}b"))(t))
		long := glide.LCSMatch{First: glide.LCSRange{Start: 4, End: 7}, Second: glide.LCSRange{Start: 5, End: 8}}
		short := glide.LCSMatch{First: glide.LCSRange{Start: 2, End: 3}, Second: glide.LCSRange{Start: 0, End: 1}}
		require.Equal(t, glide.LCSMatches{Matches: []glide.LCSMatch{long, short}, Length: 6}, harness.Value(c.LCSIdx(ctx, "{k}a", "{k}b"))(t))
		long.Length = 4
		require.Equal(t, glide.LCSMatches{Matches: []glide.LCSMatch{long}, Length: 6},
			harness.Value(c.LCSIdx(ctx, "{k}a", "{k}b", glide.WithMatchLen, glide.MinMatchLen(3)))(t))
		require.Equal(t, glide.LCSMatches{Matches: []glide.LCSMatch{}}, harness.Value(c.LCSIdx(ctx, "{k}none", "{k}b"))(t))
		require.Equal(t, "", harness.Value(c.LCS(ctx, "{k}none", "{k}b"))(t))
	})
}
