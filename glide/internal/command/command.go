// Package command defines what a command is: its request and how its reply is
// decoded. Package glide defines the commands of servers with it, and the
// packages next to it those of modules.
//
// A definition begins with [Named], appends the arguments one after the other,
// and says with [New] how the reply is decoded:
//
//	command.New(command.Named("GETRANGE").Key(key).Integer(start).Integer(end), decode.String)
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
	Sent
	Read func(*wire.Reader) (T, error)
}

// New returns the command that has the arguments and whose reply read decodes.
func New[T any](arguments Arguments, read func(*wire.Reader) (T, error)) Command[T] {
	return Command[T]{arguments.Sent, read}
}

// Sent is what a command sends, and how.
type Sent struct {
	Request *wire.Request
	// Blocks reports that the command may wait on the server.
	Blocks bool
	// Dedicated reports that the command only works on a dedicated connection.
	Dedicated bool
	// Refusal is what is wrong with the arguments, or empty. A refused command
	// is not sent.
	Refusal string
}

// Arguments are what a command sends while it is being defined. Their methods,
// which append to it, do not depend on its result type: so they are compiled once,
// and not for each type.
type Arguments struct{ Sent }

// Named begins a command. A name of two words is sent as two.
func Named(name string) Arguments { return Arguments{Sent{Request: wire.NewRequest(name)}} }

// Key appends a key.
func (a Arguments) Key(key string) Arguments {
	a.Request.Key(key)
	return a
}

// Keys appends keys, of which there must be some.
func (a Arguments) Keys(keys []string) Arguments {
	if len(keys) == 0 {
		return a.Refuse("no keys")
	}
	for _, key := range keys {
		a.Request.Key(key)
	}
	return a
}

// CountedKeys appends the number of keys and the keys, of which there must be
// some.
func (a Arguments) CountedKeys(keys []string) Arguments {
	return a.Integer(int64(len(keys))).Keys(keys)
}

// KeysAndArgs appends the keys and arguments of a script or function. There may
// be no keys.
func (a Arguments) KeysAndArgs(keys, args []string) Arguments {
	if len(keys) == 0 {
		return a.Integer(0).Args(args)
	}
	return a.CountedKeys(keys).Args(args)
}

// Pairs appends keys and their values, of which there must be some, in the
// random order of the map.
func (a Arguments) Pairs(values map[string]string) Arguments {
	if len(values) == 0 {
		return a.Refuse("no keys")
	}
	for key, value := range values {
		a.Request.Key(key)
		a.Request.String(value)
	}
	return a
}

// Arg appends an argument.
func (a Arguments) Arg(arg string) Arguments {
	a.Request.String(arg)
	return a
}

// Args appends arguments.
func (a Arguments) Args(args []string) Arguments {
	for _, arg := range args {
		a.Request.String(arg)
	}
	return a
}

// NonEmpty appends arguments, of which there must be some. what says what they
// are.
func (a Arguments) NonEmpty(what string, args []string) Arguments {
	if len(args) == 0 {
		a = a.Refuse("no " + what)
	}
	return a.Args(args)
}

// Count appends a maximum number, which must not be negative.
func (a Arguments) Count(count int64) Arguments {
	if count < 0 {
		a = a.Refuse("negative count")
	}
	return a.Integer(count)
}

// Integer appends an integer.
func (a Arguments) Integer(i int64) Arguments {
	a.Request.Int(i)
	return a
}

// Float appends a number.
func (a Arguments) Float(f float64) Arguments {
	a.Request.Float(f)
	return a
}

// NotNaN appends a number, and refuses NaN as what it is.
func (a Arguments) NotNaN(f float64, what string) Arguments {
	if math.IsNaN(f) {
		a = a.Refuse(what + " that is not a number")
	}
	return a.Float(f)
}

// EitherOr appends one of two words.
func (a Arguments) EitherOr(yes bool, word, otherwise string) Arguments {
	if yes {
		return a.Arg(word)
	}
	return a.Arg(otherwise)
}

// Timeout appends how long the server waits at most, in milliseconds.
func (a Arguments) Timeout(d time.Duration) Arguments {
	if d < 0 {
		return a.Refuse("negative timeout")
	}
	return a.Integer(Milliseconds(d))
}

// Seconds appends how long the server waits at most, in seconds with decimals,
// rounded up to a millisecond. 0 means forever.
func (a Arguments) Seconds(d time.Duration) Arguments {
	if d < 0 {
		return a.Refuse("negative timeout")
	}
	whole := int64(d / time.Millisecond)
	if d%time.Millisecond > 0 {
		whole++
	}
	return a.Arg(strconv.FormatFloat(float64(whole)/1000, 'f', -1, 64))
}

// Refuse sets what is wrong with the arguments. Only the first call has an
// effect.
func (a Arguments) Refuse(detail string) Arguments {
	if a.Refusal == "" {
		a.Refusal = detail
	}
	return a
}

// Blocking marks a command that waits on the server, for at most the timeout; 0
// means forever. It runs on a dedicated connection, and the client's request
// timeout is added to its own.
func (a Arguments) Blocking(timeout time.Duration) Arguments {
	a.Blocks = true
	a.Request.SetWait(timeout)
	return a
}

// OnDedicated marks a command whose effect depends on its connection.
func (a Arguments) OnDedicated() Arguments {
	a.Dedicated = true
	return a
}

// Milliseconds returns a duration in milliseconds. A shorter positive duration
// counts as one, so that it does not become 0.
func Milliseconds(d time.Duration) int64 {
	if d > 0 && d < time.Millisecond {
		return 1
	}
	return d.Milliseconds()
}
