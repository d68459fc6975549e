package replicareads_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// A shard is a fake primary with fake replicas.
type shard struct {
	data     *fakeserver.Data
	primary  *fakeserver.Server
	replicas []*fakeserver.Server
}

// startShard starts servers of which each is in a zone: the primary's first.
func startShard(t *testing.T, zones ...string) *shard {
	t.Helper()
	s := &shard{data: &fakeserver.Data{}}
	slots := fakeserver.Range{First: 0, Last: harness.Slots - 1}
	var all []*fakeserver.Server
	for i, zone := range zones {
		server := fakeserver.Start(t, fakeserver.WithData(s.data))
		role := "role:slave\r\nmaster_link_status:up\r\n"
		if i == 0 {
			role = "role:master\r\nconnected_slaves:2\r\n"
			s.primary = server
		} else {
			s.replicas = append(s.replicas, server)
			server.Refuse("SET", func(*fakeserver.Conn, []string) string {
				return fakeserver.Error("READONLY You can't write against a read only replica.")
			})
		}
		server.Handle("INFO", func(*fakeserver.Conn, []string) string {
			return fakeserver.Bulk("# Server\r\nredis_version:7.2.4\r\nvalkey_version:8.0.1\r\navailability_zone:" + zone + "\r\n# Replication\r\n" + role)
		})
		slots.Nodes = append(slots.Nodes, server.Node())
		all = append(all, server)
	}
	for _, server := range all {
		server.Handle("CLUSTER SLOTS", func(*fakeserver.Conn, []string) string { return fakeserver.Slots(slots) })
	}
	return s
}

func (s *shard) all() []*fakeserver.Server {
	return append([]*fakeserver.Server{s.primary}, s.replicas...)
}

// reads is how many GETs each server got: the primary first.
func (s *shard) reads() (counts []int) {
	for _, server := range s.all() {
		counts = append(counts, server.Count("GET"))
	}
	return counts
}

// strategies are all but the one that reads from primaries only.
var strategies = map[string]glide.ReadFrom{
	"PreferReplica":                glide.PreferReplica,
	"AnyNode":                      glide.AnyNode,
	"AZAffinity":                   glide.AZAffinity,
	"AZAffinityReplicasAndPrimary": glide.AZAffinityReplicasAndPrimary,
	"AZAffinityAllNodes":           glide.AZAffinityAllNodes,
}

// kinds are the kinds of client that each test runs with.
var kinds = []harness.Kind{harness.Standalone, harness.Cluster}

func (s *shard) config(from glide.ReadFrom) glide.ClusterConfig {
	config := glide.ClusterConfig{Addresses: harness.AddressesOf(s.all()...), ReadFrom: from, RequestTimeout: 2 * time.Second}
	if from != glide.Primary && from != glide.PreferReplica && from != glide.AnyNode {
		config.AvailabilityZone = "zone-a"
	}
	return config
}

// ways are the ways in which a read is sent.
var ways = map[string]func(client harness.Client, key string) (string, error){
	"single command": func(client harness.Client, key string) (string, error) {
		value, err := client.Get(ctx, key)
		return value.Value(), err
	},
	"pipeline": func(client harness.Client, key string) (string, error) {
		results, err := client.Exec(ctx, glide.NewPipeline().Get(key))
		if err != nil {
			return "", err
		}
		value, err := glide.Result[glide.Optional[string]](results, 0)
		return value.Value(), err
	},
	"untyped": func(client harness.Client, key string) (string, error) {
		value, err := client.Do(ctx, "GET", key)
		return fmt.Sprint(value), err
	},
}

func TestPrimaryAnswersWhatReplicasRefuse(t *testing.T) {
	for _, refusal := range []string{
		"LOADING Valkey is loading the dataset in memory",
		"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
		"READONLY You can't read from a replica without READONLY.",
	} {
		for _, kind := range kinds {
			for strategy, from := range strategies {
				t.Run(fmt.Sprintf("%.10s, %s, %s", refusal, kind, strategy), func(t *testing.T) {
					t.Parallel()
					s := startShard(t, "zone-b", "zone-a", "zone-a")
					client := kind.Connect(t, s.config(from))
					require.NoError(t, client.Set(ctx, "key", "value"))
					for _, replica := range s.replicas {
						replica.Refuse("GET", func(*fakeserver.Conn, []string) string { return fakeserver.Error(refusal) })
					}
					const times = 10
					for way, read := range ways {
						for range times {
							value, err := read(client, "key")
							require.NoError(t, err, way)
							require.Equal(t, "value", value, way)
						}
					}
					counts := s.reads()
					t.Log(counts)
					require.GreaterOrEqual(t, counts[0], times*len(ways))
					require.LessOrEqual(t, counts[1]+counts[2], 6*times*len(ways), "a storm")
				})
			}
		}
	}
}

func TestPrimaryAnswersWhenAReplicaBreaks(t *testing.T) {
	for name, breaks := range map[string]func(server *fakeserver.Server){
		"is gone": func(server *fakeserver.Server) {
			server.StopListening()
			server.Break((*fakeserver.Conn).Reset)
		},
		"breaks each time": func(server *fakeserver.Server) {
			server.Handle("GET", func(c *fakeserver.Conn, _ []string) string { c.Close(); return fakeserver.NoReply })
		},
	} {
		for _, kind := range kinds {
			for strategy, from := range strategies {
				t.Run(fmt.Sprintf("%s, %s, %s", name, kind, strategy), func(t *testing.T) {
					t.Parallel()
					s := startShard(t, "zone-b", "zone-a", "zone-a")
					client := kind.Connect(t, s.config(from))
					require.NoError(t, client.Set(ctx, "key", "value"))
					for _, replica := range s.replicas {
						breaks(replica)
					}
					for range 10 {
						value, err := client.Get(ctx, "key")
						require.NoError(t, err)
						require.Equal(t, "value", value.Value())
					}
				})
			}
		}
	}
}

func TestWritesNeverGoToReplicas(t *testing.T) {
	for _, kind := range kinds {
		for strategy, from := range strategies {
			t.Run(fmt.Sprintf("%s, %s", kind, strategy), func(t *testing.T) {
				t.Parallel()
				s := startShard(t, "zone-b", "zone-a", "zone-a")
				client := kind.Connect(t, s.config(from))
				for name, increment := range harness.Increments {
					for i := range 5 {
						_, err := increment(ctx, client, fmt.Sprint("counter", i))
						require.NoError(t, err, name)
					}
				}
				require.NoError(t, client.Set(ctx, "key", "value"))
				for _, replica := range s.replicas {
					require.Zero(t, replica.Count("INCR")+replica.Count("EVAL")+replica.Count("SET"))
				}
			})
		}
	}
}

func TestReadsGoWhereTheStrategySays(t *testing.T) {
	const reads = 60
	for name, test := range map[string]struct {
		from     glide.ReadFrom
		zones    []string // the primary's first
		expected []int
	}{
		"Primary":                               {glide.Primary, []string{"zone-a", "zone-a", "zone-a"}, []int{60, 0, 0}},
		"PreferReplica":                         {glide.PreferReplica, []string{"zone-a", "zone-b", "zone-b"}, []int{0, 30, 30}},
		"AnyNode":                               {glide.AnyNode, []string{"zone-b", "zone-b", "zone-b"}, []int{20, 20, 20}},
		"AZAffinity, a replica there":           {glide.AZAffinity, []string{"zone-a", "zone-a", "zone-b"}, []int{0, 60, 0}},
		"AZAffinity, two there":                 {glide.AZAffinity, []string{"zone-b", "zone-a", "zone-a"}, []int{0, 30, 30}},
		"AZAffinity, none there":                {glide.AZAffinity, []string{"zone-a", "zone-b", "zone-b"}, []int{0, 30, 30}},
		"ReplicasAndPrimary, a replica there":   {glide.AZAffinityReplicasAndPrimary, []string{"zone-a", "zone-a", "zone-b"}, []int{0, 60, 0}},
		"ReplicasAndPrimary, the primary there": {glide.AZAffinityReplicasAndPrimary, []string{"zone-a", "zone-b", "zone-b"}, []int{60, 0, 0}},
		"AllNodes, the primary and a replica":   {glide.AZAffinityAllNodes, []string{"zone-a", "zone-a", "zone-b"}, []int{30, 30, 0}},
		"AllNodes, a replica there":             {glide.AZAffinityAllNodes, []string{"zone-b", "zone-a", "zone-b"}, []int{0, 60, 0}},
		"AllNodes, none there":                  {glide.AZAffinityAllNodes, []string{"zone-b", "zone-b", "zone-b"}, []int{20, 20, 20}},
	} {
		for _, kind := range kinds {
			t.Run(string(kind)+", "+name, func(t *testing.T) {
				t.Parallel()
				s := startShard(t, test.zones...)
				client := kind.Connect(t, s.config(test.from))
				require.NoError(t, client.Set(ctx, "key", "value"))
				before := s.reads()
				for range reads {
					_, err := client.Get(ctx, "key")
					require.NoError(t, err)
				}
				for i, n := range s.reads() {
					if test.expected[i] == 0 {
						require.Zero(t, n-before[i], "server %d: %v", i, s.reads())
					} else {
						require.InDelta(t, test.expected[i], n-before[i], float64(test.expected[i])/4, "server %d: %v", i, s.reads())
					}
				}
			})
		}
	}
}
