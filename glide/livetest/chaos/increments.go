package chaos

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/valkey-glide/go/glide"
)

// increments increments counters in several ways. Each increment is of a
// counter that no other uses, a field of a hash: so the counters report each
// one how often it ran.
type increments struct {
	run    *run
	client client
	books  [slotCount]book
	// options are those of pipelines.
	options []glide.ExecOption
}

// A book is what the callers know of the increments in a slot.
type book struct {
	mutex   sync.Mutex
	entries []entry
	// served is when an increment last succeeded, and outage is the longest
	// time in which none did, until the time at which it ended.
	served, outage, outageEnded time.Duration
}

type entry struct {
	at      time.Duration // when the call returned
	outcome outcome
	way     uint8
}

var waysToIncrement = [...]string{"single command", "script", "transaction", "pipeline over several slots"}

func (w *increments) name() string { return "increments" }

func (w *increments) callers() int { return 16 }

// outage is how long a slot may be without an acknowledged increment: longer
// than any fault lasts, with those of links that may come upon it.
const outage = 20 * time.Second

// ofHash is how many counters are in a hash: MIGRATE moves it as a whole.
const ofHash = 500

// hashIn is the hash of a counter.
func hashIn(slot, number int) string { return keyIn(slot, "hash"+strconv.Itoa(number/ofHash)) }

// open enters an increment that is about to be made.
func (w *increments) open(slot int, way uint8) (number int, f field) {
	b := &w.books[slot]
	b.mutex.Lock()
	defer b.mutex.Unlock()
	number = len(b.entries)
	b.entries = append(b.entries, entry{way: way})
	return number, field{hashIn(slot, number), strconv.Itoa(number % ofHash)}
}

// close enters how an increment ended. The counter is 1, if it is known.
func (w *increments) close(slot, number int, counter int64, err error) {
	b := &w.books[slot]
	b.mutex.Lock()
	e := &b.entries[number]
	e.at, e.outcome = w.run.now(), outcomeOf(err)
	if err == nil {
		if outage := e.at - b.served; b.served > 0 && outage > b.outage {
			b.outage, b.outageEnded = outage, e.at
		}
		b.served = e.at
	}
	way := waysToIncrement[e.way]
	b.mutex.Unlock()
	if err == nil && counter != 1 {
		w.run.violation("an increment ran more than once", "%s of counter %d in slot %d returns %d", way, number, slotOf(slot), counter)
	}
}

func (w *increments) call(c *caller) error {
	way := uint8(c.dice.IntN(len(waysToIncrement)))
	limit, slot := w.run.limit(c.dice), c.dice.IntN(slotCount)
	switch waysToIncrement[way] {
	case "single command":
		return w.one(slot, way, limit, func(ctx context.Context, f field) (int64, error) {
			return w.client.HIncrBy(ctx, f.key, f.name, 1)
		})
	case "script":
		return w.one(slot, way, limit, func(ctx context.Context, f field) (int64, error) {
			reply, err := w.client.Eval(ctx, "return redis.call('HINCRBY', KEYS[1], ARGV[1], 1)", []string{f.key}, f.name)
			counter, _ := reply.(int64)
			return counter, err
		})
	case "transaction":
		return w.several(sameSlot(slot), way, limit, true)
	}
	var places []int
	for range 1 + c.dice.IntN(10) {
		places = append(places, c.dice.IntN(slotCount))
	}
	return w.several(places, way, limit, false)
}

func sameSlot(slot int) []int { return []int{slot, slot, slot} }

func (w *increments) one(slot int, way uint8, limit time.Duration, increment func(context.Context, field) (int64, error)) error {
	number, f := w.open(slot, way)
	var counter int64
	err := w.run.call(waysToIncrement[way], limit, func(ctx context.Context) (err error) {
		counter, err = increment(ctx, f)
		return err
	})
	w.close(slot, number, counter, err)
	return err
}

// several makes increments in a batch.
func (w *increments) several(places []int, way uint8, limit time.Duration, atomic bool) error {
	numbers, fields := make([]int, len(places)), make([]field, len(places))
	for i, slot := range places {
		numbers[i], fields[i] = w.open(slot, way)
	}
	var results glide.Results
	failed := w.run.call(waysToIncrement[way], limit, func(ctx context.Context) (err error) {
		results, err = incrementAll(ctx, w.client, atomic, fields, w.options...)
		return err
	})
	var errs []error
	for i, slot := range places {
		counter, err := int64(0), failed
		if failed == nil {
			counter, err = glide.Result[int64](results, i)
			w.run.judge(waysToIncrement[way], err, w.run.refused.Load() > 0)
		}
		w.close(slot, numbers[i], counter, err)
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return errs[0] // the others mostly say the same
	}
	return nil
}

func (w *increments) check() error {
	counts := map[string]int{}
	var longest time.Duration
	for slot := range slotCount {
		if err := w.checkSlot(slot, counts); err != nil {
			return err
		}
		b := &w.books[slot]
		longest = max(longest, b.outage)
		if b.outage > outage+w.run.stalls.Longest() {
			w.run.violation("a slot is not served", "%d for %v until %.3fs", slotOf(slot), b.outage, b.outageEnded.Seconds())
		}
	}
	w.run.log("increments: %d acknowledged (%d lost in promotions), %d uncertain of which %d ran, %d unsent; no slot was without success for longer than %v",
		counts["acknowledged"], counts["lost"], counts["uncertain"], counts["uncertain, ran"], counts["unsent"], longest)
	if counts["acknowledged"] == 0 {
		return errors.New("no increment was acknowledged")
	}
	return nil
}

func (w *increments) checkSlot(slot int, counts map[string]int) error {
	b := &w.books[slot]
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for first := 0; first < len(b.entries); first += ofHash {
		counters, err := w.run.hash(slot, hashIn(slot, first))
		if err != nil {
			return err
		}
		for i, e := range b.entries[first:min(first+ofHash, len(b.entries))] {
			w.checkEntry(slot, first+i, e, counters[strconv.Itoa(i)], counts)
		}
	}
	return nil
}

func (w *increments) checkEntry(slot, number int, e entry, ran int64, counts map[string]int) {
	what := fmt.Sprintf("%s of counter %d in slot %d at %.3fs", waysToIncrement[e.way], number, slotOf(slot), e.at.Seconds())
	switch e.outcome {
	case acknowledged:
		counts["acknowledged"]++
		if ran == 0 && w.run.losses.explain(slotOf(slot), e.at) {
			counts["lost"]++
		} else if ran == 0 {
			w.run.violation("an acknowledged increment is lost", "%s", what)
		}
	case uncertain:
		counts["uncertain"]++
		counts["uncertain, ran"] += int(min(ran, 1))
	case unsent:
		counts["unsent"]++
		if ran > 0 {
			w.run.violation("an increment ran although the error says it did not", "%s", what)
		}
	}
	if ran > 1 {
		w.run.violation("an increment ran more than once", "%s ran %d times", what, ran)
	}
}
