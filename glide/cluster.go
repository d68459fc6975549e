package glide

import (
	"context"
)

// ClusterClient is a client of a cluster. It is safe for concurrent use by any
// number of goroutines. They share one connection to each node; blocking
// commands, such as [ClusterClient.BLPop], and [ClusterClient.Dedicated] use
// dedicated connections.
//
// Most of its methods are commands. The others are:
//
//   - [ClusterClient.Exec], which runs a [Pipeline] or a [Transaction]
//   - [ClusterClient.Optimistic], which changes keys that other clients may change too
//   - [ClusterClient.Dedicated], which calls a function with a dedicated connection
//   - [ClusterClient.Subscription], which receives messages
//   - [ClusterClient.AllKeys] and the other iterators: [ClusterClient.HashFields],
//     [ClusterClient.SetMembers] and [ClusterClient.SortedSetMembers]
//   - [ClusterClient.Node] and [ClusterClient.Nodes], which select nodes
//   - [ClusterClient.Do], which runs any command
//   - [ClusterClient.Stats] and [ClusterClient.Close]
type ClusterClient struct {
	commands
	clusterSubscriber
}

// NewClusterClient connects to a cluster. It returns when it has connected or
// failed, or when ctx ends. With [ClusterConfig.LazyConnect] it returns
// immediately and the first command connects.
func NewClusterClient(ctx context.Context, config ClusterConfig) (*ClusterClient, error) {
	commands, subscriber, err := connect(ctx, config.common(), config.request, config.Subscriptions, true)
	if err != nil {
		return nil, err
	}
	return &ClusterClient{commands, clusterSubscriber{subscriber}}, nil
}

// Close closes the client's connections, including those with requests in
// flight, and ends its subscriptions, like [Client.Close]. While a node with a
// subscription cannot be reached or refuses the password, the core keeps
// trying to connect to it, as often as [ClusterConfig.Reconnect] allows.
func (c *ClusterClient) Close() error {
	c.close()
	c.receiver.close()
	return nil
}

// Exec runs a batch like [Client.Exec]. All keys of a [Transaction] must belong
// to one slot, whose primary runs it; a transaction without keys runs on any
// primary. With keys of several slots, and for commands that only [Client] or
// [Node] has, Exec returns [ErrInvalidArgument] and sends nothing. A [Pipeline]
// may have keys of any slots: each node runs its commands in their order.
//
// https://valkey.io/topics/transactions/
func (c *ClusterClient) Exec(ctx context.Context, batch Batch, options ...ExecOption) (Results, error) {
	return exec(ctx, c.commands, batch, options)
}
