package glide

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var _ = table(clusterSlotSendings)

func clusterSlotSendings() []sending {
	return []sending{
		sends(clusterAddSlots(0, 16383), "CLUSTER ADDSLOTS 0 16383"),
		sends(clusterAddSlotsRange(SlotRange{0, 5}, SlotRange{7, 7}), "CLUSTER ADDSLOTSRANGE 0 5 7 7"),
		sends(clusterCancelSlotMigrations(), "CLUSTER CANCELSLOTMIGRATIONS"),
		sends(clusterCountKeysInSlot(7), "CLUSTER COUNTKEYSINSLOT 7"),
		sends(clusterDelSlots(7), "CLUSTER DELSLOTS 7"),
		sends(clusterDelSlotsRange(SlotRange{0, 16383}), "CLUSTER DELSLOTSRANGE 0 16383"),
		sends(clusterFlushSlot(7), "CLUSTER FLUSHSLOT 7"),
		sends(clusterFlushSlot(7, FlushAsync), "CLUSTER FLUSHSLOT 7 ASYNC"),
		sends(clusterFlushSlot(7, FlushSync), "CLUSTER FLUSHSLOT 7 SYNC"),
		sends(clusterFlushSlots(), "CLUSTER FLUSHSLOTS"),
		sends(clusterGetKeysInSlot(7, math.MaxInt64), "CLUSTER GETKEYSINSLOT 7 9223372036854775807"),
		sends(clusterGetSlotMigrations(), "CLUSTER GETSLOTMIGRATIONS"),
		sends(clusterKeySlot("k"), "CLUSTER KEYSLOT k"),
		sends(clusterMigrateSlots(SlotsTo{"aaa", []SlotRange{{0, 9}, {20, 29}}}, SlotsTo{"bbb", []SlotRange{{10, 19}}}),
			"CLUSTER MIGRATESLOTS SLOTSRANGE 0 9 20 29 NODE aaa SLOTSRANGE 10 19 NODE bbb"),
		sends(clusterSetSlot(7, SlotImporting("aaa")), "CLUSTER SETSLOT 7 IMPORTING aaa"),
		sends(clusterSetSlot(7, SlotMigrating("aaa")), "CLUSTER SETSLOT 7 MIGRATING aaa"),
		sends(clusterSetSlot(7, SlotServedBy("aaa"), SetSlotTimeout(time.Second)), "CLUSTER SETSLOT 7 NODE aaa TIMEOUT 1000"),
		sends(clusterSetSlot(7, SlotStable()), "CLUSTER SETSLOT 7 STABLE"),
		sends(clusterSlotStats(SlotRange{0, 9}), "CLUSTER SLOT-STATS SLOTSRANGE 0 9"),
		sends(clusterSlotStatsOrderedBy(SlotKeys), "CLUSTER SLOT-STATS ORDERBY key-count"),
		sends(clusterSlotStatsOrderedBy(SlotCPUTime, MaxSlots(3), Ascending), "CLUSTER SLOT-STATS ORDERBY cpu-usec LIMIT 3 ASC"),
		sends(clusterSlotStatsOrderedBy(SlotBytesIn, Descending), "CLUSTER SLOT-STATS ORDERBY network-bytes-in DESC"),
		sends(clusterSlotStatsOrderedBy(SlotBytesOut), "CLUSTER SLOT-STATS ORDERBY network-bytes-out"),
		sends(clusterScan("0"), "CLUSTERSCAN 0"),
		sends(clusterScan("0-{06S}-0", Match("a*"), Count(100), Type("hash"), InSlot(7)), "CLUSTERSCAN 0-{06S}-0 MATCH a* COUNT 100 TYPE hash SLOT 7"),
	}
}

func TestClusterSlotsSendTheirWords(t *testing.T) { testSendings(t, clusterSlotSendings()) }

func TestClusterSlotsRefuse(t *testing.T) {
	const outside = "slots are numbered from 0 to 16383"
	testRefusals(t, []refusal{
		refuses(clusterAddSlots(), "no slots"),
		refuses(clusterAddSlots(0, -1), outside),
		refuses(clusterDelSlots(), "no slots"),
		refuses(clusterAddSlotsRange(), "no slots"),
		refuses(clusterAddSlotsRange(SlotRange{2, 1}), "slots that end before they start"),
		refuses(clusterDelSlotsRange(SlotRange{0, 16384}), outside),
		refuses(clusterDelSlotsRange(), "no slots"),
		refuses(clusterCountKeysInSlot(16384), outside),
		refuses(clusterGetKeysInSlot(math.MinInt, 1), outside),
		refuses(clusterGetKeysInSlot(0, -1), "negative count"),
		refuses(clusterFlushSlot(-1), outside),
		refuses(clusterFlushSlot(0, FlushAsync, FlushSync), "more than one mode"),
		refuses(clusterMigrateSlots(), "no slots"),
		refuses(clusterMigrateSlots(SlotsTo{NodeID: "aaa"}), "no slots"),
		refuses(clusterSetSlot(1, SlotState{}), "no state"),
		refuses(clusterSetSlot(-1, SlotStable()), outside),
		refuses(clusterSetSlot(1, SlotStable(), SetSlotTimeout(1), SetSlotTimeout(2)), "more than one timeout"),
		refuses(clusterSlotStats(SlotRange{1, 0}), "slots that end before they start"),
		refuses(clusterSlotStatsOrderedBy(SlotKeys, Ascending, Descending), "more than one order"),
		refuses(clusterSlotStatsOrderedBy(SlotKeys, MaxSlots(1), MaxSlots(1)), "more than one limit"),
		refuses(clusterScan("0", InSlot(1), InSlot(2)), "more than one slot"),
		refuses(clusterScan("0", nil), "nil option"),
	})
}

func TestClusterSlotsReadTheirReplies(t *testing.T) {
	stats := []SlotStats{{Slot: 5, Keys: 2, CPUTime: 1500 * time.Microsecond, BytesIn: 3, BytesOut: 4}}
	testReadings(t, []reading{
		reads("slot", clusterKeySlot("k"), intReply(16383), 16383),
		reads("stats of RESP3", clusterSlotStats(SlotRange{0, 9}), arrayReply(arrayReply(intReply(5), mapReply(
			stringReply("key-count"), intReply(2), stringReply("cpu-usec"), intReply(1500), stringReply("next"), nilReply,
			stringReply("network-bytes-in"), intReply(3), stringReply("network-bytes-out"), intReply(4)))), stats),
		reads("stats of RESP2", clusterSlotStatsOrderedBy(SlotKeys), arrayReply(arrayReply(intReply(5), arrayReply(
			stringReply("key-count"), intReply(2)))), []SlotStats{{Slot: 5, Keys: 2}}),
		reads("no stats", clusterSlotStats(SlotRange{0, 9}), arrayReply(), []SlotStats{}),
		reads("migrations of RESP3", clusterGetSlotMigrations(), arrayReply(mapReply(
			stringReply("name"), stringReply("n"), stringReply("operation"), stringReply("EXPORT"), stringReply("slot_ranges"), stringReply("0-9 20-29"),
			stringReply("target_node"), stringReply("bbb"), stringReply("source_node"), stringReply("aaa"), stringReply("create_time"), intReply(1754870400),
			stringReply("last_update_time"), intReply(1754870401), stringReply("last_ack_time"), intReply(1754870402), stringReply("state"), stringReply("success"),
			stringReply("message"), stringReply("m"), stringReply("cow_size"), intReply(7), stringReply("next"), nilReply)),
			[]SlotMigration{{"n", "EXPORT", []SlotRange{{0, 9}, {20, 29}}, "aaa", "bbb", time.Unix(1754870400, 0), time.Unix(1754870401, 0), time.Unix(1754870402, 0), "success", "m", 7}}),
		reads("migrations of RESP2", clusterGetSlotMigrations(), arrayReply(arrayReply(
			stringReply("name"), stringReply("n"), stringReply("slot_ranges"), stringReply("7-7"), stringReply("last_ack_time"), intReply(0), stringReply("source_node"), nilReply)),
			[]SlotMigration{{Name: "n", Slots: []SlotRange{{7, 7}}}}),
		reads("page", clusterScan("0"), arrayReply(stringReply("0-{06S}-0"), arrayReply(stringReply("k"))), ScanPage[string]{"0-{06S}-0", []string{"k"}}),
	})
	for _, text := range []string{"x", "1-", "1-2-3"} {
		_, err := define(clusterGetSlotMigrations()).reply(arrayReply(mapReply(stringReply("slot_ranges"), stringReply(text))))
		require.ErrorIs(t, err, ErrUnexpectedReply, text)
	}
}

func TestAMigrationTellsWhetherItHasEnded(t *testing.T) {
	for state, ended := range map[string]bool{"success": true, "failed": true, "cancelled": true, "snapshotting": false, "": false} {
		require.Equal(t, ended, SlotMigration{State: state}.Ended(), state)
	}
}
