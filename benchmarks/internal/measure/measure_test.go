package measure

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// fake is a workload without a client.
type fake struct {
	prepare   error
	operation workloads.Operation
	callers   map[clients.Client]int // counts them
}

func (f fake) Prepare(context.Context, clients.Client, workloads.Shape) error { return f.prepare }

func (f fake) Caller(client clients.Client, _ workloads.Shape, _ int) (workloads.Operation, error) {
	if f.callers != nil {
		f.callers[client]++
	}
	return f.operation, nil
}

var short = Times{WarmUp: 10 * time.Millisecond, Duration: 100 * time.Millisecond}

func run(t *testing.T, callers int, workload fake) (Figures, error) {
	t.Helper()
	return Run(t.Context(), []clients.Client{nil}, workload, workloads.Shape{Callers: callers}, short)
}

func TestFiguresAreThoseOfTheOperation(t *testing.T) {
	const takes = 2 * time.Millisecond
	got, err := run(t, 4, fake{operation: func(context.Context) error {
		time.Sleep(takes)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got.P50 < takes || got.P99 < got.P50 || got.P999 < got.P99 {
		t.Errorf("p50 %v, p99 %v, p99.9 %v of an operation of %v", got.P50, got.P99, got.P999, takes)
	}
	// Generous, as the machine may be busy; never more than possible.
	if most := 4 / takes.Seconds() * 1.1; got.OpsPerSecond > most || got.OpsPerSecond < most/50 {
		t.Errorf("%.0f operations per second, at most %.0f are possible", got.OpsPerSecond, most)
	}
	if got.CPUPerOp > takes {
		t.Errorf("sleeping took %v of CPU", got.CPUPerOp)
	}
}

var sink []byte

func TestAllocationsAreCountedPerOperation(t *testing.T) {
	got, err := run(t, 1, fake{operation: func(context.Context) error {
		for range 3 {
			sink = make([]byte, 64)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	// On a busy machine some milliseconds may pass between reading the heap's
	// counters and the start of the interval.
	if got.AllocsPerOp < 2.5 || got.AllocsPerOp > 3.5 {
		t.Errorf("%.2f allocations per operation, want 3", got.AllocsPerOp)
	}
	if got.AllocBytesPerOp < 160 || got.AllocBytesPerOp > 224 {
		t.Errorf("%.0f bytes per operation, want 192", got.AllocBytesPerOp)
	}
}

func TestMeasuringItselfDoesNotAllocate(t *testing.T) {
	got, err := run(t, 10, fake{operation: func(context.Context) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if got.AllocsPerOp > 0.01 {
		t.Errorf("%.3f allocations per empty operation", got.AllocsPerOp)
	}
}

func TestAnyErrorVoidsTheFigures(t *testing.T) {
	broken := errors.New("broken")
	var calls atomic.Int64
	got, err := run(t, 2, fake{operation: func(context.Context) error {
		if calls.Add(1) == 1 { // in the warm-up
			return broken
		}
		return nil
	}})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "1 operations failed") {
		t.Errorf("err = %v, want the count and the first error", err)
	}
	if got != (Figures{}) {
		t.Errorf("there are figures all the same: %+v", got)
	}
}

func TestFailedPreparationEndsTheRun(t *testing.T) {
	broken := errors.New("broken")
	if _, err := run(t, 1, fake{prepare: broken}); !errors.Is(err, broken) {
		t.Errorf("err = %v, want %v", err, broken)
	}
}

func TestSlowOperationsAtTheEndAreCounted(t *testing.T) {
	got, err := run(t, 1, fake{operation: func(context.Context) error {
		time.Sleep(70 * time.Millisecond) // the second begins inside, ends outside
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got.P999 < 69*time.Millisecond {
		t.Errorf("p99.9 = %v, want the slow operation's", got.P999)
	}
}

// numbered tells clients apart that do nothing.
type numbered struct {
	clients.Client
	number int
}

func TestCallersAreDealtOutToTheInstances(t *testing.T) {
	instances := []clients.Client{numbered{number: 0}, numbered{number: 1}, numbered{number: 2}}
	workload := fake{
		operation: func(context.Context) error { return nil },
		callers:   map[clients.Client]int{},
	}
	if _, err := Run(t.Context(), instances, workload, workloads.Shape{Callers: 10}, short); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{4, 3, 3} {
		if got := workload.callers[instances[i]]; got != want {
			t.Errorf("instance %d has %d callers, want %d", i, got, want)
		}
	}
}

func TestEveryOperationCountsAlsoWhereCallersShareAHistogram(t *testing.T) {
	var calls atomic.Int64
	times := Times{Duration: 100 * time.Millisecond}
	got, err := Run(t.Context(), []clients.Client{nil}, fake{operation: func(context.Context) error {
		calls.Add(1)
		time.Sleep(time.Millisecond)
		return nil
	}}, workloads.Shape{Callers: 3 * mostHistograms}, times)
	if err != nil {
		t.Fatal(err)
	}
	// Without a warm-up, only the operations that began before the interval
	// did are left out: at most one of each caller.
	counted := got.OpsPerSecond * times.Duration.Seconds()
	if least := float64(calls.Load()) - 3*mostHistograms; counted < 0.5*least {
		t.Errorf("about %.0f of %d operations were counted", counted, calls.Load())
	}
}
