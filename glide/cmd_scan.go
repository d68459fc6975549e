package glide

import (
	"context"
	"iter"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ScanOption says which keys are gone over, [Match] or [Type], or in what
// portions, [Count].
type ScanOption interface {
	SlotScanOption
	scanOption()
}

// Pattern is what names have to match.
type Pattern struct{ pattern string }

// Match leaves out names that do not match a pattern, as described at
// [Client.Keys]. The server looks at them all the same: a page may be
// empty before the last.
func Match(pattern string) Pattern { return Pattern{pattern} }

func (p Pattern) appendTo(w *engine.Words) {
	w.String("MATCH")
	w.String(p.pattern)
}

func (Pattern) decides() string { return "Match" }
func (Pattern) scanOption()     {}
func (Pattern) hScanOption()    {}
func (Pattern) sScanOption()    {}
func (Pattern) slotScanOption() {}

// PageSize is how much a server goes over or gives at once.
type PageSize struct{ count int64 }

// Count is about how many elements the server goes over for one page of a
// scan: the default is the server's, 10, and it must be positive. For other
// commands it is how many elements they give at most; their comments tell the
// default.
func Count(count int64) PageSize { return PageSize{count} }

func (p PageSize) appendTo(w *engine.Words) {
	w.String("COUNT")
	w.Int(p.count)
}

func (PageSize) decides() string { return "Count" }
func (PageSize) scanOption()     {}
func (PageSize) hScanOption()    {}
func (PageSize) sScanOption()    {}
func (PageSize) slotScanOption() {}

// KeyType is what keys are to hold.
type KeyType string

// Type leaves out keys that hold something else than what [Client.Type] calls
// so. In a cluster it is one of string, list, set, zset, hash and stream.
func Type(name string) KeyType { return KeyType(name) }

func (t KeyType) appendTo(w *engine.Words) {
	w.String("TYPE")
	w.String(string(t))
}

func (KeyType) decides() string { return "Type" }
func (KeyType) scanOption()     {}
func (KeyType) slotScanOption() {}

// ScanStart is the cursor that begins at the beginning.
const ScanStart = "0"

// ScanPage is a portion of what is gone over.
type ScanPage[T any] struct {
	// Cursor is where the next page begins.
	Cursor string
	// Items are in no order. There may be none before the last page.
	Items []T
}

// Last reports whether there are no more pages.
func (p ScanPage[T]) Last() bool { return p.Cursor == ScanStart }

// readScanPage reads a cursor and items.
func readScanPage[T any](items func(*wire.Reader) ([]T, error)) func(*wire.Reader) (ScanPage[T], error) {
	return func(r *wire.Reader) (page ScanPage[T], err error) {
		if err = decode.ArrayOf(r, 2); err == nil {
			err = decode.Into(&page.Cursor, r, decode.String)
		}
		if err == nil {
			err = decode.Into(&page.Items, r, items)
		}
		return page, err
	}
}

var readKeysPage = readScanPage(decode.Strings)

// Scan gives a page of the keys of the selected database and the cursor of
// the next; it begins with [ScanStart]. Keys that exist all the while are
// given at least once, perhaps more often; those that come or go meanwhile
// may be given. A cursor means something to the server that gave it only: with
// a [Config.ReadFrom] by which several servers answer in turn, keys are
// missed. One that no server gave has no meaning. [Client.AllKeys] does the
// looping.
//
// https://valkey.io/commands/scan/
//
//glide:server a cursor means something to one server only
//glide:one a cursor means something to one server only
func scan(cursor string, options ...ScanOption) command[ScanPage[string]] {
	return appendOptions(newCommand("SCAN", readKeysPage).Arg(cursor), options)
}

// AllKeys goes over the keys of the selected database, in no order, with as many
// calls of [Client.Scan] as it takes: each is bounded like a call of its own,
// and the context bounds them all. An error ends it. A key may be given more
// than once, and what is said there of several servers holds here too. What is not asked for is not fetched: a loop may be left at any
// time, and the sequence gone over again from the beginning.
//
// https://valkey.io/commands/scan/
func (c *Client) AllKeys(ctx context.Context, options ...ScanOption) iter.Seq2[string, error] {
	return pages(func(cursor string) (ScanPage[string], error) { return c.Scan(ctx, cursor, options...) })
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
