package main

import (
	"fmt"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/limit"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// A place is where the server of a load is.
type place struct {
	mode  clients.Mode
	delay time.Duration // added to each round trip
}

func (p place) String() string {
	if p.delay == 0 {
		return string(p.mode)
	}
	return fmt.Sprintf("%s, %v away", p.mode, p.delay)
}

// A load is what one table compares the clients under.
type load struct {
	place    place
	workload string
	shape    workloads.Shape
}

func (l load) String() string {
	text := fmt.Sprintf("%v: %s, %s values, %s", l.place, l.workload, size(l.shape.ValueBytes), count(l.shape.Callers, "caller"))
	if l.shape.Instances > 1 {
		text += fmt.Sprintf(" of %s", count(l.shape.Instances, "client"))
	}
	return text
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func size(bytes int) string {
	switch {
	case bytes >= 1<<20 && bytes%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", bytes>>20)
	case bytes >= 1<<10 && bytes%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", bytes>>10)
	default:
		return fmt.Sprintf("%d-byte", bytes)
	}
}

// choices are the lists from which every combination is a load.
type choices struct {
	modes      []clients.Mode
	delays     []time.Duration
	workloads  []string
	valueBytes []int
	callers    []int
	instances  []int
}

// loads are in the order of the tables.
func (c choices) loads() []load {
	var all []load
	for _, mode := range c.modes {
		for _, delay := range c.delays {
			for _, workload := range c.workloads {
				for _, bytes := range c.valueBytes {
					for _, instances := range c.instances {
						for _, callers := range workloads.Callers(workload, c.callers) {
							all = append(all, load{place{mode, delay}, workload,
								workloads.Shape{Callers: callers, ValueBytes: bytes, Instances: instances}})
						}
					}
				}
			}
		}
	}
	return all
}

// notMeasured says why a client is left out under a load, or nothing if it is
// not.
func notMeasured(client string, l load) string {
	const officialLimit = 1000
	switch {
	case limit.IsName(client):
		return limit.Refusal(client, l.place.mode, l.workload, l.shape)
	case client == "glide-official" && l.shape.Callers > officialLimit*l.shape.Instances:
		return fmt.Sprintf("it refuses more than %d operations at once, which cannot be set", officialLimit)
	case client == "glide-official" && (l.workload == "cas" || l.workload == "pubsub"):
		return "it has nothing by which callers could share a client for it, or its messages are not to be waited for"
	case client == "valkey-go-single" && l.place.mode == clients.Cluster:
		return "the same as valkey-go in a cluster"
	}
	return ""
}

// rotated returns the clients' order in a round. Under one load they are
// measured one right after the other, so that what else the machine does
// falls on all; each round begins with another one, so that none always
// follows the same.
func rotated(names []string, round int) []string {
	first := round % len(names)
	return append(append([]string{}, names[first:]...), names[:first]...)
}
