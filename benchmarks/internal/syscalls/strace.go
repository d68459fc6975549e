package syscalls

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

func findStrace() (*Tool, error) {
	path, err := exec.LookPath("strace")
	if err != nil {
		return nil, errors.New("strace is not on the PATH (scripts/install-tool installs it)")
	}
	return &Tool{
		Name: "strace",
		By:   "strace -f -c, which slows each call down and so may change how many there are",
		command: func(pid int, output string) *exec.Cmd {
			return exec.Command(path, "-f", "-c", "-o", output, "-p", strconv.Itoa(pid))
		},
		ready: awaitAttached,
		stop:  func(*running) error { return nil },
		parse: parseStrace,
	}, nil
}

func awaitAttached(r *running) error {
	timeout := time.After(patience)
	for {
		select {
		case line := <-r.stderr.seen:
			// "strace: Process 5 attached", or "… attached with 7 threads".
			if strings.Contains(line, " attached") {
				return nil
			}
			return errors.New(line)
		case <-timeout:
			return errors.New("it does not attach itself")
		}
	}
}

// parseStrace reads a table of percent, seconds, microseconds a call, calls,
// errors where there were some, and the name. A process without calls has no
// table.
func parseStrace(text string) (Counts, error) {
	counts := Counts{ByName: map[string]float64{}}
	if strings.TrimSpace(text) == "" {
		return counts, nil
	}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		calls, err := strconv.ParseFloat(fields[3], 64)
		if err != nil {
			continue // titles, lines
		}
		if name := fields[len(fields)-1]; name == "total" {
			counts.Total = calls
			return counts, nil
		} else {
			counts.ByName[name] = calls
		}
	}
	return Counts{}, fmt.Errorf("there is no total in %q", text)
}
