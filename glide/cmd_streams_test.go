package glide

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var _ = table(streamSendings)

func streamSendings() []sending {
	fields := []Field{{"f", "v"}}
	one := []StreamPosition{{"s", StreamStart}}
	two := []StreamPosition{{"s", "1-1"}, {"t", StreamLast}}
	fresh := []StreamPosition{{"s", StreamUndelivered}}
	return []sending{
		sends(xAck("s", "g", "1-1", "1-2"), "XACK s g 1-1 1-2"),
		sends(xAdd("s", fields), "XADD s * f v"),
		sends(xAdd("s", []Field{{"f", "v"}, {"f", ""}, {"", "w"}}), "XADD s * f v f   w"),
		sends(xAdd("s", fields, EntryID("1-*"), MaxLen(10)), "XADD s MAXLEN = 10 1-* f v"),
		sends(xAdd("s", fields, Roughly(MaxLen(math.MaxInt64))), "XADD s MAXLEN ~ 9223372036854775807 * f v"),
		sends(xAdd("s", fields, MinID("5-1"), EntryID("7-1")), "XADD s MINID = 5-1 7-1 f v"),
		sends(xAdd("s", fields, DeleteReferences, MaxLen(9), Idempotent("p", "i")), "XADD s DELREF MAXLEN = 9 IDMP p i * f v"),
		sends(xAdd("s", fields, IdempotentAuto("p")), "XADD s IDMPAUTO p * f v"),
		sends(xAckDel("s", "g", KeepReferences, "1-1", "2-2"), "XACKDEL s g KEEPREF IDS 2 1-1 2-2"),
		sends(xDelEx("s", OnlyAcknowledged, "1-1"), "XDELEX s ACKED IDS 1 1-1"),
		sends(xNack("s", "g", NackFail, "1-1"), "XNACK s g FAIL IDS 1 1-1"),
		sends(xCfgSet("s", IdempotencyDuration(1500*time.Millisecond), IdempotencyMaxSize(9)), "XCFGSET s IDMP-DURATION 2 IDMP-MAXSIZE 9"),
		sends(xTrim("s", MaxLen(10), OnlyAcknowledged), "XTRIM s MAXLEN = 10 ACKED"),
		sends(xAdd("s", fields, RoughlyWithin(0, MinID("5"))), "XADD s MINID ~ 5 LIMIT 0 * f v"),
		sends(xAddIfPresent("s", fields), "XADD s NOMKSTREAM * f v"),
		sends(xAddIfPresent("s", fields, EntryID("1"), RoughlyWithin(50, MaxLen(0))), "XADD s NOMKSTREAM MAXLEN ~ 0 LIMIT 50 1 f v"),
		sends(xAutoClaim("s", "g", "c", time.Second, StreamStart), "XAUTOCLAIM s g c 1000 0-0"),
		sends(xAutoClaim("s", "g", "c", 0, "1-1", Count(5)), "XAUTOCLAIM s g c 0 1-1 COUNT 5"),
		sends(xAutoClaimJustID("s", "g", "c", 1, "1-1"), "XAUTOCLAIM s g c 1 1-1 JUSTID"),
		sends(xAutoClaimJustID("s", "g", "c", 0, "1-1", Count(5)), "XAUTOCLAIM s g c 0 1-1 COUNT 5 JUSTID"),
		sends(xClaim("s", "g", "c", time.Minute, []string{"1-1", "1-2"}), "XCLAIM s g c 60000 1-1 1-2"),
		sends(xClaim("s", "g", "c", 0, []string{"1"}, ClaimIdle(time.Second), ClaimRetryCount(3), ClaimForce, ClaimLastID("9-9")),
			"XCLAIM s g c 0 1 IDLE 1000 RETRYCOUNT 3 FORCE LASTID 9-9"),
		sends(xClaim("s", "g", "c", 0, []string{"1"}, ClaimTime(moment)), "XCLAIM s g c 0 1 TIME "+momentText),
		sends(xClaimJustID("s", "g", "c", 0, []string{"1"}), "XCLAIM s g c 0 1 JUSTID"),
		sends(xClaimJustID("s", "g", "c", 0, []string{"1"}, ClaimForce), "XCLAIM s g c 0 1 FORCE JUSTID"),
		sends(xDel("s", "1-1", "1-2"), "XDEL s 1-1 1-2"),
		sends(xGroupCreate("s", "g", StreamLast), "XGROUP CREATE s g $"),
		sends(xGroupCreate("s", "g", StreamStart, MakeStream, EntriesRead(-1)), "XGROUP CREATE s g 0-0 MKSTREAM ENTRIESREAD -1"),
		sends(xGroupCreateConsumer("s", "g", "c"), "XGROUP CREATECONSUMER s g c"),
		sends(xGroupDelConsumer("s", "g", "c"), "XGROUP DELCONSUMER s g c"),
		sends(xGroupDestroy("s", "g"), "XGROUP DESTROY s g"),
		sends(xGroupSetID("s", "g", "1-1"), "XGROUP SETID s g 1-1"),
		sends(xGroupSetID("s", "g", StreamLast, EntriesRead(7)), "XGROUP SETID s g $ ENTRIESREAD 7"),
		sends(xInfoConsumers("s", "g"), "XINFO CONSUMERS s g"),
		sends(xInfoGroups("s"), "XINFO GROUPS s"),
		sends(xInfoStream("s"), "XINFO STREAM s"),
		sends(xInfoStreamFull("s"), "XINFO STREAM s FULL"),
		sends(xInfoStreamFull("s", Count(0)), "XINFO STREAM s FULL COUNT 0"),
		sends(xLen("s"), "XLEN s"),
		sends(xPending("s", "g"), "XPENDING s g"),
		sends(xPendingEntries("s", "g", StreamMin, StreamMax, 10), "XPENDING s g - + 10"),
		sends(xPendingEntries("s", "g", "1", StreamExclusive("2"), 0, PendingFor("c"), PendingIdle(time.Second)),
			"XPENDING s g IDLE 1000 1 (2 0 c"),
		sends(xRange("s", StreamMin, StreamMax), "XRANGE s - +"),
		sends(xRange("s", StreamExclusive("1-1"), "2", Count(3)), "XRANGE s (1-1 2 COUNT 3"),
		sends(xRead(one), "XREAD STREAMS s 0-0"),
		sends(xRead(two, Count(2)), "XREAD COUNT 2 STREAMS s t 1-1 $"),
		sends(xReadBlocking(0, one), "XREAD BLOCK 0 STREAMS s 0-0"),
		sends(xReadBlocking(time.Second, two, Count(2)), "XREAD BLOCK 1000 COUNT 2 STREAMS s t 1-1 $"),
		sends(xReadGroup("g", "c", fresh), "XREADGROUP GROUP g c STREAMS s >"),
		sends(xReadGroup("g", "c", two, Count(2), NoAck), "XREADGROUP GROUP g c COUNT 2 NOACK STREAMS s t 1-1 $"),
		sends(xReadGroupBlocking(time.Nanosecond, "g", "c", fresh), "XREADGROUP GROUP g c BLOCK 1 STREAMS s >"),
		sends(xReadGroupBlocking(0, "g", "c", fresh, NoAck, Count(1)), "XREADGROUP GROUP g c BLOCK 0 NOACK COUNT 1 STREAMS s >"),
		sends(xRevRange("s", StreamMax, StreamMin), "XREVRANGE s + -"),
		sends(xRevRange("s", "2", "1", Count(1)), "XREVRANGE s 2 1 COUNT 1"),
		sends(xSetID("s", "5-5"), "XSETID s 5-5"),
		sends(xSetID("s", "5-5", EntriesAdded(7), MaxDeletedID("3-3")), "XSETID s 5-5 ENTRIESADDED 7 MAXDELETEDID 3-3"),
		sends(xTrim("s", MaxLen(10)), "XTRIM s MAXLEN = 10"),
		sends(xTrim("s", MinID("1-1")), "XTRIM s MINID = 1-1"),
		sends(xTrim("s", Roughly(MinID("1-1"))), "XTRIM s MINID ~ 1-1"),
		sends(xTrim("s", RoughlyWithin(5, MaxLen(10))), "XTRIM s MAXLEN ~ 10 LIMIT 5"),
	}
}

func TestStreamsSendTheirWords(t *testing.T) { testSendings(t, streamSendings()) }

func TestStreamsRefuse(t *testing.T) {
	fields := []Field{{"f", "v"}}
	one := []StreamPosition{{"s", "0"}}
	ids := []string{"1"}
	testRefusals(t, []refusal{
		refuses(xAck("s", "g"), "no IDs"),
		refuses(xAdd("s", nil), "no fields"),
		refuses(xAdd("s", fields, KeepReferences, DeleteReferences), "more than one references"),
		refuses(xAdd("s", fields, Idempotent("p", "i"), IdempotentAuto("p")), "more than one Idempotent"),
		refuses(xAckDel("s", "g", KeepReferences), "no IDs"),
		refuses(xAckDel("s", "g", "", "1-1"), "no References"),
		refuses(xDelEx("s", KeepReferences), "no IDs"),
		refuses(xNack("s", "g", NackFail), "no IDs"),
		refuses(xNack("s", "g", "", "1-1"), "no mode"),
		refuses(xCfgSet("s"), "no options"),
		refuses(xTrim("s", MaxLen(1), KeepReferences, KeepReferences), "more than one references"),
		refuses(xAdd("s", fields, nil), "nil option"),
		refuses(xAdd("s", fields, EntryID("1"), MaxLen(1), EntryID("2")), "more than one EntryID"),
		refuses(xAdd("s", fields, MaxLen(1), MinID("2")), "more than one trimming"),
		refuses(xAddIfPresent("s", fields, MaxLen(1), Roughly(MaxLen(1))), "more than one trimming"),
		refuses(xAddIfPresent("s", []Field{}), "no fields"),
		refuses(xAutoClaim("s", "g", "c", -1, "0"), "negative idle time"),
		refuses(xAutoClaim("s", "g", "c", 0, "0", Count(1), Count(2)), "more than one Count"),
		refuses(xAutoClaimJustID("s", "g", "c", -1, "0"), "negative idle time"),
		refuses(xClaim("s", "g", "c", 0, nil), "no IDs"),
		refuses(xClaim("s", "g", "c", -time.Hour, ids), "negative idle time"),
		refuses(xClaim("s", "g", "c", 0, ids, ClaimIdle(1), ClaimTime(moment)), "more than one time of delivery"),
		refuses(xClaim("s", "g", "c", 0, ids, ClaimRetryCount(1), ClaimRetryCount(2)), "more than one ClaimRetryCount"),
		refuses(xClaimJustID("s", "g", "c", 0, ids, ClaimForce, ClaimForce), "more than one ClaimForce"),
		refuses(xClaimJustID("s", "g", "c", 0, ids, ClaimLastID("1"), ClaimLastID("1")), "more than one ClaimLastID"),
		refuses(xDel("s"), "no IDs"),
		refuses(xGroupCreate("s", "g", "0", MakeStream, MakeStream), "more than one MakeStream"),
		refuses(xGroupSetID("s", "g", "0", EntriesRead(1), EntriesRead(1)), "more than one EntriesRead"),
		refuses(xInfoStreamFull("s", Count(1), Count(1)), "more than one Count"),
		refuses(xPendingEntries("s", "g", "-", "+", -1), "negative count"),
		refuses(xPendingEntries("s", "g", "-", "+", 1, PendingFor("a"), PendingFor("b")), "more than one PendingFor"),
		refuses(xPendingEntries("s", "g", "-", "+", 1, PendingIdle(1), PendingIdle(1)), "more than one PendingIdle"),
		refuses(xPendingEntries("s", "g", "-", "+", 1, nil), "nil option"),
		refuses(xRange("s", "-", "+", Count(1), Count(1)), "more than one Count"),
		refuses(xRead(nil), "no streams"),
		refuses(xRead(one, nil), "nil option"),
		refuses(xReadBlocking(-1, one), "negative timeout"),
		refuses(xReadBlocking(0, nil), "no streams"),
		refuses(xReadGroup("g", "c", nil), "no streams"),
		refuses(xReadGroup("g", "c", one, NoAck, NoAck), "more than one NoAck"),
		refuses(xReadGroupBlocking(-1, "g", "c", one), "negative timeout"),
		refuses(xSetID("s", "1", EntriesAdded(1), EntriesAdded(1)), "more than one EntriesAdded"),
		refuses(xSetID("s", "1", MaxDeletedID("1"), MaxDeletedID("1")), "more than one MaxDeletedID"),
		refuses(xTrim("s", nil), "nil option"),
	})
}

func TestStreamsReadTheirReplies(t *testing.T) {
	text := stringReply
	flat := arrayReply(text("f"), text("v"), text("f"), text(""))
	pairs := arrayReply(arrayReply(text("f"), text("v")), arrayReply(text("f"), text("")))
	fields := []Field{{"f", "v"}, {"f", ""}}
	entries := []StreamEntry{{"1-1", fields}, {"1-2", nil}}
	asMap := mapReply(text("1-1"), pairs, text("1-2"), nilReply)
	asArray := arrayReply(arrayReply(text("1-1"), flat), arrayReply(text("1-2"), nilReply))
	streams := []StreamEntries{{"t", entries}, {"s", []StreamEntry{}}}
	after := []StreamPosition{{"s", "0"}}
	ids := []string{"1"}
	testReadings(t, []reading{
		reads("XDELEX", xDelEx("s", KeepReferences, "1-1"), arrayReply(intReply(1), intReply(-1), intReply(2)), []EntryDeletion{EntryDeleted, EntryMissing, EntryReferenced}),
		reads("added", xAdd("s", fields), text("1-1"), "1-1"),
		reads("not added", xAddIfPresent("s", fields), nilReply, None[string]()),
		reads("entries as a map", xRange("s", "-", "+"), asMap, entries),
		reads("entries as an array", xRevRange("s", "+", "-"), asArray, entries),
		reads("no entries as a map", xRange("s", "-", "+"), mapReply(), []StreamEntry{}),
		reads("no entries as an array", xRange("s", "-", "+"), arrayReply(), []StreamEntry{}),
		reads("no entries at all", xRange("s", "-", "+"), nilReply, nil),
		reads("entries without fields", xRange("s", "-", "+"), mapReply(text("1"), arrayReply()), []StreamEntry{{"1", []Field{}}}),
		reads("streams as a map", xRead(after), mapReply(text("t"), asMap, text("s"), mapReply()), streams),
		reads("streams as an array", xReadGroup("g", "c", after),
			arrayReply(arrayReply(text("t"), asArray), arrayReply(text("s"), arrayReply())), streams),
		reads("streams as pairs in a map", xReadBlocking(0, after), mapReply(text("t"), asArray, text("s"), arrayReply()), streams),
		reads("no streams", xReadGroupBlocking(0, "g", "c", after), nilReply, nil),
		reads("claimed", xClaim("s", "g", "c", 0, ids), asMap, entries),
		reads("claimed by version 6.2", xClaim("s", "g", "c", 0, ids), arrayReply(nilReply, arrayReply(text("1-1"), flat)), entries[:1]),
		reads("claimed IDs", xClaimJustID("s", "g", "c", 0, ids), arrayReply(text("1-1")), []string{"1-1"}),
		reads("a portion", xAutoClaim("s", "g", "c", 0, "0"), arrayReply(text("2-0"), asMap, arrayReply(text("1-3"))),
			ClaimPage[StreamEntry]{"2-0", entries, []string{"1-3"}}),
		reads("a portion by version 6.2", xAutoClaim("s", "g", "c", 0, "0"), arrayReply(text("0-0"), asArray),
			ClaimPage[StreamEntry]{"0-0", entries, nil}),
		reads("a portion of IDs", xAutoClaimJustID("s", "g", "c", 0, "0"), arrayReply(text("0-0"), arrayReply(text("1-1")), arrayReply()),
			ClaimPage[string]{"0-0", []string{"1-1"}, []string{}}),
		reads("pending", xPending("s", "g"),
			arrayReply(intReply(3), text("1-1"), text("1-3"), arrayReply(arrayReply(text("c"), text("2")), arrayReply(text("d"), text("1")))),
			PendingSummary{3, Some("1-1"), Some("1-3"), []PendingCount{{"c", 2}, {"d", 1}}}),
		reads("nothing pending", xPending("s", "g"), arrayReply(intReply(0), nilReply, nilReply, nilReply), PendingSummary{}),
		reads("pending entries", xPendingEntries("s", "g", "-", "+", 1),
			arrayReply(arrayReply(text("1-1"), text("c"), intReply(1500), intReply(2))),
			[]PendingEntry{{"1-1", "c", 1500 * time.Millisecond, 2}}),
		reads("no pending entries", xPendingEntries("s", "g", "-", "+", 1), arrayReply(), []PendingEntry{}),
	})
	require.True(t, ClaimPage[string]{Next: StreamStart}.Last())
	require.False(t, ClaimPage[string]{Next: "1-1"}.Last())
}

func TestStreamInfosAreRead(t *testing.T) {
	text := stringReply
	entry := arrayReply(text("1-1"), arrayReply(text("f"), text("v")))
	want := StreamEntry{"1-1", []Field{{"f", "v"}}}
	state := [][]byte{
		text("length"), intReply(1), text("radix-tree-keys"), intReply(2), text("radix-tree-nodes"), intReply(3),
		text("last-generated-id"), text("5-5"), text("max-deleted-entry-id"), text("4-4"), text("entries-added"), intReply(6),
		text("recorded-first-entry-id"), text("1-1"), text("tomorrow"), arrayReply(entry),
	}
	wantState := StreamState{1, 2, 3, "5-5", "4-4", 6, "1-1"}
	info := append([][]byte{text("groups"), intReply(7), text("first-entry"), entry, text("last-entry"), entry}, state...)
	wantInfo := StreamInfo{wantState, 7, Some(want), Some(want)}

	consumer := [][]byte{
		text("name"), text("c"), text("seen-time"), intReply(2_000_000_000_123), text("active-time"), intReply(2_000_000_000_123),
		text("pel-count"), intReply(1), text("pending"), arrayReply(arrayReply(text("1-1"), intReply(2_000_000_000_123), intReply(2))),
		text("tomorrow"), nilReply,
	}
	idle := [][]byte{text("name"), text("d"), text("seen-time"), intReply(0), text("active-time"), intReply(-1), text("pel-count"), intReply(0), text("pending"), arrayReply()}
	group := func(consumers ...[]byte) [][]byte {
		return [][]byte{
			text("name"), text("g"), text("last-delivered-id"), text("1-1"), text("entries-read"), intReply(1), text("lag"), nilReply,
			text("pel-count"), intReply(1),
			text("pending"), arrayReply(arrayReply(text("1-1"), text("c"), intReply(2_000_000_000_123), intReply(2))),
			text("tomorrow"), nilReply, text("consumers"), arrayReply(consumers...),
		}
	}
	when := moment.Truncate(time.Millisecond)
	pending := []PendingDelivery{{"1-1", "c", when, 2}}
	wantFull := StreamFullInfo{wantState, []StreamEntry{want}, []StreamGroupFullInfo{{
		"g", "1-1", Some(int64(1)), None[int64](), 1, pending, []StreamConsumerFullInfo{
			{"c", when, Some(when), 1, pending},
			{"d", time.UnixMilli(0), None[time.Time](), 0, []PendingDelivery{}},
		},
	}}}
	full := func(kind func(...[]byte) []byte) []byte {
		groups := arrayReply(kind(group(kind(consumer...), kind(idle...))...))
		return kind(append([][]byte{text("entries"), arrayReply(entry), text("groups"), groups}, state...)...)
	}

	groups := [][]byte{
		text("name"), text("g"), text("consumers"), intReply(1), text("pending"), intReply(2), text("last-delivered-id"), text("1-1"),
		text("entries-read"), nilReply, text("lag"), intReply(4), text("tomorrow"), nilReply,
	}
	wantGroups := []StreamGroupInfo{{"g", 1, 2, "1-1", None[int64](), Some(int64(4))}}
	consumers := func(inactive int64) [][]byte {
		return [][]byte{text("name"), text("c"), text("pending"), intReply(1), text("idle"), intReply(1500), text("inactive"), intReply(inactive), text("tomorrow"), nilReply}
	}
	testReadings(t, []reading{
		reads("stream of RESP3", xInfoStream("s"), mapReply(info...), wantInfo),
		reads("stream of RESP2", xInfoStream("s"), arrayReply(info...), wantInfo),
		reads("stream without entries", xInfoStream("s"), mapReply(text("first-entry"), nilReply, text("last-entry"), nilReply), StreamInfo{}),
		reads("full stream of RESP3", xInfoStreamFull("s"), full(mapReply), wantFull),
		reads("full stream of RESP2", xInfoStreamFull("s"), full(arrayReply), wantFull),
		reads("groups of RESP3", xInfoGroups("s"), arrayReply(mapReply(groups...)), wantGroups),
		reads("groups of RESP2", xInfoGroups("s"), arrayReply(arrayReply(groups...)), wantGroups),
		reads("groups before version 7.0", xInfoGroups("s"), arrayReply(mapReply(groups[:8]...)),
			[]StreamGroupInfo{{Name: "g", Consumers: 1, Pending: 2, LastDeliveredID: "1-1"}}),
		reads("consumers of RESP3", xInfoConsumers("s", "g"), arrayReply(mapReply(consumers(-1)...)),
			[]StreamConsumerInfo{{"c", 1, 1500 * time.Millisecond, None[time.Duration]()}}),
		reads("consumers of RESP2", xInfoConsumers("s", "g"), arrayReply(arrayReply(consumers(0)...)),
			[]StreamConsumerInfo{{"c", 1, 1500 * time.Millisecond, Some(time.Duration(0))}}),
		reads("no consumers", xInfoConsumers("s", "g"), arrayReply(), []StreamConsumerInfo{}),
	})
}

func TestEntriesOfAnotherFormAreUnexpected(t *testing.T) {
	read := define(xRange("s", "-", "+")).reply
	odd := arrayReply(stringReply("f"), stringReply("v"), stringReply("g"))
	for _, reply := range [][]byte{
		intReply(1),
		arrayReply(stringReply("1-1")),
		arrayReply(arrayReply(stringReply("1-1"))),
		arrayReply(arrayReply(stringReply("1-1"), odd)),
		arrayReply(arrayReply(stringReply("1-1"), arrayReply(odd))),
		mapReply(stringReply("1-1"), odd),
		mapReply(stringReply("1-1"), intReply(1)),
		mapReply(stringReply("1-1"), arrayReply(stringReply("f"), intReply(1))),
	} {
		_, err := read(reply)
		require.ErrorIs(t, err, ErrUnexpectedReply)
	}
}
