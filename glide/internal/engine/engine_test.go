package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/pb"
	"github.com/valkey-glide/go/glide/internal/wire"
	"google.golang.org/protobuf/proto"
)

// echoClient is a client without a server: see ffi/src/echo.rs.
func echoClient(t *testing.T, timeout time.Duration) *Client {
	t.Helper()
	e, err := Next()
	require.NoError(t, err)
	request, err := proto.Marshal(&pb.ConnectionRequest{Echo: true})
	require.NoError(t, err)
	c, err := e.Connect(context.Background(), request, timeout, nil, nil)
	require.NoError(t, err)
	t.Cleanup(func() {
		c.Close()
		expectNothingAlive(t, e)
	})
	return c
}

func expectNothingAlive(t *testing.T, e *Engine) {
	t.Helper()
	var state string
	assert.Eventually(t, func() bool {
		alive := Live()
		state = fmt.Sprint(alive.Tickets, alive.Buffers, e.inflight.Load(), e.isDriven())
		return state == "0 0 0 false"
	}, 10*time.Second, time.Millisecond, "something is left alive")
	require.Equal(t, "0 0 0 false", state, "tickets, buffers, in flight, driving")
	waiting := 0
	e.calls.waiting(func(*call, uint64) { waiting++ })
	require.Zero(t, waiting)
}

// echo runs a command and expects its own words back.
func echo(ctx context.Context, c *Client, args ...string) error {
	w := wire.NewRawRequest(args[0])
	defer w.Release()
	for _, arg := range args[1:] {
		w.String(arg)
	}
	reply, err := Run(ctx, c, w, false, func(r *wire.Reader) ([]string, error) {
		n, err := r.Array()
		if err != nil {
			return nil, err
		}
		words := make([]string, n)
		for i := range words {
			if words[i], err = r.String(); err != nil {
				return nil, err
			}
		}
		return words, nil
	})
	if err == nil && strings.Join(reply, "\x00") != strings.Join(args, "\x00") {
		return fmt.Errorf("sent %q, got %q", args, reply)
	}
	return err
}

func TestEachCallerGetsItsOwnReply(t *testing.T) {
	for _, callers := range []int{1, 2, 16, 100, 1000} {
		t.Run(fmt.Sprint(callers), func(t *testing.T) {
			c := echoClient(t, 30*time.Second)
			var group sync.WaitGroup
			for caller := range callers {
				group.Go(func() {
					for i := range 20_000 / callers {
						size := []int{0, 10, 5000, largeRequest - 40, largeRequest + 40}[i%5]
						err := echo(context.Background(), c, "A", fmt.Sprint(caller, i), strings.Repeat("x", size))
						if err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			group.Wait()
		})
	}
}

func TestSeveralClientsShareTheDriving(t *testing.T) {
	var group sync.WaitGroup
	for client := range 8 {
		c := echoClient(t, 30*time.Second)
		for caller := range 8 {
			group.Go(func() {
				for i := range 500 {
					if err := echo(context.Background(), c, "A", fmt.Sprint(client, caller, i)); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	group.Wait()
}

// Callers come and leave at every moment, while replies take their time: the
// driving is never lost, and no one gets what is not theirs.
func TestDrivingSurvivesCallersThatLeave(t *testing.T) {
	for _, procs := range []int{1, 2, 8} {
		t.Run(fmt.Sprint("GOMAXPROCS ", procs), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			c := echoClient(t, 30*time.Second)
			var left, answered atomic.Int64
			var group sync.WaitGroup
			for caller := range 32 {
				group.Go(func() {
					random := rand.New(rand.NewPCG(uint64(caller), 1))
					for i := range 300 {
						ctx, cancel := context.WithCancel(context.Background())
						stop := time.AfterFunc(time.Duration(random.IntN(1500))*time.Microsecond, cancel)
						var err error
						if random.IntN(4) == 0 {
							err = echo(ctx, c, "LATER", fmt.Sprint(random.IntN(3)), fmt.Sprint(caller, i))
						} else {
							err = echo(ctx, c, "A", fmt.Sprint(caller, i))
						}
						stop.Stop()
						cancel()
						switch {
						case err == nil:
							answered.Add(1)
						case errors.Is(err, context.Canceled):
							left.Add(1)
						default:
							t.Error(err)
							return
						}
					}
				})
			}
			group.Wait()
			require.NotZero(t, left.Load())
			require.NotZero(t, answered.Load())
			require.NoError(t, echo(context.Background(), c, "A"), "the client does not work any more")
		})
	}
}

func TestCallIsNotHeldUpBySomebodyElsesWait(t *testing.T) {
	c := echoClient(t, 30*time.Second)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	slow := make(chan error, 1)
	go func() { slow <- echo(ctx, c, "LATER", "30000") }()
	time.Sleep(10 * time.Millisecond)
	for range 20 {
		require.NoError(t, echo(context.Background(), c, "A"))
	}
	require.Empty(t, slow, "the others have waited for it")
	cancel()
	require.ErrorIs(t, <-slow, context.Canceled)
}

func isTimeout(err error) bool {
	var failure *Failure
	return errors.As(err, &failure) && failure.Outcome == abi.OutcomeTimeout
}

func TestTimeoutEndsAtItsTime(t *testing.T) {
	const timeout = 100 * time.Millisecond
	c := echoClient(t, timeout)
	// The slowest of a hundred. What else the machine does makes it slower, and
	// nothing makes it faster.
	slowest := func() time.Duration {
		var group sync.WaitGroup
		took := make([]time.Duration, 100)
		for i := range took {
			group.Go(func() {
				begun := time.Now()
				err := echo(context.Background(), c, "HANG")
				took[i] = time.Since(begun)
				if !isTimeout(err) {
					t.Errorf("got %v", err)
				}
			})
		}
		group.Wait()
		require.GreaterOrEqual(t, slices.Min(took), timeout)
		return slices.Max(took)
	}
	for tries := 1; ; tries++ {
		took := slowest()
		if took < timeout+reportingGrace+50*time.Millisecond {
			return
		}
		require.Less(t, tries, 5, "took %v", took)
	}
}

// The library ends such calls itself, unless its event loop is busy; this client
// never does.
func TestBlockingCallEndsInTimeWithoutTheLibrary(t *testing.T) {
	const timeout, wait = 50 * time.Millisecond, 100 * time.Millisecond
	c := echoClient(t, timeout)
	w := wire.NewRawRequest("HANG")
	defer w.Release()
	w.SetDedicated()
	w.SetWait(wait)
	ended := make(chan error, 1)
	begun := time.Now()
	go func() {
		_, err := Run(context.Background(), c, w, true, func(*wire.Reader) (any, error) { return nil, nil })
		ended <- err
	}()
	select {
	case err := <-ended:
		var failure *Failure
		require.ErrorAs(t, err, &failure)
		require.Equal(t, abi.OutcomeTimeout, failure.Outcome)
		require.GreaterOrEqual(t, time.Since(begun), timeout+wait)
	case <-time.After(10 * time.Second):
		require.Fail(t, "the call does not end")
	}
	require.Eventually(t, func() bool { return echo(context.Background(), c, "A") == nil }, 10*time.Second, time.Millisecond)
}

func TestCloseEndsEveryCall(t *testing.T) {
	c := echoClient(t, time.Minute)
	const callers = 10_000
	var begun, group sync.WaitGroup
	begun.Add(callers)
	var closed atomic.Int64
	for i := range callers {
		group.Go(func() {
			begun.Done()
			name := "HANG"
			if i%2 == 0 {
				name = "A"
			}
			for {
				err := echo(context.Background(), c, name)
				if err == nil {
					continue
				}
				var failure *Failure
				if !errors.As(err, &failure) || failure.Outcome != abi.OutcomeClosed {
					t.Errorf("got %v", err)
				}
				closed.Add(1)
				return
			}
		})
	}
	begun.Wait()
	time.Sleep(50 * time.Millisecond)
	for range 3 {
		group.Go(c.Close)
	}
	group.Wait()
	require.Equal(t, int64(callers), closed.Load())
}

func TestPanickingTaskFailsItsCallAlone(t *testing.T) {
	c := echoClient(t, 30*time.Second)
	err := echo(context.Background(), c, "PANIC")
	var failure *Failure
	require.ErrorAs(t, err, &failure)
	require.Equal(t, abi.OutcomeInternal, failure.Outcome, failure.Message)
	require.NoError(t, echo(context.Background(), c, "A"))
}

func TestContextThatHasEndedSendsNothing(t *testing.T) {
	c := echoClient(t, time.Second)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, echo(ctx, c, "A"), context.Canceled)
}

func TestNoGoroutineIsLeftWithoutClients(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 50 {
		c := echoClient(t, time.Second)
		require.NoError(t, echo(context.Background(), c, "A"))
		c.Close()
	}
	for range 5000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
