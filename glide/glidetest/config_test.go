package glidetest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

func TestConfigurationsConnect(t *testing.T) {
	for name, options := range map[string][]glidetest.Option{
		"plain":                     nil,
		"with a password":           {glidetest.WithPassword("secret")},
		"with TLS":                  {glidetest.WithTLS()},
		"with client certificates":  {glidetest.WithTLS(glidetest.MutualTLS)},
		"with replicas":             {glidetest.WithReplicas(1)},
		"with a password, replicas": {glidetest.WithReplicas(1), glidetest.WithPassword("secret")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := glidetest.Start(t, options...)
			require.Equal(t, glide.Address{Host: server.Host(), Port: server.Port()}, server.Address())
			client, err := glide.NewClient(t.Context(), server.Config())
			require.NoError(t, err)
			defer client.Close()
			require.NoError(t, client.Set(t.Context(), "key", "value"))
		})
	}
}

func TestConfigurationsOfClustersConnect(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0), glidetest.WithPassword("secret"), glidetest.WithTLS())
	require.Len(t, cluster.Addresses(), 3)
	client, err := glide.NewClusterClient(context.Background(), cluster.Config())
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Set(t.Context(), "key", "value"))
}

func TestProxiesHaveAddresses(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	proxy := glidetest.StartProxy(t, server.Addr())
	client, err := glide.NewClient(t.Context(), glide.Config{Addresses: []glide.Address{proxy.Address()}})
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.Set(t.Context(), "key", "value"))
}
