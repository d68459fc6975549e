package main

import (
	"fmt"

	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// A load is what one table compares the clients under.
type load struct {
	workload string
	shape    workloads.Shape
}

func (l load) String() string {
	callers := "callers"
	if l.shape.Callers == 1 {
		callers = "caller"
	}
	return fmt.Sprintf("%s, %d-byte values, %d %s", l.workload, l.shape.ValueBytes, l.shape.Callers, callers)
}

// loads are all that the options ask for, in the order of the tables.
func loads(o options) []load {
	var all []load
	for _, workload := range o.workloads {
		for _, bytes := range o.valueBytes {
			for _, callers := range callersOf(workload, o) {
				all = append(all, load{workload, workloads.Shape{Callers: callers, ValueBytes: bytes}})
			}
		}
	}
	return all
}

// callersOf gives the numbers of callers that make sense for a workload.
func callersOf(workload string, o options) []int {
	if workloads.OneCaller(workload) {
		return []int{1}
	}
	return o.callers
}

// rotated gives the clients' order in a round. Under one load they are
// measured one right after the other, so that what else the machine does
// falls on all; each round begins with another one, so that none always
// follows the same.
func rotated(names []string, round int) []string {
	first := round % len(names)
	return append(append([]string{}, names[first:]...), names[:first]...)
}
