package limit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A report is what one run of the program told, and the system of it.
type report struct {
	requests  float64
	elapsed   time.Duration // as the program counts it, without its start
	cpu       time.Duration // of the whole process, with its start
	latencies distribution
}

// A distribution has points of the cumulative one: so many requests took no
// longer than this. They are in order.
type distribution []point

type point struct {
	took  time.Duration
	count float64
}

func (t *tool) run(ctx context.Context, i invocation) (report, error) {
	command := exec.CommandContext(ctx, t.path, i.arguments()...)
	if i.command == "SET" {
		command.Stdin = bytes.NewReader(bytes.Repeat([]byte("v"), i.valueBytes))
	}
	printed, err := output(ctx, command)
	if err != nil {
		return report{}, err
	}
	r, err := parse(printed, i.requests)
	if err != nil {
		return report{}, fmt.Errorf("%s: %w", command.Path, err)
	}
	r.cpu = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	return r, nil
}

var (
	ratePattern  = regexp.MustCompile(`throughput summary: ([\d.]+|inf) requests per second`)
	pointPattern = regexp.MustCompile(`% <= ([\d.]+) milliseconds \(cumulative count (\d+)\)`)
	namesPattern = regexp.MustCompile(`avg +min +p50 +p95 +p99 +max\s+([\d. ]+)`)
)

// parse reads what the program prints: two lists of points, one that halves
// what is left and one in steps of a tenth and then a whole millisecond, and
// some quantiles exactly. A run of less than a millisecond has an infinite
// rate.
func parse(text string, requests float64) (report, error) {
	rate := ratePattern.FindStringSubmatch(text)
	named := namesPattern.FindStringSubmatch(text)
	if rate == nil || named == nil {
		return report{}, errors.New("its output is not as expected: it has no summary")
	}
	r := report{requests: requests, elapsed: time.Duration(requests / number(rate[1]) * float64(time.Second))}
	for _, match := range pointPattern.FindAllStringSubmatch(text, -1) {
		r.latencies = append(r.latencies, point{milliseconds(match[1]), number(match[2])})
	}
	quantiles := strings.Fields(named[1]) // avg, min, p50, p95, p99, max
	for i, q := range map[int]float64{2: 0.50, 3: 0.95, 4: 0.99} {
		r.latencies = append(r.latencies, point{milliseconds(quantiles[i]), q * requests})
	}
	slices.SortFunc(r.latencies, func(a, b point) int {
		if a.took != b.took {
			return int(a.took - b.took)
		}
		return int(a.count - b.count)
	})
	return r, nil
}

// number is of text that a pattern has matched.
func number(text string) float64 {
	v, _ := strconv.ParseFloat(text, 64)
	return v
}

func milliseconds(text string) time.Duration {
	return time.Duration(number(text) * float64(time.Millisecond))
}

// merge adds distributions up, at every point that any of them has.
func merge(all []distribution) distribution {
	var merged distribution
	for _, d := range all {
		for _, p := range d {
			var count float64
			for _, other := range all {
				count += other.countAt(p.took)
			}
			merged = append(merged, point{p.took, count})
		}
	}
	slices.SortFunc(merged, func(a, b point) int { return int(a.took - b.took) })
	return merged
}

// countAt takes the requests between two points as evenly spread.
func (d distribution) countAt(took time.Duration) float64 {
	var before point
	for _, p := range d {
		if p.took > took {
			share := float64(took-before.took) / float64(p.took-before.took)
			return before.count + share*(p.count-before.count)
		}
		before = p
	}
	return before.count
}

// quantile is the duration that the fraction q of the requests does not
// exceed.
func (d distribution) quantile(q float64) time.Duration {
	rank := q * d[len(d)-1].count
	var before point
	for _, p := range d {
		if p.count >= rank {
			if p.count == before.count {
				return p.took
			}
			return before.took + time.Duration((rank-before.count)/(p.count-before.count)*float64(p.took-before.took))
		}
		before = p
	}
	return before.took
}
