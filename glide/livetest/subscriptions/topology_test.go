package subscriptions_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func startCluster(t *testing.T, options ...glidetest.Option) *glidetest.Cluster {
	t.Helper()
	cluster := glidetest.StartCluster(t, options...)
	require.NoError(t, cluster.AwaitOK(ctx))
	return cluster
}

func connectTo(t *testing.T, cluster *glidetest.Cluster) *glide.ClusterClient {
	t.Helper()
	return harness.ConnectCluster(t, glide.ClusterConfig{Addresses: harness.AddressesOf(cluster.Nodes()...), RequestTimeout: harness.Patience})
}

// awaitWhole waits until subscriptions are what they should be.
func awaitWhole(t *testing.T, subscriptions ...*glide.Subscription) {
	t.Helper()
	for _, s := range subscriptions {
		require.Eventually(t, func() bool {
			state, err := s.Subscriptions(ctx)
			return err == nil && fmt.Sprint(state.Desired) == fmt.Sprint(state.Current)
		}, harness.Patience, time.Millisecond)
	}
}

// A numbering publishes numbers, and checks that none is received twice or out of
// order.
type numbering struct {
	publish func(payload string) error
	number  int
	last    map[*glide.Subscription]int
}

// await publishes until each subscription receives messages again.
func (n *numbering) await(t *testing.T, subscriptions ...*glide.Subscription) {
	t.Helper()
	for _, s := range subscriptions {
		n.receive(t, s) // what was published before
	}
	waits := func(s *glide.Subscription) bool { return s.Stats().Buffered < 3 }
	for begun := time.Now(); slices.ContainsFunc(subscriptions, waits); time.Sleep(time.Millisecond) {
		require.Less(t, time.Since(begun), harness.Patience, "no messages are received")
		n.number++
		_ = n.publish(strconv.Itoa(n.number))
	}
	for _, s := range subscriptions {
		n.receive(t, s)
	}
}

func (n *numbering) receive(t *testing.T, s *glide.Subscription) {
	t.Helper()
	for {
		m, ok, err := s.Try()
		require.NoError(t, err)
		if !ok {
			return
		}
		number := harness.Value(strconv.Atoi(m.Payload))(t)
		require.Greater(t, number, n.last[s])
		n.last[s] = number
	}
}

// A connection that is lost is lost for all; what each has is subscribed once again.
func TestAllAreSubscribedAgainAfterALostConnection(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	first, second := subscribe(t, client, to("a", "both")), subscribe(t, client, glide.SubscriptionConfig{Channels: []string{"both"}, Patterns: []string{"p*"}})
	closed := subscribe(t, client, to("closed"))
	for range 3 {
		server.MustCommand(t, "CLIENT", "KILL", "TYPE", "PUBSUB")
		require.NoError(t, closed.Close())
		for _, channel := range []string{"a", "both"} {
			requireSubscribers(t, server, channel, 1)
		}
		require.Eventually(t, func() bool { return server.MustCommand(t, "PUBSUB", "NUMPAT") == int64(1) }, harness.Patience, time.Millisecond)
		awaitWhole(t, first, second)
		for channel, receivers := range map[string][]*glide.Subscription{"a": {first}, "both": {first, second}, "p1": {second}} {
			publish(t, client, channel, channel)
			for _, r := range receivers {
				requireNext(t, r, channel)
			}
		}
		require.EqualValues(t, 1, subscribersAt(t, server, "NUMSUB", "both"))
		require.EqualValues(t, 0, subscribersAt(t, server, "NUMSUB", "closed"))
	}
	requireNothing(t, first, second)
}

func TestShardedChannelsFollowTheirSlotForAll(t *testing.T) {
	t.Parallel()
	harness.Needs(t, "sharded channels", "7.0", "7.0")
	cluster := startCluster(t, glidetest.WithReplicas(0))
	client := connectTo(t, cluster)
	config := glide.SubscriptionConfig{ShardedChannels: []string{"moved"}}
	first, second := subscribe(t, client, config), subscribe(t, client, config)
	publisher := connectTo(t, cluster)
	numbers := &numbering{last: map[*glide.Subscription]int{}, publish: func(payload string) error {
		_, err := publisher.SPublish(ctx, "moved", payload)
		return err
	}}
	owner := harness.Value(cluster.NodeForKey("moved"))(t)
	for range 3 {
		to := harness.OtherPrimary(t, cluster, owner)
		require.NoError(t, cluster.MigrateSlot(harness.SlotOfKey("moved"), to))
		numbers.await(t, first, second)
		require.EqualValues(t, 1, subscribersAt(t, to, "SHARDNUMSUB", "moved"))
		require.EqualValues(t, 0, subscribersAt(t, owner, "SHARDNUMSUB", "moved"))
		owner = to
	}
	require.NoError(t, first.Close())
	numbers.await(t, second)
	require.NoError(t, second.Close())
	require.Eventually(t, func() bool { return subscribersAt(t, owner, "SHARDNUMSUB", "moved") == 0 }, harness.Patience, time.Millisecond)
}

// setEvents is the channel that reports which keys are set.
const setEvents = "__keyevent@0__:set"

// A keySetter sets keys that were never set before.
type keySetter struct {
	client *glide.ClusterClient
	last   int
}

func (k *keySetter) set(t *testing.T, n int) (keys []string) {
	t.Helper()
	for range n {
		k.last++
		keys = append(keys, fmt.Sprint("key", k.last))
		require.NoError(t, k.client.Set(ctx, keys[len(keys)-1], "value"))
	}
	return keys
}

// requireEvents sets keys on all primaries, and requires an event of each for each
// subscription, once.
func (k *keySetter) requireEvents(t *testing.T, n int, subscriptions ...*glide.Subscription) {
	t.Helper()
	keys := k.set(t, n)
	slices.Sort(keys)
	for _, s := range subscriptions {
		var events []string
		for range n {
			events = append(events, next(t, s).Payload)
		}
		slices.Sort(events)
		require.Equal(t, keys, events)
		// What comes twice comes behind one another: not later than the next event of the
		// same node.
		require.EqualValues(t, 0, s.Stats().Buffered)
	}
}

// Each primary reports only its own keys. Every subscription has the events of all of
// them, also after failovers.
func TestEventsOfKeysComeFromAllPrimaries(t *testing.T) {
	t.Parallel()
	cluster := startCluster(t, glidetest.WithConfig("notify-keyspace-events", "KEA"))
	client := connectTo(t, cluster)
	channel, pattern := subscribe(t, client, to(setEvents)), subscribe(t, client, glide.SubscriptionConfig{Patterns: []string{"__keyevent@*:set"}})
	setter := &keySetter{client: connectTo(t, cluster)}
	setter.requireEvents(t, 300, channel, pattern)

	for i := range 2 {
		primaries := harness.Value(cluster.Primaries())(t)
		killed := primaries[i]
		if i == 1 {
			require.NoError(t, killed.Kill())
		}
		promoted := harness.Value(cluster.Failover(killed))(t)
		now := slices.DeleteFunc(harness.Value(cluster.Primaries())(t), func(node *glidetest.Server) bool { return node == killed })
		require.Contains(t, now, promoted)
		// The client notices by itself: it sends no commands.
		for _, node := range now {
			requireSubscribers(t, node, setEvents, 1)
		}
		if i == 0 {
			requireSubscribers(t, killed, setEvents, 0)
		}
		awaitWhole(t, channel, pattern)
		drain(t, channel, pattern)
		setter.requireEvents(t, 300, channel, pattern)
	}
	require.NoError(t, channel.Close())
	setter.requireEvents(t, 30, pattern)
	require.NoError(t, pattern.Close())
	for _, node := range harness.Value(cluster.Primaries())(t) {
		requireSubscribers(t, node, setEvents, 0)
	}
}

func drain(t *testing.T, subscriptions ...*glide.Subscription) {
	t.Helper()
	for _, s := range subscriptions {
		for ok := true; ok; {
			_, ok, _ = s.Try()
		}
	}
}

// Subscriptions to channels of events that are opened and closed at once, at all
// primaries.
func TestEventsOfKeysEndWithTheLast(t *testing.T) {
	t.Parallel()
	cluster := startCluster(t, glidetest.WithReplicas(0), glidetest.WithConfig("notify-keyspace-events", "KEA"))
	client := connectTo(t, cluster)
	stays := subscribe(t, client, to(setEvents))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 10 {
				s, err := client.Subscription(ctx, to(setEvents, "__keyevent@0__:del"))
				if err != nil {
					t.Error(err)
					return
				}
				_ = s.Close()
			}
		})
	}
	group.Wait()
	(&keySetter{client: connectTo(t, cluster)}).requireEvents(t, 100, stays)
	for _, node := range cluster.Nodes() {
		requireSubscribers(t, node, setEvents, 1)
		requireSubscribers(t, node, "__keyevent@0__:del", 0)
	}
}
