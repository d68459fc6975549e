package workloads

import (
	"fmt"
	"strings"
	"sync"
)

const (
	getSetKeys  = 1000     // at most
	getSetBytes = 64 << 20 // of all values together, at most
)

// getSetKey names the keys; all callers share the strings.
var getSetKey = func() (keys [getSetKeys]string) {
	for i := range keys {
		keys[i] = fmt.Sprintf("benchmark:%04d", i)
	}
	return keys
}()

// Keys is how many keys there are with values of this size: fewer where the
// values are large, so that server and machine keep their memory.
func Keys(valueBytes int) int { return min(getSetKeys, max(getSetBytes/valueBytes, 1)) }

func keysFor(valueBytes int) []string { return getSetKey[:Keys(valueBytes)] }

var (
	longest      string
	longestMutex sync.Mutex
)

// valueOf is a value of this size. All callers share its memory: a thousand
// callers with values of 1 MiB shall not take a gigabyte for that alone.
func valueOf(bytes int) string {
	longestMutex.Lock()
	defer longestMutex.Unlock()
	if len(longest) < bytes {
		longest = strings.Repeat("v", bytes)
	}
	return longest[:bytes]
}
