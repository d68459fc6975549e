package commands_test

import (
	"fmt"
	"iter"
	"maps"
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

func TestFieldsAndTheirValuesAreBinarySafe(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		all := map[string]string{}
		for _, text := range harness.Hostile {
			all[text] = text
			require.EqualValues(t, 1, harness.Value(c.HSet(ctx, "h", map[string]string{text: text}))(t))
			require.Equal(t, glide.Some(text), harness.Value(c.HGet(ctx, "h", text))(t))
			require.Equal(t, []glide.Optional[string]{glide.Some(text), {}}, harness.Value(c.HMGet(ctx, "h", text, "absent"))(t))
			require.True(t, harness.Value(c.HExists(ctx, "h", text))(t))
			require.EqualValues(t, len(text), harness.Value(c.HStrLen(ctx, "h", text))(t))
			require.False(t, harness.Value(c.HSetNX(ctx, "h", text, "other"))(t))
		}
		require.Equal(t, all, harness.Value(c.HGetAll(ctx, "h"))(t))
		require.EqualValues(t, len(all), harness.Value(c.HLen(ctx, "h"))(t))
		require.ElementsMatch(t, harness.Hostile, harness.Value(c.HKeys(ctx, "h"))(t))
		require.ElementsMatch(t, harness.Hostile, harness.Value(c.HVals(ctx, "h"))(t))
		require.ElementsMatch(t, harness.Hostile, harness.Value(c.HRandFieldCount(ctx, "h", math.MaxInt32))(t))
		require.Equal(t, all, asMap(harness.Value(c.HRandFieldWithValues(ctx, "h", math.MaxInt32))(t)))
		require.EqualValues(t, len(all), harness.Value(c.HDel(ctx, "h", harness.Hostile...))(t))
		for _, key := range harness.Hostile {
			require.EqualValues(t, 1, harness.Value(c.HSet(ctx, key, map[string]string{"f": "v"}))(t))
			require.Equal(t, glide.Some("v"), harness.Value(c.HGet(ctx, key, "f"))(t))
		}
	})
}

// asMap are fields as HGetAll returns them.
func asMap(fields []glide.Field) map[string]string {
	values := map[string]string{}
	for _, field := range fields {
		values[field.Name] = field.Value
	}
	return values
}

func TestAHashThatDoesNotExistHasNoFields(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.True(t, harness.Value(c.HGet(ctx, "h", "f"))(t).IsNil())
		require.Equal(t, map[string]string{}, harness.Value(c.HGetAll(ctx, "h"))(t))
		require.Equal(t, []glide.Optional[string]{{}, {}}, harness.Value(c.HMGet(ctx, "h", "f", "f"))(t))
		require.Equal(t, []string{}, harness.Value(c.HKeys(ctx, "h"))(t))
		require.Equal(t, []string{}, harness.Value(c.HVals(ctx, "h"))(t))
		require.EqualValues(t, 0, harness.Value(c.HLen(ctx, "h"))(t))
		require.EqualValues(t, 0, harness.Value(c.HStrLen(ctx, "h", "f"))(t))
		require.EqualValues(t, 0, harness.Value(c.HDel(ctx, "h", "f"))(t))
		require.False(t, harness.Value(c.HExists(ctx, "h", "f"))(t))
		require.True(t, harness.Value(c.HRandField(ctx, "h"))(t).IsNil())
		require.Equal(t, []string{}, harness.Value(c.HRandFieldCount(ctx, "h", -5))(t))
		require.Equal(t, []glide.Field{}, harness.Value(c.HRandFieldWithValues(ctx, "h", 5))(t))
		require.Equal(t, glide.ScanPage[glide.Field]{Cursor: glide.ScanStart, Items: []glide.Field{}}, harness.Value(c.HScan(ctx, "h", glide.ScanStart))(t))
	})
}

func TestWhatIsNoHashIsOfTheWrongType(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, c.Set(ctx, "s", "v"))
		_, err := c.HGet(ctx, "s", "f")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.HGetAll(ctx, "s")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.HSet(ctx, "s", map[string]string{"f": "v"})
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.HMGet(ctx, "s", "f")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.HRandFieldWithValues(ctx, "s", 1)
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.HScan(ctx, "s", glide.ScanStart)
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.HExists(ctx, "s", "f")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.HIncrByFloat(ctx, "s", "f", 1)
		harness.RequireCode(t, "WRONGTYPE", err)
	})
}

func TestHSetCountsNewFields(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 2, harness.Value(c.HSet(ctx, "h", map[string]string{"a": "1", "b": "2"}))(t))
		require.EqualValues(t, 1, harness.Value(c.HSet(ctx, "h", map[string]string{"a": "3", "c": "4"}))(t))
		require.True(t, harness.Value(c.HSetNX(ctx, "h", "d", "5"))(t))
		require.False(t, harness.Value(c.HSetNX(ctx, "h", "d", "6"))(t))
		require.Equal(t, map[string]string{"a": "3", "b": "2", "c": "4", "d": "5"}, harness.Value(c.HGetAll(ctx, "h"))(t))
		require.EqualValues(t, 4, harness.Value(c.HDel(ctx, "h", "a", "b", "absent", "c", "d", "a"))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "h"))(t), "a hash without fields does not exist")
	})
}

func TestFieldsAreCountedToTheirLimits(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 1, harness.Value(c.HIncrBy(ctx, "h", "n", 1))(t))
		require.EqualValues(t, math.MaxInt64, harness.Value(c.HIncrBy(ctx, "h", "n", math.MaxInt64-1))(t))
		_, err := c.HIncrBy(ctx, "h", "n", 1)
		harness.RequireCode(t, "ERR", err)
		require.EqualValues(t, math.MinInt64, harness.Value(c.HIncrBy(ctx, "h", "m", math.MinInt64))(t))
		harness.Value(c.HSet(ctx, "h", map[string]string{"text": "a", "huge": "1e308"}))(t)
		_, err = c.HIncrBy(ctx, "h", "text", 1)
		harness.RequireCode(t, "ERR", err)

		require.Equal(t, 0.1, harness.Value(c.HIncrByFloat(ctx, "h", "f", 0.1))(t))
		require.Equal(t, 5000.1, harness.Value(c.HIncrByFloat(ctx, "h", "f", 5e3))(t))
		require.Equal(t, -1e-7, harness.Value(c.HIncrByFloat(ctx, "h", "small", -1e-7))(t))
		require.Equal(t, 1e300, harness.Value(c.HIncrByFloat(ctx, "h", "large", 1e300))(t))
		_, err = c.HIncrByFloat(ctx, "h", "text", 1)
		harness.RequireCode(t, "ERR", err)
	})
}

func TestRandomFieldsAreTakenFromTheHash(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		all := map[string]string{"a": "1", "b": "2", "c": "3"}
		harness.Value(c.HSet(ctx, "h", all))(t)
		require.Contains(t, all, harness.Value(c.HRandField(ctx, "h"))(t).Value())
		require.Equal(t, []string{}, harness.Value(c.HRandFieldCount(ctx, "h", 0))(t))
		require.ElementsMatch(t, []string{"a", "b", "c"}, harness.Value(c.HRandFieldCount(ctx, "h", 5))(t))
		two := harness.Value(c.HRandFieldWithValues(ctx, "h", 2))(t)
		require.Len(t, asMap(two), 2)
		seven := harness.Value(c.HRandFieldWithValues(ctx, "h", -7))(t)
		require.Len(t, seven, 7)
		for _, field := range append(two, seven...) {
			require.Equal(t, all[field.Name], field.Value)
		}
		require.Len(t, harness.Value(c.HRandFieldCount(ctx, "h", -7))(t), 7)
		_, err := c.HRandFieldCount(ctx, "h", math.MinInt64)
		harness.RequireCode(t, "ERR", err)
	})
}

// manyFields is a hash of so many fields, too many for one page.
func manyFields(n int) map[string]string {
	fields := map[string]string{}
	for i := range n {
		fields[fmt.Sprint("field:", i)] = strings.Repeat("x", 70) + fmt.Sprint(i)
	}
	return fields
}

func TestHScanGivesAllFieldsInPages(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		all := manyFields(300)
		harness.Value(c.HSet(ctx, "h", all))(t)
		found, pages := map[string]string{}, 0
		for cursor := glide.ScanStart; ; pages++ {
			page := harness.Value(c.HScan(ctx, "h", cursor, glide.Count(50)))(t)
			maps.Copy(found, asMap(page.Items))
			if cursor = page.Cursor; page.Last() {
				break
			}
		}
		require.Equal(t, all, found)
		require.Greater(t, pages, 2)
		page := harness.Value(c.HScan(ctx, "h", glide.ScanStart, glide.Match("field:17"), glide.Count(10_000)))(t)
		require.Equal(t, []glide.Field{{Name: "field:17", Value: all["field:17"]}}, page.Items)
		require.True(t, page.Last())
		_, err := c.HScan(ctx, "h", "nowhere")
		harness.RequireRefused(t, err)
		_, err = c.HScan(ctx, "h", glide.ScanStart, glide.Count(0))
		harness.RequireRefused(t, err)

		harness.Needs(t, "HSCAN with NOVALUES", "8.0", "")
		names := harness.Value(c.HScanNoValues(ctx, "h", glide.ScanStart, glide.Match("field:1?"), glide.Count(10_000)))(t)
		require.Len(t, names.Items, 10)
		require.Contains(t, names.Items, "field:10")
	})
}

// onBothClients runs a test of what only clients have: iterators.
func onBothClients(t *testing.T, test func(t *testing.T, server *glide.Client, cluster *glide.ClusterClient)) {
	t.Helper()
	cluster, err := testkit.SharedCluster()
	require.NoError(t, err)
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		nodes := harness.ConnectToCluster(t, cluster, func(config *glide.ClusterConfig) { config.RequestTimeout = harness.Patience })
		harness.Value(nodes.Do(ctx, "FLUSHALL"))(t)
		test(t, client, nodes)
	})
}

// collected returns the items of a sequence.
func collected[T any](t *testing.T, sequence iter.Seq2[T, error]) (items []T) {
	t.Helper()
	for item, err := range sequence {
		require.NoError(t, err)
		items = append(items, item)
	}
	return items
}

func TestHashFieldsGoesOverAllFields(t *testing.T) {
	onBothClients(t, func(t *testing.T, server *glide.Client, cluster *glide.ClusterClient) {
		all := manyFields(300)
		harness.Value(server.HSet(ctx, "h", all))(t)
		harness.Value(cluster.HSet(ctx, "h", all))(t)
		require.Equal(t, all, asMap(collected(t, server.HashFields(ctx, "h"))))
		require.Equal(t, all, asMap(collected(t, cluster.HashFields(ctx, "h", glide.Count(50)))))
		require.Empty(t, collected(t, server.HashFields(ctx, "absent")))
		for range server.HashFields(ctx, "h") {
			break
		}
		harness.Value(server.SAdd(ctx, "set", "a"))(t)
		for _, err := range server.HashFields(ctx, "set") {
			harness.RequireCode(t, "WRONGTYPE", err)
		}

		harness.Needs(t, "HSCAN with NOVALUES", "8.0", "")
		names := slices.Collect(maps.Keys(all))
		require.Subset(t, collected(t, server.HashFieldNames(ctx, "h")), names)
		require.Subset(t, collected(t, cluster.HashFieldNames(ctx, "h")), names)
		require.Len(t, collected(t, server.HashFieldNames(ctx, "h", glide.Match("field:29?"))), 10)
		for _, err := range server.HashFieldNames(ctx, "set") {
			harness.RequireCode(t, "WRONGTYPE", err)
		}
	})
}

func TestHExpireTellsWhatBecameOfEachField(t *testing.T) {
	harness.Needs(t, "HPEXPIRE", "9.0", "")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		is := func(want ...glide.FieldExpiry) func([]glide.FieldExpiry, error) {
			return func(got []glide.FieldExpiry, err error) {
				t.Helper()
				require.NoError(t, err)
				require.Equal(t, want, got)
			}
		}
		is(glide.NoSuchField, glide.NoSuchField)(c.HExpire(ctx, "h", time.Hour, []string{"a", "b"}))
		is(glide.NoSuchField)(c.HPersist(ctx, "h", "a"))
		harness.Value(c.HSet(ctx, "h", map[string]string{"a": "1", "b": "2", "": "3", "\x00\r\n": "4"}))(t)
		is(glide.NoExpiry, glide.NoSuchField)(c.HPersist(ctx, "h", "a", "absent"))
		is(glide.ConditionNotMet)(c.HExpire(ctx, "h", time.Hour, []string{"a"}, glide.IfPresent))
		is(glide.ConditionNotMet)(c.HExpire(ctx, "h", time.Hour, []string{"a"}, glide.IfGreater))
		is(glide.ExpiryChanged, glide.NoSuchField)(c.HExpire(ctx, "h", time.Hour, []string{"a", "absent"}, glide.IfAbsent))
		is(glide.ConditionNotMet, glide.ExpiryChanged)(c.HExpire(ctx, "h", time.Minute, []string{"a", "b"}, glide.IfAbsent))
		is(glide.ExpiryChanged, glide.ConditionNotMet)(c.HExpire(ctx, "h", 30*time.Minute, []string{"a", "b"}, glide.IfPresent, glide.IfLess))
		is(glide.ExpiryChanged)(c.HExpire(ctx, "h", math.MaxInt64, []string{"a"}, glide.IfGreater))
		is(glide.ExpiryChanged, glide.NoExpiry)(c.HPersist(ctx, "h", "a", ""))
		is(glide.ExpiryChanged, glide.ExpiryChanged)(c.HExpire(ctx, "h", time.Hour, []string{"", "\x00\r\n"}, glide.IfLess))
		is(glide.FieldDeleted)(c.HExpire(ctx, "h", 0, []string{"a"}))
		is(glide.FieldDeleted, glide.NoSuchField)(c.HExpireAt(ctx, "h", time.Unix(0, 0), []string{"b", "b"}))
		require.EqualValues(t, 2, harness.Value(c.HLen(ctx, "h"))(t))

		_, err := c.HExpire(ctx, "h", -time.Second, []string{""})
		harness.RequireCode(t, "ERR", err)
		_, err = c.HExpireAt(ctx, "h", time.Time{}, []string{""})
		harness.RequireCode(t, "ERR", err)
		require.NoError(t, c.Set(ctx, "s", "v"))
		_, err = c.HExpire(ctx, "s", time.Hour, []string{"f"})
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.HPersist(ctx, "s", "f")
		harness.RequireCode(t, "WRONGTYPE", err)
	})
}

func TestHTTLTellsNoFieldFromNoExpiry(t *testing.T) {
	harness.Needs(t, "HPTTL", "9.0", "")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		harness.Value(c.HSet(ctx, "h", map[string]string{"stays": "1", "goes": "2"}))(t)
		at := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		require.Equal(t, []glide.FieldExpiry{glide.ExpiryChanged}, harness.Value(c.HExpireAt(ctx, "h", at, []string{"goes"}, glide.IfAbsent))(t))

		left := harness.Value(c.HTTL(ctx, "h", "absent", "stays", "goes"))(t)
		require.Len(t, left, 3)
		require.False(t, left[0].Exists())
		require.True(t, left[1].Exists())
		require.False(t, left[1].Expires())
		require.True(t, left[2].Expires())
		require.InDelta(t, time.Hour, left[2].Value(), float64(time.Minute))

		when := harness.Value(c.HExpireTime(ctx, "h", "goes", "stays", "absent"))(t)
		require.Len(t, when, 3)
		require.True(t, at.Equal(when[0].Value()))
		require.False(t, when[1].Expires())
		require.False(t, when[2].Exists())

		harness.Value(c.HIncrBy(ctx, "h", "goes", 1))(t)
		require.True(t, harness.Value(c.HTTL(ctx, "h", "goes"))(t)[0].Expires(), "what is counted expires when it would have")
		harness.Value(c.HSet(ctx, "h", map[string]string{"goes": "3"}))(t)
		require.False(t, harness.Value(c.HTTL(ctx, "h", "goes"))(t)[0].Expires(), "what is set does not expire any more")
		require.False(t, harness.Value(c.HTTL(ctx, "absent", "f"))(t)[0].Exists())
		require.False(t, harness.Value(c.HExpireTime(ctx, "absent", "f"))(t)[0].Exists())
	})
}

func TestHGetExSetsTheExpiryOfFields(t *testing.T) {
	harness.Needs(t, "HGETEX", "9.0", "")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		expires := func() bool { return harness.Value(c.HTTL(ctx, "h", "a"))(t)[0].Expires() }
		both := []glide.Optional[string]{glide.Some("1"), {}}
		harness.Value(c.HSet(ctx, "h", map[string]string{"a": "1", "b": "2"}))(t)
		require.Equal(t, both, harness.Value(c.HGetEx(ctx, "h", []string{"a", "absent"}, glide.ExpireIn(time.Hour)))(t))
		require.True(t, expires())
		require.Equal(t, both, harness.Value(c.HGetEx(ctx, "h", []string{"a", "absent"}))(t))
		require.True(t, expires())
		require.Equal(t, both, harness.Value(c.HGetEx(ctx, "h", []string{"a", "absent"}, glide.Persist))(t))
		require.False(t, expires())
		require.Equal(t, []glide.Optional[string]{{}}, harness.Value(c.HGetEx(ctx, "absent", []string{"a"}))(t))
		require.Equal(t, []glide.Optional[string]{glide.Some("1")}, harness.Value(c.HGetEx(ctx, "h", []string{"a"}, glide.ExpireAt(time.Unix(1, 0))))(t))
		require.False(t, harness.Value(c.HExists(ctx, "h", "a"))(t))
		_, err := c.HGetEx(ctx, "h", []string{"b"}, glide.ExpireIn(-time.Second))
		harness.RequireCode(t, "ERR", err)
	})
}

func TestHSetExSetsFieldsIfConditionsHold(t *testing.T) {
	harness.Needs(t, "HSETEX", "9.0", "")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		values := map[string]string{"a": "1", "b": "\x00\r\n"}
		expires := func() bool { return harness.Value(c.HTTL(ctx, "h", "a"))(t)[0].Expires() }
		require.False(t, harness.Value(c.HSetEx(ctx, "h", values, glide.IfFieldsPresent))(t))
		require.True(t, harness.Value(c.HSetEx(ctx, "h", values, glide.IfFieldsAbsent, glide.ExpireIn(time.Hour)))(t))
		require.True(t, expires())
		require.Equal(t, values, harness.Value(c.HGetAll(ctx, "h"))(t))
		require.False(t, harness.Value(c.HSetEx(ctx, "h", map[string]string{"a": "2", "c": "3"}, glide.IfFieldsAbsent))(t))
		require.False(t, harness.Value(c.HSetEx(ctx, "h", map[string]string{"a": "2", "c": "3"}, glide.IfFieldsPresent))(t))
		require.True(t, harness.Value(c.HSetEx(ctx, "h", values, glide.IfFieldsPresent, glide.KeepTTL))(t))
		require.True(t, expires())
		require.True(t, harness.Value(c.HSetEx(ctx, "h", values))(t))
		require.False(t, expires())
		require.True(t, harness.Value(c.HSetEx(ctx, "h", values, glide.ExpireAt(time.Now().Add(time.Hour))))(t))
		require.True(t, expires())
		require.True(t, harness.Value(c.HSetEx(ctx, "h", map[string]string{"a": "2"}, glide.ExpireAt(time.Unix(1, 0))))(t))
		require.False(t, harness.Value(c.HExists(ctx, "h", "a"))(t))
		_, err := c.HSetEx(ctx, "h", values, glide.ExpireIn(-time.Second))
		harness.RequireCode(t, "ERR", err)

		harness.Needs(t, "HSETEX with NX and XX", "9.1", "")
		require.False(t, harness.Value(c.HSetEx(ctx, "new", values, glide.IfPresent))(t))
		require.True(t, harness.Value(c.HSetEx(ctx, "new", values, glide.IfAbsent, glide.IfFieldsAbsent))(t))
		require.False(t, harness.Value(c.HSetEx(ctx, "new", values, glide.IfAbsent))(t))
		require.True(t, harness.Value(c.HSetEx(ctx, "new", values, glide.IfPresent))(t))
	})
}

func TestHGetDelTakesFieldsOut(t *testing.T) {
	harness.Needs(t, "HGETDEL", "9.1", "")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		harness.Value(c.HSet(ctx, "h", map[string]string{"a": "1", "": "\x00\r\n"}))(t)
		none := glide.None[string]()
		require.Equal(t, []glide.Optional[string]{none, glide.Some("1")}, harness.Value(c.HGetDel(ctx, "h", "absent", "a"))(t))
		require.Equal(t, []glide.Optional[string]{glide.Some("\x00\r\n"), none}, harness.Value(c.HGetDel(ctx, "h", "", "a"))(t))
		require.Equal(t, []glide.Optional[string]{none}, harness.Value(c.HGetDel(ctx, "h", "a"))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "h"))(t))
	})
}
