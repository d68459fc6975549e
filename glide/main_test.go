package glide_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
)

// TestMain fails the run if anything of the library is alive at its end.
func TestMain(m *testing.M) {
	code := m.Run()
	closeSharedServer()
	closeSharedCluster()
	if code == 0 {
		if left := testkit.AwaitNothingAlive(); left != "" {
			fmt.Println("left in the library:", left)
			code = 1
		}
	}
	os.Exit(code)
}

// An addressed is a server, proxy or listener of glidetest.
type addressed interface {
	Host() string
	Port() int
}

// addressOf is where it listens.
func addressOf(server addressed) glide.Address {
	return glide.Address{Host: server.Host(), Port: server.Port()}
}

// configFor is the configuration for a server, or for several.
func configFor(servers ...addressed) glide.Config {
	config := glide.Config{}
	for _, server := range servers {
		config.Addresses = append(config.Addresses, addressOf(server))
	}
	return config
}

// connect gives a client of a server, which is closed with the test.
func connect(t testing.TB, server addressed, changes ...func(*glide.Config)) *glide.Client {
	t.Helper()
	config := configFor(server)
	for _, change := range changes {
		change(&config)
	}
	return connectWith(t, config)
}

// connectWith gives a client that is closed with the test.
func connectWith(t testing.TB, config glide.Config) *glide.Client {
	t.Helper()
	client, err := glide.NewClient(context.Background(), config)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// connectCluster gives a client that knows one node of a cluster, and is
// closed with the test.
func connectCluster(t testing.TB, cluster *glidetest.Cluster, changes ...func(*glide.ClusterConfig)) *glide.ClusterClient {
	t.Helper()
	config := glide.ClusterConfig{Addresses: []glide.Address{addressOf(cluster.Nodes()[0])}}
	for _, change := range changes {
		change(&config)
	}
	client, err := glide.NewClusterClient(ctx, config)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// patient makes calls wait for long, where a test is not about time and the
// machine may be busy.
func patient(config *glide.Config) { config.RequestTimeout = patience }

const patience = 30 * time.Second

// clientsOf gives what CLIENT LIST says of the connections to a server, but
// for the one that asks.
func clientsOf(t testing.TB, server *glidetest.Server) []map[string]string {
	t.Helper()
	return slices.DeleteFunc(testkit.Clients(t, server), func(client map[string]string) bool {
		return strings.HasPrefix(client["cmd"], "client") && client["cmd"] != "client|setinfo"
	})
}

// nowhere is an address at which nothing listens.
func nowhere(t testing.TB) glide.Address {
	t.Helper()
	proxy := glidetest.StartProxy(t, net.JoinHostPort("127.0.0.1", "1"))
	proxy.Refuse()
	return addressOf(proxy)
}
