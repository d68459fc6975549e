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
	name   string // in the JSON file, which other programs read: add, never rename
	title  string // in the tables; one without is in the file only
	higher bool   // is better
	format func(float64) string
	of     func(load, measure.Figures) float64 // NaN if it is not known
}

var (
	opsPerSecond = &figure{"ops_per_second", "op/s", true, whole,
		func(_ load, f measure.Figures) float64 { return f.OpsPerSecond }}
	megabytesPerSecond = &figure{"mb_per_second", "MB/s", true, whole, megabytes}
	p50                = &figure{"p50_us", "p50 µs", false, threeDigits,
		func(_ load, f measure.Figures) float64 { return micros(f.P50) }}
	p99 = &figure{"p99_us", "p99 µs", false, threeDigits,
		func(_ load, f measure.Figures) float64 { return micros(f.P99) }}
	p999 = &figure{"p999_us", "p99.9 µs", false, threeDigits,
		func(_ load, f measure.Figures) float64 { return micros(f.P999) }}
	cpuPerOp = &figure{"cpu_us_per_op", "CPU µs/op", false, hundredths,
		func(_ load, f measure.Figures) float64 { return micros(f.CPUPerOp) }}
	allocsPerOp = &figure{"allocs_per_op", "allocs/op", false, hundredths,
		func(_ load, f measure.Figures) float64 { return f.AllocsPerOp }}
	oneClient = &figure{"one_client_mb", "one client MB", false, tenths,
		func(_ load, f measure.Figures) float64 { return f.OneClient / 1e6 }}
	perClient = &figure{"per_client_kb", "further client KB", false, tenths,
		func(_ load, f measure.Figures) float64 { return f.PerClient / 1e3 }}
	allocBytesPerOp = &figure{"alloc_bytes_per_op", "", false, whole,
		func(_ load, f measure.Figures) float64 { return f.AllocBytesPerOp }}
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
}

// value gives the figure, and NaN where it has no meaning.
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
