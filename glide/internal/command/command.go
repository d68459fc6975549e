// Package command defines what a command is: its request and how its reply is
// decoded. Package glide defines the commands of servers with it, and the
// packages next to it those of modules.
//
// A definition begins with [New] and appends its arguments one after the other:
//
//	command.New("GETRANGE", decode.String).Key(key).Integer(start).Integer(end)
package command

import (
	"math"
	"strconv"
	"time"

	"github.com/valkey-glide/go/glide/internal/wire"
)

// A Command is the one definition of a command. Clients run it, and batches
// queue it.
type Command[T any] struct {
	Request *wire.Request
	Read    func(*wire.Reader) (T, error)
	// Blocks reports that the command may wait on the server.
	Blocks bool
	// Dedicated reports that the command only works on a dedicated connection.
	Dedicated bool
	// Refusal is what is wrong with the arguments, or empty. A refused command
	// is not sent.
	Refusal string
}

// New begins a command. A name of two words is sent as two.
func New[T any](name string, read func(*wire.Reader) (T, error)) Command[T] {
	return Command[T]{Request: wire.NewRequest(name), Read: read}
}

// Key appends a key.
func (c Command[T]) Key(key string) Command[T] {
	c.Request.Key(key)
	return c
}

// Keys appends keys, of which there must be some.
func (c Command[T]) Keys(keys []string) Command[T] {
	if len(keys) == 0 {
		return c.Refuse("no keys")
	}
	for _, key := range keys {
		c.Request.Key(key)
	}
	return c
}

// CountedKeys appends the number of keys and the keys, of which there must be
// some.
func (c Command[T]) CountedKeys(keys []string) Command[T] {
	return c.Integer(int64(len(keys))).Keys(keys)
}

// KeysAndArgs appends the keys and arguments of a script or function. There may
// be no keys.
func (c Command[T]) KeysAndArgs(keys, args []string) Command[T] {
	if len(keys) == 0 {
		return c.Integer(0).Args(args)
	}
	return c.CountedKeys(keys).Args(args)
}

// Pairs appends keys and their values, of which there must be some, in the
// random order of the map.
func (c Command[T]) Pairs(values map[string]string) Command[T] {
	if len(values) == 0 {
		return c.Refuse("no keys")
	}
	for key, value := range values {
		c.Request.Key(key)
		c.Request.String(value)
	}
	return c
}

// Arg appends an argument.
func (c Command[T]) Arg(arg string) Command[T] {
	c.Request.String(arg)
	return c
}

// Args appends arguments.
func (c Command[T]) Args(args []string) Command[T] {
	for _, arg := range args {
		c.Request.String(arg)
	}
	return c
}

// NonEmpty appends arguments, of which there must be some. what says what they
// are.
func (c Command[T]) NonEmpty(what string, args []string) Command[T] {
	if len(args) == 0 {
		c = c.Refuse("no " + what)
	}
	return c.Args(args)
}

// Count appends a maximum number, which must not be negative.
func (c Command[T]) Count(count int64) Command[T] {
	if count < 0 {
		c = c.Refuse("negative count")
	}
	return c.Integer(count)
}

// Integer appends an integer.
func (c Command[T]) Integer(i int64) Command[T] {
	c.Request.Int(i)
	return c
}

// Float appends a number.
func (c Command[T]) Float(f float64) Command[T] {
	c.Request.Float(f)
	return c
}

// NotNaN appends a number, and refuses NaN as what it is.
func (c Command[T]) NotNaN(f float64, what string) Command[T] {
	if math.IsNaN(f) {
		c = c.Refuse(what + " that is not a number")
	}
	return c.Float(f)
}

// EitherOr appends one of two words.
func (c Command[T]) EitherOr(yes bool, word, otherwise string) Command[T] {
	if yes {
		return c.Arg(word)
	}
	return c.Arg(otherwise)
}

// Timeout appends how long the server waits at most, in milliseconds.
func (c Command[T]) Timeout(d time.Duration) Command[T] {
	if d < 0 {
		return c.Refuse("negative timeout")
	}
	return c.Integer(Milliseconds(d))
}

// Seconds appends how long the server waits at most, in seconds with decimals,
// rounded up to a millisecond. 0 means forever.
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

// Refuse sets what is wrong with the arguments. Only the first call has an
// effect.
func (c Command[T]) Refuse(detail string) Command[T] {
	if c.Refusal == "" {
		c.Refusal = detail
	}
	return c
}

// Blocking marks a command that waits on the server, for at most the timeout; 0
// means forever. It runs on a dedicated connection, and the client's request
// timeout is added to its own.
func (c Command[T]) Blocking(timeout time.Duration) Command[T] {
	c.Blocks = true
	c.Request.SetWait(timeout)
	return c
}

// OnDedicated marks a command whose effect depends on its connection.
func (c Command[T]) OnDedicated() Command[T] {
	c.Dedicated = true
	return c
}

// Milliseconds returns a duration in milliseconds. A shorter positive duration
// counts as one, so that it does not become 0.
func Milliseconds(d time.Duration) int64 {
	if d > 0 && d < time.Millisecond {
		return 1
	}
	return d.Milliseconds()
}
