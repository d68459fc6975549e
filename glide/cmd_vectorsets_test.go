package glide

import (
	"math"
	"testing"
)

var _ = table(vectorSetSendings)

func vectorSetSendings() []sending {
	one, blob := []float32{1}, "\x00\x00\x80\x3f"
	return []sending{
		sends(vAdd("k", "e", one), "VADD k FP32 "+blob+" e"),
		sends(vAdd("k", "e", one, QuantizeBinary, Reduce(2), CheckAndSet, ExplorationFactor(9), ElementAttributes(`{"a":1}`), MaxLinks(4)),
			"VADD k REDUCE 2 FP32 "+blob+` e BIN CAS EF 9 SETATTR {"a":1} M 4`),
		sends(vAdd("k", "e", one, QuantizeNone), "VADD k FP32 "+blob+" e NOQUANT"),
		sends(vAdd("k", "e", one, QuantizeInt8), "VADD k FP32 "+blob+" e Q8"),
		sends(vCard("k"), "VCARD k"),
		sends(vDim("k"), "VDIM k"),
		sends(vEmb("k", "e"), "VEMB k e"),
		sends(vEmbRaw("k", "e"), "VEMB k e RAW"),
		sends(vGetAttr("k", "e"), "VGETATTR k e"),
		sends(vInfo("k"), "VINFO k"),
		sends(vIsMember("k", "e"), "VISMEMBER k e"),
		sends(vLinks("k", "e"), "VLINKS k e"),
		sends(vLinksWithScores("k", "e"), "VLINKS k e WITHSCORES"),
		sends(vRandMember("k"), "VRANDMEMBER k"),
		sends(vRandMemberCount("k", -5), "VRANDMEMBER k -5"),
		sends(vRange("k", Unbounded, Lex("z").Exclusive(), -1), "VRANGE k - (z -1"),
		sends(vRange("k", Lex("a"), Unbounded, 5), "VRANGE k [a + 5"),
		sends(vRem("k", "e"), "VREM k e"),
		sends(vSetAttr("k", "e", "{}"), "VSETATTR k e {}"),
		sends(vSim("k", NearElement("e")), "VSIM k ELE e"),
		sends(vSim("k", NearVector(one), Count(3), MinSimilarity(0.8), AttributeFilter(".x>1"), FilterEffort(0), ExplorationFactor(50), ExactSearch, NoThread),
			"VSIM k FP32 "+blob+" COUNT 3 EPSILON 0.2 FILTER .x>1 FILTER-EF 0 EF 50 TRUTH NOTHREAD"),
		sends(vSimWithScores("k", NearElement("e"), Count(1)), "VSIM k ELE e WITHSCORES COUNT 1"),
		sends(vSimWithAttributes("k", NearElement("e")), "VSIM k ELE e WITHSCORES WITHATTRIBS"),
	}
}

func TestVectorSetCommandsSend(t *testing.T) { testSendings(t, vectorSetSendings()) }

func TestVectorSetCommandsRefuse(t *testing.T) {
	one := []float32{1}
	testRefusals(t, []refusal{
		refuses(vAdd("k", "e", nil), "an empty vector"),
		refuses(vAdd("k", "e", one, nil), "nil option"),
		refuses(vAdd("k", "e", one, QuantizeNone, QuantizeInt8), "more than one quantization"),
		refuses(vAdd("k", "e", one, Reduce(1), Reduce(2)), "more than one Reduce"),
		refuses(vSim("k", VectorQuery{}), "an empty vector"),
		refuses(vSim("k", NearVector(nil)), "an empty vector"),
		refuses(vSim("k", NearElement("e"), Count(1), Count(2)), "more than one Count"),
		refuses(vRange("k", nil, Unbounded, 1), "nil bound"),
	})
}

func TestVectorSetRepliesOfBothProtocolsAreTheSame(t *testing.T) {
	near := []Similar{{"a", 1}, {"b", 0.5}}
	attributes := []SimilarWithAttributes{{"a", 1, None[string]()}, {"b", 0.5, Some(`{"x":1}`)}}
	info := Some(VectorSetInfo{Quantization: "int8", Dimensions: 3, Size: 2, MaxLinks: 16})
	testReadings(t, []reading{
		reads("VADD, RESP2", vAdd("k", "e", nil), intReply(1), true),
		reads("VEMB, RESP2", vEmb("k", "e"), arrayReply(stringReply("1"), stringReply("-0.5")), Some([]float32{1, -0.5})),
		reads("VEMB, RESP3", vEmb("k", "e"), arrayReply(doubleReply(1), doubleReply(-0.5)), Some([]float32{1, -0.5})),
		reads("VEMB of none", vEmb("k", "e"), nilReply, None[[]float32]()),
		reads("VEMB RAW of int8, RESP2", vEmbRaw("k", "e"), arrayReply(stringReply("int8"), stringReply("\x7f"), stringReply("2"), stringReply("1.5")),
			Some(RawVector{"int8", []byte("\x7f"), 2, Some(1.5)})),
		reads("VEMB RAW of bin, RESP3", vEmbRaw("k", "e"), arrayReply(stringReply("bin"), stringReply("\x01"), doubleReply(2)),
			Some(RawVector{"bin", []byte("\x01"), 2, None[float64]()})),
		reads("VINFO, RESP2", vInfo("k"), arrayReply(stringReply("quant-type"), stringReply("int8"), stringReply("vector-dim"), intReply(3),
			stringReply("size"), intReply(2), stringReply("hnsw-m"), intReply(16), stringReply("vset-uid"), intReply(9)), info),
		reads("VINFO, RESP3", vInfo("k"), mapReply(stringReply("hnsw-m"), intReply(16), stringReply("quant-type"), stringReply("int8"),
			stringReply("vector-dim"), intReply(3), stringReply("size"), intReply(2)), info),
		reads("VLINKS", vLinks("k", "e"), arrayReply(arrayReply(stringReply("a")), arrayReply()), Some([][]string{{"a"}, {}})),
		reads("VLINKS WITHSCORES, RESP2", vLinksWithScores("k", "e"), arrayReply(arrayReply(stringReply("a"), stringReply("1"), stringReply("b"), stringReply("0.5"))), Some([][]Similar{near})),
		reads("VLINKS WITHSCORES, RESP3", vLinksWithScores("k", "e"), arrayReply(mapReply(stringReply("a"), doubleReply(1), stringReply("b"), doubleReply(0.5))), Some([][]Similar{near})),
		reads("VSIM WITHSCORES, RESP2", vSimWithScores("k", VectorQuery{}), arrayReply(stringReply("a"), stringReply("1"), stringReply("b"), stringReply("0.5")), near),
		reads("VSIM WITHSCORES, RESP3", vSimWithScores("k", VectorQuery{}), mapReply(stringReply("a"), doubleReply(1), stringReply("b"), doubleReply(0.5)), near),
		reads("VSIM WITHSCORES WITHATTRIBS, RESP2", vSimWithAttributes("k", VectorQuery{}),
			arrayReply(stringReply("a"), stringReply("1"), nilReply, stringReply("b"), stringReply("0.5"), stringReply(`{"x":1}`)), attributes),
		reads("VSIM WITHSCORES WITHATTRIBS, RESP3", vSimWithAttributes("k", VectorQuery{}),
			mapReply(stringReply("a"), arrayReply(doubleReply(1), nilReply), stringReply("b"), arrayReply(doubleReply(0.5), stringReply(`{"x":1}`))), attributes),
		reads("VSIM of a key that does not exist", vSimWithAttributes("k", VectorQuery{}), arrayReply(), []SimilarWithAttributes{}),
	})
}

// No bit of a number is lost on its way.
func TestVectorsCrossAsTheirBytes(t *testing.T) {
	cmd := vAdd("k", "e", []float32{float32(math.Inf(-1)), math.SmallestNonzeroFloat32, 0.1})
	var words []string
	for word := range cmd.Request.Arguments() {
		words = append(words, string(word))
	}
	if got, want := words[3], "\x00\x00\x80\xff\x01\x00\x00\x00\xcd\xcc\xcc\x3d"; got != want {
		t.Errorf("%x instead of %x", got, want)
	}
}
