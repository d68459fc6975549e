package glide

import (
	"github.com/valkey-glide/go/glide/internal/engine"
)

// SlotScanOption is a [ScanOption] or [InSlot].
type SlotScanOption interface {
	option
	slotScanOption()
}

// inSlot is the option SLOT.
type inSlot int

// InSlot goes over the keys of one slot only.
func InSlot(slot int) SlotScanOption { return inSlot(slot) }

func (s inSlot) appendTo(w *engine.Words) {
	w.String("SLOT")
	w.Int(int64(s))
}

func (inSlot) decides() string { return "slot" }
func (inSlot) slotScanOption() {}

// ClusterScan gives a page of the keys of a whole cluster and the cursor of
// the next; it begins with [ScanStart]. The cursor says which node to ask
// next, goes with the slots if they move, and means something to every client:
// one may go on where another has stopped. What is said at [Client.Scan] of
// keys that come or go holds here too; keys may be given again after a
// failover. A cluster client asks the right node; any other gives the error
// MOVED. A server that is no cluster answers with an error. Since Valkey 9.1.
//
// https://valkey.io/commands/clusterscan/
func clusterScan(cursor string, options ...SlotScanOption) command[ScanPage[string]] {
	return appendOptions(newCommand("CLUSTERSCAN", readKeysPage).Key(cursor), options)
}
