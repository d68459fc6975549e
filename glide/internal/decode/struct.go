package decode

import (
	"fmt"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Replies with several parts are read into structs. A map is described by a
// table of its fields, [Fields]; an array lists the destinations of its values
// in their order, [Tuple] and [Row]. Newer servers add parts: unknown fields,
// and values after those of a Row, are skipped.

// Fields are the fields of a map by their names, each with what reads its value
// into an S. A table is made once, as a package variable.
type Fields[S any] map[string]func(*S, *wire.Reader) error

// Field returns what reads the value of a field into the part of an S that
// field returns.
func Field[S, T any](field func(*S) *T, read func(*wire.Reader) (T, error)) func(*S, *wire.Reader) error {
	return func(s *S, r *wire.Reader) error {
		value, err := read(r)
		*field(s) = value
		return err
	}
}

// Struct returns a reader of maps with these fields.
func Struct[S any](fields Fields[S]) func(*wire.Reader) (S, error) {
	return func(r *wire.Reader) (s S, err error) {
		err = fields.ReadInto(&s, r)
		return s, err
	}
}

// ReadInto reads a map into s. As a field of a table itself it reads a nested
// map into the same struct.
func (f Fields[S]) ReadInto(s *S, r *wire.Reader) error {
	n, err := r.Map()
	for ; n > 0 && err == nil; n-- {
		var name []byte
		if name, err = r.View(); err != nil {
			break
		}
		if read := f[string(name)]; read != nil {
			err = read(s, r)
		} else {
			err = r.Skip()
		}
	}
	return err
}

// Embed adds the fields of a part of S, which are on the same level as its
// others, and returns the table.
func Embed[S, P any](fields Fields[S], part func(*S) *P, of Fields[P]) Fields[S] {
	for name, read := range of {
		fields[name] = func(s *S, r *wire.Reader) error { return read(part(s), r) }
	}
	return fields
}

// A Value reads one value of an array into its destination.
type Value func(*wire.Reader) error

// To returns the Value that reads into a variable.
func To[T any](to *T, read func(*wire.Reader) (T, error)) Value {
	return func(r *wire.Reader) (err error) {
		*to, err = read(r)
		return err
	}
}

// Tuple reads an array of exactly these values.
func Tuple(r *wire.Reader, values ...Value) error {
	if err := ArrayOf(r, len(values)); err != nil {
		return err
	}
	return Sequence(r, values...)
}

// Sequence reads these values, one after the other, outside of an array.
func Sequence(r *wire.Reader, values ...Value) error {
	for _, value := range values {
		if err := value(r); err != nil {
			return err
		}
	}
	return nil
}

// Row reads an array of at least so many of these values. Those that are
// missing at its end are left as they are, and those after them are skipped.
func Row(r *wire.Reader, least int, values ...Value) error {
	n, err := r.Array()
	if err == nil && n < least {
		err = &wire.TypeError{Want: fmt.Sprintf("an array of %d or more", least), Got: abi.TagArray}
	}
	if err != nil {
		return err
	}
	return Rest(r, n, values...)
}

// Rest reads n values of an array that has begun, the first of them as these.
func Rest(r *wire.Reader, n int, values ...Value) error {
	for i := range n {
		read := (*wire.Reader).Skip
		if i < len(values) {
			read = values[i]
		}
		if err := read(r); err != nil {
			return err
		}
	}
	return nil
}
