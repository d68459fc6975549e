package failover_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// loads has callers write in each way, each way's with separate loads.
func loads(t *testing.T, client *glide.Client) map[string]*testkit.Load {
	t.Helper()
	all := map[string]*testkit.Load{}
	for way, increment := range harness.Increments {
		all[way] = testkit.StartLoad(2, func(int) error {
			_, err := increment(ctx, client, "counter of "+way)
			time.Sleep(time.Millisecond)
			return err
		})
		t.Cleanup(all[way].End)
		all[way].AwaitSuccess(t, harness.Patience)
	}
	return all
}

// faults change the primary, and return the servers in their new roles.
var faults = map[string]struct {
	change func(t *testing.T, s servers) servers
	within time.Duration
}{
	"role swap": {func(t *testing.T, s servers) servers { return s.swap(t) }, recovery},
	"killed": {func(t *testing.T, s servers) servers {
		require.NoError(t, s.primary.Kill())
		promote(t, s.replica)
		return servers{primary: s.replica}
	}, recovery},
	"hung": {func(t *testing.T, s servers) servers {
		require.NoError(t, s.primary.Pause())
		promote(t, s.replica)
		return servers{primary: s.replica}
	}, recovery + hung},
}

func TestWritesReachTheNewPrimary(t *testing.T) {
	for fault, f := range faults {
		for name, setup := range setups {
			t.Run(fault+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := start(t)
				client := connect(t, setup.config(s))
				all := loads(t, client)
				stalls := testkit.MeasureStalls(t)
				now := f.change(t, s)
				begun := time.Now()
				for _, way := range slices.Sorted(maps.Keys(all)) {
					key := "counter of " + way
					before := now.primary.MustCommand(t, "GET", key)
					for now.primary.MustCommand(t, "GET", key) == before {
						require.Less(t, time.Since(begun), f.within+stalls(), "%s: %v", way, all[way])
						time.Sleep(time.Millisecond)
					}
				}
				t.Logf("after %v", time.Since(begun))
				requireFollowed(t, client, now.primary)
				for _, load := range all {
					load.End()
					for _, err := range load.Errs() {
						require.True(t, harness.IsTransient(err), "%v", err)
					}
				}
			})
		}
	}
}

// requireFollowed requires that blocking commands, dedicated connections and reads
// go to a primary or its replicas, too.
func requireFollowed(t *testing.T, client *glide.Client, primary *glidetest.Server) {
	t.Helper()
	primary.MustCommand(t, "RPUSH", "list", "element")
	popped, err := client.BLPop(ctx, time.Minute, "list")
	require.NoError(t, err)
	require.Equal(t, "element", popped.Value().Element)
	require.NoError(t, client.Dedicated(ctx, func(c *glide.DedicatedClient) error { return c.Set(ctx, "dedicated", "value") }))
	require.Equal(t, "value", primary.MustCommand(t, "GET", "dedicated"))
	require.Eventually(t, func() bool {
		value, err := client.Get(ctx, "dedicated")
		return err == nil && value.Value() == "value"
	}, harness.Patience, time.Millisecond)
}

// What a replica has refused was certainly not run, so callers do not notice a
// planned role swap.
func TestRoleSwapIsNotNoticedByWriters(t *testing.T) {
	for name, setup := range setups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			config := setup.config(s)
			config.RequestTimeout = harness.Patience
			client := connect(t, config)
			books := testkit.StartLoad(4, func(caller int) error {
				switch caller {
				case 0:
					return client.Set(ctx, "single", "value")
				case 1:
					// What is read after a write is what was written.
					results, err := client.Exec(ctx, glide.NewPipeline().Incr("pipelined").Get("pipelined").Incr("pipelined"), glide.FailOnError)
					if err != nil {
						return err
					}
					first, err := glide.Result[int64](results, 0)
					require.NoError(t, err)
					read, err := glide.Result[glide.Optional[string]](results, 1)
					require.NoError(t, err)
					require.Equal(t, first, number(t, read.Value()))
					last, err := glide.Result[int64](results, 2)
					require.Equal(t, first+1, last)
					return err
				case 2:
					_, err := client.Exec(ctx, glide.NewTransaction().Get("a").Incr("a").Incr("b"))
					return err
				}
				_, err := client.Incr(ctx, "counter")
				return err
			})
			t.Cleanup(books.End)
			books.AwaitSuccess(t, harness.Patience)
			for range 2 {
				time.Sleep(100 * time.Millisecond)
				s = s.swap(t)
				before := s.primary.MustCommand(t, "GET", "counter")
				require.Eventually(t, func() bool { return s.primary.MustCommand(t, "GET", "counter") != before }, harness.Patience, time.Millisecond)
				awaitLink(t, s.primary, s.replica)
			}
			books.End()
			require.Empty(t, books.Errs(), "%v", books)
			require.Equal(t, s.primary.MustCommand(t, "GET", "a"), s.primary.MustCommand(t, "GET", "b"))
		})
	}
}

// The former primary hangs, and still thinks it is the primary when it goes on.
func TestFormerPrimaryThatGoesOnIsNotUsed(t *testing.T) {
	for _, from := range []glide.ReadFrom{glide.Primary, glide.PreferReplica, glide.AnyNode} {
		t.Run([]string{"primary", "replica preferred", "any node"}[from], func(t *testing.T) {
			t.Parallel()
			s := start(t)
			client := connect(t, glide.Config{Addresses: harness.AddressesOf(both(s)...), ReadFrom: from})
			require.NoError(t, client.Set(ctx, "key", "old"))
			load := testkit.StartLoad(4, func(int) error {
				err := client.Set(ctx, "key", "new")
				time.Sleep(time.Millisecond)
				return err
			})
			t.Cleanup(load.End)
			require.NoError(t, s.primary.Pause())
			promote(t, s.replica)
			s.replica.MustCommand(t, "SET", "key", "promoted")
			require.Eventually(t, func() bool { return s.replica.MustCommand(t, "GET", "key") == "new" }, harness.Patience, time.Millisecond)
			require.NoError(t, s.primary.Resume())
			time.Sleep(500 * time.Millisecond) // what was on its way to it arrives
			s.primary.MustCommand(t, "SET", "key", "old")
			for range 200 {
				value, err := client.Get(ctx, "key")
				require.NoError(t, err)
				require.Equal(t, "new", value.Value())
				require.Equal(t, "old", s.primary.MustCommand(t, "GET", "key"))
				time.Sleep(5 * time.Millisecond)
			}
			// It is told, and swaps are followed again.
			s.primary.MustCommand(t, "REPLICAOF", s.replica.Host(), portOf(s.replica))
			awaitLink(t, s.replica, s.primary)
			load.Forget()
			s = servers{s.replica, s.primary}.swap(t)
			s.primary.MustCommand(t, "SET", "key", "swapped")
			require.Eventually(t, func() bool { return s.primary.MustCommand(t, "GET", "key") == "new" }, harness.Patience, time.Millisecond)
		})
	}
}

// A replica that is detached, for a backup or permanently, is no reason to leave the
// primary.
func TestDetachedReplicaIsNotFollowed(t *testing.T) {
	t.Parallel()
	s := start(t)
	client := connect(t, glide.Config{Addresses: harness.AddressesOf(both(s)...), RequestTimeout: harness.Patience})
	require.NoError(t, client.Set(ctx, "key", "value"))
	promote(t, s.replica)
	before := testkit.CallsOf(t, s.replica, "set")
	for range 10 {
		// The client looks at the roles whenever it loses a connection.
		_, _ = s.replica.Command("CLIENT", "KILL", "TYPE", "NORMAL")
		_, _ = s.primary.Command("CLIENT", "KILL", "TYPE", "NORMAL")
		time.Sleep(20 * time.Millisecond)
		require.Eventually(t, func() bool { return client.Set(ctx, "key", "value") == nil }, harness.Patience, time.Millisecond)
	}
	require.Equal(t, before, testkit.CallsOf(t, s.replica, "set"))
	require.NoError(t, s.primary.Kill())
	require.Eventually(t, func() bool { return client.Set(ctx, "key", "elsewhere") == nil }, harness.Patience, time.Millisecond)
	require.Equal(t, "elsewhere", s.replica.MustCommand(t, "GET", "key"))
}

// A blocking command that waits for ever on a primary that hangs ends when another
// has taken over, for its caller to wait there.
func TestBlockingCommandLeavesAHungPrimary(t *testing.T) {
	t.Parallel()
	s := start(t)
	client := connect(t, glide.Config{Addresses: harness.AddressesOf(both(s)...), HeartbeatInterval: 300 * time.Millisecond})
	ended := make(chan error, 1)
	go func() {
		_, err := client.BLPop(ctx, 0, "list")
		ended <- err
	}()
	waits := func(client map[string]string) bool { return strings.Contains(client["flags"], "b") }
	require.Eventually(t, func() bool { return slices.ContainsFunc(harness.ClientsOf(t, s.primary), waits) }, harness.Patience, time.Millisecond)
	// The client has nothing else to do: it is the heartbeat that notices.
	require.NoError(t, s.primary.Pause())
	promote(t, s.replica)
	select {
	case err := <-ended:
		require.ErrorIs(t, err, glide.ErrConnectionLost)
	case <-time.After(harness.Patience):
		require.Fail(t, "it waits for ever")
	}
	requireFollowed(t, client, s.replica)
}

// A server that is found later is as good as one that was there from the start.
func TestNewReplicasAreFound(t *testing.T) {
	t.Parallel()
	s := start(t)
	newcomer := glidetest.Start(t)
	client := connect(t, glide.Config{Addresses: harness.AddressesOf(s.primary), NodeDiscovery: glide.DiscoverAll})
	require.NoError(t, client.Set(ctx, "key", "value"))
	newcomer.MustCommand(t, "REPLICAOF", s.primary.Host(), portOf(s.primary))
	awaitLink(t, s.primary, newcomer)
	// The replica that the client is connected to goes, which makes it look.
	// To lose a connection that was not set up yet is no reason.
	require.Eventually(t, func() bool { return client.Stats().Connections == 2 }, harness.Patience, time.Millisecond)
	require.NoError(t, s.replica.Kill())
	require.Eventually(t, func() bool { return len(harness.ClientsOf(t, newcomer)) > 0 }, harness.Patience, time.Millisecond)
	require.NoError(t, s.primary.Kill())
	promote(t, newcomer)
	require.Eventually(t, func() bool { return client.Set(ctx, "key", "newcomer") == nil }, harness.Patience, time.Millisecond)
	// The configured address stays one of those that are asked.
	require.NoError(t, s.primary.Restart())
	require.NoError(t, newcomer.Kill())
	require.Eventually(t, func() bool { return client.Set(ctx, "key", "restarted") == nil }, harness.Patience, time.Millisecond)
	require.Equal(t, "restarted", s.primary.MustCommand(t, "GET", "key"))
}
