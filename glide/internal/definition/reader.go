package definition

import (
	"reflect"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Untyped is a Command whose type is forgotten.
type Untyped struct {
	Words   *engine.Words
	Blocks  bool
	Refusal string
	Read    AnyReader
}

// Untyped forgets the type.
func (c Command[T]) Untyped() Untyped {
	return Untyped{c.Words, c.Blocks, c.Refusal, Reader[T](c.Read)}
}

// A Reader reads a reply.
type Reader[T any] func(*wire.Reader) (T, error)

// AnyReader is a Reader whose type is forgotten.
type AnyReader interface {
	// Try reads a reply and returns but the error.
	Try(wire.Reader) error
	// Result names the type.
	Result() string
}

// Try reads a reply and returns but the error.
func (read Reader[T]) Try(r wire.Reader) error {
	_, err := read(&r)
	return err
}

// Result names the type.
func (Reader[T]) Result() string { return reflect.TypeFor[T]().String() }
