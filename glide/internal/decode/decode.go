// Package decode reads replies into Go values. A reader returns a result, or
// the error that the reply is of another type.
package decode

import (
	"fmt"
	"math"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

func OK(r *wire.Reader) (struct{}, error) { return struct{}{}, r.OK() }

func String(r *wire.Reader) (string, error) { return r.String() }

func Bytes(r *wire.Reader) ([]byte, error) { return r.Bytes() }

func Int(r *wire.Reader) (int64, error) { return r.Int() }

func Float(r *wire.Reader) (float64, error) { return r.Float() }

func Bool(r *wire.Reader) (bool, error) { return r.Bool() }

// Number reads an integer that counts or identifies something small: a slot, a
// port, a database.
func Number(r *wire.Reader) (int, error) {
	n, err := r.Int()
	return int(n), err
}

// Duration reads a whole number of a unit.
func Duration(unit time.Duration) func(*wire.Reader) (time.Duration, error) {
	return func(r *wire.Reader) (time.Duration, error) {
		n, err := r.Int()
		return DurationOf(n, unit), err
	}
}

// UnixSeconds reads a time.
func UnixSeconds(r *wire.Reader) (time.Time, error) {
	n, err := r.Int()
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(n, 0), nil
}

// UnixMilliseconds reads a time.
func UnixMilliseconds(r *wire.Reader) (time.Time, error) {
	n, err := r.Int()
	if err != nil {
		return time.Time{}, err
	}
	return time.UnixMilli(n), nil
}

// Done reads OK as true and nil as false: whether a condition held.
func Done(r *wire.Reader) (bool, error) {
	if r.Nil() {
		return false, nil
	}
	return true, r.OK()
}

// Maybe reads a value that may be nil: as none, or as what some makes of it.
// It is for the types of values that may be missing.
func Maybe[T, O any](read func(*wire.Reader) (T, error), some func(T) O) func(*wire.Reader) (O, error) {
	return func(r *wire.Reader) (none O, err error) {
		if r.Nil() {
			return none, nil
		}
		value, err := read(r)
		if err != nil {
			return none, err
		}
		return some(value), nil
	}
}

// Slice reads an array or set.
func Slice[T any](read func(*wire.Reader) (T, error)) func(*wire.Reader) ([]T, error) {
	return func(r *wire.Reader) ([]T, error) {
		n, err := r.Array()
		if err != nil {
			return nil, err
		}
		items := make([]T, n)
		for i := range items {
			if items[i], err = read(r); err != nil {
				return nil, err
			}
		}
		return items, nil
	}
}

// Map reads a map whose keys are names and whose order means nothing.
func Map[T any](read func(*wire.Reader) (T, error)) func(*wire.Reader) (map[string]T, error) {
	return func(r *wire.Reader) (map[string]T, error) {
		n, err := r.Map()
		if err != nil {
			return nil, err
		}
		m := make(map[string]T, n)
		for range n {
			name, err := r.String()
			if err != nil {
				return nil, err
			}
			if m[name], err = read(r); err != nil {
				return nil, err
			}
		}
		return m, nil
	}
}

// EachField reads a map whose keys are names. It calls field for each, which
// must read the value or skip it.
func EachField(r *wire.Reader, field func(name string) error) error {
	n, err := r.Map()
	for ; n > 0 && err == nil; n-- {
		var name string
		if name, err = r.String(); err == nil {
			err = field(name)
		}
	}
	return err
}

// Pairs reads pairs of values, each with read: a map, an array of alternating
// values, or an array of arrays of two. RESP2 has one of the last two where
// RESP3 has a map.
func Pairs[T any](read func(*wire.Reader) (T, error)) func(*wire.Reader) ([]T, error) {
	return func(r *wire.Reader) ([]T, error) {
		rest := *r
		n, err := rest.Array()
		nested := err == nil && n > 0 && rest.Kind() == abi.TagArray
		if nested {
			*r = rest
		} else if n, err = r.Map(); err != nil {
			return nil, err
		}
		items := make([]T, n)
		for i := range items {
			if nested {
				if err = ArrayOf(r, 2); err != nil {
					return nil, err
				}
			}
			if items[i], err = read(r); err != nil {
				return nil, err
			}
		}
		return items, nil
	}
}

// ZeroIfNil reads nil as the zero value.
func ZeroIfNil[T any](read func(*wire.Reader) (T, error)) func(*wire.Reader) (T, error) {
	return func(r *wire.Reader) (value T, err error) {
		if r.Nil() {
			return value, nil
		}
		return read(r)
	}
}

// ArrayOf reads the beginning of an array of exactly n values.
func ArrayOf(r *wire.Reader, n int) error {
	got, err := r.Array()
	if err == nil && got != n {
		err = &wire.TypeError{Want: fmt.Sprintf("an array of %d", n), Got: abi.TagArray}
	}
	return err
}

// The readers that commands share, made once.
var (
	Seconds      = Duration(time.Second)
	Milliseconds = Duration(time.Millisecond)
	Microseconds = Duration(time.Microsecond)
	Bools        = Slice(Bool)
	Strings      = Slice(String)
	Ints         = Slice(Int)
)

// DurationOf is the duration of so many units, or the longest there is, 292
// years, where it is longer.
func DurationOf(n int64, unit time.Duration) time.Duration {
	if n > math.MaxInt64/int64(unit) {
		return math.MaxInt64
	}
	return time.Duration(n) * unit
}
