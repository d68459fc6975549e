package subscriptions_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// Two libraries and the program share a client. Each receives what it is
// subscribed to, the server has each subscription once, and it ends with the last
// of them.
func TestLibrariesShareAClient(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	publisher := harness.Connect(t, server, harness.Patient)
	first, second := subscribe(t, client, to("both", "first")), subscribe(t, client, to("both", "second"))
	require.NoError(t, client.Subscribe(ctx, "both", "own"))
	connections := harness.ConnectionsTo(t, server)
	require.Len(t, connections, 3, "two for commands, one for messages")
	for _, channel := range []string{"both", "first", "second", "own"} {
		publish(t, publisher, channel, channel)
		require.EqualValues(t, 1, subscribersAt(t, server, "NUMSUB", channel))
	}
	require.EqualValues(t, 4, testkit.CallsOf(t, server, "subscribe"), "a channel was subscribed twice")
	publish(t, publisher, "both", "end")
	requireNext(t, first, "both", "first", "end")
	requireNext(t, second, "both", "second", "end")
	requireNext(t, own{client}, "both", "own", "end")
	requireNothing(t, first, second, own{client})

	// Who leaves takes nothing from the others.
	require.NoError(t, first.Close())
	requireSubscribers(t, server, "first", 0)
	require.NoError(t, client.Unsubscribe(ctx, "both"))
	require.EqualValues(t, 1, subscribersAt(t, server, "NUMSUB", "both"))
	publish(t, publisher, "both", "still")
	publish(t, publisher, "own", "still")
	requireNext(t, second, "still")
	requireNext(t, own{client}, "still")
	_, _, err := first.Try()
	require.ErrorIs(t, err, glide.ErrClosed)

	require.NoError(t, second.Close())
	requireSubscribers(t, server, "both", 0)
	requireSubscribers(t, server, "second", 0)
	require.EqualValues(t, 1, subscribersAt(t, server, "NUMSUB", "own"))
	require.EqualValues(t, 3, testkit.CallsOf(t, server, "unsubscribe"))
	state := harness.Value(client.Subscriptions(ctx))(t)
	require.Equal(t, []string{"own"}, state.Desired.Channels)
	require.Equal(t, []string{"own"}, state.Current.Channels)
}

func TestEachHasItsOwnSubscriptions(t *testing.T) {
	onBothKinds(t, func(t *testing.T, client subscribing) {
		names := func(set glide.SubscriptionSet) string { return fmt.Sprint(set.Channels, set.Patterns) }
		require.NoError(t, client.Subscribe(ctx, "mine", "shared"))
		s := subscribe(t, client, glide.SubscriptionConfig{Channels: []string{"shared"}, Patterns: []string{"sha*"}})
		require.NoError(t, s.Subscribe(ctx, "more", "most"))
		require.NoError(t, s.PSubscribe(ctx, "mor*"))
		state := harness.Value(s.Subscriptions(ctx))(t)
		require.Equal(t, "[more most shared] [mor* sha*]", names(state.Desired))
		require.Equal(t, names(state.Desired), names(state.Current))
		require.Equal(t, "[mine shared] []", names(harness.Value(client.Subscriptions(ctx))(t).Desired))

		// A channel and a pattern that matches it are two messages.
		for _, channel := range []string{"shared", "more", "mine", "most"} {
			publish(t, client, channel, channel)
		}
		var got []string
		for range 5 {
			m := next(t, s)
			got = append(got, m.Channel+" by "+m.Pattern)
		}
		require.ElementsMatch(t, []string{"shared by ", "shared by sha*", "more by ", "more by mor*", "most by "}, got)

		require.ErrorIs(t, s.Subscribe(ctx), glide.ErrInvalidArgument)
		require.NoError(t, s.Unsubscribe(ctx, "shared", "mine", "absent"), "only one is its own")
		require.NoError(t, s.PUnsubscribe(ctx))
		require.Equal(t, "[more most] []", names(harness.Value(s.Subscriptions(ctx))(t).Current))
		require.NoError(t, s.Unsubscribe(ctx))
		require.Equal(t, "[] []", names(harness.Value(s.Subscriptions(ctx))(t).Current))
		require.Equal(t, "[mine shared] []", names(harness.Value(client.Subscriptions(ctx))(t).Current))
		publish(t, client, "shared", "last")
		// In a cluster they come from several nodes.
		mine := []string{next(t, own{client}).Payload, next(t, own{client}).Payload, next(t, own{client}).Payload}
		require.ElementsMatch(t, []string{"shared", "mine", "last"}, mine)
		requireNothing(t, s)
	})
}

func TestShardedChannelsAreShared(t *testing.T) {
	harness.Needs(t, "sharded channels", "7.0", "7.0")
	channels := harness.Scattered()
	client := harness.ConnectToCluster(t, harness.Value(testkit.SharedCluster())(t), harness.ClusterPatient)
	config := glide.SubscriptionConfig{ShardedChannels: channels, Channels: channels[:1]}
	first, second := subscribe(t, client, config), subscribe(t, client, config)
	for _, channel := range channels {
		require.EqualValues(t, 1, harness.Value(client.SPublish(ctx, channel, channel))(t), "subscribed once")
		requireNext(t, first, channel)
		requireNext(t, second, channel)
	}
	// A channel and a sharded channel with its name are not the same.
	require.NoError(t, first.SUnsubscribe(ctx, channels[0]))
	publish(t, client, channels[0], "published")
	requireNext(t, first, "published")
	requireNext(t, second, "published")
	require.EqualValues(t, 1, harness.Value(client.SPublish(ctx, channels[0], "sharded"))(t))
	requireNext(t, second, "sharded")
	requireNothing(t, first)

	require.NoError(t, second.SUnsubscribe(ctx))
	require.EqualValues(t, 0, harness.Value(client.SPublish(ctx, channels[0], ""))(t))
	require.NoError(t, first.SSubscribe(ctx, channels[0]))
	require.EqualValues(t, 1, harness.Value(client.SPublish(ctx, channels[0], "again"))(t))
	requireNext(t, first, "again")
	require.NoError(t, first.SUnsubscribe(ctx))
	require.Empty(t, harness.Value(client.PubSubShardChannels(ctx))(t))
}

func TestWhatCannotBeMeantIsRefused(t *testing.T) {
	client := harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Patient)
	for field, config := range map[string]glide.SubscriptionConfig{
		"BufferLimit":     {BufferLimit: -1},
		"BufferDrop":      {BufferDrop: 7},
		"ShardedChannels": {ShardedChannels: []string{"a"}},
	} {
		_, err := client.Subscription(ctx, config)
		require.ErrorIs(t, err, glide.ErrConfiguration)
		require.ErrorContains(t, err, "SubscriptionConfig."+field)
	}
	//lint:ignore SA1012 that it is refused is tested
	_, err := client.Subscription(nil, to("a"))
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
	s := subscribe(t, client, glide.SubscriptionConfig{})
	require.ErrorIs(t, s.SSubscribe(ctx, "a"), glide.ErrInvalidArgument)
	//lint:ignore SA1012 that it is refused is tested
	_, err = s.Next(nil)
	require.ErrorIs(t, err, glide.ErrInvalidArgument)

	resp2 := harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Speaking(glide.RESP2))
	_, err = resp2.Subscription(ctx, to("a"))
	require.ErrorIs(t, err, glide.ErrConfiguration)

	for _, s := range []*glide.Subscription{nil, {}} {
		require.NoError(t, s.Close())
		require.Zero(t, s.Stats())
		_, err := s.Next(ctx)
		require.ErrorIs(t, err, glide.ErrClosed)
		_, _, err = s.Try()
		require.ErrorIs(t, err, glide.ErrClosed)
		require.ErrorIs(t, s.Subscribe(ctx, "a"), glide.ErrClosed)
		require.ErrorIs(t, s.Unsubscribe(ctx, "a"), glide.ErrClosed)
		_, err = s.Subscriptions(ctx)
		require.ErrorIs(t, err, glide.ErrClosed)
	}
	_, err = (&glide.Client{}).Subscription(ctx, to("a"))
	require.ErrorIs(t, err, glide.ErrClosed)
}

// A refusal concerns who has asked, and not those that have the other channels.
func TestWhatTheServerRefusesLeavesNothing(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithUser("reader", "on", ">secret", "+@all", "resetchannels", "&allowed*"))
	config := harness.ConfigFor(server)
	config.Credentials = glide.Credentials{Username: "reader", Password: "secret"}
	harness.Patient(&config)
	client := harness.ConnectWith(t, config)
	first := subscribe(t, client, to("allowed1"))
	for _, config := range []glide.SubscriptionConfig{
		to("allowed1", "allowed2", "forbidden"),
		{Channels: []string{"allowed2"}, Patterns: []string{"forbidden*"}},
	} {
		_, err := client.Subscription(ctx, config)
		harness.RequireCode(t, "NOPERM", err)
		require.NotContains(t, err.Error(), "forbidden")
	}
	requireSubscribers(t, server, "allowed2", 0)
	harness.RequireCode(t, "NOPERM", first.Subscribe(ctx, "allowed3", "forbidden"))
	requireSubscribers(t, server, "allowed3", 0)
	require.Equal(t, []string{"allowed1"}, harness.Value(first.Subscriptions(ctx))(t).Desired.Channels)
	publish(t, client, "allowed1", "still")
	requireNext(t, first, "still")
}

// While the server hangs nothing can be confirmed. What is given up leaves nothing
// behind, and what another has remains.
func TestAContextThatEndsLeavesNothing(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	before := subscribe(t, client, to("before"))
	require.NoError(t, server.Pause())
	for i := range 20 {
		shortly, cancel := context.WithTimeout(ctx, time.Duration(i%5)*20*time.Millisecond)
		_, err := client.Subscription(shortly, glide.SubscriptionConfig{Channels: []string{"late", fmt.Sprint("late", i)}, Patterns: []string{"late*"}})
		cancel()
		require.ErrorIs(t, err, glide.ErrTimeout)
	}
	cancelled, cancel := context.WithCancel(ctx)
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := client.Subscription(cancelled, to("late", "before"))
	require.ErrorIs(t, err, context.Canceled)

	// The library has what remains: the one of before.
	require.NoError(t, server.Resume())
	require.Eventually(t, func() bool {
		return len(server.MustCommand(t, "PUBSUB", "CHANNELS").([]any)) == 1 && server.MustCommand(t, "PUBSUB", "NUMPAT") == int64(0)
	}, harness.Patience, time.Millisecond)
	fence := subscribe(t, client, to("fence"))
	require.ElementsMatch(t, []any{"before", "fence"}, server.MustCommand(t, "PUBSUB", "CHANNELS"))
	for _, channel := range []string{"late", "before", "fence"} {
		publish(t, client, channel, channel)
	}
	requireNext(t, fence, "fence")
	requireNext(t, before, "before")
	require.EqualValues(t, 2, received(fence)+received(before))
}

// The client is not connected yet, so requests wait in the library, and some are given
// up before they are processed.
func TestAContextThatEndsBeforeTheClientIsConnected(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	proxy := glidetest.StartProxy(t, server.Addr())
	proxy.Refuse()
	client := harness.Connect(t, proxy, harness.Patient, func(c *glide.Config) { c.LazyConnect = true })
	for range 5 {
		// It has no deadline, so the library has no reason to end the request.
		ending, cancel := context.WithCancel(ctx)
		time.AfterFunc(20*time.Millisecond, cancel)
		_, err := client.Subscription(ending, to("early"))
		require.ErrorIs(t, err, context.Canceled)
	}
	waits := make(chan error, 1)
	go func() {
		_, err := client.Subscription(ctx, to("patient"))
		waits <- err
	}()
	require.NoError(t, proxy.Forward())
	require.NoError(t, <-waits)
	require.Equal(t, []any{"patient"}, server.MustCommand(t, "PUBSUB", "CHANNELS"))
	require.EqualValues(t, 1, testkit.CallsOf(t, server, "subscribe"))
}

// One that is given up between two others takes nothing from them, whenever it is.
func TestAContextThatEndsAtAnyMoment(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	var made int
	for i := range 300 {
		shortly, cancel := context.WithTimeout(ctx, time.Duration(i)*3*time.Microsecond)
		s, err := client.Subscription(shortly, to("brief"))
		cancel()
		if err == nil {
			made++
			require.NoError(t, s.Close())
		}
	}
	t.Logf("%d of 300 were in time", made)
	requireSubscribers(t, server, "brief", 0)
	s := subscribe(t, client, to("brief"))
	publish(t, client, "brief", "after")
	requireNext(t, s, "after")
	require.EqualValues(t, 1, received(s))
}
