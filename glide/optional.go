package glide

import (
	"encoding/json"
	"fmt"
)

// Optional is a value that may be missing, such as the value of a key that
// does not exist. A missing value is not an error.
//
//	if name, ok := o.Get(); ok {
//		fmt.Println(name)
//	}
//
// The verb %v prints the value, or <nil> if it is missing.
type Optional[T any] struct {
	value   T
	present bool
}

// Some returns an Optional with a value.
func Some[T any](value T) Optional[T] { return Optional[T]{value, true} }

// None returns an Optional without a value.
func None[T any]() Optional[T] { return Optional[T]{} }

// IsNil reports whether the value is missing.
func (o Optional[T]) IsNil() bool { return !o.present }

// Value returns the value, or the zero value of T if it is missing.
func (o Optional[T]) Value() T { return o.value }

// Get returns the value and reports whether it exists.
func (o Optional[T]) Get() (value T, ok bool) { return o.value, o.present }

// Or returns the value, or other if it is missing.
func (o Optional[T]) Or(other T) T {
	if o.present {
		return o.value
	}
	return other
}

// OrErr returns the value, or err if it is missing.
func (o Optional[T]) OrErr(err error) (T, error) {
	if o.present {
		return o.value, nil
	}
	return o.value, err
}

// String returns the value as [fmt.Sprint] formats it, bytes as a string, or
// "<nil>" if it is missing.
func (o Optional[T]) String() string {
	content := o.content()
	if b, ok := content.([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(content)
}

// content returns the value, or nil if it is missing.
func (o Optional[T]) content() any {
	if o.present {
		return o.value
	}
	return nil
}

// MarshalJSON encodes the value, or null if it is missing.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	if !o.present {
		return []byte("null"), nil
	}
	return json.Marshal(o.value)
}

// UnmarshalJSON decodes a value; null is a missing value.
func (o *Optional[T]) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*o = Optional[T]{}
		return nil
	}
	o.present = true
	return json.Unmarshal(data, &o.value)
}
