package delayproxy

import (
	"runtime"
	"syscall"
	"time"
)

// newSleeper locks the calling goroutine to a thread whose sleep is
// precise, and returns the function that unlocks it.
//
// Go's own timers will not do: where nothing else runs they round a wait of
// less than a millisecond up to one. And the kernel adds up to 50 µs to a
// thread's sleep unless the thread asks for less.
func newSleeper() (sleep func(time.Duration), wake func()) {
	runtime.LockOSThread()
	const setTimerSlack = 29 // PR_SET_TIMERSLACK of prctl, in nanoseconds
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setTimerSlack, 1, 0)
	return func(d time.Duration) {
		left := syscall.NsecToTimespec(d.Nanoseconds())
		_ = syscall.Nanosleep(&left, nil) // the caller looks at the clock again
	}, runtime.UnlockOSThread
}
