package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// A server records delays that are longer than latency-monitor-threshold, which
// is off by default, as spikes of an event: command, fast-command, fork,
// expire-cycle and many more. All commands here except LatencyHistogram are about
// these events.
//
// A server has only its own events, so in a cluster all nodes are asked, also
// replicas; a standalone client asks the primary. There is no rule for merging
// reports of several nodes: [Nodes] returns the report of each.

// LatencyDoctor returns a human-readable report on the server's delays, with
// advice.
//
// https://valkey.io/commands/latency-doctor/
//
//glide:server several nodes answer, each with its own
func latencyDoctor() command[string] { return newCommand(named("LATENCY DOCTOR"), decode.String) }

// LatencyGraph returns a chart of the spikes of an event as text. An event
// without spikes is an error.
//
// https://valkey.io/commands/latency-graph/
//
//glide:server several nodes answer, each with its own
func latencyGraph(event string) command[string] {
	return newCommand(named("LATENCY GRAPH").Arg(event), decode.String)
}

// LatencyHistogram is the distribution of the durations of a command.
type LatencyHistogram struct {
	// Calls is the number of calls.
	Calls int64
	// Buckets are in ascending order of durations. Buckets with the same
	// number of calls as the one before are omitted.
	Buckets []LatencyBucket
}

// LatencyBucket is the number of calls that took no longer than UpTo, to the
// microsecond, including those of the buckets before it.
type LatencyBucket struct {
	UpTo  time.Duration
	Calls int64
}

// LatencyHistogram returns the distribution of durations of commands, by their
// names in lower case; a command of two words is client|list. A container
// stands for all its commands, and without names it returns all commands.
// Commands that were never run, or are unknown, are omitted. Since version 7.0.
//
// https://valkey.io/commands/latency-histogram/
//
//glide:server several nodes answer, each with its own
func latencyHistogram(commands ...string) command[map[string]LatencyHistogram] {
	return newCommand(named("LATENCY HISTOGRAM").Args(commands), decode.Map(readHistogram))
}

var readHistogram = decode.Struct(decode.Fields[LatencyHistogram]{
	"calls":          decode.Field(func(l *LatencyHistogram) *int64 { return &l.Calls }, decode.Int),
	"histogram_usec": decode.Field(func(l *LatencyHistogram) *[]LatencyBucket { return &l.Buckets }, readBuckets),
})

var readBuckets = decode.Pairs(func(r *wire.Reader) (bucket LatencyBucket, err error) {
	err = decode.Sequence(r, decode.To(&bucket.UpTo, decode.Microseconds), decode.To(&bucket.Calls, decode.Int))
	return bucket, err
})

// LatencySpike is a delay of the server.
type LatencySpike struct {
	// Time is when it occurred, to the second.
	Time time.Time
	// Took is its duration, to the millisecond.
	Took time.Duration
}

// LatencyHistory returns the latest spikes of an event, at most 160, oldest
// first. It returns none for an unknown event.
//
// https://valkey.io/commands/latency-history/
//
//glide:server several nodes answer, each with its own
func latencyHistory(event string) command[[]LatencySpike] {
	return newCommand(named("LATENCY HISTORY").Arg(event), readSpikes)
}

var readSpikes = decode.Slice(readSpike)

func readSpike(r *wire.Reader) (spike LatencySpike, err error) {
	err = decode.Row(r, 2, decode.To(&spike.Time, decode.UnixSeconds), decode.To(&spike.Took, decode.Milliseconds))
	return spike, err
}

// LatencyEvent is a kind of delay of a server, with its spikes.
type LatencyEvent struct {
	// Name is the name of the event.
	Name string
	// Latest is its latest spike.
	Latest LatencySpike
	// Longest is the duration of the longest spike since the event was reset,
	// to the millisecond.
	Longest time.Duration
	// Total is the duration of all spikes that the server has kept, to the
	// millisecond, and Count their number. Since Valkey 8.1.
	Total time.Duration
	Count int64
}

// LatencyLatest returns the events that have spikes, in no order.
//
// https://valkey.io/commands/latency-latest/
//
//glide:server several nodes answer, each with its own
func latencyLatest() command[[]LatencyEvent] { return newCommand(named("LATENCY LATEST"), readEvents) }

var readEvents = decode.Slice(readEvent)

func readEvent(r *wire.Reader) (event LatencyEvent, err error) {
	err = decode.Row(r, 4,
		decode.To(&event.Name, decode.String),
		decode.To(&event.Latest.Time, decode.UnixSeconds),
		decode.To(&event.Latest.Took, decode.Milliseconds),
		decode.To(&event.Longest, decode.Milliseconds),
		decode.To(&event.Total, decode.Milliseconds),
		decode.To(&event.Count, decode.Int))
	return event, err
}

// LatencyReset deletes the spikes of events, or of all events if none is named,
// and returns the number of these events. In a cluster it runs on all nodes,
// including replicas, and returns the sum; in a transaction it runs on one
// node.
//
// https://valkey.io/commands/latency-reset/
func latencyReset(events ...string) command[int64] {
	return newCommand(named("LATENCY RESET").Args(events), decode.Int)
}
