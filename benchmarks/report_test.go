package main

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
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
	l := load{place{mode: clients.Standalone}, "get-set", workloads.Shape{Callers: 16, ValueBytes: 100, Instances: 1}}
	rounds := func(scale float64) result {
		var taken []measure.Figures
		for _, ops := range []float64{90_000, 100_000, 110_000} {
			taken = append(taken, measure.Figures{
				OpsPerSecond: ops * scale,
				P50:          150 * time.Microsecond, P99: 1500 * time.Microsecond, P999: 4 * time.Millisecond,
				CPUPerOp: 6500 * time.Nanosecond, AllocsPerOp: 2.5, AllocBytesPerOp: 240,
			})
		}
		return summarize(l, taken)
	}
	return outcome{
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
		"client": "glide", "mode": "standalone", "delay_us": 0.0, "instances": 1.0, "workload": "get-set", "callers": 16.0, "value_bytes": 100.0,
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

func TestJSONOfNoResultsIsAnEmptyList(t *testing.T) {
	d, errDocument := documentOf(environment{}, outcome{})
	text, err := json.Marshal(d)
	if err := errors.Join(errDocument, err); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"results":[]`) {
		t.Errorf("%s", text)
	}
}

func TestJSONIsReadAsItWasWritten(t *testing.T) {
	out := sample()
	far := load{place{clients.Standalone, time.Millisecond}, "pipeline", workloads.Shape{Callers: 1, ValueBytes: 10_240, Instances: 10}}
	out.loads = append(out.loads, far)
	out.results[caseID{"go-redis", far}] = summarize(far, []measure.Figures{{OpsPerSecond: 0.125, AllocsPerOp: math.NaN()}})
	path := filepath.Join(t.TempDir(), "new", "out.json")
	if err := writeJSON(path, environment{Set: "goals"}, out); err != nil {
		t.Fatal(err)
	}
	environment, got, err := readJSON(path)
	if err != nil {
		t.Fatal(err)
	}
	if environment.Set != "goals" {
		t.Errorf("the environment is %+v", environment)
	}
	if !reflect.DeepEqual(got.clients, out.clients) || !reflect.DeepEqual(got.loads, out.loads) || !reflect.DeepEqual(got.results, out.results) {
		t.Errorf("got  %+v\nwant %+v", got, out)
	}
	for id, failure := range out.failures {
		if got.failures[id] == nil || got.failures[id].Error() != failure.Error() {
			t.Errorf("%v failed with %v, want %v", id, got.failures[id], failure)
		}
	}
}

func TestOlderJSONIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.json")
	text := `{"environment": {}, "results": [{"client": "glide", "mode": "standalone", "workload": "get-set", "callers": 16,
		"value_bytes": 100, "ops_per_second": 5, "rounds": 2, "spread": {"ops_per_second": [4, 6]}}]}`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	_, out, err := readJSON(path)
	if err != nil {
		t.Fatal(err)
	}
	s := out.results[caseID{"glide", sample().loads[0]}].statistics[opsPerSecond]
	if s != (statistic{5, 4, 6}) || !slices.Equal(out.clients, []string{"glide"}) {
		t.Errorf("%+v of %v", s, out.clients)
	}
}

func TestWhatIsNoJSONIsRefusedByItsName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "no.json")
	for _, text := range []string{"", "{", `{"results": [5]}`, `{"results": [{"ops_per_second": "many"}]}`} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := readJSON(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: err = %v", text, err)
		}
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
		out.results[id] = summarize(id.load, []measure.Figures{{OpsPerSecond: 5000}})
	}
	var text strings.Builder
	printTables(&text, out)
	if strings.Contains(strings.ReplaceAll(text.String(), "±spread", ""), "±") {
		t.Errorf("there is a spread of one round:\n%s", text.String())
	}
}
