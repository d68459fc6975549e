package glide

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// slotCount is how many slots a cluster has; they are numbered from 0.
const slotCount = 16384

// SlotRange are the slots from the first to the last, both included.
type SlotRange struct{ Start, End int }

// appendSlot appends the number of a slot.
func appendSlot[T any](cmd command[T], number int) command[T] {
	if number < 0 || number >= slotCount {
		return cmd.Refuse(fmt.Sprintf("slots are numbered from 0 to %d", slotCount-1))
	}
	return cmd.Integer(int64(number))
}

// appendSlots appends numbers of slots, of which there must be some.
func appendSlots[T any](cmd command[T], numbers []int) command[T] {
	if len(numbers) == 0 {
		return cmd.Refuse("no slots")
	}
	for _, number := range numbers {
		cmd = appendSlot(cmd, number)
	}
	return cmd
}

// appendSlotRanges appends ranges, of which there must be some.
func appendSlotRanges[T any](cmd command[T], ranges []SlotRange) command[T] {
	if len(ranges) == 0 {
		return cmd.Refuse("no slots")
	}
	for _, slots := range ranges {
		if slots.Start > slots.End {
			cmd = cmd.Refuse("slots that end before they start")
		}
		cmd = appendSlot(appendSlot(cmd, slots.Start), slots.End)
	}
	return cmd
}

// ClusterKeySlot returns the slot that a key belongs to, of 16384 that are
// numbered from 0. If there is something between the first { of the key and
// the next }, that alone decides: so keys are given the same slot.
//
// https://valkey.io/commands/cluster-keyslot/
func clusterKeySlot(key string) command[int] {
	return newCommand("CLUSTER KEYSLOT", decode.Number).Arg(key)
}

// ClusterCountKeysInSlot returns how many keys of a slot a node has. A cluster
// client asks the primary that serves the slot; any other node but its
// replicas has none.
//
// https://valkey.io/commands/cluster-countkeysinslot/
func clusterCountKeysInSlot(slot int) command[int64] {
	return appendSlot(newCommand("CLUSTER COUNTKEYSINSLOT", decode.Int), slot)
}

// ClusterGetKeysInSlot returns at most count keys of a slot, in no order. It
// asks the same node as [Client.ClusterCountKeysInSlot].
//
// https://valkey.io/commands/cluster-getkeysinslot/
func clusterGetKeysInSlot(slot int, count int64) command[[]string] {
	return appendSlot(newCommand("CLUSTER GETKEYSINSLOT", decode.Strings), slot).Count(count)
}

// ClusterAddSlots lets the node serve slots that no one serves as far as it
// knows; if one of them is served already it is an error, and none is added.
//
// https://valkey.io/commands/cluster-addslots/
//
//glide:server it is one node that is given the slots
func clusterAddSlots(slots ...int) command[struct{}] {
	return appendSlots(newCommand("CLUSTER ADDSLOTS", decode.OK), slots)
}

// ClusterAddSlotsRange is [Client.ClusterAddSlots] for ranges of slots. Since
// version 7.0.
//
// https://valkey.io/commands/cluster-addslotsrange/
//
//glide:server it is one node that is given the slots
func clusterAddSlotsRange(ranges ...SlotRange) command[struct{}] {
	return appendSlotRanges(newCommand("CLUSTER ADDSLOTSRANGE", decode.OK), ranges)
}

// ClusterDelSlots lets the node forget who serves slots; others do not hear of
// it. A slot that no one serves as far as it knows is an error, and none is
// forgotten. Unless it is configured otherwise, a node that misses slots
// serves nothing at all.
//
// https://valkey.io/commands/cluster-delslots/
//
//glide:server it is what one node knows
func clusterDelSlots(slots ...int) command[struct{}] {
	return appendSlots(newCommand("CLUSTER DELSLOTS", decode.OK), slots)
}

// ClusterDelSlotsRange is [Client.ClusterDelSlots] for ranges of slots. Since
// version 7.0.
//
// https://valkey.io/commands/cluster-delslotsrange/
//
//glide:server it is what one node knows
func clusterDelSlotsRange(ranges ...SlotRange) command[struct{}] {
	return appendSlotRanges(newCommand("CLUSTER DELSLOTSRANGE", decode.OK), ranges)
}

// ClusterFlushSlots lets the node forget who serves which slot. It must have
// no keys.
//
// https://valkey.io/commands/cluster-flushslots/
//
//glide:server it is what one node knows
func clusterFlushSlots() command[struct{}] { return newCommand("CLUSTER FLUSHSLOTS", decode.OK) }

// ClusterFlushSlotOption is [FlushAsync] or [FlushSync].
type ClusterFlushSlotOption interface {
	option
	clusterFlushSlotOption()
}

// ClusterFlushSlot deletes the keys of a slot that the node has. Without an
// option the server's configuration says how (lazyfree-lazy-user-flush). Since
// Valkey 9.0.
//
// https://valkey.io/commands/cluster-flushslot/
//
//glide:server it is one node's keys
func clusterFlushSlot(slot int, options ...ClusterFlushSlotOption) command[struct{}] {
	return appendOptions(appendSlot(newCommand("CLUSTER FLUSHSLOT", decode.OK), slot), options)
}

// SlotState is what becomes of a slot: [SlotImporting], [SlotMigrating],
// [SlotServedBy] or [SlotStable].
type SlotState struct{ name, nodeID string }

// SlotImporting says that the slot's keys are coming from another node, whose
// slot it still is. Commands for it are then served to clients that were sent
// by that node (ASK).
func SlotImporting(fromNodeID string) SlotState { return SlotState{"IMPORTING", fromNodeID} }

// SlotMigrating says that the slot's keys are going to another node. Commands
// for keys that are gone are sent there (ASK).
func SlotMigrating(toNodeID string) SlotState { return SlotState{"MIGRATING", toNodeID} }

// SlotServedBy says that a node serves the slot.
func SlotServedBy(nodeID string) SlotState { return SlotState{"NODE", nodeID} }

// SlotStable says that the slot is neither importing nor migrating after all.
func SlotStable() SlotState { return SlotState{name: "STABLE"} }

// ClusterSetSlotOption is [SetSlotTimeout].
type ClusterSetSlotOption interface {
	option
	clusterSetSlotOption()
}

// SetSlotTimeout is how long the node's replicas may take to follow, in
// milliseconds; if they take longer it is an error. The default is 2 seconds.
// Since Valkey 8.0.
func SetSlotTimeout(d time.Duration) ClusterSetSlotOption {
	return clusterSetSlotOption{intArgument("timeout", "TIMEOUT", milliseconds(d))}
}

type clusterSetSlotOption struct{ argument }

func (clusterSetSlotOption) clusterSetSlotOption() {}

// ClusterSetSlot says to the node what becomes of a slot: a step of moving it
// by hand, which [Client.ClusterMigrateSlots] does by itself. A primary
// answers when its replicas have followed, since Valkey 8.0; other calls that
// share the connection wait for that. The client's timeout bounds the call
// too.
//
// https://valkey.io/commands/cluster-setslot/
//
//glide:server it is said to one node
func clusterSetSlot(slot int, state SlotState, options ...ClusterSetSlotOption) command[struct{}] {
	cmd := appendSlot(newCommand("CLUSTER SETSLOT", decode.OK), slot)
	switch state.name {
	case "":
		return cmd.Refuse("no state")
	case "STABLE":
		cmd = cmd.Arg(state.name)
	default:
		cmd = cmd.Arg(state.name).Arg(state.nodeID)
	}
	return appendOptions(cmd, options)
}

// readSlotRanges reads alternating first and last slots.
var readSlotRanges = decode.Pairs(readSlotRange)

// readSlotRange reads a first and a last slot.
func readSlotRange(r *wire.Reader) (slots SlotRange, err error) {
	err = decode.Sequence(r, decode.To(&slots.Start, decode.Number), decode.To(&slots.End, decode.Number))
	return slots, err
}

// errSlots is for slots that are written in another way.
var errSlots = &wire.TypeError{Want: "slots", Got: abi.TagString}

// parseSlotRange reads first-last, or the number of a single slot.
func parseSlotRange(text string) (slots SlotRange, err error) {
	first, last, several := strings.Cut(text, "-")
	if !several {
		last = first
	}
	if slots.Start, err = strconv.Atoi(first); err == nil {
		slots.End, err = strconv.Atoi(last)
	}
	if err != nil {
		return slots, errSlots
	}
	return slots, nil
}
