package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Eval runs a Lua script, in which KEYS and ARGV are the keys and arguments,
// and returns its result as [Client.Do] returns a reply. Unless the script
// selects RESP3, its numbers lose their fraction, true is 1, and false is nil.
// If the result is or contains an error, Eval returns that error. The server
// runs nothing else meanwhile, so a script should be short. All keys that it
// uses should be passed as keys. [Client.RunScript] does not send the source
// each time.
//
// If [Config.RequestTimeout] passes or the context ends, the script still runs
// to its end. After five seconds (busy-reply-threshold) the server answers
// other clients with the error BUSY, and [Client.ScriptKill] can end the
// script.
//
// In a cluster all keys must belong to one slot. A script without keys runs on
// any node, which may be a replica: pass a key if it writes.
//
// https://valkey.io/commands/eval/
func eval(script string, keys []string, args ...string) command[any] {
	return newCommand(named("EVAL").Arg(script).KeysAndArgs(keys, args), readAny)
}

// EvalRO runs a script that only reads (EVAL_RO), like [Client.Eval]. Replicas
// serve it too, and a command in it that writes is an error. Since version 7.0.
//
// https://valkey.io/commands/eval_ro/
func evalRO(script string, keys []string, args ...string) command[any] {
	return newCommand(named("EVAL_RO").Arg(script).KeysAndArgs(keys, args), readAny)
}

// EvalSHA runs a script that the server has cached, like [Client.Eval]. The
// script is given by its SHA-1 in hexadecimal, which [Client.ScriptLoad]
// returns. A script that is not cached is an error with the code NOSCRIPT;
// [Client.RunScript] handles that.
//
// https://valkey.io/commands/evalsha/
func evalSHA(sha1 string, keys []string, args ...string) command[any] {
	return newCommand(named("EVALSHA").Arg(sha1).KeysAndArgs(keys, args), readAny)
}

// EvalSHARO runs a cached script that only reads (EVALSHA_RO), like
// [Client.EvalSHA] and [Client.EvalRO]. Since version 7.0.
//
// https://valkey.io/commands/evalsha_ro/
func evalSHARO(sha1 string, keys []string, args ...string) command[any] {
	return newCommand(named("EVALSHA_RO").Arg(sha1).KeysAndArgs(keys, args), readAny)
}

// readAny reads any reply, as [Client.Do] returns it.
var readAny = anyReply((*wire.Reader).Any)

// ScriptExists reports for each of several scripts, given by SHA-1 in
// hexadecimal, whether the server has cached it. In a cluster it reports
// whether all primaries have.
//
// https://valkey.io/commands/script-exists/
func scriptExists(sha1s ...string) command[[]bool] {
	return newCommand(named("SCRIPT EXISTS").NonEmpty("scripts", sha1s), decode.Bools)
}

// ScriptFlushOption is an option of [Client.ScriptFlush]: [FlushAsync] or
// [FlushSync].
type ScriptFlushOption interface {
	option
	scriptFlushOption()
}

// ScriptFlush removes all scripts from the server's cache; in a cluster, from
// all nodes. Without an option the server's configuration
// (lazyfree-lazy-user-flush) decides whether it waits until they are freed.
//
// https://valkey.io/commands/script-flush/
func scriptFlush(options ...ScriptFlushOption) command[struct{}] {
	return newCommand(appendOptions(named("SCRIPT FLUSH"), options), decode.OK)
}

// ScriptKill ends the running script if it has not written. If it has, the
// error has the code UNKILLABLE; if no script runs, NOTBUSY. In a cluster it
// runs on all nodes, and returns nil if one of them ended a script. Call it on
// another client: on the connection that runs the script it would wait for its
// end.
//
// https://valkey.io/commands/script-kill/
func scriptKill() command[struct{}] { return newCommand(named("SCRIPT KILL"), decode.OK) }

// ScriptLoad adds a script to the server's cache, without running it, and
// returns its SHA-1 in hexadecimal for [Client.EvalSHA]. The script stays until
// the server restarts or [Client.ScriptFlush]. In a cluster it runs on all
// nodes, in a [Transaction] only on the node that runs it. A script that
// is not valid Lua is an error.
//
// https://valkey.io/commands/script-load/
func scriptLoad(script string) command[string] {
	return newCommand(named("SCRIPT LOAD").Arg(script), decode.String)
}

// ScriptShow returns the source of a cached script, given by SHA-1 in
// hexadecimal. An unknown script is an error with the code NOSCRIPT. In a
// cluster any node answers. Since Valkey 8.0.
//
// https://valkey.io/commands/script-show/
func scriptShow(sha1 string) command[string] {
	return newCommand(named("SCRIPT SHOW").Arg(sha1), decode.String)
}
