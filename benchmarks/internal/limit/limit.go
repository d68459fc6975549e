// Package limit measures programs that are no clients under the same loads as
// the clients, for what no one can surpass: valkey-benchmark, the load
// generator that comes with the server, for what the server returns to a program
// that does nothing but ask; and the core alone, for what it returns to a program
// that does as little as possible around it.
package limit

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/worker"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// Names are all of them.
func Names() []string { return []string{PerCaller, Pipelined, Core, CoreNodeClients, CoreConnections} }

// DefaultNames are those that need not be built first.
func DefaultNames() []string { return []string{PerCaller, Pipelined} }

// IsName tells them from the clients.
func IsName(client string) bool { return slices.Contains(Names(), client) }

// Find returns the path of the program that stands under a name.
func Find(name string) (string, error) {
	if isCore(name) {
		return findCore()
	}
	return findTool()
}

// Refusal says why the program is not measured under a load, or nothing if it
// is.
func Refusal(name string, mode clients.Mode, workload string, shape workloads.Shape) string {
	switch {
	case shape.Instances > 1:
		return "it is one program, whatever the number of clients"
	case isCore(name):
		return coreRefusal(name, mode, workload)
	default:
		return toolRefusal(name, mode, workload, shape)
	}
}

// A Program carries out orders as worker.Process does. It is used by one
// goroutine.
type Program struct{ measurer }

type measurer interface {
	measure(context.Context, worker.Order) (measure.Figures, error)
}

// New makes one of Names.
func New(name string) (Program, error) {
	path, err := Find(name)
	if err != nil {
		return Program{}, err
	}
	if isCore(name) {
		return Program{core{path, carriers[name]}}, nil
	}
	return Program{newTool(path, name == Pipelined)}, nil
}

// Measure kills the program if it takes much longer than it should.
func (p Program) Measure(ctx context.Context, order worker.Order) (measure.Figures, error) {
	limit := order.Times.WarmUp + order.Times.Duration + worker.Patience
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("killed after %v", limit))
	defer cancel()
	return p.measure(ctx, order)
}

// Close has nothing to end: the program runs only while something is measured.
func (Program) Close() error { return nil }

// output runs a command and returns what it prints; the last line of what it
// complains of is in the error.
func output(ctx context.Context, command *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return "", fmt.Errorf("%s: %w: %s", command.Path, err, lastLine(stderr.String()))
	}
	return stdout.String(), nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
