package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/valkey-glide/go/benchmarks/internal/limit"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// reach returns the goal's row where the clients have these medians, and op/s of
// their own.
func reach(g goal, values, speeds map[string]float64) []string {
	g.load.workload = "get-set"
	out := outcome{clients: []string{"glide", "go-redis", "valkey-go", "rueidis", limit.Pipelined}, results: map[caseID]result{}}
	for client, value := range values {
		speed := speeds[client]
		statistics := map[*figure]statistic{opsPerSecond: {speed, speed, speed}}
		statistics[g.figure] = statistic{value, value, value}
		out.results[caseID{client, g.load}] = result{rounds: 3, statistics: statistics}
	}
	return g.reached(out)
}

func TestGoalIsComparedWithTheBestOther(t *testing.T) {
	atLeast := goal{figure: opsPerSecond, asked: 1.25, of: best}
	atMost := goal{figure: cpuPerOp, asked: 0.7, of: best}
	among := goal{figure: opsPerSecond, asked: 1, of: best, among: []string{"go-redis"}}
	fastestP99 := goal{figure: p99, asked: 0.75, of: fastest}
	idle := goal{figure: idleShare, asked: 1, of: fastest, among: []string{"valkey-go"}}
	for _, c := range []struct {
		goal   goal
		values map[string]float64
		speeds map[string]float64
		want   []string
	}{
		{atLeast, map[string]float64{"glide": 300, "go-redis": 100, "valkey-go": 200, limit.Pipelined: 900}, nil, []string{"1.50x", "reached", "valkey-go"}},
		{atLeast, map[string]float64{"glide": 240, "go-redis": 100, "valkey-go": 200}, nil, []string{"1.20x", "missed", "valkey-go"}},
		{atLeast, map[string]float64{"glide": 250, "valkey-go": 200}, nil, []string{"1.25x", "reached", "valkey-go"}},
		{atMost, map[string]float64{"glide": 3, "go-redis": 15, "valkey-go": 5}, nil, []string{"0.60x", "reached", "valkey-go"}},
		{atMost, map[string]float64{"glide": 4, "go-redis": 15, "valkey-go": 5}, nil, []string{"0.80x", "missed", "valkey-go"}},
		{among, map[string]float64{"glide": 150, "go-redis": 100, "valkey-go": 200}, nil, []string{"1.50x", "reached", "go-redis"}},
		{fastestP99, map[string]float64{"glide": 70, "go-redis": 50, "rueidis": 100},
			map[string]float64{"glide": 9, "go-redis": 1, "rueidis": 5}, []string{"0.70x", "reached", "rueidis"}},
		{idle, map[string]float64{"glide": 0.1, "go-redis": 0.01, "valkey-go": 0.2}, nil, []string{"0.50x", "reached", "valkey-go", "10.0%", "20.0%"}},
		{idle, map[string]float64{"glide": 0, "valkey-go": 0}, nil, []string{"-", "reached", "valkey-go"}},
		{idle, map[string]float64{"glide": 0.1, "valkey-go": 0}, nil, []string{"-", "missed", "valkey-go"}},
		{atLeast, map[string]float64{"go-redis": 100}, nil, []string{"-", "not measured", ""}},
		{atLeast, map[string]float64{"glide": 100}, nil, []string{"-", "not measured", ""}},
	} {
		values := c.values
		speeds := c.speeds
		if c.goal.figure == opsPerSecond {
			speeds = values
		}
		if got := reach(c.goal, values, speeds); len(got) != 5 || !slices.Equal(got[:len(c.want)], c.want) {
			t.Errorf("%v: %v, want %v", values, got, c.want)
		}
	}
}

func TestEveryGoalHasARowAlsoIfNothingWasMeasured(t *testing.T) {
	rows := goalRows(outcome{clients: []string{"glide"}})
	if len(rows) != len(goals())+1 {
		t.Fatalf("%d rows for %d goals", len(rows), len(goals()))
	}
	if note := goalNote(environment{Duration: goalDuration / 2}, outcome{clients: []string{"glide"}}); !strings.Contains(note, "0 goals reached, 0 missed") ||
		!strings.Contains(note, "at least 1s") {
		t.Errorf("the note is %q", note)
	}
	for _, row := range rows[1:] {
		if len(row) != len(rows[0]) || row[3] != "-" || row[4] != "not measured" && row[4] != "no such load" {
			t.Errorf("%v", row)
		}
	}
}

func TestSetsHaveTheLoadsOfTheGoalsThatExist(t *testing.T) {
	for _, name := range setNames() {
		loads := sets[name].loads()
		for i, l := range loads {
			if slices.Contains(loads[:i], l) {
				t.Errorf("%s: %v is there twice", name, l)
			}
		}
		for _, g := range goals() {
			exists := slices.Contains(workloads.Names(), g.load.workload)
			if slices.Contains(loads, g.load) != exists {
				t.Errorf("%s: %v is there: %v; its workload exists: %v", name, g.load, !exists, exists)
			}
		}
	}
	if !strings.Contains(setList(), "goals: ") || !strings.Contains(setList(), "report: ") {
		t.Errorf("the list of sets is %q", setList())
	}
}
