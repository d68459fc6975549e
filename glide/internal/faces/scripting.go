package faces

import (
	"context"

	"github.com/valkey-glide/go/glide"
)

// Scripting is what has RunScript, which is not generated.
type Scripting interface {
	RunScript(ctx context.Context, script *glide.Script, keys []string, args ...string) (any, error)
}

// RunScript queues it in a batch and executes that.
func (f Transaction) RunScript(ctx context.Context, script *glide.Script, keys []string, args ...string) (any, error) {
	return only[any](f.exec(ctx, new(glide.Transaction).RunScript(script, keys, args...)))
}

// RunScript queues it in a batch and executes that.
func (f ClusterTransaction) RunScript(ctx context.Context, script *glide.Script, keys []string, args ...string) (any, error) {
	return only[any](f.exec(ctx, new(glide.Transaction).RunScript(script, keys, args...)))
}

// RunScript queues it in a batch and executes that.
func (f Pipeline) RunScript(ctx context.Context, script *glide.Script, keys []string, args ...string) (any, error) {
	return only[any](f.exec(ctx, new(glide.Pipeline).RunScript(script, keys, args...)))
}
