package messages_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// otherPrimary returns a primary of a cluster that is not this one.
func otherPrimary(t *testing.T, cluster *glidetest.Cluster, not *glidetest.Server) *glidetest.Server {
	t.Helper()
	primaries, err := cluster.Primaries()
	require.NoError(t, err)
	for _, primary := range primaries {
		if primary != not {
			return primary
		}
	}
	require.Fail(t, "there is no other primary")
	return nil
}

func TestShardedSubscriptionsMoveWithTheirSlot(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	needsShards(t, cluster.Version())
	require.NoError(t, cluster.AwaitOK(ctx))
	moved := channels("moved")
	client := connectCluster(t, cluster, glide.Subscriptions{ShardedChannels: moved})
	owner, err := cluster.NodeForKey("moved")
	require.NoError(t, err)
	s := startStream(t, client, owner, "SPUBLISH", moved...)
	for range 4 {
		s.flows(t, harness.Patience)
		to := otherPrimary(t, cluster, owner)
		require.NoError(t, cluster.MigrateSlot(harness.SlotOfKey("moved"), to))
		s.moveTo(to)
		t.Logf("messages again after %v", s.flows(t, harness.Patience))
		for _, channel := range moved {
			require.EqualValues(t, 1, subscribersAt(t, to, "SHARDNUMSUB", channel))
			require.EqualValues(t, 0, subscribersAt(t, owner, "SHARDNUMSUB", channel))
		}
		owner = to
	}
	s.settle(t)
}

func TestShardedSubscriptionsFollowFailovers(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t)
	needsShards(t, cluster.Version())
	require.NoError(t, cluster.AwaitOK(ctx))
	followed := channels("followed")
	client := connectCluster(t, cluster, glide.Subscriptions{ShardedChannels: followed})
	first, err := cluster.NodeForKey("followed")
	require.NoError(t, err)
	s := startStream(t, client, first, "SPUBLISH", followed...)
	s.flows(t, harness.Patience)

	second, err := cluster.Failover(first)
	require.NoError(t, err)
	// What the former primary was still publishing comes to the new one over their
	// own connection, maybe only when the client is already subscribed there.
	s.allowLate()
	s.moveTo(second)
	t.Logf("planned: messages again after %v", s.flows(t, harness.Patience))

	require.NoError(t, second.Kill())
	third, err := cluster.Failover(second)
	require.NoError(t, err)
	s.moveTo(third)
	t.Logf("after a crash: messages again after %v", s.flows(t, harness.Patience))
	require.NoError(t, second.Restart())
	require.NoError(t, cluster.AwaitOK(ctx))
	s.flows(t, harness.Patience)
	s.settle(t)
}

// Messages of channels reach all nodes of a cluster, so nothing is lost when
// slots move or roles change: the subscriptions stay.
func TestChannelsLoseNothingWhenSlotsMoveAndRolesChange(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t)
	require.NoError(t, cluster.AwaitOK(ctx))
	staying := channels("staying")
	client := connectCluster(t, cluster, glide.Subscriptions{Channels: staying, Patterns: []string{"stay*", "{staying}*"}})
	owner, err := cluster.NodeForKey("staying")
	require.NoError(t, err)
	s := startStream(t, client, owner, "PUBLISH", staying...)
	s.flows(t, harness.Patience)
	for range 2 {
		to := otherPrimary(t, cluster, owner)
		require.NoError(t, cluster.MigrateSlot(harness.SlotOfKey("staying"), to))
		// A redirect tells the client.
		require.NoError(t, client.Set(ctx, "{staying}key", "value"))
		s.flows(t, harness.Patience)
		owner = to
	}
	_, err = cluster.Failover(s.at)
	require.NoError(t, err)
	time.Sleep(500 * time.Millisecond) // the client learns of it
	s.flows(t, harness.Patience)
	s.settle(t)
	s.requireNothingLost(t)
}

// A primary that hangs keeps its connections. The cluster promotes its replica,
// and the subscriptions leave; when it goes on, nothing comes twice.
func TestSubscriptionsLeaveAPrimaryThatHangs(t *testing.T) {
	kinds := map[string]func(names []string) glide.Subscriptions{
		"PUBLISH": func(names []string) glide.Subscriptions {
			return glide.Subscriptions{Channels: names, Patterns: []string{"hun[g]"}}
		},
		"SPUBLISH": func(names []string) glide.Subscriptions { return glide.Subscriptions{ShardedChannels: names} },
	}
	for command, subscriptions := range kinds {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			cluster := glidetest.StartCluster(t, glidetest.WithConfig("cluster-node-timeout", "1500"))
			needsShards(t, cluster.Version())
			require.NoError(t, cluster.AwaitOK(ctx))
			hung := channels("hung")
			client := connectCluster(t, cluster, subscriptions(hung))
			owner, err := cluster.NodeForKey("hung")
			require.NoError(t, err)
			replicas, err := cluster.Replicas(owner)
			require.NoError(t, err)
			s := startStream(t, client, owner, command, hung...)
			s.flows(t, harness.Patience)
			s.moveTo(replicas[0])
			require.NoError(t, owner.Pause())
			s.allowLate()
			t.Logf("messages again after %v", s.flows(t, harness.Patience))
			require.NoError(t, owner.Resume())
			time.Sleep(500 * time.Millisecond) // it catches up
			s.flows(t, harness.Patience)
			s.settle(t)
			numsub := map[string]string{"PUBLISH": "NUMSUB", "SPUBLISH": "SHARDNUMSUB"}[command]
			require.EqualValues(t, 0, subscribersAt(t, owner, numsub, "hung"), "the former primary still has a subscriber")
		})
	}
}

// isPrimary reports whether a server says so.
func isPrimary(t *testing.T, server *glidetest.Server) bool {
	t.Helper()
	return strings.Contains(server.MustCommand(t, "INFO", "REPLICATION").(string), "role:master")
}

// Standalone servers swap their roles, or a replica is promoted because the
// primary is lost: the subscriptions go to the new primary.
func TestSubscriptionsFollowThePrimaryOfStandaloneServers(t *testing.T) {
	promote := func(t *testing.T, replica *glidetest.Server) {
		t.Helper()
		replica.MustCommand(t, "REPLICAOF", "NO", "ONE")
	}
	faults := map[string]func(t *testing.T, s *stream, primary, replica *glidetest.Server){
		"role swap": func(t *testing.T, _ *stream, primary, replica *glidetest.Server) {
			primary.MustCommand(t, "FAILOVER", "TO", replica.Host(), strconv.Itoa(replica.Port()))
			require.Eventually(t, func() bool { return isPrimary(t, replica) && !isPrimary(t, primary) }, harness.Patience, time.Millisecond)
		},
		"killed": func(t *testing.T, _ *stream, primary, replica *glidetest.Server) {
			require.NoError(t, primary.Kill())
			promote(t, replica)
		},
		"hung": func(t *testing.T, s *stream, primary, replica *glidetest.Server) {
			s.moveTo(replica)
			require.NoError(t, primary.Pause())
			promote(t, replica)
		},
	}
	for fault, change := range faults {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			primary := glidetest.Start(t, glidetest.WithReplicas(1))
			replica := primary.Replicas()[0]
			require.Eventually(t, func() bool {
				return strings.Contains(primary.MustCommand(t, "INFO", "REPLICATION").(string), "state=online")
			}, harness.Patience, 5*time.Millisecond)
			client := connect(t, glide.Config{
				Addresses:     harness.AddressesOf(primary, replica),
				Subscriptions: glide.Subscriptions{Channels: channels("followed"), Patterns: []string{"followed*"}},
			})
			s := startStream(t, client, primary, "PUBLISH", channels("followed")...)
			s.flows(t, harness.Patience)
			require.EqualValues(t, 1, subscribersAt(t, primary, "NUMSUB", "followed"))
			change(t, s, primary, replica)
			s.moveTo(replica)
			if fault == "role swap" {
				// Nothing but a write that is refused reports it.
				require.NoError(t, client.Set(ctx, "key", "value"))
			}
			require.Eventually(t, func() bool { return subscribersAt(t, replica, "NUMSUB", "followed") == 1 }, harness.Patience, time.Millisecond)
			t.Logf("messages again after %v", s.flows(t, harness.Patience))
			if fault == "hung" {
				require.NoError(t, primary.Resume())
				time.Sleep(200 * time.Millisecond) // what was on its way to it arrives
			}
			if fault != "killed" {
				require.EqualValues(t, 0, subscribersAt(t, primary, "NUMSUB", "followed"))
			}
			s.settle(t)
		})
	}
}
