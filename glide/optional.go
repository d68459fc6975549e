package glide

import "encoding/json"

// Optional is a value that may be missing, as the value of a key that does
// not exist is. A missing value is no error.
type Optional[T any] struct {
	value   T
	present bool
}

// Some is a value that is there.
func Some[T any](value T) Optional[T] { return Optional[T]{value, true} }

// None is a missing value.
func None[T any]() Optional[T] { return Optional[T]{} }

// IsNil reports whether the value is missing.
func (o Optional[T]) IsNil() bool { return !o.present }

// Value gives the value; of a missing one it gives T's zero value.
func (o Optional[T]) Value() T { return o.value }

// Get gives the value and whether it is there.
func (o Optional[T]) Get() (value T, ok bool) { return o.value, o.present }

// Or gives the value, or the other one where it is missing.
func (o Optional[T]) Or(other T) T {
	if o.present {
		return o.value
	}
	return other
}

// MarshalJSON writes the value, or null where it is missing.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	if !o.present {
		return []byte("null"), nil
	}
	return json.Marshal(o.value)
}

// UnmarshalJSON reads a value; null is a missing one.
func (o *Optional[T]) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*o = Optional[T]{}
		return nil
	}
	o.present = true
	return json.Unmarshal(data, &o.value)
}
