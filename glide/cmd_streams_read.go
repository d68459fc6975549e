package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// XRangeOption is an option of [Client.XRange] and [Client.XRevRange]: the
// maximum number of entries, [Count]. The default is to return all entries.
type XRangeOption interface {
	option
	xRangeOption()
}

func (PageSize) xRangeOption() {}

// XRange returns the entries of a stream with IDs from start to end, both
// included, in ascending order. [StreamMin] and [StreamMax] are the smallest
// and largest ID, and [StreamExclusive] excludes an end: begin the next page
// with StreamExclusive of the last ID. XRange returns none if key does not
// exist.
//
// https://valkey.io/commands/xrange/
func xRange(key, start, end string, options ...XRangeOption) command[[]StreamEntry] {
	return newCommand(appendOptions(named("XRANGE").Key(key).Arg(start).Arg(end), options), readEntries)
}

// XRevRange returns the entries of a stream with IDs from end down to start,
// both included, in descending order. The larger ID comes first. Otherwise it
// is like [Client.XRange].
//
// https://valkey.io/commands/xrevrange/
func xRevRange(key, end, start string, options ...XRangeOption) command[[]StreamEntry] {
	return newCommand(appendOptions(named("XREVRANGE").Key(key).Arg(end).Arg(start), options), readEntries)
}

// StreamPosition is a position in a stream: after the entry with an ID.
type StreamPosition struct{ Key, ID string }

// NewStreamPosition returns the position after an entry of a stream.
func NewStreamPosition(key, id string) StreamPosition { return StreamPosition{key, id} }

// StreamEntries are entries of a stream, in their order.
type StreamEntries struct {
	Key     string
	Entries []StreamEntry
}

// XReadOption is an option of [Client.XRead] and [Client.XReadBlocking]: the
// maximum number of entries of each stream, [Count]. The default is to return
// all entries.
type XReadOption interface {
	option
	xReadOption()
}

func (PageSize) xReadOption() {}

// XRead returns the entries of streams after a position in each: [StreamStart]
// is for all entries, and [StreamMax] for the last entry only (since Valkey
// 8.0). The streams are in the order of the positions; those without such
// entries, and those that do not exist, are omitted. In a cluster the streams
// must belong to one slot.
//
// https://valkey.io/commands/xread/
func xRead(after []StreamPosition, options ...XReadOption) command[[]StreamEntries] {
	return newCommand(appendPositions(appendOptions(named("XREAD"), options), after), readStreams)
}

// XReadBlocking returns entries like [Client.XRead], and blocks until one of
// the streams has an entry after its position or the timeout passes (BLOCK;
// rounded up to a millisecond; 0 waits forever). It returns no streams if there
// was no entry in time. [StreamLast] waits for entries that are added from now
// on; use it in the first call only, because entries that are added between two
// such calls are missed. It waits like [Client.BLPop].
//
// https://valkey.io/commands/xread/
//
//glide:unpipelined it would delay the rest; in a transaction it does not wait
func xReadBlocking(timeout time.Duration, after []StreamPosition, options ...XReadOption) command[[]StreamEntries] {
	cmd := named("XREAD").Arg("BLOCK").Timeout(timeout)
	return newCommand(appendPositions(appendOptions(cmd, options), after).Blocking(timeout), readStreams)
}

// XReadGroupOption is an option of [Client.XReadGroup] and
// [Client.XReadGroupBlocking]: [NoAck], or the maximum number of entries of
// each stream, [Count]. The default is to return all entries.
type XReadGroupOption interface {
	option
	xReadGroupOption()
}

func (PageSize) xReadGroupOption() {}

// noAck is the option NOACK.
type noAck string

// NoAck (NOACK) acknowledges entries on delivery: they do not become pending,
// and are lost if the consumer fails.
const NoAck noAck = "NOACK"

func (n noAck) appendTo(to *wire.Request) { to.String(string(n)) }
func (noAck) conflictKey() string         { return "NoAck" }
func (noAck) xReadGroupOption()           {}

// XReadGroup returns entries of streams to a consumer of a group, which each of
// the streams must have. A consumer that does not exist is created. At the
// position [StreamUndelivered] it returns entries that were not delivered to
// any consumer of the group; they are then pending for this consumer until
// [Client.XAck]. At any other ID it returns again the entries after it that are
// pending for this consumer; an entry that was deleted has no fields, and a
// stream is returned even if it has no such entries. A stream or group that
// does not exist is an error with the code NOGROUP. In a cluster the streams
// must belong to one slot.
//
// https://valkey.io/commands/xreadgroup/
func xReadGroup(group, consumer string, after []StreamPosition, options ...XReadGroupOption) command[[]StreamEntries] {
	cmd := named("XREADGROUP").Arg("GROUP").Arg(group).Arg(consumer)
	return newCommand(appendPositions(appendOptions(cmd, options), after), readStreams)
}

// XReadGroupBlocking returns entries like [Client.XReadGroup], and blocks until
// one of the streams has an entry that was not delivered or the timeout passes
// (BLOCK; rounded up to a millisecond; 0 waits forever). It returns no streams
// if there was no entry in time. It does not wait at positions other than
// [StreamUndelivered]. If the group is destroyed meanwhile, it returns an error
// with the code NOGROUP. It waits like [Client.BLPop]. If the context ends
// while an entry is being delivered, the entry stays pending for the consumer.
//
// https://valkey.io/commands/xreadgroup/
//
//glide:unpipelined it would delay the rest; in a transaction it does not wait
func xReadGroupBlocking(timeout time.Duration, group, consumer string, after []StreamPosition, options ...XReadGroupOption) command[[]StreamEntries] {
	cmd := named("XREADGROUP").Arg("GROUP").Arg(group).Arg(consumer)
	cmd = cmd.Arg("BLOCK").Timeout(timeout)
	return newCommand(appendPositions(appendOptions(cmd, options), after).Blocking(timeout), readStreams)
}

// appendPositions appends all keys and then all IDs.
func appendPositions(cmd arguments, positions []StreamPosition) arguments {
	if len(positions) == 0 {
		return cmd.Refuse("no streams")
	}
	cmd = cmd.Arg("STREAMS")
	for _, position := range positions {
		cmd = cmd.Key(position.Key)
	}
	for _, position := range positions {
		cmd = cmd.Arg(position.ID)
	}
	return cmd
}

// readStreams reads a map of streams, of which RESP2 makes an array of pairs.
var readStreams = decode.ZeroIfNil(decode.Pairs(func(r *wire.Reader) (stream StreamEntries, err error) {
	if stream.Key, err = r.String(); err == nil {
		stream.Entries, err = readEntries(r)
	}
	return stream, err
}))
