package clients

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidegoredis"
)

// goRedisOverGlide is go-redis on this project's client instead of connections to the server.
type goRedisOverGlide struct {
	goRedis
	close func() error
}

func dialGoRedisOverGlide(ctx context.Context, target Target) (Client, error) {
	addresses := []glide.Address{{Host: target.Host, Port: target.Port}}
	if target.Mode == Cluster {
		client, err := glide.NewClusterClient(ctx, glide.ClusterConfig{Addresses: addresses, InflightLimit: InflightLimit})
		if err != nil {
			return nil, err
		}
		return overGlide(target, client, client.Close), nil
	}
	client, err := glide.NewClient(ctx, glide.Config{Addresses: addresses, InflightLimit: InflightLimit})
	if err != nil {
		return nil, err
	}
	return overGlide(target, client, client.Close), nil
}

func overGlide(target Target, client glidegoredis.Client, close func() error) Client {
	options := glidegoredis.Options(client)
	options.ReadTimeout, options.WriteTimeout = RequestTimeout, RequestTimeout
	return goRedisOverGlide{goRedis{target, redis.NewClient(options)}, close}
}

func (c goRedisOverGlide) Close() error { return errors.Join(c.client.Close(), c.close()) }
