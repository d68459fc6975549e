package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// What delays a server beyond latency-monitor-threshold, which is off by
// default, it remembers as spikes of an event: command, fast-command, fork,
// expire-cycle and many more. All of it but LatencyHistogram is about them.
//
// A server knows about itself only, so in a cluster all nodes are asked,
// replicas too; a standalone client asks the primary. Nothing is defined for
// how reports of several nodes become one: [Nodes] returns each node's.

// LatencyDoctor returns a report for people on what delays the server, with
// advice.
//
// https://valkey.io/commands/latency-doctor/
//
//glide:server several nodes answer, each with its own
func latencyDoctor() command[string] { return newCommand("LATENCY DOCTOR", decode.String) }

// LatencyGraph draws the spikes of an event in lines of text. An event that
// has none is an error.
//
// https://valkey.io/commands/latency-graph/
//
//glide:server several nodes answer, each with its own
func latencyGraph(event string) command[string] {
	return newCommand("LATENCY GRAPH", decode.String).Arg(event)
}

// LatencyHistogram is how long a command took.
type LatencyHistogram struct {
	// Calls is how often it was run.
	Calls int64
	// Buckets are the longer the later. Those that would not differ from the
	// one before are left out.
	Buckets []LatencyBucket
}

// LatencyBucket is how many calls took no longer than UpTo, in microseconds.
// It counts those of the buckets before it too.
type LatencyBucket struct {
	UpTo  time.Duration
	Calls int64
}

// LatencyHistogram says how long commands took, by their names in small
// letters, client|list for one of two words; of those that are named, a
// container for all of its commands, or of all. Commands that were never run,
// or that the server does not know, are left out. Since version 7.0.
//
// https://valkey.io/commands/latency-histogram/
//
//glide:server several nodes answer, each with its own
func latencyHistogram(commands ...string) command[map[string]LatencyHistogram] {
	return newCommand("LATENCY HISTOGRAM", readHistograms).Args(commands)
}

func readHistograms(r *wire.Reader) (map[string]LatencyHistogram, error) {
	histograms := map[string]LatencyHistogram{}
	err := decode.Fields(r, func(name string) (err error) {
		histograms[name], err = readHistogram(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return histograms, nil
}

func readHistogram(r *wire.Reader) (histogram LatencyHistogram, err error) {
	err = decode.Fields(r, func(name string) error {
		switch name {
		case "calls":
			return decode.Into(&histogram.Calls, r, decode.Int)
		case "histogram_usec":
			return decode.Into(&histogram.Buckets, r, readBuckets)
		default:
			return r.Skip()
		}
	})
	return histogram, err
}

func readBuckets(r *wire.Reader) ([]LatencyBucket, error) {
	n, err := r.Map()
	if err != nil {
		return nil, err
	}
	buckets := make([]LatencyBucket, n)
	for i := range buckets {
		if err = decode.Into(&buckets[i].UpTo, r, decode.Microseconds); err == nil {
			err = decode.Into(&buckets[i].Calls, r, decode.Int)
		}
		if err != nil {
			return nil, err
		}
	}
	return buckets, nil
}

// LatencySpike is a delay.
type LatencySpike struct {
	// Time is when it was, in seconds.
	Time time.Time
	// Took is how long it was, in milliseconds.
	Took time.Duration
}

// LatencyHistory returns the latest spikes of an event, 160 at most, the
// oldest first; there are none of an event that the server does not know.
//
// https://valkey.io/commands/latency-history/
//
//glide:server several nodes answer, each with its own
func latencyHistory(event string) command[[]LatencySpike] {
	return newCommand("LATENCY HISTORY", readSpikes).Arg(event)
}

var (
	readSpikes = decode.Slice(readSpike)
)

func readSpike(r *wire.Reader) (spike LatencySpike, err error) {
	err = decode.Row(r, 2, func(i int) error {
		switch i {
		case 0:
			return decode.Into(&spike.Time, r, decode.UnixSeconds)
		case 1:
			return decode.Into(&spike.Took, r, decode.Milliseconds)
		default:
			return r.Skip()
		}
	})
	return spike, err
}

// LatencyEvent is what delays a server.
type LatencyEvent struct {
	// Name is the event's.
	Name string
	// Latest is its latest spike.
	Latest LatencySpike
	// Longest is how long its longest spike was since it was reset, in
	// milliseconds.
	Longest time.Duration
	// Total is how long all spikes were that there are now, in milliseconds,
	// and Count how many they are. Since Valkey 8.1.
	Total time.Duration
	Count int64
}

// LatencyLatest returns the events of which there are spikes, in no order.
//
// https://valkey.io/commands/latency-latest/
//
//glide:server several nodes answer, each with its own
func latencyLatest() command[[]LatencyEvent] { return newCommand("LATENCY LATEST", readEvents) }

var readEvents = decode.Slice(readEvent)

func readEvent(r *wire.Reader) (event LatencyEvent, err error) {
	err = decode.Row(r, 4, func(i int) error {
		switch i {
		case 0:
			return decode.Into(&event.Name, r, decode.String)
		case 1:
			return decode.Into(&event.Latest.Time, r, decode.UnixSeconds)
		case 2:
			return decode.Into(&event.Latest.Took, r, decode.Milliseconds)
		case 3:
			return decode.Into(&event.Longest, r, decode.Milliseconds)
		case 4:
			return decode.Into(&event.Total, r, decode.Milliseconds)
		case 5:
			return decode.Into(&event.Count, r, decode.Int)
		default:
			return r.Skip()
		}
	})
	return event, err
}

// LatencyReset forgets the spikes of events, or of all of them if none is
// named, and returns how many events that were. In a cluster it is that of all
// nodes together, replicas too; in a transaction, of the one that runs it.
//
// https://valkey.io/commands/latency-reset/
func latencyReset(events ...string) command[int64] {
	return newCommand("LATENCY RESET", decode.Int).Args(events)
}
