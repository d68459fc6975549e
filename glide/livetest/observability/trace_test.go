package observability_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// went is how the operations of a client went.
type went struct {
	mu    sync.Mutex
	calls []call
}

type call struct {
	name    string
	node    glide.Address
	retries int
}

func (w *went) Before(ctx context.Context, _ glide.Operation) context.Context { return ctx }

func (w *went) After(_ context.Context, operation glide.Operation, outcome glide.Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, call{operation.Name, outcome.Node(), outcome.Retries()})
}

// last returns how the last operation went.
func (w *went) last(t *testing.T, name string) call {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	require.NotEmpty(t, w.calls)
	last := w.calls[len(w.calls)-1]
	require.Equal(t, name, last.name)
	return last
}

// observed returns a client of a cluster, and how its operations go.
func observed(t *testing.T, cluster *glidetest.Cluster) (*glide.ClusterClient, *went) {
	t.Helper()
	w := &went{}
	client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient, func(config *glide.ClusterConfig) { config.Hooks = []glide.Hook{w} })
	require.Equal(t, call{name: "CONNECT"}, w.last(t, "CONNECT"))
	return client, w
}

func TestTheNodeThatAnsweredIsNamed(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client, w := observed(t, cluster)
	nodes, keys := cluster.Nodes(), harness.KeysOf(t, cluster, 2)
	var several []string
	for node, keys := range keys {
		several = append(several, keys...)
		at := harness.AddressOf(node)
		for name, run := range map[string]func() error{
			"GET":    func() error { _, err := client.Get(ctx, keys[0]); return err },
			"LPUSH":  func() error { _, err := client.LPush(ctx, keys[1], "value"); return err },
			"LLEN":   func() error { _, err := client.LLen(ctx, keys[1]); return err },
			"BLPOP":  func() error { _, err := client.BLPop(ctx, 10*time.Millisecond, keys[0]); return err },
			"EXISTS": func() error { _, err := client.Exists(ctx, keys[0], keys[1]); return err },
			"INFO":   func() error { _, err := client.Node(glide.NodeAt(at)).Info(ctx); return err },
			"EVAL":   func() error { _, err := client.Eval(ctx, "return 1", keys[:1]); return err },
			"MULTI GET": func() error {
				_, err := client.Exec(ctx, glide.NewTransaction().Get(keys[0]))
				return err
			},
			"PIPELINE GET": func() error { _, err := client.Exec(ctx, glide.NewPipeline().Get(keys[0]).Get(keys[1])); return err },
		} {
			require.NoError(t, run())
			require.Equal(t, call{name, at, 0}, w.last(t, name))
		}
		// An error reply is an answer.
		require.NoError(t, client.Set(ctx, keys[0], "text"))
		_, err := client.Incr(ctx, keys[0])
		require.Error(t, err)
		require.Equal(t, call{"INCR", at, 0}, w.last(t, "INCR"))
	}
	// Several nodes are none, and so is what no node was asked for.
	pipeline := glide.NewPipeline()
	for _, key := range several {
		pipeline.Get(key)
	}
	for name, run := range map[string]func() error{
		"MGET":         func() error { _, err := client.MGet(ctx, several...); return err },
		"DBSIZE":       func() error { _, err := client.Nodes(glide.AllPrimaries).DBSize(ctx); return err },
		"PIPELINE GET": func() error { _, err := client.Exec(ctx, pipeline); return err },
		"GET":          func() error { _, err := client.Get(canceled(), several[0]); return ignored(err, context.Canceled) },
		"SUBSCRIBE":    func() error { return client.Subscribe(ctx, "channel") },
	} {
		require.NoError(t, run())
		require.Equal(t, call{name: name}, w.last(t, name))
	}
	require.Len(t, nodes, len(keys))
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

// ignored returns the error, unless it is the one that is expected.
func ignored(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

func TestARedirectIsARetry(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client, w := observed(t, cluster)
	key := harness.KeyOfSlot(100)
	for i, step := range []struct {
		name string
		run  func() error
	}{
		{"SET", func() error { return client.Set(ctx, key, "1") }},
		{"GET", func() error { _, err := client.Get(ctx, key); return err }},
		{"MULTI INCR", func() error { _, err := client.Exec(ctx, glide.NewTransaction().Incr(key)); return err }},
		{"PIPELINE", func() error { _, err := client.Exec(ctx, glide.NewPipeline().Incr(key).Get(key)); return err }},
		{"BLPOP", func() error { _, err := client.BLPop(ctx, 10*time.Millisecond, "{"+key+"}list"); return err }},
	} {
		// The client may learn of a move before it is redirected.
		for moved, attempts := 0, 0; moved == 0; attempts++ {
			require.Less(t, attempts, 20, step.name)
			to := cluster.Nodes()[(i+attempts)%3]
			before := client.Stats()
			require.NoError(t, cluster.MigrateSlot(100, to))
			require.NoError(t, step.run())
			last := w.last(t, step.name)
			require.LessOrEqual(t, last.retries, 1, step.name)
			require.Equal(t, harness.AddressOf(to), last.node, step.name)
			require.Equal(t, before.Retries+int64(last.retries), client.Stats().Retries)
			if moved = last.retries; moved > 0 {
				require.Greater(t, client.Stats().TopologyVersion, before.TopologyVersion)
			}
			require.NoError(t, step.run())
			require.Equal(t, call{step.name, harness.AddressOf(to), 0}, w.last(t, step.name))
		}
	}
}

func TestAPartThatIsRedirectedIsARetryOfTheWhole(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	client, w := observed(t, cluster)
	nodes := cluster.Nodes()
	first, second := harness.KeyOfSlot(100), harness.KeyOfSlot(101)
	_, err := client.MGet(ctx, first, second)
	require.NoError(t, err)
	require.Equal(t, call{"MGET", harness.AddressOf(nodes[0]), 0}, w.last(t, "MGET"))
	require.NoError(t, cluster.MigrateSlot(100, nodes[1]))
	_, err = client.MGet(ctx, first, second)
	require.NoError(t, err)
	require.Equal(t, call{"MGET", glide.Address{}, 1}, w.last(t, "MGET"))
	_, err = client.Exec(ctx, glide.NewPipeline().Get(first).Get(second))
	require.NoError(t, err)
	require.Equal(t, call{"PIPELINE GET", glide.Address{}, 0}, w.last(t, "PIPELINE GET"))
}

func TestWhatABrokenConnectionHasLostIsARetry(t *testing.T) {
	server := glidetest.Start(t)
	link := harness.StartLink(t, server.Addr())
	w := &went{}
	client := harness.Connect(t, link, harness.Patient, harness.QuickToReconnect, withHooks(w))
	for name, run := range map[string]func() error{
		"GET":    func() error { _, err := client.Get(ctx, "key"); return err },
		"LRANGE": func() error { _, err := client.LRange(ctx, "list", 0, -1); return err },
		"PIPELINE GET": func() error {
			_, err := client.Exec(ctx, glide.NewPipeline().Get("a").Get("b"))
			return err
		},
	} {
		before := client.Stats()
		link.Hold()
		done := make(chan error, 1)
		go func() { done <- run() }()
		require.Eventually(t, func() bool { return client.Stats().InFlight == 1 }, harness.Patience, time.Millisecond)
		sent := before.BytesSent
		require.Eventually(t, func() bool { return client.Stats().BytesSent > sent }, harness.Patience, time.Millisecond)
		link.Break((*harness.Through).Reset)
		link.Release()
		require.NoError(t, <-done)
		last := w.last(t, name)
		require.Positive(t, last.retries, name)
		require.Equal(t, harness.AddressOf(link), last.node)
		after := client.Stats()
		require.GreaterOrEqual(t, after.Retries, before.Retries+int64(last.retries))
		require.Greater(t, after.Reconnects, before.Reconnects)
		require.Zero(t, after.InFlight)
	}
}

func TestARefusalIsARetryEachTime(t *testing.T) {
	server := fakeserver.Start(t)
	w := &went{}
	client := harness.Connect(t, server, harness.Patient, withHooks(w))
	refused := 0
	server.Refuse("INCR", func(*fakeserver.Conn, []string) string {
		if refused++; refused <= 3 {
			return fakeserver.Error("LOADING not now")
		}
		return fakeserver.Default
	})
	_, err := client.Incr(ctx, "key")
	require.NoError(t, err)
	require.Equal(t, call{"INCR", harness.AddressOf(server), 3}, w.last(t, "INCR"))
	_, err = client.Incr(ctx, "key")
	require.NoError(t, err)
	require.Equal(t, call{"INCR", harness.AddressOf(server), 0}, w.last(t, "INCR"))
}

func TestSessionsNameTheirNode(t *testing.T) {
	server := glidetest.Start(t)
	w := &went{}
	client := harness.Connect(t, server, harness.Patient, withHooks(w))
	require.NoError(t, client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
		require.EqualValues(t, 0, client.Stats().Dedicated.InUse)
		_, err := c.Get(ctx, "key")
		require.Equal(t, call{"GET", harness.AddressOf(server), 0}, w.last(t, "GET"))
		require.EqualValues(t, 1, client.Stats().Dedicated.InUse)
		return err
	}))
}

func TestANodeIsNamedWhoeverDelivers(t *testing.T) {
	server := glidetest.Start(t)
	w := &went{}
	client := harness.Connect(t, server, harness.Patient, withHooks(w))
	const callers, each = 16, 50
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range each {
				if _, err := client.Get(ctx, "key"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	at := harness.AddressOf(server)
	for _, c := range w.calls[1:] {
		require.Equal(t, call{"GET", at, 0}, c)
	}
	require.Len(t, w.calls, 1+callers*each)
}
