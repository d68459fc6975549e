package commands_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// onOneServer is onServerFaces with the commands that are about one server.
func onOneServer(t *testing.T, test func(t *testing.T, c faces.ServerFace)) {
	t.Helper()
	harness.OnServerFaces(t, func(t *testing.T, c faces.Face) { test(t, c.(faces.ServerFace)) })
}

// serverFacesOf returns a client and batches on a server.
func serverFacesOf(t *testing.T, server *glidetest.Server, protocol glide.Protocol) map[string]faces.ServerFace {
	t.Helper()
	client := harness.Connect(t, server, harness.Patient, harness.Speaking(protocol))
	return map[string]faces.ServerFace{
		"client":      client,
		"transaction": faces.Transaction{Face: client, Client: client},
		"pipeline":    faces.Pipeline{Face: client},
	}
}

// onOwnFaces is harness.OnEveryFace on a server and a cluster that no other client uses.
func onOwnFaces(t *testing.T, test func(t *testing.T, c faces.Face), options ...glidetest.Option) {
	t.Helper()
	server := glidetest.Start(t, options...)
	cluster := glidetest.StartCluster(t, append(options, glidetest.WithReplicas(0))...)
	for _, p := range harness.Protocols {
		for name, face := range serverFacesOf(t, server, p.Protocol) {
			t.Run(name+" "+p.Name, func(t *testing.T) { test(t, face) })
		}
		client := harness.ConnectToCluster(t, cluster, func(config *glide.ClusterConfig) {
			config.RequestTimeout, config.Protocol = harness.Patience, p.Protocol
		})
		for name, face := range map[string]faces.Face{
			"client":      client,
			"transaction": faces.ClusterTransaction{Face: client, Client: client},
			"pipeline":    faces.Pipeline{Face: client},
		} {
			t.Run("cluster "+name+" "+p.Name, func(t *testing.T) { test(t, face) })
		}
	}
}

// whole returns the face by which all nodes of a cluster are asked: not a
// transaction, which one node runs.
func whole(c faces.Face) faces.Face {
	if transaction, ok := c.(faces.ClusterTransaction); ok {
		return transaction.Face
	}
	return c
}

func TestFlushingDeletesAllKeys(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		all := whole(c)
		for _, flush := range []func(c faces.Face) error{
			func(c faces.Face) error { return c.FlushAll(ctx) },
			func(c faces.Face) error { return c.FlushAll(ctx, glide.FlushAsync) },
			func(c faces.Face) error { return c.FlushAll(ctx, glide.FlushSync) },
			func(c faces.Face) error { return c.FlushDB(ctx) },
			func(c faces.Face) error { return c.FlushDB(ctx, glide.FlushAsync) },
			func(c faces.Face) error { return c.FlushDB(ctx, glide.FlushSync) },
		} {
			for i := range 20 {
				require.NoError(t, c.Set(ctx, fmt.Sprint("k", i), "v"))
			}
			require.EqualValues(t, 20, harness.Value(all.DBSize(ctx))(t))
			if _, oneNode := c.(faces.ClusterTransaction); oneNode {
				require.Less(t, harness.Value(c.DBSize(ctx))(t), int64(20))
				require.NoError(t, flush(c))
				require.Positive(t, harness.Value(all.DBSize(ctx))(t))
			}
			require.NoError(t, flush(all))
			require.EqualValues(t, 0, harness.Value(all.DBSize(ctx))(t))
		}
	})
}

func TestTimeIsTheServers(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		now := harness.Value(c.Time(ctx))(t)
		require.WithinDuration(t, time.Now(), now, time.Minute)
		require.Zero(t, now.Nanosecond()%1000)
	})
}

func TestLolWutDraws(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.Contains(t, harness.Value(c.LolWut(ctx))(t), "ver. ")
		small := harness.Value(c.LolWut(ctx, glide.LolWutVersion(5, 1, 1, 1)))(t)
		require.Contains(t, small, "Georg Nees")
		require.Less(t, len(small), len(harness.Value(c.LolWut(ctx, glide.LolWutVersion(5, 80, 8, 8)))(t)))
		require.NotContains(t, harness.Value(c.LolWut(ctx, glide.LolWutVersion(6)))(t), "Georg Nees")
	})
}

func TestInfoGivesTheSectionsThatAreAskedFor(t *testing.T) {
	version := harness.Value(testkit.SharedServer())(t).Version()
	onOneServer(t, func(t *testing.T, c faces.ServerFace) {
		field := "redis_version"
		if version.Name == "valkey" {
			field = "valkey_version"
		}
		sections := glide.ParseInfo(harness.Value(c.Info(ctx, "server", "memory"))(t))
		require.Len(t, sections, 2)
		require.Contains(t, version.String(), sections["server"][field])
		require.NotEmpty(t, sections["memory"]["used_memory"])
		require.NotContains(t, glide.ParseInfo(harness.Value(c.Info(ctx))(t)), "commandstats")
		require.Contains(t, glide.ParseInfo(harness.Value(c.Info(ctx, "everything"))(t)), "commandstats")
		require.NoError(t, c.Set(ctx, "k", "v"))
		require.Contains(t, glide.ParseInfo(harness.Value(c.Info(ctx, "keyspace"))(t))["keyspace"]["db0"], "keys=1,")
		require.Empty(t, glide.ParseInfo(harness.Value(c.Info(ctx, "nothing"))(t)))
	})
}

func TestSwapDBSwapsDatabases(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		require.NoError(t, client.Set(ctx, "k", "v"))
		require.NoError(t, client.SwapDB(ctx, 0, 5))
		require.EqualValues(t, 0, harness.Value(client.DBSize(ctx))(t))
		results := harness.Value(client.Exec(ctx, glide.NewTransaction().SwapDB(5, 0).DBSize()))(t)
		require.EqualValues(t, 1, harness.Value(glide.Result[int64](results, 1))(t))
		for _, number := range []int{-1, 16, math.MaxInt32} {
			harness.RequireCode(t, "ERR", client.SwapDB(ctx, 0, number))
		}
	})
}

func TestSavingIsSeenByLastSave(t *testing.T) {
	for _, p := range harness.Protocols {
		for _, name := range []string{"client", "transaction", "pipeline"} {
			t.Run(name+" "+p.Name, func(t *testing.T) {
				// What is put off is of no concern to others.
				c := serverFacesOf(t, glidetest.Start(t), p.Protocol)[name]
				// idle reports whether so many savings have been done and nothing is
				// under way.
				idle := func(savings string) func() bool {
					return func() bool {
						persistence := glide.ParseInfo(harness.Value(c.Info(ctx, "persistence"))(t))["persistence"]
						return persistence["rdb_saves"] == savings && persistence["rdb_bgsave_in_progress"] == "0" &&
							persistence["aof_rewrite_in_progress"] == "0" && persistence["aof_rewrite_scheduled"] == "0"
					}
				}
				require.NoError(t, c.Save(ctx))
				saved := harness.Value(c.LastSave(ctx))(t)
				require.WithinDuration(t, time.Now(), saved, time.Minute)

				// Within a transaction it is put off until its end.
				begins := name != "transaction"
				require.Equal(t, begins, harness.Value(c.BGRewriteAOF(ctx))(t))
				require.Eventually(t, idle("1"), harness.Patience, 10*time.Millisecond)
				require.Equal(t, begins, harness.Value(c.BGSave(ctx, glide.BGSaveSchedule))(t))
				require.Eventually(t, idle("2"), harness.Patience, 10*time.Millisecond)
				require.Equal(t, begins, harness.Value(c.BGSave(ctx))(t))
				require.Eventually(t, idle("3"), harness.Patience, 10*time.Millisecond)
				require.False(t, harness.Value(c.LastSave(ctx))(t).Before(saved))
			})
		}
	}
}

func TestASavingThatIsUnderWay(t *testing.T) {
	harness.OnOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
		server.MustCommand(t, "CONFIG", "SET", "rdb-key-save-delay", "100000")
		for i := range 100 {
			require.NoError(t, client.Set(ctx, fmt.Sprint(i), "v"))
		}
		require.True(t, harness.Value(client.BGSave(ctx))(t))
		defer func() {
			require.NoError(t, client.FlushAll(ctx)) // that ends it
			require.Eventually(t, func() bool {
				persistence := glide.ParseInfo(harness.Value(client.Info(ctx, "persistence"))(t))["persistence"]
				return persistence["aof_rewrite_in_progress"] == "0" && persistence["aof_rewrite_scheduled"] == "0" && persistence["rdb_bgsave_in_progress"] == "0"
			}, harness.Patience, 10*time.Millisecond)
		}()
		_, err := client.BGSave(ctx)
		harness.RequireCode(t, "ERR", err)
		harness.RequireCode(t, "ERR", client.Save(ctx))
		require.False(t, harness.Value(client.BGRewriteAOF(ctx))(t), "it waits for its turn")

		harness.Needs(t, "BGSAVE CANCEL", "8.1", "")
		require.NoError(t, client.BGSaveCancel(ctx))
	})
}

func TestThereIsNoSavingToCancel(t *testing.T) {
	onOneServer(t, func(t *testing.T, c faces.ServerFace) { harness.RequireCode(t, "ERR", c.BGSaveCancel(ctx)) })
}

// The nodes of a cluster save together, and each in its turn.
func TestSaveSavesAllPrimaries(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client := harness.ConnectToCluster(t, cluster, func(config *glide.ClusterConfig) { config.RequestTimeout = harness.Patience })
	require.NoError(t, client.Save(ctx))
	for _, node := range cluster.Nodes() {
		require.Equal(t, 1, testkit.CallsOf(t, node, "save"))
	}
}

func TestShutdownEndsTheServer(t *testing.T) {
	for _, options := range [][]glide.ShutdownOption{
		nil,
		{glide.ShutdownSave},
		{glide.ShutdownNoSave, glide.ShutdownNow, glide.ShutdownForce},
	} {
		harness.OnOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
			require.NoError(t, client.Shutdown(ctx, options...))
			requireEnded(t, server)
		})
	}
}

func TestShutdownOfWhatTakesCare(t *testing.T) {
	harness.Needs(t, "SHUTDOWN with SAFE and FAILOVER", "9.0", "")
	harness.OnOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
		harness.RequireCode(t, "ERR", client.Shutdown(ctx, glide.ShutdownFailover)) // in a cluster only
		require.NoError(t, client.Shutdown(ctx, glide.ShutdownSafe))
		requireEnded(t, server)
	})
}

func requireEnded(t *testing.T, server *glidetest.Server) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := server.Command("PING")
		return err != nil
	}, harness.Patience, 10*time.Millisecond)
}

func TestAServerThatCannotSaveGoesOn(t *testing.T) {
	harness.OnOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
		settings := harness.Value(client.ConfigGet(ctx, "dir", "dbfilename"))(t)
		require.NoError(t, os.MkdirAll(filepath.Join(settings["dir"], settings["dbfilename"], "in the way"), 0o700))
		harness.RequireCode(t, "ERR", client.Shutdown(ctx, glide.ShutdownSave))
		harness.RequireCode(t, "ERR", client.Save(ctx))
		require.NoError(t, client.Ping(ctx))
		require.NoError(t, client.Shutdown(ctx, glide.ShutdownSave, glide.ShutdownForce))
		requireEnded(t, server)
	})
}

func TestShutdownAbortEndsTheWaitForReplicas(t *testing.T) {
	for _, p := range harness.Protocols {
		t.Run(p.Name, func(t *testing.T) {
			server := glidetest.Start(t, glidetest.WithReplicas(1))
			client := harness.Connect(t, server, harness.Patient, harness.Speaking(p.Protocol))
			harness.RequireCode(t, "ERR", client.ShutdownAbort(ctx))

			lagging(t, server, client)
			leaving := harness.Connect(t, server, harness.Patient)
			ended := make(chan error, 1)
			go func() { ended <- leaving.Shutdown(ctx) }()
			require.Eventually(t, func() bool { return client.ShutdownAbort(ctx) == nil }, harness.Patience, 10*time.Millisecond)
			harness.RequireCode(t, "ERR", <-ended)
			leaving.Close()
			if server.Version().Name == "valkey" {
				require.NoError(t, client.Ping(ctx))
			}
		})
	}
}

// lagging makes the replicas of a server lag behind.
func lagging(t *testing.T, server *glidetest.Server, client *glide.Client) {
	t.Helper()
	for _, replica := range server.Replicas() {
		require.NoError(t, replica.Pause())
		t.Cleanup(func() { require.NoError(t, replica.Resume()) })
	}
	require.NoError(t, client.Set(ctx, "k", "v"))
}

func TestShutdownIsBoundedByItsTime(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithReplicas(1))
	client := harness.Connect(t, server)
	lagging(t, server, client)
	require.ErrorIs(t, client.Shutdown(ctx), glide.ErrTimeout)
}

func TestShutdownRefusesLikeAnyOther(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		err := client.Shutdown(ctx, glide.ShutdownSave, glide.ShutdownNoSave)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		client.Close()
		require.ErrorIs(t, client.Shutdown(ctx), glide.ErrClosed)
	})
}

// The core counts these commands among those that only read.
func TestShutdownGoesToAReplicaThatIsPreferred(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithReplicas(1))
	replica := server.Replicas()[0]
	client := harness.ConnectWith(t, glide.Config{
		Addresses: []glide.Address{harness.AddressOf(server), harness.AddressOf(replica)},
		ReadFrom:  glide.PreferReplica, RequestTimeout: harness.Patience,
	})
	require.Equal(t, "slave", harness.Value(client.Role(ctx))(t).Role)
	require.NoError(t, client.Shutdown(ctx, glide.ShutdownNoSave))
	requireEnded(t, replica)
	require.NoError(t, client.Set(ctx, "k", "v"))
}

func TestRoleTellsOfReplication(t *testing.T) {
	onOneServer(t, func(t *testing.T, c faces.ServerFace) {
		role := harness.Value(c.Role(ctx))(t)
		require.Equal(t, "master", role.Role)
		require.Equal(t, []glide.ReplicaInfo{}, role.Replicas)
	})
	server := glidetest.Start(t, glidetest.WithReplicas(2))
	for _, p := range harness.Protocols {
		client := harness.Connect(t, server, harness.Patient, harness.Speaking(p.Protocol))
		require.NoError(t, client.Set(ctx, "k", "v"))
		harness.AwaitReplicas(t, client, 2)
		role := harness.Value(client.Role(ctx))(t)
		require.Equal(t, "master", role.Role)
		require.Positive(t, role.Offset)
		var found, started []glide.Address
		for _, replica := range role.Replicas {
			found = append(found, replica.Address)
		}
		for _, replica := range server.Replicas() {
			started = append(started, harness.AddressOf(replica))
		}
		require.ElementsMatch(t, started, found)
	}
}

func TestReplicaOfMakesAReplica(t *testing.T) {
	primary := glidetest.Start(t)
	to := harness.Connect(t, primary, harness.Patient)
	server := glidetest.Start(t)
	for _, p := range harness.Protocols {
		for name, c := range serverFacesOf(t, server, p.Protocol) {
			t.Run(name+" "+p.Name, func(t *testing.T) {
				require.NoError(t, c.ReplicaOfNoOne(ctx), "it is none")
				require.NoError(t, c.Set(ctx, "k", "its own"))
				require.NoError(t, c.ReplicaOf(ctx, harness.AddressOf(primary)))
				require.Eventually(t, func() bool {
					role := harness.Value(c.Role(ctx))(t)
					require.Equal(t, "slave", role.Role)
					require.Equal(t, harness.AddressOf(primary), role.Primary)
					return role.Link == "connected"
				}, harness.Patience, 10*time.Millisecond)
				require.NoError(t, to.Set(ctx, "k", "the primary's"))
				harness.AwaitReplicas(t, to, 1)
				require.Positive(t, harness.Value(c.Role(ctx))(t).Offset)
				require.Equal(t, glide.Some("the primary's"), harness.Value(c.Get(ctx, "k"))(t))
				// The client looks for a primary as long as the call may take.
				short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
				defer cancel()
				harness.RequireCode(t, "READONLY", c.Set(short, "k", "v"))

				require.NoError(t, c.ReplicaOfNoOne(ctx))
				require.Equal(t, "master", harness.Value(c.Role(ctx))(t).Role)
				require.NoError(t, c.Set(ctx, "k", "v"))
			})
		}
	}
}

func TestFailoverChangesPlaces(t *testing.T) {
	for _, p := range harness.Protocols {
		t.Run(p.Name, func(t *testing.T) {
			server := glidetest.Start(t, glidetest.WithReplicas(1))
			client := harness.Connect(t, server, harness.Patient, harness.Speaking(p.Protocol))
			heir := harness.AddressOf(server.Replicas()[0])
			harness.RequireCode(t, "ERR", client.FailoverAbort(ctx))
			harness.RequireCode(t, "ERR", client.Failover(ctx, glide.FailoverTimeout(0)))
			harness.RequireCode(t, "ERR", client.Failover(ctx, glide.FailoverTo(glide.Address{Host: "127.0.0.1", Port: 1})))
			harness.RequireCode(t, "ERR", client.FailoverForce(ctx, heir, 0))

			require.NoError(t, client.Failover(ctx, glide.FailoverTo(heir), glide.FailoverTimeout(harness.Patience)))
			require.Eventually(t, func() bool {
				role, err := client.Role(ctx)
				return err == nil && role.Role == "slave" && role.Primary == heir
			}, harness.Patience, 10*time.Millisecond)
		})
	}
}

func TestFailoverWaitsForTheReplica(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithReplicas(1))
	client := harness.Connect(t, server, harness.Patient)
	state := func() string {
		return glide.ParseInfo(harness.Value(client.Info(ctx, "replication"))(t))["replication"]["master_failover_state"]
	}
	lagging(t, server, client)
	require.NoError(t, client.Failover(ctx))
	require.Equal(t, "waiting-for-sync", state())
	harness.RequireCode(t, "ERR", client.Failover(ctx))
	require.NoError(t, client.FailoverAbort(ctx))
	require.Equal(t, "no-failover", state())

	require.NoError(t, client.FailoverForce(ctx, harness.AddressOf(server.Replicas()[0]), time.Hour))
	require.Equal(t, "waiting-for-sync", state())
	require.NoError(t, client.FailoverAbort(ctx))
}

func TestAServerWithoutReplicasDoesNotFailOver(t *testing.T) {
	onOneServer(t, func(t *testing.T, c faces.ServerFace) {
		harness.RequireCode(t, "ERR", c.Failover(ctx))
		harness.RequireCode(t, "ERR", c.FailoverForce(ctx, glide.Address{}, time.Second))
		harness.RequireCode(t, "ERR", c.FailoverAbort(ctx))
	})
}

func TestConfigIsReadAndSet(t *testing.T) {
	onOwnFaces(t, func(t *testing.T, c faces.Face) {
		all := whole(c)
		memory := harness.Value(c.ConfigGet(ctx, "maxmemory*"))(t)
		require.Equal(t, "noeviction", memory["maxmemory-policy"])
		require.Greater(t, len(memory), 2)
		require.Equal(t, map[string]string{"appendonly": "no", "timeout": "0"}, harness.Value(c.ConfigGet(ctx, "appendonly", "timeout", "nothing"))(t))
		require.Equal(t, map[string]string{}, harness.Value(c.ConfigGet(ctx, "nothing"))(t))

		require.NoError(t, c.ConfigSet(ctx, map[string]string{"timeout": "0"}))
		require.NoError(t, all.ConfigSet(ctx, map[string]string{"latency-tracking": "no", "slowlog-max-len": "7"}))
		for range 10 { // whichever node answers
			require.Equal(t, map[string]string{"latency-tracking": "no", "slowlog-max-len": "7"}, harness.Value(c.ConfigGet(ctx, "latency-tracking", "slowlog-max-len"))(t))
		}
		require.NoError(t, all.ConfigSet(ctx, map[string]string{"latency-tracking": "yes", "slowlog-max-len": "128"}))

		for _, wrong := range []map[string]string{
			{"slowlog-max-len": "hunter2"}, {"maxmemory": "hunter2"}, {"maxmemory-policy": "hunter2"}, {"nothing": "hunter2"},
			{"port": "1", "cluster-enabled": "yes"}, {"": ""}, {"slowlog-max-len": "9", "maxmemory": "hunter2"},
		} {
			err := c.ConfigSet(ctx, wrong)
			harness.RequireCode(t, "ERR", err)
			require.NotContains(t, err.Error(), "hunter2")
		}
		require.Equal(t, map[string]string{"slowlog-max-len": "128"}, harness.Value(c.ConfigGet(ctx, "slowlog-max-len"))(t), "all or none")

		require.NoError(t, c.ConfigResetStat(ctx))
		require.NoError(t, c.ConfigRewrite(ctx))
	})
}

func TestConfigSetTellsReplicasToo(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithReplicas(1))
	replica := server.Replicas()[0]
	client := harness.ConnectWith(t, glide.Config{Addresses: []glide.Address{harness.AddressOf(server), harness.AddressOf(replica)}, RequestTimeout: harness.Patience})
	require.NoError(t, client.ConfigSet(ctx, map[string]string{"slowlog-max-len": "7"}))
	require.NoError(t, client.ACLSetUser(ctx, "app", "on"))
	for _, server := range []*glidetest.Server{server, replica} {
		require.Equal(t, []any{"slowlog-max-len", "7"}, server.MustCommand(t, "CONFIG", "GET", "slowlog-max-len"))
		require.Contains(t, server.MustCommand(t, "ACL", "USERS"), "app")
	}
}

func TestConfigRewriteWritesTheFile(t *testing.T) {
	harness.OnOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
		require.NoError(t, client.ConfigSet(ctx, map[string]string{"maxmemory-samples": "7"}))
		require.NoError(t, client.ConfigRewrite(ctx))
		file := glide.ParseInfo(harness.Value(client.Info(ctx, "server"))(t))["server"]["config_file"]
		require.Contains(t, string(harness.Value(os.ReadFile(file))(t)), "maxmemory-samples 7")

		harness.Value(client.Do(ctx, "GET", "k"))(t)
		hits := func() string {
			return glide.ParseInfo(harness.Value(client.Info(ctx, "stats"))(t))["stats"]["keyspace_misses"]
		}
		require.NotEqual(t, "0", hits())
		require.NoError(t, client.ConfigResetStat(ctx))
		require.Equal(t, "0", hits())
	})
}

func TestModulesAreListed(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, module := range harness.Value(c.ModuleList(ctx))(t) {
			require.NotEmpty(t, module.Name)
			require.NotEmpty(t, module.Path)
		}
	})
}

func TestModulesAreLoaded(t *testing.T) {
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	path := filepath.Join(cache, "valkey-glide-go", "servers", "modules", "rejson.so")
	require.FileExists(t, path, "scripts/install-server modules")
	for _, p := range harness.Protocols {
		t.Run(p.Name, func(t *testing.T) {
			loaded := func(client *glide.Client) bool {
				return slices.ContainsFunc(harness.Value(client.ModuleList(ctx))(t), func(module glide.Module) bool { return module.Name == "ReJSON" })
			}
			for _, load := range []func(client *glide.Client) error{
				func(client *glide.Client) error { return client.ModuleLoad(ctx, path) },
				func(client *glide.Client) error { return client.ModuleLoadEx(ctx, path, nil) },
			} {
				server := glidetest.Start(t, glidetest.WithConfig("enable-module-command", "yes"))
				client := harness.Connect(t, server, harness.Patient, harness.Speaking(p.Protocol))
				require.False(t, loaded(client))
				require.NoError(t, load(client))
				require.True(t, loaded(client))
				harness.RequireCode(t, "ERR", load(client))
				harness.RequireCode(t, "ERR", client.ModuleUnload(ctx, "ReJSON")) // it has a type
				harness.RequireCode(t, "ERR", client.ModuleUnload(ctx, "nothing"))
				harness.RequireCode(t, "ERR", client.ModuleLoad(ctx, "/nowhere.so", "hunter2"))
				harness.RequireCode(t, "ERR", client.ModuleLoadEx(ctx, "/nowhere.so", map[string]string{"a.b": "hunter2"}, "x"))
			}
		})
	}
}

func TestModulesAreNotLoadedUnlessThatIsAllowed(t *testing.T) {
	onOneServer(t, func(t *testing.T, c faces.ServerFace) {
		for _, err := range []error{c.ModuleLoad(ctx, "/m.so", "hunter2"), c.ModuleLoadEx(ctx, "/m.so", nil), c.ModuleUnload(ctx, "m")} {
			harness.RequireCode(t, "ERR", err)
			require.NotContains(t, err.Error(), "hunter2")
		}
	})
}
