package chaos

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// A workload is one kind of load. Several callers call it at once.
type workload interface {
	name() string
	callers() int
	// call makes one call. It reports what must not be at once, or keeps what
	// check needs.
	call(c *caller) error
	// check compares what the callers were told with what the servers have.
	// It is called when all calls have returned and all faults are over.
	check() error
}

// A caller is one goroutine of a workload.
type caller struct {
	number int
	dice   *rand.Rand
	// state is the workload's.
	state any
}

// load is all workloads of a run.
type load struct {
	run       *run
	workloads []workload
	loads     []*testkit.Load
}

// startLoad starts the callers of all workloads.
func startLoad(r *run, workloads []workload) *load {
	l := &load{run: r, workloads: workloads}
	for i, w := range workloads {
		var callers []*caller
		for number := range w.callers() {
			callers = append(callers, &caller{number: number, dice: r.dice(uint64(1000*(i+1) + number))})
		}
		l.loads = append(l.loads, testkit.StartLoad(w.callers(), func(number int) error {
			c := callers[number]
			err := w.call(c)
			time.Sleep(time.Duration(2+c.dice.IntN(12)) * time.Millisecond)
			return err
		}))
	}
	return l
}

// end ends all calls.
func (l *load) end() {
	for _, load := range l.loads {
		load.End()
	}
}

// String is how the calls of each workload went.
func (l *load) String() (text string) {
	for i, load := range l.loads {
		text += fmt.Sprintf("\n  %s: %v", l.workloads[i].name(), load)
	}
	return text
}

// awaitRecovery waits until no call fails for a second, and reports a violation
// if that takes too long.
func (l *load) awaitRecovery(patience time.Duration) {
	l.run.patient.Store(true)
	for begun := time.Now(); ; {
		for _, load := range l.loads {
			load.Forget()
		}
		before := l.succeeded()
		time.Sleep(time.Second)
		if l.failed() == 0 && l.allMoved(before) {
			l.run.log("all calls succeed %v after the last fault", time.Since(begun).Round(time.Millisecond))
			return
		}
		if time.Since(begun) > patience+l.run.stalls.Longest() {
			l.run.violation("the client does not recover", "calls still fail %v after the last fault:%v", time.Since(begun), l)
			return
		}
	}
}

func (l *load) succeeded() (counts []int64) {
	for _, load := range l.loads {
		counts = append(counts, load.Succeeded())
	}
	return counts
}

func (l *load) failed() (sum int64) {
	for _, load := range l.loads {
		sum += load.Failed()
	}
	return sum
}

// allMoved reports whether calls of all workloads have succeeded since.
func (l *load) allMoved(before []int64) bool {
	for i, n := range l.succeeded() {
		if n == before[i] {
			return false
		}
	}
	return true
}

// slotOf is the i-th slot that is written to.
func slotOf(i int) int { return harness.Slots*i/slotCount + 7 }

// keyIn is a key of the i-th slot.
func keyIn(i int, name string) string {
	return fmt.Sprintf("{%s}%s", harness.KeyOfSlot(slotOf(i)), name)
}
