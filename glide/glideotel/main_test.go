package glideotel_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glideotel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"
)

var ctx = context.Background()

// patience is longer than what any call takes on a busy machine.
const patience = 30 * time.Second

// telemetry is an SDK that keeps in memory what it exports.
type telemetry struct {
	spans   *tracetest.InMemoryExporter
	tracers *trace.TracerProvider
	reader  *metric.ManualReader
	meters  *metric.MeterProvider
	// seen is all that was exported, as text.
	seen []byte
}

func newTelemetry(t testing.TB, options ...trace.TracerProviderOption) *telemetry {
	t.Helper()
	spans, reader := tracetest.NewInMemoryExporter(), metric.NewManualReader()
	o := &telemetry{
		spans:   spans,
		tracers: trace.NewTracerProvider(append(options, trace.WithSyncer(spans))...),
		reader:  reader,
		meters:  metric.NewMeterProvider(metric.WithReader(reader)),
	}
	t.Cleanup(func() {
		require.NoError(t, o.tracers.Shutdown(ctx))
		require.NoError(t, o.meters.Shutdown(ctx))
	})
	return o
}

// hook returns a hook that exports to the SDK.
func (o *telemetry) hook(options ...glideotel.Option) glide.Hook {
	return glideotel.NewHook(append(options, glideotel.WithTracerProvider(o.tracers), glideotel.WithMeterProvider(o.meters))...)
}

// takeSpans returns the spans that have ended since the last time.
func (o *telemetry) takeSpans(t testing.TB) tracetest.SpanStubs {
	t.Helper()
	spans := o.spans.GetSpans()
	o.spans.Reset()
	text, err := json.Marshal(spans)
	require.NoError(t, err)
	o.seen = append(o.seen, text...)
	return spans
}

// takeSpan returns the only span that has ended.
func (o *telemetry) takeSpan(t testing.TB) tracetest.SpanStub {
	t.Helper()
	spans := o.takeSpans(t)
	require.Len(t, spans, 1)
	require.Equal(t, oteltrace.SpanKindClient, spans[0].SpanKind)
	require.Empty(t, spans[0].Events, "errors are no events")
	return spans[0]
}

// measured returns the durations by their attributes.
func (o *telemetry) measured(t testing.TB) map[attribute.Distinct]metricdata.HistogramDataPoint[float64] {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, o.reader.Collect(ctx, &all))
	text, err := json.Marshal(all)
	require.NoError(t, err)
	o.seen = append(o.seen, text...)
	points := map[attribute.Distinct]metricdata.HistogramDataPoint[float64]{}
	for _, in := range all.ScopeMetrics {
		require.Equal(t, "github.com/valkey-glide/go/glide/glideotel", in.Scope.Name)
		require.Contains(t, in.Scope.SchemaURL, "https://opentelemetry.io/schemas/1.")
		for _, m := range in.Metrics {
			require.Equal(t, "db.client.operation.duration", m.Name)
			require.Equal(t, "s", m.Unit)
			for _, point := range m.Data.(metricdata.Histogram[float64]).DataPoints {
				points[point.Attributes.Equivalent()] = point
			}
		}
	}
	return points
}

// count returns how many operations have these attributes.
func (o *telemetry) count(t testing.TB, attributes ...attribute.KeyValue) uint64 {
	t.Helper()
	set := attribute.NewSet(attributes...)
	return o.measured(t)[set.Equivalent()].Count
}

// text returns all that was exported.
func (o *telemetry) text(t testing.TB) string {
	t.Helper()
	o.takeSpans(t)
	o.measured(t)
	return string(o.seen)
}

type addressed interface {
	Host() string
	Port() int
}

func addressOf(server addressed) glide.Address {
	return glide.Address{Host: server.Host(), Port: server.Port()}
}

// connect returns a client with a hook, without the span of connecting.
func (o *telemetry) connect(t testing.TB, server addressed, changes ...func(*glide.Config)) *glide.Client {
	t.Helper()
	config := glide.Config{Addresses: []glide.Address{addressOf(server)}, RequestTimeout: patience, ConnectionTimeout: patience}
	for _, change := range changes {
		change(&config)
	}
	if config.Hooks == nil {
		config.Hooks = []glide.Hook{o.hook()}
	}
	client, err := glide.NewClient(ctx, config)
	require.NoError(t, err)
	t.Cleanup(func() { client.Close() })
	o.takeSpans(t)
	return client
}

// base are the attributes of all operations of a client of one server.
func base(name string, server addressed, more ...attribute.KeyValue) []attribute.KeyValue {
	return append([]attribute.KeyValue{
		attribute.String("db.system.name", "valkey"),
		attribute.String("db.operation.name", name),
		attribute.String("db.namespace", "0"),
		attribute.String("server.address", server.Host()),
		attribute.Int("server.port", server.Port()),
	}, more...)
}

// answerKeys are attributes of spans that say how the operation went. A separate test
// is about them.
var answerKeys = []attribute.Key{"network.peer.address", "network.peer.port", "glide.retries"}

// requireAttributes requires that there are exactly these attributes, besides those
// that say how the operation went.
func requireAttributes(t testing.TB, expected, actual []attribute.KeyValue) {
	t.Helper()
	actual = slices.DeleteFunc(slices.Clone(actual), func(a attribute.KeyValue) bool { return slices.Contains(answerKeys, a.Key) })
	values := func(attributes []attribute.KeyValue) map[attribute.Key]any {
		all := map[attribute.Key]any{}
		for _, a := range attributes {
			all[a.Key] = a.Value.AsInterface()
		}
		return all
	}
	require.Equal(t, values(expected), values(actual))
	require.Len(t, actual, len(slices.Collect(maps.Keys(values(actual)))), "an attribute twice")
}
