package wire

import (
	"iter"
	"runtime"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// The field numbers of a Batch and its Commands in protobuf/submission.proto.
const (
	fieldBatch                 protowire.Number = 4
	fieldAtomic                protowire.Number = 1
	fieldRetryServerErrors     protowire.Number = 2
	fieldRetryConnectionErrors protowire.Number = 3
	fieldCommands              protowire.Number = 4
)

// A Batch is a sequence of commands that are sent and answered as one request.
// Once nothing is added anymore it can be sent any number of times, by several
// goroutines at once.
type Batch struct {
	// chunks are the commands as they will cross. A chunk that is full is left
	// as it is, so that nothing is copied as the batch grows.
	chunks [][]byte
	size   int
	count  int64
	// keys are where the words that are keys begin, as if all were one chunk.
	keys []uint32
	// guard is there if a command may hold a password, and the chunks with such
	// commands are wiped when nothing has it any more. The last chunk that it
	// guards is the one before guarded.
	guard   *guard
	guarded int
}

// guard is what a batch and its copies have in common. It has a size, or all
// guards would be one.
type guard struct{ _ [16]byte }

// The sizes of chunks: each is twice the one before.
const (
	firstChunk = 512
	lastChunk  = 64 << 10
)

// room returns the last chunk, with room for size bytes.
func (b *Batch) room(size int) *[]byte {
	n := len(b.chunks)
	if n == 0 || cap(b.chunks[n-1])-len(b.chunks[n-1]) < size {
		next := firstChunk
		if n > 0 {
			next = min(2*cap(b.chunks[n-1]), lastChunk)
		}
		b.chunks = append(b.chunks, make([]byte, 0, max(next, size)))
		n++
	}
	return &b.chunks[n-1]
}

// BatchMode says how a batch is run.
type BatchMode struct {
	// Atomic is MULTI and EXEC.
	Atomic bool
	// RetryServerErrors and RetryConnectionErrors send those commands of a
	// cluster's pipeline again that failed so.
	RetryServerErrors, RetryConnectionErrors bool
}

// Add adds a command. It keeps nothing of the request.
func (b *Batch) Add(r *Request) {
	content := r.buf[headroom:]
	head := protowire.SizeTag(fieldCommands) + protowire.SizeVarint(uint64(len(content)))
	chunk := b.room(head + len(content))
	filled := appendField(*chunk, fieldCommands, content)
	*chunk = (*chunk)[:len(filled)] // it had the room
	if r.secret {
		b.guardLast()
	}
	if b.keys == nil {
		b.keys = make([]uint32, 0, 16)
	}
	for _, key := range r.keys {
		b.keys = append(b.keys, uint32(b.size+head-headroom)+key)
	}
	b.size += head + len(content)
	b.count++
}

// KeyCount returns the number of keys of all commands.
func (b *Batch) KeyCount() int { return len(b.keys) }

// guardLast has the last chunk wiped when the batch, which can be run any number of
// times, is garbage.
func (b *Batch) guardLast() {
	if b.guard == nil {
		b.guard = &guard{}
	}
	if last := len(b.chunks); b.guarded < last {
		b.guarded = last
		runtime.AddCleanup(b.guard, Wipe, b.chunks[last-1])
	}
}

// Keys returns the keys of all commands.
func (b *Batch) Keys() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		defer runtime.KeepAlive(b.guard)
		keys, begin := b.keys, 0
		for _, chunk := range b.chunks {
			end := begin + len(chunk)
			for ; len(keys) > 0 && int(keys[0]) < end; keys = keys[1:] {
				if key, _ := argumentAt(chunk[int(keys[0])-begin:]); !yield(key) {
					return
				}
			}
			begin = end
		}
	}
}

// Request returns the request that runs the batch.
func (b *Batch) Request(name string, mode BatchMode) *Request {
	r := newRequest(name)
	r.commands, r.batch = b.count, true
	r.secret = b.guard != nil
	r.beginBatch(mode, b.size)
	if mode.Atomic { // its keys must belong to one slot; a pipeline is split
		for _, key := range b.keys {
			r.keys = append(r.keys, uint32(len(r.buf))+key)
		}
	}
	for _, chunk := range b.chunks {
		r.buf = append(r.buf, chunk...)
	}
	runtime.KeepAlive(b.guard)
	return r
}

// Join returns a request that runs n requests, each of which is a command, as a batch.
// It keeps nothing of them.
func Join(name string, mode BatchMode, n int, at func(i int) *Request) *Request {
	joined := newRequest(name)
	joined.commands, joined.batch = int64(n), true
	size := 0
	for i := range n {
		r := at(i)
		content := len(r.buf) - headroom
		size += protowire.SizeTag(fieldCommands) + protowire.SizeVarint(uint64(content)) + content
		joined.secret = joined.secret || r.secret
	}
	joined.beginBatch(mode, size)
	for i := range n {
		joined.buf = appendField(joined.buf, fieldCommands, at(i).buf[headroom:])
	}
	return joined
}

// beginBatch appends what comes before the commands, which take so many bytes, and
// makes room for them.
func (r *Request) beginBatch(mode BatchMode, size int) {
	for _, flag := range mode.flags() {
		if flag.set {
			size += 2
		}
	}
	r.buf = slices.Grow(r.buf, size+headroom)
	r.buf = appendFieldHead(r.buf, fieldBatch, size)
	for _, flag := range mode.flags() {
		if flag.set {
			r.buf = protowire.AppendTag(r.buf, flag.field, protowire.VarintType)
			r.buf = append(r.buf, 1)
		}
	}
}

type modeFlag struct {
	field protowire.Number
	set   bool
}

func (m BatchMode) flags() [3]modeFlag {
	return [...]modeFlag{
		{fieldAtomic, m.Atomic},
		{fieldRetryServerErrors, m.RetryServerErrors},
		{fieldRetryConnectionErrors, m.RetryConnectionErrors},
	}
}
