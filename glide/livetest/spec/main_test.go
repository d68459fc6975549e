// Package spec_test checks sentences of the specification on real servers.
package spec_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

var ctx = context.Background()

// strategies are all strategies to read.
var strategies = map[string]glide.ReadFrom{
	"Primary":                      glide.Primary,
	"PreferReplica":                glide.PreferReplica,
	"AnyNode":                      glide.AnyNode,
	"AZAffinity":                   glide.AZAffinity,
	"AZAffinityReplicasAndPrimary": glide.AZAffinityReplicasAndPrimary,
	"AZAffinityAllNodes":           glide.AZAffinityAllNodes,
}

// zoneOf is the zone of a client with a strategy, if it has a meaning.
func zoneOf(from glide.ReadFrom) string {
	if from == glide.Primary || from == glide.PreferReplica || from == glide.AnyNode {
		return ""
	}
	return "zone-a"
}

// patient is a configuration of clients for tests that are not about time.
func patient(servers ...harness.Addressed) glide.ClusterConfig {
	return glide.ClusterConfig{Addresses: harness.AddressesOf(servers...), RequestTimeout: harness.Patience, ConnectionTimeout: harness.Patience}
}

// standalone returns a client that is closed with the test.
func standalone(tb testing.TB, config glide.Config) *glide.Client {
	tb.Helper()
	config.RequestTimeout, config.ConnectionTimeout = harness.Patience, harness.Patience
	client, err := glide.NewClient(ctx, config)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = client.Close() })
	return client
}
