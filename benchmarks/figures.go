package main

import (
	"fmt"
	"math"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// A figure is one thing that is told of a case. The list below is all that
// tables, files and comparisons know of it.
type figure struct {
	name    string // in the JSON file, which other programs read: add, never rename
	title   string // in the tables; one without is in the file only
	higher  bool   // is better
	neutral bool   // neither is better: who did the work, or how much there was
	cost    bool   // stands in the second table
	format  func(float64) string
	of      func(load, measure.Figures) float64 // NaN if it is not known
}

var (
	opsPerSecond = &figure{name: "ops_per_second", title: "op/s", higher: true, format: whole,
		of: func(_ load, f measure.Figures) float64 { return f.OpsPerSecond }}
	megabytesPerSecond = &figure{name: "mb_per_second", title: "MB/s", higher: true, format: whole, of: megabytes}
	p50                = &figure{name: "p50_us", title: "p50 µs", format: threeDigits,
		of: func(_ load, f measure.Figures) float64 { return micros(f.P50) }}
	p99 = &figure{name: "p99_us", title: "p99 µs", format: threeDigits,
		of: func(_ load, f measure.Figures) float64 { return micros(f.P99) }}
	p999 = &figure{name: "p999_us", title: "p99.9 µs", format: threeDigits,
		of: func(_ load, f measure.Figures) float64 { return micros(f.P999) }}
	cpuPerOp = &figure{name: "cpu_us_per_op", title: "CPU µs/op", format: hundredths,
		of: func(_ load, f measure.Figures) float64 { return micros(f.CPUPerOp) }}
	allocsPerOp = &figure{name: "allocs_per_op", title: "allocs/op", format: hundredths,
		of: func(_ load, f measure.Figures) float64 { return f.AllocsPerOp }}
	oneClient = &figure{name: "one_client_mb", title: "one client MB", format: tenths,
		of: func(_ load, f measure.Figures) float64 { return f.OneClient / 1e6 }}
	perClient = &figure{name: "per_client_kb", title: "further client KB", format: tenths,
		of: func(_ load, f measure.Figures) float64 { return f.PerClient / 1e3 }}
	allocBytesPerOp = &figure{name: "alloc_bytes_per_op", format: whole,
		of: func(_ load, f measure.Figures) float64 { return f.AllocBytesPerOp }}
)

// These do not depend on how fast the machine is, or say who kept it busy.
var (
	switchesPerOp = &figure{name: "context_switches_per_op", title: "switches/op", cost: true, format: thousandths,
		of: func(_ load, f measure.Figures) float64 { return float64(f.VoluntarySwitches + f.InvoluntarySwitches) }}
	involuntaryPerOp = &figure{name: "involuntary_switches_per_op", cost: true, format: thousandths,
		of: func(_ load, f measure.Figures) float64 { return float64(f.InvoluntarySwitches) }}
	migrationsPerOp = &figure{name: "migrations_per_op", title: "migrations/op", cost: true, format: thousandths,
		of: func(_ load, f measure.Figures) float64 { return float64(f.Migrations) }}
	// Counted apart from the rounds, see calls.go.
	syscallsPerOp = &figure{name: "system_calls_per_op", title: "syscalls/op", cost: true, format: thousandths,
		of: func(load, measure.Figures) float64 { return math.NaN() }}
	serverSwitchesPerOp = &figure{name: "server_context_switches_per_op", title: "server's switches/op", cost: true, neutral: true, format: thousandths,
		of: func(_ load, f measure.Figures) float64 { return float64(f.ServerSwitches) }}
	clientShare = &figure{name: "client_cpu_share", title: "client's CPU", cost: true, neutral: true, format: percent,
		of: func(_ load, f measure.Figures) float64 { return float64(f.ClientShare) }}
	serverShare = &figure{name: "server_cpu_share", title: "server's CPU", cost: true, neutral: true, format: percent,
		of: func(_ load, f measure.Figures) float64 { return float64(f.ServerShare) }}
	otherShare = &figure{name: "other_cpu_share", title: "others' CPU", cost: true, neutral: true, format: percent,
		of: func(_ load, f measure.Figures) float64 { return max(0, float64(1-f.Idle-f.ClientShare-f.ServerShare)) }}
	idleShare = &figure{name: "idle_cpu_share", title: "idle CPU", cost: true, neutral: true, format: percent,
		of: func(_ load, f measure.Figures) float64 { return float64(f.Idle) }}
)

// figures are in the order of the tables.
var figures = []*figure{
	opsPerSecond,
	megabytesPerSecond,
	p50,
	p99,
	p999,
	cpuPerOp,
	allocsPerOp,
	allocBytesPerOp,
	oneClient,
	perClient,
	switchesPerOp,
	involuntaryPerOp,
	migrationsPerOp,
	syscallsPerOp,
	serverSwitchesPerOp,
	clientShare,
	serverShare,
	otherShare,
	idleShare,
}

// value returns the figure, and NaN where it has no meaning.
func (fig *figure) value(l load, f measure.Figures) float64 {
	if (fig == oneClient || fig == perClient) != (l.workload == workloads.Memory) {
		return math.NaN()
	}
	return fig.of(l, f)
}

// megabytes are of the values alone, and of interest where these are large.
func megabytes(l load, f measure.Figures) float64 {
	if l.shape.ValueBytes < 10_000 {
		return math.NaN()
	}
	return f.OpsPerSecond * float64(workloads.ValuesPerOperation(l.workload, l.shape)*l.shape.ValueBytes) / 1e6
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

func whole(v float64) string { return fmt.Sprintf("%.0f", v) }

func tenths(v float64) string { return fmt.Sprintf("%.1f", v) }

func thousandths(v float64) string { return fmt.Sprintf("%.3f", v) }

// percent is of a share from 0 to 1.
func percent(v float64) string { return fmt.Sprintf("%.1f%%", 100*v) }

func hundredths(v float64) string { return fmt.Sprintf("%.2f", v) }

// threeDigits are as many as the histogram knows.
func threeDigits(v float64) string {
	switch {
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}
