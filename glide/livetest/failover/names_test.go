package failover_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// A name leads to the primary, which may change. The connections from before
// stay with the server that they are to.
func TestNameThatLeadsElsewhereIsLookedUpAnew(t *testing.T) {
	for name, discovery := range map[string]glide.NodeDiscovery{"roles": glide.DiscoverRoles, "nothing": glide.DiscoverNothing} {
		for when, early := range map[string]bool{"before the swap": true, "after the swap": false} {
			t.Run(name+"/"+when, func(t *testing.T) {
				t.Parallel()
				s := start(t)
				link := harness.StartLink(t, s.primary.Addr())
				client := connect(t, glide.Config{Addresses: harness.AddressesOf(link), NodeDiscovery: discovery})
				// There is a dedicated connection for the next who needs one.
				s.primary.MustCommand(t, "RPUSH", "list", "element")
				_, err := client.BLPop(ctx, time.Minute, "list")
				require.NoError(t, err)
				all := loads(t, client)
				stalls := testkit.MeasureStalls(t)
				if early {
					link.Lead(s.replica.Addr())
				}
				s = s.swap(t)
				if !early {
					time.Sleep(200 * time.Millisecond)
					link.Lead(s.primary.Addr())
				}
				begun := time.Now()
				for way, load := range all {
					load.AwaitSuccess(t, recovery+stalls())
					t.Logf("%s is served after %v", way, time.Since(begun))
				}
				requireFollowed(t, client, s.primary)
				for _, load := range all {
					load.End()
					for _, err := range load.Errs() {
						require.True(t, harness.IsTransient(err), "%v", err)
					}
				}
			})
		}
	}
}

// Dedicated connections are looked up again even if nothing else is used.
func TestDedicatedConnectionsLookTheirNameUpAnew(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(c *glide.Client) error{
		"blocking": func(c *glide.Client) error {
			_, err := c.BLMove(ctx, time.Second, "list", "other", glide.Left, glide.Right)
			return err
		},
		"dedicated": func(c *glide.Client) error {
			return c.Dedicated(ctx, func(c *glide.DedicatedClient) error { return c.Set(ctx, "key", "value") })
		},
		"dedicated transaction": func(c *glide.Client) error {
			return c.Dedicated(ctx, func(c *glide.DedicatedClient) error {
				_, err := c.Exec(ctx, glide.NewTransaction().Set("key", "value"))
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			link := harness.StartLink(t, s.primary.Addr())
			client := connect(t, glide.Config{Addresses: harness.AddressesOf(link), NodeDiscovery: glide.DiscoverNothing, RequestTimeout: 10 * time.Second})
			s.primary.MustCommand(t, "RPUSH", "list", "one", "two")
			require.NoError(t, use(client))
			link.Lead(s.replica.Addr())
			s.swap(t)
			require.NoError(t, use(client), "it is refused by the former primary, and then run by the new one")
		})
	}
}

// A name may lead to a server that is no primary permanently. The error says so.
func TestWriteThatIsRefusedForGoodSaysSo(t *testing.T) {
	t.Parallel()
	s := start(t)
	client := connect(t, glide.Config{Addresses: harness.AddressesOf(s.replica), NodeDiscovery: glide.DiscoverNothing})
	for range 3 {
		var refused *glide.ServerError
		err := client.Set(ctx, "key", "value")
		require.ErrorAs(t, err, &refused)
		require.Equal(t, "READONLY", refused.Code)
		_, err = client.Get(ctx, "key")
		require.NoError(t, err)
	}
	require.LessOrEqual(t, len(harness.ClientsOf(t, s.replica)), 4, "it is not connected to over and over")
}
