package redirects_test

import (
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
					_, err := client.Exec(ctx, glide.NewClusterTransaction().Incr(key).Get(key), glide.FailOnError)
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

// A node says "?" if it has no hostname to announce, and its address beside it.
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
