package commands_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// onEachClient runs a test on the shared server and on the shared cluster;
// exec runs a pipeline there.
func onEachClient(t *testing.T, test func(t *testing.T, c faces.Face, exec func(*glide.Pipeline, ...glide.ExecOption) (glide.Results, error))) {
	t.Helper()
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		test(t, client, func(p *glide.Pipeline, options ...glide.ExecOption) (glide.Results, error) {
			return client.Exec(ctx, p, options...)
		})
	})
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		test(t, client, func(p *glide.Pipeline, options ...glide.ExecOption) (glide.Results, error) {
			return client.Exec(ctx, p, options...)
		})
	})
}

func TestResultsComeInOrderWithTheTypesOfTheMethods(t *testing.T) {
	onEachClient(t, func(t *testing.T, _ faces.Face, exec func(*glide.Pipeline, ...glide.ExecOption) (glide.Results, error)) {
		results, err := exec(glide.NewPipeline().
			Set("a", "1").Incr("a").Get("a").Get("absent").MGet("a", "b", "c").Exists("a").PingMessage("hello"))
		require.NoError(t, err)
		require.Equal(t, 7, results.Len())
		require.NoError(t, results.Err(0))
		require.EqualValues(t, 2, harness.Value(glide.Result[int64](results, 1))(t))
		require.Equal(t, glide.Some("2"), harness.Value(glide.Result[glide.Optional[string]](results, 2))(t))
		require.True(t, harness.Value(glide.Result[glide.Optional[string]](results, 3))(t).IsNil())
		require.Equal(t, []glide.Optional[string]{glide.Some("2"), glide.None[string](), glide.None[string]()},
			harness.Value(glide.Result[[]glide.Optional[string]](results, 4))(t))
		require.Equal(t, "hello", harness.Value(glide.Result[string](results, 6))(t))

		_, err = glide.Result[string](results, 1)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		require.EqualError(t, err, "glide: result: invalid argument: the result of INCR at index 1 is of type int64, not string")
		for _, index := range []int{-1, 7} {
			_, err = glide.Result[string](results, index)
			require.ErrorIs(t, err, glide.ErrInvalidArgument)
			require.ErrorIs(t, results.Err(index), glide.ErrInvalidArgument)
		}
	})
}

func TestACommandThatFailsInABatchFailsInItsPlace(t *testing.T) {
	wrongType := func(t *testing.T, results glide.Results) {
		require.NoError(t, results.Err(0))
		harness.RequireCode(t, "WRONGTYPE", results.Err(1))
		_, err := glide.Result[any](results, 1)
		harness.RequireCode(t, "WRONGTYPE", err)
		require.Equal(t, glide.Some("v"), harness.Value(glide.Result[glide.Optional[string]](results, 2))(t))
	}
	onEachClient(t, func(t *testing.T, _ faces.Face, exec func(*glide.Pipeline, ...glide.ExecOption) (glide.Results, error)) {
		pipeline := glide.NewPipeline().Set("k", "v").Do("LPUSH", "k", "1").Get("k")
		results, err := exec(pipeline)
		require.NoError(t, err)
		wrongType(t, results)

		results, err = exec(pipeline, glide.FailOnError)
		harness.RequireCode(t, "WRONGTYPE", err)
		wrongType(t, results)

		// What the server does not understand is no different in a pipeline.
		results, err = exec(glide.NewPipeline().Set("k", "v").Do("NOSUCH", "k").Do("GET", "k", "too", "many").Get("k"))
		require.NoError(t, err)
		harness.RequireCode(t, "ERR", results.Err(1))
		harness.RequireCode(t, "ERR", results.Err(2))
		require.Equal(t, glide.Some("v"), harness.Value(glide.Result[glide.Optional[string]](results, 3))(t))
	})
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		results, err := client.Exec(ctx, glide.NewTransaction().Set("k", "v").Do("LPUSH", "k", "1").Get("k"))
		require.NoError(t, err)
		wrongType(t, results)
	})
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		results, err := client.Exec(ctx, glide.NewTransaction().Set("k", "v").Do("LPUSH", "k", "1").Get("k"))
		require.NoError(t, err)
		wrongType(t, results)
	})
}

func TestATransactionThatTheServerDoesNotUnderstandIsNotRun(t *testing.T) {
	for _, bad := range [][]string{{"NOSUCH", "k"}, {"GET", "k", "too", "many"}} {
		harness.OnShared(t, func(t *testing.T, client *glide.Client) {
			results, err := client.Exec(ctx, glide.NewTransaction().Set("k", "v").Do(bad...).Incr("n"))
			harness.RequireRefused(t, err)
			require.Zero(t, results.Len())
			require.EqualValues(t, 0, harness.Value(client.Exists(ctx, "k", "n"))(t))
		})
		harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
			_, err := client.Exec(ctx, glide.NewTransaction().Set("{k}", "v").Do(bad...).Incr("{k}n"))
			harness.RequireRefused(t, err)
			require.EqualValues(t, 0, harness.Value(client.Exists(ctx, "{k}", "{k}n"))(t))
		})
	}
}

func TestATransactionMaySelectADatabase(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		require.NoError(t, client.Select(ctx, 2))
		require.NoError(t, client.Set(ctx, "k", "in 2"))
		results, err := client.Exec(ctx, glide.NewTransaction().Select(5).Set("k", "in 5").Get("k"))
		require.NoError(t, err)
		require.Equal(t, 3, results.Len())
		require.Equal(t, glide.Some("in 5"), harness.Value(glide.Result[glide.Optional[string]](results, 2))(t))
		require.Equal(t, glide.Some("in 2"), harness.Value(client.Get(ctx, "k"))(t), "the others are where they were")

		results, err = client.Exec(ctx, glide.NewTransaction().Select(7).Select(1000).Set("k", "in 7"))
		require.NoError(t, err)
		harness.RequireCode(t, "ERR", results.Err(1))
		require.Equal(t, glide.Some("in 2"), harness.Value(client.Get(ctx, "k"))(t))
	})
}

func TestATransactionIsOfOneSlot(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		_, err := client.Exec(ctx, glide.NewTransaction().Set("a", "1").Set("b", "1"))
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		require.EqualError(t, err, "glide: transaction: invalid argument: its keys are of more than one slot")
		require.EqualValues(t, 0, harness.Value(client.Exists(ctx, "a", "b"))(t), "nothing was sent")

		// Of a custom command's words no one knows which are keys.
		_, err = client.Exec(ctx, glide.NewTransaction().Do("SET", "a", "1").Do("SET", "b", "1"))
		harness.RequireCode(t, "CROSSSLOT", err)

		// Without keys it is as good anywhere.
		results, err := client.Exec(ctx, glide.NewTransaction().PingMessage("x"))
		require.NoError(t, err)
		require.Equal(t, "x", harness.Value(glide.Result[string](results, 0))(t))
	})
}

func TestATransactionOfServerCommandsTakesANode(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		for _, batch := range []glide.Batch{glide.NewTransaction().ClientID(), glide.NewPipeline().ClientID()} {
			_, err := client.Exec(ctx, batch)
			require.ErrorIs(t, err, glide.ErrInvalidArgument)
			require.ErrorContains(t, err, "ClientID is about one node: it takes Node")
			results, err := client.Node(glide.PrimaryOfSlot(0)).Exec(ctx, batch)
			require.NoError(t, err)
			require.Positive(t, harness.Value(glide.Result[int64](results, 0))(t))
			require.NoError(t, client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
				id := harness.Value(c.ClientID(ctx))(t)
				results, err := c.Exec(ctx, batch)
				require.NoError(t, err)
				require.Equal(t, id, harness.Value(glide.Result[int64](results, 0))(t))
				return nil
			}))
		}
		for _, on := range []interface {
			Exec(context.Context, glide.Batch, ...glide.ExecOption) (glide.Results, error)
		}{client, client.Node(glide.RandomNode)} {
			_, err := on.Exec(ctx, glide.NewTransaction().Set("k", "v").Select(0))
			require.ErrorIs(t, err, glide.ErrInvalidArgument)
			require.ErrorContains(t, err, "Select is not for clusters")
		}
	})
}

func TestOptionsOfClustersHaveNoEffectOnAServer(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		results, err := client.Exec(ctx, glide.NewPipeline().Set("k", "v").Get("k"), glide.RetryServerErrors, glide.RetryConnectionErrors, glide.FailOnError)
		require.NoError(t, err)
		require.Equal(t, glide.Some("v"), harness.Value(glide.Result[glide.Optional[string]](results, 1))(t))
		var keys []string
		for key, err := range client.AllKeys(ctx, glide.AllowUncoveredSlots, glide.Match("k")) {
			require.NoError(t, err)
			keys = append(keys, key)
		}
		require.Equal(t, []string{"k"}, keys)
		for _, err := range client.AllKeys(ctx, nil) {
			require.ErrorIs(t, err, glide.ErrInvalidArgument)
		}
	})
}

func TestAPipelineSpansSlots(t *testing.T) {
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		const keys = 500
		pipeline := glide.NewPipeline()
		for i := range keys {
			pipeline.Set(fmt.Sprint("key", i), strconv.Itoa(i)).IncrBy(fmt.Sprint("key", i), 1)
		}
		for _, options := range [][]glide.ExecOption{nil, {glide.RetryServerErrors, glide.RetryConnectionErrors}} {
			results, err := client.Exec(ctx, pipeline, options...)
			require.NoError(t, err)
			for i := range keys {
				require.NoError(t, results.Err(2*i))
				require.EqualValues(t, i+1, harness.Value(glide.Result[int64](results, 2*i+1))(t))
			}
		}
		_, err := client.Exec(ctx, glide.NewTransaction().Get("k"), glide.RetryServerErrors)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
	})
}

func TestABatchIsRunByManyAtOnce(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		const callers, rounds = 50, 40
		batches := []glide.Batch{glide.NewTransaction().Incr("n").Get("k"), glide.NewPipeline().Incr("n").Get("k")}
		var group sync.WaitGroup
		for i := range callers {
			group.Go(func() {
				for range rounds {
					results, err := client.Exec(ctx, batches[i%2])
					if err != nil || results.Len() != 2 || results.Err(0) != nil {
						t.Error(err, results)
						return
					}
				}
			})
		}
		group.Wait()
		require.Equal(t, glide.Some(strconv.Itoa(callers*rounds)), harness.Value(client.Get(ctx, "n"))(t))
	})
}

func TestBatchesOfAnySize(t *testing.T) {
	onEachClient(t, func(t *testing.T, c faces.Face, exec func(*glide.Pipeline, ...glide.ExecOption) (glide.Results, error)) {
		results, err := exec(glide.NewPipeline())
		require.NoError(t, err)
		require.Zero(t, results.Len())

		const many = 100_000
		pipeline := glide.NewPipeline()
		for range many {
			pipeline.Incr("n")
		}
		require.Equal(t, many, pipeline.Len())
		results, err = exec(pipeline)
		require.NoError(t, err)
		for i := range many {
			n, err := glide.Result[int64](results, i)
			require.NoError(t, err)
			require.EqualValues(t, i+1, n)
		}
	})
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		results, err := client.Exec(ctx, glide.NewTransaction())
		require.NoError(t, err)
		require.Zero(t, results.Len())
		transaction := glide.NewTransaction()
		for range 100_000 {
			transaction.Incr("n")
		}
		results, err = client.Exec(ctx, transaction)
		require.NoError(t, err)
		require.EqualValues(t, 100_000, harness.Value(glide.Result[int64](results, 99_999))(t))
	})
}

func TestABatchThatCannotBeMeantIsNotSent(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		for what, batch := range map[string]glide.Batch{
			"glide: batch: invalid argument: at 1: glide: DEL: invalid argument: no keys":                                                               glide.NewPipeline().Get("k").Del(),
			"glide: transaction: invalid argument: at 0: WATCH: it changes its connection, which other callers share: it takes a dedicated one":         glide.NewTransaction().Do("WATCH", "k"),
			"glide: pipeline: invalid argument: a command that blocks would hold up the rest":                                                           glide.NewPipeline().Do("BLPOP", "k", "0"),
			"glide: pipeline: invalid argument: at 1: CLIENT REPLY: it is not answered once, so it cannot share a connection: it takes a dedicated one": glide.NewPipeline().Get("k").Do("client", "reply", "OFF"),
			"glide: batch: invalid argument: at 0: glide: SUBSCRIBE: invalid argument: its replies are messages: use Subscription or Subscribe":         glide.NewPipeline().Do("subscribe", "k"),
			"glide: batch: invalid argument: nil batch":                                                nil,
			"glide: batch: invalid argument: at 0: glide: custom command: invalid argument: no name":   glide.NewPipeline().Do(),
			"glide: batch: invalid argument: at 0: glide: SET: invalid argument: more than one expiry": glide.NewTransaction().Set("k", "v", glide.ExpireIn(1), glide.KeepTTL),
		} {
			results, err := client.Exec(ctx, batch)
			require.ErrorIs(t, err, glide.ErrInvalidArgument)
			require.EqualError(t, err, what)
			require.Zero(t, results.Len())
		}
		_, err := client.Exec(ctx, (*glide.Transaction)(nil))
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		_, err = client.Exec(ctx, (*glide.Pipeline)(nil))
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		_, err = client.Exec(ctx, glide.NewPipeline().Get("k"), nil)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		//lint:ignore SA1012 that it is refused is tested
		_, err = client.Exec(nil, glide.NewPipeline().Get("k"))
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
	})
}

func TestABatchKeepsItsTime(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, func(c *glide.Config) { c.RequestTimeout = 100 * time.Millisecond })
	transaction := glide.NewTransaction().Incr("n")
	_, err := client.Exec(ctx, transaction)
	require.NoError(t, err)
	require.NoError(t, server.Pause())
	stalls := testkit.MeasureStalls(t)
	begun := time.Now()
	_, err = client.Exec(ctx, transaction)
	require.ErrorIs(t, err, glide.ErrTimeout)
	require.Less(t, time.Since(begun), 100*time.Millisecond+harness.Tolerance+stalls())

	short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
	defer cancel()
	begun = time.Now()
	_, err = client.Exec(short, transaction)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(begun), 30*time.Millisecond+harness.Tolerance+stalls())
	require.NoError(t, server.Resume())
}

func TestABatchIsOneRequestInFlight(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, func(c *glide.Config) { c.RequestTimeout, c.InflightLimit = 500*time.Millisecond, 1 })
	_, err := client.Exec(ctx, glide.NewPipeline().Get("a").Get("b").Get("c"))
	require.NoError(t, err)
	require.NoError(t, server.Pause())
	waits := make(chan error)
	go func() {
		_, err := client.Exec(ctx, glide.NewPipeline().Get("a"))
		waits <- err
	}()
	time.Sleep(100 * time.Millisecond)
	_, err = client.Exec(ctx, glide.NewTransaction().Get("a"))
	require.ErrorIs(t, err, glide.ErrInflightLimit)
	require.ErrorIs(t, <-waits, glide.ErrTimeout)
	require.NoError(t, server.Resume())
	require.Eventually(t, func() bool {
		_, err := client.Exec(ctx, glide.NewTransaction().Get("a"))
		return err == nil
	}, harness.Patience, 10*time.Millisecond)
}

func TestResultsAreFoundByTheirCommandAndAreARange(t *testing.T) {
	onEachClient(t, func(t *testing.T, _ faces.Face, exec func(*glide.Pipeline, ...glide.ExecOption) (glide.Results, error)) {
		pipeline := glide.NewPipeline().Del("{r}name", "{r}count").Set("{r}name", "Ada")
		name := glide.LastQueued[glide.Optional[string]](pipeline.Get("{r}name"))
		wrong := glide.LastQueued[int64](pipeline.LPush("{r}name", "x"))
		count := glide.LastQueued[int64](pipeline.Incr("{r}count"))
		bytes := glide.LastQueued[glide.Optional[[]byte]](pipeline.GetBytes("{r}name"))
		pipeline.MGet("{r}name", "{r}none")
		results, err := exec(pipeline)
		require.NoError(t, err)

		require.Equal(t, glide.Some("Ada"), harness.Value(name.Result(results))(t))
		require.EqualValues(t, 1, harness.Value(count.Result(results))(t))
		require.Equal(t, "Ada", string(harness.Value(bytes.Result(results))(t).Value()))
		_, err = wrong.Result(results)
		require.Equal(t, "WRONGTYPE", glide.Code(err))

		var failed []int
		for index, err := range results.Errors() {
			harness.RequireCode(t, "WRONGTYPE", err)
			failed = append(failed, index)
		}
		require.Equal(t, []int{3}, failed)
		var values []any
		for value, err := range results.All() {
			if err != nil {
				value = glide.Code(err)
			}
			values = append(values, value)
		}
		require.Equal(t, []any{int64(0), nil, glide.Some("Ada"), "WRONGTYPE", int64(1), glide.Some([]byte("Ada")), []glide.Optional[string]{glide.Some("Ada"), glide.None[string]()}}, values)
		require.Equal(t,
			`[DEL: 0, SET: <nil>, GET: "Ada", LPUSH: glide: LPUSH: WRONGTYPE Operation against a key holding the wrong kind of value, INCR: 1, GET: "Ada", MGET: ["Ada" <nil>]]`,
			fmt.Sprint(results))

		// A command of another batch has no result here, nor has one of another type.
		other := glide.NewPipeline()
		_, err = glide.LastQueued[glide.Optional[string]](other.Get("{r}name")).Result(results)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		_, err = glide.LastQueued[string](glide.NewPipeline()).Result(results)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		_, err = glide.LastQueued[int64](pipeline).Result(results)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		_, err = name.Result(glide.Results{})
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
	})
}
