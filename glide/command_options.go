package glide

import (
	"slices"

	base "github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// An option appends itself to a command. Each command takes an interface with
// these methods and one more that marks the options it supports, so
// unsupported options do not compile.
type option interface {
	appendTo(*wire.Request)

	// conflictKey names what the option sets. Options with the same key exclude
	// each other; "" is the key of those that can be given several times.
	conflictKey() string
}

// appendOptions appends options, and refuses those that exclude each other.
func appendOptions[O option](cmd arguments, options []O) arguments {
	return base.Options(cmd, options, O.appendTo, O.conflictKey)
}

// argument is an option that is sent as a word and a value. Options of one
// command embed it in a type that has the command's marker.
type argument struct {
	// key is the conflict key. word may be empty. The value is number if
	// isNumber is set, and text otherwise.
	key, word string
	text      string
	number    int64
	isNumber  bool
}

func textArgument(key, word, text string) argument {
	return argument{key: key, word: word, text: text}
}

func intArgument(key, word string, number int64) argument {
	return argument{key: key, word: word, number: number, isNumber: true}
}

func (a argument) appendTo(to *wire.Request) {
	if a.word != "" {
		to.String(a.word)
	}
	if a.isNumber {
		to.Int(a.number)
	} else {
		to.String(a.text)
	}
}

func (a argument) conflictKey() string { return a.key }

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

func (p presence) appendTo(to *wire.Request) { to.String(string(p)) }
func (presence) conflictKey() string         { return "condition" }
func (presence) setCondition()               {}
func (presence) setGetOption()               {}
func (presence) mSetExOption()               {}
func (presence) hSetExOption()               {}
func (presence) zAddOption()                 {}
func (presence) zAddIncrOption()             {}
func (presence) geoAddOption()               {}
func (presence) expireOption()               {}

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

func (c comparison) appendTo(to *wire.Request) { to.String(string(c)) }
func (comparison) conflictKey() string         { return "comparison" }
func (comparison) zAddOption()                 {}
func (comparison) zAddIncrOption()             {}
func (comparison) expireOption()               {}

// excludeConditions refuses IfAbsent together with a comparison: there is
// nothing to compare with.
func excludeConditions[O option](cmd arguments, options []O) arguments {
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

func (r replace) appendTo(to *wire.Request) { to.String(string(r)) }
func (replace) conflictKey() string         { return "Replace" }
func (replace) copyOption()                 {}
func (replace) restoreOption()              {}
func (replace) migrateOption()              {}
func (replace) functionLoadOption()         {}

// flushMode is the option ASYNC or SYNC.
type flushMode string

const (
	// FlushAsync (ASYNC) frees deleted data later, in the background.
	FlushAsync flushMode = "ASYNC"
	// FlushSync (SYNC) frees deleted data before the server replies.
	FlushSync flushMode = "SYNC"
)

func (m flushMode) appendTo(to *wire.Request) { to.String(string(m)) }
func (flushMode) conflictKey() string         { return "mode" }
func (flushMode) scriptFlushOption()          {}
func (flushMode) functionFlushOption()        {}
func (flushMode) clusterFlushSlotOption()     {}

// Window is a part of a result: the result of [Limit]. It is an option of
// [Client.Sort] and [Client.ZRange].
type Window struct{ offset, count int64 }

// Limit (LIMIT) returns at most count elements of a result, after skipping
// offset of them.
func Limit(offset, count int64) Window { return Window{offset, count} }

func (l Window) appendTo(to *wire.Request) {
	to.String("LIMIT")
	to.Int(l.offset)
	to.Int(l.count)
}

func (Window) conflictKey() string { return "limit" }
func (Window) sortOption()         {}

// direction is an order.
type direction string

const (
	// Ascending (ASC) sorts the smallest first.
	Ascending direction = "ASC"
	// Descending (DESC) sorts the largest first.
	Descending direction = "DESC"
)

func (d direction) appendTo(to *wire.Request) { to.String(string(d)) }
func (direction) conflictKey() string         { return "order" }
func (direction) sortOption()                 {}
func (direction) clusterSlotStatsOption()     {}

// CardMaximum limits how far the server counts: the result of [CardLimit]. It
// is an option of [Client.SInterCard] and [Client.ZInterCard].
type CardMaximum struct{ limit int64 }

// CardLimit (LIMIT) stops counting at limit. The default, 0, counts all.
func CardLimit(limit int64) CardMaximum { return CardMaximum{limit} }

func (m CardMaximum) appendTo(to *wire.Request) {
	to.String("LIMIT")
	to.Int(m.limit)
}

func (CardMaximum) conflictKey() string { return "limit" }
func (CardMaximum) zInterCardOption()   {}

// appendCardLimit appends the options of a command that counts.
func appendCardLimit[O option](cmd arguments, options []O) arguments {
	for _, o := range options {
		if most, ok := any(o).(CardMaximum); ok && most.limit < 0 {
			cmd = cmd.Refuse("negative limit")
		}
	}
	return appendOptions(cmd, options)
}
