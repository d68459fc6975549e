//go:build unix

package glideotel_test

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glideotel"
	"github.com/valkey-glide/go/glide/glidetest"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// benchmarkedHooks are hooks by what they do for each command.
func benchmarkedHooks() []struct {
	name string
	hook glide.Hook
} {
	hook := func(sampler trace.Sampler, options ...glideotel.Option) glide.Hook {
		return glideotel.NewHook(append([]glideotel.Option{
			glideotel.WithTracerProvider(trace.NewTracerProvider(trace.WithSampler(sampler))),
			glideotel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()))),
		}, options...)...)
	}
	return []struct {
		name string
		hook glide.Hook
	}{
		{"nothing", hook(nil, glideotel.WithTracerProvider(tracenoop.NewTracerProvider()), glideotel.WithMeterProvider(metricnoop.NewMeterProvider()))},
		{"unsampled", hook(trace.NeverSample(), glideotel.WithMeterProvider(metricnoop.NewMeterProvider()))},
		{"unsampled-metrics", hook(trace.ParentBased(trace.NeverSample()))},
		{"sampled-metrics", hook(trace.AlwaysSample())},
	}
}

// cpuTime returns the time that the process has run. Unlike the time on a clock
// it hardly depends on what else the machine does.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkHook compares GET with and without the hook, against a real server.
// It alternates between the two and reports the median of the differences in
// the time that the process has run.
func BenchmarkHook(b *testing.B) {
	server := glidetest.Start(b)
	client := func(b *testing.B, hooks ...glide.Hook) *glide.Client {
		client, err := glide.NewClient(ctx, glide.Config{
			Addresses: []glide.Address{addressOf(server)}, RequestTimeout: patience, ConnectionTimeout: patience, Hooks: hooks,
		})
		require.NoError(b, err)
		b.Cleanup(func() { client.Close() })
		return client
	}
	const calls = 1000
	took := func(b *testing.B, c *glide.Client) float64 {
		begun := cpuTime(b)
		for range calls {
			if _, err := c.Get(ctx, "key"); err != nil {
				b.Fatal(err)
			}
		}
		return float64(cpuTime(b)-begun) / calls
	}
	for _, benchmarked := range benchmarkedHooks() {
		b.Run(benchmarked.name, func(b *testing.B) {
			with, without := client(b, benchmarked.hook), client(b)
			var differences, alone []float64
			for b.Loop() {
				first := took(b, without)
				differences = append(differences, took(b, with)-first)
				alone = append(alone, first)
			}
			slices.Sort(differences)
			slices.Sort(alone)
			b.ReportMetric(differences[len(differences)/2], "CPU-ns/hook")
			b.ReportMetric(alone[len(alone)/2], "CPU-ns/call")
		})
	}
}

// BenchmarkHookAlone measures the hook without a client.
func BenchmarkHookAlone(b *testing.B) {
	operation := glide.Operation{Name: "GET", Keys: 1, Commands: 1, Client: &glide.ClientDescription{}}
	for _, benchmarked := range benchmarkedHooks() {
		b.Run(benchmarked.name, func(b *testing.B) {
			b.ReportAllocs()
			begun := cpuTime(b)
			for b.Loop() {
				benchmarked.hook.After(benchmarked.hook.Before(ctx, operation), operation, glide.Outcome{})
			}
			b.ReportMetric(float64(cpuTime(b)-begun)/float64(b.N), "CPU-ns/op")
		})
	}
}
