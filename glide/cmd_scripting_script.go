package glide

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"strings"
)

// Script is a Lua script that runs by its SHA-1, so that its source is sent to
// a server only once. It is immutable and can be shared by any number of
// clients and goroutines.
type Script struct {
	source, sha1 string
	readOnly     bool
}

// NewScript returns the script with this source.
func NewScript(source string) *Script {
	sum := sha1.Sum([]byte(source))
	return &Script{source: source, sha1: hex.EncodeToString(sum[:])}
}

// NewScriptRO returns the script with this source, which only reads: it runs as
// with [Client.EvalRO]. Since version 7.0.
func NewScriptRO(source string) *Script {
	script := NewScript(source)
	script.readOnly = true
	return script
}

// Source returns the source of the script.
func (s *Script) Source() string { return s.source }

// SHA1 returns the SHA-1 of the source in hexadecimal, by which servers
// identify the script.
func (s *Script) SHA1() string { return s.sha1 }

// noScript is a command that is refused: there is no script.
func noScript() command[any] {
	return newCommand(named("EVALSHA").Refuse("a script that NewScript did not make"), readAny)
}

// bySHA1 runs the script where it is cached.
func (s *Script) bySHA1(keys, args []string) command[any] {
	switch {
	case s == nil || s.sha1 == "":
		return noScript()
	case s.readOnly:
		return evalSHARO(s.sha1, keys, args...)
	default:
		return evalSHA(s.sha1, keys, args...)
	}
}

// bySource runs the script anywhere, and caches it there.
func (s *Script) bySource(keys, args []string) command[any] {
	switch {
	case s == nil || s.sha1 == "":
		return noScript()
	case s.readOnly:
		return evalRO(s.source, keys, args...)
	default:
		return eval(s.source, keys, args...)
	}
}

// RunScript runs a script as [Client.Eval] does. It sends the SHA-1 of the
// script (EVALSHA), and only if the server has not cached the script it sends
// the source (EVAL): for instance because the server was restarted, or is
// another node of the cluster. The request timeout limits each of the two
// commands; the deadline of the context limits both. If a script itself returns
// an error with the code NOSCRIPT, it does not run again, unless the message is
// that of the servers ("No matching script").
//
// https://valkey.io/commands/evalsha/
func (c commands) RunScript(ctx context.Context, script *Script, keys []string, args ...string) (any, error) {
	result, err := run(ctx, c, script.bySHA1(keys, args))
	var server *ServerError
	if errors.As(err, &server) && isUnknownScript(server) {
		result, err = run(ctx, c, script.bySource(keys, args))
	}
	return result, err
}

// isUnknownScript reports whether an error is that of a server which has not
// cached a script. A script may return the same code, after it has run.
func isUnknownScript(err *ServerError) bool {
	return err.Code == "NOSCRIPT" && strings.HasPrefix(err.Message, "No matching script")
}

// RunScript queues [Client.RunScript]; its result is of type any. It sends the
// source, so that a server which has not cached the script does not fail the
// batch.
func (b *Transaction) RunScript(script *Script, keys []string, args ...string) *Transaction {
	queue(&b.batch, script.bySource(keys, args))
	return b
}

// RunScript queues [Client.RunScript]; its result is of type any. It sends the
// source, so that a server which has not cached the script does not fail the
// batch.
func (b *Pipeline) RunScript(script *Script, keys []string, args ...string) *Pipeline {
	queue(&b.batch, script.bySource(keys, args))
	return b
}
