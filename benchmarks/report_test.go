package main

import (
	"encoding/json"
	"errors"
	"fmt"
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
	"github.com/valkey-glide/go/benchmarks/internal/syscalls"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// sample has two clients that were measured and one that failed.
func sample() outcome {
	l := load{place{mode: clients.Standalone}, "get-set", workloads.Shape{Callers: 16, ValueBytes: 100, Instances: 1}}
	rounds := func(scale float64) result {
		idle := 0.4 - 0.1*scale
		var taken []measure.Figures
		for _, ops := range []float64{90_000, 100_000, 110_000} {
			taken = append(taken, measure.Figures{
				OpsPerSecond: ops * scale,
				P50:          150 * time.Microsecond, P99: 1500 * time.Microsecond, P999: 4 * time.Millisecond,
				CPUPerOp: 6500 * time.Nanosecond, AllocsPerOp: 2.5, AllocBytesPerOp: 240,
				VoluntarySwitches: 0.25, InvoluntarySwitches: 0.25, Migrations: 0.125, ServerSwitches: measure.Number(math.NaN()),
				Idle: measure.Number(idle), ClientShare: 0.5, ServerShare: measure.Number(math.NaN()),
			})
		}
		r := summarize(l, taken)
		r.addCalls([]syscalls.Counts{
			{Total: 1 / scale, ByName: map[string]float64{"futex": 0.25, "read": 0.5}},
			{Total: 3 / scale, ByName: map[string]float64{"futex": 0.75, "epoll_wait": 1}},
		})
		return r
	}
	return outcome{
		clients: []string{"glide", "go-redis", "valkey-go"},
		loads:   []load{l},
		results: map[caseID]result{
			{"glide", l}:    rounds(2),
			{"go-redis", l}: rounds(1),
		},
		failures: map[caseID]error{{"valkey-go", l}: errors.New("3 operations failed")},
		counting: counting{By: "abacus"},
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
		Counting map[string]any   `json:"system_calls"`
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
		"cpu_us_per_op": 6.5, "context_switches_per_op": 0.5, "involuntary_switches_per_op": 0.25, "migrations_per_op": 0.125,
		"system_calls_per_op": 1.0, "client_cpu_share": 0.5, "idle_cpu_share": 0.2,
		"allocs_per_op": 2.5, "alloc_bytes_per_op": 240.0, "rounds": 3.0,
	} {
		if got.Results[0][name] != want {
			t.Errorf("%s = %v, want %v", name, got.Results[0][name], want)
		}
	}
	for _, name := range []string{"server_context_switches_per_op", "server_cpu_share"} {
		if value, ok := got.Results[0][name]; ok {
			t.Errorf("%s = %v, though it is unknown", name, value)
		}
	}
	if names := fmt.Sprint(got.Results[0]["system_calls"]); names != "[map[count:0.5 name:epoll_wait] map[count:0.5 name:futex] map[count:0.25 name:read]]" {
		t.Errorf("the system calls are %s", names)
	}
	if got.Counting["counted_by"] != "abacus" {
		t.Errorf("the system calls were counted by %v", got.Counting)
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
	if !reflect.DeepEqual(got.clients, out.clients) || !reflect.DeepEqual(got.loads, out.loads) || !reflect.DeepEqual(got.results, out.results) ||
		got.counting != out.counting {
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
	printTables(&text, environment{CPU: "Some CPU", CPUs: 4}, sample())
	for _, want := range []string{
		"standalone: get-set, 100-byte values, 16 callers, on Some CPU, 4 CPUs",
		"switches/op", "0.500 ± 0%", "20.0% ± 0%",
		"system calls of glide: epoll_wait 0.500, futex 0.500, read 0.250",
		"System calls were counted by abacus",
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
	printTables(&text, environment{}, out)
	if strings.Contains(strings.ReplaceAll(text.String(), "±spread", ""), "±") {
		t.Errorf("there is a spread of one round:\n%s", text.String())
	}
}

func TestSystemCallsThatWereNotCountedAreNoZeros(t *testing.T) {
	out := sample()
	out.counting = counting{Missing: "perf is not on the PATH"}
	for id, r := range out.results {
		delete(r.statistics, syscallsPerOp)
		r.calls = calls{failure: "it did\nnot attach"}
		out.results[id] = r
	}
	var text, markdown strings.Builder
	printTables(&text, environment{}, out)
	printMarkdown(&markdown, environment{}, out, nil)
	for _, text := range []string{text.String(), markdown.String()} {
		for _, want := range []string{
			"syscalls/op", "not counted", "System calls were not counted: perf is not on the PATH.",
			"system calls of glide were not counted: it did not attach",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing in\n%s", want, text)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "out.json")
	if err := writeJSON(path, environment{}, out); err != nil {
		t.Fatal(err)
	}
	if _, got, err := readJSON(path); err != nil || got.counting != out.counting || !reflect.DeepEqual(got.results, out.results) {
		t.Errorf("%v: got %+v\nwant %+v", err, got, out)
	}
}

func TestMachineIsNamed(t *testing.T) {
	for want, e := range map[string]environment{
		"AMD EPYC, 2 CPUs":                          {CPU: "AMD EPYC", CPUs: 2},
		"laptop (AMD EPYC, 2 CPUs)":                 {Machine: "laptop", CPU: "AMD EPYC", CPUs: 2},
		"a CPU whose model was not recorded, 1 CPU": {CPUs: 1},
	} {
		if got := e.machine(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	text := environment{CPU: "AMD EPYC", CPUs: 2, Kernel: "Linux 6.1", WakeUp: 12300 * time.Nanosecond}.String()
	for _, want := range []string{"machine: AMD EPYC, 2 CPUs; Linux 6.1", "wake-up latency: 12.3 µs"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}
