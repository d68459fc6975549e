package caches_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// What is changed while a connection is lost no one tells the client.
func TestAServerAssistedCacheIsClearedWhenAConnectionIsLost(t *testing.T) {
	t.Parallel()
	reads := map[string]struct{ before, after, read []string }{
		"GET":      {[]string{"SET", "k1", "old"}, []string{"SET", "k1", "new"}, []string{"GET", "k1"}},
		"HGETALL":  {[]string{"HSET", "k2", "f", "old"}, []string{"HSET", "k2", "f", "new"}, []string{"HGETALL", "k2"}},
		"SMEMBERS": {[]string{"SADD", "k3", "old"}, []string{"SADD", "k3", "new"}, []string{"SMEMBERS", "k3"}},
		"MGET":     {[]string{"SET", "k4", "old"}, []string{"SET", "k4", "new"}, []string{"MGET", "k4", "k4"}},
	}
	for _, kind := range []harness.Kind{harness.Standalone, harness.Cluster} {
		for name, way := range map[string]func(t *testing.T, server *glidetest.Server){
			"killed": func(t *testing.T, server *glidetest.Server) {
				server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
			},
			"restarted": func(t *testing.T, server *glidetest.Server) { require.NoError(t, server.Restart()) },
		} {
			t.Run(fmt.Sprint(kind, " ", name), func(t *testing.T) {
				t.Parallel()
				var nodes []*glidetest.Server
				if kind == harness.Cluster {
					nodes = glidetest.StartCluster(t).Nodes()
				} else {
					nodes = []*glidetest.Server{glidetest.Start(t)}
				}
				client := kind.Connect(t, glide.ClusterConfig{
					Addresses: harness.AddressesOf(nodes...), RequestTimeout: harness.Patience,
					Reconnect: glide.ReconnectStrategy{Factor: 5 * time.Millisecond, Retries: 1},
					Cache:     &glide.Cache{MaximumBytes: 1 << 20, ServerAssisted: true},
				})
				plain := connectPlain(t, client, nodes)
				for _, r := range reads {
					require.NoError(t, do(r.before...)(plain))
				}
				// The connections are there before there is something to cache.
				for range 2 {
					for _, r := range reads {
						_, err := client.Do(ctx, r.read...)
						require.NoError(t, err)
					}
				}
				before := numbers(t, nodes)
				for _, node := range nodes {
					way(t, node)
				}
				for _, r := range reads {
					require.Eventually(t, func() bool { return do(r.after...)(plain) == nil }, harness.Patience, 10*time.Millisecond)
				}
				// Until it has noticed, it cannot know better.
				require.Eventually(t, func() bool {
					ctx, cancel := context.WithTimeout(ctx, time.Second)
					defer cancel()
					for _, r := range reads {
						if _, err := client.Do(ctx, "EXISTS", r.read[1]); err != nil {
							return false
						}
					}
					for number := range numbers(t, nodes) {
						if before[number] && name != "restarted" {
							return false
						}
					}
					return true
				}, harness.Patience, 10*time.Millisecond)
				for name, r := range reads {
					want, err := plain.Do(ctx, r.read...)
					require.NoError(t, err)
					got, err := client.Do(ctx, r.read...)
					require.NoError(t, err)
					require.Equal(t, want, got, name)
				}
			})
		}
	}
}

// numbers are those of the connections to some servers.
func numbers(t *testing.T, nodes []*glidetest.Server) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, node := range nodes {
		for _, connection := range harness.ClientsOf(t, node) {
			all[node.Addr()+" "+connection["id"]] = true
		}
	}
	return all
}

// The values are there again after that, and tracked.
func TestAServerAssistedCacheServesAgainAfterALostConnection(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := connect(t, harness.Standalone, kinds["server-assisted"], server)
	for i := range 5 {
		value := fmt.Sprint("value", i)
		server.MustCommand(t, "SET", "key", value)
		require.Eventually(t, func() bool { return get(t, client, "key") == value }, harness.Patience, time.Millisecond)
		server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
		require.Eventually(t, func() bool { _, err := client.Do(ctx, "EXISTS", "key"); return err == nil }, harness.Patience, time.Millisecond)
	}
}

func TestTrackingOfAServerAssistedCacheIsNotChanged(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := connect(t, harness.Standalone, kinds["server-assisted"], server).(*glide.Client)
	require.ErrorIs(t, client.ClientTracking(ctx, false), glide.ErrInvalidArgument)
	_, err := client.Do(ctx, "client", "tracking", "off")
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
	_, err = client.Exec(ctx, glide.NewPipeline().Do("CLIENT", "TRACKING", "OFF"))
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
	plain := harness.Standalone.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server)}).(*glide.Client)
	require.NoError(t, plain.ClientTracking(ctx, true))
	require.NoError(t, plain.ClientTracking(ctx, false))
}

// If it is not known whether another database was selected, the client goes on
// in the one before.
func TestAfterASelectWithoutAnAnswerTheDatabaseIsTheOneBefore(t *testing.T) {
	t.Parallel()
	for name, cache := range map[string]*glide.Cache{"no cache": nil, "cache": {MaximumBytes: 1 << 20, ServerAssisted: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := glidetest.Start(t)
			client := harness.Standalone.Connect(t, glide.ClusterConfig{
				Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience, Cache: cache,
				Reconnect: glide.ReconnectStrategy{Factor: 5 * time.Millisecond, Retries: 1},
			}).(*glide.Client)
			require.NoError(t, client.Set(ctx, "key", "of database 0"))
			require.NoError(t, server.Pause())
			short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			err := client.Select(short, 1)
			cancel()
			require.ErrorIs(t, err, glide.ErrTimeout)
			// The library's own time for it is over at about the same moment.
			time.Sleep(100 * time.Millisecond)
			require.NoError(t, server.Resume())
			for range 50 {
				require.Equal(t, "of database 0", get(t, client, "key"))
			}
		})
	}
}
