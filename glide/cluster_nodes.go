package glide

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/valkey-glide/go/glide/internal/wire"
)

// Nodes runs commands on several nodes of a cluster at once and returns the
// result of each node by its address, host:port. If nodes fail, the error is a
// [*NodeErrors], and the results are those of the others. There are methods
// only for commands without keys, and Do returns [ErrInvalidArgument] for a
// command with keys, which each node would run. For a command that the client
// does not know, it asks a server (COMMAND GETKEYS); if the server does not know
// it either, the first argument counts as a key.
type Nodes struct{ on commands }

// Nodes returns the commands for several nodes. Commands of the zero route
// return [ErrInvalidArgument].
func (c *ClusterClient) Nodes(route NodesRoute) Nodes {
	commands := c.commands
	commands.route.Kind = route.kind
	if route == (NodesRoute{}) {
		commands.err = errNoRoute
	}
	return Nodes{commands}
}

// NodeErrors are the errors of the nodes that failed a command of
// [ClusterClient.Nodes]. The other nodes have run it, and their results are
// returned together with it. A node that does not answer in time fails with
// [ErrTimeout] shortly before the time of the call is over. [errors.Is] and
// [errors.As] find the error of any node.
type NodeErrors struct {
	// Command is the name of the command.
	Command string
	// Errors are the errors by the nodes' addresses, host:port.
	Errors map[string]error
	// Succeeded is the number of nodes that have not failed.
	Succeeded int
}

// shownErrors is how many errors of nodes a text has.
const shownErrors = 3

// Error returns how many nodes failed, and the first errors by their addresses.
func (e *NodeErrors) Error() string {
	text := fmt.Sprintf("glide: %s: %d of %d nodes failed", e.Command, len(e.Errors), len(e.Errors)+e.Succeeded)
	for i, address := range e.addresses() {
		if i == shownErrors {
			return fmt.Sprintf("%s; and %d more", text, len(e.Errors)-i)
		}
		separator := "; "
		if i == 0 {
			separator = ": "
		}
		text += separator + address + ": " + strings.TrimPrefix(e.Errors[address].Error(), "glide: "+e.Command+": ")
	}
	return text
}

// addresses returns the addresses of the nodes that failed, sorted.
func (e *NodeErrors) addresses() []string {
	all := make([]string, 0, len(e.Errors))
	for address := range e.Errors {
		all = append(all, address)
	}
	slices.Sort(all)
	return all
}

// Unwrap returns the errors in the order of the addresses.
func (e *NodeErrors) Unwrap() []error {
	var all []error
	for _, address := range e.addresses() {
		all = append(all, e.Errors[address])
	}
	return all
}

// isSafeToRetry reports whether no node can have run the command.
func (e *NodeErrors) isSafeToRetry() bool {
	for _, err := range e.Errors {
		if !SafeToRetry(err) {
			return false
		}
	}
	return e.Succeeded == 0
}

// runOnNodes runs a command on several nodes.
func runOnNodes[T any](ctx context.Context, n Nodes, cmd command[T]) (map[string]T, error) {
	name, results := cmd.Request.Name(), map[string]T{}
	read := func(r *wire.Reader) (struct{}, error) {
		return struct{}{}, readNodes(r, name, cmd.Read, results)
	}
	err := runOK(ctx, n.on, command[struct{}]{Sent: cmd.Sent, Read: read})
	var failed *NodeErrors
	if err != nil && !errors.As(err, &failed) {
		return nil, err
	}
	return results, err
}

// runOKOnNodes runs a command whose reply says nothing but that it was done.
func runOKOnNodes(ctx context.Context, n Nodes, cmd command[struct{}]) error {
	_, err := runOnNodes(ctx, n, cmd)
	return err
}

// readNodes reads the addresses of several nodes, each followed by its reply, and
// adds the results. Nodes that failed are a [*NodeErrors].
func readNodes[T any](r *wire.Reader, name string, read func(*wire.Reader) (T, error), results map[string]T) error {
	n, err := r.Map()
	if err != nil {
		return err
	}
	failed := &NodeErrors{Command: name, Errors: map[string]error{}}
	for range n {
		address, err := r.String()
		if err != nil {
			return err
		}
		reply := *r
		result, err := read(r)
		if err == nil {
			results[address] = result
			continue
		}
		failed.Errors[address] = operationError(name, err)
		*r = reply
		if err := r.Skip(); err != nil {
			return err
		}
	}
	failed.Succeeded = len(results)
	if len(failed.Errors) > 0 {
		return failed
	}
	return nil
}
