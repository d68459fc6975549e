package hungnodes_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

const heartbeat = 200 * time.Millisecond

func connectStandalone(t *testing.T, config glide.Config) *glide.Client {
	t.Helper()
	client, err := glide.NewClient(ctx, config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// No call waits for a reply on the connection, and still it is replaced: the next
// caller does not notice.
func TestHeartbeatReplacesAnIdleConnection(t *testing.T) {
	for _, kind := range []harness.Kind{harness.Standalone, harness.Cluster} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := fakeserver.Start(t)
			client := kind.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server), HeartbeatInterval: heartbeat})
			require.NoError(t, client.Set(ctx, "key", "value"))
			accepted := server.Accepted()
			server.Break((*fakeserver.Conn).Silence)
			require.Eventually(t, func() bool { return server.Accepted() > accepted }, harness.Patience, time.Millisecond)
			// It is taken when the silent one has had a last chance.
			require.Eventually(t, func() bool { return server.Connections() == 1 }, harness.Patience, time.Millisecond)
			require.NoError(t, client.Set(ctx, "key", "value"))
		})
	}
}

// A caller with much time has a reply long before it is over.
func TestHeartbeatNoticesARequestThatIsNotAnswered(t *testing.T) {
	t.Parallel()
	server := fakeserver.Start(t)
	config := glide.Config{Addresses: harness.AddressesOf(server), HeartbeatInterval: heartbeat, RequestTimeout: 10 * time.Minute}
	client := connectStandalone(t, config)
	require.NoError(t, client.Set(ctx, "key", "value"))
	server.Break((*fakeserver.Conn).Silence)
	begun := time.Now()
	value, err := client.Get(ctx, "key")
	require.NoError(t, err, "what only reads is sent again")
	require.Equal(t, "value", value.Value())
	t.Logf("after %v", time.Since(begun))
	server.Break((*fakeserver.Conn).Silence)
	require.ErrorIs(t, client.Set(ctx, "key", "value"), glide.ErrConnectionLost)
}

func TestHeartbeatAsksOnlyWhereThereIsSilence(t *testing.T) {
	t.Parallel()
	idle, busy, none := fakeserver.Start(t), fakeserver.Start(t), fakeserver.Start(t)
	begun := time.Now() // before the client is connected that is counted
	connectStandalone(t, glide.Config{Addresses: harness.AddressesOf(idle), HeartbeatInterval: heartbeat})
	connectStandalone(t, glide.Config{Addresses: harness.AddressesOf(none), HeartbeatInterval: glide.NoHeartbeat})
	client := connectStandalone(t, glide.Config{Addresses: harness.AddressesOf(busy), HeartbeatInterval: time.Minute})
	for idle.Count("PING") < 3 {
		require.NoError(t, client.Set(ctx, "key", "value"))
		require.Less(t, time.Since(begun), harness.Patience)
		time.Sleep(time.Millisecond)
	}
	// At most one an interval, in addition to the first, which asks for the id.
	require.LessOrEqual(t, idle.Count("PING"), int(time.Since(begun)/heartbeat))
	require.Zero(t, busy.Count("PING"))
	require.Zero(t, none.Count("PING"))
}

// Servers that are busy answer neither a ping nor new connections; those that
// have paused writes do, but not on a connection with a write.
func TestHeartbeatKeepsConnectionsToSlowServers(t *testing.T) {
	for name, test := range map[string]struct {
		slow func(client *glide.Client, server *glidetest.Server) error
	}{
		"a long script": {func(client *glide.Client, _ *glidetest.Server) error {
			script := "local t = redis.call('TIME'); local e = t[1] + 3; repeat t = redis.call('TIME') until tonumber(t[1]) > e; return redis.call('INCR', KEYS[1])"
			_, err := client.Eval(ctx, script, []string{"counter"})
			return err
		}},
		"paused writes": {func(client *glide.Client, server *glidetest.Server) error {
			if _, err := server.Command("CLIENT", "PAUSE", "3000", "WRITE"); err != nil {
				return err
			}
			_, err := client.Incr(ctx, "counter")
			return err
		}},
		"paused writes, dedicated": {func(client *glide.Client, server *glidetest.Server) error {
			return client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
				if err := c.Ping(ctx); err != nil {
					return err
				}
				if _, err := server.Command("CLIENT", "PAUSE", "3000", "WRITE"); err != nil {
					return err
				}
				_, err := c.Incr(ctx, "counter")
				return err
			})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := glidetest.Start(t)
			client := connectStandalone(t, glide.Config{
				Addresses: harness.AddressesOf(server), HeartbeatInterval: heartbeat, RequestTimeout: harness.Patience,
			})
			require.NoError(t, client.Set(ctx, "key", "value"))
			id, err := client.ClientID(ctx)
			require.NoError(t, err)
			time.Sleep(3 * heartbeat) // the client learns its connection's id
			require.NoError(t, test.slow(client, server))
			require.Equal(t, "1", server.MustCommand(t, "GET", "counter"))
			after, err := client.ClientID(ctx)
			require.NoError(t, err)
			require.Equal(t, id, after, "the connection was replaced")
		})
	}
}

// A blocking command that waits for as long as it is told is not disturbed.
func TestHeartbeatLeavesBlockingCommandsAlone(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := connectStandalone(t, glide.Config{Addresses: harness.AddressesOf(server), HeartbeatInterval: 100 * time.Millisecond})
	popped, err := client.BLPop(ctx, 1500*time.Millisecond, "list")
	require.NoError(t, err)
	require.True(t, popped.IsNil())
	time.AfterFunc(1500*time.Millisecond, func() { _, _ = server.Command("RPUSH", "list", "element") })
	popped, err = client.BLPop(ctx, 0, "list")
	require.NoError(t, err)
	require.Equal(t, "element", popped.Value().Element)
}

func TestHalfOpenDedicatedConnectionsAreLost(t *testing.T) {
	for name, use := range map[string]func(client *glide.Client, silence func()) error{
		"blocking command": func(client *glide.Client, silence func()) error {
			time.AfterFunc(100*time.Millisecond, silence)
			_, err := client.BLPop(ctx, 500*time.Millisecond, "list")
			return err
		},
		"ordinary command": func(client *glide.Client, silence func()) error {
			return client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
				if err := c.Ping(ctx); err != nil {
					return err
				}
				silence()
				_, err := c.Get(ctx, "key")
				return err
			})
		},
		"transaction": func(client *glide.Client, silence func()) error {
			return client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
				if err := c.Watch(ctx, "key"); err != nil {
					return err
				}
				silence()
				_, err := c.Exec(ctx, glide.NewTransaction().Incr("key"))
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := glidetest.Start(t)
			link := harness.StartLink(t, server.Addr())
			client := connectStandalone(t, glide.Config{
				Addresses: harness.AddressesOf(link), HeartbeatInterval: heartbeat, RequestTimeout: 10 * time.Minute,
			})
			bounded, cancel := context.WithTimeout(ctx, harness.Patience)
			defer cancel()
			ended := make(chan error, 1)
			begun := time.Now()
			go func() { ended <- use(client, func() { link.Break((*harness.Through).Lose) }) }()
			select {
			case err := <-ended:
				require.ErrorIs(t, err, glide.ErrConnectionLost)
				require.False(t, glide.SafeToRetry(err))
				t.Logf("after %v", time.Since(begun))
			case <-bounded.Done():
				require.Fail(t, "it waits for ever")
			}
			require.NoError(t, client.Dedicated(ctx, func(c *glide.DedicatedClient) error { return c.Ping(ctx) }))
		})
	}
}

// What waits on a hung server is not told that its connection is lost: the server
// may go on.
func TestDedicatedConnectionToAHungServerIsKept(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := connectStandalone(t, glide.Config{
		Addresses: harness.AddressesOf(server), HeartbeatInterval: heartbeat, RequestTimeout: harness.Patience,
	})
	require.NoError(t, client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
		if err := c.Set(ctx, "key", "value"); err != nil {
			return err
		}
		if err := server.Pause(); err != nil {
			return err
		}
		time.AfterFunc(2*time.Second, func() { _ = server.Resume() })
		value, err := c.Get(ctx, "key")
		if err == nil && value.Value() != "value" {
			return fmt.Errorf("%v", value)
		}
		return err
	}))
}
