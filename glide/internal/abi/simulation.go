//go:build explore

package abi

import (
	"encoding/binary"
	"slices"
	"sync"
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"
)

// library is a stand-in for the library, for tests that go through all orders
// in which things can happen: what the contract leaves open is up to the test.
// It keeps the part of the contract that is about driving and completing.
type library struct {
	unsimulated
	*Simulation
}

// Simulate returns a library that is a simulation.
func Simulate(s *Simulation) *Library { return &Library{library: library{Simulation: s}} }

// Simulation is an engine of the simulated library. Its clients have the
// handles that they are asked with.
type Simulation struct {
	// Step is called where others may come in between.
	Step func()
	// Rung is the ready callback.
	Rung func()

	mu sync.Mutex
	// pending are the requests that are not completed, completed the entries
	// that no one has taken.
	pending   []request
	completed []byte
	ready     uint32
	// driven: a caller drives; wake ends its drive. background: the library's
	// own thread does. poked: it is to, when no one else does.
	driven, background, poked bool
	wake                      chan struct{}
	// bounded: the drive that is under way has a budget. interrupted: it, or
	// the next one, is to end.
	bounded, interrupted bool
	// own is the ticket whose completion is reported.
	own uint64
	// ownCompleted: it is among the completed.
	ownCompleted bool
	announced    bool
	// closed are the clients that are.
	closed map[uint64]bool
	// Taken counts what was handed out and not released.
	Taken int
}

type request struct{ client, ticket uint64 }

// CanAnswer reports whether there is a request to answer and someone runs the
// core.
func (s *Simulation) CanAnswer() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending) > 0 && (s.driven || s.background)
}

// Answer completes the first request.
func (s *Simulation) Answer() {
	s.mu.Lock()
	first := s.pending[0]
	s.pending = s.pending[1:]
	rung := s.complete(first.ticket, OutcomeReply, []byte{byte(TagOK)})
	s.mu.Unlock()
	if rung {
		s.Rung()
	}
}

// CanTakeOver reports whether the library's thread would begin to drive.
func (s *Simulation) CanTakeOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.poked && !s.driven && !s.background
}

// TakeOver lets the library's thread drive.
func (s *Simulation) TakeOver() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.poked, s.background = false, true
}

// CanExpire reports whether a caller drives whose time is limited.
func (s *Simulation) CanExpire() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.driven && s.bounded && len(s.completed) == 0
}

// Expire ends the budget of the caller that drives.
func (s *Simulation) Expire() { s.wakeDriver() }

// Idle reports whether all that came was completed, taken and released, and no
// one drives.
func (s *Simulation) Idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending) == 0 && len(s.completed) == 0 && s.Taken == 0 && !s.driven
}

// complete appends a completion and reports whether the callback is due.
func (s *Simulation) complete(ticket uint64, outcome Outcome, body []byte) (rung bool) {
	s.completed = binary.LittleEndian.AppendUint64(s.completed, ticket)
	s.completed = binary.LittleEndian.AppendUint32(s.completed, uint32(len(body)))
	s.completed = append(append(s.completed, byte(outcome)), body...)
	s.ready++
	s.ownCompleted = s.ownCompleted || ticket == s.own
	if s.driven {
		s.wakeDriver()
		return false
	}
	rung = !s.announced
	s.announced = true
	return rung
}

func (s *Simulation) wakeDriver() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Simulation) accept(client uint64, submission []byte) Status {
	if s.closed[client] {
		return StatusClosed
	}
	for len(submission) > 0 {
		_, _, n := protowire.ConsumeTag(submission)
		body, m := protowire.ConsumeBytes(submission[n:])
		submission = submission[n+m:]
		_, _, n = protowire.ConsumeTag(body) // the ticket comes first
		ticket, _ := protowire.ConsumeFixed64(body[n:])
		s.pending = append(s.pending, request{client, ticket})
	}
	return StatusOK
}

func (s *Simulation) hand(replies *Replies) {
	s.announced = false
	if len(s.completed) == 0 {
		return
	}
	s.Taken++
	*replies = Replies{data: &s.completed[0], len: uintptr(len(s.completed)), owner: unsafe.Pointer(s), completed: s.ready}
	if s.ownCompleted {
		replies.own = 1
	}
	s.completed, s.ready, s.ownCompleted = nil, 0, false
}

func (l library) submit(_ Engine, client uint64, submission []byte) Status {
	l.Step()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(submission) > 0 {
		if status := l.accept(client, submission); status != StatusOK {
			return status
		}
	}
	l.poked = l.poked || !l.driven && !l.background
	return StatusOK
}

func (l library) drive(_ Engine, client uint64, submission []byte, budget, _ uint32, own uint64, replies *Replies) Status {
	l.Step()
	l.mu.Lock()
	if len(submission) > 0 {
		if status := l.accept(client, submission); status != StatusOK {
			l.mu.Unlock()
			return status
		}
	}
	if l.driven {
		l.mu.Unlock()
		return StatusNotDriving
	}
	// The library's thread releases the role. That it takes it again by itself
	// after a while is not simulated: callers must not rely on it.
	l.driven, l.background = true, false
	l.bounded, l.own = budget > 0, own
	l.wake = make(chan struct{}, 1)
	if len(l.completed) > 0 || l.interrupted {
		l.wakeDriver()
	}
	l.mu.Unlock()

	<-l.wake
	l.Step()
	l.mu.Lock()
	l.driven, l.interrupted = false, false
	l.mu.Unlock()
	// Another thread may begin to drive, or take, before this one has taken.
	l.Step()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hand(replies)
	return StatusOK
}

func (l library) interrupt(Engine) Status {
	l.Step()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.interrupted = true
	if l.driven {
		l.wakeDriver()
	}
	return StatusOK
}

func (l library) take(_ Engine, replies *Replies) Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hand(replies)
	return StatusOK
}

func (l library) release(Engine, unsafe.Pointer) Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Taken--
	return StatusOK
}

func (l library) close(_ Engine, client uint64) Status {
	l.Step()
	l.mu.Lock()
	if l.closed == nil {
		l.closed = map[uint64]bool{}
	}
	l.closed[client] = true
	rung := false
	l.pending = slices.DeleteFunc(l.pending, func(r request) bool {
		if r.client == client {
			rung = l.complete(r.ticket, OutcomeClosed, nil) || rung
		}
		return r.client == client
	})
	l.poked = l.poked || !l.driven && !l.background
	l.mu.Unlock()
	if rung {
		l.Rung()
	}
	return StatusOK
}

const supported, linked = true, false

func openLibrary(string) (library, error) { return library{}, nil }

func openEmbedded() (library, error) { return library{}, nil }
