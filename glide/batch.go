package glide

import (
	"context"
	"fmt"
	"math/bits"

	base "github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// batch is what all kinds of batches have in common.
type batch struct {
	commands wire.Batch
	queued   queuedCommands
	// err is what is wrong with the first command that is refused.
	err error
	// blocks: one of the commands may take its time.
	blocks bool
	// ofOneServer is a command that is of no use to a whole cluster, and
	// standalone one that no cluster has, if there are any.
	ofOneServer, standalone string
}

// queuedCommand is what remains of a command whose words are in a batch.
type queuedCommand struct {
	name string
	read erasedReader
}

// queuedCommands are those of a batch. They are in chunks, each of twice as
// many as the one before: nothing is copied as a batch grows.
type queuedCommands struct {
	chunks [][]queuedCommand
	count  int
}

// firstQueued is how many are in the first chunk.
const firstQueued = 8

func (q *queuedCommands) add(c queuedCommand) {
	last := len(q.chunks) - 1
	if last < 0 || len(q.chunks[last]) == cap(q.chunks[last]) {
		last++
		q.chunks = append(q.chunks, make([]queuedCommand, 0, firstQueued<<last))
	}
	q.chunks[last] = append(q.chunks[last], c)
	q.count++
}

func (q *queuedCommands) at(index int) queuedCommand {
	chunk := bits.Len(uint(index/firstQueued+1)) - 1
	return q.chunks[chunk][index-firstQueued*(1<<chunk-1)]
}

// sameName returns the name that all of them have, if they have one.
func (q *queuedCommands) sameName() string {
	for _, chunk := range q.chunks {
		for _, c := range chunk {
			if c.name != q.chunks[0][0].name {
				return ""
			}
		}
	}
	return q.chunks[0][0].name
}

// queue adds a command.
func queue[T any](b *batch, cmd command[T]) {
	b.add(cmd.Erase())
}

// add adds a command whose type is forgotten.
func (b *batch) add(cmd erasedCommand) {
	name := cmd.Request.Name()
	if cmd.Refusal != "" && b.err == nil {
		b.err = invalid("batch", fmt.Sprintf("at %d: %v", b.queued.count, invalid(name, cmd.Refusal)))
	}
	b.blocks = b.blocks || cmd.Blocks
	b.queued.add(queuedCommand{name, cmd.Read})
	b.commands.Add(cmd.Request)
	cmd.Request.Release()
}

// forOneServer says that one of the commands is not for a whole cluster.
func (b *batch) forOneServer(name string) { b.ofOneServer = name }

// forStandalone says that one of the commands is for no cluster.
func (b *batch) forStandalone(name string) { b.standalone = name }

// Format writes the number of commands, and none of their arguments: they may
// be secrets.
func (b batch) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "{%d commands}", b.queued.count) }

// Len returns the number of commands.
func (b *batch) Len() int { return b.queued.count }

// Transaction is a batch that a server runs as a unit (MULTI and EXEC): no
// command of another client runs in between. A command that fails does not
// undo the others. The zero value is an empty transaction. [Client.Exec] runs
// it any number of times, concurrently too, as long as no commands are added
// meanwhile. In a cluster all its keys must belong to one slot.
//
// https://valkey.io/topics/transactions/
type Transaction struct{ batch }

// NewTransaction returns an empty transaction.
func NewTransaction() *Transaction { return &Transaction{} }

// Pipeline is a batch of commands that are sent together and run one after the
// other; commands of other clients may run in between.
//
//	pipeline := glide.NewPipeline().Set("name", "Ada")
//	visits := glide.LastQueued[int64](pipeline.Incr("visits"))
//	results, err := client.Exec(ctx, pipeline, glide.FailOnError)
//	count, err := visits.Result(results)
//
// The zero value is an empty pipeline. [Client.Exec] runs it any number of times,
// concurrently too, as long as no commands are added meanwhile.
//
// In a cluster the keys may belong to any slots, and the commands run in this
// order:
//
//   - Each node runs its own commands in their order. Nodes do not wait for one
//     another.
//   - A command without a key (ECHO, SCAN, a script or function without keys) runs
//     at its position on the node of the last command before it that has a key, or
//     else of the first one after it.
//   - A command for several nodes (FLUSHALL, CONFIG SET, PING, DBSIZE, and MGET,
//     MSET or DEL with keys of several slots) is sent after all commands before it
//     have been answered. The commands after it are sent after it has been
//     answered.
//   - PUBLISH runs on the node that serves the slot of the channel's name, so that
//     messages of one channel keep their order. It runs after a write before it if
//     both have the same hash tag: "{user}name", "{user}changed".
//   - A command that is redirected because its slot moves, or that a node could not
//     run yet, runs after the other commands of that node. Redirected commands keep
//     their order among themselves.
//
// https://valkey.io/topics/pipelining/
type Pipeline struct{ batch }

// NewPipeline returns an empty pipeline.
func NewPipeline() *Pipeline { return &Pipeline{} }

// Batch is a [*Transaction] or a [*Pipeline].
type Batch interface {
	// Len returns the number of commands.
	Len() int
	parts() (*batch, wire.BatchMode)
}

func (b *Transaction) parts() (*batch, wire.BatchMode) {
	return &b.batch, wire.BatchMode{Atomic: true}
}

func (b *Pipeline) parts() (*batch, wire.BatchMode) { return &b.batch, wire.BatchMode{} }

// ExecOption is an option of [Client.Exec]: [FailOnError], [RetryServerErrors]
// or [RetryConnectionErrors].
type ExecOption interface{ apply(*execution) }

// execution is how a batch is run.
type execution struct {
	wire.BatchMode
	failOnError bool
}

type failOnError struct{}

// FailOnError makes Exec return the error of the first command that failed.
// Exec also returns the results: the other commands ran.
var FailOnError ExecOption = failOnError{}

func (failOnError) apply(e *execution) { e.failOnError = true }

type execOption func(*execution)

func (o execOption) apply(e *execution) { o(e) }

var (
	// RetryServerErrors sends commands of a pipeline again that a node of a
	// cluster could not run yet (TRYAGAIN and similar errors), even if
	// later commands have written: they may then run after those. By
	// default they are sent again only if their order is kept. With a
	// [Client] it has no effect.
	RetryServerErrors ExecOption = execOption(func(e *execution) { e.RetryServerErrors = true })
	// RetryConnectionErrors sends the commands for a node of a cluster
	// again if the connection to the node broke. The node may then run
	// commands twice. By default only commands that only read are sent
	// again. With a [Client] it has no effect.
	RetryConnectionErrors ExecOption = execOption(func(e *execution) { e.RetryConnectionErrors = true })
)

// Exec runs a batch and returns the results of its commands in their order;
// [Result] and [Queued.Result] return single results. The error of one command is
// its result, and the other commands run. Exec itself returns an error if the whole
// batch failed:
//
//   - [ErrTransactionAborted] if a watched key of a transaction has changed;
//   - a [*ServerError] if the server refuses a transaction because one of its
//     commands is unknown or malformed; no command ran;
//   - [ErrInvalidArgument] if a command has an invalid argument; nothing was sent;
//   - [ErrTimeout] if the context or [Config.RequestTimeout] ended, which limit a
//     batch like a command; no more of the batch is sent, and commands that were
//     sent may have run;
//   - [ErrConnectionLost] if the connection of a transaction, or of a pipeline to one
//     server, broke.
//
// A command that no server has run, because its keys belong to several slots, a node
// of a cluster cannot be reached or its connection broke, has that error as its
// result. A batch counts as one request for [Config.InflightLimit]. An empty batch
// returns no results and sends nothing.
//
// The options are [FailOnError], [RetryServerErrors] and [RetryConnectionErrors].
//
// https://valkey.io/topics/transactions/
func (c *Client) Exec(ctx context.Context, batch Batch, options ...ExecOption) (Results, error) {
	return exec(ctx, c.commands, batch, options)
}

var errNilBatch = invalid("batch", "nil batch")

// isNil reports whether there is no batch in an interface.
func isNil(batch any) bool {
	switch b := batch.(type) {
	case *Transaction:
		return b == nil
	case *Pipeline:
		return b == nil
	}
	return batch == nil
}

// exec runs a batch and calls the client's hooks.
func exec(ctx context.Context, c commands, batch Batch, options []ExecOption) (Results, error) {
	if isNil(batch) {
		return Results{}, errNilBatch
	}
	b, manner := batch.parts()
	if c.cluster {
		if err := b.refusedBy(c, manner); err != nil {
			return Results{}, err
		}
		if c.session != nil && c.route.Kind == wire.ByCommand {
			c.route = c.session.routeBy(b.commands.Keys())
		}
	}
	if c.hooks == nil || b.queued.count == 0 {
		results, _, err := execUnhooked(ctx, c, b, manner, options)
		return results, err
	}
	h := c.hooks
	c.hooks = nil // they are called for the batch as a whole
	operation, begun := h.batch(b, manner), engine.Now()
	ctx = h.before(ctx, operation)
	results, ran, err := execUnhooked(ctx, c, b, manner, options)
	ran.begun = begun
	h.after(ctx, operation, Outcome{Err: err, ran: ran, client: c.engine, results: &results})
	return results, err
}

// nameOf returns what errors call a batch.
func nameOf(mode wire.BatchMode) string {
	if mode.Atomic {
		return "transaction"
	}
	return "pipeline"
}

// refusedBy returns why a cluster cannot run the batch, if it cannot.
func (b *batch) refusedBy(c commands, mode wire.BatchMode) error {
	name := nameOf(mode)
	switch {
	case b.standalone != "":
		return invalid(name, b.standalone+" is not for clusters")
	case b.ofOneServer != "" && c.route.Kind == wire.ByCommand && c.session == nil:
		return invalid(name, b.ofOneServer+" is about one node: it takes Node")
	case mode.Atomic && engine.SlotOf(b.commands.Keys()) == engine.SeveralSlots:
		return invalid(name, "its keys are of more than one slot")
	}
	return nil
}

func execUnhooked(ctx context.Context, c commands, b *batch, manner wire.BatchMode, options []ExecOption) (Results, ran, error) {
	e := execution{BatchMode: manner}
	for _, option := range options {
		if option == nil {
			return Results{}, ran{}, invalid("batch", "nil option")
		}
		option.apply(&e)
	}
	switch {
	case e.Atomic && (e.RetryServerErrors || e.RetryConnectionErrors):
		return Results{}, ran{}, invalid("transaction", "a transaction is not sent again")
	case b.err != nil:
		return Results{}, ran{}, b.err
	case b.blocks && !e.Atomic:
		return Results{}, ran{}, invalid("pipeline", "a command that blocks would hold up the rest")
	case b.queued.count == 0:
		return Results{}, ran{}, nil
	}
	if !c.cluster {
		e.RetryServerErrors, e.RetryConnectionErrors = false, false
	}
	results, ran, err := runUnhooked(ctx, c, command[Results]{
		Sent: base.Sent{Request: b.commands.Request(nameOf(manner), e.BatchMode)}, Read: b.read,
	})
	if err == nil && e.failOnError {
		err = results.first()
	}
	return results, ran, err
}

// read keeps the replies to all commands. They are read when they are asked
// for: by then nothing of them need be boxed.
func (b *batch) read(r *wire.Reader) (Results, error) {
	if r.Nil() {
		return Results{}, ErrTransactionAborted
	}
	if err := decode.ArrayOf(r, b.queued.count); err != nil {
		return Results{}, err
	}
	replies, err := r.Keep(b.queued.count)
	return Results{queued: b.queued, replies: replies}, err
}
