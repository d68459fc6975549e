package glide

import (
	"strings"

	base "github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/wire"
)

func custom(args []string, reply func(*wire.Reader) (any, error)) command[any] {
	if len(args) == 0 || args[0] == "" {
		return newCommand(named("custom command").Refuse("no name"), reply)
	}
	if isSubscribing(args[0]) {
		return newCommand(named(strings.ToUpper(args[0])).Refuse("its replies are messages: use Subscription or Subscribe"), reply)
	}
	// The name outlives the call in errors, so it must not be a View.
	request := wire.NewRawRequest(strings.Clone(args[0]))
	cmd := arguments{Sent: base.Sent{Request: request}}.Args(args[1:])
	if blocks(args) {
		cmd = cmd.Blocking(0)
	}
	if isDedicated[strings.ToUpper(args[0])] {
		cmd = cmd.OnDedicated()
	}
	return newCommand(cmd, anyReply(reply))
}

// Do sends a command, one word per argument, and returns the server's reply:
// nil, bool, int64, float64, string, []any for arrays and sets, or
// map[string]any. If the reply contains an error, Do returns that error. Use
// Do for commands that have no method. With [RESP2] the type of a reply may
// differ from [RESP3].
//
// The arguments are not checked. Commands that cannot share a connection are
// refused with [ErrInvalidArgument], here as in batches and in
// [ClusterClient.Nodes]: those with several replies or none (MONITOR, CLIENT
// REPLY, SYNC, PSYNC, REPLCONF), and those that change the connection (HELLO
// with arguments, RESET, QUIT, READONLY, ASKING, MULTI, WATCH, WAIT and
// similar commands). Run them in [Client.Dedicated], which closes the
// connection afterwards. SUBSCRIBE and similar commands have methods. AUTH,
// SELECT and CLIENT SETNAME behave like [Client.Auth], [Client.Select] and
// [Client.ClientSetName]. Blocking commands (BLPOP and similar, XREAD and
// XREADGROUP with BLOCK) run on a dedicated connection, like [Client.BLPop].
//
// https://valkey.io/commands/
func do(args ...string) command[any] { return custom(args, (*wire.Reader).Any) }

// DoBytes sends a command like [Client.Do], with arguments and results as
// bytes: strings in the reply are []byte, except for the keys of maps. Do not
// change the arguments until it has returned.
//
// https://valkey.io/commands/
func doBytes(args ...[]byte) command[any] {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = View(arg)
	}
	return custom(words, (*wire.Reader).AnyBytes)
}

// isDedicated holds the names of commands that change or occupy their
// connection.
var isDedicated = map[string]bool{
	"DISCARD": true, "EXEC": true, "MULTI": true, "UNWATCH": true, "WAIT": true, "WAITAOF": true, "WATCH": true,
}

// anyReply reads any reply; an error within it is the error.
func anyReply(reply func(*wire.Reader) (any, error)) func(*wire.Reader) (any, error) {
	return func(r *wire.Reader) (any, error) {
		value, err := reply(r)
		if within := errorWithin(value); within != nil {
			return nil, within
		}
		return value, err
	}
}

// errorWithin returns the first error in the place of a value within a reply.
func errorWithin(reply any) *wire.ServerError {
	switch value := reply.(type) {
	case *wire.ServerError:
		return value
	case []any:
		for _, item := range value {
			if err := errorWithin(item); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, item := range value {
			if err := errorWithin(item); err != nil {
				return err
			}
		}
	}
	return nil
}

// blocks reports whether the server may take its time for a command because
// it says so itself.
func blocks(args []string) bool {
	switch strings.ToUpper(args[0]) {
	case "BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH", "BLMPOP", "BZPOPMIN", "BZPOPMAX", "BZMPOP", "WAIT", "WAITAOF":
		return true
	case "XREAD":
		return hasBlock(args, 1)
	case "XREADGROUP":
		// After GROUP, the group and the consumer, under any name.
		return hasBlock(args, 4)
	}
	return false
}

// hasBlock looks for BLOCK before the streams' names.
func hasBlock(args []string, from int) bool {
	for _, arg := range args[min(from, len(args)):] {
		switch {
		case strings.EqualFold(arg, "BLOCK"):
			return true
		case strings.EqualFold(arg, "STREAMS"):
			return false
		}
	}
	return false
}
