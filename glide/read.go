package glide

import (
	"github.com/valkey-glide/go/glide/internal/read"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// How replies are read is in the package read, but for what is of this
// package's own types.

// readOptional reads a value that may be nil.
func readOptional[T any](value func(*wire.Reader) (T, error)) func(*wire.Reader) (Optional[T], error) {
	return read.Maybe(value, Some[T])
}

// The readers of optional values that commands share, made once.
var (
	readOptionalString     = readOptional(read.String)
	readOptionalBytes      = readOptional(read.Bytes)
	readOptionalInt        = readOptional(read.Int)
	readOptionalFloat      = readOptional(read.Float)
	readOptionalStrings    = read.Slice(readOptionalString)
	readOptionalByteSlices = read.Slice(readOptionalBytes)
	readOptionalFloats     = read.Slice(readOptionalFloat)
)
