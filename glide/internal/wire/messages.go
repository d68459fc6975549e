package wire

import (
	"encoding/binary"

	"github.com/valkey-glide/go/glide/internal/abi"
)

// Message is what was published on a channel, and the pattern by which it
// came, if it was one.
type Message struct{ Channel, Pattern, Payload string }

// Names are the names of channels and patterns that have come: each is in
// memory once, however many messages have it.
type Names struct{ known map[string]string }

// namesMax bounds how many names are known. Channels that come and go without
// end would fill the memory.
const namesMax = 4096

func (n *Names) of(text []byte) string {
	if name, ok := n.known[string(text)]; ok {
		return name
	}
	if len(n.known) >= namesMax || n.known == nil {
		n.known = map[string]string{}
	}
	name := string(text)
	n.known[name] = name
	return name
}

// Messages are messages that came together. They are read one after the other
// when they are wanted: until then they take no more memory than their bytes.
type Messages struct {
	// Number is their place among the batches of their subscriber.
	Number uint64

	rest Reader
	left int
	last Message
}

// NewMessages returns the messages in the body of an entry, as a copy: the
// buffer in which they came may be released. Payloads are parts of the copy,
// which is small, unless they are large; those are their own copies.
func NewMessages(body []byte, shared SharedStrings) *Messages {
	const head = 16
	if len(body) < head {
		return &Messages{}
	}
	m := &Messages{Number: binary.LittleEndian.Uint64(body), left: int(binary.LittleEndian.Uint32(body[8:]))}
	m.rest = Reader{append([]byte(nil), body[head:]...), keptStrings(nil), true}
	if binary.LittleEndian.Uint32(body[12:]) > 0 {
		m.rest.shared = m.keep(shared)
	}
	return m
}

// keep copies the shared payloads.
func (m *Messages) keep(shared SharedStrings) keptStrings {
	kept := keptStrings{}
	r := m.rest
	r.shared = shared
	for range m.left {
		if r.skipNames() != nil || r.pass(func(i int) { kept[i] = append([]byte{}, shared.SharedAt(i)...) }) != nil {
			break
		}
	}
	return kept
}

// Len is how many are left.
func (m *Messages) Len() int { return m.left }

// Truncate leaves out all but the first n of those that are left.
func (m *Messages) Truncate(n int) { m.left = min(m.left, n) }

// Next returns the next one; there must be one left. One that is malformed is
// empty: it cannot come from our library.
func (m *Messages) Next(names *Names) Message {
	m.left--
	r := &m.rest
	switch kind, _ := r.take(1); {
	case len(kind) == 0 || kind[0] == byte(abi.MessageNamesSame):
	case kind[0] == byte(abi.MessageNamesPattern):
		pattern, _ := r.text()
		channel, _ := r.text()
		m.last = Message{Channel: names.of(channel), Pattern: names.of(pattern)}
	default:
		channel, _ := r.text()
		m.last = Message{Channel: names.of(channel)}
	}
	message := m.last
	message.Payload, _ = r.String()
	return message
}

func (r *Reader) skipNames() error {
	kind, err := r.take(1)
	if err != nil {
		return err
	}
	switch kind[0] {
	case byte(abi.MessageNamesPattern):
		if _, err = r.text(); err != nil {
			return err
		}
		_, err = r.text()
	case byte(abi.MessageNamesChannel):
		_, err = r.text()
	}
	return err
}
