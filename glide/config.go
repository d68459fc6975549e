package glide

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/valkey-glide/go/glide/internal/pb"
)

// The defaults of a configuration.
const (
	defaultHost              = "localhost"
	defaultPort              = 6379
	defaultRequestTimeout    = 250 * time.Millisecond
	defaultConnectionTimeout = 2 * time.Second
	defaultInflightLimit     = 1000
	defaultDedicatedLimit    = 1000
	defaultDedicatedIdleTime = 30 * time.Second
	defaultHeartbeatInterval = 2 * time.Second
	defaultLibraryName       = "valkey-glide-go"
)

// Config configures a [Client]. Its zero value connects to localhost:6379.
type Config struct {
	// Addresses are the addresses of the primary and its replicas, in any
	// order. The default is localhost, port 6379.
	//
	// The client asks the servers for their roles, and asks again when a
	// server refuses a write because it is a replica, and when a server is
	// lost, hangs or comes back. So it follows planned role swaps and
	// promotions, as long as the new primary is at one of the addresses;
	// NodeDiscovery sets where else it may be. If several servers claim to be
	// the primary, the client chooses the one that more replicas follow, or
	// else the previous primary. Writes that a replica has refused are sent
	// again within the time of the call.
	//
	// Names are resolved again for every connection. If a server has become a
	// replica and no other is the primary, the client reconnects to it. So one
	// name that always leads to the primary suffices.
	Addresses []Address

	// AddressMap maps addresses that servers announce to addresses where this
	// program reaches them: behind network address translation, in containers,
	// through tunnels. An address without an entry is used as it is. The map
	// applies to all addresses, including Addresses and redirects, and to all
	// connections. It may map to host names; TLS certificates are then
	// verified for those. Errors show the announced addresses. The default is
	// none.
	AddressMap map[Address]Address `json:"-"`

	// TranslateAddress returns the address where this program reaches a
	// server, for announced addresses that AddressMap does not contain. It is
	// called whenever a connection is made, on its own goroutine and
	// concurrently, and returns the address unchanged if no translation is
	// needed. Its context ends after ConnectionTimeout or when the client is
	// closed. If it fails, panics or takes longer, the connection fails with
	// an [ErrUnreachable] that contains its text, and the client tries again
	// as set by Reconnect. The default is nil.
	TranslateAddress func(ctx context.Context, announced Address) (Address, error) `json:"-"`

	// Credentials authenticate the client. The password can be changed later
	// with [Client.UpdateConnectionPassword]. The default is no
	// authentication.
	Credentials Credentials

	// CredentialsFunc returns the credentials whenever a connection is made,
	// for passwords that change or are stored elsewhere. Connections that are
	// made at the same time may share one call. It is called on its own
	// goroutine, and its context ends after ConnectionTimeout or when the
	// client is closed. If it fails, panics or takes longer, the connection
	// fails with an [ErrUnreachable] that contains its text, and the client
	// tries again as set by Reconnect; if the server refuses the credentials,
	// the error is an [ErrAuthentication]. It excludes Credentials, IAM, and
	// [Client.UpdateConnectionPassword]. The default is nil.
	CredentialsFunc func(ctx context.Context) (Credentials, error) `json:"-"`

	// IAM authenticates with AWS tokens instead. The default is nil, which
	// disables it.
	IAM *IAM

	// TLS encrypts the connections. The default is nil, which disables
	// encryption.
	TLS *TLS

	// Database is the database selected on every connection. The default is 0.
	Database int

	// ClientName is the name of the connections in CLIENT LIST. The default is
	// none.
	ClientName string

	// LibraryName is the name of the library in CLIENT LIST: letters, digits
	// and punctuation. Servers before version 7.2 do not show it. The default
	// is valkey-glide-go.
	LibraryName string

	// Protocol is the protocol version. Servers before version 6.0 know only
	// RESP2. The default is RESP3.
	Protocol Protocol

	// ReadFrom selects the servers for commands that only read. The default is
	// the primary.
	ReadFrom ReadFrom

	// AvailabilityZone is the client's zone, for strategies that prefer
	// servers in the same zone. Servers tell their zones from Valkey 8.0 on.
	// The default is none.
	AvailabilityZone string

	// RequestTimeout limits each call whose context has no deadline, including
	// reconnecting and retrying. A blocking command may take its own timeout
	// in addition; if that is 0, which means forever, it has no limit. The
	// default is 250 milliseconds.
	RequestTimeout time.Duration

	// ConnectionTimeout limits creating the client, with all its attempts to
	// connect together, even if the context allows more. After that it limits
	// each attempt to connect. The resolution is a millisecond. The default is
	// 2 seconds.
	ConnectionTimeout time.Duration

	// NoRetries disables retries: the client never sends a request twice. By
	// default it retries, within the time of the call and with growing pauses,
	// requests that only read and requests that have certainly not run; see
	// [SafeToRetry]. In either case it follows redirects of clusters, and
	// requests that were never sent wait for a connection. An option of
	// [Client.Exec] takes precedence. The default is false.
	NoRetries bool

	// Reconnect sets the delays between attempts to reconnect.
	Reconnect ReconnectStrategy

	// InflightLimit is the maximum number of requests in flight to each
	// server; further requests fail with [ErrInflightLimit]. A request counts
	// while it waits for a connection, and until it is answered or times out,
	// even if its caller has given up. A batch counts once for each server it
	// is sent to, as does a command over several slots or nodes. Blocking
	// commands and [Client.Dedicated] use dedicated connections and do not
	// count; see DedicatedLimit. The default is 1000.
	InflightLimit int

	// InflightWait makes requests beyond InflightLimit wait instead of
	// failing, in the order of the calls and within the time of each call. If
	// that time ends first, the error is an [ErrTimeout] and an
	// [ErrInflightLimit], and nothing was sent. The default is false.
	InflightWait bool

	// DedicatedLimit is the maximum number of dedicated connections to each
	// server, for blocking commands and [Client.Dedicated]. Further calls wait
	// for a connection. The default is 1000.
	DedicatedLimit int

	// DedicatedIdleTime is the time after which an unused dedicated connection
	// is closed. The resolution is a millisecond. The default is 30 seconds.
	DedicatedIdleTime time.Duration

	// HeartbeatInterval is the time after which the client tests a silent
	// connection: a shared connection with PING, others by asking the server
	// on a new connection. The minimum is 100 milliseconds; [NoHeartbeat]
	// disables the test. The default is 2 seconds.
	//
	// If only the old connection is silent, something in between has dropped
	// it. The client replaces it within one and a quarter intervals and about
	// a second, and renews its subscriptions. Requests in flight on it fail
	// with [ErrConnectionLost], unless they only read. If the server does not
	// answer on a new connection either, it is slow or hangs, and keeps its
	// connections.
	//
	// A blocking command is tested from when its reply is due. One without a
	// timeout is tested only by TCP keepalive (some ten seconds).
	HeartbeatInterval time.Duration

	// LazyConnect delays connecting until the first command. The default is
	// false.
	LazyConnect bool

	// TCPDelay enables Nagle's algorithm, which delays small writes. The
	// default is false.
	TCPDelay bool

	// ReadOnly refuses commands that write, and needs no primary: the client
	// does not ask for roles, and takes the first of Addresses for the
	// primary. ReadFrom is then PreferReplica, unless it is AnyNode. ReadOnly
	// cannot be combined with availability zones or DiscoverAll. The default
	// is false.
	//
	//glide:standalone
	ReadOnly bool

	// NodeDiscovery selects how the client discovers servers and their roles.
	// The default is DiscoverRoles.
	//
	//glide:standalone
	NodeDiscovery NodeDiscovery

	// Compression compresses values. The default is nil, which disables it.
	Compression *Compression

	// Cache keeps values that were read in the client. The default is nil,
	// which disables it.
	Cache *Cache

	// CircuitBreaker refuses requests while too many fail. The default is nil,
	// which disables it.
	CircuitBreaker *CircuitBreaker

	// Hooks are called before and after each operation: connecting, commands
	// and batches. The default is none.
	Hooks []Hook `json:"-"`

	// Events is called with events of the client: lost and restored
	// connections, changes of the topology, failovers, dropped messages.
	// One goroutine calls it, one event after the other, and no call waits
	// for it: if it is too slow, events are dropped, and an event reports
	// how many. It may use the client. Events that happened before Close
	// are still delivered after it. The default is nil.
	Events func(Event) `json:"-"`

	// Logger receives messages about this client, instead of the logger of
	// [SetLogger], and is called in the same way. Messages of the core
	// about its protocol do not say which client they are about, and go to
	// the logger of SetLogger. The default is nil.
	Logger *slog.Logger `json:"-"`

	// Subscriptions are the initial subscriptions of the client, and how it
	// receives messages. The default is none.
	Subscriptions Subscriptions
}

// NoHeartbeat is the value of [Config.HeartbeatInterval] that disables the
// test.
const NoHeartbeat = -1

// Address is the address of a server.
type Address struct {
	// Host is a name or an IP address. The default is localhost. An absolute
	// path, as in /run/valkey.sock, is that of a Unix socket of a standalone
	// server; it has no Port, and no TLS.
	Host string
	// Port is the TCP port. The default is 6379.
	Port int
}

// NewAddress returns an address.
func NewAddress(host string, port int) Address { return Address{host, port} }

// String returns host:port, or the path of a Unix socket.
func (a Address) String() string {
	host, port := a.orDefault()
	if a.isPath() {
		return host
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

func (a Address) orDefault() (host string, port int) {
	host, port = a.Host, a.Port
	if host == "" {
		host = defaultHost
	}
	if port == 0 && !a.isPath() {
		port = defaultPort
	}
	return host, port
}

// isPath reports whether it is a Unix socket.
func (a Address) isPath() bool { return strings.HasPrefix(a.Host, "/") }

// Credentials are a username and password, or only a password. The password is
// never shown when they are formatted. To connect, a user must be allowed to
// run INFO, unless [DiscoverNothing] is set, and in a cluster CLUSTER SLOTS.
type Credentials struct {
	// Username is the ACL user. Servers before version 6.0 have no users. The
	// default is the server's default user.
	Username string
	// Password is that of the user, or requirepass of the server. A user
	// without a password (nopass) authenticates with only the username.
	Password string
}

// NewCredentials returns the credentials of a user.
func NewCredentials(username, password string) Credentials {
	return Credentials{username, password}
}

// redacted is shown for a secret that is set.
const redacted = "(secret)"

func redact[T ~string | ~[]byte](secret T) string {
	if len(secret) == 0 {
		return ""
	}
	return redacted
}

// Format writes the credentials without the password.
func (c Credentials) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "{Username:%s Password:%s}", c.Username, redact(c.Password))
}

// MarshalText returns the credentials without the password.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(c)), nil }

// TLS configures encryption. The zero value verifies servers against the
// system's roots.
type TLS struct {
	// RootCertificates are the authorities that are trusted, in PEM, instead
	// of the system's. The default is the system's.
	RootCertificates []byte

	// ClientCertificate and ClientKey authenticate the client to the server,
	// in PEM. The default is no client certificate.
	ClientCertificate []byte
	ClientKey         []byte

	// ClientCertificateFile and ClientKeyFile are the paths of files with
	// the same contents, instead.
	ClientCertificateFile string
	ClientKeyFile         string

	// ReloadInterval is how often the files are read again for new
	// connections, in whole seconds. The default, 0, is never.
	ReloadInterval time.Duration

	// InsecureSkipVerify accepts any certificate, so that an attacker in the
	// network can read and change everything. The default is false.
	InsecureSkipVerify bool

	// ServerName is the name, or IP address, for which the certificates of
	// all servers must be valid, and which is sent to servers (SNI). The
	// default is the host of the connection.
	ServerName string

	// MinVersion is the lowest accepted version: [tls.VersionTLS12] or
	// [tls.VersionTLS13]. The default is TLS 1.2.
	MinVersion uint16
}

// Format writes the configuration without the key.
func (t TLS) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "{RootCertificates:%d bytes ClientCertificate:%d bytes ClientKey:%s ClientCertificateFile:%s ClientKeyFile:%s ReloadInterval:%v InsecureSkipVerify:%t ServerName:%s MinVersion:%#x}",
		len(t.RootCertificates), len(t.ClientCertificate), redact(t.ClientKey),
		t.ClientCertificateFile, t.ClientKeyFile, t.ReloadInterval, t.InsecureSkipVerify, t.ServerName, t.MinVersion)
}

// MarshalText returns the configuration without the key.
func (t TLS) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(t)), nil }

// Protocol is a version of the protocol.
type Protocol int

const (
	// RESP3 supports maps, sets, doubles and push messages. It is the default.
	RESP3 Protocol = iota
	// RESP2 is the protocol of servers before version 6.0. Pub/Sub is not
	// supported with it.
	RESP2
)

// ReadFrom is a strategy for commands that only read. Replies of replicas may
// be older than the latest writes on the primary. Commands that write nothing
// but have an effect, such as PUBLISH and commands that change the state of a
// server, go to the primary. The exceptions are SHUTDOWN and REPLICAOF, which
// go to the same server as reads.
type ReadFrom int

const (
	// Primary reads from the primary. It is the default.
	Primary ReadFrom = iota
	// PreferReplica reads from the replicas, round robin, or from the primary
	// if no replica is connected.
	PreferReplica
	// AnyNode reads from all servers, round robin.
	AnyNode
	// AZAffinity reads from the replicas in the client's availability zone,
	// round robin, or from other servers if there is none.
	AZAffinity
	// AZAffinityReplicasAndPrimary reads from the replicas in the client's
	// availability zone, or else from the primary if it is in that zone, or
	// else from any server.
	AZAffinityReplicasAndPrimary
	// AZAffinityAllNodes reads from all servers in the client's availability
	// zone, round robin, or from any if there is none.
	AZAffinityAllNodes
)

// NodeDiscovery sets how a client discovers servers and their roles.
type NodeDiscovery int

const (
	// DiscoverRoles asks the given addresses for their roles. It connects to no
	// others, so a primary at another address is not found. It is the default.
	DiscoverRoles NodeDiscovery = iota
	// DiscoverNothing uses the first address as the primary and asks for
	// nothing: for proxies and names that lead to the primary. It is connected
	// to again when the connection is lost or writes are refused.
	DiscoverNothing
	// DiscoverAll finds the primary and all replicas from any address: it also
	// connects to the servers that other servers report. It asks these and the
	// given addresses again every minute, and when a server is lost or changes
	// its role.
	DiscoverAll
)

// ReconnectStrategy is an exponential backoff. The client connects at once,
// and before the n-th further attempt it waits Factor × Base^n, varied by
// JitterPercent. After Retries attempts it goes on with the last delay, without
// variation. A call does not make the client connect earlier, so calls may fail
// for up to that delay (3.2 seconds with the defaults) after the server is back.
type ReconnectStrategy struct {
	// Retries is the number of further attempts over which the delay grows,
	// at most 50. Creating a client fails after them. The default is 5.
	Retries int
	// Factor is the unit of the delays. The resolution is a millisecond. The
	// default is 100 milliseconds.
	Factor time.Duration
	// Base is the factor from one delay to the next, at most 100. The
	// default is 2.
	Base int
	// JitterPercent is the random variation of the delays that grow, 1 to 100
	// percent. The default is 20; [NoJitter] disables it.
	JitterPercent int
}

// NoJitter is the value of [ReconnectStrategy.JitterPercent] that disables
// jitter.
const NoJitter = -1

// CompressionAlgorithm is an algorithm for compressing values.
type CompressionAlgorithm int

const (
	// Zstd compresses well. It is the default.
	Zstd CompressionAlgorithm = iota
	// LZ4 compresses fast.
	LZ4
)

// Compression compresses the values of commands that set whole strings: SET,
// SETEX, PSETEX, SETNX, MSET and MSETNX. Replies with compressed values are
// decompressed; values that are not compressed are read as they are.
//
// Commands that change or read a part of a string, or compute with it, are
// refused with [ErrInvalidArgument]: APPEND, SETRANGE, GETRANGE, SUBSTR,
// STRLEN, LCS, INCR, INCRBY, INCRBYFLOAT, DECR, DECRBY and those of bits.
// Scripts and programs without Compression read the compressed bytes.
//
// To introduce it, first set Compression in all programs, with a MinimumBytes
// that no value has: they read compressed values and write none. Then lower it.
type Compression struct {
	// Algorithm is the algorithm. The default is Zstd.
	Algorithm CompressionAlgorithm
	// Level is the level of the algorithm. The default, 0, is the default
	// of the algorithm.
	Level int
	// MinimumBytes is the size from which values are compressed. The default
	// is 64 bytes.
	MinimumBytes int
	// MaximumDecompressedBytes limits the total size of the decompressed
	// values of one reply. The default is 512 MiB.
	MaximumDecompressedBytes int64
}

// Cache keeps values in the client that GET, MGET, HGETALL and SMEMBERS have
// read. A client never reads a value from it that is older than its own writes:
// commands that write remove their keys when they end, and scripts, functions,
// and commands that the client does not know clear the cache. Writes of other
// clients are noticed after TimeToLive, or soon with ServerAssisted. Commands
// in batches and on dedicated connections do not read from the cache.
type Cache struct {
	// ID names a cache that several clients of the program share. Clients
	// share it if they have the same ID, Addresses, AddressMap, Database,
	// Username, Protocol and ReadFrom, and the same settings here. A client
	// that later selects another database or authenticates as another user
	// stops sharing it, and a client with a CredentialsFunc or
	// TranslateAddress never shares one. The default is the empty name,
	// with which each client has a separate cache.
	ID string
	// MaximumBytes limits the cache, in units of 1 KiB. It is required.
	MaximumBytes int64
	// TimeToLive is how long a value is kept. The resolution is a
	// millisecond. It is required unless ServerAssisted is set; then the
	// default, 0, keeps values as long as they fit into the cache.
	TimeToLive time.Duration
	// LeastFrequentlyUsed evicts by frequency. The default is by recency.
	LeastFrequentlyUsed bool
	// ServerAssisted makes the server report changed keys (CLIENT TRACKING
	// with BCAST), which requires RESP3 and version 6.0. The cache is cleared
	// when a connection is lost. The default is to keep values for TimeToLive.
	ServerAssisted bool
}

// CircuitBreaker refuses requests while too many of them fail. A failure is an
// [ErrConnectionLost], an [ErrUnreachable], or with CountTimeouts an
// [ErrTimeout]. Errors of servers are none.
type CircuitBreaker struct {
	// Window is the time over which failures are counted. The default is 10
	// seconds.
	Window time.Duration
	// FailureRate is the fraction of failures from which on it opens, 0 to
	// 1. The default is 0.5.
	FailureRate float64
	// MinimumErrors is the number of failures below which it stays closed.
	// The default is 50.
	MinimumErrors int
	// Open is how long it stays open before it lets requests pass to test
	// the server. The default is 5 seconds.
	Open time.Duration
	// CountTimeouts counts timeouts as failures. The default is false.
	CountTimeouts bool
	// Successes is the number of consecutive requests that must succeed
	// before it closes. The default is 3.
	Successes int
}

func (c *Config) requestTimeout() time.Duration {
	if c.RequestTimeout == 0 {
		return defaultRequestTimeout
	}
	return c.RequestTimeout
}

// hooks returns the client's hooks, or nil if there are none.
func (c *Config) hooks(cluster bool) (*hooks, error) {
	if len(c.Hooks) == 0 {
		return nil, nil
	}
	v := validation{}
	for i, hook := range c.Hooks {
		if hook == nil {
			v.refuse(fmt.Sprintf("Hooks[%d]", i), "is nil")
		}
	}
	return &hooks{slices.Clone(c.Hooks), c.describe(cluster)}, v.err
}

// describe returns the description of the client for its hooks and events.
func (c *Config) describe(cluster bool) *ClientDescription {
	var addresses []Address
	for _, address := range c.Addresses {
		host, port := address.orDefault()
		addresses = append(addresses, Address{host, port})
	}
	if len(addresses) == 0 {
		addresses = []Address{{defaultHost, defaultPort}}
	}
	return &ClientDescription{Name: c.ClientName, Addresses: addresses, Database: c.Database, Cluster: cluster}
}

func (c *Config) functions() functions {
	return functions{logger: c.Logger, translate: c.TranslateAddress, credentials: c.CredentialsFunc}
}

// request validates the configuration and returns it as the library's message.
func (c *Config) request() (*pb.ConnectionRequest, error) {
	v := validation{}
	request := &pb.ConnectionRequest{
		Addresses:           v.addresses(c.Addresses, c.TLS != nil),
		AddressMap:          v.addressMap(c.AddressMap, c.TLS != nil),
		Tls:                 v.tls(c.TLS),
		Credentials:         v.credentials(c.Credentials, c.IAM),
		Database:            int64(v.between("Database", c.Database, 0, math.MaxInt32)),
		ClientName:          v.word("ClientName", c.ClientName),
		LibraryName:         v.word("LibraryName", c.LibraryName),
		LibraryVersion:      Version,
		Protocol:            pb.Protocol(v.between("Protocol", int(c.Protocol), 0, int(RESP2))),
		ReadFrom:            pb.ReadFrom(v.between("ReadFrom", int(c.ReadFrom), 0, int(AZAffinityAllNodes))),
		AvailabilityZone:    c.AvailabilityZone,
		ConnectionTimeoutMs: v.milliseconds("ConnectionTimeout", c.ConnectionTimeout, defaultConnectionTimeout),
		RetryStrategy:       v.reconnect(c.Reconnect),
		InflightLimit:       uint32(v.between("InflightLimit", c.InflightLimit, 0, math.MaxInt32)),
		InflightWait:        c.InflightWait,
		Lazy:                c.LazyConnect,
		TcpDelay:            c.TCPDelay,
		ReadOnly:            c.ReadOnly,
		NoRetries:           c.NoRetries,
		NodeDiscovery:       pb.NodeDiscovery(v.between("NodeDiscovery", int(c.NodeDiscovery), 0, int(DiscoverAll))),
		Compression:         v.compression(c.Compression),
		Cache:               v.cache(c.Cache, c.Protocol),
		CircuitBreaker:      v.circuitBreaker(c.CircuitBreaker),
	}
	request.RequestTimeoutMs = v.milliseconds("RequestTimeout", c.RequestTimeout, defaultRequestTimeout)
	if request.LibraryName == "" {
		request.LibraryName = defaultLibraryName
	}
	request.DedicatedLimit = uint32(v.between("DedicatedLimit", c.DedicatedLimit, 0, math.MaxInt32))
	request.DedicatedIdleMs = uint64(v.milliseconds("DedicatedIdleTime", c.DedicatedIdleTime, defaultDedicatedIdleTime))
	request.HeartbeatMs = v.heartbeat(c.HeartbeatInterval)
	if request.DedicatedLimit == 0 {
		request.DedicatedLimit = defaultDedicatedLimit
	}
	if request.InflightLimit == 0 {
		request.InflightLimit = defaultInflightLimit
	}
	if c.ReadOnly && c.ReadFrom == Primary {
		request.ReadFrom = pb.ReadFrom_PREFER_REPLICA // whatever answers: there may be no primary
	}
	if c.CredentialsFunc != nil && (c.Credentials != (Credentials{}) || c.IAM != nil) {
		v.refuse("CredentialsFunc", "cannot be combined with Credentials or IAM")
	}
	zoned := c.ReadFrom == AZAffinity || c.ReadFrom == AZAffinityReplicasAndPrimary || c.ReadFrom == AZAffinityAllNodes
	switch {
	case zoned && c.AvailabilityZone == "":
		v.refuse("AvailabilityZone", "must be given for this ReadFrom")
	case !zoned && c.AvailabilityZone != "":
		v.refuse("AvailabilityZone", "has no meaning for this ReadFrom")
	case c.ReadOnly && zoned:
		v.refuse("ReadOnly", "cannot be combined with availability zones")
	case c.ReadOnly && c.NodeDiscovery == DiscoverAll:
		v.refuse("ReadOnly", "cannot be combined with DiscoverAll")
	}
	return request, v.err
}

// validation collects the first thing that is wrong with a configuration.
type validation struct{ err error }

func (v *validation) refuse(field, detail string) {
	if v.err == nil {
		v.err = configurationError(field, detail)
	}
}

func (v *validation) between(field string, value, low, high int) int {
	if value < low || value > high {
		v.refuse(field, fmt.Sprintf("must be between %d and %d, not %d", low, high, value))
		return 0
	}
	return value
}

// milliseconds returns a duration in milliseconds, rounded up.
func (v *validation) heartbeat(interval time.Duration) uint32 {
	const least = 100 * time.Millisecond
	switch {
	case interval == NoHeartbeat:
		return 0
	case interval != 0 && interval < least:
		v.refuse("HeartbeatInterval", fmt.Sprintf("must be at least %v, or NoHeartbeat", least))
	}
	return v.milliseconds("HeartbeatInterval", interval, defaultHeartbeatInterval)
}

func (v *validation) milliseconds(field string, value, otherwise time.Duration) uint32 {
	switch {
	case value == 0:
		value = otherwise
	case value < 0:
		v.refuse(field, "must not be negative")
		return 0
	}
	rounded := (value + time.Millisecond - 1) / time.Millisecond
	if rounded > math.MaxUint32 {
		v.refuse(field, "must be below 49 days")
		return 0
	}
	return uint32(rounded)
}

// word is a text that the server takes only without blanks and controls.
func (v *validation) word(field, text string) string {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			v.refuse(field, "must consist of printable ASCII characters other than blanks")
		}
	}
	return text
}

// utf8 requires what the boundary's messages do.
func (v *validation) utf8(field, text string) {
	if !utf8.ValidString(text) {
		v.refuse(field, "must be UTF-8")
	}
}

func (v *validation) addresses(addresses []Address, tls bool) []*pb.Address {
	if len(addresses) == 0 {
		addresses = []Address{{}}
	}
	messages := make([]*pb.Address, len(addresses))
	for i, address := range addresses {
		messages[i] = v.address(fmt.Sprintf("Addresses[%d]", i), address, tls)
	}
	return messages
}

func (v *validation) address(field string, address Address, tls bool) *pb.Address {
	host, port := address.orDefault()
	v.utf8(field+".Host", host)
	switch {
	case !address.isPath():
		v.host(field+".Host", host)
		v.between(field+".Port", port, 1, math.MaxUint16)
	case port != 0:
		v.refuse(field+".Port", "has no meaning for a Unix socket")
	case strings.ContainsRune(host, 0):
		v.refuse(field+".Host", "must not contain a zero byte")
	case tls:
		v.refuse("TLS", "cannot be combined with Unix sockets")
	}
	return &pb.Address{Host: host, Port: uint32(port)}
}

func (v *validation) addressMap(addresses map[Address]Address, tls bool) []*pb.Translation {
	messages := make([]*pb.Translation, 0, len(addresses))
	for announced, reachable := range addresses {
		field := fmt.Sprintf("AddressMap[%v]", announced)
		messages = append(messages, &pb.Translation{
			Announced: v.address(field, announced, false), Reachable: v.address(field, reachable, tls),
		})
	}
	return messages
}

// host refuses what is more than a name or an IP address.
func (v *validation) host(field, host string) {
	name, port, err := net.SplitHostPort(host)
	switch {
	case strings.Contains(host, "://"):
		v.refuse(field, "must be a name or an IP address: ParseURL reads URLs")
	case strings.Contains(host, "/"):
		v.refuse(field, "must be a name, an IP address, or the absolute path of a Unix socket")
	case err == nil && net.ParseIP(host) == nil:
		v.refuse(field, fmt.Sprintf("must be a name or an IP address without a port: %q has %q, which belongs in Port", name, port))
	}
}

func (v *validation) credentials(c Credentials, iam *IAM) *pb.Credentials {
	if iam != nil {
		if c != (Credentials{}) {
			v.refuse("Credentials", "have no meaning with IAM")
		}
		return v.iam(iam)
	}
	if c == (Credentials{}) {
		return nil
	}
	v.utf8("Credentials.Username", c.Username)
	v.utf8("Credentials.Password", c.Password)
	message := &pb.Credentials{Password: &c.Password}
	if c.Username != "" {
		message.Username = &c.Username
	}
	return message
}

func (v *validation) tls(t *TLS) *pb.Tls {
	if t == nil {
		return nil
	}
	switch {
	case (len(t.ClientCertificate) > 0) != (len(t.ClientKey) > 0):
		v.refuse("TLS.ClientCertificate", "and ClientKey must be given together")
	case (t.ClientCertificateFile != "") != (t.ClientKeyFile != ""):
		v.refuse("TLS.ClientCertificateFile", "and ClientKeyFile must be given together")
	case len(t.ClientCertificate) > 0 && t.ClientCertificateFile != "":
		v.refuse("TLS.ClientCertificate", "and ClientCertificateFile exclude each other")
	case t.ReloadInterval != 0 && t.ClientCertificateFile == "":
		v.refuse("TLS.ReloadInterval", "needs ClientCertificateFile")
	case t.ReloadInterval < 0 || t.ReloadInterval%time.Second != 0:
		v.refuse("TLS.ReloadInterval", "must be whole seconds")
	case t.InsecureSkipVerify && len(t.RootCertificates) > 0:
		v.refuse("TLS.RootCertificates", "have no meaning with InsecureSkipVerify")
	}
	switch t.MinVersion {
	case 0, tls.VersionTLS12, tls.VersionTLS13:
	default:
		v.refuse("TLS.MinVersion", "must be tls.VersionTLS12 or tls.VersionTLS13")
	}
	if strings.ContainsAny(v.word("TLS.ServerName", t.ServerName), "/[]") {
		v.refuse("TLS.ServerName", "must be a name or an IP address alone")
	}
	v.pem("TLS.RootCertificates", t.RootCertificates, "CERTIFICATE")
	v.pem("TLS.ClientCertificate", t.ClientCertificate, "CERTIFICATE")
	v.pem("TLS.ClientKey", t.ClientKey, "PRIVATE KEY")
	message := &pb.Tls{
		Insecure:              t.InsecureSkipVerify,
		ClientCertificate:     t.ClientCertificate,
		ClientKey:             t.ClientKey,
		ClientCertificatePath: t.ClientCertificateFile,
		ClientKeyPath:         t.ClientKeyFile,
		ReloadIntervalS:       uint32(t.ReloadInterval / time.Second),
		ServerName:            t.ServerName,
		MinimumVersion:        uint32(t.MinVersion),
	}
	if len(t.RootCertificates) > 0 {
		message.RootCertificates = [][]byte{t.RootCertificates}
	}
	return message
}

// pem requires that data, if any, holds a block of a kind. The core would
// ignore roots that are none, and trust others than were meant.
func (v *validation) pem(field string, data []byte, kind string) {
	found := len(data) == 0
	for rest := data; !found; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		found = strings.HasSuffix(block.Type, kind)
	}
	if !found {
		v.refuse(field, "must hold a "+kind+" in PEM")
	}
}

func (v *validation) reconnect(r ReconnectStrategy) *pb.RetryStrategy {
	const retries, base, jitter = 5, 2, 20
	strategy := &pb.RetryStrategy{
		Retries:  uint32(v.between("Reconnect.Retries", r.Retries, 0, 50)),
		FactorMs: v.milliseconds("Reconnect.Factor", r.Factor, 100*time.Millisecond),
		Base:     uint32(v.between("Reconnect.Base", r.Base, 0, 100)),
	}
	percent := uint32(v.between("Reconnect.JitterPercent", r.JitterPercent, NoJitter, 100) + 0)
	switch r.JitterPercent {
	case 0:
		percent = jitter
	case NoJitter:
		percent = 0
	}
	strategy.JitterPercent = &percent
	if strategy.Retries == 0 {
		strategy.Retries = retries
	}
	if strategy.Base == 0 {
		strategy.Base = base
	}
	return strategy
}

func (v *validation) compression(c *Compression) *pb.Compression {
	if c == nil {
		return nil
	}
	const minimum = 64
	message := &pb.Compression{
		Algorithm:                pb.Compression_Algorithm(v.between("Compression.Algorithm", int(c.Algorithm), 0, int(LZ4))),
		MinimumBytes:             uint32(v.between("Compression.MinimumBytes", c.MinimumBytes, 0, math.MaxInt32)),
		MaximumDecompressedBytes: uint64(max(c.MaximumDecompressedBytes, 0)),
	}
	if c.MaximumDecompressedBytes < 0 {
		v.refuse("Compression.MaximumDecompressedBytes", "must not be negative")
	}
	if message.MinimumBytes == 0 {
		message.MinimumBytes = minimum
	}
	if c.Level != 0 {
		level := int32(v.between("Compression.Level", c.Level, math.MinInt16, math.MaxInt16))
		message.Level = &level
	}
	return message
}

func (v *validation) cache(c *Cache, protocol Protocol) *pb.Cache {
	if c == nil {
		return nil
	}
	if c.MaximumBytes < 1024 {
		v.refuse("Cache.MaximumBytes", "must be at least 1024")
	}
	switch {
	case c.ServerAssisted && protocol == RESP2:
		v.refuse("Cache.ServerAssisted", "needs RESP3")
	case !c.ServerAssisted && c.TimeToLive == 0:
		v.refuse("Cache.TimeToLive", "must be given, or ServerAssisted")
	}
	v.utf8("Cache.ID", c.ID)
	message := &pb.Cache{
		Id:                  c.ID,
		MaximumKilobytes:    uint64(max(c.MaximumBytes, 0) / 1024),
		LeastFrequentlyUsed: c.LeastFrequentlyUsed,
		ServerAssisted:      c.ServerAssisted,
	}
	if c.TimeToLive != 0 {
		message.TimeToLiveMs = uint64(v.milliseconds("Cache.TimeToLive", c.TimeToLive, 0))
	}
	return message
}

func (v *validation) circuitBreaker(b *CircuitBreaker) *pb.CircuitBreaker {
	if b == nil {
		return nil
	}
	if !(b.FailureRate >= 0 && b.FailureRate <= 1) {
		v.refuse("CircuitBreaker.FailureRate", "must be between 0 and 1")
	}
	return &pb.CircuitBreaker{
		WindowMs:             v.milliseconds("CircuitBreaker.Window", b.Window, 0),
		FailureRate:          float32(b.FailureRate),
		MinimumErrors:        uint32(v.between("CircuitBreaker.MinimumErrors", b.MinimumErrors, 0, math.MaxInt32)),
		OpenMs:               v.milliseconds("CircuitBreaker.Open", b.Open, 0),
		CountTimeouts:        b.CountTimeouts,
		ConsecutiveSuccesses: uint32(v.between("CircuitBreaker.Successes", b.Successes, 0, math.MaxInt32)),
	}
}
