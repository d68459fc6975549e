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
// a ratio to another client's.
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
	best    standard = iota // the best figure of any other client, in its best setting
	fastest                 // that of the other client that does the most operations
)

// goalDuration is how long a round must be for the goals to be judged by it.
const goalDuration = time.Second

// goals are the promises of the project, on any machine, in the order in which
// they are told.
func goals() []goal {
	local, slow, cluster := place{mode: clients.Standalone}, place{clients.Standalone, time.Millisecond}, place{mode: clients.Cluster}
	at := func(p place, workload string, callers, bytes int) load {
		return load{p, workload, workloads.Shape{Callers: callers, ValueBytes: bytes, Instances: 1}}
	}
	getSet := func(p place, callers int) load { return at(p, "get-set", callers, 100) }
	valkeyGo := []string{"valkey-go", "valkey-go-single"}

	return []goal{
		{getSet(local, 1), opsPerSecond, 1.1, best, nil},
		{getSet(local, 16), opsPerSecond, 1.0, best, nil},
		{getSet(local, 100), opsPerSecond, 1.15, best, nil},
		{getSet(local, 1000), opsPerSecond, 1.15, best, nil},
		{getSet(local, 1), cpuPerOp, 0.9, best, nil},
		{getSet(local, 16), cpuPerOp, 0.9, best, nil},
		{getSet(local, 100), cpuPerOp, 0.9, best, nil},
		{getSet(local, 1000), cpuPerOp, 0.9, best, nil},
		{getSet(cluster, 1), opsPerSecond, 1.1, best, nil},
		{getSet(cluster, 16), opsPerSecond, 1.0, best, nil},
		{getSet(cluster, 100), opsPerSecond, 1.15, best, nil},
		{getSet(cluster, 1000), opsPerSecond, 1.15, best, nil},
		{getSet(slow, 1), opsPerSecond, 1.0, best, nil},
		{getSet(slow, 16), opsPerSecond, 1.0, best, nil},
		{getSet(slow, 100), opsPerSecond, 1.0, best, nil},
		{getSet(slow, 1000), opsPerSecond, 1.0, best, nil},
		{getSet(slow, 1), cpuPerOp, 1.0, best, nil},
		{getSet(slow, 16), cpuPerOp, 1.0, best, nil},
		{getSet(slow, 100), cpuPerOp, 1.0, best, nil},
		{getSet(slow, 1000), cpuPerOp, 1.0, best, nil},
		{at(cluster, "mget", 16, 100), opsPerSecond, 0.9, best, nil},
		{at(local, "pipeline", 16, 100), opsPerSecond, 0.9, best, nil},
		{at(local, "get-set", 16, 10<<10), opsPerSecond, 0.9, best, nil},
		{at(local, "get-set", 16, 100<<10), opsPerSecond, 0.9, best, nil},
		{at(local, "get-set", 16, 1<<20), opsPerSecond, 0.9, best, nil},
		{at(local, "pubsub", 1, 100), opsPerSecond, 1.0, best, nil},
		{at(local, "cas", 16, 100), opsPerSecond, 1.0, best, nil},
		{at(local, "cas", 50, 100), opsPerSecond, 1.0, best, nil},
		{getSet(local, 100), idleShare, 1.0, fastest, valkeyGo},
		{getSet(local, 1000), idleShare, 1.0, fastest, valkeyGo},
	}
}

// goalRows report each goal what was asked and what was reached, under their
// titles. One that was not measured has no more than that.
func goalRows(out outcome) [][]string {
	rows := [][]string{{"goal", "figure", "asked", "reached", "", "× that of", "ours", "theirs"}}
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

// reached is the ratio, whether it is enough, whom it was compared with, and
// the figures of both. As in the other tables, ~ is for rounds that overlap.
func (g goal) reached(out outcome) []string {
	if !slices.Contains(workloads.Names(), g.load.workload) {
		return []string{"-", "no such load", "", "-", "-"}
	}
	ours, ok := out.results[caseID{out.clients[0], g.load}].statistics[g.figure]
	if !ok {
		return []string{"-", "not measured", "", "-", "-"}
	}
	peer, ok := g.peer(out)
	if !ok {
		return []string{"-", "not measured", "", g.figure.format(ours.median), "-"}
	}
	theirs, ok := out.results[caseID{peer, g.load}].statistics[g.figure]
	if !ok {
		return []string{"-", "not measured", peer, g.figure.format(ours.median), "-"}
	}
	return []string{ratio(ours, theirs), g.verdict(ours.median, theirs.median), peer,
		g.figure.format(ours.median), g.figure.format(theirs.median)}
}

// verdict multiplies instead of dividing: their idle share may be zero.
func (g goal) verdict(ours, theirs float64) string {
	asked := g.asked * theirs
	if ours == asked || (ours > asked) == g.figure.higher {
		return "reached"
	}
	return "missed"
}

// goalNote counts the goals, and says if the rounds were too short for them.
func goalNote(e environment, out outcome) string {
	verdicts := map[string]int{}
	for _, g := range goals() {
		verdicts[g.reached(out)[1]]++
	}
	note := fmt.Sprintf("%d goals reached, %d missed, %d not measured.", verdicts["reached"], verdicts["missed"],
		len(goals())-verdicts["reached"]-verdicts["missed"])
	if e.Duration < goalDuration {
		note += fmt.Sprintf(" The rounds took %v; the goals are meant for rounds of at least %v.", e.Duration, goalDuration)
	}
	return note
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
