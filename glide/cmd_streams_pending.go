package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// PendingSummary summarizes the entries that were delivered to consumers of a
// group and not acknowledged.
type PendingSummary struct {
	// Count is the number of entries.
	Count int64
	// Min and Max are the smallest and the largest ID; nil if there are none.
	Min, Max Optional[string]
	// Consumers are the consumers that have such entries.
	Consumers []PendingCount
}

// PendingCount is the number of entries that are pending for a consumer.
type PendingCount struct {
	Consumer string
	Count    int64
}

// XPending returns a summary of the pending entries of a group: their number,
// the smallest and largest ID, and the number for each consumer. A stream or
// group that does not exist is an error with the code NOGROUP.
//
// https://valkey.io/commands/xpending/
func xPending(key, group string) command[PendingSummary] {
	return newCommand(named("XPENDING").Key(key).Arg(group), readPendingSummary)
}

func readPendingSummary(r *wire.Reader) (summary PendingSummary, err error) {
	err = decode.Tuple(r, decode.To(&summary.Count, decode.Int), decode.To(&summary.Min, readOptionalString),
		decode.To(&summary.Max, readOptionalString), decode.To(&summary.Consumers, decode.ZeroIfNil(decode.Slice(readPendingCount))))
	return summary, err
}

func readPendingCount(r *wire.Reader) (count PendingCount, err error) {
	err = decode.Tuple(r, decode.To(&count.Consumer, decode.String), decode.To(&count.Count, decode.Int))
	return count, err
}

// XPendingOption is an option of [Client.XPendingEntries], which selects
// entries by consumer, [PendingFor], or by the time since the last delivery,
// [PendingIdle].
type XPendingOption interface {
	option
	xPendingOption()
}

// pendingFor is a consumer.
type pendingFor string

// PendingFor omits entries that are pending for other consumers.
func PendingFor(consumer string) XPendingOption { return pendingFor(consumer) }

func (p pendingFor) appendTo(to *wire.Request) { to.String(string(p)) }
func (pendingFor) conflictKey() string         { return "PendingFor" }
func (pendingFor) xPendingOption()             {}

// PendingIdle (IDLE) omits entries whose last delivery is more recent than a
// duration, with a resolution of a millisecond.
func PendingIdle(d time.Duration) XPendingOption {
	return xPendingOption{intArgument("PendingIdle", "IDLE", milliseconds(d))}
}

type xPendingOption struct{ argument }

func (xPendingOption) xPendingOption() {}

// PendingEntry is an entry that was delivered to a consumer and not
// acknowledged.
type PendingEntry struct {
	ID, Consumer string
	// Idle is the time since the last delivery, to the millisecond.
	Idle time.Duration
	// Deliveries is the number of deliveries.
	Deliveries int64
}

// XPendingEntries returns the pending entries of a group with IDs from start
// to end, both included, in order and at most count. [StreamMin] and
// [StreamMax] are the smallest and largest ID, and [StreamExclusive] excludes
// an end. A deleted entry may still be pending. A stream or group that does
// not exist is an error with the code NOGROUP.
//
// https://valkey.io/commands/xpending/
func xPendingEntries(key, group, start, end string, count int64, options ...XPendingOption) command[[]PendingEntry] {
	cmd := named("XPENDING").Key(key).Arg(group)
	// The consumer comes last.
	consumers, others := partition(options, func(o XPendingOption) bool {
		_, ok := o.(pendingFor)
		return ok
	})
	cmd = appendOptions(cmd, others).Arg(start).Arg(end).Count(count)
	return newCommand(appendOptions(cmd, consumers), readPendingEntries)
}

var readPendingEntries = decode.Slice(readPendingEntry)

func readPendingEntry(r *wire.Reader) (entry PendingEntry, err error) {
	err = decode.Tuple(r,
		decode.To(&entry.ID, decode.String),
		decode.To(&entry.Consumer, decode.String),
		decode.To(&entry.Idle, decode.Milliseconds),
		decode.To(&entry.Deliveries, decode.Int))
	return entry, err
}
