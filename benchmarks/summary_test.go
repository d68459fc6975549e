package main

import (
	"testing"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/measure"
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
	got := summarize([]measure.Figures{
		{OpsPerSecond: 100, P50: 3 * time.Microsecond, CPUPerOp: 1500, AllocsPerOp: 1},
		{OpsPerSecond: 300, P50: 2 * time.Microsecond, CPUPerOp: 2500, AllocsPerOp: 3},
		{OpsPerSecond: 200, P50: 1 * time.Microsecond, CPUPerOp: 3500, AllocsPerOp: 2},
	})
	if got.rounds != 3 || got.opsPerSecond.median != 200 || got.p50.median != 2 ||
		got.cpuPerOp.median != 2.5 || got.allocsPerOp.median != 2 {
		t.Errorf("%+v", got)
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
