package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/worker"
)

// outcome is what a run gave: each case is either in results or in failures.
type outcome struct {
	mode     clients.Mode
	clients  []string
	loads    []load
	results  map[caseID]result
	failures map[caseID]error

	// By clients; nil if it was not asked for.
	memory         map[string]memoryOutcome
	memoryFailures map[string]error
}

// A caseID is one client under one load.
type caseID struct {
	client string
	load   load
}

// measureAll goes through the rounds and tells each step on progress. A case
// that fails is not tried again. Its own error is that of an interrupted run.
func measureAll(ctx context.Context, o options, target clients.Target, progress io.Writer) (outcome, error) {
	out := outcome{mode: o.mode, clients: o.clients, loads: loads(o), results: map[caseID]result{}, failures: map[caseID]error{}}
	if o.memory {
		if err := measureMemory(ctx, o, target, progress, &out); err != nil {
			return outcome{}, err
		}
	}
	workers := workers{}
	defer workers.close()

	taken := map[caseID][]measure.Figures{}
	step, steps, began := 0, o.rounds*len(out.loads)*len(o.clients), time.Now()
	for round := range o.rounds {
		for _, load := range out.loads {
			for _, client := range rotated(o.clients, round) {
				step++
				id := caseID{client, load}
				if out.failures[id] != nil {
					continue
				}
				fmt.Fprintf(progress, "[%3d/%d %4.0fs] round %d, %v: %-16s ",
					step, steps, time.Since(began).Seconds(), round+1, load, client)
				figures, err := workers.measure(ctx, client, worker.Order{
					Target: target, Workload: load.workload, Shape: load.shape, Times: o.times,
				})
				if ctx.Err() != nil {
					fmt.Fprintln(progress, "interrupted")
					return outcome{}, ctx.Err()
				}
				if err != nil {
					fmt.Fprintln(progress, "FAILED:", err)
					out.failures[id] = err
					continue
				}
				fmt.Fprintf(progress, "%9.0f op/s, p99 %s µs\n", figures.OpsPerSecond, microseconds(micros(figures.P99)))
				taken[id] = append(taken[id], figures)
			}
		}
	}
	for id, rounds := range taken {
		if out.failures[id] == nil {
			out.results[id] = summarize(rounds)
		}
	}
	return out, nil
}

// workers are the processes by client. Each is started when first needed and
// kept over the rounds, as a program keeps its client's code warm.
type workers map[string]*worker.Process

func (w workers) measure(ctx context.Context, client string, order worker.Order) (measure.Figures, error) {
	if w[client] == nil {
		process, err := worker.Start(client)
		if err != nil {
			return measure.Figures{}, err
		}
		w[client] = process
	}
	figures, err := w[client].Measure(ctx, order)
	var broken *worker.Broken
	if errors.As(err, &broken) {
		delete(w, client)
	}
	return figures, err
}

func (w workers) close() {
	for _, process := range w {
		_ = process.Close() // its figures are in; how it ends changes none
	}
}
