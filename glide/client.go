package glide

import (
	"context"
	"log/slog"

	"github.com/valkey-glide/go/glide/internal/engine"
	"google.golang.org/protobuf/proto"
)

// Client is a client of a standalone server: one primary, with or without
// replicas. It is safe for use by any number of goroutines, which share its
// one connection to each server.
type Client struct {
	commands
}

// NewClient connects to a server. It returns when it is connected, when that
// has failed, or when the context ends; with [Config.LazyConnect] it returns
// at once and the first command connects.
func NewClient(ctx context.Context, config Config) (*Client, error) {
	if ctx == nil {
		return nil, invalid("connect", "nil context")
	}
	request, err := config.request()
	if err != nil {
		return nil, err
	}
	message, err := proto.Marshal(request)
	if err != nil {
		return nil, operationError("connect", err)
	}
	e, err := engine.Next()
	if err != nil {
		return nil, err
	}
	client, err := e.Connect(ctx, message, config.requestTimeout())
	if err != nil {
		return nil, operationError("connect", err)
	}
	return &Client{commands{client}}, nil
}

// Close closes the client's connections. Calls that wait and calls to come
// end with [ErrClosed]. Closing again does nothing.
func (c *Client) Close() {
	if c.engine != nil {
		c.engine.Close()
	}
}

// SetLogger sends what the core logs to a logger, for all clients of the
// process; nil, the default, drops it. What the logger's handler does not
// enable at this moment is not logged at all.
func SetLogger(logger *slog.Logger) error { return engine.SetLogger(logger) }

// SetRuntimes says how many runtimes of the core share the clients of the
// process that are made from here on. The default is one for every eight
// processors, and one at least.
func SetRuntimes(count int) error {
	if !engine.SetCount(count) {
		return invalid("SetRuntimes", "count must be positive")
	}
	return nil
}
