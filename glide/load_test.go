package glide_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

// requireLost requires of errors that they say no more than that a server
// could not be talked to.
func requireLost(t *testing.T, errs []error) {
	t.Helper()
	for _, err := range errs {
		require.True(t, isLost(err), "%v", err)
	}
}

func isLost(err error) bool {
	return errors.Is(err, glide.ErrConnectionLost) || errors.Is(err, glide.ErrTimeout) || errors.Is(err, glide.ErrUnreachable)
}

// A distribution is measured times.
type distribution []time.Duration

func (d distribution) quantile(q float64) time.Duration {
	slices.Sort(d)
	if len(d) == 0 {
		return 0
	}
	return d[min(int(q*float64(len(d))), len(d)-1)]
}

func (d distribution) String() string {
	return fmt.Sprintf("%d: p50 %v, p99 %v, p99.9 %v, max %v", len(d), d.quantile(.5), d.quantile(.99), d.quantile(.999), d.quantile(1))
}

// A lockedBuffer is written and read by several goroutines.
type lockedBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}
