package glide

import (
	"fmt"
	"math"
	"time"

	"github.com/valkey-glide/go/glide/internal/pb"
)

// defaultTopologyCheck is how often a client looks whether the cluster has
// changed if nothing made it look.
const defaultTopologyCheck = time.Minute

// ClusterConfig is generated (scripts/generate-commands) from Config, with all
// fields and comments, and from clusterConfig: the fields that only clusters
// have, and those whose comments differ. A struct that both embed would change
// the literals that users write, and hide the documentation of the fields.

// clusterConfig configures a [ClusterClient]. Its zero value connects to
// localhost:6379.
type clusterConfig struct {
	// Addresses are the addresses of some of the nodes. The client discovers
	// all others from one that answers. The default is localhost, port 6379.
	Addresses []Address

	// Database is the database selected on every connection. Clusters have
	// only database 0 before Valkey 9.0. The default is 0.
	Database int

	// ReadFrom selects the nodes for commands that only read. The default is
	// the primary of the slot.
	ReadFrom ReadFrom

	// TopologyCheck is the time after which the client asks the nodes for the
	// cluster's topology if no redirection or failure makes it ask earlier, in
	// whole seconds. [NoTopologyCheck] disables the check. The default is a
	// minute.
	TopologyCheck time.Duration

	// RefreshFromAddresses makes the client ask the nodes at Addresses for the
	// topology each time, instead of those it already knows. Use it for a name
	// that resolves to changing nodes. The default is false.
	RefreshFromAddresses bool
}

var _ = clusterConfig{}

// NoTopologyCheck is the value of [ClusterConfig.TopologyCheck] that disables
// the check.
const NoTopologyCheck = -1

// request validates the configuration and returns it as the library's message.
func (c *ClusterConfig) request() (*pb.ConnectionRequest, error) {
	request, err := c.common().request()
	if err != nil {
		return nil, err
	}
	v := validation{}
	for i, address := range c.Addresses {
		if address.isPath() {
			v.refuse(fmt.Sprintf("Addresses[%d].Host", i), "is a Unix socket, at which there is no cluster")
		}
	}
	request.Cluster = true
	request.RefreshTopologyFromAddresses = c.RefreshFromAddresses
	interval := c.TopologyCheck
	switch {
	case interval == NoTopologyCheck:
		return request, v.err
	case interval == 0:
		interval = defaultTopologyCheck
	case interval%time.Second != 0:
		v.refuse("TopologyCheck", "must be whole seconds")
	}
	request.TopologyCheckS = uint32(v.between("TopologyCheck", int(interval/time.Second), 1, math.MaxInt32))
	return request, v.err
}
