package subscriptions_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
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

// Those who wait are told, whether the subscription is closed or the client, and
// what had arrived is received first.
func TestWhoWaitsIsToldOfTheEnd(t *testing.T) {
	for name, end := range map[string]func(*glide.Subscription, *glide.Client) error{
		"subscription": func(s *glide.Subscription, _ *glide.Client) error { return s.Close() },
		"client":       func(_ *glide.Subscription, c *glide.Client) error { return c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			client := harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Patient)
			s, other := subscribe(t, client, to("ended")), subscribe(t, client, to("ended"))
			var group sync.WaitGroup
			for range 8 {
				group.Go(func() {
					if _, err := s.Next(harness.Within(t, harness.Patience)); !errors.Is(err, glide.ErrClosed) {
						t.Error(err)
					}
				})
			}
			time.Sleep(time.Millisecond) // until they wait
			publish(t, client, "other", "")
			require.NoError(t, end(s, client))
			group.Wait()
			require.NoError(t, s.Close())
			require.ErrorIs(t, s.Subscribe(ctx, "ended"), glide.ErrClosed)
			require.ErrorIs(t, s.Unsubscribe(ctx), glide.ErrClosed)
			_, _, err := s.Try()
			require.ErrorIs(t, err, glide.ErrClosed)
			if name == "subscription" {
				publish(t, client, "ended", "to the other")
				requireNext(t, other, "to the other")
			} else {
				_, err := client.Subscription(ctx, to("late"))
				require.ErrorIs(t, err, glide.ErrClosed)
				_, err = client.Subscription(ctx, glide.SubscriptionConfig{})
				require.ErrorIs(t, err, glide.ErrClosed)
			}
		})
	}
}

func TestWhatHasArrivedIsReceivedAfterClose(t *testing.T) {
	client := harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Patient)
	s, other := subscribe(t, client, to("left")), subscribe(t, client, to("left"))
	publish(t, client, "left", "1", "2")
	for _, one := range []*glide.Subscription{s, other} {
		require.Eventually(t, func() bool { return one.Stats().Buffered == 2 }, harness.Patience, time.Millisecond)
	}
	require.NoError(t, s.Close())
	require.NoError(t, client.Close())
	for _, one := range []*glide.Subscription{s, other} {
		requireNext(t, one, "1", "2")
		_, err := one.Next(ctx)
		require.ErrorIs(t, err, glide.ErrClosed)
		require.Equal(t, glide.MessageStats{Received: 2}, one.Stats())
	}
}

// No one receives what the server sends until it knows of the end, not even the client.
func TestLateMessagesAreForNobody(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	publisher := harness.Connect(t, server, harness.Patient)
	load := testkit.StartLoad(4, func(int) error {
		_, err := publisher.Exec(ctx, glide.NewPipeline().Publish("late", "1").Publish("late", "2"))
		return err
	})
	for range 100 {
		s := subscribe(t, client, to("late"))
		next(t, s)
		require.NoError(t, s.Close())
	}
	load.End()
	for _, err := range load.Errs() {
		require.NoError(t, err)
	}
	requireSubscribers(t, server, "late", 0)
	require.NoError(t, client.Subscribe(ctx, "fence"))
	publish(t, client, "fence", "end")
	requireNext(t, own{client}, "end")
	require.EqualValues(t, 1, client.MessageStats().Received)
}

// A caller that waits for a server which hangs is told that its subscription was
// closed, and Close waits for nothing.
func TestCloseWhileTheServerHangs(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	s := subscribe(t, client, to("before"))
	require.NoError(t, server.Pause())
	waiting := make(chan error, 1)
	go func() { waiting <- s.Subscribe(ctx, "never") }()
	require.Eventually(t, func() bool {
		return len(harness.Value(s.Subscriptions(ctx))(t).Desired.Channels) == 2
	}, harness.Patience, time.Millisecond)
	require.NoError(t, s.Close())
	select {
	case err := <-waiting:
		require.ErrorIs(t, err, glide.ErrClosed)
	case <-time.After(harness.Patience / 2):
		require.Fail(t, "Subscribe waits for the server")
	}
	require.NoError(t, server.Resume())
	requireSubscribers(t, server, "before", 0)
	requireSubscribers(t, server, "never", 0)
}

// Many open and close subscriptions to a few channels and patterns, with contexts that
// end at any moment, while messages are published. Nothing remains, and one that stays
// has lost nothing.
func TestManyOpenAndClose(t *testing.T) {
	const callers, each, names = 8, 60, 5
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	publisher := harness.Connect(t, server, harness.Patient)
	goroutines := runtime.NumGoroutine()
	name := func(i int) string { return "stress" + strconv.Itoa(i) }
	stays := subscribe(t, client, glide.SubscriptionConfig{Channels: []string{name(0)}, BufferLimit: 1 << 20})
	var published atomic.Int64
	load := testkit.StartLoad(1, func(int) error {
		for i := range names {
			n := 0
			if i == 0 {
				n = int(published.Add(1)) - 1
			}
			if _, err := publisher.Publish(ctx, name(i), strconv.Itoa(n)); err != nil {
				return err
			}
		}
		return nil
	})
	errs := testkit.Concurrently(callers, func(caller int) error {
		random := rand.New(rand.NewPCG(1, uint64(caller)))
		for range each {
			if err := openAndClose(client, random, name, names); err != nil {
				return err
			}
		}
		return nil
	})
	load.End()
	for _, err := range append(errs, load.Errs()...) {
		require.NoError(t, err)
	}
	for n := range published.Load() {
		requireNext(t, stays, strconv.FormatInt(n, 10))
	}
	require.Eventually(t, func() bool {
		left := server.MustCommand(t, "PUBSUB", "CHANNELS").([]any)
		return len(left) == 1 && server.MustCommand(t, "PUBSUB", "NUMPAT") == int64(0)
	}, harness.Patience, time.Millisecond, "subscriptions are left")
	require.EqualValues(t, 1, subscribersAt(t, server, "NUMSUB", name(0)))
	require.NoError(t, stays.Close())
	requireSubscribers(t, server, name(0), 0)
	require.NoError(t, publisher.Close())
	require.NoError(t, client.Close())
	harness.RequireNothingLeft(t, goroutines)
}

// openAndClose opens a subscription to some of the names and receives a little.
func openAndClose(client *glide.Client, random *rand.Rand, name func(int) string, names int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if random.IntN(3) == 0 {
		time.AfterFunc(time.Duration(random.IntN(500))*time.Microsecond, cancel)
	}
	config := glide.SubscriptionConfig{
		Channels: []string{name(random.IntN(names)), name(random.IntN(names))}, BufferLimit: 10,
	}
	if random.IntN(2) == 0 {
		config.Patterns = []string{"stress*", fmt.Sprintf("*%d", random.IntN(names))}
	}
	s, err := client.Subscription(ctx, config)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	if err != nil {
		return err
	}
	var closing sync.WaitGroup
	defer closing.Wait()
	if random.IntN(2) == 0 {
		closing.Go(func() { _ = s.Close() })
	}
	defer s.Close()
	for range random.IntN(5) {
		if _, err := s.Next(ctx); err != nil && !errors.Is(err, glide.ErrClosed) && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	switch err := s.Unsubscribe(ctx, config.Channels[0]); {
	case errors.Is(err, glide.ErrClosed) || errors.Is(err, context.Canceled):
		return nil
	default:
		return err
	}
}

// Opening while the client is being closed ends with a subscription, which is then
// closed, or with ErrClosed.
func TestOpeningWhileTheClientIsClosed(t *testing.T) {
	server := harness.Value(testkit.SharedServer())(t)
	for i := range 50 {
		client := harness.Connect(t, server, harness.Patient)
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				s, err := client.Subscription(ctx, to("closing"))
				if err == nil {
					_, err = s.Next(harness.Within(t, harness.Patience))
				}
				if !errors.Is(err, glide.ErrClosed) {
					t.Error(err)
				}
			})
		}
		time.Sleep(time.Duration(i) * 20 * time.Microsecond)
		require.NoError(t, client.Close())
		group.Wait()
	}
	requireSubscribers(t, server, "closing", 0)
}
