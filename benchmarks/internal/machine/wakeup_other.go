//go:build !linux

package machine

import (
	"errors"
	"time"
)

// WakeUp is measured on Linux only.
func WakeUp() (time.Duration, error) {
	return 0, errors.New("it is measured on Linux only")
}
