package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/limit"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// A goal is what this project's client shall reach: a figure under a load, as
// a ratio to another client's or absolutely.
type goal struct {
	load   load
	figure *figure
	asked  float64 // at least, where higher is better, else at most
	of     standard
	among  []string // the clients that are compared with; none: all
}

// A standard says what is asked is a multiple of.
type standard int

const (
	best     standard = iota // the best figure of any other client
	fastest                  // that of the other client that does the most operations
	absolute                 // nothing
)

// goals are the promises of the project, in the order in which they are told.
func goals() []goal {
	local, slow, cluster := place{mode: clients.Standalone}, place{clients.Standalone, time.Millisecond}, place{mode: clients.Cluster}
	at := func(p place, workload string, callers, bytes int) load {
		return load{p, workload, workloads.Shape{Callers: callers, ValueBytes: bytes, Instances: 1}}
	}
	getSet := func(callers int) load { return at(local, "get-set", callers, 100) }
	native := []string{"go-redis", "valkey-go", "valkey-go-single"}

	return []goal{
		{getSet(1), opsPerSecond, 1.0, best, native},
		{getSet(1), p50, 1.0, best, native},
		{getSet(16), opsPerSecond, 1.1, best, nil},
		{getSet(100), opsPerSecond, 1.25, best, nil},
		{getSet(1000), opsPerSecond, 1.25, best, nil},
		{getSet(100), p99, 0.75, fastest, nil},
		{getSet(1000), p99, 0.75, fastest, nil},
		{getSet(16), cpuPerOp, 0.7, best, nil},
		{getSet(100), cpuPerOp, 0.7, best, nil},
		{getSet(1000), cpuPerOp, 0.7, best, nil},
		{at(cluster, "get-set", 100, 100), opsPerSecond, 1.3, best, nil},
		{at(cluster, "get-set", 1000, 100), opsPerSecond, 1.5, best, nil},
		{at(local, "pipeline", 16, 100), opsPerSecond, 1.2, best, nil},
		{at(local, "get-set", 16, 10<<10), opsPerSecond, 1.5, best, nil},
		{at(local, "get-set", 16, 100<<10), opsPerSecond, 1.1, best, nil},
		{at(local, "get-set", 16, 1<<20), opsPerSecond, 1.0, best, nil},
		{at(local, "pubsub", 1, 100), opsPerSecond, 1.2, best, nil},
		{at(slow, "get-set", 1, 100), p50, 1.05, best, nil},
		{at(slow, "get-set", 16, 100), p50, 1.05, best, nil},
		{at(slow, "get-set", 100, 100), p50, 1.05, best, nil},
		{at(local, "get", 16, 100), allocsPerOp, 2, absolute, nil},
	}
}

// goalRows tell of each goal what was asked and what was reached, under their
// titles. One that was not measured has no more than that.
func goalRows(out outcome) [][]string {
	rows := [][]string{{"goal", "figure", "asked", "reached", "", "× that of"}}
	for _, g := range goals() {
		sign := "≤"
		if g.figure.higher {
			sign = "≥"
		}
		row := []string{g.load.String(), g.figure.title, fmt.Sprintf("%s %.2f", sign, g.asked)}
		rows = append(rows, append(row, g.reached(out)...))
	}
	return rows
}

// reached is the value, whether it is enough, and whom it was compared with.
// As in the other tables, ~ is for rounds that overlap.
func (g goal) reached(out outcome) []string {
	if !slices.Contains(workloads.Names(), g.load.workload) {
		return []string{"-", "no such load", ""}
	}
	ours, ok := out.results[caseID{out.clients[0], g.load}].statistics[g.figure]
	if !ok {
		return []string{"-", "not measured", ""}
	}
	if g.of == absolute {
		return []string{fmt.Sprintf("%.2f", ours.median), g.verdict(ours.median), "-"}
	}
	peer, ok := g.peer(out)
	if !ok {
		return []string{"-", "not measured", ""}
	}
	theirs := out.results[caseID{peer, g.load}].statistics[g.figure]
	return []string{ratio(ours, theirs), g.verdict(ours.median / theirs.median), peer}
}

func (g goal) verdict(reached float64) string {
	if reached == g.asked || (reached > g.asked) == g.figure.higher {
		return "yes"
	}
	return "no"
}

// peer is the other client that the goal's standard chooses. The server's own
// program is none: it is the limit.
func (g goal) peer(out outcome) (string, bool) {
	by := g.figure
	if g.of == fastest {
		by = opsPerSecond
	}
	chosen, value := "", 0.0
	for _, client := range out.clients[1:] {
		s, ok := out.results[caseID{client, g.load}].statistics[by]
		switch {
		case !ok || limit.IsName(client) || g.among != nil && !slices.Contains(g.among, client):
		case chosen == "" || (s.median > value) == by.higher:
			chosen, value = client, s.median
		}
	}
	return chosen, chosen != ""
}
