// Package worker measures each client in a separate process, so that one
// client's threads, heap and garbage never show in another's figures.
//
// The parent writes orders to the worker's standard input, one JSON object a
// line, and reads one answer for each from file descriptor 3: standard output
// is left to what the client libraries print there.
package worker

import (
	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// answersFD is the first descriptor after the standard three: where
// exec.Cmd.ExtraFiles begin.
const answersFD = 3

// An Order is one measurement. The worker connects for it and closes its
// client afterwards: between orders it does nothing.
type Order struct {
	Target   clients.Target  `json:"target"`
	Workload string          `json:"workload"`
	Shape    workloads.Shape `json:"shape"`
	Times    measure.Times   `json:"times"`

	// Servers are the processes of the target, if they run on this machine.
	Servers []int `json:"servers,omitempty"`

	// Operations, if there are any, are made once for another process that counts what
	// they cost, see Process.Count. Nothing is timed then.
	Operations int64 `json:"operations,omitempty"`
}

// A turn is the parent's reply to a worker that waits.
type turn struct{}

// An answer has figures or an error. To an order with operations, the worker
// first answers twice that it waits for a turn.
type answer struct {
	Figures measure.Figures `json:"figures"`
	Waits   bool            `json:"waits,omitempty"`
	Made    int64           `json:"made,omitempty"` // operations that were counted
	Error   string          `json:"error,omitempty"`
}
