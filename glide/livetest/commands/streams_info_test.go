package commands_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestXInfoStreamDescribesAStream(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		harness.RequireCode(t, "ERR", errorOf(c.XInfoStream(ctx, "s")))
		harness.RequireCode(t, "ERR", errorOf(c.XInfoStreamFull(ctx, "s")))
		require.NoError(t, c.XGroupCreate(ctx, "s", "g", glide.StreamLast, glide.MakeStream))
		info := harness.Value(c.XInfoStream(ctx, "s"))(t)
		require.EqualValues(t, 0, info.Length)
		require.EqualValues(t, 1, info.Groups)
		require.True(t, info.First.IsNil())
		require.True(t, info.Last.IsNil())

		add(t, c, "s", "1-1", "1-2", "1-3", "1-4")
		require.EqualValues(t, 2, harness.Value(c.XDel(ctx, "s", "1-1", "1-4"))(t))
		info = harness.Value(c.XInfoStream(ctx, "s"))(t)
		require.EqualValues(t, 2, info.Length)
		require.Positive(t, info.RadixTreeKeys)
		require.Positive(t, info.RadixTreeNodes)
		require.Equal(t, "1-4", info.LastGeneratedID)
		require.Equal(t, glide.Some(entriesOf("1-2")[0]), info.First)
		require.Equal(t, glide.Some(entriesOf("1-3")[0]), info.Last)
		harness.Needs(t, "XINFO STREAM that knows of deleted entries", "7.0", "7.0")
		require.Equal(t, "1-4", info.MaxDeletedID)
		require.EqualValues(t, 4, info.EntriesAdded)
		require.Equal(t, "1-2", info.RecordedFirstID)
	})
}

func TestXInfoStreamFullDescribesAllOfAStream(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		began := time.Now().Add(-time.Minute)
		ids := []string{}
		for i := range 12 {
			ids = append(ids, fmt.Sprintf("1-%d", i+1))
		}
		deliver(t, c, "s", "c", ids...)
		require.True(t, harness.Value(c.XGroupCreateConsumer(ctx, "s", "g", "idle"))(t))
		require.NoError(t, c.XGroupCreate(ctx, "s", "none", glide.StreamLast))

		info := harness.Value(c.XInfoStreamFull(ctx, "s"))(t)
		require.EqualValues(t, 12, info.Length)
		require.Equal(t, "1-12", info.LastGeneratedID)
		require.Equal(t, entriesOf(ids[:10]...), info.Entries)
		require.Len(t, info.Groups, 2)
		require.Equal(t, "none", info.Groups[1].Name)
		require.Empty(t, info.Groups[1].Consumers)
		require.Empty(t, info.Groups[1].Pending)

		group := info.Groups[0]
		require.Equal(t, "g", group.Name)
		require.Equal(t, "1-12", group.LastDeliveredID)
		require.EqualValues(t, 12, group.PendingCount)
		require.Len(t, group.Pending, 10)
		for i, pending := range group.Pending {
			require.WithinRange(t, pending.Delivered, began, time.Now().Add(time.Minute))
			require.Equal(t, glide.PendingDelivery{ID: ids[i], Consumer: "c", Delivered: pending.Delivered, Deliveries: 1}, pending)
		}
		require.Len(t, group.Consumers, 2)
		consumer, idle := group.Consumers[0], group.Consumers[1]
		require.Equal(t, "c", consumer.Name)
		require.WithinRange(t, consumer.Seen, began, time.Now().Add(time.Minute))
		require.EqualValues(t, 12, consumer.PendingCount)
		require.Equal(t, group.Pending, consumer.Pending)
		require.Equal(t, "idle", idle.Name)
		require.True(t, idle.Active.IsNil())
		require.Empty(t, idle.Pending)

		info = harness.Value(c.XInfoStreamFull(ctx, "s", glide.Count(1)))(t)
		require.Equal(t, entriesOf("1-1"), info.Entries)
		require.Len(t, info.Groups[0].Pending, 1)
		require.Equal(t, entriesOf(ids...), harness.Value(c.XInfoStreamFull(ctx, "s", glide.Count(0)))(t).Entries)

		harness.Needs(t, "XINFO STREAM with times of activity", "7.2", "7.2")
		require.WithinRange(t, consumer.Active.Value(), began, time.Now().Add(time.Minute))
		require.Equal(t, glide.Some(int64(12)), group.EntriesRead)
		require.Equal(t, glide.Some(int64(0)), group.Lag)
	})
}

func TestXInfoDescribesGroupsAndConsumers(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		harness.RequireCode(t, "ERR", errorOf(c.XInfoGroups(ctx, "s")))
		harness.RequireCode(t, "ERR", errorOf(c.XInfoConsumers(ctx, "s", "g")))
		add(t, c, "s", "1-1", "1-2", "1-3")
		require.Empty(t, harness.Value(c.XInfoGroups(ctx, "s"))(t))
		harness.RequireCode(t, "NOGROUP", errorOf(c.XInfoConsumers(ctx, "s", "g")))
		require.NoError(t, c.XGroupCreate(ctx, "s", "g", glide.StreamStart))
		require.Empty(t, harness.Value(c.XInfoConsumers(ctx, "s", "g"))(t))
		harness.Value(c.XReadGroup(ctx, "g", "c", positions("s", glide.StreamUndelivered), glide.Count(2)))(t)
		require.True(t, harness.Value(c.XGroupCreateConsumer(ctx, "s", "g", "idle"))(t))

		group := harness.Value(c.XInfoGroups(ctx, "s"))(t)[0]
		require.Equal(t, "g", group.Name)
		require.EqualValues(t, 2, group.Consumers)
		require.EqualValues(t, 2, group.Pending)
		require.Equal(t, "1-2", group.LastDeliveredID)
		consumers := harness.Value(c.XInfoConsumers(ctx, "s", "g"))(t)
		require.Len(t, consumers, 2)
		require.Equal(t, "c", consumers[0].Name)
		require.EqualValues(t, 2, consumers[0].Pending)
		require.Less(t, consumers[0].Idle, time.Minute)
		require.Equal(t, "idle", consumers[1].Name)
		require.EqualValues(t, 0, consumers[1].Pending)
		require.True(t, consumers[1].Inactive.IsNil())

		harness.Needs(t, "XINFO GROUPS with the lag", "7.0", "7.0")
		require.Equal(t, glide.Some(int64(2)), group.EntriesRead)
		require.Equal(t, glide.Some(int64(1)), group.Lag)
		harness.Needs(t, "XINFO CONSUMERS with times of activity", "7.2", "7.2")
		require.False(t, consumers[0].Inactive.IsNil())
	})
}
