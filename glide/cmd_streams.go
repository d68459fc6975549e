package glide

import (
	"strconv"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Positions and bounds that commands accept instead of the ID of an entry. An ID
// consists of two numbers, as in 1526919030474-0: by default the Unix time in
// milliseconds at which the entry was added, and a sequence number. If the second
// number is missing, it is the smallest, or at the end of a range the largest.
const (
	// StreamStart is the position before all entries. Reading begins with
	// it, and so does claiming pending entries with XAutoClaim.
	StreamStart = "0-0"
	// StreamMin is the smallest ID, for the beginning of a range.
	StreamMin = "-"
	// StreamMax is the largest ID, for the end of a range.
	StreamMax = "+"
	// StreamLast is the ID of the entry that was added last: reading after
	// it returns entries that are added from now on.
	StreamLast = "$"
	// StreamUndelivered is the position of the entries that were not
	// delivered to any consumer of a group.
	StreamUndelivered = ">"
)

// StreamExclusive returns the bound of a range at an ID that excludes the ID
// itself.
func StreamExclusive(id string) string { return "(" + id }

// StreamEntry is an entry of a stream.
type StreamEntry struct {
	ID string
	// Fields are in the order in which they were added. They are nil only
	// where XReadGroup returns an entry that was deleted after its
	// delivery.
	Fields []Field
}

// XAddOption is an option of [Client.XAdd] and [Client.XAddIfPresent]: it sets
// the ID, [EntryID], makes adding idempotent, [Idempotent] or [IdempotentAuto],
// or trims the stream, [MaxLen], [MinID], [Roughly] or [RoughlyWithin], and
// sets what happens to pending entries that are trimmed, a [References].
type XAddOption interface {
	option
	xAddOption()
}

// entryID is the ID of an entry that is added.
type entryID string

// EntryID is the ID of the entry, which must be larger than that of the last
// entry. With * as the second number the server chooses that number (since
// version 7.0). By default the server chooses both.
func EntryID(id string) XAddOption { return entryID(id) }

func (id entryID) appendTo(to *wire.Request) { to.String(string(id)) }
func (entryID) conflictKey() string          { return "EntryID" }
func (entryID) xAddOption()                  {}

// Trimming sets which entries a stream keeps: [MaxLen] or [MinID]. It is an
// argument of [Client.XTrim] and an option of [Client.XAdd].
type Trimming struct{ strategy, threshold string }

// MaxLen (MAXLEN) keeps the latest entries, at most as many as given.
func MaxLen(entries int64) Trimming {
	return Trimming{"MAXLEN", strconv.FormatInt(entries, 10)}
}

// MinID (MINID) keeps the entries whose IDs are not smaller than id.
func MinID(id string) Trimming { return Trimming{"MINID", id} }

func (t Trimming) appendTo(to *wire.Request) { t.appendWords(to, "=") }

func (t Trimming) appendWords(to *wire.Request, operator string) {
	to.String(t.strategy)
	to.String(operator)
	to.String(t.threshold)
}

func (Trimming) conflictKey() string { return "trimming" }
func (Trimming) xAddOption()         {}
func (Trimming) xTrimOption()        {}

// RoughTrimming is a [Trimming] that may keep some more entries: [Roughly] or
// [RoughlyWithin]. It is an argument of [Client.XTrim] and an option of
// [Client.XAdd].
type RoughTrimming struct {
	trimming Trimming
	// limit applies if limited.
	limit   int64
	limited bool
}

// Roughly (~) lets the server keep some more entries than trimming says, which
// is much faster: it removes only whole nodes of a stream, which have 100
// entries by default, and at most 100 nodes at a time.
func Roughly(trimming Trimming) RoughTrimming { return RoughTrimming{trimming: trimming} }

// RoughlyWithin (LIMIT) is like [Roughly], and removes at most limit entries; 0
// is no limit.
func RoughlyWithin(limit int64, trimming Trimming) RoughTrimming {
	return RoughTrimming{trimming, limit, true}
}

func (t RoughTrimming) appendTo(to *wire.Request) {
	t.trimming.appendWords(to, "~")
	if t.limited {
		to.String("LIMIT")
		to.Int(t.limit)
	}
}

func (RoughTrimming) conflictKey() string { return "trimming" }
func (RoughTrimming) xAddOption()         {}
func (RoughTrimming) xTrimOption()        {}

// References sets what happens to an entry that is deleted while it is pending
// in groups: [KeepReferences], [DeleteReferences] or [OnlyAcknowledged]. It is
// an argument of [Client.XDelEx] and [Client.XAckDel], and an option of
// [Client.XAdd] and [Client.XTrim]. Since Redis 8.2.
type References string

const (
	// KeepReferences (KEEPREF) deletes the entry, and it stays pending. It
	// is the default.
	KeepReferences References = "KEEPREF"
	// DeleteReferences (DELREF) deletes the entry, and it is no longer
	// pending.
	DeleteReferences References = "DELREF"
	// OnlyAcknowledged (ACKED) deletes the entry only if all groups have
	// acknowledged it.
	OnlyAcknowledged References = "ACKED"
)

func (r References) appendTo(to *wire.Request) { to.String(string(r)) }
func (References) conflictKey() string         { return "references" }
func (References) xAddOption()                 {}
func (References) xTrimReferences()            {}

// appendDeletion appends what is deleted, and how.
func appendDeletion(cmd arguments, references References, ids []string) arguments {
	if references == "" {
		cmd = cmd.Refuse("no References")
	}
	cmd = cmd.Arg(string(references)).Arg("IDS").Integer(int64(len(ids)))
	return cmd.NonEmpty("IDs", ids)
}

// EntryDeletion is the result of deleting an entry: [EntryDeleted],
// [EntryReferenced] or [EntryMissing].
type EntryDeletion int64

const (
	// EntryMissing is the result for an entry that does not exist, and of
	// XAckDel also for one that is not pending in the group.
	EntryMissing EntryDeletion = -1
	// EntryDeleted is the result for an entry that was deleted.
	EntryDeleted EntryDeletion = 1
	// EntryReferenced is the result for an entry that was not deleted,
	// because [OnlyAcknowledged] was given and not all groups have
	// acknowledged it.
	EntryReferenced EntryDeletion = 2
)

var readDeletions = decode.Slice(func(r *wire.Reader) (EntryDeletion, error) {
	what, err := r.Int()
	return EntryDeletion(what), err
})

// idempotent is the option IDMP or IDMPAUTO.
type idempotent struct {
	argument
	id string
}

// Idempotent (IDMP) adds the entry only if the producer has not added one with
// this ID before; otherwise XAdd returns the ID of the earlier entry. So a call
// of XAdd can be repeated safely. The stream remembers a limited number of IDs
// for a limited time; see [Client.XCfgSet]. It excludes [EntryID]. Since Redis
// 8.6.
func Idempotent(producer, id string) XAddOption {
	return idempotent{textArgument("Idempotent", "IDMP", producer), id}
}

// IdempotentAuto (IDMPAUTO) is like [Idempotent], with an ID that the server
// computes from the fields of the entry. Since Redis 8.6.
func IdempotentAuto(producer string) XAddOption {
	return idempotent{argument: textArgument("Idempotent", "IDMPAUTO", producer)}
}

func (i idempotent) appendTo(to *wire.Request) {
	i.argument.appendTo(to)
	if i.word == "IDMP" {
		to.String(i.id)
	}
}

func (idempotent) xAddOption() {}

// XAdd adds an entry to the end of a stream and returns its ID. At least one
// field is required. A stream that does not exist is created. An option can
// also trim the stream. It is an error if [EntryID] is not larger than all IDs
// that the stream has ever had.
//
// https://valkey.io/commands/xadd/
func xAdd(key string, fields []Field, options ...XAddOption) command[string] {
	return newCommand(appendEntry(named("XADD").Key(key), fields, options), decode.String)
}

// XAddIfPresent adds an entry like [Client.XAdd] if the stream exists
// (NOMKSTREAM). Otherwise it returns a nil Optional.
//
// https://valkey.io/commands/xadd/
func xAddIfPresent(key string, fields []Field, options ...XAddOption) command[Optional[string]] {
	cmd := named("XADD").Key(key).Arg("NOMKSTREAM")
	return newCommand(appendEntry(cmd, fields, options), readOptionalString)
}

// appendEntry appends an entry and how it is added.
func appendEntry(cmd arguments, fields []Field, options []XAddOption) arguments {
	// The ID comes after the other options.
	ids, others := partition(options, func(o XAddOption) bool {
		_, ok := o.(entryID)
		return ok
	})
	cmd = appendOptions(cmd, others)
	if len(ids) == 0 {
		cmd = cmd.Arg("*")
	}
	cmd = appendOptions(cmd, ids)
	if len(fields) == 0 {
		cmd = cmd.Refuse("no fields")
	}
	for _, field := range fields {
		cmd = cmd.Arg(field.Name).Arg(field.Value)
	}
	return cmd
}

// partition splits options into those for which first holds and the others.
func partition[O option](options []O, first func(O) bool) (firsts, others []O) {
	for _, o := range options {
		if first(o) {
			firsts = append(firsts, o)
		} else {
			others = append(others, o)
		}
	}
	return firsts, others
}

// XCfgSetOption is an option of [Client.XCfgSet]: [IdempotencyDuration] or
// [IdempotencyMaxSize].
type XCfgSetOption interface {
	option
	xCfgSetOption()
}

type xCfgSetOption struct{ argument }

func (xCfgSetOption) xCfgSetOption() {}

// IdempotencyDuration (IDMP-DURATION) is the time for which a stream remembers
// the IDs of [Idempotent], rounded up to whole seconds. The server's default is
// 100 seconds.
func IdempotencyDuration(d time.Duration) XCfgSetOption {
	return xCfgSetOption{intArgument("IdempotencyDuration", "IDMP-DURATION", seconds(d))}
}

// IdempotencyMaxSize (IDMP-MAXSIZE) is the number of IDs of [Idempotent] that a
// stream remembers for each producer. The server's default is 100.
func IdempotencyMaxSize(ids int64) XCfgSetOption {
	return xCfgSetOption{intArgument("IdempotencyMaxSize", "IDMP-MAXSIZE", ids)}
}

// XCfgSet configures how many IDs of [Idempotent] a stream remembers, and for
// how long. The stream forgets the IDs that it remembers now. A stream that
// does not exist is an error. Since Redis 8.6.
//
// https://redis.io/docs/latest/commands/xcfgset/
func xCfgSet(key string, options ...XCfgSetOption) command[struct{}] {
	cmd := named("XCFGSET").Key(key)
	if len(options) == 0 {
		cmd = cmd.Refuse("no options")
	}
	return newCommand(appendOptions(cmd, options), decode.OK)
}

// XDel deletes entries of a stream and returns how many of them existed. It
// returns 0 if key does not exist. A stream without entries is not deleted.
//
// https://valkey.io/commands/xdel/
func xDel(key string, ids ...string) command[int64] {
	return newCommand(named("XDEL").Key(key).NonEmpty("IDs", ids), decode.Int)
}

// XDelEx deletes entries of a stream and returns a result for each, in the
// order of ids. References sets what happens to entries that are pending in
// groups. Since Redis 8.2.
//
// https://redis.io/docs/latest/commands/xdelex/
func xDelEx(key string, references References, ids ...string) command[[]EntryDeletion] {
	return newCommand(appendDeletion(named("XDELEX").Key(key), references, ids), readDeletions)
}

// XLen returns the number of entries of a stream, or 0 if key does not exist.
//
// https://valkey.io/commands/xlen/
func xLen(key string) command[int64] { return newCommand(named("XLEN").Key(key), decode.Int) }

// XSetIDOption is an option of [Client.XSetID]: [EntriesAdded] or
// [MaxDeletedID]. Since version 7.0.
type XSetIDOption interface {
	option
	xSetIDOption()
}

// EntriesAdded (ENTRIESADDED) is the number of entries that were ever added to
// the stream. It must not be smaller than the number of its entries.
func EntriesAdded(entries int64) XSetIDOption {
	return xSetIDOption{intArgument("EntriesAdded", "ENTRIESADDED", entries)}
}

type xSetIDOption struct{ argument }

func (xSetIDOption) xSetIDOption() {}

// MaxDeletedID (MAXDELETEDID) is the largest ID of an entry that was deleted.
func MaxDeletedID(id string) XSetIDOption {
	return xSetIDOption{textArgument("MaxDeletedID", "MAXDELETEDID", id)}
}

// XSetID sets the last ID of a stream; the next entry must have a larger ID. It
// is an error if lastID is smaller than the ID of the last entry, or if key
// does not exist. Servers use it themselves to copy streams.
//
// https://valkey.io/commands/xsetid/
func xSetID(key, lastID string, options ...XSetIDOption) command[struct{}] {
	return newCommand(appendOptions(named("XSETID").Key(key).Arg(lastID), options), decode.OK)
}

// XTrimOption is an argument of [Client.XTrim] that sets which entries a stream
// keeps: [MaxLen], [MinID], [Roughly] or [RoughlyWithin].
type XTrimOption interface {
	option
	xTrimOption()
}

// XTrimReferences is an option of [Client.XTrim]: a [References].
type XTrimReferences interface {
	option
	xTrimReferences()
}

// XTrim removes the oldest entries of a stream, beyond a length (MAXLEN) or
// before an ID (MINID), and returns how many it removed, or 0 if key does not
// exist. A [References] sets what happens to entries that are pending.
//
// https://valkey.io/commands/xtrim/
func xTrim(key string, keep XTrimOption, references ...XTrimReferences) command[int64] {
	cmd := appendOptions(named("XTRIM").Key(key), []XTrimOption{keep})
	return newCommand(appendOptions(cmd, references), decode.Int)
}

// readEntries reads entries. For some commands the core makes a map of them.
func readEntries(r *wire.Reader) ([]StreamEntry, error) {
	switch r.Kind() {
	case abi.TagNil:
		r.Nil()
		return nil, nil
	case abi.TagMap:
		return readEntryMap(r)
	}
	n, err := r.Array()
	if err != nil {
		return nil, err
	}
	entries := make([]StreamEntry, 0, n)
	for range n {
		if r.Nil() { // Version 6.2 claims what has been deleted.
			continue
		}
		entry, err := readEntry(r)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

var readEntryMap = decode.Pairs(readEntryParts)

// readEntry reads an array of an ID and fields.
func readEntry(r *wire.Reader) (entry StreamEntry, err error) {
	if err = decode.ArrayOf(r, 2); err != nil {
		return entry, err
	}
	return readEntryParts(r)
}

// readEntryParts reads an ID and fields.
func readEntryParts(r *wire.Reader) (entry StreamEntry, err error) {
	if entry.ID, err = r.String(); err == nil {
		entry.Fields, err = readEntryFields(r)
	}
	return entry, err
}

// readEntryFields reads alternating names and values, or pairs of them: the
// core makes arrays of those.
var readEntryFields = decode.ZeroIfNil(decode.Pairs(readField))
