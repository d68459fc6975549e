package harness

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
)

// Dedicated runs a test with a dedicated connection.
func Dedicated(t *testing.T, client *glide.Client, test func(c *glide.DedicatedClient)) {
	t.Helper()
	require.NoError(t, client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
		test(c)
		return nil
	}))
}

// Protocols are those that clients speak.
var Protocols = []struct {
	Name     string
	Protocol glide.Protocol
}{{"RESP3", glide.RESP3}, {"RESP2", glide.RESP2}}

// Speaking makes a client speak a protocol.
func Speaking(protocol glide.Protocol) func(*glide.Config) {
	return func(config *glide.Config) { config.Protocol = protocol }
}

// OnShared runs a test with each protocol on the shared server, empty.
func OnShared(t *testing.T, test func(t *testing.T, client *glide.Client)) {
	t.Helper()
	server, err := testkit.SharedServer()
	require.NoError(t, err)
	OnEachProtocol(t, server, test)
}

// OnSharedCluster runs a test with each protocol on the shared cluster, empty.
func OnSharedCluster(t *testing.T, test func(t *testing.T, client *glide.ClusterClient)) {
	t.Helper()
	cluster, err := testkit.SharedCluster()
	require.NoError(t, err)
	OnCluster(t, cluster, test)
}

// OnCluster runs a test with each protocol on a cluster, empty.
func OnCluster(t *testing.T, cluster *glidetest.Cluster, test func(t *testing.T, client *glide.ClusterClient)) {
	t.Helper()
	for _, p := range Protocols {
		t.Run("cluster "+p.Name, func(t *testing.T) {
			client := ConnectToCluster(t, cluster, func(config *glide.ClusterConfig) {
				config.RequestTimeout, config.Protocol = Patience, p.Protocol
			})
			_, err := client.Do(ctx, "FLUSHALL")
			require.NoError(t, err)
			test(t, client)
		})
	}
}

// OnEveryFace runs a test of commands with each protocol on an empty server
// and an empty cluster: on their clients, and through a transaction and a
// pipeline for each command. Keys that are used together must be of one slot:
// {k}a, {k}b. What a transaction refuses as a whole is RequireRefused.
func OnEveryFace(t *testing.T, test func(t *testing.T, c faces.Face)) {
	t.Helper()
	OnServerFaces(t, test)
	OnClusterFaces(t, test)
}

// OnClusterFaces is OnEveryFace without the standalone server.
func OnClusterFaces(t *testing.T, test func(t *testing.T, c faces.Face)) {
	t.Helper()
	cluster, err := testkit.SharedCluster()
	require.NoError(t, err)
	OnFacesOf(t, cluster, test)
}

// OnFacesOf is OnClusterFaces on another cluster.
func OnFacesOf(t *testing.T, cluster *glidetest.Cluster, test func(t *testing.T, c faces.Face)) {
	t.Helper()
	OnCluster(t, cluster, func(t *testing.T, client *glide.ClusterClient) {
		OnFaces(t, client,
			faces.ClusterTransaction{Face: client, Client: client},
			faces.Pipeline{Face: client},
			test)
	})
}

// OnServerFaces is OnEveryFace without the cluster.
func OnServerFaces(t *testing.T, test func(t *testing.T, c faces.Face)) {
	t.Helper()
	OnShared(t, func(t *testing.T, client *glide.Client) {
		OnFaces(t, client,
			faces.Transaction{Face: client, Client: client},
			faces.Pipeline{Face: client},
			test)
	})
}

// OnFaces runs a test on the faces of a client, each time with no keys.
func OnFaces(t *testing.T, client, transaction, pipeline faces.Face, test func(t *testing.T, c faces.Face)) {
	t.Helper()
	for _, face := range []struct {
		name string
		face faces.Face
	}{{"client", client}, {"transaction", transaction}, {"pipeline", pipeline}} {
		t.Run(face.name, func(t *testing.T) {
			_, err := client.Do(ctx, "FLUSHALL")
			require.NoError(t, err)
			test(t, face.face)
		})
	}
}

// OnEachProtocol runs a test with each protocol on a server, empty.
func OnEachProtocol(t *testing.T, server *glidetest.Server, test func(t *testing.T, client *glide.Client)) {
	t.Helper()
	for _, p := range Protocols {
		t.Run(p.Name, func(t *testing.T) {
			client := Connect(t, server, Patient, Speaking(p.Protocol))
			_, err := client.Do(ctx, "FLUSHALL")
			require.NoError(t, err)
			test(t, client)
		})
	}
}

// OnOwn runs a test with each protocol on a server that no other client uses.
func OnOwn(t *testing.T, test func(t *testing.T, server *glidetest.Server, client *glide.Client)) {
	t.Helper()
	for _, p := range Protocols {
		t.Run(p.Name, func(t *testing.T) {
			server := glidetest.Start(t)
			test(t, server, Connect(t, server, Patient, Speaking(p.Protocol)))
		})
	}
}

// Needs skips a test of what the server is too old for, or of the other
// family; TestTheServersCommands counts and names such commands.
func Needs(t *testing.T, what, valkey, redis string) {
	t.Helper()
	server, err := testkit.SharedServer()
	require.NoError(t, err)
	if !server.Version().AtLeast(valkey, redis) {
		t.Skipf("%s lacks %s", server.Version(), what)
	}
}
