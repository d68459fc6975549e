package chaos

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// durable makes a server write what it acknowledges to its file before, so that
// it is there when the process is killed and started again.
var durable = []glidetest.Option{
	glidetest.WithConfig("appendonly", "yes"),
	glidetest.WithConfig("appendfsync", "no"),
	glidetest.WithUser(user, "on", ">first", "~*", "&*", "+@all"),
}

// cluster is three primaries with a replica each, whose nodes clients reach
// through links.
type cluster struct {
	*glidetest.Cluster
	behind []*harness.Link
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	options := append(durable, glidetest.WithConfig("cluster-require-full-coverage", "no"))
	c := &cluster{Cluster: glidetest.StartCluster(t, options...)}
	for _, node := range c.Nodes() {
		c.behind = append(c.behind, harness.StartLink(t, node.Addr()))
	}
	require.NoError(t, c.await())
	return c
}

func (c *cluster) kind() harness.Kind { return harness.Cluster }

func (c *cluster) nodes() []*glidetest.Server { return c.Nodes() }

func (c *cluster) links() []*harness.Link { return c.behind }

func (c *cluster) owner(slot int) (*glidetest.Server, error) { return c.NodeForSlot(slot) }

func (c *cluster) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return c.AwaitOK(ctx)
}

// primary is the primary of a shard now. A shard's nodes are the same all the
// while.
func (c *cluster) primary(shard int) (*glidetest.Server, error) {
	primaries, err := c.Primaries()
	if err != nil {
		return nil, err
	}
	for _, node := range primaries {
		if node == c.Nodes()[shard] || node == c.Nodes()[shard+3] {
			return node, nil
		}
	}
	return nil, errNoPrimary
}

// replica is the other node of a primary's shard.
func (c *cluster) replica(primary *glidetest.Server) *glidetest.Server {
	for i, node := range c.Nodes() {
		if node == primary {
			return c.Nodes()[(i+3)%6]
		}
	}
	return nil
}
