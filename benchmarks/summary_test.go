package main

import (
	"math"
	"testing"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

func TestMedianAndExtremes(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   statistic
	}{
		{[]float64{7}, statistic{7, 7, 7}},
		{[]float64{9, 1, 4}, statistic{4, 1, 9}},
		{[]float64{8, 2, 4, 1}, statistic{3, 1, 8}},
	} {
		if got := statisticOf(c.values); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.values, got, c.want)
		}
	}
}

func TestSpreadIsRelativeToTheMedian(t *testing.T) {
	if got := (statistic{median: 100, low: 90, high: 130}).spread(); got != 0.4 {
		t.Errorf("spread = %v, want 0.4", got)
	}
	if got := (statistic{}).spread(); got != 0 {
		t.Errorf("spread of nothing = %v, want 0", got)
	}
}

func TestEachFigureHasItsOwnMedian(t *testing.T) {
	got := summarize(load{}, []measure.Figures{
		{OpsPerSecond: 100, P50: 3 * time.Microsecond, CPUPerOp: 1500, AllocsPerOp: 1},
		{OpsPerSecond: 300, P50: 2 * time.Microsecond, CPUPerOp: 2500, AllocsPerOp: 3},
		{OpsPerSecond: 200, P50: 1 * time.Microsecond, CPUPerOp: 3500, AllocsPerOp: 2},
	})
	for f, want := range map[*figure]float64{opsPerSecond: 200, p50: 2, cpuPerOp: 2.5, allocsPerOp: 2} {
		if median := got.statistics[f].median; got.rounds != 3 || median != want {
			t.Errorf("%s: %v of %d rounds, want %v", f.name, median, got.rounds, want)
		}
	}
}

func TestFigureThatIsNotKnownIsNotThere(t *testing.T) {
	got := summarize(load{}, []measure.Figures{{OpsPerSecond: 1, AllocsPerOp: math.NaN()}})
	if s, ok := got.statistics[allocsPerOp]; ok {
		t.Errorf("allocations are %+v", s)
	}
}

func TestMegabytesAreOfLargeValues(t *testing.T) {
	for _, c := range []struct {
		workload string
		bytes    int
		want     float64
	}{
		{"get-set", 10_000, 10},
		{"pipeline", 10_000, 1000},
		{"get-set", 1 << 20, 1000 * 1.048576},
	} {
		l := load{workload: c.workload, shape: workloads.Shape{ValueBytes: c.bytes}}
		got := summarize(l, []measure.Figures{{OpsPerSecond: 1000}}).statistics[megabytesPerSecond].median
		if math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%s of %d bytes: %v MB/s, want %v", c.workload, c.bytes, got, c.want)
		}
	}
	small := load{workload: "get-set", shape: workloads.Shape{ValueBytes: 100}}
	if s, ok := summarize(small, []measure.Figures{{OpsPerSecond: 1000}}).statistics[megabytesPerSecond]; ok {
		t.Errorf("small values have %+v", s)
	}
}

func TestRatioMarksWhatTheRoundsDoNotTellApart(t *testing.T) {
	for _, c := range []struct {
		ours, theirs statistic
		want         string
	}{
		{statistic{200, 190, 210}, statistic{100, 90, 110}, "2.00x"},
		{statistic{105, 95, 110}, statistic{100, 90, 110}, "~1.05x"},
		{statistic{1, 1, 1}, statistic{}, "-"},
	} {
		if got := ratio(c.ours, c.theirs); got != c.want {
			t.Errorf("ratio of %+v to %+v = %s, want %s", c.ours, c.theirs, got, c.want)
		}
	}
}
