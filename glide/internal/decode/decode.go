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
		m := map[string]T{}
		err := Fields(r, func(name string) (err error) {
			m[name], err = read(r)
			return err
		})
		if err != nil {
			return nil, err
		}
		return m, nil
	}
}

// ArrayOf reads the beginning of an array of exactly so many values.
func ArrayOf(r *wire.Reader, n int) error {
	got, err := r.Array()
	if err == nil && got != n {
		err = &wire.TypeError{Want: fmt.Sprintf("an array of %d", n), Got: abi.TagArray}
	}
	return err
}

// Row reads an array of values that mean something by their places; newer
// servers may add some. It calls field for each, which must read or skip it.
func Row(r *wire.Reader, least int, field func(i int) error) error {
	n, err := r.Array()
	if err == nil && n < least {
		err = &wire.TypeError{Want: fmt.Sprintf("an array of %d or more", least), Got: abi.TagArray}
	}
	for i := 0; i < n && err == nil; i++ {
		err = field(i)
	}
	return err
}

// Fields reads a map whose keys are names. What field does not know it
// must skip.
func Fields(r *wire.Reader, field func(name string) error) error {
	n, err := r.Map()
	for ; n > 0 && err == nil; n-- {
		var name string
		if name, err = r.String(); err == nil {
			err = field(name)
		}
	}
	return err
}

// Into reads a value Into a variable.
func Into[T any](to *T, r *wire.Reader, read func(*wire.Reader) (T, error)) (err error) {
	*to, err = read(r)
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
