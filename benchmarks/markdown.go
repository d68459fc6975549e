package main

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/valkey-glide/go/benchmarks/internal/limit"
)

// writeMarkdown writes what the tables have, the most important first, and
// shows the plots.
func writeMarkdown(file string, environment environment, out outcome, plots []string) error {
	folder := filepath.Dir(file)
	images := make([]string, len(plots))
	for i, plot := range plots {
		relative, err := filepath.Rel(folder, plot)
		if err != nil {
			return err
		}
		images[i] = filepath.ToSlash(relative)
	}
	var text strings.Builder
	printMarkdown(&text, environment, out, images)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text.String()), 0o644)
}

func printMarkdown(w io.Writer, environment environment, out outcome, images []string) {
	fmt.Fprintf(w, "# Results\n\n")
	for line := range strings.SplitSeq(environment.String(), "\n") {
		fmt.Fprintf(w, "- %s\n", line)
	}
	fmt.Fprintf(w, "\nWhat the figures mean is in the README of the benchmarks. ~ marks ratios of clients whose rounds overlap: "+
		"this run shows no difference there.\n")
	if environment.Set != "" {
		fmt.Fprintf(w, "\n## Goals on %s\n\n", environment.machine())
		markdownTable(w, goalRows(out))
		fmt.Fprintf(w, "\n%s\n", goalNote(environment, out))
	}
	if len(images) > 0 {
		fmt.Fprintf(w, "\n## Curves\n\n")
		for _, name := range images {
			fmt.Fprintf(w, "![%s](%s)\n\n", strings.TrimSuffix(path.Base(name), ".svg"), name)
		}
	}
	if rows := summaryRows(out); len(rows) > 1 {
		fmt.Fprintf(w, "\n## %s against the others on %s\n\n", out.clients[0], environment.machine())
		fmt.Fprintf(w, "Operations per second of %s, and by how much they are more than each other client's (above 1 is better); then its latencies "+
			"as a multiple of those of the client that is the fastest besides it, and its CPU time per operation as a multiple of the least "+
			"(below 1 is better), as well as its context switches and system calls; then the idle share of the CPUs, and that with the fastest other.\n\n", out.clients[0])
		markdownTable(w, rows)
	}
	fmt.Fprintf(w, "\n## All figures, of %s\n", environment.machine())
	if text := out.counting.String(); text != "" {
		fmt.Fprintf(w, "\n%s\n", text)
	}
	for _, load := range out.loads {
		fmt.Fprintf(w, "\n<details><summary>%v</summary>\n\n", load)
		for i, rows := range [][][]string{figureRows(out, load, false), figureRows(out, load, true)} {
			if len(rows) > 1 && len(rows[0]) > 1 {
				if i > 0 {
					fmt.Fprintln(w)
				}
				markdownTable(w, rows)
			}
		}
		for _, line := range callLines(out, load) {
			fmt.Fprintf(w, "\n%s\n", line)
		}
		for _, client := range out.clients {
			if err := out.failures[caseID{client, load}]; err != nil {
				fmt.Fprintf(w, "\nFailed: %s: %s\n", client, oneLine(err.Error()))
			} else if why := notMeasured(client, load); why != "" {
				fmt.Fprintf(w, "\nLeft out: %s: %s\n", client, why)
			}
		}
		fmt.Fprintf(w, "\n</details>\n")
	}
}

// summaryRows have one row for each load: the first client against the others.
func summaryRows(out outcome) [][]string {
	head := []string{"load", "op/s"}
	for _, client := range out.clients[1:] {
		head = append(head, "× "+client)
	}
	rows := [][]string{append(head, "p50", "p99", "CPU", "switches", "system calls", "idle (other)")}
	for _, load := range out.loads {
		ours, ok := out.results[caseID{out.clients[0], load}]
		if !ok {
			continue
		}
		row := []string{load.String(), opsPerSecond.format(ours.statistics[opsPerSecond].median)}
		for _, client := range out.clients[1:] {
			row = append(row, ratio(ours.statistics[opsPerSecond], out.results[caseID{client, load}].statistics[opsPerSecond]))
		}
		for _, g := range []goal{{figure: p50, of: fastest}, {figure: p99, of: fastest}, {figure: cpuPerOp, of: best},
			{figure: switchesPerOp, of: best}, {figure: syscallsPerOp, of: best}} {
			g.load = load
			row = append(row, g.reached(out)[0])
		}
		idle := goal{load: load, figure: idleShare, of: fastest}.reached(out)
		row = append(row, fmt.Sprintf("%s (%s)", idle[3], idle[4]))
		rows = append(rows, row)
	}
	if !slices.ContainsFunc(out.clients[1:], func(name string) bool { return !limit.IsName(name) }) {
		return rows[:1] // nobody to compare with
	}
	return rows
}

func markdownTable(w io.Writer, rows [][]string) {
	for i, row := range rows {
		for _, cell := range row {
			fmt.Fprintf(w, "| %s ", oneLine(cell))
		}
		fmt.Fprintln(w, "|")
		if i == 0 {
			fmt.Fprintf(w, "|---|%s\n", strings.Repeat("---:|", len(row)-1))
		}
	}
}

// oneLine is text that a table's cell can hold.
func oneLine(text string) string {
	return strings.NewReplacer("\n", " ", "|", `\|`).Replace(text)
}
