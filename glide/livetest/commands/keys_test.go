package commands_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestKeysOfAnyBytesAreFound(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, key := range harness.Hostile {
			require.NoError(t, c.Set(ctx, key, "v"))
			require.EqualValues(t, 2, harness.Value(c.Exists(ctx, key, key))(t))
			require.EqualValues(t, 1, harness.Value(c.Touch(ctx, key))(t))
			require.Equal(t, "string", harness.Value(c.Type(ctx, key))(t))
			require.EqualValues(t, 1, harness.Value(c.Unlink(ctx, key))(t))
			require.EqualValues(t, 0, harness.Value(c.Del(ctx, key))(t))
		}
		require.NoError(t, c.Set(ctx, "{k}", "v"))
		require.EqualValues(t, 1, harness.Value(c.Exists(ctx, "{k}", "{k}absent"))(t))
		require.EqualValues(t, 1, harness.Value(c.Touch(ctx, "{k}", "{k}absent"))(t))
		require.EqualValues(t, 1, harness.Value(c.Del(ctx, "{k}", "{k}absent"))(t))
		require.EqualValues(t, 0, harness.Value(c.Unlink(ctx, "{k}", "{k}absent"))(t))
		require.Equal(t, "none", harness.Value(c.Type(ctx, "absent"))(t))
	})
}

func TestKeysAreFoundWithoutTheirNames(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		if _, ok := c.(faces.ClusterTransaction); ok {
			t.Skip("a transaction without keys sees those of one node")
		}
		require.True(t, harness.Value(c.RandomKey(ctx))(t).IsNil())
		require.Empty(t, harness.Value(c.Keys(ctx, "*"))(t))
		for _, key := range harness.Hostile {
			require.NoError(t, c.Set(ctx, key, "v"))
			require.Equal(t, glide.Some(key), harness.Value(c.RandomKey(ctx))(t))
			require.Equal(t, []string{key}, harness.Value(c.Keys(ctx, "*"))(t))
			require.EqualValues(t, 1, harness.Value(c.Del(ctx, key))(t))
		}
		all := []string{"a1", "b1", "c1", "d1"} // of several nodes
		for _, key := range all {
			require.NoError(t, c.Set(ctx, key, "v"))
		}
		require.ElementsMatch(t, all, harness.Value(c.Keys(ctx, "?1"))(t))
		require.Contains(t, all, harness.Value(c.RandomKey(ctx))(t).Value())
	})
}

func TestCopyReportsWhetherItDid(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.False(t, harness.Value(c.Copy(ctx, "{k}a", "{k}b"))(t))
		require.NoError(t, c.Set(ctx, "{k}a", "1", glide.ExpireIn(time.Hour)))
		require.True(t, harness.Value(c.Copy(ctx, "{k}a", "{k}b"))(t))
		require.True(t, harness.Value(c.TTL(ctx, "{k}b"))(t).Expires())
		require.False(t, harness.Value(c.Copy(ctx, "{k}a", "{k}b"))(t))
		require.True(t, harness.Value(c.Copy(ctx, "{k}a", "{k}b", glide.Replace))(t))
		_, err := c.Copy(ctx, "{k}b", "{k}c", glide.ToDatabase(-1))
		harness.RequireCode(t, "ERR", err)
		_, err = c.Move(ctx, "{k}b", math.MaxInt)
		harness.RequireCode(t, "ERR", err)
	})
}

func TestKeysGoToOtherDatabases(t *testing.T) {
	harness.OnServerFaces(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, c.Set(ctx, "a", "1"))
		require.True(t, harness.Value(c.Copy(ctx, "a", "a", glide.ToDatabase(3)))(t))
		require.False(t, harness.Value(c.Move(ctx, "a", 3))(t), "there is one already")
		require.True(t, harness.Value(c.Move(ctx, "a", 4))(t))
		require.False(t, harness.Value(c.Move(ctx, "a", 4))(t))
	})
}

func TestRename(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		harness.RequireCode(t, "ERR", c.Rename(ctx, "{k}absent", "{k}b"))
		require.NoError(t, c.MSet(ctx, map[string]string{"{k}a": "1", "{k}b": "2"}))
		require.False(t, harness.Value(c.RenameNX(ctx, "{k}a", "{k}b"))(t))
		require.NoError(t, c.Rename(ctx, "{k}a", "{k}b"))
		require.Equal(t, glide.Some("1"), harness.Value(c.Get(ctx, "{k}b"))(t))
		require.True(t, harness.Value(c.RenameNX(ctx, "{k}b", "{k}a"))(t))
	})
}

func TestTTLTellsNoKeyFromNoExpiry(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.False(t, harness.Value(c.TTL(ctx, "k"))(t).Exists())
		require.False(t, harness.Value(c.ExpireTime(ctx, "k"))(t).Exists())

		require.NoError(t, c.Set(ctx, "k", "v"))
		ttl := harness.Value(c.TTL(ctx, "k"))(t)
		require.True(t, ttl.Exists())
		require.False(t, ttl.Expires())
		require.True(t, harness.Value(c.ExpireTime(ctx, "k"))(t).Exists())

		at := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		require.True(t, harness.Value(c.ExpireAt(ctx, "k", at))(t))
		left, ok := harness.Value(c.TTL(ctx, "k"))(t).Get()
		require.True(t, ok)
		require.InDelta(t, time.Hour, left, float64(time.Minute))
		when, ok := harness.Value(c.ExpireTime(ctx, "k"))(t).Get()
		require.True(t, ok)
		require.True(t, at.Equal(when))

		require.True(t, harness.Value(c.Persist(ctx, "k"))(t))
		require.False(t, harness.Value(c.Persist(ctx, "k"))(t))
		require.False(t, harness.Value(c.Persist(ctx, "absent"))(t))
	})
}

func TestExpireReportsWhetherItDid(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.False(t, harness.Value(c.Expire(ctx, "k", time.Hour))(t))
		require.NoError(t, c.Set(ctx, "k", "v"))
		require.False(t, harness.Value(c.Expire(ctx, "k", time.Hour, glide.IfPresent))(t))
		require.False(t, harness.Value(c.Expire(ctx, "k", time.Hour, glide.IfGreater))(t))
		require.False(t, harness.Value(c.Expire(ctx, "k", time.Hour, glide.IfPresent, glide.IfLess))(t))
		require.True(t, harness.Value(c.Expire(ctx, "k", time.Hour, glide.IfAbsent))(t))
		require.False(t, harness.Value(c.ExpireAt(ctx, "k", time.Now(), glide.IfAbsent))(t))
		require.False(t, harness.Value(c.ExpireAt(ctx, "k", time.Now(), glide.IfGreater))(t))
		require.True(t, harness.Value(c.Expire(ctx, "k", time.Minute, glide.IfLess))(t))
		require.True(t, harness.Value(c.Expire(ctx, "k", math.MaxInt64, glide.IfGreater))(t), "292 years")
		require.True(t, harness.Value(c.Expire(ctx, "k", -time.Nanosecond))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "k"))(t), "what is not positive deletes")
		require.NoError(t, c.Set(ctx, "k", "v"))
		require.True(t, harness.Value(c.Expire(ctx, "k", math.MinInt64))(t))
		require.NoError(t, c.Set(ctx, "k", "v"))
		require.True(t, harness.Value(c.ExpireAt(ctx, "k", time.Time{}))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "k"))(t))
	})
}

func TestObjectTellsWhatTheServerKnows(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.True(t, harness.Value(c.ObjectEncoding(ctx, "k"))(t).IsNil())
		require.True(t, harness.Value(c.ObjectIdleTime(ctx, "k"))(t).IsNil())
		require.True(t, harness.Value(c.ObjectRefCount(ctx, "k"))(t).IsNil())
		require.True(t, harness.Value(c.ObjectFreq(ctx, "k"))(t).IsNil())
		require.NoError(t, c.Set(ctx, "k", "12345678901"))
		require.Equal(t, glide.Some("int"), harness.Value(c.ObjectEncoding(ctx, "k"))(t))
		require.Equal(t, glide.Some(int64(1)), harness.Value(c.ObjectRefCount(ctx, "k"))(t))
		require.Less(t, harness.Value(c.ObjectIdleTime(ctx, "k"))(t).Value(), time.Minute)
		dump := harness.Value(c.Dump(ctx, "k"))(t).Value()
		require.NoError(t, c.Restore(ctx, "k", dump, glide.Replace, glide.RestoreIdleTime(time.Hour)))
		require.InDelta(t, time.Hour, harness.Value(c.ObjectIdleTime(ctx, "k"))(t).Value(), float64(time.Minute))
		_, err := c.ObjectFreq(ctx, "k")
		harness.RequireCode(t, "ERR", err)
	})
}

func TestAServerThatEvictsByFrequencyKnowsIt(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithConfig("maxmemory-policy", "allkeys-lfu"))
	harness.OnEachProtocol(t, server, func(t *testing.T, client *glide.Client) {
		require.NoError(t, client.Set(ctx, "k", "v"))
		dump := harness.Value(client.Dump(ctx, "k"))(t).Value()
		require.NoError(t, client.Restore(ctx, "k", dump, glide.Replace, glide.RestoreFreq(200)))
		require.InDelta(t, 200, harness.Value(client.ObjectFreq(ctx, "k"))(t).Value(), 10)
		_, err := client.ObjectIdleTime(ctx, "k")
		harness.RequireCode(t, "ERR", err)
	})
}

func TestRestoreMakesWhatDumpGave(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.True(t, harness.Value(c.Dump(ctx, "k"))(t).IsNil())
		for _, text := range harness.Hostile {
			require.NoError(t, c.Set(ctx, "k", text, glide.ExpireIn(time.Hour)))
			dump := harness.Value(c.Dump(ctx, "k"))(t).Value()
			harness.RequireCode(t, "BUSYKEY", c.Restore(ctx, "k", dump))
			require.NoError(t, c.Restore(ctx, "k", dump, glide.Replace))
			require.Equal(t, glide.Some(text), harness.Value(c.Get(ctx, "k"))(t))
			require.False(t, harness.Value(c.TTL(ctx, "k"))(t).Expires())
		}
		dump := harness.Value(c.Dump(ctx, "k"))(t).Value()
		require.NoError(t, c.Restore(ctx, "in", dump, glide.ExpireIn(time.Hour)))
		require.InDelta(t, time.Hour, harness.Value(c.TTL(ctx, "in"))(t).Value(), float64(time.Minute))
		at := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		require.NoError(t, c.Restore(ctx, "at", dump, glide.ExpireAt(at)))
		require.True(t, at.Equal(harness.Value(c.ExpireTime(ctx, "at"))(t).Value()))
		require.NoError(t, c.Restore(ctx, "past", dump, glide.ExpireAt(time.Unix(1, 0))))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "past"))(t))
		for _, damaged := range []string{"", "x", dump[:len(dump)-1], dump + "\x00"} {
			harness.RequireCode(t, "ERR", c.Restore(ctx, "new", damaged))
		}
		harness.RequireCode(t, "ERR", c.Restore(ctx, "new", dump, glide.RestoreFreq(256)))
	})
}

func TestMigrateMovesKeysToAnotherServer(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		// One each: a server keeps its connections to others for a while.
		target := glidetest.Start(t, glidetest.WithPassword("secret"), glidetest.WithUser("mover", "on", ">moving", "~*", "+@all"))
		there := harness.AddressOf(target)
		asUser := glide.MigrateAs(glide.Credentials{Username: "mover", Password: "moving"})
		require.False(t, harness.Value(c.Migrate(ctx, there, 0, time.Minute, []string{"{k}absent"}, asUser))(t))
		for _, key := range []string{"{k}a", "{k}b", ""} {
			require.NoError(t, c.Set(ctx, key, "v"))
		}

		_, err := c.Migrate(ctx, there, 0, time.Minute, []string{"{k}a"})
		harness.RequireCode(t, "ERR", err)
		asDefault := glide.MigrateAs(glide.Credentials{Password: "secret"})
		require.True(t, harness.Value(c.Migrate(ctx, there, 1, time.Minute, []string{"{k}a"}, glide.KeepSource, asDefault))(t))
		require.EqualValues(t, 1, harness.Value(c.Exists(ctx, "{k}a"))(t))
		_, err = c.Migrate(ctx, there, 1, time.Minute, []string{"{k}a"}, asUser)
		harness.RequireCode(t, "ERR", err) // BUSYKEY over there
		require.True(t, harness.Value(c.Migrate(ctx, there, 1, time.Minute, []string{"{k}a", "{k}b", "{k}absent"}, glide.Replace, asUser))(t))
		require.True(t, harness.Value(c.Migrate(ctx, there, 1, time.Minute, []string{""}, glide.Replace, asUser))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "{k}a", "{k}b"))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, ""))(t))
		require.Equal(t, []string{"db1:keys=3,expires=0"}, keyspace(t, target))
	})
}

// keyspace reports what databases hold.
func keyspace(t *testing.T, server *glidetest.Server) (databases []string) {
	t.Helper()
	for number := range 16 {
		client := harness.Connect(t, server, harness.Patient, func(config *glide.Config) {
			config.Database = number
			config.Credentials.Password = server.Password()
		})
		if n := harness.Value(client.Do(ctx, "DBSIZE"))(t); n != int64(0) {
			databases = append(databases, fmt.Sprintf("db%d:keys=%d,expires=0", number, n))
		}
	}
	return databases
}

// somes are values that are there.
func somes(texts ...string) (optional []glide.Optional[string]) {
	for _, text := range texts {
		optional = append(optional, glide.Some(text))
	}
	return optional
}

type sortMethod = func(context.Context, string, ...glide.SortOption) ([]glide.Optional[string], error)

func TestSortSortsAsItIsTold(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		harness.Value(c.Do(ctx, "RPUSH", "{k}l", "3", "1", "2", "10"))(t)
		for _, sort := range []sortMethod{c.Sort, c.SortRO} {
			require.Empty(t, harness.Value(sort(ctx, "absent"))(t))
			require.Equal(t, somes("1", "2", "3", "10"), harness.Value(sort(ctx, "{k}l"))(t))
			require.Equal(t, somes("10", "3", "2", "1"), harness.Value(sort(ctx, "{k}l", glide.Descending))(t))
			require.Equal(t, somes("1", "10", "2", "3"), harness.Value(sort(ctx, "{k}l", glide.Alphabetically, glide.Ascending))(t))
			require.Equal(t, somes("2", "3"), harness.Value(sort(ctx, "{k}l", glide.Limit(1, 2)))(t))
			require.Equal(t, somes("1", "2", "3", "10"), harness.Value(sort(ctx, "{k}l", glide.Limit(0, math.MaxInt64)))(t))
			require.Equal(t, somes("1", "2", "3", "10"), harness.Value(sort(ctx, "{k}l", glide.Limit(math.MinInt64, -1)))(t))
		}
		require.EqualValues(t, 2, harness.Value(c.SortStore(ctx, "{k}l", "{k}sorted", glide.Limit(0, 2)))(t))
		require.Equal(t, []string{"1", "2"}, words(t, harness.Value(c.Do(ctx, "LRANGE", "{k}sorted", "0", "-1"))(t)))
		require.EqualValues(t, 0, harness.Value(c.SortStore(ctx, "{k}absent", "{k}sorted"))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "{k}sorted"))(t))
		harness.Value(c.Do(ctx, "SADD", "s", "a"))(t)
		_, err := c.Sort(ctx, "s")
		harness.RequireCode(t, "ERR", err)
	})
}

func TestSortLooksAtOtherKeys(t *testing.T) {
	test := func(t *testing.T, c faces.Face) {
		harness.Value(c.Do(ctx, "RPUSH", "{k}l", "3", "1", "2", "10"))(t)
		require.NoError(t, c.MSet(ctx, map[string]string{"{k}w_1": "4", "{k}w_2": "3", "{k}w_3": "2", "{k}w_10": "1", "{k}o_1": "one"}))
		for _, sort := range []sortMethod{c.Sort, c.SortRO} {
			require.Equal(t, somes("10", "3", "2", "1"), harness.Value(sort(ctx, "{k}l", glide.SortBy("{k}w_*")))(t))
			require.Equal(t, somes("3", "1", "2", "10"), harness.Value(sort(ctx, "{k}l", glide.SortBy("nothing")))(t))
			require.Equal(t, []glide.Optional[string]{glide.Some("1"), glide.Some("one"), glide.Some("2"), {}},
				harness.Value(sort(ctx, "{k}l", glide.SortGet("#"), glide.SortGet("{k}o_*"), glide.Limit(0, 2)))(t))
		}
		require.EqualValues(t, 2, harness.Value(c.SortStore(ctx, "{k}l", "{k}sorted", glide.Limit(0, 2), glide.SortGet("{k}o_*")))(t))
		require.Equal(t, []string{"one", ""}, words(t, harness.Value(c.Do(ctx, "LRANGE", "{k}sorted", "0", "-1"))(t)))
	}
	harness.OnServerFaces(t, test)
	harness.Needs(t, "SORT with GET # in a cluster", "9.1", "")
	harness.OnClusterFaces(t, test)
}

func TestKeysGoesOverAllKeys(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		values := map[string]string{}
		for i := range 500 {
			values["user:"+strconv.Itoa(i)] = "v"
		}
		require.NoError(t, client.MSet(ctx, values))
		harness.Value(client.Do(ctx, "RPUSH", "list", "a"))(t)
		collect := func(options ...glide.AllKeysOption) []string {
			found := map[string]bool{}
			for key, err := range client.AllKeys(ctx, options...) {
				require.NoError(t, err)
				found[key] = true
			}
			keys := []string{}
			for key := range found {
				keys = append(keys, key)
			}
			slices.Sort(keys)
			return keys
		}
		require.Len(t, collect(), 501)
		require.Len(t, collect(glide.Count(7)), 501)
		require.Len(t, collect(glide.Match("user:*"), glide.Count(100)), 500)
		require.Equal(t, []string{"list"}, collect(glide.Type("list"), glide.Count(math.MaxInt64)))
		require.Equal(t, []string{"user:17"}, collect(glide.Match("user:17"), glide.Type("string")))
		require.Empty(t, collect(glide.Match("[")))

		page := harness.Value(client.Scan(ctx, glide.ScanStart, glide.Count(10)))(t)
		require.False(t, page.Last())
		require.NotEmpty(t, page.Items)
		require.True(t, harness.Value(client.Scan(ctx, glide.ScanStart, glide.Count(10_000)))(t).Last())
		for _, cursor := range []string{"x", "0 "} {
			_, err := client.Scan(ctx, cursor)
			harness.RequireCode(t, "ERR", err)
		}
		for _, count := range []int64{0, -1, math.MinInt64} {
			_, err := client.Scan(ctx, glide.ScanStart, glide.Count(count))
			harness.RequireCode(t, "ERR", err)
		}
	})
}

func TestScanGivesKeysOfAnyBytes(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		for _, key := range harness.Hostile {
			require.NoError(t, client.Set(ctx, key, "v"))
		}
		require.ElementsMatch(t, harness.Hostile, harness.Value(client.Scan(ctx, glide.ScanStart, glide.Count(1000)))(t).Items)
	})
}

func TestKeysEndsWithTheContext(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		values := map[string]string{}
		for i := range 100 {
			values[strconv.Itoa(i)] = "v"
		}
		require.NoError(t, client.MSet(ctx, values))
		ended, end := context.WithCancel(ctx)
		defer end()
		var last error
		for _, err := range client.AllKeys(ended) {
			end()
			last = err
		}
		require.ErrorIs(t, last, context.Canceled)
	})
}
