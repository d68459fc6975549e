package clients

import (
	"context"
	"errors"
	"iter"

	"github.com/valkey-glide/go/glide"
)

// glideClient is this project's client.
type glideClient struct {
	Target
	glideCommands
	exec      func(context.Context, *glide.Pipeline) (glide.Results, error)
	increment func(ctx context.Context, key string) error
}

// glideCommands is what its standalone and its cluster client have in common
// and the workloads use.
type glideCommands interface {
	Get(ctx context.Context, key string) (glide.Optional[string], error)
	MGet(ctx context.Context, keys ...string) ([]glide.Optional[string], error)
	Set(ctx context.Context, key, value string, options ...glide.SetOption) error
	Subscribe(ctx context.Context, channels ...string) error
	Messages(ctx context.Context) iter.Seq2[glide.Message, error]
	Close() error
}

func dialGlide(ctx context.Context, target Target) (Client, error) {
	addresses := []glide.Address{{Host: target.Host, Port: target.Port}}
	if target.Mode == Cluster {
		client, err := glide.NewClusterClient(ctx, glide.ClusterConfig{
			Addresses: addresses, RequestTimeout: RequestTimeout, InflightLimit: InflightLimit,
		})
		if err != nil {
			return nil, err
		}
		exec := func(ctx context.Context, p *glide.Pipeline) (glide.Results, error) { return client.Exec(ctx, p) }
		return glideClient{target, client, exec, func(ctx context.Context, key string) error {
			_, err := client.Optimistic(ctx, []string{key}, func(c *glide.DedicatedClient) (*glide.Transaction, error) {
				next, err := successor(c.Get(ctx, key))
				return glide.NewTransaction().Set(key, next), err
			})
			return err
		}}, nil
	}
	client, err := glide.NewClient(ctx, glide.Config{
		Addresses: addresses, RequestTimeout: RequestTimeout, InflightLimit: InflightLimit,
	})
	if err != nil {
		return nil, err
	}
	exec := func(ctx context.Context, p *glide.Pipeline) (glide.Results, error) { return client.Exec(ctx, p) }
	return glideClient{target, client, exec, func(ctx context.Context, key string) error {
		_, err := client.Optimistic(ctx, []string{key}, func(c *glide.DedicatedClient) (*glide.Transaction, error) {
			next, err := successor(c.Get(ctx, key))
			return glide.NewTransaction().Set(key, next), err
		})
		return err
	}}, nil
}

// successor returns the number that comes after one that was read.
func successor(number glide.Optional[string], err error) (string, error) {
	if err != nil {
		return "", err
	}
	return next(number.Value())
}

func (c glideClient) Increment(ctx context.Context, key string) error { return c.increment(ctx, key) }

func (c glideClient) Get(ctx context.Context, key string) (string, error) {
	value, err := c.glideCommands.Get(ctx, key)
	if err != nil {
		return "", err
	}
	if value.IsNil() {
		return "", ErrNoValue
	}
	return value.Value(), nil
}

func (c glideClient) Set(ctx context.Context, key, value string) error {
	return c.glideCommands.Set(ctx, key, value)
}

func (c glideClient) MGet(ctx context.Context, keys, values []string) error {
	got, err := c.glideCommands.MGet(ctx, keys...)
	for i, value := range got {
		values[i] = value.Or("")
	}
	return err
}

func (c glideClient) GetPipelined(ctx context.Context, keys, values []string) error {
	pipeline := glide.NewPipeline()
	for _, key := range keys {
		pipeline.Get(key)
	}
	results, err := c.exec(ctx, pipeline)
	if err != nil {
		return err
	}
	for i := range values {
		value, resultErr := glide.Result[glide.Optional[string]](results, i)
		values[i], err = value.Or(""), errors.Join(err, resultErr)
	}
	return err
}

func (c glideClient) SubscribeTo(ctx context.Context, channel string, handle func(payload string)) error {
	go func() {
		for message, err := range c.Messages(ctx) {
			if err != nil {
				return // it was closed
			}
			handle(message.Payload)
		}
	}()
	return c.Subscribe(ctx, channel)
}
