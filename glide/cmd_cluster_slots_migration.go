package glide

import (
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// SlotsTo are slots and the ID of the node to which they move.
type SlotsTo struct {
	NodeID string
	Slots  []SlotRange
}

// NewSlotsTo returns a move of slots to a node.
func NewSlotsTo(nodeID string, slots ...SlotRange) SlotsTo { return SlotsTo{nodeID, slots} }

// ClusterMigrateSlots starts moving slots of the node, which must be a primary,
// with all their keys to other primaries. If it returns an error, no move has
// started. It does not wait for the moves: [Client.ClusterGetSlotMigrations]
// returns their progress. Each move takes effect at once when it completes;
// clients are then redirected to the new node. Since Valkey 9.0.
//
// https://valkey.io/commands/cluster-migrateslots/
//
//glide:server it is one node's slots that are moved
func clusterMigrateSlots(moves ...SlotsTo) command[struct{}] {
	cmd := named("CLUSTER MIGRATESLOTS")
	if len(moves) == 0 {
		return newCommand(cmd.Refuse("no slots"), decode.OK)
	}
	for _, move := range moves {
		cmd = appendSlotRanges(cmd.Arg("SLOTSRANGE"), move.Slots).Arg("NODE").Arg(move.NodeID)
	}
	return newCommand(cmd, decode.OK)
}

// ClusterCancelSlotMigrations cancels all moves of slots that the node takes
// part in. It is an error if there are none. Since Valkey 9.0.
//
// https://valkey.io/commands/cluster-cancelslotmigrations/
//
//glide:server it is one node's migrations
func clusterCancelSlotMigrations() command[struct{}] {
	return newCommand(named("CLUSTER CANCELSLOTMIGRATIONS"), decode.OK)
}

// SlotMigration is a move of slots that a node takes part in.
type SlotMigration struct {
	// Name identifies the move on both nodes.
	Name string
	// Operation is EXPORT on the node that the slots leave, and IMPORT on
	// the node that receives them.
	Operation string
	Slots     []SlotRange
	// SourceNode and TargetNode are the IDs of both nodes. A replica does
	// not know them.
	SourceNode, TargetNode string
	// Created is when the move started, Updated when its state changed and
	// Acknowledged when the other node last answered; to the second.
	Created, Updated, Acknowledged time.Time
	// State is success, failed or cancelled if the move has ended, and
	// otherwise its current step.
	State string
	// Message explains the state; it may be empty.
	Message string
	// CopyOnWrite is the number of bytes that were copied because they
	// changed during the move.
	CopyOnWrite int64
}

// Ended reports whether the move has ended. Only in the state success have the
// slots moved.
func (m SlotMigration) Ended() bool {
	return m.State == "success" || m.State == "failed" || m.State == "cancelled"
}

// ClusterGetSlotMigrations returns the moves of slots that the node takes part
// in, and those that ended recently, latest first. Since Valkey 9.0.
//
// https://valkey.io/commands/cluster-getslotmigrations/
//
//glide:server it is one node's migrations
func clusterGetSlotMigrations() command[[]SlotMigration] {
	return newCommand(named("CLUSTER GETSLOTMIGRATIONS"), decode.Slice(readSlotMigration))
}

var readSlotMigration = decode.Struct(decode.Fields[SlotMigration]{
	"name":             decode.Field(func(s *SlotMigration) *string { return &s.Name }, decode.String),
	"operation":        decode.Field(func(s *SlotMigration) *string { return &s.Operation }, decode.String),
	"slot_ranges":      decode.Field(func(s *SlotMigration) *[]SlotRange { return &s.Slots }, readSlotRangesText),
	"source_node":      decode.Field(func(s *SlotMigration) *string { return &s.SourceNode }, readStringOrNil),
	"target_node":      decode.Field(func(s *SlotMigration) *string { return &s.TargetNode }, readStringOrNil),
	"create_time":      decode.Field(func(s *SlotMigration) *time.Time { return &s.Created }, readUnix),
	"last_update_time": decode.Field(func(s *SlotMigration) *time.Time { return &s.Updated }, readUnix),
	"last_ack_time":    decode.Field(func(s *SlotMigration) *time.Time { return &s.Acknowledged }, readUnix),
	"state":            decode.Field(func(s *SlotMigration) *string { return &s.State }, decode.String),
	"message":          decode.Field(func(s *SlotMigration) *string { return &s.Message }, readStringOrNil),
	"cow_size":         decode.Field(func(s *SlotMigration) *int64 { return &s.CopyOnWrite }, decode.Int),
})

// readUnix reads seconds; 0 is no time.
func readUnix(r *wire.Reader) (time.Time, error) {
	n, err := r.Int()
	if n == 0 {
		return time.Time{}, err
	}
	return time.Unix(n, 0), err
}

// readSlotRangesText reads ranges that are separated by blanks.
func readSlotRangesText(r *wire.Reader) ([]SlotRange, error) {
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
