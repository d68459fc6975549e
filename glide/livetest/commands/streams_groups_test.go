package commands_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// deliver makes a group, g, all of whose entries a consumer has been given.
func deliver(t *testing.T, c faces.Face, key, consumer string, ids ...string) {
	t.Helper()
	add(t, c, key, ids...)
	require.NoError(t, c.XGroupCreate(ctx, key, "g", glide.StreamStart))
	streams := harness.Value(c.XReadGroup(ctx, "g", consumer, positions(key, glide.StreamUndelivered)))(t)
	require.Equal(t, []glide.StreamEntries{{Key: key, Entries: entriesOf(ids...)}}, streams)
}

func TestGroupsAreMadeAndDestroyed(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		harness.RequireCode(t, "ERR", c.XGroupCreate(ctx, "s", "g", glide.StreamLast))
		harness.RequireCode(t, "ERR", errorOf(c.XGroupDestroy(ctx, "s", "g")))
		require.NoError(t, c.XGroupCreate(ctx, "s", "g", glide.StreamLast, glide.MakeStream))
		harness.RequireCode(t, "BUSYGROUP", c.XGroupCreate(ctx, "s", "g", glide.StreamStart))
		require.EqualValues(t, 0, harness.Value(c.XLen(ctx, "s"))(t))

		require.True(t, harness.Value(c.XGroupCreateConsumer(ctx, "s", "g", "c"))(t))
		require.False(t, harness.Value(c.XGroupCreateConsumer(ctx, "s", "g", "c"))(t))
		harness.RequireCode(t, "NOGROUP", errorOf(c.XGroupCreateConsumer(ctx, "s", "absent", "c")))
		require.EqualValues(t, 0, harness.Value(c.XGroupDelConsumer(ctx, "s", "g", "c"))(t))
		require.EqualValues(t, 0, harness.Value(c.XGroupDelConsumer(ctx, "s", "g", "absent"))(t))
		harness.RequireCode(t, "NOGROUP", errorOf(c.XGroupDelConsumer(ctx, "s", "absent", "c")))

		add(t, c, "s", "1-1", "1-2", "1-3")
		read := func() []glide.StreamEntries {
			return harness.Value(c.XReadGroup(ctx, "g", "c", positions("s", glide.StreamUndelivered)))(t)
		}
		require.Equal(t, entriesOf("1-1", "1-2", "1-3"), read()[0].Entries)
		require.Empty(t, read())
		require.NoError(t, c.XGroupSetID(ctx, "s", "g", "1-2"))
		require.Equal(t, entriesOf("1-3"), read()[0].Entries)
		harness.RequireCode(t, "NOGROUP", c.XGroupSetID(ctx, "s", "absent", "1-2"))
		harness.RequireCode(t, "ERR", c.XGroupSetID(ctx, "s", "g", "x"))
		require.EqualValues(t, 3, harness.Value(c.XGroupDelConsumer(ctx, "s", "g", "c"))(t), "what was pending")

		require.True(t, harness.Value(c.XGroupDestroy(ctx, "s", "g"))(t))
		require.False(t, harness.Value(c.XGroupDestroy(ctx, "s", "g"))(t))
		harness.RequireCode(t, "NOGROUP", errorOf(c.XReadGroup(ctx, "g", "c", positions("s", glide.StreamUndelivered))))
		harness.RequireCode(t, "NOGROUP", errorOf(c.XReadGroupBlocking(ctx, 0, "g", "c", positions("absent", glide.StreamUndelivered))))
	})
}

func TestGroupsKnowHowManyEntriesTheyHaveRead(t *testing.T) {
	harness.Needs(t, "ENTRIESREAD", "7.0", "7.0")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		add(t, c, "s", "1-1", "1-2", "1-3", "1-4")
		require.EqualValues(t, 1, harness.Value(c.XDel(ctx, "s", "1-3"))(t))
		require.NoError(t, c.XGroupCreate(ctx, "s", "known", "1-2", glide.EntriesRead(2)))
		require.NoError(t, c.XGroupCreate(ctx, "s", "unknown", "1-2"))
		require.Equal(t, []glide.StreamGroupInfo{
			{Name: "known", LastDeliveredID: "1-2", EntriesRead: glide.Some(int64(2))},
			{Name: "unknown", LastDeliveredID: "1-2"},
		}, harness.Value(c.XInfoGroups(ctx, "s"))(t))
		require.NoError(t, c.XGroupSetID(ctx, "s", "unknown", "1-4", glide.EntriesRead(4)))
		group := harness.Value(c.XInfoGroups(ctx, "s"))(t)[1]
		require.Equal(t, glide.Some(int64(4)), group.EntriesRead)
		require.Equal(t, glide.Some(int64(0)), group.Lag)
		require.NoError(t, c.XGroupSetID(ctx, "s", "known", "0", glide.EntriesRead(-1)))
		harness.RequireCode(t, "ERR", c.XGroupSetID(ctx, "s", "known", "0", glide.EntriesRead(-2)))
	})
}

func TestEntriesArePendingUntilTheyAreAcknowledged(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		deliver(t, c, "s", "c", "1-1", "1-2", "1-3")
		pending := func() []glide.StreamEntries {
			return harness.Value(c.XReadGroup(ctx, "g", "c", positions("s", glide.StreamStart)))(t)
		}
		require.EqualValues(t, 1, harness.Value(c.XAck(ctx, "s", "g", "1-1", "9-9"))(t))
		require.EqualValues(t, 0, harness.Value(c.XAck(ctx, "s", "absent", "1-1"))(t))
		require.EqualValues(t, 0, harness.Value(c.XAck(ctx, "absent", "g", "1-1"))(t))
		require.EqualValues(t, 1, harness.Value(c.XDel(ctx, "s", "1-2"))(t))
		require.Equal(t, []glide.StreamEntries{{Key: "s", Entries: append([]glide.StreamEntry{{ID: "1-2"}}, entriesOf("1-3")...)}}, pending())
		require.EqualValues(t, 2, harness.Value(c.XAck(ctx, "s", "g", "1-2", "1-3"))(t))
		require.Equal(t, []glide.StreamEntries{{Key: "s", Entries: []glide.StreamEntry{}}}, pending())
		harness.RequireCode(t, "ERR", errorOf(c.XAck(ctx, "s", "g", "x")))
	})
}

func TestEntriesOfSeveralStreamsAreDelivered(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, key := range []string{"{k}z", "{k}a"} {
			add(t, c, key, "1-1", "1-2")
			require.NoError(t, c.XGroupCreate(ctx, key, "g", glide.StreamStart))
		}
		after := positions("{k}z", glide.StreamUndelivered, "{k}a", glide.StreamUndelivered)
		for _, id := range []string{"1-1", "1-2"} {
			require.Equal(t, []glide.StreamEntries{{Key: "{k}z", Entries: entriesOf(id)}, {Key: "{k}a", Entries: entriesOf(id)}},
				harness.Value(c.XReadGroup(ctx, "g", "c", after, glide.Count(1), glide.NoAck))(t))
		}
		require.Empty(t, harness.Value(c.XReadGroupBlocking(ctx, time.Millisecond, "g", "c", after))(t))
		require.EqualValues(t, 0, harness.Value(c.XPending(ctx, "{k}z", "g"))(t).Count, "with NoAck nothing is pending")
	})
}

func TestXPendingTellsWhatIsPending(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		harness.RequireCode(t, "NOGROUP", errorOf(c.XPending(ctx, "s", "g")))
		harness.RequireCode(t, "NOGROUP", errorOf(c.XPendingEntries(ctx, "s", "g", "-", "+", 1)))
		require.NoError(t, c.XGroupCreate(ctx, "s", "g", glide.StreamStart, glide.MakeStream))
		require.Equal(t, glide.PendingSummary{}, harness.Value(c.XPending(ctx, "s", "g"))(t))
		require.True(t, harness.Value(c.XGroupDestroy(ctx, "s", "g"))(t))

		deliver(t, c, "s", "c", "1-1", "1-2", "1-3")
		add(t, c, "s", "2-1")
		harness.Value(c.XReadGroup(ctx, "g", "d", positions("s", glide.StreamUndelivered)))(t)
		require.Equal(t, glide.PendingSummary{
			Count: 4, Min: glide.Some("1-1"), Max: glide.Some("2-1"),
			Consumers: []glide.PendingCount{{Consumer: "c", Count: 3}, {Consumer: "d", Count: 1}},
		}, harness.Value(c.XPending(ctx, "s", "g"))(t))

		harness.Value(c.XClaim(ctx, "s", "g", "c", 0, []string{"1-2"}, glide.ClaimIdle(time.Hour), glide.ClaimRetryCount(7)))(t)
		ids := func(count int64, options ...glide.XPendingOption) (ids []string) {
			for _, entry := range harness.Value(c.XPendingEntries(ctx, "s", "g", glide.StreamMin, glide.StreamMax, count, options...))(t) {
				ids = append(ids, entry.ID)
			}
			return ids
		}
		require.Equal(t, []string{"1-1", "1-2", "1-3", "2-1"}, ids(math.MaxInt64))
		require.Equal(t, []string{"1-1", "1-2"}, ids(2))
		require.Equal(t, []string{"2-1"}, ids(10, glide.PendingFor("d")))
		require.Equal(t, []string{"1-2"}, ids(10, glide.PendingIdle(time.Minute)))
		require.Empty(t, ids(10, glide.PendingIdle(time.Minute), glide.PendingFor("d")))
		require.Empty(t, ids(10, glide.PendingFor("absent")))
		require.Empty(t, ids(0))

		entries := harness.Value(c.XPendingEntries(ctx, "s", "g", glide.StreamExclusive("1-1"), "1-2", 10))(t)
		require.Len(t, entries, 1)
		require.InDelta(t, time.Hour, entries[0].Idle, float64(time.Minute))
		entries[0].Idle = 0
		require.Equal(t, []glide.PendingEntry{{ID: "1-2", Consumer: "c", Deliveries: 7}}, entries)
		harness.RequireCode(t, "ERR", errorOf(c.XPendingEntries(ctx, "s", "g", "x", "+", 1)))
	})
}

func TestXClaimTakesWhatIsPendingForOthers(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		harness.RequireCode(t, "NOGROUP", errorOf(c.XClaim(ctx, "s", "g", "d", 0, []string{"1-1"})))
		deliver(t, c, "s", "c", "1-1", "1-2", "1-3")
		deliveries := func(id string) (glide.PendingEntry, bool) {
			entries := harness.Value(c.XPendingEntries(ctx, "s", "g", id, id, 1))(t)
			if len(entries) == 0 {
				return glide.PendingEntry{}, false
			}
			return entries[0], true
		}

		require.Empty(t, harness.Value(c.XClaim(ctx, "s", "g", "d", time.Hour, []string{"1-1", "1-2"}))(t))
		require.Equal(t, entriesOf("1-1", "1-2"), harness.Value(c.XClaim(ctx, "s", "g", "d", 0, []string{"1-1", "1-2", "9-9"}))(t))
		entry, _ := deliveries("1-1")
		require.Equal(t, "d", entry.Consumer)
		require.EqualValues(t, 2, entry.Deliveries)
		require.Equal(t, []string{"1-1"}, harness.Value(c.XClaimJustID(ctx, "s", "g", "e", 0, []string{"1-1"}))(t))
		entry, _ = deliveries("1-1")
		require.Equal(t, "e", entry.Consumer)
		require.EqualValues(t, 2, entry.Deliveries, "it does not count as delivered")
		require.Empty(t, harness.Value(c.XClaimJustID(ctx, "s", "g", "e", time.Hour, []string{"1-1"}))(t))

		harness.Value(c.XClaim(ctx, "s", "g", "d", 0, []string{"1-2"}, glide.ClaimTime(time.Now().Add(-time.Hour)), glide.ClaimRetryCount(math.MaxInt32)))(t)
		entry, _ = deliveries("1-2")
		require.InDelta(t, time.Hour, entry.Idle, float64(time.Minute))
		require.EqualValues(t, math.MaxInt32, entry.Deliveries)
		require.Equal(t, entriesOf("1-2"), harness.Value(c.XClaim(ctx, "s", "g", "d", 59*time.Minute, []string{"1-1", "1-2"}))(t))

		add(t, c, "s", "2-1", "2-2")
		require.Empty(t, harness.Value(c.XClaim(ctx, "s", "g", "d", 0, []string{"2-1"}))(t), "nobody has it")
		require.Equal(t, entriesOf("2-1"), harness.Value(c.XClaim(ctx, "s", "g", "d", 0, []string{"2-1"}, glide.ClaimForce, glide.ClaimLastID("2-1")))(t))
		require.Equal(t, "2-1", harness.Value(c.XInfoGroups(ctx, "s"))(t)[0].LastDeliveredID)

		require.EqualValues(t, 1, harness.Value(c.XDel(ctx, "s", "1-3"))(t))
		require.Equal(t, entriesOf("2-1"), harness.Value(c.XClaim(ctx, "s", "g", "f", 0, []string{"1-3", "2-1"}))(t), "what was deleted is not given")
		harness.RequireCode(t, "ERR", errorOf(c.XClaim(ctx, "s", "g", "f", 0, []string{"x"})))
		harness.Needs(t, "XCLAIM that forgets what was deleted", "7.0", "7.0")
		_, pending := deliveries("1-3")
		require.False(t, pending)
	})
}

func TestXAutoClaimGoesOverWhatIsPending(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		harness.RequireCode(t, "NOGROUP", errorOf(c.XAutoClaim(ctx, "s", "g", "d", 0, glide.StreamStart)))
		deliver(t, c, "s", "c", "1-1", "1-2", "1-3", "2-1")
		page := harness.Value(c.XAutoClaim(ctx, "s", "g", "d", time.Hour, glide.StreamStart))(t)
		require.True(t, page.Last())
		require.Empty(t, page.Claimed)

		page = harness.Value(c.XAutoClaim(ctx, "s", "g", "d", 0, glide.StreamStart, glide.Count(2)))(t)
		require.Equal(t, "1-3", page.Next)
		require.False(t, page.Last())
		require.Equal(t, entriesOf("1-1", "1-2"), page.Claimed)
		require.Empty(t, page.Deleted)
		page = harness.Value(c.XAutoClaim(ctx, "s", "g", "d", 0, page.Next, glide.Count(2)))(t)
		require.True(t, page.Last())
		require.Equal(t, entriesOf("1-3", "2-1"), page.Claimed)

		ids := harness.Value(c.XAutoClaimJustID(ctx, "s", "g", "e", 0, glide.StreamStart, glide.Count(3)))(t)
		require.Equal(t, "2-1", ids.Next)
		require.Equal(t, []string{"1-1", "1-2", "1-3"}, ids.Claimed)
		require.EqualValues(t, 2, harness.Value(c.XPendingEntries(ctx, "s", "g", "-", "+", 1))(t)[0].Deliveries)
		for _, count := range []int64{0, -1} {
			harness.RequireCode(t, "ERR", errorOf(c.XAutoClaim(ctx, "s", "g", "d", 0, glide.StreamStart, glide.Count(count))))
		}

		require.EqualValues(t, 2, harness.Value(c.XDel(ctx, "s", "1-2", "1-3"))(t))
		harness.Needs(t, "XAUTOCLAIM that tells what was deleted", "7.0", "7.0")
		page = harness.Value(c.XAutoClaim(ctx, "s", "g", "d", 0, "1-2", glide.Count(1)))(t)
		require.Equal(t, []string{"1-2"}, page.Deleted)
		require.Empty(t, page.Claimed)
		ids = harness.Value(c.XAutoClaimJustID(ctx, "s", "g", "d", 0, glide.StreamStart))(t)
		require.Equal(t, []string{"1-1", "2-1"}, ids.Claimed)
		require.Equal(t, []string{"1-3"}, ids.Deleted)
	})
}

func TestGroupsMayBeNamedLikeWordsOfCommands(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		add(t, c, "s", "1-1")
		for _, name := range []string{"streams", "count", "noack", "force", "full", "0", ">"} {
			require.NoError(t, c.XGroupCreate(ctx, "s", name, glide.StreamStart))
			require.Equal(t, []glide.StreamEntries{{Key: "s", Entries: entriesOf("1-1")}},
				harness.Value(c.XReadGroup(ctx, name, name, positions("s", glide.StreamUndelivered)))(t))
			require.Equal(t, entriesOf("1-1"), harness.Value(c.XClaim(ctx, "s", name, name, 0, []string{"1-1"}))(t))
			require.Equal(t, entriesOf("1-1"), harness.Value(c.XAutoClaim(ctx, "s", name, name, 0, glide.StreamStart))(t).Claimed)
			require.Len(t, harness.Value(c.XPendingEntries(ctx, "s", name, "-", "+", 9, glide.PendingFor(name)))(t), 1)
		}
		require.Len(t, harness.Value(c.XInfoStreamFull(ctx, "s"))(t).Groups, 7)

		require.NoError(t, c.XGroupCreate(ctx, "s", "justid", glide.StreamStart))
		harness.Value(c.XReadGroup(ctx, "justid", "justid", positions("s", glide.StreamUndelivered)))(t)
		require.Equal(t, entriesOf("1-1"), harness.Value(c.XAutoClaim(ctx, "s", "justid", "justid", 0, glide.StreamStart))(t).Claimed)
	})
}
