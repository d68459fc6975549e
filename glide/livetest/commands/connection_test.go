package commands_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestPingAndEchoAnswer(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, c.Ping(ctx))
		for _, text := range append(harness.Hostile, "PONG") {
			require.Equal(t, text, harness.Value(c.PingMessage(ctx, text))(t))
			require.Equal(t, text, harness.Value(c.Echo(ctx, text))(t))
		}
	})
}

func TestSelectChangesTheDatabaseForAll(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		require.NoError(t, client.Set(ctx, "k", "v"))
		require.NoError(t, client.Select(ctx, 3))
		require.EqualValues(t, 0, harness.Value(client.Exists(ctx, "k"))(t))
		require.Equal(t, 3, harness.Value(client.ClientInfo(ctx))(t).Database)
		for _, number := range []int{-1, 16, int(^uint(0) >> 1)} {
			harness.RequireCode(t, "ERR", client.Select(ctx, number))
		}
		require.NoError(t, client.Select(ctx, 0))
	})
}

func TestAuthChangesTheUserForAll(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithUser("app", "on", ">pa\r\nss", "~*", "+@all"))
	harness.OnEachProtocol(t, server, func(t *testing.T, client *glide.Client) {
		require.Equal(t, "default", harness.Value(client.ClientInfo(ctx))(t).User)
		harness.RequireCode(t, "WRONGPASS", client.Auth(ctx, glide.Credentials{Username: "app", Password: "wrong"}))
		require.NoError(t, client.Auth(ctx, glide.Credentials{Username: "app", Password: "pa\r\nss"}))
		require.Equal(t, "app", harness.Value(client.ClientInfo(ctx))(t).User)
		err := client.Auth(ctx, glide.Credentials{Password: "hunter2"})
		harness.RequireCode(t, "ERR", err) // the default user has no password
		require.NotContains(t, err.Error(), "hunter2")
	})
}

func TestAuthChangesTheUserAtAllNodes(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithUser("app", "on", ">secret", "~*", "+@all"))
	client := harness.ConnectToCluster(t, cluster, func(config *glide.ClusterConfig) { config.RequestTimeout = harness.Patience })
	require.NoError(t, client.Auth(ctx, glide.Credentials{Username: "app", Password: "secret"}))
	for range 20 { // any of the nodes
		require.Equal(t, "app", harness.Value(client.Do(ctx, "ACL", "WHOAMI"))(t))
	}
}

func TestHelloDescribesTheConnection(t *testing.T) {
	server, err := testkit.SharedServer()
	require.NoError(t, err)
	for _, p := range harness.Protocols {
		client := harness.Connect(t, server, harness.Patient, harness.Speaking(p.Protocol))
		info := harness.Value(client.Hello(ctx))(t)
		require.Equal(t, p.Protocol, info.Protocol)
		require.Equal(t, server.Version().Name, info.Server)
		require.Contains(t, server.Version().String(), info.Version)
		require.Equal(t, harness.Value(client.ClientID(ctx))(t), info.ConnectionID)
		require.Equal(t, "standalone", info.Mode)
		require.Equal(t, "master", info.Role)
		for _, module := range info.Modules {
			require.NotEmpty(t, module.Name)
		}
	}
}

func TestHelloNamesTheAvailabilityZone(t *testing.T) {
	harness.Needs(t, "availability zones in HELLO", "8.1", "")
	server := glidetest.Start(t, glidetest.WithConfig("availability-zone", "here"))
	harness.OnEachProtocol(t, server, func(t *testing.T, client *glide.Client) {
		require.Equal(t, "here", harness.Value(client.Hello(ctx))(t).AvailabilityZone)
	})
}

func TestTheConnectionsNameAndLibrary(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.True(t, harness.Value(c.ClientGetName(ctx))(t).IsNil())
		require.NoError(t, c.ClientSetName(ctx, "me"))
		for range 10 { // any of the nodes
			require.Equal(t, glide.Some("me"), harness.Value(c.ClientGetName(ctx))(t))
		}
		require.NoError(t, c.ClientSetName(ctx, ""))
		require.True(t, harness.Value(c.ClientGetName(ctx))(t).IsNil())
		harness.RequireCode(t, "ERR", c.ClientSetName(ctx, "two words"))

		harness.Needs(t, "CLIENT SETINFO", "7.2", "7.2")
		require.NoError(t, c.ClientSetInfo(ctx, glide.LibraryName("library")))
		require.NoError(t, c.ClientSetInfo(ctx, glide.LibraryVersion("1.2")))
		harness.RequireCode(t, "ERR", c.ClientSetInfo(ctx, glide.LibraryName("a b")))
	})
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		harness.Needs(t, "CLIENT SETINFO", "7.2", "7.2")
		require.NoError(t, client.ClientSetInfo(ctx, glide.LibraryName("library")))
		require.NoError(t, client.ClientSetInfo(ctx, glide.LibraryVersion("1.2")))
		info := harness.Value(client.ClientInfo(ctx))(t)
		require.Equal(t, "library", info.LibraryName)
		require.Equal(t, "1.2", info.LibraryVersion)
	})
}

func TestClientInfoDescribesTheConnection(t *testing.T) {
	server, err := testkit.SharedServer()
	require.NoError(t, err)
	for _, p := range harness.Protocols {
		client := harness.Connect(t, server, harness.Patient, harness.Speaking(p.Protocol), func(config *glide.Config) {
			config.Database = 5
			config.ClientName = "me"
		})
		info := harness.Value(client.ClientInfo(ctx))(t)
		require.Equal(t, harness.Value(client.ClientID(ctx))(t), info.ID)
		require.Equal(t, server.Addr(), info.LocalAddress)
		require.Equal(t, "me", info.Name)
		require.Equal(t, "default", info.User)
		require.Equal(t, "client|info", info.Command)
		require.Equal(t, "N", info.Flags)
		require.Equal(t, 5, info.Database)
		require.Equal(t, p.Protocol, info.Protocol)
		require.EqualValues(t, -1, info.Queued)
		require.EqualValues(t, -1, info.Redirect)
		require.Less(t, info.Age, time.Minute)
		require.Positive(t, info.Memory)
		require.Contains(t, info.Other, "qbuf")
	}
}

func TestClientListKnowsAllFilters(t *testing.T) {
	harness.OnOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
		other := harness.Connect(t, server, harness.Patient, func(config *glide.Config) { config.ClientName = "other" })
		own, others := harness.Value(client.ClientInfo(ctx))(t), harness.Value(other.ClientInfo(ctx))(t)
		ids := func(filters ...glide.ClientFilter) (ids []int64) {
			for _, info := range harness.Value(client.ClientList(ctx, filters...))(t) {
				ids = append(ids, info.ID)
			}
			return ids
		}
		both := []int64{own.ID, others.ID}
		require.ElementsMatch(t, both, ids())
		require.ElementsMatch(t, both, ids(glide.NormalClients))
		require.Empty(t, ids(glide.PrimaryClients))
		require.Empty(t, ids(glide.ReplicaClients))
		require.Empty(t, ids(glide.PubSubClients))
		require.Equal(t, []int64{others.ID}, ids(glide.ClientsByID(others.ID)))
		require.ElementsMatch(t, both, ids(glide.ClientsByID(others.ID, own.ID, 1<<40)))

		harness.Needs(t, "CLIENT LIST with USER, ADDR, LADDR, SKIPME and MAXAGE", "8.1", "")
		require.ElementsMatch(t, both, ids(glide.ClientsByUser("default")))
		require.Equal(t, []int64{others.ID}, ids(glide.ClientsByAddress(others.Address)))
		require.ElementsMatch(t, both, ids(glide.ClientsByLocalAddress(server.Addr()), glide.SkipMe(false)))
		require.Equal(t, []int64{others.ID}, ids(glide.SkipMe(true)))
		require.Empty(t, ids(glide.ClientsOlderThan(time.Hour)))

		harness.Needs(t, "CLIENT LIST with NAME, IDLE, FLAGS, LIB-NAME, LIB-VER, DB, CAPA, IP and NOT-…", "9.0", "")
		require.Equal(t, []int64{others.ID}, ids(glide.ClientsByName("other")))
		require.Equal(t, []int64{own.ID}, ids(glide.Not(glide.ClientsByName("other"))))
		require.Empty(t, ids(glide.ClientsIdleFor(time.Hour)))
		require.ElementsMatch(t, both, ids(glide.ClientsByFlags("N")))
		require.ElementsMatch(t, both, ids(glide.ClientsByLibraryName(own.LibraryName)))
		require.ElementsMatch(t, both, ids(glide.ClientsByLibraryVersion(own.LibraryVersion)))
		require.Empty(t, ids(glide.ClientsByDatabase(3)))
		require.ElementsMatch(t, both, ids(glide.Not(glide.ClientsByDatabase(3))))
		require.ElementsMatch(t, both, ids(glide.ClientsByIP("127.0.0.1")))
		require.Empty(t, ids(glide.ClientsByCapabilities("r")))
		require.NoError(t, other.ClientCapa(ctx, "redirect", "whatever"))
		require.Equal(t, []int64{others.ID}, ids(glide.ClientsByCapabilities("r")))
		require.Equal(t, "r", harness.Value(other.ClientInfo(ctx))(t).Capabilities)
		require.Equal(t, []int64{own.ID}, ids(glide.Not(glide.ClientsByID(others.ID, 1<<40))))
		require.Empty(t, ids(glide.Not(glide.NormalClients)))
		require.Equal(t, []int64{own.ID}, ids(glide.Not(glide.ClientsByAddress(others.Address)), glide.NormalClients))
		server.MustCommand(t, "ACL", "SETUSER", "nobody")
		for _, trait := range []glide.ClientTrait{glide.ClientsByUser("nobody"), glide.ClientsByLocalAddress("1.1.1.1:1"), glide.ClientsByFlags("P"),
			glide.ClientsByLibraryName("none"), glide.ClientsByLibraryVersion("0"), glide.ClientsByIP("1.1.1.1")} {
			require.Empty(t, ids(trait))
			require.ElementsMatch(t, both, ids(glide.Not(trait)))
		}
	})
}

func TestClientKillClosesWhatFits(t *testing.T) {
	harness.OnOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
		own := harness.Value(client.ClientID(ctx))(t)
		kill := func(filters ...glide.ClientFilter) int64 { return harness.Value(client.ClientKill(ctx, filters...))(t) }
		require.EqualValues(t, 0, kill(glide.NormalClients), "the one that asks is left out")
		require.EqualValues(t, 0, kill(glide.ClientsByID(1<<40)))

		victim := harness.Connect(t, server, harness.Patient)
		id := harness.Value(victim.ClientID(ctx))(t)
		require.EqualValues(t, 1, kill(glide.ClientsByID(id), glide.ClientsByUser("default"), glide.ClientsByLocalAddress(server.Addr())))
		require.Eventually(t, func() bool {
			now, err := victim.ClientID(ctx)
			return err == nil && now > id
		}, harness.Patience, 10*time.Millisecond, "it connects again")
		address := harness.Value(victim.ClientInfo(ctx))(t).Address
		require.EqualValues(t, 1, kill(glide.ClientsByAddress(address), glide.SkipMe(true)))

		require.EqualValues(t, 1, kill(glide.ClientsByID(own), glide.SkipMe(false)), "itself, after the reply")
		require.Eventually(t, func() bool { return client.Ping(ctx) == nil }, harness.Patience, 10*time.Millisecond)
	})
}

func TestSwitchesOfTheConnection(t *testing.T) {
	switches := []struct {
		name          string
		set           func(client *glide.Client, on bool) error
		valkey, redis string
	}{
		{"CLIENT NO-EVICT", func(client *glide.Client, on bool) error { return client.ClientNoEvict(ctx, on) }, "7.0", "7.0"},
		{"CLIENT NO-TOUCH", func(client *glide.Client, on bool) error { return client.ClientNoTouch(ctx, on) }, "7.2", "7.2"},
		{"CLIENT IMPORT-SOURCE", func(client *glide.Client, on bool) error { return client.ClientImportSource(ctx, on) }, "8.1", ""},
	}
	server := glidetest.Start(t)
	for _, s := range switches {
		t.Run(s.name, func(t *testing.T) {
			harness.Needs(t, s.name, s.valkey, s.redis)
			if s.name == "CLIENT IMPORT-SOURCE" {
				server.MustCommand(t, "CONFIG", "SET", "import-mode", "yes")
			}
			harness.OnEachProtocol(t, server, func(t *testing.T, client *glide.Client) {
				require.NoError(t, s.set(client, true))
				require.NoError(t, s.set(client, false))
			})
		})
	}
}

func TestTrackingIsAsItWasSet(t *testing.T) {
	server, err := testkit.SharedServer()
	require.NoError(t, err)
	for _, p := range harness.Protocols {
		t.Run(p.Name, func(t *testing.T) {
			client := harness.Connect(t, server, harness.Patient, harness.Speaking(p.Protocol))
			target := harness.Connect(t, server, harness.Patient)
			to := harness.Value(target.ClientID(ctx))(t)
			require.Equal(t, glide.TrackingInfo{Flags: []string{"off"}, Redirect: -1, Prefixes: []string{}}, harness.Value(client.ClientTrackingInfo(ctx))(t))
			require.EqualValues(t, -1, harness.Value(client.ClientGetRedir(ctx))(t))
			harness.RequireCode(t, "ERR", client.ClientCaching(ctx, true))

			redirect := glide.RedirectTo(to)
			require.NoError(t, client.ClientTracking(ctx, true, redirect))
			require.Equal(t, glide.TrackingInfo{Flags: []string{"on"}, Redirect: to, Prefixes: []string{}}, harness.Value(client.ClientTrackingInfo(ctx))(t))
			require.Equal(t, to, harness.Value(client.ClientGetRedir(ctx))(t))
			require.NoError(t, client.ClientTracking(ctx, false))

			require.NoError(t, client.ClientTracking(ctx, true, redirect, glide.OptIn, glide.NoLoop))
			require.NoError(t, client.ClientCaching(ctx, true))
			require.Equal(t, []string{"caching-yes", "noloop", "on", "optin"}, harness.Value(client.ClientTrackingInfo(ctx))(t).Flags)
			require.NoError(t, client.ClientTracking(ctx, false))

			require.NoError(t, client.ClientTracking(ctx, true, redirect, glide.OptOut))
			require.NoError(t, client.ClientCaching(ctx, false))
			require.Equal(t, []string{"caching-no", "on", "optout"}, harness.Value(client.ClientTrackingInfo(ctx))(t).Flags)
			require.NoError(t, client.ClientTracking(ctx, false))

			require.NoError(t, client.ClientTracking(ctx, true, redirect, glide.Broadcast("a:", "b:")))
			info := harness.Value(client.ClientTrackingInfo(ctx))(t)
			require.Equal(t, []string{"bcast", "on"}, info.Flags)
			slices.Sort(info.Prefixes)
			require.Equal(t, []string{"a:", "b:"}, info.Prefixes)
			require.NoError(t, client.ClientTracking(ctx, false))

			harness.RequireCode(t, "ERR", client.ClientTracking(ctx, true, glide.RedirectTo(1<<40)))
		})
	}
}

func TestInvalidationsDisturbNobody(t *testing.T) {
	server, err := testkit.SharedServer()
	require.NoError(t, err)
	client := harness.Connect(t, server, harness.Patient)
	require.NoError(t, client.ClientTracking(ctx, true, glide.Broadcast()))
	for range 100 {
		require.NoError(t, client.Set(ctx, "k", "v"))
		require.Equal(t, glide.Some("v"), harness.Value(client.Get(ctx, "k"))(t))
	}
}

func TestAPauseHoldsCommandsUp(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		if _, ok := c.(faces.ClusterTransaction); ok {
			t.Skip("a transaction without keys reaches one node")
		}
		require.NoError(t, c.ClientPause(ctx, 100*time.Millisecond))
		began := time.Now()
		require.NoError(t, c.Ping(ctx))
		require.Greater(t, time.Since(began), 50*time.Millisecond)

		require.NoError(t, c.ClientPause(ctx, time.Hour, glide.WritesOnly))
		require.True(t, harness.Value(c.Get(ctx, "k"))(t).IsNil())
		require.NoError(t, c.ClientUnpause(ctx))
		for _, key := range []string{"a", "b", "c", "d"} { // of several nodes
			require.NoError(t, c.Set(ctx, key, "v"))
		}
		require.NoError(t, c.ClientUnpause(ctx), "there is none")
		harness.RequireCode(t, "ERR", c.ClientPause(ctx, -time.Second))
	})
}

func TestClientKillClosesConnectionsToAllNodes(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithUser("victim", "on", ">secret", "~*", "+@all"))
	harness.OnFacesOf(t, cluster, func(t *testing.T, c faces.Face) {
		harness.ConnectToCluster(t, cluster, func(config *glide.ClusterConfig) {
			config.RequestTimeout, config.Credentials = harness.Patience, glide.Credentials{Username: "victim", Password: "secret"}
			config.ReadFrom = glide.PreferReplica // so that it is connected to all of them
		})
		killed := harness.Value(c.ClientKill(ctx, glide.ClientsByUser("victim")))(t)
		if _, ok := c.(faces.ClusterTransaction); ok {
			t.Skip("a transaction without keys reaches one node")
		}
		require.GreaterOrEqual(t, killed, int64(len(cluster.Nodes())), "the sum of all nodes")
	})
}

func TestUnblockEndsABlockingCommand(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		for _, options := range [][]glide.ClientUnblockOption{nil, {glide.UnblockWithError}} {
			harness.Dedicated(t, client, func(waiting *glide.DedicatedClient) {
				id := harness.Value(waiting.ClientID(ctx))(t)
				require.False(t, harness.Value(client.ClientUnblock(ctx, id, options...))(t))
				ended := make(chan error)
				go func() {
					_, err := waiting.Do(ctx, "BLPOP", "nothing", "0")
					ended <- err
				}()
				require.Eventually(t, func() bool {
					return harness.Value(client.ClientUnblock(ctx, id, options...))(t)
				}, harness.Patience, 5*time.Millisecond)
				if err := <-ended; options == nil {
					require.NoError(t, err)
				} else {
					harness.RequireCode(t, "UNBLOCKED", err)
				}
			})
		}
	})
}

func TestErrorsOfConnectionCommandsShowNoSecret(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		err := c.Auth(ctx, glide.Credentials{Username: "nobody", Password: "hunter2"})
		harness.RequireCode(t, "WRONGPASS", err)
		require.True(t, strings.HasPrefix(err.Error(), "glide: AUTH: "))
		require.NotContains(t, err.Error(), "hunter2")
	})
}
