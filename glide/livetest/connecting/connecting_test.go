package connecting_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// requireNoConnection requires that no client can be made, for want of a
// server, in time and with an error that names the first address.
func requireNoConnection(t *testing.T, config glide.Config) error {
	t.Helper()
	stalls := testkit.MeasureStalls(t)
	begun := time.Now()
	client, err := glide.NewClient(context.Background(), config)
	took := time.Since(begun)
	require.Error(t, err)
	require.Nil(t, client)
	require.True(t, errors.Is(err, glide.ErrUnreachable) || errors.Is(err, glide.ErrTimeout), "%v", err)
	require.Less(t, took, config.ConnectionTimeout+harness.Late+stalls(), "%v", err)
	require.ErrorContains(t, err, config.Addresses[0].String())
	t.Logf("%v: %v", took, err)
	return err
}

func TestConnectingWhereNobodyListensNamesTheAddress(t *testing.T) {
	t.Parallel()
	requireNoConnection(t, glide.Config{Addresses: []glide.Address{harness.Nowhere(t)}, ConnectionTimeout: 500 * time.Millisecond})
}

func TestConnectingToAnUnknownHostNamesTheAddress(t *testing.T) {
	t.Parallel()
	requireNoConnection(t, glide.Config{Addresses: []glide.Address{{Host: "nobody.invalid"}}, ConnectionTimeout: time.Second})
}

func TestConnectingToASilentServerEndsInTime(t *testing.T) {
	t.Parallel()
	listener := glidetest.StartListener(t, nil)
	config := harness.ConfigFor(listener)
	config.ConnectionTimeout = 300 * time.Millisecond
	requireNoConnection(t, config)
}

func TestConnectingToSomethingElseEndsInTime(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"HTTP":    "HTTP/1.1 400 Bad Request\r\n\r\n",
		"binary":  "\x00\xff\x15\x03\x01\r\n",
		"integer": ":1\r\n",
		"error":   "-ERR go away\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener := glidetest.StartListener(t, []byte(answer))
			config := harness.ConfigFor(listener)
			config.ConnectionTimeout = 500 * time.Millisecond
			stalls := testkit.MeasureStalls(t)
			begun := time.Now()
			client, err := glide.NewClient(context.Background(), config)
			took := time.Since(begun)
			if err == nil {
				client.Close()
			}
			require.Error(t, err)
			require.Less(t, took, config.ConnectionTimeout+harness.Late+stalls())
			require.NotErrorIs(t, err, glide.ErrInternal)
			t.Logf("%v: %v", took, err)
		})
	}
}

func TestWrongCredentialsAreErrAuthentication(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithPassword("correct"), glidetest.WithUser("app", "on", ">apps", "~*", "+@all"))
	for name, credentials := range map[string]glide.Credentials{
		"none":           {},
		"wrong password": {Password: "hunter2"},
		"unknown user":   {Username: "nobody", Password: "hunter2"},
		"user's":         {Username: "app", Password: "hunter2"},
	} {
		for protocol, version := range map[string]glide.Protocol{"RESP2": glide.RESP2, "RESP3": glide.RESP3} {
			t.Run(name+" "+protocol, func(t *testing.T) {
				config := harness.ConfigFor(server)
				config.Credentials, config.Protocol = credentials, version
				client, err := glide.NewClient(context.Background(), config)
				if err == nil {
					client.Close()
				}
				require.ErrorIs(t, err, glide.ErrAuthentication)
				require.NotContains(t, err.Error(), "hunter2")
			})
		}
	}
	for _, credentials := range []glide.Credentials{{Password: "correct"}, {Username: "app", Password: "apps"}} {
		client := harness.Connect(t, server, func(c *glide.Config) { c.Credentials = credentials })
		require.NoError(t, client.Set(context.Background(), "key", "value"))
	}
}

func TestNewClientHonoursItsContext(t *testing.T) {
	proxy := glidetest.StartProxy(t, glidetest.StartListener(t, nil).Addr())
	config := harness.ConfigFor(proxy)
	config.ConnectionTimeout = 30 * time.Second

	after, stalls := harness.Distribution{}, testkit.MeasureStalls(t)
	for range 10 {
		ctx, cancel := context.WithCancel(context.Background())
		var cancelled time.Time
		time.AfterFunc(30*time.Millisecond, func() {
			cancelled = time.Now()
			cancel()
		})
		_, err := glide.NewClient(ctx, config)
		after = append(after, time.Since(cancelled))
		require.ErrorIs(t, err, context.Canceled)

		ctx, cancel = context.WithTimeout(context.Background(), 30*time.Millisecond)
		deadline, _ := ctx.Deadline()
		_, err = glide.NewClient(ctx, config)
		after = append(after, time.Since(deadline))
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, glide.ErrTimeout)
	}
	t.Logf("from the end of the context to the return: %v", after)
	require.Less(t, after.Quantile(.5), 3*time.Millisecond+stalls())
	require.Less(t, after.Quantile(1), harness.Tolerance+stalls())
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	attempts := len(proxy.Attempts())
	_, err := glide.NewClient(ended, config)
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, proxy.Attempts(), attempts)

	require.Empty(t, testkit.AwaitNothingAlive())
	require.Eventually(t, func() bool { return proxy.Connections() == 0 }, 2*time.Second, 5*time.Millisecond,
		"connections that nobody waits for any more stay open")
}

func TestNewClientThatHasFailedGoesOnWithNothing(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"connection closed at once":       "closed",
		"no answer, cancelled":            "",
		"an answer that means nothing":    "+HELLO\r\n",
		"an answer that refuses the user": "-WRONGPASS no\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			proxy := glidetest.StartProxy(t, glidetest.StartListener(t, []byte(answer)).Addr())
			switch answer {
			case "closed":
				proxy.Reject()
			case "":
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
				defer cancel()
			}
			config := harness.ConfigFor(proxy)
			config.Credentials.Password = "hunter2"
			config.ConnectionTimeout = 300 * time.Millisecond
			config.Reconnect.Factor, config.Reconnect.Retries = 10*time.Millisecond, 1
			_, err := glide.NewClient(ctx, config)
			require.Error(t, err)
			time.Sleep(100 * time.Millisecond)
			before := len(proxy.Attempts())
			require.NotZero(t, before)
			time.Sleep(500 * time.Millisecond)
			require.Equal(t, before, len(proxy.Attempts()), "connections are made for a client that is none")
			require.Zero(t, proxy.Connections())
		})
	}
}

func TestNewClientRefusesANilContext(t *testing.T) {
	t.Parallel()
	//lint:ignore SA1012 that it is refused is tested
	_, err := glide.NewClient(nil, glide.Config{})
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
}

func TestZeroConfigIsLocalhost6379(t *testing.T) {
	t.Parallel()
	client, err := glide.NewClient(context.Background(), glide.Config{})
	if err == nil {
		// There may be a server at that address.
		client.Close()
		return
	}
	require.ErrorContains(t, err, "localhost:6379")
}

func TestLazyClientConnectsWithItsFirstCommand(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	ctx := context.Background()
	client := harness.Connect(t, server, func(c *glide.Config) { c.LazyConnect, c.ClientName = true, "lazy" })
	time.Sleep(50 * time.Millisecond)
	require.Empty(t, harness.ConnectionsTo(t, server))

	require.NoError(t, client.Set(ctx, "key", "value"))
	value, err := client.Get(ctx, "key")
	require.NoError(t, err)
	require.Equal(t, "value", value.Value())
	require.Len(t, harness.ConnectionsTo(t, server), 1)
	require.Equal(t, "lazy", harness.ConnectionsTo(t, server)[0]["name"])
}

func TestLazyClientsFirstCallersAllGetTheirReplies(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient, func(c *glide.Config) { c.LazyConnect = true })
	errs := testkit.Concurrently(100, func(i int) error { return harness.SetAndCheck(client, i) })
	require.NoError(t, errors.Join(errs...))
	require.Len(t, harness.ConnectionsTo(t, server), 1)
}

func TestLazyClientWithoutAServerFailsItsFirstCommandInTime(t *testing.T) {
	t.Parallel()
	client := harness.ConnectWith(t, glide.Config{
		Addresses: []glide.Address{harness.Nowhere(t)}, LazyConnect: true,
		ConnectionTimeout: 300 * time.Millisecond, RequestTimeout: 400 * time.Millisecond,
	})
	stalls := testkit.MeasureStalls(t)
	for range 3 {
		begun := time.Now()
		_, err := client.Get(context.Background(), "key")
		require.True(t, errors.Is(err, glide.ErrUnreachable) || errors.Is(err, glide.ErrTimeout), "%v", err)
		require.Less(t, time.Since(begun), 400*time.Millisecond+harness.Tolerance+stalls())
	}
}

func TestLazyClientsWrongPasswordIsErrAuthentication(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithPassword("correct"))
	client := harness.Connect(t, server, harness.Patient, func(c *glide.Config) {
		c.LazyConnect, c.Credentials.Password = true, "hunter2"
	})
	_, err := client.Get(context.Background(), "key")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hunter2")
	require.ErrorIs(t, err, glide.ErrAuthentication)
}

func TestConnectionsShowWhatTheConfigurationSays(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	ctx := context.Background()
	shown := func(name string, change func(*glide.Config)) map[string]string {
		client := harness.Connect(t, server, change, func(c *glide.Config) { c.ClientName = name })
		require.NoError(t, client.Set(ctx, "key of "+name, "value"))
		for _, fields := range harness.ConnectionsTo(t, server) {
			if fields["name"] == name {
				return fields
			}
		}
		t.Fatalf("no connection has the name %s", name)
		return nil
	}
	plain := shown("plain", func(*glide.Config) {})
	named := server.Version().AtLeast("7.2", "7.2")
	if named {
		require.Equal(t, "valkey-glide-go", plain["lib-name"])
	} else {
		t.Logf("%s does not know library names", server.Version())
	}
	require.Equal(t, "0", plain["db"])
	require.Equal(t, "3", plain["resp"])

	other := shown("other", func(c *glide.Config) { c.LibraryName, c.Protocol, c.Database = "mine(1.0)", glide.RESP2, 5 })
	if named {
		require.Equal(t, "mine(1.0)", other["lib-name"])
	}
	require.Equal(t, "5", other["db"])
	require.Equal(t, "2", other["resp"])

	third := shown("third", func(c *glide.Config) { c.Database = 3 })
	require.Equal(t, "3", third["db"])
	info, _ := server.MustCommand(t, "INFO", "keyspace").(string)
	for _, database := range []string{"db0:keys=1,", "db3:keys=1,", "db5:keys=1,"} {
		require.True(t, strings.Contains(info, database), info)
	}
}

func TestDatabaseOutOfRangeIsRefused(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	config := harness.ConfigFor(server)
	config.Database = 99
	client, err := glide.NewClient(context.Background(), config)
	if err == nil {
		client.Close()
	}
	require.Error(t, err)
	require.NotErrorIs(t, err, glide.ErrInternal)
	t.Log(err)
}
