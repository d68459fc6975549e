package caches_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// write is a way in which a client changes {t}key, which holds a string.
type write struct {
	name string
	do   func(client harness.Client) error
}

func do(words ...string) func(harness.Client) error {
	return func(client harness.Client) error {
		_, err := client.Do(ctx, words...)
		return err
	}
}

var writes = []write{
	{"Set", func(c harness.Client) error { return c.Set(ctx, "{t}key", "new") }},
	{"Eval", func(c harness.Client) error {
		_, err := c.Eval(ctx, "return redis.call('SET', KEYS[1], 'new')", []string{"{t}key"})
		return err
	}},
	{"a script that does not name the key", func(c harness.Client) error {
		_, err := c.Eval(ctx, "return redis.call('SET', '{t}' .. ARGV[1], 'new')", []string{"{t}other"}, "key")
		return err
	}},
	{"pipeline", func(c harness.Client) error {
		_, err := c.Exec(ctx, glide.NewPipeline().Get("{t}key").Set("{t}key", "new"))
		return err
	}},
	{"transaction", func(c harness.Client) error {
		_, err := c.Exec(ctx, glide.NewTransaction().Get("{t}key").Set("{t}key", "new"))
		return err
	}},
	{"dedicated", func(c harness.Client) error {
		return c.Dedicated(ctx, func(d *glide.DedicatedClient) error { return d.Set(ctx, "{t}key", "new") })
	}},
	{"dedicated, MULTI", func(c harness.Client) error {
		all := func(do func(context.Context, ...string) (any, error)) error {
			for _, words := range [][]string{{"MULTI"}, {"SET", "{t}key", "new"}, {"EXEC"}} {
				if _, err := do(ctx, words...); err != nil {
					return err
				}
			}
			return nil
		}
		if cluster, ok := c.(*glide.ClusterClient); ok {
			return cluster.Node(glide.PrimaryOfKey("{t}key")).Dedicated(ctx, func(d *glide.DedicatedClient) error { return all(d.Do) })
		}
		return c.(*glide.Client).Dedicated(ctx, func(d *glide.DedicatedClient) error { return all(d.Do) })
	}},
	{"BLMOVE", func(c harness.Client) error {
		_, err := c.Do(ctx, "DEL", "{t}key")
		if err == nil {
			_, err = c.Do(ctx, "RPUSH", "{t}list", "a", "b")
		}
		if err == nil {
			_, err = c.Do(ctx, "BLMOVE", "{t}list", "{t}key", "LEFT", "LEFT", "1")
		}
		return err
	}},
	{"MSET", do("mset", "{t}other", "1", "{t}key", "new")},
	{"MSET of several slots", do("MSET", "{u}other", "1", "{t}key", "new")},
	{"MSETNX", func(c harness.Client) error {
		if err := do("DEL", "{t}key", "{t}absent")(c); err != nil {
			return err
		}
		return do("MSETNX", "{t}absent", "1", "{t}key", "new")(c)
	}},
	{"DEL", do("DEL", "{t}other", "{t}key")},
	{"UNLINK", do("UNLINK", "{u}other", "{t}key")},
	{"APPEND", do("append", "{t}key", "more")},
	{"GETDEL", do("GETDEL", "{t}key")},
	{"GETEX", do("GETEX", "{t}key", "PXAT", "1")},
	{"SETRANGE", do("SETRANGE", "{t}key", "0", "X")},
	{"SETBIT", do("SETBIT", "{t}key", "1", "0")},
	{"BITFIELD", do("BITFIELD", "{t}key", "SET", "u8", "0", "65")},
	{"BITOP", do("BITOP", "NOT", "{t}key", "{t}key")},
	{"EXPIRE", do("EXPIRE", "{t}key", "-1")},
	{"RENAME", do("RENAME", "{t}source", "{t}key")},
	{"RENAME away", do("RENAME", "{t}key", "{t}target")},
	{"COPY", do("COPY", "{t}source", "{t}key", "REPLACE")},
	{"SUNIONSTORE", do("SUNIONSTORE", "{t}key", "{t}set")},
	{"ZUNIONSTORE", do("ZUNIONSTORE", "{t}key", "1", "{t}set")},
	{"SORT", do("SORT", "{t}set", "ALPHA", "STORE", "{t}key")},
	{"PFMERGE", func(c harness.Client) error {
		if err := do("DEL", "{t}key")(c); err != nil {
			return err
		}
		return do("PFMERGE", "{t}key", "{t}absent")(c)
	}},
	{"FLUSHALL", do("FLUSHALL")},
	{"FLUSHDB", do("FLUSHDB")},
}

func prepare(t *testing.T, client harness.Client) {
	t.Helper()
	for _, words := range [][]string{
		{"DEL", "{t}list", "{t}set", "{t}key", "{t}target", "{t}absent"},
		{"SET", "{t}key", "old"}, {"SET", "{t}source", "of the source"}, {"SADD", "{t}set", "a", "b"},
	} {
		require.NoError(t, do(words...)(client))
	}
}

// read describes what {t}key holds.
func read(t *testing.T, read func(words ...string) (any, error)) string {
	t.Helper()
	value, err := read("GET", "{t}key")
	if err != nil {
		require.ErrorContains(t, err, "WRONGTYPE")
		return "another type"
	}
	return fmt.Sprint(value)
}

func TestAClientReadsItsOwnWrites(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, nodes []*glidetest.Server, client harness.Client) {
		plain := connectPlain(t, client, nodes)
		for _, write := range writes {
			prepare(t, client)
			for range 2 {
				require.Equal(t, "old", get(t, client, "{t}key"))
			}
			require.NoError(t, write.do(client), write.name)
			got := read(t, func(words ...string) (any, error) { return client.Do(ctx, words...) })
			truth := read(t, func(words ...string) (any, error) { return plain.Do(ctx, words...) })
			require.Equal(t, truth, got, "after %s", write.name)
			require.NotEqual(t, "old", truth, "%s has changed nothing", write.name)
		}
	})
}

// connectPlain returns a client of the same kind that has no cache.
func connectPlain(t *testing.T, client harness.Client, nodes []*glidetest.Server) harness.Client {
	t.Helper()
	kind := harness.Standalone
	if _, ok := client.(*glide.ClusterClient); ok {
		kind = harness.Cluster
	}
	return kind.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(nodes...), RequestTimeout: harness.Patience})
}

func TestAClientReadsItsOwnWritesToHashesAndSets(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, nodes []*glidetest.Server, client harness.Client) {
		plain := connectPlain(t, client, nodes)
		for _, words := range [][]string{
			{"HSET", "{t}h", "f", "1"}, {"HSET", "{t}h", "f", "2", "g", "3"}, {"HDEL", "{t}h", "f"}, {"HINCRBY", "{t}h", "g", "1"},
			{"HSETNX", "{t}h", "x", "1"}, {"HMSET", "{t}h", "y", "1"}, {"HINCRBYFLOAT", "{t}h", "y", "1.5"}, {"DEL", "{t}h"},
			{"RPUSH", "{t}h", "a"}, {"DEL", "{t}h"},
			{"SADD", "{t}s", "a", "b", "c"}, {"SREM", "{t}s", "a"}, {"SMOVE", "{t}s", "{t}z", "b"}, {"SPOP", "{t}s"},
			{"SINTERSTORE", "{t}s", "{t}z", "{t}z"}, {"SDIFFSTORE", "{t}s", "{t}z", "{t}absent"},
		} {
			require.NoError(t, do(words...)(client))
			for _, reading := range [][]string{{"HGETALL", "{t}h"}, {"SMEMBERS", "{t}s"}, {"SMEMBERS", "{t}z"}} {
				want, wantErr := plain.Do(ctx, reading...)
				for range 2 {
					got, err := client.Do(ctx, reading...)
					require.Equal(t, wantErr, err, "%q after %q", reading, words)
					require.Equal(t, want, got, "%q after %q", reading, words)
				}
			}
		}
	})
}

// Reads that are in flight while the key is written do not put an old value
// into the cache afterwards.
func TestReadsDuringAWriteDoNotBringTheOldValueBack(t *testing.T) {
	t.Parallel()
	onAll(t, func(t *testing.T, _ []*glidetest.Server, client harness.Client) {
		require.NoError(t, client.Set(ctx, "key", "0"))
		readers := testkit.StartLoad(8, func(int) error {
			_, err := client.Get(ctx, "key")
			return err
		})
		defer readers.End()
		for n := range 2000 {
			require.NoError(t, client.Set(ctx, "key", strconv.Itoa(n)))
			require.Equal(t, strconv.Itoa(n), get(t, client, "key"))
		}
		readers.End()
		require.Zero(t, readers.Failed(), readers)
	})
}

// The same in an order that is certain: the read has its old value when the
// write, on another connection, is done.
func TestAReadThatIsInFlightDuringAWriteIsNotCached(t *testing.T) {
	t.Parallel()
	server := fakeserver.Start(t)
	var mutex sync.Mutex
	value, reading, answer := "old", make(chan bool, 1), make(chan bool)
	server.Handle("GET", func(*fakeserver.Conn, []string) string {
		mutex.Lock()
		read := value
		mutex.Unlock()
		if read == "old" {
			reading <- true
			<-answer
		}
		return fakeserver.Bulk(read)
	})
	server.Handle("SET", func(_ *fakeserver.Conn, args []string) string {
		mutex.Lock()
		defer mutex.Unlock()
		value = args[2]
		return fakeserver.OK
	})
	client := harness.Standalone.Connect(t, glide.ClusterConfig{
		Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience,
		Cache: &glide.Cache{MaximumBytes: 1 << 20, TimeToLive: time.Hour},
	}).(*glide.Client)
	got := make(chan string, 1)
	go func() {
		value, err := client.Get(ctx, "key")
		got <- fmt.Sprint(value.Value(), err)
	}()
	<-reading
	require.NoError(t, client.Dedicated(ctx, func(d *glide.DedicatedClient) error { return d.Set(ctx, "key", "new") }))
	close(answer)
	require.Equal(t, "old<nil>", <-got)
	require.Equal(t, "new", get(t, client, "key"))
}

// Commands that write nothing leave the cache as it is.
func TestWhatWritesNothingLeavesTheCache(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := connect(t, harness.Standalone, kinds["time to live"], server)
	require.NoError(t, client.Set(ctx, "key", "value"))
	require.Equal(t, "value", get(t, client, "key"))
	for _, words := range [][]string{
		{"SET", "other", "1"}, {"DEL", "another"}, {"MSET", "a", "1", "b", "2"}, {"PING"}, {"ECHO", "x"}, {"INFO"}, {"DBSIZE"}, {"TIME"},
		{"CLIENT", "INFO"}, {"CONFIG", "GET", "maxmemory"}, {"EXISTS", "key"}, {"TTL", "key"}, {"STRLEN", "key"}, {"PUBLISH", "c", "m"},
		{"EVAL_RO", "return 1", "0"}, {"SCAN", "0"}, {"KEYS", "*"}, {"RENAME", "a", "c"}, {"ZADD", "z", "1", "m"},
	} {
		require.NoError(t, do(words...)(client), "%q", words)
	}
	require.Equal(t, "value", get(t, client, "key"))
	require.Equal(t, 1, testkit.CallsOf(t, server, "get"))
}
