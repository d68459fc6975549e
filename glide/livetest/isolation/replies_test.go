package isolation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/fakeserver"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// delayMax is how much longer a call may take because of another caller.
const delayMax = 50 * time.Millisecond

// times are those of the calls of a healthy client.
type times struct{ p99, worst time.Duration }

func (t times) String() string { return fmt.Sprintf("p99 %v, worst %v", t.p99, t.worst) }

// timesBeside returns how long the calls of a healthy client take while something
// else goes on.
func timesBeside(t *testing.T, client harness.Client, what func()) times {
	t.Helper()
	var measuring atomic.Bool
	var all []time.Duration // those of one caller
	load := testkit.StartLoad(1, func(int) error {
		begun, counts := time.Now(), measuring.Load()
		_, err := client.Get(context.Background(), "key")
		if counts {
			all = append(all, time.Since(begun))
		}
		return err
	})
	load.AwaitSuccess(t, time.Minute)
	measuring.Store(true)
	what()
	load.AwaitSuccess(t, time.Minute)
	load.End()
	require.Empty(t, load.Errs())
	require.NotEmpty(t, all)
	slices.Sort(all)
	return times{p99: all[len(all)*99/100], worst: all[len(all)-1]}
}

// heavyReplies are replies that are much work, and what happens to them.
func heavyReplies() map[string]struct {
	reply string
	check func(t *testing.T, got any, err error)
} {
	const digits, nils, text = 4_000_000, 5_000_000, 32 << 20
	type heavy = struct {
		reply string
		check func(t *testing.T, got any, err error)
	}
	isText := func(length int) func(*testing.T, any, error) {
		return func(t *testing.T, got any, err error) {
			require.NoError(t, err)
			require.Len(t, got, length)
		}
	}
	return map[string]heavy{
		"big number": {"(" + strings.Repeat("9", digits) + "\r\n", isText(digits)},
		"big number in an array": {"*1\r\n(" + strings.Repeat("9", digits) + "\r\n", func(t *testing.T, got any, err error) {
			require.NoError(t, err)
			require.Len(t, got.([]any)[0], digits)
		}},
		"nils":        {fmt.Sprintf("*%d\r\n%s", nils, strings.Repeat("_\r\n", nils)), isText(nils)},
		"status line": {"+" + strings.Repeat("x", text) + "\r\n", isText(text)},
		"error": {"-ERR " + strings.Repeat("x", text) + "\r\n", func(t *testing.T, _ any, err error) {
			var server *glide.ServerError
			require.ErrorAs(t, err, &server)
			require.Equal(t, "ERR", server.Code)
			require.Less(t, len(server.Message), 8<<10)
			require.Contains(t, server.Message, fmt.Sprintf("(%d bytes in all)", text))
		}},
	}
}

// waysToHeavy are the ways to a reply: by connections that many share, and by
// those that one caller has.
var waysToHeavy = map[string]func(ctx context.Context, client harness.Client) (any, error){
	"shared": func(ctx context.Context, client harness.Client) (any, error) { return client.Do(ctx, "HEAVY") },
	"dedicated": func(ctx context.Context, client harness.Client) (got any, err error) {
		return got, client.(*glide.Client).Dedicated(ctx, func(d *glide.DedicatedClient) error {
			got, err = d.Do(ctx, "HEAVY")
			return err
		})
	},
	"blocking": func(ctx context.Context, client harness.Client) (any, error) {
		return client.Do(ctx, "BLPOP", "key", "0")
	},
}

func TestHeavyReplyOfOneServerDelaysNoCallToAnother(t *testing.T) {
	server := glidetest.Start(t)
	config := glide.ClusterConfig{RequestTimeout: time.Minute}
	config.Addresses = harness.AddressesOf(server)
	healthy := harness.Standalone.Connect(t, config)
	for name, heavy := range heavyReplies() {
		for way, call := range waysToHeavy {
			t.Run(name+", "+way, func(t *testing.T) {
				hostile := fakeserver.Start(t)
				for _, command := range []string{"HEAVY", "BLPOP"} {
					hostile.Handle(command, func(*fakeserver.Conn, []string) string { return heavy.reply })
				}
				config := config
				config.Addresses = harness.AddressesOf(hostile)
				client := harness.Standalone.Connect(t, config)
				allowance := testkit.MeasureStalls(t)
				alone := timesBeside(t, healthy, func() { time.Sleep(200 * time.Millisecond) })

				var got any
				var err error
				beside := timesBeside(t, healthy, func() { got, err = call(context.Background(), client) })
				heavy.check(t, got, err)
				t.Logf("calls of the healthy client: %v; alone: %v", beside, alone)
				require.Less(t, beside.worst, delayMax+alone.worst+allowance())

				// The time of a call is kept, regardless of what its reply is.
				ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
				defer cancel()
				begun := time.Now()
				_, err = call(ctx, client)
				require.ErrorIs(t, err, glide.ErrTimeout)
				require.Less(t, time.Since(begun), delayMax+allowance())
			})
		}
	}
}

// Scripts on real servers may return anything.
func TestHeavyReplyOfAScriptDelaysNobody(t *testing.T) {
	server := glidetest.Start(t)
	config := glide.ClusterConfig{RequestTimeout: time.Minute, Addresses: harness.AddressesOf(server)}
	healthy := harness.Standalone.Connect(t, glide.ClusterConfig{
		RequestTimeout: time.Minute, Addresses: harness.AddressesOf(glidetest.Start(t)),
	})
	client := harness.Standalone.Connect(t, config).(*glide.Client)
	for name, script := range map[string]string{
		"big number":  "redis.setresp(3); return {big_number = string.rep('9', 1000000)}",
		"many values": "local all = {}; for i = 1, 1000000 do all[i] = i end; return all",
		"status line": "return {ok = string.rep('x', 8 * 1024 * 1024)}",
	} {
		t.Run(name, func(t *testing.T) {
			allowance := testkit.MeasureStalls(t)
			alone := timesBeside(t, healthy, func() { time.Sleep(200 * time.Millisecond) })
			var err error
			beside := timesBeside(t, healthy, func() {
				err = client.Dedicated(context.Background(), func(d *glide.DedicatedClient) error {
					if _, err := d.Eval(context.Background(), script, nil); err != nil {
						return err
					}
					_, err := d.Exec(context.Background(), glide.NewTransaction().Eval(script, nil))
					return err
				})
			})
			require.NoError(t, err)
			t.Logf("calls of the healthy client: %v; alone: %v", beside, alone)
			require.Less(t, beside.worst, delayMax+alone.worst+allowance())
		})
	}
}

// nested returns a reply of so many arrays in one another.
func nested(depth int) string { return strings.Repeat("*1\r\n", depth) + "_\r\n" }

func TestReplyMayBeNestedAHundredTimes(t *testing.T) {
	for way, call := range waysToHeavy {
		for depth, ok := range map[int]bool{1: true, 31: true, 32: true, 33: true, 99: true, 100: true, 101: false, 1_000_000: false} {
			t.Run(fmt.Sprintf("%s, %d", way, depth), func(t *testing.T) {
				hostile := fakeserver.Start(t)
				for _, command := range []string{"HEAVY", "BLPOP"} {
					hostile.Handle(command, func(*fakeserver.Conn, []string) string { return nested(depth) })
				}
				config := glide.ClusterConfig{RequestTimeout: time.Minute, Addresses: harness.AddressesOf(hostile)}
				client := harness.Standalone.Connect(t, config)
				got, err := call(context.Background(), client)
				if ok {
					require.NoError(t, err)
					for range depth {
						require.Len(t, got, 1)
						got = got.([]any)[0]
					}
					require.Nil(t, got)
				} else {
					require.Truef(t, errors.Is(err, glide.ErrConnectionLost), "%v", err)
				}
				require.NoError(t, client.Set(context.Background(), "key", "value"))
			})
		}
	}
}
