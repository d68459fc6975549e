package glide

import (
	"math"
	"testing"
	"time"
)

var _ = table(diagnosisSendings)

func diagnosisSendings() []sending {
	return []sending{
		sends(commandLogGet(SlowCommands, 10), "COMMANDLOG GET 10 SLOW"),
		sends(commandLogGet(LargeRequests, -1), "COMMANDLOG GET -1 LARGE-REQUEST"),
		sends(commandLogGet(LargeReplies, 0), "COMMANDLOG GET 0 LARGE-REPLY"),
		sends(commandLogLen(SlowCommands), "COMMANDLOG LEN SLOW"),
		sends(commandLogReset(LargeReplies), "COMMANDLOG RESET LARGE-REPLY"),
		sends(slowLogGet(math.MaxInt64), "SLOWLOG GET 9223372036854775807"),
		sends(slowLogGet(-1), "SLOWLOG GET -1"),
		sends(slowLogLen(), "SLOWLOG LEN"),
		sends(slowLogReset(), "SLOWLOG RESET"),
		sends(latencyDoctor(), "LATENCY DOCTOR"),
		sends(latencyGraph("fork"), "LATENCY GRAPH fork"),
		sends(latencyHistogram(), "LATENCY HISTOGRAM"),
		sends(latencyHistogram("get", "set"), "LATENCY HISTOGRAM get set"),
		sends(latencyHistory("fork"), "LATENCY HISTORY fork"),
		sends(latencyLatest(), "LATENCY LATEST"),
		sends(latencyReset(), "LATENCY RESET"),
		sends(latencyReset("fork", "command"), "LATENCY RESET fork command"),
		sends(memoryDoctor(), "MEMORY DOCTOR"),
		sends(memoryMallocStats(), "MEMORY MALLOC-STATS"),
		sends(memoryPurge(), "MEMORY PURGE"),
		sends(memoryStats(), "MEMORY STATS"),
		sends(memoryUsage("k"), "MEMORY USAGE k"),
		sends(memoryUsage("k", Samples(0)), "MEMORY USAGE k SAMPLES 0"),
	}
}

func TestDiagnosisCommandsSendTheirWords(t *testing.T) { testSendings(t, diagnosisSendings()) }

func TestDiagnosisCommandsRefuse(t *testing.T) {
	testRefusals(t, []refusal{
		refuses(commandLogGet(SlowCommands, -2), "negative count"),
		refuses(slowLogGet(math.MinInt64), "negative count"),
		refuses(memoryUsage("k", Samples(1), Samples(2)), "more than one Samples"),
		refuses(memoryUsage("k", nil), "nil option"),
	})
}

func TestDiagnosisCommandsReadTheirReplies(t *testing.T) {
	text, number := stringReply, intReply
	second := time.Unix(2_000_000_000, 0)
	logged := arrayReply(arrayReply(number(7), number(2_000_000_000), number(80), arrayReply(text("GET"), text("k")), text("a:1"), text("n"), nilReply))
	entry := CommandLogEntry{ID: 7, Time: second, Words: []string{"GET", "k"}, ClientAddress: "a:1", ClientName: "n"}
	slow, large := entry, entry
	slow.Took, large.Size = 80*time.Microsecond, 80
	histogram := map[string]LatencyHistogram{"get": {3, []LatencyBucket{{time.Microsecond, 1}, {33 * time.Microsecond, 3}}}}
	testReadings(t, []reading{
		reads("slow", slowLogGet(1), logged, []CommandLogEntry{slow}),
		reads("slow by the other log", commandLogGet(SlowCommands, 1), logged, []CommandLogEntry{slow}),
		reads("large requests", commandLogGet(LargeRequests, 1), logged, []CommandLogEntry{large}),
		reads("large replies", commandLogGet(LargeReplies, 1), logged, []CommandLogEntry{large}),
		reads("nothing slow", slowLogGet(1), arrayReply(), []CommandLogEntry{}),
		reads("history", latencyHistory("fork"), arrayReply(arrayReply(number(2_000_000_000), number(12))), []LatencySpike{{second, 12 * time.Millisecond}}),
		reads("no history", latencyHistory("fork"), arrayReply(), []LatencySpike{}),
		reads("latest", latencyLatest(), arrayReply(arrayReply(text("fork"), number(2_000_000_000), number(1), number(2))),
			[]LatencyEvent{{Name: "fork", Latest: LatencySpike{second, time.Millisecond}, Longest: 2 * time.Millisecond}}),
		reads("latest since 8.1", latencyLatest(),
			arrayReply(arrayReply(text("fork"), number(2_000_000_000), number(1), number(2), number(5), number(3), nilReply)),
			[]LatencyEvent{{"fork", LatencySpike{second, time.Millisecond}, 2 * time.Millisecond, 5 * time.Millisecond, 3}}),
		reads("histogram of RESP3", latencyHistogram(),
			mapReply(text("get"), mapReply(text("calls"), number(3), text("histogram_usec"), mapReply(number(1), number(1), number(33), number(3)), text("new"), nilReply)),
			histogram),
		reads("histogram of RESP2", latencyHistogram(),
			arrayReply(text("get"), arrayReply(text("calls"), number(3), text("histogram_usec"), arrayReply(number(1), number(1), number(33), number(3)))),
			histogram),
		reads("no histogram", latencyHistogram("x"), arrayReply(), map[string]LatencyHistogram{}),
		reads("memory", memoryStats(),
			mapReply(text("peak.allocated"), number(5), text("peak.percentage"), doubleReply(65.5), text("dataset.percentage"), text("85.25"),
				text("db.0"), mapReply(text("overhead.hashtable.main"), number(248), text("overhead.hashtable.expires"), number(104), text("new"), nilReply),
				text("db.15"), arrayReply(text("overhead.hashtable.slot-to-keys"), number(7)),
				text("db.dict.rehashing.count"), number(1), text("db.new"), mapReply(), text("new"), number(1),
				text("fragmentation"), doubleReply(1.5), text("fragmentation.bytes"), number(-8)),
			MemoryStats{Peak: 5, PeakPercentage: 65.5, DatasetPercentage: 85.25, Rehashing: 1, Fragmentation: MemoryRatio{1.5, -8},
				Databases: map[int]DatabaseMemory{0: {Keys: 248, Expiries: 104}, 15: {Slots: 7}}}),
		reads("memory of an empty reply", memoryStats(), arrayReply(), MemoryStats{Databases: map[int]DatabaseMemory{}}),
		reads("usage", memoryUsage("k"), number(64), Some(int64(64))),
		reads("no usage", memoryUsage("k"), nilReply, None[int64]()),
	})
}
