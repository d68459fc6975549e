package glide

import (
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/engine"
)

// EventKind is what an [Event] is.
type EventKind int

const (
	// ConnectionLost is a server that is lost: its connection broke, no new one
	// could be made, or it does not answer. There is one event for a server,
	// however many connections there were and however often connecting is tried.
	ConnectionLost EventKind = iota
	// ConnectionRestored is a server that was lost and is back.
	ConnectionRestored
	// TopologyChanged is a change of the servers, their roles or their slots.
	// Changes that follow one another closely are one event.
	TopologyChanged
	// FailoverFollowed is a server that the client takes for the primary in place
	// of another from now on.
	FailoverFollowed
	// MessagesDropped are messages that were dropped because too many were
	// waiting ([Subscriptions.BufferLimit], [SubscriptionConfig.BufferLimit]).
	MessagesDropped
	// CircuitOpened is the circuit breaker ([Config.CircuitBreaker]), which refuses
	// commands from now on.
	CircuitOpened
	// CircuitClosed is the circuit breaker, which has let commands pass again and
	// found that they succeed.
	CircuitClosed
	// EventsDropped are events that were dropped because the function is too slow.
	EventsDropped
)

// String returns a name with words and spaces, such as "connection lost".
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

// An Event is something that has happened to a client ([Config.Events]). It has no
// secrets: addresses, numbers, and the words of the system or of servers.
type Event struct {
	Kind EventKind
	// Time is when the program got to know of it.
	Time time.Time
	// Client describes the client. It is the same for all events of a client and
	// must not be changed.
	Client *ClientDescription

	// Address is the server that was lost or restored, or the new primary.
	Address Address
	// Former is the primary before a failover.
	Former Address
	// Reason is why a server was lost.
	Reason string
	// Lasted is for how long a server was lost that is back.
	Lasted time.Duration
	// Version is that of a topology ([Stats.TopologyVersion]).
	Version int64
	// Count is how many messages or events were dropped.
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
