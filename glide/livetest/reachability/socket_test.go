package reachability_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// socketPath returns a path that is short enough for a socket, in a folder
// that goes with the test.
func socketPath(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "glide")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return filepath.Join(folder, "[a].sock")
}

func TestUnixSockets(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	server := glidetest.Start(t, glidetest.WithConfig("unixsocket", path), glidetest.WithUser("app", "on", ">secret", "~*", "&*", "+@all"))
	config := glide.Config{
		Addresses: []glide.Address{{Host: path}}, RequestTimeout: 5 * time.Second, Database: 2,
		Credentials: glide.Credentials{Username: "app", Password: "secret"},
	}
	parsed, err := glide.ParseURL("unix://app:secret@" + (&url.URL{Path: path}).EscapedPath() + "?database=2&request_timeout=5s")
	require.NoError(t, err)
	require.Equal(t, config, parsed)
	for _, discovery := range []glide.NodeDiscovery{glide.DiscoverRoles, glide.DiscoverNothing, glide.DiscoverAll} {
		config.NodeDiscovery = discovery
		client, err := glide.NewClient(ctx, config)
		require.NoError(t, err)
		requireServed(t, client)
		require.NoError(t, client.Dedicated(ctx, func(c *glide.DedicatedClient) error { return c.Set(ctx, "dedicated", "value") }))
		clients := harness.ClientsOf(t, server)
		require.NotEmpty(t, clients)
		for _, c := range clients {
			require.Equal(t, path+":0", c["addr"], "%v", c)
		}
		server.MustCommand(t, "CLIENT", "KILL", "USER", "app")
		requireServedAgain(t, client)

		// Close ends what waits, and closes the connections.
		blocked := make(chan error, 1)
		go func() { _, err := client.BLPop(ctx, 0, "empty"); blocked <- err }()
		awaitBlocked(t, server)
		client.Close()
		require.ErrorIs(t, <-blocked, glide.ErrClosed)
		require.Eventually(t, func() bool { return len(harness.ClientsOf(t, server)) == 0 }, harness.Patience, 10*time.Millisecond)
	}
}

func awaitBlocked(t *testing.T, server *glidetest.Server) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, c := range harness.ClientsOf(t, server) {
			if c["cmd"] == "blpop" {
				return true
			}
		}
		return false
	}, harness.Patience, 10*time.Millisecond)
}

func TestUnixSocketThatIsNotThere(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	_, err := glide.NewClient(ctx, glide.Config{Addresses: []glide.Address{{Host: path}}, ConnectionTimeout: 500 * time.Millisecond})
	require.ErrorIs(t, err, glide.ErrUnreachable)
	require.ErrorContains(t, err, path)

	// A server that comes later is found.
	client, err := glide.NewClient(ctx, glide.Config{Addresses: []glide.Address{{Host: path}}, LazyConnect: true})
	require.NoError(t, err)
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, harness.Patience)
	defer cancel()
	require.Error(t, client.Set(ctx, "key", "value"))
	glidetest.Start(t, glidetest.WithConfig("unixsocket", path))
	require.NoError(t, client.Set(ctx, "key", "value"))
}
