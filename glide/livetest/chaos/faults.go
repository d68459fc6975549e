package chaos

import (
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

var errNoPrimary = errors.New("the servers have no primary")

// A fault is injected, lasts, and is repaired.
type fault struct {
	what   string // with where it is injected
	inject func() error
	lasts  time.Duration
	// repair undoes it and waits until the servers have recovered. It is nil
	// for what passes by itself.
	repair func() error
	// lossless is a fault of servers by which nothing is lost.
	lossless bool
}

// A kind of fault has a name, and makes faults as the dice fall.
type kind struct {
	name string
	make func(r *run, dice *rand.Rand) fault
}

// A sequence injects faults of some kinds, one after the other.
type sequence struct {
	kinds []kind
	dice  *rand.Rand
	pause time.Duration
	// ofServers are faults by which a server may lose its cursors of scans.
	ofServers bool
}

// injectAll injects faults until the time is over, and repairs the last ones.
func (r *run) injectAll(duration time.Duration, sequences ...sequence) {
	end := time.Now().Add(duration)
	var group sync.WaitGroup
	for _, s := range sequences {
		group.Go(func() {
			for r.injectNext(s, end) {
			}
		})
	}
	group.Wait()
}

// injectNext injects a fault, unless the time is over or the servers are beyond
// repair.
func (r *run) injectNext(s sequence, end time.Time) bool {
	time.Sleep(s.pause/2 + time.Duration(s.dice.Int64N(int64(s.pause))))
	chosen := s.kinds[s.dice.IntN(len(s.kinds))]
	f := chosen.make(r, s.dice)
	if time.Now().After(end) {
		return false
	}
	r.mutex.Lock()
	r.injected[chosen.name]++
	r.mutex.Unlock()
	r.log("%s: %s", chosen.name, f.what)
	if s.ofServers {
		r.changes.Add(1)
		defer r.changes.Add(1)
	} else {
		from := r.now()
		defer func() { r.breaks.add([]int{0}, from, r.now()+settling) }()
	}
	if err := f.inject(); err != nil {
		r.violation("a fault cannot be injected", "%s: %s: %v", chosen.name, f.what, err)
		return false
	}
	time.Sleep(f.lasts)
	if f.repair == nil {
		return true
	}
	begun := time.Now()
	if err := f.repair(); err != nil {
		r.violation("a fault cannot be repaired", "%s: %s: %v", chosen.name, f.what, err)
		return false
	}
	r.log("  repaired (%s), which took %v", chosen.name, time.Since(begun).Round(time.Millisecond))
	return true
}

// between returns a random time.
func between(dice *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(dice.Int64N(int64(to-from)))
}
