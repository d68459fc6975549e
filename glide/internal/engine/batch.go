package engine

import (
	"iter"

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
	commands []byte
	count    int64
	// keys are where the words that are keys begin.
	keys []int
}

// Manner says how a batch is run.
type Manner struct {
	// Atomic is MULTI and EXEC.
	Atomic bool
	// RetryServerErrors and RetryConnectionErrors send those commands of a
	// cluster's pipeline again that failed so.
	RetryServerErrors, RetryConnectionErrors bool
}

// Add adds a command. The words are the caller's again.
func (b *Batch) Add(w *Words) {
	words := w.buf[headroom:]
	b.count++
	b.commands = protowire.AppendTag(b.commands, fieldCommands, protowire.BytesType)
	b.commands = protowire.AppendVarint(b.commands, uint64(len(words)))
	for _, key := range w.keys {
		b.keys = append(b.keys, len(b.commands)+int(key)-headroom)
	}
	b.commands = append(b.commands, words...)
}

// Keys gives the keys of all commands.
func (b *Batch) Keys() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, key := range b.keys {
			if word, _ := wordAt(b.commands[key:]); !yield(word) {
				return
			}
		}
	}
}

// Words gives the request that runs the batch.
func (b *Batch) Words(name string, manner Manner) *Words {
	w := noWords(name)
	w.commands = b.count
	size := len(b.commands)
	for _, flag := range manner.flags() {
		if flag.set {
			size += 2
		}
	}
	w.buf = protowire.AppendTag(w.buf, fieldBatch, protowire.BytesType)
	w.buf = protowire.AppendVarint(w.buf, uint64(size))
	for _, flag := range manner.flags() {
		if flag.set {
			w.buf = protowire.AppendTag(w.buf, flag.field, protowire.VarintType)
			w.buf = append(w.buf, 1)
		}
	}
	start := len(w.buf)
	w.buf = append(w.buf, b.commands...)
	if manner.Atomic {
		// The keys of a transaction are to be of one slot. A pipeline is cut.
		for _, key := range b.keys {
			w.keys = append(w.keys, uint32(start+key))
		}
	}
	return w
}

type mannerFlag struct {
	field protowire.Number
	set   bool
}

func (m Manner) flags() [3]mannerFlag {
	return [...]mannerFlag{
		{fieldAtomic, m.Atomic},
		{fieldRetryServerErrors, m.RetryServerErrors},
		{fieldRetryConnectionErrors, m.RetryConnectionErrors},
	}
}
