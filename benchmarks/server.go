package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/valkey-glide/go/benchmarks/internal/clients"
	"github.com/valkey-glide/go/glide/glidetest"
)

// A deployment is what the clients are measured against.
type deployment struct {
	target      clients.Target
	description string
	close       func() error
}

// deploy starts a server or a cluster for the run, or takes the given one.
func deploy(ctx context.Context, o options) (deployment, error) {
	switch {
	case o.server != "":
		return existing(ctx, o)
	case o.mode == clients.Cluster:
		return startCluster(ctx)
	default:
		return startServer(ctx)
	}
}

// existing tries the given server, for one clear message instead of one from
// each client.
func existing(ctx context.Context, o options) (deployment, error) {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	connection, err := dialer.DialContext(ctx, "tcp", o.server)
	if err != nil {
		return deployment{}, fmt.Errorf("-server: %w", err)
	}
	connection.Close()
	target, err := targetOf(o.mode, o.server)
	return deployment{target, "given: " + o.server, func() error { return nil }}, err
}

func startServer(ctx context.Context) (deployment, error) {
	server, err := glidetest.StartServer(ctx)
	if err != nil {
		return deployment{}, err
	}
	return deployment{
		clients.Target{Mode: clients.Standalone, Host: server.Host(), Port: server.Port()},
		server.Version().String(),
		server.Close,
	}, nil
}

// startCluster leaves replicas out: nothing is read from them, and on a small
// machine they take the clients' CPU.
func startCluster(ctx context.Context) (deployment, error) {
	cluster, err := glidetest.StartServerCluster(ctx, glidetest.WithReplicas(0))
	if err != nil {
		return deployment{}, err
	}
	seed := cluster.Nodes()[0]
	return deployment{
		clients.Target{Mode: clients.Cluster, Host: seed.Host(), Port: seed.Port()},
		fmt.Sprintf("%v, cluster of %d primaries", cluster.Version(), len(cluster.Nodes())),
		cluster.Close,
	}, nil
}

// end is for a deferred call: by then the figures are in, and only the user
// can look after a server that does not end.
func (d deployment) end() {
	if err := d.close(); err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks: ending the server:", err)
	}
}
