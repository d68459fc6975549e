package harness

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
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/faces"
)

// KeysOf returns so many keys of each of the nodes that serve slots, each of a
// separate slot where that comes by itself.
func KeysOf(t *testing.T, cluster *glidetest.Cluster, each int) map[*glidetest.Server][]string {
	t.Helper()
	owner := OwnersOf(t, cluster)
	keys := map[*glidetest.Server][]string{}
	for _, primary := range Value(cluster.Primaries())(t) {
		keys[primary] = nil
	}
	missing := each * 3
	for i := 0; missing > 0; i++ {
		node := owner(engine.SlotOfKey(KeyOf(i)))
		if len(keys[node]) < each {
			keys[node] = append(keys[node], KeyOf(i))
			missing--
		}
	}
	return keys
}

// OwnersOf asks the first node that answers who has which slot.
func OwnersOf(t *testing.T, cluster *glidetest.Cluster) func(slot int) *glidetest.Server {
	t.Helper()
	byID := map[string]*glidetest.Server{}
	var ranges []any
	for _, node := range cluster.Nodes() {
		byID[node.NodeID()] = node
		if reply, err := node.Command("CLUSTER", "SLOTS"); err == nil && ranges == nil {
			ranges = reply.([]any)
		}
	}
	require.NotEmpty(t, ranges)
	return func(slot int) *glidetest.Server {
		for _, r := range ranges {
			r := r.([]any)
			if int64(slot) >= r[0].(int64) && int64(slot) <= r[1].(int64) {
				return byID[r[2].([]any)[2].(string)]
			}
		}
		return nil
	}
}

// OtherPrimary returns a primary that is not this one.
func OtherPrimary(t *testing.T, cluster *glidetest.Cluster, than *glidetest.Server) *glidetest.Server {
	t.Helper()
	primaries := Value(cluster.Primaries())(t)
	return primaries[slices.IndexFunc(primaries, func(p *glidetest.Server) bool { return p != than })]
}

// StartFragileCluster starts a cluster without replicas that never takes a
// node for failed: one that is stopped or killed stays what it is, and the
// others go on.
func StartFragileCluster(t *testing.T) *glidetest.Cluster {
	t.Helper()
	return glidetest.StartCluster(t, glidetest.WithReplicas(0),
		glidetest.WithConfig("cluster-node-timeout", "120000"), glidetest.WithConfig("cluster-require-full-coverage", "no"))
}

// ErrorsOf returns how often a server has answered with an error, by its own
// count.
func ErrorsOf(t testing.TB, server *glidetest.Server, code string) int {
	t.Helper()
	info, _ := server.MustCommand(t, "INFO", "errorstats").(string)
	_, rest, _ := strings.Cut(info, "errorstat_"+code+":count=")
	count := 0
	_, _ = fmt.Sscanf(rest, "%d", &count)
	return count
}

// SumOver adds up what is counted at several servers.
func SumOver(servers []*glidetest.Server, count func(*glidetest.Server) int) (sum int) {
	for _, server := range servers {
		sum += count(server)
	}
	return sum
}

// ManyKeysOfSlot returns different keys of one slot.
func ManyKeysOfSlot(slot, n int) (keys []string) {
	for i := 0; len(keys) < n; i++ {
		tag := fmt.Sprint(i)
		if engine.SlotOfKey(tag) != slot {
			continue
		}
		for j := range n {
			keys = append(keys, fmt.Sprintf("{%s}%d", tag, j))
		}
	}
	return keys
}

// SetEverywhere sets keys at the servers that have them.
func SetEverywhere(t *testing.T, keys map[*glidetest.Server][]string) (all []string) {
	t.Helper()
	for node, of := range keys {
		for _, key := range of {
			node.MustCommand(t, "SET", key, "value of "+key)
			all = append(all, key)
		}
	}
	return all
}

// WaysToCall are calls of which each is one node's, with a key of its.
var WaysToCall = map[string]func(client *glide.ClusterClient, key string) error{
	"commands that are coalesced": func(client *glide.ClusterClient, key string) error {
		got, err := client.Get(ctx, key)
		if err == nil && got.Value() != "value of "+key {
			err = fmt.Errorf("the reply to %s is %q", key, got.Value())
		}
		return err
	},
	"commands that are sent alone": func(client *glide.ClusterClient, key string) error {
		_, err := client.Do(ctx, "MEMORY", "USAGE", key)
		return err
	},
	"pipelines": func(client *glide.ClusterClient, key string) error {
		results, err := client.Exec(ctx, glide.NewPipeline().Get(key).Exists(key), glide.FailOnError)
		if err == nil && results.Len() != 2 {
			err = errors.New("another number of results")
		}
		return err
	},
	"transactions": func(client *glide.ClusterClient, key string) error {
		_, err := client.Exec(ctx, glide.NewTransaction().Get(key).Exists(key), glide.FailOnError)
		return err
	},
}

// AwaitReplicas waits until so many replicas have what their primary has, in a
// cluster of three primaries each of them.
func AwaitReplicas(t *testing.T, c faces.Face, replicas int64) {
	t.Helper()
	wait := func(d interface {
		faces.Face
		Wait(context.Context, int64, time.Duration) (int64, error)
	}, key string) error {
		// What others wrote before is received before what it wrote itself.
		require.NoError(t, d.Set(ctx, key, ""))
		Value(d.Del(ctx, key))(t)
		require.GreaterOrEqual(t, Value(d.Wait(ctx, replicas, Patience))(t), replicas)
		return nil
	}
	switch c := c.(type) {
	case *glide.Client:
		require.NoError(t, c.Dedicated(ctx, func(d *glide.DedicatedClient) error { return wait(d, "key") }))
	case *glide.ClusterClient:
		for _, key := range []string{"a", "b", "c"} { // of a third of the slots each
			require.NoError(t, c.Node(glide.PrimaryOfKey(key)).Dedicated(ctx, func(d *glide.DedicatedClient) error { return wait(d, "replicated{"+key+"}") }))
		}
	default:
		require.Fail(t, "neither kind of client")
	}
}
