package connecting_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestReconnectingBacksOff(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	proxy := glidetest.StartProxy(t, server.Addr())
	client := harness.Connect(t, proxy, func(c *glide.Config) {
		c.Reconnect = glide.ReconnectStrategy{Retries: 3, Factor: 20 * time.Millisecond, Base: 2, JitterPercent: glide.NoJitter}
	})
	require.NoError(t, harness.SetAndCheck(client, 1))
	before := len(proxy.Attempts())
	stalls := testkit.MeasureStalls(t)
	proxy.Reject()
	proxy.Cut()
	require.Eventually(t, func() bool { return len(proxy.Attempts())-before > 7 }, harness.Patience, time.Millisecond)
	require.NoError(t, proxy.Forward())

	attempts := proxy.Attempts()[before:]
	var delays []time.Duration
	for i := 1; i < len(attempts); i++ {
		delays = append(delays, attempts[i].Sub(attempts[i-1]).Round(time.Millisecond))
	}
	t.Log(delays)
	// Factor × Base^n, for n up to Retries: 40, 80, 160, 160, … ms.
	for i, delay := range delays {
		expected := 20 * time.Millisecond << min(i+1, 3)
		require.InDelta(t, float64(expected), float64(delay), float64(expected/2+15*time.Millisecond+stalls()), "delay %d of %v", i, delays)
	}
	require.Eventually(t, func() bool { return harness.Check(context.Background(), client, 1) == nil }, harness.Patience, 5*time.Millisecond)
}

func TestReconnectingIsSpreadByJitter(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	proxy := glidetest.StartProxy(t, server.Addr())
	// Large, so that what else the machine does is small next to it.
	const unit, retries = 150 * time.Millisecond, 24
	stalls := testkit.MeasureStalls(t)
	client := harness.Connect(t, proxy, func(c *glide.Config) {
		c.Reconnect = glide.ReconnectStrategy{Retries: retries, Factor: unit, Base: 1, JitterPercent: 50}
	})
	// Factor × Base^n is the same for all n; half of it either way. Beyond the
	// retries there is no jitter, and how late the machine is can be seen.
	isSpread := func() bool {
		require.Eventually(t, func() bool { return harness.SetAndCheck(client, 1) == nil }, harness.Patience, 5*time.Millisecond)
		before := len(proxy.Attempts())
		proxy.Reject()
		proxy.Cut()
		require.Eventually(t, func() bool { return len(proxy.Attempts())-before > retries+10 }, harness.Patience, 10*time.Millisecond)
		require.NoError(t, proxy.Forward())
		var spread, even harness.Distribution
		for i, attempts := 1, proxy.Attempts()[before:]; i < len(attempts); i++ {
			delay := attempts[i].Sub(attempts[i-1])
			if i <= retries {
				spread = append(spread, delay)
			} else {
				even = append(even, delay)
			}
		}
		t.Logf("with jitter %v; then %v", spread, even)
		require.Greater(t, spread.Quantile(0), unit/2-2*time.Millisecond-stalls())
		require.Less(t, spread.Quantile(1), unit*3/2+25*time.Millisecond+stalls())
		require.Greater(t, even.Quantile(0), unit-2*time.Millisecond-stalls())
		usual := even.Quantile(.5)
		return spread.Quantile(.1) < usual*9/10 && spread.Quantile(.9) > usual*11/10
	}
	for tries := 1; !isSpread(); tries++ {
		require.Less(t, tries, 3, "there is no jitter")
	}
	require.Eventually(t, func() bool { return harness.Check(context.Background(), client, 1) == nil }, harness.Patience, 5*time.Millisecond)
}

func TestConnectingBacksOff(t *testing.T) {
	t.Parallel()
	proxy := glidetest.StartProxy(t, glidetest.StartListener(t, nil).Addr())
	proxy.Reject()
	config := harness.ConfigFor(proxy)
	config.ConnectionTimeout = 450 * time.Millisecond
	config.Reconnect = glide.ReconnectStrategy{Retries: 10, Factor: 20 * time.Millisecond, JitterPercent: glide.NoJitter}
	requireNoConnection(t, config)
	attempts := proxy.Attempts()
	require.Len(t, attempts, 4) // after 0, 40, 80 and 160 ms; another would come after 600
	for i := 1; i < len(attempts); i++ {
		require.GreaterOrEqual(t, attempts[i].Sub(attempts[i-1]), 20*time.Millisecond<<i-time.Millisecond)
	}
}

func TestCompressedValuesAreSmallOnTheServerAndComeBackWhole(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	ctx := context.Background()
	value := strings.Repeat("compressible ", 1000)
	for name, compression := range map[string]glide.Compression{
		"Zstd":       {},
		"LZ4":        {Algorithm: glide.LZ4},
		"Zstd at 10": {Level: 10},
	} {
		t.Run(name, func(t *testing.T) {
			client := harness.Connect(t, server, harness.Patient, func(c *glide.Config) { c.Compression = &compression })
			require.NoError(t, client.Set(ctx, name, value))
			got, err := client.Get(ctx, name)
			require.NoError(t, err)
			require.Equal(t, value, got.Value())

			small := "below the minimum size"
			require.NoError(t, client.Set(ctx, "small", small))
			got, err = client.Get(ctx, "small")
			require.NoError(t, err)
			require.Equal(t, small, got.Value())
			require.Equal(t, int64(len(small)), server.MustCommand(t, "STRLEN", "small"))

			stored, _ := server.MustCommand(t, "STRLEN", name).(int64)
			require.Positive(t, stored)
			require.Less(t, stored, int64(len(value)/10))
		})
	}
}

// It is the same error however the value is read, and not one of the connection.
func TestRepliesThatAreTooLargeDecompressedAreRefused(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	ctx := context.Background()
	client := harness.Connect(t, server, harness.Patient, func(c *glide.Config) {
		c.Compression = &glide.Compression{MaximumDecompressedBytes: 1000}
	})
	require.NoError(t, client.Set(ctx, "large", strings.Repeat("compressible ", 100)))
	for name, read := range map[string]func() error{
		"GET":  func() error { _, err := client.Get(ctx, "large"); return err },
		"MGET": func() error { _, err := client.MGet(ctx, "large", "large"); return err },
		"pipeline": func() error {
			results, err := client.Exec(ctx, glide.NewPipeline().Get("large"))
			return errors.Join(err, results.Err(0))
		},
		"transaction": func() error {
			results, err := client.Exec(ctx, glide.NewTransaction().Get("large"))
			return errors.Join(err, results.Err(0))
		},
	} {
		err := read()
		require.ErrorIs(t, err, glide.ErrUnexpectedReply, name)
		require.NotErrorIs(t, err, glide.ErrConnectionLost, name)
		require.ErrorContains(t, err, "MaximumDecompressedBytes", name)
	}
	require.Zero(t, client.Stats().Reconnects)
}

// requireCachedUntilChanged requires that one read of ten reaches the server,
// and that a change is seen after some time.
func requireCachedUntilChanged(t *testing.T, server *glidetest.Server, client *glide.Client, otherwise string) {
	t.Helper()
	ctx := context.Background()
	for range 10 {
		value, err := client.Get(ctx, "key")
		require.NoError(t, err)
		require.Equal(t, "old", value.Value())
	}
	require.Equal(t, 1, testkit.CallsOf(t, server, "get"))
	server.MustCommand(t, "SET", "key", "new")
	require.Eventually(t, func() bool {
		value, err := client.Get(ctx, "key")
		return err == nil && value.Value() == "new"
	}, harness.Patience, 5*time.Millisecond, otherwise)
}

func TestCachedValuesAreNotAskedForAgain(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	ctx := context.Background()
	client := harness.Connect(t, server, func(c *glide.Config) {
		c.Cache = &glide.Cache{ID: t.Name(), MaximumBytes: 1 << 20, TimeToLive: 300 * time.Millisecond}
	})
	require.NoError(t, client.Set(ctx, "key", "old"))
	requireCachedUntilChanged(t, server, client, "a value stays in the cache for longer than its time to live")
}

func TestServerAssistedCacheForgetsWhatOthersChange(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	// Before the client is there: what it is told of while it reads a value it does not keep.
	server.MustCommand(t, "SET", "key", "old")
	client := harness.Connect(t, server, func(c *glide.Config) {
		c.Cache = &glide.Cache{ID: server.Addr(), MaximumBytes: 1 << 20, TimeToLive: time.Hour, ServerAssisted: true}
	})
	requireCachedUntilChanged(t, server, client, "the server's report of a change is ignored")
}

func TestCircuitBreakerOpensAndCloses(t *testing.T) {
	t.Parallel()
	breaker := glide.CircuitBreaker{
		Window: 2 * time.Second, FailureRate: 0.5, MinimumErrors: 3, Open: 300 * time.Millisecond, Successes: 1,
	}
	t.Run("connections are lost", func(t *testing.T) {
		t.Parallel()
		server := glidetest.Start(t)
		proxy := glidetest.StartProxy(t, server.Addr())
		client := harness.Connect(t, proxy, func(c *glide.Config) { c.CircuitBreaker = &breaker })
		requireBreaker(t, client, func() {
			proxy.SetDelay(0, 100*time.Millisecond)
			time.AfterFunc(50*time.Millisecond, func() {
				proxy.Refuse()
				proxy.Cut()
			})
		}, func() {
			proxy.SetDelay(0, 0)
			require.NoError(t, proxy.Forward())
		})
	})
	t.Run("calls time out", func(t *testing.T) {
		t.Parallel()
		server := glidetest.Start(t)
		client := harness.Connect(t, server, func(c *glide.Config) {
			counting := breaker
			counting.CountTimeouts = true
			c.CircuitBreaker = &counting
			c.RequestTimeout = 50 * time.Millisecond
		})
		requireBreaker(t, client, func() { require.NoError(t, server.Pause()) }, func() { require.NoError(t, server.Resume()) })
	})
}

// requireBreaker requires that a client's circuit breaker opens after
// something has happened, and closes after it has ended.
func requireBreaker(t *testing.T, client *glide.Client, happen, end func()) {
	t.Helper()
	ctx := context.Background()
	require.NoError(t, harness.SetAndCheck(client, 1))
	happen()
	open := func() error {
		_, err := client.Get(ctx, harness.KeyOf(1))
		return err
	}
	require.Eventually(t, func() bool {
		for _, err := range testkit.Concurrently(10, func(int) error { return open() }) {
			if errors.Is(err, glide.ErrCircuitOpen) {
				return true
			}
		}
		return false
	}, harness.Patience, time.Millisecond, "the circuit breaker does not open")
	stalls := testkit.MeasureStalls(t)
	begun := time.Now()
	for range 5 {
		err := open()
		require.ErrorIs(t, err, glide.ErrCircuitOpen)
		require.True(t, glide.SafeToRetry(err))
	}
	require.Less(t, time.Since(begun), 50*time.Millisecond+5*stalls())

	end()
	require.Eventually(t, func() bool { return harness.Check(ctx, client, 1) == nil }, harness.Patience, 5*time.Millisecond,
		"the circuit breaker does not close")
}
