package dedicated_test

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestAWatchedKeyThatChangedAbortsTheTransaction(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		harness.Dedicated(t, client, func(c *glide.DedicatedClient) {
			require.NoError(t, c.Set(ctx, "k", "1"))
			require.NoError(t, c.Watch(ctx, "other", "k"))
			require.NoError(t, client.Set(ctx, "k", "2"))
			results, err := c.Exec(ctx, glide.NewTransaction().Set("k", "3").Get("k"))
			require.ErrorIs(t, err, glide.ErrTransactionAborted)
			require.True(t, glide.SafeToRetry(err))
			require.Zero(t, results.Len())
			// Nothing is watched any more.
			results, err = c.Exec(ctx, glide.NewTransaction().Set("k", "3").Get("k"))
			require.NoError(t, err)
			require.Equal(t, glide.Some("3"), harness.Value(glide.Result[glide.Optional[string]](results, 1))(t))

			require.NoError(t, c.Watch(ctx, "k"))
			require.NoError(t, client.Set(ctx, "k", "4"))
			require.NoError(t, c.Unwatch(ctx))
			harness.Value(c.Exec(ctx, glide.NewTransaction().Set("k", "5")))(t)
		})
	})
}

func TestCommandsGiveTheSameOnADedicatedConnection(t *testing.T) {
	// Replies whose forms differ between versions of the protocol.
	same := func(t *testing.T, c faces.Face) {
		harness.Value(c.HSet(ctx, "{k}hash", map[string]string{"f": "1"}))(t)
		require.Equal(t, map[string]string{"f": "1"}, harness.Value(c.HGetAll(ctx, "{k}hash"))(t))
		harness.Value(c.ZAdd(ctx, "{k}zset", []glide.Scored{{Member: "m", Score: 1.5}}))(t)
		require.Equal(t, []glide.Scored{{Member: "m", Score: 1.5}}, harness.Value(c.ZRangeWithScores(ctx, "{k}zset", glide.ByRank(0, -1)))(t))
		harness.Value(c.SAdd(ctx, "{k}set", "a"))(t)
		require.True(t, harness.Value(c.SIsMember(ctx, "{k}set", "a"))(t))
		require.Equal(t, []glide.Optional[string]{glide.None[string]()}, harness.Value(c.MGet(ctx, "{k}none"))(t))
		require.False(t, harness.Value(c.Persist(ctx, "{k}none"))(t))
		_, err := c.LLen(ctx, "{k}set")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.Do(ctx, "NONSENSE")
		harness.RequireCode(t, "ERR", err)
	}
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		harness.Dedicated(t, client, func(c *glide.DedicatedClient) {
			same(t, c)
			results := harness.Value(c.Exec(ctx, glide.NewTransaction().HGetAll("{k}hash").SIsMember("{k}set", "a").LLen("{k}set")))(t)
			require.Equal(t, map[string]string{"f": "1"}, harness.Value(glide.Result[map[string]string](results, 0))(t))
			require.True(t, harness.Value(glide.Result[bool](results, 1))(t))
			harness.RequireCode(t, "WRONGTYPE", results.Err(2))
			results = harness.Value(c.Exec(ctx, glide.NewPipeline().HGetAll("{k}hash").LLen("{k}set").SIsMember("{k}set", "a")))(t)
			require.Equal(t, map[string]string{"f": "1"}, harness.Value(glide.Result[map[string]string](results, 0))(t))
			harness.RequireCode(t, "WRONGTYPE", results.Err(1))
			require.True(t, harness.Value(glide.Result[bool](results, 2))(t))
			_, err := c.Exec(ctx, glide.NewTransaction().Set("k", "v").Do("NONSENSE"))
			harness.RequireRefused(t, err)
		})
	})
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		require.NoError(t, client.Node(glide.PrimaryOfKey("k")).Dedicated(ctx, func(c *glide.DedicatedClient) error {
			same(t, c)
			return nil
		}))
	})
}

func TestADedicatedConnectionCompressesLikeTheOthers(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient, func(config *glide.Config) { config.Compression = &glide.Compression{} })
	long := strings.Repeat("long ", 1000)
	harness.Dedicated(t, client, func(c *glide.DedicatedClient) {
		require.NoError(t, c.Set(ctx, "k", long))
		require.Less(t, len(server.MustCommand(t, "GET", "k").(string)), len(long)/2)
		require.Equal(t, glide.Some(long), harness.Value(c.Get(ctx, "k"))(t))
		require.Equal(t, []glide.Optional[string]{glide.Some(long), glide.None[string]()}, harness.Value(c.MGet(ctx, "k", "none"))(t))
		for _, batch := range []glide.Batch{glide.NewTransaction().Set("k", long+"!").Get("k"), glide.NewPipeline().Set("k", long+"!").Get("k")} {
			results := harness.Value(c.Exec(ctx, batch))(t)
			require.Equal(t, glide.Some(long+"!"), harness.Value(glide.Result[glide.Optional[string]](results, 1))(t))
		}
	})
}

func TestADedicatedConnectionIsUsedAgainOnlyIfItIsClean(t *testing.T) {
	server := glidetest.Start(t)
	// With one at most, the next waits until it is clean.
	client := harness.Connect(t, server, harness.Patient, func(config *glide.Config) { config.DedicatedLimit = 1 })
	run := func(use func(c *glide.DedicatedClient)) { harness.Dedicated(t, client, use) }
	opened := func() int {
		info, _ := server.MustCommand(t, "INFO", "stats").(string)
		_, rest, _ := strings.Cut(info, "total_connections_received:")
		number, _, _ := strings.Cut(rest, "\r")
		count, err := strconv.Atoi(number)
		require.NoError(t, err)
		return count
	}
	nothing := func(c *glide.DedicatedClient) { require.NoError(t, c.Set(ctx, "k", "v")) }
	run(nothing)
	changes := func(use func(c *glide.DedicatedClient)) int {
		before := opened()
		run(use)
		run(nothing)
		return opened() - before - 1 // but for the one that asks
	}
	require.Zero(t, changes(nothing))
	require.Zero(t, changes(func(c *glide.DedicatedClient) { require.NoError(t, c.Watch(ctx, "k")) }), "it is unwatched")
	require.Zero(t, changes(func(c *glide.DedicatedClient) {
		require.NoError(t, c.Watch(ctx, "k"))
		harness.Value(c.Exec(ctx, glide.NewTransaction().Set("k", "v")))(t)
	}))
	require.Equal(t, 1, changes(func(c *glide.DedicatedClient) { require.NoError(t, c.Select(ctx, 3)) }))
	require.Equal(t, 1, changes(func(c *glide.DedicatedClient) { require.NoError(t, c.ClientSetName(ctx, "another")) }))
	require.Equal(t, 1, changes(func(c *glide.DedicatedClient) { harness.Value(c.Do(ctx, "MULTI"))(t) }))
	require.Equal(t, 1, changes(func(c *glide.DedicatedClient) {
		harness.Value(c.Exec(ctx, glide.NewTransaction().Select(3)))(t)
	}))
	harness.Dedicated(t, client, func(c *glide.DedicatedClient) {
		require.Zero(t, harness.Value(c.ClientInfo(ctx))(t).Database)
	})
}

// watched returns how many connections watch keys.
func watched(t testing.TB, server *glidetest.Server) (count int) {
	t.Helper()
	for _, client := range harness.ConnectionsTo(t, server) {
		if number := client["watch"]; number != "" && number != "0" {
			count++
		}
	}
	return count
}

func TestADedicatedConnectionIsNotLeaked(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient, func(config *glide.Config) { config.DedicatedLimit = 1 })
	use := func(c *glide.DedicatedClient) {
		require.NoError(t, c.Set(ctx, "k", "v"))
		require.NoError(t, c.Watch(ctx, "k"))
	}
	var kept *glide.DedicatedClient
	failed := errors.New("failed")
	require.Equal(t, failed, client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
		use(c)
		kept = c
		return failed
	}))
	_, err := kept.Get(ctx, "k")
	require.ErrorIs(t, err, glide.ErrClosed)
	require.EqualError(t, err, "glide: GET: the client is closed: the function that the dedicated connection was for has returned")
	_, err = kept.Exec(ctx, glide.NewTransaction().Get("k"))
	require.ErrorIs(t, err, glide.ErrClosed)

	require.PanicsWithValue(t, "mine", func() {
		_ = client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
			use(c)
			panic("mine")
		})
	})
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		_ = client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
			use(c)
			runtime.Goexit()
			return nil
		})
	}()
	group.Wait()
	// There is but one, and it is there.
	harness.Dedicated(t, client, use)
	client.Close()
	require.Eventually(t, func() bool { return engine.Live().Connections == 0 }, harness.Patience, time.Millisecond)
	require.ErrorIs(t, client.Dedicated(ctx, func(*glide.DedicatedClient) error { return nil }), glide.ErrClosed)
}

func TestTheEndOfTheContextEndsADedicatedConnection(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	ended, cancel := context.WithCancel(ctx)
	err := client.Dedicated(ended, func(c *glide.DedicatedClient) error {
		require.NoError(t, c.Watch(ctx, "k"))
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err := c.BLPop(ctx, 0, "nothing") // by a context that does not end
		require.ErrorIs(t, err, context.Canceled)
		return c.Ping(ctx)
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, watched(t, server))
	require.Zero(t, engine.Live().Connections)
	require.ErrorIs(t, client.Dedicated(ended, func(*glide.DedicatedClient) error { panic("called") }), context.Canceled)
}

func TestADedicatedConnectionIsNotReplaced(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server)
	lost := func(lose func(c *glide.DedicatedClient)) {
		harness.Dedicated(t, client, func(c *glide.DedicatedClient) {
			require.NoError(t, c.Watch(ctx, "k"))
			lose(c)
			_, err := c.Get(ctx, "k")
			require.ErrorIs(t, err, glide.ErrConnectionLost)
			_, err = c.Exec(ctx, glide.NewTransaction().Set("k", "v"))
			require.ErrorIs(t, err, glide.ErrConnectionLost)
		})
	}
	lost(func(*glide.DedicatedClient) {
		server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
	})
	lost(func(c *glide.DedicatedClient) {
		short, cancel := context.WithCancel(ctx)
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err := c.BLPop(short, 0, "nothing")
		require.ErrorIs(t, err, context.Canceled)
		requireBlocked(t, server, 0, 100*time.Millisecond)
	})
	lost(func(c *glide.DedicatedClient) {
		// Beyond the request timeout.
		require.ErrorIs(t, value2(c.Eval(ctx, "local t = redis.call('TIME'); local s = t[1]*1000+t[2]/1000; repeat t = redis.call('TIME') until t[1]*1000+t[2]/1000 > s+400", nil)), glide.ErrTimeout)
	})
}

// value2 returns the error of what returns a value too.
func value2[T any](_ T, err error) error { return err }

func TestGoroutinesTakeTurnsOnADedicatedConnection(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		harness.Dedicated(t, client, func(c *glide.DedicatedClient) {
			var group sync.WaitGroup
			for i := range 16 {
				group.Add(1)
				go func() {
					defer group.Done()
					key := strconv.Itoa(i)
					for n := range 100 {
						if got, err := c.Incr(ctx, key); err != nil || got != int64(n+1) {
							t.Error(got, err)
							return
						}
					}
				}()
			}
			group.Wait()
		})
	})
}

func TestADedicatedConnectionStaysWithItsNode(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		cluster, err := testkit.SharedCluster()
		require.NoError(t, err)
		require.NoError(t, client.Node(glide.PrimaryOfKey("a")).Dedicated(ctx, func(c *glide.DedicatedClient) error {
			require.NoError(t, c.Set(ctx, "a", "1"))
			require.NoError(t, c.Watch(ctx, "a"))
			require.NoError(t, client.Set(ctx, "a", "2"))
			_, err := c.Exec(ctx, glide.NewTransaction().Set("a", "3"))
			require.ErrorIs(t, err, glide.ErrTransactionAborted)
			_, err = c.Get(ctx, "b")
			harness.RequireCode(t, "MOVED", err)
			require.ErrorContains(t, err, "the dedicated connection is to another node")
			return c.Set(ctx, "a", "4")
		}))
		node, err := cluster.NodeForKey("b")
		require.NoError(t, err)
		require.NoError(t, client.Node(glide.NodeAt(harness.AddressOf(node))).Dedicated(ctx, func(c *glide.DedicatedClient) error {
			return c.Set(ctx, "b", "1")
		}))
		require.ErrorIs(t, client.Node(glide.NodeRoute{}).Dedicated(ctx, func(*glide.DedicatedClient) error { return nil }), glide.ErrInvalidArgument)
		require.ErrorIs(t, client.Node(glide.ReplicaOfKey("a")).Dedicated(ctx, func(c *glide.DedicatedClient) error { return c.Ping(ctx) }), glide.ErrInvalidArgument)
		require.NoError(t, client.Node(glide.RandomNode).Dedicated(ctx, func(c *glide.DedicatedClient) error { return c.Ping(ctx) }))
	})
}

func TestADedicatedConnectionIsToTheNodeOfTheFirstKey(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		for key, other := range map[string]string{"a": "b", "b": "a"} { // of different nodes
			for name, first := range map[string]func(c *glide.DedicatedClient) error{
				"command": func(c *glide.DedicatedClient) error { return c.Set(ctx, key, "1") },
				"custom command": func(c *glide.DedicatedClient) error {
					_, err := c.Do(ctx, "SET", key, "1")
					return err
				},
				"WATCH": func(c *glide.DedicatedClient) error { return c.Watch(ctx, key) },
				"transaction": func(c *glide.DedicatedClient) error {
					_, err := c.Exec(ctx, glide.NewTransaction().PingMessage("x").Set(key, "1"))
					return err
				},
				"pipeline": func(c *glide.DedicatedClient) error {
					_, err := c.Exec(ctx, glide.NewPipeline().Set(key, "1"), glide.FailOnError)
					return err
				},
			} {
				require.NoError(t, client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
					require.NoError(t, first(c), name)
					id := harness.Value(c.ClientID(ctx))(t)
					_, err := c.Get(ctx, other)
					harness.RequireCode(t, "MOVED", err)
					require.NoError(t, c.Set(ctx, key, "2"), "the connection is as it was")
					require.Equal(t, id, harness.Value(c.ClientID(ctx))(t))
					return nil
				}), name)
			}
		}
		// Without a key it is to any primary.
		require.NoError(t, client.Dedicated(ctx, func(c *glide.DedicatedClient) error { return c.Ping(ctx) }))
	})
}

func TestWhatIsAboutOneConnectionTakesDedicated(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		for _, words := range [][]string{{"WATCH", "k"}, {"unwatch"}, {"Multi"}, {"EXEC"}, {"DISCARD"}, {"WAIT", "1", "1"}, {"WAITAOF", "0", "0", "1"}} {
			_, err := client.Do(ctx, words...)
			require.EqualError(t, err, "glide: "+words[0]+": invalid argument: it changes the state of its connection: use Dedicated")
		}
		harness.Dedicated(t, client, func(c *glide.DedicatedClient) {
			harness.Value(c.Do(ctx, "MULTI"))(t)
			require.Equal(t, "QUEUED", harness.Value(c.Do(ctx, "SET", "k", "v"))(t))
			require.Equal(t, []any{"OK"}, harness.Value(c.Do(ctx, "EXEC"))(t))
		})
	})
	require.ErrorIs(t, (&glide.Client{}).Dedicated(ctx, func(*glide.DedicatedClient) error { return nil }), glide.ErrClosed)
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		require.ErrorIs(t, client.Dedicated(ctx, nil), glide.ErrInvalidArgument)
		var none context.Context
		require.ErrorIs(t, client.Dedicated(none, func(*glide.DedicatedClient) error { return nil }), glide.ErrInvalidArgument)
	})
}
