package command

import (
	"reflect"

	"github.com/valkey-glide/go/glide/internal/wire"
)

// Erased is a Command without its result type.
type Erased struct {
	Sent
	Read AnyReader
}

// Erase returns the command without its result type.
func (c Command[T]) Erase() Erased { return Erased{c.Sent, Reader[T](c.Read)} }

// A Reader reads a reply.
type Reader[T any] func(*wire.Reader) (T, error)

// AnyReader is a Reader without its result type.
type AnyReader interface {
	// Err reads a reply and returns only the error.
	Err(wire.Reader) error
	// Any reads a reply and returns the result as a value of any type.
	Any(wire.Reader) (any, error)
	// TypeName returns the name of the result type.
	TypeName() string
	// Returns reports whether a value is of the result type, or nil if nothing or
	// anything is.
	Returns(value any) bool
}

// Err reads a reply and returns only the error.
func (read Reader[T]) Err(r wire.Reader) error {
	_, err := read(&r)
	return err
}

// Any reads a reply and returns the result as a value of any type.
func (read Reader[T]) Any(r wire.Reader) (any, error) { return read(&r) }

// Returns reports whether a value is of the result type, or nil if nothing or
// anything is.
func (Reader[T]) Returns(value any) bool {
	var none T
	if value == nil {
		return any(none) == nil || any(none) == any(struct{}{})
	}
	_, ok := value.(T)
	return ok
}

// TypeName returns the name of the result type.
func (Reader[T]) TypeName() string { return reflect.TypeFor[T]().String() }
