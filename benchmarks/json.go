package main

import (
	"encoding/json"
	"os"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
)

// The names in the file are read by other programs: add, never rename.
type document struct {
	Environment environment    `json:"environment"`
	Results     []caseResult   `json:"results"`
	Memory      []memoryResult `json:"memory,omitempty"`
	Failures    []caseFailure  `json:"failures,omitempty"`
}

type caseNames struct {
	Client     string       `json:"client"`
	Mode       clients.Mode `json:"mode"`
	Workload   string       `json:"workload"`
	Callers    int          `json:"callers"`
	ValueBytes int          `json:"value_bytes"`
}

// caseResult has medians; Spread has the lowest and the highest round of each.
type caseResult struct {
	caseNames
	caseFigures[float64]
	Rounds int                     `json:"rounds"`
	Spread caseFigures[[2]float64] `json:"spread"`
}

type caseFigures[T any] struct {
	OpsPerSecond    T `json:"ops_per_second"`
	P50             T `json:"p50_us"`
	P99             T `json:"p99_us"`
	P999            T `json:"p999_us"`
	CPUPerOp        T `json:"cpu_us_per_op"`
	AllocsPerOp     T `json:"allocs_per_op"`
	AllocBytesPerOp T `json:"alloc_bytes_per_op"`
}

type caseFailure struct {
	caseNames
	Error string `json:"error"`
}

func writeJSON(path string, environment environment, out outcome) error {
	text, err := json.MarshalIndent(documentOf(environment, out), "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

func documentOf(environment environment, out outcome) document {
	d := document{Environment: environment, Results: []caseResult{}, Memory: memoryDocument(out)}
	for _, client := range out.clients {
		if err := out.memoryFailures[client]; err != nil {
			d.Failures = append(d.Failures, caseFailure{caseNames{Client: client, Mode: out.mode, Workload: memoryWorkload}, err.Error()})
		}
	}
	for _, load := range out.loads {
		for _, client := range out.clients {
			id := caseID{client, load}
			names := caseNames{client, out.mode, load.workload, load.shape.Callers, load.shape.ValueBytes}
			if r, ok := out.results[id]; ok {
				d.Results = append(d.Results, caseResult{
					caseNames:   names,
					caseFigures: figuresOf(r, func(s statistic) float64 { return s.median }),
					Rounds:      r.rounds,
					Spread:      figuresOf(r, func(s statistic) [2]float64 { return [2]float64{s.low, s.high} }),
				})
			} else if err := out.failures[id]; err != nil {
				d.Failures = append(d.Failures, caseFailure{names, err.Error()})
			}
		}
	}
	return d
}

func figuresOf[T any](r result, of func(statistic) T) caseFigures[T] {
	return caseFigures[T]{
		OpsPerSecond:    of(r.opsPerSecond),
		P50:             of(r.p50),
		P99:             of(r.p99),
		P999:            of(r.p999),
		CPUPerOp:        of(r.cpuPerOp),
		AllocsPerOp:     of(r.allocsPerOp),
		AllocBytesPerOp: of(r.allocBytesPerOp),
	}
}
