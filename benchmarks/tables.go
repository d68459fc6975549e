package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// printTables prints, for each load, the figures of each client, then the
// first client's divided by each other's, then the costs of each, then what
// failed or was left out.
func printTables(w io.Writer, environment environment, out outcome) {
	for _, load := range out.loads {
		fmt.Fprintf(w, "%v, on %s\n", load, environment.machine())
		for _, rows := range [][][]string{figureRows(out, load, false), ratioRows(out, load), figureRows(out, load, true)} {
			if len(rows) > 1 && len(rows[0]) > 1 {
				printAligned(w, rows)
			}
		}
		if lines := callLines(out, load); len(lines) > 0 {
			fmt.Fprintf(w, "  %s\n\n", strings.Join(lines, "\n  "))
		}
		missing := 0
		for _, client := range out.clients {
			if err := out.failures[caseID{client, load}]; err != nil {
				fmt.Fprintf(w, "  FAILED %s: %v\n", client, err)
				missing++
			} else if why := notMeasured(client, load); why != "" {
				fmt.Fprintf(w, "  left out: %s: %s\n", client, why)
				missing++
			}
		}
		if missing > 0 {
			fmt.Fprintln(w)
		}
	}
	if len(out.results) > 1 {
		fmt.Fprintf(w, "%s against each: above 1 is better for op/s and MB/s, below 1 for the rest; ~ rounds of the two overlap.\n",
			out.clients[0])
	}
	if text := out.counting.String(); text != "" {
		fmt.Fprintln(w, text)
	}
}

// columns are the figures that some client has under a load: those of the first
// table, or the costs of the second.
func columns(out outcome, load load, costs bool) []*figure {
	var some []*figure
	for _, f := range figures {
		if f.title == "" || f.cost != costs {
			continue
		}
		known := slices.ContainsFunc(out.clients, func(client string) bool {
			id := caseID{client, load}
			r, measured := out.results[id]
			_, ok := r.statistics[f]
			return ok || f == syscallsPerOp && measured && isCounted(id) && out.counting != counting{}
		})
		if known {
			some = append(some, f)
		}
	}
	return some
}

// figureRows are the figures or the costs of each client, under their titles.
func figureRows(out outcome, load load, costs bool) [][]string {
	columns := columns(out, load, costs)
	rows := [][]string{titles("median ±spread", columns)}
	for _, client := range out.clients {
		id := caseID{client, load}
		result, ok := out.results[id]
		if !ok {
			continue
		}
		row := []string{client}
		for _, f := range columns {
			if _, known := result.statistics[f]; !known && f == syscallsPerOp && isCounted(id) {
				row = append(row, "not counted")
				continue
			}
			row = append(row, cell(result, f))
		}
		rows = append(rows, row)
	}
	return rows
}

// cell is a median with half the distance between the extremes. One round
// alone says nothing of that.
func cell(r result, f *figure) string {
	s, ok := r.statistics[f]
	switch {
	case !ok:
		return "-"
	case r.rounds == 1:
		return f.format(s.median)
	default:
		return fmt.Sprintf("%s ±%2.0f%%", f.format(s.median), 100*s.spread()/2)
	}
}

// ratioRows are the first client's figures divided by each other's, under
// their titles, which stand alone where there is nothing to compare.
func ratioRows(out outcome, load load) [][]string {
	columns := columns(out, load, false)
	rows := [][]string{titles(out.clients[0]+" / …", columns)}
	ours, ok := out.results[caseID{out.clients[0], load}]
	if !ok {
		return rows
	}
	for _, client := range out.clients[1:] {
		theirs, ok := out.results[caseID{client, load}]
		if !ok {
			continue
		}
		row := []string{client}
		for _, f := range columns {
			row = append(row, ratio(ours.statistics[f], theirs.statistics[f]))
		}
		rows = append(rows, row)
	}
	return rows
}

func titles(first string, columns []*figure) []string {
	row := []string{first}
	for _, f := range columns {
		row = append(row, f.title)
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
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		fmt.Fprintf(w, "  %-*s", widths[0], row[0])
		for i, cell := range row[1:] {
			fmt.Fprintf(w, " %*s", max(widths[i+1], 14), cell)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}
