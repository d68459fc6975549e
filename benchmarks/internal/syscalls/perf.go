package syscalls

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// everyCall is the tracepoint that every system call passes.
const everyCall = "raw_syscalls:sys_enter"

// named are the calls that perf counts one by one besides all: those that
// clients and runtimes make while they wait for a server, send, receive and
// manage memory and threads. Each takes the kernel 40 ms to set up.
var named = []string{
	"epoll_pwait", "epoll_wait", "futex", "madvise", "nanosleep", "read",
	"recvfrom", "sched_yield", "sendto", "timerfd_settime", "write", "writev",
}

// others is the name of the calls that are not distinguished.
const others = "others"

// tracefs has a folder for each tracepoint of this machine.
const tracefs = "/sys/kernel/tracing/events/syscalls"

func perfEvents() string {
	events := []string{everyCall}
	for _, name := range named {
		if _, err := os.Stat(filepath.Join(tracefs, "sys_enter_"+name)); err == nil {
			events = append(events, "syscalls:sys_enter_"+name)
		}
	}
	return strings.Join(events, ",")
}

func findPerf() (*Tool, error) {
	path, err := exec.LookPath("perf")
	if err != nil {
		return nil, errors.New("perf is not on the PATH")
	}
	// Whether the kernel lets this user count is best found out by trying.
	try := exec.Command(path, "stat", "-x", ",", "-e", everyCall, "--", "true")
	try.Env = append(os.Environ(), "LC_ALL=C")
	text, err := try.CombinedOutput()
	if err == nil {
		_, err = parsePerf(string(text))
	}
	if err != nil {
		return nil, fmt.Errorf("perf cannot count system calls here: %w", err)
	}
	return &Tool{
		Name: "perf",
		By:   "perf stat, tracepoint " + everyCall,
		command: func(pid int, output string) *exec.Cmd {
			return exec.Command(path, "stat", "-x", ",", "-e", perfEvents(), "-p", strconv.Itoa(pid),
				"-o", output, "--delay", "-1", "--control", "fd:3,4")
		},
		ready: func(r *running) error { return r.order("enable") },
		stop:  func(r *running) error { return r.order("disable") },
		parse: parsePerf,
	}, nil
}

// order has perf do something, and waits until it has.
func (r *running) order(what string) error {
	if _, err := fmt.Fprintln(r.control, what); err != nil {
		return err
	}
	acks := r.files[1]
	if err := acks.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	answer := make([]byte, 16)
	n, err := acks.Read(answer)
	if err != nil {
		return fmt.Errorf("waiting until it has done %q: %w", what, err)
	}
	if text := strings.Trim(string(answer[:n]), "\n\x00"); text != "ack" {
		return fmt.Errorf("it answers %q to %q", text, what)
	}
	return nil
}

// parsePerf reads lines of count, unit, event and more. An event that could not
// be counted has words in place of the count.
func parsePerf(text string) (Counts, error) {
	counts, found := Counts{ByName: map[string]float64{}}, false
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSpace(line), ",")
		if len(fields) < 3 || strings.HasPrefix(line, "#") {
			continue
		}
		count, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			if fields[2] == everyCall {
				return Counts{}, fmt.Errorf("%s: %s", everyCall, fields[0])
			}
			continue
		}
		if fields[2] == everyCall {
			counts.Total, found = count, true
		} else if name, ok := strings.CutPrefix(fields[2], "syscalls:sys_enter_"); ok {
			counts.ByName[name] = count
		}
	}
	if !found {
		return Counts{}, fmt.Errorf("there is no count of %s in %q", everyCall, text)
	}
	rest := counts.Total
	for _, count := range counts.ByName {
		rest -= count
	}
	if rest > 0 {
		counts.ByName[others] = rest
	}
	return counts, nil
}
