package measure

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/machine"
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
	return Run(t.Context(), []clients.Client{nil}, workload, workloads.Shape{Callers: callers}, short, nil)
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
	if _, err := Run(t.Context(), instances, workload, workloads.Shape{Callers: 10}, short, nil); err != nil {
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
	}}, workloads.Shape{Callers: 3 * mostHistograms}, times, nil)
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

func TestCostsThatTheMachineDoesNotChangeAreCounted(t *testing.T) {
	got, err := Run(t.Context(), []clients.Client{nil}, fake{operation: func(context.Context) error {
		time.Sleep(100 * time.Microsecond)
		return nil
	}}, workloads.Shape{Callers: 4}, short, []int{os.Getpid()})
	if err != nil {
		t.Fatal(err)
	}
	if switches := got.VoluntarySwitches + got.InvoluntarySwitches; got.VoluntarySwitches < 0 || got.InvoluntarySwitches < 0 || switches == 0 {
		t.Errorf("sleeping takes %v and %v context switches", got.VoluntarySwitches, got.InvoluntarySwitches)
	}
	if got.ClientShare <= 0 || got.ClientShare > 1 {
		t.Errorf("the client uses %v of the CPUs", got.ClientShare)
	}
	if runtime.GOOS != "linux" {
		return
	}
	if got.Idle < 0 || got.Idle > 1 {
		t.Errorf("idle = %v", got.Idle)
	}
	// The server is this process, whose counters are read twice.
	if got.ServerSwitches <= 0 || got.ServerShare <= 0 || got.ServerShare > 1.1 {
		t.Errorf("the server takes %v context switches and %v of the CPUs", got.ServerSwitches, got.ServerShare)
	}
	if !math.IsNaN(float64(got.Migrations)) && got.Migrations < 0 {
		t.Errorf("%v migrations", got.Migrations)
	}
}

func TestServersElsewhereAreUnknown(t *testing.T) {
	got, err := run(t, 1, fake{operation: func(context.Context) error { time.Sleep(time.Millisecond); return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(float64(got.ServerSwitches)) || !math.IsNaN(float64(got.ServerShare)) {
		t.Errorf("no servers take %v context switches and %v of the CPUs", got.ServerSwitches, got.ServerShare)
	}
}

func TestCostsAreDividedByOperationsAndByCPUs(t *testing.T) {
	cpus, base := time.Duration(runtime.NumCPU()), time.Now()
	before := resources{at: base, voluntary: 100, involuntary: 10, machine: machine.CPUTime{Idle: 100, Total: 1000}, machineKnown: true}
	after := resources{at: base.Add(time.Second), cpu: cpus * time.Second / 4, voluntary: 300, involuntary: 60,
		machine: machine.CPUTime{Idle: 130, Total: 1100}, machineKnown: true}
	var f Figures
	f.addCosts(before, after, 100)
	if f.VoluntarySwitches != 2 || f.InvoluntarySwitches != 0.5 || f.ClientShare != 0.25 || f.Idle != 0.3 {
		t.Errorf("%+v", f)
	}
	if !math.IsNaN(float64(f.ServerShare)) || !math.IsNaN(float64(f.Migrations)) {
		t.Errorf("what was not read is known: %+v", f)
	}
}

func TestUnknownNumbersSurviveJSON(t *testing.T) {
	text, err := json.Marshal([]Number{1.5, Number(math.NaN())})
	if err != nil || string(text) != "[1.5,null]" {
		t.Errorf("%s, %v", text, err)
	}
	var got []Number
	if err := json.Unmarshal(text, &got); err != nil || got[0] != 1.5 || !math.IsNaN(float64(got[1])) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestCountedOperationsLieBetweenTwoTurns(t *testing.T) {
	var calls atomic.Int64
	var turns []int64
	made, err := Count(t.Context(), []clients.Client{nil}, fake{operation: func(context.Context) error {
		calls.Add(1)
		return nil
	}}, workloads.Shape{Callers: 5}, time.Millisecond, 1000, func() error {
		turns = append(turns, calls.Load())
		return nil
	})
	if err != nil || made != 1000 || len(turns) != 2 || turns[1]-turns[0] != 1000 || turns[0] == 0 {
		t.Errorf("%d operations, %v; turns at %v; want 1000 between two turns, after a warm-up", made, err, turns)
	}
}

func TestCountedOperationsThatFailAreAnError(t *testing.T) {
	_, err := Count(t.Context(), []clients.Client{nil}, fake{operation: func(context.Context) error {
		return errors.New("refused")
	}}, workloads.Shape{Callers: 2}, 0, 10, func() error { return nil })
	if err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("err = %v", err)
	}
	turn := errors.New("nobody counts")
	if _, err := Count(t.Context(), []clients.Client{nil}, fake{}, workloads.Shape{}, 0, 10, func() error { return turn }); !errors.Is(err, turn) {
		t.Errorf("err = %v, want that of the turn", err)
	}
}
