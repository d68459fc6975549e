package glide

import (
	"strconv"
	"strings"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ClusterInfo is the state of a cluster as one of its nodes sees it. Fields
// that the server's version does not report are zero.
type ClusterInfo struct {
	// OK reports whether the node serves its slots. It does not if it knows
	// slots without an owner, or cannot reach most primaries.
	OK bool
	// SlotsAssigned is the number of slots with an owner. SlotsOK of them
	// are on nodes that answer, SlotsPFail on nodes that this node cannot
	// reach, and SlotsFail on nodes that have failed.
	SlotsAssigned, SlotsOK, SlotsPFail, SlotsFail int64
	// KnownNodes is the number of nodes that this node knows, including
	// itself, and Size the number of nodes that serve slots.
	KnownNodes, Size int64
	// CurrentEpoch is the highest epoch of the cluster, and MyEpoch the
	// configuration epoch of this node, or of its primary.
	CurrentEpoch, MyEpoch int64
	// MessagesSent and MessagesReceived are the numbers of messages that
	// this node has exchanged with other nodes.
	MessagesSent, MessagesReceived int64
	// LinksClosed is the number of connections to other nodes that were
	// closed because too much data was waiting to be sent.
	LinksClosed int64
	// Other are fields that have no field above, as the server writes them.
	Other map[string]string
}

// ClusterInfo returns the state of the cluster as a node sees it. In a cluster
// any node answers.
//
// https://valkey.io/commands/cluster-info/
func clusterInfo() command[ClusterInfo] { return newCommand(named("CLUSTER INFO"), readClusterInfo) }

func readClusterInfo(r *wire.Reader) (ClusterInfo, error) { return readText(r, parseClusterInfo) }

// errClusterInfo is for lines that are written in another way.
var errClusterInfo = &wire.TypeError{Want: "the state of a cluster", Got: abi.TagString}

// parseClusterInfo reads lines of name:value.
func parseClusterInfo(text string) (info ClusterInfo, err error) {
	numbers := map[string]*int64{
		"cluster_slots_assigned": &info.SlotsAssigned, "cluster_slots_ok": &info.SlotsOK,
		"cluster_slots_pfail": &info.SlotsPFail, "cluster_slots_fail": &info.SlotsFail,
		"cluster_known_nodes": &info.KnownNodes, "cluster_size": &info.Size,
		"cluster_current_epoch": &info.CurrentEpoch, "cluster_my_epoch": &info.MyEpoch,
		"cluster_stats_messages_sent": &info.MessagesSent, "cluster_stats_messages_received": &info.MessagesReceived,
		"total_cluster_links_buffer_limit_exceeded": &info.LinksClosed,
	}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		switch {
		case !ok:
			return info, errClusterInfo
		case name == "cluster_state":
			info.OK = value == "ok"
		case numbers[name] != nil:
			if *numbers[name], err = strconv.ParseInt(value, 10, 64); err != nil {
				return info, errClusterInfo
			}
		default:
			if info.Other == nil {
				info.Other = map[string]string{}
			}
			info.Other[name] = value
		}
	}
	return info, nil
}
