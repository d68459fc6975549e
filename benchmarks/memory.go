package main

import (
	"context"
	"fmt"
	"io"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/benchmarks/internal/measure"
	"github.com/valkey-glide/go/benchmarks/internal/worker"
)

// memoryWorkload is the name by which the memory of idle clients is asked for,
// beside the workloads. It has neither callers nor values.
const memoryWorkload = "memory"

// furtherClients is how many clients there are besides the first one. The
// memory of one alone would be lost in what the process needs anyway.
const furtherClients = 200

// memoryOutcome is what a client's memory was, in the rounds.
type memoryOutcome struct {
	rounds               int
	oneClient, perClient statistic // bytes
}

// measureMemory has a new process for each client and round: what one order
// leaves in memory would count for the next.
func measureMemory(ctx context.Context, o options, target clients.Target, progress io.Writer, out *outcome) error {
	out.memory, out.memoryFailures = map[string]memoryOutcome{}, map[string]error{}
	taken := map[string][]measure.Memory{}
	for round := range o.rounds {
		for _, client := range rotated(o.clients, round) {
			if out.memoryFailures[client] != nil {
				continue
			}
			fmt.Fprintf(progress, "round %d, memory: %-16s ", round+1, client)
			memory, err := memoryOf(ctx, client, target)
			if ctx.Err() != nil {
				fmt.Fprintln(progress, "interrupted")
				return ctx.Err()
			}
			if err != nil {
				fmt.Fprintln(progress, "FAILED:", err)
				out.memoryFailures[client] = err
				continue
			}
			fmt.Fprintf(progress, "%s MB, %s KB per client\n", megabytes(memory.OneClient), kilobytes(memory.PerClient))
			taken[client] = append(taken[client], memory)
		}
	}
	for client, rounds := range taken {
		if out.memoryFailures[client] != nil {
			continue
		}
		one, per := make([]float64, len(rounds)), make([]float64, len(rounds))
		for i, memory := range rounds {
			one[i], per[i] = memory.OneClient, memory.PerClient
		}
		out.memory[client] = memoryOutcome{len(rounds), statisticOf(one), statisticOf(per)}
	}
	return nil
}

func memoryOf(ctx context.Context, client string, target clients.Target) (measure.Memory, error) {
	process, err := worker.Start(client)
	if err != nil {
		return measure.Memory{}, err
	}
	defer process.Close()
	return process.Memory(ctx, target, furtherClients)
}

var memoryColumns = []struct {
	title  string
	of     func(memoryOutcome) statistic
	format func(float64) string
}{
	{"one client MB", func(m memoryOutcome) statistic { return m.oneClient }, megabytes},
	{"per client KB", func(m memoryOutcome) statistic { return m.perClient }, kilobytes},
}

func megabytes(bytes float64) string { return fmt.Sprintf("%.1f", bytes/1e6) }
func kilobytes(bytes float64) string { return fmt.Sprintf("%.1f", bytes/1e3) }

// printMemory prints what a process with one idle client has resident and
// each further client adds, and the first client's divided by each other's.
func printMemory(w io.Writer, out outcome) {
	if out.memory == nil {
		return
	}
	fmt.Fprintf(w, "%s: memory, one idle client and %d further\n", out.mode, furtherClients)
	figures, ratios := [][]string{{"median ±spread"}}, [][]string{{out.clients[0] + " / …"}}
	for _, c := range memoryColumns {
		figures[0], ratios[0] = append(figures[0], c.title), append(ratios[0], c.title)
	}
	ours, compared := out.memory[out.clients[0]]
	for i, client := range out.clients {
		memory, ok := out.memory[client]
		if !ok {
			continue
		}
		row, against := []string{client}, []string{client}
		for _, c := range memoryColumns {
			row = append(row, figure(c.format(c.of(memory).median), c.of(memory), memory.rounds))
			against = append(against, ratio(c.of(ours), c.of(memory)))
		}
		figures = append(figures, row)
		if i > 0 && compared {
			ratios = append(ratios, against)
		}
	}
	printAligned(w, figures)
	if len(ratios) > 1 {
		printAligned(w, ratios)
	}
	for _, client := range out.clients {
		if err := out.memoryFailures[client]; err != nil {
			fmt.Fprintf(w, "  FAILED %s: %v\n\n", client, err)
		}
	}
}

// memoryResult has medians, and the lowest and the highest round of each.
type memoryResult struct {
	Client    string       `json:"client"`
	Mode      clients.Mode `json:"mode"`
	Further   int          `json:"further_clients"`
	Rounds    int          `json:"rounds"`
	OneClient float64      `json:"one_client_bytes"`
	PerClient float64      `json:"per_client_bytes"`
	Spread    struct {
		OneClient [2]float64 `json:"one_client_bytes"`
		PerClient [2]float64 `json:"per_client_bytes"`
	} `json:"spread"`
}

func memoryDocument(out outcome) (results []memoryResult) {
	for _, client := range out.clients {
		memory, ok := out.memory[client]
		if !ok {
			continue
		}
		result := memoryResult{
			Client: client, Mode: out.mode, Further: furtherClients, Rounds: memory.rounds,
			OneClient: memory.oneClient.median, PerClient: memory.perClient.median,
		}
		result.Spread.OneClient = [2]float64{memory.oneClient.low, memory.oneClient.high}
		result.Spread.PerClient = [2]float64{memory.perClient.low, memory.perClient.high}
		results = append(results, result)
	}
	return results
}
