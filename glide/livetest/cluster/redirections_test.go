package cluster_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// moveKey moves a key alone, of a slot that is open.
func moveKey(t *testing.T, from, to *glidetest.Server, key string) {
	t.Helper()
	require.Equal(t, "OK", from.MustCommand(t, "MIGRATE", to.Host(), strconv.Itoa(to.Port()), key, "0", "10000"))
}

func TestCallsFollowASlotThatHasMoved(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	from, to := cluster.Nodes()[0], cluster.Nodes()[1]
	slot := 0
	for name, call := range harness.WaysToCall {
		t.Run(name, func(t *testing.T) {
			for _, callers := range []int{1, 100} {
				slot++
				keys := harness.ManyKeysOfSlot(slot, callers)
				// It asks no one, so all that it knows are redirections.
				client := harness.ConnectToCluster(t, cluster, harness.LoadedCluster(2*time.Second), func(c *glide.ClusterConfig) {
					c.TopologyCheck = glide.NoTopologyCheck
				})
				for _, key := range keys {
					require.NoError(t, client.Set(ctx, key, "value of "+key))
				}
				before := harness.ErrorsOf(t, from, "MOVED")
				require.NoError(t, cluster.MigrateSlot(slot, to))
				for range 3 {
					errs := testkit.Concurrently(callers, func(i int) error { return call(client, keys[i]) })
					require.NoError(t, errors.Join(errs...))
				}
				redirected := harness.ErrorsOf(t, from, "MOVED") - before
				t.Logf("%d callers, 3 calls each: redirected %d times", callers, redirected)
				require.NotZero(t, redirected)
				require.Less(t, redirected, 3*2*callers, "the client does not learn")
			}
		})
	}
}

func TestCallsFollowASlotThatIsMoving(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	from, to := cluster.Nodes()[0], cluster.Nodes()[1]
	const callers, slot = 100, 10
	keys := harness.ManyKeysOfSlot(slot, callers+2)
	moved, stays, created := keys[0], keys[1], keys[2:]
	client := harness.ConnectToCluster(t, cluster, harness.LoadedCluster(time.Second))
	for _, key := range []string{moved, stays} {
		require.NoError(t, client.Set(ctx, key, "value of "+key))
	}
	require.NoError(t, cluster.OpenSlot(slot, to))
	moveKey(t, from, to, moved)

	asked := func(t *testing.T, what func()) {
		t.Helper()
		before := harness.ErrorsOf(t, from, "ASK")
		what()
		require.Greater(t, harness.ErrorsOf(t, from, "ASK"), before)
	}
	for name, call := range harness.WaysToCall {
		t.Run(name, func(t *testing.T) {
			asked(t, func() { require.NoError(t, call(client, moved)) })
			require.NoError(t, call(client, stays))
			asked(t, func() {
				errs := testkit.Concurrently(callers, func(i int) error { return call(client, []string{moved, stays}[i%2]) })
				require.NoError(t, errors.Join(errs...))
			})
		})
	}
	t.Run("keys that are new", func(t *testing.T) {
		errs := testkit.Concurrently(callers, func(i int) error {
			if n, err := client.Incr(ctx, created[i]); err != nil || n != 1 {
				return fmt.Errorf("incremented to %d: %w", n, err)
			}
			return nil
		})
		require.NoError(t, errors.Join(errs...))
	})
	t.Run("a pipeline with both", func(t *testing.T) {
		results := harness.Value(client.Exec(ctx, glide.NewPipeline().Get(moved).Get(stays).Incr(created[0]).Get("foo").Get(moved)))(t)
		require.NoError(t, results.Err(3))
		for i, key := range map[int]string{0: moved, 1: stays, 4: moved} {
			require.Equal(t, glide.Some("value of "+key), harness.Value(glide.Result[glide.Optional[string]](results, i))(t))
		}
		require.Equal(t, int64(2), harness.Value(glide.Result[int64](results, 2))(t))
	})
	both := map[string]func(client *glide.ClusterClient) error{
		"a command with both keys": func(client *glide.ClusterClient) error {
			values, err := client.MGet(ctx, moved, stays)
			if err == nil {
				require.Equal(t, []glide.Optional[string]{glide.Some("value of " + moved), glide.Some("value of " + stays)}, values)
			}
			return err
		},
		"a pipeline's command with both keys, to be sent again": func(client *glide.ClusterClient) error {
			_, err := client.Exec(ctx, glide.NewPipeline().MGet(moved, stays).Get(stays), glide.FailOnError, glide.RetryServerErrors)
			return err
		},
	}
	t.Run("a pipeline's command with both keys", func(t *testing.T) {
		results := harness.Value(client.Exec(ctx, glide.NewPipeline().Get(moved).MGet(moved, stays).Get(stays)))(t)
		harness.RequireCode(t, "TRYAGAIN", results.Err(1))
		require.Equal(t, glide.Some("value of "+moved), harness.Value(glide.Result[glide.Optional[string]](results, 0))(t))
		require.Equal(t, glide.Some("value of "+stays), harness.Value(glide.Result[glide.Optional[string]](results, 2))(t))
	})
	t.Run("a transaction over both keys", func(t *testing.T) {
		_, err := client.Exec(ctx, glide.NewTransaction().Get(moved).Get(stays))
		require.ErrorIs(t, err, glide.ErrTimeout) // it waits for the keys to be together
	})
	for name, call := range both {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			err := call(client)
			t.Logf("while the keys are apart, after %v: %v", time.Since(begun), err)
			require.ErrorIs(t, err, glide.ErrTimeout)
		})
	}
	waits := harness.ConnectToCluster(t, cluster, harness.ClusterPatient)
	waiting := make(chan error, len(both))
	for _, call := range both {
		go func() { waiting <- call(waits) }()
	}
	time.Sleep(20 * time.Millisecond)
	require.NoError(t, cluster.MigrateSlot(slot, to))
	for range both {
		require.NoError(t, <-waiting, "what waits for the keys to be together again")
	}
}
