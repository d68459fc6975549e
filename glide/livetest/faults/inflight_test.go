package faults_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// waysToRead are the ways in which reads are sent.
var waysToRead = map[string]func(ctx context.Context, client *glide.Client, i int) error{
	"coalesced": harness.Check,
	"by itself": func(ctx context.Context, client *glide.Client, i int) error {
		value, err := client.Do(ctx, "EVAL", "return redis.call('GET', KEYS[1])", "1", harness.KeyOf(i))
		if err == nil && value != harness.ValueOf(i) {
			return errors.New("another value")
		}
		return err
	},
}

const limit = 10

// startLimited starts a server that holds keys, with a client that may have
// few calls in flight.
func startLimited(t *testing.T, timeout time.Duration) (*glidetest.Server, *glide.Client) {
	t.Helper()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, func(c *glide.Config) { c.InflightLimit, c.RequestTimeout = limit, timeout })
	for i := range 3 * limit {
		server.MustCommand(t, "SET", harness.KeyOf(i), harness.ValueOf(i))
	}
	return server, client
}

// requireAllPlaces requires that as many calls as the limit are served at
// once.
func requireAllPlaces(t *testing.T, client *glide.Client, read func(context.Context, *glide.Client, int) error) {
	t.Helper()
	for range 10 {
		errs := testkit.Concurrently(limit, func(i int) error { return read(harness.Within(t, harness.Patience), client, i) })
		require.NoError(t, errors.Join(errs...))
	}
}

func TestInflightLimitRefusesTheExcessAtOnce(t *testing.T) {
	for name, read := range waysToRead {
		t.Run(name, func(t *testing.T) {
			server, client := startLimited(t, 10*time.Second)
			requireAllPlaces(t, client, read)
			require.NoError(t, server.Pause())
			time.AfterFunc(200*time.Millisecond, func() { _ = server.Resume() })
			took, stalls := make(harness.Distribution, 3*limit), testkit.MeasureStalls(t)
			errs := testkit.Concurrently(3*limit, func(i int) error {
				begun := time.Now()
				err := read(context.Background(), client, i)
				took[i] = time.Since(begun)
				return err
			})
			refused := harness.Distribution{}
			for i, err := range errs {
				if err == nil {
					require.Greater(t, took[i], 50*time.Millisecond)
					continue
				}
				require.ErrorIs(t, err, glide.ErrInflightLimit)
				require.True(t, glide.SafeToRetry(err))
				refused = append(refused, took[i])
			}
			require.Len(t, refused, 2*limit)
			t.Logf("refused after %v", refused)
			require.Less(t, refused.Quantile(1), 20*time.Millisecond+stalls())
			requireAllPlaces(t, client, read)
		})
	}
}

func TestPlacesInFlightAreGivenBack(t *testing.T) {
	for name, read := range waysToRead {
		t.Run(name+", after timeouts", func(t *testing.T) {
			server, client := startLimited(t, 50*time.Millisecond)
			require.NoError(t, server.Pause())
			for range 3 {
				for _, err := range testkit.Concurrently(limit, func(i int) error { return read(context.Background(), client, i) }) {
					require.ErrorIs(t, err, glide.ErrTimeout)
				}
				// The library may be later than the callers.
				ticketsAtRest(t)
			}
			require.NoError(t, server.Resume())
			require.Eventually(t, func() bool { return read(context.Background(), client, 0) == nil }, harness.Patience, time.Millisecond)
			requireAllPlaces(t, client, read)
		})
		t.Run(name+", after cancellations", func(t *testing.T) {
			server, client := startLimited(t, 10*time.Second)
			require.NoError(t, server.Pause())
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(20*time.Millisecond, cancel)
			for _, err := range testkit.Concurrently(limit, func(i int) error { return read(ctx, client, i) }) {
				require.ErrorIs(t, err, context.Canceled)
			}
			// They are in flight as long as the server may answer them.
			require.ErrorIs(t, read(context.Background(), client, 0), glide.ErrInflightLimit)
			require.NoError(t, server.Resume())
			require.Eventually(t, func() bool { return read(context.Background(), client, 0) == nil }, harness.Patience, time.Millisecond)
			requireAllPlaces(t, client, read)
		})
		t.Run(name+", after lost connections", func(t *testing.T) {
			server := glidetest.Start(t)
			proxy := glidetest.StartProxy(t, server.Addr())
			client := harness.Connect(t, proxy, func(c *glide.Config) {
				c.InflightLimit = limit
				c.Reconnect.Factor, c.Reconnect.Retries = time.Millisecond, 1
			})
			for i := range limit {
				server.MustCommand(t, "SET", harness.KeyOf(i), harness.ValueOf(i))
			}
			for range 3 {
				proxy.SetDelay(0, 50*time.Millisecond)
				time.AfterFunc(20*time.Millisecond, proxy.Cut)
				for _, err := range testkit.Concurrently(limit, func(i int) error { return read(context.Background(), client, i) }) {
					require.NotErrorIs(t, err, glide.ErrInflightLimit)
					require.True(t, err == nil || harness.IsLost(err), "%v", err)
				}
				proxy.SetDelay(0, 0)
				time.Sleep(50 * time.Millisecond)
			}
			require.Eventually(t, func() bool { return read(context.Background(), client, 0) == nil }, harness.Patience, time.Millisecond)
			requireAllPlaces(t, client, read)
		})
		t.Run(name+", after replies that are errors", func(t *testing.T) {
			server, client := startLimited(t, time.Second)
			server.MustCommand(t, "RPUSH", "list", "element")
			for range 3 * limit {
				_, err := client.Get(context.Background(), "list")
				var refused *glide.ServerError
				require.ErrorAs(t, err, &refused)
			}
			requireAllPlaces(t, client, read)
		})
	}
}
