//go:build cgo

package clients

import (
	"context"

	official "github.com/valkey-io/valkey-glide/go/v2"
	"github.com/valkey-io/valkey-glide/go/v2/config"
	"github.com/valkey-io/valkey-glide/go/v2/models"
	"github.com/valkey-io/valkey-glide/go/v2/pipeline"
)

// glideOfficial is github.com/valkey-io/valkey-glide/go/v2, the existing GLIDE
// for Go: one connection to each node, shared by all callers.
type glideOfficial struct {
	client    officialClient
	pipelined func(ctx context.Context, keys []string) ([]any, error)
}

// officialClient is what its standalone and its cluster client have in common
// and the workloads use.
type officialClient interface {
	Get(ctx context.Context, key string) (models.Result[string], error)
	Set(ctx context.Context, key, value string) (string, error)
	MGet(ctx context.Context, keys []string) ([]models.Result[string], error)
	Close()
}

func dialGlideOfficial(_ context.Context, target Target) (Client, error) {
	address := &config.NodeAddress{Host: target.Host, Port: target.Port}
	if target.Mode == Cluster {
		client, err := official.NewClusterClient(config.NewClusterClientConfiguration().
			WithAddress(address).
			WithRequestTimeout(RequestTimeout))
		if err != nil {
			return nil, err
		}
		return glideOfficial{client, func(ctx context.Context, keys []string) ([]any, error) {
			batch := pipeline.NewClusterBatch(false)
			for _, key := range keys {
				batch.Get(key)
			}
			return client.Exec(ctx, *batch, true)
		}}, nil
	}
	client, err := official.NewClient(config.NewClientConfiguration().
		WithAddress(address).
		WithRequestTimeout(RequestTimeout))
	if err != nil {
		return nil, err
	}
	return glideOfficial{client, func(ctx context.Context, keys []string) ([]any, error) {
		batch := pipeline.NewStandaloneBatch(false)
		for _, key := range keys {
			batch.Get(key)
		}
		return client.Exec(ctx, *batch, true)
	}}, nil
}

func (c glideOfficial) Get(ctx context.Context, key string) (string, error) {
	value, err := c.client.Get(ctx, key)
	if err != nil {
		return "", err
	}
	if value.IsNil() {
		return "", ErrNoValue
	}
	return value.Value(), nil
}

func (c glideOfficial) Set(ctx context.Context, key, value string) error {
	_, err := c.client.Set(ctx, key, value)
	return err
}

func (c glideOfficial) MGet(ctx context.Context, keys, values []string) error {
	got, err := c.client.MGet(ctx, keys)
	for i, value := range got {
		values[i] = value.Value()
	}
	return err
}

func (c glideOfficial) GetPipelined(ctx context.Context, keys, values []string) error {
	got, err := c.pipelined(ctx, keys)
	for i, value := range got {
		values[i], _ = value.(string)
	}
	return err
}

func (c glideOfficial) Close() error {
	c.client.Close()
	return nil
}
