package messages_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestSubscribeAndUnsubscribeAreConfirmed(t *testing.T) {
	onMessengers(t, glide.Subscriptions{}, func(t *testing.T, client messenger) {
		require.Zero(t, harness.Value(client.Subscriptions(ctx))(t), "before there is any")
		require.NoError(t, client.Unsubscribe(ctx))
		require.ErrorIs(t, client.Subscribe(ctx), glide.ErrInvalidArgument)

		require.NoError(t, client.Subscribe(ctx, "a", "b", "a"))
		require.NoError(t, client.PSubscribe(ctx, "p*"))
		for _, channel := range []string{"a", "b", "p1"} {
			require.EqualValues(t, channel, publishedTo(t, client, channel).Channel, "it was not confirmed yet")
		}
		state := harness.Value(client.Subscriptions(ctx))(t)
		require.Equal(t, glide.SubscriptionSet{Channels: []string{"a", "b"}, Patterns: []string{"p*"}}, withoutEmpty(state.Desired))
		require.Equal(t, withoutEmpty(state.Desired), withoutEmpty(state.Current))

		require.NoError(t, client.Unsubscribe(ctx, "a", "absent"))
		require.NoError(t, client.PUnsubscribe(ctx))
		harness.Value(client.Publish(ctx, "a", ""))(t)
		harness.Value(client.Publish(ctx, "p1", ""))(t)
		require.Equal(t, "b", publishedTo(t, client, "b").Channel, "one of the others was still subscribed to")
		require.NoError(t, client.Unsubscribe(ctx))
		require.Zero(t, withoutEmpty(harness.Value(client.Subscriptions(ctx))(t).Current))
	})
}

// publishedTo publishes and returns the next message.
func publishedTo(t *testing.T, client messenger, channel string) glide.Message {
	t.Helper()
	harness.Value(client.Publish(ctx, channel, ""))(t)
	return next(t, client)
}

// withoutEmpty makes no difference between none and none.
func withoutEmpty(s glide.SubscriptionSet) glide.SubscriptionSet {
	for _, names := range []*[]string{&s.Channels, &s.Patterns, &s.ShardedChannels} {
		if len(*names) == 0 {
			*names = nil
		}
	}
	return s
}

func TestShardedSubscriptions(t *testing.T) {
	harness.Needs(t, "sharded channels", "7.0", "7.0")
	channels := harness.Scattered()
	client := harness.ConnectToCluster(t, harness.Value(testkit.SharedCluster())(t), func(c *glide.ClusterConfig) {
		c.RequestTimeout, c.Subscriptions.ShardedChannels = harness.Patience, channels[:1]
	})
	require.NoError(t, client.SSubscribe(ctx, channels...))
	for i, channel := range channels {
		require.EqualValues(t, 1, harness.Value(client.SPublish(ctx, channel, numbered(i)))(t))
		require.Equal(t, glide.Message{Channel: channel, Payload: numbered(i)}, next(t, client))
	}
	require.NoError(t, client.SUnsubscribe(ctx, channels[0]))
	require.EqualValues(t, 0, harness.Value(client.SPublish(ctx, channels[0], ""))(t))
	require.Len(t, harness.Value(client.Subscriptions(ctx))(t).Current.ShardedChannels, len(channels)-1)
	require.NoError(t, client.SUnsubscribe(ctx))
	require.Empty(t, harness.Value(client.Subscriptions(ctx))(t).Current.ShardedChannels)
	require.Empty(t, harness.Value(client.PubSubShardChannels(ctx))(t))
}

// Many subscribe and unsubscribe at once, while others call: each reply is
// that of its own command.
func TestSubscribingDisturbsNoReplies(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	load := testkit.StartLoad(50, func(i int) error { return harness.SetAndCheck(client, i) })
	errs := testkit.Concurrently(10, func(i int) error {
		for n := range 50 {
			names := []string{fmt.Sprint(i, "a", n), fmt.Sprint(i, "b", n), fmt.Sprint(i, "c", n)}
			if err := client.Subscribe(ctx, names...); err != nil {
				return err
			}
			if err := client.Unsubscribe(ctx, names[:2]...); err != nil {
				return err
			}
		}
		return nil
	})
	load.End()
	for _, err := range append(errs, load.Errs()...) {
		require.NoError(t, err)
	}
	require.Len(t, harness.Value(client.Subscriptions(ctx))(t).Current.Channels, 500)
}

func TestAThousandSubscriptions(t *testing.T) {
	const count = 1000
	var channels, patterns []string
	for i := range count {
		channels = append(channels, fmt.Sprint("channel:", i))
		patterns = append(patterns, fmt.Sprint("pattern:", i, ":*"))
	}
	onMessengers(t, glide.Subscriptions{Channels: channels, Patterns: patterns}, func(t *testing.T, client messenger) {
		state := harness.Value(client.Subscriptions(ctx))(t)
		require.Len(t, state.Current.Channels, count)
		require.Len(t, state.Current.Patterns, count)
		for i := 0; i < count; i += 37 {
			require.Equal(t, channels[i], publishedTo(t, client, channels[i]).Channel)
			require.Equal(t, patterns[i], publishedTo(t, client, fmt.Sprint("pattern:", i, ":x")).Pattern)
		}
		require.NoError(t, client.Unsubscribe(ctx))
		require.NoError(t, client.PUnsubscribe(ctx))
	})
}

func TestWhatTheServerRefusesIsNotSubscribedTo(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithUser("reader", "on", ">secret", "+@all", "resetchannels", "&allowed*"))
	config := harness.ConfigFor(server)
	config.Credentials = glide.Credentials{Username: "reader", Password: "secret"}
	harness.Patient(&config)
	client := harness.ConnectWith(t, config)
	require.NoError(t, client.Subscribe(ctx, "allowed1"))
	err := client.Subscribe(ctx, "allowed2", "forbidden")
	harness.RequireCode(t, "NOPERM", err)
	require.NotContains(t, err.Error(), "forbidden")
	require.Equal(t, []string{"allowed1"}, harness.Value(client.Subscriptions(ctx))(t).Desired.Channels, "one of the refused is")
	require.Eventually(t, func() bool { return len(harness.Value(client.Subscriptions(ctx))(t).Current.Channels) == 1 }, harness.Patience, time.Millisecond)
	harness.Value(client.Publish(ctx, "allowed1", "still"))(t)
	require.Equal(t, "still", next(t, client).Payload)

	config.Subscriptions.Patterns = []string{"forbidden*"}
	_, err = glide.NewClient(ctx, config)
	harness.RequireCode(t, "NOPERM", err)
}

func TestSubscribeIsBoundedByItsTime(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, func(c *glide.Config) { c.RequestTimeout = 200 * time.Millisecond })
	require.NoError(t, client.Subscribe(harness.Within(t, harness.Patience), "before"))
	require.NoError(t, server.Pause())
	stalls := testkit.MeasureStalls(t)
	begun := time.Now()
	require.ErrorIs(t, client.Subscribe(ctx, "late"), glide.ErrTimeout)
	require.Less(t, time.Since(begun), 200*time.Millisecond+harness.Tolerance+stalls())
	require.ErrorIs(t, client.Unsubscribe(ctx, "before"), glide.ErrTimeout)
	state := harness.Value(client.Subscriptions(ctx))(t)
	require.Equal(t, []string{"late"}, state.Desired.Channels)
	require.Equal(t, []string{"before"}, state.Current.Channels)
	require.NoError(t, server.Resume())
	require.Eventually(t, func() bool {
		return strings.Join(harness.Value(client.Subscriptions(ctx))(t).Current.Channels, " ") == "late"
	}, harness.Patience, time.Millisecond, "it did not go on trying")
}

func TestDoAndBatchesRefuseSubscribing(t *testing.T) {
	client := harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Patient)
	for _, name := range []string{"SUBSCRIBE", "punsubscribe", "SSubscribe", "SUBSCRIBE_BLOCKING", "GET_SUBSCRIPTIONS"} {
		_, err := client.Do(ctx, name, "a", "b")
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		require.EqualError(t, err, "glide: "+strings.ToUpper(name)+": invalid argument: its replies are messages: use Subscription or Subscribe")
		_, err = client.DoBytes(ctx, []byte(name))
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		_, err = client.Exec(ctx, glide.NewPipeline().Do(name, "a"))
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
	}
}

func TestALazyClientSubscribesWhenItCan(t *testing.T) {
	server := glidetest.Start(t)
	proxy := glidetest.StartProxy(t, server.Addr())
	proxy.Refuse()
	client := harness.Connect(t, proxy, harness.Patient, subscribedTo("lazy"), func(c *glide.Config) { c.LazyConnect = true })
	time.Sleep(50 * time.Millisecond)
	require.NoError(t, proxy.Forward())
	publisher := harness.Connect(t, server, harness.Patient)
	require.Eventually(t, func() bool { return harness.Value(publisher.Publish(ctx, "lazy", "x"))(t) == 1 }, harness.Patience, 10*time.Millisecond)
	require.Equal(t, "x", next(t, client).Payload)
}

func TestTheFirstToSubscribeAndToReceiveMayComeAtOnce(t *testing.T) {
	const channels = 10
	server := glidetest.Start(t)
	publisher := harness.Connect(t, server, harness.Patient)
	for range 20 {
		client := harness.Connect(t, server, harness.Patient)
		require.Zero(t, client.MessageStats())
		var group sync.WaitGroup
		for i := range channels {
			group.Go(func() {
				if _, err := client.NextMessage(harness.Within(t, harness.Patience)); err != nil {
					t.Error(err)
				}
			})
			group.Go(func() {
				channel := fmt.Sprint(i)
				if err := client.Subscribe(ctx, channel); err != nil {
					t.Error(err)
				}
				if n, err := publisher.Publish(ctx, channel, channel); n != 1 || err != nil {
					t.Error(n, err)
				}
			})
		}
		group.Wait()
		require.EqualValues(t, channels, client.MessageStats().Received)
		client.Close()
	}
}

func TestSubscribingAtOnceConnectsOnce(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() { _ = client.Subscribe(ctx, fmt.Sprint(i)) })
	}
	group.Wait()
	require.Len(t, harness.Value(client.Subscriptions(ctx))(t).Current.Channels, 20)
	require.Len(t, harness.ConnectionsTo(t, server), 2, "one connection for commands, one for messages")
}
