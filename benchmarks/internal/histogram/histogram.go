// Package histogram counts durations in buckets that grow with the value, so
// that recording costs a few instructions, regardless of the value, and a quantile
// is known to better than one percent.
package histogram

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"
)

const (
	// Each power of two is cut into 64 buckets: a bucket is at most 1/64 of
	// its value wide, and its middle at most 1/128 away from any value in it.
	precisionBits = 6
	perOctave     = 1 << precisionBits

	// Durations of 2^41 ns (37 minutes) and more share the last bucket; every
	// client's timeout is far below.
	octaves = 41 - precisionBits
	buckets = (octaves + 1) * perOctave
)

// A Histogram counts durations. Its zero value is empty and ready. Several
// goroutines may Record at once; the rest waits until they have ended.
type Histogram struct {
	counts [buckets]uint32
}

// Record counts one duration. A negative one counts as zero.
func (h *Histogram) Record(d time.Duration) {
	atomic.AddUint32(&h.counts[bucketOf(uint64(max(d, 0)))], 1)
}

// Merge adds what other has counted.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
}

// Count is how many durations have been recorded.
func (h *Histogram) Count() uint64 {
	var total uint64
	for _, n := range h.counts {
		total += uint64(n)
	}
	return total
}

// Quantile is the duration that the fraction q of all recorded ones does not
// exceed (nearest rank): 0.5 is the median. It is 0 if nothing was recorded.
func (h *Histogram) Quantile(q float64) time.Duration {
	total := h.Count()
	if total == 0 {
		return 0
	}
	rank := min(max(uint64(math.Ceil(q*float64(total))), 1), total)

	var seen uint64
	for i, n := range h.counts {
		if seen += uint64(n); seen >= rank {
			return middleOf(i)
		}
	}
	panic("histogram: the buckets hold fewer durations than their sum")
}

// bucketOf numbers the bucket of v. Below 2*perOctave each value has its own;
// above, v keeps its leading precisionBits+1 bits and the octave is counted.
func bucketOf(v uint64) int {
	shift := max(bits.Len64(v)-(precisionBits+1), 0)
	return min(shift*perOctave+int(v>>shift), buckets-1)
}

// middleOf is the value in the middle of a bucket.
func middleOf(bucket int) time.Duration {
	shift := max(bucket/perOctave-1, 0)
	low := (bucket - shift*perOctave) << shift
	return time.Duration(low + (1<<shift)/2)
}
