package glide_test

import (
	"crypto/tls"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/testkit"
)

// requireParsed requires the configurations of URLs.
func requireParsed[C any](t *testing.T, parse func(url string) (C, error), configs map[string]C) {
	t.Helper()
	for url, expected := range configs {
		t.Run(url, func(t *testing.T) {
			config, err := parse(url)
			require.NoError(t, err)
			require.Equal(t, expected, config)
		})
	}
}

// requireRefused requires the errors of URLs, which begin with prefix. None
// contains the password, which is hunter2 in all of them.
func requireRefused[C any](t *testing.T, parse func(url string) (C, error), prefix string, refusals map[string]string) {
	t.Helper()
	for rest, expected := range refusals {
		t.Run(rest, func(t *testing.T) {
			config, err := parse(prefix + rest)
			require.ErrorIs(t, err, glide.ErrConfiguration)
			require.ErrorContains(t, err, expected)
			require.NotContains(t, err.Error(), "hunter2")
			require.Zero(t, config)
		})
	}
}

func TestParseURL(t *testing.T) {
	local := []glide.Address{{Host: "localhost"}}
	requireParsed(t, glide.ParseURL, map[string]glide.Config{
		"valkey://":                    {},
		"valkey:///3":                  {Database: 3},
		"valkey://localhost":           {Addresses: local},
		"redis://localhost/":           {Addresses: local},
		"REDIS://localhost":            {Addresses: local},
		"valkeys://localhost":          {Addresses: local, TLS: &glide.TLS{}},
		"rediss://localhost":           {Addresses: local, TLS: &glide.TLS{}},
		"valkey://10.0.0.1:7000":       {Addresses: []glide.Address{{Host: "10.0.0.1", Port: 7000}}},
		"valkey://[::1]":               {Addresses: []glide.Address{{Host: "::1"}}},
		"valkey://[::1]:6379/15":       {Addresses: []glide.Address{{Host: "::1", Port: 6379}}, Database: 15},
		"valkey://[fe80::1%25eth0]:1":  {Addresses: []glide.Address{{Host: "fe80::1%eth0", Port: 1}}},
		"valkey://a:1,b,[::1]:2":       {Addresses: []glide.Address{{Host: "a", Port: 1}, {Host: "b"}, {Host: "::1", Port: 2}}},
		"valkey://:secret@localhost":   {Addresses: local, Credentials: glide.Credentials{Password: "secret"}},
		"valkey://app:s:e@localhost":   {Addresses: local, Credentials: glide.Credentials{Username: "app", Password: "s:e"}},
		"valkey://a%3Ab:%2F%40%23%3F@": {Credentials: glide.Credentials{Username: "a:b", Password: "/@#?"}},
		"valkey://:a+b@localhost":      {Addresses: local, Credentials: glide.Credentials{Password: "a+b"}},
		"valkey://localhost?database=4&client_name=app%401&library_name=mine&protocol=2&request_timeout=1s&connection_timeout=3s": {
			Addresses: local, Database: 4, ClientName: "app@1", LibraryName: "mine", Protocol: glide.RESP2,
			RequestTimeout: time.Second, ConnectionTimeout: 3 * time.Second,
		},
		"valkey://localhost?read_from=az_affinity&availability_zone=us-east-1a&inflight_limit=5&inflight_wait=true&lazy_connect=true&dedicated_limit=7&dedicated_idle_time=9s&heartbeat_interval=3s": {
			DedicatedLimit: 7, DedicatedIdleTime: 9 * time.Second, HeartbeatInterval: 3 * time.Second,
			Addresses: local, ReadFrom: glide.AZAffinity, AvailabilityZone: "us-east-1a", InflightLimit: 5, InflightWait: true, LazyConnect: true,
		},
		"valkey://localhost?protocol=3&tcp_delay=true&read_only=true&no_retries=true&node_discovery=nothing": {
			Addresses: local, TCPDelay: true, ReadOnly: true, NoRetries: true, NodeDiscovery: glide.DiscoverNothing,
		},
		"valkey://app@localhost":  {Addresses: local, Credentials: glide.Credentials{Username: "app"}},
		"valkey://app:@localhost": {Addresses: local, Credentials: glide.Credentials{Username: "app"}},
		"unix:///run/a.sock":      {Addresses: []glide.Address{{Host: "/run/a.sock"}}},
		"unix://app:secret@/a%20b?database=2": {
			Addresses: []glide.Address{{Host: "/a b"}}, Database: 2, Credentials: glide.Credentials{Username: "app", Password: "secret"},
		},
		"valkeys://localhost?tls_server_name=valkey.example&tls_min_version=1.3": {
			Addresses: local, TLS: &glide.TLS{ServerName: "valkey.example", MinVersion: tls.VersionTLS13},
		},
		"valkey://localhost?read_from=prefer_replica": {Addresses: local, ReadFrom: glide.PreferReplica},
		"rediss://localhost?insecure_skip_verify=true": {
			Addresses: local, TLS: &glide.TLS{InsecureSkipVerify: true},
		},
	})
}

func TestParseURLRefuses(t *testing.T) {
	requireRefused(t, glide.ParseURL, "", map[string]string{
		"":                                                     "no scheme",
		"localhost:6379":                                       "no scheme",
		"app:hunter2@localhost:6379":                           "no scheme",
		"http://:hunter2@localhost":                            "unknown scheme",
		"hunter2://localhost":                                  "unknown scheme",
		"valkey://:hunter2@localhost:port":                     "port",
		"valkey://:hunter2@localhost:0":                        "port",
		"valkey://:hunter2@localhost:70000":                    "port",
		"valkey://:hunter2@localhost:-1":                       "port",
		"valkey://:hunter2@localhost:":                         "port",
		"valkey://::1":                                         "host",
		"valkey://a::1":                                        "port",
		"valkey://[::1":                                        "IPv6",
		"valkey://[10.0.0.1]":                                  "IPv6",
		"valkey://[::1]x":                                      "IPv6",
		"valkey://[host]:1":                                    "IPv6",
		"valkey://a,,b":                                        "host",
		"valkey://a b":                                         "host",
		"valkey://a%20b":                                       "host",
		"valkey://:hunter2@localhost/db":                       "database",
		"valkey://:hunter2@localhost/-1":                       "database",
		"valkey://:hunter2@localhost/1/2":                      "database",
		"valkey://:hunter2@localhost/1?database=1":             "database twice",
		"valkey://:hunter2@localhost?database=x":               "database",
		"valkey://app:hunter2":                                 "port",
		"valkey://:@localhost":                                 "no user and no password",
		"valkey://@localhost":                                  "no user and no password",
		"unix://localhost/hunter2.sock":                        "has a host",
		"unix://hunter2.sock":                                  "has a host",
		"unix:///":                                             "no path",
		"unix://?protocol=2":                                   "no path",
		"unix:///hunter2%zz":                                   "percent-encoded",
		"unix:///a%00":                                         "zero byte",
		"unix:///a?tls_server_name=b":                          "no TLS",
		"valkey://localhost?tls_min_version=1.3":               "no TLS",
		"valkeys://localhost?tls_min_version=1.1":              "one of 1.2, 1.3",
		"valkey://:hunter2%@localhost":                         "percent-encoded",
		"valkey://hunter2%zz:x@localhost":                      "percent-encoded",
		"valkey://:hun@hunter2@localhost":                      "two @",
		"valkey://:hun/hunter2@localhost":                      "percent-encoded",
		"valkey://:hun?hunter2&b@localhost":                    "percent-encoded",
		"valkey://:hun#hunter2@localhost":                      "percent-encoded",
		"valkey://localhost#hunter2":                           "fragment",
		"valkey://localhost?hunter2":                           "unknown parameter",
		"valkey://localhost?timeout=hunter2":                   "unknown parameter timeout",
		"valkey://localhost?client_name=a&client_name=hunter2": "client_name twice",
		"valkey://localhost?client_name=":                      "client_name",
		"valkey://localhost?client_name=a%20b":                 "ClientName",
		"valkey://localhost?request_timeout=250":               "a duration above 0",
		"valkey://localhost?request_timeout=0s":                "a duration above 0",
		"valkey://localhost?request_timeout=-1s":               "a duration above 0",
		"valkey://localhost?inflight_limit=0":                  "a number above 0",
		"valkey://localhost?lazy_connect=yes":                  "true or false",
		"valkey://localhost?protocol=4":                        "one of 2, 3",
		"valkey://localhost?read_from=somewhere":               "read_from that is not one of",
		"valkey://localhost?read_from=az_affinity":             "AvailabilityZone",
		"valkey://localhost?insecure_skip_verify=true":         "no TLS",
		"valkey://localhost?a;b":                               "encoded",
		"valkey://localhost?%zz=1":                             "encoded",
	})
}

func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{
		"valkey://", "valkeys://a:b@[::1]:1,c/2?protocol=2", "redis://:p%40@h?request_timeout=1s", "rediss://h?insecure_skip_verify=true",
		"valkey://:a/b@c", "valkey://h:99999", "x", "valkey://h?client_name=%00",
	} {
		f.Add(seed, "hunter2")
	}
	f.Fuzz(func(t *testing.T, url, secret string) {
		check := func(url string) {
			if config, err := glide.ParseClusterURL(url); err != nil {
				require.ErrorIs(t, err, glide.ErrConfiguration)
				require.Equal(t, glide.ClusterConfig{}, config)
			}
			config, err := glide.ParseURL(url)
			if err != nil {
				require.ErrorIs(t, err, glide.ErrConfiguration)
				require.Equal(t, glide.Config{}, config)
				return
			}
			if _, err := glide.ParseURL(url); err != nil {
				t.Fatal("accepted once only")
			}
		}
		check(url)

		// Wherever a password is put into the URL, encoded or not, no text shows it.
		secret = fmt.Sprintf("%.8s-hunter2", strings.ToUpper(secret))
		for _, url := range []string{
			strings.Replace(url, "://", "://:"+secret+"@", 1),
			strings.Replace(url, "@", secret+"@", 1),
			strings.Replace(url, ":", ":"+secret, 1),
		} {
			config, err := glide.ParseURL(url)
			if err != nil {
				require.NotContains(t, err.Error(), secret)
			}
			if _, err := glide.ParseClusterURL(url); err != nil {
				require.NotContains(t, err.Error(), secret)
			}
			if c := config.Credentials; !strings.Contains(c.Username, secret) {
				require.NotContains(t, fmt.Sprint(c), secret)
			}
		}
	})
}

// TestOtherClientsParameters has what go-redis and valkey-go understand.
func TestOtherClientsParameters(t *testing.T) {
	local := []glide.Address{{Host: "localhost"}}
	requireParsed(t, glide.ParseURL, map[string]glide.Config{
		"redis://localhost?db=3":                          {Addresses: local, Database: 3},
		"redis://localhost?dial_timeout=5":                {Addresses: local, ConnectionTimeout: 5 * time.Second},
		"redis://localhost?dial_timeout=1500ms":           {Addresses: local, ConnectionTimeout: 1500 * time.Millisecond},
		"redis://localhost?read_timeout=3":                {Addresses: local, RequestTimeout: 3 * time.Second},
		"redis://localhost?read_timeout=300ms":            {Addresses: local, RequestTimeout: 300 * time.Millisecond},
		"redis://localhost?max_retries=-1":                {Addresses: local, NoRetries: true},
		"redis://localhost?client_cache=0":                {Addresses: local},
		"redis://localhost?protocol=2&client_name=app":    {Addresses: local, Protocol: glide.RESP2, ClientName: "app"},
		"rediss://localhost?skip_verify=true":             {Addresses: local, TLS: &glide.TLS{InsecureSkipVerify: true}},
		"rediss://localhost?skip_verify=1":                {Addresses: local, TLS: &glide.TLS{InsecureSkipVerify: true}},
		"rediss://localhost?skip_verify=0":                {Addresses: local, TLS: &glide.TLS{}},
		"unix:///run/a.sock?db=1":                         {Addresses: []glide.Address{{Host: "/run/a.sock"}}, Database: 1},
		"redis://a:1?addr=b:2&addr=c&addr=%5B::1%5D:3":    {Addresses: []glide.Address{{Host: "a", Port: 1}, {Host: "b", Port: 2}, {Host: "c"}, {Host: "::1", Port: 3}}},
		"redis://localhost?cluster=false":                 {Addresses: local},
		"redis://localhost/0?client_name=a&cluster=false": {Addresses: local, ClientName: "a"},
	})
}

func TestParametersWithoutAnEquivalentAreRefusedByName(t *testing.T) {
	requireRefused(t, glide.ParseURL, "redis://app:hunter2@localhost?", map[string]string{
		"pool_size=10":                         "pool_size of another client: commands share one connection",
		"min_idle_conns=1":                     "min_idle_conns of another client: commands share",
		"conn_max_lifetime=1h":                 "conn_max_lifetime of another client: commands share",
		"idle_timeout=5m":                      "idle_timeout of another client: commands share",
		"pipeline_pool_size=-1":                "pipeline_pool_size of another client: pipelines use the same connection",
		"write_timeout=3s":                     "write_timeout of another client: request_timeout limits the whole call",
		"min_retry_backoff=8ms":                "min_retry_backoff of another client: Config.Reconnect",
		"max_redirects=3":                      "max_redirects of another client: redirects are followed",
		"master_set=mymaster":                  "master_set of another client: Sentinel is not supported",
		"route_by_latency=true":                "route_by_latency of another client: read_from selects",
		"max_retries=3":                        "max_retries that is not -1",
		"max_retries=0":                        "max_retries that is not -1",
		"client_cache=1":                       "client_cache that is not 0",
		"dial_timeout=0":                       "dial_timeout that is not above 0",
		"read_timeout=-1":                      "read_timeout that is not a duration above 0",
		"skip_verify=true":                     "no TLS",
		"db=x":                                 "db that is not a number",
		"db=1&database=1":                      "database twice, as the parameter database and as the parameter db",
		"dial_timeout=1&connection_timeout=1s": "connection_timeout twice",
		"read_timeout=1&request_timeout=1s":    "request_timeout twice",
		"max_retries=-1&no_retries=true":       "no_retries twice",
		"addr=:hunter2@b":                      "host",
		"addr=b:hunter2":                       "port",
		"topology_check=30s":                   "topology_check, which only clusters have",
		"refresh_from_addresses=true":          "refresh_from_addresses, which only clusters have",
		"route_randomly=true":                  "route_randomly, which only clusters have",
		"cluster=hunter2":                      "cluster that is not true or false",
		"cluster=true":                         "is that of a cluster: ParseClusterURL",
		"cluster=true&cluster=true":            "cluster twice",
	})
	_, err := glide.ParseURL("redis://localhost/1?db=1")
	require.ErrorContains(t, err, "database twice, as its path and as the parameter db")
	_, err = glide.ParseURL("rediss://localhost?skip_verify=")
	require.ErrorContains(t, err, "skip_verify that is not true, false, 1 or 0")
}

func TestParseClusterURL(t *testing.T) {
	nodes := []glide.Address{{Host: "a", Port: 7000}, {Host: "b"}}
	requireParsed(t, glide.ParseClusterURL, map[string]glide.ClusterConfig{
		"valkey-cluster://":                      {},
		"redis-cluster://a:7000,b":               {Addresses: nodes},
		"VALKEY-CLUSTER://a:7000,b/2":            {Addresses: nodes, Database: 2},
		"valkeys-cluster://:secret@a:7000,b":     {Addresses: nodes, TLS: &glide.TLS{}, Credentials: glide.Credentials{Password: "secret"}},
		"rediss-cluster://a:7000,b":              {Addresses: nodes, TLS: &glide.TLS{}},
		"redis://a:7000?addr=b":                  {Addresses: nodes},
		"redis://a:7000?addr=b&cluster=true":     {Addresses: nodes},
		"valkey-cluster://a:7000,b?cluster=true": {Addresses: nodes},
		"valkey://a:7000,b?read_from=all_nodes":  {Addresses: nodes, ReadFrom: glide.AnyNode},
		"redis://a:7000?addr=b&route_randomly=1": {Addresses: nodes, ReadFrom: glide.AnyNode},
		"redis://a:7000,b?route_randomly=false":  {Addresses: nodes},
		"valkey-cluster://a:7000,b?topology_check=30s&refresh_from_addresses=true&request_timeout=1s&db=3": {
			Addresses: nodes, TopologyCheck: 30 * time.Second, RefreshFromAddresses: true, RequestTimeout: time.Second, Database: 3,
		},
	})
	requireRefused(t, glide.ParseClusterURL, "", map[string]string{
		"valkey-cluster://:hunter2@a?cluster=false":                      "cluster that is not true",
		"unix-cluster:///run/hunter2.sock":                               "Unix socket",
		"unix:///run/hunter2.sock":                                       "Unix socket",
		"http-cluster://:hunter2@a":                                      "unknown scheme",
		"valkey-cluster://:hunter2@a?read_only=true":                     "read_only, which clusters do not have",
		"valkey-cluster://:hunter2@a?node_discovery=all":                 "node_discovery, which clusters do not have",
		"valkey-cluster://:hunter2@a?topology_check=1500ms":              "TopologyCheck",
		"valkey-cluster://:hunter2@a?topology_check=hunter2":             "a duration above 0",
		"valkey-cluster://:hunter2@a?refresh_from_addresses=hunter2":     "true or false",
		"valkey-cluster://:hunter2@a?route_randomly=hunter2":             "true, false, 1 or 0",
		"valkey-cluster://:hunter2@a?route_randomly=1&read_from=primary": "read_from says the same",
		"valkey-cluster://:hunter2@a?pool_size=1":                        "pool_size of another client",
		"valkey-cluster://:hunter2@a?client_name=":                       "client_name",
		"valkey-cluster://:hunter2@a?tls_server_name=b":                  "no TLS",
	})
}

func TestOpenRefusesWhatTheURLsKindDoesNotHave(t *testing.T) {
	_, err := glide.Open(ctx, "valkey-cluster://localhost", func(c *glide.Config) { c.ReadOnly = true })
	require.ErrorIs(t, err, glide.ErrConfiguration)
	require.ErrorContains(t, err, "ReadOnly is not for clusters")
	_, err = glide.Open(ctx, "valkey-cluster://localhost", func(c *glide.Config) { c.NodeDiscovery = glide.DiscoverAll })
	require.ErrorContains(t, err, "NodeDiscovery is not for clusters")
	_, err = glide.Open(ctx, "valkey://:hunter2@localhost", func(c *glide.Config) { c.InflightLimit = -1 })
	require.ErrorIs(t, err, glide.ErrConfiguration)
	require.ErrorContains(t, err, "InflightLimit")
	_, err = glide.Open(ctx, "valkey://localhost", nil)
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
	called := false
	client, err := glide.Open(ctx, "http://:hunter2@localhost", func(*glide.Config) { called = true })
	require.ErrorIs(t, err, glide.ErrConfiguration)
	require.NotContains(t, err.Error(), "hunter2")
	require.Nil(t, client)
	require.False(t, called)
}

func TestOpenConnectsToServersAndClusters(t *testing.T) {
	server, err := testkit.SharedServer()
	require.NoError(t, err)
	cluster, err := testkit.SharedCluster()
	require.NoError(t, err)
	var addresses []string
	for _, node := range cluster.Nodes() {
		addresses = append(addresses, node.Addr())
	}
	nodes := strings.Join(addresses, ",")
	for url, kind := range map[string]glide.UniversalClient{
		"valkey://" + server.Addr(): &glide.Client{},
		"redis://" + server.Addr() + "?read_timeout=30&dial_timeout=30s&db=0": &glide.Client{},
		"redis-cluster://" + nodes:           &glide.ClusterClient{},
		"redis://" + nodes + "?cluster=true": &glide.ClusterClient{},
		"redis://" + addresses[0] + "?addr=" + addresses[1] + "&cluster=true&protocol=2":   &glide.ClusterClient{},
		"valkey-cluster://" + addresses[2] + "/0?request_timeout=30s&client_name=from-url": &glide.ClusterClient{},
	} {
		client, err := glide.Open(ctx, url, func(c *glide.Config) {
			c.RequestTimeout = 30 * time.Second
			c.ClientName = "opened"
		})
		require.NoError(t, err, url)
		require.IsType(t, kind, client)
		require.NoError(t, client.Set(ctx, "opened", url))
		got, err := client.Get(ctx, "opened")
		require.NoError(t, err)
		require.Equal(t, glide.Some(url), got)
		name, err := client.ClientGetName(ctx)
		require.NoError(t, err)
		require.Equal(t, glide.Some("opened"), name)
		require.NoError(t, client.Close())
		require.NoError(t, client.Close(), "a second time")
	}
	_, err = glide.Open(ctx, "valkey://nobody:hunter2@"+server.Addr())
	require.ErrorIs(t, err, glide.ErrAuthentication)
	require.NotContains(t, err.Error(), "hunter2")
}
