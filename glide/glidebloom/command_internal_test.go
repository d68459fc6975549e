package glidebloom

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	. "github.com/valkey-glide/go/glide/internal/command/commandtest"
	"github.com/valkey-glide/go/glide/internal/moduletest"
)

var sendings = []Sending{
	Sends(bfAdd("k", "a"), "BF.ADD <k> a"),
	Sends(bfCard("k"), "BF.CARD <k>"),
	Sends(bfExists("k", "a"), "BF.EXISTS <k> a"),
	Sends(bfInfo("k"), "BF.INFO <k>"),
	Sends(bfInsert("k", []string{"a", "b"}), "BF.INSERT <k> ITEMS a b"),
	Sends(bfInsert("k", nil, Capacity(9)), "BF.INSERT <k> CAPACITY 9"),
	Sends(bfInsert("k", []string{"a"}, Capacity(9), ErrorRate(0.01), Expansion(3), NoCreate), "BF.INSERT <k> CAPACITY 9 ERROR 0.01 EXPANSION 3 NOCREATE ITEMS a"),
	Sends(bfInsert("k", []string{"a"}, NonScaling), "BF.INSERT <k> NONSCALING ITEMS a"),
	Sends(bfInsert("k", []string{"a"}, ValidateScaleTo(99), TighteningRatio(0.5), Seed([32]byte([]byte("01234567890123456789012345678901")))),
		"BF.INSERT <k> VALIDATESCALETO 99 TIGHTENING 0.5 SEED 01234567890123456789012345678901 ITEMS a"),
	Sends(bfLoadChunk("k", Chunk{5, []byte("x")}), "BF.LOADCHUNK <k> 5 x"),
	Sends(bfMAdd("k", "a", "b"), "BF.MADD <k> a b"),
	Sends(bfMExists("k", "a", "b"), "BF.MEXISTS <k> a b"),
	Sends(bfReserve("k", 0.001, 100), "BF.RESERVE <k> 0.001 100"),
	Sends(bfReserve("k", 0.001, 100, Expansion(4)), "BF.RESERVE <k> 0.001 100 EXPANSION 4"),
	Sends(bfReserve("k", 0.001, 100, NonScaling), "BF.RESERVE <k> 0.001 100 NONSCALING"),
	Sends(bfScanDump("k", 7), "BF.SCANDUMP <k> 7"),

	Sends(cfAdd("k", "a"), "CF.ADD <k> a"),
	Sends(cfAddNX("k", "a"), "CF.ADDNX <k> a"),
	Sends(cfCount("k", "a"), "CF.COUNT <k> a"),
	Sends(cfDel("k", "a"), "CF.DEL <k> a"),
	Sends(cfExists("k", "a"), "CF.EXISTS <k> a"),
	Sends(cfMExists("k", "a", "b"), "CF.MEXISTS <k> a b"),
	Sends(cfInfo("k"), "CF.INFO <k>"),
	Sends(cfInsert("k", []string{"a", "b"}, Capacity(9)), "CF.INSERT <k> CAPACITY 9 ITEMS a b"),
	Sends(cfInsertNX("k", []string{"a"}, NoCreate), "CF.INSERTNX <k> NOCREATE ITEMS a"),
	Sends(cfReserve("k", 100), "CF.RESERVE <k> 100"),
	Sends(cfReserve("k", 100, BucketSize(4), MaxIterations(9), Expansion(0)), "CF.RESERVE <k> 100 BUCKETSIZE 4 MAXITERATIONS 9 EXPANSION 0"),
	Sends(cfScanDump("k", 0), "CF.SCANDUMP <k> 0"),
	Sends(cfLoadChunk("k", Chunk{1, []byte("x")}), "CF.LOADCHUNK <k> 1 x"),

	Sends(cmsIncrBy("k", Count("a", 5), Count("b", 1)), "CMS.INCRBY <k> a 5 b 1"),
	Sends(cmsInfo("k"), "CMS.INFO <k>"),
	Sends(cmsInitByDim("k", 100, 5), "CMS.INITBYDIM <k> 100 5"),
	Sends(cmsInitByProb("k", 0.01, 0.001), "CMS.INITBYPROB <k> 0.01 0.001"),
	Sends(cmsMerge("d", []string{"a", "b"}), "CMS.MERGE <d> 2 <a> <b>"),
	Sends(cmsMerge("d", []string{"a", "b"}, Weights(1, -2)), "CMS.MERGE <d> 2 <a> <b> WEIGHTS 1 -2"),
	Sends(cmsQuery("k", "a", "b"), "CMS.QUERY <k> a b"),

	Sends(topKAdd("k", "a", "b"), "TOPK.ADD <k> a b"),
	Sends(topKCount("k", "a"), "TOPK.COUNT <k> a"),
	Sends(topKIncrBy("k", Count("a", 5)), "TOPK.INCRBY <k> a 5"),
	Sends(topKInfo("k"), "TOPK.INFO <k>"),
	Sends(topKList("k"), "TOPK.LIST <k>"),
	Sends(topKListWithCount("k"), "TOPK.LIST <k> WITHCOUNT"),
	Sends(topKQuery("k", "a", "b"), "TOPK.QUERY <k> a b"),
	Sends(topKReserve("k", 5), "TOPK.RESERVE <k> 5"),
	Sends(topKReserve("k", 5, Dimensions(50, 4, 0.9)), "TOPK.RESERVE <k> 5 50 4 0.9"),

	Sends(tDigestAdd("k", 1, -2.5, math.Inf(1)), "TDIGEST.ADD <k> 1 -2.5 +Inf"),
	Sends(tDigestByRank("k", 0, 2), "TDIGEST.BYRANK <k> 0 2"),
	Sends(tDigestByRevRank("k", 0), "TDIGEST.BYREVRANK <k> 0"),
	Sends(tDigestCDF("k", 1, 2), "TDIGEST.CDF <k> 1 2"),
	Sends(tDigestCreate("k"), "TDIGEST.CREATE <k>"),
	Sends(tDigestCreate("k", Compression(200)), "TDIGEST.CREATE <k> COMPRESSION 200"),
	Sends(tDigestInfo("k"), "TDIGEST.INFO <k>"),
	Sends(tDigestMax("k"), "TDIGEST.MAX <k>"),
	Sends(tDigestMerge("d", []string{"a", "b"}), "TDIGEST.MERGE <d> 2 <a> <b>"),
	Sends(tDigestMerge("d", []string{"a"}, Compression(50), Override), "TDIGEST.MERGE <d> 1 <a> COMPRESSION 50 OVERRIDE"),
	Sends(tDigestMin("k"), "TDIGEST.MIN <k>"),
	Sends(tDigestQuantile("k", 0, 0.5, 1), "TDIGEST.QUANTILE <k> 0 0.5 1"),
	Sends(tDigestRank("k", 1, 2), "TDIGEST.RANK <k> 1 2"),
	Sends(tDigestReset("k"), "TDIGEST.RESET <k>"),
	Sends(tDigestRevRank("k", 1), "TDIGEST.REVRANK <k> 1"),
	Sends(tDigestTrimmedMean("k", 0.1, 0.9), "TDIGEST.TRIMMED_MEAN <k> 0.1 0.9"),
}

func TestCommandsSend(t *testing.T) { TestSendings(t, sendings) }

func TestABatchQueuesWhatAFunctionRuns(t *testing.T) { moduletest.RequireFaces(t, faces, In, sendings) }

func TestBadInputIsRefused(t *testing.T) {
	nan := math.NaN()
	TestRefusals(t, []Refusal{
		Refuses(bfMAdd("k"), "no items"),
		Refuses(bfMExists("k"), "no items"),
		Refuses(bfReserve("k", nan, 1), "an error rate that is not a number"),
		Refuses(bfReserve("k", 0.1, 1, NonScaling, Expansion(2)), "more than one scaling"),
		Refuses(bfInsert("k", nil, Capacity(1), Capacity(1)), "more than one capacity"),
		Refuses(bfInsert("k", nil, nil), "nil option"),
		Refuses(cfMExists("k"), "no items"),
		Refuses(cfInsert("k", nil), "no items"),
		Refuses(cfInsertNX("k", nil), "no items"),
		Refuses(cfReserve("k", 1, BucketSize(1), BucketSize(2)), "more than one bucket size"),
		Refuses(cmsIncrBy("k"), "no items"),
		Refuses(cmsQuery("k"), "no items"),
		Refuses(cmsMerge("k", nil), "no keys"),
		Refuses(cmsInitByProb("k", nan, 0), "an error rate that is not a number"),
		Refuses(cmsInitByProb("k", 0, nan), "a probability that is not a number"),
		Refuses(topKAdd("k"), "no items"),
		Refuses(topKCount("k"), "no items"),
		Refuses(topKIncrBy("k"), "no items"),
		Refuses(topKQuery("k"), "no items"),
		Refuses(tDigestAdd("k"), "no values"),
		Refuses(tDigestAdd("k", nan), "a number that is not a number"),
		Refuses(tDigestByRank("k"), "no ranks"),
		Refuses(tDigestByRevRank("k"), "no ranks"),
		Refuses(tDigestCDF("k"), "no values"),
		Refuses(tDigestMerge("k", nil), "no keys"),
		Refuses(tDigestMerge("k", []string{"a"}, Override, Override), "more than one OVERRIDE"),
		Refuses(tDigestQuantile("k"), "no fractions"),
		Refuses(tDigestRank("k"), "no values"),
		Refuses(tDigestRevRank("k"), "no values"),
		Refuses(tDigestTrimmedMean("k", nan, 1), "a fraction that is not a number"),
	})
}

func TestRepliesOfBothFamiliesAreTheSame(t *testing.T) {
	redis := BloomInfo{Capacity: 100, Size: 240, Filters: 1, Items: 3, Expansion: glide.Some[int64](2)}
	valkey := redis
	valkey.ErrorRate, valkey.TighteningRatio, valkey.MaxScaledCapacity = glide.Some(0.01), glide.Some(0.5), glide.Some[int64](26214300)
	parts := func(more ...[]byte) [][]byte {
		return append([][]byte{String("Capacity"), Int(100), String("Size"), Int(240), String("Number of filters"), Int(1),
			String("Number of items inserted"), Int(3), String("Expansion rate"), Int(2)}, more...)
	}
	TestReadings(t, []Reading{
		Reads("BF.ADD, RESP2 and valkey-bloom", bfAdd("k", "a"), Int(1), true),
		Reads("BF.ADD, RESP3", bfAdd("k", "a"), False, false),
		Reads("BF.MEXISTS, RESP2", bfMExists("k", "a"), Array(Int(0), Int(1)), []bool{false, true}),
		Reads("BF.MEXISTS, RESP3", bfMExists("k", "a"), Array(False, True), []bool{false, true}),
		Reads("BF.INFO, RESP2", bfInfo("k"), Array(parts()...), redis),
		Reads("BF.INFO, RESP3", bfInfo("k"), Map(parts()...), redis),
		Reads("BF.INFO, valkey-bloom", bfInfo("k"), Array(parts(String("Error rate"), String("0.01"), String("Tightening ratio"), String("0.5"), String("Max scaled capacity"), Int(26214300))...), valkey),
		Reads("BF.INFO of one that does not scale", bfInfo("k"), Map(String("Capacity"), Int(1), String("Expansion rate"), Nil), BloomInfo{Capacity: 1}),
		Reads("BF.SCANDUMP", bfScanDump("k", 0), Array(Int(9), String("\x00x")), Chunk{9, []byte("\x00x")}),
		Reads("BF.SCANDUMP at its end", bfScanDump("k", 9), Array(Int(0), Nil), Chunk{}),
		Reads("CF.INSERT, RESP2", cfInsert("k", []string{"a"}), Array(Int(1), Int(-1)), []bool{true, false}),
		Reads("CF.INSERT, RESP3", cfInsert("k", []string{"a"}), Array(True, False), []bool{true, false}),
		Reads("CF.INSERTNX", cfInsertNX("k", []string{"a"}), Array(Int(1), Int(0), Int(-1)), []Insertion{Added, Present, Full}),
		Reads("CF.INSERTNX with booleans", cfInsertNX("k", []string{"a"}), Array(True, False), []Insertion{Added, Present}),
		Reads("TOPK.ADD", topKAdd("k", "a"), Array(Nil, String("b")), []glide.Optional[string]{glide.None[string](), glide.Some("b")}),
		Reads("TOPK.LIST WITHCOUNT", topKListWithCount("k"), Array(String("a"), Int(5), String("b"), Int(1)), []ItemCount{{"a", 5}, {"b", 1}}),
		Reads("TOPK.INFO, RESP2", topKInfo("k"), Array(String("k"), Int(2), String("width"), Int(8), String("depth"), Int(7), String("decay"), String("0.9")), TopListInfo{2, 8, 7, 0.9}),
		Reads("TOPK.INFO, RESP3", topKInfo("k"), Map(String("k"), Int(2), String("decay"), Double(0.9)), TopListInfo{K: 2, Decay: 0.9}),
		Reads("TDIGEST.QUANTILE, RESP2", tDigestQuantile("k", 0), Array(String("1.5"), String("inf")), []float64{1.5, math.Inf(1)}),
		Reads("TDIGEST.QUANTILE, RESP3", tDigestQuantile("k", 0), Array(Double(1.5), Double(math.Inf(-1))), []float64{1.5, math.Inf(-1)}),
	})
}

// An error among replies of several items is the error of all.
func TestAFullFilterIsAnError(t *testing.T) {
	_, err := Define(bfMAdd("k", "a", "b")).Reply(Array(Int(1), Error("ERR", "non scaling filter is full")))
	require.ErrorContains(t, err, "non scaling filter is full")
}
