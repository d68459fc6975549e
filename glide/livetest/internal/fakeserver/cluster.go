package fakeserver

import (
	"sync"
	"testing"
)

// Cluster is fake servers that agree on who serves which slot.
type Cluster struct {
	Servers []*Server

	mutex  sync.Mutex
	ranges []Range
}

// StartCluster starts servers that serve equal parts of the slots, in their
// order, and ends them with the test.
func StartCluster(tb testing.TB, servers int, options ...Option) *Cluster {
	tb.Helper()
	c := &Cluster{}
	for range servers {
		server := Start(tb, options...)
		server.Handle("CLUSTER SLOTS", func(*Conn, []string) string { return c.Slots() })
		c.Servers = append(c.Servers, server)
	}
	var ranges []Range
	for i, server := range c.Servers {
		ranges = append(ranges, Range{16384 * i / servers, 16384*(i+1)/servers - 1, []Node{server.Node()}})
	}
	c.SetSlots(ranges...)
	return c
}

// Node is the server in CLUSTER SLOTS, by its address.
func (s *Server) Node() Node { return Node{Bulk(s.Host()), s.Port()} }

// SetSlots changes what the servers reply to CLUSTER SLOTS.
func (c *Cluster) SetSlots(ranges ...Range) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.ranges = ranges
}

// Slots is what the servers reply to CLUSTER SLOTS.
func (c *Cluster) Slots() string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return Slots(c.ranges...)
}

// Count is how often a command arrived at any of the servers.
func (c *Cluster) Count(command string) (sum int) {
	for _, server := range c.Servers {
		sum += server.Count(command)
	}
	return sum
}
