package wire

import (
	"encoding/binary"
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
	m := NewMessages(body, shared)
	clear(body) // the buffer is the library's again
	clear(shared[1])
	require.EqualValues(t, 7, m.Number)
	require.Equal(t, []Message{{"a", "", "1"}, {"a", "", ""}, {"p1", "p*", "\x00"}, {"p1", "p*", large}, {"", "", "5"}}, readAll(m))
}

func TestMessagesAreCutShort(t *testing.T) {
	m := NewMessages(messageBody(0, 2, 0, join([]byte{byte(abi.MessageNamesChannel)}, name("a"), text(abi.TagString, "1")), join([]byte{byte(abi.MessageNamesSame)}, text(abi.TagString, "2"))), nil)
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

func FuzzMessages(f *testing.F) {
	f.Add(messageBody(1, 2, 1, join([]byte{byte(abi.MessageNamesPattern)}, name("p"), name("c"), tag(abi.TagShared), number(0)), join([]byte{byte(abi.MessageNamesSame)}, text(abi.TagString, "x"))))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		m := NewMessages(body, sharedBytes{[]byte("shared")})
		m.Truncate(1000)
		readAll(m)
	})
}
