package glide

import "testing"

var _ = table(publishSendings)

func publishSendings() []sending {
	return []sending{
		sends(publish("c", "m"), "PUBLISH c m"),
		sends(sPublish("c", "m"), "SPUBLISH c m"),
		sends(pubSubChannels(), "PUBSUB CHANNELS"),
		sends(pubSubChannels(ChannelsMatching("c*")), "PUBSUB CHANNELS c*"),
		sends(pubSubNumPat(), "PUBSUB NUMPAT"),
		sends(pubSubNumSub(), "PUBSUB NUMSUB"),
		sends(pubSubNumSub("d", "c", "d"), "PUBSUB NUMSUB c d"),
		sends(pubSubShardChannels(), "PUBSUB SHARDCHANNELS"),
		sends(pubSubShardChannels(ChannelsMatching("c*")), "PUBSUB SHARDCHANNELS c*"),
		sends(pubSubShardNumSub("c", "d"), "PUBSUB SHARDNUMSUB c d"),
	}
}

func TestPublishSendsExactWords(t *testing.T) { testSendings(t, publishSendings()) }

func TestPublishRefusesWhatCannotBeMeant(t *testing.T) {
	testRefusals(t, []refusal{
		refuses(pubSubChannels(ChannelsMatching("a"), ChannelsMatching("b")), "more than one ChannelsMatching"),
		refuses(pubSubChannels(nil), "nil option"),
		refuses(pubSubShardChannels(ChannelsMatching("a"), ChannelsMatching("b")), "more than one ChannelsMatching"),
	})
}

func TestPublishReadsReplies(t *testing.T) {
	a, b := stringReply("a"), stringReply("b")
	testReadings(t, []reading{
		reads("channels of several nodes", pubSubChannels(), arrayReply(b, a, b), []string{"a", "b"}),
		reads("no channels", pubSubChannels(), arrayReply(), []string{}),
		reads("channels as a set", pubSubShardChannels(), setReply(b, a), []string{"a", "b"}),
		reads("counts as a map", pubSubNumSub("a", "b"), mapReply(a, intReply(1), b, intReply(0)), map[string]int64{"a": 1, "b": 0}),
		reads("counts in turn", pubSubShardNumSub("a"), arrayReply(a, intReply(1)), map[string]int64{"a": 1}),
		reads("no counts", pubSubNumSub(), arrayReply(), map[string]int64{}),
	})
}
