package engine

import "github.com/valkey-glide/go/glide/internal/wire"

// messageQueue is a queue of messages, in the batches in which they came: what
// was a long queue leaves no memory behind.
type messageQueue struct {
	first, last *messageBatch
	len         int
	names       wire.Names
}

type messageBatch struct {
	messages *wire.Messages
	next     *messageBatch
}

// push appends messages, which are the queue's from then on.
func (q *messageQueue) push(messages *wire.Messages) {
	if messages.Len() == 0 {
		return
	}
	batch := &messageBatch{messages: messages}
	if q.first == nil {
		q.first = batch
	} else {
		q.last.next = batch
	}
	q.last = batch
	q.len += messages.Len()
}

// pop takes the first message.
func (q *messageQueue) pop() (message wire.Message, ok bool) {
	first := q.first
	if first == nil {
		return message, false
	}
	message = first.messages.Next(&q.names)
	q.len--
	if first.messages.Len() == 0 {
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
