package glidejson

import (
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ArrAppend appends Go values, encoded as by [Set], to every array that a
// JSONPath matches (JSON.ARRAPPEND), and returns the new length of each, or a
// nil Optional for a match that is not an array. A key that does not exist is
// an error.
//
// https://valkey.io/commands/json.arrappend/
func arrAppend(key, path string, values ...any) command.Command[[]glide.Optional[int64]] {
	return command.New(appendValues(at(command.Named("JSON.ARRAPPEND").Key(key), path), values), readIntMatches)
}

// ArrAppendLegacy is like [ArrAppend], for a legacy path, and returns one
// length. It is an error if the path leads to no array.
//
// https://valkey.io/commands/json.arrappend/
func arrAppendLegacy(key, path string, values ...any) command.Command[int64] {
	return command.New(appendValues(atLegacy(command.Named("JSON.ARRAPPEND").Key(key), path), values), decode.Int)
}

// ArrInsert inserts Go values, encoded as by [Set], before the element at an
// index of every array that a JSONPath matches (JSON.ARRINSERT), and returns
// the new length of each, or a nil Optional for a match that is not an array.
// Negative indexes count from the end. An index out of range, and a key that
// does not exist, are errors.
//
// https://valkey.io/commands/json.arrinsert/
func arrInsert(key, path string, index int64, values ...any) command.Command[[]glide.Optional[int64]] {
	return command.New(appendValues(at(command.Named("JSON.ARRINSERT").Key(key), path).Integer(index), values), readIntMatches)
}

// ArrInsertLegacy is like [ArrInsert], for a legacy path, and returns one
// length. It is an error if the path leads to no array.
//
// https://valkey.io/commands/json.arrinsert/
func arrInsertLegacy(key, path string, index int64, values ...any) command.Command[int64] {
	return command.New(appendValues(atLegacy(command.Named("JSON.ARRINSERT").Key(key), path).Integer(index), values), decode.Int)
}

// ArrIndexOption is an option of [ArrIndex] and [ArrIndexLegacy]: [Between].
type ArrIndexOption interface {
	command.Option
	arrIndexOption()
}

type between struct{ start, stop int64 }

// Between selects the elements from start to before stop. Negative indexes
// count from the end, and a stop of 0 is the end. The default is the whole
// array.
func Between(start, stop int64) ArrIndexOption { return between{start, stop} }

func (b between) AppendTo(to *wire.Request) {
	to.Int(b.start)
	to.Int(b.stop)
}

func (between) ConflictKey() string { return "range" }
func (between) arrIndexOption()     {}

// ArrIndex returns the index of the first element that equals a Go value,
// encoded as by [Set], in every array that a JSONPath matches (JSON.ARRINDEX):
// -1 if there is none, or a nil Optional for a match that is not an array. A
// key that does not exist is an error.
//
// https://valkey.io/commands/json.arrindex/
func arrIndex(key, path string, value any, options ...ArrIndexOption) command.Command[[]glide.Optional[int64]] {
	return command.New(command.AppendOptions(appendValue(at(command.Named("JSON.ARRINDEX").Key(key), path), value), options), readIntMatches)
}

// ArrIndexLegacy is like [ArrIndex], for a legacy path, and returns one index.
// It is an error if the path leads to no array.
//
// https://valkey.io/commands/json.arrindex/
func arrIndexLegacy(key, path string, value any, options ...ArrIndexOption) command.Command[int64] {
	return command.New(command.AppendOptions(appendValue(atLegacy(command.Named("JSON.ARRINDEX").Key(key), path), value), options), decode.Int)
}

// ArrLen returns the length of every array that a JSONPath matches
// (JSON.ARRLEN), or a nil Optional for a match that is not an array. If key
// does not exist, it returns none, or an error with RedisJSON.
//
// https://valkey.io/commands/json.arrlen/
func arrLen(key, path string) command.Command[[]glide.Optional[int64]] {
	return command.New(at(command.Named("JSON.ARRLEN").Key(key), path), readIntMatches)
}

// ArrLenLegacy returns the length of the array that a legacy path leads to, or
// a nil Optional if key does not exist. A value that is not an array is an
// error.
//
// https://valkey.io/commands/json.arrlen/
func arrLenLegacy(key, path string) command.Command[glide.Optional[int64]] {
	return command.New(atLegacy(command.Named("JSON.ARRLEN").Key(key), path), readOptionalInt)
}

// ArrPop removes the element at an index from every array that a JSONPath
// matches (JSON.ARRPOP) and returns the elements, decoded as by [Get], with a
// nil Optional for an empty array and for a match that is not an array. The
// index -1 is the last element; an index out of range selects the first or last
// element. A key that does not exist is an error.
//
// https://valkey.io/commands/json.arrpop/
func arrPop[T any](key, path string, index int64) command.Command[[]glide.Optional[T]] {
	return command.New(at(command.Named("JSON.ARRPOP").Key(key), path).Integer(index), readPopped[T])
}

// ArrPopLegacy is like [ArrPop], for a legacy path, and returns one element, or
// a nil Optional if the array is empty. It is an error if the path leads to no
// array.
//
// https://valkey.io/commands/json.arrpop/
func arrPopLegacy[T any](key, path string, index int64) command.Command[glide.Optional[T]] {
	return command.New(atLegacy(command.Named("JSON.ARRPOP").Key(key), path).Integer(index), readOptional(readJSON[T]))
}

// ArrTrim keeps the elements from start to stop, both included, of every array
// that a JSONPath matches (JSON.ARRTRIM), and returns the new length of each,
// or a nil Optional for a match that is not an array. Negative indexes count
// from the end. A key that does not exist is an error.
//
// https://valkey.io/commands/json.arrtrim/
func arrTrim(key, path string, start, stop int64) command.Command[[]glide.Optional[int64]] {
	return command.New(at(command.Named("JSON.ARRTRIM").Key(key), path).Integer(start).Integer(stop), readIntMatches)
}

// ArrTrimLegacy is like [ArrTrim], for a legacy path, and returns one length.
// It is an error if the path leads to no array.
//
// https://valkey.io/commands/json.arrtrim/
func arrTrimLegacy(key, path string, start, stop int64) command.Command[int64] {
	return command.New(atLegacy(command.Named("JSON.ARRTRIM").Key(key), path).Integer(start).Integer(stop), decode.Int)
}
