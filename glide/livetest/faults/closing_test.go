package faults_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestCloseEndsEveryCallInFlight(t *testing.T) {
	const callers = 10_000
	server := glidetest.Start(t)
	stalls := testkit.MeasureStalls(t) // its goroutine counts
	goroutines := runtime.NumGoroutine()
	for name, test := range map[string]struct {
		paused bool
		close  func(*glide.Client) error
	}{
		"while the server answers":   {close: (*glide.Client).Close},
		"while the server is silent": {paused: true, close: (*glide.Client).Close},
		"by several goroutines at a time": {close: func(c *glide.Client) error {
			return errors.Join(testkit.Concurrently(10, func(int) error { return c.Close() })...)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			client := harness.Connect(t, server, harness.Patient, func(c *glide.Config) { c.InflightLimit = 20_000 })
			if test.paused {
				require.NoError(t, server.Pause())
				defer func() { require.NoError(t, server.Resume()) }()
			}
			var begun, done, closed atomic.Int64
			var group sync.WaitGroup
			errs := make([]error, callers)
			for i := range callers {
				group.Go(func() {
					begun.Add(1)
					// Each caller is answered once and then ended, at any point of its way.
					for errs[i] == nil {
						errs[i] = client.Set(context.Background(), harness.KeyOf(i), harness.ValueOf(i))
						done.Add(1)
					}
					closed.Add(1)
				})
			}
			for begun.Load() < callers {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(time.Duration(50+rand.IntN(100)) * time.Millisecond)
			at := time.Now()
			require.NoError(t, test.close(client))
			took := time.Since(at)
			group.Wait()
			t.Logf("%d calls returned, Close took %v, the last caller %v", done.Load(), took, time.Since(at))
			for _, err := range errs {
				require.ErrorIs(t, err, glide.ErrClosed)
			}
			require.Less(t, time.Since(at), 2*time.Second+stalls())
			harness.RequireNothingLeft(t, goroutines+1)
		})
	}
}

func TestAfterCloseEveryCallIsErrClosed(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server)
	require.NoError(t, harness.SetAndCheck(client, 1))
	client.Close()
	client.Close()
	for range 100 {
		require.ErrorIs(t, client.Set(context.Background(), "key", "value"), glide.ErrClosed)
		require.ErrorIs(t, client.Set(context.Background(), "key", strings.Repeat("large", 20_000)), glide.ErrClosed)
		_, err := client.Do(context.Background(), "PING")
		require.ErrorIs(t, err, glide.ErrClosed)
	}
	var zero glide.Client
	require.ErrorIs(t, zero.Set(context.Background(), "key", "value"), glide.ErrClosed)
	zero.Close()
}

func TestCloseLeavesOtherClientsAlone(t *testing.T) {
	server := glidetest.Start(t)
	stays := harness.Connect(t, server, harness.Patient)
	l := testkit.StartLoad(20, func(i int) error { return harness.SetAndCheck(stays, i) })
	for range 30 {
		leaves := harness.Connect(t, server, harness.Patient)
		errs := testkit.Concurrently(20, func(i int) error {
			for {
				if err := leaves.Set(context.Background(), "other "+harness.KeyOf(i), harness.ValueOf(i)); err != nil {
					return err
				}
				if i == 0 {
					leaves.Close()
				}
			}
		})
		for _, err := range errs {
			require.ErrorIs(t, err, glide.ErrClosed)
		}
	}
	l.End()
	t.Log(l)
	require.Empty(t, l.Errs())
}

func TestLazyClientIsClosedDuringItsFirstCommand(t *testing.T) {
	proxy := glidetest.StartProxy(t, glidetest.StartListener(t, nil).Addr())
	client := harness.Connect(t, proxy, harness.Patient, func(c *glide.Config) {
		c.LazyConnect, c.ConnectionTimeout = true, 30*time.Second
	})
	time.AfterFunc(50*time.Millisecond, func() { _ = client.Close() })
	begun := time.Now()
	require.ErrorIs(t, harness.SetAndCheck(client, 1), glide.ErrClosed)
	require.Less(t, time.Since(begun), 10*time.Second, "it waits for the connection")
	require.Eventually(t, func() bool { return proxy.Connections() == 0 }, harness.Patience, 5*time.Millisecond)
}

func TestCloseWhileReconnectingEndsIt(t *testing.T) {
	server := glidetest.Start(t)
	proxy := glidetest.StartProxy(t, server.Addr())
	client := harness.Connect(t, proxy, func(c *glide.Config) { c.Reconnect.Factor = time.Millisecond })
	require.NoError(t, harness.SetAndCheck(client, 1))
	proxy.Reject()
	proxy.Cut()
	time.Sleep(50 * time.Millisecond)
	client.Close()
	time.Sleep(200 * time.Millisecond)
	before := len(proxy.Attempts())
	time.Sleep(300 * time.Millisecond)
	require.Len(t, proxy.Attempts(), before, "a closed client goes on reconnecting")
}

func TestClientsThatAreOpenedAndClosedLeaveNothing(t *testing.T) {
	server := glidetest.Start(t)
	openAndClose := func(n int) {
		for range n / 10 {
			errs := testkit.Concurrently(10, func(i int) error {
				client, err := glide.NewClient(context.Background(), harness.ConfigFor(server))
				if err != nil {
					return err
				}
				defer client.Close()
				if i%2 == 0 {
					return nil
				}
				return client.Set(context.Background(), harness.KeyOf(i), harness.ValueOf(i))
			})
			require.NoError(t, errors.Join(errs...))
		}
	}
	openAndClose(20)
	harness.RequireNoConnections(t, server)
	goroutines := runtime.NumGoroutine()
	descriptors, threads := harness.DescriptorsAndThreads(t)
	begun := time.Now()
	openAndClose(200)
	t.Logf("a client is open and closed in %v", time.Since(begun)/200)
	harness.RequireNothingLeft(t, goroutines)
	harness.RequireNoConnections(t, server)
	descriptorsAfter, threadsAfter := harness.DescriptorsAndThreads(t)
	t.Logf("%d descriptors before, %d after; %d threads before, %d after", descriptors, descriptorsAfter, threads, threadsAfter)
	require.LessOrEqual(t, descriptorsAfter, descriptors+2)
	require.LessOrEqual(t, threadsAfter, threads+10)
}

func TestConnectAndCloseAtTheSameTime(t *testing.T) {
	server := glidetest.Start(t)
	goroutines := runtime.NumGoroutine()
	errs := testkit.Concurrently(100, func(i int) error {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		time.AfterFunc(time.Duration(rand.IntN(20))*time.Millisecond, cancel)
		client, err := glide.NewClient(ctx, harness.ConfigFor(server))
		switch {
		case errors.Is(err, context.Canceled):
			return nil
		case err != nil:
			return err
		}
		defer client.Close()
		if err := client.Set(context.Background(), harness.KeyOf(i), harness.ValueOf(i)); err != nil && !harness.IsLost(err) {
			return fmt.Errorf("after connecting: %w", err)
		}
		return nil
	})
	require.NoError(t, errors.Join(errs...))
	harness.RequireNothingLeft(t, goroutines)
	harness.RequireNoConnections(t, server)
}
