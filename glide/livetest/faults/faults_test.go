package faults_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestServerThatIsKilledAndRestartedIsFoundAgain(t *testing.T) {
	server := glidetest.Start(t)
	timeout, stalls := 250*time.Millisecond, testkit.MeasureStalls(t)
	client := harness.Connect(t, server, func(c *glide.Config) { c.RequestTimeout = timeout })
	for round := range 2 {
		l := testkit.StartLoad(50, func(i int) error { return client.Set(context.Background(), harness.KeyOf(i), harness.ValueOf(i)) })
		l.AwaitSuccess(t, harness.Patience)
		require.NoError(t, server.Kill())
		time.Sleep(400 * time.Millisecond)
		require.NoError(t, server.Restart())
		recovery := l.AwaitSuccess(t, harness.Patience)
		time.Sleep(50 * time.Millisecond)
		l.End()
		t.Logf("round %d: served again after %v; %v", round, recovery, l)
		harness.RequireLost(t, l.Errs())
		require.NotZero(t, l.Failed())
		require.Less(t, l.Longest(), timeout+harness.Tolerance+stalls())
		require.NoError(t, errors.Join(testkit.Concurrently(50, func(i int) error { return harness.SetAndCheck(client, i) })...))
	}
}

func TestServerThatStopsTimesCallsOutAndServesAgain(t *testing.T) {
	server := glidetest.Start(t)
	timeout, stalls := 100*time.Millisecond, testkit.MeasureStalls(t)
	client := harness.Connect(t, server, func(c *glide.Config) { c.RequestTimeout = timeout })
	require.NoError(t, errors.Join(testkit.Concurrently(50, func(i int) error { return harness.SetAndCheck(client, i) })...))
	for _, callers := range []int{1, 50} {
		require.NoError(t, server.Pause())
		took := make([]harness.Distribution, callers)
		errs := testkit.Concurrently(callers, func(i int) error {
			for range 3 {
				begun := time.Now()
				_, err := client.Get(context.Background(), harness.KeyOf(i))
				took[i] = append(took[i], time.Since(begun))
				if !errors.Is(err, glide.ErrTimeout) || errors.Is(err, context.DeadlineExceeded) {
					return fmt.Errorf("not the request timeout: %w", err)
				}
			}
			return nil
		})
		begun := time.Now()
		require.NoError(t, server.Resume())
		require.NoError(t, errors.Join(errs...))
		require.Eventually(t, func() bool { return harness.Check(context.Background(), client, 0) == nil }, harness.Patience, time.Millisecond)
		t.Logf("%d callers: served again after %v", callers, time.Since(begun))
		all := harness.Distribution{}
		for _, d := range took {
			all = append(all, d...)
		}
		t.Logf("%d callers: %v", callers, all)
		require.GreaterOrEqual(t, all.Quantile(0), timeout)
		require.Less(t, all.Quantile(1), timeout+harness.Tolerance+stalls())
		require.NoError(t, errors.Join(testkit.Concurrently(50, func(i int) error { return harness.Check(context.Background(), client, i) })...))
	}
}

func TestNoWriteIsAppliedTwiceWhenConnectionsAreLost(t *testing.T) {
	const script = "return redis.call('INCR', KEYS[1])"
	for name, increment := range map[string]func(*glide.Client) error{
		"coalesced": func(c *glide.Client) error {
			_, err := c.Incr(context.Background(), "counter")
			return err
		},
		"by itself": func(c *glide.Client) error {
			_, err := c.Do(context.Background(), "EVAL", script, "1", "counter")
			return err
		},
		"by itself, as a pipeline": func(c *glide.Client) error {
			_, err := c.IncrByFloat(context.Background(), "counter", 1)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := glidetest.Start(t)
			client := harness.Connect(t, server, func(c *glide.Config) {
				c.RequestTimeout = 500 * time.Millisecond
				c.Reconnect.Factor, c.Reconnect.Retries = time.Millisecond, 1
			})
			l := testkit.StartLoad(50, func(int) error { return increment(client) })
			kills := 0
			for begun := time.Now(); time.Since(begun) < 1500*time.Millisecond; kills++ {
				time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
				server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
			}
			l.End()
			t.Logf("%d kills: %v", kills, l)
			harness.RequireLost(t, l.Errs())
			require.NotZero(t, l.Failed())
			stored, _ := server.MustCommand(t, "GET", "counter").(string)
			value, err := strconv.ParseInt(stored, 10, 64)
			require.NoError(t, err)
			acknowledged := l.Succeeded()
			require.GreaterOrEqual(t, value, acknowledged, "increments that were acknowledged are not there")
			require.LessOrEqual(t, value, acknowledged+l.Failed(), "increments were applied twice")
		})
	}
}

// startCuttingProxy starts a proxy for a server that closes each connection
// after some bytes of replies, wherever they end.
func startCuttingProxy(t *testing.T, server *glidetest.Server, bytes func() int64) (proxy *net.TCPListener, cuts *atomic.Int64) {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	cuts = new(atomic.Int64)
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			behind, err := net.Dial("tcp", server.Addr())
			if err != nil {
				_ = client.Close()
				continue
			}
			go func() { _, _ = io.Copy(behind, client) }()
			go func() {
				_, _ = io.CopyN(client, behind, bytes())
				cuts.Add(1)
				_ = client.Close()
				_ = behind.Close()
			}()
		}
	}()
	return listener, cuts
}

func TestConnectionsThatAreCutInTheMidstOfRepliesGiveNobodyAWrongOne(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	const keys = 20
	long := func(i int) string { return strings.Repeat(harness.ValueOf(i)+" ", 1+i*i*20) } // up to 120 KB
	for i := range keys {
		server.MustCommand(t, "SET", harness.KeyOf(i), long(i))
	}
	stalls := testkit.MeasureStalls(t)
	listener, cuts := startCuttingProxy(t, server, func() int64 { return 1000 + rand.Int64N(200_000) })
	address, _ := listener.Addr().(*net.TCPAddr)
	client := harness.ConnectWith(t, glide.Config{
		Addresses: []glide.Address{{Host: "127.0.0.1", Port: address.Port}}, RequestTimeout: time.Second,
		Reconnect: glide.ReconnectStrategy{Factor: time.Millisecond, Retries: 1},
	})
	l := testkit.StartLoad(keys, func(i int) error {
		value, err := client.Get(context.Background(), harness.KeyOf(i))
		if err == nil && value.Value() != long(i) {
			return fmt.Errorf("%s has another value, of %d bytes", harness.KeyOf(i), len(value.Value()))
		}
		return err
	})
	time.Sleep(1500 * time.Millisecond)
	l.End()
	t.Logf("%d cuts: %v", cuts.Load(), l)
	harness.RequireLost(t, l.Errs())
	require.Less(t, l.Longest(), time.Second+harness.Tolerance+stalls())
	require.NotZero(t, l.Succeeded())
	require.NotZero(t, cuts.Load())
}

func TestABlackHoleTimesCallsOutAndIsForgotten(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	proxy := glidetest.StartProxy(t, server.Addr())
	timeout := 100 * time.Millisecond
	client := harness.Connect(t, proxy, func(c *glide.Config) { c.RequestTimeout = timeout })
	served := func(call func(i int) error) func() bool {
		return func() bool { return errors.Join(testkit.Concurrently(20, call)...) == nil }
	}
	// A busy machine may take longer than the timeout.
	require.Eventually(t, served(func(i int) error { return harness.SetAndCheck(client, i) }), harness.Patience, time.Millisecond)
	proxy.Blackhole()
	for _, err := range testkit.Concurrently(20, func(i int) error { return harness.Check(context.Background(), client, i) }) {
		require.ErrorIs(t, err, glide.ErrTimeout)
	}
	// What comes late then finds no one.
	require.NoError(t, proxy.Forward())
	var failed error
	require.Eventually(t, func() bool {
		failed = errors.Join(testkit.Concurrently(20, func(i int) error { return harness.Check(context.Background(), client, i) })...)
		return !errors.Is(failed, glide.ErrTimeout)
	}, harness.Patience, time.Millisecond)
	require.NoError(t, failed)
}

func TestWrongTypesAreServerErrors(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	ctx := context.Background()
	server.MustCommand(t, "RPUSH", "list", "element")
	errs := testkit.Concurrently(100, func(i int) error {
		if i%2 == 0 {
			return harness.SetAndCheck(client, i)
		}
		_, err := client.Get(ctx, "list")
		return err
	})
	for i, err := range errs {
		if i%2 == 0 {
			require.NoError(t, err)
			continue
		}
		var refused *glide.ServerError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, "GET", refused.Command)
		require.Equal(t, "WRONGTYPE", refused.Code)
		require.False(t, glide.SafeToRetry(err))
	}
}
