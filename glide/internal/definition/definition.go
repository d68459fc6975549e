// Package definition is the vocabulary for defining commands: those of package
// glide, and those of modules in the packages next to it.
package definition

import (
	"math"
	"strconv"
	"time"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// A Command is the one definition of a command: its words and how its reply
// is read. Every face runs the same definition.
type Command[T any] struct {
	Words *engine.Words
	Read  func(*wire.Reader) (T, error)
	// Blocks: the command may wait on the server.
	Blocks bool
	// Dedicated: it is of use on a dedicated connection only.
	Dedicated bool
	// Refusal is what is wrong with the arguments, or empty; such a command is
	// not sent.
	Refusal string
}

// New begins a command. A name of two words is sent as two.
func New[T any](name string, read func(*wire.Reader) (T, error)) Command[T] {
	return Command[T]{Words: engine.NewWords(name), Read: read}
}

// Key appends a key.
func (c Command[T]) Key(key string) Command[T] {
	c.Words.Key(key)
	return c
}

// Keys appends keys, of which there must be some.
func (c Command[T]) Keys(keys []string) Command[T] {
	if len(keys) == 0 {
		return c.Refuse("no keys")
	}
	for _, key := range keys {
		c.Words.Key(key)
	}
	return c
}

// CountedKeys appends the number of keys and the keys, of which there must be
// some.
func (c Command[T]) CountedKeys(keys []string) Command[T] {
	return c.Integer(int64(len(keys))).Keys(keys)
}

// KeysAndArgs appends what a script or function is given. It may be given no
// keys.
func (c Command[T]) KeysAndArgs(keys, args []string) Command[T] {
	if len(keys) == 0 {
		return c.Integer(0).Args(args)
	}
	return c.CountedKeys(keys).Args(args)
}

// Pairs appends keys and their values, of which there must be some. Their
// order is the map's: none.
func (c Command[T]) Pairs(values map[string]string) Command[T] {
	if len(values) == 0 {
		return c.Refuse("no keys")
	}
	for key, value := range values {
		c.Words.Key(key)
		c.Words.String(value)
	}
	return c
}

// Arg appends a word.
func (c Command[T]) Arg(arg string) Command[T] {
	c.Words.String(arg)
	return c
}

// Args appends words.
func (c Command[T]) Args(args []string) Command[T] {
	for _, arg := range args {
		c.Words.String(arg)
	}
	return c
}

// Some appends words, of which there must be some; what says what they are.
func (c Command[T]) Some(what string, args []string) Command[T] {
	if len(args) == 0 {
		c = c.Refuse("no " + what)
	}
	return c.Args(args)
}

// Count appends how many at most, which is not negative.
func (c Command[T]) Count(count int64) Command[T] {
	if count < 0 {
		c = c.Refuse("negative count")
	}
	return c.Integer(count)
}

// Integer appends a number.
func (c Command[T]) Integer(i int64) Command[T] {
	c.Words.Int(i)
	return c
}

// Float appends a number.
func (c Command[T]) Float(f float64) Command[T] {
	c.Words.Float(f)
	return c
}

// Number appends a number, which must be one: NaN is refused as what it is.
func (c Command[T]) Number(f float64, what string) Command[T] {
	if math.IsNaN(f) {
		c = c.Refuse(what + " that is not a number")
	}
	return c.Float(f)
}

// Choice appends one of two words.
func (c Command[T]) Choice(yes bool, word, otherwise string) Command[T] {
	if yes {
		return c.Arg(word)
	}
	return c.Arg(otherwise)
}

// Timeout appends how long the server is to wait at most, in milliseconds.
func (c Command[T]) Timeout(d time.Duration) Command[T] {
	if d < 0 {
		return c.Refuse("negative timeout")
	}
	return c.Integer(Milliseconds(d))
}

// Seconds appends how long the server is to wait at most, in seconds with
// decimals: to the millisecond, rounded up. 0 is forever.
func (c Command[T]) Seconds(d time.Duration) Command[T] {
	if d < 0 {
		return c.Refuse("negative timeout")
	}
	whole := int64(d / time.Millisecond)
	if d%time.Millisecond > 0 {
		whole++
	}
	return c.Arg(strconv.FormatFloat(float64(whole)/1000, 'f', -1, 64))
}

// Refuse says what is wrong with the arguments. The first word counts.
func (c Command[T]) Refuse(detail string) Command[T] {
	if c.Refusal == "" {
		c.Refusal = detail
	}
	return c
}

// Blocking says that the server may take its time, so much if it is known: the
// client's request timeout does not bound the call but from then on, and it
// has a connection for itself.
func (c Command[T]) Blocking(timeout time.Duration) Command[T] {
	c.Blocks = true
	c.Words.SetWait(timeout)
	return c
}

// OnDedicated says that the command is about what its own connection did.
func (c Command[T]) OnDedicated() Command[T] {
	c.Dedicated = true
	return c
}

// Milliseconds is a duration in the unit of many commands; what is below one
// counts as one, so that no positive duration becomes none.
func Milliseconds(d time.Duration) int64 {
	if d > 0 && d < time.Millisecond {
		return 1
	}
	return d.Milliseconds()
}
