package glidejson

import (
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ArrAppend appends Go values, written as by [Set], to every array that a
// JSONPath matches and returns their new lengths, nil for what is no array. A
// key that does not exist is an error.
//
// https://valkey.io/commands/json.arrappend/
func arrAppend(key, path string, values ...any) command.Command[[]glide.Optional[int64]] {
	return command.New(appendValues(at(command.Named("JSON.ARRAPPEND").Key(key), path), values), readIntMatches)
}

// ArrAppendLegacy is [ArrAppend] of a legacy path, and returns the one length.
// If there is no array it is an error.
//
// https://valkey.io/commands/json.arrappend/
func arrAppendLegacy(key, path string, values ...any) command.Command[int64] {
	return command.New(appendValues(atLegacy(command.Named("JSON.ARRAPPEND").Key(key), path), values), decode.Int)
}

// ArrInsert inserts Go values, written as by [Set], before the element at an
// index of every array that a JSONPath matches, and returns their new lengths,
// nil for what is no array. A negative index counts from the end. One that is
// outside of an array is an error, and so is a key that does not exist.
//
// https://valkey.io/commands/json.arrinsert/
func arrInsert(key, path string, index int64, values ...any) command.Command[[]glide.Optional[int64]] {
	return command.New(appendValues(at(command.Named("JSON.ARRINSERT").Key(key), path).Integer(index), values), readIntMatches)
}

// ArrInsertLegacy is [ArrInsert] of a legacy path, and returns the one length.
// If there is no array it is an error.
//
// https://valkey.io/commands/json.arrinsert/
func arrInsertLegacy(key, path string, index int64, values ...any) command.Command[int64] {
	return command.New(appendValues(atLegacy(command.Named("JSON.ARRINSERT").Key(key), path).Integer(index), values), decode.Int)
}

// ArrIndexOption is [Between].
type ArrIndexOption interface {
	command.Option
	arrIndexOption()
}

type between struct{ start, stop int64 }

// Between looks at the elements from start to before stop. Negative indices
// count from the end, and a stop of 0 is the end.
func Between(start, stop int64) ArrIndexOption { return between{start, stop} }

func (b between) AppendTo(to *wire.Request) {
	to.Int(b.start)
	to.Int(b.stop)
}

func (between) ConflictKey() string { return "range" }
func (between) arrIndexOption()     {}

// ArrIndex returns the index of the first element that equals a Go value,
// written as by [Set], in every array that a JSONPath matches: -1 where there
// is none, nil for what is no array. A key that does not exist is an error.
//
// https://valkey.io/commands/json.arrindex/
func arrIndex(key, path string, value any, options ...ArrIndexOption) command.Command[[]glide.Optional[int64]] {
	return command.New(command.AppendOptions(appendValue(at(command.Named("JSON.ARRINDEX").Key(key), path), value), options), readIntMatches)
}

// ArrIndexLegacy is [ArrIndex] of a legacy path, and returns the one index. If
// there is no array it is an error.
//
// https://valkey.io/commands/json.arrindex/
func arrIndexLegacy(key, path string, value any, options ...ArrIndexOption) command.Command[int64] {
	return command.New(command.AppendOptions(appendValue(atLegacy(command.Named("JSON.ARRINDEX").Key(key), path), value), options), decode.Int)
}

// ArrLen returns the length of every array that a JSONPath matches, nil for
// what is no array. If the key does not exist there are none, or it is an
// error with RedisJSON.
//
// https://valkey.io/commands/json.arrlen/
func arrLen(key, path string) command.Command[[]glide.Optional[int64]] {
	return command.New(at(command.Named("JSON.ARRLEN").Key(key), path), readIntMatches)
}

// ArrLenLegacy returns the length of the array that a legacy path leads to, or
// nil if the key does not exist. What is no array is an error.
//
// https://valkey.io/commands/json.arrlen/
func arrLenLegacy(key, path string) command.Command[glide.Optional[int64]] {
	return command.New(atLegacy(command.Named("JSON.ARRLEN").Key(key), path), readOptionalInt)
}

// ArrPop takes the element at an index, of which -1 is the last, out of every
// array that a JSONPath matches and returns them, read as by [Get]: nil for an
// empty array and for what is none. An index outside of an array means its
// first or last element. A key that does not exist is an error.
//
// https://valkey.io/commands/json.arrpop/
func arrPop[T any](key, path string, index int64) command.Command[[]glide.Optional[T]] {
	return command.New(at(command.Named("JSON.ARRPOP").Key(key), path).Integer(index), readPopped[T])
}

// ArrPopLegacy is [ArrPop] of a legacy path, and returns the one element, or
// nil if the array is empty. If there is no array it is an error.
//
// https://valkey.io/commands/json.arrpop/
func arrPopLegacy[T any](key, path string, index int64) command.Command[glide.Optional[T]] {
	return command.New(atLegacy(command.Named("JSON.ARRPOP").Key(key), path).Integer(index), readOptional(readJSON[T]))
}

// ArrTrim keeps the elements from one index to another, both included, of
// every array that a JSONPath matches and returns their new lengths, nil for
// what is no array. Negative indices count from the end. A key that does not
// exist is an error.
//
// https://valkey.io/commands/json.arrtrim/
func arrTrim(key, path string, start, stop int64) command.Command[[]glide.Optional[int64]] {
	return command.New(at(command.Named("JSON.ARRTRIM").Key(key), path).Integer(start).Integer(stop), readIntMatches)
}

// ArrTrimLegacy is [ArrTrim] of a legacy path, and returns the one length. If
// there is no array it is an error.
//
// https://valkey.io/commands/json.arrtrim/
func arrTrimLegacy(key, path string, start, stop int64) command.Command[int64] {
	return command.New(atLegacy(command.Named("JSON.ARRTRIM").Key(key), path).Integer(start).Integer(stop), decode.Int)
}
