//go:build core

package limit

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/worker"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
	"github.com/valkey-glide/go/glide/glidetest"
)

// The program takes minutes to build, so this test is run where it is used:
// `make bench-core`.

// The server's own count shows that an operation is all that it claims to be.
func TestCoreDoesWhatItCounts(t *testing.T) {
	server, cluster := glidetest.Start(t), glidetest.StartCluster(t, glidetest.WithReplicas(0))
	alone := []*glidetest.Server{server}
	for _, c := range []struct {
		program  string
		mode     clients.Mode
		workload string
		servers  []*glidetest.Server
		counted  string // the server's name for it
		each     int    // so often in an operation
	}{
		{Core, clients.Standalone, "pipeline", alone, "get", 100},
		{Core, clients.Standalone, "mget", alone, "mget", 1},
		{Core, clients.Standalone, "pubsub", alone, "publish", 1000},
		{Core, clients.Cluster, "pipeline", cluster.Nodes(), "get", 100},
		{Core, clients.Cluster, "mget", cluster.Nodes(), "mget", 900}, // slots that 1000 keys have, at least
		{CoreNodeClients, clients.Standalone, "pipeline", alone, "get", 100},
		{CoreNodeClients, clients.Cluster, "mget", cluster.Nodes(), "mget", 900},
		{CoreConnections, clients.Standalone, "pipeline", alone, "get", 100},
		{CoreConnections, clients.Cluster, "mget", cluster.Nodes(), "mget", 900},
	} {
		order := worker.Order{
			Target:   clients.Target{Mode: c.mode, Host: c.servers[0].Host(), Port: c.servers[0].Port()},
			Workload: c.workload, Shape: workloads.Shape{Callers: 4, ValueBytes: 100},
			Times: measure.Times{WarmUp: 20 * time.Millisecond, Duration: 200 * time.Millisecond},
		}
		for _, s := range c.servers {
			s.MustCommand(t, "CONFIG", "RESETSTAT")
		}
		got, err := installed(t, c.program).Measure(t.Context(), order)
		if err != nil {
			t.Errorf("%s, %s, %s: %v", c.program, c.mode, c.workload, err)
			continue
		}
		if got.OpsPerSecond <= 0 || got.P50 <= 0 || got.P99 < got.P50 || got.P999 < got.P99 || got.CPUPerOp <= 0 {
			t.Errorf("%s, %s, %s: %+v", c.program, c.mode, c.workload, got)
		}
		calls := 0
		for _, s := range c.servers {
			calls += callsOf(t, s, c.counted)
		}
		if claimed := got.OpsPerSecond * order.Times.Duration.Seconds(); float64(calls) < claimed*float64(c.each) {
			t.Errorf("%s, %s, %s: %.0f operations, but the server counted %d", c.program, c.mode, c.workload, claimed, calls)
		}
	}
}

func callsOf(t *testing.T, server *glidetest.Server, command string) int {
	t.Helper()
	stats := fmt.Sprint(server.MustCommand(t, "INFO", "commandstats"))
	match := regexp.MustCompile(`cmdstat_` + command + `:calls=(\d+)`).FindStringSubmatch(stats)
	if match == nil {
		return 0
	}
	return int(number(match[1]))
}
