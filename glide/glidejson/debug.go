package glidejson

import (
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
)

// Resp returns all values that a JSONPath matches in the types of the protocol
// (JSON.RESP), with nested values: nil, int64, string, or []any for arrays and
// objects. An array begins with "[", an object with "{", followed by
// alternating names and values. Booleans and numbers with a fraction are
// strings. Values that are nested 100 deep or deeper cannot be read and cost
// the connection. In most cases [GetAt] is more useful.
//
// https://valkey.io/commands/json.resp/
func respValues(key, path string) command.Command[[]any] {
	return command.New(at(command.Named("JSON.RESP").Key(key), path), readRESPs)
}

// RespLegacy returns the first value that a legacy path leads to, like [Resp],
// or nil if key does not exist.
//
// https://valkey.io/commands/json.resp/
func respValue(key, path string) command.Command[any] {
	return command.New(atLegacy(command.Named("JSON.RESP").Key(key), path), readRESP)
}

// DebugMemory returns the memory in bytes of every value that a JSONPath
// matches (JSON.DEBUG MEMORY). If key does not exist, it returns none.
//
// https://valkey.io/commands/json.debug/
func debugMemory(key, path string) command.Command[[]glide.Optional[int64]] {
	return command.New(at(command.Named("JSON.DEBUG MEMORY").Key(key), path), readIntMatches)
}

// DebugMemoryLegacy returns the memory in bytes of the value that a legacy path
// leads to. If key does not exist, it returns 0, or with valkey-json a nil
// Optional.
//
// https://valkey.io/commands/json.debug/
func debugMemoryLegacy(key, path string) command.Command[glide.Optional[int64]] {
	return command.New(atLegacy(command.Named("JSON.DEBUG MEMORY").Key(key), path), readOptionalInt)
}

// DebugFields returns the number of values within every value that a JSONPath
// matches (JSON.DEBUG FIELDS): elements of arrays and fields of objects, with
// nested ones. Only valkey-json supports it.
//
// https://valkey.io/commands/json.debug/
func debugFields(key, path string) command.Command[[]glide.Optional[int64]] {
	return command.New(at(command.Named("JSON.DEBUG FIELDS").Key(key), path), readIntMatches)
}

// DebugFieldsLegacy returns the number of values within the value that a legacy
// path leads to, like [DebugFields], or a nil Optional if key does not exist.
//
// https://valkey.io/commands/json.debug/
func debugFieldsLegacy(key, path string) command.Command[glide.Optional[int64]] {
	return command.New(atLegacy(command.Named("JSON.DEBUG FIELDS").Key(key), path), readOptionalInt)
}

// DebugDepth returns how deep arrays and objects are nested in a document
// (JSON.DEBUG DEPTH), or a nil Optional if key does not exist. Only valkey-json
// supports it.
//
// https://valkey.io/commands/json.debug/
func debugDepth(key string) command.Command[glide.Optional[int64]] {
	return command.New(command.Named("JSON.DEBUG DEPTH").Key(key), readOptionalInt)
}

// DebugHelp returns a description of the subcommands of JSON.DEBUG (HELP), line
// by line.
//
// https://valkey.io/commands/json.debug/
func debugHelp() command.Command[[]string] {
	return command.New(command.Named("JSON.DEBUG HELP"), decode.Strings)
}
