package glide

import "context"

// ScriptFace is what has RunScript, which is not generated.
type ScriptFace interface {
	RunScript(ctx context.Context, script *Script, keys []string, args ...string) (any, error)
}

func (f TransactionFace) RunScript(ctx context.Context, script *Script, keys []string, args ...string) (any, error) {
	return only[any](f.exec(ctx, new(Transaction).RunScript(script, keys, args...)))
}

func (f ClusterTransactionFace) RunScript(ctx context.Context, script *Script, keys []string, args ...string) (any, error) {
	return only[any](f.exec(ctx, new(ClusterTransaction).RunScript(script, keys, args...)))
}

func (f PipelineFace) RunScript(ctx context.Context, script *Script, keys []string, args ...string) (any, error) {
	return only[any](f.exec(ctx, new(Pipeline).RunScript(script, keys, args...)))
}
