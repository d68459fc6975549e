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

// ClusterScanOption says which keys of a cluster are gone over, [Match] or
// [Type], in what portions, [Count], or that it may be incomplete,
// [AllowUncoveredSlots].
type ClusterScanOption interface {
	decides() string
	scanCluster(*engine.ClusterScan)
}

func (p Pattern) scanCluster(s *engine.ClusterScan)  { s.Match = &p.pattern }
func (p PageSize) scanCluster(s *engine.ClusterScan) { s.Count = uint32(min(p.count, math.MaxUint32)) }
func (t KeyType) scanCluster(s *engine.ClusterScan)  { s.Type = string(t) }

// allowUncoveredSlots is what AllowUncoveredSlots is.
type allowUncoveredSlots struct{}

// AllowUncoveredSlots goes over what there is where no node has some of the
// slots. The default is an error.
var AllowUncoveredSlots ClusterScanOption = allowUncoveredSlots{}

func (allowUncoveredSlots) decides() string { return "AllowUncoveredSlots" }

func (allowUncoveredSlots) scanCluster(s *engine.ClusterScan) { s.AllowUncoveredSlots = true }

// ClusterScanCursor is where a scan of a cluster has got to. The zero value is
// the beginning. A cursor never changes: given again it repeats its step. It
// may be copied, shared and dropped.
type ClusterScanCursor struct {
	state    *engine.ScanState
	finished bool
}

// Finished reports whether all keys have been gone over.
func (c ClusterScanCursor) Finished() bool { return c.finished }

// ClusterScanPage is a portion of the keys of a cluster.
type ClusterScanPage struct {
	// Cursor is where the next page begins, unless it is finished.
	Cursor ClusterScanCursor
	// Keys are in no order. There may be none before the last page.
	Keys []string
}

// Scan gives a page of the keys of all primaries and the cursor of the next;
// it begins with the zero cursor. Keys that exist all the while are given at
// least once, perhaps more often, also while slots move, primaries fail over
// and servers are restarted; those that come or go meanwhile may be given.
// After an error, a timeout too, the same cursor can be given again. A cursor
// means something to the clients of this process only.
//
// Scanning on from a finished cursor is an [ErrInvalidArgument], a slot that no
// node has an [ErrUnreachable] unless [AllowUncoveredSlots] is given. A user
// also needs the permission for CLUSTER NODES, and for INFO if restarts are to
// be noticed. [ClusterClient.AllKeys] does the looping.
//
// https://valkey.io/commands/scan/
func (c *ClusterClient) Scan(ctx context.Context, cursor ClusterScanCursor, options ...ClusterScanOption) (ClusterScanPage, error) {
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
	page, err := run(ctx, commands{engine: c.engine}, command[ClusterScanPage]{Words: scan.Words("SCAN"), Read: readClusterScanPage})
	runtime.KeepAlive(cursor.state)
	if err == nil && !page.Cursor.finished {
		page.Cursor.state = scan.Next
	}
	return page, err
}

func scanOptions(scan *engine.ClusterScan, options []ClusterScanOption) error {
	for i, option := range options {
		if option == nil {
			return invalid("SCAN", "nil option")
		}
		if slices.ContainsFunc(options[:i], func(o ClusterScanOption) bool { return o.decides() == option.decides() }) {
			return invalid("SCAN", "more than one "+option.decides())
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
	if err = decode.ArrayOf(r, 2); err == nil {
		err = decode.Into(&page.Cursor.finished, r, decode.Bool)
	}
	if err == nil {
		err = decode.Into(&page.Keys, r, decode.Strings)
	}
	return page, err
}

// AllKeys goes over the keys of all primaries, in no order, with as many calls of
// [ClusterClient.Scan] as it takes: each is bounded like a call of its own,
// and the context bounds them all. An error ends it. A key may be given more
// than once. What is not asked for is not fetched: a loop may be left at any
// time, and the sequence gone over again from the beginning.
//
// https://valkey.io/commands/scan/
func (c *ClusterClient) AllKeys(ctx context.Context, options ...ClusterScanOption) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for cursor := (ClusterScanCursor{}); !cursor.Finished(); {
			page, err := c.Scan(ctx, cursor, options...)
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
