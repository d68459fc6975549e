package glide

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/pb"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Subscriptions are the initial subscriptions of a client, and how it receives
// messages. [Client.Subscribe] and related methods change the subscriptions at
// any time. [Client.Subscription] creates independent ones, for libraries that
// share a client. If a server refuses any of them, the client is not created; with
// [Config.LazyConnect] the client subscribes in the background, as soon as
// possible.
//
// A standalone client subscribes at the primary, not at a random server: a
// message that is published at the primary reaches the subscribers of its
// replicas later, or never while a replica is disconnected from it. With
// [Config.ReadOnly] it subscribes at any server that answers. In a cluster, a
// channel (sharded or not) or a pattern is subscribed at the node that serves
// the slot of its name. Sharded channels follow their slot; others stay at
// their node as long as it is part of the cluster and answers.
//
// A keyspace notification, the event of a key, is published by the node of the
// key, to the subscribers of that node only. Therefore channels that begin with
// __keyspace@ or __keyevent@ are subscribed at every primary of a cluster, and
// each event is received once. The subscriptions follow failovers and primaries
// that are added or removed, which are noticed within about five seconds. The
// same applies to __subkeyspace@ and similar channels of Redis 8.8, and to
// patterns that match only such channels: those that begin with one of these
// prefixes, and those that begin with __key and contain @ or __ later, such as
// __key*__:*.
//
// Other patterns, such as * or __key*, also match ordinary channels, whose
// messages every node would deliver. They are subscribed at one node, and
// receive only the events of the keys of that node. Do not use Publish on
// channels of events in a cluster: such a message is received once from each
// primary. Servers publish events only if the setting notify-keyspace-events
// enables them.
type Subscriptions struct {
	// Channels are the channels to subscribe to. The default is none.
	Channels []string

	// Patterns are patterns as in [Client.Keys]: the client receives the
	// messages of all channels that match. The default is none.
	Patterns []string

	// ShardedChannels are the sharded channels of a cluster to subscribe
	// to; SPublish publishes messages on them. They require version 7.0 and
	// a [ClusterClient]. The default is none.
	ShardedChannels []string

	// Callback is called with each message in order, one at a time, on one
	// goroutine. Messages wait while it runs; nothing else does. If it panics,
	// the panic is logged (see [SetLogger]) and counted, and the next message
	// is delivered. It may use the client and close it: after Close it is not
	// called again, and waiting messages are dropped. The default is nil:
	// messages are received with TryMessage, NextMessage or Messages.
	Callback func(Message) `json:"-"`

	// BufferLimit is the number of messages that may wait to be received.
	// The default, 0, is no limit: messages take memory until they are
	// received.
	BufferLimit int

	// BufferDrop selects the messages that are dropped, and counted, if
	// there are more than BufferLimit. The default is the oldest.
	BufferDrop DropPolicy
}

// DropPolicy selects the messages that are dropped when too many are waiting.
type DropPolicy int

const (
	// DropOldest drops the messages that have waited longest.
	DropOldest DropPolicy = iota
	// DropNewest drops the messages that have just arrived.
	DropNewest
)

// addTo checks the subscriptions and adds them to a request.
func (s *Subscriptions) addTo(request *pb.ConnectionRequest) error {
	v := validation{}
	v.between("Subscriptions.BufferLimit", s.BufferLimit, 0, math.MaxInt32)
	v.between("Subscriptions.BufferDrop", int(s.BufferDrop), int(DropOldest), int(DropNewest))
	if s.BufferDrop != DropOldest && s.BufferLimit == 0 {
		v.refuse("Subscriptions.BufferDrop", "has no meaning without BufferLimit")
	}
	if len(s.ShardedChannels) > 0 && !request.Cluster {
		v.refuse("Subscriptions.ShardedChannels", "are for clusters")
	}
	any := len(s.Channels)+len(s.Patterns)+len(s.ShardedChannels) > 0
	if (any || s.Callback != nil) && request.Protocol == pb.Protocol_RESP2 {
		v.refuse("Subscriptions", "need the protocol RESP3")
	}
	if any {
		request.Subscriptions = &pb.Subscriptions{
			Channels:        inBytes(s.Channels),
			Patterns:        inBytes(s.Patterns),
			ShardedChannels: inBytes(s.ShardedChannels),
		}
	}
	return v.err
}

func inBytes(names []string) [][]byte {
	bytes := make([][]byte, len(names))
	for i, name := range names {
		bytes[i] = []byte(name)
	}
	return bytes
}

// subscriptionKinds are what can be subscribed to: the commands, and what
// their names are.
var subscriptionKinds = [...]struct{ subscribe, unsubscribe, names string }{
	pb.SubscriptionChange_CHANNELS:         {"SUBSCRIBE", "UNSUBSCRIBE", "channels"},
	pb.SubscriptionChange_PATTERNS:         {"PSUBSCRIBE", "PUNSUBSCRIBE", "patterns"},
	pb.SubscriptionChange_SHARDED_CHANNELS: {"SSUBSCRIBE", "SUNSUBSCRIBE", "channels"},
}

// isSubscribing reports whether a custom command would change subscriptions
// without the subscriber's knowledge.
func isSubscribing(name string) bool {
	name = strings.TrimSuffix(strings.ToUpper(name), "_BLOCKING")
	for _, kind := range subscriptionKinds {
		if name == kind.subscribe || name == kind.unsubscribe {
			return true
		}
	}
	return name == "GET_SUBSCRIPTIONS"
}

// subscriber is what clients do about messages.
type subscriber struct {
	engine   *engine.Client
	hooks    *hooks
	receiver *receiver
}

// clusterSubscriber is what clients of clusters do about messages.
type clusterSubscriber struct{ subscriber }

// Subscribe subscribes the client to channels (SUBSCRIBE) and returns when the
// server has confirmed it. From then on the client receives every message
// published on them while it is connected. It stays subscribed until
// [Client.Unsubscribe] or Close. After a lost connection, a failover or a
// moved slot it subscribes again; messages published in between are lost,
// because servers do not store messages. If the server refuses any of the
// channels, nothing changes. After [ErrTimeout] the client keeps trying.
// Subscriptions have their own connections, which the first subscription
// makes.
//
// https://valkey.io/commands/subscribe/
func (s subscriber) Subscribe(ctx context.Context, channels ...string) error {
	return s.subscribe(ctx, ownMailbox, pb.SubscriptionChange_CHANNELS, channels)
}

// PSubscribe subscribes the client to all channels that match a pattern
// (PSUBSCRIBE), as described at [Client.Keys]; see [Client.Subscribe]. A
// message that matches several patterns is received once for each of them.
//
// https://valkey.io/commands/psubscribe/
func (s subscriber) PSubscribe(ctx context.Context, patterns ...string) error {
	return s.subscribe(ctx, ownMailbox, pb.SubscriptionChange_PATTERNS, patterns)
}

// SSubscribe subscribes the client to sharded channels (SSUBSCRIBE); see
// [Client.Subscribe]. Messages to them are published with
// [ClusterClient.SPublish] and stay within the shard of the channel's slot.
// Since version 7.0.
//
// https://valkey.io/commands/ssubscribe/
func (s clusterSubscriber) SSubscribe(ctx context.Context, channels ...string) error {
	return s.subscribe(ctx, ownMailbox, pb.SubscriptionChange_SHARDED_CHANNELS, channels)
}

// Unsubscribe ends subscriptions to channels, or to all channels if none are
// given, and returns when the server has confirmed it. A channel without a
// subscription is not an error. Messages that have already arrived can still
// be received.
//
// https://valkey.io/commands/unsubscribe/
func (s subscriber) Unsubscribe(ctx context.Context, channels ...string) error {
	return s.unsubscribe(ctx, ownMailbox, pb.SubscriptionChange_CHANNELS, channels)
}

// PUnsubscribe ends subscriptions to patterns; see [Client.Unsubscribe].
//
// https://valkey.io/commands/punsubscribe/
func (s subscriber) PUnsubscribe(ctx context.Context, patterns ...string) error {
	return s.unsubscribe(ctx, ownMailbox, pb.SubscriptionChange_PATTERNS, patterns)
}

// SUnsubscribe ends subscriptions to sharded channels; see
// [Client.Unsubscribe].
//
// https://valkey.io/commands/sunsubscribe/
func (s clusterSubscriber) SUnsubscribe(ctx context.Context, channels ...string) error {
	return s.unsubscribe(ctx, ownMailbox, pb.SubscriptionChange_SHARDED_CHANNELS, channels)
}

// SubscriptionState holds the desired and the actual subscriptions of a
// client. They differ while it reconnects. Events of keys of a cluster are
// actual when all primaries have confirmed them.
type SubscriptionState struct {
	Desired SubscriptionSet
	Current SubscriptionSet
}

// SubscriptionSet lists subscriptions, each kind sorted.
type SubscriptionSet struct {
	Channels        []string
	Patterns        []string
	ShardedChannels []string
}

// Subscriptions returns the desired and the actual subscriptions of the
// client. It asks no server.
func (s subscriber) Subscriptions(ctx context.Context) (SubscriptionState, error) {
	return s.list(ctx, ownMailbox)
}

// ownMailbox is the client's own mailbox in requests.
const ownMailbox = 0

func (s subscriber) subscribe(ctx context.Context, mailbox uint64, kind pb.SubscriptionChange_Kind, names []string) error {
	name := subscriptionKinds[kind].subscribe
	cmd := change(name, mailbox, pb.SubscriptionChange_SUBSCRIBE, kind, names)
	if len(names) == 0 {
		cmd.Refusal = "no " + subscriptionKinds[kind].names
	}
	on := s.on(name)
	if on.err == nil {
		// First: no message may arrive before the receiver.
		s.receiver.openMailbox()
	}
	return runOK(ctx, on, cmd)
}

func (s subscriber) unsubscribe(ctx context.Context, mailbox uint64, kind pb.SubscriptionChange_Kind, names []string) error {
	name := subscriptionKinds[kind].unsubscribe
	cmd := change(name, mailbox, pb.SubscriptionChange_UNSUBSCRIBE, kind, names)
	return runOK(ctx, s.on(name), cmd)
}

func (s subscriber) list(ctx context.Context, mailbox uint64) (SubscriptionState, error) {
	const name = "Subscriptions"
	list := &pb.SubscriptionChange{Change: pb.SubscriptionChange_LIST, Mailbox: mailbox}
	return run(ctx, s.on(name), messageCommand(name, &pb.Request{SubscriptionChange: list}, readSubscriptions))
}

// change returns the request for a change of the subscriptions of a mailbox.
func change(name string, mailbox uint64, change pb.SubscriptionChange_Change, kind pb.SubscriptionChange_Kind, names []string) command[struct{}] {
	message := &pb.SubscriptionChange{Change: change, Kind: kind, Names: inBytes(names), Mailbox: mailbox}
	return messageCommand(name, &pb.Request{SubscriptionChange: message}, decode.OK)
}

// on is where changes of the subscriptions are run. A client that cannot
// subscribe refuses them.
func (s subscriber) on(name string) commands {
	return commands{engine: s.engine, hooks: s.hooks, err: s.receiver.refusal(name)}
}

// readSubscriptions reads the core's account: two maps of names by kind, each
// after its own name; nothing at all if there never was a subscription.
func readSubscriptions(r *wire.Reader) (state SubscriptionState, err error) {
	n, err := r.Array()
	if err != nil {
		return state, err
	}
	for range n / 2 {
		which, err := r.String()
		if err != nil {
			return state, err
		}
		kinds, err := decode.Map(decode.Strings)(r)
		if err != nil {
			return state, err
		}
		set := SubscriptionSet{kinds["Exact"], kinds["Pattern"], kinds["Sharded"]}
		for _, names := range [...][]string{set.Channels, set.Patterns, set.ShardedChannels} {
			slices.Sort(names)
		}
		if which == "desired" {
			state.Desired = set
		} else {
			state.Current = set
		}
	}
	return state, nil
}
