package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// SlotStats is the usage of a slot. All fields except Keys are 0 unless the
// server counts them (cluster-slot-stats-enabled).
type SlotStats struct {
	Slot int
	// Keys is the number of keys.
	Keys int64
	// CPUTime is the time that commands on the slot's keys took, in
	// microseconds.
	CPUTime time.Duration
	// BytesIn and BytesOut are what was received for the slot's keys and sent
	// for them, in bytes.
	BytesIn, BytesOut int64
}

// SlotMetric is a field of [SlotStats] to sort by.
type SlotMetric string

const (
	// SlotKeys is [SlotStats.Keys].
	SlotKeys SlotMetric = "key-count"
	// SlotCPUTime is [SlotStats.CPUTime].
	SlotCPUTime SlotMetric = "cpu-usec"
	// SlotBytesIn is [SlotStats.BytesIn].
	SlotBytesIn SlotMetric = "network-bytes-in"
	// SlotBytesOut is [SlotStats.BytesOut].
	SlotBytesOut SlotMetric = "network-bytes-out"
)

// ClusterSlotStats returns the usage of the slots in a range that the node or
// its primary serves, sorted by slot. Since Valkey 8.0.
//
// https://valkey.io/commands/cluster-slot-stats/
//
//glide:server it is of the slots of one node
func clusterSlotStats(slots SlotRange) command[[]SlotStats] {
	return newCommand(appendSlotRanges(named("CLUSTER SLOT-STATS").Arg("SLOTSRANGE"), []SlotRange{slots}), readSlotStats)
}

// ClusterSlotStatsOption is an option of [Client.ClusterSlotStatsOrderedBy]:
// [MaxSlots], [Ascending] or [Descending].
type ClusterSlotStatsOption interface {
	option
	clusterSlotStatsOption()
}

// MaxSlots (LIMIT) returns at most count slots. The default is all.
func MaxSlots(count int64) ClusterSlotStatsOption {
	return clusterSlotStatsOption{intArgument("limit", "LIMIT", count)}
}

type clusterSlotStatsOption struct{ argument }

func (clusterSlotStatsOption) clusterSlotStatsOption() {}

// ClusterSlotStatsOrderedBy returns the usage of the slots that the node or its
// primary serves, sorted by metric, by default in descending order. Slots with
// equal values are sorted by number. Metrics other than [SlotKeys] are an error
// if the server does not count them. Since Valkey 8.0.
//
// https://valkey.io/commands/cluster-slot-stats/
//
//glide:server it is of the slots of one node
func clusterSlotStatsOrderedBy(metric SlotMetric, options ...ClusterSlotStatsOption) command[[]SlotStats] {
	cmd := named("CLUSTER SLOT-STATS").Arg("ORDERBY").Arg(string(metric))
	return newCommand(appendOptions(cmd, options), readSlotStats)
}

var readSlotStats = decode.Slice(readStatsOfSlot)

// readStatsOfSlot reads a slot and a map of what is told of it.
func readStatsOfSlot(r *wire.Reader) (stats SlotStats, err error) {
	err = decode.Tuple(r, decode.To(&stats.Slot, decode.Number), func(r *wire.Reader) error { return slotStats.ReadInto(&stats, r) })
	return stats, err
}

var slotStats = decode.Fields[SlotStats]{
	string(SlotKeys):     decode.Field(func(s *SlotStats) *int64 { return &s.Keys }, decode.Int),
	string(SlotCPUTime):  decode.Field(func(s *SlotStats) *time.Duration { return &s.CPUTime }, decode.Microseconds),
	string(SlotBytesIn):  decode.Field(func(s *SlotStats) *int64 { return &s.BytesIn }, decode.Int),
	string(SlotBytesOut): decode.Field(func(s *SlotStats) *int64 { return &s.BytesOut }, decode.Int),
}
