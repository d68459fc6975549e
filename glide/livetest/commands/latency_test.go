package commands_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestLatencyTellsOfSpikes(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithConfig("latency-monitor-threshold", "1"), glidetest.WithConfig("enable-debug-command", "yes"))
	for _, p := range harness.Protocols {
		for name, c := range serverFacesOf(t, server, p.Protocol) {
			t.Run(name+" "+p.Name, func(t *testing.T) {
				harness.Value(c.LatencyReset(ctx))(t)
				require.Equal(t, []glide.LatencySpike{}, harness.Value(c.LatencyHistory(ctx, "nothing"))(t))
				_, err := c.LatencyGraph(ctx, "nothing")
				harness.RequireCode(t, "ERR", err)

				harness.Value(c.Do(ctx, "DEBUG", "SLEEP", "0.02"))(t)
				history := harness.Value(c.LatencyHistory(ctx, "command"))(t)
				require.NotEmpty(t, history)
				spike := history[len(history)-1]
				require.WithinDuration(t, time.Now(), spike.Time, time.Minute)
				require.GreaterOrEqual(t, spike.Took, 20*time.Millisecond)
				require.Less(t, spike.Took, 20*time.Second)

				var event glide.LatencyEvent
				for _, latest := range harness.Value(c.LatencyLatest(ctx))(t) {
					if latest.Name == "command" {
						event = latest
					}
				}
				require.WithinDuration(t, spike.Time, event.Latest.Time, time.Minute)
				require.GreaterOrEqual(t, event.Longest, spike.Took)
				if server.Version().AtLeast("8.1", "") {
					require.GreaterOrEqual(t, event.Total, event.Latest.Took)
					require.Positive(t, event.Count)
				}
				require.Contains(t, harness.Value(c.LatencyGraph(ctx, "command"))(t), "command - high")
				require.Contains(t, harness.Value(c.LatencyDoctor(ctx))(t), "command")
				require.EqualValues(t, 1, harness.Value(c.LatencyReset(ctx, "command", "nothing"))(t))
			})
		}
	}
}

func TestLatencyResetIsForAllPrimaries(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		harness.Value(c.LatencyReset(ctx))(t)
		require.EqualValues(t, 0, harness.Value(c.LatencyReset(ctx, "nothing", "fork"))(t))
	})
}

func TestHistogramsCountTheCalls(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithConfig("enable-debug-command", "yes"))
	for _, p := range harness.Protocols {
		for name, c := range serverFacesOf(t, server, p.Protocol) {
			t.Run(name+" "+p.Name, func(t *testing.T) {
				require.NoError(t, c.ConfigResetStat(ctx))
				for range 7 {
					require.NoError(t, c.Set(ctx, "k", "v"))
				}
				harness.Value(c.Do(ctx, "DEBUG", "SLEEP", "0.01"))(t)
				harness.Value(c.ConfigGet(ctx, "timeout"))(t)
				histograms := harness.Value(c.LatencyHistogram(ctx))(t)
				require.EqualValues(t, 7, histograms["set"].Calls)
				buckets := histograms["set"].Buckets
				require.EqualValues(t, 7, buckets[len(buckets)-1].Calls)
				for i, bucket := range buckets[1:] {
					require.Greater(t, bucket.UpTo, buckets[i].UpTo)
					require.Greater(t, bucket.Calls, buckets[i].Calls)
				}
				require.GreaterOrEqual(t, histograms["debug"].Buckets[0].UpTo, 10*time.Millisecond)
				require.Less(t, histograms["debug"].Buckets[0].UpTo, 10*time.Second)

				some := harness.Value(c.LatencyHistogram(ctx, "set", "config", "nothing", "lpush"))(t)
				require.Contains(t, some, "set")
				require.Contains(t, some, "config|get")
				require.NotContains(t, some, "debug")
				require.NotContains(t, some, "lpush")
				require.Equal(t, map[string]glide.LatencyHistogram{}, harness.Value(c.LatencyHistogram(ctx, "nothing"))(t))
			})
		}
	}
}

func TestSlowLogKeepsWhatTookLong(t *testing.T) {
	onOwnFaces(t, func(t *testing.T, c faces.Face) {
		all := whole(c)
		require.NoError(t, c.SlowLogReset(ctx))
		require.NoError(t, all.SlowLogReset(ctx))
		for i := range 12 {
			require.NoError(t, c.Set(ctx, strings.Repeat("k", i+1), strings.Repeat("v", 1000)))
		}
		entries := harness.Value(all.SlowLogGet(ctx, -1))(t)
		require.GreaterOrEqual(t, len(entries), 12)
		sets := 0
		for _, entry := range entries {
			require.WithinDuration(t, time.Now(), entry.Time, time.Minute)
			require.Less(t, entry.Took, time.Second)
			require.Zero(t, entry.Size)
			require.NotEmpty(t, entry.Words)
			require.Contains(t, entry.ClientAddress, "127.0.0.1:")
			if entry.Words[0] == "SET" {
				sets++
				require.Contains(t, entry.Words[2], "more bytes")
			}
		}
		require.Equal(t, 12, sets)
		require.GreaterOrEqual(t, harness.Value(all.SlowLogLen(ctx))(t), int64(12))
		require.Contains(t, []int{2, 6}, len(harness.Value(all.SlowLogGet(ctx, 2))(t)), "of each node")
		require.Empty(t, harness.Value(c.SlowLogGet(ctx, 0))(t))
		require.Positive(t, harness.Value(c.SlowLogLen(ctx))(t))
		harness.Value(c.SlowLogGet(ctx, 1))(t)
	}, glidetest.WithConfig("slowlog-log-slower-than", "0"))
}

func TestCommandLogKeepsWhatCostMuch(t *testing.T) {
	harness.Needs(t, "COMMANDLOG", "8.1", "")
	server := glidetest.Start(t, glidetest.WithConfig("commandlog-execution-slower-than", "0"),
		glidetest.WithConfig("commandlog-request-larger-than", "5000"), glidetest.WithConfig("commandlog-reply-larger-than", "5000"))
	for _, p := range harness.Protocols {
		faces := serverFacesOf(t, server, p.Protocol)
		for name, c := range faces {
			t.Run(name+" "+p.Name, func(t *testing.T) {
				for _, kind := range []glide.CommandLogKind{glide.SlowCommands, glide.LargeRequests, glide.LargeReplies} {
					require.NoError(t, c.CommandLogReset(ctx, kind))
				}
				require.Empty(t, harness.Value(c.CommandLogGet(ctx, glide.LargeRequests, -1))(t))
				// In a transaction it is EXEC that is large.
				require.NoError(t, faces["client"].Set(ctx, "k", strings.Repeat("v", 10_000)))
				harness.Value(faces["client"].Get(ctx, "k"))(t)

				slow := harness.Value(c.CommandLogGet(ctx, glide.SlowCommands, -1))(t)
				require.GreaterOrEqual(t, len(slow), 2)
				require.Zero(t, slow[0].Size)
				require.Less(t, slow[0].Took, time.Second)
				for kind, words := range map[glide.CommandLogKind][]string{
					glide.LargeRequests: {"SET", "k"}, glide.LargeReplies: {"GET", "k"},
				} {
					require.Positive(t, harness.Value(c.CommandLogLen(ctx, kind))(t))
					entries := harness.Value(c.CommandLogGet(ctx, kind, 100))(t)
					entry := entries[len(entries)-1]
					require.Equal(t, words, entry.Words[:2])
					require.InDelta(t, 10_000, entry.Size, 500)
					require.Zero(t, entry.Took)
					require.Len(t, harness.Value(c.CommandLogGet(ctx, kind, 1))(t), 1)
				}
			})
		}
	}
}

func TestMemoryStatsTellWhatItIsUsedFor(t *testing.T) {
	onOneServer(t, func(t *testing.T, c faces.ServerFace) {
		for _, key := range []string{"a", "b", "c"} {
			require.NoError(t, c.Set(ctx, key, "v", glide.ExpireIn(time.Hour)))
		}
		stats := harness.Value(c.MemoryStats(ctx))(t)
		require.EqualValues(t, 3, stats.Keys)
		for name, size := range map[string]int64{
			"Peak": stats.Peak, "Total": stats.Total, "Startup": stats.Startup, "Overhead": stats.Overhead,
			"Dataset": stats.Dataset, "BytesPerKey": stats.BytesPerKey, "Allocated": stats.Allocated, "Active": stats.Active, "Resident": stats.Resident,
		} {
			require.Positive(t, size, name)
		}
		for name, ratio := range map[string]float64{
			"PeakPercentage": stats.PeakPercentage, "DatasetPercentage": stats.DatasetPercentage, "AllocatorFragmentation": stats.AllocatorFragmentation.Ratio,
			"AllocatorOverhead": stats.AllocatorOverhead.Ratio, "ProcessOverhead": stats.ProcessOverhead.Ratio, "Fragmentation": stats.Fragmentation.Ratio,
		} {
			require.Positive(t, ratio, name)
		}
		require.LessOrEqual(t, stats.PeakPercentage, 100.5)
		require.Positive(t, stats.Databases[0].Keys)
		require.Contains(t, harness.Value(c.MemoryDoctor(ctx))(t), " ")
		require.NotEmpty(t, harness.Value(c.MemoryMallocStats(ctx))(t))
	})
}

func TestMemoryUsageEstimates(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.True(t, harness.Value(c.MemoryUsage(ctx, "absent"))(t).IsNil())
		require.NoError(t, c.MemoryPurge(ctx))
		for _, key := range harness.Hostile {
			require.NoError(t, c.Set(ctx, key, strings.Repeat("v", 1000)))
			require.Greater(t, harness.Value(c.MemoryUsage(ctx, key))(t).Value(), int64(1000))
		}
		harness.Value(c.Do(ctx, "RPUSH", "l", "a", "b", "c"))(t)
		for _, samples := range []int64{0, 1, 1 << 40} {
			require.Positive(t, harness.Value(c.MemoryUsage(ctx, "l", glide.Samples(samples)))(t).Value())
		}
		_, err := c.MemoryUsage(ctx, "l", glide.Samples(-1))
		harness.RequireCode(t, "ERR", err)
	})
}
