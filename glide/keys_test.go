package glide_test

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
)

func TestKeysOfAnyBytesAreFound(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, key := range hostile {
			require.NoError(t, c.Set(ctx, key, "v"))
			require.EqualValues(t, 2, value(c.Exists(ctx, key, key))(t))
			require.EqualValues(t, 1, value(c.Touch(ctx, key))(t))
			require.Equal(t, "string", value(c.Type(ctx, key))(t))
			require.EqualValues(t, 1, value(c.Unlink(ctx, key))(t))
			require.EqualValues(t, 0, value(c.Del(ctx, key))(t))
		}
		require.NoError(t, c.Set(ctx, "{k}", "v"))
		require.EqualValues(t, 1, value(c.Exists(ctx, "{k}", "{k}absent"))(t))
		require.EqualValues(t, 1, value(c.Touch(ctx, "{k}", "{k}absent"))(t))
		require.EqualValues(t, 1, value(c.Del(ctx, "{k}", "{k}absent"))(t))
		require.EqualValues(t, 0, value(c.Unlink(ctx, "{k}", "{k}absent"))(t))
		require.Equal(t, "none", value(c.Type(ctx, "absent"))(t))
	})
}

func TestKeysAreFoundWithoutTheirNames(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		if _, ok := c.(faces.ClusterTransaction); ok {
			t.Skip("a transaction without keys sees those of one node")
		}
		require.True(t, value(c.RandomKey(ctx))(t).IsNil())
		require.Empty(t, value(c.Keys(ctx, "*"))(t))
		for _, key := range hostile {
			require.NoError(t, c.Set(ctx, key, "v"))
			require.Equal(t, glide.Some(key), value(c.RandomKey(ctx))(t))
			require.Equal(t, []string{key}, value(c.Keys(ctx, "*"))(t))
			require.EqualValues(t, 1, value(c.Del(ctx, key))(t))
		}
		all := []string{"a1", "b1", "c1", "d1"} // of several nodes
		for _, key := range all {
			require.NoError(t, c.Set(ctx, key, "v"))
		}
		require.ElementsMatch(t, all, value(c.Keys(ctx, "?1"))(t))
		require.Contains(t, all, value(c.RandomKey(ctx))(t).Value())
	})
}

func TestCopyReportsWhetherItDid(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		require.False(t, value(c.Copy(ctx, "{k}a", "{k}b"))(t))
		require.NoError(t, c.Set(ctx, "{k}a", "1", glide.ExpireIn(time.Hour)))
		require.True(t, value(c.Copy(ctx, "{k}a", "{k}b"))(t))
		require.True(t, value(c.TTL(ctx, "{k}b"))(t).Expires())
		require.False(t, value(c.Copy(ctx, "{k}a", "{k}b"))(t))
		require.True(t, value(c.Copy(ctx, "{k}a", "{k}b", glide.Replace))(t))
		_, err := c.Copy(ctx, "{k}b", "{k}c", glide.ToDatabase(-1))
		requireCode(t, "ERR", err)
		_, err = c.Move(ctx, "{k}b", math.MaxInt)
		requireCode(t, "ERR", err)
	})
}

func TestKeysGoToOtherDatabases(t *testing.T) {
	onServerFaces(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, c.Set(ctx, "a", "1"))
		require.True(t, value(c.Copy(ctx, "a", "a", glide.ToDatabase(3)))(t))
		require.False(t, value(c.Move(ctx, "a", 3))(t), "there is one already")
		require.True(t, value(c.Move(ctx, "a", 4))(t))
		require.False(t, value(c.Move(ctx, "a", 4))(t))
	})
}

func TestRename(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		requireCode(t, "ERR", c.Rename(ctx, "{k}absent", "{k}b"))
		require.NoError(t, c.MSet(ctx, map[string]string{"{k}a": "1", "{k}b": "2"}))
		require.False(t, value(c.RenameNX(ctx, "{k}a", "{k}b"))(t))
		require.NoError(t, c.Rename(ctx, "{k}a", "{k}b"))
		require.Equal(t, glide.Some("1"), value(c.Get(ctx, "{k}b"))(t))
		require.True(t, value(c.RenameNX(ctx, "{k}b", "{k}a"))(t))
	})
}

func TestTTLTellsNoKeyFromNoExpiry(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		require.False(t, value(c.TTL(ctx, "k"))(t).Exists())
		require.False(t, value(c.ExpireTime(ctx, "k"))(t).Exists())

		require.NoError(t, c.Set(ctx, "k", "v"))
		ttl := value(c.TTL(ctx, "k"))(t)
		require.True(t, ttl.Exists())
		require.False(t, ttl.Expires())
		require.True(t, value(c.ExpireTime(ctx, "k"))(t).Exists())

		at := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		require.True(t, value(c.ExpireAt(ctx, "k", at))(t))
		left, ok := value(c.TTL(ctx, "k"))(t).Get()
		require.True(t, ok)
		require.InDelta(t, time.Hour, left, float64(time.Minute))
		when, ok := value(c.ExpireTime(ctx, "k"))(t).Get()
		require.True(t, ok)
		require.True(t, at.Equal(when))

		require.True(t, value(c.Persist(ctx, "k"))(t))
		require.False(t, value(c.Persist(ctx, "k"))(t))
		require.False(t, value(c.Persist(ctx, "absent"))(t))
	})
}

func TestExpireReportsWhetherItDid(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		require.False(t, value(c.Expire(ctx, "k", time.Hour))(t))
		require.NoError(t, c.Set(ctx, "k", "v"))
		require.False(t, value(c.Expire(ctx, "k", time.Hour, glide.IfPresent))(t))
		require.False(t, value(c.Expire(ctx, "k", time.Hour, glide.IfGreater))(t))
		require.False(t, value(c.Expire(ctx, "k", time.Hour, glide.IfPresent, glide.IfLess))(t))
		require.True(t, value(c.Expire(ctx, "k", time.Hour, glide.IfAbsent))(t))
		require.False(t, value(c.ExpireAt(ctx, "k", time.Now(), glide.IfAbsent))(t))
		require.False(t, value(c.ExpireAt(ctx, "k", time.Now(), glide.IfGreater))(t))
		require.True(t, value(c.Expire(ctx, "k", time.Minute, glide.IfLess))(t))
		require.True(t, value(c.Expire(ctx, "k", math.MaxInt64, glide.IfGreater))(t), "292 years")
		require.True(t, value(c.Expire(ctx, "k", -time.Nanosecond))(t))
		require.EqualValues(t, 0, value(c.Exists(ctx, "k"))(t), "what is not positive deletes")
		require.NoError(t, c.Set(ctx, "k", "v"))
		require.True(t, value(c.Expire(ctx, "k", math.MinInt64))(t))
		require.NoError(t, c.Set(ctx, "k", "v"))
		require.True(t, value(c.ExpireAt(ctx, "k", time.Time{}))(t))
		require.EqualValues(t, 0, value(c.Exists(ctx, "k"))(t))
	})
}

func TestObjectTellsWhatTheServerKnows(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		require.True(t, value(c.ObjectEncoding(ctx, "k"))(t).IsNil())
		require.True(t, value(c.ObjectIdleTime(ctx, "k"))(t).IsNil())
		require.True(t, value(c.ObjectRefCount(ctx, "k"))(t).IsNil())
		require.True(t, value(c.ObjectFreq(ctx, "k"))(t).IsNil())
		require.NoError(t, c.Set(ctx, "k", "12345678901"))
		require.Equal(t, glide.Some("int"), value(c.ObjectEncoding(ctx, "k"))(t))
		require.Equal(t, glide.Some(int64(1)), value(c.ObjectRefCount(ctx, "k"))(t))
		require.Less(t, value(c.ObjectIdleTime(ctx, "k"))(t).Value(), time.Minute)
		dump := value(c.Dump(ctx, "k"))(t).Value()
		require.NoError(t, c.Restore(ctx, "k", dump, glide.Replace, glide.RestoreIdleTime(time.Hour)))
		require.InDelta(t, time.Hour, value(c.ObjectIdleTime(ctx, "k"))(t).Value(), float64(time.Minute))
		_, err := c.ObjectFreq(ctx, "k")
		requireCode(t, "ERR", err)
	})
}

func TestAServerThatEvictsByFrequencyKnowsIt(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithConfig("maxmemory-policy", "allkeys-lfu"))
	onEachProtocol(t, server, func(t *testing.T, client *glide.Client) {
		require.NoError(t, client.Set(ctx, "k", "v"))
		dump := value(client.Dump(ctx, "k"))(t).Value()
		require.NoError(t, client.Restore(ctx, "k", dump, glide.Replace, glide.RestoreFreq(200)))
		require.InDelta(t, 200, value(client.ObjectFreq(ctx, "k"))(t).Value(), 10)
		_, err := client.ObjectIdleTime(ctx, "k")
		requireCode(t, "ERR", err)
	})
}

func TestRestoreMakesWhatDumpGave(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		require.True(t, value(c.Dump(ctx, "k"))(t).IsNil())
		for _, text := range hostile {
			require.NoError(t, c.Set(ctx, "k", text, glide.ExpireIn(time.Hour)))
			dump := value(c.Dump(ctx, "k"))(t).Value()
			requireCode(t, "BUSYKEY", c.Restore(ctx, "k", dump))
			require.NoError(t, c.Restore(ctx, "k", dump, glide.Replace))
			require.Equal(t, glide.Some(text), value(c.Get(ctx, "k"))(t))
			require.False(t, value(c.TTL(ctx, "k"))(t).Expires())
		}
		dump := value(c.Dump(ctx, "k"))(t).Value()
		require.NoError(t, c.Restore(ctx, "in", dump, glide.ExpireIn(time.Hour)))
		require.InDelta(t, time.Hour, value(c.TTL(ctx, "in"))(t).Value(), float64(time.Minute))
		at := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		require.NoError(t, c.Restore(ctx, "at", dump, glide.ExpireAt(at)))
		require.True(t, at.Equal(value(c.ExpireTime(ctx, "at"))(t).Value()))
		require.NoError(t, c.Restore(ctx, "past", dump, glide.ExpireAt(time.Unix(1, 0))))
		require.EqualValues(t, 0, value(c.Exists(ctx, "past"))(t))
		for _, damaged := range []string{"", "x", dump[:len(dump)-1], dump + "\x00"} {
			requireCode(t, "ERR", c.Restore(ctx, "new", damaged))
		}
		requireCode(t, "ERR", c.Restore(ctx, "new", dump, glide.RestoreFreq(256)))
	})
}

func TestMigrateMovesKeysToAnotherServer(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		// One each: a server keeps its connections to others for a while.
		target := glidetest.Start(t, glidetest.WithPassword("secret"), glidetest.WithUser("mover", "on", ">moving", "~*", "+@all"))
		there := addressOf(target)
		asUser := glide.MigrateAs(glide.Credentials{Username: "mover", Password: "moving"})
		require.False(t, value(c.Migrate(ctx, there, 0, time.Minute, []string{"{k}absent"}, asUser))(t))
		for _, key := range []string{"{k}a", "{k}b", ""} {
			require.NoError(t, c.Set(ctx, key, "v"))
		}

		_, err := c.Migrate(ctx, there, 0, time.Minute, []string{"{k}a"})
		requireCode(t, "ERR", err)
		asDefault := glide.MigrateAs(glide.Credentials{Password: "secret"})
		require.True(t, value(c.Migrate(ctx, there, 1, time.Minute, []string{"{k}a"}, glide.KeepSource, asDefault))(t))
		require.EqualValues(t, 1, value(c.Exists(ctx, "{k}a"))(t))
		_, err = c.Migrate(ctx, there, 1, time.Minute, []string{"{k}a"}, asUser)
		requireCode(t, "ERR", err) // BUSYKEY over there
		require.True(t, value(c.Migrate(ctx, there, 1, time.Minute, []string{"{k}a", "{k}b", "{k}absent"}, glide.Replace, asUser))(t))
		require.True(t, value(c.Migrate(ctx, there, 1, time.Minute, []string{""}, glide.Replace, asUser))(t))
		require.EqualValues(t, 0, value(c.Exists(ctx, "{k}a", "{k}b"))(t))
		require.EqualValues(t, 0, value(c.Exists(ctx, ""))(t))
		require.Equal(t, []string{"db1:keys=3,expires=0"}, keyspace(t, target))
	})
}

// keyspace tells what databases hold.
func keyspace(t *testing.T, server *glidetest.Server) (databases []string) {
	t.Helper()
	for number := range 16 {
		client := connect(t, server, patient, func(config *glide.Config) {
			config.Database = number
			config.Credentials.Password = server.Password()
		})
		if n := value(client.Do(ctx, "DBSIZE"))(t); n != int64(0) {
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
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		value(c.Do(ctx, "RPUSH", "{k}l", "3", "1", "2", "10"))(t)
		for _, sort := range []sortMethod{c.Sort, c.SortRO} {
			require.Empty(t, value(sort(ctx, "absent"))(t))
			require.Equal(t, somes("1", "2", "3", "10"), value(sort(ctx, "{k}l"))(t))
			require.Equal(t, somes("10", "3", "2", "1"), value(sort(ctx, "{k}l", glide.Descending))(t))
			require.Equal(t, somes("1", "10", "2", "3"), value(sort(ctx, "{k}l", glide.Alphabetically, glide.Ascending))(t))
			require.Equal(t, somes("2", "3"), value(sort(ctx, "{k}l", glide.Limit(1, 2)))(t))
			require.Equal(t, somes("1", "2", "3", "10"), value(sort(ctx, "{k}l", glide.Limit(0, math.MaxInt64)))(t))
			require.Equal(t, somes("1", "2", "3", "10"), value(sort(ctx, "{k}l", glide.Limit(math.MinInt64, -1)))(t))
		}
		require.EqualValues(t, 2, value(c.SortStore(ctx, "{k}l", "{k}sorted", glide.Limit(0, 2)))(t))
		require.Equal(t, []string{"1", "2"}, words(t, value(c.Do(ctx, "LRANGE", "{k}sorted", "0", "-1"))(t)))
		require.EqualValues(t, 0, value(c.SortStore(ctx, "{k}absent", "{k}sorted"))(t))
		require.EqualValues(t, 0, value(c.Exists(ctx, "{k}sorted"))(t))
		value(c.Do(ctx, "SADD", "s", "a"))(t)
		_, err := c.Sort(ctx, "s")
		requireCode(t, "ERR", err)
	})
}

func TestSortLooksAtOtherKeys(t *testing.T) {
	test := func(t *testing.T, c faces.Face) {
		value(c.Do(ctx, "RPUSH", "{k}l", "3", "1", "2", "10"))(t)
		require.NoError(t, c.MSet(ctx, map[string]string{"{k}w_1": "4", "{k}w_2": "3", "{k}w_3": "2", "{k}w_10": "1", "{k}o_1": "one"}))
		for _, sort := range []sortMethod{c.Sort, c.SortRO} {
			require.Equal(t, somes("10", "3", "2", "1"), value(sort(ctx, "{k}l", glide.SortBy("{k}w_*")))(t))
			require.Equal(t, somes("3", "1", "2", "10"), value(sort(ctx, "{k}l", glide.SortBy("nothing")))(t))
			require.Equal(t, []glide.Optional[string]{glide.Some("1"), glide.Some("one"), glide.Some("2"), {}},
				value(sort(ctx, "{k}l", glide.SortGet("#"), glide.SortGet("{k}o_*"), glide.Limit(0, 2)))(t))
		}
		require.EqualValues(t, 2, value(c.SortStore(ctx, "{k}l", "{k}sorted", glide.Limit(0, 2), glide.SortGet("{k}o_*")))(t))
		require.Equal(t, []string{"one", ""}, words(t, value(c.Do(ctx, "LRANGE", "{k}sorted", "0", "-1"))(t)))
	}
	onServerFaces(t, test)
	needs(t, "SORT with GET # in a cluster", "9.1", "")
	onClusterFaces(t, test)
}

func TestKeysGoesOverAllKeys(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		values := map[string]string{}
		for i := range 500 {
			values["user:"+strconv.Itoa(i)] = "v"
		}
		require.NoError(t, client.MSet(ctx, values))
		value(client.Do(ctx, "RPUSH", "list", "a"))(t)
		collect := func(options ...glide.ScanOption) []string {
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

		page := value(client.Scan(ctx, glide.ScanStart, glide.Count(10)))(t)
		require.False(t, page.Last())
		require.NotEmpty(t, page.Items)
		require.True(t, value(client.Scan(ctx, glide.ScanStart, glide.Count(10_000)))(t).Last())
		for _, cursor := range []string{"x", "0 "} {
			_, err := client.Scan(ctx, cursor)
			requireCode(t, "ERR", err)
		}
		for _, count := range []int64{0, -1, math.MinInt64} {
			_, err := client.Scan(ctx, glide.ScanStart, glide.Count(count))
			requireCode(t, "ERR", err)
		}
	})
}

func TestScanGivesKeysOfAnyBytes(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		for _, key := range hostile {
			require.NoError(t, client.Set(ctx, key, "v"))
		}
		require.ElementsMatch(t, hostile, value(client.Scan(ctx, glide.ScanStart, glide.Count(1000)))(t).Items)
	})
}

func TestKeysEndsWithTheContext(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
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
