package faults_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

var inflightScript = glide.NewScript("return redis.call('GET', KEYS[1])")

// kindsOf are calls of each kind that a client makes; each is one request.
func kindsOf(client glide.UniversalClient) map[string]func(context.Context) error {
	kinds := map[string]func(context.Context) error{
		"command":        func(ctx context.Context) error { _, err := client.Get(ctx, "key"); return err },
		"command, alone": func(ctx context.Context) error { _, err := client.Do(ctx, "MEMORY", "USAGE", "key"); return err },
		"script": func(ctx context.Context) error {
			_, err := client.RunScript(ctx, inflightScript, []string{"key"})
			return err
		},
		"transaction": func(ctx context.Context) error {
			return run(client.Exec(ctx, glide.NewTransaction().Get("key").Get("key")))
		},
		"pipeline": func(ctx context.Context) error { return run(client.Exec(ctx, pipelineOf(50))) },
	}
	if client, ok := client.(*glide.ClusterClient); ok {
		kinds["many slots"] = func(ctx context.Context) error { _, err := client.MGet(ctx, "a", "b", "c", "d"); return err }
		kinds["many nodes"] = func(ctx context.Context) error { _, err := client.Nodes(glide.AllPrimaries).DBSize(ctx); return err }
		kinds["cluster scan"] = func(ctx context.Context) error {
			_, err := client.ScanPrimaries(ctx, glide.ClusterScanCursor{})
			return err
		}
	}
	return kinds
}

func run(_ glide.Results, err error) error { return err }

func pipelineOf(n int) *glide.Pipeline {
	pipeline := glide.NewPipeline()
	for range n {
		pipeline.Get("key")
	}
	return pipeline
}

// onInflight runs a test on a standalone server and on a cluster, with
// clients that may have few calls in flight.
func onInflight(t *testing.T, test func(t *testing.T, nodes []*glidetest.Server, dial func(t *testing.T) glide.UniversalClient)) {
	t.Helper()
	t.Run("standalone", func(t *testing.T) {
		server := glidetest.Start(t)
		test(t, []*glidetest.Server{server}, func(t *testing.T) glide.UniversalClient {
			return harness.Connect(t, server, harness.QuickToReconnect, func(c *glide.Config) {
				c.InflightLimit, c.RequestTimeout = limit, 500*time.Millisecond
			})
		})
	})
	t.Run("cluster", func(t *testing.T) {
		cluster := harness.StartFragileCluster(t)
		test(t, cluster.Nodes(), func(t *testing.T) glide.UniversalClient {
			return harness.ConnectToCluster(t, cluster, func(c *glide.ClusterConfig) {
				c.InflightLimit, c.RequestTimeout, c.Reconnect.Factor = limit, 500*time.Millisecond, 5*time.Millisecond
			})
		})
	})
}

func pauseAll(t *testing.T, nodes []*glidetest.Server) (resume func()) {
	t.Helper()
	for _, node := range nodes {
		require.NoError(t, node.Pause())
	}
	return func() {
		for _, node := range nodes {
			require.NoError(t, node.Resume())
		}
	}
}

// requireLimit requires that exactly so many calls can be in flight.
func requireLimit(t *testing.T, nodes []*glidetest.Server, call func(context.Context) error) {
	t.Helper()
	ctx := harness.Within(t, harness.Patience)
	resume := pauseAll(t, nodes)
	refused := make(chan error, 3*limit)
	done := make(chan []error)
	go func() {
		done <- testkit.Concurrently(3*limit, func(int) error {
			err := call(ctx)
			if errors.Is(err, glide.ErrInflightLimit) {
				refused <- err
				return nil
			}
			return err
		})
	}()
	for range 2 * limit {
		select {
		case <-refused:
		case <-time.After(harness.Patience / 2):
			resume()
			t.Fatalf("only %d calls are refused at once", len(refused))
		}
	}
	time.Sleep(20 * time.Millisecond)
	require.Empty(t, refused, "more calls are refused than are to be")
	resume()
	require.NoError(t, errors.Join(<-done...))
}

func TestEverythingCountsForTheInflightLimit(t *testing.T) {
	onInflight(t, func(t *testing.T, nodes []*glidetest.Server, dial func(t *testing.T) glide.UniversalClient) {
		client := dial(t)
		for name, call := range kindsOf(client) {
			t.Run(name, func(t *testing.T) {
				require.NoError(t, call(harness.Within(t, harness.Patience)))
				requireLimit(t, nodes, call)
				require.NoError(t, call(harness.Within(t, harness.Patience)))
			})
		}
	})
}

// ticketsAtRest waits until no request is under way.
func ticketsAtRest(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool { return engine.Live().Tickets == 0 }, harness.Patience, 5*time.Millisecond,
		"requests are never completed")
}

func TestPlacesInFlightAreAllThereAfterManyFaults(t *testing.T) {
	onInflight(t, func(t *testing.T, nodes []*glidetest.Server, dial func(t *testing.T) glide.UniversalClient) {
		client, stalls := dial(t), testkit.MeasureStalls(t)
		calls := []func(context.Context) error{}
		for _, call := range kindsOf(client) {
			calls = append(calls, call)
		}
		l := testkit.StartLoad(3*limit, func(int) error {
			call, bound := calls[rand.IntN(len(calls))], time.Duration(rand.IntN(60))*time.Millisecond
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			if rand.IntN(2) == 0 {
				defer time.AfterFunc(bound, cancel).Stop()
			} else {
				ctx, cancel = context.WithTimeout(ctx, bound)
				defer cancel()
			}
			return call(ctx)
		})
		for begun := time.Now(); time.Since(begun) < 2*time.Second; time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond) {
			node := nodes[rand.IntN(len(nodes))]
			if rand.IntN(2) == 0 {
				node.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
				continue
			}
			require.NoError(t, node.Pause())
			time.Sleep(time.Duration(rand.IntN(80)) * time.Millisecond)
			require.NoError(t, node.Resume())
		}
		l.End()
		t.Log(l)
		require.NotZero(t, l.Succeeded())
		require.NotZero(t, l.Failed())
		ticketsAtRest(t)
		for name, call := range kindsOf(client) {
			for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
				err := call(harness.Within(t, harness.Patience/6))
				if err == nil {
					break
				}
				require.Less(t, time.Since(begun), harness.Patience, "%s: %v", name, err)
			}
		}
		// A permit may be in use for as long as the server may still answer.
		time.Sleep(100*time.Millisecond + stalls())
		requireLimit(t, nodes, kindsOf(client)["command"])

		ctx := harness.Within(t, harness.Patience)
		resume := pauseAll(t, nodes)
		waiting := make(chan []error)
		go func() {
			waiting <- testkit.Concurrently(limit, func(i int) error { return calls[i%len(calls)](ctx) })
		}()
		time.Sleep(50 * time.Millisecond)
		require.NoError(t, client.Close())
		for _, err := range <-waiting {
			require.ErrorIs(t, err, glide.ErrClosed)
		}
		ticketsAtRest(t)
		resume()
	})
}
