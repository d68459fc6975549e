package wire

import (
	"encoding/binary"

	"github.com/valkey-glide/go/glide/internal/abi"
)

// Entry is one completion.
type Entry struct {
	Ticket  uint64
	Outcome abi.Outcome
	Body    []byte
}

// NextEntry splits the first entry off. It reports false at the end, and
// where the rest is no entry.
func NextEntry(data []byte) (entry Entry, rest []byte, ok bool) {
	const head = 13
	if len(data) < head {
		return Entry{}, nil, false
	}
	length := int(binary.LittleEndian.Uint32(data[8:]))
	if length > len(data)-head {
		return Entry{}, nil, false
	}
	return Entry{
		Ticket:  binary.LittleEndian.Uint64(data),
		Outcome: abi.Outcome(data[12]),
		Body:    data[head : head+length : head+length],
	}, data[head+length:], true
}

// Texts reads the body of an entry that is not a reply: an error's code and
// message, or a log record's target, message and level.
func Texts(body []byte) (first, second string, level uint8) {
	r := Reader{data: body}
	// What is missing is empty: there is no better answer for an error text.
	a, _ := r.text()
	b, _ := r.text()
	if l, err := r.take(1); err == nil {
		level = l[0]
	}
	return string(a), string(b), level
}
