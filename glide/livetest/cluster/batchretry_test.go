package cluster_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestPipelinesSucceedWhileTheirSlotsMove(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client := harness.ConnectToCluster(t, cluster, harness.LoadedCluster(5*time.Second))
	const callers = 50
	// Each caller's keys are of one slot, so that a command may have several.
	pair := func(i int) (counter, other string) {
		return fmt.Sprintf("{%d}counter", i), fmt.Sprintf("{%d}other", i)
	}
	for i := range callers {
		counter, other := pair(i)
		require.NoError(t, client.MSet(ctx, map[string]string{counter: "0", other: harness.ValueOf(i)}))
	}
	counts := make([]int64, callers)
	l := testkit.StartLoad(callers, func(i int) error {
		counter, other := pair(i)
		_, foreign := pair((i + 1) % callers)
		pipeline := glide.NewPipeline().Incr(counter).MGet(other, counter).Get(foreign).Exists(counter, other)
		results, err := client.Exec(ctx, pipeline, glide.RetryServerErrors, glide.RetryConnectionErrors)
		if err != nil {
			return err
		}
		for at := range results.Len() {
			if err := results.Err(at); err != nil {
				return err
			}
		}
		counts[i]++
		n, _ := glide.Result[int64](results, 0)
		got, _ := glide.Result[[]glide.Optional[string]](results, 1)
		next, _ := glide.Result[glide.Optional[string]](results, 2)
		both, _ := glide.Result[int64](results, 3)
		if n != counts[i] || got[0].Value() != harness.ValueOf(i) || next.Value() != harness.ValueOf((i+1)%callers) || both != 2 {
			return fmt.Errorf("not what caller %d wrote: %d instead of %d, %v, %v, %d", i, n, counts[i], got, next, both)
		}
		return nil
	})
	for i := range callers {
		counter, _ := pair(i)
		slot := engine.SlotOfKey(counter)
		owner := harness.Value(cluster.NodeForSlot(slot))(t)
		require.NoError(t, cluster.MigrateSlot(slot, harness.OtherPrimary(t, cluster, owner)))
	}
	l.End()
	t.Log(l)
	require.Empty(t, l.Errs())
	require.NotZero(t, l.Succeeded())
}

func TestPipelinesAreSentAgainWhenConnectionsBreakIfTheyMay(t *testing.T) {
	cluster := harness.StartFragileCluster(t)
	keys := harness.KeysOf(t, cluster, 5)
	const callers = 20
	for name, options := range map[string][]glide.ExecOption{
		"never twice": nil, "sent again": {glide.RetryConnectionErrors},
	} {
		t.Run(name, func(t *testing.T) {
			client := harness.ConnectToCluster(t, cluster, harness.LoadedCluster(8*time.Second))
			lost := cluster.Nodes()[1]
			require.NoError(t, client.Nodes(glide.AllPrimaries).Ping(ctx))
			lost.MustCommand(t, "CLIENT", "PAUSE", "10000", "WRITE")
			before, failed := testkit.CallsOf(t, lost, "set"), atomic.Int64{}
			begun, done := time.Now(), make(chan []error)
			go func() {
				done <- testkit.Concurrently(callers, func(int) error {
					pipeline := glide.NewPipeline()
					var order []*glidetest.Server
					for node, of := range keys {
						for _, key := range of {
							pipeline.Set(key, "value of "+key)
							order = append(order, node)
						}
					}
					results, err := client.Exec(ctx, pipeline, options...)
					if err != nil {
						return err
					}
					for i, node := range order {
						err := results.Err(i)
						if node == lost && options == nil && errors.Is(err, glide.ErrConnectionLost) {
							failed.Add(1) // but not what was yet to be sent
						} else if err != nil {
							return fmt.Errorf("at %d, of a node that was lost (%v): %w", i, node == lost, err)
						}
					}
					return nil
				})
			}()
			time.Sleep(100 * time.Millisecond)
			lost.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal") // with all of them on their way
			lost.MustCommand(t, "CLIENT", "UNPAUSE")
			require.NoError(t, errors.Join(<-done...))
			t.Logf("all were answered after %v, %d commands failed", time.Since(begun), failed.Load())
			require.Equal(t, options == nil, failed.Load() > 0)
			// What was held back when the connection broke was never run.
			require.Equal(t, before+callers*len(keys[lost])-int(failed.Load()), testkit.CallsOf(t, lost, "set"))
		})
	}
}
