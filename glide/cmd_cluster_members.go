package glide

import (
	"strconv"
	"strings"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// What the commands of this file change, they change on the node that is
// asked; the others hear of it from that one, or not at all.

// ClusterMeetOption is [BusPort].
type ClusterMeetOption interface {
	option
	clusterMeetOption()
}

// BusPort is where the other node listens for nodes. The default is its port
// and 10000.
func BusPort(port int) ClusterMeetOption {
	return clusterMeetOption{intArgument("bus port", "", int64(port))}
}

type clusterMeetOption struct{ argument }

func (clusterMeetOption) clusterMeetOption() {}

// ClusterMeet introduces the node to another one, whose IP address and port it
// is given: a hostname is an error. It does not wait until they have met.
// Nodes that know each other hear of all others that either knows.
//
// https://valkey.io/commands/cluster-meet/
//
//glide:server it is one node that is introduced
func clusterMeet(node Address, options ...ClusterMeetOption) command[struct{}] {
	host, port := node.orDefault()
	cmd := newCommand("CLUSTER MEET", decode.OK)
	if node.Host == "" {
		cmd = cmd.Refuse("no host")
	}
	return appendOptions(cmd.Arg(host).Integer(int64(port)), options)
}

// ClusterForget lets the node forget another one, and not hear of it from
// others for a minute: within that time all nodes have to be told. Itself, its
// primary and a node that it does not know are errors. Since version 7.2 it
// tells the others itself.
//
// https://valkey.io/commands/cluster-forget/
//
//glide:server it is what one node knows
func clusterForget(nodeID string) command[struct{}] {
	return newCommand("CLUSTER FORGET", decode.OK).Arg(nodeID)
}

// ClusterReplicate makes the node a replica of a primary. A node that is a
// primary must serve no slots and have no keys.
//
// https://valkey.io/commands/cluster-replicate/
//
//glide:server it is one node that becomes a replica
func clusterReplicate(primaryID string) command[struct{}] {
	return newCommand("CLUSTER REPLICATE", decode.OK).Arg(primaryID)
}

// ClusterReplicateNoOne turns a replica into the primary of a new shard
// without slots and deletes its keys. Since Valkey 9.0.
//
// https://valkey.io/commands/cluster-replicate/
//
//glide:server it is one node that becomes a primary
func clusterReplicateNoOne() command[struct{}] {
	return newCommand("CLUSTER REPLICATE", decode.OK).Arg("NO").Arg("ONE")
}

// ClusterFailoverOption is [ClusterFailoverForce] or [ClusterFailoverTakeover].
type ClusterFailoverOption interface {
	option
	clusterFailoverOption()
}

// clusterFailoverMode is one of the options FORCE and TAKEOVER.
type clusterFailoverMode string

const (
	// ClusterFailoverForce does not wait for the primary, which may be down:
	// writes that the replica has not received are lost.
	ClusterFailoverForce clusterFailoverMode = "FORCE"
	// ClusterFailoverTakeover does not ask the other primaries either, most of
	// which may be down. If another replica does the same, one of them loses.
	ClusterFailoverTakeover clusterFailoverMode = "TAKEOVER"
)

func (m clusterFailoverMode) appendTo(to *wire.Request) { to.String(string(m)) }
func (clusterFailoverMode) conflictKey() string         { return "mode" }
func (clusterFailoverMode) clusterFailoverOption()      {}

// ClusterFailover lets the node, a replica, take over from its primary. Unless
// an option says otherwise the primary pauses writes until the replica has
// them all, and nothing is lost. It does not wait until that is done, and does
// not tell if it fails: [Client.ClusterNodes] shows who is primary.
//
// https://valkey.io/commands/cluster-failover/
//
//glide:server it is one replica that takes over
func clusterFailover(options ...ClusterFailoverOption) command[struct{}] {
	return appendOptions(newCommand("CLUSTER FAILOVER", decode.OK), options)
}

// ClusterResetOption is [ClusterResetSoft] or [ClusterResetHard].
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

// ClusterReset lets the node forget all other nodes and who serves which slot.
// A replica becomes a primary, and its keys are deleted; a primary must have
// none. The others still know the node, until they are told to forget it.
//
// https://valkey.io/commands/cluster-reset/
//
//glide:server it is one node that is reset
func clusterReset(options ...ClusterResetOption) command[struct{}] {
	return appendOptions(newCommand("CLUSTER RESET", decode.OK), options)
}

// ClusterSaveConfig lets the node write what it knows of the cluster to its
// file, which it does by itself whenever that changes.
//
// https://valkey.io/commands/cluster-saveconfig/
//
//glide:server it is one node's file
func clusterSaveConfig() command[struct{}] { return newCommand("CLUSTER SAVECONFIG", decode.OK) }

// ClusterSetConfigEpoch sets the epoch of a new node: one that knows no other
// and has none yet.
//
// https://valkey.io/commands/cluster-set-config-epoch/
//
//glide:server each node has its own epoch
func clusterSetConfigEpoch(epoch int64) command[struct{}] {
	return newCommand("CLUSTER SET-CONFIG-EPOCH", decode.OK).Integer(epoch)
}

// BumpedEpoch is a node's epoch.
type BumpedEpoch struct {
	Epoch int64
	// Bumped reports whether it is new. It is not if it was the highest
	// already.
	Bumped bool
}

// ClusterBumpEpoch makes the node's epoch the highest of the cluster, without
// asking the others.
//
// https://valkey.io/commands/cluster-bumpepoch/
//
//glide:server each node has its own epoch
func clusterBumpEpoch() command[BumpedEpoch] {
	return newCommand("CLUSTER BUMPEPOCH", readBumpedEpoch)
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
