package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// FCall calls a function of a library with keys and arguments, and returns its
// result as [Client.Do] returns a reply. If the result is or contains an error,
// FCall returns that error. An unknown function is an error. The notes on
// numbers, time and clusters at [Client.Eval] apply, except that
// [Client.FunctionKill] ends a function. In a cluster, a function that is
// called without keys should have the flag no-writes: otherwise a replica
// refuses it. Since version 7.0.
//
// https://valkey.io/commands/fcall/
func fCall(function string, keys []string, args ...string) command[any] {
	return newCommand(named("FCALL").Arg(function).KeysAndArgs(keys, args), readAny)
}

// FCallRO is like [Client.FCall], for a function with the flag no-writes.
// Replicas serve it too. Since version 7.0.
//
// https://valkey.io/commands/fcall_ro/
func fCallRO(function string, keys []string, args ...string) command[any] {
	return newCommand(named("FCALL_RO").Arg(function).KeysAndArgs(keys, args), readAny)
}

// FunctionDelete deletes a library with all its functions; in a cluster, from
// all primaries. A library that does not exist is an error. Since version 7.0.
//
// https://valkey.io/commands/function-delete/
func functionDelete(library string) command[struct{}] {
	return newCommand(named("FUNCTION DELETE").Arg(library), decode.OK)
}

// FunctionDump returns all libraries in the server's serialization format,
// which is binary, for [Client.FunctionRestore]. In a cluster one node answers.
// Since version 7.0.
//
// https://valkey.io/commands/function-dump/
func functionDump() command[string] { return newCommand(named("FUNCTION DUMP"), decode.String) }

// FunctionFlushOption is an option of [Client.FunctionFlush]: [FlushAsync] or
// [FlushSync].
type FunctionFlushOption interface {
	option
	functionFlushOption()
}

// FunctionFlush deletes all libraries; in a cluster, from all primaries.
// Without an option the server's configuration (lazyfree-lazy-user-flush)
// decides whether it waits until they are freed. Since version 7.0.
//
// https://valkey.io/commands/function-flush/
func functionFlush(options ...FunctionFlushOption) command[struct{}] {
	return newCommand(appendOptions(named("FUNCTION FLUSH"), options), decode.OK)
}

// FunctionKill ends a running function, like [Client.ScriptKill]. Since version
// 7.0.
//
// https://valkey.io/commands/function-kill/
func functionKill() command[struct{}] { return newCommand(named("FUNCTION KILL"), decode.OK) }

// FunctionLoadOption is an option of [Client.FunctionLoad]: [Replace].
type FunctionLoadOption interface {
	option
	functionLoadOption()
}

// FunctionLoad creates a library of functions from code and returns its name,
// which the code defines. It is an error if the library exists, unless
// [Replace] is given, or if another library has a function of the same name.
// Libraries are replicated and persisted like data. In a cluster it runs on all
// primaries; in a [Transaction] only on the node that runs it. Since
// version 7.0.
//
// https://valkey.io/commands/function-load/
func functionLoad(code string, options ...FunctionLoadOption) command[string] {
	return newCommand(appendOptions(named("FUNCTION LOAD"), options).Arg(code), decode.String)
}

// FunctionRestoreOption is an option of [Client.FunctionRestore], which sets
// what happens to existing libraries: [AppendLibraries], [ReplaceLibraries] or
// [FlushLibraries].
type FunctionRestoreOption interface {
	option
	functionRestoreOption()
}

// restorePolicy is what happens to existing libraries.
type restorePolicy string

const (
	// AppendLibraries (APPEND) keeps existing libraries; a library of the same
	// name is an error. It is the default.
	AppendLibraries restorePolicy = "APPEND"
	// ReplaceLibraries (REPLACE) keeps existing libraries, except those of the
	// same names.
	ReplaceLibraries restorePolicy = "REPLACE"
	// FlushLibraries (FLUSH) deletes existing libraries.
	FlushLibraries restorePolicy = "FLUSH"
)

func (p restorePolicy) appendTo(to *wire.Request) { to.String(string(p)) }
func (restorePolicy) conflictKey() string         { return "policy" }
func (restorePolicy) functionRestoreOption()      {}

// FunctionRestore restores libraries from the result of [Client.FunctionDump];
// if it returns an error, it restores none. In a cluster it runs on all
// primaries. Since version 7.0.
//
// https://valkey.io/commands/function-restore/
func functionRestore(dump string, options ...FunctionRestoreOption) command[struct{}] {
	return newCommand(appendOptions(named("FUNCTION RESTORE").Arg(dump), options), decode.OK)
}
