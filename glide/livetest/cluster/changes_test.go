package cluster_test

import (
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// A tally is callers that each increment a separate counter, and keep
// the books of it.
type tally struct {
	*testkit.Load
	client  *glide.ClusterClient
	timeout time.Duration
	stalls  func() time.Duration
	books   []book
}

// book is what one caller knows of its counter.
type book struct {
	acknowledged, failed int64
	last                 atomic.Int64 // when it last succeeded, in nanoseconds
	outage               atomic.Int64 // the longest time without success
	wrong                error
}

// startCounting has 200 callers increment.
func startCounting(t *testing.T, cluster *glidetest.Cluster) *tally {
	t.Helper()
	return startCountingWithin(t, cluster, 500*time.Millisecond)
}

// startCountingWithin is startCounting with the time that a call may take.
func startCountingWithin(t *testing.T, cluster *glidetest.Cluster, timeout time.Duration) *tally {
	t.Helper()
	const callers = 200
	c := &tally{timeout: timeout, stalls: testkit.MeasureStalls(t), books: make([]book, callers)}
	c.client = harness.ConnectToCluster(t, cluster, harness.LoadedCluster(c.timeout))
	begun := time.Now()
	c.Load = testkit.StartLoad(callers, func(i int) error {
		b := &c.books[i]
		n, err := c.client.Incr(ctx, counterOf(i))
		if err != nil {
			b.failed++
			time.Sleep(time.Millisecond) // what is refused at once
			return err
		}
		b.acknowledged++
		if b.wrong == nil && n > b.acknowledged+b.failed {
			b.wrong = fmt.Errorf("counter %d is %d after %d increments and %d failures", i, n, b.acknowledged, b.failed)
		}
		now := time.Since(begun)
		b.outage.Store(max(b.outage.Load(), int64(now)-b.last.Load()))
		b.last.Store(int64(now))
		return nil
	})
	c.AwaitSuccess(t, 5*time.Second)
	time.Sleep(100 * time.Millisecond)
	return c
}

func counterOf(i int) string { return "counter:" + strconv.Itoa(i) }

// awaitAll waits until every caller has succeeded since now, and returns how
// long that took.
func (c *tally) awaitAll(t *testing.T, timeout time.Duration) time.Duration {
	t.Helper()
	begun := time.Now()
	before := make([]int64, len(c.books))
	for i := range c.books {
		before[i] = c.books[i].last.Load()
	}
	for i := range c.books {
		for c.books[i].last.Load() == before[i] {
			require.Less(t, time.Since(begun), timeout, "%s has not succeeded again", counterOf(i))
			time.Sleep(time.Millisecond)
		}
	}
	return time.Since(begun)
}

// settle ends the load and holds the books against the counters. Only where
// the servers may have forgotten (lossy), a counter may be lower than what
// was acknowledged.
func (c *tally) settle(t *testing.T, lossy bool) {
	t.Helper()
	c.End()
	longest := time.Duration(0)
	lost := int64(0)
	for i := range c.books {
		b := &c.books[i]
		longest = max(longest, time.Duration(b.outage.Load()))
		require.NoError(t, b.wrong)
		got := harness.Value(c.client.Get(ctx, counterOf(i)))(t)
		n, err := strconv.ParseInt(got.Or("0"), 10, 64)
		require.NoError(t, err)
		require.LessOrEqual(t, n, b.acknowledged+b.failed, "an increment of %s was applied twice", counterOf(i))
		if !lossy {
			require.GreaterOrEqual(t, n, b.acknowledged, "an increment of %s that was acknowledged is lost", counterOf(i))
		}
		lost += max(0, b.acknowledged-n)
	}
	t.Log(c.Load)
	t.Logf("the longest time without success for a caller: %v; lost by the servers: %d", longest, lost)
	require.Less(t, c.Longest(), c.timeout+harness.Tolerance+c.stalls())
}

// requireTransient requires errors that say that a node could not be talked
// to, or that the cluster was down.
func requireTransient(t *testing.T, errs []error) {
	t.Helper()
	for _, err := range errs {
		var refused *glide.ServerError
		down := errors.As(err, &refused) && (refused.Code == "CLUSTERDOWN" || refused.Code == "LOADING" || refused.Code == "MASTERDOWN")
		require.True(t, down || harness.IsLost(err), "%v", err)
	}
}

func TestNothingIsLostOrDoneTwiceWhileSlotsMove(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	c := startCountingWithin(t, cluster, harness.Patience) // whatever else the machine does
	nodes := cluster.Nodes()
	begun, moves := time.Now(), 0
	for i := range 60 { // slots of callers
		slot := harness.Value(cluster.SlotForKey(counterOf(i)))(t)
		owner := harness.Value(cluster.NodeForSlot(slot))(t)
		to := nodes[i%len(nodes)]
		if to == owner {
			to = nodes[(i+1)%len(nodes)]
		}
		require.NoError(t, cluster.MigrateSlot(slot, to))
		moves++
	}
	t.Logf("%d slots moved in %v; all callers served within %v", moves, time.Since(begun), c.awaitAll(t, 5*time.Second))
	c.settle(t, false)
	require.Empty(t, c.Errs(), "callers are not to notice")
}

func TestNothingIsLostOrDoneTwiceWhileShardsComeAndGo(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	c := startCounting(t, cluster)
	added := harness.Value(cluster.AddShard())(t)
	home := map[int]*glidetest.Server{}
	for i := range 20 {
		slot := harness.Value(cluster.SlotForKey(counterOf(i)))(t)
		home[slot] = harness.Value(cluster.NodeForSlot(slot))(t)
		require.NoError(t, cluster.MigrateSlot(slot, added))
	}
	t.Logf("a shard added: all callers served within %v", c.awaitAll(t, 5*time.Second))
	require.NotZero(t, testkit.CallsOf(t, added, "incr"))
	for slot, node := range home {
		require.NoError(t, cluster.MigrateSlot(slot, node))
	}
	require.NoError(t, cluster.RemoveShard(added))
	t.Logf("it is removed: all callers served within %v", c.awaitAll(t, 5*time.Second))
	c.settle(t, false)
	requireTransient(t, c.Errs())
	t.Logf("%d errors", c.Failed())
}

func TestAReplicaTakesOverForAPrimaryThatIsKilled(t *testing.T) {
	cluster := glidetest.StartCluster(t)
	c := startCounting(t, cluster)
	primary := cluster.Nodes()[1]
	owner := harness.OwnersOf(t, cluster)
	ofOthers := func(i int) bool { return owner(engine.SlotOfKey(counterOf(i))) != primary }
	begun := time.Now()
	require.NoError(t, primary.Kill())
	require.NoError(t, cluster.AwaitOK(ctx)) // by itself: the nodes notice after two seconds
	failover := time.Since(begun)
	recovery := c.awaitAll(t, 10*time.Second)
	t.Logf("the cluster was whole again after %v, the client %v later", failover, recovery)
	others := time.Duration(0)
	for i := range c.books {
		if ofOthers(i) {
			others = max(others, time.Duration(c.books[i].outage.Load()))
		}
	}
	t.Logf("callers of the other nodes had no success for %v at most", others)
	require.Less(t, recovery, 2*time.Second+c.stalls())
	// And when it comes back, as a replica.
	require.NoError(t, primary.Restart())
	require.NoError(t, cluster.AwaitOK(ctx))
	t.Logf("the node is back: all callers served within %v", c.awaitAll(t, 5*time.Second))
	// What a primary acknowledged and had no time to replicate is lost.
	c.settle(t, true)
	requireTransient(t, c.Errs())
	require.NotZero(t, c.Failed())
}

func TestAPlannedFailoverIsHardlyNoticed(t *testing.T) {
	cluster := glidetest.StartCluster(t)
	c := startCounting(t, cluster)
	for _, node := range cluster.Nodes()[:3] {
		begun := time.Now()
		_, err := cluster.Failover(node)
		require.NoError(t, err)
		t.Logf("failed over within %v, all callers served %v later", time.Since(begun), c.awaitAll(t, 5*time.Second))
	}
	c.settle(t, false)
	requireTransient(t, c.Errs())
}

func TestNothingIsLostOrDoneTwiceWhileAllNodesAreRestarted(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0),
		glidetest.WithConfig("appendonly", "yes"), glidetest.WithConfig("cluster-node-timeout", "60000"),
		// With the default, everysec, a server acknowledges what it has not
		// written yet while the disk is busy.
		glidetest.WithConfig("appendfsync", "no"))
	c := startCounting(t, cluster)
	for _, node := range cluster.Nodes() {
		begun := time.Now()
		require.NoError(t, node.Restart())
		require.NoError(t, cluster.AwaitOK(ctx))
		served := time.Since(begun)
		t.Logf("restarted within %v, all callers served %v later", served, c.awaitAll(t, 10*time.Second))
	}
	c.settle(t, false)
	requireTransient(t, c.Errs())
	require.NotZero(t, c.Failed())
}
