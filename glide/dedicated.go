package glide

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	base "github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// DedicatedClient runs commands on a dedicated connection to a server, or to
// one node of a cluster; see [Client.Dedicated]. It is meant for one goroutine.
// Other goroutines may use it too: commands run one after the other, and share
// watched keys and the selected database.
type DedicatedClient struct {
	serverCommands
}

// Dedicated calls use with a dedicated connection, for
// [DedicatedClient.Watch], [DedicatedClient.Wait] and other commands that
// depend on one connection. Changes to the connection, such as the selected
// database, end with the call. Dedicated returns the error of use.
//
// The first command takes the connection. If [Config.DedicatedLimit]
// connections are in use, that command waits for one, within its time. A
// broken connection is not replaced: its commands return [ErrConnectionLost],
// as do all commands after one that timed out or whose context ended.
//
// When use returns or panics, the connection is reused if it is known to be
// clean, and closed otherwise; from then on the [DedicatedClient] returns
// [ErrClosed]. When ctx ends, the connection is closed at once, even while use
// runs.
//
// https://valkey.io/topics/transactions/
func (c *Client) Dedicated(ctx context.Context, use func(c *DedicatedClient) error) error {
	return dedicate(ctx, c.commands, use)
}

// Dedicated calls use with a dedicated connection to one node, like
// [Client.Dedicated]: the primary that serves the keys of the first command, or
// any primary if that has no keys. The connection stays with the node: a
// command with keys of a slot that the node does not serve returns an error
// with the code MOVED. The client remembers the redirect, so the next call of
// Dedicated uses the node that serves the slot now. [Node.Dedicated] selects
// the node.
func (c *ClusterClient) Dedicated(ctx context.Context, use func(c *DedicatedClient) error) error {
	return dedicate(ctx, c.commands, use)
}

// Dedicated calls use with a dedicated connection to the node, like
// [ClusterClient.Dedicated]: that of [PrimaryOfKey] or [PrimaryOfSlot], [NodeAt]
// an address, or any primary for [RandomNode]. Replicas of a slot are
// [ErrInvalidArgument].
func (n Node) Dedicated(ctx context.Context, use func(c *DedicatedClient) error) error {
	return dedicate(ctx, n.commands, use)
}

// Exec runs a batch on the connection, as [Client.Exec] or [ClusterClient.Exec]
// does. A transaction is [ErrTransactionAborted] if a key has changed that was
// watched before.
//
// https://valkey.io/topics/transactions/
func (c *DedicatedClient) Exec(ctx context.Context, batch Batch, options ...ExecOption) (Results, error) {
	return exec(ctx, c.commands, batch, options)
}

// A session is the use of a dedicated connection by one caller of Dedicated.
type session struct {
	engine *engine.Client
	name   uint64
	// over is why the session has ended, once it has.
	over atomic.Pointer[error]

	mu sync.Mutex
	// route is where the first command with a key goes, if the caller has named
	// no node.
	route wire.Route

	// asks: an ASK redirect for the watched keys named this node.
	asks    bool
	watched []string
}

// asksFor reports whether all keys of a command are among those that an ASK
// redirect was about. Another key of their slot may still be at the node that
// sent the redirect, and for this node it would not exist.
func (s *session) asksFor(request *wire.Request) bool {
	if !s.asks {
		return false
	}
	has := false
	for key := range request.Keys() {
		if !slices.Contains(s.watched, string(key)) {
			return false
		}
		has = true
	}
	return has
}

// errReturned is why a session has ended whose function has returned.
var errReturned error = &failure{"dedicated connection", "the function that it was for has returned", []error{ErrClosed}}

// dedicate calls use with a session.
func dedicate(ctx context.Context, c commands, use func(c *DedicatedClient) error) (err error) {
	const name = "dedicated connection"
	switch {
	case c.err != nil:
		return c.err
	case ctx == nil:
		return invalid(name, "nil context")
	case use == nil:
		return invalid(name, "nil function")
	case c.engine == nil:
		return errNotMade(name)
	case ctx.Err() != nil:
		return operationError(name, ctx.Err())
	}
	s := &session{engine: c.engine}
	if s.name, err = c.engine.BeginSession(); err != nil {
		return operationError(name, err)
	}
	c.session = s
	stop := context.AfterFunc(ctx, func() { s.end(ctx.Err()) })
	defer func() {
		stop()
		s.end(errReturned)
	}()
	return use(&DedicatedClient{serverCommands{c}})
}

// routeBy returns where a command or batch with these keys goes if the caller
// has named no node: where the first one with a key did.
func (s *session) routeBy(keys iter.Seq[[]byte]) wire.Route {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.route.Kind == wire.ByCommand {
		for key := range keys {
			s.route = wire.Route{Kind: wire.Slot, Slot: uint16(engine.SlotOfKey(string(key)))}
			break
		}
	}
	return s.route
}

// end ends the session, once.
func (s *session) end(why error) {
	if s.over.CompareAndSwap(nil, &why) {
		s.engine.EndSession(s.name)
	}
}

// ended returns the error of a command after the end of the session, or nil
// while the session lasts.
func (s *session) ended(operation string) error {
	why := s.over.Load()
	if why == nil {
		return nil
	}
	if errors.Is(*why, ErrClosed) {
		return &failure{operation, "the function that the dedicated connection was for has returned", []error{ErrClosed}}
	}
	return operationError(operation, *why)
}

// on returns the command as it runs on the session's connection.
func on[T any](ctx context.Context, c commands, cmd command[T]) (command[T], error) {
	name := cmd.Request.Name()
	if err := c.session.ended(name); err != nil {
		return cmd, err
	}
	var before []command[struct{}]
	if c.cluster && strings.EqualFold(name, "WATCH") {
		if parts := watches(argumentsOf(cmd.Request)); len(parts) > 1 {
			cmd.Request.Release()
			last := len(parts) - 1
			for _, part := range parts[:last] {
				if c.session.asksFor(part.Request) {
					before = append(before, asking())
				}
				before = append(before, part)
			}
			cmd.Request = parts[last].Request // stands for all
		}
	}
	if c.session.asksFor(cmd.Request) {
		before = append(before, asking())
	}
	if cmd.Request.IsBatch() || cmd.Blocks {
		for _, first := range before {
			if err := runOK(ctx, c, first); err != nil {
				return cmd, err
			}
		}
	} else if len(before) > 0 {
		cmd = after(before, cmd)
	}
	cmd.Request.SetSession(c.session.name)
	return cmd, nil
}

// argumentsOf returns copies of a command's arguments, without its name.
func argumentsOf(request *wire.Request) (arguments []string) {
	for word := range request.Arguments() {
		arguments = append(arguments, string(word))
	}
	return arguments[1:]
}

// after returns a command that is sent together with those before it, whose
// errors are its own.
func after[T any](before []command[struct{}], then command[T]) command[T] {
	var all wire.Batch
	name := then.Request.Name()
	var names []string
	for _, first := range before {
		names = append(names, first.Request.Name())
		all.Add(first.Request)
		first.Request.Release()
	}
	all.Add(then.Request)
	then.Request.Release()
	to := arguments{Sent: base.Sent{Request: all.Request(name, wire.BatchMode{})}}
	return newCommand(to, func(r *wire.Reader) (result T, err error) {
		if err = decode.ArrayOf(r, len(before)+1); err != nil {
			return result, err
		}
		for i, first := range before {
			if _, err = first.Read(r); err != nil {
				return result, &errorBefore{names[i], err}
			}
		}
		return then.Read(r)
	})
}

// errorBefore is the error of a command that was sent together with another.
type errorBefore struct {
	command string
	err     error
}

func (e *errorBefore) Error() string { return e.err.Error() }
func (e *errorBefore) Unwrap() error { return e.err }

// elsewhere explains an error of a connection that stays with its node.
func elsewhere(err error) error {
	var server *ServerError
	if errors.As(err, &server) && server.Code == "MOVED" {
		server.Message += " (the dedicated connection is to another node)"
	}
	return err
}
