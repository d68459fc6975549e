package glide

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ClusterNode is a node of a cluster as another node sees it.
type ClusterNode struct {
	// ID identifies the node permanently.
	ID string
	// Address is the address for clients. It is zero if the address of the
	// node is not known.
	Address Address
	// BusPort is the port for other nodes.
	BusPort int
	// Hostname is the name that the node announces; empty if none is
	// configured.
	Hostname string
	// Flags are myself for the node that answers; master or slave; fail?
	// for a node that this node cannot reach, and fail if most primaries
	// agree; handshake, noaddr, nofailover.
	Flags []string
	// PrimaryID is the ID of the primary of a replica; empty for a primary.
	PrimaryID string
	// PingSent is the time of a ping that the node has not answered yet,
	// and PongReceived the time of its last answer; zero if there is none.
	PingSent, PongReceived time.Time
	// ConfigEpoch is the configuration epoch of the node, or of its
	// primary. If two nodes claim a slot, the one with the higher epoch
	// owns it.
	ConfigEpoch int64
	// Connected reports whether there is a connection between the nodes.
	Connected bool
	// Slots are the slots that the node serves.
	Slots []SlotRange
	// Importing and Migrating are the slots that are being moved from or to
	// another node. Only the node that answers reports them.
	Importing, Migrating []SlotTransfer
	// Other are further properties that the node reports.
	Other map[string]string
}

// Is reports whether the node has a flag.
func (n ClusterNode) Is(flag string) bool { return slices.Contains(n.Flags, flag) }

// SlotTransfer is a slot that is moving from or to another node.
type SlotTransfer struct {
	Slot   int
	NodeID string
}

// ClusterNodes returns all nodes of the cluster that a node knows, including
// itself. In a cluster any node answers.
//
// https://valkey.io/commands/cluster-nodes/
func clusterNodes() command[[]ClusterNode] {
	return newCommand(named("CLUSTER NODES"), readClusterNodes)
}

// ClusterReplicas returns the replicas of a primary, if any. An ID that is
// unknown or belongs to a replica is an error. In a cluster any node answers.
//
// https://valkey.io/commands/cluster-replicas/
func clusterReplicas(primaryID string) command[[]ClusterNode] {
	return newCommand(named("CLUSTER REPLICAS").Arg(primaryID), decode.Slice(readClusterNode))
}

// ClusterMyID returns the ID of the node.
//
// https://valkey.io/commands/cluster-myid/
//
//glide:server it is one node's own
func clusterMyID() command[string] { return newCommand(named("CLUSTER MYID"), decode.String) }

// ClusterMyShardID returns the ID of the node's shard, which its primary and
// replicas share. Since version 7.2.
//
// https://valkey.io/commands/cluster-myshardid/
//
//glide:server it is one node's own
func clusterMyShardID() command[string] { return newCommand(named("CLUSTER MYSHARDID"), decode.String) }

// ClusterCountFailureReports returns the number of nodes that have recently
// reported a node as not reachable. An unknown ID is an error.
//
// https://valkey.io/commands/cluster-count-failure-reports/
//
//glide:server it is what one node was told
func clusterCountFailureReports(nodeID string) command[int64] {
	return newCommand(named("CLUSTER COUNT-FAILURE-REPORTS").Arg(nodeID), decode.Int)
}

// ClusterLink is a connection between the node that answers and another node.
type ClusterLink struct {
	// NodeID is the ID of the other node.
	NodeID string
	// Incoming reports whether the other node made the connection.
	Incoming bool
	// Created is the time at which the connection was made.
	Created time.Time
	// Events are the events that the node waits for: r for reading, w for
	// writing.
	Events string
	// BufferAllocated and BufferUsed are the size and the used part of the
	// buffer for sending, in bytes.
	BufferAllocated, BufferUsed int64
}

// ClusterLinks returns the node's connections to the other nodes: two for each,
// one in each direction. Since version 7.0.
//
// https://valkey.io/commands/cluster-links/
//
//glide:server it is one node's own
func clusterLinks() command[[]ClusterLink] {
	return newCommand(named("CLUSTER LINKS"), decode.Slice(readClusterLink))
}

var readClusterLink = decode.Struct(decode.Fields[ClusterLink]{
	"direction":             decode.Field(func(l *ClusterLink) *bool { return &l.Incoming }, readIs("from")),
	"node":                  decode.Field(func(l *ClusterLink) *string { return &l.NodeID }, decode.String),
	"create-time":           decode.Field(func(l *ClusterLink) *time.Time { return &l.Created }, decode.UnixMilliseconds),
	"events":                decode.Field(func(l *ClusterLink) *string { return &l.Events }, decode.String),
	"send-buffer-allocated": decode.Field(func(l *ClusterLink) *int64 { return &l.BufferAllocated }, decode.Int),
	"send-buffer-used":      decode.Field(func(l *ClusterLink) *int64 { return &l.BufferUsed }, decode.Int),
})

// readIs reads whether a string is this one.
func readIs(this string) func(*wire.Reader) (bool, error) {
	return func(r *wire.Reader) (bool, error) {
		text, err := r.String()
		return text == this, err
	}
}

// readClusterNodes reads a line for each node.
var readClusterNodes = readLines(parseClusterNode)

func readClusterNode(r *wire.Reader) (ClusterNode, error) { return readText(r, parseClusterNode) }

// errClusterNode is for lines that are written in another way.
var errClusterNode = &wire.TypeError{Want: "a description of a node", Got: abi.TagString}

// parseClusterNode reads a line: ID, address, flags, primary, times of ping and
// pong, epoch, state of the connection, and slots.
func parseClusterNode(line string) (node ClusterNode, err error) {
	words := strings.Fields(line)
	if len(words) < 8 {
		return node, errClusterNode
	}
	node.ID = words[0]
	if err := node.parseAddress(words[1]); err != nil {
		return node, err
	}
	if words[2] != "noflags" {
		node.Flags = strings.Split(words[2], ",")
	}
	if words[3] != "-" {
		node.PrimaryID = words[3]
	}
	var numbers [3]int64
	for i := range numbers {
		if numbers[i], err = strconv.ParseInt(words[4+i], 10, 64); err != nil {
			return node, errClusterNode
		}
	}
	node.PingSent, node.PongReceived, node.ConfigEpoch = momentOf(numbers[0]), momentOf(numbers[1]), numbers[2]
	node.Connected = words[7] == "connected"
	for _, word := range words[8:] {
		if err := node.parseSlots(word); err != nil {
			return node, err
		}
	}
	return node, nil
}

// momentOf is the time of so many milliseconds; 0 is none.
func momentOf(milliseconds int64) time.Time {
	if milliseconds == 0 {
		return time.Time{}
	}
	return time.UnixMilli(milliseconds)
}

// parseAddress reads ip:port@busport, a hostname and name=value properties,
// separated by commas.
func (n *ClusterNode) parseAddress(text string) error {
	parts := strings.Split(text, ",")
	address, busPort, _ := strings.Cut(parts[0], "@")
	// An IPv6 address has no brackets.
	colon := strings.LastIndexByte(address, ':')
	if colon < 0 {
		return errClusterNode
	}
	n.Address.Host = address[:colon]
	var err error
	if n.Address.Port, err = strconv.Atoi(address[colon+1:]); err != nil {
		return errClusterNode
	}
	if busPort != "" {
		if n.BusPort, err = strconv.Atoi(busPort); err != nil {
			return errClusterNode
		}
	}
	if len(parts) > 1 {
		n.Hostname = parts[1]
	}
	for _, property := range parts[min(len(parts), 2):] {
		if name, value, ok := strings.Cut(property, "="); ok {
			if n.Other == nil {
				n.Other = map[string]string{}
			}
			n.Other[name] = value
		}
	}
	return nil
}

// parseSlots reads first-last, a single one, [slot-<-node] for one that comes
// from a node, or [slot->-node] for one that goes to it.
func (n *ClusterNode) parseSlots(word string) error {
	transfer, ok := strings.CutPrefix(word, "[")
	if !ok {
		slots, err := parseSlotRange(word)
		n.Slots = append(n.Slots, slots)
		return err
	}
	transfers := &n.Importing
	slot, nodeID, ok := strings.Cut(strings.TrimSuffix(transfer, "]"), "-<-")
	if !ok {
		transfers = &n.Migrating
		if slot, nodeID, ok = strings.Cut(strings.TrimSuffix(transfer, "]"), "->-"); !ok {
			return errClusterNode
		}
	}
	number, err := strconv.Atoi(slot)
	if err != nil {
		return errClusterNode
	}
	*transfers = append(*transfers, SlotTransfer{number, nodeID})
	return nil
}
