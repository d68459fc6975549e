package engine

import (
	"iter"
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

// A Batch are commands that are sent, and answered, as one request. Once
// nothing is added any more it can be sent any number of times, by several
// goroutines at once.
type Batch struct {
	// chunks are the commands as they will cross. A chunk that is full is left
	// as it is, so that nothing is copied as the batch grows.
	chunks [][]byte
	size   int
	count  int64
	// keys are where the words that are keys begin, as if all were one chunk.
	keys []uint32
}

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

// Add adds a command. The words are the caller's again.
func (b *Batch) Add(w *Words) {
	words := w.buf[headroom:]
	head := protowire.SizeTag(fieldCommands) + protowire.SizeVarint(uint64(len(words)))
	chunk := b.room(head + len(words))
	filled := appendField(*chunk, fieldCommands, words)
	*chunk = (*chunk)[:len(filled)] // it had the room
	if b.keys == nil {
		b.keys = make([]uint32, 0, 16)
	}
	for _, key := range w.keys {
		b.keys = append(b.keys, uint32(b.size+head-headroom)+key)
	}
	b.size += head + len(words)
	b.count++
}

// Keys returns the keys of all commands.
func (b *Batch) Keys() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		keys, begin := b.keys, 0
		for _, chunk := range b.chunks {
			end := begin + len(chunk)
			for ; len(keys) > 0 && int(keys[0]) < end; keys = keys[1:] {
				if word, _ := wordAt(chunk[int(keys[0])-begin:]); !yield(word) {
					return
				}
			}
			begin = end
		}
	}
}

// Words returns the request that runs the batch.
func (b *Batch) Words(name string, manner BatchMode) *Words {
	w := noWords(name)
	w.commands, w.batch = b.count, true
	size := b.size
	for _, flag := range manner.flags() {
		if flag.set {
			size += 2
		}
	}
	w.buf = slices.Grow(w.buf, size+headroom)
	w.buf = appendFieldHead(w.buf, fieldBatch, size)
	for _, flag := range manner.flags() {
		if flag.set {
			w.buf = protowire.AppendTag(w.buf, flag.field, protowire.VarintType)
			w.buf = append(w.buf, 1)
		}
	}
	if manner.Atomic { // its keys are to be of one slot; a pipeline is cut
		for _, key := range b.keys {
			w.keys = append(w.keys, uint32(len(w.buf))+key)
		}
	}
	for _, chunk := range b.chunks {
		w.buf = append(w.buf, chunk...)
	}
	return w
}

type mannerFlag struct {
	field protowire.Number
	set   bool
}

func (m BatchMode) flags() [3]mannerFlag {
	return [...]mannerFlag{
		{fieldAtomic, m.Atomic},
		{fieldRetryServerErrors, m.RetryServerErrors},
		{fieldRetryConnectionErrors, m.RetryConnectionErrors},
	}
}
