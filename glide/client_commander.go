package glide

import (
	"context"
	"fmt"

	"github.com/valkey-glide/go/glide/internal/bridge"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Commander runs commands given as words. Every client is a Commander, and so
// is every type that wraps [Commands]. The functions of packages for modules,
// such as glidejson, take a Commander. For types of other packages they call Do
// with the words of the command, so that a wrapper sees them and a fake can
// return a reply as Do does.
type Commander interface {
	// Do sends a command and returns its reply, like [Client.Do].
	Do(ctx context.Context, args ...string) (any, error)
}

// commandsOf returns the commands of a client of this package, and of nil, which
// return [ErrClosed]. It reports whether it is one.
func commandsOf(on any) (commands, bool) {
	switch on := on.(type) {
	case nil:
	case *Client:
		if on != nil {
			return on.commands, true
		}
	case *ClusterClient:
		if on != nil {
			return on.commands, true
		}
	case *DedicatedClient:
		if on != nil {
			return on.commands, true
		}
	case Node:
		return on.commands, true
	default:
		return commands{}, false
	}
	return commands{}, true
}

// What other packages define is run and queued as what this one defines.
func init() {
	bridge.Glide.Run = runErased
	bridge.Glide.Engine = func(client any) (*engine.Client, bool) {
		switch client.(type) {
		case *Client, *ClusterClient:
			own, _ := commandsOf(client)
			return own.engine, own.cluster
		default:
			return nil, false
		}
	}
	bridge.Glide.Queue = func(to any, cmd erasedCommand) {
		if isNil(to) {
			cmd.Request.Release() // Exec says that there is no batch
			return
		}
		b, _ := to.(Batch).parts()
		b.add(cmd)
	}
}

// runErased runs a command on a client of this package, or by the method Do of
// another.
func runErased(ctx context.Context, on any, cmd erasedCommand, read func(*wire.Reader) error) error {
	if own, ok := commandsOf(on); ok {
		return runOK(ctx, own, command[struct{}]{
			Sent: cmd.Sent,
			Read: func(r *wire.Reader) (struct{}, error) { return struct{}{}, read(r) },
		})
	}
	name := cmd.Request.Name()
	var words []string
	for word := range cmd.Request.Arguments() {
		words = append(words, string(word))
	}
	cmd.Request.Release()
	if cmd.Refusal != "" {
		return invalid(name, cmd.Refusal)
	}
	reply, err := on.(Commander).Do(ctx, words...)
	if err != nil {
		return err
	}
	data, ok := wire.AppendAny(nil, reply)
	if !ok {
		return &failure{name, fmt.Sprintf("Do of %T has returned a %T", on, reply), []error{ErrUnexpectedReply}}
	}
	r := wire.NewReader(data, nil)
	if err := read(&r); err != nil {
		return operationError(name, err)
	}
	return nil
}
