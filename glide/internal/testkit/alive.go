package testkit

import (
	"fmt"
	"runtime"
	"time"

	"github.com/valkey-glide/go/glide/internal/engine"
)

// AwaitNothingAlive waits until all counts of the library are zero, and returns
// what is left if they do not become zero.
func AwaitNothingAlive() (left string) {
	for range 200 {
		alive := engine.Live()
		if alive == (engine.Alive{}) {
			return ""
		}
		if alive.Scans > 0 {
			runtime.GC() // they go with the cursors
		}
		left = fmt.Sprintf("%+v", alive)
		time.Sleep(10 * time.Millisecond)
	}
	return left
}
