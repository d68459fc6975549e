package clients

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// goRedis is github.com/redis/go-redis/v9: a pool of connections, one caller
// on each at a time.
type goRedis struct {
	Target
	client redis.UniversalClient
}

func dialGoRedis(ctx context.Context, target Target) (Client, error) {
	address := target.Address()
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
	return goRedis{target, client}, nil
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

// MGet is MGET, and in a cluster, which refuses it over several slots, a
// pipeline.
func (c goRedis) MGet(ctx context.Context, keys, values []string) error {
	if _, ok := c.client.(*redis.ClusterClient); ok {
		return c.GetPipelined(ctx, keys, values)
	}
	got, err := c.client.MGet(ctx, keys...).Result()
	for i, value := range got {
		values[i], _ = value.(string)
	}
	return err
}

func (c goRedis) GetPipelined(ctx context.Context, keys, values []string) error {
	pipeline := c.client.Pipeline()
	gets := make([]*redis.StringCmd, len(keys))
	for i, key := range keys {
		gets[i] = pipeline.Get(ctx, key)
	}
	if _, err := pipeline.Exec(ctx); err != nil {
		return err
	}
	for i, get := range gets {
		values[i] = get.Val()
	}
	return nil
}

// Increment is Watch, again while others come between.
func (c goRedis) Increment(ctx context.Context, key string) error {
	for {
		err := c.client.Watch(ctx, func(tx *redis.Tx) error {
			number, err := tx.Get(ctx, key).Result()
			if err != nil {
				return err
			}
			number, err = next(number)
			if err != nil {
				return err
			}
			_, err = tx.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
				return pipe.Set(ctx, key, number, 0).Err()
			})
			return err
		}, key)
		if !errors.Is(err, redis.TxFailedErr) {
			return err
		}
	}
}

// SubscribeTo does without the subscription's channel, which would be another
// hop.
func (c goRedis) SubscribeTo(ctx context.Context, channel string, handle func(payload string)) error {
	subscription := c.client.Subscribe(ctx, channel)
	go func() {
		for {
			message, err := subscription.ReceiveMessage(ctx)
			if err != nil {
				return // it was closed
			}
			handle(message.Payload)
		}
	}()
	return nil
}

func (c goRedis) Close() error { return c.client.Close() }
