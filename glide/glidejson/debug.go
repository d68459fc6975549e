package glidejson

import (
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
)

// Resp returns everything that a JSONPath matches in the types of the
// protocol, with all that is in it: nil, int64, string, or []any for arrays
// and objects, which begin with "[" and "{"; the names of an object and its
// values alternate. true, false and numbers with a fraction are strings.
// What is nested 100 deep or deeper cannot be read and costs the connection.
// [GetAt] is mostly what you want.
//
// https://valkey.io/commands/json.resp/
func respValues(key, path string) command.Command[[]any] {
	return command.New(at(command.Named("JSON.RESP").Key(key), path), readRESPs)
}

// RespLegacy returns the first value that a legacy path leads to, as [Resp]
// does, or nil if the key does not exist.
//
// https://valkey.io/commands/json.resp/
func respValue(key, path string) command.Command[any] {
	return command.New(atLegacy(command.Named("JSON.RESP").Key(key), path), readRESP)
}

// DebugMemory returns how many bytes everything that a JSONPath matches takes
// in the server's memory. If the key does not exist there are none.
//
// https://valkey.io/commands/json.debug/
func debugMemory(key, path string) command.Command[[]glide.Optional[int64]] {
	return command.New(at(command.Named("JSON.DEBUG MEMORY").Key(key), path), readIntMatches)
}

// DebugMemoryLegacy returns how many bytes the value that a legacy path leads
// to takes in the server's memory. If the key does not exist it is 0, or nil
// with valkey-json.
//
// https://valkey.io/commands/json.debug/
func debugMemoryLegacy(key, path string) command.Command[glide.Optional[int64]] {
	return command.New(atLegacy(command.Named("JSON.DEBUG MEMORY").Key(key), path), readOptionalInt)
}

// DebugFields returns how many values are in everything that a JSONPath
// matches: elements of arrays, fields of objects, and what is in these. Of
// valkey-json alone.
//
// https://valkey.io/commands/json.debug/
func debugFields(key, path string) command.Command[[]glide.Optional[int64]] {
	return command.New(at(command.Named("JSON.DEBUG FIELDS").Key(key), path), readIntMatches)
}

// DebugFieldsLegacy returns how many values are in what a legacy path leads
// to, as [DebugFields] does, or nil if the key does not exist.
//
// https://valkey.io/commands/json.debug/
func debugFieldsLegacy(key, path string) command.Command[glide.Optional[int64]] {
	return command.New(atLegacy(command.Named("JSON.DEBUG FIELDS").Key(key), path), readOptionalInt)
}

// DebugDepth returns how deep arrays and objects are nested in a document, or
// nil if the key does not exist. Of valkey-json alone.
//
// https://valkey.io/commands/json.debug/
func debugDepth(key string) command.Command[glide.Optional[int64]] {
	return command.New(command.Named("JSON.DEBUG DEPTH").Key(key), readOptionalInt)
}

// DebugHelp returns what JSON.DEBUG can do, in the server's words.
//
// https://valkey.io/commands/json.debug/
func debugHelp() command.Command[[]string] {
	return command.New(command.Named("JSON.DEBUG HELP"), decode.Strings)
}
