package glide

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/pb"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Message is a message that was published on a channel. Its strings may contain
// any bytes.
type Message struct {
	// Channel is the channel on which the message was published.
	Channel string
	// Pattern is the pattern that matched the channel, or empty if the client
	// is subscribed to the channel by name.
	Pattern string
	// Payload is the content of the message.
	Payload string
}

// TryMessage returns the next message, or false if no message is waiting.
// After Close it returns the messages that arrived before, and then
// [ErrClosed]. With a callback it returns [ErrCallback].
func (s subscriber) TryMessage() (message Message, ok bool, err error) {
	const operation = "TryMessage"
	if err := s.receiver.receives(operation); err != nil {
		return Message{}, false, err
	}
	return tryReceive(s.receiver.openMailbox(), operation)
}

// tryReceive returns the next message in a mailbox, if there is one.
func tryReceive(mailbox *engine.Mailbox, operation string) (Message, bool, error) {
	m, ok, err := mailbox.TryReceive()
	if err != nil {
		err = operationError(operation, err)
	}
	return Message(m), ok, err
}

// NextMessage waits for the next message. Only ctx limits the wait; if ctx
// ends, no message is lost. Several goroutines may wait: each message goes to
// one of them. After Close it returns the messages that arrived before, and
// then [ErrClosed]. With a callback it returns [ErrCallback].
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
	return receive(ctx, s.receiver.openMailbox(), operation)
}

// receive waits for the next message in a mailbox.
func receive(ctx context.Context, mailbox *engine.Mailbox, operation string) (Message, error) {
	m, err := mailbox.Receive(ctx)
	if err != nil {
		err = operationError(operation, err)
	}
	return Message(m), err
}

// Messages returns an iterator over messages. It waits like
// [Client.NextMessage] until ctx ends or the client is closed; that error
// comes last. Leaving the loop loses no message.
func (s subscriber) Messages(ctx context.Context) iter.Seq2[Message, error] {
	return each(func() (Message, error) { return s.next(ctx, "Messages") })
}

// each returns an iterator over messages, until an error comes.
func each(next func() (Message, error)) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			message, err := next()
			if !yield(message, err) || err != nil {
				return
			}
		}
	}
}

// MessageStats counts the messages of a client, or of a [Subscription].
type MessageStats struct {
	// Received is the number of messages received from servers.
	Received int64
	// Buffered is the number of messages that wait to be received.
	Buffered int64
	// Dropped is the number of messages that were dropped because too many
	// were waiting.
	Dropped int64
	// Panics is the number of times that the client's callback panicked.
	Panics int64
}

// MessageStats returns the counters of the client's messages, excluding those of its
// independent subscriptions.
func (s subscriber) MessageStats() MessageStats {
	if s.receiver == nil {
		return MessageStats{}
	}
	mailbox := s.receiver.mailbox.Load()
	if mailbox == nil {
		return MessageStats{}
	}
	stats := statsOf(mailbox)
	stats.Panics = s.receiver.panics.Load()
	return stats
}

// allMessageStats returns the counters of the client's messages and of all its
// independent subscriptions.
func (s subscriber) allMessageStats() MessageStats {
	stats := s.MessageStats()
	if r := s.receiver; r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		stats.add(r.ended)
		for subscription := range r.subscriptions {
			stats.add(statsOf(subscription.mailbox))
		}
	}
	return stats
}

func (s *MessageStats) add(other MessageStats) {
	s.Received += other.Received
	s.Buffered += other.Buffered
	s.Dropped += other.Dropped
}

func statsOf(mailbox *engine.Mailbox) MessageStats {
	counts := mailbox.Counts()
	return MessageStats{Received: counts.Received, Buffered: counts.Waiting, Dropped: counts.Dropped}
}

// receiver is where a client's messages arrive.
type receiver struct {
	// engine is nil where the protocol has no messages.
	engine   *engine.Engine
	name     uint64
	bound    engine.Bound
	cluster  bool
	callback func(Message)
	panics   atomic.Int64
	// logger is that of the client, if it has one.
	logger *slog.Logger

	// mailbox is the client's own, once it is needed. mu guards that it is created, and
	// what follows.
	mailbox atomic.Pointer[engine.Mailbox]
	mu      sync.Mutex
	closed  bool
	// subscriptions are those that are independent and open.
	subscriptions map[*Subscription]struct{}
	// ended counts the messages of subscriptions that were closed.
	ended MessageStats
}

// newReceiver returns a receiver, and names it in the request of its client.
func newReceiver(e *engine.Engine, request *pb.ConnectionRequest, s Subscriptions, observer *engine.Observer, logger *slog.Logger) *receiver {
	r := &receiver{callback: s.Callback, cluster: request.Cluster, logger: logger}
	if request.Protocol == pb.Protocol_RESP2 {
		return r
	}
	r.engine = e
	r.name = engine.NewMailboxName()
	r.bound = boundOf(s.BufferLimit, s.BufferDrop)
	r.bound.OnDrop = observer.DroppedMessages
	request.Mailbox = r.name
	if request.Subscriptions != nil {
		// Before there is a connection: no message may arrive before the receiver.
		r.openMailbox()
	}
	if r.callback != nil {
		go r.call()
	}
	return r
}

func boundOf(limit int, drop DropPolicy) engine.Bound {
	return engine.Bound{Messages: limit, DropNewest: drop == DropNewest}
}

// openMailbox returns the client's own mailbox, which it creates for the first caller that
// subscribes or receives messages: most clients never do.
func (r *receiver) openMailbox() *engine.Mailbox {
	if mailbox := r.mailbox.Load(); mailbox != nil {
		return mailbox
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	mailbox := r.mailbox.Load()
	if mailbox == nil {
		mailbox = r.engine.NewMailbox(r.name, r.bound)
		if r.closed {
			mailbox.Close()
		}
		r.mailbox.Store(mailbox)
	}
	return mailbox
}

func (r *receiver) close() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if mailbox := r.mailbox.Load(); mailbox != nil {
		mailbox.Close()
	}
	for subscription := range r.subscriptions {
		subscription.mailbox.Close()
		r.end(subscription)
	}
}

// end keeps the counters of a subscription whose mailbox is closed. mu is held.
func (r *receiver) end(subscription *Subscription) {
	if _, open := r.subscriptions[subscription]; open {
		delete(r.subscriptions, subscription)
		counts := statsOf(subscription.mailbox)
		counts.Buffered = 0 // its receiver may have gone
		r.ended.add(counts)
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
		message, err := r.openMailbox().Receive(context.Background())
		if err != nil || r.openMailbox().Closed() {
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
			logPanic(r.logger, "the callback for messages", panicked)
		}
	}()
	r.callback(Message(message))
}
