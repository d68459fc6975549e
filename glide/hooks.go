package glide

import (
	"context"
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// A Hook is called before and after each operation of a client: connecting, a
// command, and a batch. [Config.Hooks] sets the hooks of a client. Hooks are for
// tracing, metrics and logs of slow commands: they receive the outcome of an
// operation, but neither keys nor values.
//
// Hooks are called on the goroutine of the caller, which waits for them: those
// of several callers run concurrently. Before is called in the order of
// [Config.Hooks], After in the reverse order. A hook may use the client, and is
// then called for those operations too.
//
// Operations that are refused before they are sent, such as those with invalid
// arguments, have hooks too. A function that runs several commands, such as an
// iterator, is several operations.
type Hook interface {
	// Before is called before an operation begins. The operation runs with the
	// context that Before returns: ctx, or one that is derived from it.
	Before(ctx context.Context, operation Operation) context.Context
	// After is called when an operation has ended, with the context that it ran
	// with.
	After(ctx context.Context, operation Operation, outcome Outcome)
}

// OperationKind is the kind of an [Operation].
type OperationKind int

const (
	// CommandOperation is one command.
	CommandOperation OperationKind = iota
	// BatchOperation is a transaction or a pipeline.
	BatchOperation
	// ConnectOperation is [NewClient] or [NewClusterClient].
	ConnectOperation
)

// String returns "command", "batch" or "connect".
func (k OperationKind) String() string {
	switch k {
	case CommandOperation:
		return "command"
	case BatchOperation:
		return "batch"
	case ConnectOperation:
		return "connect"
	}
	return fmt.Sprintf("OperationKind(%d)", int(k))
}

// An Operation is an operation of a client for which a [Hook] is called.
type Operation struct {
	Kind OperationKind
	// Name is the name of a command, such as "GET" or "CLIENT LIST". It is
	// "MULTI" for a transaction and "PIPELINE" for a pipeline, followed by the
	// name of the commands if all are the same, and "CONNECT" for connecting.
	Name string
	// Keys is the number of keys. It is 0 for commands of [Client.Do], whose
	// keys only the library knows.
	Keys int
	// Commands is the number of commands in a batch, 1 for a command, and 0 for
	// connecting.
	Commands int
	// Client describes the client. It is the same for all operations of a
	// client and must not be changed.
	Client *ClientDescription
}

// ClientDescription describes a client to its hooks.
type ClientDescription struct {
	// Name is the client's name ([Config.ClientName]).
	Name string
	// Addresses are the configured addresses.
	Addresses []Address
	// Database is the configured database.
	Database int
	// Cluster reports whether it is a [ClusterClient].
	Cluster bool
}

// An Outcome is how an [Operation] ended.
type Outcome struct {
	// Err is the error that the caller gets, or nil. The error of a batch is
	// that of the whole: [Results.Err] has those of its commands.
	Err error

	ran
	// client is that of the hooks.
	client *engine.Client
	// results are those of a batch. A pointer, since outcomes are passed as they
	// are.
	results *Results
}

// Duration returns the time since the operation began, and 0 for a command that
// was refused before it was sent.
func (o Outcome) Duration() time.Duration {
	if o.begun == 0 {
		return 0
	}
	return time.Duration(engine.Now() - o.begun)
}

// Node returns the address of the node that answered, as the topology names it. It is
// the zero Address if that is not known: nothing was sent, several nodes took part,
// or the caller did not wait for the end, because its context ended.
func (o Outcome) Node() Address {
	if o.client == nil {
		return Address{}
	}
	return Address(o.client.Node(o.trace.Node))
}

// Retries returns how many times the operation was sent again, or a part of it:
// because it was redirected, because a server could not run it yet, or because a
// connection was lost. It is 0 if the caller did not wait for the end.
func (o Outcome) Retries() int { return int(o.trace.Resends) }

// Results returns the results of a batch.
func (o Outcome) Results() Results {
	if o.results == nil {
		return Results{}
	}
	return *o.results
}

// ran is how a request was run.
type ran struct {
	// begun is on the clock of the engine, and 0 if nothing was sent.
	begun int64
	trace wire.Trace
}

// hooks are those of a client, of which there is at least one.
type hooks struct {
	hooks  []Hook
	client *ClientDescription
}

func (h *hooks) before(ctx context.Context, operation Operation) context.Context {
	for _, hook := range h.hooks {
		ctx = hook.Before(ctx, operation)
	}
	return ctx
}

func (h *hooks) after(ctx context.Context, operation Operation, outcome Outcome) {
	for i := len(h.hooks) - 1; i >= 0; i-- {
		h.hooks[i].After(ctx, operation, outcome)
	}
}

// runHooked runs a command of a client that has hooks.
func runHooked[T any](ctx context.Context, c commands, cmd command[T]) (T, error) {
	operation := Operation{CommandOperation, cmd.Request.Name(), cmd.Request.KeyCount(), 1, c.hooks.client}
	ctx = c.hooks.before(ctx, operation)
	result, ran, err := runUnhooked(ctx, c, cmd)
	c.hooks.after(ctx, operation, Outcome{Err: err, ran: ran, client: c.engine})
	return result, err
}

// connect returns the operation that connects the client.
func (h *hooks) connect() Operation { return Operation{ConnectOperation, "CONNECT", 0, 0, h.client} }

// batch returns the operation that runs a batch.
func (h *hooks) batch(b *batch, mode wire.BatchMode) Operation {
	name := "PIPELINE"
	if mode.Atomic {
		name = "MULTI"
	}
	if same := b.queued.sameName(); same != "" {
		name += " " + same
	}
	return Operation{BatchOperation, name, b.commands.KeyCount(), b.queued.count, h.client}
}
