package glidesearch

import (
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/decode"
)

// ExplainOption is an option of [Explain] and [ExplainCLI]: [Dialect],
// [Parameter] or [Vector].
type ExplainOption interface {
	clausal
	explainOption()
}

// Explain returns how the server interprets a query (FT.EXPLAIN), as a tree in
// text (RediSearch).
//
// https://redis.io/docs/latest/commands/ft.explain/
func explain(index, query string, options ...ExplainOption) command.Command[string] {
	return command.New(appendClauses(command.Named("FT.EXPLAIN").Arg(index).Arg(query), options), decode.String)
}

// ExplainCLI returns the lines of the text that [Explain] returns
// (FT.EXPLAINCLI; RediSearch).
//
// https://redis.io/docs/latest/commands/ft.explaincli/
func explainCLI(index, query string, options ...ExplainOption) command.Command[[]string] {
	return command.New(appendClauses(command.Named("FT.EXPLAINCLI").Arg(index).Arg(query), options), decode.Strings)
}
