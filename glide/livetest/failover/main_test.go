// Package failover_test is about standalone servers whose primary changes: by a
// planned role swap, by a promotion after the primary died or hung, or because a
// name leads to another server.
package failover_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

var ctx = context.Background()

const (
	// recovery is how long writes may take to reach the new primary after the
	// first one was refused or the connection was lost.
	recovery = time.Second
	// hung is how much longer it takes to see that a server hangs: a request's
	// timeout, a ping and a connection that is not served.
	hung = 2 * time.Second
)

// servers are a primary and its replica.
type servers struct{ primary, replica *glidetest.Server }

func start(t *testing.T) servers {
	t.Helper()
	primary := glidetest.Start(t, glidetest.WithReplicas(1))
	s := servers{primary, primary.Replicas()[0]}
	awaitLink(t, s.primary, s.replica)
	return s
}

// awaitLink waits until a server is a replica that has caught up.
func awaitLink(t *testing.T, primary, replica *glidetest.Server) {
	t.Helper()
	require.Eventually(t, func() bool {
		info := replica.MustCommand(t, "INFO", "REPLICATION").(string)
		state := primary.MustCommand(t, "INFO", "REPLICATION").(string)
		online := fmt.Sprintf(",port=%s,state=online,", portOf(replica))
		return strings.Contains(info, "master_link_status:up") && strings.Contains(state, online)
	}, harness.Patience, 5*time.Millisecond)
}

func isPrimary(t *testing.T, server *glidetest.Server) bool {
	t.Helper()
	return strings.Contains(server.MustCommand(t, "INFO", "REPLICATION").(string), "role:master")
}

// swap swaps the roles, as planned.
func (s servers) swap(t *testing.T) servers {
	t.Helper()
	s.primary.MustCommand(t, "FAILOVER", "TO", s.replica.Host(), strconv.Itoa(s.replica.Port()))
	require.Eventually(t, func() bool { return isPrimary(t, s.replica) && !isPrimary(t, s.primary) }, harness.Patience, time.Millisecond)
	return servers{s.replica, s.primary}
}

func promote(t *testing.T, server *glidetest.Server) { server.MustCommand(t, "REPLICAOF", "NO", "ONE") }

func connect(t *testing.T, config glide.Config) *glide.Client {
	t.Helper()
	client, err := glide.NewClient(ctx, config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// setup is a way to configure a client for a primary and its replica.
type setup struct {
	discovery glide.NodeDiscovery
	readFrom  glide.ReadFrom
	addresses func(s servers) []*glidetest.Server
}

func both(s servers) []*glidetest.Server        { return []*glidetest.Server{s.primary, s.replica} }
func onlyPrimary(s servers) []*glidetest.Server { return []*glidetest.Server{s.primary} }
func onlyReplica(s servers) []*glidetest.Server { return []*glidetest.Server{s.replica} }

// setups are those with which a client can find the new primary.
var setups = map[string]setup{
	"roles":                      {addresses: both},
	"roles, replica preferred":   {addresses: both, readFrom: glide.PreferReplica},
	"roles, any node":            {addresses: both, readFrom: glide.AnyNode},
	"all":                        {addresses: both, discovery: glide.DiscoverAll},
	"all, one address":           {addresses: onlyPrimary, discovery: glide.DiscoverAll},
	"all, the replica's address": {addresses: onlyReplica, discovery: glide.DiscoverAll, readFrom: glide.PreferReplica},
}

func (s setup) config(servers servers) glide.Config {
	return glide.Config{Addresses: harness.AddressesOf(s.addresses(servers)...), NodeDiscovery: s.discovery, ReadFrom: s.readFrom}
}

func portOf(server *glidetest.Server) string { return strconv.Itoa(server.Port()) }

func number(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	require.NoError(t, err)
	return n
}
