package engine

import "sync/atomic"

// A sink passes what the library tells to a function of the program, one after the
// other, on a separate goroutine. No caller waits for the function:
// if it is too slow, what comes is dropped and counted.
type sink[T any] struct {
	deliver func(T)
	// lost returns what reports that so many were dropped.
	lost    func(count int64) T
	waiting chan T
	// dropped is how many were dropped and not yet reported.
	dropped atomic.Int64
	ended   chan struct{}
}

// sinkLength is how many may wait for the function.
const sinkLength = 1024

func newSink[T any](deliver func(T), lost func(count int64) T) *sink[T] {
	s := &sink[T]{deliver: deliver, lost: lost, waiting: make(chan T, sinkLength), ended: make(chan struct{})}
	go s.run()
	return s
}

// add passes one on, or drops it if too many wait. It never waits.
func (s *sink[T]) add(one T) bool {
	select {
	case s.waiting <- one:
		return true
	default:
		s.dropped.Add(1)
		return false
	}
}

// end ends the sink, once those that wait are delivered.
func (s *sink[T]) end() { close(s.ended) }

// run delivers until the sink is ended, and those that wait then.
func (s *sink[T]) run() {
	finished := false
	defer func() {
		if !finished {
			go s.run() // the function has ended the goroutine
		}
	}()
	for {
		select {
		case one := <-s.waiting:
			s.handle(one)
		case <-s.ended:
			for {
				select {
				case one := <-s.waiting:
					s.handle(one)
				default:
					finished = true
					return
				}
			}
		}
	}
}

// handle delivers one, after telling of those that were dropped.
func (s *sink[T]) handle(one T) {
	if dropped := s.dropped.Swap(0); dropped > 0 {
		s.call(s.lost(dropped))
	}
	s.call(one)
}

// call calls the function. If it panics, that is lost, and nothing else.
func (s *sink[T]) call(one T) {
	defer func() { _ = recover() }()
	s.deliver(one)
}
