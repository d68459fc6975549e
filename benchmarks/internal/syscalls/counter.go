// Package syscalls counts the system calls of a process from outside, with
// perf or strace.
//
// perf counts at a tracepoint, which costs little, but the kernel lets only root
// and holders of CAP_PERFMON use it. strace needs no rights over a process that
// permits it; it stops the process twice for each call, so that there are more
// or fewer of the calls that depend on what is ready at that moment. So neither
// is used while anything is timed.
package syscalls

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// A Tool is a program that counts.
type Tool struct {
	Name string // as the user names it
	By   string // how it counts, for the reader of its figures

	command func(pid int, output string) *exec.Cmd
	ready   func(*running) error // waits until it counts
	stop    func(*running) error // has it count no more
	parse   func(text string) (Counts, error)
}

// The names that Find takes.
const (
	Auto = "auto" // the first that works
	None = "none" // nothing is counted
)

// Names are those of the tools, and Auto and None.
func Names() []string { return []string{Auto, "perf", "strace", None} }

// Find returns the named tool. Its error says why nothing is counted.
func Find(name string) (*Tool, error) {
	switch name {
	case "perf":
		return findPerf()
	case "strace":
		return findStrace()
	case None:
		return nil, errors.New("-syscalls none")
	}
	perf, errPerf := findPerf()
	if errPerf == nil {
		return perf, nil
	}
	strace, errStrace := findStrace()
	if errStrace == nil {
		return strace, nil
	}
	return nil, fmt.Errorf("%w; %w", errPerf, errStrace)
}

// Counts are how often a process called the system.
type Counts struct {
	Total  float64
	ByName map[string]float64 // for each call that the tool counts separately
}

// A Call is a system call and how often it was made.
type Call struct {
	Name  string  `json:"name"`
	Count float64 `json:"count"`
}

// Top returns the most frequent calls, most frequent first, up to the given number.
func (c Counts) Top(n int) []Call {
	calls := make([]Call, 0, len(c.ByName))
	for name, count := range c.ByName {
		if count > 0 {
			calls = append(calls, Call{name, count})
		}
	}
	slices.SortFunc(calls, func(a, b Call) int {
		if a.Count != b.Count {
			if a.Count > b.Count {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return calls[:min(n, len(calls))]
}

// PerOperation divides all counts by a number of operations.
func (c Counts) PerOperation(operations float64) Counts {
	each := Counts{c.Total / operations, map[string]float64{}}
	for name, count := range c.ByName {
		each.ByName[name] = count / operations
	}
	return each
}

// patience bounds the start and the end of a tool.
const patience = 10 * time.Second

// A Session counts the system calls of one process.
type Session struct{ *running }

type running struct {
	tool    *Tool
	command *exec.Cmd
	output  string // the path of what it prints
	stderr  *lines
	control io.Writer // perf's, and what it acknowledges there
	ack     io.Reader
	files   []*os.File
	exited  chan struct{}

	released bool
}

// Attach begins to count all threads of a process, those to come included.
func (t *Tool) Attach(pid int) (*Session, error) {
	file, err := os.CreateTemp("", "benchmarks-syscalls")
	if err != nil {
		return nil, err
	}
	file.Close()
	r := &running{tool: t, output: file.Name(), stderr: &lines{seen: make(chan string, 64)}, exited: make(chan struct{})}
	r.command = t.command(pid, r.output)
	r.command.Env = append(os.Environ(), "LC_ALL=C")
	r.command.Stderr = r.stderr
	if err := r.openControl(); err != nil {
		r.release()
		return nil, err
	}
	if err := r.command.Start(); err != nil {
		r.release()
		return nil, err
	}
	for _, theirs := range r.command.ExtraFiles {
		theirs.Close()
	}
	go func() {
		_ = r.command.Wait() // how it ended is in what it printed
		close(r.exited)
	}()
	if err := t.ready(r); err != nil {
		r.kill()
		r.release()
		return nil, fmt.Errorf("%s: %w: %s", t.Name, err, r.stderr.text())
	}
	return &Session{r}, nil
}

// Detach ends the counting and returns its result. The process goes on.
func (s *Session) Detach() (Counts, error) {
	r := s.running
	defer r.release()
	err := r.tool.stop(r)
	if err == nil {
		err = r.command.Process.Signal(os.Interrupt)
	}
	if err == nil {
		select {
		case <-r.exited: // by the signal, which both pass on to themselves
		case <-time.After(patience):
			err = errors.New("it does not end")
		}
	}
	if err != nil {
		r.kill()
		return Counts{}, fmt.Errorf("%s: %w: %s", r.tool.Name, err, r.stderr.text())
	}
	text, err := os.ReadFile(r.output)
	if err != nil {
		return Counts{}, err
	}
	counts, err := r.tool.parse(string(text))
	if err != nil {
		return Counts{}, fmt.Errorf("%s: %w: %s", r.tool.Name, err, r.stderr.text())
	}
	return counts, nil
}

// Abandon ends the counting without a result. It does nothing after Detach.
func (s *Session) Abandon() {
	r := s.running
	if r.released {
		return
	}
	r.kill()
	r.release()
}

// openControl returns the program two pipes, as its descriptors 3 and 4: orders,
// and their acknowledgement. strace has no use for them.
func (r *running) openControl() error {
	theirOrders, orders, err := os.Pipe()
	if err != nil {
		return err
	}
	r.files = append(r.files, orders)
	acks, theirAcks, err := os.Pipe()
	if err != nil {
		theirOrders.Close()
		return err
	}
	r.files = append(r.files, acks)
	r.control, r.ack = orders, acks
	r.command.ExtraFiles = []*os.File{theirOrders, theirAcks}
	return acks.SetReadDeadline(time.Now().Add(time.Hour))
}

func (r *running) kill() {
	_ = r.command.Process.Kill() // it may have ended by itself
	<-r.exited
}

func (r *running) release() {
	r.released = true
	for _, file := range r.files {
		file.Close()
	}
	os.Remove(r.output)
}

// lines are what a program complains of, line by line.
type lines struct {
	seen   chan string // the first ones
	buffer bytes.Buffer
}

func (l *lines) Write(text []byte) (int, error) {
	l.buffer.Write(text)
	for {
		line, err := l.buffer.ReadString('\n')
		if err != nil {
			l.buffer.WriteString(line)
			return len(text), nil
		}
		select {
		case l.seen <- strings.TrimSpace(line):
		default:
		}
	}
}

// text is what has not been looked at yet.
func (l *lines) text() string {
	var all []string
	for {
		select {
		case line := <-l.seen:
			all = append(all, line)
		default:
			return strings.Join(all, " ")
		}
	}
}
