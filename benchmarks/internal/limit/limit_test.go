package limit

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/worker"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
	"github.com/valkey-glide/go/glide/glidetest"
)

// printed is what the program prints, without the lines that are not read.
const printed = `
====== GET ======
  1000 requests completed in 0.10 seconds

Latency by percentile distribution:
0.000% <= 0.039 milliseconds (cumulative count 10)
50.000% <= 0.200 milliseconds (cumulative count 500)
75.000% <= 0.400 milliseconds (cumulative count 750)
100.000% <= 2.000 milliseconds (cumulative count 1000)

Cumulative distribution of latencies:
10.000% <= 0.103 milliseconds (cumulative count 100)
100.000% <= 2.103 milliseconds (cumulative count 1000)

Summary:
  throughput summary: 10000.00 requests per second
  latency summary (msec):
          avg       min       p50       p95       p99       max
        0.430     0.024     0.200     1.000     1.500     2.000
`

func TestOutputIsRead(t *testing.T) {
	r, err := parse(printed, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if r.elapsed != 100*time.Millisecond {
		t.Errorf("it took %v, want 100ms", r.elapsed)
	}
	for q, want := range map[float64]time.Duration{
		0.1:   103 * time.Microsecond,
		0.5:   200 * time.Microsecond,
		0.75:  400 * time.Microsecond,
		0.625: 300 * time.Microsecond, // half way between two points
		0.99:  1500 * time.Microsecond,
		1:     2 * time.Millisecond,
	} {
		if got := r.latencies.quantile(q); got.Round(time.Microsecond) != want {
			t.Errorf("quantile(%v) = %v, want %v", q, got, want)
		}
	}
}

func TestOutputWithoutSummaryIsRefused(t *testing.T) {
	if _, err := parse("WARNING: something\n", 10); err == nil {
		t.Error("it was read")
	}
}

func TestRunShorterThanTheProgramsClockHasNoTime(t *testing.T) {
	r, err := parse(strings.Replace(printed, "10000.00", "inf", 1), 1000)
	if err != nil || r.elapsed != 0 {
		t.Errorf("elapsed = %v, %v; want 0", r.elapsed, err)
	}
}

func TestPartsAreAddedUp(t *testing.T) {
	fast := report{requests: 800, elapsed: 80 * time.Millisecond, cpu: 16 * time.Millisecond,
		latencies: distribution{{100 * time.Microsecond, 0}, {200 * time.Microsecond, 800}}}
	slow := report{requests: 200, elapsed: 120 * time.Millisecond, cpu: 4 * time.Millisecond,
		latencies: distribution{{1000 * time.Microsecond, 0}, {2000 * time.Microsecond, 200}}}
	got := figures([]report{fast, slow}, 1)
	if math.Round(got.OpsPerSecond) != 5000 || got.CPUPerOp != 20*time.Microsecond {
		t.Errorf("%.0f op/s at %v, want 5000 at 20µs", got.OpsPerSecond, got.CPUPerOp)
	}
	// 80 % of all are faster than 200 µs; the 900th is half way through the slow.
	if got.P50.Round(time.Microsecond) != 162*time.Microsecond && got.P50.Round(time.Microsecond) != 163*time.Microsecond {
		t.Errorf("p50 = %v, want the 500th of 800 between 100 and 200 µs", got.P50)
	}
	if got.P99 < 1900*time.Microsecond || got.P99 > 2000*time.Microsecond {
		t.Errorf("p99 = %v, want nearly the slowest of the slow", got.P99)
	}
	if !math.IsNaN(got.AllocsPerOp) {
		t.Errorf("it claims to know the allocations: %v", got.AllocsPerOp)
	}

	pipelines := figures([]report{fast}, 100)
	if math.Round(pipelines.OpsPerSecond) != 100 || pipelines.CPUPerOp != 2*time.Millisecond {
		t.Errorf("pipelines of 100: %.0f op/s at %v, want 100 at 2ms", pipelines.OpsPerSecond, pipelines.CPUPerOp)
	}
}

func TestLoadsThatItCannotHaveAreRefused(t *testing.T) {
	small := workloads.Shape{Callers: 100, ValueBytes: 100}
	for _, c := range []struct {
		name     string
		mode     clients.Mode
		workload string
		shape    workloads.Shape
		refused  bool
	}{
		{PerCaller, clients.Standalone, "get-set", small, false},
		{PerCaller, clients.Standalone, "pipeline", small, false},
		{PerCaller, clients.Standalone, "mget", small, false},
		{PerCaller, clients.Standalone, "dance", small, true},
		{PerCaller, clients.Standalone, "get-set", workloads.Shape{Callers: 10_000, ValueBytes: 100}, true},
		{PerCaller, clients.Cluster, "get-set", small, false},
		{PerCaller, clients.Cluster, "get-set", workloads.Shape{Callers: 1, ValueBytes: 100}, true},
		{PerCaller, clients.Cluster, "get-set", workloads.Shape{Callers: 100, ValueBytes: 1 << 20}, true},
		{PerCaller, clients.Cluster, "mget", small, true},
		{Pipelined, clients.Standalone, "get-set", workloads.Shape{Callers: 10_000, ValueBytes: 100}, false},
		{Pipelined, clients.Standalone, "get-set", workloads.Shape{Callers: 1, ValueBytes: 100}, true},
		{Pipelined, clients.Standalone, "pipeline", small, true},
		{PerCaller, clients.Standalone, "get-set", workloads.Shape{Callers: 100, ValueBytes: 100, Instances: 10}, true},
		{Core, clients.Standalone, "pipeline", small, false},
		{Core, clients.Standalone, "pubsub", small, false},
		{Core, clients.Standalone, "get-set", small, true},
		{Core, clients.Standalone, "pipeline", workloads.Shape{Callers: 100, ValueBytes: 100, Instances: 10}, true},
		{Core, clients.Cluster, "mget", small, false},
		{Core, clients.Cluster, "pubsub", small, true},
	} {
		if why := Refusal(c.name, c.mode, c.workload, c.shape); (why != "") != c.refused {
			t.Errorf("%s, %s, %s, %+v: %q", c.name, c.mode, c.workload, c.shape, why)
		}
	}
}

// installed ends the test where the program is not: it comes with the server,
// but on some systems in another package.
func installed(t *testing.T, name string) Program {
	t.Helper()
	program, err := New(name)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func TestEveryLoadIsMeasuredOnServersWithAllItsKeys(t *testing.T) {
	server, cluster := glidetest.Start(t), glidetest.StartCluster(t, glidetest.WithReplicas(0))
	times := measure.Times{WarmUp: 20 * time.Millisecond, Duration: 100 * time.Millisecond}
	for _, target := range []clients.Target{
		{Mode: clients.Standalone, Host: server.Host(), Port: server.Port()},
		{Mode: clients.Cluster, Host: cluster.Nodes()[0].Host(), Port: cluster.Nodes()[0].Port()},
	} {
		for _, name := range DefaultNames() {
			tool := installed(t, name)
			for workload := range mixes {
				shape := workloads.Shape{Callers: 16, ValueBytes: 100}
				if Refusal(name, target.Mode, workload, shape) != "" {
					continue
				}
				began := time.Now()
				got, err := tool.Measure(t.Context(), worker.Order{Target: target, Workload: workload, Shape: shape, Times: times})
				if err != nil {
					t.Errorf("%s, %s, %s: %v", target.Mode, name, workload, err)
					continue
				}
				if got.OpsPerSecond <= 0 || got.P50 <= 0 || got.P99 < got.P50 || got.P999 < got.P99 || got.CPUPerOp <= 0 {
					t.Errorf("%s, %s, %s: %+v", target.Mode, name, workload, got)
				}
				if took := time.Since(began); took < times.Duration*9/10 {
					t.Errorf("%s, %s, %s: measured for no more than %v", target.Mode, name, workload, took)
				}
			}
		}
	}
	if keys, _ := server.MustCommand(t, "DBSIZE").(int64); keys < 999 || keys > 1000 {
		t.Errorf("the server has %v keys, want 1000", keys)
	}
	var keys int64
	for _, node := range cluster.Nodes() {
		n, _ := node.MustCommand(t, "DBSIZE").(int64)
		keys += n
	}
	if keys < clusterKeys-1 { // one may be missed, in a run of a hundred
		t.Errorf("the cluster has %d keys, want one for each slot", keys)
	}
}

func TestFailureOfTheProgramIsTold(t *testing.T) {
	tool := installed(t, PerCaller)
	order := worker.Order{
		Target:   clients.Target{Mode: clients.Standalone, Host: "127.0.0.1", Port: 1},
		Workload: "get", Shape: workloads.Shape{Callers: 1, ValueBytes: 100},
	}
	if _, err := tool.Measure(t.Context(), order); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("err = %v, want what the program said", err)
	}
}

func TestProgramThatIsStuckIsEnded(t *testing.T) {
	silent, err := glidetest.NewListener(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err = installed(t, PerCaller).Measure(ctx, worker.Order{
		Target:   clients.Target{Mode: clients.Standalone, Host: silent.Host(), Port: silent.Port()},
		Workload: "get", Shape: workloads.Shape{Callers: 1, ValueBytes: 100},
	})
	if err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("err = %v after %v", err, time.Since(began))
	}
}
