package glide_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

// hostile are keys and values that break what is not binary-safe, and one
// that crosses as a string of its own.
var hostile = []string{"", "\x00", "a\x00b", "a\r\nb", "$3\r\nfoo\r\n", "\xff\xfe", " ", "OK", "QUEUED", strings.Repeat("\x00\xff", 50_000)}

func TestKeysAndValuesAreBinarySafe(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		for _, text := range hostile {
			require.NoError(t, client.Set(ctx, text, text))
			require.Equal(t, glide.Some(text), value(client.Get(ctx, text))(t))
			require.Equal(t, glide.Some([]byte(text)), value(client.GetBytes(ctx, text))(t))
			require.NoError(t, client.Set(ctx, glide.View([]byte(text)), glide.View([]byte(text))))
			require.Equal(t, []glide.Optional[string]{glide.Some(text), glide.Some(text)}, value(client.MGet(ctx, text, text))(t))
			require.EqualValues(t, len(text), value(client.StrLen(ctx, text))(t))
			require.Equal(t, text, value(client.GetRange(ctx, text, 0, -1))(t))
			require.Equal(t, []byte(text), value(client.GetRangeBytes(ctx, text, 0, -1))(t))
			require.Equal(t, glide.Some(text), value(client.SetGet(ctx, text, text))(t))
			require.Equal(t, glide.Some(text), value(client.GetEx(ctx, text, glide.ExpireIn(time.Hour)))(t))
			require.Equal(t, text, value(client.LCS(ctx, text, "absent"))(t)+text)
			require.Equal(t, glide.Some(text), value(client.GetDel(ctx, text))(t))
		}
	})
}

func TestWhatIsMissingIsNil(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		none := glide.None[string]()
		require.Equal(t, none, value(client.Get(ctx, "k"))(t))
		require.Equal(t, glide.None[[]byte](), value(client.GetBytes(ctx, "k"))(t))
		require.Equal(t, none, value(client.GetDel(ctx, "k"))(t))
		require.Equal(t, none, value(client.GetEx(ctx, "k"))(t))
		require.Equal(t, []glide.Optional[string]{none, none}, value(client.MGet(ctx, "k", "l"))(t))
		require.Equal(t, []glide.Optional[[]byte]{{}}, value(client.MGetBytes(ctx, "k"))(t))
		require.Equal(t, "", value(client.GetRange(ctx, "k", 0, -1))(t))
		require.Equal(t, []byte{}, value(client.GetRangeBytes(ctx, "k", 0, -1))(t))
		require.EqualValues(t, 0, value(client.StrLen(ctx, "k"))(t))
	})
}

func TestAnotherTypeIsWrong(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		value(client.Do(ctx, "RPUSH", "list", "a"))(t)
		_, err := client.Get(ctx, "list")
		requireCode(t, "WRONGTYPE", err)
		_, err = client.GetDel(ctx, "list")
		requireCode(t, "WRONGTYPE", err)
		_, err = client.Incr(ctx, "list")
		requireCode(t, "WRONGTYPE", err)
		_, err = client.SetGet(ctx, "list", "v")
		requireCode(t, "WRONGTYPE", err)
		require.Equal(t, []glide.Optional[string]{{}}, value(client.MGet(ctx, "list"))(t))
	})
}

func TestAppendGivesTheNewLength(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		require.EqualValues(t, 2, value(client.Append(ctx, "k", "ab"))(t))
		require.EqualValues(t, 3, value(client.Append(ctx, "k", "\x00"))(t))
	})
}

func TestNumbersAreCountedToTheirLimits(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		require.EqualValues(t, 1, value(client.Incr(ctx, "n"))(t))
		require.EqualValues(t, math.MaxInt64, value(client.IncrBy(ctx, "n", math.MaxInt64-1))(t))
		_, err := client.Incr(ctx, "n")
		requireCode(t, "ERR", err)
		require.EqualValues(t, -1, value(client.Decr(ctx, "m"))(t))
		require.EqualValues(t, -math.MaxInt64, value(client.DecrBy(ctx, "m", math.MaxInt64-1))(t))
		require.EqualValues(t, math.MinInt64, value(client.Decr(ctx, "m"))(t))
		_, err = client.DecrBy(ctx, "n", math.MinInt64)
		requireCode(t, "ERR", err)
		require.NoError(t, client.Set(ctx, "text", "a"))
		_, err = client.Incr(ctx, "text")
		requireCode(t, "ERR", err)
	})
}

func TestIncrByFloatGivesANumber(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		require.Equal(t, 0.1, value(client.IncrByFloat(ctx, "f", 0.1))(t))
		require.Equal(t, 5000.1, value(client.IncrByFloat(ctx, "f", 5e3))(t))
		require.Equal(t, -1e-7, value(client.IncrByFloat(ctx, "small", -1e-7))(t))
		require.Equal(t, 1e300, value(client.IncrByFloat(ctx, "large", 1e300))(t))
		for _, f := range []float64{math.Inf(1), math.NaN()} {
			_, err := client.IncrByFloat(ctx, "f", f)
			requireCode(t, "ERR", err)
		}
	})
}

func TestRangesAtTheLimits(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		require.NoError(t, client.Set(ctx, "k", "hello"))
		require.Equal(t, "ell", value(client.GetRange(ctx, "k", 1, 3))(t))
		require.Equal(t, "lo", value(client.GetRange(ctx, "k", -2, -1))(t))
		require.Equal(t, "hello", value(client.GetRange(ctx, "k", math.MinInt64, math.MaxInt64))(t))
		require.Equal(t, "", value(client.GetRange(ctx, "k", 3, 1))(t))

		require.EqualValues(t, 7, value(client.SetRange(ctx, "k", 5, "!!"))(t))
		require.EqualValues(t, 3, value(client.SetRange(ctx, "padded", 2, "x"))(t))
		require.Equal(t, glide.Some("\x00\x00x"), value(client.Get(ctx, "padded"))(t))
		require.EqualValues(t, 0, value(client.SetRange(ctx, "none", 7, ""))(t))
		for _, offset := range []int64{-1, math.MinInt64, math.MaxInt64} {
			_, err := client.SetRange(ctx, "k", offset, "x")
			requireCode(t, "ERR", err)
		}
	})
}

func TestSetSendsExpiryInMilliseconds(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		left := func() time.Duration { return value(client.TTL(ctx, "k"))(t).Value() }
		require.NoError(t, client.Set(ctx, "k", "v", glide.ExpireIn(90*time.Second)))
		require.InDelta(t, 90*time.Second, left(), float64(30*time.Second))
		require.NoError(t, client.Set(ctx, "k", "w", glide.KeepTTL))
		require.InDelta(t, 90*time.Second, left(), float64(30*time.Second))
		at := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		require.NoError(t, client.Set(ctx, "k", "v", glide.ExpireAt(at)))
		require.True(t, at.Equal(value(client.ExpireTime(ctx, "k"))(t).Value()))
		require.NoError(t, client.Set(ctx, "k", "v"))
		require.False(t, value(client.TTL(ctx, "k"))(t).Expires())

		require.NoError(t, client.Set(ctx, "k", "v", glide.ExpireAt(time.Now().Add(-time.Hour))))
		require.True(t, value(client.Get(ctx, "k"))(t).IsNil(), "a time in the past deletes the key")
		for _, d := range []time.Duration{0, -time.Nanosecond, -time.Hour, math.MinInt64} {
			requireCode(t, "ERR", client.Set(ctx, "k", "v", glide.ExpireIn(d)))
		}
		requireCode(t, "ERR", client.Set(ctx, "k", "v", glide.ExpireAt(time.Time{})))
	})
}

func TestGetExSetsTheExpiry(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		expires := func() bool { return value(client.TTL(ctx, "k"))(t).Expires() }
		require.NoError(t, client.Set(ctx, "k", "v"))
		require.Equal(t, glide.Some("v"), value(client.GetEx(ctx, "k", glide.ExpireIn(time.Hour)))(t))
		require.True(t, expires())
		require.Equal(t, glide.Some("v"), value(client.GetEx(ctx, "k"))(t))
		require.True(t, expires())
		require.Equal(t, glide.Some("v"), value(client.GetEx(ctx, "k", glide.Persist))(t))
		require.False(t, expires())
		require.Equal(t, glide.Some("v"), value(client.GetEx(ctx, "k", glide.ExpireAt(time.Unix(1, 0))))(t))
		require.EqualValues(t, 0, value(client.Exists(ctx, "k"))(t))
	})
}

func TestSetIfReportsWhetherTheConditionHeld(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		require.False(t, value(client.SetIf(ctx, "k", "v", glide.Present))(t))
		require.True(t, value(client.SetIf(ctx, "k", "v", glide.Absent, glide.ExpireIn(time.Hour)))(t))
		require.False(t, value(client.SetIf(ctx, "k", "w", glide.Absent))(t))
		require.True(t, value(client.SetIf(ctx, "k", "w", glide.Present, glide.KeepTTL))(t))
		require.True(t, value(client.TTL(ctx, "k"))(t).Expires())
		require.Equal(t, glide.Some("w"), value(client.Get(ctx, "k"))(t))

		needs(t, "SET with IFEQ", "8.1", "")
		require.False(t, value(client.SetIf(ctx, "k", "x", glide.Equal("v")))(t))
		require.True(t, value(client.SetIf(ctx, "k", "x", glide.Equal("w")))(t))
		require.False(t, value(client.SetIf(ctx, "absent", "x", glide.Equal("")))(t))
	})
}

func TestSetGetGivesTheOldValue(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		none := glide.None[string]()
		require.Equal(t, none, value(client.SetGet(ctx, "k", "a"))(t))
		require.Equal(t, glide.Some("a"), value(client.SetGet(ctx, "k", "b", glide.ExpireIn(time.Hour)))(t))
		require.Equal(t, glide.Some("b"), value(client.SetGet(ctx, "k", "c", glide.Absent))(t), "not set")
		require.Equal(t, glide.Some("b"), value(client.SetGet(ctx, "k", "c", glide.Present, glide.KeepTTL))(t))
		require.True(t, value(client.TTL(ctx, "k"))(t).Expires())
		require.Equal(t, none, value(client.SetGet(ctx, "absent", "c", glide.Present))(t))
		require.Equal(t, none, value(client.SetGet(ctx, "new", "c", glide.Absent))(t))
		require.Equal(t, glide.Some("c"), value(client.Get(ctx, "new"))(t))

		needs(t, "SET with IFEQ", "8.1", "")
		require.Equal(t, glide.Some("c"), value(client.SetGet(ctx, "k", "d", glide.Equal("other")))(t))
		require.Equal(t, glide.Some("c"), value(client.SetGet(ctx, "k", "d", glide.Equal("c")))(t))
		require.Equal(t, glide.Some("d"), value(client.Get(ctx, "k"))(t))
	})
}

func TestSeveralKeysAreSetAtOnce(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		values := map[string]string{}
		keys := []string{}
		for i := range 100 {
			key := fmt.Sprint("key:", i)
			values[key] = fmt.Sprint(i)
			keys = append(keys, key)
		}
		require.NoError(t, client.MSet(ctx, values))
		got := value(client.MGet(ctx, keys...))(t)
		bytes := value(client.MGetBytes(ctx, keys...))(t)
		for i, key := range keys {
			require.Equal(t, glide.Some(values[key]), got[i])
			require.Equal(t, glide.Some([]byte(values[key])), bytes[i])
		}
		require.False(t, value(client.MSetNX(ctx, map[string]string{"new": "v", "key:0": "v"}))(t))
		require.True(t, value(client.MSetNX(ctx, map[string]string{"new": "v", "newer": "v"}))(t))
	})
}

func TestMSetExLetsAllKeysExpire(t *testing.T) {
	needs(t, "MSETEX", "9.1", "")
	onShared(t, func(t *testing.T, client *glide.Client) {
		values := map[string]string{"a": "1", "b": "2"}
		require.False(t, value(client.MSetEx(ctx, values, glide.Present))(t))
		require.True(t, value(client.MSetEx(ctx, values, glide.Absent, glide.ExpireIn(time.Hour)))(t))
		require.True(t, value(client.MSetEx(ctx, values, glide.KeepTTL))(t))
		for key := range values {
			require.True(t, value(client.TTL(ctx, key))(t).Expires())
		}
		require.True(t, value(client.MSetEx(ctx, values, glide.ExpireAt(time.Now().Add(time.Hour)), glide.Present))(t))
		require.True(t, value(client.MSetEx(ctx, values))(t))
		require.False(t, value(client.TTL(ctx, "a"))(t).Expires())
	})
}

func TestDelIfEqDeletesOnlyThisValue(t *testing.T) {
	needs(t, "DELIFEQ", "9.0", "")
	onShared(t, func(t *testing.T, client *glide.Client) {
		require.False(t, value(client.DelIfEq(ctx, "lock", "token"))(t))
		require.NoError(t, client.Set(ctx, "lock", "token"))
		require.False(t, value(client.DelIfEq(ctx, "lock", "other"))(t))
		require.True(t, value(client.DelIfEq(ctx, "lock", "token"))(t))
	})
}

func TestLCSGivesWhatTwoValuesHaveInCommon(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		require.NoError(t, client.MSet(ctx, map[string]string{"a": "ohmytext", "b": "mynewtext"}))
		require.Equal(t, "mytext", value(client.LCS(ctx, "a", "b"))(t))
		require.EqualValues(t, 6, value(client.LCSLen(ctx, "a", "b"))(t))
		long := glide.LCSMatch{First: glide.LCSRange{Start: 4, End: 7}, Second: glide.LCSRange{Start: 5, End: 8}}
		short := glide.LCSMatch{First: glide.LCSRange{Start: 2, End: 3}, Second: glide.LCSRange{Start: 0, End: 1}}
		require.Equal(t, glide.LCSMatches{Matches: []glide.LCSMatch{long, short}, Length: 6}, value(client.LCSIdx(ctx, "a", "b"))(t))
		long.Length = 4
		require.Equal(t, glide.LCSMatches{Matches: []glide.LCSMatch{long}, Length: 6},
			value(client.LCSIdx(ctx, "a", "b", glide.WithMatchLen, glide.MinMatchLen(3)))(t))
		require.Equal(t, glide.LCSMatches{Matches: []glide.LCSMatch{}}, value(client.LCSIdx(ctx, "none", "b"))(t))
		require.Equal(t, "", value(client.LCS(ctx, "none", "b"))(t))
	})
}
