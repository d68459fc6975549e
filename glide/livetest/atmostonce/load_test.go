package atmostonce_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// A deployment is real servers behind links that break.
type deployment struct {
	kind   harness.Kind
	config glide.ClusterConfig
	links  []*harness.Link
	nodes  []*glidetest.Server
	mget   func(keys []string) ([]any, error)
}

func (d *deployment) flush(t *testing.T) {
	t.Helper()
	for _, node := range d.nodes {
		node.MustCommand(t, "FLUSHALL")
	}
}

// onEachDeployment runs a test on a server and on a cluster of three, plain and
// with TLS.
func onEachDeployment(t *testing.T, test func(t *testing.T, d *deployment)) {
	t.Helper()
	for _, encrypted := range []bool{false, true} {
		var options []glidetest.Option
		name := "plain"
		if encrypted {
			name, options = "TLS", []glidetest.Option{glidetest.WithTLS()}
		}
		t.Run("standalone, "+name, func(t *testing.T) {
			t.Parallel()
			server := glidetest.Start(t, options...)
			d := &deployment{kind: harness.Standalone, nodes: []*glidetest.Server{server}, links: []*harness.Link{harness.StartLink(t, server.Addr())}}
			d.mget = func(keys []string) ([]any, error) { return mget(server, keys) }
			d.secure(server.Certificates())
			test(t, d)
		})
		t.Run("cluster, "+name, func(t *testing.T) {
			t.Parallel()
			cluster := glidetest.StartCluster(t, append(options, glidetest.WithReplicas(0))...)
			d := &deployment{kind: harness.Cluster, nodes: cluster.Nodes()}
			for _, node := range cluster.Nodes() {
				d.links = append(d.links, announceLink(t, cluster, node))
			}
			awaitLinks(t, cluster, d.links)
			d.mget = func(keys []string) ([]any, error) { return mgetOf(cluster, keys) }
			d.secure(cluster.Certificates())
			test(t, d)
		})
	}
}

func (d *deployment) secure(certificates *glidetest.Certificates) {
	d.config = glide.ClusterConfig{Addresses: harness.AddressesOf(d.links...), RequestTimeout: 300 * time.Millisecond, InflightLimit: 10_000}
	if certificates != nil {
		d.config.TLS = &glide.TLS{RootCertificates: certificates.CA}
	}
}

// announceLink makes a node tell clients that it is behind a link.
func announceLink(t *testing.T, cluster *glidetest.Cluster, node *glidetest.Server) *harness.Link {
	t.Helper()
	link := harness.StartLink(t, node.Addr())
	setting := "cluster-announce-port"
	if cluster.Certificates() != nil {
		setting = "cluster-announce-tls-port"
	}
	node.MustCommand(t, "CONFIG", "SET", setting, strconv.Itoa(link.Port()))
	return link
}

// awaitLinks waits until all nodes tell clients of the links.
func awaitLinks(t *testing.T, cluster *glidetest.Cluster, links []*harness.Link) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, node := range cluster.Nodes() {
			for _, row := range node.MustCommand(t, "CLUSTER", "SLOTS").([]any) {
				port := row.([]any)[2].([]any)[1].(int64)
				known := false
				for _, link := range links {
					known = known || int64(link.Port()) == port
				}
				if !known {
					return false
				}
			}
		}
		return true
	}, harness.Patience, 20*time.Millisecond)
}

func mget(server *glidetest.Server, keys []string) ([]any, error) {
	reply, err := server.Command(append([]string{"MGET"}, keys...)...)
	values, _ := reply.([]any)
	return values, err
}

func mgetOf(cluster *glidetest.Cluster, keys []string) ([]any, error) {
	node, err := cluster.NodeForKey(keys[0])
	if err != nil {
		return nil, err
	}
	return mget(node, keys)
}

// linkFaults are what happens to all links of a deployment under load. The
// pauses between are up to the test.
var linkFaults = []struct {
	name    string
	onlyTLS bool
	times   int
	happens func(l *harness.Link)
}{
	{"the link is silent and restored", false, 4, func(l *harness.Link) {
		l.Hold()
		time.AfterFunc(400*time.Millisecond, l.Release)
	}},
	{"connections are forgotten", false, 4, func(l *harness.Link) { l.Break((*harness.Through).Lose) }},
	{"replies are lost, then the connections", false, 4, func(l *harness.Link) {
		l.Break((*harness.Through).LoseReplies)
		time.AfterFunc(100*time.Millisecond, func() { l.Break((*harness.Through).Close) })
	}},
	{"replies are lost, then reset", false, 4, func(l *harness.Link) {
		l.Break((*harness.Through).LoseReplies)
		time.AfterFunc(20*time.Millisecond, func() { l.Break((*harness.Through).Reset) })
	}},
	{"a broken TLS record", true, 12, func(l *harness.Link) { l.Break((*harness.Through).Corrupt) }},
	{"a reset", false, 12, func(l *harness.Link) { l.Break((*harness.Through).Reset) }},
	{"a close", false, 12, func(l *harness.Link) { l.Break((*harness.Through).Close) }},
	{"a half-close", false, 12, func(l *harness.Link) { l.Break((*harness.Through).CloseReplies) }},
}

// increment connects a client and has callers increment counters with it.
func (d *deployment) increment(t *testing.T, callers int) (harness.Client, *testkit.Load, *harness.Books) {
	t.Helper()
	client := d.kind.Connect(t, d.config)
	books := &harness.Books{}
	increment := books.Caller(client)
	load := testkit.StartLoad(callers, func(caller int) error {
		err := increment(caller)
		time.Sleep(time.Duration(rand.IntN(4)) * time.Millisecond)
		return err
	})
	t.Cleanup(load.End)
	return client, load, books
}

func TestCountersEqualWhatCallersWereToldWhileLinksBreak(t *testing.T) {
	onEachDeployment(t, func(t *testing.T, d *deployment) {
		for _, fault := range linkFaults {
			if fault.onlyTLS && d.config.TLS == nil {
				continue
			}
			t.Run(fault.name, func(t *testing.T) {
				d.flush(t) // of the counters of the load before
				client, load, books := d.increment(t, 32)
				load.AwaitSuccess(t, harness.Patience)
				for range fault.times {
					pause := 100
					if fault.times < 10 {
						pause = 500
					}
					time.Sleep(time.Duration(pause/2+rand.IntN(pause)) * time.Millisecond)
					fault.happens(d.links[rand.IntN(len(d.links))])
				}
				time.Sleep(500 * time.Millisecond) // for the last Release
				d.settle(t, client, load, books)
			})
		}
	})
}

// settle waits until the deployment serves again, ends the load and holds the
// books against the counters.
func (d *deployment) settle(t *testing.T, client harness.Client, load *testkit.Load, books *harness.Books) {
	t.Helper()
	recovery := load.AwaitSuccess(t, 10*time.Second)
	load.End()
	client.Close()
	time.Sleep(500 * time.Millisecond) // for what is still on its way
	t.Logf("%v; served again after %v", load, recovery)
	for _, err := range load.Errs() {
		require.True(t, harness.IsTransient(err), "%v", err)
	}
	books.Settle(t, false, d.mget)
}

func TestCountersEqualWhatCallersWereToldWhileServersHang(t *testing.T) {
	onEachDeployment(t, func(t *testing.T, d *deployment) {
		client, load, books := d.increment(t, 32)
		load.AwaitSuccess(t, harness.Patience)
		for range 3 {
			time.Sleep(100 * time.Millisecond)
			node := d.nodes[rand.IntN(len(d.nodes))]
			// Longer than calls wait, and than connections are trusted.
			require.NoError(t, node.Pause())
			time.Sleep(900 * time.Millisecond)
			require.NoError(t, node.Resume())
		}
		time.Sleep(100 * time.Millisecond)
		d.settle(t, client, load, books)
	})
}

func TestNothingRunsTwiceWhenPrimariesAreKilledAndReplicasPromoted(t *testing.T) {
	for name, options := range map[string][]glidetest.Option{"plain": nil, "TLS": {glidetest.WithTLS()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := glidetest.StartCluster(t, options...)
			d := &deployment{kind: harness.Cluster}
			d.secure(cluster.Certificates())
			d.config.Addresses = harness.AddressesOf(cluster.Nodes()...)
			client, load, books := d.increment(t, 48)
			for _, primary := range cluster.Nodes()[:2] {
				load.AwaitSuccess(t, harness.Patience)
				time.Sleep(200 * time.Millisecond)
				require.NoError(t, primary.Kill())
				_, err := cluster.Failover(primary)
				require.NoError(t, err)
			}
			time.Sleep(500 * time.Millisecond)
			recovery := load.AwaitSuccess(t, harness.Patience)
			load.End()
			client.Close()
			t.Logf("%v; served again after %v", load, recovery)
			for _, err := range load.Errs() {
				require.True(t, harness.IsTransient(err), "%v", err)
			}
			// What a primary acknowledged and had no time to replicate is lost.
			books.Settle(t, true, func(keys []string) ([]any, error) { return mgetOf(cluster, keys) })
		})
	}
}
