package chaos

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/valkey-glide/go/glide"
)

// transactions increments two counters of a slot at once: by a transaction, or
// with optimistic locking. They are always equal, and no value comes twice.
type transactions struct {
	run    *run
	client client
	// names are those of the two counters.
	names      [2]string
	optimistic bool
	returned   [slotCount]returned
}

// returned are the values that callers were given.
type returned struct {
	mutex sync.Mutex
	at    map[int64]time.Duration // when it was last
}

func newTransactions(r *run, c client, optimistic bool) *transactions {
	w := &transactions{run: r, client: c, names: [2]string{"one", "two"}, optimistic: optimistic}
	if optimistic {
		w.names = [2]string{"three", "four"}
	}
	return w
}

const optimistic = "optimistic transactions"

func (w *transactions) name() string {
	if w.optimistic {
		return optimistic
	}
	return "transactions"
}

func (w *transactions) callers() int { return 4 }

func (w *transactions) call(c *caller) error {
	slot := c.dice.IntN(slotCount)
	limit := w.run.limit(c.dice)
	if w.optimistic && limit == 0 {
		limit = requestTimeout // without a deadline it bounds each command only
	}
	var values [2]int64
	err := w.run.call(w.name(), limit, func(ctx context.Context) (err error) {
		if w.optimistic {
			values, err = incrementOptimistically(ctx, w.client, keyIn(slot, w.names[0]), keyIn(slot, w.names[1]))
			return err
		}
		results, err := incrementAll(ctx, w.client, true, []field{{keyIn(slot, w.names[0]), "n"}, {keyIn(slot, w.names[1]), "n"}})
		for i := range values {
			if err == nil {
				values[i], err = glide.Result[int64](results, i)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if values[0] != values[1] {
		w.run.violation("a transaction is not atomic", "in slot %d it returns %v", slotOf(slot), values)
	}
	w.enter(slot, values[0])
	return nil
}

// enter checks that a value has not been returned before, unless a promotion
// has undone it.
func (w *transactions) enter(slot int, value int64) {
	r := &w.returned[slot]
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.at == nil {
		r.at = map[int64]time.Duration{}
	}
	now := w.run.now()
	if at, again := r.at[value]; again {
		// Whether it was undone is known when the fault is over.
		w.run.laterCheck(func() {
			if !w.run.losses.explain(slotOf(slot), at) {
				w.run.violation("an update is lost", "%s: %d was returned in slot %d at %.3fs and at %.3fs", w.name(), value, slotOf(slot), at.Seconds(), now.Seconds())
			}
		})
	}
	r.at[value] = now
}

// incrementOptimistically increments two counters if no other client does.
func incrementOptimistically(ctx context.Context, c client, one, two string) (values [2]int64, err error) {
	next := func(read func(ctx context.Context, key, name string) (glide.Optional[string], error)) (int64, error) {
		value, err := read(ctx, one, "n")
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseInt(value.Or("0"), 10, 64)
		return n + 1, err
	}
	if cluster, ok := c.(*glide.ClusterClient); ok {
		_, err = cluster.Optimistic(ctx, []string{one, two}, func(d *glide.DedicatedClient) (*glide.Transaction, error) {
			n, err := next(d.HGet)
			values = [2]int64{n, n}
			return glide.NewTransaction().HSet(one, map[string]string{"n": fmt.Sprint(n)}).HSet(two, map[string]string{"n": fmt.Sprint(n)}), err
		})
		return values, err
	}
	_, err = c.(*glide.Client).Optimistic(ctx, []string{one, two}, func(d *glide.DedicatedClient) (*glide.Transaction, error) {
		n, err := next(d.HGet)
		values = [2]int64{n, n}
		return glide.NewTransaction().HSet(one, map[string]string{"n": fmt.Sprint(n)}).HSet(two, map[string]string{"n": fmt.Sprint(n)}), err
	})
	return values, err
}

func (w *transactions) check() error {
	for slot := range slotCount {
		one, err := w.run.hash(slot, keyIn(slot, w.names[0]))
		if err != nil {
			return err
		}
		two, err := w.run.hash(slot, keyIn(slot, w.names[1]))
		if err != nil {
			return err
		}
		if one["n"] != two["n"] {
			w.run.violation("a transaction is not atomic", "%s: the counters of slot %d are %d and %d", w.name(), slotOf(slot), one["n"], two["n"])
		}
	}
	return nil
}

// hash reads a hash of numbers at the server that has it.
func (r *run) hash(slot int, key string) (map[string]int64, error) {
	server, err := r.owner(slotOf(slot))
	if err != nil {
		return nil, err
	}
	reply, err := server.Command("HGETALL", key)
	if err != nil {
		return nil, err
	}
	words := textsOf(reply)
	numbers := map[string]int64{}
	for i := 0; i+1 < len(words); i += 2 {
		if numbers[words[i]], err = strconv.ParseInt(words[i+1], 10, 64); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

// textsOf returns the texts of an array.
func textsOf(reply any) (texts []string) {
	items, _ := reply.([]any)
	for _, item := range items {
		text, _ := item.(string)
		texts = append(texts, text)
	}
	return texts
}
