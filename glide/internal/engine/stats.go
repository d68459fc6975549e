package engine

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Stats are the statistics of a client.
type Stats struct {
	// Library are those of the library, by abi.Stat.
	Library [abi.StatCount]uint64
	// Rejected and TimedOut count the calls that failed so.
	Rejected, TimedOut int64
}

// Stats returns the client's statistics. Those of the library are zero when the
// client is closed.
func (c *Client) Stats() Stats {
	return Stats{
		Library:  c.engine.library.Stats(c.engine.handle, c.handle),
		Rejected: c.rejected.Load(),
		TimedOut: c.timedOut.Load(),
	}
}

// count counts the error of a call, and returns it.
func (c *Client) count(err error) error {
	if failure, ok := err.(*Failure); ok {
		switch {
		case failure.Outcome == abi.OutcomeInflightLimit:
			c.rejected.Add(1)
		case failure.Outcome == abi.OutcomeTimeout, failure.TimedOut:
			c.timedOut.Add(1)
		}
	} else if errors.Is(err, context.DeadlineExceeded) {
		c.timedOut.Add(1)
	}
	return err
}

// Node is the address of a node.
type Node struct {
	Host string
	Port int
}

// nodeNames are nodes by their numbers. Reading takes no lock.
type nodeNames struct {
	mu    sync.Mutex
	known atomic.Pointer[[]Node]
}

// Node returns the node that completions of the client name by a number. It is the
// zero Node if there is none.
func (c *Client) Node(number uint32) Node {
	if number == 0 {
		return Node{}
	}
	if known := c.nodes.known.Load(); known != nil && int(number) < len(*known) && (*known)[number] != (Node{}) {
		return (*known)[number]
	}
	return c.askForNode(number)
}

// askForNode asks the library for a node, and keeps what it says.
func (c *Client) askForNode(number uint32) Node {
	var replies abi.Replies
	c.engine.library.Node(c.engine.handle, c.handle, number, &replies)
	if replies.Empty() {
		return Node{} // the client is closed
	}
	var node Node
	if entry, _, ok := wire.NextEntry(replies.Bytes()); ok {
		node.Host, node.Port = wire.ReadNode(entry.Body)
	}
	c.engine.library.Release(c.engine.handle, replies.Owner())
	c.nodes.mu.Lock()
	defer c.nodes.mu.Unlock()
	var known []Node
	if before := c.nodes.known.Load(); before != nil {
		known = *before
	}
	next := make([]Node, max(len(known), int(number)+1))
	copy(next, known)
	next[number] = node
	c.nodes.known.Store(&next)
	return node
}
