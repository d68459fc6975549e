package messages_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
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

// onMessengers runs a test on a server and on a cluster, with a client that is
// subscribed.
func onMessengers(t *testing.T, subscriptions glide.Subscriptions, test func(t *testing.T, client messenger)) {
	t.Helper()
	t.Run("standalone", func(t *testing.T) {
		test(t, harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Patient, subscribed(subscriptions)))
	})
	t.Run("cluster", func(t *testing.T) {
		test(t, harness.ConnectToCluster(t, harness.Value(testkit.SharedCluster())(t), func(c *glide.ClusterConfig) {
			c.RequestTimeout, c.Subscriptions = harness.Patience, subscriptions
		}))
	})
}

func subscribed(subscriptions glide.Subscriptions) func(*glide.Config) {
	return func(config *glide.Config) { config.Subscriptions = subscriptions }
}

// subscribedTo is subscribed to channels.
func subscribedTo(channels ...string) func(*glide.Config) {
	return subscribed(glide.Subscriptions{Channels: channels})
}

// next waits for a message, for so long that it must be lost if it has not
// come.
func next(t *testing.T, client messenger) glide.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, harness.Patience)
	defer cancel()
	return harness.Value(client.NextMessage(ctx))(t)
}

// publish publishes numbers, and pipelines them.
func publishNumbers(t *testing.T, client *glide.Client, channel string, from, to int) {
	t.Helper()
	const together = 1000
	for from < to {
		pipeline := glide.NewPipeline()
		for ; from < to && pipeline.Len() < together; from++ {
			pipeline.Publish(channel, numbered(from))
		}
		harness.Value(client.Exec(ctx, pipeline))(t)
	}
}

// numbered is a message of 100 bytes.
func numbered(i int) string { return fmt.Sprintf("%0100d", i) }

func numberOf(t *testing.T, m glide.Message) int {
	t.Helper()
	return harness.Value(strconv.Atoi(m.Payload))(t)
}

func TestMessagesCarryChannelPayloadAndPattern(t *testing.T) {
	subscriptions := glide.Subscriptions{Channels: []string{"exact", "", "bin\x00ary"}, Patterns: []string{"pat*", "patt?rn"}}
	onMessengers(t, subscriptions, func(t *testing.T, client messenger) {
		large := strings.Repeat("0123456789abcdef", 1<<20)
		for _, payload := range append([]string{large, strings.Repeat("s", 4096), strings.Repeat("s", 4095), strings.Repeat("t", 20_000)}, harness.Hostile...) {
			for _, channel := range subscriptions.Channels {
				harness.Value(client.Publish(ctx, channel, payload))(t)
				m := next(t, client)
				require.Equal(t, channel, m.Channel)
				require.Empty(t, m.Pattern)
				require.True(t, m.Payload == payload, "a payload of %d bytes is another", len(payload))
			}
		}
		// By name only once, by pattern once for each.
		harness.Value(client.Publish(ctx, "pattern", "p"))(t)
		got := []glide.Message{next(t, client), next(t, client)}
		require.ElementsMatch(t, []glide.Message{{Channel: "pattern", Pattern: "pat*", Payload: "p"}, {Channel: "pattern", Pattern: "patt?rn", Payload: "p"}}, got)
		_, ok, err := client.TryMessage()
		require.NoError(t, err)
		require.False(t, ok)
	})
}

func TestMessagesKeepTheOrderOfEachChannel(t *testing.T) {
	const each, channels = 1000, 4
	names := []string{"{a}1", "{b}2", "{c}3", "{d}4"}
	onMessengers(t, glide.Subscriptions{Channels: names}, func(t *testing.T, client messenger) {
		// Others call on the client meanwhile: the messages then come with their replies, by no matter who drives.
		stop := make(chan struct{})
		var callers sync.WaitGroup
		for range 8 {
			callers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						_, _ = client.Publish(ctx, "nobody", "")
					}
				}
			})
		}
		errs := testkit.Concurrently(channels, func(i int) error {
			for n := range each {
				if _, err := client.Publish(ctx, names[i], numbered(n)); err != nil {
					return err
				}
			}
			return nil
		})
		close(stop)
		callers.Wait()
		for _, err := range errs {
			require.NoError(t, err)
		}
		due := map[string]int{}
		for range each * channels {
			m := next(t, client)
			require.Equal(t, due[m.Channel], numberOf(t, m), m.Channel)
			due[m.Channel]++
		}
		_, more, _ := client.TryMessage()
		require.False(t, more, "a message came twice")
	})
}

func TestMessagesIterates(t *testing.T) {
	client := harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Patient, subscribedTo("iterated"))
	publishNumbers(t, client, "iterated", 0, 100)
	i := 0
	for m, err := range client.Messages(ctx) {
		require.NoError(t, err)
		require.Equal(t, i, numberOf(t, m))
		if i++; i == 50 {
			break
		}
	}
	require.Equal(t, 50, numberOf(t, next(t, client)), "the loop took one that it was not given")
	ending, cancel := context.WithCancel(ctx)
	defer cancel()
	for m, err := range client.Messages(ending) {
		if i++; i == 99 {
			require.Equal(t, 99, numberOf(t, m))
			cancel()
		} else if i > 99 {
			require.ErrorIs(t, err, context.Canceled)
		}
	}
	require.Equal(t, 100, i)
}

// Waiters whose contexts end take nothing away: every message is received by
// one of those that stay.
func TestNoMessageIsTakenByAContextThatEnds(t *testing.T) {
	const messages = 20_000
	client := harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Patient, subscribedTo("taken"))
	publisher := harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Patient)
	var received, given atomic.Int64
	var seen [messages]atomic.Int32
	var waiters sync.WaitGroup
	done, cancel := context.WithCancel(ctx)
	for i := range 16 {
		waiters.Go(func() {
			for done.Err() == nil {
				ctx, cancel := context.WithTimeout(done, time.Duration(i%4)*100*time.Microsecond+time.Microsecond)
				m, err := client.NextMessage(ctx)
				cancel()
				if err != nil {
					given.Add(1)
					continue
				}
				n, _ := strconv.Atoi(m.Payload)
				seen[n].Add(1)
				received.Add(1)
			}
		})
	}
	for from := 0; from < messages; from += 100 {
		publishNumbers(t, publisher, "taken", from, from+100)
		time.Sleep(100 * time.Microsecond)
	}
	require.Eventually(t, func() bool { return received.Load() == messages }, harness.Patience, time.Millisecond, "messages were lost")
	cancel()
	waiters.Wait()
	require.NotZero(t, given.Load())
	for i := range seen {
		require.EqualValues(t, 1, seen[i].Load(), i)
	}
	t.Logf("%d waits ended without a message", given.Load())
}

func TestAContextThatHasEndedTakesNothing(t *testing.T) {
	client := harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Patient, subscribedTo("ended"))
	publishNumbers(t, client, "ended", 0, 1)
	require.Eventually(t, func() bool { return client.MessageStats().Buffered == 1 }, harness.Patience, time.Millisecond)
	ended, cancel := context.WithTimeout(ctx, -1)
	defer cancel()
	_, err := client.NextMessage(ended)
	require.ErrorIs(t, err, glide.ErrTimeout)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.EqualValues(t, 1, client.MessageStats().Buffered)
	//lint:ignore SA1012 that it is refused is tested
	_, err = client.NextMessage(nil)
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
}

// What is published while the client is being made is received from the
// moment on when the server counts it.
func TestMessagesOfTheFirstMomentAreNotLost(t *testing.T) {
	server := glidetest.Start(t)
	publisher := harness.Connect(t, server, harness.Patient)
	var first, last atomic.Int64
	stop := make(chan struct{})
	var publishing sync.WaitGroup
	publishing.Go(func() {
		for i := int64(1); ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if n, err := publisher.Publish(ctx, "early", strconv.FormatInt(i, 10)); err == nil && n > 0 {
				first.CompareAndSwap(0, i)
				last.Store(i)
			}
		}
	})
	client := harness.Connect(t, server, harness.Patient, subscribedTo("early"))
	require.Eventually(t, func() bool { return first.Load() > 0 }, harness.Patience, time.Millisecond)
	time.Sleep(20 * time.Millisecond)
	close(stop)
	publishing.Wait()
	for due := first.Load(); due <= last.Load(); due++ {
		require.EqualValues(t, due, numberOf(t, next(t, client)))
	}
}

func TestBufferLimitDropsAndCounts(t *testing.T) {
	const limit, sent = 100, 250
	for name, test := range map[string]struct {
		drop glide.DropPolicy
		from int
	}{
		"oldest": {glide.DropOldest, sent - limit},
		"newest": {glide.DropNewest, 0},
	} {
		t.Run(name, func(t *testing.T) {
			client := harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Patient, subscribed(glide.Subscriptions{
				Channels: []string{"bounded"}, BufferLimit: limit, BufferDrop: test.drop,
			}))
			publishNumbers(t, client, "bounded", 0, sent)
			require.Eventually(t, func() bool { return client.MessageStats().Received == sent }, harness.Patience, time.Millisecond)
			require.Equal(t, glide.MessageStats{Received: sent, Buffered: limit, Dropped: sent - limit}, client.MessageStats())
			for i := range limit {
				require.Equal(t, test.from+i, numberOf(t, next(t, client)))
			}
			require.Zero(t, client.MessageStats().Buffered)
		})
	}
}

// A million messages while no one receives, and what they leave behind.
func TestAMillionMessagesWait(t *testing.T) {
	const messages = 1_000_000
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient, subscribedTo("million"))
	publisher := harness.Connect(t, server, harness.Patient)
	before := heapInUse()
	begun := time.Now()
	for from := 0; from < messages; {
		// Not far enough ahead for the server to drop the subscriber as slow.
		to := min(messages, from+20_000)
		publishNumbers(t, publisher, "million", from, to)
		from = to
		for client.MessageStats().Received < int64(from)-20_000 {
			time.Sleep(time.Millisecond)
		}
	}
	require.Eventually(t, func() bool { return client.MessageStats().Received == messages }, harness.Patience, time.Millisecond)
	arrived := time.Since(begun)
	full := heapInUse()
	require.EqualValues(t, messages, client.MessageStats().Buffered)
	begun = time.Now()
	for i := range messages {
		m, ok, err := client.TryMessage()
		require.True(t, ok && err == nil)
		if n, _ := strconv.Atoi(m.Payload); n != i {
			require.Equal(t, i, n)
		}
	}
	drained := time.Since(begun)
	after := heapInUse()
	t.Logf("arrived in %v, drained in %v; heap %d, %d, %d MB", arrived, drained, before>>20, full>>20, after>>20)
	require.Less(t, full-before, uint64(messages*250), "bytes for a message of 100")
	require.Less(t, after, before+4<<20, "memory is kept")
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestCloseEndsWaitsAndKeepsWhatHasCome(t *testing.T) {
	const messages, waiters = 1000, 50
	server := glidetest.Start(t)
	goroutines := runtime.NumGoroutine()
	t.Run("waiting", func(t *testing.T) {
		client := harness.Connect(t, server, harness.Patient, subscribedTo("nothing"))
		errs := make(chan error, waiters+1)
		for range waiters {
			go func() { _, err := client.NextMessage(ctx); errs <- err }()
		}
		go func() {
			for _, err := range client.Messages(ctx) {
				errs <- err
			}
		}()
		time.Sleep(20 * time.Millisecond)
		begun := time.Now()
		client.Close()
		client.Close()
		for range waiters + 1 {
			require.ErrorIs(t, <-errs, glide.ErrClosed)
		}
		require.Less(t, time.Since(begun), harness.Patience)
	})
	t.Run("full", func(t *testing.T) {
		client := harness.Connect(t, server, harness.Patient, subscribedTo("full"))
		publishNumbers(t, client, "full", 0, messages)
		require.Eventually(t, func() bool { return client.MessageStats().Buffered == messages }, harness.Patience, time.Millisecond)
		client.Close()
		for i := range messages {
			require.Equal(t, i, numberOf(t, next(t, client)))
		}
		_, ok, err := client.TryMessage()
		require.False(t, ok)
		require.ErrorIs(t, err, glide.ErrClosed)
		_, err = client.NextMessage(ctx)
		require.ErrorIs(t, err, glide.ErrClosed)
		require.ErrorIs(t, client.Subscribe(ctx, "late"), glide.ErrClosed)
	})
	harness.RequireNothingLeft(t, goroutines+1)
	require.Eventually(t, func() bool { return len(harness.ConnectionsTo(t, server)) == 0 }, harness.Patience, time.Millisecond)
	var zero glide.Client
	_, _, err := zero.TryMessage()
	require.ErrorIs(t, err, glide.ErrClosed)
	require.Zero(t, zero.MessageStats())
	zero.Close()
}

func TestCallbackGetsMessagesInOrder(t *testing.T) {
	const messages = 10_000
	server := harness.Value(testkit.SharedServer())(t)
	var got []int
	done := make(chan struct{})
	client := harness.Connect(t, server, harness.Patient, subscribed(glide.Subscriptions{
		Channels: []string{"called"},
		Callback: func(m glide.Message) {
			n, _ := strconv.Atoi(m.Payload)
			if got = append(got, n); len(got) == messages {
				close(done)
			}
		},
	}))
	publishNumbers(t, client, "called", 0, messages)
	<-done
	for i, n := range got {
		require.Equal(t, i, n)
	}
	_, _, err := client.TryMessage()
	require.ErrorIs(t, err, glide.ErrCallback)
	require.EqualError(t, err, "glide: TryMessage: a callback receives the messages")
	_, err = client.NextMessage(ctx)
	require.ErrorIs(t, err, glide.ErrCallback)
	for _, err := range client.Messages(ctx) {
		require.ErrorIs(t, err, glide.ErrCallback)
	}
}

func TestCallbackThatPanicsIsReportedAndCalledAgain(t *testing.T) {
	var text harness.LockedBuffer
	require.NoError(t, glide.SetLogger(slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelError}))))
	t.Cleanup(func() { require.NoError(t, glide.SetLogger(nil)) })
	var called atomic.Int64
	client := harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Patient, subscribed(glide.Subscriptions{
		Channels: []string{"panics"},
		Callback: func(m glide.Message) {
			switch n := called.Add(1); {
			case n%3 == 1:
				panic("at " + m.Channel)
			case n%3 == 2:
				runtime.Goexit()
			}
		},
	}))
	publishNumbers(t, client, "panics", 0, 30)
	require.Eventually(t, func() bool { return called.Load() == 30 }, harness.Patience, time.Millisecond)
	require.EqualValues(t, 10, client.MessageStats().Panics)
	require.Contains(t, text.String(), "the callback for messages panicked")
	require.Contains(t, text.String(), "at panics")
	require.NotContains(t, text.String(), numbered(0), "a payload is in the log")
}

func TestCallbackThatBlocksHoldsUpNothingElse(t *testing.T) {
	server := harness.Value(testkit.SharedServer())(t)
	blocked, free := make(chan struct{}), make(chan struct{})
	var called atomic.Int64
	client := harness.Connect(t, server, harness.Patient, subscribed(glide.Subscriptions{
		Channels: []string{"blocks"},
		Callback: func(glide.Message) {
			if called.Add(1) == 1 {
				close(blocked)
			}
			<-free
		},
	}))
	publishNumbers(t, client, "blocks", 0, 100)
	<-blocked
	for i := range 100 {
		require.NoError(t, harness.SetAndCheck(client, i))
	}
	require.Eventually(t, func() bool { return client.MessageStats().Received == 100 }, harness.Patience, time.Millisecond)
	begun := time.Now()
	client.Close()
	require.Less(t, time.Since(begun), harness.Patience, "Close waits for the callback")
	close(free)
	time.Sleep(20 * time.Millisecond)
	require.EqualValues(t, 1, called.Load(), "called after Close")
}

func TestCallbackMayUseAndCloseItsClient(t *testing.T) {
	done := make(chan error, 1)
	made := make(chan struct{})
	var client *glide.Client
	client = harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Patient, subscribed(glide.Subscriptions{
		Channels: []string{"closes"},
		Callback: func(glide.Message) {
			<-made
			err := client.Set(ctx, "from", "the callback")
			err = errors.Join(err, client.Subscribe(ctx, "more"), client.Unsubscribe(ctx, "closes"))
			client.Close()
			done <- err
		},
	}))
	close(made)
	harness.Value(client.Publish(ctx, "closes", ""))(t)
	select {
	case err := <-done:
		require.NoError(t, err)
	case <-time.After(harness.Patience):
		t.Fatal("it hangs")
	}
}

func TestSubscriptionsThatCannotBeAreRefused(t *testing.T) {
	callback := func(glide.Message) {}
	for want, config := range map[string]glide.Config{
		"glide: configuration: wrong configuration: Subscriptions need the protocol RESP3":                              {Protocol: glide.RESP2, Subscriptions: glide.Subscriptions{Channels: []string{"c"}}},
		"glide: configuration: wrong configuration: Subscriptions need the protocol RESP3 ":                             {Protocol: glide.RESP2, Subscriptions: glide.Subscriptions{Callback: callback}},
		"glide: configuration: wrong configuration: Subscriptions.ShardedChannels are for clusters":                     {Subscriptions: glide.Subscriptions{ShardedChannels: []string{"c"}}},
		"glide: configuration: wrong configuration: Subscriptions.BufferLimit must be between 0 and 2147483647, not -1": {Subscriptions: glide.Subscriptions{BufferLimit: -1}},
		"glide: configuration: wrong configuration: Subscriptions.BufferDrop must be between 0 and 1, not 2":            {Subscriptions: glide.Subscriptions{BufferLimit: 1, BufferDrop: 2}},
		"glide: configuration: wrong configuration: Subscriptions.BufferDrop has no meaning without BufferLimit":        {Subscriptions: glide.Subscriptions{BufferDrop: glide.DropNewest}},
	} {
		_, err := glide.NewClient(ctx, config)
		require.ErrorIs(t, err, glide.ErrConfiguration)
		require.EqualError(t, err, strings.TrimSpace(want))
	}
	client := harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Patient, harness.Speaking(glide.RESP2))
	require.ErrorIs(t, client.Subscribe(ctx, "c"), glide.ErrConfiguration)
	_, err := client.NextMessage(ctx)
	require.EqualError(t, err, "glide: NextMessage: wrong configuration: Protocol must be RESP3")
	_, err = client.Subscriptions(ctx)
	require.ErrorIs(t, err, glide.ErrConfiguration)
	require.Zero(t, client.MessageStats())
}
