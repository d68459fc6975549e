package glide

import (
	"slices"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Publish sends a message to all current subscribers of a channel and of
// patterns that match it; the message is not stored. It returns the number of
// receivers, counting a client once for each matching subscription. In a
// cluster, subscribers at other nodes receive the message but are not counted.
//
// Regardless of [Config.ReadFrom] it goes to the primary, in a cluster to that
// of the channel's slot, because a message published at a replica reaches only
// subscribers of that replica. A client with [Config.ReadOnly] publishes where
// it reads.
//
// [Client.SPublish] is a separate method because its messages reach other
// subscribers: a channel and a sharded channel of the same name are unrelated.
//
// https://valkey.io/commands/publish/
func publish(channel, message string) command[int64] {
	return newCommand(named("PUBLISH").Arg(channel).Arg(message), decode.Int)
}

// SPublish sends a message to all current subscribers of a sharded channel, and
// returns how many received it, excluding subscribers at replicas. In a cluster
// the channel belongs to a slot, like a key, and the message stays within the
// shard that serves it. It goes to the same server as [Client.Publish]. Since
// version 7.0.
//
// https://valkey.io/commands/spublish/
func sPublish(channel, message string) command[int64] {
	return newCommand(named("SPUBLISH").Key(channel).Arg(message), decode.Int)
}

// PubSubChannelsOption is an option of [Client.PubSubChannels] and
// [Client.PubSubShardChannels]: [ChannelsMatching].
type PubSubChannelsOption interface {
	option
	pubSubChannelsOption()
}

// ChannelsMatching omits channels whose names do not match a pattern. Patterns
// are those of [Client.Keys]. The default is to return all channels.
func ChannelsMatching(pattern string) PubSubChannelsOption {
	return pubSubChannelsOption{textArgument("ChannelsMatching", "", pattern)}
}

type pubSubChannelsOption struct{ argument }

func (pubSubChannelsOption) pubSubChannelsOption() {}

// PubSubChannels returns the channels that have subscribers, sorted, excluding
// subscriptions to patterns. In a cluster it asks all nodes.
//
// https://valkey.io/commands/pubsub-channels/
func pubSubChannels(options ...PubSubChannelsOption) command[[]string] {
	return newCommand(appendOptions(named("PUBSUB CHANNELS"), options), readNames)
}

// PubSubNumPat returns the number of patterns that have subscribers. In a
// cluster it returns the sum of all nodes, so a pattern counts once for each
// node.
//
// https://valkey.io/commands/pubsub-numpat/
func pubSubNumPat() command[int64] { return newCommand(named("PUBSUB NUMPAT"), decode.Int) }

// PubSubNumSub returns the number of subscribers of each of the channels, by
// channel, excluding subscriptions to patterns. Without channels it returns an
// empty map. In a cluster it asks all nodes and returns the sums.
//
// https://valkey.io/commands/pubsub-numsub/
func pubSubNumSub(channels ...string) command[map[string]int64] {
	return newCommand(named("PUBSUB NUMSUB").Args(distinct(channels)), readCounts)
}

// PubSubShardChannels returns the sharded channels that have subscribers, like
// [Client.PubSubChannels]. Since version 7.0.
//
// https://valkey.io/commands/pubsub-shardchannels/
func pubSubShardChannels(options ...PubSubChannelsOption) command[[]string] {
	return newCommand(appendOptions(named("PUBSUB SHARDCHANNELS"), options), readNames)
}

// PubSubShardNumSub returns the number of subscribers of each sharded channel,
// like [Client.PubSubNumSub]. Since version 7.0.
//
// https://valkey.io/commands/pubsub-shardnumsub/
func pubSubShardNumSub(channels ...string) command[map[string]int64] {
	return newCommand(named("PUBSUB SHARDNUMSUB").Args(distinct(channels)), readCounts)
}

// distinct returns each name once: the core adds up the replies for a name.
func distinct(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

var readCounts = decode.Map(decode.Int)

// readNames reads names of which each node of a cluster returns its own: it
// sorts them, and returns each once.
func readNames(r *wire.Reader) ([]string, error) {
	names, err := decode.Strings(r)
	slices.Sort(names)
	return slices.Compact(names), err
}
