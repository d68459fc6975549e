package wire

import (
	"encoding/binary"
	"iter"

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
	// Number is their place among the batches of their client.
	Number uint64
	// Addressed says that they are not all for the client's own mailbox.
	Addressed bool

	rest Reader
	left int
	last Message
	// mailboxes are those that receive the last one, as bytes.
	mailboxes []byte
}

// NewMessages returns the messages in the body of an entry, as a copy: the
// buffer in which they came may be released. Payloads are parts of the copy,
// which is small, unless they are large; those are their own copies.
func NewMessages(body []byte, shared SharedStrings, addressed bool) *Messages {
	const head = 16
	if len(body) < head {
		return &Messages{}
	}
	m := &Messages{
		Number:    binary.LittleEndian.Uint64(body),
		Addressed: addressed,
		left:      int(binary.LittleEndian.Uint32(body[8:])),
	}
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
		if m.skipNames(&r) != nil || r.pass(func(i int) { kept[i] = append([]byte{}, shared.SharedAt(i)...) }) != nil {
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
	r, named := &m.rest, true
	switch kind, _ := r.take(1); {
	case len(kind) == 0 || kind[0] == byte(abi.MessageNamesSame):
		named = false
	case kind[0] == byte(abi.MessageNamesPattern):
		pattern, _ := r.text()
		channel, _ := r.text()
		m.last = Message{Channel: names.of(channel), Pattern: names.of(pattern)}
	default:
		channel, _ := r.text()
		m.last = Message{Channel: names.of(channel)}
	}
	if named && m.Addressed {
		m.mailboxes, _ = r.mailboxes()
	}
	message := m.last
	message.Payload, _ = r.String()
	return message
}

// SameNext reports whether the next message has the names and the mailboxes of the
// last one.
func (m *Messages) SameNext() bool {
	return m.left > 0 && len(m.rest.data) > 0 && m.rest.data[0] == byte(abi.MessageNamesSame)
}

// Mailboxes returns the names of the mailboxes that receive the last message, if
// they are addressed.
func (m *Messages) Mailboxes() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for rest := m.mailboxes; len(rest) > 0; rest = rest[mailboxLen:] {
			if !yield(binary.LittleEndian.Uint64(rest)) {
				return
			}
		}
	}
}

// mailboxLen is the length of the name of a mailbox.
const mailboxLen = 8

func (r *Reader) mailboxes() ([]byte, error) {
	count, err := r.take(4)
	if err != nil {
		return nil, err
	}
	return r.take(mailboxLen * int(binary.LittleEndian.Uint32(count)))
}

func (m *Messages) skipNames(r *Reader) error {
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
	default:
		return nil
	}
	if err == nil && m.Addressed {
		_, err = r.mailboxes()
	}
	return err
}
