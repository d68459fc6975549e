package glide

import (
	"context"
	"log/slog"
	"time"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/pb"
	"google.golang.org/protobuf/proto"
)

// Client is a client of a standalone server: one primary, with or without
// replicas. It is safe for use by any number of goroutines, which share its
// one connection to each server, but for commands that block, such as
// [Client.BLPop], and [Client.Dedicated].
type Client struct {
	serverCommands
	subscriber
}

// NewClient connects to a server. It returns when it is connected, when that
// has failed, or when the context ends; with [Config.LazyConnect] it returns
// at once and the first command connects.
func NewClient(ctx context.Context, config Config) (*Client, error) {
	commands, subscriber, err := connect(ctx, config.request, config.requestTimeout(), config.Subscriptions, config.functions())
	if err != nil {
		return nil, err
	}
	return &Client{serverCommands{commands}, subscriber}, nil
}

// connect connects a client of either kind.
func connect(ctx context.Context, configured func() (*pb.ConnectionRequest, error), timeout time.Duration, subscriptions Subscriptions, functions functions) (commands, subscriber, error) {
	fail := func(err error) (commands, subscriber, error) { return commands{}, subscriber{}, err }
	if ctx == nil {
		return fail(invalid("connect", "nil context"))
	}
	request, err := configured()
	if err == nil {
		err = subscriptions.addTo(request)
	}
	if err != nil {
		return fail(err)
	}
	e, err := engine.Next()
	if err != nil {
		return fail(err)
	}
	receiver := newReceiver(e, request, subscriptions)
	answerer := newAnswerer(e, request, functions)
	message, err := proto.Marshal(request)
	if err != nil {
		answerer.Close()
		receiver.close()
		return fail(operationError("connect", err))
	}
	client, err := e.Connect(ctx, message, timeout, answerer)
	clear(message) // there may be a password and a key in it
	if err != nil {
		receiver.close()
		return fail(operationError("connect", err))
	}
	if request.NoRetries {
		client.NeverRetries()
	}
	commands := commands{engine: client, cluster: request.Cluster}
	return commands, subscriber{client, receiver}, nil
}

// Close closes the client's connections, whatever is in flight on them, and
// ends its subscriptions. Calls that
// wait and calls to come end with [ErrClosed]; messages that have come before
// can still be received. Closing again does nothing.
func (c *Client) Close() {
	c.close()
	c.receiver.close()
}

func (c commands) close() {
	if c.engine != nil {
		c.engine.Close()
	}
}

// SetLogger sends what the core logs to a logger, for all clients of the
// process; nil, the default, drops it. What the logger's handler does not
// enable at this moment is not logged at all. The handler is called by one
// goroutine, and no call of a client waits for it: if it is too slow, records
// are dropped, and a record says how many. The logger is also told when a
// callback for messages panics; without a logger, [slog.Default] is.
func SetLogger(logger *slog.Logger) error { return engine.SetLogger(logger) }

// SetEventLoops says how many runtimes of the core share the clients of the
// process that are made from here on. The default is one for every eight
// processors, and one at least.
func SetEventLoops(count int) error {
	if !engine.SetCount(count) {
		return invalid("SetEventLoops", "count must be positive")
	}
	return nil
}
