package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/limit"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/worker"
	"github.com/valkey-glide/go/benchmarks/internal/workloads"
)

// outcome is what a run returned: each case is either in results or in failures,
// or was left out.
type outcome struct {
	clients  []string // the first is compared with the others
	loads    []load
	results  map[caseID]result
	failures map[caseID]error
	counting counting
}

// A caseID is one client under one load.
type caseID struct {
	client string
	load   load
}

// measureAll goes through the rounds and tells each step on progress. A case
// that fails is not tried again. Its own error is that of an interrupted run.
func measureAll(ctx context.Context, o options, deployment *deployment, progress io.Writer) (outcome, error) {
	out := outcome{clients: o.clients, loads: o.loads, results: map[caseID]result{}, failures: map[caseID]error{}}
	measurers := measurers{}
	defer measurers.close()

	taken := map[caseID][]measure.Figures{}
	step, steps, began := 0, o.rounds*cases(o), time.Now()
	for round := range o.rounds {
		for _, load := range out.loads {
			for _, client := range rotated(o.clients, round) {
				if notMeasured(client, load) != "" {
					continue
				}
				step++
				id := caseID{client, load}
				if out.failures[id] != nil {
					continue
				}
				fmt.Fprintf(progress, "[%3d/%d %4.0fs] round %d, %v: %-16s ",
					step, steps, time.Since(began).Seconds(), round+1, load, client)
				figures, err := measurers.measure(ctx, client, worker.Order{
					Target: deployment.targets[load.place], Workload: load.workload, Shape: load.shape, Times: o.times,
					Servers: deployment.serversOf(load.place),
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
				fmt.Fprintf(progress, "%9.0f op/s, p99 %s µs\n", figures.OpsPerSecond, threeDigits(micros(figures.P99)))
				taken[id] = append(taken[id], figures)
			}
		}
	}
	for id, rounds := range taken {
		if out.failures[id] == nil {
			out.results[id] = summarize(id.load, rounds)
		}
	}
	if err := countCalls(ctx, o, deployment, measurers, &out, progress); err != nil {
		return outcome{}, err
	}
	return out, nil
}

// cases is how many there are in a round.
func cases(o options) int {
	n := 0
	for _, load := range o.loads {
		for _, client := range o.clients {
			if notMeasured(client, load) == "" {
				n++
			}
		}
	}
	return n
}

// A measurer carries out orders for one client.
type measurer interface {
	Measure(context.Context, worker.Order) (measure.Figures, error)
	Close() error
}

// measurers are by client. Each is started when first needed and kept over
// the rounds, as a program keeps its client's code warm.
type measurers map[string]measurer

func start(client string) (measurer, error) {
	if limit.IsName(client) {
		return limit.New(client)
	}
	return worker.Start(client)
}

func (m measurers) measure(ctx context.Context, client string, order worker.Order) (measure.Figures, error) {
	if order.Workload == workloads.Memory {
		// A new process: what one order leaves in memory would count for the next.
		started, err := start(client)
		if err != nil {
			return measure.Figures{}, err
		}
		defer started.Close()
		return started.Measure(ctx, order)
	}
	started, err := m.of(client)
	if err != nil {
		return measure.Figures{}, err
	}
	figures, err := started.Measure(ctx, order)
	m.forget(client, err)
	return figures, err
}

// of starts what is not started yet.
func (m measurers) of(client string) (measurer, error) {
	if m[client] == nil {
		started, err := start(client)
		if err != nil {
			return nil, err
		}
		m[client] = started
	}
	return m[client], nil
}

// forget has the next order start a process again if this one has ended.
func (m measurers) forget(client string, err error) {
	var broken *worker.Broken
	if errors.As(err, &broken) {
		delete(m, client)
	}
}

func (m measurers) close() {
	for _, each := range m {
		_ = each.Close() // its figures are in; how it ends changes none
	}
}
