package glide

// SlotScanOption is an option of [Client.ClusterScan]: a [ScanOption] or
// [InSlot].
type SlotScanOption interface {
	option
	slotScanOption()
}

// InSlot (SLOT) scans only the keys of a slot.
func InSlot(slot int) SlotScanOption { return slotScanOption{intArgument("slot", "SLOT", int64(slot))} }

type slotScanOption struct{ argument }

func (slotScanOption) slotScanOption() {}

// ClusterScan returns a page of the keys of a whole cluster (CLUSTERSCAN) and
// the cursor of the next page; begin with [ScanStart]. The cursor identifies
// the node to ask next, follows slots that move, and is valid for every
// client, so one client can continue the scan of another. Keys that are
// created or deleted meanwhile are treated as in [Client.Scan]; keys may be
// returned again after a failover. A cluster client sends the command to the
// right node; any other client may receive the error MOVED. A server without
// cluster support returns an error. Since Valkey 9.1.
//
// https://valkey.io/commands/clusterscan/
func clusterScan(cursor string, options ...SlotScanOption) command[ScanPage[string]] {
	return newCommand(appendOptions(named("CLUSTERSCAN").Key(cursor), options), readKeysPage)
}
