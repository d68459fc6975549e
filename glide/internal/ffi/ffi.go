// Package ffi loads the library that is built from ffi/ and calls it.
//
// The contract of the functions stands at the top of ffi/src/lib.rs. There
// are two loaders with the same functions: one over cgo, which is faster, and
// one over purego for programs that are built with CGO_ENABLED=0.
package ffi

import "unsafe"

// ABIVersion is the version of the ABI that this package speaks. A library
// of another version is not loaded.
const ABIVersion = 5

// Status is the answer of a function.
type Status int32

// The statuses of ffi/src/status.rs.
const (
	OK Status = iota
	InvalidArgument
	Closed
	Panicked
	NotDriving
	Resources
	GaveUp
)

func (s Status) Error() string {
	switch s {
	case OK:
		return "ok"
	case InvalidArgument:
		return "invalid argument"
	case Closed:
		return "closed"
	case Panicked:
		return "internal error in the library"
	case NotDriving:
		return "not driving"
	case Resources:
		return "the system refused a thread or a descriptor"
	case GaveUp:
		return "a request gave up its wait"
	default:
		return "unknown status"
	}
}

// What Count can count.
const (
	Tickets uint32 = iota
	Buffers
	Clients
	Scans
	Subscribers
	Connections
	Questions
)

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

// Bytes are the entries; ffi/src/reply.rs describes their form.
func (r *Replies) Bytes() []byte { return unsafe.Slice(r.data, r.len) }

// Shared is the number of strings that entries name by index.
func (r *Replies) Shared() int { return int(r.sharedLen) }

// SharedAt gives one of them; i is below Shared.
func (r *Replies) SharedAt(i int) []byte {
	s := unsafe.Slice(r.shared, r.sharedLen)[i]
	return unsafe.Slice(s.data, s.len)
}
