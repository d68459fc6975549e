// Package messages_test is about subscriptions: how messages are received, and
// what happens to them when connections, servers or credentials are lost or
// change.
package messages_test

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

func TestMain(m *testing.M) { harness.Main(m) }

var ctx = context.Background()

// A messenger is a client of either kind, as a subscriber.
type messenger interface {
	Subscribe(ctx context.Context, channels ...string) error
	PSubscribe(ctx context.Context, patterns ...string) error
	Unsubscribe(ctx context.Context, channels ...string) error
	PUnsubscribe(ctx context.Context, patterns ...string) error
	Subscriptions(ctx context.Context) (glide.SubscriptionState, error)
	Publish(ctx context.Context, channel, message string) (int64, error)
	TryMessage() (glide.Message, bool, error)
	NextMessage(ctx context.Context) (glide.Message, error)
	MessageStats() glide.MessageStats
	Close() error
}

func connect(t *testing.T, config glide.Config) *glide.Client {
	t.Helper()
	if config.RequestTimeout == 0 {
		config.RequestTimeout = harness.Patience
	}
	client, err := glide.NewClient(ctx, config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func connectCluster(t *testing.T, cluster *glidetest.Cluster, subscriptions glide.Subscriptions) *glide.ClusterClient {
	t.Helper()
	return harness.ConnectCluster(t, glide.ClusterConfig{
		Addresses: harness.AddressesOf(cluster.Nodes()...), RequestTimeout: harness.Patience, Subscriptions: subscriptions,
	})
}

// channels are some whose messages all come from the same server.
func channels(name string) []string {
	return []string{name, fmt.Sprintf("{%s}2", name), fmt.Sprintf("{%s}3", name)}
}

// A stream publishes numbers alternately on each of some channels, and checks what a
// client receives: each number at most once, and in the order of its channel.
type stream struct {
	client   messenger
	channels []string
	command  string
	group    sync.WaitGroup
	cancel   context.CancelFunc

	at *glidetest.Server // where it publishes; publishing guards it
	// publishing is held while something is published.
	publishing sync.Mutex

	mutex     sync.Mutex // guards what follows
	published int
	received  map[string]int // the last number of each channel and pattern
	late      int            // numbers up to this one may come late, and again
	count     int
	wrong     []string
}

// startStream publishes at a server with PUBLISH or SPUBLISH.
func startStream(t *testing.T, client messenger, at *glidetest.Server, command string, channels ...string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	s := &stream{client: client, at: at, command: command, channels: channels, cancel: cancel, received: map[string]int{}}
	s.group.Go(func() {
		for n := 1; ctx.Err() == nil; n++ {
			for _, channel := range channels {
				s.publish(channel, n)
			}
			time.Sleep(time.Millisecond)
		}
	})
	s.group.Go(func() {
		for {
			m, err := client.NextMessage(ctx)
			if err != nil {
				return
			}
			s.receive(m)
		}
	})
	t.Cleanup(s.end)
	return s
}

func (s *stream) publish(channel string, n int) {
	s.publishing.Lock()
	_, err := s.at.Command(s.command, channel, strconv.Itoa(n))
	s.publishing.Unlock()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if err == nil {
		s.published = n
	}
}

func (s *stream) receive(m glide.Message) {
	n, _ := strconv.Atoi(m.Payload)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	by := m.Channel + " by " + m.Pattern
	last := s.received[by]
	if n <= last && n > s.late && len(s.wrong) < 5 {
		s.wrong = append(s.wrong, fmt.Sprintf("%s: %d after %d", by, n, last))
	}
	s.received[by] = max(n, last)
	s.count++
}

// moveTo publishes at another server. Nothing is being published at the one
// before when it returns.
func (s *stream) moveTo(server *glidetest.Server) {
	s.publishing.Lock()
	defer s.publishing.Unlock()
	s.at = server
}

// allowLate allows for what a node that hangs or loses its slots still has to
// hand on to the others, which includes what its own subscribers have received: a
// client that has gone to another node meanwhile receives that again.
func (s *stream) allowLate() {
	s.publishing.Lock()
	defer s.publishing.Unlock()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.late = s.published + 1
}

// flows waits until each subscription receives what is published from now on.
func (s *stream) flows(t *testing.T, within time.Duration) time.Duration {
	t.Helper()
	s.mutex.Lock()
	from := s.published
	s.mutex.Unlock()
	begun := time.Now()
	require.Eventually(t, func() bool {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		for _, channel := range s.channels {
			if s.received[channel+" by "] <= from+1 {
				return false
			}
		}
		return true
	}, within, time.Millisecond, "no messages are received")
	return time.Since(begun)
}

func (s *stream) end() {
	s.cancel()
	s.group.Wait()
}

// settle ends it, and requires that nothing came twice or out of order and that
// the client is subscribed to all that it should be.
func (s *stream) settle(t *testing.T) {
	t.Helper()
	requireWhole(t, s.client)
	s.end()
	require.Empty(t, s.wrong, "out of order, or twice")
	t.Logf("%d published on each of %d channels, %d received", s.published, len(s.channels), s.count)
}

// requireNothingLost requires that each number was received.
func (s *stream) requireNothingLost(t *testing.T) {
	t.Helper()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	sum := 0
	for _, last := range s.received {
		sum += last
	}
	require.Equal(t, sum, s.count, "some messages were not received: %v", s.received)
}

// requireWhole waits until a client is subscribed to what it should be.
func requireWhole(t *testing.T, client messenger) {
	t.Helper()
	require.Eventually(t, func() bool {
		state, err := client.Subscriptions(ctx)
		return err == nil && fmt.Sprint(state.Desired) == fmt.Sprint(state.Current)
	}, harness.Patience, time.Millisecond)
}

// subscribersAt returns how many clients a server has for a channel.
func subscribersAt(t *testing.T, server *glidetest.Server, command, channel string) int64 {
	t.Helper()
	return server.MustCommand(t, "PUBSUB", command, channel).([]any)[1].(int64)
}

// connectionsOf returns how many connections a server has of a client.
func connectionsOf(t *testing.T, server *glidetest.Server, name string) (n int) {
	t.Helper()
	for _, client := range testkit.Clients(t, server) {
		if client["name"] == name {
			n++
		}
	}
	return n
}

func needsShards(t *testing.T, version glidetest.Version) {
	t.Helper()
	if !version.AtLeast("7.0", "7.0") {
		t.Skip("sharded channels need version 7.0")
	}
}

// nameOf names the connections of a test's client.
func nameOf(t *testing.T) string {
	t.Helper()
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '_'
		}
		return r
	}, t.Name())
}
