package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// XRangeOption is [Count]. The default is to return all entries.
type XRangeOption interface {
	option
	xRangeOption()
}

func (PageSize) xRangeOption() {}

// XRange returns the entries of a stream with IDs from start to end, both
// included, in their order. [StreamMin] and [StreamMax] stand for the ends,
// and [StreamExclusive] leaves an end out: so the next portion begins where
// one ended. There are none if the stream does not exist.
//
// https://valkey.io/commands/xrange/
func xRange(key, start, end string, options ...XRangeOption) command[[]StreamEntry] {
	return newCommand(appendOptions(named("XRANGE").Key(key).Arg(start).Arg(end), options), readEntries)
}

// XRevRange returns entries like [Client.XRange], but in reversed order: end is
// given first, and the entry with the largest ID is returned first.
//
// https://valkey.io/commands/xrevrange/
func xRevRange(key, end, start string, options ...XRangeOption) command[[]StreamEntry] {
	return newCommand(appendOptions(named("XREVRANGE").Key(key).Arg(end).Arg(start), options), readEntries)
}

// StreamPosition is a place in a stream: after the entry of an ID.
type StreamPosition struct{ Key, ID string }

// NewStreamPosition returns the position after an entry of a stream.
func NewStreamPosition(key, id string) StreamPosition { return StreamPosition{key, id} }

// StreamEntries are entries of a stream, in their order.
type StreamEntries struct {
	Key     string
	Entries []StreamEntry
}

// XReadOption is [Count], which is for each stream. The default is to return
// all entries.
type XReadOption interface {
	option
	xReadOption()
}

func (PageSize) xReadOption() {}

// XRead returns the entries of streams that come after a position in each:
// [StreamStart] is for all entries, and [StreamMax] for the last one alone
// (since Valkey 8.0). Streams are in the order of the positions; those without
// such entries, and those that do not exist, are left out. In a cluster they
// must belong to one slot.
//
// https://valkey.io/commands/xread/
func xRead(after []StreamPosition, options ...XReadOption) command[[]StreamEntries] {
	return newCommand(appendPositions(appendOptions(named("XREAD"), options), after), readStreams)
}

// XReadBlocking is [Client.XRead] that blocks until one of the streams has an
// entry after its position, or until the timeout (resolution: a millisecond; 0
// waits forever). [StreamLast] waits for what is added from now on; what is
// added between two such calls is missed, so it is for the first one only.
// There are no streams if there was no entry in time. It waits as
// [Client.BLPop] does.
//
// https://valkey.io/commands/xread/
//
//glide:unpipelined it would delay the rest; in a transaction it does not wait
func xReadBlocking(timeout time.Duration, after []StreamPosition, options ...XReadOption) command[[]StreamEntries] {
	cmd := named("XREAD").Arg("BLOCK").Timeout(timeout)
	return newCommand(appendPositions(appendOptions(cmd, options), after).Blocking(timeout), readStreams)
}

// XReadGroupOption is [NoAck], or [Count], which is for each stream. The
// default is to return all entries.
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

// XReadGroup returns entries of streams to a consumer of a group, which each
// of the streams must have; the consumer is made if it is new. At the position
// [StreamUndelivered] those are given that no consumer of the group was given
// before; they become pending for this one, until [Client.XAck]. At any other
// ID, what is pending for this consumer after it is given again, and an entry
// that has been deleted is without fields; a stream is then given even if
// there is nothing. A stream or group that does not exist is an error with the
// code NOGROUP. In a cluster the streams must belong to one slot.
//
// https://valkey.io/commands/xreadgroup/
func xReadGroup(group, consumer string, after []StreamPosition, options ...XReadGroupOption) command[[]StreamEntries] {
	cmd := named("XREADGROUP").Arg("GROUP").Arg(group).Arg(consumer)
	return newCommand(appendPositions(appendOptions(cmd, options), after), readStreams)
}

// XReadGroupBlocking is [Client.XReadGroup] that blocks until one of the
// streams has an entry that was not delivered, or until the timeout
// (resolution: a millisecond; 0 waits forever). There are no streams if there
// was no entry in time. It does not wait for what is read at another position
// than [StreamUndelivered]. If the group is destroyed meanwhile that is an
// error with the code NOGROUP. It waits as [Client.BLPop] does; an entry that
// is on its way when the context ends stays pending for the consumer.
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
