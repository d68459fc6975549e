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

// NewScript returns the script of this source.
func NewScript(source string) *Script {
	sum := sha1.Sum([]byte(source))
	return &Script{source: source, sha1: hex.EncodeToString(sum[:])}
}

// NewScriptRO returns the script of this source that only reads: it is run as
// [Client.EvalRO] runs it. Since version 7.0.
func NewScriptRO(source string) *Script {
	script := NewScript(source)
	script.readOnly = true
	return script
}

// Source is what the script was made of.
func (s *Script) Source() string { return s.source }

// SHA1 is the name by which servers know the script, in hexadecimal.
func (s *Script) SHA1() string { return s.sha1 }

// noScript is refused.
func noScript() command[any] {
	return newCommand(named("EVALSHA").Refuse("a script that NewScript did not make"), readAny)
}

// bySHA1 runs the script where it is known.
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

// bySource runs the script anywhere, and makes it known there.
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

// RunScript runs a script as [Client.Eval] does. The server is asked to run
// what it knows already, and only if it does not know it is it sent the
// source: no matter whether it was restarted, has forgotten its scripts or is
// another one of a cluster. What bounds a call bounds each of the two; the
// context's deadline bounds both. A script that returns an error of the
// code NOSCRIPT itself is not run again, unless the text is the servers' too ("No
// matching script").
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

// isUnknownScript reports whether an error is the server's for a script that it
// does not know. A script may return the same code, after it has run.
func isUnknownScript(err *ServerError) bool {
	return err.Code == "NOSCRIPT" && strings.HasPrefix(err.Message, "No matching script")
}

// RunScript queues [Client.RunScript]; its result is of type any. The source
// is sent along: a server that does not know the script does not fail the
// batch.
func (b *Transaction) RunScript(script *Script, keys []string, args ...string) *Transaction {
	queue(&b.batch, script.bySource(keys, args))
	return b
}

// RunScript queues [Client.RunScript]; its result is of type any. The source
// is sent along: a server that does not know the script does not fail the
// batch.
func (b *Pipeline) RunScript(script *Script, keys []string, args ...string) *Pipeline {
	queue(&b.batch, script.bySource(keys, args))
	return b
}
