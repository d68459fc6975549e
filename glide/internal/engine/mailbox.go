package engine

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Bound is how many messages may wait to be received, if that is bounded.
type Bound struct {
	// Messages is how many; 0 is any number.
	Messages int
	// DropNewest drops what does not fit, instead of what has waited longest.
	DropNewest bool
	// OnDrop is told how many are dropped, if it is set. The mailbox is locked
	// meanwhile: it must not wait.
	OnDrop func(dropped int64)
}

// Mailbox holds messages until they are received: those of a client, or those of an
// independent subscription. All messages of a client arrive at its own mailbox, which
// passes on what others receive.
//
// Messages arrive in numbered batches. A driver hands off before it delivers, so
// that a later batch may be delivered first. The numbers restore the order.
type Mailbox struct {
	engine *Engine
	// name is its name in requests and completions.
	name  uint64
	bound Bound

	// mu guards what follows. Those of other mailboxes may be taken while that of the
	// client's own is held.
	mu sync.Mutex
	// next is the number of the batch that is to come, and early are those
	// that have come before it.
	next   uint64
	early  map[uint64]*wire.Messages
	queue  messageQueue
	closed bool
	counts MessageCounts

	// waiting holds a token when there may be messages of which no receiver
	// knows. A receiver that takes the token and leaves messages puts it back.
	waiting chan struct{}
	// ended is closed with the mailbox.
	ended chan struct{}
}

// MessageCounts are how many messages there were.
type MessageCounts struct{ Received, Dropped, Waiting int64 }

// mailboxNames is the last name of a mailbox; 0 is none.
var mailboxNames atomic.Uint64

// NewMailboxName returns the name of a future mailbox, for the request that
// connects its client.
func NewMailboxName() uint64 { return mailboxNames.Add(1) }

// NewMailbox returns the mailbox with this name. It receives from this moment, so
// it must exist when its client starts to subscribe: earlier messages are lost.
// The caller closes it.
func (e *Engine) NewMailbox(name uint64, bound Bound) *Mailbox {
	s := &Mailbox{
		engine:  e,
		name:    name,
		bound:   bound,
		waiting: make(chan struct{}, 1),
		ended:   make(chan struct{}),
	}
	e.mailboxes.Store(s.name, s)
	return s
}

// OpenMailbox opens a mailbox of the client in addition to its own, which must exist.
func (c *Client) OpenMailbox(bound Bound) (*Mailbox, error) {
	s := c.engine.NewMailbox(NewMailboxName(), bound)
	if status := c.engine.library.OpenMailbox(c.engine.handle, c.handle, s.name); status != abi.StatusOK {
		s.Close()
		return nil, refused(status)
	}
	return s, nil
}

// CloseMailbox closes a mailbox that OpenMailbox has opened. What it was subscribed
// to is released.
func (c *Client) CloseMailbox(s *Mailbox) {
	s.Close()
	// A client that is closed has none.
	_ = c.engine.library.CloseMailbox(c.engine.handle, c.handle, s.name)
}

// Name returns the name of the mailbox in requests.
func (s *Mailbox) Name() uint64 { return s.name }

// Close ends the mailbox. Messages that have arrived can still be received.
func (s *Mailbox) Close() {
	s.engine.mailboxes.Delete(s.name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.early = nil
		close(s.ended)
	}
}

// receive passes an entry with messages to its mailbox.
func (e *Engine) receive(entry wire.Entry, shared wire.SharedStrings) {
	if s, ok := e.mailboxes.Load(entry.Ticket); ok {
		s.(*Mailbox).receive(wire.NewMessages(entry.Body, shared, entry.Outcome == abi.OutcomeAddressedMessages))
	}
}

func (s *Mailbox) receive(messages *wire.Messages) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if messages.Number != s.next {
		if s.early == nil {
			s.early = map[uint64]*wire.Messages{}
		}
		s.early[messages.Number] = messages
		return
	}
	for ok := true; ok; messages, ok = s.early[s.next] {
		delete(s.early, s.next)
		s.next++
		if messages.Addressed {
			s.distribute(messages)
		} else {
			s.add(messageBatch{unread: messages})
		}
	}
	s.notify()
}

// distribute passes messages to the mailboxes that receive them. Those that come one
// after the other by the same subscription are passed together, and all mailboxes have
// the same copy of them.
func (s *Mailbox) distribute(messages *wire.Messages) {
	for messages.Len() > 0 {
		batch := messageBatch{read: []wire.Message{messages.Next(&s.queue.names)}}
		for messages.SameNext() {
			batch.read = append(batch.read, messages.Next(&s.queue.names))
		}
		for name := range messages.Mailboxes() {
			if name == s.name {
				s.add(batch)
			} else if other, ok := s.engine.mailboxes.Load(name); ok {
				other.(*Mailbox).put(batch)
			}
		}
	}
}

// put queues messages, and lets a receiver know.
func (s *Mailbox) put(batch messageBatch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.add(batch)
		s.notify()
	}
}

// add queues messages, as far as the bound allows.
func (s *Mailbox) add(batch messageBatch) {
	s.counts.Received += int64(batch.len())
	excess := s.queue.len + batch.len() - s.bound.Messages
	if s.bound.Messages == 0 || excess <= 0 {
		s.queue.push(batch)
		return
	}
	s.counts.Dropped += int64(excess)
	if s.bound.OnDrop != nil {
		s.bound.OnDrop(int64(excess))
	}
	if s.bound.DropNewest {
		batch.truncate(batch.len() - excess)
	}
	s.queue.push(batch)
	s.queue.drop(max(0, s.queue.len-s.bound.Messages))
}

// tell lets one receiver know that there are messages, if there are.
func (s *Mailbox) notify() {
	if s.queue.len == 0 {
		return
	}
	select {
	case s.waiting <- struct{}{}:
	default:
	}
}

// TryReceive returns the next message if there is one. The error says that none
// will follow.
func (s *Mailbox) TryReceive() (message wire.Message, ok bool, err error) {
	s.mu.Lock()
	message, ok = s.queue.pop()
	if ok {
		s.notify()
	} else if s.closed {
		err = errClosed
	}
	s.mu.Unlock()
	return message, ok, err
}

// Receive waits for the next message. If the context ends first, no message is
// taken.
func (s *Mailbox) Receive(ctx context.Context) (wire.Message, error) {
	for told := false; ; {
		if err := ctx.Err(); err != nil {
			if told {
				s.passOn()
			}
			return wire.Message{}, err
		}
		if message, ok, err := s.TryReceive(); ok || err != nil {
			return message, err
		}
		select {
		case <-s.waiting:
			told = true
		case <-s.ended:
		case <-ctx.Done():
		}
	}
}

// passOn signals another receiver, for one that was signalled and takes no
// message.
func (s *Mailbox) passOn() {
	s.mu.Lock()
	s.notify()
	s.mu.Unlock()
}

// Closed reports whether it is closed.
func (s *Mailbox) Closed() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// Counts returns how many messages have arrived, were dropped, and wait.
func (s *Mailbox) Counts() MessageCounts {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.counts
	counts.Waiting = int64(s.queue.len)
	return counts
}
