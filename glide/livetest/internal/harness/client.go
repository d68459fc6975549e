package harness

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

// Client is what both kinds of client have in common.
type Client = glide.UniversalClient

// Addressed is a server, real or fake, or a proxy.
type Addressed interface {
	Host() string
	Port() int
}

// AddressOf is where it listens.
func AddressOf(server Addressed) glide.Address {
	return glide.Address{Host: server.Host(), Port: server.Port()}
}

// AddressesOf is where several listen.
func AddressesOf[A Addressed](servers ...A) (addresses []glide.Address) {
	for _, server := range servers {
		addresses = append(addresses, AddressOf(server))
	}
	return addresses
}

// Kind is a kind of client.
type Kind string

// The kinds of client.
const (
	Standalone Kind = "standalone"
	Cluster    Kind = "cluster"
)

// Connect returns a client that is closed with the test. Clients of both kinds
// take the configuration of clusters, as far as they share it.
func (k Kind) Connect(tb testing.TB, config glide.ClusterConfig) Client {
	tb.Helper()
	client, err := k.New(context.Background(), config)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = client.Close() })
	return client
}

// New returns a client.
func (k Kind) New(ctx context.Context, c glide.ClusterConfig) (Client, error) {
	if k == Cluster {
		client, err := glide.NewClusterClient(ctx, c)
		if err != nil {
			return nil, err
		}
		return client, nil
	}
	client, err := glide.NewClient(ctx, glide.Config{
		Addresses: c.Addresses, Credentials: c.Credentials, TLS: c.TLS, ClientName: c.ClientName, LibraryName: c.LibraryName,
		Protocol: c.Protocol, ReadFrom: c.ReadFrom, AvailabilityZone: c.AvailabilityZone, RequestTimeout: c.RequestTimeout,
		ConnectionTimeout: c.ConnectionTimeout, Reconnect: c.Reconnect, InflightLimit: c.InflightLimit, LazyConnect: c.LazyConnect, NoRetries: c.NoRetries,
		AddressMap: c.AddressMap, TranslateAddress: c.TranslateAddress, CredentialsFunc: c.CredentialsFunc, Subscriptions: c.Subscriptions, Database: c.Database,
		HeartbeatInterval: c.HeartbeatInterval,
		Cache:             c.Cache, InflightWait: c.InflightWait, DedicatedLimit: c.DedicatedLimit,
	})
	if err != nil {
		return nil, err
	}
	return client, nil
}

// ConnectCluster returns a client that is closed with the test.
func ConnectCluster(tb testing.TB, config glide.ClusterConfig) *glide.ClusterClient {
	tb.Helper()
	client, err := glide.NewClusterClient(context.Background(), config)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = client.Close() })
	return client
}

// Increment is a way to increment a counter. It returns the counter.
type Increment func(ctx context.Context, client Client, key string) (int64, error)

// Increments are the ways to increment a counter, by their names.
var Increments = map[string]Increment{
	"single command": func(ctx context.Context, client Client, key string) (int64, error) {
		return client.Incr(ctx, key)
	},
	"pipeline": func(ctx context.Context, client Client, key string) (int64, error) {
		results, err := client.Exec(ctx, glide.NewPipeline().Incr(key))
		return only(results, err)
	},
	"script": func(ctx context.Context, client Client, key string) (int64, error) {
		reply, err := client.Eval(ctx, "return redis.call('INCR', KEYS[1])", []string{key})
		if err != nil {
			return 0, err
		}
		n, ok := reply.(int64)
		if !ok {
			return 0, fmt.Errorf("the script returns %v", reply)
		}
		return n, nil
	},
	"transaction": func(ctx context.Context, client Client, key string) (int64, error) {
		results, err := client.Exec(ctx, glide.NewTransaction().Incr(key))
		return only(results, err)
	},
}

func only(results glide.Results, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return glide.Result[int64](results, 0)
}

// IsLost reports whether an error says that a server could not be talked to.
func IsLost(err error) bool {
	return errors.Is(err, glide.ErrConnectionLost) || errors.Is(err, glide.ErrTimeout) || errors.Is(err, glide.ErrUnreachable)
}

// IsTransient reports whether an error is that of a cluster in which a node is
// missing.
func IsTransient(err error) bool {
	var refused *glide.ServerError
	if errors.As(err, &refused) {
		switch refused.Code {
		case "CLUSTERDOWN", "LOADING", "MASTERDOWN", "TRYAGAIN", "READONLY":
			return true
		}
	}
	return IsLost(err)
}
