package main

import (
	"fmt"
	"io"
	"math"
	"unicode/utf8"
)

// printTables prints, for each load, the figures of each client, then the
// first client's divided by each other's, then what failed or was left out.
func printTables(w io.Writer, out outcome) {
	for _, load := range out.loads {
		fmt.Fprintf(w, "%v\n", load)
		for _, rows := range [][][]string{figureRows(out, load), ratioRows(out, load)} {
			if len(rows) > 1 {
				printAligned(w, rows)
			}
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
}

// columns are the figures that some client has under a load.
func columns(out outcome, load load) []*figure {
	var some []*figure
	for _, f := range figures {
		for _, client := range out.clients {
			if f.title != "" && out.results[caseID{client, load}].statistics[f].median != 0 {
				some = append(some, f)
				break
			}
		}
	}
	return some
}

// figureRows are the figures of each client, under their titles.
func figureRows(out outcome, load load) [][]string {
	columns := columns(out, load)
	rows := [][]string{titles("median ±spread", columns)}
	for _, client := range out.clients {
		result, ok := out.results[caseID{client, load}]
		if !ok {
			continue
		}
		row := []string{client}
		for _, f := range columns {
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
	columns := columns(out, load)
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
