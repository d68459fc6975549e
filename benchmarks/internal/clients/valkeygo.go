package clients

import (
	"context"

	"github.com/valkey-io/valkey-go"
)

// valkeyGo is github.com/valkey-io/valkey-go: callers share pipelined
// connections.
type valkeyGo struct {
	Target
	client valkey.Client
}

// By default it keeps 4 connections to a standalone server, and one to each
// node of a cluster.
func dialValkeyGo(_ context.Context, target Target) (Client, error) {
	return newValkeyGo(target, 0)
}

// With a multiplex of -1 it keeps one connection, to a standalone server too.
func dialValkeyGoSingle(_ context.Context, target Target) (Client, error) {
	return newValkeyGo(target, -1)
}

func newValkeyGo(target Target, multiplex int) (Client, error) {
	client, err := valkey.NewClient(valkey.ClientOption{
		InitAddress:       []string{target.Address()},
		ForceSingleClient: target.Mode == Standalone,
		PipelineMultiplex: multiplex,
		DisableCache:      true,
		ConnWriteTimeout:  RequestTimeout,
	})
	if err != nil {
		return nil, err
	}
	return valkeyGo{target, client}, nil
}

func (c valkeyGo) Get(ctx context.Context, key string) (string, error) {
	value, err := c.client.Do(ctx, c.client.B().Get().Key(key).Build()).ToString()
	if valkey.IsValkeyNil(err) {
		return "", ErrNoValue
	}
	return value, err
}

func (c valkeyGo) Set(ctx context.Context, key, value string) error {
	return c.client.Do(ctx, c.client.B().Set().Key(key).Value(value).Build()).Error()
}

// MGet is its helper, which in a cluster splits the keys.
func (c valkeyGo) MGet(ctx context.Context, keys, values []string) error {
	got, err := valkey.MGet(c.client, ctx, keys)
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

func (c valkeyGo) GetPipelined(ctx context.Context, keys, values []string) error {
	commands := make(valkey.Commands, len(keys))
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
func (c valkeyGo) Increment(ctx context.Context, key string) error {
	return c.client.Dedicated(func(d valkey.DedicatedClient) error {
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
			if err := written[2].Error(); !valkey.IsValkeyNil(err) {
				return err
			}
		}
	})
}

func (c valkeyGo) SubscribeTo(ctx context.Context, channel string, handle func(payload string)) error {
	go func() {
		// It ends when the client is closed.
		_ = c.client.Receive(ctx, c.client.B().Subscribe().Channel(channel).Build(), func(message valkey.PubSubMessage) {
			handle(message.Message)
		})
	}()
	return nil
}

func (c valkeyGo) Close() error {
	c.client.Close()
	return nil
}
