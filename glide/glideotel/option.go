package glideotel

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// System is the kind of server, as the attribute db.system.name has it.
type System string

// The kinds of servers.
const (
	Valkey System = "valkey"
	Redis  System = "redis"
)

// An Option is an option of [NewHook].
type Option func(*settings)

// settings are those of a hook.
type settings struct {
	tracers    trace.TracerProvider
	meters     metric.MeterProvider
	system     System
	attributes []attribute.KeyValue
	codes      []string
}

// WithTracerProvider sets where spans go. The default is the global provider
// (otel.GetTracerProvider), also if it is set later. A provider of package
// trace/noop turns spans off.
func WithTracerProvider(provider trace.TracerProvider) Option {
	return func(s *settings) { s.tracers = provider }
}

// WithMeterProvider sets where measurements go. The default is the global
// provider (otel.GetMeterProvider), also if it is set later. A provider of package
// metric/noop turns metrics off.
func WithMeterProvider(provider metric.MeterProvider) Option {
	return func(s *settings) { s.meters = provider }
}

// WithSystem sets the attribute db.system.name. The default is [Valkey].
func WithSystem(system System) Option { return func(s *settings) { s.system = system } }

// WithAttributes adds attributes to all spans and measurements. They replace
// those of the same name that are known before an operation begins, such as
// server.address. Options add up.
func WithAttributes(attributes ...attribute.KeyValue) Option {
	attributes = slices.Clone(attributes)
	return func(s *settings) { s.attributes = append(s.attributes, attributes...) }
}

// WithErrorCodes adds codes of errors that are exported as they are, such as
// those of the program's own scripts. The codes of Valkey and Redis are always
// exported. Options add up.
func WithErrorCodes(codes ...string) Option {
	codes = slices.Clone(codes)
	return func(s *settings) { s.codes = append(s.codes, codes...) }
}
