package redirects_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// The same forms of hosts, from real servers that are configured so.
func TestSlotsOfRealServersAreFollowedWhateverTheyAnnounce(t *testing.T) {
	for name, options := range map[string][]glidetest.Option{
		"addresses":                {glidetest.WithConfig("cluster-preferred-endpoint-type", "ip")},
		"nothing":                  {glidetest.WithConfig("cluster-preferred-endpoint-type", "unknown-endpoint")},
		"hostnames":                {glidetest.WithConfig("cluster-preferred-endpoint-type", "hostname"), glidetest.WithConfig("cluster-announce-hostname", "localhost")},
		"hostnames that are unset": {glidetest.WithConfig("cluster-preferred-endpoint-type", "hostname")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := glidetest.StartCluster(t, append(options, glidetest.WithReplicas(0))...)
			nodes := cluster.Nodes()
			client := harness.ConnectCluster(t, glide.ClusterConfig{Addresses: harness.AddressesOf(nodes[0]), RequestTimeout: 5 * time.Second})
			for i, node := range nodes {
				require.NoError(t, client.Set(ctx, harness.KeyOfSlot(harness.Slots*i/3+1), "value"))
				require.Equal(t, 1, testkit.CallsOf(t, node, "set"), "node %d", i)
			}
			// MOVED: each call follows. ASK: keys that are not there any more.
			for i, call := range []func(key string) error{
				func(key string) error { return client.Set(ctx, key, "value") },
				func(key string) error { _, err := client.Get(ctx, key); return err },
				func(key string) error {
					_, err := client.Eval(ctx, "return redis.call('INCR', KEYS[1])", []string{key})
					return err
				},
				func(key string) error {
					_, err := client.Exec(ctx, glide.NewPipeline().Incr(key).Get(key), glide.FailOnError)
					return err
				},
				func(key string) error {
					_, err := client.Exec(ctx, glide.NewTransaction().Incr(key).Get(key), glide.FailOnError)
					return err
				},
			} {
				moved := 100 + i // of the first node
				require.NoError(t, cluster.MigrateSlot(moved, nodes[1+i%2]))
				require.NoError(t, call(harness.KeyOfSlot(moved)), "MOVED, call %d", i)
				open := 200 + i
				require.NoError(t, cluster.OpenSlot(open, nodes[1+i%2]))
				err := call(harness.KeyOfSlot(open))
				if i < 4 { // a transaction cannot be asked for
					require.NoError(t, err, "ASK, call %d", i)
				}
				require.NoError(t, cluster.MigrateSlot(open, nodes[1+i%2]))
				require.NoError(t, call(harness.KeyOfSlot(open)), "call %d", i)
			}
		})
	}
}

// A node says "?" if it has no hostname to announce, and its address next to it.
func TestQuestionMarkForAHostIsTheAddressBesideIt(t *testing.T) {
	t.Parallel()
	first, second := fakeserver.Start(t), fakeserver.Start(t)
	entry := func(server *fakeserver.Server) string {
		return fakeserver.Array(fakeserver.Bulk("?"), fakeserver.Integer(server.Port()), fakeserver.Bulk(fmt.Sprintf("%040d", server.Port())),
			fakeserver.Array(fakeserver.Bulk("ip"), fakeserver.Bulk("127.0.0.1")))
	}
	slots := fakeserver.Array(
		fakeserver.Array(fakeserver.Integer(0), fakeserver.Integer(8000), entry(first)),
		fakeserver.Array(fakeserver.Integer(8001), fakeserver.Integer(16383), entry(second)))
	for _, server := range []*fakeserver.Server{first, second} {
		server.Handle("CLUSTER SLOTS", func(*fakeserver.Conn, []string) string { return slots })
	}
	client := connect(t, first)
	require.NoError(t, client.Set(ctx, harness.KeyOfSlot(1), "value"))
	require.NoError(t, client.Set(ctx, harness.KeyOfSlot(9000), "value"))
	require.Equal(t, 1, second.Count("SET"))
	redirect(second, "MOVED 9000 ?:%d", first.Port())
	require.NoError(t, client.Set(ctx, harness.KeyOfSlot(9000), "value"))
}

// A standalone server must not be able to send a client, with its password,
// anywhere.
func TestStandaloneClientFollowsNoRedirection(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"MOVED", "ASK"} {
		server, elsewhere := fakeserver.Start(t), fakeserver.Start(t)
		redirect(server, "%s %d 127.0.0.1:%d", code, slot, elsewhere.Port())
		client := harness.Standalone.Connect(t, glide.ClusterConfig{
			Addresses: harness.AddressesOf(server), Credentials: glide.Credentials{Password: "secret"}, RequestTimeout: time.Second,
		})
		for name, increment := range harness.Increments {
			before := asked(server)
			_, err := increment(ctx, client, key)
			var refused *glide.ServerError
			require.ErrorAs(t, err, &refused, name)
			require.Contains(t, []string{code, "EXECABORT"}, refused.Code, name)
			require.Equal(t, before+1, asked(server), name)
		}
		_, err := client.Get(ctx, key)
		require.Error(t, err)
		require.Zero(t, elsewhere.Accepted(), "the client went elsewhere, and authenticated there")
	}
}

// waysOfStandalone are the other ways in which commands are sent.
var waysOfStandalone = map[string]func(ctx context.Context, client *glide.Client) error{
	"MGET": func(ctx context.Context, client *glide.Client) error {
		_, err := client.MGet(ctx, key, "b")
		return err
	},
	"custom": func(ctx context.Context, client *glide.Client) error {
		_, err := client.Do(ctx, "GET", key)
		return err
	},
	"function": func(ctx context.Context, client *glide.Client) error {
		_, err := client.FCall(ctx, "f", []string{key})
		return err
	},
	"publish": func(ctx context.Context, client *glide.Client) error {
		_, err := client.Publish(ctx, key, "m")
		return err
	},
	"blocking": func(ctx context.Context, client *glide.Client) error { _, err := client.BLPop(ctx, 0, key); return err },
	"dedicated": func(ctx context.Context, client *glide.Client) error {
		return client.Dedicated(ctx, func(d *glide.DedicatedClient) error {
			_, err := d.Incr(ctx, key)
			return err
		})
	},
	"dedicated, later": func(ctx context.Context, client *glide.Client) error {
		return client.Dedicated(ctx, func(d *glide.DedicatedClient) error {
			if _, err := d.DBSize(ctx); err != nil {
				return err
			}
			_, err := d.Incr(ctx, key)
			return err
		})
	},
	"dedicated pipeline": func(ctx context.Context, client *glide.Client) error {
		return client.Dedicated(ctx, func(d *glide.DedicatedClient) error {
			_, err := d.Exec(ctx, glide.NewPipeline().Incr(key), glide.FailOnError)
			return err
		})
	},
	"dedicated transaction": func(ctx context.Context, client *glide.Client) error {
		return client.Dedicated(ctx, func(d *glide.DedicatedClient) error {
			_, err := d.Exec(ctx, glide.NewTransaction().Incr(key))
			return err
		})
	},
	"optimistic": func(ctx context.Context, client *glide.Client) error {
		_, err := client.Optimistic(ctx, []string{key}, func(d *glide.DedicatedClient) (*glide.Transaction, error) {
			return glide.NewTransaction().Incr(key), nil
		})
		return err
	},
	"subscription": func(ctx context.Context, client *glide.Client) error { return client.Subscribe(ctx, key) },
	"pattern":      func(ctx context.Context, client *glide.Client) error { return client.PSubscribe(ctx, key) },
}

func TestStandaloneClientFollowsNoRedirectionWhateverIsRedirected(t *testing.T) {
	t.Parallel()
	commands := append([]string{"MGET", "FCALL", "PUBLISH", "BLPOP", "WATCH", "SUBSCRIBE", "PSUBSCRIBE"}, keyed...)
	for name, way := range waysOfStandalone {
		for _, code := range []string{"MOVED", "ASK"} {
			t.Run(name+", "+code, func(t *testing.T) {
				t.Parallel()
				server, elsewhere := fakeserver.Start(t), fakeserver.Start(t)
				for _, command := range commands {
					server.Refuse(command, func(*fakeserver.Conn, []string) string {
						return fakeserver.Error(fmt.Sprintf("%s %d 127.0.0.1:%d", code, slot, elsewhere.Port()))
					})
				}
				client := harness.Standalone.Connect(t, glide.ClusterConfig{
					Addresses: harness.AddressesOf(server), Credentials: glide.Credentials{Password: "secret"}, RequestTimeout: 5 * time.Second,
				}).(*glide.Client)
				short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
				defer cancel()
				// Subscriptions may wait for what happens to them.
				require.Error(t, way(short, client))
				asked := 0
				for _, command := range commands {
					asked += server.Count(command)
				}
				require.NotZero(t, asked)
				require.Zero(t, elsewhere.Accepted(), "the client went elsewhere, and authenticated there")
			})
		}
	}
}
