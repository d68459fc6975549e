package glide

import (
	"strings"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Replies are decoded by package decode; this file adds what concerns the types
// of this package.

// readOptional reads a value that may be nil.
func readOptional[T any](value func(*wire.Reader) (T, error)) func(*wire.Reader) (Optional[T], error) {
	return decode.Maybe(value, Some[T])
}

// The readers of optional values that commands share, made once.
var (
	readOptionalString     = readOptional(decode.String)
	readOptionalBytes      = readOptional(decode.Bytes)
	readOptionalInt        = readOptional(decode.Int)
	readOptionalFloat      = readOptional(decode.Float)
	readOptionalStrings    = decode.Slice(readOptionalString)
	readOptionalByteSlices = decode.Slice(readOptionalBytes)
	readOptionalFloats     = decode.Slice(readOptionalFloat)
)

// readText reads a text and parses it.
func readText[T any](r *wire.Reader, parse func(string) (T, error)) (value T, err error) {
	text, err := r.String()
	if err != nil {
		return value, err
	}
	return parse(text)
}

// readLines reads a text of which each line is parsed.
func readLines[T any](parse func(line string) (T, error)) func(*wire.Reader) ([]T, error) {
	return func(r *wire.Reader) ([]T, error) {
		return readText(r, func(text string) ([]T, error) {
			values := []T{}
			for line := range strings.Lines(text) {
				value, err := parse(line)
				if err != nil {
					return nil, err
				}
				values = append(values, value)
			}
			return values, nil
		})
	}
}

// readOptionalUnless reads a value that stands for none if absent says so.
func readOptionalUnless[T any](read func(*wire.Reader) (T, error), absent func(T) bool) func(*wire.Reader) (Optional[T], error) {
	return func(r *wire.Reader) (Optional[T], error) {
		value, err := read(r)
		if err != nil || absent(value) {
			return None[T](), err
		}
		return Some(value), nil
	}
}
