package clients

import (
	"context"
	"errors"
	"net"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// goRedis is github.com/redis/go-redis/v9: a pool of connections, one caller
// on each at a time.
type goRedis struct{ client redis.UniversalClient }

func dialGoRedis(ctx context.Context, target Target) (Client, error) {
	address := net.JoinHostPort(target.Host, strconv.Itoa(target.Port))
	var client redis.UniversalClient
	if target.Mode == Cluster {
		client = redis.NewClusterClient(&redis.ClusterOptions{
			Addrs:        []string{address},
			Protocol:     3,
			ReadTimeout:  RequestTimeout,
			WriteTimeout: RequestTimeout,
		})
	} else {
		client = redis.NewClient(&redis.Options{
			Addr:         address,
			Protocol:     3,
			ReadTimeout:  RequestTimeout,
			WriteTimeout: RequestTimeout,
		})
	}
	// It connects lazily; a server that cannot be reached must show here.
	if err := client.Ping(ctx).Err(); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return goRedis{client}, nil
}

func (c goRedis) Get(ctx context.Context, key string) (string, error) {
	value, err := c.client.Get(ctx, key).Result()
	if errors.Is(err, redis.Nil) {
		return "", ErrNoValue
	}
	return value, err
}

func (c goRedis) Set(ctx context.Context, key, value string) error {
	return c.client.Set(ctx, key, value, 0).Err()
}

func (c goRedis) Close() error { return c.client.Close() }
