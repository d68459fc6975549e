package glide

import (
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

// The readers that commands share, made once.
var (
	readOptionalString  = readOptional(readString)
	readOptionalBytes   = readOptional(readBytes)
	readStrings         = readSlice(readString)
	readOptionalStrings = readSlice(readOptionalString)
)
