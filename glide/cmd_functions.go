package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// FCall runs a function of a library, to which the keys and arguments are
// passed, and returns what it returns, as [Client.Do] returns a reply. An
// error that it returns, or that is within what it returns, is the error, and
// so is a function that the server does not know. What is said at
// [Client.Eval] of numbers, of time and of clusters holds here too; it is
// [Client.FunctionKill] that ends a function. In a cluster, one that is run
// without keys should have the flag no-writes: a replica refuses it otherwise.
// Since version 7.0.
//
// https://valkey.io/commands/fcall/
func fCall(function string, keys []string, args ...string) command[any] {
	return newCommand("FCALL", readAny).Arg(function).KeysAndArgs(keys, args)
}

// FCallRO is [Client.FCall] for a function that only reads, as its flag
// no-writes must say: replicas run it too. Since version 7.0.
//
// https://valkey.io/commands/fcall_ro/
func fCallRO(function string, keys []string, args ...string) command[any] {
	return newCommand("FCALL_RO", readAny).Arg(function).KeysAndArgs(keys, args)
}

// FunctionDelete deletes a library with all its functions; in a cluster, from
// all primaries. One that is not there is an error. Since version 7.0.
//
// https://valkey.io/commands/function-delete/
func functionDelete(library string) command[struct{}] {
	return newCommand("FUNCTION DELETE", decode.OK).Arg(library)
}

// FunctionDump returns all libraries in the server's own form, of arbitrary
// bytes, for [Client.FunctionRestore]. In a cluster one node is asked. Since
// version 7.0.
//
// https://valkey.io/commands/function-dump/
func functionDump() command[string] { return newCommand("FUNCTION DUMP", decode.String) }

// FunctionFlushOption is [FlushAsync] or [FlushSync].
type FunctionFlushOption interface {
	option
	functionFlushOption()
}

// FunctionFlush deletes all libraries; in a cluster, from all primaries.
// Unless an option says so, the server's configuration
// (lazyfree-lazy-user-flush) decides whether it waits until they are freed.
// Since version 7.0.
//
// https://valkey.io/commands/function-flush/
func functionFlush(options ...FunctionFlushOption) command[struct{}] {
	return appendOptions(newCommand("FUNCTION FLUSH", decode.OK), options)
}

// FunctionKill is [Client.ScriptKill] for a function that runs. Since version
// 7.0.
//
// https://valkey.io/commands/function-kill/
func functionKill() command[struct{}] { return newCommand("FUNCTION KILL", decode.OK) }

// FunctionLoadOption is [Replace].
type FunctionLoadOption interface {
	option
	functionLoadOption()
}

// FunctionLoad makes a library of functions and returns its name, both of
// which its code says. A library of that name, unless [Replace] is given, and
// a function of another library that has the same name, are errors. Replicas
// get it too, and it is kept where data are. In a cluster all primaries are
// told, but within a [ClusterTransaction] only the one that runs that. Since
// version 7.0.
//
// https://valkey.io/commands/function-load/
func functionLoad(code string, options ...FunctionLoadOption) command[string] {
	return appendOptions(newCommand("FUNCTION LOAD", decode.String), options).Arg(code)
}

// FunctionRestoreOption is what becomes of the libraries that are there:
// [AppendLibraries], [ReplaceLibraries] or [FlushLibraries].
type FunctionRestoreOption interface {
	option
	functionRestoreOption()
}

// restorePolicy is what becomes of libraries.
type restorePolicy string

const (
	// AppendLibraries keeps the libraries that are there; one of the same name
	// is an error. This is the default.
	AppendLibraries restorePolicy = "APPEND"
	// ReplaceLibraries keeps the libraries that are there, but for those of
	// the same names.
	ReplaceLibraries restorePolicy = "REPLACE"
	// FlushLibraries deletes the libraries that are there.
	FlushLibraries restorePolicy = "FLUSH"
)

func (p restorePolicy) appendTo(to *wire.Request) { to.String(string(p)) }
func (restorePolicy) conflictKey() string         { return "policy" }
func (restorePolicy) functionRestoreOption()      {}

// FunctionRestore makes the libraries of what [Client.FunctionDump] returned,
// all or, where that is an error, none; in a cluster, on all primaries. Since
// version 7.0.
//
// https://valkey.io/commands/function-restore/
func functionRestore(dump string, options ...FunctionRestoreOption) command[struct{}] {
	return appendOptions(newCommand("FUNCTION RESTORE", decode.OK).Arg(dump), options)
}
