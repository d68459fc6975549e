package customcommands_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// unshareable are commands that cannot share a connection.
var unshareable = [][]string{
	{"MONITOR"}, {"monitor"},
	{"CLIENT", "REPLY", "OFF"}, {"client", "Reply", "skip"}, {"CLIENT", "REPLY", "ON"},
	{"REPLCONF", "ACK", "0"}, {"REPLCONF", "LISTENING-PORT", "1"}, {"SYNC"}, {"PSYNC", "?", "-1"},
	{"SUBSCRIBE", "c"}, {"psubscribe", "c"}, {"SSUBSCRIBE", "c"}, {"UNSUBSCRIBE"}, {"PUNSUBSCRIBE"}, {"SUNSUBSCRIBE"},
	{"POST"}, {"Host:", "x"}, {"SCRIPT", "DEBUG", "YES"}, {"CLUSTER", "SYNCSLOTS", "FINISH"},
	{"HELLO", "2"}, {"HELLO", "3", "SETNAME", "n"}, {"RESET"}, {"QUIT"},
	{"ASKING"}, {"READONLY"}, {"READWRITE"}, {"MULTI"}, {"EXEC"}, {"DISCARD"}, {"WATCH", "k"}, {"UNWATCH"},
}

// alone are commands that are not for batches.
var alone = [][]string{{"AUTH", "p"}, {"CLIENT", "SETNAME", "n"}}

// face is one way of sending custom commands.
type face struct {
	name  string
	do    func(ctx context.Context, words ...string) error
	batch bool
}

func facesOf(client any) []face {
	do := func(_ any, err error) error { return err }
	exec := func(_ glide.Results, err error) error { return err }
	bytes := func(words []string) (all [][]byte) {
		for _, word := range words {
			all = append(all, []byte(word))
		}
		return all
	}
	switch c := client.(type) {
	case *glide.Client:
		return []face{
			{"Do", func(ctx context.Context, words ...string) error { return do(c.Do(ctx, words...)) }, false},
			{"DoBytes", func(ctx context.Context, words ...string) error { return do(c.DoBytes(ctx, bytes(words)...)) }, false},
			{"pipeline", func(ctx context.Context, words ...string) error {
				return exec(c.Exec(ctx, glide.NewPipeline().Get("k").Do(words...)))
			}, true},
			{"transaction", func(ctx context.Context, words ...string) error {
				return exec(c.Exec(ctx, glide.NewTransaction().Get("k").Do(words...)))
			}, true},
		}
	case *glide.ClusterClient:
		return []face{
			{"Do", func(ctx context.Context, words ...string) error { return do(c.Do(ctx, words...)) }, false},
			{"Node", func(ctx context.Context, words ...string) error {
				return do(c.Node(glide.PrimaryOfKey("k")).Do(ctx, words...))
			}, false},
			{"Nodes", func(ctx context.Context, words ...string) error {
				_, err := c.Nodes(glide.AllNodes).Do(ctx, words...)
				return err
			}, false},
			{"pipeline", func(ctx context.Context, words ...string) error {
				return exec(c.Exec(ctx, glide.NewPipeline().Get("k").Do(words...)))
			}, true},
			{"transaction", func(ctx context.Context, words ...string) error {
				return exec(c.Exec(ctx, glide.NewTransaction().Get("k").Do(words...)))
			}, true},
		}
	}
	panic("no client")
}

// onBoth runs a test with a server and with a cluster.
func onBoth(t *testing.T, test func(t *testing.T, nodes []*glidetest.Server, client any)) {
	t.Helper()
	t.Run("standalone", func(t *testing.T) {
		t.Parallel()
		server := glidetest.Start(t)
		config := glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience}
		test(t, []*glidetest.Server{server}, harness.Standalone.Connect(t, config))
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		cluster := glidetest.StartCluster(t)
		config := glide.ClusterConfig{Addresses: harness.AddressesOf(cluster.Nodes()...), RequestTimeout: harness.Patience}
		test(t, cluster.Nodes(), harness.Cluster.Connect(t, config))
	})
}

// connections are the numbers of the connections that a client shares.
func connections(t *testing.T, nodes []*glidetest.Server) (ids []string) {
	t.Helper()
	for _, node := range nodes {
		for _, connection := range harness.ClientsOf(t, node) {
			ids = append(ids, node.Addr()+" "+connection["id"])
		}
	}
	return ids
}

func TestWhatCannotShareAConnectionIsRefused(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, nodes []*glidetest.Server, client any) {
		c := client.(harness.Client)
		require.NoError(t, c.Set(ctx, "k", "value"))
		for _, node := range nodes { // a connection to each
			_, err := c.Do(ctx, "DBSIZE")
			require.NoError(t, err, node.Addr())
		}
		before := connections(t, nodes)
		for _, face := range facesOf(client) {
			refused := unshareable
			if face.batch {
				refused = append(refused[:len(refused):len(refused)], alone...)
			}
			for _, words := range refused {
				err := face.do(ctx, words...)
				require.ErrorIs(t, err, glide.ErrInvalidArgument, "%s %q", face.name, words)
				require.True(t, glide.SafeToRetry(err))
				require.Contains(t, strings.ToUpper(err.Error()), strings.ToUpper(words[0]))
				value, err := c.Get(ctx, "k")
				require.NoError(t, err, "after %s %q", face.name, words)
				require.Equal(t, "value", value.Value(), "after %s %q", face.name, words)
			}
		}
		require.ElementsMatch(t, before, connections(t, nodes), "connections were replaced")
	})
}

func TestSelectOnSomeNodesOfAClusterIsRefused(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t)
	client := harness.Cluster.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(cluster.Nodes()...)}).(*glide.ClusterClient)
	_, err := client.Node(glide.PrimaryOfKey("k")).Do(ctx, "select", "0")
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
	_, err = client.Exec(ctx, glide.NewPipeline().Do("SELECT", "0"))
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
}

// While some try what cannot share a connection, the others are given what
// they ask for.
func TestRefusedCommandsDoNotMixTheRepliesOfOthers(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Standalone.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience})
	const callers = 50
	for i := range callers {
		server.MustCommand(t, "SET", fmt.Sprint("key", i), fmt.Sprint("value", i))
	}
	load := testkit.StartLoad(callers, func(i int) error {
		value, err := client.Get(ctx, fmt.Sprint("key", i))
		if err == nil && value.Value() != fmt.Sprint("value", i) {
			return fmt.Errorf("another's value: %q", value.Value())
		}
		return err
	})
	for _, face := range facesOf(client) {
		for _, words := range unshareable {
			require.ErrorIs(t, face.do(ctx, words...), glide.ErrInvalidArgument)
		}
	}
	load.End()
	require.Zero(t, load.Failed(), load)
	require.NotZero(t, load.Succeeded())
}

func TestDedicatedAllowsThemAndClosesTheConnection(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Standalone.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience}).(*glide.Client)
	require.NoError(t, client.Set(ctx, "k", "value"))
	shared := connections(t, []*glidetest.Server{server})
	for _, silent := range [][]string{{"CLIENT", "REPLY", "OFF"}, {"CLIENT", "REPLY", "SKIP"}, {"REPLCONF", "ACK", "0"}} {
		err := client.Dedicated(ctx, func(d *glide.DedicatedClient) error {
			short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
			defer cancel()
			_, err := d.Do(short, silent...)
			require.ErrorIs(t, err, glide.ErrTimeout, "%q", silent)
			// The connection's next reply is unknown.
			_, err = d.Get(ctx, "k")
			require.ErrorIs(t, err, glide.ErrConnectionLost, "%q", silent)
			return nil
		})
		require.NoError(t, err)
	}
	for _, answered := range [][]string{{"MONITOR"}, {"HELLO", "2"}, {"RESET"}, {"QUIT"}, {"READONLY"}, {"MULTI"}, {"SELECT", "1"}} {
		err := client.Dedicated(ctx, func(d *glide.DedicatedClient) error {
			_, err := d.Do(ctx, answered...)
			var refused *glide.ServerError
			if !errors.As(err, &refused) { // READONLY needs a cluster
				require.NoError(t, err, "%q", answered)
			}
			return nil
		})
		require.NoError(t, err)
	}
	// While it monitors, others use the server, and no one is given what it sees.
	require.NoError(t, client.Dedicated(ctx, func(d *glide.DedicatedClient) error {
		_, err := d.Do(ctx, "MONITOR")
		require.NoError(t, err)
		for range 100 {
			value, err := client.Get(ctx, "k")
			require.NoError(t, err)
			require.Equal(t, "value", value.Value())
		}
		return nil
	}))
	require.Eventually(t, func() bool { return len(connections(t, []*glidetest.Server{server})) == len(shared) }, harness.Patience, 5*time.Millisecond,
		"a connection of Dedicated is left")
	require.NoError(t, client.Dedicated(ctx, func(d *glide.DedicatedClient) error {
		value, err := d.Get(ctx, "k")
		require.Equal(t, "value", value.Value())
		return err
	}))
}

func TestATransactionOnADedicatedConnectionIsStillOne(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Standalone.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server)}).(*glide.Client)
	for _, words := range [][]string{{"EXEC"}, {"DISCARD"}, {"MULTI"}, {"CLIENT", "REPLY", "OFF"}} {
		require.NoError(t, client.Dedicated(ctx, func(d *glide.DedicatedClient) error {
			_, err := d.Exec(ctx, glide.NewTransaction().Set("k", "v").Do(words...))
			require.ErrorIs(t, err, glide.ErrInvalidArgument)
			_, err = d.Exec(ctx, glide.NewTransaction().Set("k", "v"))
			return err
		}))
	}
}

// A caller that waits does not keep others from being answered, regardless of what it
// waits for.
func TestCustomCommandsThatBlockHaveAConnectionForThemselves(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Standalone.Connect(t, glide.ClusterConfig{Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience})
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	blocking := [][]string{
		{"BLPOP", "l", "0"}, {"brpop", "l", "0"}, {"BLMOVE", "l", "m", "LEFT", "LEFT", "0"}, {"BRPOPLPUSH", "l", "m", "0"},
		{"BLMPOP", "0", "1", "l", "LEFT"}, {"BZPOPMIN", "z", "0"}, {"BZPOPMAX", "z", "0"}, {"BZMPOP", "0", "1", "z", "MIN"},
		{"XREAD", "block", "0", "STREAMS", "s", "$"},
	}
	done := make(chan []error)
	go func() {
		done <- testkit.Concurrently(len(blocking), func(i int) error {
			_, err := client.Do(waiting, blocking[i]...)
			return err
		})
	}()
	require.Eventually(t, func() bool {
		blocked := 0
		for _, connection := range harness.ClientsOf(t, server) {
			if strings.Contains(connection["flags"], "b") {
				blocked++
			}
		}
		return blocked == len(blocking)
	}, harness.Patience, 5*time.Millisecond)
	for range 100 {
		_, err := client.Get(ctx, "k")
		require.NoError(t, err)
	}
	cancel()
	for _, err := range <-done {
		require.ErrorIs(t, err, context.Canceled)
	}
}
