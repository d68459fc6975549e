package engine

import "github.com/valkey-glide/go/glide/internal/wire"

// messageQueue is a queue of messages, in the batches in which they came: what
// was a long queue leaves no memory behind.
type messageQueue struct {
	first, last *queuedBatch
	len         int
	names       wire.Names
}

type queuedBatch struct {
	messageBatch
	next *queuedBatch
}

// messageBatch is messages that came together: either as they came, or read, if several
// mailboxes have them.
type messageBatch struct {
	unread *wire.Messages
	read   []wire.Message
}

func (b *messageBatch) len() int {
	if b.unread != nil {
		return b.unread.Len()
	}
	return len(b.read)
}

// truncate leaves out all but the first n.
func (b *messageBatch) truncate(n int) {
	if b.unread != nil {
		b.unread.Truncate(n)
	} else {
		b.read = b.read[:n]
	}
}

// pop takes the first message; there must be one.
func (b *messageBatch) pop(names *wire.Names) wire.Message {
	if b.unread != nil {
		return b.unread.Next(names)
	}
	message := b.read[0]
	b.read = b.read[1:]
	return message
}

// push appends messages, which are the queue's from then on.
func (q *messageQueue) push(messages messageBatch) {
	if messages.len() == 0 {
		return
	}
	batch := &queuedBatch{messageBatch: messages}
	if q.first == nil {
		q.first = batch
	} else {
		q.last.next = batch
	}
	q.last = batch
	q.len += messages.len()
}

// pop takes the first message.
func (q *messageQueue) pop() (message wire.Message, ok bool) {
	first := q.first
	if first == nil {
		return message, false
	}
	message = first.pop(&q.names)
	q.len--
	if first.len() == 0 {
		if q.first = first.next; q.first == nil {
			q.last = nil
		}
	}
	return message, true
}

// drop drops the first n messages, of which there are so many.
func (q *messageQueue) drop(n int) {
	for range n {
		q.pop()
	}
}
