package harness

import (
	"fmt"
	"slices"
	"time"
)

// A Distribution is measured times.
type Distribution []time.Duration

// Quantile returns the time that a share of the times does not exceed.
func (d Distribution) Quantile(q float64) time.Duration {
	slices.Sort(d)
	if len(d) == 0 {
		return 0
	}
	return d[min(int(q*float64(len(d))), len(d)-1)]
}

func (d Distribution) String() string {
	return fmt.Sprintf("%d: p50 %v, p99 %v, p99.9 %v, max %v", len(d), d.Quantile(.5), d.Quantile(.99), d.Quantile(.999), d.Quantile(1))
}
