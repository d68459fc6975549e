package commands_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// theCluster returns the shared cluster, in which every node has a replica.
func theCluster(t *testing.T) *glidetest.Cluster {
	t.Helper()
	cluster, err := testkit.SharedCluster()
	require.NoError(t, err)
	return cluster
}

// A nodeFace has what only a client of one node has.
type nodeFace interface {
	ClusterCountFailureReports(ctx context.Context, nodeID string) (int64, error)
	ClusterLinks(ctx context.Context) ([]glide.ClusterLink, error)
	ClusterMyID(ctx context.Context) (string, error)
	ClusterMyShardID(ctx context.Context) (string, error)
	ClusterSaveConfig(ctx context.Context) error
	ClusterSetSlot(ctx context.Context, slot int, state glide.SlotState, options ...glide.ClusterSetSlotOption) error
	ClusterSlotStats(ctx context.Context, slots glide.SlotRange) ([]glide.SlotStats, error)
	ClusterSlotStatsOrderedBy(ctx context.Context, metric glide.SlotMetric, options ...glide.ClusterSlotStatsOption) ([]glide.SlotStats, error)
}

// onNode runs a test with each protocol on a client of one node, and through a
// transaction and a pipeline for each command.
func onNode(t *testing.T, node *glidetest.Server, test func(t *testing.T, c nodeFace), changes ...func(*glide.Config)) {
	t.Helper()
	for _, p := range harness.Protocols {
		client := harness.Connect(t, node, append(changes, harness.Patient, harness.Speaking(p.Protocol))...)
		for name, face := range map[string]nodeFace{
			"client":      client,
			"transaction": faces.Transaction{Face: client, Client: client},
			"pipeline":    faces.Pipeline{Face: client},
		} {
			t.Run(name+" "+p.Name, func(t *testing.T) { test(t, face) })
		}
	}
}

// alsoReplica lets a client connect to a node that may be a replica.
func alsoReplica(config *glide.Config) { config.ReadOnly = true }

func TestClusterInfoTellsTheStateOfTheCluster(t *testing.T) {
	harness.OnClusterFaces(t, func(t *testing.T, c faces.Face) {
		info := harness.Value(c.ClusterInfo(ctx))(t)
		require.True(t, info.OK)
		require.EqualValues(t, 16384, info.SlotsAssigned)
		require.EqualValues(t, 16384, info.SlotsOK)
		require.Zero(t, info.SlotsPFail+info.SlotsFail)
		require.EqualValues(t, 6, info.KnownNodes)
		require.EqualValues(t, 3, info.Size)
		require.GreaterOrEqual(t, info.CurrentEpoch, info.MyEpoch)
		require.Positive(t, info.MyEpoch)
		require.Positive(t, info.MessagesSent)
		require.Positive(t, info.MessagesReceived)
		require.Contains(t, info.Other, "cluster_stats_messages_ping_sent")
	})
}

func TestClusterNodesDescribesEachNode(t *testing.T) {
	cluster := theCluster(t)
	harness.OnClusterFaces(t, func(t *testing.T, c faces.Face) {
		nodes := harness.Value(c.ClusterNodes(ctx))(t)
		require.Len(t, nodes, 6)
		slots, myself := 0, 0
		for _, server := range cluster.Nodes() {
			i := slices.IndexFunc(nodes, func(n glide.ClusterNode) bool { return n.ID == server.NodeID() })
			node := nodes[i]
			require.Equal(t, harness.AddressOf(server), node.Address)
			require.Equal(t, server.Port()+10000, node.BusPort)
			require.True(t, node.Connected)
			require.Positive(t, node.ConfigEpoch)
			require.NotEqual(t, node.Is("master"), node.Is("slave"))
			require.Equal(t, node.Is("slave"), node.PrimaryID != "")
			require.Equal(t, node.Is("master"), len(node.Slots) > 0)
			for _, s := range node.Slots {
				slots += s.End - s.Start + 1
			}
			if node.Is("myself") {
				myself++
			} else {
				require.Less(t, time.Since(node.PongReceived), time.Hour)
			}
		}
		require.Equal(t, 16384, slots)
		require.Equal(t, 1, myself)
	})
}

func TestClusterReplicasDescribesThoseOfAPrimary(t *testing.T) {
	cluster := theCluster(t)
	primary := harness.Value(cluster.Primaries())(t)[0]
	replica := harness.Value(cluster.Replicas(primary))(t)[0]
	harness.OnClusterFaces(t, func(t *testing.T, c faces.Face) {
		replicas := harness.Value(c.ClusterReplicas(ctx, primary.NodeID()))(t)
		require.Len(t, replicas, 1)
		require.Equal(t, replica.NodeID(), replicas[0].ID)
		require.Equal(t, primary.NodeID(), replicas[0].PrimaryID)
		require.Equal(t, harness.AddressOf(replica), replicas[0].Address)
		_, err := c.ClusterReplicas(ctx, replica.NodeID())
		harness.RequireCode(t, "ERR", err)
		_, err = c.ClusterReplicas(ctx, "nobody")
		harness.RequireCode(t, "ERR", err)
	})
}

func TestClusterShardsAndSlotsTellWhoServesWhat(t *testing.T) {
	cluster := theCluster(t)
	harness.OnClusterFaces(t, func(t *testing.T, c faces.Face) {
		byRange := map[glide.SlotRange][]string{}
		slots := harness.Value(c.ClusterSlots(ctx))(t)
		require.Len(t, slots, 3)
		for _, s := range slots {
			require.Len(t, s.Nodes, 2)
			primary := harness.Value(cluster.NodeForSlot(s.Start))(t)
			require.Equal(t, glide.ClusterSlotsNode{ID: primary.NodeID(), Endpoint: primary.Host(), Port: primary.Port()}, s.Nodes[0])
			for _, node := range s.Nodes {
				byRange[s.SlotRange] = append(byRange[s.SlotRange], node.ID)
			}
		}

		harness.Needs(t, "CLUSTER SHARDS", "7.0", "7.0")
		shards := harness.Value(c.ClusterShards(ctx))(t)
		require.Len(t, shards, 3)
		for _, shard := range shards {
			require.Len(t, shard.Slots, 1)
			ids, roles := []string{}, []string{}
			for _, node := range shard.Nodes {
				ids, roles = append(ids, node.ID), append(roles, node.Role)
				require.Equal(t, "127.0.0.1", node.Endpoint)
				require.Equal(t, "127.0.0.1", node.IP)
				require.Positive(t, node.Port)
				require.Zero(t, node.TLSPort)
				require.Equal(t, "online", node.Health)
				require.Positive(t, node.ReplicationOffset)
			}
			require.ElementsMatch(t, byRange[shard.Slots[0]], ids)
			require.ElementsMatch(t, []string{"master", "replica"}, roles)
			if cluster.Version().AtLeast("9.1", "") {
				require.Len(t, shard.ID, 40)
			}
		}
	})
}

func TestANodeTellsItsNamesAndZone(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0),
		glidetest.WithConfig("cluster-announce-hostname", "host.example"))
	if !cluster.Version().AtLeast("7.0", "7.0") {
		t.Skipf("%s lacks hostnames", cluster.Version())
	}
	if cluster.Version().AtLeast("9.1", "") {
		for _, node := range cluster.Nodes() {
			node.MustCommand(t, "CONFIG", "SET", "availability-zone", "here")
		}
	}
	client := harness.Connect(t, cluster.Nodes()[0], harness.Patient)
	require.Eventually(t, func() bool {
		return !slices.ContainsFunc(harness.Value(client.ClusterNodes(ctx))(t), func(n glide.ClusterNode) bool { return n.Hostname != "host.example" })
	}, harness.Patience, 10*time.Millisecond)
	for _, shard := range harness.Value(client.ClusterShards(ctx))(t) {
		require.Equal(t, "host.example", shard.Nodes[0].Hostname)
		require.Equal(t, "127.0.0.1", shard.Nodes[0].Endpoint)
	}
	for _, slots := range harness.Value(client.ClusterSlots(ctx))(t) {
		require.Equal(t, "host.example", slots.Nodes[0].Hostname)
	}
	for _, node := range cluster.Nodes() {
		node.MustCommand(t, "CONFIG", "SET", "cluster-preferred-endpoint-type", "hostname")
	}
	for _, slots := range harness.Value(client.ClusterSlots(ctx))(t) {
		require.Equal(t, "host.example", slots.Nodes[0].Endpoint)
		require.Equal(t, "127.0.0.1", slots.Nodes[0].IP)
	}
	cluster.Nodes()[0].MustCommand(t, "CONFIG", "SET", "cluster-preferred-endpoint-type", "unknown-endpoint")
	for _, slots := range harness.Value(client.ClusterSlots(ctx))(t) {
		require.Empty(t, slots.Nodes[0].Endpoint)
	}
	require.Empty(t, harness.Value(client.ClusterShards(ctx))(t)[0].Nodes[0].Endpoint)
	if cluster.Version().AtLeast("9.1", "") {
		require.Eventually(t, func() bool {
			return harness.Value(client.ClusterShards(ctx))(t)[0].Nodes[0].AvailabilityZone == "here" &&
				harness.Value(client.ClusterSlots(ctx))(t)[0].Nodes[0].AvailabilityZone == "here"
		}, harness.Patience, 10*time.Millisecond)
	}
}

func TestANodeKnowsItself(t *testing.T) {
	cluster := theCluster(t)
	primary := harness.Value(cluster.Primaries())(t)[1]
	replica := harness.Value(cluster.Replicas(primary))(t)[0]
	for _, node := range []*glidetest.Server{primary, replica} {
		onNode(t, node, func(t *testing.T, c nodeFace) {
			require.Equal(t, node.NodeID(), harness.Value(c.ClusterMyID(ctx))(t))
			require.Zero(t, harness.Value(c.ClusterCountFailureReports(ctx, primary.NodeID()))(t))
			_, err := c.ClusterCountFailureReports(ctx, "nobody")
			harness.RequireCode(t, "ERR", err)
			require.NoError(t, c.ClusterSaveConfig(ctx))

			harness.Needs(t, "CLUSTER LINKS", "7.0", "7.0")
			links := harness.Value(c.ClusterLinks(ctx))(t)
			require.Len(t, links, 10, "two with each of the others")
			incoming := 0
			for _, link := range links {
				require.NotEqual(t, node.NodeID(), link.NodeID)
				require.Less(t, time.Since(link.Created), time.Hour)
				require.Contains(t, link.Events, "r")
				if link.Incoming {
					incoming++
				}
			}
			require.Equal(t, 5, incoming)

			harness.Needs(t, "CLUSTER MYSHARDID", "7.2", "7.2")
			require.Equal(t, primary.MustCommand(t, "CLUSTER", "MYSHARDID"), harness.Value(c.ClusterMyShardID(ctx))(t))
		}, alsoReplica)
	}
}

func TestAServerThatIsNoClusterSaysSo(t *testing.T) {
	harness.OnServerFaces(t, func(t *testing.T, c faces.Face) {
		_, err := c.ClusterInfo(ctx)
		harness.RequireRefused(t, err)
		_, err = c.ClusterNodes(ctx)
		harness.RequireRefused(t, err)
	})
}

// awaitNodes waits until a node sees so many nodes that it is connected with.
func awaitNodes(t *testing.T, client *glide.Client, count int) {
	t.Helper()
	require.Eventually(t, func() bool {
		nodes := harness.Value(client.ClusterNodes(ctx))(t)
		return len(nodes) == count && !slices.ContainsFunc(nodes, func(n glide.ClusterNode) bool {
			return n.Is("handshake") || !n.Connected && !n.Is("myself")
		})
	}, harness.Patience, 20*time.Millisecond)
}

// lonelyNodes starts nodes that do not know each other.
func lonelyNodes(t *testing.T, count int) (nodes []*glidetest.Server, clients []*glide.Client) {
	t.Helper()
	for range count {
		node := glidetest.Start(t, glidetest.WithConfig("cluster-enabled", "yes"), glidetest.WithConfig("cluster-node-timeout", "2000"))
		nodes, clients = append(nodes, node), append(clients, harness.Connect(t, node, harness.Patient))
	}
	return nodes, clients
}

func TestAClusterIsMadeByHand(t *testing.T) {
	nodes, clients := lonelyNodes(t, 2)
	primary, replica := clients[0], clients[1]
	id := harness.Value(primary.ClusterMyID(ctx))(t)

	require.NoError(t, primary.ClusterSetConfigEpoch(ctx, 7))
	harness.RequireCode(t, "ERR", primary.ClusterSetConfigEpoch(ctx, 8))
	require.NoError(t, replica.ClusterSetConfigEpoch(ctx, 9))
	require.NoError(t, primary.ClusterMeet(ctx, harness.AddressOf(nodes[1]), glide.BusPort(nodes[1].Port()+10000)))
	harness.RequireCode(t, "ERR", primary.ClusterMeet(ctx, glide.Address{Host: "no address"}))
	awaitNodes(t, primary, 2)
	awaitNodes(t, replica, 2)
	require.Eventually(t, func() bool { return harness.Value(primary.ClusterInfo(ctx))(t).CurrentEpoch == 9 }, harness.Patience, 10*time.Millisecond)
	bumped := harness.Value(primary.ClusterBumpEpoch(ctx))(t)
	require.Equal(t, glide.BumpedEpoch{Epoch: 10, Bumped: true}, bumped)
	require.Equal(t, glide.BumpedEpoch{Epoch: 10}, harness.Value(primary.ClusterBumpEpoch(ctx))(t))

	require.NoError(t, primary.ClusterAddSlots(ctx, 0, 1, 2))
	harness.RequireCode(t, "ERR", primary.ClusterAddSlots(ctx, 3, 2))
	require.EqualValues(t, 3, harness.Value(primary.ClusterInfo(ctx))(t).SlotsAssigned)
	require.False(t, harness.Value(primary.ClusterInfo(ctx))(t).OK, "slots are missing")
	require.NoError(t, primary.ClusterDelSlots(ctx, 1))
	harness.RequireCode(t, "ERR", primary.ClusterDelSlots(ctx, 1))
	require.EqualValues(t, 2, harness.Value(primary.ClusterInfo(ctx))(t).SlotsAssigned)
	require.NoError(t, primary.ClusterFlushSlots(ctx))
	if nodes[0].Version().AtLeast("7.0", "7.0") {
		require.NoError(t, primary.ClusterAddSlotsRange(ctx, glide.SlotRange{Start: 0, End: 99}, glide.SlotRange{Start: 100, End: 16383}))
		require.NoError(t, primary.ClusterDelSlotsRange(ctx, glide.SlotRange{Start: 5, End: 6}, glide.SlotRange{Start: 9, End: 9}))
		require.NoError(t, primary.ClusterAddSlots(ctx, 5, 6, 9))
	} else {
		slots := make([]int, 16384)
		for i := range slots {
			slots[i] = i
		}
		require.NoError(t, primary.ClusterAddSlots(ctx, slots...))
	}
	require.Eventually(t, func() bool { return harness.Value(primary.ClusterInfo(ctx))(t).OK }, harness.Patience, 10*time.Millisecond)

	harness.RequireCode(t, "ERR", replica.ClusterReplicate(ctx, "nobody"))
	require.NoError(t, replica.ClusterReplicate(ctx, id))
	require.Eventually(t, func() bool { return len(harness.Value(primary.ClusterReplicas(ctx, id))(t)) == 1 }, harness.Patience, 10*time.Millisecond)
	harness.RequireCode(t, "ERR", primary.ClusterFailover(ctx))   // a primary
	harness.RequireCode(t, "ERR", replica.ClusterForget(ctx, id)) // its primary

	// Back to what it was.
	if nodes[0].Version().AtLeast("9.0", "") {
		require.NoError(t, replica.ClusterReplicateNoOne(ctx))
		require.Eventually(t, func() bool { return len(harness.Value(primary.ClusterReplicas(ctx, id))(t)) == 0 }, harness.Patience, 10*time.Millisecond)
	}
	require.NoError(t, replica.ClusterReset(ctx))
	forgotten := harness.Value(replica.ClusterMyID(ctx))(t)
	require.NoError(t, primary.ClusterForget(ctx, forgotten))
	harness.RequireCode(t, "ERR", primary.ClusterForget(ctx, strings.Repeat("0", 40)))
	awaitNodes(t, primary, 1)
	require.NoError(t, replica.ClusterReset(ctx, glide.ClusterResetSoft))
	require.Equal(t, forgotten, harness.Value(replica.ClusterMyID(ctx))(t))
	require.NoError(t, replica.ClusterReset(ctx, glide.ClusterResetHard))
	require.NotEqual(t, forgotten, harness.Value(replica.ClusterMyID(ctx))(t))
}

func TestAReplicaTakesOver(t *testing.T) {
	cluster := glidetest.StartCluster(t)
	for i, options := range [][]glide.ClusterFailoverOption{nil, {glide.ClusterFailoverForce}, {glide.ClusterFailoverTakeover}} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			primary := harness.Value(cluster.Primaries())(t)[0]
			replica := harness.Value(cluster.Replicas(primary))(t)[0]
			client := harness.Connect(t, replica, harness.Patient, alsoReplica)
			require.NoError(t, client.ClusterFailover(ctx, options...))
			require.Eventually(t, func() bool {
				nodes := harness.Value(client.ClusterNodes(ctx))(t)
				return slices.ContainsFunc(nodes, func(n glide.ClusterNode) bool { return n.Is("myself") && n.Is("master") && len(n.Slots) > 0 })
			}, harness.Patience, 20*time.Millisecond)
			require.NoError(t, cluster.AwaitOK(ctx))
		})
	}
}
