package glide

import (
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide/internal/resp"
)

// How replies are read. A reader gives a command's result, or the error that
// the reply is of another type.

func readOK(r *resp.Reader) (struct{}, error) { return struct{}{}, r.OK() }

func readString(r *resp.Reader) (string, error) { return r.String() }

func readBytes(r *resp.Reader) ([]byte, error) { return r.Bytes() }

func readInt(r *resp.Reader) (int64, error) { return r.Int() }

func readFloat(r *resp.Reader) (float64, error) { return r.Float() }

func readBool(r *resp.Reader) (bool, error) { return r.Bool() }

// readDuration reads a whole number of a unit.
func readDuration(unit time.Duration) func(*resp.Reader) (time.Duration, error) {
	return func(r *resp.Reader) (time.Duration, error) {
		n, err := r.Int()
		return durationOf(n, unit), err
	}
}

// readUnixSeconds reads a time.
func readUnixSeconds(r *resp.Reader) (time.Time, error) {
	n, err := r.Int()
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(n, 0), nil
}

// readUnixMilliseconds reads a time.
func readUnixMilliseconds(r *resp.Reader) (time.Time, error) {
	n, err := r.Int()
	if err != nil {
		return time.Time{}, err
	}
	return time.UnixMilli(n), nil
}

// readDone reads OK as true and nil as false: whether a condition held.
func readDone(r *resp.Reader) (bool, error) {
	if r.Nil() {
		return false, nil
	}
	return true, r.OK()
}

// readOptional reads a value that may be nil.
func readOptional[T any](read func(*resp.Reader) (T, error)) func(*resp.Reader) (Optional[T], error) {
	return func(r *resp.Reader) (Optional[T], error) {
		if r.Nil() {
			return None[T](), nil
		}
		value, err := read(r)
		return Optional[T]{value, err == nil}, err
	}
}

// readSlice reads an array or set.
func readSlice[T any](read func(*resp.Reader) (T, error)) func(*resp.Reader) ([]T, error) {
	return func(r *resp.Reader) ([]T, error) {
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

// readMap reads a map whose keys are names and whose order means nothing.
func readMap[T any](read func(*resp.Reader) (T, error)) func(*resp.Reader) (map[string]T, error) {
	return func(r *resp.Reader) (map[string]T, error) {
		m := map[string]T{}
		err := readFields(r, func(name string) (err error) {
			m[name], err = read(r)
			return err
		})
		if err != nil {
			return nil, err
		}
		return m, nil
	}
}

// readArrayOf reads the beginning of an array of exactly so many values.
func readArrayOf(r *resp.Reader, n int) error {
	got, err := r.Array()
	if err == nil && got != n {
		err = &resp.TypeError{Want: fmt.Sprintf("an array of %d", n), Got: resp.Array}
	}
	return err
}

// readRow reads an array of values that mean something by their places; newer
// servers may add some. It calls field for each, which must read or skip it.
func readRow(r *resp.Reader, least int, field func(i int) error) error {
	n, err := r.Array()
	if err == nil && n < least {
		err = &resp.TypeError{Want: fmt.Sprintf("an array of %d or more", least), Got: resp.Array}
	}
	for i := 0; i < n && err == nil; i++ {
		err = field(i)
	}
	return err
}

// readFields reads a map whose keys are names. What field does not know it
// must skip.
func readFields(r *resp.Reader, field func(name string) error) error {
	n, err := r.Map()
	for ; n > 0 && err == nil; n-- {
		var name string
		if name, err = r.String(); err == nil {
			err = field(name)
		}
	}
	return err
}

// into reads a value into a variable.
func into[T any](to *T, r *resp.Reader, read func(*resp.Reader) (T, error)) (err error) {
	*to, err = read(r)
	return err
}

// The readers that commands share, made once.
var (
	readOptionalString     = readOptional(readString)
	readOptionalBytes      = readOptional(readBytes)
	readOptionalInt        = readOptional(readInt)
	readSeconds            = readDuration(time.Second)
	readMilliseconds       = readDuration(time.Millisecond)
	readMicroseconds       = readDuration(time.Microsecond)
	readBools              = readSlice(readBool)
	readOptionalFloat      = readOptional(readFloat)
	readStrings            = readSlice(readString)
	readInts               = readSlice(readInt)
	readOptionalStrings    = readSlice(readOptionalString)
	readOptionalByteSlices = readSlice(readOptionalBytes)
	readOptionalFloats     = readSlice(readOptionalFloat)
)
