package glide

import (
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/resp"
)

// SlotsTo are slots that are to be moved to a node.
type SlotsTo struct {
	NodeID string
	Slots  []SlotRange
}

// ClusterMigrateSlots begins to move slots of the node, a primary, to other
// primaries, with all their keys. All begin or, with an error, none. It does
// not wait: [Client.ClusterGetSlotMigrations] tells how it goes on. Each move
// takes effect at once when it is done, and clients are then sent to the new
// node. Since Valkey 9.0.
//
// https://valkey.io/commands/cluster-migrateslots/
//
//glide:server it is one node's slots that are moved
func clusterMigrateSlots(moves ...SlotsTo) command[struct{}] {
	cmd := newCommand("CLUSTER MIGRATESLOTS", readOK)
	if len(moves) == 0 {
		return cmd.refuse("no slots")
	}
	for _, move := range moves {
		cmd = cmd.arg("SLOTSRANGE").slotRanges(move.Slots).arg("NODE").arg(move.NodeID)
	}
	return cmd
}

// ClusterCancelSlotMigrations ends all moves of slots that the node takes part
// in. That there are none is an error. Since Valkey 9.0.
//
// https://valkey.io/commands/cluster-cancelslotmigrations/
//
//glide:server it is one node's migrations
func clusterCancelSlotMigrations() command[struct{}] {
	return newCommand("CLUSTER CANCELSLOTMIGRATIONS", readOK)
}

// SlotMigration is a move of slots that a node takes part in.
type SlotMigration struct {
	// Name tells it from others, on both nodes.
	Name string
	// Operation is EXPORT on the node that gives the slots away, and IMPORT on
	// the one that gets them.
	Operation string
	Slots     []SlotRange
	// SourceNode and TargetNode are the IDs of both. A replica does not know
	// them.
	SourceNode, TargetNode string
	// Created is when it began, Updated when its state changed and
	// Acknowledged when the other node was last heard of; to the second.
	Created, Updated, Acknowledged time.Time
	// State is success, failed or cancelled when it has ended, and else what
	// is being done.
	State string
	// Message explains the state, if there is more to say.
	Message string
	// CopyOnWrite is how many bytes were copied because they changed during
	// the move.
	CopyOnWrite int64
}

// Ended reports whether nothing more happens. Only the state success means
// that the slots were moved.
func (m SlotMigration) Ended() bool {
	return m.State == "success" || m.State == "failed" || m.State == "cancelled"
}

// ClusterGetSlotMigrations describes the moves of slots that the node takes
// part in, and those that have ended lately, the last one first. Since Valkey
// 9.0.
//
// https://valkey.io/commands/cluster-getslotmigrations/
//
//glide:server it is one node's migrations
func clusterGetSlotMigrations() command[[]SlotMigration] {
	return newCommand("CLUSTER GETSLOTMIGRATIONS", readSlice(readSlotMigration))
}

func readSlotMigration(r *resp.Reader) (migration SlotMigration, err error) {
	err = readFields(r, func(name string) error {
		switch name {
		case "name":
			return into(&migration.Name, r, readString)
		case "operation":
			return into(&migration.Operation, r, readString)
		case "slot_ranges":
			return into(&migration.Slots, r, readSlotRangesText)
		case "source_node":
			return into(&migration.SourceNode, r, readStringOrNil)
		case "target_node":
			return into(&migration.TargetNode, r, readStringOrNil)
		case "create_time":
			return into(&migration.Created, r, readUnix)
		case "last_update_time":
			return into(&migration.Updated, r, readUnix)
		case "last_ack_time":
			return into(&migration.Acknowledged, r, readUnix)
		case "state":
			return into(&migration.State, r, readString)
		case "message":
			return into(&migration.Message, r, readStringOrNil)
		case "cow_size":
			return into(&migration.CopyOnWrite, r, readInt)
		default:
			return r.Skip()
		}
	})
	return migration, err
}

// readUnix reads seconds; 0 is no time.
func readUnix(r *resp.Reader) (time.Time, error) {
	n, err := r.Int()
	if n == 0 {
		return time.Time{}, err
	}
	return time.Unix(n, 0), err
}

// readSlotRangesText reads ranges that are separated by blanks.
func readSlotRangesText(r *resp.Reader) ([]SlotRange, error) {
	text, err := r.String()
	if err != nil {
		return nil, err
	}
	ranges := []SlotRange{}
	for word := range strings.FieldsSeq(text) {
		slots, err := parseSlotRange(word)
		if err != nil {
			return nil, err
		}
		ranges = append(ranges, slots)
	}
	return ranges, nil
}
