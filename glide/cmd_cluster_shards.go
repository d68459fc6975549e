package glide

import (
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ClusterShard is a primary with its replicas and the slots they serve.
type ClusterShard struct {
	// ID identifies the shard; see [Client.ClusterMyShardID]. Since Valkey
	// 9.1.
	ID string
	// Slots are the slots of the primary; there may be none.
	Slots []SlotRange
	// Nodes are the primary and its replicas, in no order.
	Nodes []ClusterShardNode
}

// ClusterShardNode is a node of a shard.
type ClusterShardNode struct {
	// ID identifies the node.
	ID string
	// Endpoint is the host for clients: an IP address or a hostname, as it
	// is configured. It is empty if clients should use the host by which
	// they reach the node that answers, and ? for a hostname that is not
	// known.
	Endpoint string
	// IP is the IP address, and Hostname the name that the node announces;
	// empty if none is configured.
	IP, Hostname string
	// Port is the port without TLS, and TLSPort the port with TLS; 0 if
	// there is none.
	Port, TLSPort int
	// Role is master or replica.
	Role string
	// ReplicationOffset is the position of the node in the stream of
	// writes.
	ReplicationOffset int64
	// Health is online, loading or failed. Send commands only to a node that
	// is online.
	Health string
	// AvailabilityZone is the zone of the node; empty if none is
	// configured. Since Valkey 9.1.
	AvailabilityZone string
}

// ClusterShards returns the shards of the cluster with their slots and nodes.
// In a cluster any node answers. Since version 7.0.
//
// https://valkey.io/commands/cluster-shards/
func clusterShards() command[[]ClusterShard] {
	return newCommand(named("CLUSTER SHARDS"), decode.Slice(readClusterShard))
}

var readClusterShard = decode.Struct(decode.Fields[ClusterShard]{
	"id":    decode.Field(func(c *ClusterShard) *string { return &c.ID }, decode.String),
	"slots": decode.Field(func(c *ClusterShard) *[]SlotRange { return &c.Slots }, readSlotRanges),
	"nodes": decode.Field(func(c *ClusterShard) *[]ClusterShardNode { return &c.Nodes }, decode.Slice(readClusterShardNode)),
})

var readClusterShardNode = decode.Struct(decode.Fields[ClusterShardNode]{
	"id":                 decode.Field(func(c *ClusterShardNode) *string { return &c.ID }, decode.String),
	"endpoint":           decode.Field(func(c *ClusterShardNode) *string { return &c.Endpoint }, readStringOrNil),
	"ip":                 decode.Field(func(c *ClusterShardNode) *string { return &c.IP }, readStringOrNil),
	"hostname":           decode.Field(func(c *ClusterShardNode) *string { return &c.Hostname }, readStringOrNil),
	"port":               decode.Field(func(c *ClusterShardNode) *int { return &c.Port }, decode.Number),
	"tls-port":           decode.Field(func(c *ClusterShardNode) *int { return &c.TLSPort }, decode.Number),
	"role":               decode.Field(func(c *ClusterShardNode) *string { return &c.Role }, decode.String),
	"replication-offset": decode.Field(func(c *ClusterShardNode) *int64 { return &c.ReplicationOffset }, decode.Int),
	"health":             decode.Field(func(c *ClusterShardNode) *string { return &c.Health }, decode.String),
	"availability-zone":  decode.Field(func(c *ClusterShardNode) *string { return &c.AvailabilityZone }, readStringOrNil),
})

// readStringOrNil reads nil as the empty string.
var readStringOrNil = decode.ZeroIfNil(decode.String)

// ClusterSlots is a range of slots with the nodes that serve it.
type ClusterSlots struct {
	SlotRange
	// Nodes are the primary, which is the first, and its replicas.
	Nodes []ClusterSlotsNode
}

// ClusterSlotsNode is a node that serves slots.
type ClusterSlotsNode struct {
	// ID identifies the node.
	ID string
	// Endpoint is the host for clients, as in [ClusterShardNode], and Port
	// is the port for clients: the one with TLS if the command was sent
	// with TLS.
	Endpoint string
	Port     int
	// IP, Hostname and AvailabilityZone are as in [ClusterShardNode]. They
	// are empty if Endpoint has that value.
	IP, Hostname, AvailabilityZone string
}

// ClusterSlots returns the ranges of slots with the nodes that serve them, and
// omits slots without a node. [Client.ClusterShards] returns more details, if
// the server supports it. In a cluster any node answers.
//
// https://valkey.io/commands/cluster-slots/
func clusterSlots() command[[]ClusterSlots] {
	return newCommand(named("CLUSTER SLOTS"), decode.Slice(readClusterSlots))
}

// readClusterSlots reads the first slot, the last, and any number of nodes.
func readClusterSlots(r *wire.Reader) (slots ClusterSlots, err error) {
	n, err := r.Array()
	if err == nil && n < 2 {
		err = &wire.TypeError{Want: "slots and nodes", Got: abi.TagArray}
	}
	if err != nil {
		return slots, err
	}
	if slots.SlotRange, err = readSlotRange(r); err != nil {
		return slots, err
	}
	for range n - 2 {
		node, err := readClusterSlotsNode(r)
		if err != nil {
			return slots, err
		}
		slots.Nodes = append(slots.Nodes, node)
	}
	return slots, nil
}

// readClusterSlotsNode reads endpoint, port, ID and, since version 7.0, a map
// of further names.
func readClusterSlotsNode(r *wire.Reader) (node ClusterSlotsNode, err error) {
	err = decode.Row(r, 3, decode.To(&node.Endpoint, readStringOrNil), decode.To(&node.Port, decode.Number), decode.To(&node.ID, decode.String),
		func(r *wire.Reader) error { return clusterSlotsNames.ReadInto(&node, r) })
	return node, err
}

var clusterSlotsNames = decode.Fields[ClusterSlotsNode]{
	"ip":                decode.Field(func(n *ClusterSlotsNode) *string { return &n.IP }, readStringOrNil),
	"hostname":          decode.Field(func(n *ClusterSlotsNode) *string { return &n.Hostname }, readStringOrNil),
	"availability-zone": decode.Field(func(n *ClusterSlotsNode) *string { return &n.AvailabilityZone }, readStringOrNil),
}
