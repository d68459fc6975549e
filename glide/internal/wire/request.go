package wire

import (
	"encoding/binary"
	"iter"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/valkey-glide/go/glide/internal/pb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// The field numbers of protobuf/submission.proto.
const (
	fieldRequests  protowire.Number = 1
	fieldTicket    protowire.Number = 1
	fieldTimeout   protowire.Number = 2
	fieldArguments protowire.Number = 3
	fieldSession   protowire.Number = 9
	fieldDedicated protowire.Number = 10
	fieldAsSent    protowire.Number = 11
)

// headroom is kept free before the content, for what is known only when the
// request is sent: its length, ticket and timeout.
const headroom = 32

// retained is the largest buffer that goes back to a pool.
const retained = 64 << 10

// A Request is one request in the form in which it crosses the boundary: a
// command, its name first, or a batch, or another message of
// protobuf/submission.proto. It is appended to once and can be sent any number
// of times.
type Request struct {
	buf  []byte
	name string
	// keys are the positions in buf of the arguments that are keys.
	keys []uint32
	// commands is the number of commands: more than one in a batch.
	commands int64
	batch    bool
	// session is the session on whose connection the request runs, if any, and
	// dedicated reports that it runs on a dedicated connection for itself.
	session   uint64
	dedicated bool
	// wait is how long the server is told to wait; 0 means forever.
	wait time.Duration
	// timeout is how long it may take, in place of the client's request timeout.
	timeout time.Duration
	// begun is when the request was last run, on the engine's clock, if it is timed.
	begun int64
	timed bool
	// trace is how it went when it was last run, if its client tells that.
	trace Trace
	// secret reports that an argument may be a password. Memory that held the
	// request is wiped before it is used for anything else.
	secret bool
}

var requests = sync.Pool{New: func() any { return &Request{buf: make([]byte, headroom, 256)} }}

// NewRequest begins a command. A name of two words is sent as two.
func NewRequest(name string) *Request {
	r := newRequest(name)
	start := 0
	for i := 0; i < len(name); i++ {
		if name[i] == ' ' {
			r.String(name[start:i])
			start = i + 1
		}
	}
	r.String(name[start:])
	return r
}

// NewRawRequest begins a command whose first word is the name as it stands.
func NewRawRequest(name string) *Request {
	r := newRequest(name)
	r.String(name)
	return r
}

// Marshal returns a request that is rarely sent, marshalled by the generated
// code. It fails for strings that are not UTF-8.
func Marshal(name string, message *pb.Request) (*Request, error) {
	r := newRequest(name)
	r.secret = r.secret || message.CredentialChange != nil
	if r.secret {
		r.makeRoom(proto.Size(message))
	}
	var err error
	r.buf, err = proto.MarshalOptions{}.MarshalAppend(r.buf, message)
	return r, err
}

func newRequest(name string) *Request {
	r := requests.Get().(*Request)
	r.buf = r.buf[:headroom]
	r.keys = r.keys[:0]
	r.commands, r.batch = 1, false
	r.session, r.wait, r.dedicated = 0, 0, false
	r.begun, r.timed, r.trace, r.timeout = 0, false, Trace{}, 0
	r.name = name
	if r.secret = mayHoldSecret(name); r.secret {
		r.makeRoom(0)
	}
	return r
}

// mayHoldSecret reports whether an argument of a command of this name, or whose
// name begins with it, may be a password.
func mayHoldSecret(name string) bool {
	if i := strings.IndexByte(name, ' '); i >= 0 {
		name = name[:i]
	}
	switch len(name) {
	case 3:
		return strings.EqualFold(name, "ACL")
	case 4:
		return strings.EqualFold(name, "AUTH")
	case 5:
		return strings.EqualFold(name, "HELLO")
	case 6:
		return strings.EqualFold(name, "CONFIG")
	case 7:
		return strings.EqualFold(name, "MIGRATE")
	}
	return false
}

// makeRoom makes room for an argument of a secret request and for what may
// follow it. If the content has to be moved, the old memory is wiped.
func (r *Request) makeRoom(size int) {
	const more = 512 // for a route, and the heads of fields
	r.buf = GrowWiped(r.buf, size+more)
}

// GrowWiped returns b with room for size more bytes. If it allocates, it wipes
// the old memory.
func GrowWiped(b []byte, size int) []byte {
	if cap(b)-len(b) >= size {
		return b
	}
	grown := append(make([]byte, 0, 2*cap(b)+size), b...)
	Wipe(b)
	return grown
}

// Wipe overwrites all memory of a slice.
func Wipe(b []byte) { clear(b[:cap(b)]) }

// Name returns the command's name.
func (r *Request) Name() string { return r.name }

// Commands returns the number of commands.
func (r *Request) Commands() int64 { return r.commands }

// IsBatch reports whether the request is a batch.
func (r *Request) IsBatch() bool { return r.batch }

// IsSecret reports whether an argument may be a password.
func (r *Request) IsSecret() bool { return r.secret }

// SetWait sets how long the server is told to wait; 0 means forever.
func (r *Request) SetWait(timeout time.Duration) { r.wait = timeout }

// Wait returns how long the server is told to wait; 0 means forever.
func (r *Request) Wait() time.Duration { return r.wait }

// SetSession makes the request run on the connection of a session. Only a route
// may be appended afterwards.
func (r *Request) SetSession(session uint64) {
	r.session = session
	r.buf = protowire.AppendTag(r.buf, fieldSession, protowire.VarintType)
	r.buf = protowire.AppendVarint(r.buf, session)
}

// Session returns the session on whose connection the request runs; 0 is none.
func (r *Request) Session() uint64 { return r.session }

// SetDedicated makes the request run on a dedicated connection. Only a route may
// be appended afterwards.
func (r *Request) SetDedicated() {
	r.dedicated = true
	r.buf = protowire.AppendTag(r.buf, fieldDedicated, protowire.VarintType)
	r.buf = append(r.buf, 1)
}

// SetAsSent makes replies be as the server sent them. Only a route may be appended
// afterwards.
func (r *Request) SetAsSent() {
	r.buf = protowire.AppendTag(r.buf, fieldAsSent, protowire.VarintType)
	r.buf = append(r.buf, 1)
}

// SetTimeout sets how long the next run may take, instead of the client's request
// timeout; a negative time is for ever.
func (r *Request) SetTimeout(timeout time.Duration) { r.timeout = timeout }

// Timeout returns that time, or 0 if it is not set.
func (r *Request) Timeout() time.Duration { return r.timeout }

// IsDedicated reports whether the request runs on a dedicated connection.
func (r *Request) IsDedicated() bool { return r.dedicated }

// Release returns the request to a pool. It must not be used afterwards.
func (r *Request) Release() {
	if r.secret {
		Wipe(r.buf)
	}
	if cap(r.buf) <= retained {
		requests.Put(r)
	}
}

// Key appends an argument that is a key.
func (r *Request) Key(key string) {
	r.keys = append(r.keys, uint32(len(r.buf)))
	r.String(key)
}

// KeyCount returns the number of keys. For a pipeline it is 0.
func (r *Request) KeyCount() int { return len(r.keys) }

// SetTimed makes the next run call SetBegun.
func (r *Request) SetTimed() { r.timed = true }

// IsTimed reports whether SetTimed was called.
func (r *Request) IsTimed() bool { return r.timed }

// SetBegun sets the time at which the request was run, on the engine's clock.
func (r *Request) SetBegun(now int64) { r.begun = now }

// Begun returns that time, or 0 for a request that was not run.
func (r *Request) Begun() int64 { return r.begun }

// SetTrace sets how the request went that was run.
func (r *Request) SetTrace(trace Trace) { r.trace = trace }

// Trace returns how the request went that was run last, as far as it is known.
func (r *Request) Trace() Trace { return r.trace }

// Keys returns the arguments that are keys. They are valid until Release.
func (r *Request) Keys() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, key := range r.keys {
			if argument, _ := argumentAt(r.buf[key:]); !yield(argument) {
				return
			}
		}
	}
}

// String appends an argument.
func (r *Request) String(s string) {
	if r.secret {
		r.makeRoom(len(s))
	}
	r.buf = appendField(r.buf, fieldArguments, s)
}

// Bytes appends an argument.
func (r *Request) Bytes(b []byte) {
	if r.secret {
		r.makeRoom(len(b))
	}
	r.buf = appendField(r.buf, fieldArguments, b)
}

// appendField appends a field of bytes.
func appendField[T string | []byte](b []byte, field protowire.Number, value T) []byte {
	return append(appendFieldHead(b, field, len(value)), value...)
}

// appendFieldHead appends what comes before the bytes of a field. Most are
// short, and then it is two bytes.
func appendFieldHead(b []byte, field protowire.Number, size int) []byte {
	if size < 1<<7 {
		return append(b, byte(protowire.EncodeTag(field, protowire.BytesType)), byte(size))
	}
	b = protowire.AppendTag(b, field, protowire.BytesType)
	return protowire.AppendVarint(b, uint64(size))
}

// Int appends an integer in decimal.
func (r *Request) Int(i int64) {
	var digits [20]byte
	r.Bytes(strconv.AppendInt(digits[:0], i, 10))
}

// Float appends a number in the shortest form that reads back as the same.
func (r *Request) Float(f float64) {
	var digits [32]byte
	r.Bytes(strconv.AppendFloat(digits[:0], f, 'g', -1, 64))
}

// Arguments returns the arguments, including the name. They are valid until
// Release.
func (r *Request) Arguments() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for rest := r.buf[headroom:]; len(rest) > 0; {
			argument, n := argumentAt(rest)
			if n < 0 || !yield(argument) {
				return
			}
			rest = rest[n:]
		}
	}
}

// argumentAt returns the first argument in buf and its encoded size.
func argumentAt(buf []byte) (argument []byte, n int) {
	_, _, n = protowire.ConsumeTag(buf)
	argument, m := protowire.ConsumeBytes(buf[max(n, 0):])
	return argument, n + m
}

// SizeLimit returns an upper bound of what AppendTo appends.
func (r *Request) SizeLimit() int { return len(r.buf) + headroom }

// Size returns the size of the request in bytes.
func (r *Request) Size() int { return len(r.buf) }

// encodedSize returns the size of the encoded request, without its own length.
func (r *Request) encodedSize(timeout uint64) int {
	size := 9 + len(r.buf) - headroom
	if timeout > 0 {
		size += 1 + protowire.SizeVarint(timeout)
	}
	return size
}

// AppendTo appends the request to a submission.
func (r *Request) AppendTo(b []byte, ticket, timeout uint64) []byte {
	b = appendHead(b, r.encodedSize(timeout), ticket, timeout)
	return append(b, r.buf[headroom:]...)
}

func appendHead(b []byte, size int, ticket, timeout uint64) []byte {
	b = appendFieldHead(b, fieldRequests, size)
	b = protowire.AppendTag(b, fieldTicket, protowire.Fixed64Type)
	b = binary.LittleEndian.AppendUint64(b, ticket)
	if timeout > 0 {
		b = protowire.AppendTag(b, fieldTimeout, protowire.VarintType)
		b = protowire.AppendVarint(b, timeout)
	}
	return b
}

// Submission returns a submission of this request alone. It is in the memory of
// the request, so a large one is not copied.
func (r *Request) Submission(ticket, timeout uint64) []byte {
	var head [headroom]byte
	b := appendHead(head[:0], r.encodedSize(timeout), ticket, timeout)
	start := headroom - len(b)
	copy(r.buf[start:], b)
	return r.buf[start:]
}

// EachTicket visits the tickets of a submission that this package wrote.
func EachTicket(submission []byte, visit func(ticket uint64)) {
	for len(submission) > 0 {
		_, _, n := protowire.ConsumeTag(submission)
		if n < 0 {
			return
		}
		request, m := protowire.ConsumeBytes(submission[n:])
		if m < 0 {
			return
		}
		submission = submission[n+m:]
		_, _, n = protowire.ConsumeTag(request)
		if ticket, m := protowire.ConsumeFixed64(request[max(n, 0):]); n > 0 && m > 0 {
			visit(ticket)
		}
	}
}
