package glide

import (
	"slices"

	"github.com/valkey-glide/go/glide/internal/definition"
	"github.com/valkey-glide/go/glide/internal/engine"
)

// An option appends itself to a command. Each command takes an interface with
// these methods and one more that marks the options it supports, so
// unsupported options do not compile.
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

// argument is an option that is sent as a word and a value. Options of one
// command embed it in a type that has the command's marker.
type argument struct {
	// what is what it decides, word may be empty, and the value is text, or
	// number if it isNumber.
	what, word string
	text       string
	number     int64
	isNumber   bool
}

func textArgument(what, word, text string) argument {
	return argument{what: what, word: word, text: text}
}

func intArgument(what, word string, number int64) argument {
	return argument{what: what, word: word, number: number, isNumber: true}
}

func (a argument) appendTo(w *engine.Words) {
	if a.word != "" {
		w.String(a.word)
	}
	if a.isNumber {
		w.Int(a.number)
	} else {
		w.String(a.text)
	}
}

func (a argument) decides() string { return a.what }

// What follows are the options that commands of several groups share.

// presence is the option NX or XX.
type presence string

const (
	// IfAbsent (NX) is the condition that what a command writes does not exist:
	// the key of SET, all keys of MSETEX, the hash of HSETEX, each member of ZADD
	// and GEOADD, or the expiry that EXPIRE and HEXPIRE set.
	IfAbsent presence = "NX"
	// IfPresent (XX) is the condition that what a command writes exists already:
	// the key of SET, all keys of MSETEX, the hash of HSETEX, each member of ZADD
	// and GEOADD, or the expiry that EXPIRE and HEXPIRE set.
	IfPresent presence = "XX"
)

func (p presence) appendTo(w *engine.Words) { w.String(string(p)) }
func (presence) decides() string            { return "condition" }
func (presence) setCondition()              {}
func (presence) setGetOption()              {}
func (presence) mSetExOption()              {}
func (presence) hSetExOption()              {}
func (presence) zAddOption()                {}
func (presence) zAddIncrOption()            {}
func (presence) geoAddOption()              {}
func (presence) expireOption()              {}

// comparison is the option GT or LT.
type comparison string

const (
	// IfGreater (GT) is the condition that the new value is greater than the
	// present one. ZADD changes only scores that it increases, and adds new
	// members unless [IfPresent] is given too. EXPIRE and HEXPIRE set only an
	// expiry that is later; a key or field without one counts as never expiring,
	// so they leave it as it is.
	IfGreater comparison = "GT"
	// IfLess (LT) is the condition that the new value is less than the present
	// one. ZADD changes only scores that it decreases, and adds new members
	// unless [IfPresent] is given too. EXPIRE and HEXPIRE set only an expiry
	// that is earlier, or one where there was none.
	IfLess comparison = "LT"
)

func (c comparison) appendTo(w *engine.Words) { w.String(string(c)) }
func (comparison) decides() string            { return "comparison" }
func (comparison) zAddOption()                {}
func (comparison) zAddIncrOption()            {}
func (comparison) expireOption()              {}

// excludeConditions refuses IfAbsent together with a comparison: there is
// nothing to compare with.
func excludeConditions[T any, O option](cmd command[T], options []O) command[T] {
	compares := func(o O) bool { return any(o) == any(IfGreater) || any(o) == any(IfLess) }
	absent := func(o O) bool { return any(o) == any(IfAbsent) }
	if slices.ContainsFunc(options, absent) && slices.ContainsFunc(options, compares) {
		cmd = cmd.Refuse("IfAbsent excludes other conditions")
	}
	return cmd
}

// replace is the option REPLACE.
type replace string

// Replace (REPLACE) replaces a key or library that exists. Without it the
// command returns false or an error.
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
	// FlushAsync (ASYNC) frees deleted data later, in the background.
	FlushAsync flushMode = "ASYNC"
	// FlushSync (SYNC) frees deleted data before the server replies.
	FlushSync flushMode = "SYNC"
)

func (m flushMode) appendTo(w *engine.Words) { w.String(string(m)) }
func (flushMode) decides() string            { return "mode" }
func (flushMode) scriptFlushOption()         {}
func (flushMode) functionFlushOption()       {}
func (flushMode) clusterFlushSlotOption()    {}

// Window selects a part of a result; see [Limit].
type Window struct{ offset, count int64 }

// Limit (LIMIT) returns at most count elements of a result, after skipping
// offset of them.
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
	// Ascending (ASC) sorts the smallest first.
	Ascending direction = "ASC"
	// Descending (DESC) sorts the largest first.
	Descending direction = "DESC"
)

func (d direction) appendTo(w *engine.Words) { w.String(string(d)) }
func (direction) decides() string            { return "order" }
func (direction) sortOption()                {}
func (direction) clusterSlotStatsOption()    {}

// CardMaximum limits how far the server counts; see [CardLimit].
type CardMaximum struct{ limit int64 }

// CardLimit (LIMIT) stops counting at limit. The default, 0, counts all.
func CardLimit(limit int64) CardMaximum { return CardMaximum{limit} }

func (m CardMaximum) appendTo(w *engine.Words) {
	w.String("LIMIT")
	w.Int(m.limit)
}

func (CardMaximum) decides() string   { return "limit" }
func (CardMaximum) zInterCardOption() {}

// appendCardLimit appends the options of a command that counts.
func appendCardLimit[T any, O option](cmd command[T], options []O) command[T] {
	for _, o := range options {
		if most, ok := any(o).(CardMaximum); ok && most.limit < 0 {
			cmd = cmd.Refuse("negative limit")
		}
	}
	return appendOptions(cmd, options)
}
