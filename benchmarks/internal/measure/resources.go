package measure

import (
	"math"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/machine"
)

// resources are what the process, the servers and the machine have used up so
// far.
type resources struct {
	at                     time.Time
	cpu                    time.Duration // user and system, all threads
	voluntary, involuntary int64         // context switches, of all threads, ended ones included
	allocs                 uint64        // objects on the Go heap
	allocBytes             uint64
	own, servers           machine.Snapshot
	machine                machine.CPUTime
	machineKnown           bool
}

// resourcesAtStart and resourcesAtEnd read the same in opposite order: the
// heap's counters stop the world for a moment, which must lie outside of the
// interval that the clock and the CPU time span. Reading what threads have used
// takes some microseconds for each and allocates, so it lies outside of both.
func resourcesAtStart(servers []int) resources {
	var r resources
	r.readThreads(servers)
	r.readMachine()
	r.readHeap()
	r.readProcess()
	r.at = time.Now()
	return r
}

func resourcesAtEnd(servers []int) resources {
	r := resources{at: time.Now()}
	r.readProcess()
	r.readHeap()
	r.readMachine()
	r.readThreads(servers)
	return r
}

func (r *resources) readThreads(servers []int) {
	r.own = machine.Processes([]int{os.Getpid()})
	r.servers = machine.Processes(servers)
}

func (r *resources) readMachine() {
	var err error
	r.machine, err = machine.CPUs()
	r.machineKnown = err == nil
}

// addCosts fills in what the machine's speed does not change, and who used the
// CPUs.
func (f *Figures) addCosts(before, after resources, operations float64) {
	f.VoluntarySwitches = Number(float64(after.voluntary-before.voluntary) / operations)
	f.InvoluntarySwitches = Number(float64(after.involuntary-before.involuntary) / operations)
	f.Migrations = Number(after.own.Since(before.own).Migrations / operations)

	allCPUs := after.at.Sub(before.at).Seconds() * float64(runtime.NumCPU())
	f.ClientShare = Number((after.cpu - before.cpu).Seconds() / allCPUs)
	f.ServerSwitches, f.ServerShare, f.Idle = Number(math.NaN()), Number(math.NaN()), Number(math.NaN())
	if used := after.servers.Since(before.servers); used.Known() {
		f.ServerSwitches = Number((used.Voluntary + used.Involuntary) / operations)
		f.ServerShare = Number(used.CPU.Seconds() / allCPUs)
	}
	if before.machineKnown && after.machineKnown {
		f.Idle = Number(after.machine.IdleSince(before.machine))
	}
}

// WithoutCosts returns figures without the costs, for programs whose costs are not reported.
func (f Figures) WithoutCosts() Figures {
	nan := Number(math.NaN())
	f.VoluntarySwitches, f.InvoluntarySwitches, f.Migrations, f.ServerSwitches = nan, nan, nan, nan
	f.Idle, f.ClientShare, f.ServerShare = nan, nan, nan
	return f
}

func (r *resources) readProcess() {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // only for an argument that the kernel does not know
	}
	r.cpu = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	r.voluntary, r.involuntary = usage.Nvcsw, usage.Nivcsw
}

// readHeap takes the exact counters: those of runtime/metrics lag behind by
// what each processor has not yet flushed.
func (r *resources) readHeap() {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	r.allocs, r.allocBytes = stats.Mallocs, stats.TotalAlloc
}
