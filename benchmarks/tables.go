package main

import (
	"fmt"
	"io"
	"math"
	"unicode/utf8"
)

// A column is one figure of the tables.
type column struct {
	title  string
	of     func(result) statistic
	format func(float64) string
}

var columns = []column{
	{"op/s", func(r result) statistic { return r.opsPerSecond }, func(v float64) string { return fmt.Sprintf("%.0f", v) }},
	{"p50 µs", func(r result) statistic { return r.p50 }, microseconds},
	{"p99 µs", func(r result) statistic { return r.p99 }, microseconds},
	{"p99.9 µs", func(r result) statistic { return r.p999 }, microseconds},
	{"CPU µs/op", func(r result) statistic { return r.cpuPerOp }, func(v float64) string { return fmt.Sprintf("%.2f", v) }},
	{"allocs/op", func(r result) statistic { return r.allocsPerOp }, func(v float64) string { return fmt.Sprintf("%.2f", v) }},
}

// microseconds keeps three digits, as the histogram knows no more.
func microseconds(v float64) string {
	switch {
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}

// printTables prints, for each load, the figures of each client, then the
// first client's divided by each other's, then what failed.
func printTables(w io.Writer, out outcome) {
	for _, load := range out.loads {
		fmt.Fprintf(w, "%s: %v\n", out.mode, load)
		printFigures(w, out, load)
		printRatios(w, out, load)
		for _, client := range out.clients {
			if err := out.failures[caseID{client, load}]; err != nil {
				fmt.Fprintf(w, "  FAILED %s: %v\n\n", client, err)
			}
		}
	}
	printMemory(w, out)
	if len(out.results) > 1 {
		fmt.Fprintf(w, "%s against each: above 1 is better for op/s, below 1 for the rest; ~ rounds of the two overlap.\n", out.clients[0])
	}
}

func printFigures(w io.Writer, out outcome, load load) {
	rows := [][]string{titles("median ±spread")}
	for _, client := range out.clients {
		result, ok := out.results[caseID{client, load}]
		if !ok {
			continue
		}
		row := []string{client}
		for _, c := range columns {
			s := c.of(result)
			row = append(row, figure(c.format(s.median), s, result.rounds))
		}
		rows = append(rows, row)
	}
	if len(rows) > 1 {
		printAligned(w, rows)
	}
}

// figure is a median with half the distance between the extremes. One round
// alone says nothing of that.
func figure(median string, s statistic, rounds int) string {
	if rounds == 1 {
		return median
	}
	return fmt.Sprintf("%s ±%2.0f%%", median, 100*s.spread()/2)
}

// printRatios is left out where there is nothing to compare.
func printRatios(w io.Writer, out outcome, load load) {
	ours, ok := out.results[caseID{out.clients[0], load}]
	if !ok {
		return
	}
	rows := [][]string{titles(out.clients[0] + " / …")}
	for _, client := range out.clients[1:] {
		theirs, ok := out.results[caseID{client, load}]
		if !ok {
			continue
		}
		row := []string{client}
		for _, c := range columns {
			row = append(row, ratio(c.of(ours), c.of(theirs)))
		}
		rows = append(rows, row)
	}
	if len(rows) > 1 {
		printAligned(w, rows)
	}
}

func titles(first string) []string {
	row := []string{first}
	for _, c := range columns {
		row = append(row, c.title)
	}
	return row
}

// ratio is of the medians, and marked with ~ where the rounds do not tell the
// two apart.
func ratio(ours, theirs statistic) string {
	r := ours.median / theirs.median
	if math.IsNaN(r) || math.IsInf(r, 0) {
		return "-"
	}
	mark := ""
	if ours.overlaps(theirs) {
		mark = "~"
	}
	return fmt.Sprintf("%s%.2fx", mark, r)
}

// printAligned sets the first column left and the others right.
func printAligned(w io.Writer, rows [][]string) {
	first := 0
	for _, row := range rows {
		first = max(first, utf8.RuneCountInString(row[0]))
	}
	for _, row := range rows {
		fmt.Fprintf(w, "  %-*s", first, row[0])
		for _, cell := range row[1:] {
			fmt.Fprintf(w, " %14s", cell)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}
