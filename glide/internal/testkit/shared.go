package testkit

import (
	"context"
	"sync"

	"github.com/valkey-glide/go/glide/glidetest"
)

// Shared servers are those that tests of one package share. They are started
// when they are first asked for.
var shared struct {
	mutex   sync.Mutex
	server  *glidetest.Server
	cluster *glidetest.Cluster
}

// SharedServer returns the one server that the tests of commands and the
// examples of a package share. They do not run in parallel, and each begins
// with an empty one. What changes its configuration, closes other connections
// or pauses it starts another server.
func SharedServer() (_ *glidetest.Server, err error) {
	shared.mutex.Lock()
	defer shared.mutex.Unlock()
	if shared.server == nil {
		shared.server, err = glidetest.StartServer(context.Background())
	}
	return shared.server, err
}

// SharedCluster returns the one cluster that tests share, like SharedServer.
func SharedCluster() (*glidetest.Cluster, error) {
	shared.mutex.Lock()
	defer shared.mutex.Unlock()
	if shared.cluster != nil {
		return shared.cluster, nil
	}
	cluster, err := glidetest.StartServerCluster(context.Background())
	if err != nil {
		return nil, err
	}
	if err := cluster.AwaitOK(context.Background()); err != nil {
		_ = cluster.Close()
		return nil, err
	}
	shared.cluster = cluster
	return cluster, nil
}

// CloseShared ends those that were started.
func CloseShared() {
	shared.mutex.Lock()
	defer shared.mutex.Unlock()
	if shared.server != nil {
		_ = shared.server.Close()
	}
	if shared.cluster != nil {
		_ = shared.cluster.Close()
	}
}
