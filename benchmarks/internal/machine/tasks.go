package machine

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Usage is what threads have used.
type Usage struct {
	Voluntary   float64 // context switches of a thread that waits
	Involuntary float64 // context switches of a thread that is made to give way
	Migrations  float64 // from one CPU to another; NaN if the kernel does not count them
	CPU         time.Duration
}

func unknownUsage() Usage {
	nan := math.NaN()
	return Usage{Voluntary: nan, Involuntary: nan, Migrations: nan, CPU: -1}
}

// Known reports whether the usage was read.
func (u Usage) Known() bool { return !math.IsNaN(u.Voluntary) }

func (u Usage) plus(other Usage, sign float64) Usage {
	return Usage{
		Voluntary:   u.Voluntary + sign*other.Voluntary,
		Involuntary: u.Involuntary + sign*other.Involuntary,
		Migrations:  u.Migrations + sign*other.Migrations,
		CPU:         u.CPU + time.Duration(sign*float64(other.CPU)),
	}
}

// Snapshot has what each thread of some processes has used up to a moment. It
// is nil if that is unknown.
type Snapshot map[thread]Usage

type thread struct{ process, id int }

// Processes takes a snapshot of processes on this machine. It is nil if one of
// them cannot be read, or there are none.
func Processes(pids []int) Snapshot {
	s := Snapshot{}
	for _, pid := range pids {
		folders, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		if err != nil || len(folders) == 0 {
			return nil
		}
		for _, folder := range folders {
			id, err := strconv.Atoi(filepath.Base(folder))
			if err != nil {
				return nil
			}
			usage, err := readThread(folder)
			if os.IsNotExist(err) {
				continue // it has just ended
			}
			if err != nil {
				return nil
			}
			s[thread{pid, id}] = usage
		}
	}
	if len(s) == 0 {
		return nil
	}
	return s
}

// Since returns what the threads have used since an earlier snapshot. A thread
// that has started since counts in full. What a thread did that has ended
// since is lost: servers and clients keep theirs.
func (s Snapshot) Since(earlier Snapshot) Usage {
	if s == nil || earlier == nil {
		return unknownUsage()
	}
	var sum Usage
	for id, usage := range s {
		sum = sum.plus(usage, 1)
		if before, ok := earlier[id]; ok {
			sum = sum.plus(before, -1)
		}
	}
	return sum
}

func readThread(folder string) (Usage, error) {
	status, err := os.ReadFile(filepath.Join(folder, "status"))
	if err != nil {
		return Usage{}, err
	}
	u := Usage{Migrations: math.NaN()}
	var ok bool
	if u.Voluntary, ok = valueAfter(string(status), "voluntary_ctxt_switches"); !ok {
		return Usage{}, fmt.Errorf("%s/status has no voluntary_ctxt_switches", folder)
	}
	if u.Involuntary, ok = valueAfter(string(status), "nonvoluntary_ctxt_switches"); !ok {
		return Usage{}, fmt.Errorf("%s/status has no nonvoluntary_ctxt_switches", folder)
	}
	times, err := os.ReadFile(filepath.Join(folder, "schedstat"))
	if err != nil {
		return Usage{}, err
	}
	// On a CPU, and ready for one, both in nanoseconds; then how often.
	if _, err := fmt.Sscan(string(times), &u.CPU); err != nil {
		return Usage{}, fmt.Errorf("%s/schedstat: %w", folder, err)
	}
	// Kernels that are built without debugging of the scheduler lack it.
	if sched, err := os.ReadFile(filepath.Join(folder, "sched")); err == nil {
		if migrations, ok := valueAfter(string(sched), "se.nr_migrations"); ok {
			u.Migrations = migrations
		}
	}
	return u, nil
}

// valueAfter finds the number in a line "name : number".
func valueAfter(text, name string) (float64, bool) {
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(key) != name {
			continue
		}
		number, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		return number, err == nil
	}
	return 0, false
}
