//go:build !linux

package delayproxy

import "time"

// newSleeper: elsewhere Go's timers are as precise as the system's.
func newSleeper() (sleep func(time.Duration), wake func()) { return time.Sleep, func() {} }
