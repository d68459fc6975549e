package reachability_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// hidden is a cluster whose nodes announce names that lead nowhere. Each can
// only be reached through its link.
type hidden struct {
	*glidetest.Cluster
	links     []*glidetest.Proxy
	announced []glide.Address
}

func startHidden(t *testing.T, options ...glidetest.Option) *hidden {
	t.Helper()
	h := &hidden{Cluster: glidetest.StartCluster(t, options...)}
	for i, node := range h.Nodes() {
		name := fmt.Sprintf("node-%d.invalid", i)
		node.MustCommand(t, "CONFIG", "SET", "cluster-announce-hostname", name)
		node.MustCommand(t, "CONFIG", "SET", "cluster-preferred-endpoint-type", "hostname")
		h.links = append(h.links, glidetest.StartProxy(t, node.Addr()))
		h.announced = append(h.announced, glide.Address{Host: name, Port: node.Port()})
	}
	// All report all names.
	for _, node := range h.Nodes() {
		require.Eventually(t, func() bool {
			told := fmt.Sprint(node.MustCommand(t, "CLUSTER", "SLOTS"))
			return strings.Count(told, ".invalid") >= len(h.Nodes()) && !strings.Contains(told, "[127.0.0.1")
		}, harness.Patience, 50*time.Millisecond)
	}
	return h
}

// addressMap leads to the links, by their IP addresses or by a name.
func (h *hidden) addressMap(host string) map[glide.Address]glide.Address {
	addresses := map[glide.Address]glide.Address{}
	for i, announced := range h.announced {
		addresses[announced] = glide.Address{Host: host, Port: h.links[i].Port()}
	}
	return addresses
}

// requireTranslated requires that a client works that can only work if all
// its connections go through the links, and that nodes go by the addresses that
// they announce.
func (h *hidden) requireTranslated(t *testing.T, client *glide.ClusterClient) {
	t.Helper()
	requireServed(t, client)
	sizes, err := client.Nodes(glide.AllNodes).DBSize(ctx)
	require.NoError(t, err)
	require.Len(t, sizes, len(h.announced))
	for _, announced := range h.announced {
		require.Contains(t, sizes, announced.String())
		_, err := client.Node(glide.NodeAt(announced)).DBSize(ctx)
		require.NoError(t, err)
	}
	for i, link := range h.links {
		require.NotZero(t, link.Connections(), "nothing goes to node %d through its link", i)
	}

	// Redirects lead to announced addresses, too.
	source, err := h.NodeForSlot(100)
	require.NoError(t, err)
	primaries, err := h.Primaries()
	require.NoError(t, err)
	target := primaries[0]
	if target == source {
		target = primaries[1]
	}
	require.NoError(t, h.MigrateSlot(100, target))
	require.NoError(t, client.Set(within(t, harness.Patience), harness.KeyOfSlot(100), "moved"))

	// And so do connections that are made again.
	for _, link := range h.links {
		link.Cut()
	}
	requireServedAgain(t, client)
}

func TestAddressMapLeadsToNodesThatAnnounceOtherAddresses(t *testing.T) {
	t.Parallel()
	h := startHidden(t)
	// Without one there is no way to a node that is found.
	lost, err := glide.NewClusterClient(within(t, harness.Patience), glide.ClusterConfig{Addresses: harness.AddressesOf(h.links[0])})
	if err == nil {
		err = lost.Set(within(t, 2*time.Second), harness.KeyOfSlot(0), "value")
		lost.Close()
	}
	require.Error(t, err)
	for name, addresses := range map[string][]glide.Address{
		"from a link":                  harness.AddressesOf(h.links[0]),
		"from an announced address":    h.announced[1:2],
		"from all announced addresses": h.announced,
	} {
		t.Run(name, func(t *testing.T) {
			client := harness.ConnectCluster(t, glide.ClusterConfig{
				Addresses: addresses, AddressMap: h.addressMap("127.0.0.1"), ReadFrom: glide.PreferReplica, RequestTimeout: 5 * time.Second,
			})
			h.requireTranslated(t, client)
		})
	}
}

func TestAddressMapLeadsToNamesForWhichCertificatesAreVerified(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0), glidetest.WithTLS(glidetest.NameOnly))
	config := glide.ClusterConfig{
		Addresses: []glide.Address{{Host: "localhost", Port: cluster.Nodes()[0].Port()}}, RequestTimeout: 5 * time.Second,
		TLS: &glide.TLS{RootCertificates: cluster.Certificates().CA},
	}
	// The nodes announce their IP addresses, for which they have no certificate.
	client, err := glide.NewClusterClient(ctx, config)
	if err == nil {
		defer client.Close()
		for i := range 12 {
			if err = client.Set(ctx, harness.KeyOfSlot(harness.Slots*i/12), "value"); err != nil {
				break
			}
		}
	}
	require.ErrorIs(t, err, glide.ErrCertificate)

	config.AddressMap = map[glide.Address]glide.Address{}
	for _, node := range cluster.Nodes() {
		config.AddressMap[harness.AddressOf(node)] = glide.Address{Host: "localhost", Port: node.Port()}
	}
	requireServed(t, harness.ConnectCluster(t, config))
}

func TestAddressMapLeadsToStandaloneServersAndTheirReplicas(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithReplicas(1))
	replica := server.Replicas()[0]
	replica.MustCommand(t, "CONFIG", "SET", "replica-announce-ip", "203.0.113.7")
	// It introduces itself again.
	replica.MustCommand(t, "CLIENT", "KILL", "TYPE", "master")
	require.Eventually(t, func() bool {
		info, _ := server.MustCommand(t, "INFO", "replication").(string)
		return strings.Contains(info, "ip=203.0.113.7") && strings.Contains(info, "state=online")
	}, harness.Patience, 50*time.Millisecond)
	link := glidetest.StartProxy(t, replica.Addr())
	primary, way := harness.AddressOf(server), glidetest.StartProxy(t, server.Addr())
	client, err := glide.NewClient(within(t, harness.Patience), glide.Config{
		Addresses: []glide.Address{primary}, NodeDiscovery: glide.DiscoverAll, ReadFrom: glide.PreferReplica, RequestTimeout: 5 * time.Second,
		AddressMap: map[glide.Address]glide.Address{
			primary: harness.AddressOf(way),
			{Host: "203.0.113.7", Port: replica.Port()}: harness.AddressOf(link),
		},
	})
	require.NoError(t, err)
	defer client.Close()
	requireServed(t, client)
	require.NotZero(t, way.Connections(), "the primary is not reached where it is")
	require.NotZero(t, link.Connections(), "the replica is not read from")
}

func TestErrorsNameTheAnnouncedAddressAndTheOneItLeadsTo(t *testing.T) {
	t.Parallel()
	announced := glide.Address{Host: "203.0.113.9", Port: 7000}
	reached := glide.Address{Host: "127.0.0.1", Port: 1}
	_, err := glide.NewClient(ctx, glide.Config{
		Addresses: []glide.Address{announced}, AddressMap: map[glide.Address]glide.Address{announced: reached}, ConnectionTimeout: 500 * time.Millisecond,
	})
	require.ErrorIs(t, err, glide.ErrUnreachable)
	require.ErrorContains(t, err, announced.String())
	require.ErrorContains(t, err, reached.String())
}

func TestAddressMapHoldsForRedirectsOfAnyForm(t *testing.T) {
	t.Parallel()
	cluster := fakeserver.StartCluster(t, 2)
	first, second := cluster.Servers[0], cluster.Servers[1]
	hidden := glide.Address{Host: "203.0.113.1", Port: 7001}
	client := harness.ConnectCluster(t, glide.ClusterConfig{
		Addresses: harness.AddressesOf(first), AddressMap: map[glide.Address]glide.Address{hidden: harness.AddressOf(second)},
		RequestTimeout: 5 * time.Second,
	})
	require.NoError(t, client.Set(ctx, harness.KeyOfSlot(0), "value"))
	for _, kind := range []string{"ASK", "MOVED"} {
		before := second.Count("GET")
		first.Refuse("GET", func(*fakeserver.Conn, []string) string { return fakeserver.Error(fmt.Sprintf("%s 0 %s", kind, hidden)) })
		_, err := client.Get(ctx, harness.KeyOfSlot(0))
		require.NoError(t, err)
		require.Equal(t, before+1, second.Count("GET"), kind)
	}
}

func TestTLSServerName(t *testing.T) {
	t.Parallel()
	const name = "elsewhere.invalid" // what WrongHost's certificates are for
	start := map[harness.Kind]func(t *testing.T) ([]glide.Address, *glidetest.Certificates){
		harness.Standalone: func(t *testing.T) ([]glide.Address, *glidetest.Certificates) {
			server := glidetest.Start(t, glidetest.WithTLS(glidetest.WrongHost))
			return harness.AddressesOf(server), server.Certificates()
		},
		harness.Cluster: func(t *testing.T) ([]glide.Address, *glidetest.Certificates) {
			cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0), glidetest.WithTLS(glidetest.WrongHost))
			return harness.AddressesOf(cluster.Nodes()[0]), cluster.Certificates()
		},
	}
	for kind, start := range start {
		t.Run(string(kind), func(t *testing.T) {
			addresses, certificates := start(t)
			config := func(name string) glide.ClusterConfig {
				return glide.ClusterConfig{
					Addresses: addresses, RequestTimeout: 5 * time.Second, TLS: &glide.TLS{RootCertificates: certificates.CA, ServerName: name},
				}
			}
			requireServed(t, kind.Connect(t, config(name)).(aClient))
			for _, wrong := range []string{"", "localhost", "127.0.0.1"} {
				_, err := kind.New(ctx, config(wrong))
				require.ErrorIs(t, err, glide.ErrCertificate, wrong)
			}
		})
	}
}

func TestTLSServerNameIsToldToServers(t *testing.T) {
	t.Parallel()
	for _, insecure := range []bool{true, false} {
		told := make(chan string, 1)
		listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
			GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
				select {
				case told <- hello.ServerName:
				default:
				}
				return nil, errors.New("that is all there was to know")
			},
		})
		require.NoError(t, err)
		var accepting sync.WaitGroup
		accepting.Go(func() {
			for {
				connection, err := listener.Accept()
				if err != nil {
					return
				}
				_ = connection.(*tls.Conn).HandshakeContext(ctx)
				_ = connection.Close()
			}
		})
		_, err = glide.NewClient(within(t, harness.Patience), glide.Config{
			Addresses: []glide.Address{{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port}}, ConnectionTimeout: 500 * time.Millisecond,
			TLS: &glide.TLS{ServerName: "named.example", InsecureSkipVerify: insecure},
		})
		require.Error(t, err)
		require.Equal(t, "named.example", <-told)
		require.NoError(t, listener.Close())
		accepting.Wait()
	}
}

func TestTLSMinVersion(t *testing.T) {
	t.Parallel()
	for _, limit := range []string{"TLSv1.2", "TLSv1.3", "TLSv1.2 TLSv1.3"} {
		t.Run(limit, func(t *testing.T) {
			server := glidetest.Start(t, glidetest.WithTLS(), glidetest.WithConfig("tls-protocols", limit))
			for version, accepted := range map[uint16]bool{
				0: true, tls.VersionTLS12: true, tls.VersionTLS13: strings.Contains(limit, "1.3"),
			} {
				client, err := glide.NewClient(within(t, harness.Patience), glide.Config{
					Addresses: harness.AddressesOf(server), RequestTimeout: 5 * time.Second,
					TLS: &glide.TLS{RootCertificates: server.Certificates().CA, MinVersion: version},
				})
				if !accepted {
					require.ErrorIs(t, err, glide.ErrConfiguration)
					require.ErrorContains(t, err, "MinVersion")
					require.ErrorContains(t, err, server.Addr())
					continue
				}
				require.NoError(t, err, "%#x", version)
				requireServed(t, client)
				client.Close()
			}
		})
	}
}

func TestUsersWithoutAPassword(t *testing.T) {
	t.Parallel()
	user := glidetest.WithUser("app", "on", "nopass", "~*", "&*", "+@all")
	standalone, cluster := glidetest.Start(t, user), glidetest.StartCluster(t, glidetest.WithReplicas(0), user)
	for kind, servers := range map[harness.Kind][]*glidetest.Server{harness.Standalone: {standalone}, harness.Cluster: cluster.Nodes()} {
		for _, protocol := range []glide.Protocol{glide.RESP2, glide.RESP3} {
			t.Run(fmt.Sprintf("%s RESP%d", kind, 3-protocol), func(t *testing.T) {
				client := kind.Connect(t, glide.ClusterConfig{
					Addresses: harness.AddressesOf(servers...), Protocol: protocol, RequestTimeout: 5 * time.Second,
					Credentials: glide.Credentials{Username: "app"},
				}).(aClient)
				requireServed(t, client)
				name, err := client.Do(ctx, "ACL", "WHOAMI")
				require.NoError(t, err)
				require.Equal(t, "app", name)
				for _, server := range servers {
					server.MustCommand(t, "CLIENT", "KILL", "USER", "app")
				}
				requireServedAgain(t, client)
			})
		}
	}
	// Others are refused that have one, which is said.
	standalone.MustCommand(t, "ACL", "SETUSER", "guarded", "on", ">secret", "~*", "+@all")
	for _, protocol := range []glide.Protocol{glide.RESP2, glide.RESP3} {
		_, err := glide.NewClient(ctx, glide.Config{
			Addresses: harness.AddressesOf(standalone), Protocol: protocol, Credentials: glide.Credentials{Username: "guarded"},
		})
		require.ErrorIs(t, err, glide.ErrAuthentication)
	}
}

func TestURLOfAUserWithoutAPassword(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithUser("app", "on", "nopass", "~*", "&*", "+@all"))
	config, err := glide.ParseURL("valkey://app@" + server.Addr() + "?request_timeout=5s")
	require.NoError(t, err)
	client, err := glide.NewClient(ctx, config)
	require.NoError(t, err)
	defer client.Close()
	requireServed(t, client)
	require.NotEmpty(t, testkit.Clients(t, server, "TYPE", "NORMAL"))
}
