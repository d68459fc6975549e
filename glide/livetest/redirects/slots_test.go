package redirects_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// wrongSlots are replies to CLUSTER SLOTS that no server should return.
var wrongSlots = map[string]func(server *fakeserver.Server) string{
	"nothing": func(*fakeserver.Server) string { return fakeserver.Array() },
	"an error": func(*fakeserver.Server) string {
		return fakeserver.Error("ERR This instance has cluster support disabled")
	},
	"a string":        func(*fakeserver.Server) string { return fakeserver.Bulk("slots") },
	"null":            func(*fakeserver.Server) string { return fakeserver.Null },
	"numbers":         func(*fakeserver.Server) string { return fakeserver.Array(fakeserver.Integer(1), fakeserver.Integer(2)) },
	"rows of nothing": func(*fakeserver.Server) string { return fakeserver.Array(fakeserver.Array(), fakeserver.Array()) },
	"rows without node": func(*fakeserver.Server) string {
		return fakeserver.Array(fakeserver.Array(fakeserver.Integer(0), fakeserver.Integer(16383)))
	},
	"nodes of nothing": func(*fakeserver.Server) string {
		return fakeserver.Array(fakeserver.Array(fakeserver.Integer(0), fakeserver.Integer(16383), fakeserver.Array()))
	},
	"slots that there are not": func(server *fakeserver.Server) string {
		return fakeserver.Slots(fakeserver.Range{First: 0, Last: 70_000, Nodes: []fakeserver.Node{server.Node()}})
	},
	"slots that are negative": func(server *fakeserver.Server) string {
		return fakeserver.Slots(fakeserver.Range{First: -5, Last: -1, Nodes: []fakeserver.Node{server.Node()}})
	},
	"a range that is turned around": func(server *fakeserver.Server) string {
		return fakeserver.Slots(fakeserver.Range{First: 16383, Last: 0, Nodes: []fakeserver.Node{server.Node()}})
	},
	"ports that there are not": func(*fakeserver.Server) string {
		return fakeserver.Slots(fakeserver.Range{First: 0, Last: 16383, Nodes: []fakeserver.Node{{Host: fakeserver.Bulk("127.0.0.1"), Port: 99_999}}})
	},
	"a negative port": func(*fakeserver.Server) string {
		return fakeserver.Slots(fakeserver.Range{First: 0, Last: 16383, Nodes: []fakeserver.Node{{Host: fakeserver.Bulk("127.0.0.1"), Port: -1}}})
	},
	"a host that is a number": func(server *fakeserver.Server) string {
		return fakeserver.Slots(fakeserver.Range{First: 0, Last: 16383, Nodes: []fakeserver.Node{{Host: fakeserver.Integer(7), Port: server.Port()}}})
	},
	"a host that no name can be": func(server *fakeserver.Server) string {
		return fakeserver.Slots(fakeserver.Range{First: 0, Last: 16383, Nodes: []fakeserver.Node{{Host: fakeserver.Bulk(strings.Repeat("x", 5000) + "\x00\xff"), Port: server.Port()}}})
	},
}

func TestClientKeepsItsSlotMapWhenANodeTellsNonsense(t *testing.T) {
	for name, wrong := range wrongSlots {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster := fakeserver.StartCluster(t, 2)
			from, to := cluster.Servers[0], cluster.Servers[1]
			client := harness.ConnectCluster(t, glide.ClusterConfig{
				Addresses: harness.AddressesOf(cluster.Servers...), RequestTimeout: time.Second, TopologyCheck: time.Second,
			})
			require.NoError(t, client.Set(ctx, harness.KeyOfSlot(5), "value"))
			for _, server := range cluster.Servers {
				server.Handle("CLUSTER SLOTS", func(c *fakeserver.Conn, _ []string) string { return wrong(c.Server) })
			}
			// A redirection makes the client ask, as does time.
			from.Refuse("INCR", func(*fakeserver.Conn, []string) string {
				return fakeserver.Error(fmt.Sprintf("MOVED 5 127.0.0.1:%d", to.Port()))
			})
			for begun := time.Now(); time.Since(begun) < 1500*time.Millisecond; time.Sleep(20 * time.Millisecond) {
				_, err := client.Incr(ctx, harness.KeyOfSlot(5))
				require.NoError(t, err, "the redirection says where the slot is")
				require.NoError(t, client.Set(ctx, harness.KeyOfSlot(16000), "value"), "nothing is known to have changed")
			}
		})
	}
}

func TestConnectingToANodeThatTellsNonsenseFailsAndSaysWhy(t *testing.T) {
	for name, wrong := range wrongSlots {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := fakeserver.Start(t)
			server.Handle("CLUSTER SLOTS", func(c *fakeserver.Conn, _ []string) string { return wrong(c.Server) })
			begun := time.Now()
			client, err := glide.NewClusterClient(ctx, glide.ClusterConfig{Addresses: harness.AddressesOf(server), ConnectionTimeout: time.Second, RequestTimeout: time.Second})
			require.Less(t, time.Since(begun), 10*time.Second)
			if err == nil { // some of it may be of use
				_, err = client.Get(ctx, key)
				client.Close()
			}
			t.Log(err)
			if err != nil {
				require.NotErrorIs(t, err, glide.ErrInternal)
			}
		})
	}
}
