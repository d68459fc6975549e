package messages_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// rotated is how long messages may be away after the new password is known.
const rotated = time.Second

func TestMessagesFlowWhileThePasswordIsRotated(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithUser("reader", "on", ">first", "~*", "&*", "+@all"))
	client := connect(t, glide.Config{
		Addresses: harness.AddressesOf(server), RequestTimeout: time.Second,
		Credentials:   glide.Credentials{Username: "reader", Password: "first"},
		Subscriptions: glide.Subscriptions{Channels: channels("rotated")},
	})
	s := startStream(t, client, server, "PUBLISH", channels("rotated")...)
	s.flows(t, harness.Patience)

	// Connections that there are stay as they are.
	server.MustCommand(t, "ACL", "SETUSER", "reader", "resetpass", ">second")
	require.NoError(t, client.UpdateConnectionPassword(ctx, "second", true))
	s.flows(t, harness.Patience)
	s.requireNothingLost(t)

	// The next ones are made with the new password.
	stalls := testkit.MeasureStalls(t)
	server.MustCommand(t, "CLIENT", "KILL", "USER", "reader")
	t.Logf("messages again after %v", s.flows(t, rotated+stalls()))
	s.settle(t)
}

// The password is changed on the server first, and the client's connections are
// lost before it knows: all of them are being made again.
func TestMessagesComeBackAtOnceWithANewPassword(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithUser("reader", "on", ">first", "~*", "&*", "+@all"))
	client := connect(t, glide.Config{
		Addresses: harness.AddressesOf(server), RequestTimeout: 2 * time.Second,
		Credentials:   glide.Credentials{Username: "reader", Password: "first"},
		Subscriptions: glide.Subscriptions{Channels: channels("rotated")},
	})
	s := startStream(t, client, server, "PUBLISH", channels("rotated")...)
	for _, password := range []string{"second", "third"} {
		s.flows(t, harness.Patience)
		server.MustCommand(t, "ACL", "SETUSER", "reader", "resetpass", ">"+password)
		server.MustCommand(t, "CLIENT", "KILL", "USER", "reader")
		require.Eventually(t, func() bool {
			state, err := client.Subscriptions(ctx)
			return err == nil && len(state.Current.Channels) == 0
		}, harness.Patience, time.Millisecond)
		time.Sleep(500 * time.Millisecond) // it tries less and less often
		stalls := testkit.MeasureStalls(t)
		require.NoError(t, client.UpdateConnectionPassword(ctx, password, true))
		t.Logf("messages again after %v", s.flows(t, rotated+stalls()))
	}
	s.settle(t)
}

// A subscription that is no longer allowed stays desired: once it is allowed
// again, it is there.
func TestSubscriptionThatIsRefusedLaterComesBack(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithUser("reader", "on", ">secret", "~*", "resetchannels", "&news", "&other", "+@all"))
	client := connect(t, glide.Config{
		Addresses: harness.AddressesOf(server), Credentials: glide.Credentials{Username: "reader", Password: "secret"},
		Subscriptions: glide.Subscriptions{Channels: []string{"news", "other"}},
	})
	s := startStream(t, client, server, "PUBLISH", "news", "other")
	s.flows(t, harness.Patience)
	// The server closes connections with subscriptions that are not allowed.
	server.MustCommand(t, "ACL", "SETUSER", "reader", "resetchannels", "&other")
	require.Eventually(t, func() bool {
		state, err := client.Subscriptions(ctx)
		return err == nil && len(state.Current.Channels) == 1 && len(state.Desired.Channels) == 2
	}, harness.Patience, time.Millisecond)
	server.MustCommand(t, "ACL", "SETUSER", "reader", "&news")
	t.Logf("messages again after %v", s.flows(t, harness.Patience))
	s.settle(t)
}
