package wire

import (
	"encoding/binary"
	"math"

	"github.com/valkey-glide/go/glide/internal/abi"
)

// AppendAny appends a value as Any returns it, in the form in which a reply
// crosses the boundary. It reports whether Any returns such values. The string OK
// is the status, which is a string for those who read one.
func AppendAny(b []byte, value any) ([]byte, bool) {
	switch value := value.(type) {
	case nil:
		return append(b, byte(abi.TagNil)), true
	case bool:
		if value {
			return append(b, byte(abi.TagTrue)), true
		}
		return append(b, byte(abi.TagFalse)), true
	case int64:
		return binary.LittleEndian.AppendUint64(append(b, byte(abi.TagInteger)), uint64(value)), true
	case float64:
		return binary.LittleEndian.AppendUint64(append(b, byte(abi.TagDouble)), math.Float64bits(value)), true
	case string:
		return appendAnyString(b, value)
	case []byte:
		return appendAnyString(b, string(value))
	case []any:
		b, ok := appendCount(b, abi.TagArray, len(value))
		for _, item := range value {
			if ok {
				b, ok = AppendAny(b, item)
			}
		}
		return b, ok
	case map[string]any:
		b, ok := appendCount(b, abi.TagMap, len(value))
		for key, item := range value {
			if ok {
				b, ok = appendAnyString(b, key)
			}
			if ok {
				b, ok = AppendAny(b, item)
			}
		}
		return b, ok
	}
	return b, false
}

func appendAnyString(b []byte, s string) ([]byte, bool) {
	if s == "OK" {
		return append(b, byte(abi.TagOK)), true
	}
	b, ok := appendCount(b, abi.TagString, len(s))
	return append(b, s...), ok
}

func appendCount(b []byte, kind abi.Tag, n int) ([]byte, bool) {
	return binary.LittleEndian.AppendUint32(append(b, byte(kind)), uint32(n)), n <= math.MaxUint32
}
