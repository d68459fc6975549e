package glide

import (
	"math"
	"testing"
)

var _ = table(setSendings)

func setSendings() []sending {
	one := []string{"k"}
	return []sending{
		sends(sAdd("k", "a"), "SADD k a"),
		sends(sAdd("k", "a", "b", "a"), "SADD k a b a"),
		sends(sCard("k"), "SCARD k"),
		sends(sDiff("k"), "SDIFF k"),
		sends(sDiff("k", "l"), "SDIFF k l"),
		sends(sDiffStore("d", "k", "l"), "SDIFFSTORE d k l"),
		sends(sInter("k", "l"), "SINTER k l"),
		sends(sInterCard(one), "SINTERCARD 1 k"),
		sends(sInterCard([]string{"k", "l"}, CardLimit(2)), "SINTERCARD 2 k l LIMIT 2"),
		sends(sInterCard(one, CardLimit(math.MaxInt64)), "SINTERCARD 1 k LIMIT 9223372036854775807"),
		sends(sInterStore("d", "k", "l"), "SINTERSTORE d k l"),
		sends(sIsMember("k", "a"), "SISMEMBER k a"),
		sends(sMembers("k"), "SMEMBERS k"),
		sends(sMIsMember("k", "a", "b"), "SMISMEMBER k a b"),
		sends(sMove("k", "l", "a"), "SMOVE k l a"),
		sends(sPop("k"), "SPOP k"),
		sends(sPopCount("k", 0), "SPOP k 0"),
		sends(sPopCount("k", math.MaxInt64), "SPOP k 9223372036854775807"),
		sends(sRandMember("k"), "SRANDMEMBER k"),
		sends(sRandMemberCount("k", 2), "SRANDMEMBER k 2"),
		sends(sRandMemberCount("k", -2), "SRANDMEMBER k -2"),
		sends(sRem("k", "a", "b"), "SREM k a b"),
		sends(sScan("k", "0"), "SSCAN k 0"),
		sends(sScan("k", "17", Match("a*"), Count(100)), "SSCAN k 17 MATCH a* COUNT 100"),
		sends(sUnion("k", "l"), "SUNION k l"),
		sends(sUnionStore("d", "k", "l"), "SUNIONSTORE d k l"),
	}
}

func TestSetsSendTheirWords(t *testing.T) { testSendings(t, setSendings()) }

func TestSetsRefuse(t *testing.T) {
	one := []string{"k"}
	testRefusals(t, []refusal{
		refuses(sAdd("k"), "no members"),
		refuses(sDiff(), "no keys"),
		refuses(sDiffStore("d"), "no keys"),
		refuses(sInter(), "no keys"),
		refuses(sInterCard(nil), "no keys"),
		refuses(sInterCard(one, nil), "nil option"),
		refuses(sInterCard(one, CardLimit(-1)), "negative limit"),
		refuses(sInterCard(one, CardLimit(1), CardLimit(2)), "more than one limit"),
		refuses(sInterStore("d"), "no keys"),
		refuses(sMIsMember("k"), "no members"),
		refuses(sPopCount("k", -1), "negative count"),
		refuses(sRem("k"), "no members"),
		refuses(sScan("k", "0", Count(1), Match("a"), Count(1)), "more than one Count"),
		refuses(sScan("k", "0", nil), "nil option"),
		refuses(sUnion(), "no keys"),
		refuses(sUnionStore("d"), "no keys"),
	})
}

func TestSetsReadTheirReplies(t *testing.T) {
	a, b := stringReply("a"), stringReply("\x00\r\n")
	both := []string{"a", "\x00\r\n"}
	testReadings(t, []reading{
		reads("members as a set", sMembers("k"), setReply(a, b), both),
		reads("members as an array", sMembers("k"), arrayReply(a, b), both),
		reads("no members", sMembers("k"), setReply(), []string{}),
		reads("popped", sPop("k"), a, Some("a")),
		reads("popped of none", sPop("k"), nilReply, None[string]()),
		reads("several popped", sPopCount("k", 2), setReply(a, b), both),
		reads("drawn of none", sRandMember("k"), nilReply, None[string]()),
		reads("several drawn", sRandMemberCount("k", -2), arrayReply(a, a), []string{"a", "a"}),
		reads("membership as booleans", sMIsMember("k", "a"), arrayReply([]byte{3}, []byte{2}), []bool{true, false}),
		reads("membership as integers", sMIsMember("k", "a"), arrayReply(intReply(1), intReply(0)), []bool{true, false}),
		reads("member as boolean", sIsMember("k", "a"), []byte{2}, false),
		reads("member as integer", sIsMember("k", "a"), intReply(1), true),
		reads("page of members", sScan("k", "0"), arrayReply(stringReply("17"), arrayReply(a, b)), ScanPage[string]{"17", both}),
	})
}
