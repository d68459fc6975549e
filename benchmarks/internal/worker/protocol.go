// Package worker measures each client in a process of its own, so that one
// client's threads, heap and garbage never show in another's figures.
//
// The parent writes orders to the worker's standard input, one JSON object a
// line, and reads one answer for each from file descriptor 3: standard output
// is left to whatever the client libraries print there.
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
}

// An answer has figures or an error.
type answer struct {
	Figures measure.Figures `json:"figures"`
	Error   string          `json:"error,omitempty"`
}
