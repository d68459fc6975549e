package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/machine"
)

// environment is what a reader needs to know to repeat a run.
type environment struct {
	Machine  string            `json:"machine,omitempty"` // as the user names it
	CPU      string            `json:"cpu_model,omitempty"`
	Kernel   string            `json:"kernel,omitempty"`
	WakeUp   time.Duration     `json:"wake_up_ns,omitempty"` // of a thread on another CPU
	Go       string            `json:"go"`
	OS       string            `json:"os"`
	Arch     string            `json:"arch"`
	CPUs     int               `json:"cpus"`
	Server   string            `json:"server"`
	Versions map[string]string `json:"versions"` // of the other clients' modules
	Rounds   int               `json:"rounds"`
	WarmUp   time.Duration     `json:"warm_up_ns"`
	Duration time.Duration     `json:"duration_ns"`
	Set      string            `json:"set,omitempty"` // of cases
}

// compared are the modules whose version says which client was measured; ours
// is the checkout's.
var compared = []string{
	"github.com/valkey-io/valkey-glide/go/v2",
	"github.com/redis/go-redis/v9",
	"github.com/valkey-io/valkey-go",
	"github.com/redis/rueidis",
}

func thisEnvironment(o options, server *deployment) environment {
	// It is told where it is known: on Linux, with two CPUs.
	wakeUp, _ := machine.WakeUp()
	e := environment{
		Machine: o.machine, CPU: machine.Model(), Kernel: machine.Kernel(), WakeUp: wakeUp,
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.GOMAXPROCS(0),
		Server: server.String(), Versions: map[string]string{},
		Rounds: o.rounds, WarmUp: o.times.WarmUp, Duration: o.times.Duration, Set: o.set,
	}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return e
	}
	for _, dependency := range build.Deps {
		for _, path := range compared {
			if dependency.Path == path {
				e.Versions[path] = dependency.Version
			}
		}
	}
	return e
}

// machine is what tables are labelled with: figures of different machines are
// not to be compared.
func (e environment) machine() string {
	cpu := cmp.Or(e.CPU, "a CPU whose model was not recorded")
	name := fmt.Sprintf("%s, %s", cpu, count(e.CPUs, "CPU"))
	if e.Machine != "" {
		return fmt.Sprintf("%s (%s)", e.Machine, name)
	}
	return name
}

func (e environment) String() string {
	var text strings.Builder
	text.WriteString("machine: " + e.machine())
	if e.Kernel != "" {
		text.WriteString("; " + e.Kernel)
	}
	if e.WakeUp > 0 {
		fmt.Fprintf(&text, "\nwake-up latency: %s µs until a thread that sleeps on another CPU runs (futex, median)", threeDigits(micros(e.WakeUp)))
	} else {
		text.WriteString("\nwake-up latency: not recorded")
	}
	fmt.Fprintf(&text, "\n%s, %s/%s; %s\nmedian of %d rounds, each %v after %v of warm-up",
		e.Go, e.OS, e.Arch, e.Server, e.Rounds, e.Duration, e.WarmUp)
	for _, path := range compared {
		if version := e.Versions[path]; version != "" {
			fmt.Fprintf(&text, "\n%s %s", path, version)
		}
	}
	return text.String()
}
