package observability_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// called is one operation that a hook has seen from its beginning to its end.
type called struct {
	glide.Operation
	glide.Outcome
	duration time.Duration
}

// recorder is a hook that records what it is called for.
type recorder struct {
	mu     sync.Mutex
	open   int
	called []called
	// text is all that was seen, as text.
	text strings.Builder
}

// spanKey is the key of what Before puts into a context.
type spanKey struct{ *recorder }

func (r *recorder) Before(ctx context.Context, operation glide.Operation) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open++
	return context.WithValue(ctx, spanKey{r}, operation.Name)
}

func (r *recorder) After(ctx context.Context, operation glide.Operation, outcome glide.Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	if ctx.Value(spanKey{r}) != operation.Name {
		r.text.WriteString("another context")
	}
	r.called = append(r.called, called{operation, outcome, outcome.Duration()})
	fmt.Fprintf(&r.text, "%+v %+v\n", operation, outcome)
}

// take returns what was recorded since the last time, and requires that every
// operation has ended.
func (r *recorder) take(t *testing.T) []called {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Zero(t, r.open, "operations without an end")
	require.NotContains(t, r.text.String(), "another context")
	called := r.called
	r.called = nil
	return called
}

// one returns the only operation.
func (r *recorder) one(t *testing.T) called {
	t.Helper()
	called := r.take(t)
	require.Len(t, called, 1)
	return called[0]
}

// requireOperation requires that the only operation was this one.
func (r *recorder) requireOperation(t *testing.T, kind glide.OperationKind, name string, keys, commands int) called {
	t.Helper()
	called := r.one(t)
	description := called.Client
	called.Operation.Client = nil
	require.Equal(t, glide.Operation{Kind: kind, Name: name, Keys: keys, Commands: commands}, called.Operation)
	called.Operation.Client = description
	return called
}

func withHooks(hooks ...glide.Hook) func(*glide.Config) {
	return func(config *glide.Config) { config.Hooks = hooks }
}

func TestHooksSeeEveryOperation(t *testing.T) {
	server := glidetest.Start(t)
	hook := &recorder{}
	client := harness.Connect(t, server, harness.Patient, withHooks(hook), func(config *glide.Config) { config.ClientName = "observed" })
	connected := hook.requireOperation(t, glide.ConnectOperation, "CONNECT", 0, 0)
	require.NoError(t, connected.Err)
	require.Positive(t, connected.duration)
	require.Equal(t, &glide.ClientDescription{Name: "observed", Addresses: []glide.Address{harness.AddressOf(server)}}, connected.Client)

	const command, batch = glide.CommandOperation, glide.BatchOperation
	begun := time.Now()
	require.NoError(t, client.Set(ctx, "secret key", "secret value"))
	set := hook.requireOperation(t, command, "SET", 1, 1)
	require.NoError(t, set.Err)
	require.Positive(t, set.duration)
	require.LessOrEqual(t, set.duration, time.Since(begun))
	require.Same(t, connected.Client, set.Client)

	_, err := client.MGet(ctx, "a", "b", "c")
	require.NoError(t, err)
	hook.requireOperation(t, command, "MGET", 3, 1)

	_, err = client.LPush(ctx, "secret key", "secret value")
	require.Equal(t, err, hook.requireOperation(t, command, "LPUSH", 1, 1).Err)
	require.ErrorContains(t, err, "WRONGTYPE")

	_, err = client.MGet(ctx)
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
	refused := hook.requireOperation(t, command, "MGET", 0, 1)
	require.Equal(t, err, refused.Err)
	require.Zero(t, refused.duration)

	_, err = client.Do(ctx, "GETRANGE", "secret key", "0", "1")
	require.NoError(t, err)
	hook.requireOperation(t, command, "GETRANGE", 0, 1)

	_, err = client.BLPop(ctx, 10*time.Millisecond, "no list")
	require.NoError(t, err)
	require.GreaterOrEqual(t, hook.requireOperation(t, command, "BLPOP", 1, 1).duration, 10*time.Millisecond)

	require.NoError(t, client.Subscribe(ctx, "channel"))
	hook.requireOperation(t, command, "SUBSCRIBE", 0, 1)

	results, err := client.Exec(ctx, glide.NewPipeline().Get("secret key").Get("b"))
	require.NoError(t, err)
	pipeline := hook.requireOperation(t, batch, "PIPELINE GET", 2, 2)
	require.Equal(t, results, pipeline.Results())
	require.Positive(t, pipeline.duration)

	_, err = client.Exec(ctx, glide.NewTransaction().Get("a").Incr("secret key"), glide.FailOnError)
	require.ErrorContains(t, err, "not an integer")
	require.Equal(t, err, hook.requireOperation(t, batch, "MULTI", 2, 2).Err)

	_, err = client.Exec(ctx, glide.NewPipeline().MGet())
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
	require.Equal(t, err, hook.requireOperation(t, batch, "PIPELINE MGET", 0, 1).Err)

	for range client.AllKeys(ctx) {
		break
	}
	hook.requireOperation(t, command, "SCAN", 0, 1)

	require.NoError(t, client.Dedicated(ctx, func(c *glide.DedicatedClient) error { return c.Watch(ctx, "a") }))
	hook.requireOperation(t, command, "WATCH", 1, 1)

	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = client.Get(cancelled, "a")
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, err, hook.requireOperation(t, command, "GET", 1, 1).Err)

	require.NotContains(t, hook.text.String(), "secret")
}

func TestHooksSeeEveryOperationOfAClusterClient(t *testing.T) {
	cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0))
	hook := &recorder{}
	client := harness.ConnectToCluster(t, cluster, harness.ClusterPatient, func(config *glide.ClusterConfig) { config.Hooks = []glide.Hook{hook} })
	require.True(t, hook.requireOperation(t, glide.ConnectOperation, "CONNECT", 0, 0).Client.Cluster)

	require.NoError(t, client.Set(ctx, "key", "value"))
	hook.requireOperation(t, glide.CommandOperation, "SET", 1, 1)
	_, err := client.Node(glide.PrimaryOfKey("key")).Info(ctx)
	require.NoError(t, err)
	hook.requireOperation(t, glide.CommandOperation, "INFO", 0, 1)
	_, err = client.Nodes(glide.AllPrimaries).DBSize(ctx)
	require.NoError(t, err)
	hook.requireOperation(t, glide.CommandOperation, "DBSIZE", 0, 1)
	_, err = client.ScanPrimaries(ctx, glide.ClusterScanCursor{})
	require.NoError(t, err)
	hook.requireOperation(t, glide.CommandOperation, "SCAN", 0, 1)
	_, err = client.Exec(ctx, glide.NewTransaction().Get("key"))
	require.NoError(t, err)
	hook.requireOperation(t, glide.BatchOperation, "MULTI GET", 1, 1)
}

// tracer is a hook that records the order of its calls.
type tracer struct {
	name  string
	order *[]string
	hide  bool
}

func (h tracer) Before(ctx context.Context, operation glide.Operation) context.Context {
	*h.order = append(*h.order, "before "+h.name)
	if h.hide {
		ended, cancel := context.WithTimeout(ctx, -1)
		cancel()
		ctx = ended
	}
	return ctx
}

func (h tracer) After(context.Context, glide.Operation, glide.Outcome) {
	*h.order = append(*h.order, "after "+h.name)
}

func TestHooksEncloseOneAnother(t *testing.T) {
	server := glidetest.Start(t)
	var order []string
	client := harness.Connect(t, server, withHooks(tracer{name: "1", order: &order}, tracer{name: "2", order: &order}))
	order = nil
	err := client.Ping(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"before 1", "before 2", "after 2", "after 1"}, order)
}

func TestTheContextOfAHookIsThatOfTheOperation(t *testing.T) {
	server := glidetest.Start(t)
	var order []string
	_, err := glide.NewClient(ctx, glide.Config{
		Addresses: []glide.Address{harness.AddressOf(server)},
		Hooks:     []glide.Hook{tracer{name: "1", order: &order, hide: true}},
	})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, []string{"before 1", "after 1"}, order)
}

func TestFailedConnectionsHaveHooks(t *testing.T) {
	hook := &recorder{}
	_, err := glide.NewClient(ctx, glide.Config{Addresses: []glide.Address{harness.Nowhere(t)}, Hooks: []glide.Hook{hook}})
	require.ErrorIs(t, err, glide.ErrUnreachable)
	require.Equal(t, err, hook.requireOperation(t, glide.ConnectOperation, "CONNECT", 0, 0).Err)
}

func TestANilHookIsRefused(t *testing.T) {
	_, err := glide.NewClient(ctx, glide.Config{Hooks: []glide.Hook{&recorder{}, nil}})
	require.ErrorIs(t, err, glide.ErrConfiguration)
	require.ErrorContains(t, err, "Hooks[1]")
}

// nothing is a hook that does nothing.
type nothing struct{}

func (nothing) Before(ctx context.Context, _ glide.Operation) context.Context { return ctx }
func (nothing) After(_ context.Context, _ glide.Operation, _ glide.Outcome)   {}

func TestAHookCostsNoAllocation(t *testing.T) {
	server := glidetest.Start(t)
	allocations := func(client *glide.Client) float64 {
		require.NoError(t, client.Set(ctx, "key", "value"))
		return testing.AllocsPerRun(2000, func() {
			if _, err := client.Get(ctx, "key"); err != nil {
				t.Error(err)
			}
		})
	}
	without := allocations(harness.Connect(t, server, harness.Patient))
	require.Equal(t, without, allocations(harness.Connect(t, server, harness.Patient, withHooks(nothing{}, nothing{}))))
}
