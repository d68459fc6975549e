package redis8_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestKeysAreSetAndDeletedByWhatTheyHold(t *testing.T) {
	harness.Needs(t, "DELEX", "", "8.4")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, c.Set(ctx, "k", "one"))
		digest := harness.Value(c.Digest(ctx, "k"))(t)
		require.Len(t, digest.Value(), 16)
		require.True(t, harness.Value(c.Digest(ctx, "none"))(t).IsNil())

		require.False(t, harness.Value(c.SetIf(ctx, "k", "two", glide.IfNotEqual("one")))(t))
		require.False(t, harness.Value(c.SetIf(ctx, "k", "two", glide.IfDigestNotEqual(digest.Value())))(t))
		require.True(t, harness.Value(c.SetIf(ctx, "k", "two", glide.IfDigestEqual(digest.Value()), glide.ExpireIn(time.Hour)))(t))
		require.False(t, harness.Value(c.SetIf(ctx, "k", "three", glide.IfDigestEqual(digest.Value())))(t))
		require.True(t, harness.Value(c.SetIf(ctx, "{k}new", "x", glide.IfNotEqual("one")))(t))
		require.Equal(t, glide.Some("two"), harness.Value(c.SetGet(ctx, "k", "three", glide.IfEqual("two")))(t))

		require.False(t, harness.Value(c.DelEx(ctx, "k", glide.IfEqual("two")))(t))
		require.False(t, harness.Value(c.DelEx(ctx, "k", glide.IfNotEqual("three")))(t))
		require.True(t, harness.Value(c.DelEx(ctx, "k", glide.IfEqual("three")))(t))
		require.False(t, harness.Value(c.DelEx(ctx, "k", glide.IfNotEqual("x")))(t))
		require.NoError(t, c.Set(ctx, "k", "one"))
		require.True(t, harness.Value(c.DelEx(ctx, "k", glide.IfDigestEqual(digest.Value())))(t))

		harness.Value(c.RPush(ctx, "{k}list", "a"))(t)
		_, err := c.DelEx(ctx, "{k}list", glide.IfEqual("a"))
		harness.RequireCode(t, "ERR", err)
		_, err = c.Digest(ctx, "{k}list")
		harness.RequireCode(t, "WRONGTYPE", err)
	})
}

func TestSeveralKeysAreSetWithAnExpiry(t *testing.T) {
	harness.Needs(t, "MSETEX", "", "8.4")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		pair := map[string]string{"{k}a": "1", "{k}b": "2"}
		require.True(t, harness.Value(c.MSetEx(ctx, pair, glide.IfAbsent, glide.ExpireIn(time.Hour)))(t))
		require.False(t, harness.Value(c.MSetEx(ctx, pair, glide.IfAbsent))(t))
		require.True(t, harness.Value(c.MSetEx(ctx, pair, glide.IfPresent, glide.KeepTTL))(t))
		left, expires := harness.Value(c.TTL(ctx, "{k}a"))(t).Get()
		require.True(t, expires)
		require.Positive(t, left)
	})
}

func TestBitsAreCombinedInNewWays(t *testing.T) {
	harness.Needs(t, "BITOP DIFF", "", "8.2")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for key, value := range map[string]string{"{k}a": "\x0f", "{k}b": "\x03", "{k}c": "\x30"} {
			require.NoError(t, c.Set(ctx, key, value))
		}
		for operation, want := range map[glide.BitOperation]string{
			glide.BitDiff: "\x0c", glide.BitDiff1: "\x30", glide.BitAndOr: "\x03", glide.BitOne: "\x3c",
		} {
			harness.Value(c.BitOp(ctx, operation, "{k}d", "{k}a", "{k}b", "{k}c"))(t)
			require.Equal(t, glide.Some(want), harness.Value(c.Get(ctx, "{k}d"))(t), operation)
		}
	})
}

func TestEntriesAreDeletedWithTheirReferences(t *testing.T) {
	harness.Needs(t, "XACKDEL", "", "8.2")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		fields := []glide.Field{{Name: "n", Value: "v"}}
		for _, id := range []string{"1-1", "2-2", "3-3", "4-4"} {
			harness.Value(c.XAdd(ctx, "k", fields, glide.EntryID(id), glide.MaxLen(100), glide.KeepReferences))(t)
		}
		for _, group := range []string{"g", "h"} {
			require.NoError(t, c.XGroupCreate(ctx, "k", group, glide.StreamStart))
			harness.Value(c.Do(ctx, "XREADGROUP", "GROUP", group, "me", "STREAMS", "k", ">"))(t)
		}
		require.Equal(t, []glide.EntryDeletion{glide.EntryReferenced, glide.EntryMissing}, harness.Value(c.XDelEx(ctx, "k", glide.OnlyAcknowledged, "1-1", "0-9"))(t))
		require.Equal(t, []glide.EntryDeletion{glide.EntryReferenced}, harness.Value(c.XAckDel(ctx, "k", "g", glide.OnlyAcknowledged, "1-1"))(t))
		require.Equal(t, []glide.EntryDeletion{glide.EntryDeleted}, harness.Value(c.XAckDel(ctx, "k", "h", glide.OnlyAcknowledged, "1-1"))(t))
		require.Equal(t, []glide.EntryDeletion{glide.EntryDeleted}, harness.Value(c.XDelEx(ctx, "k", glide.DeleteReferences, "2-2"))(t))
		require.EqualValues(t, 2, harness.Value(c.XPending(ctx, "k", "g"))(t).Count)
		require.EqualValues(t, 0, harness.Value(c.XTrim(ctx, "k", glide.MaxLen(0), glide.OnlyAcknowledged))(t))
		require.EqualValues(t, 2, harness.Value(c.XTrim(ctx, "k", glide.MaxLen(0), glide.DeleteReferences))(t))
		require.EqualValues(t, 0, harness.Value(c.XPending(ctx, "k", "g"))(t).Count)
		require.Equal(t, []glide.EntryDeletion{glide.EntryMissing}, harness.Value(c.XDelEx(ctx, "none", glide.KeepReferences, "1-1"))(t))
	})
}

func TestEntriesAreAddedOnce(t *testing.T) {
	harness.Needs(t, "IDMP", "", "8.6")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		fields := []glide.Field{{Name: "n", Value: "v"}}
		first := harness.Value(c.XAdd(ctx, "k", fields, glide.Idempotent("me", "1")))(t)
		require.NoError(t, c.XCfgSet(ctx, "k", glide.IdempotencyDuration(time.Hour), glide.IdempotencyMaxSize(1000)))
		again := harness.Value(c.XAdd(ctx, "k", fields, glide.Idempotent("me", "1"), glide.MaxLen(10)))(t)
		require.NotEqual(t, first, again, "the stream forgets the IDs when it is configured")
		require.Equal(t, again, harness.Value(c.XAdd(ctx, "k", fields, glide.Idempotent("me", "1"), glide.DeleteReferences))(t))
		auto := harness.Value(c.XAdd(ctx, "k", fields, glide.IdempotentAuto("me")))(t)
		require.Equal(t, auto, harness.Value(c.XAdd(ctx, "k", fields, glide.IdempotentAuto("me")))(t))
		require.EqualValues(t, 3, harness.Value(c.XLen(ctx, "k"))(t))
		harness.RequireCode(t, "ERR", c.XCfgSet(ctx, "none", glide.IdempotencyMaxSize(9)))
	})
}

func TestHotKeysAreTracked(t *testing.T) {
	harness.Needs(t, "HOTKEYS", "", "8.6")
	harness.OnOwn(t, func(t *testing.T, _ *glidetest.Server, client *glide.Client) {
		require.True(t, harness.Value(client.HotKeysGet(ctx))(t).IsNil())
		metrics := []glide.HotKeyMetric{glide.HotByCPU, glide.HotByNetwork}
		require.NoError(t, client.HotKeysStart(ctx, metrics, glide.Count(5), glide.HotKeysDuration(time.Hour), glide.SampleRatio(1)))
		harness.RequireCode(t, "ERR", client.HotKeysStart(ctx, metrics))
		for range 10 {
			require.NoError(t, client.Set(ctx, "hot", "v"))
		}
		require.True(t, harness.Value(client.HotKeysGet(ctx))(t).Value().Active)
		require.NoError(t, client.HotKeysStop(ctx))
		hot := harness.Value(client.HotKeysGet(ctx))(t).Value()
		require.False(t, hot.Active)
		require.EqualValues(t, 1, hot.SampleRatio)
		require.Equal(t, "hot", hot.ByCPU[0].Key)
		require.Equal(t, "hot", hot.ByNetwork[0].Key)
		require.Positive(t, hot.ByNetwork[0].Cost)
		require.False(t, hot.Started.IsZero())
		require.NoError(t, client.HotKeysReset(ctx))
		require.True(t, harness.Value(client.HotKeysGet(ctx))(t).IsNil())
	})
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		node := client.Node(glide.PrimaryOfSlot(0))
		require.NoError(t, node.HotKeysStart(ctx, []glide.HotKeyMetric{glide.HotByNetwork}, glide.HotSlots(0, 1)))
		require.NoError(t, node.HotKeysStop(ctx))
		require.NoError(t, node.HotKeysReset(ctx))
	})
}

// A server that lacks a command answers with its own error, and the connection
// goes on.
func TestServersThatLackCommandsSaySo(t *testing.T) {
	path, ok := testkit.InstalledServer("valkey/valkey-server")
	if !ok {
		t.Skip("no Valkey that scripts/install-server has installed")
	}
	client := harness.Connect(t, glidetest.Start(t, glidetest.WithBinary(path)), harness.Patient)
	for name, call := range map[string]func() error{
		"VADD":    func() error { _, err := client.VAdd(ctx, "k", "e", []float32{1}); return err },
		"VSIM":    func() error { _, err := client.VSim(ctx, "k", glide.NearElement("e")); return err },
		"DELEX":   func() error { _, err := client.DelEx(ctx, "k", glide.IfEqual("v")); return err },
		"DIGEST":  func() error { _, err := client.Digest(ctx, "k"); return err },
		"INCREX":  func() error { _, err := client.IncrEx(ctx, "k", 1); return err },
		"XDELEX":  func() error { _, err := client.XDelEx(ctx, "k", glide.KeepReferences, "1-1"); return err },
		"XNACK":   func() error { _, err := client.XNack(ctx, "k", "g", glide.NackFail, "1-1"); return err },
		"HOTKEYS": func() error { return client.HotKeysStop(ctx) },
		"SET":     func() error { _, err := client.SetIf(ctx, "k", "v", glide.IfNotEqual("w")); return err },
		"BITOP":   func() error { _, err := client.BitOp(ctx, glide.BitOne, "d", "k"); return err },
	} {
		err := call()
		var server *glide.ServerError
		require.ErrorAs(t, err, &server, name)
		require.Equal(t, "ERR", server.Code, name)
	}
	require.NoError(t, client.Set(ctx, "k", "v"))
}
