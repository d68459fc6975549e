// Package abi loads the library that is built from ffi/ and calls it.
//
// ffi/include/glide.h is the contract. The functions and numbers are generated
// from it. The library is called over cgo, which is faster, or over purego in
// programs that are built with CGO_ENABLED=0.
package abi

import (
	"fmt"
	"unsafe"
)

func (s Status) Error() string {
	switch s {
	case StatusOK:
		return "ok"
	case StatusInvalidArgument:
		return "invalid argument"
	case StatusClosed:
		return "closed"
	case StatusPanicked:
		return "internal error in the library"
	case StatusNotDriving:
		return "not driving"
	case StatusResources:
		return "the system refused a thread or a descriptor"
	case StatusGaveUp:
		return "a request gave up its wait"
	default:
		return "unknown status"
	}
}

// StatCount is how many statistics there are of a client.
const StatCount = int(StatTopologyVersion) + 1

// Completes reports whether an entry with this outcome completes a request.
func (o Outcome) Completes() bool { return o&^TracedOutcome <= OutcomeReply }

func (t Tag) String() string {
	names := [...]string{"nil", "OK", "boolean", "boolean", "integer", "double", "string", "string",
		"big number", "array", "set", "map", "push", "error", "failure"}
	if int(t) < len(names) {
		return names[t]
	}
	return fmt.Sprintf("kind %d", uint8(t))
}

// Engine is an engine of the library. It lives as long as the process.
type Engine unsafe.Pointer

// Replies are completions that the library has handed out. Their memory is
// the library's until Release.
type Replies struct {
	data      *byte
	len       uintptr
	shared    *slice
	sharedLen uintptr
	owner     unsafe.Pointer
	completed uint32
	blocking  uint32
	own       uint32
}

type slice struct {
	data *byte
	len  uintptr
}

// Empty reports whether there are none, in which case there is nothing to
// release either.
func (r *Replies) Empty() bool { return r.owner == nil }

// Completed is how many entries complete a request, those of blocking commands
// left out.
func (r *Replies) Completed() int64 { return int64(r.completed - r.blocking) }

// Blocking is how many entries complete a request of a blocking command.
func (r *Replies) Blocking() int64 { return int64(r.blocking) }

// OwnCompleted reports whether the driver's own ticket is among them. It may
// be false for one that was completed before the drive that named it.
func (r *Replies) OwnCompleted() bool { return r.own != 0 }

// Bytes returns the entries.
func (r *Replies) Bytes() []byte { return unsafe.Slice(r.data, r.len) }

// Shared is the number of strings that entries name by index.
func (r *Replies) Shared() int { return int(r.sharedLen) }

// SharedAt returns one of them; i is below Shared.
func (r *Replies) SharedAt(i int) []byte {
	s := unsafe.Slice(r.shared, r.sharedLen)[i]
	return unsafe.Slice(s.data, s.len)
}
