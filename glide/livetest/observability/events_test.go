package observability_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// events are those of a client.
type events struct {
	mu  sync.Mutex
	all []glide.Event
}

func (e *events) note(event glide.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, event)
}

// is returns the events of some kinds.
func (e *events) of(kinds ...glide.EventKind) (found []glide.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, event := range e.all {
		for _, kind := range kinds {
			if event.Kind == kind {
				found = append(found, event)
			}
		}
	}
	return found
}

// await waits for so many events of a kind, and returns them.
func (e *events) await(t *testing.T, kind glide.EventKind, count int) []glide.Event {
	t.Helper()
	deadline := time.Now().Add(harness.Patience)
	for len(e.of(kind)) < count {
		require.True(t, time.Now().Before(deadline), "%d of %d %q: %v", len(e.of(kind)), count, kind, e.text())
		time.Sleep(time.Millisecond)
	}
	return e.of(kind)
}

func (e *events) text() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return fmt.Sprintf("%v %+v", e.all, e.all)
}

func withEvents(e *events) func(*glide.Config) {
	return func(config *glide.Config) { config.Events = e.note }
}

func TestLostAndRestoredConnectionsAreEvents(t *testing.T) {
	const password = "secret password"
	server := glidetest.Start(t, glidetest.WithPassword(password))
	e := &events{}
	client := harness.Connect(t, server, harness.Patient, harness.QuickToReconnect, withEvents(e), func(config *glide.Config) {
		config.ClientName, config.Credentials.Password = "observed", password
	})
	require.NoError(t, client.Set(ctx, "secret key", "secret value"))
	require.Empty(t, e.of(glide.ConnectionLost, glide.ConnectionRestored))

	server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
	e.await(t, glide.ConnectionRestored, 1)
	require.NoError(t, server.Kill())
	lost := e.await(t, glide.ConnectionLost, 2)
	require.NoError(t, server.Restart())
	restored := e.await(t, glide.ConnectionRestored, 2)
	require.NoError(t, client.Ping(ctx))
	for i := range lost {
		require.Equal(t, harness.AddressOf(server), lost[i].Address)
		require.NotEmpty(t, lost[i].Reason)
		require.Equal(t, harness.AddressOf(server), restored[i].Address)
		require.Positive(t, restored[i].Lasted)
		require.False(t, restored[i].Time.Before(lost[i].Time))
		require.Equal(t, "observed", lost[i].Client.Name)
		require.Same(t, lost[i].Client, restored[i].Client)
	}
	require.NoError(t, client.Close())
	require.Len(t, e.of(glide.ConnectionLost), 2, "closing loses nothing")
	require.NotContains(t, e.text(), "secret")
}

func TestAHungServerIsAnEvent(t *testing.T) {
	server := glidetest.Start(t)
	e := &events{}
	client := harness.Connect(t, server, harness.Patient, withEvents(e), func(config *glide.Config) { config.HeartbeatInterval = 100 * time.Millisecond })
	require.NoError(t, client.Ping(ctx))
	require.NoError(t, server.Pause())
	e.await(t, glide.ConnectionLost, 1)
	require.NoError(t, server.Resume())
	e.await(t, glide.ConnectionRestored, 1)
	require.NoError(t, client.Ping(ctx))
}

func TestFailoversOfAClusterAreEvents(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(1))
	e := &events{}
	client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient, func(config *glide.ClusterConfig) { config.Events = e.note })
	key := harness.KeyOfSlot(100)
	require.NoError(t, client.Set(ctx, key, "1"))
	require.Empty(t, e.of(glide.TopologyChanged, glide.FailoverFollowed))
	former, err := cluster.NodeForSlot(100)
	require.NoError(t, err)
	promoted, err := cluster.Failover(former)
	require.NoError(t, err)
	require.NoError(t, client.Set(ctx, key, "2"))
	failover := e.await(t, glide.FailoverFollowed, 1)
	require.Len(t, failover, 1)
	require.Equal(t, harness.AddressOf(promoted), failover[0].Address)
	require.Equal(t, harness.AddressOf(former), failover[0].Former)
	changed := e.await(t, glide.TopologyChanged, 1)
	require.Positive(t, changed[0].Version)
	eventually(t, client.Stats, func(s glide.Stats) bool {
		all := e.of(glide.TopologyChanged)
		return s.TopologyVersion == all[len(all)-1].Version
	})
}

func TestAMovedSlotIsAChangeAndNoFailover(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	e := &events{}
	client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient, func(config *glide.ClusterConfig) { config.Events = e.note })
	require.NoError(t, client.Set(ctx, harness.KeyOfSlot(100), "1"))
	require.NoError(t, cluster.MigrateSlot(100, cluster.Nodes()[1]))
	require.NoError(t, client.Set(ctx, harness.KeyOfSlot(100), "2"))
	e.await(t, glide.TopologyChanged, 1)
	require.Empty(t, e.of(glide.FailoverFollowed, glide.ConnectionLost))
}

func TestFailoversOfAServerAreEvents(t *testing.T) {
	primary := glidetest.Start(t, glidetest.WithReplicas(1))
	replica := primary.Replicas()[0]
	e := &events{}
	config := harness.ConfigFor(primary, replica)
	config.RequestTimeout, config.Events = harness.Patience, e.note
	client := harness.ConnectWith(t, config)
	require.NoError(t, client.Set(ctx, "key", "1"))
	require.NoError(t, primary.Kill())
	e.await(t, glide.ConnectionLost, 1) // a write in flight would be lost
	replica.MustCommand(t, "REPLICAOF", "NO", "ONE")
	require.NoError(t, client.Set(ctx, "key", "2"))
	failover := e.await(t, glide.FailoverFollowed, 1)
	require.Equal(t, harness.AddressOf(replica), failover[0].Address)
	require.Equal(t, harness.AddressOf(primary), failover[0].Former)
	require.Equal(t, harness.AddressOf(primary), e.await(t, glide.ConnectionLost, 1)[0].Address)
}

func TestDroppedMessagesAreEvents(t *testing.T) {
	server := glidetest.Start(t)
	e := &events{}
	client := harness.Connect(t, server, harness.Patient, withEvents(e), func(config *glide.Config) { config.Subscriptions.BufferLimit = 10 })
	require.NoError(t, client.Subscribe(ctx, "channel"))
	const messages = 500
	for range messages {
		server.MustCommand(t, "PUBLISH", "channel", "message")
	}
	eventually(t, client.Stats, func(s glide.Stats) bool { return s.Messages.Received == messages })
	eventually(t, client.Stats, func(s glide.Stats) bool {
		var told int64
		for _, event := range e.of(glide.MessagesDropped) {
			told += event.Count
		}
		return told == s.Messages.Dropped && told == messages-10
	})
}

func TestTheCircuitBreakerIsEvents(t *testing.T) {
	server := glidetest.Start(t)
	e := &events{}
	client := harness.Connect(t, server, harness.QuickToReconnect, withEvents(e), func(config *glide.Config) {
		config.RequestTimeout = 100 * time.Millisecond
		config.CircuitBreaker = &glide.CircuitBreaker{MinimumErrors: 2, FailureRate: 0.5, Open: 200 * time.Millisecond, Successes: 1, CountTimeouts: true}
	})
	require.NoError(t, client.Ping(ctx))
	require.NoError(t, server.Kill())
	require.Eventually(t, func() bool {
		_, _ = client.Get(ctx, "key")
		return len(e.of(glide.CircuitOpened)) > 0
	}, harness.Patience, time.Millisecond)
	require.Empty(t, e.of(glide.CircuitClosed))
	require.NoError(t, server.Restart())
	require.Eventually(t, func() bool {
		_, _ = client.Get(ctx, "key")
		return len(e.of(glide.CircuitClosed)) > 0
	}, harness.Patience, time.Millisecond)
}

func TestAFunctionForEventsDelaysNobodyAndLosesNothingUncounted(t *testing.T) {
	server := glidetest.Start(t)
	e := &events{}
	calling, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	client := harness.Connect(t, server, harness.Patient, harness.QuickToReconnect, func(config *glide.Config) {
		config.Events = func(event glide.Event) {
			once.Do(func() {
				close(calling)
				<-goOn
			})
			e.note(event)
			if event.Kind == glide.ConnectionLost {
				panic("a mistake of the function")
			}
		}
	})
	server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
	<-calling
	for range 100 {
		require.NoError(t, client.Ping(ctx))
	}
	close(goOn)
	e.await(t, glide.ConnectionRestored, 1)
	require.Len(t, e.of(glide.ConnectionLost), 1)
}
