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

// SlotRange is the range of slots from Start to End, both included.
type SlotRange struct{ Start, End int }

// NewSlotRange returns the slots from start to end, which is one of them.
func NewSlotRange(start, end int) SlotRange { return SlotRange{start, end} }

// appendSlot appends the number of a slot.
func appendSlot(cmd arguments, number int) arguments {
	if number < 0 || number >= slotCount {
		return cmd.Refuse(fmt.Sprintf("slots are numbered from 0 to %d", slotCount-1))
	}
	return cmd.Integer(int64(number))
}

// appendSlots appends numbers of slots, of which there must be some.
func appendSlots(cmd arguments, numbers []int) arguments {
	if len(numbers) == 0 {
		return cmd.Refuse("no slots")
	}
	for _, number := range numbers {
		cmd = appendSlot(cmd, number)
	}
	return cmd
}

// appendSlotRanges appends ranges, of which there must be some.
func appendSlotRanges(cmd arguments, ranges []SlotRange) arguments {
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

// ClusterKeySlot returns the slot of a key, from 0 to 16383. If the key
// contains a hash tag, the text between the first { and the next }, only the
// tag determines the slot, so keys with the same tag have the same slot.
//
// https://valkey.io/commands/cluster-keyslot/
func clusterKeySlot(key string) command[int] {
	return newCommand(named("CLUSTER KEYSLOT").Arg(key), decode.Number)
}

// ClusterCountKeysInSlot returns the number of keys of a slot that a node has.
// A cluster client asks the primary of the slot; only this primary and its
// replicas have keys of it.
//
// https://valkey.io/commands/cluster-countkeysinslot/
func clusterCountKeysInSlot(slot int) command[int64] {
	return newCommand(appendSlot(named("CLUSTER COUNTKEYSINSLOT"), slot), decode.Int)
}

// ClusterGetKeysInSlot returns at most count keys of a slot, in no order. It
// asks the same node as [Client.ClusterCountKeysInSlot].
//
// https://valkey.io/commands/cluster-getkeysinslot/
func clusterGetKeysInSlot(slot int, count int64) command[[]string] {
	return newCommand(appendSlot(named("CLUSTER GETKEYSINSLOT"), slot).Count(count), decode.Strings)
}

// ClusterAddSlots assigns slots to the node. It is an error, and no slot is
// assigned, if the node knows that one of them is already served.
//
// https://valkey.io/commands/cluster-addslots/
//
//glide:server it is one node that is given the slots
func clusterAddSlots(slots ...int) command[struct{}] {
	return newCommand(appendSlots(named("CLUSTER ADDSLOTS"), slots), decode.OK)
}

// ClusterAddSlotsRange is like [Client.ClusterAddSlots], for ranges of slots.
// Since version 7.0.
//
// https://valkey.io/commands/cluster-addslotsrange/
//
//glide:server it is one node that is given the slots
func clusterAddSlotsRange(ranges ...SlotRange) command[struct{}] {
	return newCommand(appendSlotRanges(named("CLUSTER ADDSLOTSRANGE"), ranges), decode.OK)
}

// ClusterDelSlots makes the node forget which nodes serve slots; other nodes
// are not informed. It is an error, and no slot is forgotten, if the node knows
// no owner of one of them. Unless configured otherwise, a node with missing
// slots serves no keys at all.
//
// https://valkey.io/commands/cluster-delslots/
//
//glide:server it is what one node knows
func clusterDelSlots(slots ...int) command[struct{}] {
	return newCommand(appendSlots(named("CLUSTER DELSLOTS"), slots), decode.OK)
}

// ClusterDelSlotsRange is like [Client.ClusterDelSlots], for ranges of slots.
// Since version 7.0.
//
// https://valkey.io/commands/cluster-delslotsrange/
//
//glide:server it is what one node knows
func clusterDelSlotsRange(ranges ...SlotRange) command[struct{}] {
	return newCommand(appendSlotRanges(named("CLUSTER DELSLOTSRANGE"), ranges), decode.OK)
}

// ClusterFlushSlots makes the node forget the owners of all slots. The node
// must have no keys.
//
// https://valkey.io/commands/cluster-flushslots/
//
//glide:server it is what one node knows
func clusterFlushSlots() command[struct{}] { return newCommand(named("CLUSTER FLUSHSLOTS"), decode.OK) }

// ClusterFlushSlotOption is an option of [Client.ClusterFlushSlot]:
// [FlushAsync] or [FlushSync].
type ClusterFlushSlotOption interface {
	option
	clusterFlushSlotOption()
}

// ClusterFlushSlot deletes the keys of a slot on the node. Without an option
// the server's configuration (lazyfree-lazy-user-flush) decides when their
// memory is freed. Since Valkey 9.0.
//
// https://valkey.io/commands/cluster-flushslot/
//
//glide:server it is one node's keys
func clusterFlushSlot(slot int, options ...ClusterFlushSlotOption) command[struct{}] {
	return newCommand(appendOptions(appendSlot(named("CLUSTER FLUSHSLOT"), slot), options), decode.OK)
}

// SlotState is a state that [Client.ClusterSetSlot] sets: [SlotImporting],
// [SlotMigrating], [SlotServedBy] or [SlotStable].
type SlotState struct{ name, nodeID string }

// SlotImporting (IMPORTING) means that the node receives the slot's keys from
// another node, which still owns the slot. The node then serves commands for
// the slot to clients that the owner redirected (ASK).
func SlotImporting(fromNodeID string) SlotState { return SlotState{"IMPORTING", fromNodeID} }

// SlotMigrating (MIGRATING) means that the node sends the slot's keys to
// another node. It redirects commands for keys that it no longer has to that
// node (ASK).
func SlotMigrating(toNodeID string) SlotState { return SlotState{"MIGRATING", toNodeID} }

// SlotServedBy (NODE) means that a node owns the slot.
func SlotServedBy(nodeID string) SlotState { return SlotState{"NODE", nodeID} }

// SlotStable (STABLE) means that the slot is neither importing nor migrating.
func SlotStable() SlotState { return SlotState{name: "STABLE"} }

// ClusterSetSlotOption is an option of [Client.ClusterSetSlot]:
// [SetSlotTimeout].
type ClusterSetSlotOption interface {
	option
	clusterSetSlotOption()
}

// SetSlotTimeout (TIMEOUT) limits the time for the node's replicas to follow,
// with a resolution of a millisecond. It is an error if they take longer. The
// default is 2 seconds. Since Valkey 8.0.
func SetSlotTimeout(d time.Duration) ClusterSetSlotOption {
	return clusterSetSlotOption{intArgument("timeout", "TIMEOUT", milliseconds(d))}
}

type clusterSetSlotOption struct{ argument }

func (clusterSetSlotOption) clusterSetSlotOption() {}

// ClusterSetSlot sets the state of a slot on the node. It is one step of moving
// a slot manually; [Client.ClusterMigrateSlots] moves slots as a whole. Since
// Valkey 8.0 a primary answers when its replicas have followed; other calls on
// the same connection wait for that, and the client's request timeout limits it
// too.
//
// https://valkey.io/commands/cluster-setslot/
//
//glide:server it is said to one node
func clusterSetSlot(slot int, state SlotState, options ...ClusterSetSlotOption) command[struct{}] {
	cmd := appendSlot(named("CLUSTER SETSLOT"), slot)
	switch state.name {
	case "":
		return newCommand(cmd.Refuse("no state"), decode.OK)
	case "STABLE":
		cmd = cmd.Arg(state.name)
	default:
		cmd = cmd.Arg(state.name).Arg(state.nodeID)
	}
	return newCommand(appendOptions(cmd, options), decode.OK)
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
