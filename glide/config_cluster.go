package glide

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/valkey-glide/go/glide/internal/pb"
)

// defaultTopologyCheck is how often a client looks whether the cluster has
// changed if nothing made it look.
const defaultTopologyCheck = time.Minute

// ClusterConfig says how to connect to a cluster. The zero value connects to
// localhost, port 6379, in plain text. Fields of the same name as in [Config]
// mean the same.
type ClusterConfig struct {
	// Addresses are those of some of the nodes: one that answers is enough to
	// find all others. The default is localhost, port 6379.
	Addresses []Address

	// AddressMap maps addresses that nodes announce to addresses where this
	// program reaches them, as in [Config]. The default is none.
	AddressMap map[Address]Address `json:"-"`

	// TranslateAddress returns the address where this program reaches a node,
	// as in [Config]. The default is nil.
	TranslateAddress func(ctx context.Context, announced Address) (Address, error) `json:"-"`

	// Credentials authenticate the client at every node. The default is no
	// authentication.
	Credentials Credentials

	// CredentialsFunc returns the credentials whenever a connection is made,
	// as in [Config]. The default is nil.
	CredentialsFunc func(ctx context.Context) (Credentials, error) `json:"-"`

	// IAM authenticates with AWS tokens instead. The default is nil, which
	// disables it.
	IAM *IAM

	// TLS encrypts the connections. The default is nil, which disables
	// encryption.
	TLS *TLS

	// Database is the database selected on every connection. Clusters have
	// only database 0 before Valkey 9.0. The default is 0.
	Database int

	// ClientName is the name of the connections in CLIENT LIST. The default is
	// none.
	ClientName string

	// LibraryName is the name of the library in CLIENT LIST. The default is
	// valkey-glide-go.
	LibraryName string

	// Protocol is the protocol version. The default is RESP3.
	Protocol Protocol

	// ReadFrom says which nodes answer commands that only read a slot. The
	// default is its primary.
	ReadFrom ReadFrom

	// AvailabilityZone is the client's own, for the strategies that prefer
	// nodes in it. The default is none.
	AvailabilityZone string

	// RequestTimeout bounds each call whose context has no deadline, with all
	// that the client does for it: following redirects, reconnecting, sending
	// again what no server has run or what changes nothing. The default is 250
	// milliseconds. Blocking commands are not bounded by it.
	RequestTimeout time.Duration

	// ConnectionTimeout limits each attempt to connect. The resolution is a
	// millisecond. The default is 2 seconds.
	ConnectionTimeout time.Duration

	// NoRetries turns retries off, as in [Config]. The default is false.
	NoRetries bool

	// Reconnect says how often the client tries to reconnect.
	Reconnect ReconnectStrategy

	// InflightLimit is the number of requests that may be in flight on the
	// connection to each node, as in [Config]: requests that wait for one node
	// take nothing from others. The default is 1000.
	InflightLimit int

	// InflightWait lets a request beyond InflightLimit wait for its turn
	// instead of being rejected, in the order of the calls and within its own
	// time, If that is over first, the error is [ErrTimeout] and
	// [ErrInflightLimit], and nothing was sent. It costs nothing while fewer
	// requests are in flight. The default is false, to reject.
	InflightWait bool

	// DedicatedLimit is how many connections there may be to each node for
	// blocking commands and [ClusterClient.Dedicated], each of which has one for
	// itself; one more waits for its turn. The default is 1000.
	DedicatedLimit int

	// DedicatedIdleTime is the time after which an unused dedicated connection
	// is closed. The resolution is a millisecond. The default is 30 seconds.
	DedicatedIdleTime time.Duration

	// HeartbeatInterval is the time after which the client tests a silent
	// connection, as in [Config]: one that stays silent while its node answers
	// on a new connection is replaced, within one and a quarter intervals and
	// about a second. [NoHeartbeat] disables the test. The default is 2 seconds.
	HeartbeatInterval time.Duration

	// LazyConnect delays connecting until the first command. The default is
	// false.
	LazyConnect bool

	// TCPDelay enables Nagle's algorithm, which delays small writes. The
	// default is false.
	TCPDelay bool

	// Compression compresses values. The default is nil, which disables it.
	Compression *Compression

	// Cache keeps values that were read in the client. The default is nil,
	// which disables it.
	Cache *Cache

	// CircuitBreaker refuses requests while too many fail. The default is nil,
	// which disables it.
	CircuitBreaker *CircuitBreaker

	// Hooks are called before and after each operation. The default is none.
	Hooks []Hook `json:"-"`

	// Subscriptions are the initial subscriptions of the client, and how it
	// receives messages. The default is none.
	Subscriptions Subscriptions

	// TopologyCheck is how often the client asks the nodes for the cluster's
	// topology when no redirection or failure makes it ask, in whole seconds.
	// [NoTopologyCheck] is never. The default is a minute.
	TopologyCheck time.Duration

	// RefreshFromAddresses makes the client ask the nodes at Addresses for the
	// topology each time, instead of those that it knows already: for a name
	// behind which the nodes change. The default is false.
	RefreshFromAddresses bool
}

// NoTopologyCheck is a [ClusterConfig.TopologyCheck] of never.
const NoTopologyCheck = -1

// requestTimeout returns the request timeout or its default.
func (c *ClusterConfig) requestTimeout() time.Duration { return c.common().requestTimeout() }

// common returns what a cluster's configuration shares with a server's.
func (c *ClusterConfig) common() *Config {
	return &Config{
		Addresses:         c.Addresses,
		AddressMap:        c.AddressMap,
		TranslateAddress:  c.TranslateAddress,
		CredentialsFunc:   c.CredentialsFunc,
		Credentials:       c.Credentials,
		IAM:               c.IAM,
		TLS:               c.TLS,
		Database:          c.Database,
		ClientName:        c.ClientName,
		LibraryName:       c.LibraryName,
		Protocol:          c.Protocol,
		ReadFrom:          c.ReadFrom,
		AvailabilityZone:  c.AvailabilityZone,
		RequestTimeout:    c.RequestTimeout,
		ConnectionTimeout: c.ConnectionTimeout,
		NoRetries:         c.NoRetries,
		Reconnect:         c.Reconnect,
		InflightLimit:     c.InflightLimit,
		InflightWait:      c.InflightWait,
		DedicatedLimit:    c.DedicatedLimit,
		DedicatedIdleTime: c.DedicatedIdleTime,
		HeartbeatInterval: c.HeartbeatInterval,
		LazyConnect:       c.LazyConnect,
		TCPDelay:          c.TCPDelay,
		Compression:       c.Compression,
		Cache:             c.Cache,
		CircuitBreaker:    c.CircuitBreaker,
		Hooks:             c.Hooks,
	}
}

// request validates the configuration and returns it as the library's message.
func (c *ClusterConfig) request() (*pb.ConnectionRequest, error) {
	request, err := c.common().request()
	if err != nil {
		return nil, err
	}
	v := validation{}
	for i, address := range c.Addresses {
		if address.isPath() {
			v.refuse(fmt.Sprintf("Addresses[%d].Host", i), "is a Unix socket, at which there is no cluster")
		}
	}
	request.Cluster = true
	request.RefreshTopologyFromAddresses = c.RefreshFromAddresses
	interval := c.TopologyCheck
	switch {
	case interval == NoTopologyCheck:
		return request, v.err
	case interval == 0:
		interval = defaultTopologyCheck
	case interval%time.Second != 0:
		v.refuse("TopologyCheck", "must be whole seconds")
	}
	request.TopologyCheckS = uint32(v.between("TopologyCheck", int(interval/time.Second), 1, math.MaxInt32))
	return request, v.err
}
