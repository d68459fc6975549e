package dedicated_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/wire"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// A session sends some commands in another request than they came in. Were the one
// released twice, two callers would write into the same request, and each would
// get the reply to the other's command.
func TestNoRequestOfASessionIsReleasedTwice(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient)
	keys := []string{harness.KeyOfSlot(0), harness.KeyOfSlot(1), harness.KeyOfSlot(2)}
	for range 50 {
		_, err := client.Optimistic(ctx, keys, func(c *glide.DedicatedClient) (*glide.Transaction, error) {
			_, err := c.Get(ctx, keys[0])
			return glide.NewTransaction().Set(keys[0], "value"), err
		})
		require.NoError(t, err)
		err = client.Node(glide.PrimaryOfKey(keys[0])).Dedicated(ctx, func(c *glide.DedicatedClient) error {
			return c.Watch(ctx, keys...)
		})
		require.NoError(t, err)
		taken := map[*wire.Request]bool{}
		for range 100 {
			request := wire.NewRequest("GET")
			require.False(t, taken[request], "two callers have the same request")
			taken[request] = true
		}
		for request := range taken {
			request.Release()
		}
	}
}
