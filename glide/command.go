package glide

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"github.com/valkey-glide/go/glide/internal/definition"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// A command is the one definition of a command: see the package definition.
type command[T any] = definition.Command[T]

// newCommand begins a command. A name of two words is sent as two.
func newCommand[T any](name string, read func(*wire.Reader) (T, error)) command[T] {
	return definition.New(name, read)
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
	// hold is that on the connection where all commands go instead, if there
	// is one.
	session *session
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
	name := cmd.Words.Name()
	switch {
	case cmd.Refusal != "":
		err = invalid(name, cmd.Refusal)
	case c.err != nil:
		err = c.err
	case ctx == nil:
		err = invalid(name, "nil context")
	case c.engine == nil:
		err = errNotMade(name)
	case cmd.Dedicated && c.session == nil:
		err = invalid(name, "it is about its own connection: it takes Dedicated")
	default:
		if c.session != nil {
			if cmd, err = on(ctx, c, cmd); err != nil {
				break
			}
		} else if cmd.Blocks {
			cmd.Words.SetDedicated()
		}
		c.direct(cmd.Words)
		if result, err = engine.Run(ctx, c.engine, cmd.Words, cmd.Blocks, cmd.Read); err != nil {
			var none T
			result, err = none, operationError(name, err)
			if c.session != nil {
				err = elsewhere(err)
				if ended := c.session.ended(name); ended != nil {
					err = ended
				}
			}
			if errors.Is(err, ErrTimeout) && c.route.Kind == engine.NodeAddress {
				err = &failure{name, fmt.Sprintf("%s:%d may be no node of the cluster", c.route.Host, c.route.Port), []error{ErrTimeout, err}}
			}
		}
	}
	cmd.Words.Release()
	return result, err
}

// errNotMade is the error of a client that was not created by this package.
func errNotMade(operation string) error {
	return &failure{operation, "it was not made by NewClient or NewClusterClient", []error{ErrClosed}}
}

// runOK runs a command whose reply says nothing but that it was done.
func runOK(ctx context.Context, c commands, cmd command[struct{}]) error {
	_, err := run(ctx, c, cmd)
	return err
}

// View returns bytes as a string without copying them, to be passed as a key
// or value: client.Set(ctx, key, glide.View(data)). The bytes must not be
// changed until the call has returned, and the string not to be kept.
func View(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
