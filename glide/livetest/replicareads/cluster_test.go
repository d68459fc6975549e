package replicareads_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// rejectedBy returns how many calls of a command a server has redirected.
func rejectedBy(t *testing.T, server *glidetest.Server, command string) int {
	t.Helper()
	info, _ := server.MustCommand(t, "INFO", "commandstats").(string)
	_, rest, _ := strings.Cut(info, "cmdstat_"+command+":")
	rest, _, _ = strings.Cut(rest, "\r\n")
	_, rest, _ = strings.Cut(rest, "rejected_calls=")
	number, _, _ := strings.Cut(rest, ",")
	calls, _ := strconv.Atoi(number)
	return calls
}

func TestReadFromChoosesTheNodesOfEachShard(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(2))
	keys := harness.KeysOf(t, cluster, 40)
	all := harness.SetEverywhere(t, keys)
	primaries := harness.Value(cluster.Primaries())(t)
	isPrimary := map[*glidetest.Server]bool{}
	for _, primary := range primaries {
		isPrimary[primary] = true
		for _, replica := range harness.Value(cluster.Replicas(primary))(t) {
			require.Eventually(t, func() bool { return replica.MustCommand(t, "DBSIZE") == int64(len(keys[primary])) },
				5*time.Second, 5*time.Millisecond)
		}
	}
	for name, test := range map[string]struct {
		from               glide.ReadFrom
		primaries, replica int // the share of each, of 40 keys of a shard
	}{
		"Primary":       {glide.Primary, 40, 0},
		"PreferReplica": {glide.PreferReplica, 0, 20},
		"AnyNode":       {glide.AnyNode, 13, 13},
	} {
		for _, callers := range []int{1, 120} {
			t.Run(name+", "+strconv.Itoa(callers)+" callers", func(t *testing.T) {
				client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient, func(c *glide.ClusterConfig) { c.ReadFrom = test.from })
				before, rejected := map[*glidetest.Server]int{}, 0
				for _, node := range cluster.Nodes() {
					before[node] = testkit.CallsOf(t, node, "get")
					rejected += rejectedBy(t, node, "set")
				}
				const rounds = 5
				errs := testkit.Concurrently(callers, func(i int) error {
					for n := i; n < rounds*len(all); n += callers {
						key := all[n%len(all)]
						got, err := client.Get(ctx, key)
						if err != nil || got.Value() != "value of "+key {
							return errors.Join(errors.New("not the value of "+key), err)
						}
						if err := client.Set(ctx, key, "value of "+key); err != nil {
							return err
						}
					}
					return nil
				})
				require.NoError(t, errors.Join(errs...))
				sum := 0
				for _, node := range cluster.Nodes() {
					reads := testkit.CallsOf(t, node, "get") - before[node]
					sum += reads
					rejected -= rejectedBy(t, node, "set")
					share := rounds * test.replica
					if isPrimary[node] {
						share = rounds * test.primaries
					}
					// One after the other they take turns; in what is coalesced a whole group goes to one.
					t.Logf("primary %v: %d of %d", isPrimary[node], reads, share)
					if share == 0 {
						require.Zero(t, reads)
					} else if callers == 1 {
						require.InDelta(t, share, reads, float64(share)/4)
					} else {
						require.NotZero(t, reads)
					}
				}
				require.Equal(t, rounds*len(all), sum)
				require.Zero(t, rejected, "a write went to a replica first")
			})
		}
	}
	t.Run("replicas that are gone", func(t *testing.T) {
		client := harness.ConnectToCluster(t, cluster, harness.LoadedCluster(time.Second), func(c *glide.ClusterConfig) { c.ReadFrom = glide.PreferReplica })
		for _, key := range all {
			require.NoError(t, errOf(client.Get(ctx, key)))
		}
		for _, node := range cluster.Nodes() {
			if !isPrimary[node] {
				require.NoError(t, node.Kill())
			}
		}
		begun := time.Now()
		for _, key := range all {
			require.Eventually(t, func() bool { return errOf(client.Get(ctx, key)) == nil }, harness.Patience, time.Millisecond)
		}
		t.Logf("all keys are read from the primaries after %v", time.Since(begun))
		before := harness.SumOver(primaries, func(p *glidetest.Server) int { return testkit.CallsOf(t, p, "get") })
		errs := testkit.Concurrently(len(all), func(i int) error { return errOf(client.Get(ctx, all[i])) })
		require.NoError(t, errors.Join(errs...))
		require.Equal(t, len(all), harness.SumOver(primaries, func(p *glidetest.Server) int { return testkit.CallsOf(t, p, "get") })-before)
	})
}

// errOf returns the error alone.
func errOf[T any](_ T, err error) error { return err }
