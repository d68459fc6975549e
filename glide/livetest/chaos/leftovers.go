package chaos

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/engine"
)

// leftovers is what a client must not leave behind.
type leftovers struct {
	goroutines, descriptors int
	threads                 int // of the library
	alive                   engine.Alive
	memory                  int // resident, that is not Go's, in bytes
}

func (l leftovers) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors, %d threads of the library, %d MiB resident that are not Go's, alive in the library: %+v",
		l.goroutines, l.descriptors, l.threads, l.memory>>20, l.alive)
}

// measure measures it.
func measure() leftovers {
	debug.FreeOSMemory()
	l := leftovers{goroutines: runtime.NumGoroutine(), alive: engine.Live()}
	descriptors, _ := os.ReadDir("/proc/self/fd")
	l.descriptors = len(descriptors)
	tasks, _ := os.ReadDir("/proc/self/task")
	for _, task := range tasks {
		name, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/comm")
		if strings.HasPrefix(string(name), "glide") {
			l.threads++
		}
	}
	l.memory = residentMemory()
	return l
}

func residentMemory() int {
	status, _ := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(status))
	if len(fields) < 2 {
		return 0 // not on this system
	}
	pages, _ := strconv.Atoi(fields[1])
	var of runtime.MemStats
	runtime.ReadMemStats(&of)
	return pages*os.Getpagesize() - int(of.Sys-of.HeapReleased)
}

// moreThan says what is more than before, but for what comes and goes with Go's
// own work.
func (l leftovers) moreThan(before leftovers) string {
	var more []string
	if l.goroutines > before.goroutines+1 {
		more = append(more, "goroutines")
	}
	if l.descriptors > before.descriptors {
		more = append(more, "descriptors")
	}
	if l.threads > before.threads {
		more = append(more, "threads")
	}
	if l.alive != (engine.Alive{}) {
		more = append(more, "counts of the library")
	}
	// The allocators of both languages keep some of what they had.
	if l.memory > before.memory+64<<20 && !underRaceDetector {
		more = append(more, "memory")
	}
	return strings.Join(more, ", ")
}

// awaitNothingLeft waits until no more is there than before.
func (r *run) awaitNothingLeft(before leftovers) {
	var now leftovers
	for begun := time.Now(); time.Since(begun) < 15*time.Second+r.stalls.Longest(); time.Sleep(100 * time.Millisecond) {
		if now = measure(); now.moreThan(before) == "" {
			r.log("left: %v", now)
			return
		}
	}
	stacks := make([]byte, 1<<18)
	if now.goroutines <= before.goroutines+1 {
		stacks = nil
	}
	stacks = stacks[:runtime.Stack(stacks, true)]
	r.violation("something is left after the clients are closed", "%s: %v, before: %v\n%s", now.moreThan(before), now, before, stacks)
}
