package main

import (
	"maps"
	"slices"
)

// A graph has the targets of each node.
type graph map[string]map[string]bool

func (g graph) add(from, to string) {
	for _, node := range []string{from, to} {
		if g[node] == nil {
			g[node] = map[string]bool{}
		}
	}
	g[from][to] = true
}

func (g graph) edges() int {
	count := 0
	for _, targets := range g {
		count += len(targets)
	}
	return count
}

// cycles returns the sets of nodes that reach each other, in order.
func (g graph) cycles() [][]string {
	reached := map[string]map[string]bool{}
	for node := range g {
		seen := map[string]bool{}
		g.reach(node, seen)
		reached[node] = seen
	}
	var cycles [][]string
	done := map[string]bool{}
	for _, node := range slices.Sorted(maps.Keys(g)) {
		if done[node] || !reached[node][node] {
			continue
		}
		var cycle []string
		for _, other := range slices.Sorted(maps.Keys(reached[node])) {
			if reached[other][node] {
				cycle = append(cycle, other)
				done[other] = true
			}
		}
		cycles = append(cycles, cycle)
	}
	return cycles
}

// reach adds the nodes that a node leads to. It is one of them only if it is in a
// cycle.
func (g graph) reach(node string, seen map[string]bool) {
	for target := range g[node] {
		if !seen[target] {
			seen[target] = true
			g.reach(target, seen)
		}
	}
}
