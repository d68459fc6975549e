package glide

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	base "github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/pb"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// The types of package internal/command by the names that definitions here have
// for them.
type (
	// A command is the one definition of a command.
	command[T any] = base.Command[T]
	// The arguments of a command are what it sends, with its name.
	arguments = base.Arguments
	// An erasedCommand is a command without its result type.
	erasedCommand = base.Erased
	// A commandReader reads the reply of a command, and an erasedReader does so
	// without its result type.
	commandReader[T any] = base.Reader[T]
	erasedReader         = base.AnyReader
)

// named begins a command. A name of two words is sent as two.
func named(name string) arguments { return base.Named(name) }

// newCommand returns the command that sends the arguments and whose reply read
// decodes.
func newCommand[T any](to arguments, read func(*wire.Reader) (T, error)) command[T] {
	return base.New(to, read)
}

// commands are the commands that every client has.
type commands struct {
	engine *engine.Client
	// cluster: each command goes to a node of its keys' slot.
	cluster bool
	// route is where all commands go instead, if it says so, and err what is
	// wrong with it.
	route wire.Route
	err   error
	// session is that of the dedicated connection on which all commands run, if
	// there is one.
	session *session
	// hooks are called before and after each operation, if there are any.
	hooks *hooks
}

// direct sets where in a cluster a command goes. One with keys of several
// slots is left to the core, which splits it if it can be.
func (c commands) direct(request *wire.Request) {
	switch {
	case c.route.Kind != wire.ByCommand:
		request.SetRoute(c.route)
	case c.cluster && c.session != nil:
		if route := c.session.routeBy(request.Keys()); route.Kind != wire.ByCommand {
			request.SetRoute(route)
		}
	case c.cluster:
		if slot := engine.SlotOf(request.Keys()); slot >= 0 {
			request.SetRoute(wire.Route{Kind: wire.Slot, Slot: uint16(slot)})
		}
	}
}

// serverCommands are the commands that make sense where it is one server that
// answers.
type serverCommands struct{ commands }

// run runs a command on a client, and calls the client's hooks.
func run[T any](ctx context.Context, c commands, cmd command[T]) (T, error) {
	if c.hooks != nil {
		return runHooked(ctx, c, cmd)
	}
	result, _, err := runUnhooked(ctx, c, cmd)
	return result, err
}

// runUnhooked runs a command, and releases its request. It also returns how that went,
// if there are hooks.
func runUnhooked[T any](ctx context.Context, c commands, cmd command[T]) (result T, ran ran, err error) {
	name := cmd.Request.Name()
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
		err = invalid(name, "it changes the state of its connection: use Dedicated")
	default:
		if c.session != nil {
			if cmd, err = on(ctx, c, cmd); err != nil {
				break
			}
		} else if cmd.Blocks {
			cmd.Request.SetDedicated()
		}
		if c.hooks != nil {
			cmd.Request.SetTimed()
		}
		c.direct(cmd.Request)
		if result, err = engine.Run(ctx, c.engine, cmd.Request, cmd.Blocks, cmd.Read); err != nil {
			var none T
			result, err = none, operationError(name, err)
			if c.session != nil {
				err = elsewhere(err)
				if ended := c.session.ended(name); ended != nil {
					err = ended
				}
			}
			if errors.Is(err, ErrTimeout) && c.route.Kind == wire.NodeAddress {
				err = &failure{name, fmt.Sprintf("%s:%d may be no node of the cluster", c.route.Host, c.route.Port), []error{ErrTimeout, err}}
			}
		}
	}
	ran.begun, ran.trace = cmd.Request.Begun(), cmd.Request.Trace()
	cmd.Request.Release() // not before: a session may have put another in its place
	return result, ran, err
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

// messageCommand begins a request that is not a command of the server's but a
// message of the library's.
func messageCommand[T any](name string, message *pb.Request, read func(*wire.Reader) (T, error)) command[T] {
	request, err := wire.Marshal(name, message)
	cmd := arguments{Sent: base.Sent{Request: request}}
	if err != nil {
		cmd = cmd.Refuse("text that is not UTF-8")
	}
	return newCommand(cmd, read)
}
