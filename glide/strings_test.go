package glide_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/faces"
)

// hostile are keys and values that break what is not binary-safe, and one
// that crosses as a string of its own.
var hostile = []string{"", "\x00", "a\x00b", "a\r\nb", "$3\r\nfoo\r\n", "\xff\xfe", " ", "OK", "QUEUED", strings.Repeat("\x00\xff", 50_000)}

func TestKeysAndValuesAreBinarySafe(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, text := range hostile {
			require.NoError(t, c.Set(ctx, text, text))
			require.Equal(t, glide.Some(text), value(c.Get(ctx, text))(t))
			require.Equal(t, glide.Some([]byte(text)), value(c.GetBytes(ctx, text))(t))
			require.NoError(t, c.Set(ctx, glide.View([]byte(text)), glide.View([]byte(text))))
			require.Equal(t, []glide.Optional[string]{glide.Some(text), glide.Some(text)}, value(c.MGet(ctx, text, text))(t))
			require.EqualValues(t, len(text), value(c.StrLen(ctx, text))(t))
			require.Equal(t, text, value(c.GetRange(ctx, text, 0, -1))(t))
			require.Equal(t, []byte(text), value(c.GetRangeBytes(ctx, text, 0, -1))(t))
			require.Equal(t, glide.Some(text), value(c.SetGet(ctx, text, text))(t))
			require.Equal(t, glide.Some(text), value(c.GetEx(ctx, text, glide.ExpireIn(time.Hour)))(t))
			if len(text) < 100 { // the server takes the square
				require.Equal(t, text, value(c.LCS(ctx, text, text))(t))
			}
			require.Equal(t, glide.Some(text), value(c.GetDel(ctx, text))(t))
		}
	})
}

func TestWhatIsMissingIsNil(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		none := glide.None[string]()
		require.Equal(t, none, value(c.Get(ctx, "k"))(t))
		require.Equal(t, glide.None[[]byte](), value(c.GetBytes(ctx, "k"))(t))
		require.Equal(t, none, value(c.GetDel(ctx, "k"))(t))
		require.Equal(t, none, value(c.GetEx(ctx, "k"))(t))
		require.Equal(t, []glide.Optional[string]{none, none}, value(c.MGet(ctx, "{k}", "{k}l"))(t))
		require.Equal(t, []glide.Optional[[]byte]{{}}, value(c.MGetBytes(ctx, "k"))(t))
		require.Equal(t, "", value(c.GetRange(ctx, "k", 0, -1))(t))
		require.Equal(t, []byte{}, value(c.GetRangeBytes(ctx, "k", 0, -1))(t))
		require.EqualValues(t, 0, value(c.StrLen(ctx, "k"))(t))
	})
}

func TestAnotherTypeIsWrong(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		value(c.Do(ctx, "RPUSH", "list", "a"))(t)
		_, err := c.Get(ctx, "list")
		requireCode(t, "WRONGTYPE", err)
		_, err = c.GetDel(ctx, "list")
		requireCode(t, "WRONGTYPE", err)
		_, err = c.Incr(ctx, "list")
		requireCode(t, "WRONGTYPE", err)
		_, err = c.SetGet(ctx, "list", "v")
		requireCode(t, "WRONGTYPE", err)
		require.Equal(t, []glide.Optional[string]{{}}, value(c.MGet(ctx, "list"))(t))
	})
}

func TestAppendGivesTheNewLength(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 2, value(c.Append(ctx, "k", "ab"))(t))
		require.EqualValues(t, 3, value(c.Append(ctx, "k", "\x00"))(t))
	})
}

func TestNumbersAreCountedToTheirLimits(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 1, value(c.Incr(ctx, "n"))(t))
		require.EqualValues(t, math.MaxInt64, value(c.IncrBy(ctx, "n", math.MaxInt64-1))(t))
		_, err := c.Incr(ctx, "n")
		requireCode(t, "ERR", err)
		require.EqualValues(t, -1, value(c.Decr(ctx, "m"))(t))
		require.EqualValues(t, -math.MaxInt64, value(c.DecrBy(ctx, "m", math.MaxInt64-1))(t))
		require.EqualValues(t, math.MinInt64, value(c.Decr(ctx, "m"))(t))
		_, err = c.DecrBy(ctx, "n", math.MinInt64)
		requireCode(t, "ERR", err)
		require.NoError(t, c.Set(ctx, "text", "a"))
		_, err = c.Incr(ctx, "text")
		requireCode(t, "ERR", err)
	})
}

func TestIncrByFloatGivesANumber(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		require.Equal(t, 0.1, value(c.IncrByFloat(ctx, "f", 0.1))(t))
		require.Equal(t, 5000.1, value(c.IncrByFloat(ctx, "f", 5e3))(t))
		require.Equal(t, -1e-7, value(c.IncrByFloat(ctx, "small", -1e-7))(t))
		require.Equal(t, 1e300, value(c.IncrByFloat(ctx, "large", 1e300))(t))
		for _, f := range []float64{math.Inf(1), math.NaN()} {
			_, err := c.IncrByFloat(ctx, "f", f)
			requireCode(t, "ERR", err)
		}
	})
}

func TestRangesAtTheLimits(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, c.Set(ctx, "k", "hello"))
		require.Equal(t, "ell", value(c.GetRange(ctx, "k", 1, 3))(t))
		require.Equal(t, "lo", value(c.GetRange(ctx, "k", -2, -1))(t))
		require.Equal(t, "hello", value(c.GetRange(ctx, "k", math.MinInt64, math.MaxInt64))(t))
		require.Equal(t, "", value(c.GetRange(ctx, "k", 3, 1))(t))

		require.EqualValues(t, 7, value(c.SetRange(ctx, "k", 5, "!!"))(t))
		require.EqualValues(t, 3, value(c.SetRange(ctx, "padded", 2, "x"))(t))
		require.Equal(t, glide.Some("\x00\x00x"), value(c.Get(ctx, "padded"))(t))
		require.EqualValues(t, 0, value(c.SetRange(ctx, "none", 7, ""))(t))
		for _, offset := range []int64{-1, math.MinInt64, math.MaxInt64} {
			_, err := c.SetRange(ctx, "k", offset, "x")
			requireCode(t, "ERR", err)
		}
	})
}

func TestSetSendsExpiryInMilliseconds(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		left := func() time.Duration { return value(c.TTL(ctx, "k"))(t).Value() }
		require.NoError(t, c.Set(ctx, "k", "v", glide.ExpireIn(90*time.Second)))
		require.InDelta(t, 90*time.Second, left(), float64(30*time.Second))
		require.NoError(t, c.Set(ctx, "k", "w", glide.KeepTTL))
		require.InDelta(t, 90*time.Second, left(), float64(30*time.Second))
		at := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		require.NoError(t, c.Set(ctx, "k", "v", glide.ExpireAt(at)))
		require.True(t, at.Equal(value(c.ExpireTime(ctx, "k"))(t).Value()))
		require.NoError(t, c.Set(ctx, "k", "v"))
		require.False(t, value(c.TTL(ctx, "k"))(t).Expires())

		require.NoError(t, c.Set(ctx, "k", "v", glide.ExpireAt(time.Now().Add(-time.Hour))))
		require.True(t, value(c.Get(ctx, "k"))(t).IsNil(), "a time in the past deletes the key")
		for _, d := range []time.Duration{0, -time.Nanosecond, -time.Hour, math.MinInt64} {
			requireCode(t, "ERR", c.Set(ctx, "k", "v", glide.ExpireIn(d)))
		}
		requireCode(t, "ERR", c.Set(ctx, "k", "v", glide.ExpireAt(time.Time{})))
	})
}

func TestGetExSetsTheExpiry(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		expires := func() bool { return value(c.TTL(ctx, "k"))(t).Expires() }
		require.NoError(t, c.Set(ctx, "k", "v"))
		require.Equal(t, glide.Some("v"), value(c.GetEx(ctx, "k", glide.ExpireIn(time.Hour)))(t))
		require.True(t, expires())
		require.Equal(t, glide.Some("v"), value(c.GetEx(ctx, "k"))(t))
		require.True(t, expires())
		require.Equal(t, glide.Some("v"), value(c.GetEx(ctx, "k", glide.Persist))(t))
		require.False(t, expires())
		require.Equal(t, glide.Some("v"), value(c.GetEx(ctx, "k", glide.ExpireAt(time.Unix(1, 0))))(t))
		require.EqualValues(t, 0, value(c.Exists(ctx, "k"))(t))
	})
}

func TestSetIfReportsWhetherTheConditionHeld(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		require.False(t, value(c.SetIf(ctx, "k", "v", glide.IfPresent))(t))
		require.True(t, value(c.SetIf(ctx, "k", "v", glide.IfAbsent, glide.ExpireIn(time.Hour)))(t))
		require.False(t, value(c.SetIf(ctx, "k", "w", glide.IfAbsent))(t))
		require.True(t, value(c.SetIf(ctx, "k", "w", glide.IfPresent, glide.KeepTTL))(t))
		require.True(t, value(c.TTL(ctx, "k"))(t).Expires())
		require.Equal(t, glide.Some("w"), value(c.Get(ctx, "k"))(t))

		needs(t, "SET with IFEQ", "8.1", "")
		require.False(t, value(c.SetIf(ctx, "k", "x", glide.IfEqual("v")))(t))
		require.True(t, value(c.SetIf(ctx, "k", "x", glide.IfEqual("w")))(t))
		require.False(t, value(c.SetIf(ctx, "absent", "x", glide.IfEqual("")))(t))
	})
}

func TestSetGetGivesTheOldValue(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		none := glide.None[string]()
		require.Equal(t, none, value(c.SetGet(ctx, "k", "a"))(t))
		require.Equal(t, glide.Some("a"), value(c.SetGet(ctx, "k", "b", glide.ExpireIn(time.Hour)))(t))
		require.Equal(t, glide.Some("b"), value(c.SetGet(ctx, "k", "c", glide.IfAbsent))(t), "not set")
		require.Equal(t, glide.Some("b"), value(c.SetGet(ctx, "k", "c", glide.IfPresent, glide.KeepTTL))(t))
		require.True(t, value(c.TTL(ctx, "k"))(t).Expires())
		require.Equal(t, none, value(c.SetGet(ctx, "absent", "c", glide.IfPresent))(t))
		require.Equal(t, none, value(c.SetGet(ctx, "new", "c", glide.IfAbsent))(t))
		require.Equal(t, glide.Some("c"), value(c.Get(ctx, "new"))(t))

		needs(t, "SET with IFEQ", "8.1", "")
		require.Equal(t, glide.Some("c"), value(c.SetGet(ctx, "k", "d", glide.IfEqual("other")))(t))
		require.Equal(t, glide.Some("c"), value(c.SetGet(ctx, "k", "d", glide.IfEqual("c")))(t))
		require.Equal(t, glide.Some("d"), value(c.Get(ctx, "k"))(t))
	})
}

func TestSeveralKeysAreSetAtOnce(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		values := map[string]string{}
		keys := []string{}
		for i := range 100 {
			key := fmt.Sprint("{k}", i)
			values[key] = fmt.Sprint(i)
			keys = append(keys, key)
		}
		require.NoError(t, c.MSet(ctx, values))
		got := value(c.MGet(ctx, keys...))(t)
		bytes := value(c.MGetBytes(ctx, keys...))(t)
		for i, key := range keys {
			require.Equal(t, glide.Some(values[key]), got[i])
			require.Equal(t, glide.Some([]byte(values[key])), bytes[i])
		}
		require.False(t, value(c.MSetNX(ctx, map[string]string{"{k}new": "v", "{k}0": "v"}))(t))
		require.True(t, value(c.MSetNX(ctx, map[string]string{"{k}new": "v", "{k}newer": "v"}))(t))
	})
}

func TestMSetExLetsAllKeysExpire(t *testing.T) {
	needs(t, "MSETEX", "9.1", "")
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		values := map[string]string{"{k}a": "1", "{k}b": "2"}
		require.False(t, value(c.MSetEx(ctx, values, glide.IfPresent))(t))
		require.True(t, value(c.MSetEx(ctx, values, glide.IfAbsent, glide.ExpireIn(time.Hour)))(t))
		require.True(t, value(c.MSetEx(ctx, values, glide.KeepTTL))(t))
		for key := range values {
			require.True(t, value(c.TTL(ctx, key))(t).Expires())
		}
		require.True(t, value(c.MSetEx(ctx, values, glide.ExpireAt(time.Now().Add(time.Hour)), glide.IfPresent))(t))
		require.True(t, value(c.MSetEx(ctx, values))(t))
		require.False(t, value(c.TTL(ctx, "{k}a"))(t).Expires())
	})
}

func TestDelIfEqDeletesOnlyThisValue(t *testing.T) {
	needs(t, "DELIFEQ", "9.0", "")
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		require.False(t, value(c.DelIfEq(ctx, "lock", "token"))(t))
		require.NoError(t, c.Set(ctx, "lock", "token"))
		require.False(t, value(c.DelIfEq(ctx, "lock", "other"))(t))
		require.True(t, value(c.DelIfEq(ctx, "lock", "token"))(t))
	})
}

func TestLCSGivesWhatTwoValuesHaveInCommon(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, c.MSet(ctx, map[string]string{"{k}a": "ohmytext", "{k}b": "mynewtext"}))
		require.Equal(t, "mytext", value(c.LCS(ctx, "{k}a", "{k}b"))(t))
		require.EqualValues(t, 6, value(c.LCSLen(ctx, "{k}a", "{k}b"))(t))
		long := glide.LCSMatch{First: glide.LCSRange{Start: 4, End: 7}, Second: glide.LCSRange{Start: 5, End: 8}}
		short := glide.LCSMatch{First: glide.LCSRange{Start: 2, End: 3}, Second: glide.LCSRange{Start: 0, End: 1}}
		require.Equal(t, glide.LCSMatches{Matches: []glide.LCSMatch{long, short}, Length: 6}, value(c.LCSIdx(ctx, "{k}a", "{k}b"))(t))
		long.Length = 4
		require.Equal(t, glide.LCSMatches{Matches: []glide.LCSMatch{long}, Length: 6},
			value(c.LCSIdx(ctx, "{k}a", "{k}b", glide.WithMatchLen, glide.MinMatchLen(3)))(t))
		require.Equal(t, glide.LCSMatches{Matches: []glide.LCSMatch{}}, value(c.LCSIdx(ctx, "{k}none", "{k}b"))(t))
		require.Equal(t, "", value(c.LCS(ctx, "{k}none", "{k}b"))(t))
	})
}
