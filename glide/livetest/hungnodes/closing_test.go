package hungnodes_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestClosingAClientEndsCallsThatWaitForAHungNode(t *testing.T) {
	for _, kind := range []harness.Kind{harness.Standalone, harness.Cluster} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			servers := 1
			if kind == harness.Cluster {
				servers = 3
			}
			cluster := fakeserver.StartCluster(t, servers)
			client, err := kind.New(ctx, glide.ClusterConfig{Addresses: harness.AddressesOf(cluster.Servers...), RequestTimeout: harness.Patience})
			require.NoError(t, err)
			for i := range servers {
				require.NoError(t, client.Set(ctx, harness.KeyOfSlot(harness.Slots*i/servers), "value"))
			}
			for _, server := range cluster.Servers {
				server.Break((*fakeserver.Conn).Silence)
				// New connections are accepted and not answered either.
				server.Handle("HELLO", func(c *fakeserver.Conn, _ []string) string { c.Silence(); return fakeserver.NoReply })
			}
			waiting := make(chan []error)
			go func() {
				waiting <- testkit.Concurrently(20, func(i int) error {
					_, err := client.Incr(ctx, harness.KeyOfSlot(harness.Slots*(i%servers)/servers))
					return err
				})
			}()
			time.Sleep(700 * time.Millisecond) // until connections are made again, too
			stalls := testkit.MeasureStalls(t)
			begun := time.Now()
			client.Close()
			require.Less(t, time.Since(begun), 500*time.Millisecond+stalls())
			select {
			case errs := <-waiting:
				for _, err := range errs {
					require.True(t, harness.IsLost(err) || err != nil && err.Error() != "" && !glide.SafeToRetry(err), "%v", err)
				}
			case <-time.After(time.Second + stalls()):
				require.Fail(t, "calls outlive their client")
			}
			require.Eventually(t, func() bool {
				open := 0
				for _, server := range cluster.Servers {
					open += server.Connections()
				}
				return open == 0
			}, 5*time.Second, 10*time.Millisecond, "connections outlive their client")
		})
	}
}

// Servers that accept connections and close them at once, or never answer on
// them, are not stormed.
func TestServersThatCannotBeConnectedToAreNotStormed(t *testing.T) {
	for name, refuses := range map[string]fakeserver.Handler{
		"closes": func(c *fakeserver.Conn, _ []string) string { c.Close(); return fakeserver.NoReply },
		"hangs":  func(c *fakeserver.Conn, _ []string) string { c.Silence(); return fakeserver.NoReply },
		"refuses": func(*fakeserver.Conn, []string) string {
			return fakeserver.Error("ERR max number of clients reached")
		},
	} {
		for _, kind := range []harness.Kind{harness.Standalone, harness.Cluster} {
			t.Run(string(kind)+", "+name, func(t *testing.T) {
				t.Parallel()
				server := fakeserver.Start(t)
				client := kind.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server)})
				require.NoError(t, client.Set(ctx, "key", "value"))
				for _, command := range []string{"HELLO", "CLIENT", "INFO", "PING", "CLUSTER SLOTS"} {
					server.Handle(command, refuses)
				}
				before := server.Accepted()
				load := testkit.StartLoad(50, func(int) error {
					_, err := client.Get(ctx, "key")
					time.Sleep(time.Millisecond)
					return err
				})
				t.Cleanup(load.End)
				server.Break((*fakeserver.Conn).Reset)
				time.Sleep(2 * time.Second)
				accepted := server.Accepted() - before
				t.Logf("%d connections in 2 s; %v", accepted, load)
				require.LessOrEqual(t, accepted, 60)
				for _, command := range []string{"HELLO", "CLIENT", "INFO", "PING", "CLUSTER SLOTS"} {
					server.Handle(command, nil)
				}
				load.AwaitSuccess(t, 5*time.Second)
			})
		}
	}
}
