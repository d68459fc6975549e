package harness

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
)

// DefaultConnectionTimeout is the connection timeout of a configuration that
// has none.
const DefaultConnectionTimeout = 2 * time.Second

// ClusterPatient is Patient for clients of a cluster.
func ClusterPatient(config *glide.ClusterConfig) { config.RequestTimeout = Patience }

// ConfigFor is the configuration for a server, or for several.
func ConfigFor(servers ...Addressed) glide.Config {
	config := glide.Config{}
	for _, server := range servers {
		config.Addresses = append(config.Addresses, AddressOf(server))
	}
	return config
}

// Connect returns a client of a server, which is closed with the test.
func Connect(t testing.TB, server Addressed, changes ...func(*glide.Config)) *glide.Client {
	t.Helper()
	config := ConfigFor(server)
	for _, change := range changes {
		change(&config)
	}
	return ConnectWith(t, config)
}

// ConnectWith returns a client that is closed with the test.
func ConnectWith(t testing.TB, config glide.Config) *glide.Client {
	t.Helper()
	client, err := glide.NewClient(context.Background(), config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// ConnectToCluster returns a client that knows one node of a cluster, and is
// closed with the test.
func ConnectToCluster(t testing.TB, cluster *glidetest.Cluster, changes ...func(*glide.ClusterConfig)) *glide.ClusterClient {
	t.Helper()
	config := glide.ClusterConfig{Addresses: []glide.Address{AddressOf(cluster.Nodes()[0])}}
	for _, change := range changes {
		change(&config)
	}
	client, err := glide.NewClusterClient(ctx, config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// Patient makes calls wait for long, where a test is not about time and the
// machine may be busy.
func Patient(config *glide.Config) { config.RequestTimeout = Patience }

// ConnectionsTo returns what CLIENT LIST says of the connections to a server, but
// for the one that asks.
func ConnectionsTo(t testing.TB, server *glidetest.Server) []map[string]string {
	t.Helper()
	return slices.DeleteFunc(testkit.Clients(t, server), func(client map[string]string) bool {
		// A client asks for the id of a connection whose replies are late.
		ours := client["cmd"] == "client|setinfo" || client["cmd"] == "client|id"
		return strings.HasPrefix(client["cmd"], "client") && !ours
	})
}

// Nowhere is an address at which nothing listens.
func Nowhere(t testing.TB) glide.Address {
	t.Helper()
	proxy := glidetest.StartProxy(t, net.JoinHostPort("127.0.0.1", "1"))
	proxy.Refuse()
	return AddressOf(proxy)
}

// LoadedCluster makes what the tests with many callers need: room for all of
// them and a timeout.
func LoadedCluster(timeout time.Duration) func(*glide.ClusterConfig) {
	return func(config *glide.ClusterConfig) { config.RequestTimeout, config.InflightLimit = timeout, 100_000 }
}

// Tolerance is how much later than its timeout a call may return.
const Tolerance = 50 * time.Millisecond

// QuickToReconnect makes a client reconnect without much waiting.
func QuickToReconnect(config *glide.Config) {
	config.Reconnect = glide.ReconnectStrategy{Factor: 5 * time.Millisecond, Retries: 2}
}

// Within returns a context that ends after a time, or with the test.
func Within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, d)
	t.Cleanup(cancel)
	return ctx
}

// Late is how much later than its connection timeout NewClient may fail.
const Late = 600 * time.Millisecond
