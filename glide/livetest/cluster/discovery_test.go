package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// requireWhole requires that a client knows all of a cluster: its nodes, and
// who has which key.
func requireWhole(t *testing.T, cluster *glidetest.Cluster, client *glide.ClusterClient) {
	t.Helper()
	pongs := harness.Value(client.Nodes(glide.AllNodes).PingMessage(ctx, "x"))(t)
	require.Len(t, pongs, len(cluster.Nodes()))
	for node, keys := range harness.KeysOf(t, cluster, 10) {
		before := testkit.CallsOf(t, node, "get")
		for _, key := range keys {
			require.NoError(t, client.Set(ctx, key, "value of "+key))
			require.Equal(t, glide.Some("value of "+key), harness.Value(client.Get(ctx, key))(t))
		}
		require.Equal(t, before+len(keys), testkit.CallsOf(t, node, "get"))
	}
}

func TestOneAddressIsEnoughToFindAllNodes(t *testing.T) {
	cluster := harness.Value(testkit.SharedCluster())(t)
	for _, node := range cluster.Nodes() {
		t.Run(fmt.Sprint(slices.Index(cluster.Nodes(), node)), func(t *testing.T) {
			client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient, func(c *glide.ClusterConfig) {
				c.Addresses = []glide.Address{harness.AddressOf(node)}
			})
			requireWhole(t, cluster, client)
		})
	}
}

func TestAddressesThatAreDeadAreNoMatterIfOneLives(t *testing.T) {
	cluster := harness.Value(testkit.SharedCluster())(t)
	silent := glidetest.StartListener(t, nil)
	for name, dead := range map[string]glide.Address{"nobody listens": harness.Nowhere(t), "no answer": harness.AddressOf(silent)} {
		t.Run(name, func(t *testing.T) {
			for position := range 3 {
				begun := time.Now()
				client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient, func(c *glide.ClusterConfig) {
					c.ConnectionTimeout = time.Second
					c.Addresses = []glide.Address{dead, dead}
					c.Addresses = slices.Insert(c.Addresses, position, harness.AddressOf(cluster.Nodes()[position]))
				})
				t.Logf("connected after %v", time.Since(begun))
				requireWhole(t, cluster, client)
			}
		})
	}
}

func TestNoLivingAddressIsAClearErrorInTime(t *testing.T) {
	silent := glidetest.StartListener(t, nil)
	alone := glidetest.Start(t)
	for name, addresses := range map[string][]glide.Address{
		"nobody listens":   {harness.Nowhere(t), harness.Nowhere(t)},
		"no answer":        {harness.AddressOf(silent)},
		"unknown host":     {{Host: "nobody.invalid"}},
		"not in a cluster": {harness.AddressOf(alone)},
	} {
		t.Run(name, func(t *testing.T) {
			stalls := testkit.MeasureStalls(t)
			begun, timeout := time.Now(), 500*time.Millisecond
			client, err := glide.NewClusterClient(ctx, glide.ClusterConfig{Addresses: addresses, ConnectionTimeout: timeout})
			took := time.Since(begun)
			t.Logf("%v: %v", took, err)
			require.Error(t, err)
			require.Nil(t, client)
			require.Less(t, took, timeout+harness.Late+stalls())
			if name != "not in a cluster" {
				require.True(t, errors.Is(err, glide.ErrUnreachable) || errors.Is(err, glide.ErrTimeout), "%v", err)
				require.ErrorContains(t, err, addresses[0].String())
			}
		})
	}
}

func TestClusterConnectionsAreMadeAsConfigured(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithTLS(), glidetest.WithPassword("default's"),
		glidetest.WithUser("app", "on", ">hunter2", "~*", "&*", "+@all", "-FLUSHALL"))
	encrypted := func(c *glide.ClusterConfig) { c.TLS = &glide.TLS{RootCertificates: cluster.Certificates().CA} }
	app := func(c *glide.ClusterConfig) { c.Credentials = glide.Credentials{Username: "app", Password: "hunter2"} }
	for _, p := range harness.Protocols {
		t.Run("TLS, credentials and names, "+p.Name, func(t *testing.T) {
			client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient, encrypted, app, func(c *glide.ClusterConfig) {
				c.ClientName, c.LibraryName, c.Protocol = "namely", "mine", p.Protocol
			})
			requireWhole(t, cluster, client)
			shown := harness.Value(client.Nodes(glide.AllNodes).Do(ctx, "CLIENT", "INFO"))(t)
			require.Len(t, shown, 6)
			for _, info := range shown {
				fields := strings.Fields(fmt.Sprint(info))
				require.Contains(t, fields, "name=namely")
				if cluster.Version().AtLeast("7.2", "7.2") { // older ones do not know of libraries
					require.Contains(t, fields, "lib-name=mine")
				}
				require.Contains(t, fields, "user=app")
				require.Contains(t, fields, fmt.Sprintf("resp=%c", p.Name[4]))
			}
			_, err := client.Do(ctx, "FLUSHALL")
			harness.RequireCode(t, "NOPERM", err)
		})
	}
	t.Run("the default user's password", func(t *testing.T) {
		client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient, encrypted, func(c *glide.ClusterConfig) {
			c.Credentials.Password = "default's"
		})
		requireWhole(t, cluster, client)
	})
	for name, changes := range map[string][]func(*glide.ClusterConfig){
		"a wrong password": {encrypted, app, func(c *glide.ClusterConfig) { c.Credentials.Password = "wrong" }},
		"no password":      {encrypted},
	} {
		t.Run(name, func(t *testing.T) {
			config := glide.ClusterConfig{Addresses: []glide.Address{harness.AddressOf(cluster.Nodes()[0])}, ConnectionTimeout: time.Second}
			for _, change := range changes {
				change(&config)
			}
			stalls := testkit.MeasureStalls(t)
			begun := time.Now()
			_, err := glide.NewClusterClient(ctx, config)
			t.Logf("%v: %v", time.Since(begun), err)
			require.ErrorIs(t, err, glide.ErrAuthentication)
			require.NotContains(t, err.Error(), "wrong ")
			require.Less(t, time.Since(begun), config.ConnectionTimeout+harness.Late+stalls())
		})
	}
	t.Run("an authority that is not theirs", func(t *testing.T) {
		_, err := glide.NewClusterClient(ctx, glide.ClusterConfig{
			Addresses: []glide.Address{harness.AddressOf(cluster.Nodes()[0])}, ConnectionTimeout: time.Second, TLS: &glide.TLS{},
		})
		require.ErrorIs(t, err, glide.ErrCertificate)
		t.Log(err)
	})
}

func TestALazyClusterClientConnectsWithItsFirstCommand(t *testing.T) {
	cluster := harness.Value(testkit.SharedCluster())(t)
	connections := func() int {
		return harness.SumOver(cluster.Nodes(), func(node *glidetest.Server) (n int) {
			for _, client := range harness.ConnectionsTo(t, node) {
				if client["name"] == "lazy" {
					n++
				}
			}
			return n
		})
	}
	client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient, func(c *glide.ClusterConfig) { c.LazyConnect, c.ClientName = true, "lazy" })
	time.Sleep(50 * time.Millisecond)
	require.Zero(t, connections())
	errs := testkit.Concurrently(50, func(i int) error { return client.Set(ctx, harness.KeyOf(i), harness.ValueOf(i)) })
	require.NoError(t, errors.Join(errs...))
	require.NotZero(t, connections())
	requireWhole(t, cluster, client)

	nobody, err := glide.NewClusterClient(ctx, glide.ClusterConfig{
		Addresses: []glide.Address{harness.Nowhere(t)}, LazyConnect: true,
		ConnectionTimeout: 300 * time.Millisecond, RequestTimeout: 400 * time.Millisecond,
	})
	require.NoError(t, err)
	defer nobody.Close()
	stalls := testkit.MeasureStalls(t)
	for range 2 {
		begun := time.Now()
		_, err = nobody.Get(ctx, "key")
		t.Log(err)
		require.True(t, errors.Is(err, glide.ErrUnreachable) || errors.Is(err, glide.ErrTimeout), "%v", err)
		require.Less(t, time.Since(begun), 400*time.Millisecond+harness.Tolerance+stalls())
	}
}

func TestTheTopologyIsCheckedWithoutTraffic(t *testing.T) {
	t.Parallel() // it mostly waits: the core asks no earlier than 15 seconds after it last has
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	proxy := glidetest.StartProxy(t, cluster.Nodes()[0].Addr())
	checking := harness.ConnectToCluster(t, cluster, harness.ClusterPatient, func(c *glide.ClusterConfig) { c.TopologyCheck = time.Second })
	never := harness.ConnectToCluster(t, cluster, harness.ClusterPatient, func(c *glide.ClusterConfig) { c.TopologyCheck = glide.NoTopologyCheck })
	fromAddresses := harness.ConnectToCluster(t, cluster, harness.ClusterPatient, func(c *glide.ClusterConfig) {
		c.Addresses, c.TopologyCheck, c.RefreshFromAddresses = []glide.Address{harness.AddressOf(proxy)}, time.Second, true
	})
	// The core connects to none of the addresses for it: while it has no
	// connection to them it asks the nodes that it knows after all.
	proxy.Cut()

	const slot = 0
	from := harness.Value(cluster.NodeForSlot(slot))(t)
	to := harness.OtherPrimary(t, cluster, from)
	require.NoError(t, cluster.MigrateSlot(slot, to))
	begun := time.Now()
	// What has no key is not redirected: it shows whom the client takes for
	// the slot's owner.
	is := func(client *glide.ClusterClient, node *glidetest.Server) bool {
		return portOf(t, client.Node(glide.PrimaryOfSlot(slot))) == fmt.Sprint(node.Port())
	}
	for name, client := range map[string]*glide.ClusterClient{"known nodes": checking, "addresses": fromAddresses} {
		require.Eventually(t, func() bool { return is(client, to) }, 45*time.Second, 50*time.Millisecond, name)
		t.Logf("noticed by asking the %s within %v", name, time.Since(begun))
	}
	require.True(t, is(never, from), "without checks nothing tells the client")
	// And that client is told by the redirection.
	require.NoError(t, never.Set(ctx, harness.KeyOfSlot(slot), "value"))
	require.Eventually(t, func() bool { return is(never, to) }, harness.Patience, 10*time.Millisecond)
}

func TestAClusterClientsDatabaseIsSelectedOnEveryNode(t *testing.T) {
	valkey9, ok := testkit.InstalledServer("valkey-9.1.2/valkey-server")
	if !ok {
		t.Skip("no server that has databases in a cluster: scripts/install-server valkey9")
	}
	cluster := glidetest.StartCluster(t, glidetest.WithBinary(valkey9), glidetest.WithDatabases(4))
	second := harness.ConnectToCluster(t, cluster, harness.ClusterPatient, func(c *glide.ClusterConfig) { c.Database = 2 })
	first := harness.ConnectToCluster(t, cluster, harness.ClusterPatient)
	requireWhole(t, cluster, second)
	for _, keys := range harness.KeysOf(t, cluster, 3) {
		for _, key := range keys {
			require.True(t, harness.Value(first.Get(ctx, key))(t).IsNil())
			require.Equal(t, glide.Some("value of "+key), harness.Value(second.Get(ctx, key))(t))
		}
	}
	for _, info := range harness.Value(second.Nodes(glide.AllNodes).Do(ctx, "CLIENT", "INFO"))(t) {
		require.Contains(t, info, " db=2 ")
	}

	// A connection that was lost is in the same database again.
	for _, node := range cluster.Nodes() {
		node.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
	}
	for _, keys := range harness.KeysOf(t, cluster, 3) {
		for _, key := range keys {
			require.Eventually(t, func() bool {
				found, err := second.Get(ctx, key)
				return err == nil && found.Value() == "value of "+key
			}, harness.Patience, 5*time.Millisecond)
		}
	}

	_, err := glide.NewClusterClient(ctx, glide.ClusterConfig{
		Addresses: []glide.Address{harness.AddressOf(cluster.Nodes()[0])}, Database: 4, ConnectionTimeout: time.Second,
	})
	t.Log(err)
	require.Error(t, err)
}

func TestClusterConfigurationsThatCannotBeAreRefusedBeforeConnecting(t *testing.T) {
	t.Parallel()
	for field, configs := range map[string][]glide.ClusterConfig{
		"Addresses[1].Port":    {{Addresses: []glide.Address{{}, {Port: 65536}}}},
		"Addresses[1].Host":    {{Addresses: []glide.Address{{}, {Host: "/run/valkey.sock"}}}},
		"AddressMap[a:1].Port": {{AddressMap: map[glide.Address]glide.Address{{Host: "a", Port: 1}: {Port: -1}}}},
		"Credentials":          {{IAM: &glide.IAM{}, Credentials: glide.Credentials{Password: "hunter2"}}},
		"IAM.Username":         {{IAM: &glide.IAM{}}},
		"Database":             {{Database: -1}},
		"ClientName":           {{ClientName: "two words"}},
		"LibraryName":          {{LibraryName: "two words"}},
		"Protocol":             {{Protocol: 4}},
		"ReadFrom":             {{ReadFrom: 99}},
		"AvailabilityZone":     {{ReadFrom: glide.AZAffinity}, {AvailabilityZone: "a"}},
		"RequestTimeout":       {{RequestTimeout: -1}},
		"ConnectionTimeout":    {{ConnectionTimeout: -1}},
		"Reconnect.Retries":    {{Reconnect: glide.ReconnectStrategy{Retries: -1}}},
		"InflightLimit":        {{InflightLimit: -1}},
		"TLS.RootCertificates": {{TLS: &glide.TLS{RootCertificates: []byte("no PEM")}}},
		"Compression.Level":    {{Compression: &glide.Compression{Level: 1 << 20}}},
		"Cache.MaximumBytes":   {{Cache: &glide.Cache{}}},
		"Cache.TimeToLive":     {{Cache: &glide.Cache{MaximumBytes: 4096}}},
		"Cache.ServerAssisted": {{Cache: &glide.Cache{MaximumBytes: 4096, ServerAssisted: true}, Protocol: glide.RESP2}},
		"CircuitBreaker.Open":  {{CircuitBreaker: &glide.CircuitBreaker{Open: -1}}},
		"TopologyCheck": {
			{TopologyCheck: time.Millisecond}, {TopologyCheck: 1500 * time.Millisecond}, {TopologyCheck: -time.Second},
			{TopologyCheck: 1 << 32 * time.Second},
		},
	} {
		for _, config := range configs {
			t.Run(field, func(t *testing.T) {
				begun := time.Now()
				client, err := glide.NewClusterClient(context.Background(), config)
				require.ErrorIs(t, err, glide.ErrConfiguration)
				require.ErrorContains(t, err, " "+field+" ")
				require.True(t, glide.SafeToRetry(err))
				require.Nil(t, client)
				require.Less(t, time.Since(begun), harness.DefaultConnectionTimeout, "it has tried to connect")
			})
		}
	}
}
