package glide

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var _ = table(clusterNodeSendings)

func clusterNodeSendings() []sending {
	there := Address{Host: "10.0.0.1", Port: 7000}
	return []sending{
		sends(clusterBumpEpoch(), "CLUSTER BUMPEPOCH"),
		sends(clusterCountFailureReports("id"), "CLUSTER COUNT-FAILURE-REPORTS id"),
		sends(clusterFailover(), "CLUSTER FAILOVER"),
		sends(clusterFailover(ClusterFailoverForce), "CLUSTER FAILOVER FORCE"),
		sends(clusterFailover(ClusterFailoverTakeover), "CLUSTER FAILOVER TAKEOVER"),
		sends(clusterForget("id"), "CLUSTER FORGET id"),
		sends(clusterInfo(), "CLUSTER INFO"),
		sends(clusterLinks(), "CLUSTER LINKS"),
		sends(clusterMeet(there), "CLUSTER MEET 10.0.0.1 7000"),
		sends(clusterMeet(Address{Host: "::1"}, BusPort(7001)), "CLUSTER MEET ::1 6379 7001"),
		sends(clusterMyID(), "CLUSTER MYID"),
		sends(clusterMyShardID(), "CLUSTER MYSHARDID"),
		sends(clusterNodes(), "CLUSTER NODES"),
		sends(clusterReplicas("id"), "CLUSTER REPLICAS id"),
		sends(clusterReplicate("id"), "CLUSTER REPLICATE id"),
		sends(clusterReplicateNoOne(), "CLUSTER REPLICATE NO ONE"),
		sends(clusterReset(), "CLUSTER RESET"),
		sends(clusterReset(ClusterResetSoft), "CLUSTER RESET SOFT"),
		sends(clusterReset(ClusterResetHard), "CLUSTER RESET HARD"),
		sends(clusterSaveConfig(), "CLUSTER SAVECONFIG"),
		sends(clusterSetConfigEpoch(9), "CLUSTER SET-CONFIG-EPOCH 9"),
		sends(clusterShards(), "CLUSTER SHARDS"),
		sends(clusterSlots(), "CLUSTER SLOTS"),
	}
}

func TestClusterNodesSendTheirWords(t *testing.T) { testSendings(t, clusterNodeSendings()) }

func TestClusterNodesRefuse(t *testing.T) {
	testRefusals(t, []refusal{
		refuses(clusterFailover(ClusterFailoverForce, ClusterFailoverTakeover), "more than one mode"),
		refuses(clusterReset(ClusterResetHard, ClusterResetSoft), "more than one mode"),
		refuses(clusterMeet(Address{Port: 7000}), "no host"),
		refuses(clusterMeet(Address{Host: "h"}, BusPort(1), BusPort(2)), "more than one bus port"),
		refuses(clusterMeet(Address{Host: "h"}, nil), "nil option"),
	})
}

// The lines of a node that is busy with everything.
const (
	myselfLine  = "aaa 127.0.0.1:7000@17000 myself,master - 0 1795337981015 3 connected 0-99 200 300-300 [93-<-bbb] [77->-ccc]"
	replicaLine = "bbb fd00::1:7001@17001,host.example,shard-id=sss,next=a=b slave,fail? aaa 1795337981016 0 3 disconnected"
	unknownLine = "ccc :0@0 noflags - 0 0 0 disconnected"
	oldLine     = "ddd 127.0.0.1:7000,host handshake - 0 0 0 connected"
)

func TestClusterNodesReadTheirReplies(t *testing.T) {
	myself := ClusterNode{
		ID: "aaa", Address: Address{"127.0.0.1", 7000}, BusPort: 17000, Flags: []string{"myself", "master"},
		PongReceived: time.UnixMilli(1795337981015), ConfigEpoch: 3, Connected: true,
		Slots:     []SlotRange{{0, 99}, {200, 200}, {300, 300}},
		Importing: []SlotTransfer{{93, "bbb"}}, Migrating: []SlotTransfer{{77, "ccc"}},
	}
	replica := ClusterNode{
		ID: "bbb", Address: Address{"fd00::1", 7001}, BusPort: 17001, Hostname: "host.example", Flags: []string{"slave", "fail?"},
		PrimaryID: "aaa", PingSent: time.UnixMilli(1795337981016), ConfigEpoch: 3,
		Other: map[string]string{"shard-id": "sss", "next": "a=b"},
	}
	link := func(direction string) []byte {
		return mapReply(stringReply("direction"), stringReply(direction), stringReply("node"), stringReply("aaa"),
			stringReply("create-time"), intReply(1795337979160), stringReply("events"), stringReply("rw"),
			stringReply("send-buffer-allocated"), intReply(48), stringReply("send-buffer-used"), intReply(7), stringReply("next"), nilReply)
	}
	testReadings(t, []reading{
		reads("nodes", clusterNodes(), stringReply(strings.Join([]string{myselfLine, replicaLine, unknownLine, oldLine}, "\n")+"\n"), []ClusterNode{
			myself, replica, {ID: "ccc"},
			{ID: "ddd", Address: Address{"127.0.0.1", 7000}, Hostname: "host", Flags: []string{"handshake"}, Connected: true},
		}),
		reads("replicas", clusterReplicas("aaa"), arrayReply(stringReply(replicaLine)), []ClusterNode{replica}),
		reads("no replicas", clusterReplicas("aaa"), arrayReply(), []ClusterNode{}),
		reads("info", clusterInfo(), stringReply("cluster_state:ok\r\ncluster_slots_assigned:7\r\ncluster_slots_ok:4\r\ncluster_slots_pfail:2\r\n"+
			"cluster_slots_fail:1\r\ncluster_known_nodes:6\r\ncluster_size:3\r\ncluster_current_epoch:9\r\ncluster_my_epoch:8\r\n"+
			"cluster_stats_messages_ping_sent:10\r\ncluster_stats_messages_sent:11\r\ncluster_stats_messages_received:12\r\n"+
			"total_cluster_links_buffer_limit_exceeded:13\r\n"),
			ClusterInfo{true, 7, 4, 2, 1, 6, 3, 9, 8, 11, 12, 13, map[string]string{"cluster_stats_messages_ping_sent": "10"}}),
		reads("info of a cluster that is down", clusterInfo(), stringReply("cluster_state:fail\r\n"), ClusterInfo{}),
		reads("links of RESP3", clusterLinks(), arrayReply(link("from"), link("to")), []ClusterLink{
			{"aaa", true, time.UnixMilli(1795337979160), "rw", 48, 7}, {"aaa", false, time.UnixMilli(1795337979160), "rw", 48, 7},
		}),
		reads("links of RESP2", clusterLinks(), arrayReply(arrayReply(stringReply("node"), stringReply("aaa"), stringReply("direction"), stringReply("to"))),
			[]ClusterLink{{NodeID: "aaa"}}),
		reads("a new epoch", clusterBumpEpoch(), stringReply("BUMPED 7"), BumpedEpoch{7, true}),
		reads("the epoch as it was", clusterBumpEpoch(), stringReply("STILL 6"), BumpedEpoch{6, false}),
	})
}

func TestClusterShardsReadTheirReplies(t *testing.T) {
	names := mapReply(stringReply("ip"), stringReply("10.0.0.1"), stringReply("hostname"), stringReply("host"),
		stringReply("availability-zone"), stringReply("z"), stringReply("next"), nilReply)
	testReadings(t, []reading{
		reads("shards of RESP3", clusterShards(),
			arrayReply(mapReply(
				stringReply("slots"), arrayReply(intReply(0), intReply(5460), intReply(7000), intReply(7000)),
				stringReply("nodes"), arrayReply(mapReply(
					stringReply("id"), stringReply("aaa"), stringReply("port"), intReply(7000), stringReply("tls-port"), intReply(7100),
					stringReply("ip"), stringReply("10.0.0.1"), stringReply("endpoint"), stringReply("?"), stringReply("hostname"), stringReply("host"),
					stringReply("role"), stringReply("master"), stringReply("replication-offset"), intReply(42),
					stringReply("health"), stringReply("online"), stringReply("availability-zone"), stringReply("z"), stringReply("next"), nilReply)),
				stringReply("id"), stringReply("sss"), stringReply("next"), arrayReply())),
			[]ClusterShard{{"sss", []SlotRange{{0, 5460}, {7000, 7000}}, []ClusterShardNode{
				{"aaa", "?", "10.0.0.1", "host", 7000, 7100, "master", 42, "online", "z"},
			}}}),
		reads("shards of RESP2", clusterShards(),
			arrayReply(arrayReply(stringReply("slots"), arrayReply(),
				stringReply("nodes"), arrayReply(arrayReply(stringReply("id"), stringReply("aaa"), stringReply("endpoint"), nilReply)))),
			[]ClusterShard{{Slots: []SlotRange{}, Nodes: []ClusterShardNode{{ID: "aaa"}}}}),
		reads("slots of RESP3", clusterSlots(),
			arrayReply(arrayReply(intReply(0), intReply(5460),
				arrayReply(stringReply("10.0.0.1"), intReply(7000), stringReply("aaa"), mapReply()),
				arrayReply(nilReply, intReply(7001), stringReply("bbb"), names, nilReply))),
			[]ClusterSlots{{SlotRange{0, 5460}, []ClusterSlotsNode{
				{ID: "aaa", Endpoint: "10.0.0.1", Port: 7000}, {"bbb", "", 7001, "10.0.0.1", "host", "z"},
			}}}),
		reads("slots of RESP2", clusterSlots(),
			arrayReply(arrayReply(intReply(0), intReply(0), arrayReply(stringReply("?"), intReply(7000), stringReply("aaa"),
				arrayReply(stringReply("ip"), stringReply("10.0.0.1"))))),
			[]ClusterSlots{{SlotRange{0, 0}, []ClusterSlotsNode{{ID: "aaa", Endpoint: "?", Port: 7000, IP: "10.0.0.1"}}}}),
		reads("slots of version 6.2", clusterSlots(),
			arrayReply(arrayReply(intReply(0), intReply(0), arrayReply(stringReply("10.0.0.1"), intReply(7000), stringReply("aaa")))),
			[]ClusterSlots{{SlotRange{0, 0}, []ClusterSlotsNode{{ID: "aaa", Endpoint: "10.0.0.1", Port: 7000}}}}),
		reads("no slots", clusterSlots(), arrayReply(), []ClusterSlots{}),
	})
}

func TestClustersOfAnotherFormAreUnexpected(t *testing.T) {
	for _, line := range []string{
		"", "\n", "aaa 127.0.0.1:7000@17000 master - 0 0 0",
		"aaa 127.0.0.1 master - 0 0 0 connected", "aaa 127.0.0.1:x@1 master - 0 0 0 connected", "aaa 127.0.0.1:1@x master - 0 0 0 connected",
		"aaa h:1@1 master - x 0 0 connected", "aaa h:1@1 master - 0 0 x connected",
		"aaa h:1@1 master - 0 0 0 connected x", "aaa h:1@1 master - 0 0 0 connected 1-x", "aaa h:1@1 master - 0 0 0 connected 1-2-3",
		"aaa h:1@1 master - 0 0 0 connected [1]", "aaa h:1@1 master - 0 0 0 connected [x-<-bbb]", "aaa h:1@1 master - 0 0 0 connected [",
	} {
		_, err := define(clusterReplicas("aaa")).reply(arrayReply(stringReply(line)))
		require.ErrorIs(t, err, ErrUnexpectedReply, line)
	}
	for _, text := range []string{"cluster_state", "cluster_size:x", "cluster_size:", "\r\n"} {
		_, err := define(clusterInfo()).reply(stringReply(text))
		require.ErrorIs(t, err, ErrUnexpectedReply, text)
	}
	for _, text := range []string{"", "BUMPED", "STILL x", "SUNK 7"} {
		_, err := define(clusterBumpEpoch()).reply(stringReply(text))
		require.ErrorIs(t, err, ErrUnexpectedReply, text)
	}
	for _, slots := range [][]byte{
		arrayReply(), arrayReply(intReply(0)), arrayReply(intReply(0), nilReply), arrayReply(intReply(0), intReply(0), nilReply),
		arrayReply(intReply(0), intReply(0), arrayReply(nilReply, intReply(0))),
		arrayReply(intReply(0), intReply(0), arrayReply(nilReply, intReply(0), nilReply, nilReply)),
	} {
		_, err := define(clusterSlots()).reply(arrayReply(slots))
		require.ErrorIs(t, err, ErrUnexpectedReply)
	}
	for _, slots := range [][]byte{nilReply, arrayReply(intReply(0)), arrayReply(intReply(0), nilReply)} {
		_, err := define(clusterShards()).reply(arrayReply(mapReply(stringReply("slots"), slots)))
		require.ErrorIs(t, err, ErrUnexpectedReply)
	}
}
