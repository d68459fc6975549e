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

// A connection is half-open when something in between has forgotten it. New
// connections work at once, so calls should soon.
func TestHalfOpenConnectionIsReplaced(t *testing.T) {
	for _, kind := range []harness.Kind{harness.Standalone, harness.Cluster} {
		for name, authority := range map[string]*fakeserver.Authority{"plain": nil, "TLS": fakeserver.NewAuthority(t)} {
			t.Run(string(kind)+", "+name, func(t *testing.T) {
				t.Parallel()
				var options []fakeserver.Option
				config := glide.ClusterConfig{}
				if authority != nil {
					options = append(options, fakeserver.WithTLS(authority))
					config.TLS = &glide.TLS{RootCertificates: authority.CA}
				}
				server := fakeserver.Start(t, options...)
				config.Addresses = harness.AddressesOf(server)
				client := kind.Connect(t, config)
				load := testkit.StartLoad(4, func(int) error {
					err := client.Set(ctx, "key", "value")
					time.Sleep(2 * time.Millisecond)
					return err
				})
				t.Cleanup(load.End)
				load.AwaitSuccess(t, harness.Patience)
				for range 3 {
					stalls := testkit.MeasureStalls(t)
					server.Break((*fakeserver.Conn).Silence)
					begun := time.Now()
					time.Sleep(20 * time.Millisecond) // for replies that are on their way
					load.AwaitSuccess(t, recovery+stalls())
					took := time.Since(begun)
					t.Logf("served again after %v", took)
					time.Sleep(100 * time.Millisecond)
				}
				for _, err := range load.Errs() {
					require.True(t, harness.IsLost(err), "%v", err)
					require.False(t, glide.SafeToRetry(err))
				}
				// What was silent is closed, not kept next to the new one.
				require.Eventually(t, func() bool { return server.Connections() <= 4 }, 5*time.Second, 10*time.Millisecond)
			})
		}
	}
}

// A server that is busy for a moment is not replaced, and no one who waits for
// it is told otherwise.
func TestConnectionToABusyServerIsKept(t *testing.T) {
	for _, kind := range []harness.Kind{harness.Standalone, harness.Cluster} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := fakeserver.Start(t)
			client := kind.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: 20 * time.Second})
			require.NoError(t, client.Set(ctx, "key", "value"))
			// A server with one thread: nothing else is answered meanwhile.
			server.Handle("INCR", func(c *fakeserver.Conn, args []string) string {
				time.Sleep(2 * time.Second)
				return c.Run(args)
			})
			for _, err := range testkit.Concurrently(10, func(i int) error {
				if i == 0 {
					_, err := client.Incr(ctx, "counter")
					return err
				}
				time.Sleep(100 * time.Millisecond)
				_, err := client.Get(ctx, "key")
				return err
			}) {
				require.NoError(t, err, "nothing is wrong with the connection")
			}
			require.Equal(t, 1, server.Data().Runs("counter"))
		})
	}
}
