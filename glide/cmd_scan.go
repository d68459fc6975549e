package glide

import (
	"context"
	"iter"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ScanOption is an option of [Client.Scan]: it filters the keys, [Match] or
// [Type], or sets the size of a page, [Count].
type ScanOption interface {
	SlotScanOption
	scanOption()
}

// Pattern filters names: the result of [Match]. It is an option of
// [Client.Scan], [Client.HScan], [Client.SScan], [Client.ZScan],
// [Client.ClusterScan] and their iterators.
type Pattern struct{ pattern string }

// Match (MATCH) omits names that do not match a pattern, as described at
// [Client.Keys]. The server examines them anyway, so a page may be empty
// before the last.
func Match(pattern string) Pattern { return Pattern{pattern} }

func (p Pattern) appendTo(to *wire.Request) {
	to.String("MATCH")
	to.String(p.pattern)
}

func (Pattern) conflictKey() string { return "Match" }
func (Pattern) scanOption()         {}
func (Pattern) hScanOption()        {}
func (Pattern) sScanOption()        {}
func (Pattern) slotScanOption()     {}

// PageSize is a number of elements: the result of [Count]. It is an option of
// commands that return pages or a limited number of elements.
type PageSize struct{ count int64 }

// Count (COUNT) is the approximate number of elements that the server examines
// for one page of a scan. It must be positive; the server's default is 10. For
// other commands it is the maximum number of elements they return; the default
// is stated there.
func Count(count int64) PageSize { return PageSize{count} }

func (p PageSize) appendTo(to *wire.Request) {
	to.String("COUNT")
	to.Int(p.count)
}

func (PageSize) conflictKey() string { return "Count" }
func (PageSize) scanOption()         {}
func (PageSize) hScanOption()        {}
func (PageSize) sScanOption()        {}
func (PageSize) slotScanOption()     {}

// KeyType filters keys by type: the result of [Type]. It is an option of
// [Client.Scan], [Client.ClusterScan] and their iterators.
type KeyType string

// Type (TYPE) omits keys of other types than name, which is a type as
// [Client.Type] returns it. In a cluster it is one of string, list, set, zset,
// hash and stream.
func Type(name string) KeyType { return KeyType(name) }

func (t KeyType) appendTo(to *wire.Request) {
	to.String("TYPE")
	to.String(string(t))
}

func (KeyType) conflictKey() string { return "Type" }
func (KeyType) scanOption()         {}
func (KeyType) slotScanOption()     {}

// ScanStart is the cursor at which a scan begins.
const ScanStart = "0"

// ScanPage is one page of a scan.
type ScanPage[T any] struct {
	// Cursor is the cursor of the next page.
	Cursor string
	// Items are in no order. They may be empty before the last page.
	Items []T
}

// Last reports whether there are no more pages.
func (p ScanPage[T]) Last() bool { return p.Cursor == ScanStart }

// readScanPage reads a cursor and items.
func readScanPage[T any](items func(*wire.Reader) ([]T, error)) func(*wire.Reader) (ScanPage[T], error) {
	return func(r *wire.Reader) (page ScanPage[T], err error) {
		if err = decode.ArrayOf(r, 2); err == nil {
			page.Cursor, err = r.String()
		}
		if err == nil {
			page.Items, err = items(r)
		}
		return page, err
	}
}

var readKeysPage = readScanPage(decode.Strings)

// Scan returns a page of the keys of the selected database and the cursor of
// the next page; begin with [ScanStart]. A key that exists during the whole
// scan is returned at least once, possibly more often. A key that is created
// or deleted meanwhile may be returned. A cursor is valid only at the server
// that returned it: if [Config.ReadFrom] distributes reads over several
// servers, the scan misses keys. [Client.AllKeys] iterates over all pages.
//
// https://valkey.io/commands/scan/
//
//glide:server a cursor means something to one server only
//glide:one a cursor means something to one server only
func scan(cursor string, options ...ScanOption) command[ScanPage[string]] {
	return newCommand(appendOptions(named("SCAN").Arg(cursor), options), readKeysPage)
}

// AllKeys returns an iterator over the keys of the selected database, in no
// order. It calls [Client.Scan] for each page: each call has its own request
// timeout, and ctx limits them all. The iterator ends after the first error. A
// key may be returned more than once. As with Scan, keys are missed if
// [Config.ReadFrom] distributes reads over several servers. Pages are fetched
// on demand, so a loop may stop at any time; ranging again starts from the
// beginning.
//
// https://valkey.io/commands/scan/
func (c *Client) AllKeys(ctx context.Context, options ...AllKeysOption) iter.Seq2[string, error] {
	var scanOptions []ScanOption
	for _, o := range options {
		if o == AllowUncoveredSlots {
			continue
		}
		scanOption, _ := o.(ScanOption) // nil is refused
		scanOptions = append(scanOptions, scanOption)
	}
	return pages(func(cursor string) (ScanPage[string], error) { return c.Scan(ctx, cursor, scanOptions...) })
}

// pages goes over the items of all pages, and ends with the first error.
func pages[T any](next func(cursor string) (ScanPage[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for cursor := ScanStart; ; {
			page, err := next(cursor)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if page.Last() {
				return
			}
			cursor = page.Cursor
		}
	}
}
