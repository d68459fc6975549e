package glide

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/pb"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Message is what was published on a channel. Its strings may hold any bytes.
type Message struct {
	// Channel is the channel that it was published on.
	Channel string
	// Pattern is the pattern by which it was received, and empty if it was
	// received by the channel's name.
	Pattern string
	// Payload is what was published.
	Payload string
}

// TryMessage gives the next message, and false if none waits. After Close it
// gives what has come before, and then [ErrClosed]. With a callback it is
// [ErrCallback].
func (s subscriber) TryMessage() (message Message, ok bool, err error) {
	const operation = "TryMessage"
	if err := s.receiver.receives(operation); err != nil {
		return Message{}, false, err
	}
	m, ok, err := s.receiver.subscriber().TryReceive()
	if err != nil {
		err = operationError(operation, err)
	}
	return Message(m), ok, err
}

// NextMessage waits for the next message. Only the context bounds it, and one
// that ends takes no message away. Several goroutines may wait: each message
// goes to one of them. After Close it gives what has come before, and then
// [ErrClosed]. With a callback it is [ErrCallback].
func (s subscriber) NextMessage(ctx context.Context) (Message, error) {
	return s.next(ctx, "NextMessage")
}

func (s subscriber) next(ctx context.Context, operation string) (Message, error) {
	if ctx == nil {
		return Message{}, invalid(operation, "nil context")
	}
	if err := s.receiver.receives(operation); err != nil {
		return Message{}, err
	}
	m, err := s.receiver.subscriber().Receive(ctx)
	if err != nil {
		err = operationError(operation, err)
	}
	return Message(m), err
}

// Messages gives message after message, waiting as [Client.NextMessage] does,
// until the context ends or the client is closed: that is an error, which
// comes last. A loop that is left takes no message beyond the last it was
// given.
func (s subscriber) Messages(ctx context.Context) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			message, err := s.next(ctx, "Messages")
			if !yield(message, err) || err != nil {
				return
			}
		}
	}
}

// MessageStats counts a client's messages.
type MessageStats struct {
	// Received is how many have come from the servers.
	Received int64
	// Buffered is how many of them wait.
	Buffered int64
	// Dropped is how many of them were dropped because too many waited.
	Dropped int64
	// Panics is how often the callback has panicked.
	Panics int64
}

// MessageStats counts the messages so far.
func (s subscriber) MessageStats() MessageStats {
	if s.receiver == nil {
		return MessageStats{}
	}
	made := s.receiver.made.Load()
	if made == nil {
		return MessageStats{}
	}
	counts := made.Counts()
	return MessageStats{counts.Received, counts.Waiting, counts.Dropped, s.receiver.panics.Load()}
}

// receiver is where a client's messages arrive.
type receiver struct {
	// engine is nil where the protocol has no messages.
	engine   *engine.Engine
	name     uint64
	bound    engine.Bound
	callback func(Message)
	panics   atomic.Int64

	// made is the subscriber, once it is needed. mu guards that it is made and
	// closed.
	made   atomic.Pointer[engine.Subscriber]
	mu     sync.Mutex
	closed bool
}

// newReceiver gives a receiver, and names it in the request of its client.
func newReceiver(e *engine.Engine, request *pb.ConnectionRequest, s Subscriptions) *receiver {
	r := &receiver{callback: s.Callback}
	if request.Protocol == pb.Protocol_RESP2 {
		return r
	}
	r.engine = e
	r.name = engine.NewSubscriberName()
	r.bound = engine.Bound{Messages: s.BufferLimit, DropNewest: s.BufferDrop == DropNewest}
	request.Subscriber = r.name
	if request.Subscriptions != nil {
		// Before there is a connection: no message is to find nobody.
		r.subscriber()
	}
	if r.callback != nil {
		go r.call()
	}
	return r
}

// subscriber gives what holds the messages. It is made for whoever subscribes
// or asks for messages first: most clients never do.
func (r *receiver) subscriber() *engine.Subscriber {
	if made := r.made.Load(); made != nil {
		return made
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	made := r.made.Load()
	if made == nil {
		made = r.engine.NewSubscriber(r.name, r.bound)
		if r.closed {
			made.Close()
		}
		r.made.Store(made)
	}
	return made
}

func (r *receiver) close() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if made := r.made.Load(); made != nil {
		made.Close()
	}
}

// refusal is the error of a client that cannot subscribe; nil if it can.
func (r *receiver) refusal(operation string) error {
	switch {
	case r == nil:
		return errNotMade(operation)
	case r.engine == nil:
		return &failure{operation, "Protocol must be RESP3", []error{ErrConfiguration}}
	}
	return nil
}

// receives is the error of a client whose messages cannot be asked for.
func (r *receiver) receives(operation string) error {
	if err := r.refusal(operation); err != nil {
		return err
	}
	if r.callback != nil {
		return &failure{operation, "", []error{ErrCallback}}
	}
	return nil
}

// call calls the callback with each message, until the client is closed.
func (r *receiver) call() {
	finished := false
	defer func() {
		if !finished {
			// The callback has ended its goroutine (runtime.Goexit).
			go r.call()
		}
	}()
	for {
		message, err := r.subscriber().Receive(context.Background())
		if err != nil || r.subscriber().Closed() {
			finished = true
			return
		}
		r.callWith(message)
	}
}

func (r *receiver) callWith(message wire.Message) {
	defer func() {
		if panicked := recover(); panicked != nil {
			r.panics.Add(1)
			logPanic("the callback for messages", panicked)
		}
	}()
	r.callback(Message(message))
}
