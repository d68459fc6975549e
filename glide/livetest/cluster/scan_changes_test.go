package cluster_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// scanAll goes over all keys, and repeats the steps that fail; between steps
// it may be told to do something.
func scanAll(t *testing.T, client *glide.ClusterClient, between func(step int)) (found map[string]bool, steps int, errs []error) {
	t.Helper()
	found = map[string]bool{}
	for cursor := (glide.ClusterScanCursor{}); !cursor.Finished(); {
		page, err := client.ScanPrimaries(ctx, cursor, glide.Count(20))
		if err != nil {
			errs = append(errs, err)
			require.Less(t, len(errs), 200, "the scan does not get on: %v", err)
			time.Sleep(20 * time.Millisecond)
			continue
		}
		for _, key := range page.Keys {
			found[key] = true
		}
		cursor = page.Cursor
		steps++
		between(steps)
	}
	return found, steps, errs
}

// setKeys sets so many keys and returns them.
func setKeys(t *testing.T, client *glide.ClusterClient, n int) map[string]bool {
	t.Helper()
	keys, pipeline := map[string]bool{}, glide.NewPipeline()
	for i := range n {
		keys[harness.KeyOf(i)] = true
		pipeline.Set(harness.KeyOf(i), harness.ValueOf(i))
	}
	_, err := client.Exec(ctx, pipeline, glide.FailOnError)
	require.NoError(t, err)
	return keys
}

// setKeysOfSlot sets so many keys of a slot, adds them to those that there are
// and returns them.
func setKeysOfSlot(t *testing.T, client *glide.ClusterClient, slot, n int, all map[string]bool) []string {
	t.Helper()
	keys := harness.ManyKeysOfSlot(slot, n)
	for _, key := range keys {
		require.NoError(t, client.Set(ctx, key, "v"))
		all[key] = true
	}
	return keys
}

// requireScanned goes over all keys without an error and finds these.
func requireScanned(t *testing.T, client *glide.ClusterClient, keys map[string]bool) {
	t.Helper()
	found, _, errs := scanAll(t, client, func(int) {})
	require.Empty(t, errs)
	requireAllFound(t, keys, found)
}

func requireAllFound(t *testing.T, keys, found map[string]bool) {
	t.Helper()
	missing := 0
	for key := range keys {
		if !found[key] {
			missing++
		}
	}
	require.Zero(t, missing, "of %d keys that were there all the while", len(keys))
}

func requireNoScans(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		runtime.GC()
		scans := engine.Live().Scans
		return scans == 0
	}, harness.Patience, 10*time.Millisecond, "states of scans are left")
}

func TestAScanFindsEveryKeyWhileSlotsMove(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient)
	keys := setKeys(t, client, 2000)
	moves := 0
	move := func(key string) error {
		slot := engine.SlotOfKey(key)
		owner, err := cluster.NodeForSlot(slot)
		if err != nil {
			return err
		}
		nodes := cluster.Nodes()
		moves++
		// Messages that the nodes have sent before may still say otherwise,
		// and now and then a new owner believes them permanently.
		time.Sleep(10 * time.Millisecond)
		return cluster.MigrateSlot(slot, nodes[(slices.Index(nodes, owner)+1)%len(nodes)])
	}
	found, steps, errs := scanAll(t, client, func(step int) {
		if step%12 == 0 { // slots that were gone over and slots that were not
			require.NoError(t, move(harness.KeyOf(step)))
		}
	})
	require.Empty(t, errs)
	require.Greater(t, moves, 10)
	t.Logf("%d steps, %d moves between them", steps, moves)
	requireAllFound(t, keys, found)

	// With moves in the midst of steps, too.
	for round := range 3 {
		moved := make(chan error)
		go func() {
			var err error
			for i := 0; i < 8 && err == nil; i++ {
				err = move(harness.KeyOf(1000 + 8*round + i))
			}
			moved <- err
		}()
		found, steps, errs = scanAll(t, client, func(int) { time.Sleep(time.Millisecond) })
		require.NoError(t, <-moved)
		t.Logf("%d steps, %d errors", steps, len(errs))
		require.Empty(t, errs)
		requireAllFound(t, keys, found)
	}
	requireNoScans(t)
}

func TestAScanFindsEveryKeyWhileTheServersMoveSlots(t *testing.T) {
	harness.Needs(t, "CLUSTER MIGRATESLOTS", "9.0", "")
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient)
	keys := setKeys(t, client, 2000)
	slots := glide.SlotRange{Start: 5000, End: 5200}
	moves := 0
	var to *glidetest.Server
	found, steps, errs := scanAll(t, client, func(step int) {
		owner := harness.Value(cluster.NodeForSlot(int(slots.Start)))(t)
		if moves == 6 || to != nil && owner != to {
			time.Sleep(5 * time.Millisecond) // they have time to move in the midst of steps
			return
		}
		nodes := cluster.Nodes()
		to = nodes[(slices.Index(nodes, owner)+1)%len(nodes)]
		node := client.Node(glide.NodeAt(harness.AddressOf(owner)))
		require.NoError(t, node.ClusterMigrateSlots(ctx, glide.SlotsTo{NodeID: to.NodeID(), Slots: []glide.SlotRange{slots}}))
		moves++
	})
	require.Empty(t, errs)
	require.Greater(t, moves, 2)
	t.Logf("%d steps, %d moves", steps, moves)
	requireAllFound(t, keys, found)
}

func TestAScanFindsEveryKeyWhileAShardComesAndGoes(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client := harness.ConnectToCluster(t, cluster, harness.LoadedCluster(time.Second))
	keys := setKeys(t, client, 600)
	slots := []int{0, 1, 2, 3, 4, 5} // moved without their neighbours
	for _, slot := range slots {
		setKeysOfSlot(t, client, slot, 40, keys)
	}
	owner := harness.Value(cluster.NodeForSlot(0))(t)
	var added *glidetest.Server
	calls := 0
	found, steps, errs := scanAll(t, client, func(step int) {
		switch {
		case step == 5:
			added = harness.Value(cluster.AddShard())(t)
			for _, slot := range slots {
				require.NoError(t, cluster.MigrateSlot(slot, added))
			}
		case added != nil && calls < 5: // until the scan is in the midst of the new one
			calls = testkit.CallsOf(t, added, "scan")
		case added != nil:
			for _, slot := range slots {
				require.NoError(t, cluster.MigrateSlot(slot, owner))
			}
			require.NoError(t, cluster.RemoveShard(added))
			added = nil
		}
	})
	require.GreaterOrEqual(t, calls, 5)
	require.Nil(t, added, "it was over before the shard had gone")
	t.Logf("%d steps; %d failed and were repeated", steps, len(errs))
	requireAllFound(t, keys, found)
	requireNoScans(t)
}

func TestAScanFindsEveryKeyWhilePrimariesFailOver(t *testing.T) {
	cluster := glidetest.StartCluster(t)
	client := harness.ConnectToCluster(t, cluster, harness.LoadedCluster(time.Second))
	keys := setKeys(t, client, 2000)
	harness.AwaitReplicas(t, client, 1)
	leaving, dying := cluster.Nodes()[0], cluster.Nodes()[1]
	before, alive := testkit.CallsOf(t, dying, "scan"), true
	found, steps, errs := scanAll(t, client, func(step int) {
		switch {
		case step == 10: // with notice
			harness.Value(cluster.Failover(leaving))(t)
		case alive && testkit.CallsOf(t, dying, "scan") > before+10: // without, in the midst of its keys
			require.NoError(t, dying.Kill())
			alive = false
		}
	})
	require.False(t, alive)
	t.Logf("%d steps; %d failed and were repeated", steps, len(errs))
	requireAllFound(t, keys, found)
	require.Greater(t, steps, 40, "it was over before the changes")
	requireNoScans(t)
}

func TestAStepThatTimedOutIsRepeatedWithTheSameCursor(t *testing.T) {
	cluster := harness.StartFragileCluster(t)
	timeout, stalls := 200*time.Millisecond, testkit.MeasureStalls(t)
	client := harness.ConnectToCluster(t, cluster, harness.LoadedCluster(timeout))
	keys := setKeys(t, client, 600)
	timeouts := 0
	found := map[string]bool{}
	paused := false
	for cursor := (glide.ClusterScanCursor{}); !cursor.Finished(); {
		if !paused && len(found) > 50 && timeouts < 3 {
			for _, node := range cluster.Nodes() {
				require.NoError(t, node.Pause())
			}
			paused = true
		}
		begun := time.Now()
		page, err := client.ScanPrimaries(ctx, cursor, glide.Count(20))
		if paused {
			require.ErrorIs(t, err, glide.ErrTimeout)
			require.Less(t, time.Since(begun), timeout+harness.Tolerance+stalls())
			timeouts++
			for _, node := range cluster.Nodes() {
				require.NoError(t, node.Resume())
			}
			paused = false
			continue
		}
		if err != nil { // until the client talks to all nodes again
			require.True(t, harness.IsLost(err), "%v", err)
			timeouts++
			require.Less(t, timeouts, 50)
			continue
		}
		for _, key := range page.Keys {
			found[key] = true
		}
		cursor = page.Cursor
	}
	t.Logf("%d steps timed out", timeouts)
	require.GreaterOrEqual(t, timeouts, 3)
	requireAllFound(t, keys, found)
	requireNoScans(t)
}

// Whatever a step that timed out had begun, changes of the cluster that come
// later are found.
func TestAScanFollowsTheClusterAfterStepsThatTimedOut(t *testing.T) {
	cluster := glidetest.StartCluster(t)
	client := harness.ConnectToCluster(t, cluster, harness.LoadedCluster(200*time.Millisecond))
	keys := setKeys(t, client, 600)
	harness.AwaitReplicas(t, client, 1)
	failing, dying, silent := cluster.Nodes()[0], cluster.Nodes()[1], cluster.Nodes()[2]
	require.NoError(t, silent.Pause())
	harness.Value(cluster.Failover(failing))(t)
	for cursor := (glide.ClusterScanCursor{}); ; {
		page, err := client.ScanPrimaries(ctx, cursor, glide.Count(1000))
		if err != nil {
			require.True(t, harness.IsLost(err), "%v", err)
			break
		}
		require.False(t, page.Cursor.Finished(), "without the silent node")
		cursor = page.Cursor
	}
	require.NoError(t, silent.Resume())
	time.Sleep(2 * time.Second) // what it had begun is over
	before, alive := testkit.CallsOf(t, dying, "scan"), true
	var begun time.Time
	found, _, errs := scanAll(t, client, func(int) {
		if alive && testkit.CallsOf(t, dying, "scan") > before+2 {
			require.NoError(t, dying.Kill())
			alive, begun = false, time.Now()
		}
	})
	require.False(t, alive)
	t.Logf("%d steps failed after a primary was killed, the scan ended %v after that", len(errs), time.Since(begun).Round(time.Millisecond))
	requireAllFound(t, keys, found)
	requireNoScans(t)
}
