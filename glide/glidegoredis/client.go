package glidegoredis

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"github.com/valkey-glide/go/glide"
	internalbridge "github.com/valkey-glide/go/glide/internal/bridge"
	"github.com/valkey-glide/go/glide/internal/engine"
)

// Client is a [*glide.Client] or a [*glide.ClusterClient].
type Client interface {
	glide.Commander
	Subscription(ctx context.Context, config glide.SubscriptionConfig) (*glide.Subscription, error)
}

const (
	// poolSize is how many commands run at a time: as many as a connection of a
	// client of package glide may have in flight by default. A connection of the pool
	// costs two buffers.
	poolSize = 1000
	// bufferSize is that of a connection's two buffers, in bytes. It holds nothing
	// for long: what is larger passes by it.
	bufferSize = 4 << 10
)

// NewClient returns a client of go-redis whose commands run on a client of package
// glide, with the settings of [Options]. Closing it does not close that one.
func NewClient(client Client) *redis.Client { return redis.NewClient(Options(client)) }

// Options returns the options of a client of go-redis whose commands run on a client of
// package glide. They can be changed before they are used, except Dialer. These differ
// from the defaults of go-redis:
//
//   - PoolSize is 1000. A connection of the pool is no connection to a server: commands
//     on all of them share those of the client.
//   - ReadBufferSize and WriteBufferSize are 4 KiB.
//   - MaxRetries is -1: the client retries by itself what is certain not to have run,
//     and what only reads. With retries, go-redis repeats commands that may have run,
//     as it does on connections to servers.
//   - ContextTimeoutEnabled is true: the deadline of a context ends a command.
//   - Notifications of maintenance, and what introduces a library to the server, are
//     off, as they are about connections to servers.
//
// Addr, Username, Password, DB and TLSConfig must be empty: what they are for is
// configured in the client.
func Options(client Client) *redis.Options {
	return &redis.Options{
		Addr:                  "glide",
		Dialer:                newBridge(client).dial,
		PoolSize:              poolSize,
		ReadBufferSize:        bufferSize,
		WriteBufferSize:       bufferSize,
		MaxRetries:            -1,
		ContextTimeoutEnabled: true,
		DisableIdentity:       true,
		DialerRetries:         1,
		MaintNotificationsConfig: &maintnotifications.Config{
			Mode: maintnotifications.ModeDisabled,
		},
		ConnMaxIdleTime: 5 * time.Minute,
	}
}

// A bridge is what all connections to a client have in common.
type bridge struct {
	client  Client
	engine  *engine.Client
	cluster bool
	cursors cursors
}

func newBridge(client Client) *bridge {
	b := &bridge{client: client}
	b.engine, b.cluster = internalbridge.Glide.Engine(client)
	return b
}

var errNoClient = errors.New("glidegoredis: no client that glide.NewClient or glide.NewClusterClient has made")

// dial returns a connection to the client. The address is not used.
func (b *bridge) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	if b.engine == nil {
		return nil, errNoClient
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return newConn(b), nil
}
