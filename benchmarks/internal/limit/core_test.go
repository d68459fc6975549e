package limit

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/worker"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

func TestCoresOutputIsRead(t *testing.T) {
	got, err := parseCore(`{"operations":800,"elapsed_s":0.2,"cpu_s":0.04,"voluntary_switches":400,"involuntary_switches":80,"idle":0.25,"p50_us":1.5,"p99_us":20,"p999_us":300,"errors":0,"first_error":""}`)
	if err != nil {
		t.Fatal(err)
	}
	if math.Round(got.OpsPerSecond) != 4000 || got.CPUPerOp != 50*time.Microsecond {
		t.Errorf("%.0f op/s at %v, want 4000 at 50µs", got.OpsPerSecond, got.CPUPerOp)
	}
	if got.P50 != 1500*time.Nanosecond || got.P99 != 20*time.Microsecond || got.P999 != 300*time.Microsecond {
		t.Errorf("p50, p99, p99.9 = %v, %v, %v; want 1.5µs, 20µs, 300µs", got.P50, got.P99, got.P999)
	}
	if got.VoluntarySwitches != 0.5 || got.InvoluntarySwitches != 0.1 || got.Idle != 0.25 {
		t.Errorf("%v and %v context switches, want 0.5 and 0.1; idle is %v, want 0.25", got.VoluntarySwitches, got.InvoluntarySwitches, got.Idle)
	}
	if !math.IsNaN(got.AllocsPerOp) {
		t.Errorf("it claims to know the allocations: %v", got.AllocsPerOp)
	}
}

func TestCoresFailedOperationsVoidItsFigures(t *testing.T) {
	_, err := parseCore(`{"operations":800,"elapsed_s":0.2,"cpu_s":0.04,"errors":3,"first_error":"timed out"}`)
	if err == nil || !strings.Contains(err.Error(), "3 operations failed, the first with: timed out") {
		t.Errorf("err = %v", err)
	}
	for _, text := range []string{"", "WARNING", `{"operations":0,"elapsed_s":0.2}`} {
		if _, err := parseCore(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func TestHowTheCoreIsBuiltIsTold(t *testing.T) {
	t.Setenv(envCore, filepath.Join(t.TempDir(), "core"))
	if _, err := New(Core); err == nil || !strings.Contains(err.Error(), "make bench-core") {
		t.Errorf("err = %v, want how it is built", err)
	}
}

// coreOf makes a program of a shell's commands take the core's place.
func coreOf(t *testing.T, commands string) Program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "core")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+commands+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv(envCore, path)
	return installed(t, Core)
}

var coreOrder = worker.Order{
	Target:   clients.Target{Mode: clients.Cluster, Host: "::1", Port: 7000},
	Workload: "mget",
	Shape:    workloads.Shape{Callers: 16, ValueBytes: 100},
	Times:    measure.Times{WarmUp: 200 * time.Millisecond, Duration: time.Second},
}

func TestCoreIsToldTheLoad(t *testing.T) {
	program := coreOf(t, `test "$*" = "mget [::1]:7000 cluster 16 100 200 1000 core-client" && echo '{"operations":1,"elapsed_s":1}'`)
	if _, err := program.Measure(t.Context(), coreOrder); err != nil {
		t.Error(err)
	}
}

func TestFailureOfTheCoreIsTold(t *testing.T) {
	program := coreOf(t, `echo "connecting: refused" >&2; exit 1`)
	if _, err := program.Measure(t.Context(), coreOrder); err == nil || !strings.Contains(err.Error(), "connecting: refused") {
		t.Errorf("err = %v, want what the program said", err)
	}
}
