// Package subscriptions_test is about independent subscriptions: several that
// share a client.
package subscriptions_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

var ctx = context.Background()

// A subscribing client is a client of either kind.
type subscribing interface {
	Subscription(ctx context.Context, config glide.SubscriptionConfig) (*glide.Subscription, error)
	Subscribe(ctx context.Context, channels ...string) error
	PSubscribe(ctx context.Context, patterns ...string) error
	Unsubscribe(ctx context.Context, channels ...string) error
	Subscriptions(ctx context.Context) (glide.SubscriptionState, error)
	TryMessage() (glide.Message, bool, error)
	NextMessage(ctx context.Context) (glide.Message, error)
	MessageStats() glide.MessageStats
	Publish(ctx context.Context, channel, message string) (int64, error)
	Close() error
}

// onBothKinds runs a test with a client of the shared server and one of the shared
// cluster.
func onBothKinds(t *testing.T, test func(t *testing.T, client subscribing)) {
	t.Helper()
	t.Run("standalone", func(t *testing.T) {
		test(t, harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Patient))
	})
	t.Run("cluster", func(t *testing.T) {
		test(t, harness.ConnectToCluster(t, harness.Value(testkit.SharedCluster())(t), harness.ClusterPatient))
	})
}

// subscribe returns a subscription that is closed with the test.
func subscribe(t *testing.T, client subscribing, config glide.SubscriptionConfig) *glide.Subscription {
	t.Helper()
	subscription := harness.Value(client.Subscription(ctx, config))(t)
	t.Cleanup(func() { _ = subscription.Close() })
	return subscription
}

func to(channels ...string) glide.SubscriptionConfig {
	return glide.SubscriptionConfig{Channels: channels}
}

// A receiver is a subscription, or a client as what it is itself subscribed to.
type receiver interface {
	Next(ctx context.Context) (glide.Message, error)
	Try() (glide.Message, bool, error)
}

type own struct{ subscribing }

func (o own) Next(ctx context.Context) (glide.Message, error) { return o.NextMessage(ctx) }
func (o own) Try() (glide.Message, bool, error)               { return o.TryMessage() }

// next waits for a message, for so long that it must be lost if it has not come.
func next(t *testing.T, r receiver) glide.Message {
	t.Helper()
	return harness.Value(r.Next(harness.Within(t, harness.Patience)))(t)
}

// requireNext requires that these payloads come next.
func requireNext(t *testing.T, r receiver, payloads ...string) {
	t.Helper()
	for _, payload := range payloads {
		require.Equal(t, payload, next(t, r).Payload)
	}
}

// requireNothing requires that no message waits. What comes later than others that were
// received is not noticed, so it is called behind a message of the same server.
func requireNothing(t *testing.T, receivers ...receiver) {
	t.Helper()
	for _, r := range receivers {
		m, ok, err := r.Try()
		require.NoError(t, err)
		require.False(t, ok, "%+v", m)
	}
}

func publish(t *testing.T, client subscribing, channel string, payloads ...string) {
	t.Helper()
	for _, payload := range payloads {
		harness.Value(client.Publish(ctx, channel, payload))(t)
	}
}

// publishNumbers publishes numbers, and pipelines them.
func publishNumbers(t *testing.T, client *glide.Client, channel string, from, to int) {
	t.Helper()
	const together = 1000
	for from < to {
		pipeline := glide.NewPipeline()
		for ; from < to && pipeline.Len() < together; from++ {
			pipeline.Publish(channel, strconv.Itoa(from))
		}
		harness.Value(client.Exec(ctx, pipeline))(t)
	}
}

// subscribersAt returns how many connections a server says are subscribed to a channel.
func subscribersAt(t *testing.T, server *glidetest.Server, command, channel string) int64 {
	t.Helper()
	return server.MustCommand(t, "PUBSUB", command, channel).([]any)[1].(int64)
}

// requireSubscribers waits until a server has so many connections that are subscribed
// to a channel.
func requireSubscribers(t *testing.T, server *glidetest.Server, channel string, want int64) {
	t.Helper()
	require.Eventually(t, func() bool { return subscribersAt(t, server, "NUMSUB", channel) == want }, harness.Patience, time.Millisecond)
}

// received returns how many messages have arrived at a subscription.
func received(subscription *glide.Subscription) int64 { return subscription.Stats().Received }
