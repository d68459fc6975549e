package glide

import (
	"context"
	"iter"
	"math"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/pb"
)

// defaultSubscriptionBuffer is the default of [SubscriptionConfig.BufferLimit].
const defaultSubscriptionBuffer = 16384

// SubscriptionConfig configures a [Subscription]: its first channels and
// patterns, and how many messages may wait in it. The zero value has no
// channels.
type SubscriptionConfig struct {
	// Channels are the channels to subscribe to. The default is none.
	Channels []string

	// Patterns are patterns as in [Client.Keys]: the subscription receives
	// the messages of all channels that match. The default is none.
	Patterns []string

	// ShardedChannels are the sharded channels of a cluster to subscribe
	// to; SPublish publishes messages on them. They require version 7.0 and
	// a [ClusterClient]. The default is none.
	ShardedChannels []string

	// BufferLimit is the number of messages that may wait to be received.
	// The default is 16384.
	BufferLimit int

	// BufferDrop selects the messages that are dropped, and counted, if
	// there are more than BufferLimit. The default is the oldest.
	BufferDrop DropPolicy
}

// bound checks the configuration, and returns the bound of the mailbox.
func (c SubscriptionConfig) bound(cluster bool) (engine.Bound, error) {
	v := validation{}
	limit := v.between("SubscriptionConfig.BufferLimit", c.BufferLimit, 0, math.MaxInt32)
	v.between("SubscriptionConfig.BufferDrop", int(c.BufferDrop), int(DropOldest), int(DropNewest))
	if len(c.ShardedChannels) > 0 && !cluster {
		v.refuse("SubscriptionConfig.ShardedChannels", "are for clusters")
	}
	if limit == 0 {
		limit = defaultSubscriptionBuffer
	}
	return boundOf(limit, c.BufferDrop), v.err
}

// Subscription is an independent subscription of a client, with a buffer for
// its messages. It receives only the messages of the channels and patterns that it
// is subscribed to. [Client.Subscription] creates it. It is safe for concurrent use.
//
// A client can have any number of subscriptions, in addition to those of
// [Client.Subscribe] and [Subscriptions]. They share the client's connections for
// messages. If several are subscribed to the same channel,
// the server has one subscription to it, which ends with the last of them;
// each receives every message.
//
// A message is received once for the channel and once for each pattern that
// matches it. Messages of a channel keep their order. A subscription whose
// messages are not received delays nothing: when BufferLimit messages wait, it
// drops messages, and counts them in [Subscription.Stats].
type Subscription struct {
	subscriber subscriber
	mailbox    *engine.Mailbox
}

// Subscription creates an independent subscription and returns when the
// servers have confirmed it. From then on it receives every message while the
// client is connected; see [Client.Subscribe] for what happens after a lost
// connection, and [Subscriptions] for where it subscribes. If a server refuses
// anything, or ctx ends first, there is no subscription and nothing remains
// subscribed.
//
// It lasts until [Subscription.Close], or until the client is closed. Without
// either its channels stay subscribed, and messages are buffered.
func (s subscriber) Subscription(ctx context.Context, config SubscriptionConfig) (*Subscription, error) {
	const operation = "Subscription"
	if ctx == nil {
		return nil, invalid(operation, "nil context")
	}
	if err := s.receiver.refusal(operation); err != nil {
		return nil, err
	}
	bound, err := config.bound(s.receiver.cluster)
	if err != nil {
		return nil, err
	}
	bound.OnDrop = s.receiver.bound.OnDrop
	subscription, err := s.open(bound, operation)
	if err != nil {
		return nil, err
	}
	for kind, names := range [...][]string{
		pb.SubscriptionChange_CHANNELS:         config.Channels,
		pb.SubscriptionChange_PATTERNS:         config.Patterns,
		pb.SubscriptionChange_SHARDED_CHANNELS: config.ShardedChannels,
	} {
		if len(names) == 0 {
			continue
		}
		if err := s.subscribe(ctx, subscription.mailbox.Name(), pb.SubscriptionChange_Kind(kind), names); err != nil {
			_ = subscription.Close()
			return nil, err
		}
	}
	return subscription, nil
}

// open returns a subscription to nothing.
func (s subscriber) open(bound engine.Bound, operation string) (*Subscription, error) {
	r := s.receiver
	r.openMailbox() // all messages arrive there
	mailbox, err := s.engine.OpenMailbox(bound)
	if err != nil {
		return nil, operationError(operation, err)
	}
	subscription := &Subscription{s, mailbox}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		mailbox.Close()
		return nil, &failure{operation, "", []error{ErrClosed}}
	}
	if r.subscriptions == nil {
		r.subscriptions = map[*Subscription]struct{}{}
	}
	r.subscriptions[subscription] = struct{}{}
	return subscription, nil
}

// Close ends the subscription. Channels and patterns that no other subscription
// of the client has are unsubscribed at the servers; Close does not wait for
// that. Messages that have already arrived can still be received. After them,
// and in calls that wait, the error is [ErrClosed]. Calling Close again has no
// effect. It returns nil.
func (s *Subscription) Close() error {
	if s.refusal("Close") != nil {
		return nil
	}
	s.subscriber.engine.CloseMailbox(s.mailbox)
	r := s.subscriber.receiver
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end(s)
	return nil
}

// Next waits for the next message. Only ctx limits the wait; if ctx ends, no
// message is lost. Several goroutines may wait: each message goes to one of
// them. After Close, or after the client is closed, it returns the messages
// that arrived before, and then [ErrClosed].
func (s *Subscription) Next(ctx context.Context) (Message, error) { return s.next(ctx, "Next") }

func (s *Subscription) next(ctx context.Context, operation string) (Message, error) {
	if ctx == nil {
		return Message{}, invalid(operation, "nil context")
	}
	if err := s.refusal(operation); err != nil {
		return Message{}, err
	}
	return receive(ctx, s.mailbox, operation)
}

// Try returns the next message, or false if no message is waiting. After Close
// it returns the messages that arrived before, and then [ErrClosed].
func (s *Subscription) Try() (message Message, ok bool, err error) {
	const operation = "Try"
	if err := s.refusal(operation); err != nil {
		return Message{}, false, err
	}
	return tryReceive(s.mailbox, operation)
}

// All returns an iterator over messages. It waits like [Subscription.Next]
// until ctx ends or the subscription is closed; that error comes last. Leaving
// the loop loses no message.
func (s *Subscription) All(ctx context.Context) iter.Seq2[Message, error] {
	return each(func() (Message, error) { return s.next(ctx, "All") })
}

// Subscribe adds channels to the subscription and returns when the server has
// confirmed it, like [Client.Subscribe].
//
// https://valkey.io/commands/subscribe/
func (s *Subscription) Subscribe(ctx context.Context, channels ...string) error {
	return s.add(ctx, pb.SubscriptionChange_CHANNELS, channels)
}

// PSubscribe adds patterns, like [Client.PSubscribe].
//
// https://valkey.io/commands/psubscribe/
func (s *Subscription) PSubscribe(ctx context.Context, patterns ...string) error {
	return s.add(ctx, pb.SubscriptionChange_PATTERNS, patterns)
}

// SSubscribe adds sharded channels, like [ClusterClient.SSubscribe]. The
// subscription must be one of a [ClusterClient].
//
// https://valkey.io/commands/ssubscribe/
func (s *Subscription) SSubscribe(ctx context.Context, channels ...string) error {
	return s.add(ctx, pb.SubscriptionChange_SHARDED_CHANNELS, channels)
}

// Unsubscribe removes channels from the subscription, or all channels if none
// are given. It returns when the server has confirmed it, unless others of the
// client are subscribed to them, too: then it returns at once. A channel
// without a subscription is not an error.
//
// https://valkey.io/commands/unsubscribe/
func (s *Subscription) Unsubscribe(ctx context.Context, channels ...string) error {
	return s.remove(ctx, pb.SubscriptionChange_CHANNELS, channels)
}

// PUnsubscribe removes patterns; see [Subscription.Unsubscribe].
//
// https://valkey.io/commands/punsubscribe/
func (s *Subscription) PUnsubscribe(ctx context.Context, patterns ...string) error {
	return s.remove(ctx, pb.SubscriptionChange_PATTERNS, patterns)
}

// SUnsubscribe removes sharded channels; see [Subscription.Unsubscribe].
//
// https://valkey.io/commands/sunsubscribe/
func (s *Subscription) SUnsubscribe(ctx context.Context, channels ...string) error {
	return s.remove(ctx, pb.SubscriptionChange_SHARDED_CHANNELS, channels)
}

// Subscriptions returns what the subscription is desired and actually
// subscribed to, like [Client.Subscriptions].
func (s *Subscription) Subscriptions(ctx context.Context) (SubscriptionState, error) {
	if err := s.refusal("Subscriptions"); err != nil {
		return SubscriptionState{}, err
	}
	return s.subscriber.list(ctx, s.mailbox.Name())
}

// Stats returns the counters of the subscription's messages.
func (s *Subscription) Stats() MessageStats {
	if s.refusal("Stats") != nil {
		return MessageStats{}
	}
	return statsOf(s.mailbox)
}

func (s *Subscription) add(ctx context.Context, kind pb.SubscriptionChange_Kind, names []string) error {
	if err := s.changes(kind, subscriptionKinds[kind].subscribe); err != nil {
		return err
	}
	return s.subscriber.subscribe(ctx, s.mailbox.Name(), kind, names)
}

func (s *Subscription) remove(ctx context.Context, kind pb.SubscriptionChange_Kind, names []string) error {
	if err := s.changes(kind, subscriptionKinds[kind].unsubscribe); err != nil {
		return err
	}
	return s.subscriber.unsubscribe(ctx, s.mailbox.Name(), kind, names)
}

// changes is the error of a change that the subscription cannot make.
func (s *Subscription) changes(kind pb.SubscriptionChange_Kind, operation string) error {
	if err := s.refusal(operation); err != nil {
		return err
	}
	switch {
	case s.mailbox.Closed():
		return &failure{operation, "the subscription is closed", []error{ErrClosed}}
	case kind == pb.SubscriptionChange_SHARDED_CHANNELS && !s.subscriber.receiver.cluster:
		return invalid(operation, "sharded channels are for clusters")
	}
	return nil
}

// refusal is the error of a subscription that was not created by this package.
func (s *Subscription) refusal(operation string) error {
	if s == nil || s.mailbox == nil {
		return &failure{operation, "it was not made by Subscription", []error{ErrClosed}}
	}
	return nil
}
