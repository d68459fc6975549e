package glidegoredis

import (
	"context"
	"slices"
	"strings"

	"github.com/valkey-glide/go/glide"
)

// kind is what is subscribed to.
type kind uint8

const (
	channels kind = iota
	patterns
	shardedChannels
	kinds
)

// kindsOf are the first letters of commands and messages for each kind.
var prefixes = [kinds]string{channels: "", patterns: "p", shardedChannels: "s"}

// messagesAhead is how many messages wait between a subscription and a Read. More wait
// in the subscription, which drops them when they are too many.
const messagesAhead = 64

// A pushed is a message on its way to a Read.
type pushed struct {
	kind kind
	glide.Message
}

// A feed is an independent subscription of the client, and how many of its messages
// were taken.
type feed struct {
	*glide.Subscription
	taken int64
}

// A subscription is what a connection is subscribed to: an independent subscription
// of the client, and another one for sharded channels, whose messages are of another
// kind. A goroutine of each takes the messages.
type subscription struct {
	names [kinds][]string
	// messages is nil for a connection that never subscribed.
	messages chan pushed
	// plain and sharded are nil until they are needed.
	plain, sharded *feed
	// ctx ends with the connection.
	ctx    context.Context
	cancel context.CancelFunc
}

// count returns the number that confirmations of a kind have.
func (s *subscription) count(of kind) int {
	if of == shardedChannels {
		return len(s.names[shardedChannels])
	}
	return len(s.names[channels]) + len(s.names[patterns])
}

// isActive reports whether the connection is subscribed to anything.
func (s *subscription) isActive() bool {
	return s.count(channels)+s.count(shardedChannels) > 0
}

// feed returns where messages of a kind come from.
func (s *subscription) feed(of kind) **feed {
	if of == shardedChannels {
		return &s.sharded
	}
	return &s.plain
}

// open returns the client's subscription for a kind.
func (c *conn) open(ctx context.Context, of kind) (*feed, error) {
	s := &c.subscription
	which := s.feed(of)
	if *which != nil {
		return *which, nil
	}
	made, err := c.bridge.client.Subscription(ctx, glide.SubscriptionConfig{})
	if err != nil {
		return nil, err
	}
	*which = &feed{Subscription: made}
	go forward(s.ctx, made, of, s.messages)
	return *which, nil
}

// forward takes the messages of a subscription, until that or the connection is closed.
func forward(ctx context.Context, from *glide.Subscription, of kind, to chan<- pushed) {
	defer from.Close()
	for message, err := range from.All(ctx) {
		if err != nil {
			return
		}
		of := of
		if of != shardedChannels && message.Pattern != "" {
			of = patterns
		}
		select {
		case to <- pushed{of, message}:
		case <-ctx.Done():
			return
		}
	}
}

// begin prepares for subscriptions. It reports false if the connection is closed.
func (c *conn) beginSubscription() bool {
	s := &c.subscription
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	if s.messages == nil {
		s.messages = make(chan pushed, messagesAhead)
		s.ctx, s.cancel = context.WithCancel(context.Background())
		c.cancel = s.cancel
	}
	return true
}

// kindOf returns what a command is about, by the first letter of its name.
func kindOf(r *request) kind {
	switch r.spec.name[0] {
	case 'P':
		return patterns
	case 'S':
		if r.spec.name[1] == 'S' || r.spec.name[1:3] == "UN" {
			return shardedChannels
		}
	}
	return channels
}

// subscribe answers SUBSCRIBE, PSUBSCRIBE and SSUBSCRIBE: for each name with a
// confirmation.
func (c *conn) subscribe(r *request) error {
	of, name, names := kindOf(r), strings.ToLower(r.spec.name), r.arguments()
	r.Release()
	if len(names) == 0 {
		return arity(name)
	}
	if !c.beginSubscription() {
		return glide.ErrClosed
	}
	s := &c.subscription
	ctx, cancel := c.bounded(s.ctx)
	defer cancel()
	to, err := c.open(ctx, of)
	if err != nil {
		return err
	}
	subscribe := [kinds]func(context.Context, ...string) error{to.Subscribe, to.PSubscribe, to.SSubscribe}[of]
	if err := subscribe(ctx, names...); err != nil {
		return err
	}
	for _, one := range names {
		if !slices.Contains(s.names[of], one) {
			s.names[of] = append(s.names[of], one)
		}
		c.confirm(name, &one, s.count(of))
	}
	return nil
}

// unsubscribe answers UNSUBSCRIBE, PUNSUBSCRIBE and SUNSUBSCRIBE: of everything if
// there are no names.
func (c *conn) unsubscribe(r *request) error {
	of, name, names := kindOf(r), strings.ToLower(r.spec.name), r.arguments()
	r.Release()
	s := &c.subscription
	if len(names) == 0 {
		names = slices.Clone(s.names[of])
	}
	if len(names) == 0 {
		c.confirm(name, nil, s.count(of))
		return nil
	}
	if from := *s.feed(of); from != nil {
		ctx, cancel := c.bounded(s.ctx)
		defer cancel()
		unsubscribe := [kinds]func(context.Context, ...string) error{from.Unsubscribe, from.PUnsubscribe, from.SUnsubscribe}[of]
		if err := unsubscribe(ctx, names...); err != nil {
			return err
		}
		c.catchUp(from)
	}
	for _, one := range names {
		s.names[of] = slices.DeleteFunc(s.names[of], func(name string) bool { return name == one })
		c.confirm(name, &one, s.count(of))
	}
	return nil
}

// catchUp writes the messages that have arrived: a server sends those of before the end
// of a subscription before it confirms that.
func (c *conn) catchUp(from *feed) {
	for {
		stats := from.Stats()
		if from.taken+stats.Dropped >= stats.Received {
			return
		}
		select {
		case message := <-c.subscription.messages:
			c.write(message)
		case <-c.subscription.ctx.Done():
			return
		}
	}
}

// bounded returns a context that ends with the requests' deadline.
func (c *conn) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.timeLeft(false))
}

// confirm writes the confirmation of a change.
func (c *conn) confirm(command string, name *string, count int) {
	c.push(3)
	c.encoder.text([]byte(command))
	if name == nil {
		c.encoder.null()
	} else {
		c.encoder.text([]byte(*name))
	}
	c.encoder.integer(int64(count))
}

func (c *conn) push(n int) {
	if c.encoder.resp2 {
		c.encoder.head('*', n)
	} else {
		c.encoder.head('>', n)
	}
}

// deliver writes a message, and those that have arrived after it.
func (c *conn) deliver(message pushed) {
	for {
		c.write(message)
		select {
		case message = <-c.subscription.messages:
		default:
			return
		}
	}
}

func (c *conn) write(m pushed) {
	(*c.subscription.feed(m.kind)).taken++
	words := []string{prefixes[m.kind] + "message", m.Channel, m.Payload}
	if m.kind == patterns {
		words = []string{"pmessage", m.Pattern, m.Channel, m.Payload}
	}
	c.push(len(words))
	for _, word := range words {
		c.encoder.text([]byte(word))
	}
}

// allowed are the commands that a connection of version 2 can run while it is
// subscribed: there, a message is an array like any other reply.
var allowed = map[string]bool{
	"PING": true, "PSUBSCRIBE": true, "PUNSUBSCRIBE": true, "QUIT": true, "RESET": true, "SSUBSCRIBE": true,
	"SUBSCRIBE": true, "SUNSUBSCRIBE": true, "UNSUBSCRIBE": true,
}

// subscribed runs a request of a connection of version 2 that is subscribed.
func (c *conn) subscribed(r *request) error {
	if !allowed[r.spec.name] {
		name := strings.ToLower(string(r.word(0)))
		r.Release()
		return replyError{"ERR", "Can't execute '" + name + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"}
	}
	if r.spec.handle != nil {
		return r.spec.handle(c, r)
	}
	defer r.Release()
	c.encoder.head('*', 2)
	c.encoder.text([]byte("pong"))
	c.encoder.text(r.word(1))
	return nil
}

// resetSubscriptions ends all subscriptions.
func (c *conn) resetSubscriptions() {
	if c.subscription.cancel == nil {
		return
	}
	c.subscription.cancel()
	c.subscription = subscription{}
}

// isUrgent reports whether a request does something that must not wait until a reply is
// read: a program subscribes, and reads when it likes.
func (r *request) isUrgent() bool {
	switch r.spec.name {
	case "PSUBSCRIBE", "PUNSUBSCRIBE", "SSUBSCRIBE", "SUBSCRIBE", "SUNSUBSCRIBE", "UNSUBSCRIBE":
		return true
	}
	return false
}
