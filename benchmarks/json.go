package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/syscalls"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// The names in the file are read by other programs: add, never rename.
type document struct {
	Environment environment       `json:"environment"`
	Clients     []string          `json:"clients"` // in their order
	Results     []json.RawMessage `json:"results"` // caseNames, medians by the figures' names, caseRounds
	Failures    []caseFailure     `json:"failures,omitempty"`
	Counting    counting          `json:"system_calls,omitzero"`
}

type caseNames struct {
	Client     string       `json:"client"`
	Mode       clients.Mode `json:"mode"`
	Delay      float64      `json:"delay_us"`
	Workload   string       `json:"workload"`
	Callers    int          `json:"callers"`
	Instances  int          `json:"instances"`
	ValueBytes int          `json:"value_bytes"`
}

// caseRounds has, in Spread, the lowest and the highest round of each figure.
type caseRounds struct {
	Rounds int                   `json:"rounds"`
	Spread map[string][2]float64 `json:"spread"`

	Calls        []syscalls.Call `json:"system_calls,omitempty"` // for each operation, the most frequent ones
	CallsFailure string          `json:"system_calls_not_counted,omitempty"`
}

type caseFailure struct {
	caseNames
	Error string `json:"error"`
}

func namesOf(id caseID) caseNames {
	return caseNames{
		Client:     id.client,
		Mode:       id.load.place.mode,
		Delay:      micros(id.load.place.delay),
		Workload:   id.load.workload,
		Callers:    id.load.shape.Callers,
		Instances:  id.load.shape.Instances,
		ValueBytes: id.load.shape.ValueBytes,
	}
}

// id is what the names say. Files from before there were several instances
// had one.
func (c caseNames) id() caseID {
	return caseID{c.Client, load{
		place{c.Mode, time.Duration(c.Delay * float64(time.Microsecond))},
		c.Workload,
		workloads.Shape{Callers: c.Callers, ValueBytes: c.ValueBytes, Instances: max(c.Instances, 1)},
	}}
}

func writeJSON(path string, environment environment, out outcome) error {
	d, err := documentOf(environment, out)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

func documentOf(environment environment, out outcome) (document, error) {
	d := document{Environment: environment, Clients: out.clients, Results: []json.RawMessage{}, Counting: out.counting}
	for _, load := range out.loads {
		for _, client := range out.clients {
			id := caseID{client, load}
			if r, ok := out.results[id]; ok {
				text, err := encodeCase(id, r)
				if err != nil {
					return document{}, err
				}
				d.Results = append(d.Results, text)
			} else if err := out.failures[id]; err != nil {
				d.Failures = append(d.Failures, caseFailure{namesOf(id), err.Error()})
			}
		}
	}
	return d, nil
}

// encodeCase is one flat object: the figures stand between the names of the
// case and its rounds, in their own order.
func encodeCase(id caseID, r result) (json.RawMessage, error) {
	rounds := caseRounds{r.rounds, map[string][2]float64{}, r.calls.top, r.calls.failure}
	var medians bytes.Buffer
	for _, f := range figures {
		if s, ok := r.statistics[f]; ok {
			rounds.Spread[f.name] = [2]float64{s.low, s.high}
			value, err := json.Marshal(s.median)
			if err != nil {
				return nil, fmt.Errorf("%s of %s under %v: %w", f.name, id.client, id.load, err)
			}
			fmt.Fprintf(&medians, "%q:%s,", f.name, value)
		}
	}
	before, errBefore := json.Marshal(namesOf(id))
	after, errAfter := json.Marshal(rounds)
	text := slices.Concat(bytes.TrimSuffix(before, []byte("}")), []byte(","), medians.Bytes(), bytes.TrimPrefix(after, []byte("{")))
	return text, errors.Join(errBefore, errAfter)
}

// readJSON reads what writeJSON has written, also what it wrote before there
// were as many figures. The loads come in the order of the file.
func readJSON(path string) (environment, outcome, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return environment{}, outcome{}, err
	}
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return environment{}, outcome{}, fmt.Errorf("%s: %w", path, err)
	}
	out := outcome{clients: d.Clients, results: map[caseID]result{}, failures: map[caseID]error{}, counting: d.Counting}
	for _, text := range d.Results {
		id, result, err := decodeCase(text)
		if err != nil {
			return environment{}, outcome{}, fmt.Errorf("%s: %w", path, err)
		}
		out.note(id)
		out.results[id] = result
	}
	for _, failure := range d.Failures {
		out.note(failure.id())
		out.failures[failure.id()] = errors.New(failure.Error)
	}
	return d.Environment, out, nil
}

func decodeCase(text json.RawMessage) (caseID, result, error) {
	var names caseNames
	var rounds caseRounds
	var values map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(text, &names), json.Unmarshal(text, &rounds), json.Unmarshal(text, &values)); err != nil {
		return caseID{}, result{}, err
	}
	r := result{rounds.Rounds, map[*figure]statistic{}, calls{rounds.Calls, rounds.CallsFailure}}
	for _, f := range figures {
		if values[f.name] == nil {
			continue
		}
		s := statistic{low: rounds.Spread[f.name][0], high: rounds.Spread[f.name][1]}
		if err := json.Unmarshal(values[f.name], &s.median); err != nil {
			return caseID{}, result{}, fmt.Errorf("%s: %w", f.name, err)
		}
		r.statistics[f] = s
	}
	return names.id(), r, nil
}

// note keeps the order in which loads, and clients that are not listed, come.
func (out *outcome) note(id caseID) {
	if !slices.Contains(out.clients, id.client) {
		out.clients = append(out.clients, id.client)
	}
	if !slices.Contains(out.loads, id.load) {
		out.loads = append(out.loads, id.load)
	}
}
