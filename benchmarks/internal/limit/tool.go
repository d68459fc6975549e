package limit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/worker"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// The names under which valkey-benchmark stands among the clients.
const (
	PerCaller = "valkey-benchmark"           // a connection for each caller
	Pipelined = "valkey-benchmark-pipelined" // as many operations under way, on few connections
)

const (
	pipelinedConnections = 4
	mostConnections      = 5000      // the server takes 10,000, of anybody
	clusterKeys          = 16384     // one for each slot
	clusterBytes         = 256 << 20 // of all their values, at most
)

// findTool returns its path. Redis calls it redis-benchmark.
func findTool() (string, error) {
	for _, name := range []string{"valkey-benchmark", "redis-benchmark"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("neither valkey-benchmark nor redis-benchmark is on the PATH (they come with the server; " +
		"Debian's package is valkey-tools)")
}

func toolRefusal(name string, mode clients.Mode, workload string, shape workloads.Shape) string {
	cluster := mode == clients.Cluster
	switch {
	case mixes[workload] == nil:
		return "it knows no such load"
	case name == Pipelined && (shape.Callers == 1 || workload == "pipeline" || workload == "mget"):
		return "the same as " + PerCaller
	case name == PerCaller && shape.Callers > mostConnections:
		return fmt.Sprintf("it has a connection for each caller, and servers take %d", 2*mostConnections)
	case cluster && shape.Callers < 3:
		return "it has a connection to each node at least"
	case cluster && workload == "mget":
		return "it does not cut commands by slot"
	case cluster && shape.ValueBytes > clusterBytes/clusterKeys:
		return "it would fill one key for each slot"
	}
	return ""
}

// A tool runs valkey-benchmark.
type tool struct {
	path      string
	pipelined bool
	rates     map[rated]float64 // requests per second, by what was seen last
}

// rated is what a rate depends on.
type rated struct {
	target   clients.Target
	workload string
	shape    workloads.Shape
}

// prepared is what has been written last, by either tool: they use the same
// keys, and one at a time.
var prepared struct {
	target     clients.Target
	valueBytes int
}

func newTool(path string, pipelined bool) *tool {
	return &tool{path: path, pipelined: pipelined, rates: map[rated]float64{}}
}

// mixes are the parts of a workload. They are measured one after the other,
// as the program sends only one kind of command in a run.
var mixes = map[string][]part{
	"get-set":  {{command: "GET", share: 0.8}, {command: "SET", share: 0.2}},
	"get":      {{command: "GET", share: 1}},
	"pipeline": {{command: "GET", share: 1}},
	"mget":     {{command: "MGET", share: 1}},
}

type part struct {
	command string
	share   float64 // of the operations
}

// measure runs the program in a few slices, each with as many requests as
// should take its time at the rate of the one before: what seemed to be the
// rate may have been a stall of the machine.
func (t *tool) measure(ctx context.Context, order worker.Order) (measure.Figures, error) {
	if err := t.prepare(ctx, order); err != nil {
		return measure.Figures{}, fmt.Errorf("preparing: %w", err)
	}
	if _, err := t.load(ctx, order, order.Times.WarmUp); err != nil {
		return measure.Figures{}, err
	}
	var parts []report
	for len(parts) == 0 || total(parts).elapsed < order.Times.Duration*9/10 {
		slice, err := t.load(ctx, order, order.Times.Duration/3)
		if err != nil {
			return measure.Figures{}, err
		}
		parts = append(parts, slice...)
	}
	return figures(parts, perOperation(order)), nil
}

// load has the server answer for about so long.
func (t *tool) load(ctx context.Context, order worker.Order, length time.Duration) ([]report, error) {
	mix := mixes[order.Workload]
	parts := make([]report, len(mix))
	rated := rated{order.Target, order.Workload, order.Shape}
	requests := t.rates[rated] * length.Seconds()
	for i, part := range mix {
		var err error
		if parts[i], err = t.run(ctx, t.invocation(order, part.command, requests*part.share)); err != nil {
			return nil, err
		}
	}
	all := total(parts)
	t.rates[rated] = all.requests / max(all.elapsed.Seconds(), 1e-3)
	return parts, nil
}

// total adds up all but the latencies.
func total(parts []report) report {
	var sum report
	for _, part := range parts {
		sum.requests += part.requests
		sum.elapsed += part.elapsed
		sum.cpu += part.cpu
	}
	return sum
}

// prepare writes all keys: of so many random SETs, hardly one misses a key.
func (t *tool) prepare(ctx context.Context, order worker.Order) error {
	if prepared.target == order.Target && prepared.valueBytes == order.Shape.ValueBytes {
		return nil
	}
	i := invocation{target: order.Target, command: "SET", valueBytes: order.Shape.ValueBytes, connections: 50, depth: 1}
	keys := clusterKeys // a pipeline there goes to one slot, so it is of no use here
	if order.Target.Mode == clients.Standalone {
		keys = workloads.Keys(order.Shape.ValueBytes)
		i.depth = min(max(64<<10/order.Shape.ValueBytes, 1), 16)
	}
	i.requests = math.Ceil(float64(keys) * (5 + math.Log(float64(keys))))
	if _, err := t.run(ctx, i); err != nil {
		return err
	}
	prepared.target, prepared.valueBytes = order.Target, order.Shape.ValueBytes
	return nil
}

// perOperation is how many requests are one operation of the workload.
func perOperation(order worker.Order) int {
	if order.Workload == "pipeline" {
		return workloads.ValuesPerOperation(order.Workload, order.Shape)
	}
	return 1
}

// An invocation is one run of the program.
type invocation struct {
	target             clients.Target
	connections, depth int
	requests           float64
	command            string
	valueBytes         int
}

func (t *tool) invocation(order worker.Order, command string, requests float64) invocation {
	i := invocation{
		target: order.Target, command: command, valueBytes: order.Shape.ValueBytes,
		connections: order.Shape.Callers, depth: perOperation(order),
	}
	if t.pipelined {
		i.connections = min(pipelinedConnections, order.Shape.Callers)
		i.depth = order.Shape.Callers / i.connections
	}
	// At least a few for each place, and whole pipelines.
	underWay := float64(i.connections * i.depth)
	i.requests = math.Ceil(max(requests/underWay, 5)) * underWay
	return i
}

func (i invocation) arguments() []string {
	cluster, keys := i.target.Mode == clients.Cluster, workloads.Keys(i.valueBytes)
	arguments := []string{
		"-h", i.target.Host, "-p", strconv.Itoa(i.target.Port), "-3", "--precision", "3",
		"-c", strconv.Itoa(i.connections), "-P", strconv.Itoa(i.depth), "-n", strconv.FormatFloat(i.requests, 'f', 0, 64),
	}
	threads, key := min(runtime.NumCPU()/2, i.connections), "benchmark:__rand_int__"
	if cluster {
		arguments, key = append(arguments, "--cluster"), "benchmark:{tag}" // a slot's tag, at random
	} else {
		arguments = append(arguments, "-r", strconv.Itoa(keys))
	}
	if threads > 1 || cluster { // a cluster would have as many as nodes
		arguments = append(arguments, "--threads", strconv.Itoa(max(threads, 1)))
	}
	switch i.command {
	case "SET":
		return append(arguments, "-x", "SET", key) // and the value from its input
	case "MGET":
		arguments = append(arguments, "MGET")
		for n := range keys {
			arguments = append(arguments, fmt.Sprintf("benchmark:%012d", n)) // as __rand_int__ is written
		}
		return arguments
	default:
		return append(arguments, i.command, key)
	}
}

// figures puts the parts together. What the program allocates is not known.
func figures(parts []report, perOperation int) measure.Figures {
	sum := total(parts)
	distributions := make([]distribution, len(parts))
	for i, part := range parts {
		distributions[i] = part.latencies
	}
	operations := sum.requests / float64(perOperation)
	merged := merge(distributions)
	return measure.Figures{
		OpsPerSecond:    operations / sum.elapsed.Seconds(),
		P50:             merged.quantile(0.5),
		P99:             merged.quantile(0.99),
		P999:            merged.quantile(0.999),
		CPUPerOp:        time.Duration(float64(sum.cpu) / operations),
		AllocsPerOp:     math.NaN(),
		AllocBytesPerOp: math.NaN(),
	}.WithoutCosts()
}
