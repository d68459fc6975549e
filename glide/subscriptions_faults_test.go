package glide_test

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/testkit"
)

// A stream publishes numbers on a channel and receives them, as many as come:
// each at most once, and in order.
type stream struct {
	group  sync.WaitGroup
	cancel context.CancelFunc

	mutex sync.Mutex
	// published and received are the last numbers; lost is how many were left
	// out, and wrong the first that came out of order.
	published, received, lost int
	wrong                     string
}

// startStream publishes every millisecond. What the publisher cannot publish
// is published again: it is not the publisher that is tested.
func startStream(t *testing.T, client messenger, publish func(ctx context.Context, message string) (int64, error)) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &stream{cancel: cancel}
	s.group.Go(func() {
		for n := 1; ctx.Err() == nil; n++ {
			_, err := publish(ctx, strconv.Itoa(n))
			for err != nil && ctx.Err() == nil {
				_, err = publish(ctx, strconv.Itoa(n))
			}
			s.mutex.Lock()
			s.published = n
			s.mutex.Unlock()
			time.Sleep(time.Millisecond)
		}
	})
	s.group.Go(func() {
		for ctx.Err() == nil {
			m, err := client.NextMessage(ctx)
			if err != nil {
				return
			}
			n, _ := strconv.Atoi(m.Payload)
			s.mutex.Lock()
			if n < s.received && s.wrong == "" {
				s.wrong = fmt.Sprintf("%d after %d", n, s.received)
			}
			if n > s.received+1 {
				s.lost += n - s.received - 1
			}
			s.received = n
			s.mutex.Unlock()
		}
	})
	t.Cleanup(s.end)
	return s
}

func (s *stream) end() {
	s.cancel()
	s.group.Wait()
}

// flows waits until messages are received that are published from now on, and
// gives how long that took.
func (s *stream) flows(t *testing.T, within time.Duration) time.Duration {
	t.Helper()
	s.mutex.Lock()
	from := s.published
	s.mutex.Unlock()
	begun := time.Now()
	require.Eventually(t, func() bool {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		return s.received > from+5
	}, within, time.Millisecond, "no messages are received")
	return time.Since(begun)
}

// settle ends it and requires that nothing came twice or out of order.
func (s *stream) settle(t *testing.T) {
	t.Helper()
	s.end()
	require.Empty(t, s.wrong, "out of order, or twice")
	t.Logf("%d published, %d lost", s.published, s.lost)
}

func publishingTo(client interface {
	Publish(ctx context.Context, channel, message string) (int64, error)
}, channel string) func(context.Context, string) (int64, error) {
	return func(ctx context.Context, message string) (int64, error) { return client.Publish(ctx, channel, message) }
}

// resubscribed is how long it may take to be subscribed again after a
// connection was lost, on a busy machine.
const resubscribed = 10 * time.Second

// several are more than one channel: the core resubscribes to them with one
// command.
func several(channel string) []string { return []string{channel, channel + ":2", channel + ":3"} }

func TestSubscriptionsOutliveTheirConnections(t *testing.T) {
	t.Run("standalone", func(t *testing.T) {
		server := glidetest.Start(t)
		client := connect(t, server, patient, subscribedTo(several("killed")...))
		// Commands have connections of their own and notice nothing.
		commands := testkit.StartLoad(20, func(i int) error { return setAndCheck(client, i) })
		s := startStream(t, client, publishingTo(connect(t, server, patient), "killed"))
		longest := time.Duration(0)
		for range 20 {
			s.flows(t, resubscribed)
			require.NotEqual(t, int64(0), server.MustCommand(t, "CLIENT", "KILL", "TYPE", "pubsub"))
			longest = max(longest, s.flows(t, resubscribed))
		}
		s.settle(t)
		commands.End()
		require.Empty(t, commands.Errs())
		t.Logf("the longest time without messages: %v", longest)
		require.Len(t, value(client.Subscriptions(ctx))(t).Current.Channels, 3)
	})
	t.Run("cluster", func(t *testing.T) {
		cluster := value(sharedCluster())(t)
		client := connectCluster(t, cluster, func(c *glide.ClusterConfig) {
			c.RequestTimeout, c.Subscriptions.Channels = patience, several("killed")
			if cluster.Version().AtLeast("7.0", "7.0") {
				c.Subscriptions.ShardedChannels = several("sharded")
			}
		})
		publisher := connectCluster(t, cluster, func(c *glide.ClusterConfig) { c.RequestTimeout = patience })
		s := startStream(t, client, publishingTo(publisher, "killed"))
		longest := time.Duration(0)
		for range 5 {
			s.flows(t, resubscribed)
			for _, node := range cluster.Nodes() {
				node.MustCommand(t, "CLIENT", "KILL", "TYPE", "pubsub")
			}
			longest = max(longest, s.flows(t, resubscribed))
		}
		s.settle(t)
		t.Logf("the longest time without messages: %v", longest)
		require.Eventually(t, func() bool {
			state := value(client.Subscriptions(ctx))(t)
			return len(state.Current.Channels) == 3 && len(state.Current.ShardedChannels) == len(state.Desired.ShardedChannels)
		}, resubscribed, time.Millisecond)
	})
}

func TestSubscriptionsOutliveTheServer(t *testing.T) {
	server := glidetest.Start(t)
	client := connect(t, server, patient, subscribedTo(several("restarted")...))
	require.NoError(t, client.PSubscribe(ctx, "pattern*"))
	s := startStream(t, client, publishingTo(connect(t, server), "restarted"))
	for range 3 {
		s.flows(t, resubscribed)
		require.NoError(t, server.Kill())
		require.NoError(t, server.Restart())
		t.Logf("messages again after %v", s.flows(t, resubscribed))
	}
	s.settle(t)
	require.Eventually(t, func() bool {
		current := value(client.Subscriptions(ctx))(t).Current
		return len(current.Channels) == 3 && len(current.Patterns) == 1
	}, resubscribed, time.Millisecond)
}

// A publisher publishes at a server, and at another from when it is told to:
// by then nothing is under way to the one before, which might answer it later.
type publisher struct {
	mutex  sync.Mutex
	server *glidetest.Server
}

func (p *publisher) at() *glidetest.Server {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.server
}

func (p *publisher) moveTo(server *glidetest.Server) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.server = server
}

func (p *publisher) publish(channel, message string) (int64, error) {
	p.mutex.Lock()
	n, err := p.server.Command("SPUBLISH", channel, message)
	p.mutex.Unlock()
	if err != nil {
		time.Sleep(time.Millisecond)
		return 0, err
	}
	return n.(int64), nil
}

// shardedStream streams on a sharded channel of a cluster of the test's own.
// It publishes beside the client.
func shardedStream(t *testing.T, cluster *glidetest.Cluster, channel string) (*glide.ClusterClient, *stream, *publisher) {
	t.Helper()
	channels := several("{" + channel + "}")
	client := connectCluster(t, cluster, func(c *glide.ClusterConfig) {
		c.RequestTimeout, c.Subscriptions.ShardedChannels = patience, channels
	})
	p := &publisher{server: value(cluster.NodeForKey(channels[0]))(t)}
	return client, startStream(t, client, func(_ context.Context, message string) (int64, error) {
		return p.publish(channels[0], message)
	}), p
}

func TestShardedSubscriptionsFollowFailovers(t *testing.T) {
	needs(t, "sharded channels", "7.0", "7.0")
	t.Parallel()
	cluster := glidetest.StartCluster(t)
	require.NoError(t, cluster.AwaitOK(ctx))
	client, s, publisher := shardedStream(t, cluster, "followed")
	s.flows(t, resubscribed)

	first := publisher.at()
	second := value(cluster.Failover(first))(t)
	publisher.moveTo(second)
	t.Logf("planned: messages again after %v", s.flows(t, 2*resubscribed))

	require.NoError(t, second.Kill())
	publisher.moveTo(value(cluster.Failover(second))(t))
	t.Logf("after a crash: messages again after %v", s.flows(t, 2*resubscribed))
	require.NoError(t, second.Restart())
	require.NoError(t, cluster.AwaitOK(ctx))

	// One that does not answer, but keeps its connections.
	publisher.moveTo(second)
	require.NoError(t, first.Pause())
	t.Logf("after a stop: messages again after %v", s.flows(t, 4*resubscribed))
	require.NoError(t, first.Resume())
	s.flows(t, resubscribed)
	s.settle(t)
	require.Eventually(t, func() bool {
		return len(value(client.Subscriptions(ctx))(t).Current.ShardedChannels) == 3
	}, resubscribed, time.Millisecond)
}

func TestShardedSubscriptionsFollowTheirSlot(t *testing.T) {
	needs(t, "sharded channels", "7.0", "7.0")
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	require.NoError(t, cluster.AwaitOK(ctx))
	_, s, publisher := shardedStream(t, cluster, "moved")
	slot := engine.SlotOfKey("{moved}")
	for range 3 {
		s.flows(t, resubscribed)
		to := otherPrimary(t, cluster, publisher.at())
		require.NoError(t, cluster.MigrateSlot(slot, to))
		publisher.moveTo(to)
		t.Logf("messages again after %v", s.flows(t, 2*resubscribed))
	}
	s.settle(t)
}

func TestCloseLeavesNoSubscriptions(t *testing.T) {
	subscriptions := glide.Subscriptions{Channels: several("left"), Patterns: several("left*")}
	gone := func(t *testing.T, servers ...*glidetest.Server) {
		t.Helper()
		begun := time.Now()
		require.Eventually(t, func() bool {
			for _, server := range servers {
				if server.MustCommand(t, "PUBSUB", "NUMPAT") != int64(0) || len(server.MustCommand(t, "PUBSUB", "CHANNELS", "left*").([]any)) > 0 {
					return false
				}
			}
			return true
		}, patience, time.Millisecond, "subscriptions are left")
		t.Logf("gone after %v", time.Since(begun))
	}
	t.Run("standalone", func(t *testing.T) {
		server := value(sharedServer())(t)
		connect(t, server, patient, subscribed(subscriptions)).Close()
		gone(t, server)
	})
	t.Run("cluster", func(t *testing.T) {
		cluster := value(sharedCluster())(t)
		connectCluster(t, cluster, func(c *glide.ClusterConfig) { c.RequestTimeout, c.Subscriptions = patience, subscriptions }).Close()
		gone(t, cluster.Nodes()...)
	})
	t.Run("while connecting", func(t *testing.T) {
		server := value(sharedServer())(t)
		config := configFor(server)
		config.Subscriptions = subscriptions
		for i := range 50 {
			ctx, cancel := context.WithTimeout(ctx, time.Duration(i)*200*time.Microsecond)
			if client, err := glide.NewClient(ctx, config); err == nil {
				client.Close()
			}
			cancel()
		}
		gone(t, server)
	})
}

// A connection that carries nothing any more, without an end: nothing tells
// of it but that the server does not answer.
func TestASubscriberLeavesAConnectionThatIsSilent(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	proxy := startSilenceable(t, server.Addr())
	client := connect(t, proxy, subscribedTo(several("silent")...))
	s := startStream(t, client, publishingTo(connect(t, server, patient), "silent"))
	s.flows(t, resubscribed)
	proxy.silence()
	t.Logf("messages again after %v", s.flows(t, 40*time.Second))
	s.settle(t)
}

// silenceable is a proxy whose connections can be made to carry nothing more,
// while new ones do.
type silenceable struct {
	net.Listener
	mutex sync.Mutex
	era   int
}

func (p *silenceable) Host() string { return "127.0.0.1" }
func (p *silenceable) Port() int    { return p.Addr().(*net.TCPAddr).Port }

func (p *silenceable) silence() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.era++
}

func (p *silenceable) isSilent(era int) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return era < p.era
}

func startSilenceable(t *testing.T, target string) *silenceable {
	t.Helper()
	p := &silenceable{Listener: value(net.Listen("tcp", "127.0.0.1:0"))(t)}
	t.Cleanup(func() { _ = p.Close() })
	go func() {
		for {
			client, err := p.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				_ = client.Close()
				continue
			}
			p.mutex.Lock()
			era := p.era
			p.mutex.Unlock()
			for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
				go func() {
					data := make([]byte, 16<<10)
					for {
						n, err := way[0].Read(data)
						if err != nil {
							_ = way[1].Close()
							return
						}
						if !p.isSilent(era) {
							_, _ = way[1].Write(data[:n])
						}
					}
				}()
			}
		}
	}()
	return p
}

// Messages come to a client that does nothing else, whose calls nobody drives.
func TestMessagesComeToAnIdleClient(t *testing.T) {
	server := glidetest.Start(t)
	client := connect(t, server, patient, subscribedTo("idle"))
	stalls := testkit.MeasureStalls(t)
	time.Sleep(200 * time.Millisecond)
	for range 20 {
		begun := time.Now()
		server.MustCommand(t, "PUBLISH", "idle", "x")
		next(t, client)
		require.Less(t, time.Since(begun), time.Second+stalls())
		time.Sleep(5 * time.Millisecond)
	}
}
