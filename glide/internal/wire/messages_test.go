package wire

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/abi"
)

// The messages of these tests are written by hand, in the form that
// ffi/include/glide.h describes.

func messageBody(place uint64, count, shared int, messages ...[]byte) []byte {
	head := join(binary.LittleEndian.AppendUint64(nil, place), number(count), number(shared))
	return join(append([][]byte{head}, messages...)...)
}

func name(s string) []byte { return join(number(len(s)), []byte(s)) }

func readAll(m *Messages) (all []Message) {
	var names Names
	for m.Len() > 0 {
		all = append(all, m.Next(&names))
	}
	return all
}

func TestMessagesAreRead(t *testing.T) {
	large := strings.Repeat("l", 5000)
	body := messageBody(7, 5, 1,
		join([]byte{byte(abi.MessageNamesChannel)}, name("a"), text(abi.TagString, "1")),
		join([]byte{byte(abi.MessageNamesSame)}, text(abi.TagString, "")),
		join([]byte{byte(abi.MessageNamesPattern)}, name("p*"), name("p1"), text(abi.TagString, "\x00")),
		join([]byte{byte(abi.MessageNamesSame)}, tag(abi.TagShared), number(1)),
		join([]byte{byte(abi.MessageNamesChannel)}, name(""), text(abi.TagString, "5")),
	)
	shared := sharedBytes{[]byte("another's"), []byte(large)}
	m := NewMessages(body, shared, false)
	clear(body) // the buffer is the library's again
	clear(shared[1])
	require.EqualValues(t, 7, m.Number)
	require.Equal(t, []Message{{"a", "", "1"}, {"a", "", ""}, {"p1", "p*", "\x00"}, {"p1", "p*", large}, {"", "", "5"}}, readAll(m))
}

func TestMessagesAreCutShort(t *testing.T) {
	m := NewMessages(messageBody(0, 2, 0, join([]byte{byte(abi.MessageNamesChannel)}, name("a"), text(abi.TagString, "1")), join([]byte{byte(abi.MessageNamesSame)}, text(abi.TagString, "2"))), nil, false)
	m.Truncate(1)
	m.Truncate(5)
	require.Equal(t, []Message{{"a", "", "1"}}, readAll(m))
}

func TestNamesAreInMemoryOnce(t *testing.T) {
	var names Names
	known := names.of([]byte("channel"))
	require.Zero(t, testing.AllocsPerRun(100, func() { known = names.of([]byte("channel")) }))
	for i := range 3 * namesMax {
		names.of(binary.LittleEndian.AppendUint32(nil, uint32(i)))
	}
	require.LessOrEqual(t, len(names.known), namesMax)
	require.Equal(t, "channel", known)
}

func mailboxes(names ...uint64) []byte {
	b := number(len(names))
	for _, name := range names {
		b = binary.LittleEndian.AppendUint64(b, name)
	}
	return b
}

func TestAddressedMessagesAreRead(t *testing.T) {
	large := strings.Repeat("l", 5000)
	m := NewMessages(messageBody(1, 4, 1,
		join([]byte{byte(abi.MessageNamesChannel)}, name("a"), mailboxes(1, 1<<40), text(abi.TagString, "1")),
		join([]byte{byte(abi.MessageNamesSame)}, text(abi.TagString, "2")),
		join([]byte{byte(abi.MessageNamesPattern)}, name("p*"), name("p1"), mailboxes(3), tag(abi.TagShared), number(0)),
		join([]byte{byte(abi.MessageNamesChannel)}, name("a"), mailboxes(), text(abi.TagString, "4")),
	), sharedBytes{[]byte(large)}, true)
	require.True(t, m.Addressed)
	var names Names
	for _, want := range []struct {
		message   Message
		mailboxes []uint64
		same      bool
	}{
		{Message{"a", "", "1"}, []uint64{1, 1 << 40}, true},
		{Message{"a", "", "2"}, []uint64{1, 1 << 40}, false},
		{Message{"p1", "p*", large}, []uint64{3}, false},
		{Message{"a", "", "4"}, nil, false},
	} {
		require.Equal(t, want.message, m.Next(&names))
		require.Equal(t, want.mailboxes, slices.Collect(m.Mailboxes()))
		require.Equal(t, want.same, m.SameNext())
	}
}

func FuzzMessages(f *testing.F) {
	f.Add(messageBody(1, 2, 1, join([]byte{byte(abi.MessageNamesPattern)}, name("p"), name("c"), tag(abi.TagShared), number(0)), join([]byte{byte(abi.MessageNamesSame)}, text(abi.TagString, "x"))))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, addressed := range []bool{false, true} {
			m := NewMessages(body, sharedBytes{[]byte("shared")}, addressed)
			m.Truncate(1000)
			readAll(m)
			for range m.Mailboxes() {
			}
		}
	})
}
