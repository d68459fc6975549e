package cluster_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestAClusterScanFindsEveryKey(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		want := map[string]bool{}
		pipeline := glide.NewPipeline()
		for i := range 1000 {
			key := fmt.Sprint("key:", i)
			pipeline.Set(key, "v")
			want[key] = true
		}
		_, err := client.Exec(ctx, pipeline, glide.FailOnError)
		require.NoError(t, err)
		_, err = client.Do(ctx, "LPUSH", "list", "x")
		require.NoError(t, err)

		found := map[string]bool{}
		for key, err := range client.AllKeys(ctx, glide.Match("key:*"), glide.Count(100), glide.Type("string")) {
			require.NoError(t, err)
			found[key] = true
		}
		require.Equal(t, want, found)
		var lists []string
		for key, err := range client.AllKeys(ctx, glide.Type("list")) {
			require.NoError(t, err)
			lists = append(lists, key)
		}
		require.Equal(t, []string{"list"}, slices.Compact(lists))
		for range client.AllKeys(ctx) {
			break // and nothing is left behind
		}
		for key, err := range client.AllKeys(ctx, glide.Match("")) {
			t.Fatal(key, err)
		}
	})
}

func TestTheSameCursorRepeatsItsStep(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		pipeline := glide.NewPipeline()
		for i := range 300 {
			pipeline.Set(fmt.Sprint("key:", i), "v")
		}
		_, err := client.Exec(ctx, pipeline, glide.FailOnError)
		require.NoError(t, err)

		cursor := glide.ClusterScanCursor{}
		steps := 0
		for ; !cursor.Finished(); steps++ {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			_, err := client.ScanPrimaries(ended, cursor)
			require.ErrorIs(t, err, context.Canceled)
			copied := cursor
			first := harness.Value(client.ScanPrimaries(ctx, cursor))(t)
			again := harness.Value(client.ScanPrimaries(ctx, copied))(t)
			slices.Sort(first.Keys)
			slices.Sort(again.Keys)
			require.Equal(t, first.Keys, again.Keys)
			require.Equal(t, first.Cursor.Finished(), again.Cursor.Finished())
			cursor = again.Cursor
		}
		require.Greater(t, steps, 3)
		_, err = client.ScanPrimaries(ctx, cursor)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
	})
}

func TestScanStatesGoWithTheirCursors(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		live := func() int64 {
			runtime.GC()
			scans := engine.Live().Scans
			return scans
		}
		require.Eventually(t, func() bool { return live() == 0 }, harness.Patience, 10*time.Millisecond)
		for i := range 100 {
			require.NoError(t, client.Set(ctx, fmt.Sprint("key:", i), "v"))
		}
		var cursors []glide.ClusterScanCursor
		for range 10 {
			cursors = append(cursors, harness.Value(client.ScanPrimaries(ctx, glide.ClusterScanCursor{}, glide.Count(1)))(t).Cursor)
		}
		// A caller that leaves at once leaves no state behind.
		for i := range 50 {
			short, cancel := context.WithTimeout(ctx, time.Duration(i)*10*time.Microsecond)
			_, _ = client.ScanPrimaries(short, cursors[0])
			cancel()
		}
		require.Eventually(t, func() bool { return live() == 10 }, harness.Patience, 10*time.Millisecond)
		for _, cursor := range cursors {
			harness.Value(client.ScanPrimaries(ctx, cursor))(t)
		}
		cursors = nil
		require.Eventually(t, func() bool { return live() == 0 }, harness.Patience, 10*time.Millisecond)
	})
}

func TestAScanThatCannotBeMeantIsNotSent(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		begin := glide.ClusterScanCursor{}
		for _, options := range [][]glide.AllKeysOption{
			{nil}, {glide.Count(0)}, {glide.Count(-1)}, {glide.Type("zzz")}, {glide.Type("")},
			{glide.Match("a"), glide.Match("b")}, {glide.AllowUncoveredSlots, glide.AllowUncoveredSlots},
		} {
			_, err := client.ScanPrimaries(ctx, begin, options...)
			require.ErrorIs(t, err, glide.ErrInvalidArgument)
		}
		harness.Value(client.ScanPrimaries(ctx, begin, glide.AllowUncoveredSlots, glide.Count(1<<62)))(t)
	})
	_, err := (&glide.ClusterClient{}).ScanPrimaries(ctx, glide.ClusterScanCursor{})
	require.ErrorIs(t, err, glide.ErrClosed)
}
