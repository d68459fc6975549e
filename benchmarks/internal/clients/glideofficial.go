//go:build cgo

package clients

import (
	"context"

	official "github.com/valkey-io/valkey-glide/go/v2"
	"github.com/valkey-io/valkey-glide/go/v2/config"
	"github.com/valkey-io/valkey-glide/go/v2/models"
)

// glideOfficial is github.com/valkey-io/valkey-glide/go/v2, the existing GLIDE
// for Go: one connection to each node, shared by all callers.
type glideOfficial struct{ client officialClient }

// officialClient is what its standalone and its cluster client have in common
// and the workloads use.
type officialClient interface {
	Get(ctx context.Context, key string) (models.Result[string], error)
	Set(ctx context.Context, key, value string) (string, error)
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
		return glideOfficial{client}, nil
	}
	client, err := official.NewClient(config.NewClientConfiguration().
		WithAddress(address).
		WithRequestTimeout(RequestTimeout))
	if err != nil {
		return nil, err
	}
	return glideOfficial{client}, nil
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

func (c glideOfficial) Close() error {
	c.client.Close()
	return nil
}
