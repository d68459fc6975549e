package glide

import (
	"math"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/engine"
)

// Stats are the statistics of a client: its present state, and counters since
// it was created. The numbers are read one after the other, so they may be of
// slightly different times.
type Stats struct {
	// Connections is the number of connections to servers that commands share.
	Connections int64
	// MessageConnections is the number of connections that carry subscriptions.
	MessageConnections int64
	// Dedicated are the connections of blocking commands and of
	// [Client.Dedicated].
	Dedicated DedicatedStats

	// InFlight is the number of requests that count for
	// [Config.InflightLimit], and Waiting the number of requests that wait
	// because of it ([Config.InflightWait]). A request for several nodes
	// counts once for each.
	InFlight, Waiting int64
	// Rejected is the number of calls that failed with [ErrInflightLimit],
	// including those whose time ended while they waited for their turn
	// ([Config.InflightWait], [Config.DedicatedLimit]).
	Rejected int64
	// TimedOut is the number of other calls that failed because
	// [Config.RequestTimeout] or the deadline of their context passed.
	TimedOut int64
	// Retries is how many times requests were sent again.
	Retries int64

	// Reconnects is the number of shared connections that were made to
	// replace others, including those for subscriptions.
	Reconnects int64
	// BytesReceived and BytesSent are the numbers of bytes read from and
	// written to all connections, excluding the overhead of TLS.
	BytesReceived, BytesSent int64
	// TopologyVersion is the number of changes of the topology: the
	// servers, their roles and their slots.
	TopologyVersion int64

	// CacheHits is the number of commands that were answered from
	// [Config.Cache], and CacheMisses the number of commands that could
	// have been but were not.
	CacheHits, CacheMisses int64

	// Subscriptions counts desired and actual subscriptions.
	Subscriptions SubscriptionStats
	// Messages counts all messages of the client: its own
	// ([Client.MessageStats]) and those of each [Subscription].
	Messages MessageStats
}

// DedicatedStats count dedicated connections.
type DedicatedStats struct {
	// InUse is the number of connections that are in use or being made, and
	// Idle the number of connections that are kept for later.
	InUse, Idle int64
	// Awaited is the number of calls that wait because of [Config.DedicatedLimit].
	Awaited int64
}

// SubscriptionStats count the channels and patterns that a client is subscribed to.
type SubscriptionStats struct {
	// Desired is the number of subscriptions that the client wants, and
	// Actual the number that servers have confirmed.
	Desired, Actual int64
}

// Stats returns the statistics of the client. It asks no server, and takes
// about a microsecond. After Close, counters of the library are 0.
func (s subscriber) Stats() Stats {
	if s.engine == nil {
		return Stats{}
	}
	counted := s.engine.Stats()
	return clientStats(&counted, s.allMessageStats())
}

func clientStats(counted *engine.Stats, messages MessageStats) Stats {
	of := func(stat abi.Stat) int64 { return int64(min(counted.Library[stat], math.MaxInt64)) }
	return Stats{
		Connections:        of(abi.StatConnections),
		MessageConnections: of(abi.StatMessageConnections),
		Dedicated: DedicatedStats{
			InUse:   of(abi.StatDedicatedInUse),
			Idle:    of(abi.StatDedicatedIdle),
			Awaited: of(abi.StatDedicatedAwaited),
		},
		InFlight:        of(abi.StatInFlight),
		Waiting:         of(abi.StatWaiting),
		Rejected:        counted.Rejected,
		TimedOut:        counted.TimedOut,
		Retries:         of(abi.StatResends),
		Reconnects:      of(abi.StatReconnects),
		BytesReceived:   of(abi.StatBytesReceived),
		BytesSent:       of(abi.StatBytesSent),
		TopologyVersion: of(abi.StatTopologyVersion),
		CacheHits:       of(abi.StatCacheHits),
		CacheMisses:     of(abi.StatCacheMisses),
		Subscriptions: SubscriptionStats{
			Desired: of(abi.StatSubscriptionsDesired),
			Actual:  of(abi.StatSubscriptionsActual),
		},
		Messages: messages,
	}
}
