package dedicated_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// blockedOf returns how many connections a server holds blocked.
func blockedOf(t testing.TB, server *glidetest.Server) int {
	t.Helper()
	blocked := 0
	for _, client := range harness.ConnectionsTo(t, server) {
		if strings.Contains(client["flags"], "b") {
			blocked++
		}
	}
	return blocked
}

// requireBlocked waits until so many connections are blocked, for as long.
func requireBlocked(t testing.TB, server *glidetest.Server, want int, within time.Duration) {
	t.Helper()
	require.Eventually(t, func() bool { return blockedOf(t, server) == want }, within, 2*time.Millisecond, "%d blocked, want %d", blockedOf(t, server), want)
}

// block begins so many pops that find nothing, and returns what each ends with.
func block(ctx context.Context, client interface {
	BLPop(context.Context, time.Duration, ...string) (glide.Optional[glide.ListElement], error)
}, count int, key string) <-chan error {
	ended := make(chan error, count)
	for range count {
		go func() {
			_, err := client.BLPop(ctx, 0, key)
			ended <- err
		}()
	}
	return ended
}

func TestBlockingCommandsGiveWhatTheyGiveElsewhere(t *testing.T) {
	pop := func(t *testing.T, c faces.Face) {
		for range 2 {
			harness.Value(c.RPush(ctx, "{k}list", "a", "b", "c", "d"))(t)
			require.Equal(t, glide.Some(glide.ListElement{Key: "{k}list", Element: "a"}), harness.Value(c.BLPop(ctx, time.Second, "{k}list"))(t))
			require.Equal(t, glide.Some(glide.ListElement{Key: "{k}list", Element: "d"}), harness.Value(c.BRPop(ctx, time.Second, "{k}none", "{k}list"))(t))
			require.Equal(t, glide.Some("b"), harness.Value(c.BLMove(ctx, time.Second, "{k}list", "{k}other", glide.Left, glide.Right))(t))
			harness.Value(c.ZAdd(ctx, "{k}zset", []glide.Scored{{Member: "m", Score: 1.5}, {Member: "n", Score: 2}}))(t)
			require.Equal(t, glide.Some(glide.PoppedMember{Key: "{k}zset", Member: "m", Score: 1.5}), harness.Value(c.BZPopMin(ctx, time.Second, "{k}zset"))(t))
			require.Equal(t, glide.Some(glide.PoppedMember{Key: "{k}zset", Member: "n", Score: 2}), harness.Value(c.BZPopMax(ctx, time.Second, "{k}zset"))(t))
			require.True(t, harness.Value(c.BLPop(ctx, 10*time.Millisecond, "{k}none"))(t).IsNil())
			harness.Value(c.Del(ctx, "{k}list"))(t)
		}
	}
	harness.OnShared(t, func(t *testing.T, client *glide.Client) { pop(t, client) })
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) { pop(t, client) })
}

func TestBlockedCallsHoldNobodyUp(t *testing.T) {
	harness.OnOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
		percentile := func() time.Duration {
			var took []time.Duration
			for range 3000 {
				began := time.Now()
				harness.Value(client.Get(ctx, "key"))(t)
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			return took[len(took)*99/100]
		}
		// What else the machine does comes and goes: once is enough.
		isFast := func() bool {
			alone := percentile()
			waiting, cancel := context.WithCancel(ctx)
			ended := block(waiting, client, 50, "nothing")
			requireBlocked(t, server, 50, harness.Patience)
			beside := percentile()
			t.Logf("p99 of GET: %v alone, %v beside 50 blocked calls", alone, beside)
			cancel()
			for range 50 {
				require.ErrorIs(t, <-ended, context.Canceled)
			}
			requireBlocked(t, server, 0, harness.Patience)
			return beside < 4*alone+2*time.Millisecond
		}
		for tries := 1; !isFast(); tries++ {
			require.Less(t, tries, 5, "blocked calls delay others")
		}
	})
}

func TestACallWhoseContextEndsTakesNothingLater(t *testing.T) {
	const calls = 200
	test := func(t *testing.T, server *glidetest.Server, client interface {
		faces.Face
		BLPop(context.Context, time.Duration, ...string) (glide.Optional[glide.ListElement], error)
	}) {
		waiting, cancel := context.WithCancel(ctx)
		ended := block(waiting, client, calls, "list")
		requireBlocked(t, server, calls, harness.Patience)
		cancel()
		for range calls {
			require.ErrorIs(t, <-ended, context.Canceled)
		}
		// At once: what must be forgotten was forgotten before they returned.
		for i := range calls {
			harness.Value(client.RPush(ctx, "list", fmt.Sprint(i)))(t)
		}
		require.EqualValues(t, calls, harness.Value(client.LLen(ctx, "list"))(t))
		requireBlocked(t, server, 0, 100*time.Millisecond)
		require.Eventually(t, func() bool { return engine.Live().Connections == 0 }, harness.Patience, time.Millisecond, "they were closed")
	}
	harness.OnOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) { test(t, server, client) })
	t.Run("deadlines", func(t *testing.T) {
		server := glidetest.Start(t)
		client := harness.Connect(t, server)
		// A busy machine may need longer than the calls wait to close so many
		// connections at once. One it closes in time.
		for _, calls := range []int{calls, 20, 1} {
			short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
			defer cancel()
			deadline, _ := short.Deadline()
			ended := block(short, client, calls, "list")
			for range calls {
				err := <-ended
				require.ErrorIs(t, err, glide.ErrTimeout)
				require.ErrorIs(t, err, context.DeadlineExceeded)
			}
			if took := time.Since(deadline); took >= closingGrace && calls > 1 {
				t.Logf("%d calls returned %v after their deadline: trying fewer", calls, took)
				requireBlocked(t, server, 0, harness.Patience)
				continue
			}
			harness.Value(client.RPush(ctx, "list", "a"))(t)
			require.EqualValues(t, 1, harness.Value(client.LLen(ctx, "list"))(t))
			requireBlocked(t, server, 0, 100*time.Millisecond)
			return
		}
	})
}

// closingGrace is how long a call waits until its connection is closed, as the
// documentation of the package says.
const closingGrace = 40 * time.Millisecond

func TestNoElementIsLostWhereTheServerEndsTheWait(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	const elements, consumers = 500, 8
	given := make(chan string, elements)
	var group sync.WaitGroup
	done := make(chan struct{})
	for i := range consumers {
		group.Add(1)
		go func() {
			defer group.Done()
			for {
				element, err := client.BLPop(ctx, time.Duration(i+1)*time.Millisecond, "list")
				if err != nil {
					t.Error(err)
					return
				}
				if !element.IsNil() {
					given <- element.Value().Element
					continue
				}
				select {
				case <-done:
					return
				default:
				}
			}
		}()
	}
	for i := range elements {
		harness.Value(client.RPush(ctx, "list", fmt.Sprint(i)))(t)
		time.Sleep(time.Millisecond)
	}
	close(done)
	group.Wait()
	require.Len(t, given, elements)
}

func TestABlockedCallWhoseConnectionIsKilledEndsAtOnce(t *testing.T) {
	harness.OnOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
		ended := block(ctx, client, 1, "nothing")
		requireBlocked(t, server, 1, harness.Patience)
		for _, blocked := range harness.ConnectionsTo(t, server) {
			if strings.Contains(blocked["flags"], "b") {
				server.MustCommand(t, "CLIENT", "KILL", "ID", blocked["id"])
			}
		}
		select {
		case err := <-ended:
			require.ErrorIs(t, err, glide.ErrConnectionLost)
		case <-time.After(harness.Patience):
			require.Fail(t, "it goes on")
		}
	})
}

func TestCloseEndsBlockedCalls(t *testing.T) {
	harness.OnOwn(t, func(t *testing.T, server *glidetest.Server, client *glide.Client) {
		ended := block(ctx, client, 50, "nothing")
		requireBlocked(t, server, 50, harness.Patience)
		client.Close()
		late := time.After(time.Second)
		for range 50 {
			select {
			case err := <-ended:
				require.ErrorIs(t, err, glide.ErrClosed)
			case <-late:
				require.Fail(t, "they go on")
			}
		}
		requireBlocked(t, server, 0, 100*time.Millisecond)
		_, err := client.BLPop(ctx, 0, "nothing")
		require.ErrorIs(t, err, glide.ErrClosed)
	})
}

func TestCloseMayComeWithTheFirstBlockedCalls(t *testing.T) {
	server := glidetest.Start(t)
	goroutines := runtime.NumGoroutine()
	for range 100 {
		client := harness.Connect(t, server, harness.Patient)
		ended := block(ctx, client, 5, "nothing")
		time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond)
		client.Close()
		for range 5 {
			require.ErrorIs(t, <-ended, glide.ErrClosed)
		}
	}
	harness.RequireNothingLeft(t, goroutines)
	harness.RequireNoConnections(t, server)
}

func TestConnectionsAreUsedAgainAndClosedWhenIdle(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient, func(config *glide.Config) {
		config.DedicatedIdleTime, config.ClientName = 300*time.Millisecond, "named"
	})
	own := func() (ids []string) {
		for _, c := range harness.ConnectionsTo(t, server) {
			if c["name"] == "named" && c["cmd"] == "blpop" {
				ids = append(ids, c["id"])
			}
		}
		return ids
	}
	for range 20 {
		require.True(t, harness.Value(client.BLPop(ctx, time.Millisecond, "nothing"))(t).IsNil())
	}
	require.Len(t, own(), 1, "one after the other they need one")
	first := own()
	require.Eventually(t, func() bool { return len(own()) == 0 }, harness.Patience, 10*time.Millisecond)
	require.Eventually(t, func() bool { return engine.Live().Connections == 0 }, harness.Patience, time.Millisecond)
	require.True(t, harness.Value(client.BLPop(ctx, time.Millisecond, "nothing"))(t).IsNil())
	require.NotEqual(t, first, own())
}

func TestOneMoreThanTheLimitWaitsForItsTurn(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, func(config *glide.Config) { config.DedicatedLimit = 2 })
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := block(waiting, client, 2, "nothing")
	requireBlocked(t, server, 2, harness.Patience)

	short, end := context.WithTimeout(ctx, 50*time.Millisecond)
	defer end()
	_, err := client.BLPop(short, time.Millisecond, "other")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	err = client.Dedicated(ctx, func(c *glide.DedicatedClient) error { return c.Ping(ctx) })
	require.ErrorIs(t, err, glide.ErrTimeout)
	require.ErrorIs(t, err, glide.ErrInflightLimit)
	require.ErrorContains(t, err, "DedicatedLimit")
	require.True(t, glide.SafeToRetry(err))

	turn := block(ctx, client, 1, "third")
	time.Sleep(20 * time.Millisecond)
	require.Equal(t, 2, blockedOf(t, server))
	harness.Value(client.RPush(ctx, "nothing", "something"))(t)
	require.NoError(t, <-ended)
	harness.Value(client.RPush(ctx, "third", "something"))(t)
	require.NoError(t, <-turn)
}

func TestBlockedCallsTakeNoPermitsOfOthers(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient, func(config *glide.Config) { config.InflightLimit = 3 })
	waiting, cancel := context.WithCancel(ctx)
	ended := block(waiting, client, 3, "nothing")
	requireBlocked(t, server, 3, harness.Patience)
	// Each has a separate connection, of which DedicatedLimit is the limit.
	for range 3 {
		harness.Value(client.Get(ctx, "key"))(t)
	}
	_, err := client.BLPop(ctx, 10*time.Millisecond, "nothing")
	require.NoError(t, err)
	cancel()
	for range 3 {
		require.ErrorIs(t, <-ended, context.Canceled)
	}
	harness.Value(client.Get(ctx, "key"))(t)
}

func TestOwnConnectionsAreConfiguredLikeTheOthers(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithTLS(), glidetest.WithUser("app", "on", ">secret", "~*", "+@all", "-debug"))
	for _, p := range harness.Protocols {
		client := harness.Connect(t, server, harness.Patient, harness.Speaking(p.Protocol), func(config *glide.Config) {
			config.TLS = &glide.TLS{RootCertificates: server.Certificates().CA}
			config.Credentials = glide.Credentials{Username: "app", Password: "secret"}
			config.Database, config.ClientName = 3, "named"
		})
		harness.Dedicated(t, client, func(c *glide.DedicatedClient) {
			info := harness.Value(c.ClientInfo(ctx))(t)
			require.Equal(t, "app", info.User)
			require.Equal(t, "named", info.Name)
			require.EqualValues(t, 3, info.Database)
			shared := harness.Value(client.ClientInfo(ctx))(t)
			require.Equal(t, shared.LibraryName, info.LibraryName)
			require.Equal(t, shared.Protocol, info.Protocol)
			require.NotEqual(t, shared.ID, info.ID)
		})
		// What was selected since is selected there too.
		require.NoError(t, client.Select(ctx, 5))
		require.True(t, harness.Value(client.BLPop(ctx, time.Millisecond, "nothing"))(t).IsNil())
		harness.Dedicated(t, client, func(c *glide.DedicatedClient) {
			require.EqualValues(t, 5, harness.Value(c.ClientInfo(ctx))(t).Database)
		})
	}
}

func TestBlockingCommandsOfALazyClient(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient, func(config *glide.Config) { config.LazyConnect = true })
	require.True(t, harness.Value(client.BLPop(ctx, time.Millisecond, "nothing"))(t).IsNil())
	cluster, err := testkit.SharedCluster()
	require.NoError(t, err)
	lazy := harness.ConnectToCluster(t, cluster, func(config *glide.ClusterConfig) {
		config.LazyConnect, config.RequestTimeout = true, harness.Patience
	})
	require.True(t, harness.Value(lazy.BLPop(ctx, time.Millisecond, "nothing"))(t).IsNil())
}

func TestBlockingCommandsFindThePrimary(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithReplicas(1))
	client := harness.ConnectWith(t, harness.ConfigFor(server.Replicas()[0], server))
	require.True(t, harness.Value(client.BLPop(ctx, time.Millisecond, "nothing"))(t).IsNil())

	reader := harness.Connect(t, server.Replicas()[0], harness.Patient, func(config *glide.Config) { config.ReadOnly = true })
	_, err := reader.BLPop(ctx, time.Millisecond, "nothing")
	require.ErrorIs(t, err, glide.ErrInvalidArgument, "it would write")
	require.Empty(t, harness.Value(reader.XReadBlocking(ctx, time.Millisecond, []glide.StreamPosition{{Key: "nothing", ID: glide.StreamLast}}))(t))
}

func TestBlockingCommandsOutliveARestart(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	require.True(t, harness.Value(client.BLPop(ctx, time.Millisecond, "nothing"))(t).IsNil())
	ended := block(ctx, client, 1, "nothing")
	requireBlocked(t, server, 1, harness.Patience)
	require.NoError(t, server.Restart())
	require.ErrorIs(t, <-ended, glide.ErrConnectionLost)
	// The idle one was closed too, and is not used.
	require.True(t, harness.Value(client.BLPop(ctx, time.Millisecond, "nothing"))(t).IsNil())
}

func TestABlockedCallNoticesAServerThatIsGone(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, func(config *glide.Config) { config.RequestTimeout = 100 * time.Millisecond })
	require.True(t, harness.Value(client.BLPop(ctx, time.Millisecond, "nothing"))(t).IsNil())
	require.NoError(t, server.Pause())
	stalls := testkit.MeasureStalls(t)
	began := time.Now()
	_, err := client.BLPop(ctx, 200*time.Millisecond, "nothing")
	require.ErrorIs(t, err, glide.ErrTimeout)
	require.Less(t, time.Since(began), time.Second+stalls())
	require.NoError(t, server.Resume())
}

func TestATimeoutThatNobodyCanMeanIsRefusedBeforeAnythingIsTaken(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		harness.Value(client.RPush(ctx, "list", "a"))(t)
		for _, timeout := range []string{"never", "-1", "1e300"} {
			_, err := client.Do(ctx, "BLPOP", "list", timeout)
			require.Error(t, err)
		}
		require.EqualValues(t, 1, harness.Value(client.LLen(ctx, "list"))(t))
	})
}
