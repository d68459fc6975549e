package main

import (
	"math"
	"slices"

	"github.com/valkey-glide/go/benchmarks/internal/measure"
)

// A statistic is the median of the rounds and their extremes. With the few
// rounds of a run the extremes tell more than a standard deviation would.
type statistic struct {
	median, low, high float64
}

// result has the statistics of one case, each over its rounds on its own: the
// median of the p99 need not be from the same round as that of the p50.
type result struct {
	rounds     int
	statistics map[*figure]statistic // of those that are known
	calls      calls
}

func summarize(l load, rounds []measure.Figures) result {
	r := result{rounds: len(rounds), statistics: map[*figure]statistic{}}
	for _, f := range figures {
		values := make([]float64, len(rounds))
		for i, round := range rounds {
			values[i] = f.value(l, round)
		}
		if !slices.ContainsFunc(values, math.IsNaN) {
			r.statistics[f] = statisticOf(values)
		}
	}
	return r
}

func statisticOf(values []float64) statistic {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return statistic{
		median: (sorted[(n-1)/2] + sorted[n/2]) / 2,
		low:    sorted[0],
		high:   sorted[n-1],
	}
}

// spread is how far the rounds lie apart, as a part of the median.
func (s statistic) spread() float64 {
	if s.median == 0 {
		return 0
	}
	return (s.high - s.low) / s.median
}

// overlaps says that some round of the one was like some round of the other:
// a difference of the medians is then not shown by this run.
func (s statistic) overlaps(other statistic) bool {
	return s.low <= other.high && other.low <= s.high
}
