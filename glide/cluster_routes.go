package glide

import (
	"context"
	"fmt"
	"math"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// NodeRoute selects one node of a cluster: [RandomNode], [PrimaryOfSlot],
// [ReplicaOfSlot], [PrimaryOfKey], [ReplicaOfKey] or [NodeAt].
type NodeRoute struct {
	route wire.Route
	err   error
}

// RandomNode selects a random node, which may be a replica.
var RandomNode = NodeRoute{route: wire.Route{Kind: wire.Random}}

// PrimaryOfSlot selects the primary that serves a slot, from 0 to 16383.
func PrimaryOfSlot(slot int) NodeRoute { return slotRoute(wire.SlotPrimary, slot) }

// ReplicaOfSlot selects a replica of the primary that serves a slot, from 0 to
// 16383, or the primary if it has no replica.
func ReplicaOfSlot(slot int) NodeRoute { return slotRoute(wire.SlotReplica, slot) }

// PrimaryOfKey selects the primary that serves the slot of key. The key need
// not exist.
func PrimaryOfKey(key string) NodeRoute {
	return slotRoute(wire.SlotPrimary, engine.SlotOfKey(key))
}

// ReplicaOfKey selects a replica of the primary that serves the slot of key,
// or the primary if it has no replica.
func ReplicaOfKey(key string) NodeRoute {
	return slotRoute(wire.SlotReplica, engine.SlotOfKey(key))
}

func slotRoute(kind wire.RouteKind, slot int) NodeRoute {
	if slot < 0 || slot >= engine.Slots {
		return NodeRoute{err: invalid("route", fmt.Sprintf("slot %d is not between 0 and %d", slot, engine.Slots-1))}
	}
	return NodeRoute{route: wire.Route{Kind: kind, Slot: uint16(slot)}}
}

// NodeAt selects the node at an address as the cluster announces it, in
// CLUSTER SLOTS or in the results of [ClusterClient.Nodes]. A node that the
// client does not know is an [ErrUnreachable].
func NodeAt(address Address) NodeRoute {
	host, port := address.orDefault()
	if port < 0 || port > math.MaxUint16 {
		return NodeRoute{err: invalid("route", fmt.Sprintf("port %d is out of range", port))}
	}
	return NodeRoute{route: wire.Route{Kind: wire.NodeAddress, Host: host, Port: uint16(port)}}
}

// Node runs all commands on one node of a cluster, regardless of their keys,
// and returns the results of that node. A node that does not serve the slot of
// a key redirects the command, and the client follows.
type Node struct {
	serverCommands
}

// Node returns the commands for one node. Commands of the zero route return
// [ErrInvalidArgument].
func (c *ClusterClient) Node(route NodeRoute) Node { return Node{serverCommands{c.at(route)}} }

// at returns the commands for one node.
func (c commands) at(route NodeRoute) commands {
	c.route, c.err = route.route, route.err
	if route == (NodeRoute{}) {
		c.err = errNoRoute
	}
	return c
}

var errNoRoute = invalid("route", "no node is named")

// Exec runs a batch on the node, like [ClusterClient.Exec]. If the node cannot
// be reached, Exec returns that error.
//
// https://valkey.io/topics/transactions/
func (n Node) Exec(ctx context.Context, batch Batch, options ...ExecOption) (Results, error) {
	return exec(ctx, n.commands, batch, options)
}

// NodesRoute selects several nodes of a cluster: [AllNodes] or [AllPrimaries].
type NodesRoute struct{ kind wire.RouteKind }

var (
	// AllNodes selects all nodes, including replicas.
	AllNodes = NodesRoute{wire.AllNodes}
	// AllPrimaries selects all primaries.
	AllPrimaries = NodesRoute{wire.AllPrimaries}
)
