package glide

import (
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/engine"
)

// EventKind is the kind of an [Event].
type EventKind int

const (
	// ConnectionLost is a server that was lost: its connection broke, no
	// new one could be made, or it does not answer. There is one event for
	// a server, regardless of the number of its connections and of attempts
	// to connect.
	ConnectionLost EventKind = iota
	// ConnectionRestored is a server that was lost and can be reached
	// again.
	ConnectionRestored
	// TopologyChanged is a change of the servers, their roles or their slots.
	// Changes that follow one another closely are one event.
	TopologyChanged
	// FailoverFollowed is a server that the client uses as the primary
	// instead of another one from now on.
	FailoverFollowed
	// MessagesDropped are messages that were dropped because too many were
	// waiting ([Subscriptions.BufferLimit], [SubscriptionConfig.BufferLimit]).
	MessagesDropped
	// CircuitOpened is a circuit breaker ([Config.CircuitBreaker]) that
	// opened: it refuses commands from now on.
	CircuitOpened
	// CircuitClosed is a circuit breaker that closed, because commands
	// succeed again.
	CircuitClosed
	// EventsDropped are events that were dropped because the function of
	// [Config.Events] is too slow.
	EventsDropped
)

// String returns the kind in words, such as "connection lost".
func (k EventKind) String() string {
	names := [...]string{
		ConnectionLost:     "connection lost",
		ConnectionRestored: "connection restored",
		TopologyChanged:    "topology changed",
		FailoverFollowed:   "failover followed",
		MessagesDropped:    "messages dropped",
		CircuitOpened:      "circuit opened",
		CircuitClosed:      "circuit closed",
		EventsDropped:      "events dropped",
	}
	if k >= 0 && int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("EventKind(%d)", int(k))
}

// An Event is something that happened to a client ([Config.Events]). It
// contains no secrets: only addresses, numbers, and messages of the system or
// of servers.
type Event struct {
	Kind EventKind
	// Time is when the program learned of the event.
	Time time.Time
	// Client describes the client. It is the same for all events of a client and
	// must not be changed.
	Client *ClientDescription

	// Address is the address of the server that was lost or restored, or of
	// the new primary.
	Address Address
	// Former is the address of the primary before a failover.
	Former Address
	// Reason says why a server was lost.
	Reason string
	// Lasted is how long a restored server was lost.
	Lasted time.Duration
	// Version is the version of the topology ([Stats.TopologyVersion]).
	Version int64
	// Count is the number of messages or events that were dropped.
	Count int64
}

// String returns the event as a line of text.
func (e Event) String() string {
	switch e.Kind {
	case ConnectionLost:
		return fmt.Sprintf("%v: %v: %s", e.Kind, e.Address, e.Reason)
	case ConnectionRestored:
		return fmt.Sprintf("%v: %v, after %v", e.Kind, e.Address, e.Lasted)
	case TopologyChanged:
		return fmt.Sprintf("%v: version %d", e.Kind, e.Version)
	case FailoverFollowed:
		return fmt.Sprintf("%v: %v is the primary in place of %v", e.Kind, e.Address, e.Former)
	case MessagesDropped, EventsDropped:
		return fmt.Sprintf("%v: %d", e.Kind, e.Count)
	}
	return e.Kind.String()
}

// eventsTo returns a function that passes the events of the engine on; nil if there is
// no function for them.
func (c *Config) eventsTo(client *ClientDescription) func(engine.Event) {
	if c.Events == nil {
		return nil
	}
	panicked := false
	return func(event engine.Event) {
		defer func() {
			if cause := recover(); cause != nil && !panicked {
				panicked = true // the log has the first one
				logPanic(c.Logger, "the function for events", cause)
			}
		}()
		c.Events(eventOf(event, client))
	}
}

func eventOf(event engine.Event, client *ClientDescription) Event {
	e := Event{
		Time:    event.Time,
		Client:  client,
		Address: Address{event.Host, event.Port},
		Former:  Address{event.FormerHost, event.FormerPort},
		Reason:  event.Cause,
	}
	number := int64(event.Number)
	switch event.Kind {
	case abi.EventLost:
		e.Kind = ConnectionLost
	case abi.EventRestored:
		e.Kind, e.Lasted = ConnectionRestored, time.Duration(number)*time.Microsecond
	case abi.EventTopologyChanged:
		e.Kind, e.Version = TopologyChanged, number
	case abi.EventFailedOver:
		e.Kind = FailoverFollowed
	case abi.EventCircuitOpened:
		e.Kind = CircuitOpened
	case abi.EventCircuitClosed:
		e.Kind = CircuitClosed
	case engine.EventMessagesDropped:
		e.Kind, e.Count = MessagesDropped, number
	case engine.EventEventsDropped:
		e.Kind, e.Count = EventsDropped, number
	}
	return e
}
