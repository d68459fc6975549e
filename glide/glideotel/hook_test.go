package glideotel_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glideotel"
	"github.com/valkey-glide/go/glide/glidetest"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace/noop"
)

func TestCommandsAreSpansAndMeasured(t *testing.T) {
	server := glidetest.Start(t)
	o := newTelemetry(t)
	client := o.connect(t, server)
	require.EqualValues(t, 1, o.count(t, base("CONNECT", server)...))

	for range 3 {
		require.NoError(t, client.Set(ctx, "key", "value"))
		span := o.takeSpan(t)
		require.Equal(t, "SET", span.Name)
		require.Equal(t, trace.Status{}, span.Status)
		require.True(t, span.EndTime.After(span.StartTime))
		requireAttributes(t, base("SET", server), span.Attributes)
	}
	set := attribute.NewSet(base("SET", server)...)
	point := o.measured(t)[set.Equivalent()]
	require.EqualValues(t, 3, point.Count)
	require.Equal(t, []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10}, point.Bounds)
	require.Positive(t, point.Sum)
	require.Less(t, point.Sum, 3*patience.Seconds())

	_, err := client.ClientList(ctx)
	require.NoError(t, err)
	span := o.takeSpan(t)
	require.Equal(t, "CLIENT LIST", span.Name)
	requireAttributes(t, base("CLIENT LIST", server), span.Attributes)
}

func TestTheMeasurementIsTheDurationOfTheSpan(t *testing.T) {
	server := glidetest.Start(t)
	o := newTelemetry(t)
	client := o.connect(t, server)
	_, err := client.BLPop(ctx, 100e6, "no list")
	require.NoError(t, err)
	span := o.takeSpan(t)
	set := attribute.NewSet(base("BLPOP", server)...)
	measured := o.measured(t)[set.Equivalent()].Sum
	require.GreaterOrEqual(t, measured, 0.1)
	require.GreaterOrEqual(t, span.EndTime.Sub(span.StartTime).Seconds(), measured)
}

func TestConnectingIsASpan(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithDatabases(4))
	o := newTelemetry(t)
	client, err := glide.NewClient(ctx, glide.Config{
		Addresses: []glide.Address{addressOf(server)}, ConnectionTimeout: patience, Database: 3, Hooks: []glide.Hook{o.hook()},
	})
	require.NoError(t, err)
	defer client.Close()
	span := o.takeSpan(t)
	require.Equal(t, "CONNECT", span.Name)
	require.Equal(t, trace.Status{}, span.Status)
	requireAttributes(t, []attribute.KeyValue{
		attribute.String("db.system.name", "valkey"),
		attribute.String("db.operation.name", "CONNECT"),
		attribute.String("db.namespace", "3"),
		attribute.String("server.address", server.Host()),
		attribute.Int("server.port", server.Port()),
	}, span.Attributes)
}

func TestBatchesAreSpansWithTheirFailures(t *testing.T) {
	server := glidetest.Start(t)
	o := newTelemetry(t)
	client := o.connect(t, server)
	require.NoError(t, client.Set(ctx, "word", "seven"))
	o.takeSpans(t)
	size := func(n int) attribute.KeyValue { return attribute.Int("db.operation.batch.size", n) }

	_, err := client.Exec(ctx, glide.NewPipeline().Set("a", "1").Set("b", "2"))
	require.NoError(t, err)
	span := o.takeSpan(t)
	require.Equal(t, "PIPELINE SET", span.Name)
	requireAttributes(t, base("PIPELINE SET", server, size(2)), span.Attributes)
	require.EqualValues(t, 1, o.count(t, base("PIPELINE SET", server)...))

	_, err = client.Exec(ctx, glide.NewTransaction().Get("a").Incr("a"))
	require.NoError(t, err)
	span = o.takeSpan(t)
	require.Equal(t, "MULTI", span.Name)
	requireAttributes(t, base("MULTI", server, size(2)), span.Attributes)

	failing := glide.NewPipeline().Incr("word").LPush("word", "x").Get("word").LPop("word")
	failures := []attribute.KeyValue{
		attribute.Int("glide.batch.failed_commands", 3),
		attribute.StringSlice("glide.batch.error_types", []string{"ERR", "WRONGTYPE"}),
	}
	results, err := client.Exec(ctx, failing)
	require.NoError(t, err)
	require.Error(t, results.Err(0))
	span = o.takeSpan(t)
	require.Equal(t, "PIPELINE", span.Name)
	require.Equal(t, trace.Status{}, span.Status, "the batch as a whole has not failed")
	requireAttributes(t, base("PIPELINE", server, append(failures, size(4))...), span.Attributes)
	require.EqualValues(t, 1, o.count(t, base("PIPELINE", server)...))

	_, err = client.Exec(ctx, failing, glide.FailOnError)
	require.Error(t, err)
	span = o.takeSpan(t)
	require.Equal(t, codes.Error, span.Status.Code)
	failed := []attribute.KeyValue{attribute.String("error.type", "ERR"), attribute.String("db.response.status_code", "ERR")}
	requireAttributes(t, base("PIPELINE", server, append(append(failures, size(4)), failed...)...), span.Attributes)
	require.EqualValues(t, 1, o.count(t, base("PIPELINE", server, failed...)...))

	// A batch of one command is no batch to the conventions.
	_, err = client.Exec(ctx, glide.NewTransaction().Get("a"))
	require.NoError(t, err)
	span = o.takeSpan(t)
	require.Equal(t, "GET", span.Name)
	requireAttributes(t, base("GET", server), span.Attributes)
}

func TestClientsOfClusters(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	o := newTelemetry(t)
	node := cluster.Nodes()[0]
	client, err := glide.NewClusterClient(ctx, glide.ClusterConfig{
		Addresses: []glide.Address{addressOf(node)}, RequestTimeout: patience, ConnectionTimeout: patience, Hooks: []glide.Hook{o.hook()},
	})
	require.NoError(t, err)
	defer client.Close()
	require.Equal(t, "CONNECT", o.takeSpan(t).Name)

	// Wherever a command is run, the address is the configured one.
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		require.NoError(t, client.Set(ctx, key, "value"))
		requireAttributes(t, base("SET", node), o.takeSpan(t).Attributes)
	}
	require.EqualValues(t, 6, o.count(t, base("SET", node)...))

	_, err = client.Nodes(glide.AllPrimaries).DBSize(ctx)
	require.NoError(t, err)
	requireAttributes(t, base("DBSIZE", node), o.takeSpan(t).Attributes)

	_, err = client.Exec(ctx, glide.NewPipeline().Get("a").Get("b").LPop("c"))
	require.NoError(t, err)
	requireAttributes(t, base("PIPELINE", node, attribute.Int("db.operation.batch.size", 3),
		attribute.Int("glide.batch.failed_commands", 1), attribute.StringSlice("glide.batch.error_types", []string{"WRONGTYPE"}),
	), o.takeSpan(t).Attributes)
}

// usingHook is a hook that runs a command before each GET.
type usingHook struct{ client **glide.Client }

func (h usingHook) Before(ctx context.Context, operation glide.Operation) context.Context {
	if operation.Name == "GET" {
		_ = (*h.client).Ping(ctx)
	}
	return ctx
}

func (usingHook) After(context.Context, glide.Operation, glide.Outcome) {}

func TestSpansAreChildrenOfTheContextsSpan(t *testing.T) {
	server := glidetest.Start(t)
	o := newTelemetry(t)
	var client *glide.Client
	client = o.connect(t, server, func(config *glide.Config) { config.Hooks = []glide.Hook{o.hook(), usingHook{&client}} })

	within, parent := o.tracers.Tracer("test").Start(ctx, "parent")
	_, err := client.Get(within, "key")
	require.NoError(t, err)
	parent.End()

	spans := o.takeSpans(t)
	require.Len(t, spans, 3)
	ping, get, outer := spans[0], spans[1], spans[2]
	require.Equal(t, []string{"PING", "GET", "parent"}, []string{ping.Name, get.Name, outer.Name})
	require.Equal(t, outer.SpanContext.SpanID(), get.Parent.SpanID())
	require.Equal(t, get.SpanContext.SpanID(), ping.Parent.SpanID(), "a hook that follows is within the span")
	require.Equal(t, outer.SpanContext.TraceID(), ping.SpanContext.TraceID())
	require.Equal(t, outer.ChildSpanCount, 1)
}

func TestTwoHooksOfAClientDoNotInterfere(t *testing.T) {
	server := glidetest.Start(t)
	first, second := newTelemetry(t), newTelemetry(t)
	client := first.connect(t, server, func(config *glide.Config) { config.Hooks = []glide.Hook{first.hook(), second.hook()} })
	second.takeSpans(t)
	require.NoError(t, client.Set(ctx, "key", "value"))
	outer, inner := first.takeSpan(t), second.takeSpan(t)
	require.Equal(t, outer.SpanContext.SpanID(), inner.Parent.SpanID())
	require.EqualValues(t, 1, first.count(t, base("SET", server)...))
	require.EqualValues(t, 1, second.count(t, base("SET", server)...))
}

func TestWhatIsNotSampledIsMeasured(t *testing.T) {
	server := glidetest.Start(t)
	o := newTelemetry(t, trace.WithSampler(trace.NeverSample()))
	client := o.connect(t, server)
	require.NoError(t, client.Set(ctx, "key", "value"))
	_, err := client.LPush(ctx, "key", "value")
	require.Error(t, err)
	require.Empty(t, o.takeSpans(t))
	require.EqualValues(t, 1, o.count(t, base("SET", server)...))
	require.EqualValues(t, 1, o.count(t, base("LPUSH", server,
		attribute.String("error.type", "WRONGTYPE"), attribute.String("db.response.status_code", "WRONGTYPE"))...))
}

// nameSampler drops spans of one name and requires what samplers have to see.
type nameSampler struct {
	t       testing.TB
	dropped string
}

func (s nameSampler) ShouldSample(p trace.SamplingParameters) trace.SamplingResult {
	for _, key := range []attribute.Key{"db.system.name", "db.operation.name", "db.namespace", "server.address"} {
		set := attribute.NewSet(p.Attributes...)
		if !set.HasValue(key) {
			s.t.Errorf("a sampler does not see %s", key)
		}
	}
	if p.Name == s.dropped {
		return trace.NeverSample().ShouldSample(p)
	}
	return trace.AlwaysSample().ShouldSample(p)
}
func (nameSampler) Description() string { return "by name" }

func TestSamplersSeeNamesAndAttributes(t *testing.T) {
	server := glidetest.Start(t)
	o := newTelemetry(t, trace.WithSampler(nameSampler{t, "PING"}))
	var client *glide.Client
	client = o.connect(t, server, func(config *glide.Config) { config.Hooks = []glide.Hook{o.hook(), usingHook{&client}} })
	// The PING within the span of GET is dropped, and does not end it.
	_, err := client.Get(ctx, "key")
	require.NoError(t, err)
	get := o.takeSpan(t)
	require.Equal(t, "GET", get.Name)
	set := attribute.NewSet(base("GET", server)...)
	require.GreaterOrEqual(t, get.EndTime.Sub(get.StartTime).Seconds(), o.measured(t)[set.Equivalent()].Sum)
}

func TestSystemAndAttributesAreSet(t *testing.T) {
	server := glidetest.Start(t)
	o := newTelemetry(t)
	hook := o.hook(nil, glideotel.WithSystem(glideotel.Redis),
		glideotel.WithAttributes(attribute.String("service.tier", "cache")),
		glideotel.WithAttributes(attribute.String("server.address", "cache.example.com")))
	client := o.connect(t, server, func(config *glide.Config) { config.Hooks = []glide.Hook{hook} })
	require.NoError(t, client.Set(ctx, "key", "value"))
	expected := []attribute.KeyValue{
		attribute.String("db.system.name", "redis"),
		attribute.String("db.operation.name", "SET"),
		attribute.String("db.namespace", "0"),
		attribute.String("server.address", "cache.example.com"),
		attribute.Int("server.port", server.Port()),
		attribute.String("service.tier", "cache"),
	}
	requireAttributes(t, expected, o.takeSpan(t).Attributes)
	require.EqualValues(t, 1, o.count(t, expected...))
}

func TestTheDefaultsAreTheGlobalProviders(t *testing.T) {
	server := glidetest.Start(t)
	o := newTelemetry(t)
	hook := glideotel.NewHook(glideotel.WithTracerProvider(nil), glideotel.WithMeterProvider(nil))
	client := o.connect(t, server, func(config *glide.Config) { config.Hooks = []glide.Hook{hook} })
	require.NoError(t, client.Set(ctx, "key", "without an SDK"))

	// Those that are set later are used, too.
	otel.SetTracerProvider(o.tracers)
	otel.SetMeterProvider(o.meters)
	require.NoError(t, client.Set(ctx, "key", "value"))
	require.Equal(t, "SET", o.takeSpan(t).Name)
	require.EqualValues(t, 1, o.count(t, base("SET", server)...))
}

func TestSpansCanBeTurnedOff(t *testing.T) {
	server := glidetest.Start(t)
	o := newTelemetry(t)
	hook := glideotel.NewHook(glideotel.WithMeterProvider(o.meters), glideotel.WithTracerProvider(noop.NewTracerProvider()))
	client := o.connect(t, server, func(config *glide.Config) { config.Hooks = []glide.Hook{hook} })
	require.NoError(t, client.Set(ctx, "key", "value"))
	require.Empty(t, o.takeSpans(t))
	require.EqualValues(t, 1, o.count(t, base("SET", server)...))
}

// answer returns what a span says of how its operation went.
func answer(span tracetest.SpanStub) map[attribute.Key]any {
	all := map[attribute.Key]any{}
	for _, a := range span.Attributes {
		if slices.Contains(answerKeys, a.Key) {
			all[a.Key] = a.Value.AsInterface()
		}
	}
	return all
}

func TestSpansNameTheNodeThatAnswered(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	o := newTelemetry(t)
	client, err := glide.NewClusterClient(ctx, glide.ClusterConfig{
		Addresses: []glide.Address{addressOf(cluster.Nodes()[0])}, RequestTimeout: patience, Hooks: []glide.Hook{o.hook()},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	require.Empty(t, answer(o.takeSpan(t)))
	at := func(node *glidetest.Server) map[attribute.Key]any {
		return map[attribute.Key]any{"network.peer.address": node.Host(), "network.peer.port": int64(node.Port())}
	}
	const key = "key"
	slot, err := cluster.SlotForKey(key)
	require.NoError(t, err)
	owner, err := cluster.NodeForKey(key)
	require.NoError(t, err)
	require.NoError(t, client.Set(ctx, key, "value"))
	require.Equal(t, at(owner), answer(o.takeSpan(t)))
	_, err = client.Exec(ctx, glide.NewPipeline().Get(key).Get(key))
	require.NoError(t, err)
	require.Equal(t, at(owner), answer(o.takeSpan(t)))
	_, err = client.MGet(ctx, "a", "b", "c", "d", "e")
	require.NoError(t, err)
	require.Empty(t, answer(o.takeSpan(t)))

	// The client may learn of a move before it is redirected.
	for i, retried := 0, false; !retried; i++ {
		require.Less(t, i, 20)
		next := cluster.Nodes()[i%3]
		require.NoError(t, cluster.MigrateSlot(slot, next))
		require.NoError(t, client.Set(ctx, key, "value"))
		said, expected := answer(o.takeSpan(t)), at(next)
		if _, retried = said["glide.retries"]; retried {
			expected["glide.retries"] = int64(1)
		}
		require.Equal(t, expected, said)
	}
}
