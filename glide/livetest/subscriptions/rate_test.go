package subscriptions_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// BenchmarkMessages is the time for each message that a server sends, and all of some
// subscriptions receive. Without any the client itself receives it; the last is of such
// a client that also has a subscription to another channel.
func BenchmarkMessages(b *testing.B) {
	server := glidetest.Start(b)
	for _, subscriptions := range []int{0, 1, 10} {
		b.Run(fmt.Sprintf("subscriptions=%d", subscriptions), func(b *testing.B) { benchmarkMessages(b, server, subscriptions, 0) })
	}
	b.Run("own-beside-another", func(b *testing.B) { benchmarkMessages(b, server, 0, 1) })
}

func benchmarkMessages(b *testing.B, server *glidetest.Server, subscriptions, others int) {
	const together = 1000
	client := harness.Connect(b, server)
	receivers := []receiver{own{client}}
	if subscriptions == 0 {
		require.NoError(b, client.Subscribe(ctx, "rate"))
	} else {
		receivers = nil
	}
	for range subscriptions {
		s, err := client.Subscription(ctx, glide.SubscriptionConfig{Channels: []string{"rate"}, BufferLimit: together})
		require.NoError(b, err)
		receivers = append(receivers, s)
	}
	for range others {
		_, err := client.Subscription(ctx, to("another"))
		require.NoError(b, err)
	}
	script := fmt.Sprintf("for i = 1, %d do redis.call('PUBLISH', 'rate', ARGV[1]) end", together)
	payload := strings.Repeat("p", 100)
	b.ReportAllocs()
	b.ResetTimer()
	for sent := 0; sent < b.N; sent += together {
		server.MustCommand(b, "EVAL", script, "0", payload)
		for _, r := range receivers {
			for range together {
				_, _ = r.Next(ctx)
			}
		}
	}
}
