package glide_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
)

// TestMain ends the servers of the examples. It fails the run if anything of
// the library is alive at its end.
func TestMain(m *testing.M) {
	glide.StartProtectedServer = func(t *testing.T, password string) glide.Address {
		return glidetest.Start(t, glidetest.WithPassword(password)).Address()
	}
	code := m.Run()
	testkit.CloseShared()
	if code == 0 {
		if left := testkit.AwaitNothingAlive(); left != "" {
			fmt.Println("left in the library:", left)
			code = 1
		}
	}
	os.Exit(code)
}

// ctx is for examples that are not about contexts.
var ctx = context.Background()

// exampleConfig is the configuration for the server of the examples, which
// waits for long: the machine may be busy.
func exampleConfig() glide.Config {
	server, err := testkit.SharedServer()
	if err != nil {
		panic(err)
	}
	return glide.Config{
		Addresses:      []glide.Address{{Host: server.Host(), Port: server.Port()}},
		RequestTimeout: 30 * time.Second,
	}
}

// exampleURL returns the URL of the server of the examples.
func exampleURL() string {
	server, err := testkit.SharedServer()
	if err != nil {
		panic(err)
	}
	return "valkey://" + server.Addr() + "?request_timeout=30s"
}

// exampleClient returns a client of the server of the examples, which is empty.
func exampleClient() *glide.Client {
	client, err := glide.NewClient(ctx, exampleConfig())
	if err == nil {
		_, err = client.Do(ctx, "FLUSHALL")
	}
	if err != nil {
		panic(err)
	}
	return client
}

// exampleClusterClient returns a client of the cluster of the examples, which
// is empty.
func exampleClusterClient() *glide.ClusterClient {
	cluster, err := testkit.SharedCluster()
	if err != nil {
		panic(err)
	}
	node := cluster.Nodes()[0]
	client, err := glide.NewClusterClient(ctx, glide.ClusterConfig{
		Addresses:      []glide.Address{{Host: node.Host(), Port: node.Port()}},
		RequestTimeout: 30 * time.Second,
	})
	if err == nil {
		_, err = client.Do(ctx, "FLUSHALL")
	}
	if err != nil {
		panic(err)
	}
	return client
}
