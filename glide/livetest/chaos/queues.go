package chaos

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valkey-glide/go/glide"
)

// queues pushes elements to lists, each element once, and pops them with a
// blocking command.
type queues struct {
	run    *run
	client client
	lists  [slotCount]list
}

// A list is what the callers know of a list.
type list struct {
	mutex    sync.Mutex
	elements []element
	// lost are the pops that may have taken an element to nowhere.
	lost atomic.Int64
}

type element struct {
	pushed outcome
	at     time.Duration   // when the push returned
	popped []time.Duration // when pops returned it
}

func (w *queues) name() string { return "queues" }

// callers are two that push and two that pop for each of some slots.
func (w *queues) callers() int { return 12 }

func (w *queues) call(c *caller) error {
	slot := c.number / 4 * (slotCount / 3)
	if c.number%2 == 0 {
		return w.push(c, slot)
	}
	return w.pop(c, slot)
}

func queueIn(slot int) string { return keyIn(slot, "queue") }

func (w *queues) push(c *caller, slot int) error {
	l := &w.lists[slot]
	l.mutex.Lock()
	number := len(l.elements)
	l.elements = append(l.elements, element{})
	l.mutex.Unlock()
	err := w.run.call("push", w.run.limit(c.dice), func(ctx context.Context) error {
		_, err := w.client.RPush(ctx, queueIn(slot), strconv.Itoa(number))
		return err
	})
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.elements[number].pushed, l.elements[number].at = outcomeOf(err), w.run.now()
	return err
}

func (w *queues) pop(c *caller, slot int) error {
	l := &w.lists[slot]
	waits := time.Duration(1+c.dice.IntN(300)) * time.Millisecond
	var taken glide.Optional[glide.ListElement]
	take := func(ctx context.Context) (err error) {
		taken, err = w.client.BLPop(ctx, waits, queueIn(slot))
		return err
	}
	var err error
	if limit := w.run.limit(c.dice); limit > 0 {
		err = w.run.call("blocking pop", limit, take)
	} else {
		err = w.run.bounded("blocking pop", waits+requestTimeout, func() error { return take(context.Background()) })
	}
	if err != nil {
		if outcomeOf(err) == uncertain {
			l.lost.Add(1)
		}
		return err
	}
	popped, ok := taken.Get()
	if !ok {
		return nil
	}
	number, err := strconv.Atoi(popped.Element)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if err != nil || number < 0 || number >= len(l.elements) || popped.Key != queueIn(slot) {
		w.run.violation("a pop returns what was never pushed", "%q of %q", popped.Element, popped.Key)
		return nil
	}
	e := &l.elements[number]
	e.popped = append(e.popped, w.run.now())
	return nil
}

func (w *queues) check() error {
	elements, lost, again := 0, 0, 0
	for slot := range slotCount {
		l := &w.lists[slot]
		l.mutex.Lock()
		if len(l.elements) > 0 {
			gone, popped, err := w.checkList(slot, l)
			if err != nil {
				l.mutex.Unlock()
				return err
			}
			elements, lost, again = elements+len(l.elements), lost+gone, again+popped
		}
		l.mutex.Unlock()
	}
	w.run.log("queues: %d elements, %d lost on their way to a pop that failed, %d popped again after promotions", elements, lost, again)
	return nil
}

// checkList returns how many elements are lost and how many were popped again.
func (w *queues) checkList(slot int, l *list) (lost, again int, err error) {
	server, err := w.run.owner(slotOf(slot))
	if err != nil {
		return 0, 0, err
	}
	reply, err := server.Command("LRANGE", queueIn(slot), "0", "-1")
	if err != nil {
		return 0, 0, err
	}
	left := map[string]int{}
	for _, text := range textsOf(reply) {
		left[text]++
	}
	var missing []string
	for number, e := range l.elements {
		what := fmt.Sprintf("%d of slot %d, pushed at %.3fs, popped at %v", number, slotOf(slot), e.at.Seconds(), e.popped)
		times := len(e.popped) + left[strconv.Itoa(number)]
		// A pop that a promoted replica has not heard of is undone.
		undone := 0
		for _, at := range e.popped {
			if w.run.losses.explain(slotOf(slot), at) {
				undone++
			}
		}
		switch {
		case times > 0 && e.pushed == unsent:
			w.run.violation("an element was pushed although the error says it was not", "%s", what)
		case times > 1+undone:
			w.run.violation("an element is there twice", "%s, left %d times", what, left[strconv.Itoa(number)])
		case times > 1:
			again++
		case times == 0 && e.pushed == acknowledged && !w.run.losses.explain(slotOf(slot), e.at):
			missing = append(missing, what)
		}
	}
	if failed := int(l.lost.Load()); len(missing) > failed {
		w.run.violation("elements are lost", "%d are missing in slot %d, but only %d pops may have lost one: %q",
			len(missing), slotOf(slot), failed, missing[:min(3, len(missing))])
	}
	return len(missing), again, nil
}
