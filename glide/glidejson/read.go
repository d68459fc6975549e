package glidejson

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// readOptional reads a value that may be nil.
func readOptional[T any](value func(*wire.Reader) (T, error)) func(*wire.Reader) (glide.Optional[T], error) {
	return decode.Maybe(value, glide.Some[T])
}

// readMatches reads the matches of a JSONPath, which may be of other types than
// the command requires. A key that does not exist is nil with valkey-json, and
// then there are none.
func readMatches[T any](value func(*wire.Reader) (T, error)) func(*wire.Reader) ([]glide.Optional[T], error) {
	return decode.ZeroIfNil(decode.Slice(readOptional(value)))
}

// readJSON reads JSON text into a Go value.
func readJSON[T any](r *wire.Reader) (value T, err error) {
	text, err := r.View()
	if err == nil {
		err = unmarshal(text, &value)
	}
	return value, err
}

// unmarshal decodes JSON. Its error says what does not fit, but not the value.
func unmarshal[T any](text []byte, value *T) error {
	err := json.Unmarshal(text, value)
	if err == nil {
		return nil
	}
	want := "JSON for a " + reflect.TypeFor[T]().String()
	var unfit *json.UnmarshalTypeError
	if errors.As(err, &unfit) && unfit.Field != "" {
		want += fmt.Sprintf(", whose field %s is a %s,", unfit.Field, unfit.Type)
	}
	return &wire.TypeError{Want: want, Got: abi.TagString}
}

var (
	readOptionalInt     = readOptional(decode.Int)
	readIntMatches      = readMatches(decode.Int)
	readOptionalStrings = readOptional(decode.Strings)
	readStringsMatches  = readMatches(decode.Strings)
)

// readNumbers reads numbers: JSON text with RESP2 and from valkey-json, an
// array with RESP3.
func readNumbers(r *wire.Reader) ([]glide.Optional[float64], error) {
	if r.Kind() == abi.TagArray {
		return readMatches(decode.Float)(r)
	}
	return readJSON[[]glide.Optional[float64]](r)
}

// readNumber is readNumbers of a legacy path. A value that is not a number is
// an error message with RESP2, and nil with RESP3: both become the same error.
func readNumber(r *wire.Reader) (float64, error) {
	if r.Kind() != abi.TagArray {
		return readJSON[float64](r)
	}
	if err := decode.ArrayOf(r, 1); err != nil {
		return 0, err
	}
	if r.Nil() {
		return 0, &wire.ServerError{Code: "ERR", Message: "Path does not exist or does not contains a number"}
	}
	return r.Float()
}

// readTypes reads names of types. With RESP3 RedisJSON puts what it returns
// with RESP2 in an array.
func readTypes(r *wire.Reader) (none glide.Optional[[]string], err error) {
	if r.Nil() {
		return none, nil
	}
	n, err := r.Array()
	if err != nil {
		return none, err
	}
	if n == 1 && r.Kind() != abi.TagString {
		return readOptionalStrings(r)
	}
	types := make([]string, n)
	for i := range types {
		if types[i], err = r.String(); err != nil {
			return none, err
		}
	}
	return glide.Some(types), nil
}

// readType is readTypes of a legacy path.
func readType(r *wire.Reader) (glide.Optional[string], error) {
	if r.Kind() == abi.TagArray {
		if err := decode.ArrayOf(r, 1); err != nil {
			return glide.None[string](), err
		}
	}
	return readOptional(decode.String)(r)
}

// readToggled reads booleans. The core has made them of numbers.
var readToggled = readMatches(decode.Bool)

// readPopped reads elements. A key that does not exist is an error.
func readPopped[T any](r *wire.Reader) ([]glide.Optional[T], error) {
	return readMatches(readJSON[T])(r)
}

// readRESP reads the reply of JSON.RESP. A number with a fraction is its
// text with RESP2 and a double with RESP3: it is made the text.
func readRESP(r *wire.Reader) (any, error) {
	value, err := r.Any()
	return withoutDoubles(value), err
}

func withoutDoubles(value any) any {
	switch value := value.(type) {
	case float64:
		text, err := json.Marshal(value)
		if err != nil {
			return strconv.FormatFloat(value, 'g', -1, 64) // no document has such a number
		}
		return string(text)
	case []any:
		for i := range value {
			value[i] = withoutDoubles(value[i])
		}
	}
	return value
}

// readRESPs is readRESP of what a JSONPath matches.
var readRESPs = decode.ZeroIfNil(decode.Slice(readRESP))
