package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// How replies are read is in the package read, but for what is of this
// package's own types.

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
