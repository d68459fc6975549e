package reachability_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// The client would not try to connect again for a minute: what is answered
// before, is answered because of the new password.
func TestNewPasswordRepairsAClientThatIsReconnecting(t *testing.T) {
	t.Parallel()
	for _, immediately := range []bool{false, true} {
		t.Run(fmt.Sprintf("immediately %t", immediately), func(t *testing.T) {
			t.Parallel()
			server := glidetest.Start(t, glidetest.WithUser("app", "on", ">old", "~*", "&*", "+@all"))
			client, err := glide.NewClient(ctx, glide.Config{
				Addresses: harness.AddressesOf(server), Credentials: glide.Credentials{Username: "app", Password: "old"},
				Reconnect: glide.ReconnectStrategy{Factor: time.Minute, Base: 1, Retries: 1},
			})
			require.NoError(t, err)
			defer client.Close()
			requireServed(t, client)
			require.NoError(t, client.Subscribe(ctx, "channel"))
			refused := refusals(t, server)
			server.MustCommand(t, "ACL", "SETUSER", "app", "resetpass", ">new")
			server.MustCommand(t, "CLIENT", "KILL", "USER", "app")

			// Calls wait from before, and begin meanwhile. One may be told at once
			// that the password is wrong, or be lost with the connection that the
			// server has just closed; none is to wait for its deadline.
			const callers = 20
			answers := make(chan error, 2*callers)
			call := func() {
				for {
					err := client.Set(within(t, harness.Patience), "key", "value")
					lost := errors.Is(err, glide.ErrAuthentication) || errors.Is(err, glide.ErrConnectionLost)
					if lost && !errors.Is(err, glide.ErrTimeout) {
						time.Sleep(time.Millisecond)
						continue
					}
					answers <- err
					return
				}
			}
			for range callers {
				go call()
			}
			require.Eventually(t, func() bool { return refusals(t, server) > refused }, harness.Patience, 5*time.Millisecond)
			for range callers {
				go call()
			}
			require.NoError(t, client.UpdateConnectionPassword(ctx, "new", immediately))
			for range 2 * callers {
				require.NoError(t, <-answers)
			}
			requireServed(t, client)
			requireMessages(t, client, server)
		})
	}
}

// refusals is how many logins a server has refused.
func refusals(t *testing.T, server *glidetest.Server) (n int) {
	t.Helper()
	entries, _ := server.MustCommand(t, "ACL", "LOG").([]any)
	for _, entry := range entries {
		fields, _ := entry.([]any)
		for i := 0; i+1 < len(fields); i += 2 {
			if fields[i] == "count" {
				count, _ := fields[i+1].(int64)
				n += int(count)
			}
		}
	}
	return n
}

func TestWrongPasswordStaysOutOfForce(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithUser("app", "on", ">old", "~*", "&*", "+@all"))
	client, err := glide.NewClient(ctx, glide.Config{
		Addresses: harness.AddressesOf(server), Credentials: glide.Credentials{Username: "app", Password: "old"}, RequestTimeout: 5 * time.Second,
		Reconnect: glide.ReconnectStrategy{Factor: 10 * time.Millisecond, Retries: 2},
	})
	require.NoError(t, err)
	defer client.Close()
	for _, reconnecting := range []bool{false, true} {
		if reconnecting {
			server.MustCommand(t, "ACL", "SETUSER", "app", "off")
			server.MustCommand(t, "CLIENT", "KILL", "USER", "app")
		}
		require.ErrorIs(t, client.UpdateConnectionPassword(ctx, "wrong", true), glide.ErrAuthentication)
		server.MustCommand(t, "ACL", "SETUSER", "app", "on")
		server.MustCommand(t, "CLIENT", "KILL", "USER", "app")
		requireServedAgain(t, client)
	}
}
