package subscriptions_test

import (
	"context"
	"fmt"
	"strconv"
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

// One that is not read keeps the last messages, or the first, and delays neither the
// others nor the client's calls.
func TestOneThatIsNotReadDelaysNobody(t *testing.T) {
	const limit, sent = 100, 20_000
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	publisher := harness.Connect(t, server, harness.Patient)
	read := subscribe(t, client, glide.SubscriptionConfig{Channels: []string{"flood"}, BufferLimit: sent})
	oldest := subscribe(t, client, glide.SubscriptionConfig{Channels: []string{"flood"}, BufferLimit: limit})
	newest := subscribe(t, client, glide.SubscriptionConfig{Channels: []string{"flood"}, BufferLimit: limit, BufferDrop: glide.DropNewest})
	unbounded := subscribe(t, client, to("flood"))
	publishNumbers(t, publisher, "flood", 0, sent)
	for i := range sent {
		requireNext(t, read, strconv.Itoa(i))
		if i%1000 == 0 {
			require.NoError(t, client.Set(ctx, "key", "value"))
		}
	}
	require.Equal(t, glide.MessageStats{Received: sent}, read.Stats())
	for s, from := range map[*glide.Subscription]int{oldest: sent - limit, newest: 0} {
		require.Eventually(t, func() bool { return received(s) == sent }, harness.Patience, time.Millisecond)
		require.Equal(t, glide.MessageStats{Received: sent, Buffered: limit, Dropped: sent - limit}, s.Stats())
		for i := range limit {
			requireNext(t, s, strconv.Itoa(from+i))
		}
		requireNothing(t, s)
	}
	// The default is a bound, too.
	const byDefault = 16384
	require.Eventually(t, func() bool { return received(unbounded) == sent }, harness.Patience, time.Millisecond)
	require.Equal(t, glide.MessageStats{Received: sent, Buffered: byDefault, Dropped: sent - byDefault}, unbounded.Stats())
	require.Zero(t, client.MessageStats().Received, "the client itself is subscribed to nothing")

	// The client's statistics are about all of them, also after they are closed.
	dropped := int64(2*(sent-limit) + sent - byDefault)
	require.Equal(t, glide.MessageStats{Received: 4 * sent, Buffered: byDefault, Dropped: dropped}, client.Stats().Messages)
	for range 2 {
		require.NoError(t, unbounded.Close())
	}
	require.Equal(t, glide.MessageStats{Received: 4 * sent, Dropped: dropped}, client.Stats().Messages)
	require.NoError(t, client.Close())
	require.Equal(t, glide.MessageStats{Received: 4 * sent, Dropped: dropped}, client.Stats().Messages)
}

func TestPayloadsArriveAsTheyWere(t *testing.T) {
	onBothKinds(t, func(t *testing.T, client subscribing) {
		config := glide.SubscriptionConfig{Channels: []string{"exact", "", "bin\x00ary"}}
		first, second := subscribe(t, client, config), subscribe(t, client, config)
		require.NoError(t, client.Subscribe(ctx, config.Channels...))
		payloads := append([]string{strings.Repeat("0123456789abcdef", 1<<18), strings.Repeat("s", 4096), strings.Repeat("t", 20_000)}, harness.Hostile...)
		for _, payload := range payloads {
			for _, channel := range config.Channels {
				publish(t, client, channel, payload)
				for _, r := range []receiver{first, second, own{client}} {
					m := next(t, r)
					require.Equal(t, channel, m.Channel)
					require.Empty(t, m.Pattern)
					require.True(t, m.Payload == payload, "a payload of %d bytes is another", len(payload))
				}
			}
		}
	})
}

// Many channels, patterns and publishers at once: each subscription has each message
// of its channels once, in the order of the channel.
func TestEachReceivesEachMessageOnce(t *testing.T) {
	const channels, each = 6, 500
	onBothKinds(t, func(t *testing.T, client subscribing) {
		name := func(i int) string { return fmt.Sprintf("{%d}once", i) }
		all := make([]string, channels)
		for i := range all {
			all[i] = name(i)
		}
		subscriptions := map[*glide.Subscription]int{
			subscribe(t, client, to(all...)):                                                                       channels,
			subscribe(t, client, to(all[:2]...)):                                                                   2,
			subscribe(t, client, glide.SubscriptionConfig{Patterns: []string{"*once"}}):                            channels,
			subscribe(t, client, glide.SubscriptionConfig{Channels: all[:3], Patterns: []string{"*once", "{5}*"}}): 3 + channels + 1,
		}
		require.NoError(t, client.PSubscribe(ctx, "*once"))
		errs := testkit.Concurrently(channels, func(i int) error {
			for n := range each {
				if _, err := client.Publish(ctx, name(i), strconv.Itoa(n)); err != nil {
					return err
				}
			}
			return nil
		})
		for _, err := range errs {
			require.NoError(t, err)
		}
		requireEachOnce := func(r receiver, sources int) {
			due := map[string]int{}
			for range sources * each {
				m := next(t, r)
				from := m.Channel + " by " + m.Pattern
				require.Equal(t, strconv.Itoa(due[from]), m.Payload, from)
				due[from]++
			}
			require.Len(t, due, sources)
		}
		for s, sources := range subscriptions {
			requireEachOnce(s, sources)
		}
		requireEachOnce(own{client}, channels)
		end := subscribe(t, client, to(all...))
		for _, channel := range all {
			publish(t, client, channel, "end")
			requireNext(t, end, "end")
		}
		for s, sources := range subscriptions {
			want := int64(sources * (each + 1))
			require.Eventually(t, func() bool { return received(s) >= want }, harness.Patience, time.Millisecond)
			require.Equal(t, want, received(s), "a message came twice")
		}
	})
}

// Others come and go on a channel while messages arrive. Who stays loses none, and who
// comes and goes has none twice, and none of a time when it was not subscribed.
func TestOthersComeAndGoWhileMessagesArrive(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	publisher := harness.Connect(t, server, harness.Patient)
	const sent = 5000
	stays := subscribe(t, client, glide.SubscriptionConfig{Channels: []string{"busy"}, BufferLimit: sent})
	fence := subscribe(t, client, to("fence"))
	published := make(chan struct{})
	go func() {
		defer close(published)
		publishNumbers(t, publisher, "busy", 0, sent)
	}()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			s, err := client.Subscription(ctx, glide.SubscriptionConfig{BufferLimit: sent})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			last, turns := -1, 0
			for over := false; !over; turns++ {
				select {
				case <-published:
					over = true
				default:
				}
				if err := s.Subscribe(ctx, "busy"); err != nil {
					t.Error(err)
				}
				if err := s.Unsubscribe(ctx, "busy"); err != nil {
					t.Error(err)
				}
				for {
					m, ok, _ := s.Try()
					if !ok {
						break
					}
					n, _ := strconv.Atoi(m.Payload)
					if n <= last {
						t.Errorf("%d after %d", n, last)
					}
					last = n
				}
			}
		})
	}
	group.Wait()
	for i := range sent {
		requireNext(t, stays, strconv.Itoa(i))
	}
	publish(t, publisher, "fence", "end")
	requireNext(t, fence, "end")
	requireNothing(t, stays)
	require.EqualValues(t, 1, testkit.CallsOf(t, server, "subscribe")-1, "the channel was subscribed again")
}

func TestAllIterates(t *testing.T) {
	client := harness.Connect(t, harness.Value(testkit.SharedServer())(t), harness.Patient)
	s := subscribe(t, client, to("iterated"))
	publishNumbers(t, client, "iterated", 0, 100)
	i := 0
	for m, err := range s.All(ctx) {
		require.NoError(t, err)
		require.Equal(t, strconv.Itoa(i), m.Payload)
		if i++; i == 50 {
			break
		}
	}
	requireNext(t, s, "50") // the loop took none that it was not given
	ending, cancel := context.WithCancel(ctx)
	defer cancel()
	for m, err := range s.All(ending) {
		if i++; i == 99 {
			require.Equal(t, "99", m.Payload)
			cancel()
		} else if i > 99 {
			require.ErrorIs(t, err, context.Canceled)
		}
	}
	require.Equal(t, 100, i)
	require.NoError(t, s.Close())
	for _, err := range s.All(ctx) {
		require.ErrorIs(t, err, glide.ErrClosed)
	}
}
