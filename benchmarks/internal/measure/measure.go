// Package measure runs one workload on one client and says what it cost.
package measure

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/histogram"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// Times are how long a measurement takes. The warm-up fills pools, grows
// buffers and brings the garbage collector to its pace; it is not counted.
type Times struct {
	WarmUp   time.Duration `json:"warm_up"`
	Duration time.Duration `json:"duration"`
}

// Figures are what one measurement returned.
type Figures struct {
	OpsPerSecond    float64       `json:"ops_per_second"`
	P50             time.Duration `json:"p50"`
	P99             time.Duration `json:"p99"`
	P999            time.Duration `json:"p999"`
	CPUPerOp        time.Duration `json:"cpu_per_op"` // of the whole process: Go, its collector, foreign threads
	AllocsPerOp     float64       `json:"allocs_per_op"`
	AllocBytesPerOp float64       `json:"alloc_bytes_per_op"`

	// What the speed of the machine does not change, for each operation. Of the
	// client's process, but for the servers' context switches.
	VoluntarySwitches   Number `json:"voluntary_switches"`
	InvoluntarySwitches Number `json:"involuntary_switches"`
	Migrations          Number `json:"migrations"` // of threads, from one CPU to another
	ServerSwitches      Number `json:"server_switches"`

	// Shares of all CPUs of the machine, from 0 to 1.
	Idle        Number `json:"idle"`
	ClientShare Number `json:"client_share"`
	ServerShare Number `json:"server_share"`

	// Of idle clients: resident bytes of the process with one, and by how many
	// it grows with each further one.
	OneClient float64 `json:"one_client"`
	PerClient float64 `json:"per_client"`
}

// Run lets shape.Callers goroutines each make one operation after the other,
// warms up, measures, and waits for the last replies. The callers are dealt
// out to the instances of the client one after the other. If any operation failed, in the
// warm-up too, there are no figures but an error that counts the failures and
// returns the first. The servers are processes on this machine; none, if they run
// elsewhere.
func Run(
	ctx context.Context, instances []clients.Client, workload workloads.Workload, shape workloads.Shape, times Times, servers []int,
) (Figures, error) {
	callers, latencies, err := newCallers(ctx, instances, workload, shape)
	if err != nil {
		return Figures{}, err
	}
	// What came before, other clients' cases included, leaves no garbage here.
	runtime.GC()

	var now atomic.Int32
	var running sync.WaitGroup
	for _, c := range callers {
		running.Go(func() { c.run(ctx, &now) })
	}
	time.Sleep(times.WarmUp)
	before := resourcesAtStart(servers)
	now.Store(measuring)
	time.Sleep(times.Duration)
	now.Store(done)
	after := resourcesAtEnd(servers)
	running.Wait()

	if err := check(ctx, instances[0], workload, callers); err != nil {
		return Figures{}, err
	}
	return figures(latencies, before, after)
}

// newCallers writes what they will read, and makes them.
func newCallers(
	ctx context.Context, instances []clients.Client, workload workloads.Workload, shape workloads.Shape,
) ([]*caller, []histogram.Histogram, error) {
	if err := workload.Prepare(ctx, instances[0], shape); err != nil {
		return nil, nil, fmt.Errorf("preparing: %w", err)
	}
	latencies := make([]histogram.Histogram, min(shape.Callers, mostHistograms))
	callers := make([]*caller, shape.Callers)
	for i := range callers {
		operation, err := workload.Caller(instances[i%len(instances)], shape, i)
		if err != nil {
			return nil, nil, err
		}
		callers[i] = &caller{operation: operation, latencies: &latencies[i%len(latencies)]}
	}
	return callers, latencies, nil
}

// check fails if an operation failed, or did not do what it claims.
func check(ctx context.Context, client clients.Client, workload workloads.Workload, callers []*caller) error {
	var succeeded int64
	var failed int
	var firstError error
	for _, c := range callers {
		succeeded += c.succeeded
		failed += c.errors
		if firstError == nil {
			firstError = c.firstError
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d operations failed, the first with: %w", failed, firstError)
	}
	if checker, ok := workload.(workloads.Checker); ok {
		if err := checker.Check(ctx, client, succeeded); err != nil {
			return fmt.Errorf("checking: %w", err)
		}
	}
	return nil
}

// mostHistograms bounds the memory for them, 9 KB each: with one for each of
// 10,000 callers, they and not the client would set the collector's pace. Two
// callers that share one rarely run at the same time.
const mostHistograms = 256

// The phases of a measurement. An operation belongs to the phase in which it
// began: those under way at the start of the measured interval are left out,
// those under way at its end are counted, however long they take. The two
// make up for each other in the count, and no slow one escapes.
const (
	warming int32 = iota
	measuring
	done
)

// A caller is one goroutine's operation and what it saw.
type caller struct {
	operation  workloads.Operation
	latencies  *histogram.Histogram
	succeeded  int64 // in all phases
	errors     int
	firstError error
}

func (c *caller) run(ctx context.Context, now *atomic.Int32) {
	// The clock is read once per operation: the end of one is the start of
	// the next.
	began := time.Now()
	for {
		phase := now.Load()
		if phase == done {
			return
		}
		err := c.operation(ctx)
		ended := time.Now()
		if err == nil {
			c.succeeded++
		}
		switch {
		case err != nil:
			if c.errors++; c.firstError == nil {
				c.firstError = err
			}
		case phase == measuring:
			c.latencies.Record(ended.Sub(began))
		}
		began = ended
	}
}

func figures(each []histogram.Histogram, before, after resources) (Figures, error) {
	var latencies histogram.Histogram
	for i := range each {
		latencies.Merge(&each[i])
	}
	if latencies.Count() == 0 {
		return Figures{}, errors.New("not one operation began in the measured interval")
	}
	operations := float64(latencies.Count())
	f := Figures{
		OpsPerSecond:    operations / after.at.Sub(before.at).Seconds(),
		P50:             latencies.Quantile(0.5),
		P99:             latencies.Quantile(0.99),
		P999:            latencies.Quantile(0.999),
		CPUPerOp:        time.Duration(float64(after.cpu-before.cpu) / operations),
		AllocsPerOp:     float64(after.allocs-before.allocs) / operations,
		AllocBytesPerOp: float64(after.allocBytes-before.allocBytes) / operations,
	}
	f.addCosts(before, after, operations)
	return f, nil
}
