package glide

import (
	"strconv"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// What commands know in the place of an entry's ID. An ID is two numbers,
// 1526919030474-0: by default the milliseconds of when the entry was added,
// and a number among those of the same one. Where the second is left out, it
// is the smallest, or at the end of a range the largest.
const (
	// StreamStart is before all entries. Reading begins with it, and so does
	// going over what is pending with XAutoClaim.
	StreamStart = "0-0"
	// StreamMin is the smallest ID, to begin a range.
	StreamMin = "-"
	// StreamMax is the largest ID, to end a range.
	StreamMax = "+"
	// StreamLast is the ID of the entry that was added last: what is read
	// after it is what is added from now on.
	StreamLast = "$"
	// StreamUndelivered reads what was delivered to no consumer of a group.
	StreamUndelivered = ">"
)

// StreamExclusive is an ID to begin or end a range that is not itself part of
// it.
func StreamExclusive(id string) string { return "(" + id }

// StreamEntry is an entry of a stream.
type StreamEntry struct {
	ID string
	// Fields are in the order in which they were added. They are nil only
	// where XReadGroup returns an entry that has been deleted since.
	Fields []Field
}

// XAddOption is an [EntryID], or says what the stream keeps: [MaxLen],
// [MinID], [Roughly] or [RoughlyWithin], and what happens to pending entries then:
// a [References]; or it makes adding idempotent: [Idempotent] or
// [IdempotentAuto].
type XAddOption interface {
	option
	xAddOption()
}

// entryID is the ID of an entry that is added.
type entryID string

// EntryID is the ID of an entry that is added. It must be larger than that of
// the one before. With * in the place of the second number the server chooses
// that one (since version 7.0). The default is that it chooses both.
func EntryID(id string) XAddOption { return entryID(id) }

func (id entryID) appendTo(to *wire.Request) { to.String(string(id)) }
func (entryID) conflictKey() string          { return "EntryID" }
func (entryID) xAddOption()                  {}

// Trimming says which entries a stream keeps: [MaxLen] or [MinID].
type Trimming struct{ strategy, threshold string }

// MaxLen (MAXLEN) keeps the last entries, as many as given.
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

// RoughTrimming is a [Trimming] that keeps a little more: [Roughly] or
// [RoughlyWithin].
type RoughTrimming struct {
	trimming Trimming
	// limit is there if limited.
	limit   int64
	limited bool
}

// Roughly lets the server keep some entries more than it is told to, which
// costs it far less: it removes whole nodes of a stream, by default of 100
// entries, and at most 100 nodes at a time.
func Roughly(trimming Trimming) RoughTrimming { return RoughTrimming{trimming: trimming} }

// RoughlyWithin is [Roughly] that removes so many entries at most; 0 is for no
// limit.
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

// References says what happens to an entry that groups refer to because it is
// pending, when it is deleted: [KeepReferences], [DeleteReferences] or
// [OnlyAcknowledged]. Since Redis 8.2.
type References string

const (
	// KeepReferences (KEEPREF) deletes the entry; it stays pending. It is the
	// default.
	KeepReferences References = "KEEPREF"
	// DeleteReferences (DELREF) deletes the entry, which is not pending any
	// more.
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

// EntryDeletion is what became of an entry that was to be deleted:
// [EntryDeleted], [EntryReferenced] or [EntryMissing].
type EntryDeletion int64

const (
	// EntryMissing means that the entry or the stream does not exist. For
	// XAckDel also that the entry is not pending in the group.
	EntryMissing EntryDeletion = -1
	// EntryDeleted means that the entry was deleted.
	EntryDeleted EntryDeletion = 1
	// EntryReferenced means that the entry was not deleted, because
	// [OnlyAcknowledged] was given and not all groups have acknowledged it.
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

// Idempotent (IDMP) adds an entry only if none with this ID was added by the
// producer before; otherwise XAdd returns the ID of that entry. So adding can be
// repeated. The stream remembers a number of such IDs for some time: see
// [Client.XCfgSet]. It excludes [EntryID]. Since Redis 8.6.
func Idempotent(producer, id string) XAddOption {
	return idempotent{textArgument("Idempotent", "IDMP", producer), id}
}

// IdempotentAuto (IDMPAUTO) is like [Idempotent], with an ID that the server
// computes from the fields. Since Redis 8.6.
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

// XAdd adds an entry to the end of a stream and returns its ID. There must be
// fields. A stream that does not exist is made, and may be trimmed at the same
// time. An [EntryID] that is not larger than all IDs that the stream has ever
// had is an error.
//
// https://valkey.io/commands/xadd/
func xAdd(key string, fields []Field, options ...XAddOption) command[string] {
	return newCommand(appendEntry(named("XADD").Key(key), fields, options), decode.String)
}

// XAddIfPresent adds an entry like [Client.XAdd] if the stream exists
// (NOMKSTREAM). It returns a nil Optional if it does not.
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

// partition splits options into those that a command has in one place and
// those that it has in another.
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

// XCfgSetOption is [IdempotencyDuration] or [IdempotencyMaxSize].
type XCfgSetOption interface {
	option
	xCfgSetOption()
}

type xCfgSetOption struct{ argument }

func (xCfgSetOption) xCfgSetOption() {}

// IdempotencyDuration (IDMP-DURATION) is how long a stream remembers the IDs of
// [Idempotent], rounded up to seconds. The server's default is 100 seconds.
func IdempotencyDuration(d time.Duration) XCfgSetOption {
	return xCfgSetOption{intArgument("IdempotencyDuration", "IDMP-DURATION", seconds(d))}
}

// IdempotencyMaxSize (IDMP-MAXSIZE) is how many IDs of [Idempotent] a stream
// remembers for each producer. The server's default is 100.
func IdempotencyMaxSize(ids int64) XCfgSetOption {
	return xCfgSetOption{intArgument("IdempotencyMaxSize", "IDMP-MAXSIZE", ids)}
}

// XCfgSet configures how long a stream remembers the IDs of [Idempotent], and how
// many. It forgets those that it knows. A stream that does not exist is an error.
// Since Redis 8.6.
//
// https://redis.io/docs/latest/commands/xcfgset/
func xCfgSet(key string, options ...XCfgSetOption) command[struct{}] {
	cmd := named("XCFGSET").Key(key)
	if len(options) == 0 {
		cmd = cmd.Refuse("no options")
	}
	return newCommand(appendOptions(cmd, options), decode.OK)
}

// XDel deletes entries of a stream and returns how many of them existed. A
// stream without entries is not deleted.
//
// https://valkey.io/commands/xdel/
func xDel(key string, ids ...string) command[int64] {
	return newCommand(named("XDEL").Key(key).NonEmpty("IDs", ids), decode.Int)
}

// XDelEx deletes entries of a stream and returns what became of each. References
// says what happens if they are pending in groups. Since Redis 8.2.
//
// https://redis.io/docs/latest/commands/xdelex/
func xDelEx(key string, references References, ids ...string) command[[]EntryDeletion] {
	return newCommand(appendDeletion(named("XDELEX").Key(key), references, ids), readDeletions)
}

// XLen returns the number of entries of a stream, or 0 if it does not exist.
//
// https://valkey.io/commands/xlen/
func xLen(key string) command[int64] { return newCommand(named("XLEN").Key(key), decode.Int) }

// XSetIDOption is [EntriesAdded] or [MaxDeletedID]. Since version 7.0.
type XSetIDOption interface {
	option
	xSetIDOption()
}

// EntriesAdded is how many entries the stream has ever had. It must not be
// less than it has.
func EntriesAdded(entries int64) XSetIDOption {
	return xSetIDOption{intArgument("EntriesAdded", "ENTRIESADDED", entries)}
}

type xSetIDOption struct{ argument }

func (xSetIDOption) xSetIDOption() {}

// MaxDeletedID is the largest ID of an entry that was deleted.
func MaxDeletedID(id string) XSetIDOption {
	return xSetIDOption{textArgument("MaxDeletedID", "MAXDELETEDID", id)}
}

// XSetID sets the ID after which a stream's next entry comes. One that is
// smaller than that of its last entry, and a stream that does not exist, are
// errors. Servers use it among themselves, when they copy a stream.
//
// https://valkey.io/commands/xsetid/
func xSetID(key, lastID string, options ...XSetIDOption) command[struct{}] {
	return newCommand(appendOptions(named("XSETID").Key(key).Arg(lastID), options), decode.OK)
}

// XTrimOption says what a stream keeps: [MaxLen], [MinID], [Roughly] or
// [RoughlyWithin].
type XTrimOption interface {
	option
	xTrimOption()
}

// XTrimReferences is a [References].
type XTrimReferences interface {
	option
	xTrimReferences()
}

// XTrim removes the oldest entries of a stream, beyond a length (MAXLEN) or
// before an ID (MINID), and returns how many it removed, or 0 if the stream
// does not exist. A [References] says what happens to entries that are pending.
//
// https://valkey.io/commands/xtrim/
func xTrim(key string, keep XTrimOption, references ...XTrimReferences) command[int64] {
	cmd := appendOptions(named("XTRIM").Key(key), []XTrimOption{keep})
	return newCommand(appendOptions(cmd, references), decode.Int)
}

// readEntries reads entries. The core makes a map of them, of which some
// commands are spared.
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

// readEntryFields reads alternating names and values, or pairs of them, of which
// the core makes arrays.
var readEntryFields = decode.ZeroIfNil(decode.Pairs(readField))
