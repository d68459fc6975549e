// Package wire reads replies in the form that ffi/include/glide.h
// describes, straight into Go values.
package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"unsafe"

	"github.com/valkey-glide/go/glide/internal/abi"
)

// end is what follows the last value.
const end = abi.TagAttribute + 1

// depthMax bounds the nesting of what Any and Skip walk; ffi/include/glide.h
// sends nothing deeper.
const depthMax = 130

// SharedStrings are the strings that a buffer names by index.
type SharedStrings interface {
	Shared() int
	SharedAt(i int) []byte
}

// Reader reads one value after another. What it returns is copied: nothing of
// the buffer is referred to after it is released.
type Reader struct {
	data   []byte
	shared SharedStrings
	// lasting: the data is never changed or taken back, and strings may be
	// parts of it.
	lasting bool
}

// NewReader reads the values in data.
func NewReader(data []byte, shared SharedStrings) Reader { return Reader{data: data, shared: shared} }

// TypeError is a reply of a type that its command does not return.
type TypeError struct {
	Want string
	Got  abi.Tag
}

func (e *TypeError) Error() string {
	return fmt.Sprintf("unexpected reply: %s where %s was expected", e.Got, e.Want)
}

// ServerError is an error in the place of a value.
type ServerError struct {
	Code    string
	Message string
}

func (e *ServerError) Error() string { return e.Code + " " + e.Message }

// Failure is a command of a batch without a reply.
type Failure struct {
	Outcome       abi.Outcome
	Code, Message string
	// TimedOut reports that the command would have been sent again if there had
	// been more time.
	TimedOut bool
}

func (e *Failure) Error() string { return e.Message }

// errMalformed is a reply that breaks off. It cannot come from our library.
var errMalformed = fmt.Errorf("malformed reply")

// Kind says what the next value is, without reading it.
func (r *Reader) Kind() abi.Tag {
	if len(r.data) == 0 {
		return end
	}
	return abi.Tag(r.data[0])
}

// Rest is what is not read yet.
func (r *Reader) Rest() []byte { return r.data }

func (r *Reader) take(n int) ([]byte, error) {
	if n < 0 || n > len(r.data) {
		return nil, errMalformed
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b, nil
}

func (r *Reader) number() (int, error) {
	b, err := r.take(4)
	if err != nil {
		return 0, err
	}
	return int(binary.LittleEndian.Uint32(b)), nil
}

func (r *Reader) text() ([]byte, error) {
	n, err := r.number()
	if err != nil {
		return nil, err
	}
	return r.take(n)
}

// unexpected is the error for the next value, which is left unread.
func (r *Reader) unexpected(want string) error {
	switch kind := r.Kind(); kind {
	case abi.TagError:
		return r.readError()
	case abi.TagFailure:
		return r.readFailure()
	case end:
		return errMalformed
	default:
		return &TypeError{want, kind}
	}
}

func (r *Reader) readError() error {
	r.data = r.data[1:]
	code, err := r.text()
	if err != nil {
		return err
	}
	message, err := r.text()
	if err != nil {
		return err
	}
	return &ServerError{string(code), string(message)}
}

func (r *Reader) readFailure() error {
	head, err := r.take(3)
	if err != nil {
		return err
	}
	code, err := r.text()
	if err != nil {
		return err
	}
	message, err := r.text()
	if err != nil {
		return err
	}
	return &Failure{abi.Outcome(head[1]), string(code), string(message), head[2] == 1}
}

// Nil reads a nil and reports whether there was one; anything else is left.
func (r *Reader) Nil() bool {
	if r.Kind() != abi.TagNil {
		return false
	}
	r.data = r.data[1:]
	return true
}

// OK reads the status OK.
func (r *Reader) OK() error {
	if r.Kind() == abi.TagOK {
		r.data = r.data[1:]
		return nil
	}
	return r.unexpected("OK")
}

// View reads a string without copying it: it is valid until the reply is
// released. A status is a string too, and so is a number's text.
func (r *Reader) View() ([]byte, error) {
	switch r.Kind() {
	case abi.TagString, abi.TagBigNumber:
		r.data = r.data[1:]
		return r.text()
	case abi.TagShared:
		r.data = r.data[1:]
		i, err := r.number()
		if err != nil {
			return nil, err
		}
		if r.shared == nil || i >= r.shared.Shared() {
			return nil, errMalformed
		}
		return r.shared.SharedAt(i), nil
	case abi.TagOK:
		r.data = r.data[1:]
		return []byte("OK"), nil
	default:
		return nil, r.unexpected("a string")
	}
}

// String reads a string.
func (r *Reader) String() (string, error) {
	_, kept := r.shared.(keptStrings)
	kept = kept && (r.lasting || r.Kind() == abi.TagShared)
	view, err := r.View()
	if kept {
		// No other code has these bytes, so they never change.
		return unsafe.String(unsafe.SliceData(view), len(view)), err
	}
	return string(view), err
}

// Bytes reads a string into its own memory; an empty one is not nil.
func (r *Reader) Bytes() ([]byte, error) { return r.AppendTo([]byte{}) }

// AppendTo reads a string to the end of what is there.
func (r *Reader) AppendTo(b []byte) ([]byte, error) {
	view, err := r.View()
	if err != nil {
		return nil, err
	}
	return append(b, view...), nil
}

// Int reads an integer, or a string that holds one.
func (r *Reader) Int() (int64, error) {
	switch r.Kind() {
	case abi.TagInteger:
		r.data = r.data[1:]
		b, err := r.take(8)
		if err != nil {
			return 0, err
		}
		return int64(binary.LittleEndian.Uint64(b)), nil
	case abi.TagString:
		rest := *r
		text, err := rest.View()
		if err != nil {
			return 0, err
		}
		i, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			return 0, r.unexpected("an integer")
		}
		*r = rest
		return i, nil
	default:
		return 0, r.unexpected("an integer")
	}
}

// Float reads a number, or a string that holds one.
func (r *Reader) Float() (float64, error) {
	switch r.Kind() {
	case abi.TagDouble:
		r.data = r.data[1:]
		b, err := r.take(8)
		if err != nil {
			return 0, err
		}
		return math.Float64frombits(binary.LittleEndian.Uint64(b)), nil
	case abi.TagInteger:
		i, err := r.Int()
		return float64(i), err
	case abi.TagString:
		rest := *r
		text, err := rest.View()
		if err != nil {
			return 0, err
		}
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil {
			return 0, r.unexpected("a number")
		}
		*r = rest
		return f, nil
	default:
		return 0, r.unexpected("a number")
	}
}

// Bool reads a boolean, or the integer 0 or 1 that stands for one.
func (r *Reader) Bool() (bool, error) {
	switch r.Kind() {
	case abi.TagFalse, abi.TagTrue:
		b := r.Kind() == abi.TagTrue
		r.data = r.data[1:]
		return b, nil
	case abi.TagInteger:
		i, err := r.Int()
		return i != 0, err
	default:
		return false, r.unexpected("a boolean")
	}
}

// Array reads the beginning of an array or set and returns the number of
// values that follow.
func (r *Reader) Array() (int, error) {
	switch r.Kind() {
	case abi.TagArray, abi.TagSet, abi.TagPush:
		r.data = r.data[1:]
		return r.count(1)
	default:
		return 0, r.unexpected("an array")
	}
}

// Map reads the beginning of a map and returns the number of pairs that
// follow. RESP2 has no maps: there it is an array of alternating keys and values.
func (r *Reader) Map() (int, error) {
	switch r.Kind() {
	case abi.TagMap:
		r.data = r.data[1:]
		return r.count(2)
	case abi.TagArray:
		rest := *r
		n, err := rest.Array()
		if err != nil {
			return 0, err
		}
		if n%2 != 0 {
			return 0, r.unexpected("a map")
		}
		*r = rest
		return n / 2, nil
	default:
		return 0, r.unexpected("a map")
	}
}

// Status reads a status without copying it, as View does.
func (r *Reader) Status() ([]byte, error) {
	if r.Kind() != abi.TagSimple {
		return nil, r.unexpected("a status")
	}
	r.data = r.data[1:]
	return r.text()
}

// Verbatim reads the format of a verbatim string. Its content is the next value.
func (r *Reader) Verbatim() (format []byte, err error) {
	if r.Kind() != abi.TagVerbatim {
		return nil, r.unexpected("a verbatim string")
	}
	r.data = r.data[1:]
	return r.text()
}

// Attribute reads the beginning of attributes and returns the number of pairs that
// follow. After these comes the value that they belong to.
func (r *Reader) Attribute() (int, error) {
	if r.Kind() != abi.TagAttribute {
		return 0, r.unexpected("attributes")
	}
	r.data = r.data[1:]
	return r.count(2)
}

// Error reads an error in the place of a value.
func (r *Reader) Error() (*ServerError, error) {
	if r.Kind() != abi.TagError {
		return nil, r.unexpected("an error")
	}
	err := r.readError()
	server, ok := err.(*ServerError)
	if !ok {
		return nil, err
	}
	return server, nil
}

// Failed reads why a command of a batch has no reply.
func (r *Reader) Failed() (*Failure, error) {
	if r.Kind() != abi.TagFailure {
		return nil, r.unexpected("a failure")
	}
	err := r.readFailure()
	failure, ok := err.(*Failure)
	if !ok {
		return nil, err
	}
	return failure, nil
}

// count reads a count of items of so many values each. A value takes at least
// a byte, so a count that the rest cannot hold allocates nothing.
func (r *Reader) count(values int) (int, error) {
	n, err := r.number()
	if err != nil {
		return 0, err
	}
	if n > len(r.data)/values {
		return 0, errMalformed
	}
	return n, nil
}

// form is what happens to the strings of a value of any type.
type form uint8

const (
	asStrings form = iota
	asBytes
)

// Skip reads a value, an error too, and drops it.
func (r *Reader) Skip() error { return r.pass(func(int) {}) }

// pass goes behind a value, and visits the shared strings in it.
func (r *Reader) pass(visit func(i int)) error {
	for left := 1; left > 0; left-- {
		kind := r.Kind()
		if kind == end {
			return errMalformed
		}
		r.data = r.data[1:]
		var err error
		switch kind {
		case abi.TagNil, abi.TagOK, abi.TagFalse, abi.TagTrue:
		case abi.TagInteger, abi.TagDouble:
			_, err = r.take(8)
		case abi.TagString, abi.TagBigNumber:
			_, err = r.text()
		case abi.TagShared:
			var i int
			if i, err = r.number(); err == nil && (r.shared == nil || i >= r.shared.Shared()) {
				err = errMalformed
			}
			if err == nil {
				visit(i)
			}
		case abi.TagSimple:
			_, err = r.text()
		case abi.TagVerbatim:
			_, err = r.text()
			left++
		case abi.TagArray, abi.TagSet, abi.TagPush, abi.TagMap, abi.TagAttribute:
			var n int
			switch n, err = r.number(); kind {
			case abi.TagMap:
				n *= 2
			case abi.TagAttribute:
				n = 2*n + 1
			}
			if n > len(r.data) {
				err = errMalformed // each takes a byte at least
			}
			left += n
		case abi.TagError:
			if _, err = r.text(); err == nil {
				_, err = r.text()
			}
		case abi.TagFailure:
			if _, err = r.take(2); err == nil {
				_, err = r.text()
			}
			if err == nil {
				_, err = r.text()
			}
		default:
			err = errMalformed
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Keep reads n values and keeps what they need of the buffer, which may then be
// released.
func (r *Reader) Keep(n int) (Kept, error) {
	whole := r.data
	shared := keptStrings{}
	visit := func(i int) {
		if shared[i] == nil {
			shared[i] = append([]byte{}, r.shared.SharedAt(i)...)
		}
	}
	ends := make([]uint32, n) // a reply is smaller than 4 GiB
	for i := range ends {
		if err := r.pass(visit); err != nil {
			return Kept{}, err
		}
		ends[i] = uint32(len(whole) - len(r.data))
	}
	return Kept{append([]byte(nil), whole[:len(whole)-len(r.data)]...), ends, shared}, nil
}

// lastingMax is how much a string that was read of kept values may hold in
// memory; of more it is a copy.
const lastingMax = 16 << 10

// Kept are values that outlive the buffer in which they came.
type Kept struct {
	data   []byte
	ends   []uint32
	shared keptStrings
}

// Len is how many there are.
func (k Kept) Len() int { return len(k.ends) }

// At returns a reader of one of them.
func (k Kept) At(i int) Reader {
	start := uint32(0)
	if i > 0 {
		start = k.ends[i-1]
	}
	return Reader{k.data[start:k.ends[i]:k.ends[i]], k.shared, len(k.data) <= lastingMax}
}

// keptStrings are copies of shared strings, by their index.
type keptStrings map[int][]byte

// Shared is a bound that no index reaches: those that are there were found by
// going over the values.
func (keptStrings) Shared() int             { return math.MaxInt }
func (k keptStrings) SharedAt(i int) []byte { return k[i] }

// Any reads any reply: nil, bool, int64, float64, string, []any (arrays
// and sets), map[string]any, or an error in its place within an array. A map
// whose keys are not strings, integers or booleans is an []any of pairs.
func (r *Reader) Any() (any, error) { return r.any(0, asStrings) }

// AnyBytes is Any with []byte for strings, but for the keys of maps.
func (r *Reader) AnyBytes() (any, error) { return r.any(0, asBytes) }

func (r *Reader) any(depth int, form form) (any, error) {
	if depth > depthMax {
		return nil, errMalformed
	}
	switch kind := r.Kind(); kind {
	case abi.TagNil:
		r.data = r.data[1:]
		return nil, nil
	case abi.TagFalse, abi.TagTrue:
		return boxed(r.Bool())
	case abi.TagInteger:
		return boxed(r.Int())
	case abi.TagDouble:
		return boxed(r.Float())
	case abi.TagOK, abi.TagString, abi.TagShared, abi.TagBigNumber:
		view, err := r.View()
		switch {
		case err != nil:
			return nil, err
		case form == asBytes:
			return append([]byte{}, view...), nil
		default:
			return string(view), nil
		}
	case abi.TagArray, abi.TagSet, abi.TagPush:
		n, err := r.Array()
		if err != nil {
			return nil, err
		}
		return boxed(r.anyItems(n, depth, form))
	case abi.TagMap:
		n, err := r.Map()
		if err != nil {
			return nil, err
		}
		return r.anyMap(n, depth, form)
	case abi.TagError:
		err := r.readError()
		if server, ok := err.(*ServerError); ok && depth > 0 {
			return server, nil
		}
		return nil, err
	case abi.TagFailure:
		return nil, r.readFailure()
	default:
		return nil, errMalformed
	}
}

func boxed[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (r *Reader) anyItems(n, depth int, form form) ([]any, error) {
	items := make([]any, n)
	for i := range items {
		var err error
		if items[i], err = r.any(depth+1, form); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func (r *Reader) anyMap(n, depth int, form form) (any, error) {
	flat, err := r.anyItems(2*n, depth, form)
	if err != nil {
		return nil, err
	}
	m := make(map[string]any, n)
	pairs := make([]any, 0, n)
	for i := 0; i < len(flat); i += 2 {
		pairs = append(pairs, flat[i:i+2:i+2])
		switch key := flat[i].(type) {
		case string:
			m[key] = flat[i+1]
		case []byte:
			m[string(key)] = flat[i+1]
		case int64, bool:
			m[fmt.Sprint(key)] = flat[i+1]
		default:
			m = nil
		}
		if m == nil {
			break
		}
	}
	if len(m) == n {
		return m, nil
	}
	for i := 2 * len(pairs); i < len(flat); i += 2 {
		pairs = append(pairs, flat[i:i+2:i+2])
	}
	return pairs, nil
}
