package glide

import (
	"github.com/valkey-glide/go/glide/internal/definition"
	"github.com/valkey-glide/go/glide/internal/engine"
)

// An option appends itself to a command. A command takes an interface of its
// own that has these methods and one that marks the options it knows, so that
// what a command does not know does not compile.
type option interface {
	appendTo(*engine.Words)

	// decides names what the option decides. Only one of a command's options
	// may decide the same thing; "" is for those that can be repeated.
	decides() string
}

// appendOptions appends options, and refuses those that exclude each other.
func appendOptions[T any, O option](cmd command[T], options []O) command[T] {
	return definition.Options(cmd, options, O.appendTo, O.decides)
}

// What follows are the options that commands of several groups share.

// presence is a condition on whether keys exist.
type presence string

const (
	// Absent is the condition that the key does not exist (NX); of a command
	// with several keys, that none of them does.
	Absent presence = "NX"
	// Present is the condition that the key exists (XX); of a command with
	// several keys, that all of them do.
	Present presence = "XX"
)

func (p presence) appendTo(w *engine.Words) { w.String(string(p)) }
func (presence) decides() string            { return "condition" }
func (presence) setCondition()              {}
func (presence) setGetOption()              {}
func (presence) mSetExOption()              {}
func (presence) hSetExOption()              {}

// replace is the option REPLACE.
type replace string

// Replace lets a key that is there already be replaced. Without it that is
// not done, or is an error.
const Replace replace = "REPLACE"

func (r replace) appendTo(w *engine.Words) { w.String(string(r)) }
func (replace) decides() string            { return "Replace" }
func (replace) copyOption()                {}
func (replace) restoreOption()             {}
func (replace) migrateOption()             {}
func (replace) functionLoadOption()        {}

// flushMode is the option ASYNC or SYNC.
type flushMode string

const (
	// FlushAsync lets the server free what is deleted later, beside other work.
	FlushAsync flushMode = "ASYNC"
	// FlushSync lets the server free what is deleted before it answers.
	FlushSync flushMode = "SYNC"
)

func (m flushMode) appendTo(w *engine.Words) { w.String(string(m)) }
func (flushMode) decides() string            { return "mode" }
func (flushMode) scriptFlushOption()         {}
func (flushMode) functionFlushOption()       {}
func (flushMode) clusterFlushSlotOption()    {}

// Window is a part of a longer result.
type Window struct{ offset, count int64 }

// Limit is the part of a result that begins after so many elements and has
// at most count of them.
func Limit(offset, count int64) Window { return Window{offset, count} }

func (l Window) appendTo(w *engine.Words) {
	w.String("LIMIT")
	w.Int(l.offset)
	w.Int(l.count)
}

func (Window) decides() string { return "limit" }
func (Window) sortOption()     {}

// direction is an order.
type direction string

const (
	// Ascending orders the smallest first.
	Ascending direction = "ASC"
	// Descending orders the largest first.
	Descending direction = "DESC"
)

func (d direction) appendTo(w *engine.Words) { w.String(string(d)) }
func (direction) decides() string            { return "order" }
func (direction) sortOption()                {}
func (direction) slotStatsOption()           {}

// CardMaximum is where counting ends.
type CardMaximum struct{ limit int64 }

// CardLimit has the server count no further than to this number. The default,
// 0, is to count all.
func CardLimit(limit int64) CardMaximum { return CardMaximum{limit} }

func (m CardMaximum) appendTo(w *engine.Words) {
	w.String("LIMIT")
	w.Int(m.limit)
}

func (CardMaximum) decides() string   { return "limit" }
func (CardMaximum) zInterCardOption() {}
