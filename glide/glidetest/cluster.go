package glidetest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
)

const (
	primaries = 3
	slots     = 16384
)

// clusterLines is the configuration of every node.
var clusterLines = [][]string{
	{"cluster-enabled", "yes"},
	{"cluster-config-file", "nodes.conf"},
	// How long a node may be silent before a failover, in milliseconds: short for tests that wait for one, and still long
	// enough for a machine that is busy with the tests themselves.
	{"cluster-node-timeout", "2000"},
	// Nodes do not tell clients of a replica that has received nothing. So primaries send something every second.
	{"repl-ping-replica-period", "1"},
	// A replica may always take over, however long it has not heard of its primary, and stays with the primary it has.
	{"cluster-replica-validity-factor", "0"},
	{"cluster-migration-barrier", "99"},
}

// Cluster is a running cluster: three primaries with replicas, unless the test changes that.
type Cluster struct {
	settings     settings
	certificates *Certificates

	mutex  sync.Mutex // guards what follows
	nodes  []*Server
	shards int // how many there have been
}

// StartCluster starts a cluster of three primaries with one replica each (see [WithReplicas]) and ends it with the test.
// When it returns, all nodes agree on who serves which slot, all replicas follow their primaries, and clients are told of
// them.
//
// That takes the servers at least two seconds, however small the cluster: share one between tests where you can.
func StartCluster(tb testing.TB, options ...Option) *Cluster {
	tb.Helper()
	cluster, err := StartServerCluster(tb.Context(), options...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeWith(tb, cluster.Close) })
	return cluster
}

// StartServerCluster is like [StartCluster], for programs that are not tests.
// The cluster must be closed. The context limits the start, which takes no
// longer than 30 seconds in any case.
func StartServerCluster(ctx context.Context, options ...Option) (*Cluster, error) {
	s, err := newSettings(settings{cluster: true, replicas: 1}, options)
	if err != nil {
		return nil, err
	}
	certificates, err := s.certificates()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cluster := &Cluster{settings: s, certificates: certificates}
	if err := cluster.form(ctx); err != nil {
		return nil, errors.Join(err, cluster.Close())
	}
	return cluster, nil
}

// form starts the nodes and makes them a cluster. Node i is a primary if i < primaries, else a replica of node
// i % primaries.
//
// A primary serves nothing in its first two seconds; all that is done here fits into that time.
func (c *Cluster) form(ctx context.Context) error {
	c.shards = primaries
	if err := c.startNodes(ctx, primaries*(1+c.settings.replicas), func(i int) int { return i % primaries }); err != nil {
		return err
	}
	err := inParallel(primaries, func(i int) error {
		// Distinct epochs from the start spare the nodes the resolution of collisions.
		if _, err := c.nodes[i].command(ctx, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1)); err != nil {
			return err
		}
		return c.nodes[i].addSlots(ctx, slots*i/primaries, slots*(i+1)/primaries-1)
	})
	if err != nil {
		return err
	}
	if err := c.introduce(ctx, 0); err != nil {
		return err
	}
	err = inParallel(len(c.nodes)-primaries, func(i int) error {
		return c.nodes[primaries+i].follow(ctx, c.nodes[i%primaries])
	})
	if err != nil {
		return err
	}
	return c.AwaitOK(ctx)
}

// startNodes adds n nodes that know no one yet, each for the shard of this
// number.
func (c *Cluster) startNodes(ctx context.Context, n int, shard func(i int) int) error {
	started := make([]*Server, n)
	err := inParallel(n, func(i int) (err error) {
		started[i], err = startServer(ctx, c.settings, c.certificates, nil)
		if err != nil {
			return err
		}
		started[i].shard = shard(i)
		reply, err := started[i].command(ctx, "CLUSTER", "MYID")
		started[i].nodeID, _ = reply.(string)
		return err
	})
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, node := range started {
		if node != nil { // nil is one that did not start
			c.nodes = append(c.nodes, node)
		}
	}
	return err
}

// introduce has the nodes from index first on meet all that come before them. Each pair meets, as waiting for gossip
// takes longer.
func (c *Cluster) introduce(ctx context.Context, first int) error {
	nodes := c.Nodes()
	return inParallel(len(nodes), func(i int) error {
		for j := range i {
			if i < first {
				break
			}
			if _, err := nodes[i].command(ctx, "CLUSTER", "MEET", host, strconv.Itoa(nodes[j].port)); err != nil {
				return err
			}
		}
		return nil
	})
}

// addSlots sets the node the slots from first to last.
func (s *Server) addSlots(ctx context.Context, first, last int) error {
	_, err := s.command(ctx, "CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(first), strconv.Itoa(last))
	if err == nil || s.settings.version.AtLeast("7.0", "7.0") {
		return err
	}
	args := []string{"CLUSTER", "ADDSLOTS"}
	for slot := first; slot <= last; slot++ {
		args = append(args, strconv.Itoa(slot))
	}
	_, err = s.command(ctx, args...)
	return err
}

// follow makes the node a replica, as soon as it knows the primary.
func (s *Server) follow(ctx context.Context, primary *Server) error {
	return poll(ctx, func() (bool, error) {
		_, err := s.command(ctx, "CLUSTER", "REPLICATE", primary.nodeID)
		return err == nil, err
	})
}

// Nodes returns all nodes, whether they run or not, in the order in which they
// were started.
func (c *Cluster) Nodes() []*Server {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return slices.Clone(c.nodes)
}

// Addrs returns the addresses of Nodes, each as host:port.
func (c *Cluster) Addrs() []string {
	addrs := []string{}
	for _, node := range c.Nodes() {
		addrs = append(addrs, node.Addr())
	}
	return addrs
}

// Password returns the password of the default user, or "" without
// [WithPassword].
func (c *Cluster) Password() string { return c.settings.password }

// Certificates returns the certificates for clients, or nil if the cluster was
// not started [WithTLS].
func (c *Cluster) Certificates() *Certificates { return c.certificates }

// Version returns the name and version of the server that the nodes run.
func (c *Cluster) Version() Version { return c.settings.version }

// Close ends all nodes and removes their files. It may be called more than once.
func (c *Cluster) Close() error {
	nodes := c.Nodes()
	return inParallel(len(nodes), func(i int) error { return nodes[i].Close() })
}
