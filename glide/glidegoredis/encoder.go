package glidegoredis

import (
	"bytes"
	"math"
	"strconv"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// An encoder writes replies as a server sends them.
type encoder struct {
	out []byte
	// resp2 writes the protocol of version 2, and shape is what else is different
	// in it for the reply that is written.
	resp2 bool
	shape shape
	// exact writes doubles with all their digits.
	exact bool
	// failure is a reply that there is none, because a request failed.
	failure *wire.Failure
}

// value writes the next value. The reader is one of the library's own buffer, so an
// error is a bug.
func (e *encoder) value(r *wire.Reader, depth int) error {
	if depth == 0 && e.shape != shapeUsual {
		return e.shaped(r)
	}
	switch kind := r.Kind(); kind {
	case abi.TagString, abi.TagShared:
		return e.bulk(r)
	case abi.TagInteger:
		i, err := r.Int()
		e.integer(i)
		return err
	case abi.TagOK:
		e.out = append(e.out, "+OK\r\n"...)
		return r.OK()
	case abi.TagNil:
		r.Nil()
		e.null()
		return nil
	case abi.TagArray:
		n, err := r.Array()
		e.head('*', n)
		return e.values(r, n, depth, err)
	case abi.TagMap:
		n, err := r.Map()
		e.mapHead(n)
		return e.values(r, 2*n, depth, err)
	case abi.TagDouble:
		f, err := r.Float()
		e.double(f)
		return err
	case abi.TagSimple:
		text, err := r.Status()
		e.line('+', text)
		return err
	case abi.TagError:
		return e.error(r)
	case abi.TagFailure:
		return e.fail(r)
	default:
		return e.rare(r, kind, depth)
	}
}

// rare writes values of the types that few replies have.
func (e *encoder) rare(r *wire.Reader, kind abi.Tag, depth int) error {
	switch kind {
	case abi.TagFalse, abi.TagTrue:
		is, err := r.Bool()
		e.boolean(is)
		return err
	case abi.TagSet, abi.TagPush:
		n, err := r.Array()
		switch {
		case e.resp2:
			e.head('*', n)
		case kind == abi.TagSet:
			e.head('~', n)
		default:
			e.head('>', n)
		}
		return e.values(r, n, depth, err)
	case abi.TagBigNumber:
		digits, err := r.View()
		if e.resp2 {
			e.text(digits)
		} else {
			e.line('(', digits)
		}
		return err
	case abi.TagVerbatim:
		return e.verbatim(r)
	case abi.TagAttribute:
		return e.attribute(r, depth)
	default:
		return r.Skip() // which says what is wrong
	}
}

func (e *encoder) values(r *wire.Reader, n, depth int, err error) error {
	for range n {
		if err != nil {
			break
		}
		err = e.value(r, depth+1)
	}
	return err
}

// head writes a type and a number.
func (e *encoder) head(kind byte, n int) {
	e.out = append(e.out, kind)
	e.out = strconv.AppendInt(e.out, int64(n), 10)
	e.out = append(e.out, '\r', '\n')
}

func (e *encoder) mapHead(pairs int) {
	if e.resp2 {
		e.head('*', 2*pairs)
	} else {
		e.head('%', pairs)
	}
}

func (e *encoder) bulk(r *wire.Reader) error {
	view, err := r.View()
	e.text(view)
	return err
}

// text writes a bulk string.
func (e *encoder) text(text []byte) {
	e.head('$', len(text))
	e.out = append(append(e.out, text...), '\r', '\n')
}

func (e *encoder) line(kind byte, text []byte) {
	e.out = append(append(append(e.out, kind), text...), '\r', '\n')
}

// status writes a simple string.
func (e *encoder) status(text string) { e.line('+', []byte(text)) }

func (e *encoder) integer(i int64) {
	e.out = append(e.out, ':')
	e.out = strconv.AppendInt(e.out, i, 10)
	e.out = append(e.out, '\r', '\n')
}

func (e *encoder) boolean(is bool) {
	switch {
	case e.resp2 && is:
		e.integer(1)
	case e.resp2:
		e.integer(0)
	case is:
		e.out = append(e.out, "#t\r\n"...)
	default:
		e.out = append(e.out, "#f\r\n"...)
	}
}

func (e *encoder) null() {
	if e.resp2 {
		e.out = append(e.out, "$-1\r\n"...)
	} else {
		e.out = append(e.out, "_\r\n"...)
	}
}

// nullArray writes the null that stands for an array.
func (e *encoder) nullArray() {
	if e.resp2 {
		e.out = append(e.out, "*-1\r\n"...)
	} else {
		e.null()
	}
}

func (e *encoder) double(f float64) {
	var digits [32]byte
	text := appendDouble(digits[:0], f)
	if e.exact {
		text = appendExact(digits[:0], f)
	}
	if e.resp2 {
		e.text(text)
	} else {
		e.line(',', text)
	}
}

// verbatim writes a string with its format; in version 2 that is left out.
func (e *encoder) verbatim(r *wire.Reader) error {
	format, err := r.Verbatim()
	if err != nil {
		return err
	}
	if e.resp2 {
		return e.bulk(r)
	}
	text, err := r.View()
	e.head('=', len(format)+1+len(text))
	e.out = append(append(append(e.out, format...), ':'), text...)
	e.out = append(e.out, '\r', '\n')
	return err
}

// attribute writes attributes and the value that they belong to; in version 2 there
// are none.
func (e *encoder) attribute(r *wire.Reader, depth int) error {
	n, err := r.Attribute()
	if err != nil {
		return err
	}
	if e.resp2 {
		for range 2 * n {
			if err := r.Skip(); err != nil {
				return err
			}
		}
	} else {
		e.head('|', n)
		if err := e.values(r, 2*n, depth, nil); err != nil {
			return err
		}
	}
	return e.value(r, depth)
}

// error writes an error among the replies.
func (e *encoder) error(r *wire.Reader) error {
	server, err := r.Error()
	if err == nil {
		e.serverError(server.Code, server.Message)
	}
	return err
}

// fail records a command of a batch that has no reply, or writes the server's
// error that it failed with.
func (e *encoder) fail(r *wire.Reader) error {
	failure, err := r.Failed()
	if err == nil && e.failure == nil {
		e.failure = failure
	}
	return err
}

// serverError writes an error. In a line there are no line ends.
func (e *encoder) serverError(code, message string) {
	e.out = append(append(e.out, '-'), code...)
	if message != "" {
		if code != "" {
			e.out = append(e.out, ' ')
		}
		start := len(e.out)
		e.out = append(e.out, message...)
		for i, b := range e.out[start:] {
			if b == '\r' || b == '\n' {
				e.out[start+i] = ' '
			}
		}
	}
	e.out = append(e.out, '\r', '\n')
}

// appendExact appends a number as servers write coordinates: with 17 decimals, and
// without zeros at the end.
func appendExact(b []byte, f float64) []byte {
	b = strconv.AppendFloat(b, f, 'f', 17, 64)
	return bytes.TrimSuffix(bytes.TrimRight(b, "0"), []byte{'.'})
}

// appendDouble appends a number as servers write it: the shortest digits that are
// read back as the same number, with an exponent if it is large or small.
func appendDouble(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "nan"...)
	case math.IsInf(f, 1):
		return append(b, "inf"...)
	case math.IsInf(f, -1):
		return append(b, "-inf"...)
	case f == math.Trunc(f) && math.Abs(f) < 1e15:
		if f == 0 && math.Signbit(f) {
			return append(b, "-0"...)
		}
		return strconv.AppendInt(b, int64(f), 10)
	}
	var scratch [32]byte
	text := strconv.AppendFloat(scratch[:0], f, 'e', -1, 64)
	if text[0] == '-' {
		b = append(b, '-')
		text = text[1:]
	}
	at := bytes.IndexByte(text, 'e')
	exponent, _ := strconv.Atoi(string(text[at+1:]))
	digits := append([]byte{text[0]}, bytes.TrimPrefix(text[1:at], []byte{'.'})...)
	// The number is digits × 10^scale.
	scale := exponent - len(digits) + 1
	size := max(exponent, -exponent)
	switch {
	case scale >= 0 && size < len(digits)+7:
		b = append(b, digits...)
		return append(b, bytes.Repeat([]byte{'0'}, scale)...)
	case scale < 0 && (scale > -7 || size < 4):
		point := len(digits) + scale
		if point <= 0 {
			b = append(b, "0."...)
			b = append(b, bytes.Repeat([]byte{'0'}, -point)...)
			return append(b, digits...)
		}
		b = append(b, digits[:point]...)
		return append(append(b, '.'), digits[point:]...)
	}
	b = append(b, digits[0])
	if len(digits) > 1 {
		b = append(append(b, '.'), digits[1:]...)
	}
	b = append(b, 'e')
	if exponent >= 0 {
		b = append(b, '+')
	}
	return strconv.AppendInt(b, int64(exponent), 10)
}
