package glide

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unsafe"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/resp"
)

// A command is the one definition of a command: its words and how its reply
// is read. Every face runs the same definition.
type command[T any] struct {
	words *engine.Words
	read  func(*resp.Reader) (T, error)
	limit engine.Limit
	// err is what is wrong with the arguments; such a command is not sent.
	err error
}

// newCommand begins a command. A name of two words is sent as two.
func newCommand[T any](name string, read func(*resp.Reader) (T, error)) command[T] {
	return command[T]{words: engine.NewWords(name), read: read}
}

// key appends a key.
func (c command[T]) key(key string) command[T] {
	c.words.Key(key)
	return c
}

// keys appends keys, of which there must be some.
func (c command[T]) keys(keys []string) command[T] {
	if len(keys) == 0 {
		return c.refuse("no keys")
	}
	for _, key := range keys {
		c.words.Key(key)
	}
	return c
}

// countedKeys appends the number of keys and the keys, of which there must be
// some.
func (c command[T]) countedKeys(keys []string) command[T] {
	return c.integer(int64(len(keys))).keys(keys)
}

// pairs appends keys and their values, of which there must be some. Their
// order is the map's: none.
func (c command[T]) pairs(values map[string]string) command[T] {
	if len(values) == 0 {
		return c.refuse("no keys")
	}
	for key, value := range values {
		c.words.Key(key)
		c.words.String(value)
	}
	return c
}

// arg appends a word.
func (c command[T]) arg(arg string) command[T] {
	c.words.String(arg)
	return c
}

// args appends words.
func (c command[T]) args(args []string) command[T] {
	for _, arg := range args {
		c.words.String(arg)
	}
	return c
}

// some appends words, of which there must be some; what says what they are.
func (c command[T]) some(what string, args []string) command[T] {
	if len(args) == 0 {
		c = c.refuse("no " + what)
	}
	return c.args(args)
}

// count appends how many at most, which is not negative.
func (c command[T]) count(count int64) command[T] {
	if count < 0 {
		c = c.refuse("negative count")
	}
	return c.integer(count)
}

// integer appends a number.
func (c command[T]) integer(i int64) command[T] {
	c.words.Int(i)
	return c
}

// float appends a number.
func (c command[T]) float(f float64) command[T] {
	c.words.Float(f)
	return c
}

// number appends a number, which must be one: NaN is refused as what it is.
func (c command[T]) number(f float64, what string) command[T] {
	if math.IsNaN(f) {
		c = c.refuse(what + " that is not a number")
	}
	return c.float(f)
}

// choice appends one of two words.
func (c command[T]) choice(yes bool, word, otherwise string) command[T] {
	if yes {
		return c.arg(word)
	}
	return c.arg(otherwise)
}

// timeout appends how long the server is to wait at most, in milliseconds.
func (c command[T]) timeout(d time.Duration) command[T] {
	if d < 0 {
		return c.refuse("negative timeout")
	}
	return c.integer(milliseconds(d))
}

// seconds appends how long the server is to wait at most, in seconds with
// decimals: to the millisecond, rounded up. 0 is for ever.
func (c command[T]) seconds(d time.Duration) command[T] {
	if d < 0 {
		return c.refuse("negative timeout")
	}
	whole := int64(d / time.Millisecond)
	if d%time.Millisecond > 0 {
		whole++
	}
	return c.arg(strconv.FormatFloat(float64(whole)/1000, 'f', -1, 64))
}

// refuse says what is wrong with the arguments. The first word counts.
func (c command[T]) refuse(detail string) command[T] {
	if c.err == nil {
		c.err = invalid(c.words.Name(), detail)
	}
	return c
}

// blocking says that the server may take its time: the client's request
// timeout does not bound the call.
func (c command[T]) blocking() command[T] {
	c.limit = engine.Unbounded
	return c
}

// commands are the commands that every client has.
type commands struct {
	engine *engine.Client
	// cluster: each command goes to a node of its keys' slot.
	cluster bool
	// route is where all commands go instead, if it says so, and err what is
	// wrong with it.
	route engine.Route
	err   error
}

// direct sets where in a cluster a command goes. One with keys of several
// slots is left to the core, which splits it if it can be.
func (c commands) direct(words *engine.Words) {
	switch {
	case c.route.Kind != engine.ByCommand:
		words.SetRoute(c.route)
	case c.cluster:
		if slot := engine.SlotOf(words.Keys()); slot >= 0 {
			words.SetRoute(engine.Route{Kind: engine.Slot, Slot: uint16(slot)})
		}
	}
}

// serverCommands are the commands that make sense where it is one server that
// answers.
type serverCommands struct{ commands }

// run runs a command on a client.
func run[T any](ctx context.Context, c commands, cmd command[T]) (result T, err error) {
	name := cmd.words.Name()
	switch {
	case cmd.err != nil:
		err = cmd.err
	case c.err != nil:
		err = c.err
	case ctx == nil:
		err = invalid(name, "nil context")
	case c.engine == nil:
		err = errNotMade(name)
	default:
		c.direct(cmd.words)
		if result, err = engine.Run(ctx, c.engine, cmd.words, cmd.limit, cmd.read); err != nil {
			var none T
			result, err = none, operationError(name, err)
			if errors.Is(err, ErrTimeout) && c.route.Kind == engine.NodeAddress {
				err = &failure{name, fmt.Sprintf("%s:%d may be no node of the cluster", c.route.Host, c.route.Port), []error{ErrTimeout, err}}
			}
		}
	}
	cmd.words.Release()
	return result, err
}

// errNotMade is the error of a client that nobody made.
func errNotMade(operation string) error {
	return &failure{operation, "it was not made by NewClient or NewClusterClient", []error{ErrClosed}}
}

// runOK runs a command whose reply says nothing but that it was done.
func runOK(ctx context.Context, c commands, cmd command[struct{}]) error {
	_, err := run(ctx, c, cmd)
	return err
}

// View gives bytes as a string without copying them, to be passed as a key or
// value: client.Set(ctx, key, glide.View(data)). The bytes are not to be
// changed until the call has returned, and the string not to be kept.
func View(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
