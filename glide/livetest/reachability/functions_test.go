package reachability_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// subscribing is what both kinds of client have for subscriptions.
type subscribing interface {
	aClient
	Subscribe(ctx context.Context, channels ...string) error
	NextMessage(ctx context.Context) (glide.Message, error)
	UpdateConnectionPassword(ctx context.Context, password string, immediateAuth bool) error
	ResetConnectionPassword(ctx context.Context) error
}

// requireMessages requires that a client receives what is published from now
// on, soon.
func requireMessages(t *testing.T, client subscribing, server *glidetest.Server) {
	t.Helper()
	deadline := time.Now().Add(harness.Patience)
	for i := 0; ; i++ {
		payload := fmt.Sprint(t.Name(), i)
		server.MustCommand(t, "PUBLISH", "channel", payload)
		waiting, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		message, err := client.NextMessage(waiting)
		for err == nil && message.Payload != payload {
			message, err = client.NextMessage(waiting)
		}
		cancel()
		if err == nil {
			return
		}
		require.True(t, time.Now().Before(deadline), "no messages: %v", err)
	}
}

// vault supplies credentials, and counts how often.
type vault struct {
	user     string
	password atomic.Value
	calls    atomic.Int64
}

func newVault(user, password string) *vault {
	v := &vault{user: user}
	v.password.Store(password)
	return v
}

func (v *vault) credentials(context.Context) (glide.Credentials, error) {
	v.calls.Add(1)
	return glide.Credentials{Username: v.user, Password: v.password.Load().(string)}, nil
}

func TestTranslateAddressLeadsToNodesThatAnnounceOtherAddresses(t *testing.T) {
	t.Parallel()
	h := startHidden(t)
	addresses := h.addressMap("localhost")
	var asked sync.Map
	client := harness.ConnectCluster(t, glide.ClusterConfig{
		Addresses: h.announced[:1], ReadFrom: glide.PreferReplica, RequestTimeout: 5 * time.Second,
		TranslateAddress: func(_ context.Context, announced glide.Address) (glide.Address, error) {
			asked.Store(announced, true)
			return addresses[announced], nil
		},
	})
	h.requireTranslated(t, client)
	for _, announced := range h.announced {
		_, ok := asked.Load(announced)
		require.True(t, ok, "%v", announced)
	}
	require.NoError(t, client.Subscribe(ctx, "channel"))
	requireMessages(t, client, h.Nodes()[0])
}

func TestAddressMapComesBeforeTheFunction(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	mapped, asked := glide.Address{Host: "mapped.invalid", Port: 1}, glide.Address{Host: "asked.invalid", Port: 2}
	for _, address := range []glide.Address{mapped, asked} {
		var calls atomic.Int64
		client, err := glide.NewClient(within(t, harness.Patience), glide.Config{
			Addresses: []glide.Address{address}, AddressMap: map[glide.Address]glide.Address{mapped: harness.AddressOf(server)},
			TranslateAddress: func(_ context.Context, announced glide.Address) (glide.Address, error) {
				calls.Add(1)
				return harness.AddressOf(server), nil
			},
		})
		require.NoError(t, err)
		client.Close()
		require.Equal(t, address == asked, calls.Load() > 0)
	}
}

// failing are functions that do not do what they should, and what errors say
// then.
var failing = map[string]struct {
	fail func(ctx context.Context) error
	text string
}{
	"error":              {func(context.Context) error { return errors.New("the vault is locked") }, "the vault is locked"},
	"error without text": {func(context.Context) error { return errors.New("") }, "without a text"},
	"panic":              {func(context.Context) error { panic("out of order") }, "panicked: out of order"},
	//lint:ignore SA5000 that it panics is tested
	"nil panic": {func(context.Context) error { var m map[string]int; m["a"] = 1; return nil }, "panicked"},
	"Goexit":    {func(context.Context) error { runtime.Goexit(); return nil }, "ended its goroutine"},
	"blocks":    {func(ctx context.Context) error { <-ctx.Done(); time.Sleep(time.Second); return nil }, "no answer within"},
}

func TestFunctionsThatFailFailTheConnection(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	for name, f := range failing {
		for about, config := range map[string]glide.Config{
			"TranslateAddress": {TranslateAddress: func(ctx context.Context, a glide.Address) (glide.Address, error) { return a, f.fail(ctx) }},
			"CredentialsFunc":  {CredentialsFunc: func(ctx context.Context) (glide.Credentials, error) { return glide.Credentials{}, f.fail(ctx) }},
		} {
			t.Run(about+" "+name, func(t *testing.T) {
				config.Addresses, config.ConnectionTimeout = harness.AddressesOf(server), 500*time.Millisecond
				_, err := glide.NewClient(within(t, harness.Patience), config)
				require.ErrorIs(t, err, glide.ErrUnreachable)
				require.ErrorContains(t, err, about+": ")
				require.ErrorContains(t, err, f.text)
				require.ErrorContains(t, err, server.Addr())

				config.LazyConnect = true
				client, err := glide.NewClient(ctx, config)
				require.NoError(t, err)
				defer client.Close()
				err = client.Set(within(t, 2*time.Second), "key", "value")
				require.ErrorContains(t, err, f.text)
			})
		}
	}
}

func TestFunctionThatFailsForOneNodeHarmsNoOther(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	bad := cluster.Nodes()[2]
	for name, f := range failing {
		t.Run(name, func(t *testing.T) {
			var isGood atomic.Bool
			client := harness.ConnectCluster(t, glide.ClusterConfig{
				Addresses: harness.AddressesOf(cluster.Nodes()[:2]...), RequestTimeout: time.Second,
				Reconnect: glide.ReconnectStrategy{Factor: 10 * time.Millisecond, Retries: 2},
				TranslateAddress: func(ctx context.Context, a glide.Address) (glide.Address, error) {
					if a == harness.AddressOf(bad) && !isGood.Load() {
						return a, f.fail(ctx)
					}
					return a, nil
				},
			})
			ofBad := harness.KeyOfSlot(harness.Slots - 1)
			// A machine that is busy may notice first that time is over, which is
			// all that is told then; and a function that blocks takes longer.
			require.Eventually(t, func() bool {
				err := client.Set(ctx, ofBad, "value")
				require.Error(t, err)
				return errors.Is(err, glide.ErrUnreachable) && strings.Contains(err.Error(), f.text)
			}, harness.Patience, 10*time.Millisecond)
			for _, err := range testkit.Concurrently(20, func(i int) error {
				return client.Set(within(t, harness.Patience), harness.KeyOfSlot(i), "value")
			}) {
				require.NoError(t, err)
			}
			isGood.Store(true)
			require.NoError(t, client.Set(within(t, harness.Patience), ofBad, "value"))
		})
	}
}

func TestCloseEndsFunctions(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	called, ended := make(chan struct{}, 10), make(chan struct{}, 10)
	client, err := glide.NewClient(ctx, glide.Config{
		Addresses: harness.AddressesOf(server), LazyConnect: true, ConnectionTimeout: time.Hour, RequestTimeout: time.Hour,
		CredentialsFunc: func(ctx context.Context) (glide.Credentials, error) {
			called <- struct{}{}
			<-ctx.Done()
			ended <- struct{}{}
			return glide.Credentials{}, ctx.Err()
		},
	})
	require.NoError(t, err)
	set := make(chan error, 1)
	go func() { set <- client.Set(ctx, "key", "value") }()
	<-called
	client.Close()
	<-ended
	require.ErrorIs(t, <-set, glide.ErrClosed)
}

func TestCredentialsFuncFollowsRotations(t *testing.T) {
	t.Parallel()
	user := glidetest.WithUser("app", "on", ">first", "~*", "&*", "+@all")
	standalone, cluster := glidetest.Start(t, user), glidetest.StartCluster(t, glidetest.WithReplicas(0), user)
	for kind, servers := range map[harness.Kind][]*glidetest.Server{harness.Standalone: {standalone}, harness.Cluster: cluster.Nodes()} {
		t.Run(string(kind), func(t *testing.T) {
			vault := newVault("app", "first")
			client := kind.Connect(t, glide.ClusterConfig{
				Addresses: harness.AddressesOf(servers...), RequestTimeout: 5 * time.Second, CredentialsFunc: vault.credentials,
				Reconnect: glide.ReconnectStrategy{Factor: 10 * time.Millisecond, Retries: 2},
			}).(subscribing)
			requireServed(t, client)
			require.NoError(t, client.Subscribe(ctx, "channel"))
			for _, password := range []string{"second", "third"} {
				for _, server := range servers {
					server.MustCommand(t, "ACL", "SETUSER", "app", "resetpass", ">"+password)
					server.MustCommand(t, "CLIENT", "KILL", "USER", "app")
				}
				if password == "third" {
					// It comes late: until then the errors say what is wrong.
					requireEventuallyRefused(t, client)
				}
				vault.password.Store(password)
				requireServedAgain(t, client)
				requireMessages(t, client, servers[0])
			}
			before := vault.calls.Load()
			requireServed(t, client)
			require.Equal(t, before, vault.calls.Load(), "it is asked though no connection is made")

			err := client.UpdateConnectionPassword(ctx, "fourth", true)
			require.ErrorIs(t, err, glide.ErrInvalidArgument)
			require.ErrorIs(t, client.ResetConnectionPassword(ctx), glide.ErrInvalidArgument)
			requireServed(t, client)
		})
	}
}

func requireEventuallyRefused(t *testing.T, client aClient) {
	t.Helper()
	require.Eventually(t, func() bool {
		err := client.Set(within(t, time.Second), "key", "value")
		return err != nil && (errors.Is(err, glide.ErrAuthentication) || strings.Contains(err.Error(), "WRONGPASS"))
	}, harness.Patience, 20*time.Millisecond)
}

func TestCredentialsFuncOfUsersWithoutAPassword(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithUser("app", "on", "nopass", "~*", "&*", "+@all"))
	for expected, credentials := range map[string]glide.Credentials{"app": {Username: "app"}, "default": {}} {
		client, err := glide.NewClient(ctx, glide.Config{
			Addresses: harness.AddressesOf(server), RequestTimeout: 5 * time.Second,
			CredentialsFunc: func(context.Context) (glide.Credentials, error) { return credentials, nil },
		})
		require.NoError(t, err)
		name, err := client.Do(ctx, "ACL", "WHOAMI")
		require.NoError(t, err)
		require.Equal(t, expected, name)
		client.Close()
	}
}

func TestConnectionsThatAreMadeTogetherShareACallOfCredentialsFunc(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithUser("app", "on", ">secret", "~*", "&*", "+@all"))
	vault := newVault("app", "secret")
	var slow atomic.Bool
	release := make(chan struct{})
	client, err := glide.NewClient(ctx, glide.Config{
		Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience, ConnectionTimeout: harness.Patience,
		CredentialsFunc: func(ctx context.Context) (glide.Credentials, error) {
			if slow.Load() {
				<-release
			}
			return vault.credentials(ctx)
		},
	})
	require.NoError(t, err)
	defer client.Close()
	before := vault.calls.Load()
	slow.Store(true)
	const callers = 50
	var popping sync.WaitGroup
	failures := make(chan error, callers)
	for i := range callers {
		popping.Go(func() {
			_, err := client.BLPop(ctx, time.Second, fmt.Sprint("list", i))
			failures <- err
		})
	}
	// All have a socket, and wait for the one call.
	require.Eventually(t, func() bool { return len(harness.ClientsOf(t, server)) > callers }, harness.Patience, 10*time.Millisecond)
	close(release)
	popping.Wait()
	for range callers {
		require.NoError(t, <-failures)
	}
	require.Less(t, vault.calls.Load()-before, int64(callers/2))
}

func TestCredentialsFuncIsNotAskedForServersThatAreDown(t *testing.T) {
	t.Parallel()
	vault := newVault("app", "secret")
	_, err := glide.NewClient(ctx, glide.Config{
		Addresses: []glide.Address{{Host: "127.0.0.1", Port: 1}}, ConnectionTimeout: 300 * time.Millisecond, CredentialsFunc: vault.credentials,
	})
	require.ErrorIs(t, err, glide.ErrUnreachable)
	require.Zero(t, vault.calls.Load())
}

func TestErrorsOfRefusedCredentialsDoNotShowThem(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithUser("app", "on", ">secret", "~*", "&*", "+@all"))
	for _, protocol := range []glide.Protocol{glide.RESP2, glide.RESP3} {
		_, err := glide.NewClient(ctx, glide.Config{
			Addresses: harness.AddressesOf(server), Protocol: protocol, CredentialsFunc: newVault("app", "hunter2").credentials,
		})
		require.ErrorIs(t, err, glide.ErrAuthentication)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

func TestSubscriptionsOverSocketsAndTranslatedAddresses(t *testing.T) {
	t.Parallel()
	path := socketPath(t)
	server := glidetest.Start(t, glidetest.WithConfig("unixsocket", path))
	hidden := glide.Address{Host: "203.0.113.1", Port: 6379}
	for name, config := range map[string]glide.Config{
		"socket":          {Addresses: []glide.Address{{Host: path}}},
		"map":             {Addresses: []glide.Address{hidden}, AddressMap: map[glide.Address]glide.Address{hidden: harness.AddressOf(server)}},
		"map to a socket": {Addresses: []glide.Address{hidden}, AddressMap: map[glide.Address]glide.Address{hidden: {Host: path}}},
	} {
		t.Run(name, func(t *testing.T) {
			config.RequestTimeout = 5 * time.Second
			client, err := glide.NewClient(ctx, config)
			require.NoError(t, err)
			defer client.Close()
			require.NoError(t, client.Subscribe(ctx, "channel"))
			requireMessages(t, client, server)
			server.MustCommand(t, "CLIENT", "KILL", "TYPE", "pubsub")
			requireMessages(t, client, server)
		})
	}
}
