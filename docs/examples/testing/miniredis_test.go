package greetings_test

import (
	"testing"
	"time"

	"example.com/greetings"
	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

// With miniredis, a server in the process of the test whose clock the test sets.
func TestGreetingsAreForgottenAfterADay(t *testing.T) {
	for name, protocol := range map[string]glide.Protocol{"RESP3": glide.RESP3, "RESP2": glide.RESP2} {
		t.Run(name, func(t *testing.T) {
			server := miniredis.RunT(t)
			config, err := glide.ParseURL("redis://" + server.Addr())
			require.NoError(t, err)
			config.Protocol = protocol
			client, err := glide.NewClient(t.Context(), config)
			require.NoError(t, err)
			defer client.Close()

			first, err := greetings.Greet(t.Context(), client, "Ada")
			require.NoError(t, err)
			server.FastForward(25 * time.Hour)
			again, err := greetings.Greet(t.Context(), client, "Ada")
			require.NoError(t, err)
			require.Equal(t, first, again)
		})
	}
}

// What miniredis does not know is its error, and the client goes on.
func TestMiniredisAnswersWithItsErrors(t *testing.T) {
	server := miniredis.RunT(t)
	config, err := glide.ParseURL("redis://" + server.Addr())
	require.NoError(t, err)
	client, err := glide.NewClient(t.Context(), config)
	require.NoError(t, err)
	defer client.Close()

	batch := glide.NewTransaction().Set("key", "value").Get("key")
	results, err := client.Exec(t.Context(), batch)
	require.NoError(t, err)
	value, err := glide.Result[glide.Optional[string]](results, 1)
	require.NoError(t, err)
	require.Equal(t, "value", value.Value())

	_, err = client.LatencyDoctor(t.Context())
	var refused *glide.ServerError
	require.ErrorAs(t, err, &refused)
	require.NoError(t, client.Set(t.Context(), "key", "value"))
}

// More of what programs use, with miniredis.
func TestMiniredisHasMessagesScriptsAndTransactions(t *testing.T) {
	for name, protocol := range map[string]glide.Protocol{"RESP3": glide.RESP3, "RESP2": glide.RESP2} {
		t.Run(name, func(t *testing.T) {
			ctx, server := t.Context(), miniredis.RunT(t)
			config, err := glide.ParseURL("redis://" + server.Addr())
			require.NoError(t, err)
			config.Protocol, config.RequestTimeout = protocol, 30*time.Second
			client, err := glide.NewClient(ctx, config)
			require.NoError(t, err)
			defer client.Close()

			// Optimistic locking.
			_, err = client.Optimistic(ctx, []string{"watched"}, func(*glide.DedicatedClient) (*glide.Transaction, error) {
				return glide.NewTransaction().Incr("watched"), nil
			})
			require.NoError(t, err)

			// Scripts.
			sum, err := client.Eval(ctx, "return redis.call('INCRBY', KEYS[1], ARGV[1])", []string{"watched"}, "5")
			require.NoError(t, err)
			require.EqualValues(t, 6, sum)

			// Blocking commands.
			popped := make(chan error, 1)
			go func() {
				_, err := client.BLPop(ctx, 30*time.Second, "list")
				popped <- err
			}()
			_, err = client.RPush(ctx, "list", "element")
			require.NoError(t, err)
			require.NoError(t, <-popped)

			// Streams.
			_, err = client.XAdd(ctx, "stream", []glide.Field{glide.NewField("n", "1")})
			require.NoError(t, err)
			entries, err := client.XRange(ctx, "stream", glide.StreamMin, glide.StreamMax)
			require.NoError(t, err)
			require.Len(t, entries, 1)

			// Messages, which take RESP3.
			if protocol != glide.RESP3 {
				return
			}
			news, err := client.Subscription(ctx, glide.SubscriptionConfig{Channels: []string{"news"}})
			require.NoError(t, err)
			defer news.Close()
			_, err = client.Publish(ctx, "news", "text")
			require.NoError(t, err)
			message, err := news.Next(ctx)
			require.NoError(t, err)
			require.Equal(t, "news", message.Channel)
		})
	}
}
