// Package commandtest tests definitions of commands: the words they send,
// what they refuse, and what they read of replies.
package commandtest

import (
	"encoding/binary"
	"errors"
	"iter"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// A Defined is a definition whose type is forgotten.
type Defined struct {
	Name string
	// Type is that of its result.
	Type  string
	Words []string
	Keys  []string
	// Refusal is why it is not sent.
	Refusal string
	// Reply reads a reply.
	Reply func(data []byte) (any, error)
}

// Define forgets the type.
func Define[T any](cmd command.Command[T]) Defined {
	return Defined{
		Name:    cmd.Request.Name(),
		Type:    cmd.Erase().Read.TypeName(),
		Words:   wordsOf(cmd.Request.Arguments()),
		Keys:    wordsOf(cmd.Request.Keys()),
		Refusal: cmd.Refusal,
		Reply: func(data []byte) (any, error) {
			r := wire.NewReader(data, nil)
			value, err := cmd.Read(&r)
			if err != nil {
				return nil, err
			}
			if left := len(r.Rest()); left > 0 {
				return nil, errors.New("the reply is not read to its end")
			}
			return value, nil
		},
	}
}

func wordsOf(words iter.Seq[[]byte]) []string {
	all := []string{}
	for word := range words {
		all = append(all, string(word))
	}
	return all
}

// A Sending is a definition and the words it must send, between blanks. Those
// in angle brackets are keys.
type Sending struct {
	Definition Defined
	Words      string
	// AnyReply: there is no reply that the command does not return.
	AnyReply bool
}

// Sends makes a row of a table.
func Sends[T any](cmd command.Command[T], words string) Sending {
	return Sending{Define(cmd), words, false}
}

// TestSendings checks what every row sends, and that it returns errors for
// replies that the command does not return.
func TestSendings(t *testing.T, rows []Sending) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.Words, func(t *testing.T) {
			words, keys := strings.Split(row.Words, " "), []string{}
			for i, word := range words {
				if key, ok := strings.CutPrefix(word, "<"); ok && strings.HasSuffix(key, ">") {
					words[i] = strings.TrimSuffix(key, ">")
					keys = append(keys, words[i])
				}
			}
			require.Empty(t, row.Definition.Refusal)
			require.Equal(t, words, row.Definition.Words)
			require.Equal(t, keys, row.Definition.Keys)
			require.True(t, strings.HasPrefix(row.Words, row.Definition.Name), "errors name the command")

			_, err := row.Definition.Reply(nil)
			require.Error(t, err, "a reply that is not there")
			_, err = row.Definition.Reply(Error("WRONGTYPE", "no"))
			require.Equal(t, &wire.ServerError{Code: "WRONGTYPE", Message: "no"}, err)
			if row.AnyReply {
				return
			}
			_, err = row.Definition.Reply([]byte{byte(abi.TagFalse)})
			var unexpected *wire.TypeError
			if !errors.As(err, &unexpected) {
				_, err = row.Definition.Reply(String("x"))
			}
			require.ErrorAs(t, err, &unexpected)
		})
	}
}

// A Refusal is a definition that is not sent, and why.
type Refusal struct {
	Definition Defined
	Why        string
}

// Refuses makes a row of a table.
func Refuses[T any](cmd command.Command[T], why string) Refusal { return Refusal{Define(cmd), why} }

// TestRefusals checks every row.
func TestRefusals(t *testing.T, rows []Refusal) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.Definition.Name+" "+row.Why, func(t *testing.T) {
			require.Equal(t, row.Why, row.Definition.Refusal)
		})
	}
}

// A Reading is a definition, a reply, and what the command returns for it.
type Reading struct {
	what  string
	reply func([]byte) (any, error)
	data  []byte
	want  any
}

// Reads makes a row of a table.
func Reads[T any](what string, cmd command.Command[T], data []byte, want T) Reading {
	return Reading{what, Define(cmd).Reply, data, want}
}

// TestReadings checks every row, and that no part of its reply is taken for
// the whole.
func TestReadings(t *testing.T, rows []Reading) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.what, func(t *testing.T) {
			got, err := row.reply(row.data)
			require.NoError(t, err)
			require.Equal(t, row.want, got)
			for length := range row.data {
				_, err := row.reply(row.data[:length])
				require.Error(t, err, "a reply that breaks off")
			}
		})
	}
}

// What follows writes replies in the form of ffi/include/glide.h.

// The replies of one byte.
var (
	Nil   = []byte{byte(abi.TagNil)}
	OK    = []byte{byte(abi.TagOK)}
	True  = []byte{byte(abi.TagTrue)}
	False = []byte{byte(abi.TagFalse)}
)

func sized(kind abi.Tag, size int) []byte {
	return binary.LittleEndian.AppendUint32([]byte{byte(kind)}, uint32(size))
}

// Int is an integer.
func Int(i int64) []byte {
	return binary.LittleEndian.AppendUint64([]byte{byte(abi.TagInteger)}, uint64(i))
}

// Double is a double.
func Double(f float64) []byte {
	return binary.LittleEndian.AppendUint64([]byte{byte(abi.TagDouble)}, math.Float64bits(f))
}

// String is a string.
func String(s string) []byte { return append(sized(abi.TagString, len(s)), s...) }

// Error is an error.
func Error(code, message string) []byte {
	b := append(sized(abi.TagError, len(code)), code...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(message)))
	return append(b, message...)
}

// Array is an array.
func Array(values ...[]byte) []byte { return Sequence(abi.TagArray, values...) }

// SetOf is a set.
func SetOf(values ...[]byte) []byte { return Sequence(abi.TagSet, values...) }

// Map is a map of alternating keys and values.
func Map(values ...[]byte) []byte { return Sequence(abi.TagMap, values...) }

// Strings is an array of strings.
func Strings(values ...string) []byte {
	var replies [][]byte
	for _, value := range values {
		replies = append(replies, String(value))
	}
	return Array(replies...)
}

// Sequence is an array, a set, or a map of alternating keys and values.
func Sequence(kind abi.Tag, values ...[]byte) []byte {
	n := len(values)
	if kind == abi.TagMap {
		n /= 2
	}
	b := sized(kind, n)
	for _, value := range values {
		b = append(b, value...)
	}
	return b
}
