package glide_test

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
)

// onOneServer is onServerFaces with the commands that are about one server.
func onOneServer(t *testing.T, test func(t *testing.T, c faces.ServerFace)) {
	t.Helper()
	onServerFaces(t, func(t *testing.T, c faces.Face) { test(t, c.(faces.ServerFace)) })
}

// serverFacesOf gives a client and batches on a server.
func serverFacesOf(t *testing.T, server *glidetest.Server, protocol glide.Protocol) map[string]faces.ServerFace {
	t.Helper()
	client := connect(t, server, patient, speaking(protocol))
	return map[string]faces.ServerFace{
		"client":      client,
		"transaction": faces.Transaction{Face: client, Client: client},
		"pipeline":    faces.Pipeline{Face: client, Exec: func(ctx context.Context, b *glide.Pipeline) (glide.Results, error) { return client.Exec(ctx, b) }},
	}
}

// onOwnFaces is onEveryFace on a server and a cluster that nobody else uses.
func onOwnFaces(t *testing.T, test func(t *testing.T, c faces.Face), options ...glidetest.Option) {
	t.Helper()
	server := glidetest.Start(t, options...)
	cluster := glidetest.StartCluster(t, append(options, glidetest.WithReplicas(0))...)
	for _, p := range protocols {
		for name, face := range serverFacesOf(t, server, p.protocol) {
			t.Run(name+" "+p.name, func(t *testing.T) { test(t, face) })
		}
		client := connectCluster(t, cluster, func(config *glide.ClusterConfig) {
			config.RequestTimeout, config.Protocol = patience, p.protocol
		})
		for name, face := range map[string]faces.Face{
			"client":      client,
			"transaction": faces.ClusterTransaction{Face: client, Client: client},
			"pipeline":    faces.Pipeline{Face: client, Exec: func(ctx context.Context, b *glide.Pipeline) (glide.Results, error) { return client.Exec(ctx, b) }},
		} {
			t.Run("cluster "+name+" "+p.name, func(t *testing.T) { test(t, face) })
		}
	}
}

// whole gives the face by which all nodes of a cluster are asked: not a
// transaction, which one node runs.
func whole(c faces.Face) faces.Face {
	if transaction, ok := c.(faces.ClusterTransaction); ok {
		return transaction.Face
	}
	return c
}

func TestFlushingDeletesAllKeys(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
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
			require.EqualValues(t, 20, value(all.DBSize(ctx))(t))
			if _, oneNode := c.(faces.ClusterTransaction); oneNode {
				require.Less(t, value(c.DBSize(ctx))(t), int64(20))
				require.NoError(t, flush(c))
				require.Positive(t, value(all.DBSize(ctx))(t))
			}
			require.NoError(t, flush(all))
			require.EqualValues(t, 0, value(all.DBSize(ctx))(t))
		}
	})
}

func TestTimeIsTheServers(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		now := value(c.Time(ctx))(t)
		require.WithinDuration(t, time.Now(), now, time.Minute)
		require.Zero(t, now.Nanosecond()%1000)
	})
}

func TestLolWutDraws(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		require.Contains(t, value(c.LolWut(ctx))(t), "ver. ")
		small := value(c.LolWut(ctx, glide.LolWutVersion(5, 1, 1, 1)))(t)
		require.Contains(t, small, "Georg Nees")
		require.Less(t, len(small), len(value(c.LolWut(ctx, glide.LolWutVersion(5, 80, 8, 8)))(t)))
		require.NotContains(t, value(c.LolWut(ctx, glide.LolWutVersion(6)))(t), "Georg Nees")
	})
}

func TestInfoGivesTheSectionsThatAreAskedFor(t *testing.T) {
	version := value(sharedServer())(t).Version()
	onOneServer(t, func(t *testing.T, c faces.ServerFace) {
		field := "redis_version"
		if version.Name == "valkey" {
			field = "valkey_version"
		}
		sections := glide.ParseInfo(value(c.Info(ctx, "server", "memory"))(t))
		require.Len(t, sections, 2)
		require.Contains(t, version.String(), sections["server"][field])
		require.NotEmpty(t, sections["memory"]["used_memory"])
		require.NotContains(t, glide.ParseInfo(value(c.Info(ctx))(t)), "commandstats")
		require.Contains(t, glide.ParseInfo(value(c.Info(ctx, "everything"))(t)), "commandstats")
		require.NoError(t, c.Set(ctx, "k", "v"))
		require.Contains(t, glide.ParseInfo(value(c.Info(ctx, "keyspace"))(t))["keyspace"]["db0"], "keys=1,")
		require.Empty(t, glide.ParseInfo(value(c.Info(ctx, "nothing"))(t)))
	})
}

func TestSwapDBSwapsDatabases(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
		require.NoError(t, client.Set(ctx, "k", "v"))
		require.NoError(t, client.SwapDB(ctx, 0, 5))
		require.EqualValues(t, 0, value(client.DBSize(ctx))(t))
		results := value(client.Exec(ctx, glide.NewTransaction().SwapDB(5, 0).DBSize()))(t)
		require.EqualValues(t, 1, value(glide.Result[int64](results, 1))(t))
		for _, number := range []int{-1, 16, math.MaxInt32} {
			requireCode(t, "ERR", client.SwapDB(ctx, 0, number))
		}
	})
}

func TestSavingIsSeenByLastSave(t *testing.T) {
	for _, p := range protocols {
		for _, name := range []string{"client", "transaction", "pipeline"} {
			t.Run(name+" "+p.name, func(t *testing.T) {
				// What is put off is of no concern to others.
				c := serverFacesOf(t, glidetest.Start(t), p.protocol)[name]
				// idle reports whether so many savings have been done and nothing is
				// under way.
				idle := func(savings string) func() bool {
					return func() bool {
						persistence := glide.ParseInfo(value(c.Info(ctx, "persistence"))(t))["persistence"]
						return persistence["rdb_saves"] == savings && persistence["rdb_bgsave_in_progress"] == "0" &&
							persistence["aof_rewrite_in_progress"] == "0" && persistence["aof_rewrite_scheduled"] == "0"
					}
				}
				require.NoError(t, c.Save(ctx))
				saved := value(c.LastSave(ctx))(t)
				require.WithinDuration(t, time.Now(), saved, time.Minute)

				// Within a transaction it is put off until its end.
				begins := name != "transaction"
				require.Equal(t, begins, value(c.BGRewriteAOF(ctx))(t))
				require.Eventually(t, idle("1"), patience, 10*time.Millisecond)
				require.Equal(t, begins, value(c.BGSave(ctx, glide.BGSaveSchedule))(t))
				require.Eventually(t, idle("2"), patience, 10*time.Millisecond)
				require.Equal(t, begins, value(c.BGSave(ctx))(t))
				require.Eventually(t, idle("3"), patience, 10*time.Millisecond)
				require.False(t, value(c.LastSave(ctx))(t).Before(saved))
			})
		}
	}
}

func TestASavingThatIsUnderWay(t *testing.T) {
	onOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
		server.MustCommand(t, "CONFIG", "SET", "rdb-key-save-delay", "100000")
		for i := range 100 {
			require.NoError(t, client.Set(ctx, fmt.Sprint(i), "v"))
		}
		require.True(t, value(client.BGSave(ctx))(t))
		defer func() {
			require.NoError(t, client.FlushAll(ctx)) // that ends it
			require.Eventually(t, func() bool {
				persistence := glide.ParseInfo(value(client.Info(ctx, "persistence"))(t))["persistence"]
				return persistence["aof_rewrite_in_progress"] == "0" && persistence["aof_rewrite_scheduled"] == "0" && persistence["rdb_bgsave_in_progress"] == "0"
			}, patience, 10*time.Millisecond)
		}()
		_, err := client.BGSave(ctx)
		requireCode(t, "ERR", err)
		requireCode(t, "ERR", client.Save(ctx))
		require.False(t, value(client.BGRewriteAOF(ctx))(t), "it waits for its turn")

		needs(t, "BGSAVE CANCEL", "8.1", "")
		require.NoError(t, client.BGSaveCancel(ctx))
	})
}

func TestThereIsNoSavingToCancel(t *testing.T) {
	onOneServer(t, func(t *testing.T, c faces.ServerFace) { requireCode(t, "ERR", c.BGSaveCancel(ctx)) })
}

// The nodes of a cluster save together, and each in its turn.
func TestSaveSavesAllPrimaries(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client := connectCluster(t, cluster, func(config *glide.ClusterConfig) { config.RequestTimeout = patience })
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
		onOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
			require.NoError(t, client.Shutdown(ctx, options...))
			requireEnded(t, server)
		})
	}
}

func TestShutdownOfWhatTakesCare(t *testing.T) {
	needs(t, "SHUTDOWN with SAFE and FAILOVER", "9.0", "")
	onOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
		requireCode(t, "ERR", client.Shutdown(ctx, glide.ShutdownFailover)) // in a cluster only
		require.NoError(t, client.Shutdown(ctx, glide.ShutdownSafe))
		requireEnded(t, server)
	})
}

func requireEnded(t *testing.T, server *glidetest.Server) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := server.Command("PING")
		return err != nil
	}, patience, 10*time.Millisecond)
}

func TestAServerThatCannotSaveGoesOn(t *testing.T) {
	onOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
		settings := value(client.ConfigGet(ctx, "dir", "dbfilename"))(t)
		require.NoError(t, os.MkdirAll(filepath.Join(settings["dir"], settings["dbfilename"], "in the way"), 0o700))
		requireCode(t, "ERR", client.Shutdown(ctx, glide.ShutdownSave))
		requireCode(t, "ERR", client.Save(ctx))
		require.NoError(t, client.Ping(ctx))
		require.NoError(t, client.Shutdown(ctx, glide.ShutdownSave, glide.ShutdownForce))
		requireEnded(t, server)
	})
}

func TestShutdownAbortEndsTheWaitForReplicas(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			server := glidetest.Start(t, glidetest.WithReplicas(1))
			client := connect(t, server, patient, speaking(p.protocol))
			requireCode(t, "ERR", client.ShutdownAbort(ctx))

			lagging(t, server, client)
			leaving := connect(t, server, patient)
			ended := make(chan error, 1)
			go func() { ended <- leaving.Shutdown(ctx) }()
			require.Eventually(t, func() bool { return client.ShutdownAbort(ctx) == nil }, patience, 10*time.Millisecond)
			requireCode(t, "ERR", <-ended)
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
	client := connect(t, server)
	lagging(t, server, client)
	require.ErrorIs(t, client.Shutdown(ctx), glide.ErrTimeout)
}

func TestShutdownRefusesLikeAnyOther(t *testing.T) {
	onShared(t, func(t *testing.T, client *glide.Client) {
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
	client := connectWith(t, glide.Config{
		Addresses: []glide.Address{addressOf(server), addressOf(replica)},
		ReadFrom:  glide.PreferReplica, RequestTimeout: patience,
	})
	require.Equal(t, "slave", value(client.Role(ctx))(t).Role)
	require.NoError(t, client.Shutdown(ctx, glide.ShutdownNoSave))
	requireEnded(t, replica)
	require.NoError(t, client.Set(ctx, "k", "v"))
}

func TestRoleTellsOfReplication(t *testing.T) {
	onOneServer(t, func(t *testing.T, c faces.ServerFace) {
		role := value(c.Role(ctx))(t)
		require.Equal(t, "master", role.Role)
		require.Equal(t, []glide.ReplicaInfo{}, role.Replicas)
	})
	server := glidetest.Start(t, glidetest.WithReplicas(2))
	for _, p := range protocols {
		client := connect(t, server, patient, speaking(p.protocol))
		require.NoError(t, client.Set(ctx, "k", "v"))
		awaitReplicas(t, client, 2)
		role := value(client.Role(ctx))(t)
		require.Equal(t, "master", role.Role)
		require.Positive(t, role.Offset)
		var found, started []glide.Address
		for _, replica := range role.Replicas {
			found = append(found, replica.Address)
		}
		for _, replica := range server.Replicas() {
			started = append(started, addressOf(replica))
		}
		require.ElementsMatch(t, started, found)
	}
}

func TestReplicaOfMakesAReplica(t *testing.T) {
	primary := glidetest.Start(t)
	to := connect(t, primary, patient)
	server := glidetest.Start(t)
	for _, p := range protocols {
		for name, c := range serverFacesOf(t, server, p.protocol) {
			t.Run(name+" "+p.name, func(t *testing.T) {
				require.NoError(t, c.ReplicaOfNoOne(ctx), "it is none")
				require.NoError(t, c.Set(ctx, "k", "its own"))
				require.NoError(t, c.ReplicaOf(ctx, addressOf(primary)))
				require.Eventually(t, func() bool {
					role := value(c.Role(ctx))(t)
					require.Equal(t, "slave", role.Role)
					require.Equal(t, addressOf(primary), role.Primary)
					return role.Link == "connected"
				}, patience, 10*time.Millisecond)
				require.NoError(t, to.Set(ctx, "k", "the primary's"))
				awaitReplicas(t, to, 1)
				require.Positive(t, value(c.Role(ctx))(t).Offset)
				require.Equal(t, glide.Some("the primary's"), value(c.Get(ctx, "k"))(t))
				require.Error(t, c.Set(ctx, "k", "v"))

				require.NoError(t, c.ReplicaOfNoOne(ctx))
				require.Equal(t, "master", value(c.Role(ctx))(t).Role)
				require.NoError(t, c.Set(ctx, "k", "v"))
			})
		}
	}
}

func TestFailoverChangesPlaces(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			server := glidetest.Start(t, glidetest.WithReplicas(1))
			client := connect(t, server, patient, speaking(p.protocol))
			heir := addressOf(server.Replicas()[0])
			requireCode(t, "ERR", client.FailoverAbort(ctx))
			requireCode(t, "ERR", client.Failover(ctx, glide.FailoverTimeout(0)))
			requireCode(t, "ERR", client.Failover(ctx, glide.FailoverTo(glide.Address{Host: "127.0.0.1", Port: 1})))
			requireCode(t, "ERR", client.FailoverForce(ctx, heir, 0))

			require.NoError(t, client.Failover(ctx, glide.FailoverTo(heir), glide.FailoverTimeout(patience)))
			require.Eventually(t, func() bool {
				role, err := client.Role(ctx)
				return err == nil && role.Role == "slave" && role.Primary == heir
			}, patience, 10*time.Millisecond)
		})
	}
}

func TestFailoverWaitsForTheReplica(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithReplicas(1))
	client := connect(t, server, patient)
	state := func() string {
		return glide.ParseInfo(value(client.Info(ctx, "replication"))(t))["replication"]["master_failover_state"]
	}
	lagging(t, server, client)
	require.NoError(t, client.Failover(ctx))
	require.Equal(t, "waiting-for-sync", state())
	requireCode(t, "ERR", client.Failover(ctx))
	require.NoError(t, client.FailoverAbort(ctx))
	require.Equal(t, "no-failover", state())

	require.NoError(t, client.FailoverForce(ctx, addressOf(server.Replicas()[0]), time.Hour))
	require.Equal(t, "waiting-for-sync", state())
	require.NoError(t, client.FailoverAbort(ctx))
}

func TestAServerWithoutReplicasDoesNotFailOver(t *testing.T) {
	onOneServer(t, func(t *testing.T, c faces.ServerFace) {
		requireCode(t, "ERR", c.Failover(ctx))
		requireCode(t, "ERR", c.FailoverForce(ctx, glide.Address{}, time.Second))
		requireCode(t, "ERR", c.FailoverAbort(ctx))
	})
}

func TestConfigIsReadAndSet(t *testing.T) {
	onOwnFaces(t, func(t *testing.T, c faces.Face) {
		all := whole(c)
		memory := value(c.ConfigGet(ctx, "maxmemory*"))(t)
		require.Equal(t, "noeviction", memory["maxmemory-policy"])
		require.Greater(t, len(memory), 2)
		require.Equal(t, map[string]string{"appendonly": "no", "timeout": "0"}, value(c.ConfigGet(ctx, "appendonly", "timeout", "nothing"))(t))
		require.Equal(t, map[string]string{}, value(c.ConfigGet(ctx, "nothing"))(t))

		require.NoError(t, c.ConfigSet(ctx, map[string]string{"timeout": "0"}))
		require.NoError(t, all.ConfigSet(ctx, map[string]string{"latency-tracking": "no", "slowlog-max-len": "7"}))
		for range 10 { // whichever node answers
			require.Equal(t, map[string]string{"latency-tracking": "no", "slowlog-max-len": "7"}, value(c.ConfigGet(ctx, "latency-tracking", "slowlog-max-len"))(t))
		}
		require.NoError(t, all.ConfigSet(ctx, map[string]string{"latency-tracking": "yes", "slowlog-max-len": "128"}))

		for _, wrong := range []map[string]string{
			{"slowlog-max-len": "hunter2"}, {"maxmemory": "hunter2"}, {"maxmemory-policy": "hunter2"}, {"nothing": "hunter2"},
			{"port": "1", "cluster-enabled": "yes"}, {"": ""}, {"slowlog-max-len": "9", "maxmemory": "hunter2"},
		} {
			err := c.ConfigSet(ctx, wrong)
			requireCode(t, "ERR", err)
			require.NotContains(t, err.Error(), "hunter2")
		}
		require.Equal(t, map[string]string{"slowlog-max-len": "128"}, value(c.ConfigGet(ctx, "slowlog-max-len"))(t), "all or none")

		require.NoError(t, c.ConfigResetStat(ctx))
		require.NoError(t, c.ConfigRewrite(ctx))
	})
}

func TestConfigSetTellsReplicasToo(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithReplicas(1))
	replica := server.Replicas()[0]
	client := connectWith(t, glide.Config{Addresses: []glide.Address{addressOf(server), addressOf(replica)}, RequestTimeout: patience})
	require.NoError(t, client.ConfigSet(ctx, map[string]string{"slowlog-max-len": "7"}))
	require.NoError(t, client.ACLSetUser(ctx, "app", "on"))
	for _, server := range []*glidetest.Server{server, replica} {
		require.Equal(t, []any{"slowlog-max-len", "7"}, server.MustCommand(t, "CONFIG", "GET", "slowlog-max-len"))
		require.Contains(t, server.MustCommand(t, "ACL", "USERS"), "app")
	}
}

func TestConfigRewriteWritesTheFile(t *testing.T) {
	onOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
		require.NoError(t, client.ConfigSet(ctx, map[string]string{"maxmemory-samples": "7"}))
		require.NoError(t, client.ConfigRewrite(ctx))
		file := glide.ParseInfo(value(client.Info(ctx, "server"))(t))["server"]["config_file"]
		require.Contains(t, string(value(os.ReadFile(file))(t)), "maxmemory-samples 7")

		value(client.Do(ctx, "GET", "k"))(t)
		hits := func() string { return glide.ParseInfo(value(client.Info(ctx, "stats"))(t))["stats"]["keyspace_misses"] }
		require.NotEqual(t, "0", hits())
		require.NoError(t, client.ConfigResetStat(ctx))
		require.Equal(t, "0", hits())
	})
}

func TestModulesAreListed(t *testing.T) {
	onEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, module := range value(c.ModuleList(ctx))(t) {
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
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			loaded := func(client *glide.Client) bool {
				return slices.ContainsFunc(value(client.ModuleList(ctx))(t), func(module glide.Module) bool { return module.Name == "ReJSON" })
			}
			for _, load := range []func(client *glide.Client) error{
				func(client *glide.Client) error { return client.ModuleLoad(ctx, path) },
				func(client *glide.Client) error { return client.ModuleLoadEx(ctx, path, nil) },
			} {
				server := glidetest.Start(t, glidetest.WithConfig("enable-module-command", "yes"))
				client := connect(t, server, patient, speaking(p.protocol))
				require.False(t, loaded(client))
				require.NoError(t, load(client))
				require.True(t, loaded(client))
				requireCode(t, "ERR", load(client))
				requireCode(t, "ERR", client.ModuleUnload(ctx, "ReJSON")) // it has a type
				requireCode(t, "ERR", client.ModuleUnload(ctx, "nothing"))
				requireCode(t, "ERR", client.ModuleLoad(ctx, "/nowhere.so", "hunter2"))
				requireCode(t, "ERR", client.ModuleLoadEx(ctx, "/nowhere.so", map[string]string{"a.b": "hunter2"}, "x"))
			}
		})
	}
}

func TestModulesAreNotLoadedUnlessThatIsAllowed(t *testing.T) {
	onOneServer(t, func(t *testing.T, c faces.ServerFace) {
		for _, err := range []error{c.ModuleLoad(ctx, "/m.so", "hunter2"), c.ModuleLoadEx(ctx, "/m.so", nil), c.ModuleUnload(ctx, "m")} {
			requireCode(t, "ERR", err)
			require.NotContains(t, err.Error(), "hunter2")
		}
	})
}
