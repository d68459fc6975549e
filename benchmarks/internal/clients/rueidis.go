package clients

import (
	"context"

	"github.com/redis/rueidis"
)

// rueidisClient is github.com/redis/rueidis, from which valkey-go was made:
// the same settings as valkeyGo's default, 4 connections to a standalone
// server and one to each node of a cluster.
type rueidisClient struct {
	Target
	client rueidis.Client
}

func dialRueidis(_ context.Context, target Target) (Client, error) {
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress:       []string{target.Address()},
		ForceSingleClient: target.Mode == Standalone,
		DisableCache:      true,
		ConnWriteTimeout:  RequestTimeout,
	})
	if err != nil {
		return nil, err
	}
	return rueidisClient{target, client}, nil
}

func (c rueidisClient) Get(ctx context.Context, key string) (string, error) {
	value, err := c.client.Do(ctx, c.client.B().Get().Key(key).Build()).ToString()
	if rueidis.IsRedisNil(err) {
		return "", ErrNoValue
	}
	return value, err
}

func (c rueidisClient) Set(ctx context.Context, key, value string) error {
	return c.client.Do(ctx, c.client.B().Set().Key(key).Value(value).Build()).Error()
}

// MGet is its helper, which in a cluster splits the keys.
func (c rueidisClient) MGet(ctx context.Context, keys, values []string) error {
	got, err := rueidis.MGet(c.client, ctx, keys)
	if err != nil {
		return err
	}
	for i, key := range keys {
		message := got[key]
		if values[i], err = message.ToString(); err != nil {
			return err
		}
	}
	return nil
}

func (c rueidisClient) GetPipelined(ctx context.Context, keys, values []string) error {
	commands := make(rueidis.Commands, len(keys))
	for i, key := range keys {
		commands[i] = c.client.B().Get().Key(key).Build()
	}
	for i, result := range c.client.DoMulti(ctx, commands...) {
		value, err := result.ToString()
		if err != nil {
			return err
		}
		values[i] = value
	}
	return nil
}

// Increment is a dedicated connection, on which what can be is sent together.
func (c rueidisClient) Increment(ctx context.Context, key string) error {
	return c.client.Dedicated(func(d rueidis.DedicatedClient) error {
		for {
			read := d.DoMulti(ctx, d.B().Watch().Key(key).Build(), d.B().Get().Key(key).Build())
			if err := read[0].Error(); err != nil {
				return err
			}
			number, err := read[1].ToString()
			if err != nil {
				return err
			}
			number, err = next(number)
			if err != nil {
				return err
			}
			written := d.DoMulti(ctx, d.B().Multi().Build(), d.B().Set().Key(key).Value(number).Build(), d.B().Exec().Build())
			if err := written[2].Error(); !rueidis.IsRedisNil(err) {
				return err
			}
		}
	})
}

func (c rueidisClient) SubscribeTo(ctx context.Context, channel string, handle func(payload string)) error {
	go func() {
		// It ends when the client is closed.
		_ = c.client.Receive(ctx, c.client.B().Subscribe().Channel(channel).Build(), func(message rueidis.PubSubMessage) {
			handle(message.Message)
		})
	}()
	return nil
}

func (c rueidisClient) Close() error {
	c.client.Close()
	return nil
}
