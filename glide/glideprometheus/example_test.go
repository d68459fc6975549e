package glideprometheus_test

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glideprometheus"
	"github.com/valkey-glide/go/glide/glidetest"
)

// A program whose metrics include those of a client. It serves them with the package
// promhttp.
func Example() {
	ctx := context.Background()
	server, err := glidetest.StartServer(ctx)
	if err != nil {
		panic(err)
	}
	defer server.Close()
	client, err := glide.NewClient(ctx, glide.Config{
		Addresses: []glide.Address{{Host: server.Host(), Port: server.Port()}},
	})
	if err != nil {
		panic(err)
	}
	defer client.Close()

	registry := prometheus.NewRegistry() // or prometheus.DefaultRegisterer
	registry.MustRegister(glideprometheus.NewCollector("sessions", client))

	families, err := registry.Gather()
	if err != nil {
		panic(err)
	}
	for _, family := range families {
		if family.GetName() == "glide_connections" {
			metric := family.GetMetric()[0]
			fmt.Println(metric.GetLabel()[0].GetValue(), metric.GetGauge().GetValue())
		}
	}
	// Output: sessions 1
}
