package commands_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// fieldsOf returns fields of alternating names and values.
func fieldsOf(words ...string) []glide.Field {
	fields := []glide.Field{}
	for i := 0; i < len(words); i += 2 {
		fields = append(fields, glide.Field{Name: words[i], Value: words[i+1]})
	}
	return fields
}

// add adds an entry of an ID, or of several, with fields that tell it.
func add(t *testing.T, c faces.Face, key string, ids ...string) {
	t.Helper()
	for _, id := range ids {
		require.Equal(t, id, harness.Value(c.XAdd(ctx, key, fieldsOf("id", id), glide.EntryID(id)))(t))
	}
}

// entriesOf are those that add makes.
func entriesOf(ids ...string) []glide.StreamEntry {
	entries := []glide.StreamEntry{}
	for _, id := range ids {
		entries = append(entries, glide.StreamEntry{ID: id, Fields: fieldsOf("id", id)})
	}
	return entries
}

func positions(keysAndIDs ...string) []glide.StreamPosition {
	positions := []glide.StreamPosition{}
	for i := 0; i < len(keysAndIDs); i += 2 {
		positions = append(positions, glide.StreamPosition{Key: keysAndIDs[i], ID: keysAndIDs[i+1]})
	}
	return positions
}

// all returns all entries.
func all(t *testing.T, c faces.Face, key string) []glide.StreamEntry {
	t.Helper()
	return harness.Value(c.XRange(ctx, key, glide.StreamMin, glide.StreamMax))(t)
}

func TestEntriesHoldAnyBytesInTheirOrder(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, text := range harness.Hostile {
			key := "{k}" + text
			fields := fieldsOf("z", text, text, "1", "a", "", "z", "again", text, text)
			id := harness.Value(c.XAdd(ctx, key, fields))(t)
			want := []glide.StreamEntry{{ID: id, Fields: fields}}
			require.Equal(t, want, all(t, c, key))
			require.Equal(t, []glide.StreamEntries{{Key: key, Entries: want}}, harness.Value(c.XRead(ctx, positions(key, glide.StreamStart)))(t))
			require.NoError(t, c.XGroupCreate(ctx, key, "g"+text, glide.StreamStart))
			require.Equal(t, []glide.StreamEntries{{Key: key, Entries: want}},
				harness.Value(c.XReadGroup(ctx, "g"+text, "c"+text, positions(key, glide.StreamUndelivered)))(t))
			require.Equal(t, want, harness.Value(c.XClaim(ctx, key, "g"+text, "d"+text, 0, []string{id}))(t))
			require.Equal(t, want, harness.Value(c.XAutoClaim(ctx, key, "g"+text, "e"+text, 0, glide.StreamStart))(t).Claimed)
			require.Equal(t, []glide.PendingCount{{Consumer: "e" + text, Count: 1}}, harness.Value(c.XPending(ctx, key, "g"+text))(t).Consumers)
			require.Equal(t, "e"+text, harness.Value(c.XPendingEntries(ctx, key, "g"+text, "-", "+", 1, glide.PendingFor("e"+text)))(t)[0].Consumer)
			require.Equal(t, glide.Some(want[0]), harness.Value(c.XInfoStream(ctx, key))(t).Last)
			full := harness.Value(c.XInfoStreamFull(ctx, key))(t)
			require.Equal(t, want, full.Entries)
			require.Equal(t, "g"+text, full.Groups[0].Name)
			require.Equal(t, "e"+text, full.Groups[0].Pending[0].Consumer)
			require.Equal(t, "g"+text, harness.Value(c.XInfoGroups(ctx, key))(t)[0].Name)
			require.Len(t, harness.Value(c.XInfoConsumers(ctx, key, "g"+text))(t), 3)
		}
	})
}

func TestXAddGivesTheID(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		fields := fieldsOf("f", "v")
		require.Equal(t, glide.None[string](), harness.Value(c.XAddIfPresent(ctx, "s", fields))(t))
		require.EqualValues(t, 0, harness.Value(c.XLen(ctx, "s"))(t))
		require.Equal(t, "5-1", harness.Value(c.XAdd(ctx, "s", fields, glide.EntryID("5-1")))(t))
		require.Equal(t, glide.Some("5-2"), harness.Value(c.XAddIfPresent(ctx, "s", fields, glide.EntryID("5-2")))(t))
		require.NotEmpty(t, harness.Value(c.XAdd(ctx, "s", fields))(t))
		require.EqualValues(t, 3, harness.Value(c.XLen(ctx, "s"))(t))
		for _, id := range []string{"5-2", "0-0", "", "x", "-1-1"} {
			_, err := c.XAdd(ctx, "s", fields, glide.EntryID(id))
			harness.RequireCode(t, "ERR", err)
		}
		require.Equal(t, "18446744073709551615-0", harness.Value(c.XAdd(ctx, "s", fields, glide.EntryID("18446744073709551615")))(t))
		harness.Needs(t, "IDs of which it chooses the second number", "7.0", "7.0")
		require.Equal(t, "18446744073709551615-1", harness.Value(c.XAdd(ctx, "s", fields, glide.EntryID("18446744073709551615-*")))(t))
	})
}

func TestStreamsAreTrimmed(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 0, harness.Value(c.XTrim(ctx, "s", glide.MaxLen(0)))(t))
		add(t, c, "s", "1-1", "1-2", "1-3", "2-1", "2-2")
		require.EqualValues(t, 1, harness.Value(c.XTrim(ctx, "s", glide.MaxLen(4)))(t))
		require.EqualValues(t, 2, harness.Value(c.XTrim(ctx, "s", glide.MinID("2")))(t))
		require.Equal(t, entriesOf("2-1", "2-2"), all(t, c, "s"))
		require.EqualValues(t, 0, harness.Value(c.XTrim(ctx, "s", glide.Roughly(glide.MaxLen(1))))(t), "there are too few to trim roughly")
		require.EqualValues(t, 0, harness.Value(c.XTrim(ctx, "s", glide.RoughlyWithin(10, glide.MinID("2-2"))))(t))
		require.EqualValues(t, 0, harness.Value(c.XTrim(ctx, "s", glide.MaxLen(math.MaxInt64)))(t))

		fields := fieldsOf("id", "3-1")
		require.Equal(t, "3-1", harness.Value(c.XAdd(ctx, "s", fields, glide.EntryID("3-1"), glide.MaxLen(2)))(t))
		require.Equal(t, entriesOf("2-2", "3-1"), all(t, c, "s"))
		require.Equal(t, "3-2", harness.Value(c.XAdd(ctx, "s", fieldsOf("id", "3-2"), glide.MinID("3"), glide.EntryID("3-2")))(t))
		require.Equal(t, entriesOf("3-1", "3-2"), all(t, c, "s"))
		require.Equal(t, glide.Some("3-3"), harness.Value(c.XAddIfPresent(ctx, "s", fields, glide.RoughlyWithin(0, glide.MaxLen(1)), glide.EntryID("3-3")))(t))
		require.EqualValues(t, 3, harness.Value(c.XLen(ctx, "s"))(t))
		require.EqualValues(t, 3, harness.Value(c.XTrim(ctx, "s", glide.MaxLen(0)))(t))
		require.EqualValues(t, 1, harness.Value(c.Exists(ctx, "s"))(t), "an empty stream exists")

		_, err := c.XTrim(ctx, "s", glide.MaxLen(-1))
		harness.RequireCode(t, "ERR", err)
		_, err = c.XTrim(ctx, "s", glide.RoughlyWithin(-1, glide.MaxLen(1)))
		harness.RequireCode(t, "ERR", err)
		_, err = c.XAdd(ctx, "s", fields, glide.MinID("x"))
		harness.RequireCode(t, "ERR", err)
	})
}

func TestRangesOfEntries(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.Empty(t, all(t, c, "s"))
		add(t, c, "s", "1-1", "1-2", "2-1", "3-1")
		require.Equal(t, entriesOf("1-1", "1-2", "2-1", "3-1"), all(t, c, "s"))
		require.Equal(t, entriesOf("1-1", "1-2"), harness.Value(c.XRange(ctx, "s", "1", "1"))(t))
		require.Equal(t, entriesOf("2-1"), harness.Value(c.XRange(ctx, "s", glide.StreamExclusive("1-2"), glide.StreamMax, glide.Count(1)))(t))
		require.Equal(t, entriesOf("3-1", "2-1"), harness.Value(c.XRevRange(ctx, "s", glide.StreamMax, glide.StreamExclusive("1-2")))(t))
		require.Equal(t, entriesOf("3-1"), harness.Value(c.XRevRange(ctx, "s", glide.StreamMax, glide.StreamMin, glide.Count(1)))(t))
		require.Empty(t, harness.Value(c.XRange(ctx, "s", "3", "1"))(t))
		require.Empty(t, harness.Value(c.XRange(ctx, "s", "-", "+", glide.Count(0)))(t))
		require.Empty(t, harness.Value(c.XRevRange(ctx, "absent", "+", "-"))(t))
		_, err := c.XRange(ctx, "s", "x", "+")
		harness.RequireCode(t, "ERR", err)

		require.EqualValues(t, 2, harness.Value(c.XDel(ctx, "s", "1-1", "9-9", "2-1"))(t))
		require.EqualValues(t, 0, harness.Value(c.XDel(ctx, "absent", "1-1"))(t))
		require.Equal(t, entriesOf("1-2", "3-1"), all(t, c, "s"))
	})
}

func TestManyEntriesComeInTheirOrder(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		ids := []string{}
		for i := range 300 {
			ids = append(ids, fmt.Sprintf("%d-%d", 1+i/7, i%7+1))
		}
		add(t, c, "s", ids...)
		require.Equal(t, entriesOf(ids...), all(t, c, "s"))
		streams := harness.Value(c.XRead(ctx, positions("s", glide.StreamStart)))(t)
		require.Equal(t, entriesOf(ids...), streams[0].Entries)
	})
}

func TestXReadGivesWhatComesAfterAPosition(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.Empty(t, harness.Value(c.XRead(ctx, positions("{k}absent", "0")))(t))
		add(t, c, "{k}z", "1-1", "1-2", "1-3")
		add(t, c, "{k}a", "1-1", "2-1")
		streams := harness.Value(c.XRead(ctx, positions("{k}z", "1-1", "{k}absent", "0", "{k}a", glide.StreamStart)))(t)
		require.Equal(t, []glide.StreamEntries{
			{Key: "{k}z", Entries: entriesOf("1-2", "1-3")}, {Key: "{k}a", Entries: entriesOf("1-1", "2-1")},
		}, streams)
		streams = harness.Value(c.XRead(ctx, positions("{k}a", "0", "{k}z", "0"), glide.Count(1)))(t)
		require.Equal(t, []glide.StreamEntries{
			{Key: "{k}a", Entries: entriesOf("1-1")}, {Key: "{k}z", Entries: entriesOf("1-1")},
		}, streams)
		twice := harness.Value(c.XRead(ctx, positions("{k}a", "0", "{k}a", "1-1")))(t)
		require.Equal(t, []glide.StreamEntries{
			{Key: "{k}a", Entries: entriesOf("1-1", "2-1")}, {Key: "{k}a", Entries: entriesOf("2-1")},
		}, twice)
		require.Empty(t, harness.Value(c.XRead(ctx, positions("{k}a", glide.StreamLast, "{k}z", "1-3")))(t))
		require.Empty(t, harness.Value(c.XReadBlocking(ctx, time.Millisecond, positions("{k}a", glide.StreamLast)))(t))
		require.Equal(t, []glide.StreamEntries{{Key: "{k}a", Entries: entriesOf("1-1")}},
			harness.Value(c.XReadBlocking(ctx, 0, positions("{k}a", "0"), glide.Count(1)))(t))
		_, err := c.XRead(ctx, positions("{k}a", "x"))
		harness.RequireCode(t, "ERR", err)
		_, err = c.XRead(ctx, positions("{k}a", glide.StreamUndelivered))
		harness.RequireCode(t, "ERR", err)

		harness.Needs(t, "XREAD of the last entry", "8.0", "7.4")
		require.Equal(t, []glide.StreamEntries{{Key: "{k}a", Entries: entriesOf("2-1")}},
			harness.Value(c.XRead(ctx, positions("{k}a", glide.StreamMax)))(t))
	})
}

func TestStreamsWaitForEntries(t *testing.T) {
	onTwoClients(t, func(t *testing.T, waiting, other faces.Face) {
		id := ""
		push := func() { id = harness.Value(other.XAdd(ctx, "{k}s", fieldsOf("f", "v")))(t) }
		want := func() []glide.StreamEntries {
			return []glide.StreamEntries{{Key: "{k}s", Entries: []glide.StreamEntry{{ID: id, Fields: fieldsOf("f", "v")}}}}
		}
		got := whileWaiting(t, func() ([]glide.StreamEntries, error) {
			return waiting.XReadBlocking(ctx, 0, positions("{k}t", "0", "{k}s", glide.StreamLast))
		}, push)
		require.Equal(t, want(), got)

		require.NoError(t, other.XGroupCreate(ctx, "{k}s", "g", glide.StreamLast))
		got = whileWaiting(t, func() ([]glide.StreamEntries, error) {
			return waiting.XReadGroupBlocking(ctx, time.Minute, "g", "c", positions("{k}s", glide.StreamUndelivered), glide.Count(1))
		}, push)
		require.Equal(t, want(), got)

		began := time.Now()
		require.Empty(t, harness.Value(waiting.XReadGroupBlocking(ctx, 150*time.Millisecond, "g", "c", positions("{k}s", glide.StreamUndelivered)))(t))
		require.GreaterOrEqual(t, time.Since(began), 140*time.Millisecond)
		require.Equal(t, want(), harness.Value(waiting.XReadGroupBlocking(ctx, 0, "g", "c", positions("{k}s", "0")))(t), "what is pending is not waited for")
	})
}

func TestXSetID(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		harness.RequireCode(t, "ERR", c.XSetID(ctx, "s", "1-1"))
		add(t, c, "s", "1-1", "1-2")
		require.NoError(t, c.XSetID(ctx, "s", "5-5"))
		require.Equal(t, "5-5", harness.Value(c.XInfoStream(ctx, "s"))(t).LastGeneratedID)
		harness.RequireCode(t, "ERR", c.XSetID(ctx, "s", "1-1"))
		harness.Needs(t, "XSETID with options", "7.0", "7.0")
		require.NoError(t, c.XSetID(ctx, "s", "6-6", glide.EntriesAdded(100), glide.MaxDeletedID("4-4")))
		info := harness.Value(c.XInfoStream(ctx, "s"))(t)
		require.EqualValues(t, 100, info.EntriesAdded)
		require.Equal(t, "4-4", info.MaxDeletedID)
		harness.RequireCode(t, "ERR", c.XSetID(ctx, "s", "6-6", glide.EntriesAdded(1)))
		harness.RequireCode(t, "ERR", c.XSetID(ctx, "s", "6-6", glide.MaxDeletedID("7-7")))
	})
}

func TestStreamsRefuseOtherTypes(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, c.Set(ctx, "k", "v"))
		for name, err := range map[string]error{
			"XAdd":          errorOf(c.XAdd(ctx, "k", fieldsOf("f", "v"))),
			"XAddIfPresent": errorOf(c.XAddIfPresent(ctx, "k", fieldsOf("f", "v"))),
			"XDel":          errorOf(c.XDel(ctx, "k", "1-1")),
			"XLen":          errorOf(c.XLen(ctx, "k")),
			"XTrim":         errorOf(c.XTrim(ctx, "k", glide.MaxLen(1))),
			"XSetID":        c.XSetID(ctx, "k", "1-1"),
			"XRange":        errorOf(c.XRange(ctx, "k", "-", "+")),
			"XRevRange":     errorOf(c.XRevRange(ctx, "k", "+", "-")),
			"XRead":         errorOf(c.XRead(ctx, positions("k", "0"))),
			"XReadGroup":    errorOf(c.XReadGroup(ctx, "g", "c", positions("k", ">"))),
			"XAck":          errorOf(c.XAck(ctx, "k", "g", "1-1")),
			"XPending":      errorOf(c.XPending(ctx, "k", "g")),
			"XClaim":        errorOf(c.XClaim(ctx, "k", "g", "c", 0, []string{"1-1"})),
			"XAutoClaim":    errorOf(c.XAutoClaim(ctx, "k", "g", "c", 0, "0")),
			"XGroupCreate":  c.XGroupCreate(ctx, "k", "g", "0", glide.MakeStream),
			"XInfoStream":   errorOf(c.XInfoStream(ctx, "k")),
			"XInfoGroups":   errorOf(c.XInfoGroups(ctx, "k")),
		} {
			t.Run(name, func(t *testing.T) { harness.RequireCode(t, "WRONGTYPE", err) })
		}
	})
}

// errorOf returns the error alone.
func errorOf[T any](_ T, err error) error { return err }
