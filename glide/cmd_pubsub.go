package glide

import (
	"slices"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Publish sends a message to all who are subscribed to a channel, or to a
// pattern that it matches, at this moment: it is not kept. It returns how many
// have received it, a client once for each of its subscriptions that fit. In a
// cluster those at other nodes receive it too but are not counted.
//
// Regardless of [Config.ReadFrom] it goes to the primary, in a cluster to
// that of the channel's slot: what is published at a replica reaches no one
// but the subscribers of that replica. A client with [Config.ReadOnly]
// publishes where it reads.
//
// There are two methods, Publish and [Client.SPublish], instead of one with an
// option: their messages reach different subscribers, and a channel of one kind
// has nothing to do with that of the other which has the same name.
//
// https://valkey.io/commands/publish/
func publish(channel, message string) command[int64] {
	return newCommand("PUBLISH", decode.Int).Arg(channel).Arg(message)
}

// SPublish sends a message to all who are subscribed to a sharded channel, and
// returns how many have received it, but for those at replicas. In a cluster
// the channel's name belongs to a slot, as a key's does, and the message stays
// within the shard that serves it. It goes where [Client.Publish] goes. Since
// version 7.0.
//
// https://valkey.io/commands/spublish/
func sPublish(channel, message string) command[int64] {
	return newCommand("SPUBLISH", decode.Int).Key(channel).Arg(message)
}

// PubSubChannelsOption is [ChannelsMatching].
type PubSubChannelsOption interface {
	option
	pubSubChannelsOption()
}

// ChannelsMatching leaves out channels whose names do not match a pattern, as
// described at [Client.Keys].
func ChannelsMatching(pattern string) PubSubChannelsOption {
	return pubSubChannelsOption{textArgument("ChannelsMatching", "", pattern)}
}

type pubSubChannelsOption struct{ argument }

func (pubSubChannelsOption) pubSubChannelsOption() {}

// PubSubChannels returns the channels to which anyone is subscribed, sorted;
// not those that only patterns match. In a cluster all nodes are asked.
//
// https://valkey.io/commands/pubsub-channels/
func pubSubChannels(options ...PubSubChannelsOption) command[[]string] {
	return appendOptions(newCommand("PUBSUB CHANNELS", readNames), options)
}

// PubSubNumPat returns the number of patterns to which anyone is subscribed.
// In a cluster it is the sum of all nodes': a pattern counts once for each
// node.
//
// https://valkey.io/commands/pubsub-numpat/
func pubSubNumPat() command[int64] { return newCommand("PUBSUB NUMPAT", decode.Int) }

// PubSubNumSub returns how many clients are subscribed to each of the
// channels, not counting patterns. In a cluster all nodes are asked.
//
// https://valkey.io/commands/pubsub-numsub/
func pubSubNumSub(channels ...string) command[map[string]int64] {
	return newCommand("PUBSUB NUMSUB", readCounts).Args(distinct(channels))
}

// PubSubShardChannels is [Client.PubSubChannels] for sharded channels. Since
// version 7.0.
//
// https://valkey.io/commands/pubsub-shardchannels/
func pubSubShardChannels(options ...PubSubChannelsOption) command[[]string] {
	return appendOptions(newCommand("PUBSUB SHARDCHANNELS", readNames), options)
}

// PubSubShardNumSub is [Client.PubSubNumSub] for sharded channels. Since
// version 7.0.
//
// https://valkey.io/commands/pubsub-shardnumsub/
func pubSubShardNumSub(channels ...string) command[map[string]int64] {
	return newCommand("PUBSUB SHARDNUMSUB", readCounts).Args(distinct(channels))
}

// distinct returns each name once: the core adds up what it is given for a name.
func distinct(names []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

var readCounts = decode.Map(decode.Int)

// readNames reads names, of which each node of a cluster returns its own: they
// are sorted, and those that several nodes return are given once.
func readNames(r *wire.Reader) ([]string, error) {
	names, err := decode.Strings(r)
	slices.Sort(names)
	return slices.Compact(names), err
}
