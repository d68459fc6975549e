package glide_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/faces"
)

// sharedServer starts the one server that the tests of commands and the
// examples share, when it is first asked for. They do not run in parallel,
// and each begins with an empty one. What changes its configuration, closes
// other connections or pauses it has a server of its own.
var sharedServer = sync.OnceValues(func() (*glidetest.Server, error) {
	return glidetest.StartServer(context.Background())
})

// closeSharedServer ends it, if it was started. TestMain calls it.
func closeSharedServer() error {
	server, err := sharedServer()
	if err != nil {
		return nil
	}
	return server.Close()
}

var protocols = []struct {
	name     string
	protocol glide.Protocol
}{{"RESP3", glide.RESP3}, {"RESP2", glide.RESP2}}

func speaking(protocol glide.Protocol) func(*glide.Config) {
	return func(config *glide.Config) { config.Protocol = protocol }
}

// onShared runs a test with each protocol on the shared server, empty.
func onShared(t *testing.T, test func(t *testing.T, client *glide.Client)) {
	t.Helper()
	server, err := sharedServer()
	require.NoError(t, err)
	onEachProtocol(t, server, test)
}

// sharedCluster starts the one cluster that the tests of commands share, like
// sharedServer.
var sharedCluster = sync.OnceValues(func() (*glidetest.Cluster, error) {
	cluster, err := glidetest.StartServerCluster(ctx)
	if err == nil {
		err = cluster.AwaitOK(ctx)
	}
	return cluster, err
})

// closeSharedCluster ends it, if it was started. TestMain calls it.
func closeSharedCluster() error {
	cluster, err := sharedCluster()
	if err != nil {
		return nil
	}
	return cluster.Close()
}

// onSharedCluster runs a test with each protocol on the shared cluster, empty.
func onSharedCluster(t *testing.T, test func(t *testing.T, client *glide.ClusterClient)) {
	t.Helper()
	cluster, err := sharedCluster()
	require.NoError(t, err)
	onCluster(t, cluster, test)
}

// onCluster runs a test with each protocol on a cluster, empty.
func onCluster(t *testing.T, cluster *glidetest.Cluster, test func(t *testing.T, client *glide.ClusterClient)) {
	t.Helper()
	for _, p := range protocols {
		t.Run("cluster "+p.name, func(t *testing.T) {
			client := connectCluster(t, cluster, func(config *glide.ClusterConfig) {
				config.RequestTimeout, config.Protocol = patience, p.protocol
			})
			_, err := client.Do(ctx, "FLUSHALL")
			require.NoError(t, err)
			test(t, client)
		})
	}
}

// onEveryFace runs a test of commands with each protocol on an empty server
// and an empty cluster: on their clients, and through a transaction and a
// pipeline for each command. Keys that are used together must be of one slot:
// {k}a, {k}b. What a transaction refuses as a whole is requireRefused.
func onEveryFace(t *testing.T, test func(t *testing.T, c faces.Face)) {
	t.Helper()
	onServerFaces(t, test)
	onClusterFaces(t, test)
}

// onClusterFaces is onEveryFace without the standalone server.
func onClusterFaces(t *testing.T, test func(t *testing.T, c faces.Face)) {
	t.Helper()
	cluster, err := sharedCluster()
	require.NoError(t, err)
	onFacesOf(t, cluster, test)
}

// onFacesOf is onClusterFaces on another cluster.
func onFacesOf(t *testing.T, cluster *glidetest.Cluster, test func(t *testing.T, c faces.Face)) {
	t.Helper()
	onCluster(t, cluster, func(t *testing.T, client *glide.ClusterClient) {
		onFaces(t, client,
			faces.ClusterTransaction{Face: client, Client: client},
			faces.Pipeline{Face: client, Exec: func(ctx context.Context, b *glide.Pipeline) (glide.Results, error) { return client.Exec(ctx, b) }},
			test)
	})
}

// onServerFaces is onEveryFace without the cluster.
func onServerFaces(t *testing.T, test func(t *testing.T, c faces.Face)) {
	t.Helper()
	onShared(t, func(t *testing.T, client *glide.Client) {
		onFaces(t, client,
			faces.Transaction{Face: client, Client: client},
			faces.Pipeline{Face: client, Exec: func(ctx context.Context, b *glide.Pipeline) (glide.Results, error) { return client.Exec(ctx, b) }},
			test)
	})
}

// onFaces runs a test on the faces of a client, each time with no keys.
func onFaces(t *testing.T, client, transaction, pipeline faces.Face, test func(t *testing.T, c faces.Face)) {
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

// requireRefused requires an error with which the server answered a command
// that it does not understand: its own, or that of the transaction it is in.
func requireRefused(t *testing.T, err error) {
	t.Helper()
	var server *glide.ServerError
	require.ErrorAs(t, err, &server)
	require.Contains(t, []string{"ERR", "EXECABORT"}, server.Code, err)
}

// onEachProtocol runs a test with each protocol on a server, empty.
func onEachProtocol(t *testing.T, server *glidetest.Server, test func(t *testing.T, client *glide.Client)) {
	t.Helper()
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			client := connect(t, server, patient, speaking(p.protocol))
			_, err := client.Do(ctx, "FLUSHALL")
			require.NoError(t, err)
			test(t, client)
		})
	}
}

// onOwn runs a test with each protocol on a server that nobody else uses.
func onOwn(t *testing.T, test func(t *testing.T, server *glidetest.Server, client *glide.Client)) {
	t.Helper()
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			server := glidetest.Start(t)
			test(t, server, connect(t, server, patient, speaking(p.protocol)))
		})
	}
}

// awaitReplicas waits until so many replicas have what their primary has, in a
// cluster of three primaries each of them.
func awaitReplicas(t *testing.T, c faces.Face, replicas int64) {
	t.Helper()
	wait := func(d interface {
		faces.Face
		Wait(context.Context, int64, time.Duration) (int64, error)
	}, key string) error {
		// What others wrote before is received before what it wrote itself.
		require.NoError(t, d.Set(ctx, key, ""))
		value(d.Del(ctx, key))(t)
		require.GreaterOrEqual(t, value(d.Wait(ctx, replicas, patience))(t), replicas)
		return nil
	}
	switch c := c.(type) {
	case *glide.Client:
		require.NoError(t, c.Dedicated(ctx, func(d *glide.DedicatedClient) error { return wait(d, "key") }))
	case *glide.ClusterClient:
		for _, key := range []string{"a", "b", "c"} { // of a third of the slots each
			require.NoError(t, c.Dedicated(ctx, glide.PrimaryOfKey(key), func(d *glide.DedicatedClusterClient) error { return wait(d, "replicated{"+key+"}") }))
		}
	default:
		require.Fail(t, "neither kind of client")
	}
}

// ctx is for tests that are not about contexts.
var ctx = context.Background()

// needs skips a test of what the server is too old for, or of the other
// family; TestTheServersCommands counts and names such commands.
func needs(t *testing.T, what, valkey, redis string) {
	t.Helper()
	server, err := sharedServer()
	require.NoError(t, err)
	if !server.Version().AtLeast(valkey, redis) {
		t.Skipf("%s lacks %s", server.Version(), what)
	}
}

// value takes the error out of a reply that has none.
func value[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		require.NoError(t, err)
		return v
	}
}

// requireCode requires an error with which the server answered.
func requireCode(t *testing.T, code string, err error) {
	t.Helper()
	var server *glide.ServerError
	require.ErrorAs(t, err, &server)
	require.Equal(t, code, server.Code, err)
}

// words gives the strings of an array of any.
func words(t *testing.T, array any) []string {
	t.Helper()
	texts := []string{}
	for _, item := range array.([]any) {
		texts = append(texts, item.(string))
	}
	return texts
}

// TestTheServersCommands says which of the commands that have methods this
// server lacks: what their tests do not try here. The list must be that of the
// newest server.
func TestTheServersCommands(t *testing.T) {
	server, err := sharedServer()
	require.NoError(t, err)
	client := connect(t, server, patient)
	listed, sent := surfaceOf(t)
	var known []string
	for _, name := range words(t, value(client.Do(ctx, "COMMAND", "LIST"))(t)) {
		known = append(known, strings.ToUpper(strings.ReplaceAll(name, "|", " ")))
	}
	lacking := slices.DeleteFunc(slices.Clone(sent), func(name string) bool { return slices.Contains(known, name) })
	t.Logf("%s lacks %d of %d commands: %s", server.Version(), len(lacking), len(sent), strings.Join(lacking, ", "))
	if v := server.Version(); v.Name == "valkey" && v.Major == 9 && v.Minor == 1 {
		require.ElementsMatch(t, listed, known)
	}
}

// exampleClient gives a client of the shared server, which is empty.
func exampleClient() *glide.Client {
	server, err := sharedServer()
	if err != nil {
		panic(err)
	}
	config := configFor(server)
	patient(&config)
	client, err := glide.NewClient(ctx, config)
	if err == nil {
		_, err = client.Do(ctx, "FLUSHALL")
	}
	if err != nil {
		panic(err)
	}
	return client
}

// surfaceOf gives the commands of testdata/commands.tsv, see surface_test.go,
// and those of them that a method sends.
func surfaceOf(t *testing.T) (listed, sent []string) {
	t.Helper()
	table, err := os.ReadFile("testdata/commands.tsv")
	require.NoError(t, err)
	for line := range strings.Lines(string(table)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		listed = append(listed, fields[1])
		if len(fields) < 4 {
			sent = append(sent, fields[1])
		}
	}
	return listed, sent
}
