// Readback reads reply buffers and describes what it has read, for the fuzz
// target that writes them (ffi/fuzz/fuzz_targets/reply.rs): both have to agree.
//
// On standard input come batches of messages. A message says how many shared
// strings there are, has each with its length before it, and then the entries. On
// standard output go batches of their descriptions. A batch, and what is in it, has
// its length before it. Numbers have four bytes, the least significant first.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

func main() {
	in, out := bufio.NewReaderSize(os.Stdin, 64<<10), os.Stdout
	for {
		batch, err := readFramed(in)
		if err == io.EOF {
			return
		}
		described := make([]byte, 4)
		for messages := bytes.NewReader(batch); err == nil && messages.Len() > 0; {
			var message []byte
			if message, err = readFramed(messages); err == nil {
				description := describe(message)
				described = binary.LittleEndian.AppendUint32(described, uint32(len(description)))
				described = append(described, description...)
			}
		}
		binary.LittleEndian.PutUint32(described, uint32(len(described)-4))
		if err == nil {
			_, err = out.Write(described)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "readback:", err)
			os.Exit(1)
		}
	}
}

func readFramed(in io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(in, length[:]); err != nil {
		return nil, err
	}
	message := make([]byte, binary.LittleEndian.Uint32(length[:]))
	_, err := io.ReadFull(in, message)
	return message, err
}

type sharedStrings [][]byte

func (s sharedStrings) Shared() int           { return len(s) }
func (s sharedStrings) SharedAt(i int) []byte { return s[i] }

// describe describes the entries of a message, or says what is wrong.
func describe(message []byte) []byte {
	take := func(n uint32) []byte {
		taken := message[:n]
		message = message[n:]
		return taken
	}
	number := func() uint32 { return binary.LittleEndian.Uint32(take(4)) }
	shared := make(sharedStrings, number())
	for i := range shared {
		shared[i] = take(number())
	}
	var out []byte
	for len(message) > 0 {
		entry, rest, ok := wire.NextEntry(message)
		if !ok {
			return append(out, "! no entry"...)
		}
		message = rest
		out = binary.LittleEndian.AppendUint64(out, entry.Ticket)
		out = append(out, byte(entry.Outcome))
		if entry.Outcome != abi.OutcomeReply {
			first, second, last := wire.Texts(entry.Body)
			out = append(appendString(appendString(out, first), second), last)
			continue
		}
		value, err := describeValue(entry.Body, shared)
		if err != nil {
			return fmt.Appendf(out, "! %v", err)
		}
		out = append(out, value...)
	}
	return out
}

// describeValue reads the value of an entry in every way there is.
func describeValue(body []byte, shared sharedStrings) ([]byte, error) {
	reader := wire.NewReader(body, shared)
	var describes describer
	value, err := describes.value(nil, &reader)
	if err != nil {
		return nil, err
	}
	if len(reader.Rest()) > 0 {
		return nil, fmt.Errorf("%d bytes after the value", len(reader.Rest()))
	}
	skipping := wire.NewReader(body, shared)
	if err := skipping.Skip(); err != nil || len(skipping.Rest()) > 0 {
		return nil, fmt.Errorf("skipped: %w, %d bytes left", err, len(skipping.Rest()))
	}
	keeping := wire.NewReader(body, shared)
	kept, err := keeping.Keep(1)
	if err != nil {
		return nil, fmt.Errorf("kept: %w", err)
	}
	again := kept.At(0)
	if same, err := describes.value(nil, &again); err != nil || !bytes.Equal(same, value) {
		return nil, fmt.Errorf("kept it is another: %w", err)
	}
	if describes.asSent {
		return value, nil // no caller reads such replies as any value
	}
	for _, any := range []func(*wire.Reader) (any, error){(*wire.Reader).Any, (*wire.Reader).AnyBytes} {
		reading := wire.NewReader(body, shared)
		switch _, err := any(&reading); err.(type) {
		case nil:
			if len(reading.Rest()) > 0 {
				return nil, fmt.Errorf("any: %d bytes after the value", len(reading.Rest()))
			}
		case *wire.ServerError, *wire.Failure: // instead of the value, or in it
		default:
			return nil, fmt.Errorf("any: %w", err)
		}
	}
	return value, nil
}

func appendHead(out []byte, kind byte, n int) []byte {
	return binary.LittleEndian.AppendUint32(append(out, kind), uint32(n))
}

func appendString(out []byte, s string) []byte {
	return append(appendHead(out, 'S', len(s)), s...)
}

// describer describes values.
type describer struct {
	asSent bool // one was of a type that only replies as the server sent them have
}

func (d *describer) value(out []byte, r *wire.Reader) ([]byte, error) {
	switch kind := r.Kind(); kind {
	case abi.TagNil:
		if !r.Nil() {
			return nil, fmt.Errorf("a nil that is none")
		}
		return append(out, 'N'), nil
	case abi.TagOK:
		return append(out, 'O'), r.OK()
	case abi.TagFalse, abi.TagTrue:
		is, err := r.Bool()
		if is {
			return append(out, 'T'), err
		}
		return append(out, 'F'), err
	case abi.TagInteger:
		i, err := r.Int()
		return binary.LittleEndian.AppendUint64(append(out, 'I'), uint64(i)), err
	case abi.TagDouble:
		f, err := r.Float()
		return binary.LittleEndian.AppendUint64(append(out, 'D'), math.Float64bits(f)), err
	case abi.TagString, abi.TagShared, abi.TagBigNumber:
		if kind == abi.TagBigNumber {
			out = append(out, 'B')
		}
		s, err := r.String()
		return appendString(out, s), err
	case abi.TagArray, abi.TagSet, abi.TagPush:
		n, err := r.Array()
		letter := sequences[kind]
		return d.items(appendHead(out, letter, n), r, n, err)
	case abi.TagMap:
		n, err := r.Map()
		return d.items(appendHead(out, 'M', n), r, 2*n, err)
	case abi.TagSimple, abi.TagVerbatim, abi.TagAttribute:
		d.asSent = true
		return d.valueAsSent(out, r)
	default:
		return appendError(out, r)
	}
}

// sequences are the letters of values that have others in a row.
var sequences = map[abi.Tag]byte{abi.TagArray: 'A', abi.TagSet: 'E', abi.TagPush: 'P'}

func (d *describer) valueAsSent(out []byte, r *wire.Reader) ([]byte, error) {
	switch r.Kind() {
	case abi.TagSimple:
		status, err := r.Status()
		return appendString(append(out, 'L'), string(status)), err
	case abi.TagVerbatim:
		format, err := r.Verbatim()
		if err != nil {
			return out, err
		}
		out = appendString(append(out, 'V'), string(format))
		text, err := r.String()
		return appendString(out, text), err
	default:
		n, err := r.Attribute()
		return d.items(appendHead(out, 'Z', n), r, 2*n+1, err)
	}
}

func (d *describer) items(out []byte, r *wire.Reader, n int, err error) ([]byte, error) {
	for range n {
		if err != nil {
			break
		}
		out, err = d.value(out, r)
	}
	return out, err
}

// appendError describes an error that stands in the place of a value.
func appendError(out []byte, r *wire.Reader) ([]byte, error) {
	// It returns what is asked for.
	switch _, err := r.Int(); err := err.(type) {
	case *wire.ServerError:
		return appendString(appendString(append(out, 'X'), err.Code), err.Message), nil
	case *wire.Failure:
		timedOut := byte(0)
		if err.TimedOut {
			timedOut = 1
		}
		out = append(out, 'Y', byte(err.Outcome), timedOut)
		return appendString(appendString(out, err.Code), err.Message), nil
	default:
		return nil, fmt.Errorf("%v: %w", r.Kind(), err)
	}
}
