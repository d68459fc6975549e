package measure

import (
	"runtime"
	"syscall"
	"time"
)

// resources are what the process has used up so far.
type resources struct {
	at         time.Time
	cpu        time.Duration // user and system, all threads
	allocs     uint64        // objects on the Go heap
	allocBytes uint64
}

// resourcesAtStart and resourcesAtEnd read the same in opposite order: the
// heap's counters stop the world for a moment, which must lie outside of the
// interval that the clock and the CPU time span.
func resourcesAtStart() resources {
	var r resources
	r.readHeap()
	r.readCPU()
	r.at = time.Now()
	return r
}

func resourcesAtEnd() resources {
	r := resources{at: time.Now()}
	r.readCPU()
	r.readHeap()
	return r
}

func (r *resources) readCPU() {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // only for an argument that the kernel does not know
	}
	r.cpu = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// readHeap takes the exact counters: those of runtime/metrics lag behind by
// what each processor has not yet flushed.
func (r *resources) readHeap() {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	r.allocs, r.allocBytes = stats.Mallocs, stats.TotalAlloc
}
