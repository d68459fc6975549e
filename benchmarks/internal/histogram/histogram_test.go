package histogram

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestEmptyHistogramHasZeroQuantiles(t *testing.T) {
	var h Histogram
	if got := h.Quantile(0.99); got != 0 {
		t.Errorf("Quantile(0.99) = %v, want 0", got)
	}
}

func TestSmallDurationsAreExact(t *testing.T) {
	var h Histogram
	for d := range time.Duration(101) {
		h.Record(d)
	}
	for _, c := range []struct {
		q    float64
		want time.Duration
	}{{0, 0}, {0.5, 50}, {0.99, 99}, {1, 100}} {
		if got := h.Quantile(c.q); got != c.want {
			t.Errorf("Quantile(%v) = %d ns, want %d", c.q, got, c.want)
		}
	}
}

func TestQuantilesAreWithinOnePercent(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var h Histogram
	durations := make([]time.Duration, 50_000)
	for i := range durations {
		// Spread over seven powers of ten, as latencies under load may be.
		durations[i] = time.Duration(math.Pow(10, 2+7*random.Float64()))
		h.Record(durations[i])
	}
	slices.Sort(durations)

	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 0.999, 1} {
		exact := durations[int(math.Ceil(q*float64(len(durations))))-1]
		got := h.Quantile(q)
		if off := math.Abs(float64(got-exact)) / float64(exact); off > 0.01 {
			t.Errorf("Quantile(%v) = %v, exact %v: %.2f %% off", q, got, exact, 100*off)
		}
	}
}

func TestBucketsAreContiguousAndOrdered(t *testing.T) {
	for i := 1; i < buckets; i++ {
		if middleOf(i) <= middleOf(i-1) {
			t.Fatalf("bucket %d (%v) does not lie above bucket %d (%v)", i, middleOf(i), i-1, middleOf(i-1))
		}
		if got := bucketOf(uint64(middleOf(i))); got != i {
			t.Fatalf("the middle of bucket %d falls into bucket %d", i, got)
		}
	}
}

func TestExtremesAreCountedNotLost(t *testing.T) {
	var h Histogram
	h.Record(-time.Second)
	h.Record(math.MaxInt64)
	if h.Count() != 2 {
		t.Errorf("Count() = %d, want 2", h.Count())
	}
	if got := h.Quantile(0.5); got != 0 {
		t.Errorf("a negative duration reads %v, want 0", got)
	}
	if got := h.Quantile(1); got < 36*time.Minute {
		t.Errorf("the longest duration reads %v, want the last bucket", got)
	}
}

func TestMergeAddsCounts(t *testing.T) {
	var a, b Histogram
	a.Record(10)
	b.Record(20)
	b.Record(30)
	a.Merge(&b)
	if a.Count() != 3 || a.Quantile(0.5) != 20 || a.Quantile(1) != 30 {
		t.Errorf("after the merge: count %d, median %d, maximum %d", a.Count(), a.Quantile(0.5), a.Quantile(1))
	}
}

func TestNothingIsLostAmongSeveralGoroutines(t *testing.T) {
	var h Histogram
	var recording sync.WaitGroup
	for range 4 {
		recording.Go(func() {
			for range 100_000 {
				h.Record(50)
			}
		})
	}
	recording.Wait()
	if h.Count() != 400_000 {
		t.Errorf("Count() = %d, want 400000", h.Count())
	}
}

func TestRecordDoesNotAllocate(t *testing.T) {
	var h Histogram
	if n := testing.AllocsPerRun(100, func() { h.Record(12345) }); n != 0 {
		t.Errorf("Record allocates %v times", n)
	}
}

func BenchmarkRecord(b *testing.B) {
	var h Histogram
	d := time.Duration(0)
	for b.Loop() {
		h.Record(d & 0xfffff)
		d += 977
	}
}
