package clients

import (
	"context"
	"errors"

	"github.com/valkey-glide/go/glide"
)

// glideClient is this project's client.
type glideClient struct{ client *glide.Client }

func dialGlide(ctx context.Context, target Target) (Client, error) {
	if target.Mode == Cluster {
		return nil, errors.New("glide has no cluster client yet")
	}
	client, err := glide.NewClient(ctx, glide.Config{
		Addresses:      []glide.Address{{Host: target.Host, Port: target.Port}},
		RequestTimeout: RequestTimeout,
	})
	if err != nil {
		return nil, err
	}
	return glideClient{client}, nil
}

func (c glideClient) Get(ctx context.Context, key string) (string, error) {
	value, err := c.client.Get(ctx, key)
	if err != nil {
		return "", err
	}
	if value.IsNil() {
		return "", ErrNoValue
	}
	return value.Value(), nil
}

func (c glideClient) Set(ctx context.Context, key, value string) error {
	return c.client.Set(ctx, key, value)
}

func (c glideClient) Close() error {
	c.client.Close()
	return nil
}
