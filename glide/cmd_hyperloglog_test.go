package glide

import "testing"

var _ = table(hyperLogLogSendings)

func hyperLogLogSendings() []sending {
	return []sending{
		sends(pfAdd("k"), "PFADD k"),
		sends(pfAdd("k", "a", "b"), "PFADD k a b"),
		sends(pfCount("k"), "PFCOUNT k"),
		sends(pfCount("k", "l"), "PFCOUNT k l"),
		sends(pfMerge("d"), "PFMERGE d"),
		sends(pfMerge("d", "k", "l"), "PFMERGE d k l"),
	}
}

func TestHyperLogLogsSendTheirWords(t *testing.T) { testSendings(t, hyperLogLogSendings()) }

func TestHyperLogLogsRefuse(t *testing.T) {
	testRefusals(t, []refusal{refuses(pfCount(), "no keys")})
}

func TestHyperLogLogsReadTheirReplies(t *testing.T) {
	testReadings(t, []reading{
		reads("changed as boolean", pfAdd("k"), []byte{3}, true),
		reads("unchanged as integer", pfAdd("k"), intReply(0), false),
	})
}
