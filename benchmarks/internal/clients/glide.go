package clients

import (
	"context"
	"errors"

	"github.com/valkey-glide/go/glide"
)

// glideClient is this project's client.
type glideClient struct {
	Target
	glide.UniversalClient
}

func dialGlide(ctx context.Context, target Target) (Client, error) {
	config := glide.Config{
		Addresses:      []glide.Address{{Host: target.Host, Port: target.Port}},
		RequestTimeout: RequestTimeout,
		InflightLimit:  InflightLimit,
	}
	if target.Mode == Cluster {
		client, err := glide.NewClusterClient(ctx, glide.ClusterConfig{
			Addresses: config.Addresses, RequestTimeout: config.RequestTimeout, InflightLimit: config.InflightLimit,
		})
		if err != nil {
			return nil, err
		}
		return glideClient{target, client}, nil
	}
	client, err := glide.NewClient(ctx, config)
	if err != nil {
		return nil, err
	}
	return glideClient{target, client}, nil
}

// successor returns the number that comes after one that was read.
func successor(number glide.Optional[string], err error) (string, error) {
	if err != nil {
		return "", err
	}
	return next(number.Value())
}

func (c glideClient) Increment(ctx context.Context, key string) error {
	_, err := c.Optimistic(ctx, []string{key}, func(c *glide.DedicatedClient) (*glide.Transaction, error) {
		next, err := successor(c.Get(ctx, key))
		return glide.NewTransaction().Set(key, next), err
	})
	return err
}

func (c glideClient) Get(ctx context.Context, key string) (string, error) {
	value, err := c.UniversalClient.Get(ctx, key)
	if err != nil {
		return "", err
	}
	if value.IsNil() {
		return "", ErrNoValue
	}
	return value.Value(), nil
}

func (c glideClient) Set(ctx context.Context, key, value string) error {
	return c.UniversalClient.Set(ctx, key, value)
}

func (c glideClient) MGet(ctx context.Context, keys, values []string) error {
	got, err := c.UniversalClient.MGet(ctx, keys...)
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
	results, err := c.Exec(ctx, pipeline)
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
