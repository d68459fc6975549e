package commands_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestWhatAUserMayNotDoIsAServerError(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithUser("app", "on", ">apps", "~app:*", "+@read", "+@connection", "+info"))
	// To find the primary takes INFO.
	config := harness.ConfigFor(server)
	server.MustCommand(t, "ACL", "SETUSER", "lesser", "on", ">lessers", "+@connection")
	config.Credentials = glide.Credentials{Username: "lesser", Password: "lessers"}
	_, err := glide.NewClient(ctx, config)
	require.ErrorIs(t, err, glide.ErrAuthentication)
	require.ErrorContains(t, err, "'info'")
	config.NodeDiscovery = glide.DiscoverNothing
	require.NoError(t, harness.ConnectWith(t, config).Ping(ctx))

	for _, p := range harness.Protocols {
		t.Run(p.Name, func(t *testing.T) {
			client := harness.Connect(t, server, harness.Patient, harness.Speaking(p.Protocol), func(c *glide.Config) {
				c.Credentials = glide.Credentials{Username: "app", Password: "apps"}
			})
			// Each meets only whom it is about.
			errs := testkit.Concurrently(60, func(i int) error {
				switch i % 3 {
				case 0:
					_, err := client.Get(ctx, "app:key")
					return err
				case 1:
					_, err := client.Get(ctx, "other:key")
					return err
				default:
					return client.Set(ctx, "app:key", "value")
				}
			})
			for i, err := range errs {
				if i%3 == 0 {
					require.NoError(t, err)
					continue
				}
				harness.RequireCode(t, "NOPERM", err)
				require.False(t, errors.Is(err, glide.ErrAuthentication))
			}
		})
	}
}
