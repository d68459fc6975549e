package main

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// with returns clients, the first ours, their operations per second and p99, in
// three rounds that lie 5 % apart on either side.
func with(figures map[string][2]float64) outcome {
	l := load{place{mode: clients.Standalone}, "get-set", workloads.Shape{Callers: 16, ValueBytes: 100, Instances: 1}}
	out := outcome{clients: []string{"glide", "go-redis", "valkey-go"}, loads: []load{l},
		results: map[caseID]result{}, failures: map[caseID]error{}}
	around := func(v float64) statistic { return statistic{v, 0.95 * v, 1.05 * v} }
	for client, f := range figures {
		out.results[caseID{client, l}] = result{rounds: 3, statistics: map[*figure]statistic{opsPerSecond: around(f[0]), p99: around(f[1])}}
	}
	return out
}

func checked(t *testing.T, was, is outcome) (string, error) {
	t.Helper()
	var text strings.Builder
	err := check(&text, was, is)
	return text.String(), err
}

func TestCheckNamesWhatBecameWorseBeyondTheSpread(t *testing.T) {
	text, err := checked(t,
		with(map[string][2]float64{"glide": {100_000, 200}, "go-redis": {50_000, 400}}),
		with(map[string][2]float64{"glide": {80_000, 260}, "go-redis": {49_000, 400}}))
	if err == nil || !strings.Contains(err.Error(), "2 figures") {
		t.Errorf("err = %v, want one that counts 2", err)
	}
	for _, want := range []string{
		"Worse\n  standalone: get-set, 100-byte values, 16 callers: op/s 100000 -> 80000, 0.80x (the others' 0.98x)\n",
		"p99 µs 200 -> 260, 1.30x (the others' 1.00x)",
		"2 worse, 0 better, of 2 figures compared",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestCheckListsWhatBecameBetterAndSucceeds(t *testing.T) {
	text, err := checked(t,
		with(map[string][2]float64{"glide": {100_000, 200}}),
		with(map[string][2]float64{"glide": {120_000, 150}}))
	if err != nil {
		t.Error(err)
	}
	for _, want := range []string{"Better\n", "op/s 100000 -> 120000, 1.20x (no other client", "0 worse, 2 better"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
}

func TestCheckIgnoresWhatTheRoundsDoNotTellApart(t *testing.T) {
	text, err := checked(t,
		with(map[string][2]float64{"glide": {100_000, 200}, "go-redis": {50_000, 400}}),
		with(map[string][2]float64{"glide": {93_000, 215}, "go-redis": {10_000, 4000}})) // the others' are not judged
	if err != nil || strings.Contains(text, "Worse") {
		t.Errorf("err = %v\n%s", err, text)
	}
}

func TestCheckIgnoresDifferencesThatNobodyNotices(t *testing.T) {
	was, is := with(nil), with(nil)
	id := caseID{"glide", was.loads[0]}
	was.results[id] = result{rounds: 3, statistics: map[*figure]statistic{allocsPerOp: {2.00, 2.00, 2.00}}}
	is.results[id] = result{rounds: 3, statistics: map[*figure]statistic{allocsPerOp: {2.01, 2.01, 2.01}}}
	if text, err := checked(t, was, is); err != nil {
		t.Errorf("err = %v\n%s", err, text)
	}
}

func TestCheckTellsOfFailedAndOfMissingCases(t *testing.T) {
	was := with(map[string][2]float64{"glide": {100_000, 200}})
	failed := with(nil)
	failed.failures[caseID{"glide", failed.loads[0]}] = errors.New("3 operations failed")
	if text, err := checked(t, was, failed); err == nil || !strings.Contains(text, "failed: 3 operations failed") {
		t.Errorf("err = %v\n%s", err, text)
	}
	if text, err := checked(t, was, with(nil)); err == nil || !strings.Contains(text, "Not measured again\n  standalone") {
		t.Errorf("nothing in common: err = %v\n%s", err, text)
	}
}

func TestCheckNeedsSeveralRounds(t *testing.T) {
	was, is := with(map[string][2]float64{"glide": {1, 1}}), with(map[string][2]float64{"glide": {1, 1}})
	for id, r := range is.results {
		r.rounds = 1
		is.results[id] = r
	}
	if _, err := checked(t, was, is); err == nil || !strings.Contains(err.Error(), "one round") {
		t.Errorf("err = %v", err)
	}
}

func TestCheckReadsFiles(t *testing.T) {
	folder := t.TempDir()
	was, is := filepath.Join(folder, "was.json"), filepath.Join(folder, "is.json")
	if err := errors.Join(
		writeJSON(was, environment{}, with(map[string][2]float64{"glide": {100_000, 200}})),
		writeJSON(is, environment{}, with(map[string][2]float64{"glide": {50_000, 200}})),
	); err != nil {
		t.Fatal(err)
	}
	if err := checkFiles(io.Discard, was, was); err != nil {
		t.Errorf("a file against itself: %v", err)
	}
	if err := checkFiles(io.Discard, was, is); err == nil {
		t.Error("half the throughput passes")
	}
	var text strings.Builder
	elsewhere := filepath.Join(folder, "elsewhere.json")
	if err := writeJSON(elsewhere, environment{CPUs: 64}, with(map[string][2]float64{"glide": {100_000, 200}})); err != nil {
		t.Fatal(err)
	}
	if err := checkFiles(&text, was, elsewhere); err != nil || !strings.Contains(text.String(), "64 CPUs") {
		t.Errorf("another machine is not mentioned, %v:\n%s", err, text.String())
	}
	if err := checkFiles(io.Discard, is, was); err != nil {
		t.Errorf("twice the throughput does not pass: %v", err)
	}
	if err := checkFiles(io.Discard, was, filepath.Join(folder, "none.json")); err == nil {
		t.Error("a file that is not there passes")
	}
}
