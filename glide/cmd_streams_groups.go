package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// XAck acknowledges entries that were delivered to consumers of a group, so
// that they are no longer pending, and returns how many were pending. It
// returns 0 if the stream or group does not exist.
//
// https://valkey.io/commands/xack/
func xAck(key, group string, ids ...string) command[int64] {
	return newCommand(named("XACK").Key(key).Arg(group).NonEmpty("IDs", ids), decode.Int)
}

// XAckDel acknowledges entries in a group, deletes them, and returns a result
// for each, in the order of ids. References sets what happens to entries that
// are pending in other groups. Since Redis 8.2.
//
// https://redis.io/docs/latest/commands/xackdel/
func xAckDel(key, group string, references References, ids ...string) command[[]EntryDeletion] {
	return newCommand(appendDeletion(named("XACKDEL").Key(key).Arg(group), references, ids), readDeletions)
}

// XAutoClaimOption is an option of [Client.XAutoClaim] and
// [Client.XAutoClaimJustID]: the maximum number of entries, [Count], which is
// 100 by default and must be positive.
type XAutoClaimOption interface {
	option
	xAutoClaimOption()
}

func (PageSize) xAutoClaimOption() {}

// ClaimPage is a page of the pending entries of a group that a consumer has
// claimed.
type ClaimPage[T any] struct {
	// Next is the ID at which the next page begins.
	Next string
	// Claimed are in order. They may be empty before the last page.
	Claimed []T
	// Deleted are the IDs of entries that were pending and no longer exist:
	// they are no longer pending. It is empty before version 7.0.
	Deleted []string
}

// Last reports whether there are no more pages.
func (p ClaimPage[T]) Last() bool { return p.Next == StreamStart }

// XAutoClaim transfers to a consumer entries that are pending for any consumer
// of the group and were not delivered for at least minIdle, with a resolution
// of a millisecond. It examines pending entries from the ID start on, beginning
// with [StreamStart], and returns a page and the start of the next page. It
// claims at most [Count] entries and examines ten times as many. Each claimed
// entry counts as delivered once more. A stream or group that does not exist is
// an error with the code NOGROUP.
//
// https://valkey.io/commands/xautoclaim/
func xAutoClaim(key, group, consumer string, minIdle time.Duration, start string, options ...XAutoClaimOption) command[ClaimPage[StreamEntry]] {
	return newCommand(appendAutoClaim(named("XAUTOCLAIM"), key, group, consumer, minIdle, start, options), readClaimedEntries)
}

// XAutoClaimJustID claims entries like [Client.XAutoClaim], but returns only
// their IDs (JUSTID) and does not count them as delivered.
//
// https://valkey.io/commands/xautoclaim/
func xAutoClaimJustID(key, group, consumer string, minIdle time.Duration, start string, options ...XAutoClaimOption) command[ClaimPage[string]] {
	cmd := named("XAUTOCLAIM")
	return newCommand(appendAutoClaim(cmd, key, group, consumer, minIdle, start, options).Arg("JUSTID"), readClaimedIDs)
}

// appendAutoClaim appends what both forms have in common.
func appendAutoClaim(cmd arguments, key, group, consumer string, minIdle time.Duration, start string, options []XAutoClaimOption) arguments {
	cmd = appendMinIdle(cmd.Key(key).Arg(group).Arg(consumer), minIdle)
	return appendOptions(cmd.Arg(start), options)
}

// appendMinIdle appends the minimum time since the last delivery.
func appendMinIdle(cmd arguments, d time.Duration) arguments {
	if d < 0 {
		return cmd.Refuse("negative idle time")
	}
	return cmd.Integer(milliseconds(d))
}

var (
	readClaimedEntries = readClaimPage(readEntries)
	readClaimedIDs     = readClaimPage(decode.Strings)
)

// readClaimPage reads an ID and what was claimed, and since version 7.0 what
// was deleted.
func readClaimPage[T any](claimed func(*wire.Reader) ([]T, error)) func(*wire.Reader) (ClaimPage[T], error) {
	return func(r *wire.Reader) (page ClaimPage[T], err error) {
		err = decode.Row(r, 2, decode.To(&page.Next, decode.String), decode.To(&page.Claimed, claimed), decode.To(&page.Deleted, decode.Strings))
		return page, err
	}
}

// XClaimOption is an option of [Client.XClaim] and [Client.XClaimJustID]: it
// sets the time since the last delivery of the claimed entries, [ClaimIdle], or
// the time of that delivery, [ClaimTime], or the number of deliveries,
// [ClaimRetryCount]; or it is [ClaimForce] or [ClaimLastID].
type XClaimOption interface {
	option
	xClaimOption()
}

// ClaimIdle (IDLE) sets the time since the last delivery of the entries, with a
// resolution of a millisecond. The default is 0.
func ClaimIdle(d time.Duration) XClaimOption {
	return xClaimOption{intArgument("time of delivery", "IDLE", milliseconds(d))}
}

// ClaimTime (TIME) sets the time of the last delivery of the entries, with a
// resolution of a millisecond. The default is now.
func ClaimTime(t time.Time) XClaimOption {
	return xClaimOption{intArgument("time of delivery", "TIME", t.UnixMilli())}
}

// ClaimRetryCount (RETRYCOUNT) sets the number of deliveries of the entries.
// The default is one more than before.
func ClaimRetryCount(deliveries int64) XClaimOption {
	return xClaimOption{intArgument("ClaimRetryCount", "RETRYCOUNT", deliveries)}
}

// claimForce is the option FORCE.
type claimForce string

// ClaimForce (FORCE) also claims entries that are not pending.
const ClaimForce claimForce = "FORCE"

func (c claimForce) appendTo(to *wire.Request) { to.String(string(c)) }
func (claimForce) conflictKey() string         { return "ClaimForce" }
func (claimForce) xClaimOption()               {}

// ClaimLastID (LASTID) sets the last delivered ID of the group to id, if it is
// smaller. Servers use it themselves for replication.
func ClaimLastID(id string) XClaimOption {
	return xClaimOption{textArgument("ClaimLastID", "LASTID", id)}
}

type xClaimOption struct{ argument }

func (xClaimOption) xClaimOption() {}

// XClaim transfers entries of ids to a consumer that are pending for any
// consumer of the group and were not delivered for at least minIdle, with a
// resolution of a millisecond. If several consumers claim an entry, only one
// succeeds. XClaim returns the claimed entries. Each counts as delivered once
// more, now, unless an option says otherwise. A deleted entry is not returned,
// and since version 7.0 is no longer pending. A stream or group that does not
// exist is an error with the code NOGROUP.
//
// https://valkey.io/commands/xclaim/
func xClaim(key, group, consumer string, minIdle time.Duration, ids []string, options ...XClaimOption) command[[]StreamEntry] {
	return newCommand(appendClaim(named("XCLAIM"), key, group, consumer, minIdle, ids, options), readEntries)
}

// XClaimJustID claims entries like [Client.XClaim], but returns only their IDs
// (JUSTID) and does not count them as delivered.
//
// https://valkey.io/commands/xclaim/
func xClaimJustID(key, group, consumer string, minIdle time.Duration, ids []string, options ...XClaimOption) command[[]string] {
	return newCommand(appendClaim(named("XCLAIM"), key, group, consumer, minIdle, ids, options).Arg("JUSTID"), decode.Strings)
}

// appendClaim appends what both forms have in common.
func appendClaim(cmd arguments, key, group, consumer string, minIdle time.Duration, ids []string, options []XClaimOption) arguments {
	cmd = appendMinIdle(cmd.Key(key).Arg(group).Arg(consumer), minIdle)
	return appendOptions(cmd.NonEmpty("IDs", ids), options)
}

// XGroupCreateOption is an option of [Client.XGroupCreate]: [MakeStream] or
// [EntriesRead].
type XGroupCreateOption interface {
	option
	xGroupCreateOption()
}

// XGroupSetIDOption is an option of [Client.XGroupSetID]: [EntriesRead].
type XGroupSetIDOption interface {
	option
	xGroupSetIDOption()
}

// makeStream is the option MKSTREAM.
type makeStream string

// MakeStream (MKSTREAM) creates the stream, without entries, if it does not
// exist.
const MakeStream makeStream = "MKSTREAM"

func (m makeStream) appendTo(to *wire.Request) { to.String(string(m)) }
func (makeStream) conflictKey() string         { return "MakeStream" }
func (makeStream) xGroupCreateOption()         {}

// ReadCount is a number of entries of a stream: the result of [EntriesRead]. It
// is an option of [Client.XGroupCreate] and [Client.XGroupSetID].
type ReadCount struct{ entries int64 }

// EntriesRead (ENTRIESREAD) is the number of entries that were ever added to
// the stream up to the position of the group. The server computes the lag of
// the group from it if the position is in the middle of the stream. The
// default, -1, is unknown. Since version 7.0.
func EntriesRead(entries int64) ReadCount { return ReadCount{entries} }

func (c ReadCount) appendTo(to *wire.Request) {
	to.String("ENTRIESREAD")
	to.Int(c.entries)
}

func (ReadCount) conflictKey() string { return "EntriesRead" }
func (ReadCount) xGroupCreateOption() {}
func (ReadCount) xGroupSetIDOption()  {}

// XGroupCreate creates a group of consumers of a stream, which receives the
// entries after an ID: [StreamStart] is for all entries, [StreamLast] for those
// that are added from now on. A group that exists is an error with the code
// BUSYGROUP. A stream that does not exist is an error, unless [MakeStream] is
// given.
//
// https://valkey.io/commands/xgroup-create/
func xGroupCreate(key, group, after string, options ...XGroupCreateOption) command[struct{}] {
	cmd := named("XGROUP CREATE").Key(key).Arg(group).Arg(after)
	return newCommand(appendOptions(cmd, options), decode.OK)
}

// XGroupCreateConsumer creates a consumer of a group and reports whether it
// did. It returns false if the consumer exists. Reading creates consumers too.
// A stream that does not exist is an error; a group that does not exist is an
// error with the code NOGROUP.
//
// https://valkey.io/commands/xgroup-createconsumer/
func xGroupCreateConsumer(key, group, consumer string) command[bool] {
	return newCommand(named("XGROUP CREATECONSUMER").Key(key).Arg(group).Arg(consumer), decode.Bool)
}

// XGroupDelConsumer deletes a consumer of a group and returns how many entries
// were pending for it, or 0 if it does not exist. These entries are no longer
// pending and are not delivered to the group again. A stream that does not
// exist is an error; a group that does not exist is an error with the code
// NOGROUP.
//
// https://valkey.io/commands/xgroup-delconsumer/
func xGroupDelConsumer(key, group, consumer string) command[int64] {
	return newCommand(named("XGROUP DELCONSUMER").Key(key).Arg(group).Arg(consumer), decode.Int)
}

// XGroupDestroy deletes a group with its consumers and pending entries, and
// reports whether it existed. A stream that does not exist is an error.
//
// https://valkey.io/commands/xgroup-destroy/
func xGroupDestroy(key, group string) command[bool] {
	return newCommand(named("XGROUP DESTROY").Key(key).Arg(group), decode.Bool)
}

// XGroupSetID sets the ID after which a group receives entries, as in
// [Client.XGroupCreate]. Entries that are pending stay so. A stream that does
// not exist is an error; a group that does not exist is an error with the code
// NOGROUP.
//
// https://valkey.io/commands/xgroup-setid/
func xGroupSetID(key, group, after string, options ...XGroupSetIDOption) command[struct{}] {
	cmd := named("XGROUP SETID").Key(key).Arg(group).Arg(after)
	return newCommand(appendOptions(cmd, options), decode.OK)
}

// NackMode sets the number of deliveries of an entry that XNack returns to its
// group: [NackSilent], [NackFail] or [NackFatal].
type NackMode string

const (
	// NackSilent (SILENT) subtracts one delivery, as if the entry had not
	// been delivered.
	NackSilent NackMode = "SILENT"
	// NackFail (FAIL) leaves the number unchanged. Use it if the consumer
	// has failed.
	NackFail NackMode = "FAIL"
	// NackFatal (FATAL) sets the largest number there is. Use it if the
	// entry cannot be processed.
	NackFatal NackMode = "FATAL"
)

// XNack returns pending entries to their group, so that other consumers can
// claim them at once, and returns how many of ids were pending. Since Redis
// 8.8.
//
// https://redis.io/docs/latest/commands/xnack/
func xNack(key, group string, mode NackMode, ids ...string) command[int64] {
	cmd := named("XNACK").Key(key).Arg(group)
	if mode == "" {
		cmd = cmd.Refuse("no mode")
	}
	return newCommand(cmd.Arg(string(mode)).Arg("IDS").Integer(int64(len(ids))).NonEmpty("IDs", ids), decode.Int)
}
