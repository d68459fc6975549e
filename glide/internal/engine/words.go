package engine

import (
	"encoding/binary"
	"iter"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The field numbers of protobuf/submission.proto.
const (
	fieldRequests  protowire.Number = 1
	fieldTicket    protowire.Number = 1
	fieldTimeout   protowire.Number = 2
	fieldArguments protowire.Number = 3
)

// headroom is kept free before the words, for what is known only when they
// are sent: the request's length, ticket and timeout.
const headroom = 32

// retained is the largest buffer that goes back to a pool.
const retained = 64 << 10

// Words are a command's words, its name first, as they will cross the
// boundary. They are appended to once and can be sent any number of times.
type Words struct {
	buf  []byte
	name string
	// keys are where in buf the words that are keys begin.
	keys []uint32
	// commands is how many commands there are: more than one in a batch.
	commands int64
	batch    bool
	// session is the one whose connection they use, and dedicated that they have
	// one of their own.
	session uint64
	// wait is for how long the server is told to wait; 0 is for ever.
	wait      time.Duration
	dedicated bool
	// secret: there may be a password among them. No memory that they were in is
	// used for anything else before it is wiped.
	secret bool
}

var wordsPool = sync.Pool{New: func() any { return &Words{buf: make([]byte, headroom, 256)} }}

// NewWords begins a command. Each part of a name of two words is a word.
func NewWords(name string) *Words {
	w := noWords(name)
	start := 0
	for i := 0; i < len(name); i++ {
		if name[i] == ' ' {
			w.String(name[start:i])
			start = i + 1
		}
	}
	w.String(name[start:])
	return w
}

// NewRawWords begins a command whose first word is the name as it stands.
func NewRawWords(name string) *Words {
	w := noWords(name)
	w.String(name)
	return w
}

func noWords(name string) *Words {
	w := wordsPool.Get().(*Words)
	w.buf = w.buf[:headroom]
	w.keys = w.keys[:0]
	w.commands, w.batch = 1, false
	w.session, w.wait, w.dedicated = 0, 0, false
	w.name = name
	if w.secret = mayHoldSecret(name); w.secret {
		w.makeRoom(0)
	}
	return w
}

// mayHoldSecret reports whether a command by this name, or whose name begins so,
// may have a password among its words.
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

// makeRoom makes room for a word of words that are secret, and for what may come
// after it. What has to be moved for that is wiped where it was.
func (w *Words) makeRoom(size int) {
	const more = 512 // where it goes, and the heads of fields
	w.buf = growWiped(w.buf, size+more)
}

// growWiped returns a slice with room for so many more bytes. If it is another one,
// what was in the first is wiped.
func growWiped(b []byte, size int) []byte {
	if cap(b)-len(b) >= size {
		return b
	}
	grown := append(make([]byte, 0, 2*cap(b)+size), b...)
	wipe(b)
	return grown
}

// wipe overwrites all memory of a slice.
func wipe(b []byte) { clear(b[:cap(b)]) }

// Name is the command's name.
func (w *Words) Name() string { return w.name }

// SetWait says for how long the server is told to wait; 0 is for ever.
func (w *Words) SetWait(timeout time.Duration) { w.wait = timeout }

// IsBatch reports whether they are those of a batch.
func (w *Words) IsBatch() bool { return w.batch }

// Release returns the words to a pool. They must not be used afterwards.
func (w *Words) Release() {
	if w.secret {
		wipe(w.buf)
	}
	if cap(w.buf) <= retained {
		wordsPool.Put(w)
	}
}

// Key appends a word that is a key.
func (w *Words) Key(key string) {
	w.keys = append(w.keys, uint32(len(w.buf)))
	w.String(key)
}

// Keys returns the words that are keys. They are valid until Release.
func (w *Words) Keys() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, key := range w.keys {
			if word, _ := wordAt(w.buf[key:]); !yield(word) {
				return
			}
		}
	}
}

// String appends a word.
func (w *Words) String(s string) {
	if w.secret {
		w.makeRoom(len(s))
	}
	w.buf = appendField(w.buf, fieldArguments, s)
}

// Bytes appends a word.
func (w *Words) Bytes(b []byte) {
	if w.secret {
		w.makeRoom(len(b))
	}
	w.buf = appendField(w.buf, fieldArguments, b)
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

// Int appends a number in decimal.
func (w *Words) Int(i int64) {
	var digits [20]byte
	w.Bytes(strconv.AppendInt(digits[:0], i, 10))
}

// Float appends a number in the shortest form that reads back as the same.
func (w *Words) Float(f float64) {
	var digits [32]byte
	w.Bytes(strconv.AppendFloat(digits[:0], f, 'g', -1, 64))
}

// All returns the words including the name. They are valid until Release.
func (w *Words) All() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for rest := w.buf[headroom:]; len(rest) > 0; {
			word, n := wordAt(rest)
			if n < 0 || !yield(word) {
				return
			}
			rest = rest[n:]
		}
	}
}

// wordAt returns the first word in buf, and how many bytes it takes.
func wordAt(buf []byte) (word []byte, n int) {
	_, _, n = protowire.ConsumeTag(buf)
	word, m := protowire.ConsumeBytes(buf[max(n, 0):])
	return word, n + m
}

// size is the size of the request for a ticket and timeout.
func (w *Words) size(timeout uint64) int {
	size := 9 + len(w.buf) - headroom
	if timeout > 0 {
		size += 1 + protowire.SizeVarint(timeout)
	}
	return size
}

// appendRequest appends the words as a request of a submission.
func (w *Words) appendRequest(b []byte, ticket, timeout uint64) []byte {
	b = appendHead(b, w.size(timeout), ticket, timeout)
	return append(b, w.buf[headroom:]...)
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

// submission is a submission of this request alone, in the words' own memory:
// a large one is not copied.
func (w *Words) submission(ticket, timeout uint64) []byte {
	var head [headroom]byte
	b := appendHead(head[:0], w.size(timeout), ticket, timeout)
	start := headroom - len(b)
	copy(w.buf[start:], b)
	return w.buf[start:]
}

// forEachTicket visits the tickets of a submission that this package wrote.
func forEachTicket(submission []byte, visit func(ticket uint64)) {
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
