package messages_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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

// setEvents is the channel that reports which keys are set.
const setEvents = "__keyevent@0__:set"

// withEvents is the configuration of servers that report their keys.
func withEvents() glidetest.Option { return glidetest.WithConfig("notify-keyspace-events", "KEA") }

func startWithEvents(t *testing.T, options ...glidetest.Option) *glidetest.Cluster {
	t.Helper()
	cluster := glidetest.StartCluster(t, append(options, withEvents())...)
	require.NoError(t, cluster.AwaitOK(ctx))
	return cluster
}

// An inbox has what a client has received, and how often.
type inbox struct {
	mutex    sync.Mutex
	received map[glide.Message]int
}

func collect(t *testing.T, client messenger) *inbox {
	t.Helper()
	in := &inbox{received: map[glide.Message]int{}}
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Go(func() {
		for {
			m, err := client.NextMessage(ctx)
			if err != nil {
				return
			}
			in.mutex.Lock()
			in.received[m]++
			in.mutex.Unlock()
		}
	})
	t.Cleanup(func() {
		cancel()
		group.Wait()
	})
	return in
}

func (in *inbox) times(m glide.Message) int {
	in.mutex.Lock()
	defer in.mutex.Unlock()
	return in.received[m]
}

func (in *inbox) requireNothingTwice(t *testing.T) {
	t.Helper()
	in.mutex.Lock()
	defer in.mutex.Unlock()
	for m, times := range in.received {
		require.Equal(t, 1, times, "%+v", m)
	}
}

// A keySetter sets keys that were never set before, as another client does.
type keySetter struct {
	client *glide.ClusterClient
	last   int
}

func newKeySetter(t *testing.T, cluster *glidetest.Cluster) *keySetter {
	t.Helper()
	return &keySetter{client: connectCluster(t, cluster, glide.Subscriptions{})}
}

func (s *keySetter) set(t *testing.T, n int) (keys []string) {
	t.Helper()
	for range n {
		s.last++
		keys = append(keys, fmt.Sprint("key", s.last))
		require.NoError(t, s.client.Set(ctx, keys[len(keys)-1], "value"))
	}
	return keys
}

// requireAll requires that a client learns of all that is set from now on, once.
// An event is a message with the key as its payload, or as part of its channel.
func (s *keySetter) requireAll(t *testing.T, in *inbox, n int, events ...func(key string) glide.Message) {
	t.Helper()
	keys := s.set(t, n)
	for _, event := range events {
		for _, key := range keys {
			require.Eventually(t, func() bool { return in.times(event(key)) > 0 }, harness.Patience, time.Millisecond, "no %+v", event(key))
		}
	}
	// Events that come twice come one after the other: behind the next of the same
	// node there are none of before.
	for _, key := range s.set(t, 100) {
		require.Eventually(t, func() bool { return in.times(events[0](key)) > 0 }, harness.Patience, time.Millisecond)
	}
	in.requireNothingTwice(t)
}

func bySetEvents(key string) glide.Message { return glide.Message{Channel: setEvents, Payload: key} }

func byPattern(pattern string) func(key string) glide.Message {
	return func(key string) glide.Message {
		return glide.Message{Pattern: pattern, Channel: setEvents, Payload: key}
	}
}

func byKeyspace(pattern string) func(key string) glide.Message {
	return func(key string) glide.Message {
		return glide.Message{Pattern: pattern, Channel: "__keyspace@0__:" + key, Payload: "set"}
	}
}

// awaitSubscribed waits until exactly these nodes of a cluster have a client that
// is subscribed to a channel.
func awaitSubscribed(t *testing.T, cluster *glidetest.Cluster, channel string, at ...*glidetest.Server) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, node := range cluster.Nodes() {
			reply, err := node.Command("PUBSUB", "NUMSUB", channel)
			if err != nil {
				continue // it is down
			}
			if reply.([]any)[1] == int64(1) != slices.Contains(at, node) {
				return false
			}
		}
		return true
	}, harness.Patience, 5*time.Millisecond)
}

func primariesOf(t *testing.T, cluster *glidetest.Cluster) []*glidetest.Server {
	t.Helper()
	primaries, err := cluster.Primaries()
	require.NoError(t, err)
	return primaries
}

// Each node reports only its keys, and only who is subscribed there.
func TestEventsOfKeysComeFromAllPrimariesOnce(t *testing.T) {
	t.Parallel()
	cluster := startWithEvents(t)
	setter := newKeySetter(t, cluster)
	for name, subscriptions := range map[string]glide.Subscriptions{
		"configured": {Channels: []string{setEvents, "__keyevent@0__:del"}, Patterns: []string{"__key*__:*", "__keyspace@0__:key*"}},
		"later":      {},
	} {
		t.Run(name, func(t *testing.T) {
			client := connectCluster(t, cluster, subscriptions)
			in := collect(t, client)
			if name == "later" {
				require.NoError(t, client.Subscribe(ctx, setEvents, "__keyevent@0__:del"))
				require.NoError(t, client.PSubscribe(ctx, "__key*__:*", "__keyspace@0__:key*"))
			}
			// The calls have waited for all of them, and replicas have none.
			primaries := primariesOf(t, cluster)
			for _, node := range cluster.Nodes() {
				want := int64(0)
				if slices.Contains(primaries, node) {
					want = 1
				}
				require.Equal(t, want, subscribersAt(t, node, "NUMSUB", setEvents))
				require.Equal(t, 2*want, node.MustCommand(t, "PUBSUB", "NUMPAT"))
			}
			all := []func(string) glide.Message{bySetEvents, byPattern("__key*__:*"), byKeyspace("__key*__:*"), byKeyspace("__keyspace@0__:key*")}
			setter.requireAll(t, in, 300, all...)

			// Each name ends where it is, and nothing else with it.
			require.NoError(t, client.PUnsubscribe(ctx, "__key*__:*"))
			setter.requireAll(t, in, 100, bySetEvents, byKeyspace("__keyspace@0__:key*"))
			require.NoError(t, client.Unsubscribe(ctx))
			require.NoError(t, client.PUnsubscribe(ctx))
			awaitSubscribed(t, cluster, setEvents)
			for _, node := range cluster.Nodes() {
				require.EqualValues(t, 0, node.MustCommand(t, "PUBSUB", "NUMPAT"))
			}
			require.NoError(t, client.Subscribe(ctx, "fence"))
			for _, key := range setter.set(t, 100) {
				require.Zero(t, in.times(bySetEvents(key)))
			}
			require.NoError(t, setter.client.Set(ctx, "{fence}key", "value"))
			_, err := setter.client.Publish(ctx, "fence", "")
			require.NoError(t, err)
			require.Eventually(t, func() bool { return in.times(glide.Message{Channel: "fence"}) > 0 }, harness.Patience, time.Millisecond)
			require.Zero(t, in.times(bySetEvents("{fence}key")))
			client.Close()
		})
	}
}

// What is published reaches all nodes, so it must not be awaited at more than one.
func TestPatternsOfMoreThanEventsReceiveMessagesOnce(t *testing.T) {
	t.Parallel()
	cluster := startWithEvents(t, glidetest.WithReplicas(0))
	patterns := []string{"*", "__*", "__key*", "__keyring*", "*__:*"}
	client := connectCluster(t, cluster, glide.Subscriptions{Patterns: append(patterns, "__key*__:*")})
	in := collect(t, client)
	for n, node := range cluster.Nodes() {
		for _, channel := range []string{"__keyring__:door", "end"} {
			node.MustCommand(t, "PUBLISH", channel, strconv.Itoa(n))
		}
	}
	matching := map[string]int{"__keyring__:door": len(patterns), "end": 1}
	require.Eventually(t, func() bool {
		in.mutex.Lock()
		defer in.mutex.Unlock()
		counts := map[string]int{}
		for m := range in.received {
			if m.Pattern != "__key*__:*" {
				counts[m.Channel]++
			}
		}
		maps.DeleteFunc(counts, func(channel string, n int) bool { return n == matching[channel]*len(cluster.Nodes()) })
		return len(in.received) > 0 && len(counts) == 0
	}, harness.Patience, time.Millisecond)
	for m, times := range in.received {
		if m.Pattern != "__key*__:*" {
			require.Equal(t, 1, times, "%+v", m)
		}
	}
}

// A replica reports the keys, too, as it applies what its primary does: as long
// as it is not known which of two is the primary, one is asked.
func TestEventsOfKeysComeOnceInFailovers(t *testing.T) {
	t.Parallel()
	cluster := startWithEvents(t)
	client := connectCluster(t, cluster, glide.Subscriptions{Channels: []string{setEvents}})
	in := collect(t, client)
	setter := newKeySetter(t, cluster)
	setter.requireAll(t, in, 100, bySetEvents)

	first := primariesOf(t, cluster)[0]
	sets := testkit.StartLoad(1, func(int) error {
		setter.last++
		err := setter.client.Set(ctx, fmt.Sprint("key", setter.last), "value")
		time.Sleep(time.Millisecond)
		return err
	})
	t.Cleanup(sets.End)
	second, err := cluster.Failover(first)
	require.NoError(t, err)
	awaitSubscribed(t, cluster, setEvents, primariesOf(t, cluster)...)
	sets.End()
	setter.requireAll(t, in, 100, bySetEvents)

	require.NoError(t, second.Kill())
	_, err = cluster.Failover(second)
	require.NoError(t, err)
	primaries := slices.DeleteFunc(primariesOf(t, cluster), func(node *glidetest.Server) bool { return node == second })
	awaitSubscribed(t, cluster, setEvents, primaries...)
	requireWhole(t, client)
	setter.requireAll(t, in, 100, bySetEvents)
	require.NoError(t, second.Restart())
	require.NoError(t, cluster.AwaitOK(ctx))
	awaitSubscribed(t, cluster, setEvents, primaries...)
	setter.requireAll(t, in, 100, bySetEvents)
}

// The client sends no commands, so no redirect tells it of a new primary.
func TestEventsOfKeysComeFromPrimariesThatJoinUntilTheyLeave(t *testing.T) {
	t.Parallel()
	cluster := startWithEvents(t, glidetest.WithReplicas(0))
	before := primariesOf(t, cluster)
	client := connectCluster(t, cluster, glide.Subscriptions{Channels: []string{setEvents}})
	in := collect(t, client)
	setter := newKeySetter(t, cluster)
	newcomer, err := cluster.AddShard()
	require.NoError(t, err)
	slots := []int{harness.SlotOfKey("key1"), harness.SlotOfKey("key2")}
	for _, slot := range slots {
		require.NoError(t, cluster.MigrateSlot(slot, newcomer))
	}
	awaitSubscribed(t, cluster, setEvents, append(slices.Clone(before), newcomer)...)
	setter.requireAll(t, in, 300, bySetEvents)
	require.Contains(t, newcomer.MustCommand(t, "KEYS", "*"), "key1")

	for _, slot := range slots {
		require.NoError(t, cluster.MigrateSlot(slot, before[0]))
	}
	awaitSubscribed(t, cluster, setEvents, before...)
	require.NoError(t, cluster.RemoveShard(newcomer))
	setter.requireAll(t, in, 300, bySetEvents)
	requireWhole(t, client)
}

// A connection that is lost concerns the events of its node only.
func TestEventsOfKeysAreSubscribedAgainWhereTheyWereLost(t *testing.T) {
	t.Parallel()
	cluster := startWithEvents(t, glidetest.WithReplicas(0))
	client := connectCluster(t, cluster, glide.Subscriptions{Channels: []string{setEvents}})
	in := collect(t, client)
	setter := newKeySetter(t, cluster)
	subscriber := func(node *glidetest.Server) string {
		list := node.MustCommand(t, "CLIENT", "LIST", "TYPE", "PUBSUB").(string)
		id, _, _ := strings.Cut(list, " ")
		return id
	}
	lost, others := cluster.Nodes()[0], cluster.Nodes()[1:]
	ids := []string{subscriber(others[0]), subscriber(others[1])}
	lost.MustCommand(t, "CLIENT", "KILL", "TYPE", "PUBSUB")
	awaitSubscribed(t, cluster, setEvents, cluster.Nodes()...)
	requireWhole(t, client)
	setter.requireAll(t, in, 100, bySetEvents)
	require.Equal(t, ids, []string{subscriber(others[0]), subscriber(others[1])})
}

// Not all have confirmed it: the call says so in time, and with the reason.
func TestSubscribingToEventsOfKeysSaysWhichPrimaryIsDown(t *testing.T) {
	t.Parallel()
	cluster := startWithEvents(t, glidetest.WithReplicas(0))
	client := connectCluster(t, cluster, glide.Subscriptions{})
	in := collect(t, client)
	down, others := cluster.Nodes()[0], cluster.Nodes()[1:]
	require.NoError(t, down.Kill())
	require.Eventually(t, func() bool {
		shortly, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		err := client.Subscribe(shortly, setEvents)
		require.ErrorIs(t, err, glide.ErrTimeout)
		// On a busy machine the caller's own timer may be the first to tell.
		return errors.Is(err, glide.ErrUnreachable) && strings.Contains(err.Error(), down.Addr())
	}, harness.Patience, time.Millisecond)
	awaitSubscribed(t, cluster, setEvents, others...)
	state, err := client.Subscriptions(ctx)
	require.NoError(t, err)
	require.Empty(t, state.Current.Channels, "it is not complete")

	_, err = glide.NewClusterClient(ctx, glide.ClusterConfig{
		Addresses: harness.AddressesOf(others...), ConnectionTimeout: time.Second,
		Subscriptions: glide.Subscriptions{Channels: []string{setEvents}},
	})
	require.ErrorIs(t, err, glide.ErrUnreachable)
	require.ErrorContains(t, err, down.Addr())

	require.NoError(t, down.Restart())
	require.NoError(t, cluster.AwaitOK(ctx))
	requireWhole(t, client)
	awaitSubscribed(t, cluster, setEvents, cluster.Nodes()...)
	newKeySetter(t, cluster).requireAll(t, in, 100, bySetEvents)
}
