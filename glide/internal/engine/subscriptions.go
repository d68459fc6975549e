package engine

import "google.golang.org/protobuf/encoding/protowire"

// The field numbers of a SubscriptionChange and its place in
// protobuf/submission.proto.
const (
	fieldSubscriptionChange protowire.Number = 7
	fieldChange             protowire.Number = 1
	fieldSubscriptionKind   protowire.Number = 2
)

// Change is how subscriptions are changed.
type Change uint64

// The changes of protobuf/submission.proto.
const (
	ListSubscriptions Change = iota
	Subscribe
	Unsubscribe
)

// SubscriptionKind is what is subscribed to.
type SubscriptionKind uint64

// The kinds of protobuf/submission.proto.
const (
	Channels SubscriptionKind = iota
	Patterns
	ShardedChannels
)

// SubscriptionChange changes a client's subscriptions, or asks for their list.
type SubscriptionChange struct {
	Change Change
	Kind   SubscriptionKind
	// Names are of channels or patterns.
	Names []string
}

// Words returns the request.
func (s SubscriptionChange) Words(name string) *Words {
	var b []byte
	if s.Change != ListSubscriptions {
		b = protowire.AppendTag(b, fieldChange, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(s.Change))
	}
	if s.Kind != Channels {
		b = protowire.AppendTag(b, fieldSubscriptionKind, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(s.Kind))
	}
	for _, name := range s.Names {
		b = appendField(b, fieldArguments, name)
	}
	w := noWords(name)
	w.buf = appendField(w.buf, fieldSubscriptionChange, b)
	return w
}
