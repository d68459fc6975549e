package machine

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// CPUTime is what all CPUs of the machine have done since it started, in ticks
// of the kernel's clock.
type CPUTime struct {
	Idle  uint64 // without work, also while a disk is waited for
	Total uint64
}

// CPUs reads the time of all CPUs.
func CPUs() (CPUTime, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return CPUTime{}, err
	}
	return parseStat(string(text))
}

// parseStat reads the first line of /proc/stat: user, nice, system, idle,
// iowait, irq, softirq, steal, and the guests' time, which user and nice
// already contain.
func parseStat(text string) (CPUTime, error) {
	const idle, iowait, counted = 3, 4, 8
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	if len(fields) <= iowait+1 || fields[0] != "cpu" {
		return CPUTime{}, errors.New("/proc/stat does not begin with the time of all CPUs")
	}
	var t CPUTime
	for i, field := range fields[1:min(len(fields), counted+1)] {
		ticks, err := strconv.ParseUint(field, 10, 64)
		if err != nil {
			return CPUTime{}, fmt.Errorf("/proc/stat: %w", err)
		}
		t.Total += ticks
		if i == idle || i == iowait {
			t.Idle += ticks
		}
	}
	return t, nil
}

// IdleSince returns the share of the CPUs that was idle since an earlier time,
// from 0 to 1. It is NaN if no tick has passed.
func (t CPUTime) IdleSince(earlier CPUTime) float64 {
	if t.Total <= earlier.Total {
		return math.NaN()
	}
	// The kernel's idle time may step back by a tick.
	idle := float64(t.Idle) - float64(earlier.Idle)
	return min(max(idle/float64(t.Total-earlier.Total), 0), 1)
}
