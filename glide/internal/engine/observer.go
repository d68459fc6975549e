package engine

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Event is something that has happened to a client.
type Event struct {
	wire.Event
	Time time.Time
}

// The events that are not the library's. Their number says how many were dropped.
const (
	EventMessagesDropped abi.Event = 254
	EventEventsDropped   abi.Event = 255
)

// Observer passes on what happens to a client: events to a function, and records of
// the log to a logger.
type Observer struct {
	engine *Engine
	name   uint64
	logs   *logSink
	events *sink[Event]
	// messages is how many were dropped and not yet told of.
	messages atomic.Int64
}

// observers are those of all clients, by their names. They are not an engine's: the
// first engine has the log of all.
var observers sync.Map

// observerNames is the last name of an observer; 0 is none.
var observerNames atomic.Uint64

// NewObserver returns an observer, and its name for the request that connects its
// client. Without a logger and a function it is nil. The caller closes it.
func NewObserver(logger *slog.Logger, events func(Event)) (*Observer, uint64, error) {
	if logger == nil && events == nil {
		return nil, 0, nil
	}
	e, err := first()
	if err != nil {
		return nil, 0, err
	}
	o := &Observer{engine: e, name: observerNames.Add(1), logs: newLogSink(logger)}
	if events != nil {
		o.events = newSink(o.delivering(events), func(count int64) Event { return eventOf(EventEventsDropped, count) })
	}
	observers.Store(o.name, o)
	if o.logs != nil {
		level := o.logs.level()
		logging.Lock()
		defer logging.Unlock()
		e.exchange(nil, o.logs, level)
	}
	return o, o.name, nil
}

func eventOf(kind abi.Event, number int64) Event {
	return Event{wire.Event{Kind: kind, Number: uint64(number)}, time.Now()}
}

// delivering returns a function that passes events on.
func (o *Observer) delivering(events func(Event)) func(Event) {
	return func(event Event) {
		if event.Kind == EventMessagesDropped {
			event.Number = uint64(o.messages.Swap(0)) // those of meanwhile, too
		}
		events(event)
	}
}

// Close ends the observer. What has happened before is passed on.
func (o *Observer) Close() {
	if o == nil {
		return
	}
	if _, open := observers.LoadAndDelete(o.name); !open {
		return
	}
	if o.events != nil {
		o.events.end()
	}
	if o.logs != nil {
		logging.Lock()
		defer logging.Unlock()
		o.engine.exchange(o.logs, nil, abi.LogLevelOff)
	}
}

// DroppedMessages tells that messages were dropped. What is not told yet is told
// together.
func (o *Observer) DroppedMessages(count int64) {
	if o == nil || o.events == nil || o.messages.Add(count) != count {
		return
	}
	if !o.events.add(eventOf(EventMessagesDropped, 0)) {
		o.messages.Store(0)
	}
}

func observerOf(name uint64) *Observer {
	if name == 0 {
		return nil
	}
	o, ok := observers.Load(name)
	if !ok {
		return nil // the client is closed
	}
	return o.(*Observer)
}

// happened passes an entry with an event on.
func (e *Engine) happened(entry wire.Entry) {
	o := observerOf(entry.Ticket)
	if o == nil || o.events == nil {
		return
	}
	if event, ok := wire.ReadEvent(entry.Body); ok {
		o.events.add(Event{event, time.Now()})
	}
}
