package glide

import (
	"context"
	"iter"
	"math"
	"runtime"
	"slices"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// AllKeysOption is an option of [Client.AllKeys] and
// [ClusterClient.ScanPrimaries]: it filters the keys, [Match] or [Type], or
// sets the size of a page, [Count]. [AllowUncoveredSlots] has an effect in
// clusters only.
type AllKeysOption interface {
	conflictKey() string
	scanCluster(*engine.ClusterScan)
}

func (p Pattern) scanCluster(s *engine.ClusterScan)  { s.Match = &p.pattern }
func (p PageSize) scanCluster(s *engine.ClusterScan) { s.Count = uint32(min(p.count, math.MaxUint32)) }
func (t KeyType) scanCluster(s *engine.ClusterScan)  { s.Type = string(t) }

// allowUncoveredSlots is what AllowUncoveredSlots is.
type allowUncoveredSlots struct{}

// AllowUncoveredSlots scans the remaining slots if no node serves some of the
// slots. The default is an error. With a [Client] it has no effect.
var AllowUncoveredSlots AllKeysOption = allowUncoveredSlots{}

func (allowUncoveredSlots) conflictKey() string { return "AllowUncoveredSlots" }

func (allowUncoveredSlots) scanCluster(s *engine.ClusterScan) { s.AllowUncoveredSlots = true }

// ClusterScanCursor is the position of a cluster scan. The zero value is the
// beginning. A cursor is immutable: scanning with the same cursor repeats its
// step. It may be copied, shared and dropped.
type ClusterScanCursor struct {
	state    *engine.ScanState
	finished bool
}

// Finished reports whether the scan is complete.
func (c ClusterScanCursor) Finished() bool { return c.finished }

// ClusterScanPage is one page of a cluster scan.
type ClusterScanPage struct {
	// Cursor is the cursor of the next page, unless it is finished.
	Cursor ClusterScanCursor
	// Keys are in no order. They may be empty before the last page.
	Keys []string
}

// ScanPrimaries returns a page of the keys of all primaries and the cursor of the next
// page; begin with the zero cursor. A key that exists during the whole scan is
// returned at least once, possibly more often, even while slots move,
// primaries fail over and servers restart. A key that is created or deleted
// meanwhile may be returned. After an error, including a timeout, the call can
// be repeated with the same cursor. A cursor is valid only for clients of this
// process.
//
// ScanPrimaries returns [ErrInvalidArgument] for a finished cursor, and
// [ErrUnreachable] if no node serves a slot, unless [AllowUncoveredSlots] is
// given. The user also needs permission for CLUSTER NODES, and for INFO to
// notice restarts. [ClusterClient.AllKeys] iterates over all pages.
//
// https://valkey.io/commands/scan/
func (c *ClusterClient) ScanPrimaries(ctx context.Context, cursor ClusterScanCursor, options ...AllKeysOption) (ClusterScanPage, error) {
	if c.engine == nil {
		return ClusterScanPage{}, errNotMade("SCAN")
	}
	scan := engine.ClusterScan{From: cursor.state, Next: c.engine.NewScanState()}
	var err error
	switch {
	case cursor.finished:
		err = invalid("SCAN", "the cursor is finished")
	case cursor.state != nil && !c.engine.Knows(cursor.state):
		err = invalid("SCAN", "the cursor is another client's")
	default:
		err = scanOptions(&scan, options)
	}
	if err != nil {
		return ClusterScanPage{}, err
	}
	page, err := run(ctx, commands{engine: c.engine, hooks: c.hooks}, messageCommand("SCAN", scan.Message(), readClusterScanPage))
	runtime.KeepAlive(cursor.state)
	if err == nil && !page.Cursor.finished {
		page.Cursor.state = scan.Next
	}
	return page, err
}

func scanOptions(scan *engine.ClusterScan, options []AllKeysOption) error {
	for i, option := range options {
		if option == nil {
			return invalid("SCAN", "nil option")
		}
		if slices.ContainsFunc(options[:i], func(o AllKeysOption) bool { return o.conflictKey() == option.conflictKey() }) {
			return invalid("SCAN", "more than one "+option.conflictKey())
		}
		switch o := option.(type) {
		case PageSize:
			if o.count <= 0 {
				return invalid("SCAN", "Count must be positive")
			}
		case KeyType:
			if !slices.Contains(scannedTypes, o) {
				return invalid("SCAN", "no such type of keys")
			}
		}
		option.scanCluster(scan)
	}
	return nil
}

// scannedTypes are those of a server without modules; of keys of another there
// are none, which a server would say of a misspelt one too.
var scannedTypes = []KeyType{"string", "list", "set", "zset", "hash", "stream"}

func readClusterScanPage(r *wire.Reader) (page ClusterScanPage, err error) {
	err = decode.Tuple(r, decode.To(&page.Cursor.finished, decode.Bool), decode.To(&page.Keys, decode.Strings))
	return page, err
}

// AllKeys returns an iterator over the keys of all primaries, in no order. It
// calls [ClusterClient.ScanPrimaries] for each page: each call has its own request
// timeout, and ctx limits them all. The iterator ends after the first error. A
// key may be returned more than once. Pages are fetched on demand, so a loop
// may stop at any time; ranging again starts from the beginning.
//
// https://valkey.io/commands/scan/
func (c *ClusterClient) AllKeys(ctx context.Context, options ...AllKeysOption) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for cursor := (ClusterScanCursor{}); !cursor.Finished(); {
			page, err := c.ScanPrimaries(ctx, cursor, options...)
			if err != nil {
				yield("", err)
				return
			}
			for _, key := range page.Keys {
				if !yield(key, nil) {
					return
				}
			}
			cursor = page.Cursor
		}
	}
}
