package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/limit"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/syscalls"
	"github.com/valkey-glide/go/benchmarks/internal/worker"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

const (
	// defaultPasses is how often the system calls of a case are counted; with
	// -quick it is once.
	defaultPasses = 2
	// countedOperations are those of one pass; measure.CountedTime bounds
	// them, too.
	countedOperations = 20_000
	countingWarmUp    = 100 * time.Millisecond
	// topCalls is how many calls are named.
	topCalls = 5
)

// counting says how the system calls were counted, or why they were not.
// Neither is said of files from before they were.
type counting struct {
	By      string `json:"counted_by,omitempty"`
	Missing string `json:"not_counted,omitempty"`
}

// calls are the system calls of one case.
type calls struct {
	top     []syscalls.Call // for each operation, the most frequent ones
	failure string          // why they were not counted here, if they were not
}

// isCounted reports whether the suite counts the system calls of a case.
// Programs that are no clients begin and end with the measurement; idle clients
// have no operations.
func isCounted(id caseID) bool {
	return !limit.IsName(id.client) && id.load.workload != workloads.Memory
}

// countCalls counts the system calls of each case that has results, after all
// rounds: counting slows the client down.
func countCalls(
	ctx context.Context, o options, deployment *deployment, measurers measurers, out *outcome, progress io.Writer,
) error {
	tool, err := syscalls.Find(o.syscalls)
	if err != nil {
		out.counting.Missing = err.Error()
		fmt.Fprintf(progress, "system calls are not counted: %v\n", err)
		return nil
	}
	out.counting.By = tool.By
	fmt.Fprintf(progress, "counting system calls: %s\n", tool.By)
	taken := map[caseID][]syscalls.Counts{}
	for pass := range o.passes {
		for _, load := range out.loads {
			for _, client := range rotated(o.clients, pass) {
				id := caseID{client, load}
				r, measured := out.results[id]
				if !measured || !isCounted(id) || r.calls.failure != "" {
					continue
				}
				counts, err := measurers.count(ctx, client, tool, worker.Order{
					Target: deployment.targets[load.place], Workload: load.workload, Shape: load.shape,
					Times: measure.Times{WarmUp: countingWarmUp}, Operations: countedOperations,
				})
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if err != nil {
					fmt.Fprintf(progress, "counting, %v: %s: FAILED: %v\n", load, client, err)
					r.calls.failure = err.Error()
					out.results[id] = r
					continue
				}
				fmt.Fprintf(progress, "counting %d, %v: %-16s %s system calls/op\n", pass+1, load, client, thousandths(counts.Total))
				taken[id] = append(taken[id], counts)
			}
		}
	}
	for id, passes := range taken {
		if r := out.results[id]; r.calls.failure == "" {
			r.addCalls(passes)
			out.results[id] = r
		}
	}
	return nil
}

// addCalls takes the median of the passes, and the mean of each call.
func (r *result) addCalls(passes []syscalls.Counts) {
	totals := make([]float64, len(passes))
	sum := syscalls.Counts{ByName: map[string]float64{}}
	for i, pass := range passes {
		totals[i] = pass.Total
		for name, count := range pass.ByName {
			sum.ByName[name] += count
		}
	}
	r.statistics[syscallsPerOp] = statisticOf(totals)
	r.calls.top = sum.PerOperation(float64(len(passes))).Top(topCalls)
}

// count makes the order's operations while the tool counts, and divides by
// their number.
func (m measurers) count(ctx context.Context, client string, tool *syscalls.Tool, order worker.Order) (syscalls.Counts, error) {
	started, err := m.of(client)
	if err != nil {
		return syscalls.Counts{}, err
	}
	process, ok := started.(*worker.Process)
	if !ok {
		return syscalls.Counts{}, fmt.Errorf("%s is no process that waits to be counted", client)
	}
	var session *syscalls.Session
	var counts syscalls.Counts
	made, err := process.Count(ctx, order,
		func(pid int) (err error) { session, err = tool.Attach(pid); return err },
		func() (err error) { counts, err = session.Detach(); return err })
	m.forget(client, err)
	if session != nil {
		session.Abandon() // if the worker ended in between
	}
	if err != nil {
		return syscalls.Counts{}, err
	}
	return counts.PerOperation(float64(max(made, 1))), nil
}

// callLines name the most frequent calls of each client, and say how they were
// counted or why not.
func callLines(out outcome, load load) []string {
	var lines []string
	for _, client := range out.clients {
		r, measured := out.results[caseID{client, load}]
		switch {
		case !measured:
		case r.calls.failure != "":
			lines = append(lines, fmt.Sprintf("system calls of %s were not counted: %s", client, oneLine(r.calls.failure)))
		case len(r.calls.top) > 0:
			each := make([]string, len(r.calls.top))
			for i, call := range r.calls.top {
				each[i] = call.Name + " " + thousandths(call.Count)
			}
			lines = append(lines, fmt.Sprintf("system calls of %s: %s", client, strings.Join(each, ", ")))
		}
	}
	return lines
}

// String is a sentence about all tables, or empty.
func (c counting) String() string {
	switch {
	case c.By != "":
		return "System calls were counted by " + c.By + ", apart from what was timed."
	case c.Missing != "":
		return "System calls were not counted: " + c.Missing + "."
	}
	return ""
}

// serversOf are the processes of a load's servers, as far as they are known.
func (d *deployment) serversOf(p place) []int { return slices.Sorted(maps.Keys(d.processes[p.mode])) }
