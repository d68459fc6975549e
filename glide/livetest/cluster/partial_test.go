package cluster_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// requirePartial requires the results of all nodes but one, which has failed.
func requirePartial[T any](t *testing.T, cluster *glidetest.Cluster, failing *glidetest.Server, results map[string]T, err error) error {
	t.Helper()
	var failed *glide.NodeErrors
	require.ErrorAs(t, err, &failed)
	require.Len(t, failed.Errors, 1, "%v", err)
	require.Contains(t, failed.Errors, failing.Addr())
	require.Equal(t, len(cluster.Nodes())-1, failed.Succeeded)
	require.ErrorContains(t, err, failing.Addr())
	require.Len(t, results, len(cluster.Nodes())-1)
	for _, node := range cluster.Nodes() {
		if node != failing {
			require.Contains(t, results, node.Addr())
		}
	}
	return failed.Errors[failing.Addr()]
}

func TestNodesKeepsTheResultsOfTheOthers(t *testing.T) {
	for _, p := range harness.Protocols {
		t.Run(p.Name, func(t *testing.T) {
			cluster := glidetest.StartCluster(t)
			client := harness.ConnectCluster(t, glide.ClusterConfig{
				Addresses: harness.AddressesOf(cluster.Nodes()...), RequestTimeout: 3 * time.Second, Protocol: p.Protocol,
			})
			nodes := client.Nodes(glide.AllNodes)
			settings := harness.Value(nodes.ConfigGet(ctx, "maxmemory"))(t)
			require.Len(t, settings, len(cluster.Nodes()))
			for _, node := range cluster.Nodes() {
				require.Equal(t, map[string]string{"maxmemory": "0"}, settings[node.Addr()])
			}

			// A node that refuses the command.
			refusing := cluster.Nodes()[0]
			refusing.MustCommand(t, "ACL", "SETUSER", "default", "-dbsize")
			sizes, err := nodes.DBSize(ctx)
			err = requirePartial(t, cluster, refusing, sizes, err)
			require.Equal(t, "NOPERM", glide.Code(err))
			reply, err := nodes.Do(ctx, "DBSIZE")
			err = requirePartial(t, cluster, refusing, reply, err)
			require.Equal(t, "NOPERM", glide.Code(err))
			refusing.MustCommand(t, "ACL", "SETUSER", "default", "+dbsize")

			// A node that hangs.
			hung := cluster.Nodes()[1]
			require.NoError(t, hung.Pause())
			begun := time.Now()
			lists, err := nodes.ACLList(ctx)
			require.NoError(t, hung.Resume())
			require.GreaterOrEqual(t, time.Since(begun), time.Second, "it had time to answer")
			err = requirePartial(t, cluster, hung, lists, err)
			require.True(t, errors.Is(err, glide.ErrTimeout) || errors.Is(err, glide.ErrConnectionLost) || errors.Is(err, glide.ErrUnreachable), "%v", err)
			for _, list := range lists {
				require.NotEmpty(t, list)
			}
			require.False(t, glide.SafeToRetry(err))

			// A node that is gone.
			gone := cluster.Nodes()[2]
			require.NoError(t, gone.Kill())
			sizes, err = nodes.DBSize(ctx)
			err = requirePartial(t, cluster, gone, sizes, err)
			require.True(t, errors.Is(err, glide.ErrTimeout) || errors.Is(err, glide.ErrConnectionLost) || errors.Is(err, glide.ErrUnreachable), "%v", err)
		})
	}
}
