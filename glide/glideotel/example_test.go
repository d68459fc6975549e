package glideotel_test

import (
	"context"
	"fmt"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glideotel"
	"github.com/valkey-glide/go/glide/glidetest"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// A program whose commands are in the trace of the request that they serve.
// Instead of to memory, programs export with the packages of
// go.opentelemetry.io/otel/exporters.
func Example() {
	ctx := context.Background()
	server, err := glidetest.StartServer(ctx)
	if err != nil {
		panic(err)
	}
	defer server.Close()

	exporter := tracetest.NewInMemoryExporter()
	tracers := trace.NewTracerProvider(trace.WithBatcher(exporter))
	defer tracers.Shutdown(ctx)
	meters := metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()))
	defer meters.Shutdown(ctx)

	client, err := glide.NewClient(ctx, glide.Config{
		Addresses: []glide.Address{{Host: server.Host(), Port: server.Port()}},
		Hooks: []glide.Hook{glideotel.NewHook(
			glideotel.WithTracerProvider(tracers), // or otel.SetTracerProvider
			glideotel.WithMeterProvider(meters),   // or otel.SetMeterProvider
		)},
	})
	if err != nil {
		panic(err)
	}
	defer client.Close()

	request, span := tracers.Tracer("example").Start(ctx, "GET /greeting")
	if err := client.Set(request, "greeting", "hello"); err != nil {
		panic(err)
	}
	if _, err := client.Exec(request, glide.NewPipeline().Get("greeting").Get("name")); err != nil {
		panic(err)
	}
	if _, err := client.LPush(request, "greeting", "world"); err != nil {
		fmt.Println(err)
	}
	span.End()

	if err := tracers.ForceFlush(ctx); err != nil {
		panic(err)
	}
	for _, span := range exporter.GetSpans() {
		fmt.Println(span.Name, span.Status.Code)
	}
	// Output:
	// glide: LPUSH: WRONGTYPE Operation against a key holding the wrong kind of value
	// CONNECT Unset
	// SET Unset
	// PIPELINE GET Unset
	// LPUSH Error
	// GET /greeting Unset
}
