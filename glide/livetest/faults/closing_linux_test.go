package faults_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestCloseClosesConnectionsToNodesThatWaitForReplies(t *testing.T) {
	for encryption, options := range map[string][]glidetest.Option{"plain": nil, "TLS": {glidetest.WithTLS()}} {
		cluster := glidetest.StartCluster(t, append(options, glidetest.WithReplicas(0),
			glidetest.WithConfig("cluster-node-timeout", "120000"))...)
		for name, leave := range waysToLeaveARequest {
			t.Run(encryption+", "+name, func(t *testing.T) {
				client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient, func(c *glide.ClusterConfig) {
					if options != nil {
						c.TLS = &glide.TLS{RootCertificates: cluster.Certificates().CA}
					}
				})
				keys := harness.KeysOf(t, cluster, 1)
				for _, node := range cluster.Nodes() {
					require.NoError(t, client.Set(ctx, keys[node][0], "1"))
					require.NotEmpty(t, harness.SocketsTo(t, node.Port()))
				}
				for _, node := range cluster.Nodes() {
					require.NoError(t, node.Pause())
					defer func() { require.NoError(t, node.Resume()) }()
				}
				incr := func(ctx context.Context) error {
					return errors.Join(testkit.Concurrently(len(cluster.Nodes()), func(i int) error {
						_, err := client.Incr(ctx, keys[cluster.Nodes()[i]][0])
						return err
					})...)
				}
				stalls := testkit.MeasureStalls(t)
				leave(t, incr, func() { _ = client.Close() })
				for _, node := range cluster.Nodes() {
					closed := func() bool { return len(harness.SocketsTo(t, node.Port())) == 0 }
					require.Eventually(t, closed, time.Second+stalls(), time.Millisecond)
				}
			})
		}
	}
}

func TestConnectionToANodeThatHasLeftIsClosed(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t)
	client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient)
	left := harness.Value(cluster.Primaries())(t)[1]
	key := harness.KeysOf(t, cluster, 1)[left][0]
	require.NoError(t, client.Set(ctx, key, "1"))
	require.NoError(t, left.Pause())
	defer func() { require.NoError(t, left.Resume()) }()
	begun, stalls := time.Now(), testkit.MeasureStalls(t)
	ended := make(chan error)
	go func() { _, err := client.Incr(ctx, key); ended <- err }()
	served := func() bool {
		soon, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
		_, err := client.Get(soon, key)
		return err == nil
	}
	require.Eventually(t, served, harness.Patience, 10*time.Millisecond)
	t.Logf("the replica has taken over after %v", time.Since(begun))
	// What is in flight may still be answered for a while.
	err := <-ended
	t.Logf("the request in flight ended after %v: %v", time.Since(begun), err)
	require.ErrorIs(t, err, glide.ErrConnectionLost)
	closed := func() bool { return len(harness.SocketsTo(t, left.Port())) == 0 }
	require.Eventually(t, closed, time.Second+stalls(), time.Millisecond)
}
