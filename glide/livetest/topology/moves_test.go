package topology_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// moves is how many slots are moved, but for -short.
var moves = flag.Int("moves", 10_000, "how many slots TestSlotMovesLeaveNothingBehind moves")

// A mover moves empty slots between the nodes of a cluster, many at a time.
type mover struct {
	nodes []*glidetest.Server
	raw   []*harness.Raw
	owner [harness.Slots]int
}

func newMover(t *testing.T, nodes []*glidetest.Server) *mover {
	t.Helper()
	m := &mover{nodes: nodes}
	for _, node := range nodes {
		m.raw = append(m.raw, harness.DialRaw(t, node))
	}
	for i := range nodes {
		for slot := harness.Slots * i / len(nodes); slot < harness.Slots*(i+1)/len(nodes); slot++ {
			m.owner[slot] = i
		}
	}
	return m
}

// move returns slots to one node.
func (m *mover) move(slots []int, to int) error {
	// The new owner takes a new epoch with each slot and is the first to know,
	// so that no other node's word is newer.
	var errs []error
	for _, slot := range slots {
		if m.owner[slot] == to {
			continue
		}
		number := strconv.Itoa(slot)
		errs = append(errs,
			m.raw[to].Send("CLUSTER", "SETSLOT", number, "IMPORTING", m.nodes[m.owner[slot]].NodeID()),
			m.raw[to].Send("CLUSTER", "SETSLOT", number, "NODE", m.nodes[to].NodeID()))
	}
	errs = append(errs, m.raw[to].ReceiveAll())
	for i, raw := range m.raw {
		if i == to {
			continue
		}
		for _, slot := range slots {
			if m.owner[slot] != to {
				errs = append(errs, raw.Send("CLUSTER", "SETSLOT", strconv.Itoa(slot), "NODE", m.nodes[to].NodeID()))
			}
		}
		errs = append(errs, raw.ReceiveAll())
	}
	for _, slot := range slots {
		m.owner[slot] = to
	}
	return errors.Join(errs...)
}

// connections is how many connections each node has from clients of this name.
func connections(t *testing.T, nodes []*glidetest.Server, name string) (counts []int) {
	t.Helper()
	for _, node := range nodes {
		n := 0
		for _, client := range harness.ClientsOf(t, node) {
			if client["name"] == name {
				n++
			}
		}
		counts = append(counts, n)
	}
	return counts
}

func sum(counts []int) (total int) {
	for _, n := range counts {
		total += n
	}
	return total
}

func TestSlotMovesLeaveNothingBehind(t *testing.T) {
	n := *moves
	if testing.Short() {
		n = min(n, 1000)
	}
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	nodes := cluster.Nodes()
	client := harness.ConnectCluster(t, glide.ClusterConfig{
		Addresses: harness.AddressesOf(nodes...), ClientName: "follower", RequestTimeout: 5 * time.Second,
	})
	// No slot is ever without an owner, so no caller notices.
	read := func(int) error { _, err := client.Get(ctx, harness.KeyOfSlot(rand.IntN(harness.Slots))); return err }
	load := testkit.StartLoad(16, read)
	t.Cleanup(load.End)
	time.Sleep(300 * time.Millisecond)
	before, goroutines, sockets := connections(t, nodes, "follower"), runtime.NumGoroutine(), harness.Sockets()

	m := newMover(t, nodes)
	begun := time.Now()
	const atOnce = 50
	for moved := 0; moved < n; moved += atOnce {
		to := rand.IntN(len(nodes))
		var slots []int
		for len(slots) < atOnce {
			if slot := rand.IntN(harness.Slots); m.owner[slot] != to && !slices.Contains(slots, slot) {
				slots = append(slots, slot)
			}
		}
		require.NoError(t, m.move(slots, to))
	}
	t.Logf("%d slots moved in %v: %v", n, time.Since(begun), load)
	require.NoError(t, cluster.AwaitOK(ctx))
	load.AwaitSuccess(t, harness.Patience)
	load.End()
	require.Empty(t, load.Errs(), "callers are not to notice")

	// All slots are found at their new nodes.
	for slot := range 500 {
		_, err := client.Get(ctx, harness.KeyOfSlot(slot*32))
		require.NoError(t, err)
	}
	for _, raw := range m.raw {
		raw.Close()
	}
	require.Eventually(t, func() bool { return sum(connections(t, nodes, "follower")) <= sum(before) }, 10*time.Second, 100*time.Millisecond,
		"connections before: %v, after: %v", before, connections(t, nodes, "follower"))
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines }, 10*time.Second, 100*time.Millisecond)
	require.Eventually(t, func() bool { return harness.Sockets() <= sockets }, 10*time.Second, 100*time.Millisecond)
}

func TestConnectionsOfNodesThatLeaveAreClosed(t *testing.T) {
	t.Parallel()
	cluster := fakeserver.StartCluster(t, 3)
	client := harness.ConnectCluster(t, glide.ClusterConfig{Addresses: harness.AddressesOf(cluster.Servers...), RequestTimeout: 5 * time.Second})
	load := testkit.StartLoad(4, func(int) error { _, err := client.Get(ctx, harness.KeyOfSlot(rand.IntN(harness.Slots))); return err })
	t.Cleanup(load.End)
	load.AwaitSuccess(t, harness.Patience)
	time.Sleep(100 * time.Millisecond)
	current := append([]*fakeserver.Server{}, cluster.Servers...)
	var gone []*fakeserver.Server
	var most int
	// What every node, gone or not, knows of who has which slot.
	var owners atomic.Pointer[[]fakeserver.Range]
	redirect := func(c *fakeserver.Conn, args []string) string {
		slot := harness.SlotOfKey(args[1])
		for _, r := range *owners.Load() {
			if r.First <= slot && slot <= r.Last && r.Nodes[0].Port != c.Server.Port() {
				return fakeserver.Error(fmt.Sprintf("MOVED %d 127.0.0.1:%d", slot, r.Nodes[0].Port))
			}
		}
		return fakeserver.Default
	}
	for range 30 {
		// The oldest node leaves and a new one takes over its slots.
		leaving := current[0]
		joining := fakeserver.Start(t)
		joining.Handle("CLUSTER SLOTS", func(*fakeserver.Conn, []string) string { return cluster.Slots() })
		current = append(current[1:], joining)
		var ranges []fakeserver.Range
		for i, server := range current {
			ranges = append(ranges, fakeserver.Range{First: harness.Slots * i / 3, Last: harness.Slots*(i+1)/3 - 1, Nodes: []fakeserver.Node{server.Node()}})
		}
		owners.Store(&ranges)
		cluster.SetSlots(ranges...)
		for _, server := range append([]*fakeserver.Server{leaving}, current...) {
			server.Refuse("GET", redirect)
		}
		gone = append(gone, leaving)
		require.Eventually(t, func() bool { return joining.Count("GET") > 0 }, harness.Patience, time.Millisecond)
		open := 0
		for _, server := range append(gone, current...) {
			open += server.Connections()
		}
		most = max(most, open)
	}
	require.Eventually(t, func() bool {
		open := 0
		for _, server := range gone {
			open += server.Connections()
		}
		return open == 0
	}, 15*time.Second, 50*time.Millisecond, "connections to nodes that have left stay open")
	load.End()
	t.Logf("%v; %d connections at most", load, most)
	require.Empty(t, load.Errs())
	for _, server := range current {
		require.LessOrEqual(t, server.Connections(), 4)
	}
}
