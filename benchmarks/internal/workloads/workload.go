// Package workloads has one file for each kind of load.
package workloads

import (
	"context"
	"fmt"
	"strings"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
)

// A Shape is what a workload lets the command line choose.
type Shape struct {
	Callers    int `json:"callers"`
	ValueBytes int `json:"value_bytes"`
	Instances  int `json:"instances"` // clients in the process, among which the callers are divided
}

// An Operation is what is timed and counted as one: one call that a caller
// makes and checks the reply of. A caller makes them one after the other.
type Operation func(ctx context.Context) error

// A Workload is one kind of load. It must cost the same for every client:
// what it needs per operation is made beforehand, so that the allocations
// counted are the client's.
type Workload interface {
	// Prepare writes what the operations will read.
	Prepare(ctx context.Context, client clients.Client, shape Shape) error

	// Caller makes the operation of one caller, numbered from 0. The number
	// seeds what is random, so that every client is asked for the same.
	Caller(client clients.Client, shape Shape, number int) (Operation, error)
}

// A Checker is a workload that can tell, after so many operations, whether
// each of them did what it is to.
type Checker interface {
	Check(ctx context.Context, client clients.Client, operations int64) error
}

// all is in the order in which they are listed to the user.
var all = []struct {
	name     string
	workload Workload
}{
	{"get-set", getSet{readsOf100: 80}},
	{"get", getSet{readsOf100: 100}},
	{"pipeline", pipeline{}},
	{"mget", mget{}},
	{"cas", cas{}},
	{pubSubName, pubSub{}},
}

// Memory is asked for like a workload, but is none: clients that do nothing are
// measured, see measure.Memory.
const Memory = "memory"

// Names are the workloads that Named knows, and Memory.
func Names() []string {
	names := make([]string, 0, len(all)+1)
	for _, w := range all {
		names = append(names, w.name)
	}
	return append(names, Memory)
}

// Callers are how many make sense for a workload, of those that are asked for.
func Callers(name string, asked []int) []int {
	if name == pubSubName || name == Memory {
		return []int{1}
	}
	return asked
}

// Named finds a workload.
func Named(name string) (Workload, error) {
	for _, w := range all {
		if w.name == name {
			return w.workload, nil
		}
	}
	return nil, fmt.Errorf("no workload is named %q; there are %s", name, strings.Join(Names(), ", "))
}

// ValuesPerOperation is how many values one operation of the named workload
// moves: one, unless the workload says otherwise.
func ValuesPerOperation(name string, shape Shape) int {
	workload, _ := Named(name)
	if w, ok := workload.(interface{ valuesPerOperation(Shape) int }); ok {
		return w.valuesPerOperation(shape)
	}
	return 1
}
