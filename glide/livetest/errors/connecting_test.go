package errors_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// A client is not made if waiting cannot help; that is known after one attempt.
func TestConnectingFailsAtOnceIfWaitingCannotHelp(t *testing.T) {
	t.Parallel()
	fake := func(command, reply string) func(t *testing.T) (harness.Addressed, func() int) {
		return func(t *testing.T) (harness.Addressed, func() int) {
			server := fakeserver.Start(t)
			server.Refuse(command, func(*fakeserver.Conn, []string) string { return reply })
			return server, server.Accepted
		}
	}
	for name, c := range map[string]struct {
		start  func(t *testing.T) (harness.Addressed, func() int)
		kind   harness.Kind
		change func(*glide.ClusterConfig)
		outcome
	}{
		"password": {fake("HELLO", "-WRONGPASS invalid username-password pair or user is disabled.\r\n"), harness.Standalone,
			func(c *glide.ClusterConfig) { c.Credentials.Password = "wrong" },
			outcome{[]error{glide.ErrAuthentication}, "WRONGPASS", "invalid username-password pair", true}},
		"no password": {fake("HELLO", "-NOAUTH HELLO must be called with the client already authenticated\r\n"), harness.Cluster, nil,
			outcome{[]error{glide.ErrAuthentication}, "NOAUTH", "already authenticated", true}},
		"password, RESP2": {fake("AUTH", "-WRONGPASS invalid username-password pair or user is disabled.\r\n"), harness.Standalone,
			func(c *glide.ClusterConfig) { c.Credentials.Password, c.Protocol = "wrong", glide.RESP2 },
			outcome{[]error{glide.ErrAuthentication}, "WRONGPASS", "invalid username-password pair", true}},
		"protected": {fake("HELLO", "-DENIED Running in protected mode\r\n"), harness.Standalone, nil,
			outcome{[]error{glide.ErrAuthentication}, "DENIED", "Running in protected mode", true}},
		"database": {fake("SELECT", "-ERR DB index is out of range\r\n"), harness.Standalone,
			func(c *glide.ClusterConfig) { c.Database = 99 },
			outcome{[]error{glide.ErrConfiguration}, "ERR", "DB index is out of range", true}},
		"name": {fake("CLIENT SETNAME", "-NOPERM User app has no permissions to run the 'client|setname' command\r\n"), harness.Standalone,
			func(c *glide.ClusterConfig) { c.ClientName = "name" },
			outcome{[]error{glide.ErrAuthentication}, "NOPERM", "client|setname", true}},
		"protocol": {fake("HELLO", "-NOPROTO unsupported protocol version\r\n"), harness.Standalone, nil,
			outcome{[]error{glide.ErrConfiguration}, "NOPROTO", "unsupported protocol version", true}},
		"no HELLO": {fake("HELLO", "-ERR unknown command 'HELLO'\r\n"), harness.Standalone, nil,
			outcome{[]error{glide.ErrConfiguration}, "ERR", "unknown command 'HELLO'", true}},
		"no such server": {fake("HELLO", "HTTP/1.1 400 Bad Request\r\n\r\n"), harness.Standalone, nil,
			outcome{[]error{glide.ErrUnreachable}, "", "cannot be understood (is it a Valkey or Redis server?)", true}},
		"no cluster": {fake("CLUSTER", "-ERR This instance has cluster support disabled\r\n"), harness.Cluster, nil,
			outcome{[]error{glide.ErrConfiguration}, "ERR", "cluster support disabled", true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, accepted := c.start(t)
			config := glide.ClusterConfig{Addresses: harness.AddressesOf(server), ConnectionTimeout: 20 * time.Second}
			if c.change != nil {
				c.change(&config)
			}
			begun := time.Now()
			_, err := c.kind.New(ctx, config)
			c.check(t, err)
			require.ErrorContains(t, err, harness.AddressOf(server).String())
			require.NotErrorIs(t, err, glide.ErrTimeout)
			require.Equal(t, 1, accepted())
			require.Less(t, time.Since(begun), 10*time.Second)
		})
	}
}

func TestUnknownHostIsToldAtOnce(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	config := glide.ClusterConfig{Addresses: []glide.Address{{Host: "no-such-host.invalid"}}, ConnectionTimeout: 20 * time.Second}
	_, err := harness.Standalone.New(ctx, config)
	require.ErrorIs(t, err, glide.ErrUnreachable)
	require.ErrorContains(t, err, "no-such-host.invalid:6379: failed to lookup address information")
	require.Less(t, time.Since(begun), 10*time.Second)
}

func TestHostThatIsMoreThanAHostIsAConfigurationError(t *testing.T) {
	t.Parallel()
	for host, text := range map[string]string{
		"localhost:6379":     `Addresses[0].Host must be a name or an IP address without a port: "localhost" has "6379"`,
		"[::1]:6379":         `without a port: "::1" has "6379"`,
		"valkey://localhost": "ParseURL reads URLs",
		"run/valkey.sock":    "absolute path of a Unix socket",
	} {
		_, err := harness.Standalone.New(ctx, glide.ClusterConfig{Addresses: []glide.Address{{Host: host}}})
		require.ErrorIs(t, err, glide.ErrConfiguration, host)
		require.ErrorContains(t, err, text, host)
	}
}

func TestServerRefusesARealClient(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	_, err := glide.NewClient(ctx, glide.Config{Addresses: harness.AddressesOf(server), Database: 99})
	outcome{[]error{glide.ErrConfiguration}, "ERR", "DB index is out of range", true}.check(t, err)
	_, err = glide.NewClusterClient(ctx, glide.ClusterConfig{Addresses: harness.AddressesOf(server)})
	outcome{[]error{glide.ErrConfiguration}, "ERR", "cluster support disabled", true}.check(t, err)

	full := glidetest.Start(t, glidetest.WithConfig("maxclients", "1"))
	first, err := glide.NewClient(ctx, glide.Config{Addresses: harness.AddressesOf(full)})
	require.NoError(t, err)
	defer first.Close()
	_, err = glide.NewClient(ctx, glide.Config{Addresses: harness.AddressesOf(full), ConnectionTimeout: 500 * time.Millisecond})
	outcome{[]error{glide.ErrUnreachable}, "ERR", "max number of clients reached", true}.check(t, err)
}

// Of a client that only reads, all ways refuse writes alike.
func TestReadOnlyClientRefusesWritesAlikeOnEachWay(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client, err := glide.NewClient(ctx, glide.Config{Addresses: harness.AddressesOf(server), ReadOnly: true})
	require.NoError(t, err)
	defer client.Close()
	for _, name := range []string{"write", "pipeline", "transaction", "blocking", "dedicated"} {
		err := ways[name](client)
		require.ErrorIs(t, err, glide.ErrInvalidArgument, name)
		require.ErrorContains(t, err, "write commands are not allowed in read-only mode", name)
		var refused *glide.ServerError
		require.False(t, errors.As(err, &refused), name)
	}
}

// An error that is about a limit says which it is, and where it is set.
func TestErrorsOfLimitsNameThem(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	for name, waits := range map[string]bool{"refused": false, "waits": true} {
		t.Run(name, func(t *testing.T) {
			client, err := glide.NewClient(ctx, glide.Config{
				Addresses: harness.AddressesOf(server), RequestTimeout: 1500 * time.Millisecond, InflightLimit: 1, InflightWait: waits,
			})
			require.NoError(t, err)
			defer client.Close()
			server.MustCommand(t, "CLIENT", "PAUSE", "3000", "WRITE")
			defer server.MustCommand(t, "CLIENT", "UNPAUSE")
			first := make(chan error, 1)
			go func() { first <- client.Set(ctx, "key", "value") }()
			require.Eventually(t, func() bool { return client.Stats().InFlight == 1 }, harness.Patience, time.Millisecond)
			// Before the first one ends, and leaves its place.
			short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
			defer cancel()
			err = client.Set(short, "key", "value")
			require.ErrorIs(t, err, glide.ErrInflightLimit)
			require.Equal(t, waits, errors.Is(err, glide.ErrTimeout))
			require.ErrorContains(t, err, "glide: SET: too many requests in flight: InflightLimit is 1")
			require.EqualError(t, <-first, "glide: SET: no reply in time: RequestTimeout is 1.5s")
		})
	}
}
