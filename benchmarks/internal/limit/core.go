package limit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/worker"
)

// The names under which the core alone stands among the clients. The program is
// ffi/examples/core.rs; the names differ in what carries the commands.
const (
	Core            = "glide-core"              // one core client for all callers
	CoreNodeClients = "glide-core-node-clients" // a standalone core client for each node
	CoreConnections = "glide-core-connections"  // a multiplexed connection of the core's engine for each node
)

// carriers are the program's words for them.
var carriers = map[string]string{
	Core:            "core-client",
	CoreNodeClients: "node-clients",
	CoreConnections: "connections",
}

func isCore(name string) bool { return carriers[name] != "" }

// envCore names the program, before any other place.
const envCore = "GLIDE_CORE_BENCHMARK"

// coreWorkloads are those that cost the core the most.
var coreWorkloads = []string{"pipeline", "mget", "pubsub"}

// findCore returns its path: in the checkout that the suite belongs to, unless
// it is named.
func findCore() (string, error) {
	path := os.Getenv(envCore)
	if path == "" {
		_, file, _, ok := runtime.Caller(0)
		if !ok || !filepath.IsAbs(file) {
			return "", fmt.Errorf("the program for %s is not looked for, as this one was built without paths: name it in %s", Core, envCore)
		}
		path = filepath.Join(filepath.Dir(file), "..", "..", "..", "target", "release", "examples", "core")
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("the program for %s is not there: %w: `make bench-core` builds it, or name it in %s", Core, err, envCore)
	}
	return path, nil
}

func coreRefusal(name string, mode clients.Mode, workload string) string {
	switch {
	case !slices.Contains(coreWorkloads, workload):
		return "it knows no such load"
	case name != Core && workload == "pubsub":
		return "it has connections for commands alone"
	case name != Core && mode == clients.Cluster && workload == "pipeline":
		return "it does not cut pipelines by node"
	case mode == clients.Cluster && workload == "pubsub":
		return "it waits for a subscriber on the node on which it publishes"
	}
	return ""
}

// core runs that program.
type core struct{ path, carrier string }

func (c core) measure(ctx context.Context, order worker.Order) (measure.Figures, error) {
	command := exec.CommandContext(ctx, c.path,
		order.Workload, order.Target.Address(), string(order.Target.Mode),
		strconv.Itoa(order.Shape.Callers), strconv.Itoa(order.Shape.ValueBytes),
		strconv.FormatInt(order.Times.WarmUp.Milliseconds(), 10), strconv.FormatInt(order.Times.Duration.Milliseconds(), 10),
		c.carrier)
	printed, err := output(ctx, command)
	if err != nil {
		return measure.Figures{}, err
	}
	figures, err := parseCore(printed)
	if err != nil {
		return measure.Figures{}, fmt.Errorf("%s: %w", c.path, err)
	}
	return figures, nil
}

// parseCore reads the one line that the program prints. What it allocates is
// not known.
func parseCore(text string) (measure.Figures, error) {
	var told struct {
		Operations float64  `json:"operations"`
		Elapsed    float64  `json:"elapsed_s"`
		CPU        float64  `json:"cpu_s"`
		Voluntary  float64  `json:"voluntary_switches"`
		Unwanted   float64  `json:"involuntary_switches"`
		Idle       *float64 `json:"idle"`
		P50        float64  `json:"p50_us"`
		P99        float64  `json:"p99_us"`
		P999       float64  `json:"p999_us"`
		Errors     int      `json:"errors"`
		FirstError string   `json:"first_error"`
	}
	if err := json.Unmarshal([]byte(text), &told); err != nil {
		return measure.Figures{}, fmt.Errorf("its output is not as expected: %w", err)
	}
	if told.Errors > 0 {
		return measure.Figures{}, fmt.Errorf("%d operations failed, the first with: %s", told.Errors, told.FirstError)
	}
	if told.Operations == 0 || told.Elapsed == 0 {
		return measure.Figures{}, errors.New("not one operation began in the measured interval")
	}
	seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	f := measure.Figures{
		OpsPerSecond:    told.Operations / told.Elapsed,
		P50:             seconds(told.P50 / 1e6),
		P99:             seconds(told.P99 / 1e6),
		P999:            seconds(told.P999 / 1e6),
		CPUPerOp:        seconds(told.CPU / told.Operations),
		AllocsPerOp:     math.NaN(),
		AllocBytesPerOp: math.NaN(),
	}.WithoutCosts()
	f.VoluntarySwitches = measure.Number(told.Voluntary / told.Operations)
	f.InvoluntarySwitches = measure.Number(told.Unwanted / told.Operations)
	f.ClientShare = measure.Number(told.CPU / told.Elapsed / float64(runtime.NumCPU()))
	if told.Idle != nil {
		f.Idle = measure.Number(*told.Idle)
	}
	return f, nil
}
