package workloads

import (
	"fmt"
	"testing"
)

func newReceived() *received { return &received{progress: make(chan struct{}, 1)} }

func TestReceivedCountsMessagesInOrder(t *testing.T) {
	r := newReceived()
	r.message("") // sent before the measurement
	for i := range 2500 {
		r.message(fmt.Sprintf("%012dmmm", i))
	}
	if err := r.await(2500); err != nil {
		t.Error(err)
	}
}

func TestReceivedTellsWhatIsLostOrComesTwice(t *testing.T) {
	for name, numbers := range map[string][]int{"lost": {0, 2}, "twice": {0, 0}, "out of order": {1, 0}} {
		r := newReceived()
		for _, n := range numbers {
			r.message(fmt.Sprintf("%012d", n))
		}
		if r.await(2) == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
