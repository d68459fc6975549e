package spec_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// Slots of the first of three primaries, and one of the second.
var (
	first, second, third = harness.KeyOfSlot(1), harness.KeyOfSlot(2), harness.KeyOfSlot(3)
	elsewhere            = harness.KeyOfSlot(harness.Slots / 2)
)

// waysToWatch watch keys and run a transaction on a connection of the first
// key's node; between that, meanwhile changes what it likes.
var waysToWatch = map[string]func(client *glide.ClusterClient, keys []string, meanwhile func()) error{
	"Watch": func(client *glide.ClusterClient, keys []string, meanwhile func()) error {
		return client.Node(glide.PrimaryOfKey(keys[0])).Dedicated(ctx, func(d *glide.DedicatedClient) error {
			if err := d.Watch(ctx, keys...); err != nil {
				return err
			}
			meanwhile()
			_, err := d.Exec(ctx, glide.NewTransaction().Set(first, "written"))
			return err
		})
	},
	"custom command": func(client *glide.ClusterClient, keys []string, meanwhile func()) error {
		return client.Node(glide.PrimaryOfKey(keys[0])).Dedicated(ctx, func(d *glide.DedicatedClient) error {
			reply, err := d.Do(ctx, append([]string{"watch"}, keys...)...)
			if err != nil {
				return err
			}
			if reply != "OK" {
				return errors.New("unexpected reply")
			}
			meanwhile()
			_, err = d.Exec(ctx, glide.NewTransaction().Set(first, "written"))
			return err
		})
	},
}

func TestKeysOfSeveralSlotsCanBeWatched(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client := harness.ConnectCluster(t, patient(cluster.Nodes()[0]))
	keys := []string{first, second, third, first}
	for name, watch := range waysToWatch {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, watch(client, keys, func() {}))
			for _, key := range keys {
				err := watch(client, keys, func() { require.NoError(t, client.Set(ctx, key, "changed")) })
				require.ErrorIs(t, err, glide.ErrTransactionAborted, key)
			}
			require.NoError(t, watch(client, keys, func() {}), "nothing is left of what was watched before")
			err := watch(client, []string{first, elsewhere}, func() {})
			var refused *glide.ServerError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, "MOVED", refused.Code)
			require.Contains(t, refused.Message, "the dedicated connection is to another node")
		})
	}
}

func TestOptimisticLockingOfKeysOfSeveralSlots(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client := harness.ConnectCluster(t, patient(cluster.Nodes()[0]))
	keys := []string{first, second}
	copyFirst := func(change func()) (int, error) {
		tries := 0
		_, err := client.Optimistic(ctx, keys, func(d *glide.DedicatedClient) (*glide.Transaction, error) {
			tries++
			value, err := d.Get(ctx, first)
			if tries == 1 {
				change()
			}
			return glide.NewTransaction().Set(second, value.Or("none")), err
		})
		return tries, err
	}
	for _, change := range []func(){
		func() { require.NoError(t, client.Set(ctx, first, "changed")) },
		func() { require.NoError(t, client.Set(ctx, second, "changed")) },
	} {
		tries, err := copyFirst(change)
		require.NoError(t, err)
		require.Equal(t, 2, tries)
		value, err := client.Get(ctx, second)
		require.NoError(t, err)
		require.Equal(t, "changed", value.Value())
	}

	_, err := client.Optimistic(ctx, []string{first, elsewhere}, func(*glide.DedicatedClient) (*glide.Transaction, error) {
		return glide.NewTransaction().Set(first, "not written"), nil
	})
	require.EqualError(t, err, "glide: optimistic locking: invalid argument: different nodes have the slots of its keys")
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
	require.True(t, glide.SafeToRetry(err))
	value, err := client.Get(ctx, first)
	require.NoError(t, err)
	require.Equal(t, "changed", value.Value())
}

func TestOptimisticLockingFollowsSlots(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client := harness.ConnectCluster(t, patient(cluster.Nodes()[0]))
	increment := func(keys ...string) error {
		_, err := client.Optimistic(ctx, keys, func(d *glide.DedicatedClient) (*glide.Transaction, error) {
			_, err := d.Get(ctx, keys[0])
			return glide.NewTransaction().Incr(keys[0]), err
		})
		return err
	}
	for range 3 {
		require.NoError(t, increment(first, second))
	}
	for _, slot := range []int{1, 2} {
		require.NoError(t, cluster.MigrateSlot(slot, cluster.Nodes()[1]))
	}
	require.NoError(t, increment(first, second), "both slots have moved")
	require.NoError(t, cluster.MigrateSlot(1, cluster.Nodes()[2]))
	require.NoError(t, increment(first))
	require.ErrorIs(t, increment(first, second), glide.ErrInvalidArgument)
	value, err := client.Get(ctx, first)
	require.NoError(t, err)
	require.Equal(t, "5", value.Value())
}

// While a slot is on the move its keys are at one node or the other.
func TestOptimisticLockingFollowsKeysOfASlotOnTheMove(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client := harness.ConnectCluster(t, patient(cluster.Nodes()[0]))
	here, there := harness.KeysOfSlot(1, 1), harness.KeysOfSlot(1, 2)
	increment := func(keys ...string) error {
		_, err := client.Optimistic(ctx, keys, func(d *glide.DedicatedClient) (*glide.Transaction, error) {
			transaction := glide.NewTransaction()
			for _, key := range keys {
				if _, err := d.Get(ctx, key); err != nil {
					return nil, err
				}
				transaction.Incr(key)
			}
			return transaction, nil
		})
		return err
	}
	require.NoError(t, increment(here))
	to := cluster.Nodes()[1]
	require.NoError(t, cluster.OpenSlot(1, to))
	for range 2 {
		require.NoError(t, increment(here), "it is still at the slot's owner")
		require.NoError(t, increment(there), "it is at the other one")
	}
	// Others change it there meanwhile.
	tries := 0
	_, err := client.Optimistic(ctx, []string{there}, func(d *glide.DedicatedClient) (*glide.Transaction, error) {
		if _, err := d.Get(ctx, there); err != nil {
			return nil, err // the owner says where it is
		}
		if tries++; tries == 1 {
			_, err := client.Incr(ctx, there)
			require.NoError(t, err)
		}
		return glide.NewTransaction().Incr(there), nil
	})
	require.NoError(t, err)
	require.Equal(t, 2, tries)

	// A key that is not watched is not looked for where it may not be.
	_, err = client.Optimistic(ctx, []string{there}, func(d *glide.DedicatedClient) (*glide.Transaction, error) {
		value, err := d.Get(ctx, here)
		return glide.NewTransaction().Set(there, value.Or("none")), err
	})
	var refused *glide.ServerError
	require.ErrorAs(t, err, &refused)

	// No node has both until the move is complete.
	done := make(chan error, 1)
	go func() { done <- increment(here, there) }()
	select {
	case err := <-done:
		require.Fail(t, "no node has both keys", "%v", err)
	case <-time.After(200 * time.Millisecond):
	}
	require.NoError(t, cluster.MigrateSlot(1, to))
	require.NoError(t, <-done)
	for key, expected := range map[string]string{here: "4", there: "5"} {
		value, err := client.Get(ctx, key)
		require.NoError(t, err)
		require.Equal(t, expected, value.Value(), key)
	}
}
