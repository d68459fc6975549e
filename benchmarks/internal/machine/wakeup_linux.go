package machine

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

const (
	wakeUps = 500
	// asleep is how long the woken thread has had nothing to do, so that its
	// CPU has gone idle.
	asleep = 100 * time.Microsecond

	futexWait = 0 | 128 // private to this process
	futexWake = 1 | 128
)

// WakeUp returns the median time between waking a thread that waits on another
// CPU, with a futex, and its first instruction. It is what passing work to a
// sleeping thread costs, and differs between machines more than their speed
// does.
func WakeUp() (time.Duration, error) {
	cpus, err := allowedCPUs()
	if err != nil {
		return 0, err
	}
	if len(cpus) < 2 || runtime.GOMAXPROCS(0) < 2 {
		return 0, errors.New("it needs two CPUs")
	}
	var p pair
	done := make(chan error, 2)
	go func() { done <- onCPU(cpus[0], p.wake) }()
	go func() { done <- onCPU(cpus[1], p.wait) }()
	for range 2 {
		if one := <-done; one != nil {
			err = one
			p.failed.Store(true)
		}
	}
	if err != nil {
		return 0, err
	}
	slices.Sort(p.took[:])
	return p.took[wakeUps/2], nil
}

// A pair of threads: one wakes the other again and again. The words that both
// touch lie on different cache lines.
type pair struct {
	failed atomic.Bool
	_      [64]byte
	turn   uint32       // the futex: how often the other was woken
	woken  atomic.Int64 // when, in nanoseconds since base
	_      [64]byte
	seen   atomic.Uint32 // the last turn that the other has seen
	_      [64]byte
	took   [wakeUps]time.Duration
}

var base = time.Now()

func (p *pair) wake() {
	for i := range wakeUps {
		// It must be asleep, not about to sleep.
		for began := time.Now(); time.Since(began) < asleep; {
			if p.failed.Load() {
				return
			}
		}
		began := time.Since(base)
		atomic.AddUint32(&p.turn, 1)
		futex(&p.turn, futexWake, 1, nil)
		for p.seen.Load() != uint32(i+1) {
			if p.failed.Load() {
				return
			}
		}
		p.took[i] = time.Duration(p.woken.Load()) - began
	}
}

func (p *pair) wait() {
	// Go cannot stop a thread in such a call, which therefore ends early, for
	// a garbage collection that waits for all threads.
	timeout := syscall.NsecToTimespec(int64(2 * time.Millisecond))
	for turn := uint32(0); turn < wakeUps; {
		futex(&p.turn, futexWait, turn, &timeout)
		now := time.Since(base)
		if atomic.LoadUint32(&p.turn) != turn {
			turn++
			p.woken.Store(int64(now))
			p.seen.Store(turn)
		} else if p.failed.Load() {
			return
		}
	}
}

// futex goes past Go's scheduler, whose own work would count.
func futex(word *uint32, operation, value uint32, timeout *syscall.Timespec) {
	// Its errors are a word that has changed and a timeout: the caller looks.
	_, _, _ = syscall.RawSyscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(word)),
		uintptr(operation), uintptr(value), uintptr(unsafe.Pointer(timeout)), 0, 0)
}

// A cpuSet has a bit for each of 1024 CPUs.
type cpuSet [1024 / 64]uint64

func allowedCPUs() ([]int, error) {
	var set cpuSet
	_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(set), uintptr(unsafe.Pointer(&set)))
	if errno != 0 {
		return nil, fmt.Errorf("sched_getaffinity: %w", errno)
	}
	var cpus []int
	for cpu := range len(set) * 64 {
		if set[cpu/64]&(1<<(cpu%64)) != 0 {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}

// onCPU calls a function on a thread that is bound to a CPU and ends with it.
func onCPU(cpu int, call func()) error {
	runtime.LockOSThread() // and never unlocked, so that no other goroutine gets it
	var set cpuSet
	set[cpu/64] = 1 << (cpu % 64)
	_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(set), uintptr(unsafe.Pointer(&set)))
	if errno != 0 {
		return fmt.Errorf("sched_setaffinity: %w", errno)
	}
	call()
	return nil
}
