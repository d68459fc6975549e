package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// A caseSet is measured by one command.
type caseSet struct {
	what    string
	loads   func() []load
	clients func() []string
	rounds  int
	times   measure.Times
}

var sets = map[string]caseSet{
	"goals": {
		what:    "the goals, against the other native clients: twenty minutes",
		loads:   goalLoads,
		clients: nativeClients,
		rounds:  5,
		times:   measure.Times{WarmUp: 500 * time.Millisecond, Duration: 1300 * time.Millisecond},
	},
	"report": {
		what:    "the goals and the curves, against all: three quarters of an hour",
		loads:   reportLoads,
		clients: reportClients,
		rounds:  5,
		times:   measure.Times{WarmUp: 500 * time.Millisecond, Duration: 1300 * time.Millisecond},
	},
}

func setNames() []string { return slices.Sorted(maps.Keys(sets)) }

func setList() string {
	var lines []string
	for _, name := range setNames() {
		lines = append(lines, fmt.Sprintf("%s: %s", name, sets[name].what))
	}
	return strings.Join(lines, "\n")
}

// reportClients leaves out go-redis on this client, whose comparison is a matter of its
// own (docs/go-redis.md).
func reportClients() []string { return without(defaultClients(), "go-redis-over-glide") }

// nativeClients leaves out what is the best in no case, too.
func nativeClients() []string {
	return without(clients.Names(), "go-redis-over-glide", "glide-official")
}

func without(names []string, others ...string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(others, name) })
}

// goalLoads are those of the goals.
func goalLoads() []load {
	var all []load
	for _, g := range goals() {
		all = append(all, g.load)
	}
	return distinct(all)
}

// reportLoads add what the curves are drawn through: callers, sizes of values,
// clients in a process.
func reportLoads() []load {
	curve := choices{
		modes:      []clients.Mode{clients.Standalone},
		delays:     []time.Duration{0},
		workloads:  []string{"get-set"},
		valueBytes: []int{100},
		callers:    []int{16},
		instances:  []int{1},
	}
	callers, sizes, instances := curve, curve, curve
	callers.modes = []clients.Mode{clients.Standalone, clients.Cluster}
	callers.callers = []int{1, 4, 16, 100, 1000, 10_000}
	sizes.valueBytes = []int{16, 100, 1 << 10, 10 << 10, 100 << 10, 1 << 20}
	instances.callers, instances.instances = []int{1000}, []int{1, 10, 100}
	return distinct(goalLoads(), callers.loads(), sizes.loads(), instances.loads())
}

// distinct puts lists together in the order of the tables: each load once, and
// none whose workload is not in this program.
func distinct(lists ...[]load) []load {
	all := slices.DeleteFunc(slices.Concat(lists...), func(l load) bool { return !slices.Contains(workloads.Names(), l.workload) })
	slices.SortFunc(all, func(a, b load) int {
		return cmp.Or(
			-cmp.Compare(a.place.mode, b.place.mode), // standalone first
			cmp.Compare(a.place.delay, b.place.delay),
			cmp.Compare(slices.Index(workloads.Names(), a.workload), slices.Index(workloads.Names(), b.workload)),
			cmp.Compare(a.shape.ValueBytes, b.shape.ValueBytes),
			cmp.Compare(a.shape.Instances, b.shape.Instances),
			cmp.Compare(a.shape.Callers, b.shape.Callers),
		)
	})
	return slices.Compact(all)
}
