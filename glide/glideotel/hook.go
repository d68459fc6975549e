package glideotel

import (
	"context"
	"slices"

	"github.com/valkey-glide/go/glide"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name of the tracer and the meter.
const scope = "github.com/valkey-glide/go/glide/glideotel"

// The attributes for which there is no convention.
const (
	retriesKey        = attribute.Key("glide.retries")
	failedCommandsKey = attribute.Key("glide.batch.failed_commands")
	errorTypesKey     = attribute.Key("glide.batch.error_types")
)

// durationBuckets are those that the conventions recommend.
var durationBuckets = []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10}

// hook is the [glide.Hook].
type hook struct {
	tracer       trace.Tracer
	duration     metric.Float64Histogram
	system       System
	attributes   []attribute.KeyValue
	codes        map[string]struct{}
	preparations preparations
}

// NewHook returns a hook that traces and measures the operations of the clients
// that have it in [glide.Config.Hooks].
func NewHook(options ...Option) glide.Hook {
	s := settings{system: Valkey}
	for _, option := range options {
		if option != nil {
			option(&s)
		}
	}
	if s.tracers == nil {
		s.tracers = otel.GetTracerProvider()
	}
	if s.meters == nil {
		s.meters = otel.GetMeterProvider()
	}
	h := &hook{
		tracer:     s.tracers.Tracer(scope, trace.WithSchemaURL(semconv.SchemaURL)),
		system:     s.system,
		attributes: s.attributes,
		codes:      map[string]struct{}{},
	}
	for _, code := range slices.Concat(serverCodes, s.codes) {
		h.codes[code] = struct{}{}
	}
	duration, err := s.meters.Meter(scope, metric.WithSchemaURL(semconv.SchemaURL)).Float64Histogram(
		"db.client.operation.duration",
		metric.WithUnit("s"),
		metric.WithDescription("Duration of database client operations."),
		metric.WithExplicitBucketBoundaries(durationBuckets...))
	if err != nil {
		otel.Handle(err)
		duration = noop.Float64Histogram{}
	}
	h.duration = duration
	return h
}

// started is the context of an operation that has begun. It is itself what After
// needs, so that an operation costs one allocation and no search.
type started struct {
	context.Context
	hook     *hook
	span     trace.Span
	prepared *prepared
}

// Value returns the operation to its hook, and else what the context has.
func (s *started) Value(key any) any {
	if h, ok := key.(*hook); ok && h == s.hook {
		return s
	}
	return s.Context.Value(key)
}

// Before begins the span of an operation.
func (h *hook) Before(ctx context.Context, operation glide.Operation) context.Context {
	s := &started{hook: h, prepared: h.prepare(operation)}
	options := s.prepared.start
	if operation.Kind == glide.BatchOperation && operation.Commands != 1 {
		options = append(options, trace.WithAttributes(semconv.DBOperationBatchSize(operation.Commands)))
	}
	s.Context, s.span = h.tracer.Start(ctx, s.prepared.name, options...)
	return s
}

// After ends the span of an operation and records how long it took.
func (h *hook) After(ctx context.Context, _ glide.Operation, outcome glide.Outcome) {
	s, ok := ctx.Value(h).(*started)
	if !ok {
		return
	}
	var attributes []attribute.KeyValue
	var description string
	if outcome.Err != nil {
		failed := h.failureOf(outcome.Err)
		attributes, description = failed.appendTo(attributes), failed.description
	}
	if h.duration.Enabled(s.Context) {
		record := s.prepared.record
		if len(attributes) > 0 {
			set := attribute.NewSet(append(s.prepared.attributes, attributes...)...)
			record = []metric.RecordOption{metric.WithAttributeSet(set)}
		}
		h.duration.Record(s.Context, outcome.Duration().Seconds(), record...)
	}
	if s.span.IsRecording() {
		if outcome.Err != nil {
			s.span.SetStatus(codes.Error, description)
		}
		attributes = appendAnswer(attributes, outcome)
		s.span.SetAttributes(h.appendResults(attributes, outcome.Results())...)
	}
	s.span.End()
}

// appendAnswer appends attributes for the node that answered, and how often the
// operation was sent again.
func appendAnswer(attributes []attribute.KeyValue, outcome glide.Outcome) []attribute.KeyValue {
	if node := outcome.Node(); node != (glide.Address{}) {
		attributes = append(attributes, semconv.NetworkPeerAddress(node.Host))
		if node.Port != 0 {
			attributes = append(attributes, semconv.NetworkPeerPort(node.Port))
		}
	}
	if retries := outcome.Retries(); retries > 0 {
		attributes = append(attributes, retriesKey.Int(retries))
	}
	return attributes
}

// appendResults appends attributes for the commands of a batch that failed.
func (h *hook) appendResults(attributes []attribute.KeyValue, results glide.Results) []attribute.KeyValue {
	var failed int
	var types []string
	for i := range results.Len() {
		err := results.Err(i)
		if err == nil {
			continue
		}
		failed++
		if errorType := h.failureOf(err).errorType; !slices.Contains(types, errorType) {
			types = append(types, errorType)
		}
	}
	if failed == 0 {
		return attributes
	}
	return append(attributes, failedCommandsKey.Int(failed), errorTypesKey.StringSlice(types))
}
