package glide

import (
	"fmt"
	"iter"
	"reflect"
	"slices"
	"sync"

	"github.com/valkey-glide/go/glide/internal/wire"
)

// Results are the results of the commands of a batch, in their order. They can
// be read any number of times, concurrently too. [Result] returns one by its
// index, [Queued.Result] the one of a command that [LastQueued] returned, and
// [Results.All] iterates over all of them.
type Results struct {
	queued  queuedCommands
	replies wire.Kept
	// made are the results if [NewResults] made them.
	made []any
}

// NewResults returns the results of a batch that was not sent, for fakes in
// tests. There is one result for each command, in order: an error, or a value
// as [Results.Value] returns it, which is nil for a command that returns only
// an error. It returns an [ErrInvalidArgument] for results of other types or
// another number of results.
func NewResults(batch Batch, results ...any) (Results, error) {
	if isNil(batch) {
		return Results{}, errNilBatch
	}
	b, _ := batch.parts()
	if len(results) != b.queued.count {
		return Results{}, invalid("results", fmt.Sprintf("%d for %d commands", len(results), b.queued.count))
	}
	for i, result := range results {
		queued := b.queued.at(i)
		if _, failed := result.(error); !failed && !queued.read.Returns(result) {
			return Results{}, invalid("results", fmt.Sprintf("that of %s at %d is of type %s, not %T", queued.name, i, queued.read.TypeName(), result))
		}
	}
	return Results{queued: b.queued, made: slices.Clone(results)}, nil
}

// madeAt returns the result at index if [NewResults] made it.
func (r Results) madeAt(index int) (value any, err error, ok bool) {
	if r.made == nil {
		return nil, nil, false
	}
	value = r.made[index]
	if err, failed := value.(error); failed {
		return nil, err, true
	}
	return value, nil, true
}

// String returns the results with the names of their commands, such as
// [SET: <nil>, GET: "value", LPUSH: WRONGTYPE ...]. Errors are those of
// [Results.Err].
func (r Results) String() string {
	text := []byte{'['}
	for i := range r.Len() {
		if i > 0 {
			text = append(text, ", "...)
		}
		value, err := r.Value(i)
		text = append(append(text, r.queued.at(i).name...), ": "...)
		if err != nil {
			value = err
		}
		text = appendResult(text, value)
	}
	return string(append(text, ']'))
}

// GoString returns the same as String.
func (r Results) GoString() string { return r.String() }

// appendResult appends a result as text.
func appendResult(text []byte, value any) []byte {
	switch value := value.(type) {
	case string, []byte:
		return fmt.Appendf(text, "%q", value)
	case interface{ content() any }:
		return appendResult(text, value.content())
	}
	items := reflect.ValueOf(value)
	if items.Kind() != reflect.Slice {
		return fmt.Appendf(text, "%+v", value)
	}
	text = append(text, '[')
	for i := range items.Len() {
		if i > 0 {
			text = append(text, ' ')
		}
		text = appendResult(text, items.Index(i).Interface())
	}
	return append(text, ']')
}

// Len returns the number of results.
func (r Results) Len() int { return max(r.replies.Len(), len(r.made)) }

// Err returns the error of the command at index, or nil if it succeeded. If
// there is no such command, it returns an error.
func (r Results) Err(index int) error {
	queued, reply, err := r.at(index)
	if err != nil {
		return err
	}
	if _, err, ok := r.madeAt(index); ok {
		return err
	}
	if err := queued.read.Err(reply); err != nil {
		return operationError(queued.name, err)
	}
	return nil
}

// Errors iterates over the errors of the commands that failed, with their index.
func (r Results) Errors() iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range r.Len() {
			if err := r.Err(i); err != nil && !yield(i, err) {
				return
			}
		}
	}
}

// Value returns the result or the error of the command at index. The value has
// the type of the client's method; it is nil for a command that returns only an
// error.
func (r Results) Value(index int) (any, error) {
	queued, reply, err := r.at(index)
	if err != nil {
		return nil, err
	}
	if value, err, ok := r.madeAt(index); ok {
		return value, err
	}
	value, err := queued.read.Any(reply)
	if err != nil {
		return nil, operationError(queued.name, err)
	}
	if value == struct{}{} {
		return nil, nil
	}
	return value, nil
}

// All iterates over the results and errors of the commands, as [Results.Value]
// returns them.
func (r Results) All() iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for i := range r.Len() {
			if !yield(r.Value(i)) {
				return
			}
		}
	}
}

// first returns the first error.
func (r Results) first() error {
	for _, err := range r.Errors() {
		return err
	}
	return nil
}

func (r Results) at(index int) (queuedCommand, wire.Reader, error) {
	if index < 0 || index >= r.Len() {
		return queuedCommand{}, wire.Reader{}, invalid("result", fmt.Sprintf("none at index %d: there are %d", index, r.Len()))
	}
	if r.made != nil {
		return r.queued.at(index), wire.Reader{}, nil
	}
	return r.queued.at(index), r.replies.At(index), nil
}

// Result returns the result or the error of the command at index, counted from
// 0. T is the result type of the client's method; for another type Result
// returns an [ErrInvalidArgument] that names the right one. For a command that
// returns only an error use [Results.Err]. A string may keep up to 16 KiB of
// other results in memory; [strings.Clone] releases them.
func Result[T any](results Results, index int) (value T, err error) {
	queued, reply, err := results.at(index)
	if err != nil {
		return value, err
	}
	read, ok := queued.read.(commandReader[T])
	if !ok {
		detail := fmt.Sprintf("the result of %s at index %d is of type %s, not %s", queued.name, index, queued.read.TypeName(), reflect.TypeFor[T]())
		return value, invalid("result", detail)
	}
	if made, err, ok := results.madeAt(index); ok {
		value, _ = made.(T)
		return value, err
	}
	r := readers.Get().(*wire.Reader)
	*r = reply
	value, err = read(r)
	*r = wire.Reader{}
	readers.Put(r)
	if err != nil {
		var none T
		return none, operationError(queued.name, err)
	}
	return value, nil
}

// readers are spare: one that is handed to a function that is not known would
// have to be made each time.
var readers = sync.Pool{New: func() any { return new(wire.Reader) }}

// Queued identifies a command in a batch, to read its result after Exec; see
// [LastQueued].
type Queued[T any] struct {
	index int
	// of is where the first command of its batch is; no other batch has it there.
	of *queuedCommand
}

// LastQueued returns the command that was added to the batch last. T is the
// result type of the client's method, as with [Result]:
//
//	pipeline := glide.NewPipeline()
//	name := glide.LastQueued[glide.Optional[string]](pipeline.Get("name"))
//	count := glide.LastQueued[int64](pipeline.Incr("count"))
//	results, err := client.Exec(ctx, pipeline)
//	...
//	fmt.Println(name.Result(results))
func LastQueued[T any](batch Batch) Queued[T] {
	if isNil(batch) || batch.Len() == 0 {
		return Queued[T]{index: -1}
	}
	b, _ := batch.parts()
	return Queued[T]{b.queued.count - 1, &b.queued.chunks[0][0]}
}

// Result returns the result or the error of the command, like the function
// [Result]. Results of another batch are an [ErrInvalidArgument].
func (q Queued[T]) Result(results Results) (T, error) {
	if q.of == nil || results.Len() == 0 || q.of != &results.queued.chunks[0][0] {
		var none T
		return none, invalid("result", "the command is not of the batch that has these results")
	}
	return Result[T](results, q.index)
}
