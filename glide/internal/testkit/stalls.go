package testkit

import (
	"sync"
	"testing"
	"time"
)

// Stalls are the times in which this process got no turn, on a machine that has
// other things to do too.
type Stalls struct {
	mutex   sync.Mutex
	stalls  []stall // those that a test may care about
	longest time.Duration
	sampled chan struct{} // closed when the sample that is being taken ends
	stopped chan struct{}
}

type stall struct {
	ended time.Time
	took  time.Duration
}

// WatchStalls measures stalls while a test goes on.
func WatchStalls(tb testing.TB) *Stalls {
	tb.Helper()
	s := &Stalls{sampled: make(chan struct{}), stopped: make(chan struct{})}
	stop := make(chan struct{})
	go func() {
		defer close(s.stopped)
		for {
			begun := time.Now()
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				s.add(time.Now(), time.Since(begun)-time.Millisecond)
			}
		}
	}()
	tb.Cleanup(func() { close(stop); <-s.stopped })
	return s
}

func (s *Stalls) add(ended time.Time, took time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.longest = max(s.longest, took)
	close(s.sampled)
	s.sampled = make(chan struct{})
	if took > 100*time.Microsecond {
		s.stalls = append(s.stalls, stall{ended, took})
	}
}

// awaitSample waits for the end of the sample that is being taken: a stall that
// is just over is recorded only with it.
func (s *Stalls) awaitSample() {
	s.mutex.Lock()
	sampled := s.sampled
	s.mutex.Unlock()
	select {
	case <-sampled:
	case <-s.stopped:
	}
}

// Longest returns the longest stall until now.
func (s *Stalls) Longest() time.Duration {
	s.awaitSample()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.longest
}

// Between returns the longest stall of which a part was between two times, and
// for how long there were stalls between them.
func (s *Stalls) Between(begun, ended time.Time) (longest, sum time.Duration) {
	s.awaitSample()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, stall := range s.stalls {
		from, to := stall.ended.Add(-stall.took), stall.ended
		if from.Before(begun) {
			from = begun
		}
		if to.After(ended) {
			to = ended
		}
		if part := to.Sub(from); part > 0 {
			longest = max(longest, stall.took)
			sum += part
		}
	}
	return longest, sum
}

// MeasureStalls measures for how long this process gets no turn while a test
// goes on. It returns what a requirement on time allows for: six times the
// longest such time. What is required takes the turns of several threads
// and of the server, each of which may have to wait as long.
func MeasureStalls(tb testing.TB) (allowance func() time.Duration) {
	tb.Helper()
	stalls := WatchStalls(tb)
	return func() time.Duration { return 6 * stalls.Longest() }
}
