package commands_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestAKeysSlotIsThatOfItsTag(t *testing.T) {
	harness.OnClusterFaces(t, func(t *testing.T, c faces.Face) {
		require.Equal(t, 12739, harness.Value(c.ClusterKeySlot(ctx, "123456789"))(t))
		require.Equal(t, harness.Value(c.ClusterKeySlot(ctx, "tag"))(t), harness.Value(c.ClusterKeySlot(ctx, "a{tag}b{c}"))(t))
		for _, key := range harness.Hostile {
			slot := harness.Value(c.ClusterKeySlot(ctx, key))(t)
			require.Equal(t, harness.Value(theCluster(t).SlotForKey(key))(t), slot)
		}
	})
}

func TestTheKeysOfASlotAreOnTheNodeThatServesIt(t *testing.T) {
	harness.OnClusterFaces(t, func(t *testing.T, c faces.Face) {
		for _, tag := range []string{"a", "b", "c", "d"} { // slots of several nodes
			slot := harness.Value(c.ClusterKeySlot(ctx, tag))(t)
			require.Zero(t, harness.Value(c.ClusterCountKeysInSlot(ctx, slot))(t))
			require.Empty(t, harness.Value(c.ClusterGetKeysInSlot(ctx, slot, 10))(t))
			keys := []string{"{" + tag + "}", "{" + tag + "}\x00\xff", "x{" + tag + "}"}
			for _, key := range keys {
				require.NoError(t, c.Set(ctx, key, "v"))
			}
			require.EqualValues(t, 3, harness.Value(c.ClusterCountKeysInSlot(ctx, slot))(t))
			require.ElementsMatch(t, keys, harness.Value(c.ClusterGetKeysInSlot(ctx, slot, 10))(t))
			require.Len(t, harness.Value(c.ClusterGetKeysInSlot(ctx, slot, 2))(t), 2)
			require.Empty(t, harness.Value(c.ClusterGetKeysInSlot(ctx, slot, 0))(t))
		}
	})
}

func TestClusterScanGoesOverTheWholeCluster(t *testing.T) {
	harness.Needs(t, "CLUSTERSCAN", "9.1", "")
	harness.OnClusterFaces(t, func(t *testing.T, c faces.Face) {
		for i := range 200 {
			require.NoError(t, c.Set(ctx, fmt.Sprint("key:", i), "v"))
		}
		harness.Value(c.Do(ctx, "RPUSH", "list", "a"))(t)
		collect := func(options ...glide.SlotScanOption) (keys []string) {
			for cursor := glide.ScanStart; ; {
				page := harness.Value(c.ClusterScan(ctx, cursor, options...))(t)
				keys = append(keys, page.Items...)
				if page.Last() {
					slices.Sort(keys)
					return slices.Compact(keys)
				}
				cursor = page.Cursor
			}
		}
		require.Len(t, collect(glide.Count(50)), 201)
		require.Equal(t, []string{"list"}, collect(glide.Type("list"), glide.Count(1000)))
		require.Equal(t, []string{"key:17"}, collect(glide.Match("key:17"), glide.Count(1000)))
		require.Equal(t, []string{"list"}, collect(glide.InSlot(harness.Value(c.ClusterKeySlot(ctx, "list"))(t))))
		_, err := c.ClusterScan(ctx, "x")
		harness.RequireRefused(t, err)
		_, err = c.ClusterScan(ctx, glide.ScanStart, glide.InSlot(16384))
		harness.RequireRefused(t, err)
	})
	harness.OnServerFaces(t, func(t *testing.T, c faces.Face) {
		_, err := c.ClusterScan(ctx, glide.ScanStart)
		harness.RequireRefused(t, err)
	})
}

func TestSlotStatsTellHowMuchSlotsAreUsed(t *testing.T) {
	harness.Needs(t, "CLUSTER SLOT-STATS", "8.0", "")
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0), glidetest.WithConfig("cluster-slot-stats-enabled", "yes"))
	key := "key"
	slot := harness.Value(cluster.SlotForKey(key))(t)
	node := harness.Value(cluster.NodeForSlot(slot))(t)
	node.MustCommand(t, "SET", key, "value")
	onNode(t, node, func(t *testing.T, c nodeFace) {
		stats := harness.Value(c.ClusterSlotStats(ctx, glide.SlotRange{Start: slot, End: slot + 1}))(t)
		require.Len(t, stats, 2)
		require.Equal(t, slot, stats[0].Slot)
		require.EqualValues(t, 1, stats[0].Keys)
		require.GreaterOrEqual(t, stats[0].CPUTime, time.Duration(0))
		require.Positive(t, stats[0].BytesIn)
		require.Positive(t, stats[0].BytesOut)
		require.Equal(t, glide.SlotStats{Slot: slot + 1}, stats[1])

		for _, metric := range []glide.SlotMetric{glide.SlotKeys, glide.SlotBytesIn, glide.SlotBytesOut} {
			require.Equal(t, stats[:1], harness.Value(c.ClusterSlotStatsOrderedBy(ctx, metric, glide.MaxSlots(1)))(t))
		}
		require.Len(t, harness.Value(c.ClusterSlotStatsOrderedBy(ctx, glide.SlotCPUTime, glide.Descending, glide.MaxSlots(3)))(t), 3)
		all := harness.Value(c.ClusterSlotStatsOrderedBy(ctx, glide.SlotKeys, glide.Ascending))(t)
		require.Greater(t, len(all), 5000)
		require.Equal(t, slot, all[len(all)-1].Slot)
		_, err := c.ClusterSlotStatsOrderedBy(ctx, "nothing")
		harness.RequireCode(t, "ERR", err)
		_, err = c.ClusterSlotStatsOrderedBy(ctx, glide.SlotKeys, glide.MaxSlots(0))
		harness.RequireCode(t, "ERR", err)
		elsewhere := harness.Value(c.ClusterSlotStats(ctx, glide.SlotRange{Start: 0, End: 16383}))(t)
		require.Len(t, elsewhere, len(all), "those of other nodes are left out")
	})
}

func TestASlotIsMovedByHand(t *testing.T) {
	cluster := glidetest.StartCluster(t)
	const key = "key"
	slot := harness.Value(cluster.SlotForKey(key))(t)
	from := harness.Value(cluster.NodeForSlot(slot))(t)
	to := harness.Value(cluster.NodeForSlot((slot + 8000) % 16384))(t)
	require.NotEqual(t, from, to)
	from.MustCommand(t, "SET", key, "value")
	source, target := harness.Connect(t, from, harness.Patient), harness.Connect(t, to, harness.Patient)
	timeout := []glide.ClusterSetSlotOption{}
	if cluster.Version().AtLeast("8.0", "") {
		timeout = append(timeout, glide.SetSlotTimeout(10*time.Second))
	}
	myself := func(client *glide.Client) glide.ClusterNode {
		nodes := harness.Value(client.ClusterNodes(ctx))(t)
		return nodes[slices.IndexFunc(nodes, func(n glide.ClusterNode) bool { return n.Is("myself") })]
	}

	require.NoError(t, target.ClusterSetSlot(ctx, slot, glide.SlotImporting(from.NodeID()), timeout...))
	require.NoError(t, source.ClusterSetSlot(ctx, slot, glide.SlotMigrating(to.NodeID())))
	require.Equal(t, []glide.SlotTransfer{{Slot: slot, NodeID: from.NodeID()}}, myself(target).Importing)
	require.Equal(t, []glide.SlotTransfer{{Slot: slot, NodeID: to.NodeID()}}, myself(source).Migrating)
	require.NoError(t, source.ClusterSetSlot(ctx, slot, glide.SlotStable()))
	require.Empty(t, myself(source).Migrating)
	require.NoError(t, source.ClusterSetSlot(ctx, slot, glide.SlotMigrating(to.NodeID())))
	harness.RequireCode(t, "ERR", source.ClusterSetSlot(ctx, slot, glide.SlotMigrating("nobody")))
	harness.RequireCode(t, "ERR", source.ClusterSetSlot(ctx, slot, glide.SlotServedBy(to.NodeID()))) // there is a key left

	keys := harness.Value(source.ClusterGetKeysInSlot(ctx, slot, 10))(t)
	require.Equal(t, []string{key}, keys)
	require.True(t, harness.Value(source.Migrate(ctx, harness.AddressOf(to), 0, time.Minute, keys))(t))
	require.NoError(t, target.ClusterSetSlot(ctx, slot, glide.SlotServedBy(to.NodeID())))
	require.NoError(t, source.ClusterSetSlot(ctx, slot, glide.SlotServedBy(to.NodeID())))
	require.Contains(t, myself(target).Slots, glide.SlotRange{Start: slot, End: slot})
	require.Equal(t, glide.Some("value"), harness.Value(target.Get(ctx, key))(t))
}

func TestSlotsAreMovedByTheServers(t *testing.T) {
	harness.Needs(t, "CLUSTER MIGRATESLOTS", "9.0", "")
	cluster := glidetest.StartCluster(t)
	const key = "key"
	slot := harness.Value(cluster.SlotForKey(key))(t)
	from := harness.Value(cluster.NodeForSlot(slot))(t)
	to := harness.Value(cluster.NodeForSlot((slot + 8000) % 16384))(t)
	from.MustCommand(t, "SET", key, "value")
	client := harness.Connect(t, from, harness.Patient)
	slots := []glide.SlotRange{{Start: slot - 1, End: slot}, {Start: slot + 2, End: slot + 2}}

	require.Empty(t, harness.Value(client.ClusterGetSlotMigrations(ctx))(t))
	harness.RequireCode(t, "ERR", client.ClusterCancelSlotMigrations(ctx))
	harness.RequireCode(t, "ERR", client.ClusterMigrateSlots(ctx, glide.SlotsTo{NodeID: from.NodeID(), Slots: slots}))
	require.NoError(t, client.ClusterMigrateSlots(ctx, glide.SlotsTo{NodeID: to.NodeID(), Slots: slots}))
	var migration glide.SlotMigration
	require.Eventually(t, func() bool {
		migrations := harness.Value(client.ClusterGetSlotMigrations(ctx))(t)
		require.Len(t, migrations, 1)
		migration = migrations[0]
		return migration.Ended()
	}, harness.Patience, 10*time.Millisecond)
	require.Equal(t, "success", migration.State, migration.Message)
	require.Equal(t, "EXPORT", migration.Operation)
	require.Equal(t, slots, migration.Slots)
	require.Equal(t, from.NodeID(), migration.SourceNode)
	require.Equal(t, to.NodeID(), migration.TargetNode)
	require.Less(t, time.Since(migration.Created), time.Minute)
	require.False(t, migration.Updated.Before(migration.Created))
	require.False(t, migration.Acknowledged.Before(migration.Created))

	for _, p := range harness.Protocols {
		there := harness.Connect(t, to, harness.Patient, harness.Speaking(p.Protocol))
		imported := harness.Value(there.ClusterGetSlotMigrations(ctx))(t)
		require.Len(t, imported, 1)
		require.Equal(t, migration.Name, imported[0].Name)
		require.Equal(t, "IMPORT", imported[0].Operation)
		require.Equal(t, slots, imported[0].Slots)
	}
	there := harness.Connect(t, to, harness.Patient)
	require.Equal(t, glide.Some("value"), harness.Value(there.Get(ctx, key))(t))
	for _, options := range [][]glide.ClusterFlushSlotOption{nil, {glide.FlushAsync}, {glide.FlushSync}} {
		require.NoError(t, there.Set(ctx, key, "value"))
		require.EqualValues(t, 1, harness.Value(there.ClusterCountKeysInSlot(ctx, slot))(t))
		require.NoError(t, there.ClusterFlushSlot(ctx, slot, options...))
		require.Zero(t, harness.Value(there.ClusterCountKeysInSlot(ctx, slot))(t))
	}
}

func TestAMoveOfSlotsIsCancelled(t *testing.T) {
	harness.Needs(t, "CLUSTER CANCELSLOTMIGRATIONS", "9.0", "")
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	from, to := cluster.Nodes()[0], cluster.Nodes()[1]
	client := harness.Connect(t, from, harness.Patient)
	require.NoError(t, to.Pause()) // so that it does not go on
	defer func() { require.NoError(t, to.Resume()) }()
	require.NoError(t, client.ClusterMigrateSlots(ctx, glide.SlotsTo{NodeID: to.NodeID(), Slots: []glide.SlotRange{{Start: 0, End: 9}}}))
	require.NoError(t, client.ClusterCancelSlotMigrations(ctx))
	migrations := harness.Value(client.ClusterGetSlotMigrations(ctx))(t)
	require.Len(t, migrations, 1)
	require.Equal(t, "cancelled", migrations[0].State)
	require.True(t, migrations[0].Ended())
}
