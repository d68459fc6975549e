package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// sample has two clients that were measured and one that failed.
func sample() outcome {
	l := load{"get-set", workloads.Shape{Callers: 16, ValueBytes: 100}}
	rounds := func(scale float64) result {
		var taken []measure.Figures
		for _, ops := range []float64{90_000, 100_000, 110_000} {
			taken = append(taken, measure.Figures{
				OpsPerSecond: ops * scale,
				P50:          150 * time.Microsecond, P99: 1500 * time.Microsecond, P999: 4 * time.Millisecond,
				CPUPerOp: 6500 * time.Nanosecond, AllocsPerOp: 2.5, AllocBytesPerOp: 240,
			})
		}
		return summarize(taken)
	}
	return outcome{
		mode:    clients.Standalone,
		clients: []string{"glide", "go-redis", "valkey-go"},
		loads:   []load{l},
		results: map[caseID]result{
			{"glide", l}:    rounds(2),
			{"go-redis", l}: rounds(1),
		},
		failures: map[caseID]error{{"valkey-go", l}: errors.New("3 operations failed")},
	}
}

func TestJSONHasTheAgreedNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.json")
	if err := writeJSON(path, environment{}, sample()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Results  []map[string]any `json:"results"`
		Failures []map[string]any `json:"failures"`
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Results) != 2 || len(got.Failures) != 1 {
		t.Fatalf("%d results and %d failures, want 2 and 1:\n%s", len(got.Results), len(got.Failures), text)
	}
	for name, want := range map[string]any{
		"client": "glide", "mode": "standalone", "workload": "get-set", "callers": 16.0, "value_bytes": 100.0,
		"ops_per_second": 200_000.0, "p50_us": 150.0, "p99_us": 1500.0, "p999_us": 4000.0,
		"cpu_us_per_op": 6.5, "allocs_per_op": 2.5, "alloc_bytes_per_op": 240.0, "rounds": 3.0,
	} {
		if got.Results[0][name] != want {
			t.Errorf("%s = %v, want %v", name, got.Results[0][name], want)
		}
	}
	spread, _ := got.Results[0]["spread"].(map[string]any)
	if ends, _ := spread["ops_per_second"].([]any); !slices.Equal(ends, []any{180_000.0, 220_000.0}) {
		t.Errorf("spread of ops_per_second = %v", ends)
	}
	if got.Failures[0]["client"] != "valkey-go" || got.Failures[0]["error"] != "3 operations failed" {
		t.Errorf("failure %v", got.Failures[0])
	}
}

func TestMemoryIsTold(t *testing.T) {
	out := sample()
	out.memory = map[string]memoryOutcome{
		"glide":    {3, statisticOf([]float64{26e6, 27e6, 28e6}), statisticOf([]float64{49e3, 50e3, 51e3})},
		"go-redis": {3, statisticOf([]float64{16e6, 16e6, 16e6}), statisticOf([]float64{100e3, 100e3, 100e3})},
	}
	out.memoryFailures = map[string]error{"valkey-go": errors.New("no memory")}
	var text strings.Builder
	printTables(&text, out)
	for _, want := range []string{"memory, one idle client and 200 further", "27.0 ± 4%", "50.0 ± 2%", "0.50x", "FAILED valkey-go: no memory"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, text.String())
		}
	}
	encoded, err := json.Marshal(documentOf(environment{}, out))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"client":"glide","mode":"standalone","further_clients":200,"rounds":3,"one_client_bytes":27000000,"per_client_bytes":50000,`,
		`"spread":{"one_client_bytes":[26000000,28000000],"per_client_bytes":[49000,51000]}`, `"error":"no memory"`,
	} {
		if !strings.Contains(string(encoded), want) {
			t.Errorf("%s is missing in\n%s", want, encoded)
		}
	}
}

func TestJSONOfNoResultsIsAnEmptyList(t *testing.T) {
	text, err := json.Marshal(documentOf(environment{}, outcome{}))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"results":[]`) {
		t.Errorf("%s", text)
	}
}

func TestTablesCompareTheFirstClientWithTheOthers(t *testing.T) {
	var text strings.Builder
	printTables(&text, sample())
	for _, want := range []string{
		"standalone: get-set, 100-byte values, 16 callers",
		"200000 ±10%",
		"glide / …",
		"2.00x",  // operations per second: the rounds lie apart
		"~1.00x", // the rest: they do not
		"FAILED valkey-go: 3 operations failed",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s", want, text.String())
		}
	}
}

func TestOneRoundHasNoSpread(t *testing.T) {
	out := sample()
	for id := range out.results {
		out.results[id] = summarize([]measure.Figures{{OpsPerSecond: 5000}})
	}
	var text strings.Builder
	printTables(&text, out)
	if strings.Contains(strings.ReplaceAll(text.String(), "±spread", ""), "±") {
		t.Errorf("there is a spread of one round:\n%s", text.String())
	}
}
