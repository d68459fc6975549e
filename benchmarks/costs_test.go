package main

import (
	"bytes"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/valkey-glide/go/benchmarks/internal/syscalls"
	"github.com/valkey-glide/go/benchmarks/internal/worker"
)

// TestMain lets the test executable be a worker, as the benchmark's is.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == worker.Argument {
		if err := worker.Main(os.Args[2]); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestCostsOfASmallCaseArePlausible(t *testing.T) {
	d, o := deployed(t, "-clients glide,go-redis -callers 4 -rounds 1 -warm-up 20ms -duration 200ms")
	o.passes = 1
	if _, err := syscalls.Find(o.syscalls); err != nil {
		o.syscalls = syscalls.None
		t.Logf("system calls are not counted: %v", err)
	}
	var progress bytes.Buffer
	out, err := measureAll(t.Context(), o, d, &progress)
	if err != nil {
		t.Fatal(err)
	}
	for _, client := range o.clients {
		r, ok := out.results[caseID{client, o.loads[0]}]
		if !ok || r.calls.failure != "" {
			t.Fatalf("%s: %v, %s\n%s", client, out.failures, r.calls.failure, progress.String())
		}
		for f, s := range r.statistics {
			if s.low < 0 || (f == idleShare || f == clientShare || f == serverShare) && s.high > 1.05 {
				t.Errorf("%s: %s = %+v", client, f.name, s)
			}
		}
		if s := r.statistics[switchesPerOp]; s.median <= 0 {
			t.Errorf("%s waits without a context switch: %+v", client, s)
		}
		if runtime.GOOS != "linux" {
			continue
		}
		for _, f := range []*figure{serverSwitchesPerOp, clientShare, serverShare} {
			if s, ok := r.statistics[f]; !ok || s.median <= 0 {
				t.Errorf("%s: %s = %+v, known: %v", client, f.name, s, ok)
			}
		}
		if s, ok := r.statistics[idleShare]; !ok || s.high > 1 {
			t.Errorf("%s: idle = %+v, known: %v", client, s, ok)
		}
		if out.counting.By == "" {
			continue
		}
		// Each operation is sent and received, several at once at best.
		if s := r.statistics[syscallsPerOp]; s.median < 0.1 || s.median > 1000 || len(r.calls.top) == 0 {
			t.Errorf("%s: %+v system calls per operation, %v", client, s, r.calls.top)
		}
	}
	var text strings.Builder
	printTables(&text, environment{}, out)
	for _, want := range []string{"switches/op", "idle CPU", "server's CPU", "syscalls/op"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, text.String())
		}
	}
	t.Logf("\n%s", text.String())
}
