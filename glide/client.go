package glide

import (
	"context"
	"log/slog"

	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/pb"
	"google.golang.org/protobuf/proto"
)

// Client is a client of a standalone server: one primary, with or without
// replicas. It is safe for concurrent use by any number of goroutines. They
// share one connection to each server; blocking commands, such as
// [Client.BLPop], and [Client.Dedicated] use dedicated connections.
//
// Most of its methods are commands. The others are:
//
//   - [Client.Exec], which runs a [Pipeline] or a [Transaction]
//   - [Client.Optimistic], which changes keys that other clients may change too
//   - [Client.Dedicated], which calls a function with a dedicated connection
//   - [Client.Subscription], which receives messages
//   - [Client.AllKeys] and the other iterators: [Client.HashFields],
//     [Client.SetMembers] and [Client.SortedSetMembers]
//   - [Client.Do], which runs any command
//   - [Client.Stats] and [Client.Close]
type Client struct {
	serverCommands
	subscriber
}

// NewClient connects to a server. It returns when it has connected or failed,
// or when ctx ends. It fails after [Config.ConnectionTimeout], 2 seconds by
// default, even if ctx allows more. With [Config.LazyConnect] it returns
// immediately and the first command connects.
func NewClient(ctx context.Context, config Config) (*Client, error) {
	commands, subscriber, err := connect(ctx, &config, config.request, config.Subscriptions, false)
	if err != nil {
		return nil, err
	}
	return &Client{serverCommands{commands}, subscriber}, nil
}

// connect connects a client of either kind, and calls its hooks. The configuration is
// what both kinds have in common; request returns all of it.
func connect(ctx context.Context, config *Config, request func() (*pb.ConnectionRequest, error), subscriptions Subscriptions, cluster bool) (commands, subscriber, error) {
	hooks, err := config.hooks(cluster)
	if err != nil {
		return commands{}, subscriber{}, err
	}
	if hooks == nil || ctx == nil {
		return connectUnhooked(ctx, config, request, subscriptions, config.describe(cluster))
	}
	operation, begun := hooks.connect(), engine.Now()
	ctx = hooks.before(ctx, operation)
	commands, subscriber, err := connectUnhooked(ctx, config, request, subscriptions, hooks.client)
	commands.hooks, subscriber.hooks = hooks, hooks
	hooks.after(ctx, operation, Outcome{Err: err, ran: ran{begun: begun}})
	return commands, subscriber, err
}

func connectUnhooked(ctx context.Context, config *Config, configured func() (*pb.ConnectionRequest, error), subscriptions Subscriptions, description *ClientDescription) (commands, subscriber, error) {
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
	observer, name, err := engine.NewObserver(config.Logger, config.eventsTo(description))
	if err != nil {
		return fail(err)
	}
	request.Observer, request.Traces = name, len(config.Hooks) > 0
	receiver := newReceiver(e, request, subscriptions, observer, config.Logger)
	answerer := newAnswerer(e, request, config.functions())
	message, err := proto.Marshal(request)
	if err != nil {
		answerer.Close()
		observer.Close()
		receiver.close()
		return fail(operationError("connect", err))
	}
	client, err := e.Connect(ctx, message, config.requestTimeout(), answerer, observer)
	clear(message) // there may be a password and a key in it
	if err != nil {
		receiver.close()
		return fail(operationError("connect", err))
	}
	if request.NoRetries {
		client.NeverRetries()
	}
	client.SetDatabase(int(request.Database))
	client.SetInflightLimit(int(request.InflightLimit))
	commands := commands{engine: client, cluster: request.Cluster}
	return commands, subscriber{engine: client, receiver: receiver}, nil
}

// Close closes the client's connections, including those with requests in
// flight, and ends its subscriptions. Waiting and later calls return
// [ErrClosed]; messages that have already arrived can still be received.
// Close returns nil, also if it is called again, which has no effect.
func (c *Client) Close() error {
	c.close()
	c.receiver.close()
	return nil
}

func (c commands) close() {
	if c.engine != nil {
		c.engine.Close()
	}
}

// SetLogger sets the logger for messages of the core, for all clients of the
// process. The default, nil, discards them. Records whose level the handler
// does not enable are not created. One goroutine calls the handler, and no
// client call waits for it: if it is too slow, records are dropped, and a
// record reports how many. Messages about a client that has another logger
// ([Config.Logger]) go to that one. The logger also receives panics of message
// callbacks; without a logger they go to [slog.Default].
func SetLogger(logger *slog.Logger) error { return engine.SetLogger(logger) }

// SetEventLoops sets the number of event loops that clients created from now
// on share. The default is one for every eight of GOMAXPROCS at the time of the
// first client, and at least one.
func SetEventLoops(count int) error {
	if !engine.SetCount(count) {
		return invalid("SetEventLoops", "count must be positive")
	}
	return nil
}
