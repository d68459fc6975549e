package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/valkey-glide/go/internal/failover"
)

// failoverUnderLoad kills a primary of a cluster, and prints what callers saw.
func failoverUnderLoad(ctx context.Context) error {
	fmt.Println("\nstarting a cluster")
	t, err := failover.Measure(ctx, func(text string) { fmt.Println(text) })
	if err != nil {
		return err
	}
	fmt.Print("\n", chart(t), "\n", summary(t))
	return nil
}

// row is the time that a row of the chart stands for.
const row = 500 * time.Millisecond

// chart shows how many calls succeeded in each half of a second.
func chart(t *failover.Timeline) string {
	var out strings.Builder
	most := 0
	perRow := int(row / failover.Bucket)
	sum := func(counts []int, from int) (sum int) {
		for _, count := range counts[from:min(from+perRow, len(counts))] {
			sum += count
		}
		return sum
	}
	for from := 0; from+perRow <= len(t.OfKilled); from += perRow {
		most = max(most, sum(t.OfKilled, from), sum(t.OfOthers, from))
	}
	bar := func(count int) string {
		const width = 24
		filled := (count*width + most - 1) / max(most, 1)
		return strings.Repeat("#", filled) + strings.Repeat(" ", width-filled)
	}
	fmt.Fprintf(&out, "%8s  %-32s  %s\n", "", "keys of the killed primary", "other keys")
	for from := 0; from+perRow <= len(t.OfKilled); from += perRow {
		at := time.Duration(from) * failover.Bucket
		killed, others := sum(t.OfKilled, from), sum(t.OfOthers, from)
		fmt.Fprintf(&out, "%6.1f s  %s %7d  %s %7d%s\n", at.Seconds(), bar(killed), killed, bar(others), others, mark(t, at))
	}
	return out.String()
}

// mark says what happened in a row.
func mark(t *failover.Timeline, at time.Duration) string {
	switch {
	case at <= t.Killed && t.Killed < at+row:
		return "  primary killed"
	case at <= t.Followed && t.Followed < at+row:
		return "  replica took over"
	default:
		return ""
	}
}

// summary says what callers saw.
func summary(t *failover.Timeline) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d calls succeeded, %d failed", t.Succeeded, t.Failed)
	for text, count := range t.Errors {
		fmt.Fprintf(&out, "; %d: %s", count, text)
	}
	round := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	fmt.Fprintf(&out, "\nafter the primary was killed, the client followed the failover in %v, and calls on its keys succeeded again after %v;\n"+
		"the cluster's own share is its cluster-node-timeout of %v and the election\n",
		round(t.Followed-t.Killed), round(t.Resumed-t.Killed), t.NodeTimeout)
	fmt.Fprintf(&out, "slowest call: %v on keys of the killed primary, %v on others (each call may take %v)\n",
		round(t.SlowestOfKilled), round(t.SlowestOfOthers), failover.CallTime)
	fmt.Fprintln(&out, "while slots have no primary, the other nodes refuse calls too (cluster-require-full-coverage); the client sends them again")
	fmt.Fprintf(&out, "writes that ran twice: %d; acknowledged writes that the replica had not received: %d\n", t.Twice, t.Lost)
	return out.String()
}
