package chaos

import (
	"context"
	"time"

	"github.com/valkey-glide/go/glide"
)

// client is what the load uses of both kinds of client.
type client interface {
	Get(ctx context.Context, key string) (glide.Optional[string], error)
	MGet(ctx context.Context, keys ...string) ([]glide.Optional[string], error)
	HIncrBy(ctx context.Context, key, field string, increment int64) (int64, error)
	Eval(ctx context.Context, script string, keys []string, args ...string) (any, error)
	RPush(ctx context.Context, key string, elements ...string) (int64, error)
	BLPop(ctx context.Context, timeout time.Duration, keys ...string) (glide.Optional[glide.ListElement], error)
	Publish(ctx context.Context, channel, message string) (int64, error)
	Subscribe(ctx context.Context, channels ...string) error
	NextMessage(ctx context.Context) (glide.Message, error)
	Do(ctx context.Context, args ...string) (any, error)
	UpdateConnectionPassword(ctx context.Context, password string, immediateAuth bool) error
	Exec(ctx context.Context, batch glide.Batch, options ...glide.ExecOption) (glide.Results, error)
	Close() error
}

// A field is one of a hash.
type field struct{ key, name string }

// incrementAll increments fields in a pipeline, or in a transaction. The options
// are those of a cluster's pipeline.
func incrementAll(ctx context.Context, c client, atomic bool, fields []field, options ...glide.ExecOption) (glide.Results, error) {
	if atomic {
		transaction := glide.NewTransaction()
		for _, f := range fields {
			transaction.HIncrBy(f.key, f.name, 1)
		}
		return c.Exec(ctx, transaction)
	}
	pipeline := glide.NewPipeline()
	for _, f := range fields {
		pipeline.HIncrBy(f.key, f.name, 1)
	}
	return c.Exec(ctx, pipeline, options...)
}
