package glide_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

// waysToCall are calls of which each is one node's, with a key of its.
var waysToCall = map[string]func(client *glide.ClusterClient, key string) error{
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
		_, err := client.Exec(ctx, glide.NewClusterTransaction().Get(key).Exists(key), glide.FailOnError)
		return err
	},
}

func TestASlowNodeDelaysNobodyElse(t *testing.T) {
	cluster := startFragileCluster(t)
	const callers, timeout = 120, 250 * time.Millisecond
	keys := keysOf(t, cluster, callers)
	slow := cluster.Nodes()[1]
	for name, call := range waysToCall {
		t.Run(name, func(t *testing.T) {
			client := connectCluster(t, cluster, loadedCluster(timeout))
			for _, of := range keys {
				for _, key := range of {
					require.NoError(t, client.Set(ctx, key, "value of "+key))
				}
			}
			// Of three callers one is the slow node's: they share submissions.
			nodes := cluster.Nodes()
			stalls := measureStalls(t)
			measure := func(calls int) (fast, ofSlow distribution, errs []error) {
				took, slowErrs := make([]distribution, callers), make([][]error, callers)
				for _, err := range concurrently(callers, func(i int) error {
					node := nodes[i%len(nodes)]
					until := time.Now().Add(time.Duration(calls) * time.Millisecond)
					for time.Now().Before(until) {
						begun := time.Now()
						err := call(client, keys[node][i])
						took[i] = append(took[i], time.Since(begun))
						if node == slow {
							slowErrs[i] = append(slowErrs[i], err)
						} else if err != nil {
							return err
						}
						time.Sleep(time.Millisecond)
					}
					return nil
				}) {
					require.NoError(t, err)
				}
				for i := range callers {
					if nodes[i%len(nodes)] == slow {
						ofSlow = append(ofSlow, took[i]...)
						errs = append(errs, slowErrs[i]...)
					} else {
						fast = append(fast, took[i]...)
					}
				}
				return fast, ofSlow, errs
			}
			measure(100) // what is new is slow
			before, _, errs := measure(700)
			require.NoError(t, errors.Join(errs...))
			require.NoError(t, slow.Pause())
			during, ofSlow, errs := measure(700)
			require.NoError(t, slow.Resume())
			t.Logf("before: %v", before)
			t.Logf("the others' while one node is stopped: %v", during)
			t.Logf("the stopped node's: %v", ofSlow)
			for _, err := range errs {
				require.ErrorIs(t, err, glide.ErrTimeout)
			}
			require.GreaterOrEqual(t, ofSlow.quantile(0), timeout)
			require.Less(t, ofSlow.quantile(1), timeout+tolerance+stalls())
			// Whoever waited for the slow node would wait for its timeout. What
			// is allowed is what the machine's other work makes of such times.
			require.Less(t, during.quantile(.5), 2*before.quantile(.5)+5*time.Millisecond)
			require.Less(t, during.quantile(.99), 2*before.quantile(.99)+20*time.Millisecond+stalls())
			require.Less(t, during.quantile(1), timeout/2+stalls())

			begun := time.Now()
			require.Eventually(t, func() bool { return call(client, keys[slow][1]) == nil }, 5*time.Second, time.Millisecond)
			t.Logf("served again after %v", time.Since(begun))
		})
	}
}

func TestTheInflightLimitIsThatOfAllNodesTogether(t *testing.T) {
	cluster := startFragileCluster(t)
	client := connectCluster(t, cluster, clusterPatient, func(c *glide.ClusterConfig) { c.InflightLimit = limit })
	keys := keysOf(t, cluster, 1)
	slow := cluster.Nodes()[2]
	require.NoError(t, slow.Pause())
	waiting := make(chan []error)
	go func() {
		waiting <- concurrently(limit, func(int) error { _, err := client.Get(ctx, keys[slow][0]); return err })
	}()
	require.Eventually(t, func() bool {
		_, err := client.Get(ctx, keys[cluster.Nodes()[0]][0])
		return errors.Is(err, glide.ErrInflightLimit)
	}, 5*time.Second, time.Millisecond)
	_, err := client.Get(ctx, keys[slow][0])
	require.ErrorIs(t, err, glide.ErrInflightLimit)
	_, err = client.Exec(ctx, glide.NewPipeline().Get("key"))
	require.ErrorIs(t, err, glide.ErrInflightLimit)
	require.NoError(t, slow.Resume())
	require.NoError(t, errors.Join(<-waiting...))
	for _, node := range cluster.Nodes() {
		value(client.Get(ctx, keys[node][0]))(t)
	}
}

// setEverywhere sets keys at the servers that have them.
func setEverywhere(t *testing.T, keys map[*glidetest.Server][]string) (all []string) {
	t.Helper()
	for node, of := range keys {
		for _, key := range of {
			node.MustCommand(t, "SET", key, "value of "+key)
			all = append(all, key)
		}
	}
	return all
}
