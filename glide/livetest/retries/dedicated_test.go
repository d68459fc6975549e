package retries_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// refusals are what servers say of commands that they have not run.
var refusals = []string{"LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "READONLY"}

// refusing makes a server refuse the first commands of a name.
func refusing(server *fakeserver.Server, command string, times int, code string) {
	count := 0
	server.Refuse(command, func(*fakeserver.Conn, []string) string {
		if count++; count <= times {
			return fakeserver.Error(code + " not now")
		}
		return fakeserver.Default
	})
}

// counter has the commands that the tests use, on any kind of connection.
type counter interface {
	Get(ctx context.Context, key string) (glide.Optional[string], error)
	Incr(ctx context.Context, key string) (int64, error)
}

// dedicated calls a function with a dedicated connection of either client.
func dedicated(client harness.Client, use func(c counter) error) error {
	return client.Dedicated(ctx, func(c *glide.DedicatedClient) error { return use(c) })
}

// optimistic increments a counter by optimistic locking.
func optimistic(client harness.Client) error {
	next := func(c counter) (string, error) {
		value, err := c.Get(ctx, "key")
		if err != nil {
			return "", err
		}
		n, err := strconv.Atoi(value.Or("0"))
		return strconv.Itoa(n + 1), err
	}
	_, err := client.Optimistic(ctx, []string{"key"}, func(c *glide.DedicatedClient) (*glide.Transaction, error) {
		value, err := next(c)
		return glide.NewTransaction().Set("key", value), err
	})
	return err
}

// onEachRefusal runs a test for each kind of client and each refusal.
func onEachRefusal(t *testing.T, config glide.ClusterConfig, test func(t *testing.T, server *fakeserver.Server, client harness.Client, code string)) {
	t.Helper()
	for _, kind := range kinds {
		for _, code := range refusals {
			t.Run(string(kind)+", "+code, func(t *testing.T) {
				t.Parallel()
				server := fakeserver.Start(t)
				config := config
				config.Addresses = harness.AddressesOf(server)
				test(t, server, kind.Connect(t, config), code)
			})
		}
	}
}

func TestFirstCommandOfADedicatedConnectionIsSentAgainIfItWasRefused(t *testing.T) {
	t.Parallel()
	const times = 3
	onEachRefusal(t, glide.ClusterConfig{RequestTimeout: harness.Patience}, func(t *testing.T, server *fakeserver.Server, client harness.Client, code string) {
		refusing(server, "INCR", times, code)
		require.NoError(t, dedicated(client, func(c counter) error {
			n, err := c.Incr(ctx, "key")
			require.EqualValues(t, 1, n)
			return err
		}))
		require.Equal(t, times+1, server.Count("INCR"))

		// What comes later is for the caller: it may be about what is watched.
		refusing(server, "INCR", 1, code)
		require.NoError(t, dedicated(client, func(c counter) error {
			_, err := c.Get(ctx, "key")
			require.NoError(t, err)
			_, err = c.Incr(ctx, "key")
			var refused *glide.ServerError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, code, refused.Code)
			_, err = c.Incr(ctx, "key")
			return err
		}))
		require.Equal(t, times+3, server.Count("INCR"))
		require.Equal(t, 2, server.Data().Runs("key"))
	})
}

func TestFirstCommandOfADedicatedConnectionIsSentOnceWithoutRetries(t *testing.T) {
	t.Parallel()
	onEachRefusal(t, glide.ClusterConfig{RequestTimeout: harness.Patience, NoRetries: true}, func(t *testing.T, server *fakeserver.Server, client harness.Client, code string) {
		for what, call := range map[string]func() error{
			"INCR": func() error {
				return dedicated(client, func(c counter) error { _, err := c.Incr(ctx, "key"); return err })
			},
			"SET": func() error { return optimistic(client) },
		} {
			refusing(server, what, 1, code)
			err := call()
			var refused *glide.ServerError
			require.ErrorAs(t, err, &refused, what)
			require.Equal(t, code, refused.Code)
			require.NotErrorIs(t, err, glide.ErrTimeout)
			require.Equal(t, 1, server.Count(what))
		}
	})
}

func TestOptimisticLockingBeginsAnewWhatWasRefused(t *testing.T) {
	t.Parallel()
	const times = 3
	for _, command := range []string{"WATCH", "GET", "SET", "EXEC"} {
		t.Run(command, func(t *testing.T) {
			onEachRefusal(t, glide.ClusterConfig{RequestTimeout: harness.Patience}, func(t *testing.T, server *fakeserver.Server, client harness.Client, code string) {
				refusing(server, command, times, code)
				require.NoError(t, optimistic(client))
				require.Equal(t, times+1, server.Count(command))
				value, err := client.Get(ctx, "key")
				require.NoError(t, err)
				require.Equal(t, "1", value.Value())
			})
		})
	}
}

// It ends with its time. What it waited for is told unless the last try was not
// answered in what was left of it.
func TestOptimisticLockingThatIsAlwaysRefusedEnds(t *testing.T) {
	t.Parallel()
	onEachRefusal(t, glide.ClusterConfig{RequestTimeout: 500 * time.Millisecond}, func(t *testing.T, server *fakeserver.Server, client harness.Client, code string) {
		for _, command := range []string{"WATCH", "SET"} {
			refusing(server, command, 1_000_000, code)
			err := optimistic(client)
			var refused *glide.ServerError
			if errors.As(err, &refused) {
				require.Equal(t, code, refused.Code, command)
			} else {
				require.ErrorIs(t, err, glide.ErrTimeout, command)
			}
			refusing(server, command, 0, code)
		}
		require.NoError(t, optimistic(client))
	})
}

// A transaction that may have run is not sent again.
func TestOptimisticLockingWritesOnceAtMost(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		server := fakeserver.Start(t)
		client := kind.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience})
		server.Handle("SET", func(c *fakeserver.Conn, args []string) string {
			c.Run(args)
			c.Reset()
			return fakeserver.NoReply
		})
		require.ErrorIs(t, optimistic(client), glide.ErrConnectionLost)
		require.Equal(t, 1, server.Count("SET"))
	}
}

// A dedicated connection follows when servers swap their roles.
func TestDedicatedConnectionsFollowTheRoles(t *testing.T) {
	t.Parallel()
	primary := glidetest.Start(t, glidetest.WithReplicas(1))
	replica := primary.Replicas()[0]
	config := glide.ClusterConfig{Addresses: harness.AddressesOf(primary, replica), RequestTimeout: harness.Patience}
	calls := map[string]func(client harness.Client) error{
		"Dedicated": func(client harness.Client) error {
			return dedicated(client, func(c counter) error { _, err := c.Incr(ctx, "key"); return err })
		},
		"Optimistic": optimistic,
	}
	var clients []harness.Client
	for range calls {
		clients = append(clients, harness.Standalone.Connect(t, config))
	}
	for _, client := range clients {
		for _, call := range calls {
			require.NoError(t, call(client))
		}
	}
	isThere := func() bool { return replica.MustCommand(t, "GET", "key") == "4" }
	require.Eventually(t, isThere, harness.Patience, time.Millisecond)
	replica.MustCommand(t, "REPLICAOF", "NO", "ONE")
	primary.MustCommand(t, "REPLICAOF", replica.Host(), strconv.Itoa(replica.Port()))
	i := 0
	for name, call := range calls {
		require.NoError(t, call(clients[i]), name)
		i++
	}
	require.Equal(t, "6", replica.MustCommand(t, "GET", "key"))
}
