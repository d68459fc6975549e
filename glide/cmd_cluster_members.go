package glide

import (
	"strconv"
	"strings"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// The commands of this file change the node that runs them. Other nodes learn of the
// change from that node, or not at all.

// ClusterMeetOption is an option of [Client.ClusterMeet]: [BusPort].
type ClusterMeetOption interface {
	option
	clusterMeetOption()
}

// BusPort is the port of the other node's cluster bus. The default is its port
// plus 10000.
func BusPort(port int) ClusterMeetOption {
	return clusterMeetOption{intArgument("bus port", "", int64(port))}
}

type clusterMeetOption struct{ argument }

func (clusterMeetOption) clusterMeetOption() {}

// ClusterMeet makes the node introduce itself to another node, given by IP
// address and port; a hostname is an error. It does not wait for the handshake.
// Nodes that know each other exchange all nodes that they know.
//
// https://valkey.io/commands/cluster-meet/
//
//glide:server it is one node that is introduced
func clusterMeet(node Address, options ...ClusterMeetOption) command[struct{}] {
	host, port := node.orDefault()
	cmd := named("CLUSTER MEET")
	if node.Host == "" {
		cmd = cmd.Refuse("no host")
	}
	return newCommand(appendOptions(cmd.Arg(host).Integer(int64(port)), options), decode.OK)
}

// ClusterForget makes the node forget another node, and ignore information
// about it for a minute: within that time every node must forget it. It is an
// error to forget the node itself, its primary, or an unknown node. Since
// version 7.2 the node informs the others itself.
//
// https://valkey.io/commands/cluster-forget/
//
//glide:server it is what one node knows
func clusterForget(nodeID string) command[struct{}] {
	return newCommand(named("CLUSTER FORGET").Arg(nodeID), decode.OK)
}

// ClusterReplicate makes the node a replica of a primary. A node that is a
// primary must have no slots and no keys.
//
// https://valkey.io/commands/cluster-replicate/
//
//glide:server it is one node that becomes a replica
func clusterReplicate(primaryID string) command[struct{}] {
	return newCommand(named("CLUSTER REPLICATE").Arg(primaryID), decode.OK)
}

// ClusterReplicateNoOne makes a replica the primary of a new shard without
// slots, and deletes its keys. Since Valkey 9.0.
//
// https://valkey.io/commands/cluster-replicate/
//
//glide:server it is one node that becomes a primary
func clusterReplicateNoOne() command[struct{}] {
	return newCommand(named("CLUSTER REPLICATE").Arg("NO").Arg("ONE"), decode.OK)
}

// ClusterFailoverOption is an option of [Client.ClusterFailover]:
// [ClusterFailoverForce] or [ClusterFailoverTakeover].
type ClusterFailoverOption interface {
	option
	clusterFailoverOption()
}

// clusterFailoverMode is one of the options FORCE and TAKEOVER.
type clusterFailoverMode string

const (
	// ClusterFailoverForce (FORCE) does not wait for the primary, which may be
	// down. Writes that the replica has not received are lost.
	ClusterFailoverForce clusterFailoverMode = "FORCE"
	// ClusterFailoverTakeover (TAKEOVER) also does not ask the other primaries,
	// most of which may be down. If another replica does the same, one of them
	// loses.
	ClusterFailoverTakeover clusterFailoverMode = "TAKEOVER"
)

func (m clusterFailoverMode) appendTo(to *wire.Request) { to.String(string(m)) }
func (clusterFailoverMode) conflictKey() string         { return "mode" }
func (clusterFailoverMode) clusterFailoverOption()      {}

// ClusterFailover makes the node, which must be a replica, take over from its
// primary. By default the primary pauses writes until the replica has received
// them all, so nothing is lost. It does not wait for the failover and does not
// report its failure: [Client.ClusterNodes] shows which node is the primary.
//
// https://valkey.io/commands/cluster-failover/
//
//glide:server it is one replica that takes over
func clusterFailover(options ...ClusterFailoverOption) command[struct{}] {
	return newCommand(appendOptions(named("CLUSTER FAILOVER"), options), decode.OK)
}

// ClusterResetOption is an option of [Client.ClusterReset]: [ClusterResetSoft]
// or [ClusterResetHard].
type ClusterResetOption interface {
	option
	clusterResetOption()
}

// clusterResetMode is one of the options SOFT and HARD.
type clusterResetMode string

const (
	// ClusterResetSoft keeps the node's ID and epochs. It is the default.
	ClusterResetSoft clusterResetMode = "SOFT"
	// ClusterResetHard (HARD) assigns a new ID to the node, and sets its epochs to 0.
	ClusterResetHard clusterResetMode = "HARD"
)

func (m clusterResetMode) appendTo(to *wire.Request) { to.String(string(m)) }
func (clusterResetMode) conflictKey() string         { return "mode" }
func (clusterResetMode) clusterResetOption()         {}

// ClusterReset makes the node forget all other nodes and all owners of slots. A
// replica becomes a primary and its keys are deleted; a primary must have no
// keys. Other nodes remember the node until they are told to forget it.
//
// https://valkey.io/commands/cluster-reset/
//
//glide:server it is one node that is reset
func clusterReset(options ...ClusterResetOption) command[struct{}] {
	return newCommand(appendOptions(named("CLUSTER RESET"), options), decode.OK)
}

// ClusterSaveConfig makes the node write its cluster configuration to its file,
// as it does itself after each change.
//
// https://valkey.io/commands/cluster-saveconfig/
//
//glide:server it is one node's file
func clusterSaveConfig() command[struct{}] { return newCommand(named("CLUSTER SAVECONFIG"), decode.OK) }

// ClusterSetConfigEpoch sets the configuration epoch of a new node: one that
// knows no other node and has no epoch yet.
//
// https://valkey.io/commands/cluster-set-config-epoch/
//
//glide:server each node has its own epoch
func clusterSetConfigEpoch(epoch int64) command[struct{}] {
	return newCommand(named("CLUSTER SET-CONFIG-EPOCH").Integer(epoch), decode.OK)
}

// BumpedEpoch is the result of [Client.ClusterBumpEpoch].
type BumpedEpoch struct {
	Epoch int64
	// Bumped reports whether it is new. It is not if it was the highest
	// already.
	Bumped bool
}

// ClusterBumpEpoch increases the node's configuration epoch to the highest of
// the cluster, without asking the other nodes.
//
// https://valkey.io/commands/cluster-bumpepoch/
//
//glide:server each node has its own epoch
func clusterBumpEpoch() command[BumpedEpoch] {
	return newCommand(named("CLUSTER BUMPEPOCH"), readBumpedEpoch)
}

// readBumpedEpoch reads BUMPED or STILL, and the epoch.
func readBumpedEpoch(r *wire.Reader) (bumped BumpedEpoch, err error) {
	text, err := r.String()
	if err != nil {
		return bumped, err
	}
	word, epoch, _ := strings.Cut(text, " ")
	bumped.Bumped = word == "BUMPED"
	if bumped.Epoch, err = strconv.ParseInt(epoch, 10, 64); err != nil || !bumped.Bumped && word != "STILL" {
		return BumpedEpoch{}, &wire.TypeError{Want: "an epoch", Got: abi.TagString}
	}
	return bumped, nil
}
