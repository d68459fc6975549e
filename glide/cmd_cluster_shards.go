package glide

import (
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ClusterShard is a primary with its replicas, and the slots that they serve.
type ClusterShard struct {
	// ID names the shard, see [Client.ClusterMyShardID]. Since Valkey 9.1.
	ID string
	// Slots are those of the primary; there may be none.
	Slots []SlotRange
	// Nodes are the primary and its replicas, in no order.
	Nodes []ClusterShardNode
}

// ClusterShardNode is a node of a shard.
type ClusterShardNode struct {
	// ID names the node.
	ID string
	// Endpoint is the host by which clients are to reach it: its IP address or
	// its hostname, as it is configured. It is empty if clients are to take
	// the one by which they reach the node that answers, and ? for a hostname
	// that is not known.
	Endpoint string
	// IP is its address, and Hostname what it calls itself, if it has been
	// given a name.
	IP, Hostname string
	// Port is where it talks in plain text, and TLSPort where with TLS; 0 if
	// it does not.
	Port, TLSPort int
	// Role is master or replica.
	Role string
	// ReplicationOffset is how far it is in the stream of writes.
	ReplicationOffset int64
	// Health is online, loading or failed. Send commands only to a node that
	// is online.
	Health string
	// AvailabilityZone is where it is, if it has been told. Since Valkey 9.1.
	AvailabilityZone string
}

// ClusterShards describes the cluster by its shards: who serves which slots.
// In a cluster any node is asked. Since version 7.0.
//
// https://valkey.io/commands/cluster-shards/
func clusterShards() command[[]ClusterShard] {
	return newCommand("CLUSTER SHARDS", decode.Slice(readClusterShard))
}

func readClusterShard(r *wire.Reader) (shard ClusterShard, err error) {
	err = decode.Fields(r, func(name string) error {
		switch name {
		case "id":
			return decode.Into(&shard.ID, r, decode.String)
		case "slots":
			return decode.Into(&shard.Slots, r, readSlotRanges)
		case "nodes":
			return decode.Into(&shard.Nodes, r, decode.Slice(readClusterShardNode))
		default:
			return r.Skip()
		}
	})
	return shard, err
}

func readClusterShardNode(r *wire.Reader) (node ClusterShardNode, err error) {
	err = decode.Fields(r, func(name string) error {
		switch name {
		case "id":
			return decode.Into(&node.ID, r, decode.String)
		case "endpoint":
			return decode.Into(&node.Endpoint, r, readStringOrNil)
		case "ip":
			return decode.Into(&node.IP, r, readStringOrNil)
		case "hostname":
			return decode.Into(&node.Hostname, r, readStringOrNil)
		case "port":
			return decode.Into(&node.Port, r, readNumber)
		case "tls-port":
			return decode.Into(&node.TLSPort, r, readNumber)
		case "role":
			return decode.Into(&node.Role, r, decode.String)
		case "replication-offset":
			return decode.Into(&node.ReplicationOffset, r, decode.Int)
		case "health":
			return decode.Into(&node.Health, r, decode.String)
		case "availability-zone":
			return decode.Into(&node.AvailabilityZone, r, readStringOrNil)
		default:
			return r.Skip()
		}
	})
	return node, err
}

// readStringOrNil reads nil as the empty string.
func readStringOrNil(r *wire.Reader) (string, error) {
	if r.Nil() {
		return "", nil
	}
	return r.String()
}

// readNumber reads what is a number of something: of a slot, a port.
func readNumber(r *wire.Reader) (int, error) {
	n, err := r.Int()
	return int(n), err
}

// ClusterSlots is a range of slots and who serves them.
type ClusterSlots struct {
	SlotRange
	// Nodes are the primary, which is the first, and its replicas.
	Nodes []ClusterSlotsNode
}

// ClusterSlotsNode is a node that serves slots.
type ClusterSlotsNode struct {
	// ID names the node.
	ID string
	// Endpoint is the host by which clients are to reach it, as in
	// [ClusterShardNode], and Port its port: that with TLS if the question
	// came with TLS.
	Endpoint string
	Port     int
	// IP, Hostname and AvailabilityZone are as in [ClusterShardNode], where
	// they are not the endpoint.
	IP, Hostname, AvailabilityZone string
}

// ClusterSlots describes the cluster by its slots: who serves them. What no
// one serves is left out. [Client.ClusterShards] tells more, where the server
// knows it. In a cluster any node is asked.
//
// https://valkey.io/commands/cluster-slots/
func clusterSlots() command[[]ClusterSlots] {
	return newCommand("CLUSTER SLOTS", decode.Slice(readClusterSlots))
}

// readClusterSlots reads the first slot, the last, and any number of nodes.
func readClusterSlots(r *wire.Reader) (slots ClusterSlots, err error) {
	n, err := r.Array()
	if err == nil && n < 2 {
		err = &wire.TypeError{Want: "slots and nodes", Got: abi.TagArray}
	}
	if err == nil {
		err = decode.Into(&slots.Start, r, readNumber)
	}
	if err == nil {
		err = decode.Into(&slots.End, r, readNumber)
	}
	for range n - 2 {
		if err != nil {
			return slots, err
		}
		var node ClusterSlotsNode
		node, err = readClusterSlotsNode(r)
		slots.Nodes = append(slots.Nodes, node)
	}
	return slots, err
}

// readClusterSlotsNode reads endpoint, port, ID and, since version 7.0, a map
// of further names.
func readClusterSlotsNode(r *wire.Reader) (node ClusterSlotsNode, err error) {
	n, err := r.Array()
	if err == nil && n < 3 {
		err = &wire.TypeError{Want: "a node", Got: abi.TagArray}
	}
	if err == nil {
		err = decode.Into(&node.Endpoint, r, readStringOrNil)
	}
	if err == nil {
		err = decode.Into(&node.Port, r, readNumber)
	}
	if err == nil {
		err = decode.Into(&node.ID, r, decode.String)
	}
	for i := range n - 3 {
		switch {
		case err != nil:
			return node, err
		case i > 0:
			err = r.Skip()
		default:
			err = node.readNames(r)
		}
	}
	return node, err
}

func (n *ClusterSlotsNode) readNames(r *wire.Reader) error {
	return decode.Fields(r, func(name string) error {
		switch name {
		case "ip":
			return decode.Into(&n.IP, r, readStringOrNil)
		case "hostname":
			return decode.Into(&n.Hostname, r, readStringOrNil)
		case "availability-zone":
			return decode.Into(&n.AvailabilityZone, r, readStringOrNil)
		default:
			return r.Skip()
		}
	})
}
