package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
)

// grid has two clients under loads that differ in each axis and in the place.
func grid() outcome {
	c := choices{
		modes: []clients.Mode{clients.Standalone}, delays: []time.Duration{0, time.Millisecond}, workloads: []string{"get-set"},
		valueBytes: []int{100}, callers: []int{1000, 1, 16}, instances: []int{1},
	}
	sizes, instances := c, c
	sizes.delays, sizes.callers, sizes.valueBytes = []time.Duration{0}, []int{16}, []int{100, 10 << 10, 1 << 20}
	instances.delays, instances.callers, instances.instances = []time.Duration{0}, []int{16}, []int{1, 100}
	out := outcome{clients: []string{"glide", "go-redis"}, loads: distinct(c.loads(), sizes.loads(), instances.loads()),
		results: map[caseID]result{}, failures: map[caseID]error{}}
	for _, client := range out.clients {
		for _, l := range out.loads {
			out.results[caseID{client, l}] = summarize(l, []measure.Figures{
				{OpsPerSecond: 1000, P99: time.Millisecond, CPUPerOp: time.Microsecond},
				{OpsPerSecond: 2000, P99: time.Millisecond, CPUPerOp: time.Microsecond},
			})
		}
	}
	return out
}

func TestEachCurveIsAFile(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "plots")
	paths, err := writePlots(folder, grid())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"standalone-get-set-100b-by-callers.svg",
		"standalone-1ms-get-set-100b-by-callers.svg",
		"standalone-get-set-16-callers-by-value-bytes.svg",
		"standalone-get-set-100b-16-callers-by-instances.svg",
	}
	var names []string
	for _, path := range paths {
		names = append(names, filepath.Base(path))
		svg, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, written := range []string{"<svg ", ">op/s<", ">p99 µs<", ">CPU µs/op<", ">glide<", ">go-redis<"} {
			if !strings.Contains(string(svg), written) {
				t.Errorf("%s lacks %q", path, written)
			}
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("the files are\n%s\nwant\n%s", strings.Join(names, "\n"), strings.Join(want, "\n"))
	}
}

func TestCurveGoesFromFewToMany(t *testing.T) {
	family := families(grid().loads, axes[0])[0]
	var callers []int
	for _, l := range family {
		callers = append(callers, l.shape.Callers)
	}
	if !slices.Equal(callers, []int{1, 16, 1000}) {
		t.Errorf("callers %v", callers)
	}
	if title := draw(grid(), axes[0], family).Title; title != "standalone, get-set, 100-byte values" {
		t.Errorf("the title is %q", title)
	}
}

func TestOneLoadIsNoCurve(t *testing.T) {
	if paths, err := writePlots(t.TempDir(), sample()); err != nil || len(paths) != 0 {
		t.Errorf("%v, %v", paths, err)
	}
}
